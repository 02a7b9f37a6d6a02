//! A supervisor that is told what it wants to hear, so that any order can be had at any instant.
//!
//! Only `safety` can make an order that emits, so tests get theirs from where everybody does.

use std::vec::Vec;

use safety::{
    Command, Contacts, Demand, Emission, Fact, Fence, Identity, Input, Instant, Limits, Modality,
    Nanos, Order, Pace, Report, Supervisor, Terms, Timing, check,
};

use super::limits::{Permitted, untouched};

/// Longer than any test.
const EVER: Nanos = Nanos::from_secs(1_000_000);

/// Times that never run out, and a warning that is over at once.
const PATIENT: Timing = Timing {
    poll: Nanos::from_millis(100),
    link: EVER,
    confirm: Nanos::from_millis(250),
    relay: EVER,
    warning: Nanos::new(1),
    ready: EVER,
    confirmation: EVER,
    pause: EVER,
    hold: EVER,
};

/// A supervisor that hears what it waits for.
pub struct Desk<M: Permitted> {
    supervisor: Supervisor<M>,
    prescription: M::Prescription,
    limits: Limits<M>,
    now: Instant,
    token: u32,
}

impl<M: Permitted> Default for Desk<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Permitted> Desk<M> {
    /// A desk at the beginning of time, its unit off.
    pub fn new() -> Self {
        Self::with(M::prescription(), M::limits())
    }

    /// The same, with another prescription and what permits it.
    pub fn with(prescription: M::Prescription, limits: Limits<M>) -> Self {
        Self::paced(prescription, limits, Pace::Continuous)
    }

    /// The same, in runs that the core takes to be of this length.
    pub fn in_runs(length: Nanos) -> Self {
        Self::paced(M::prescription(), M::limits(), Pace::Chunks { length })
    }

    fn paced(prescription: M::Prescription, limits: Limits<M>, pace: Pace) -> Self {
        let now = Instant::default();
        let terms = Terms {
            pace,
            frozen: None,
            timing: PATIENT,
            lease: Nanos::from_millis(500),
            rise: EVER,
            off_below: safety::Output::from_count(50),
            second_enable: false,
            coil: None,
        };
        let supervisor = Supervisor::new(terms, now);
        let mut desk = Self { supervisor, prescription, limits, now, token: 0 };
        desk.step(Input::Opened);
        desk.hear_off();
        desk
    }

    /// A session that is armed, at `now` or a few nanoseconds later.
    pub fn prepare(&mut self, now: Instant) -> Order<M> {
        self.walk(now);
        self.stop();
        self.token += 1;
        let checked = check::<M>(&self.prescription, &self.limits, &untouched::<M>());
        let objections: Vec<_> = checked.objections().collect();
        let admitted = checked.admitted().unwrap_or_else(|| panic!("{objections:#?}"));
        let fence = self.fence();
        self.must(Input::Confirm(admitted, fence));
        self.must(Input::Command(Command::Arm, fence));
        self.supervisor.order()
    }

    /// The same session, warning.
    pub fn warn(&mut self, now: Instant) -> Order<M> {
        self.now = self.now.max(now);
        let fence = self.fence();
        self.must(Input::Hold(fence, safety::Beacon(0)));
        self.hear(Fact::Identity(Identity::Proven));
        let demand = self.supervisor.order().demand();
        let Demand::Prepare(setting) = demand else { panic!("{demand:?}") };
        self.hear(Fact::Setting(Some(setting)));
        self.must(Input::Command(Command::Start, fence));
        self.supervisor.order()
    }

    /// The same session, emitting: the order as it is at `now`, which is off once the dose is given.
    pub fn emit(&mut self, now: Instant) -> Order<M> {
        self.walk(now.max(self.now).after(Nanos::new(2)));
        self.supervisor.order()
    }

    /// Somebody says that the last run is over, whatever the unit does: the next is ordered.
    pub fn ran(&mut self) {
        if let Demand::Emit { grant, .. } = self.supervisor.order().demand() {
            self.hear(Fact::Ran(grant));
        }
    }

    /// Goes to `now` in steps that leave no slice without the next.
    fn walk(&mut self, now: Instant) {
        while self.now < now {
            self.now = self.now.after(Nanos::from_millis(100)).min(now);
            self.step(Input::Wake);
            self.durable();
        }
        self.step(Input::Wake);
    }

    fn stop(&mut self) {
        self.step(Input::Stop);
        self.hear_off();
        self.step(Input::Settled);
    }

    fn fence(&self) -> Fence {
        Fence { token: self.token, epoch: self.supervisor.epoch() }
    }

    fn hear_off(&mut self) {
        let output = <M as Modality>::Output::default();
        self.hear(Fact::Faults(0));
        let permits = true;
        self.hear(Fact::Contacts(Contacts {
            key: permits,
            footswitch: permits,
            interlock: permits,
            emergency_stop_released: permits,
            applicator: permits,
        }));
        self.hear(Fact::Identity(Identity::Proven));
        self.hear(Fact::Emission(Emission { enabled: false, output, counter: None }));
    }

    fn hear(&mut self, fact: Fact<M>) {
        self.now = self.now.after(Nanos::new(1));
        self.step(Input::Report(Report { asked: self.now, fact }));
    }

    fn durable(&mut self) {
        if let Some(slice) = self.supervisor.reserve() {
            self.must(Input::Durable(slice.id));
        }
    }

    fn must(&mut self, input: Input<M>) {
        self.supervisor.step(self.now, input).unwrap();
    }

    fn step(&mut self, input: Input<M>) {
        let _ = self.supervisor.step(self.now, input);
    }
}
