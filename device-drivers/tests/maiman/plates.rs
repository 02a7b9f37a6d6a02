//! Plates of the drivers that `simulated-units` builds, written down from their plans.

use device_drivers::maiman::{Framing, Plate, Series, Warmth, dialect};
use safety::{Drive, Laser, Nanos, Pace, Permille, Power, PowerCurve, Temperature, Terms, Timing};
use simulated_units::maiman::{Framing as SimulatedFraming, Maiman, Plan};

use crate::bench::{Desk, Diode, Line, MS, Room, Wire, admitted};

/// How the drivers of these tests differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sf6Text,
    Sf6Rtu,
    Sf8Text,
    Sf8Rtu,
}

pub(crate) const ALL: [Kind; 4] = [Kind::Sf6Text, Kind::Sf6Rtu, Kind::Sf8Text, Kind::Sf8Rtu];

pub(crate) const ADDRESS: u8 = 3;
const BAUD: u32 = 115_200;
pub(crate) const OFF_BELOW: Power = Power::from_milliwatts(50);

impl Kind {
    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Sf6Text | Self::Sf8Text)
    }

    fn is_sf6(self) -> bool {
        matches!(self, Self::Sf6Text | Self::Sf6Rtu)
    }

    pub(crate) fn plan(self) -> Plan {
        let framing = match self.is_text() {
            true => SimulatedFraming::Text,
            false => SimulatedFraming::Rtu(ADDRESS),
        };
        if self.is_sf6() { Plan::sf6(framing) } else { Plan::sf8(framing) }
    }

    /// Points as a meter would give them: on the line of the diode of the plan.
    pub(crate) fn diode(self) -> Diode {
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
        Diode { curve, power: Power::from_milliwatts(power), joules: 30 }
    }

    pub(crate) fn plate(self) -> Plate {
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
            curve: self.diode().curve,
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

    pub(crate) fn wire(self) -> Wire {
        let bits = if self.is_text() { 10 } else { 11 };
        let byte_ns = (bits * 1_000_000_000_u64).div_ceil(u64::from(BAUD));
        Wire { byte_ns, half_duplex: !self.is_text() }
    }

    /// An open port with its unit.
    pub(crate) fn line(self, seed: u64) -> Line<Laser, Maiman> {
        self.line_with(self.plate(), self.plan(), seed)
    }

    pub(crate) fn line_with(self, plate: Plate, plan: Plan, seed: u64) -> Line<Laser, Maiman> {
        Line::new(dialect(plate).unwrap(), Maiman::new(plan, seed, 0), self.wire())
    }

    pub(crate) fn room(self, seed: u64) -> Room<Laser, Maiman> {
        self.room_with(self.plate(), self.plan(), seed)
    }

    pub(crate) fn room_with(self, plate: Plate, plan: Plan, seed: u64) -> Room<Laser, Maiman> {
        let (lease, link) = (plate.lease, plate.link);
        let line = self.line_with(plate, plan, seed);
        let budget = line.dialect.budget();
        let confirm = budget.turn.plus(budget.confirm);
        let timing =
            Timing { confirm, relay: confirm.plus(Nanos::from_millis(150)), link, ..Timing::LASER };
        let terms = Terms {
            pace: Pace::Continuous,
            frozen: None,
            timing,
            lease,
            rise: Nanos::from_millis(300),
            off_below: OFF_BELOW,
            second_enable: false,
            coil: None,
        };
        Room::new(line, terms)
    }

    /// A session that is armed, its setting told, and the warning that follows it.
    pub(crate) fn warned(self, desk: &mut Desk<Laser>) -> Line<Laser, Maiman> {
        let mut line = self.line(1);
        line.pass(1_500);
        let admitted = admitted(self.diode(), &*line.dialect);
        let order = desk.prepare(line.instant(), admitted);
        line.order(order);
        line.pass(1_000);
        let order = desk.warn(line.instant());
        line.order(order);
        line.pass(500);
        line
    }

    /// What turns it on.
    pub(crate) fn start(self) -> Vec<u8> {
        if self.is_text() { b"P0700 0008\r".to_vec() } else { frame(&[ADDRESS, 6, 0, 4, 0, 8]) }
    }

    /// What turns it off.
    pub(crate) fn stop(self) -> Vec<u8> {
        if self.is_text() { b"P0700 0010\r".to_vec() } else { frame(&[ADDRESS, 6, 0, 4, 0, 16]) }
    }
}

/// Emits for `millis`, the order told anew every 50 ms.
pub(crate) fn emit(line: &mut Line<Laser, Maiman>, desk: &mut Desk<Laser>, millis: u64) {
    let end = line.now + millis * MS;
    while line.now < end {
        let order = desk.emit(line.instant());
        line.order(order);
        line.pass(50);
    }
}

/// A frame of Modbus RTU with its checksum, worked out bit by bit.
pub(crate) fn frame(bytes: &[u8]) -> Vec<u8> {
    let shift = |crc: u16| if crc & 1 == 1 { (crc >> 1) ^ 0xA001 } else { crc >> 1 };
    let crc = bytes
        .iter()
        .fold(!0, |crc: u16, byte| (0..8).fold(crc ^ u16::from(*byte), |crc, _| shift(crc)));
    [bytes, &crc.to_le_bytes()].concat()
}
