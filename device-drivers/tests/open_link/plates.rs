//! Plates of the units that `simulated-units` builds, written down from their plans.

use device_drivers::open_link::{
    Capability, Coil, Optics, Plate, Range, Secret, Source, Spoken, Steps,
};
use safety::{Flux, Frequency, Laser, Nanos, Pemf, Permille, Power, Slew, Wavelength};
use simulated_units::Plan;

/// A modality of which there are simulated units.
pub(crate) trait Simulated: Spoken + safety::Checkable {
    fn plan() -> Plan;
    fn plate(plan: &Plan) -> Plate<Self>;
    /// From the first Warn to an Enable that the unit takes, with a little to spare.
    const WARNING_MILLIS: u64;
}

impl Simulated for Laser {
    const WARNING_MILLIS: u64 = 2_300;

    fn plan() -> Plan {
        Plan::laser("OL15-0001")
    }

    fn plate(plan: &Plan) -> Plate<Self> {
        let off_below = Power::from_milliwatts(50);
        plate(plan, laser_capability(), off_below, [500, 100, 300])
    }
}

impl Simulated for Pemf {
    const WARNING_MILLIS: u64 = 800;

    fn plan() -> Plan {
        Plan::pemf("RING-0001")
    }

    fn plate(plan: &Plan) -> Plate<Self> {
        let off_below = Flux::from_microteslas(100);
        plate(plan, pemf_capability(), off_below, [2_000, 250, 1_000])
    }
}

fn plate<M: Spoken>(
    plan: &Plan,
    capability: Capability<M>,
    off_below: M::Output,
    [lease, poll, link]: [u64; 3],
) -> Plate<M> {
    Plate {
        address: plan.address,
        maker: plan.maker.clone(),
        model: plan.model.clone(),
        serial: plan.serial.clone(),
        firmware: vec![plan.firmware.clone()],
        key: Secret::new(plan.key),
        applicator: plan.applicator,
        capability,
        lease: Nanos::from_millis(lease),
        baud: 115_200,
        poll: Nanos::from_millis(poll),
        link: Nanos::from_millis(link),
        off_below,
        challenge_seed: Secret::new([7; 32]),
    }
}

fn laser_capability() -> Capability<Laser> {
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
        duty: Range { min: Permille::new(100).unwrap(), max: Permille::WHOLE },
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

fn pemf_capability() -> Capability<Pemf> {
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
        duty: Range { min: Permille::new(10).unwrap(), max: Permille::WHOLE },
        own: Coil {
            sine: true,
            rectangular: true,
            triangular: true,
            slew: Range { min: Slew::from_micros(500), max: Slew::from_micros(20_000) },
        },
    }
}
