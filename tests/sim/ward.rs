//! The rooms, the units in them, and how the gateway is told of them.

use clinic::{AnyPlan, LineId, RoomId, UnitId};
use device_drivers::open_link::{
    Capability, Coil, OpenLink, Optics, Plate, Range, Secret, Source, Spoken, Steps,
};
use safety::{
    CoilLimits, Flux, Frequency, Laser, Nanos, Output, Pemf, Permille, Power, Slew, Terms, Timing,
    Wavelength,
};
use simulated_units::{self as built, Modality};

use crate::limits;

/// How many units the clinic has: two lasers, then two PEMF units.
pub(crate) const UNITS: usize = 4;
/// How many rooms it has: one laser and one PEMF unit in each.
pub(crate) const ROOMS: usize = 2;
/// Bits per second of every line.
const BAUD: u32 = 115_200;
/// Ten bits at that speed.
pub(crate) const BYTE_NS: u64 = 10 * 1_000_000_000 / BAUD as u64 + 1;

/// What kind of unit stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A Class IV laser.
    Laser,
    /// A PEMF unit.
    Pemf,
}

/// The kind of unit at `place`.
pub(crate) const fn kind(place: usize) -> Kind {
    if place < UNITS / 2 { Kind::Laser } else { Kind::Pemf }
}

/// The room of `place`.
pub(crate) const fn room(place: usize) -> usize {
    place % ROOMS
}

/// How the unit at `place` is built.
pub(crate) fn built(place: usize) -> built::Plan {
    match kind(place) {
        Kind::Laser => built::Plan::laser(&format!("OL15-000{place}")),
        // The last one warms up quickly, so that a story is long enough for it to be too hot.
        Kind::Pemf => built::Plan {
            thermal_seconds: if place + 1 == UNITS { 8 } else { 300 },
            ..built::Plan::pemf(&format!("RING-000{place}"))
        },
    }
}

/// Every unit as the configuration describes it, for the start number `run` of the gateway.
///
/// # Panics
/// If a simulated unit cannot be described: then this file is wrong.
pub(crate) fn plans(run: u32) -> Vec<AnyPlan> {
    (0..UNITS).map(|place| plan(place, run)).collect()
}

/// The terms on which lasers are supervised.
pub(crate) fn laser_terms() -> Terms<Laser> {
    Terms {
        timing: Timing::LASER,
        lease: Nanos::from_millis(500),
        rise: Nanos::from_secs(3),
        off_below: Power::from_milliwatts(50),
        second_enable: true,
        coil: None,
    }
}

/// The terms on which PEMF units are supervised.
pub(crate) fn pemf_terms() -> Terms<Pemf> {
    Terms {
        timing: Timing::PEMF,
        lease: Nanos::from_secs(2),
        rise: Nanos::from_millis(1_500),
        off_below: Flux::from_microteslas(50),
        second_enable: false,
        coil: Some(CoilLimits::STANDARD),
    }
}

fn plan(place: usize, run: u32) -> AnyPlan {
    let number = u16::try_from(place).unwrap_or_default();
    let (id, line) = (UnitId(number), LineId(number));
    let room = RoomId(u16::try_from(room(place)).unwrap_or_default());
    let byte = Nanos::new(BYTE_NS);
    let built = built(place);
    match kind(place) {
        Kind::Laser => {
            let terms = laser_terms();
            let plate = plate(&built, &terms, laser_capability(&built), run);
            let dialect = Box::new(OpenLink::new(plate).expect("a laser that can be"));
            let limits = limits::laser(&terms);
            limits.validate().expect("limits that agree");
            let plan = clinic::Plan { id, line, room, real: false, terms, limits, byte, dialect };
            AnyPlan::Laser(Box::new(plan))
        }
        Kind::Pemf => {
            let terms = pemf_terms();
            let plate = plate(&built, &terms, pemf_capability(&built), run);
            let dialect = Box::new(OpenLink::new(plate).expect("a ring that can be"));
            let limits = limits::pemf(&terms, built.applicator);
            limits.validate().expect("limits that agree");
            let plan = clinic::Plan { id, line, room, real: false, terms, limits, byte, dialect };
            AnyPlan::Pemf(Box::new(plan))
        }
    }
}

fn plate<M: Spoken>(
    built: &built::Plan,
    terms: &Terms<M>,
    capability: Capability<M>,
    run: u32,
) -> Plate<M> {
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&run.to_le_bytes());
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
        challenge_seed: Secret::new(seed),
    }
}

fn laser_capability(built: &built::Plan) -> Capability<Laser> {
    let Modality::Laser { continuous, wavelengths } = built.capability.modality else {
        unreachable!("a laser is built as one")
    };
    let sources = wavelengths.map(|of| {
        let wavelength = Wavelength::from_nanometres(of.nanometres);
        let source = Source { wavelength, peak: Power::from_milliwatts(of.max_milliwatts) };
        (of.nanometres != 0).then_some(source)
    });
    capability(&built.capability, Optics { continuous, sources })
}

fn pemf_capability(built: &built::Plan) -> Capability<Pemf> {
    let Modality::Pemf { waveforms, slew_min_us, slew_max_us } = built.capability.modality else {
        unreachable!("a ring is built as one")
    };
    let slew = Range { min: Slew::from_micros(slew_min_us), max: Slew::from_micros(slew_max_us) };
    let has = |bit: u8| waveforms & (1 << bit) != 0;
    let own = Coil { sine: has(0), rectangular: has(1), triangular: has(2), slew };
    capability(&built.capability, own)
}

fn capability<M: Spoken>(of: &built::Capability, own: M::Own) -> Capability<M> {
    let millis = |count: u16| Nanos::from_millis(u64::from(count));
    let share = |count: u16| Permille::new(count).unwrap_or_default();
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
