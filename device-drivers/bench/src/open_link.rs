//! Plates of the units that `simulated-units` builds, written down from their plans.

use std::{boxed::Box, vec, vec::Vec};

use device_drivers::{
    Dialect, Rank,
    open_link::{Capability, OpenLink, Plate, Secret, Spoken},
};
use safety::{Flux, Laser, Nanos, Pemf, Power};
use simulated_units::{Plan, Unit};

use super::{
    capabilities::{laser_capability, pemf_capability},
    desk::Desk,
    limits::Permitted,
    wire::{Frame, OFF, STATUS},
    world::{MS, World},
};

/// Ten bits at 115200 per second, in nanoseconds.
pub const BYTE: u64 = 86_806;

/// A modality of which there are simulated units.
pub trait Simulated: Spoken + safety::Checkable {
    /// How the unit is built.
    fn plan() -> Plan;
    /// What is known of it.
    fn plate(plan: &Plan) -> Plate<Self>;
    /// Whoever speaks with the unit of `plate`.
    fn speaker(plate: Plate<Self>) -> Box<dyn Dialect<Self> + Send>;
    /// From the first Warn to an Enable that the unit takes, with a little to spare.
    const WARNING_MILLIS: u64;
}

impl Simulated for Laser {
    const WARNING_MILLIS: u64 = 2_300;

    fn speaker(plate: Plate<Self>) -> Box<dyn Dialect<Self> + Send> {
        Box::new(OpenLink::new(plate).unwrap())
    }

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

    fn speaker(plate: Plate<Self>) -> Box<dyn Dialect<Self> + Send> {
        Box::new(OpenLink::new(plate).unwrap())
    }

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

impl<M: Simulated + Permitted> World<M, Unit> {
    /// A unit that was switched on some time ago, and an open port.
    pub fn linked() -> Self {
        Self::linked_with(M::plan(), M::plate(&M::plan()), 1)
    }

    /// The same, with another plan, plate or chance.
    pub fn linked_with(plan: Plan, plate: Plate<M>, seed: u64) -> Self {
        Self::new(M::speaker(plate), Unit::new(plan, seed, 0), BYTE)
    }

    /// The same, at the end of its warning.
    pub fn warned(desk: &mut Desk<M>) -> Self {
        let mut world = Self::linked();
        world.warn(desk);
        world
    }

    /// Brings the unit to the end of its warning.
    pub fn warn(&mut self, desk: &mut Desk<M>) {
        self.pass(300);
        self.order(desk.prepare(self.instant()));
        self.pass(200);
        self.order(desk.warn(self.instant()));
        self.pass(M::WARNING_MILLIS);
    }

    /// Every frame as a stranger reads it, and when it was handed over.
    ///
    /// # Panics
    /// If one is none, or is of another rank than what it says.
    pub fn frames(&self) -> impl Iterator<Item = (u64, Frame)> {
        self.said.iter().map(|(at, frame)| {
            let said = Frame::decode(&frame.bytes);
            assert_eq!(frame.rank == Rank::Stop, said.kind == OFF);
            (*at, said)
        })
    }

    /// The frames of `kind` that were handed over from `since` on.
    pub fn frames_since(&self, since: u64, kind: u8) -> Vec<(u64, Frame)> {
        self.frames().filter(|(at, frame)| since <= *at && frame.kind == kind).collect()
    }

    /// The unit's boot id and its uptime in about a millisecond, whatever is wrong with its line.
    pub fn clock(&self) -> Option<(u32, u64)> {
        let mut twin = self.device.clone();
        twin.heal(self.now);
        let sequence = u32::MAX;
        let payload = Vec::new();
        let ask = Frame { kind: STATUS, address: 1, boot: 0, sequence, uptime_millis: 0, payload };
        twin.receive(self.now + 100 * MS, &ask.encode());
        let mut bytes = Vec::new();
        twin.transmit(self.now + 200 * MS, &mut bytes);
        let reply = Frame::all(&bytes).into_iter().find(|reply| reply.sequence == sequence)?;
        Some((reply.boot, reply.uptime_millis.saturating_sub(100)))
    }
}
