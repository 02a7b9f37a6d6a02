//! Plates, units and prescriptions of Arroyo laser sources that fit together.

use std::{borrow::ToOwned, boxed::Box, vec};

use device_drivers::{
    Dialect,
    arroyo::{Ending, Plate, Scale, dialect},
};
use safety::{
    Content, Drive, Laser, LaserUnit, Line, Nanos, Permille, Power, PowerCurve, Wavelength,
};
use simulated_units::arroyo::{Arroyo as Unit, Model, Plan};

use super::{
    desk::Desk,
    limits::Permitted,
    room::{Room, Treatment},
    world::World,
};

/// Ten bits at 38400 per second, in nanoseconds.
pub const BYTE: u64 = 260_417;
/// What turns it on.
pub const ON: &[u8] = b"LAS:OUT 1\r\n";
/// What turns it off.
pub const OFF: &[u8] = b"LAS:OUT 0\r\n";
/// What 5 W needs.
pub const SET: &[u8] = b"LAS:LDI 6000.0\r\n";

/// How the unit of these tests is built.
pub fn plan(model: Model) -> Plan {
    Plan::new(model, "431234")
}

/// What is known of a unit that is built so.
pub fn plate(plan: &Plan) -> Plate {
    Plate {
        identity: plan.identity.clone(),
        serial: plan.serial.clone(),
        firmware: vec!["v3.71".to_owned()],
        baud: 38_400,
        ending: Ending::CrLf,
        scale: if plan.amperes { Scale::Amperes } else { Scale::Milliamperes },
        decimals: plan.decimals,
        limit: Drive::from_count(plan.limit_microamps),
        dark: Drive::from_count(1_000_000),
        on_delay: Nanos::from_millis(u64::from(plan.on_delay_millis)),
        curve: curve(),
        key: plan.model == Model::Newport,
        cooler: plan.model == Model::Combo6310,
        poll: Nanos::from_millis(100),
        link: Nanos::from_millis(300),
        lease: Nanos::from_millis(500),
        answer_within: Nanos::from_millis(20),
        gap: Nanos::from_millis(1),
        fall: Nanos::from_millis(2),
        off_below: Power::from_milliwatts(50),
    }
}

/// A watt for each ampere above the first, of which a meter may miss a twentieth.
pub fn curve() -> PowerCurve {
    let point = |milliamps: u32, milliwatts| {
        (Drive::from_count(milliamps * 1_000), Power::from_milliwatts(milliwatts))
    };
    let points = [point(1_200, 200), point(6_000, 5_000), point(12_000, 11_000)];
    PowerCurve::new(&points, Drive::from_count(1_000), Permille::new(50).unwrap()).unwrap()
}

/// A unit of this model.
pub fn unit(model: Model) -> Unit {
    Unit::new(plan(model), 7, 0)
}

/// Whoever speaks with it.
pub fn speaker(model: Model) -> Box<dyn Dialect<Laser> + Send> {
    dialect(plate(&plan(model))).unwrap()
}

/// 5 W of one wavelength, 60 J.
pub fn treatment() -> Treatment<Laser> {
    let mut treatment = Treatment::laser();
    let wavelength = Wavelength::from_nanometres(810);
    let most = Power::from_milliwatts(15_000);
    treatment.prescription.mix =
        [Some(Content { wavelength, share: Permille::WHOLE }), None, None, None];
    let lines = [Some(Line { wavelength, most }), None, None, None];
    treatment.limits.unit = LaserUnit { lines, curve: Some(curve()), ..Laser::limits().unit };
    treatment
}

/// Orders for it.
pub fn desk() -> Desk<Laser> {
    let Treatment { prescription, limits, .. } = treatment();
    Desk::with(prescription, limits)
}

/// A line with it.
pub fn world(model: Model) -> World<Laser, Unit> {
    World::new(speaker(model), unit(model), BYTE)
}

/// A supervisor, a line and a unit.
pub fn room(model: Model) -> Room<Laser, Unit> {
    room_of(plan(model), |_| {})
}

/// A unit that is built as `plan` says, with a plate that was changed by `spoil`.
pub fn room_of(plan: Plan, spoil: impl FnOnce(&mut Plate)) -> Room<Laser, Unit> {
    let mut plate = plate(&plan);
    spoil(&mut plate);
    Room::new(dialect(plate).unwrap(), Unit::new(plan, 7, 0), BYTE, treatment())
}
