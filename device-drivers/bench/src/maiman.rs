//! Plates of the drivers that `simulated-units` builds, written down from their plans.

use std::{boxed::Box, vec::Vec};

use device_drivers::{
    Dialect,
    maiman::{Framing, Plate, Series, Warmth, dialect},
};
use safety::{
    Content, Dose, Drive, Energy, Laser, LaserLevel, LaserUnit, Line, Nanos, Pace, Permille, Power,
    PowerCurve, Span, Temperature, Terms, Timing, Wavelength,
};
use simulated_units::maiman::{Framing as SimulatedFraming, Maiman, Plan};

use super::{
    desk::Desk,
    limits::Permitted,
    room::{Room, Treatment},
    world::World,
};

/// How the drivers of these tests differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Amperes, in lines of text.
    Sf6Text,
    /// Amperes, in Modbus.
    Sf6Rtu,
    /// Milliamperes, in lines of text.
    Sf8Text,
    /// Milliamperes, in Modbus.
    Sf8Rtu,
}

/// Every kind.
pub const ALL: [Kind; 4] = [Kind::Sf6Text, Kind::Sf6Rtu, Kind::Sf8Text, Kind::Sf8Rtu];

/// Where it is on its line.
pub const ADDRESS: u8 = 3;
const BAUD: u32 = 115_200;
/// Output below this is none.
pub const OFF_BELOW: Power = Power::from_milliwatts(50);

