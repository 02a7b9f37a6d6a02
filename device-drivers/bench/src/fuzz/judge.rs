//! Judges every frame against the order under which it went out, and every fact against the truth.
//!
//! It knows no dialect: what a frame means it is told by a [`Stranger`](super::stranger), who reads
//! bytes by the makers' documents and shares no code with those who write them.

use std::collections::BTreeSet;

use device_drivers::{Frame, Rank};
use safety::{Demand, Fact, Grant, Identity, Instant, Modality, Order, Output, Report, Setting};

use super::stranger::Means;

/// What is held against a dialect.
#[derive(Debug)]
pub(super) struct Judge<M: Modality> {
    rules: Rules<M>,
    order: Demand<M>,
    /// Its time was over when something was last said.
    lapsed: bool,
    /// A stop that is not proven yet.
    stop: Option<Stop>,
    /// Nothing goes out before an off.
    owed: bool,
    identity: Option<Identity>,
    setting: Option<Setting<M>>,
    /// Every grant that something was turned on under, and what turned it on.
    used: BTreeSet<(Grant, Means)>,
    /// The grants that were ordered when a port opened or closed.
    void: BTreeSet<Grant>,
    /// When frames were handed over that ask or tell something.
    last_said: Option<Instant>,
}

/// What differs between the families.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<M: Modality> {
    pub(super) means: fn(&[u8]) -> Means,
    /// Output below this is none.
    pub(super) off_below: M::Output,
    /// It emits in runs which nothing interrupts, one after the other under one grant.
    pub(super) runs: bool,
}

#[derive(Clone, Copy, Debug)]
struct Stop {
    /// When the first off of it went out.
    said: Option<Instant>,
}

impl<M: Modality> Judge<M> {
    pub(super) fn new(rules: Rules<M>) -> Self {
        let mut judge = Self {
            rules,
            order: Demand::Off,
            lapsed: false,
            stop: None,
            owed: false,
            identity: None,
            setting: None,
            used: BTreeSet::new(),
            void: BTreeSet::new(),
            last_said: None,
        };
        judge.opened();
        judge
    }

    /// COM-04, COM-05: whoever answers now has yet to prove who it is, and was granted nothing.
    pub(super) fn opened(&mut self) {
        self.closed();
        self.stopped();
    }

    pub(super) fn closed(&mut self) {
        (self.identity, self.setting) = (None, None);
        if let Demand::Emit { grant, .. } = self.order {
            self.void.insert(grant);
        }
    }

    pub(super) fn stopped(&mut self) {
        self.stop = Some(Stop { said: None });
        self.owed = true;
    }

    /// The order that is told from now on.
    pub(super) fn ordered(&mut self, now: Instant, order: Order<M>) {
        let was = emitted(&self.order);
        self.order = order.demand();
        let is = emitted(&self.order);
        if was.is_some() && was != is && !self.lapsed {
            self.stopped();
        }
        self.lapsed &= self.is_past(now);
    }

    /// Whether the order is to emit, and past its time.
    fn is_past(&self, now: Instant) -> bool {
        matches!(self.order, Demand::Emit { valid_until, .. } if valid_until <= now)
    }

    pub(super) fn heard(&mut self, now: Instant, report: &Report<M>) {
        assert!(report.asked <= now, "a fact of the future: {report:?} at {now:?}");
        match report.fact {
            Fact::Identity(identity) => self.identity = Some(identity),
            Fact::Setting(setting) => self.setting = setting,
            Fact::Emission(emission) => {
                let dark = emission.output.count() < self.rules.off_below.count();
                if let Some(Stop { said: Some(said) }) = self.stop
                    && !emission.enabled
                    && dark
                    && said <= report.asked
                {
                    self.stop = None;
                }
            }
            Fact::Boot(_)
            | Fact::Garbled
            | Fact::Temperature(_)
            | Fact::Contacts(_)
            | Fact::Faults(_)
            | Fact::Ran(_) => {}
        }
    }

    pub(super) fn said(&mut self, now: Instant, frame: &Frame) {
        assert!(self.last_said < Some(now), "two frames at {now:?}");
        self.last_said = Some(now);
        // Whoever speaks past the time of an order speaks as if it were off; a stop that goes on
        // already is that.
        if self.is_past(now) && !self.lapsed {
            self.lapsed = true;
            if self.stop.is_none() {
                self.stopped();
            }
        }
        let means = (self.rules.means)(&frame.bytes);
        let is = |what| std::format!("{what}: {means:?} {frame:02x?} under {:?}", self.order);
        assert!(means != Means::Forbidden, "{}", is("forbidden"));
        assert_eq!(means == Means::Off, frame.rank == Rank::Stop, "{}", is("of another rank"));
        assert!(!self.owed || means == Means::Off, "{}", is("ahead of an off"));
        match means {
            Means::Off => {
                self.owed = false;
                let stop = self.stop.get_or_insert(Stop { said: None });
                stop.said = stop.said.or(Some(now));
            }
            Means::On(_) => self.turned_on(now, means, &is("on")),
            Means::KeepsOn => drop(self.kept_on(now, &is("kept on"))),
            Means::Ready => {
                assert!(!matches!(self.order, Demand::Off), "{}", is("made ready"));
                assert!(self.stop.is_none(), "{}", is("made ready before off was proven"));
            }
            Means::Tells => assert!(!matches!(self.order, Demand::Off), "{}", is("told")),
            Means::Asks | Means::Forbidden => {}
        }
    }

    fn turned_on(&mut self, now: Instant, means: Means, what: &str) {
        let (grant, setting) = self.kept_on(now, what);
        assert_eq!(self.identity, Some(Identity::Proven), "by a stranger: {what}");
        assert_eq!(self.setting, Some(setting), "not read back: {what}");
        assert!(!self.void.contains(&grant), "under a void grant: {what}");
        let first = self.used.insert((grant, means));
        assert!(first || self.rules.runs, "twice for one grant: {what}");
    }

    /// What turns on, and what keeps on, is valid and follows no stop.
    fn kept_on(&self, now: Instant, what: &str) -> (Grant, Setting<M>) {
        let Demand::Emit { grant, setting, valid_until } = self.order else {
            panic!("nothing was granted: {what}");
        };
        assert!(now < valid_until, "past its time: {what}");
        assert!(self.stop.is_none(), "before off was proven: {what}");
        (grant, setting)
    }

    /// How often something was turned on.
    pub(super) fn is_unused(&self) -> bool {
        self.used.is_empty()
    }
}

/// What an order emits.
fn emitted<M: Modality>(order: &Demand<M>) -> Option<Setting<M>> {
    match order {
        Demand::Emit { setting, .. } => Some(*setting),
        Demand::Off | Demand::Prepare(_) | Demand::Warn(_) => None,
    }
}
