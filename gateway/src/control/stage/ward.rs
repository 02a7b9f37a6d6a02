//! The units of the stage: how they are built, and how the core is told of them.

use clinic::{AnyPlan, LineId, Plan, RoomId, UnitId};
use device_drivers::open_link::{
    Capability, Coil, OpenLink, Optics, Plate, Range, Secret, Source, Spoken, Steps,
};
use jiff::civil::date;
use safety::{
    Area, CoilLimits, Flux, Frequency, Laser, Nanos, OpticalDensity, Output, Pemf, Permille, Power,
    Slew, Terms, Timing, Wavelength,
};
use simulated_units::{self as built, Modality, Unit};

use super::limits;
use crate::config::{Calibration, LaserHazard};

pub(super) const LASER_SERIAL: &str = "OL15-0001";
pub(super) const PEMF_SERIAL: &str = "RING-0001";
const BAUD: u32 = 115_200;

pub(super) fn units(now: u64) -> Vec<Unit> {
    vec![
        Unit::new(built::Plan::laser(LASER_SERIAL), 1, now),
        Unit::new(built::Plan::pemf(PEMF_SERIAL), 2, now),
    ]
}

/// When the laser was calibrated and falls due.
pub(super) const CALIBRATION: Calibration =
    Calibration { on: date(2026, 1, 1), due: date(2027, 1, 1) };
/// What nobody with an implant may come nearer to the coil than, in millimetres.
pub(super) const KEEP_OUT: u32 = 1_500;
/// A test shares its machine with others: it is watched as a clinic would not be. The confirmation
/// is shorter than it may be, so that a test sees whose time is shown.
pub(super) const LASER_TIMING: Timing = Timing {
    link: Nanos::from_secs(1),
    warning: Nanos::from_secs(2),
    confirmation: Nanos::from_secs(150),
    ..Timing::LASER
};

/// The plate of the unit with this serial number, as people are shown it.
pub(super) fn card(serial: &str) -> crate::directory::Plate {
    let built = match serial {
        LASER_SERIAL => built::Plan::laser(serial),
        _ => built::Plan::pemf(serial),
    };
    crate::directory::Plate {
        maker: built.maker,
        model: built.model,
        serial: built.serial,
        firmware: vec![built.firmware],
        applicator: built.applicator,
    }
}

pub(super) fn laser_hazard() -> LaserHazard {
    LaserHazard {
        eyewear: OpticalDensity::from_tenths(50),
        ocular_distance_millimetres: 24_000,
        zone_millimetres: 9_000,
        divergence_milliradians: 350,
        spots: vec![Area::from_square_millimetres(500)],
    }
}

pub(super) fn plans(rooms: [u16; 2]) -> Vec<AnyPlan> {
    let laser = built::Plan::laser(LASER_SERIAL);
    let terms = Terms {
        timing: LASER_TIMING,
        lease: Nanos::from_millis(1_000),
        rise: Nanos::from_secs(3),
        off_below: Power::from_milliwatts(50),
        second_enable: true,
        coil: None,
    };
    let plate = plate(&laser, &terms, light(&laser));
    let own = plan((0, rooms[0]), terms, limits::laser(&terms), OpenLink::new(plate).unwrap());
    let mut plans = vec![AnyPlan::Laser(Box::new(own))];

    let ring = built::Plan::pemf(PEMF_SERIAL);
    let terms = Terms {
        timing: Timing::PEMF,
        lease: Nanos::from_secs(2),
        rise: Nanos::from_millis(1_500),
        off_below: Flux::from_microteslas(50),
        second_enable: false,
        coil: Some(CoilLimits::STANDARD),
    };
    let plate = self::plate(&ring, &terms, field(&ring));
    let limits = limits::pemf(&terms, ring.applicator);
    let own = plan((1, rooms[1]), terms, limits, OpenLink::new(plate).unwrap());
    plans.push(AnyPlan::Pemf(Box::new(own)));
    plans
}

fn plan<M: clinic::Kind + Spoken>(
    (place, room): (u16, u16),
    terms: Terms<M>,
    limits: safety::Limits<M>,
    dialect: OpenLink<M>,
) -> Plan<M>
where
    OpenLink<M>: device_drivers::Dialect<M> + Send + 'static,
{
    limits.validate().unwrap();
    Plan {
        id: UnitId(place),
        line: LineId(place),
        room: RoomId(room),
        real: false,
        terms,
        limits,
        byte: Nanos::new(10 * 1_000_000_000 / u64::from(BAUD)),
        dialect: Box::new(dialect),
    }
}

fn plate<M: Spoken>(built: &built::Plan, terms: &Terms<M>, capability: Capability<M>) -> Plate<M> {
    Plate {
        address: built.address,
        maker: built.maker.clone(),
        model: built.model.clone(),
        serial: built.serial.clone(),
        firmware: vec![built.firmware.clone()],
        key: Secret::new(built.key),
        applicator: built.applicator,
        capability,
        lease: terms.lease,
        baud: BAUD,
        poll: terms.timing.poll,
        link: terms.timing.link,
        off_below: terms.off_below,
        challenge_seed: Secret::new([7; 32]),
    }
}

fn light(built: &built::Plan) -> Capability<Laser> {
    let Modality::Laser { continuous, wavelengths } = built.capability.modality else {
        panic!("a laser is built as one")
    };
    let sources = wavelengths.map(|of| {
        let wavelength = Wavelength::from_nanometres(of.nanometres);
        let source = Source { wavelength, peak: Power::from_milliwatts(of.max_milliwatts) };
        (of.nanometres != 0).then_some(source)
    });
    capability(&built.capability, Optics { continuous, sources })
}

fn field(built: &built::Plan) -> Capability<Pemf> {
    let Modality::Pemf { waveforms, slew_min_us, slew_max_us } = built.capability.modality else {
        panic!("a ring is built as one")
    };
    let slew = Range { min: Slew::from_micros(slew_min_us), max: Slew::from_micros(slew_max_us) };
    let has = |bit: u8| waveforms & (1 << bit) != 0;
    let own = Coil { sine: has(0), rectangular: has(1), triangular: has(2), slew };
    capability(&built.capability, own)
}

fn capability<M: Spoken>(of: &built::Capability, own: M::Own) -> Capability<M> {
    let millis = |count: u16| Nanos::from_millis(u64::from(count));
    let share = |count: u16| Permille::new(count).unwrap();
    let level = |count: u32| M::Output::from_count(count);
    Capability {
        footswitch: of.footswitch_fitted,
        interlock: of.interlock_fitted,
        measured: of.output_measured,
        lease: Range { min: millis(of.lease_min_ms), max: millis(of.lease_max_ms) },
        warning: millis(of.warning_min_ms),
        sample: millis(of.sample_period_ms),
        level: Steps {
            min: level(of.level_min),
            max: level(of.level_max),
            step: level(of.level_step),
        },
        ramp_per_second: level(of.ramp_per_second),
        frequency: Steps {
            min: Frequency::from_millihertz(of.frequency_min_mhz),
            max: Frequency::from_millihertz(of.frequency_max_mhz),
            step: Frequency::from_millihertz(of.frequency_step_mhz),
        },
        duty: Range { min: share(of.duty_min_permille), max: share(of.duty_max_permille) },
        own,
    }
}
