//! A unit that does what it is ordered, at once, and says so whenever it has a turn.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use device_drivers::{Budget, Dialect, Event, Out};
use safety::{
    BootId, Contacts, Demand, Emission, Fact, Identity, Instant, Integral, Modality, Nanos, Order,
    Output, Report, Setting, Temperature, over,
};

/// Between two turns.
const POLL: Nanos = Nanos::from_millis(50);

/// What a test changes of a unit.
#[derive(Debug)]
pub(crate) struct Knobs {
    /// How much of what it emits it counts, in thousandths.
    pub(crate) counts_permille: AtomicU64,
    /// It emits whatever it is told.
    pub(crate) is_stuck: AtomicBool,
}

impl Default for Knobs {
    fn default() -> Self {
        Self { counts_permille: AtomicU64::new(1_000), is_stuck: AtomicBool::new(false) }
    }
}

/// A unit and its dialect in one.
pub(crate) struct Obedient<M: Modality> {
    knobs: Arc<Knobs>,
    order: Order<M>,
    /// What it was last told to emit.
    told: M::Output,
    /// What it emitted at its last turn, and when that was.
    last: (Instant, M::Output),
    counter: u64,
    next: Instant,
}

impl<M: Modality> Obedient<M> {
    pub(crate) fn new(knobs: &Arc<Knobs>) -> Self {
        Self {
            knobs: Arc::clone(knobs),
            order: Order::off(),
            told: M::Output::default(),
            last: (Instant::default(), M::Output::default()),
            counter: 0,
            next: Instant::default(),
        }
    }

    fn setting(&self) -> Option<Setting<M>> {
        match self.order.demand() {
            Demand::Off => None,
            Demand::Prepare(setting) | Demand::Warn(setting) | Demand::Emit { setting, .. } => {
                Some(setting)
            }
        }
    }

    fn emission(&mut self, now: Instant) -> Emission<M::Output> {
        let ordered = match self.order.demand() {
            Demand::Emit { setting, .. } => Some(M::output(setting.level)),
            Demand::Off | Demand::Prepare(_) | Demand::Warn(_) => None,
        };
        self.told = ordered.unwrap_or(self.told);
        let stuck = self.knobs.is_stuck.load(Ordering::Relaxed).then_some(self.told);
        let output = ordered.or(stuck).unwrap_or_default();
        let (before, emitted) = self.last;
        let permille = self.knobs.counts_permille.load(Ordering::Relaxed);
        self.counter += over(emitted, now.since(before)).count() / 1_000 * permille;
        self.last = (now, output);
        let enabled = output != M::Output::default();
        let counter = <M::Output as Output>::Integral::from_count(self.counter);
        Emission { enabled, output, counter: Some(counter) }
    }
}

impl<M: Modality> Dialect<M> for Obedient<M> {
    fn exact(&self, level: M::Level) -> Option<M::Level> {
        Some(level)
    }

    fn step(&mut self, now: Instant, event: Event<'_, M>, out: &mut Out<M>) {
        match event {
            Event::Order(order) => self.order = order,
            Event::Turn => {
                self.next = now.after(POLL);
                let facts = [
                    Fact::Boot(BootId(1)),
                    Fact::Identity(Identity::Proven),
                    Fact::Contacts(Contacts {
                        key: true,
                        footswitch: true,
                        interlock: true,
                        emergency_stop_released: true,
                        applicator: true,
                    }),
                    Fact::Faults(0),
                    Fact::Temperature(Some(Temperature::from_centicelsius(3_000))),
                    Fact::Setting(self.setting()),
                    Fact::Emission(self.emission(now)),
                ];
                out.reports.extend(facts.map(|fact| Report { asked: now, fact }));
            }
            Event::Opened
            | Event::Closed
            | Event::Stop
            | Event::Sent
            | Event::Bytes(_)
            | Event::Wake => {}
        }
    }

    fn wake(&self) -> Instant {
        self.next
    }

    fn budget(&self) -> Budget {
        let none = Nanos::ZERO;
        Budget { detect: none, turn: none, confirm: none, lease: none }
    }
}
