//! Plates, units and prescriptions that fit together.

use std::{borrow::ToOwned, boxed::Box, vec};

use safety::{
    Content, Drive, Laser, LaserUnit, Line, Nanos, Permille, Power, PowerCurve, Wavelength,
};
use simulated_units::arroyo::{Arroyo as Unit, Model, Plan};

use crate::{
    Dialect,
    arroyo::{Ending, Plate, Scale, dialect},
    exchange::tests::{
        desk::Desk,
        limits::Permitted,
        room::{Room, Treatment},
        world::World,
    },
};

/// Ten bits at 38400 per second, in nanoseconds.
pub(super) const BYTE: u64 = 260_417;
pub(super) const ON: &[u8] = b"LAS:OUT 1\r\n";
pub(super) const OFF: &[u8] = b"LAS:OUT 0\r\n";
/// What 5 W needs.
pub(super) const SET: &[u8] = b"LAS:LDI 6000.0\r\n";

pub(super) fn plan(model: Model) -> Plan {
    Plan::new(model, "431234")
}

pub(super) fn plate(plan: &Plan) -> Plate {
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
pub(super) fn curve() -> PowerCurve {
    let point = |milliamps: u32, milliwatts| {
        (Drive::from_count(milliamps * 1_000), Power::from_milliwatts(milliwatts))
    };
    let points = [point(1_200, 200), point(6_000, 5_000), point(12_000, 11_000)];
    PowerCurve::new(&points, Drive::from_count(1_000), Permille::new(50).unwrap()).unwrap()
}

pub(super) fn unit(model: Model) -> Unit {
    Unit::new(plan(model), 7, 0)
}

pub(super) fn speaker(model: Model) -> Box<dyn Dialect<Laser> + Send> {
    dialect(plate(&plan(model))).unwrap()
}

/// 5 W of one wavelength, 60 J.
pub(super) fn treatment() -> Treatment<Laser> {
    let mut treatment = Treatment::laser();
    let wavelength = Wavelength::from_nanometres(810);
    let most = Power::from_milliwatts(15_000);
    treatment.prescription.mix =
        [Some(Content { wavelength, share: Permille::WHOLE }), None, None, None];
    let lines = [Some(Line { wavelength, most }), None, None, None];
    treatment.limits.unit = LaserUnit { lines, curve: Some(curve()), ..Laser::limits().unit };
    treatment
}

pub(super) fn desk() -> Desk<Laser> {
    let Treatment { prescription, limits, .. } = treatment();
    Desk::with(prescription, limits)
}

pub(super) fn world(model: Model) -> World<Laser, Unit> {
    World::new(speaker(model), unit(model), BYTE)
}

pub(super) fn room(model: Model) -> Room<Laser, Unit> {
    room_of(plan(model), |_| {})
}

/// A unit that is built as `plan` says, with a plate that was changed by `spoil`.
pub(super) fn room_of(plan: Plan, spoil: impl FnOnce(&mut Plate)) -> Room<Laser, Unit> {
    let mut plate = plate(&plan);
    spoil(&mut plate);
    Room::new(dialect(plate).unwrap(), Unit::new(plan, 7, 0), BYTE, treatment())
}
