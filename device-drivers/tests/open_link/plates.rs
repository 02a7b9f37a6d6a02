//! Plates of the units that `simulated-units` builds, written down from their plans.

use device_drivers::open_link::{Capability, Plate, Secret, Spoken};
use safety::{Flux, Laser, Nanos, Pemf, Power};
use simulated_units::Plan;

use crate::capabilities::{laser_capability, pemf_capability};

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
