//! What the laser and the ring of the document can do, which are those that `simulated-units` builds.

use safety::{Flux, Frequency, Laser, Nanos, Pemf, Permille, Power, Slew, Wavelength};

use device_drivers::open_link::{Capability, Coil, Optics, Range, Source, Steps};

/// What the laser can do.
pub fn laser_capability() -> Capability<Laser> {
    let source = |nanometres, milliwatts| {
        Some(Source {
            wavelength: Wavelength::from_nanometres(nanometres),
            peak: Power::from_milliwatts(milliwatts),
        })
    };
    Capability {
        footswitch: true,
        interlock: true,
        measured: true,
        lease: Range { min: Nanos::from_millis(200), max: Nanos::from_millis(1_000) },
        warning: Nanos::from_millis(2_000),
        sample: Nanos::from_millis(20),
        level: Steps {
            min: Power::from_milliwatts(100),
            max: Power::from_milliwatts(15_000),
            step: Power::from_milliwatts(50),
        },
        ramp_per_second: Power::from_milliwatts(5_000),
        frequency: Steps {
            min: Frequency::from_millihertz(1_000),
            max: Frequency::from_millihertz(20_000_000),
            step: Frequency::from_millihertz(1_000),
        },
        duty: Range { min: share(100), max: Permille::WHOLE },
        own: Optics {
            continuous: true,
            sources: [
                source(650, 500),
                source(810, 5_000),
                source(915, 5_000),
                source(980, 10_000),
            ],
        },
    }
}

/// What the ring can do.
pub fn pemf_capability() -> Capability<Pemf> {
    Capability {
        footswitch: false,
        interlock: true,
        measured: true,
        lease: Range { min: Nanos::from_millis(500), max: Nanos::from_millis(3_000) },
        warning: Nanos::from_millis(500),
        sample: Nanos::from_millis(50),
        level: Steps {
            min: Flux::from_microteslas(100),
            max: Flux::from_microteslas(30_000),
            step: Flux::from_microteslas(10),
        },
        ramp_per_second: Flux::from_microteslas(20_000),
        frequency: Steps {
            min: Frequency::from_millihertz(500),
            max: Frequency::from_millihertz(100_000),
            step: Frequency::from_millihertz(100),
        },
        duty: Range { min: share(10), max: Permille::WHOLE },
        own: Coil {
            sine: true,
            rectangular: true,
            triangular: true,
            slew: Range { min: Slew::from_micros(500), max: Slew::from_micros(20_000) },
        },
    }
}

/// So many thousandths.
///
/// # Panics
/// If that is more than the whole.
pub fn share(count: u16) -> Permille {
    Permille::new(count).unwrap()
}