impl Kind {
    /// Whether it speaks in lines of text.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Sf6Text | Self::Sf8Text)
    }

    fn is_sf6(self) -> bool {
        matches!(self, Self::Sf6Text | Self::Sf6Rtu)
    }

    /// How its unit is built.
    pub fn plan(self) -> Plan {
        let framing = match self.is_text() {
            true => SimulatedFraming::Text,
            false => SimulatedFraming::Rtu(ADDRESS),
        };
        if self.is_sf6() { Plan::sf6(framing) } else { Plan::sf8(framing) }
    }

    /// Points as a meter would give them: on the line of the diode of the plan.
    pub fn diode(self) -> (PowerCurve, Power) {
        let point = |milliamperes: u32, milliwatts| {
            (Drive::from_count(milliamperes * 1_000), Power::from_milliwatts(milliwatts))
        };
        let (points, series, power) = if self.is_sf6() {
            (
                [point(1_500, 400), point(6_000, 4_000), point(12_000, 8_800)],
                Series::Sf6Hundredths,
                5_000,
            )
        } else {
            ([point(400, 110), point(1_300, 1_100), point(2_500, 2_420)], Series::Sf8, 1_500)
        };
        let curve = PowerCurve::new(&points, series.set(), Permille::new(50).unwrap()).unwrap();
        (curve, Power::from_milliwatts(power))
    }

    /// What is known of it.
    pub fn plate(self) -> Plate {
        let plan = self.plan();
        let framing = match self.is_text() {
            true => Framing::Text,
            false => Framing::Rtu { address: ADDRESS, half_duplex: true },
        };
        let microamperes = |count: u64| Drive::from_count(u32::try_from(count).unwrap());
        let series = if self.is_sf6() { Series::Sf6Hundredths } else { Series::Sf8 };
        Plate {
            framing,
            baud: BAUD,
            model: plan.model,
            id_is_ambiguous_but_signed: false,
            serial: plan.serial,
            series,
            highest: microamperes(plan.highest_microamperes),
            hardware: microamperes(plan.hardware_microamperes),
            curve: self.diode().0,
            dark: Drive::from_count(if self.is_sf6() { 200_000 } else { 20_000 }),
            off_below: OFF_BELOW,
            poll: Nanos::from_millis(100),
            link: Nanos::from_millis(550),
            lease: Nanos::from_millis(500),
            answer_within: Nanos::from_millis(10),
            gap: Nanos::from_millis(10),
            fall: Nanos::from_millis(10),
            board: self.is_text().then_some(Warmth {
                least: Temperature::from_centicelsius(-2_000),
                most: Temperature::from_centicelsius(7_000),
            }),
            sensor: None,
            tolerated_state: 0,
            tolerated_lock: 0,
        }
    }

    /// One pair of wires for both directions.
    pub fn is_shared(self) -> bool {
        !self.is_text()
    }

    /// Whoever speaks with it.
    pub fn speaker(self) -> Box<dyn Dialect<Laser> + Send> {
        dialect(self.plate()).unwrap()
    }

    /// Ten bits in text, eleven in Modbus, in nanoseconds.
    pub fn byte(self) -> u64 {
        let bits = if self.is_text() { 10 } else { 11 };
        (bits * 1_000_000_000_u64).div_ceil(u64::from(BAUD))
    }

    /// What is given with it: 30 J of what its diode can do.
    pub fn treatment(self) -> Treatment<Laser> {
        let Treatment { mut prescription, mut limits, .. } = Treatment::laser();
        let (curve, power) = self.diode();
        let wavelength = Wavelength::from_nanometres(980);
        let most = curve.points().last().unwrap().1;
        let least = curve.points().first().unwrap().1;
        prescription.mix = [Some(Content { wavelength, share: Permille::WHOLE }), None, None, None];
        let mix = [Permille::WHOLE, Permille::ZERO, Permille::ZERO, Permille::ZERO];
        let level = LaserLevel { power, mix, gate: prescription.gate };
        prescription.power = self.speaker().exact(level).unwrap().power;
        prescription.dose =
            Dose { quantity: Energy::from_millijoules(30_000), time: Nanos::from_secs(120) };
        limits.unit = LaserUnit {
            lines: [Some(Line { wavelength, most }), None, None, None],
            power: Some(Span { least, most }),
            power_step: None,
            curve: Some(curve),
            peak_power: Some(most),
            ..Laser::limits().unit
        };
        Treatment { prescription, limits, terms: self.terms(&self.plate()) }
    }

    fn terms(self, plate: &Plate) -> Terms<Laser> {
        let budget = dialect(plate.clone()).unwrap().budget();
        let confirm = budget.turn.plus(budget.confirm);
        let relay = confirm.plus(Nanos::from_millis(150));
        Terms {
            pace: Pace::Continuous,
            frozen: None,
            timing: Timing { confirm, relay, link: plate.link, ..Timing::LASER },
            lease: plate.lease,
            rise: Nanos::from_millis(300),
            off_below: OFF_BELOW,
            second_enable: false,
            coil: None,
        }
    }

    /// An open port with its unit.
    pub fn world(self, seed: u64) -> World<Laser, Maiman> {
        self.world_with(self.plate(), seed)
    }

    /// The same, with another plate than it should have.
    pub fn world_with(self, plate: Plate, seed: u64) -> World<Laser, Maiman> {
        let unit = Maiman::new(self.plan(), seed, 0);
        let mut world = World::new(dialect(plate).unwrap(), unit, self.byte());
        world.shared = self.is_shared();
        world
    }

    /// Orders for it.
    pub fn desk(self) -> Desk<Laser> {
        let Treatment { prescription, limits, .. } = self.treatment();
        Desk::with(prescription, limits)
    }

    /// A supervisor, a line and its unit.
    pub fn room(self, seed: u64) -> Room<Laser, Maiman> {
        self.room_with(self.plate(), self.plan(), seed)
    }

    /// The same, with another plate or another unit than it should have.
    pub fn room_with(self, plate: Plate, plan: Plan, seed: u64) -> Room<Laser, Maiman> {
        let treatment = Treatment { terms: self.terms(&plate), ..self.treatment() };
        let unit = Maiman::new(plan, seed, 0);
        let mut room = Room::new(dialect(plate).unwrap(), unit, self.byte(), treatment);
        room.world.shared = self.is_shared();
        room
    }

    /// A session that is armed, its setting told, and the warning that follows it.
    pub fn warned(self, desk: &mut Desk<Laser>) -> World<Laser, Maiman> {
        let mut world = self.world(1);
        world.pass(1_500);
        world.order(desk.prepare(world.instant()));
        world.pass(1_000);
        world.order(desk.warn(world.instant()));
        world.pass(500);
        world
    }

    /// What turns it on.
    pub fn start(self) -> Vec<u8> {
        if self.is_text() { b"P0700 0008\r".to_vec() } else { frame(&[ADDRESS, 6, 0, 4, 0, 8]) }
    }

    /// What turns it off.
    pub fn stop(self) -> Vec<u8> {
        if self.is_text() { b"P0700 0010\r".to_vec() } else { frame(&[ADDRESS, 6, 0, 4, 0, 16]) }
    }
}

/// A frame of Modbus RTU with its checksum, worked out bit by bit.
pub fn frame(bytes: &[u8]) -> Vec<u8> {
    let shift = |crc: u16| if crc & 1 == 1 { (crc >> 1) ^ 0xA001 } else { crc >> 1 };
    let crc = bytes
        .iter()
        .fold(!0, |crc: u16, byte| (0..8).fold(crc ^ u16::from(*byte), |crc, _| shift(crc)));
    [bytes, &crc.to_le_bytes()].concat()
}
