//! Counts dose twice: what was delivered at best knowledge, and what is charged at worst.
//!
//! Between two reports nobody knows what a unit did. That gap is charged at the greater of what was
//! ordered and what was measured at either end of it, up to the instant at which off is proven
//! (DOS-04, DOS-05).

use crate::{
    modality::Modality,
    quantity::{Integral, Output},
    report::Emission,
    time::{Instant, Nanos},
};

/// The dose of one session, or of emission that belongs to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Account<M: Modality> {
    charged: M::Dose,
    delivered: M::Dose,
    /// What may have been emitted since `settled`; `None` while off is proven.
    assumed: Option<M::Output>,
    /// Everything before this is in `charged` and `delivered`.
    settled: Instant,
    /// The unit's lease ends emission no later than this.
    bound: Instant,
    measured: M::Output,
    counter: Option<Count<M>>,
}

type Count<M> = <<M as Modality>::Output as Output>::Integral;

impl<M: Modality> Account<M> {
    /// An empty account, of a unit that counted `counter` so far.
    pub(crate) fn new(now: Instant, counter: Option<Count<M>>) -> Self {
        Self {
            charged: M::Dose::default(),
            delivered: M::Dose::default(),
            assumed: None,
            settled: now,
            bound: Instant::NEVER,
            measured: M::Output::default(),
            counter,
        }
    }

    /// What is charged if nothing better becomes known until `now`.
    pub(crate) fn charged(&self, now: Instant) -> M::Dose {
        match self.assumed {
            Some(output) => M::accrue(self.charged, output, self.open_until(now)),
            None => self.charged,
        }
    }

    /// What was delivered, at best knowledge.
    pub(crate) const fn delivered(&self) -> M::Dose {
        self.delivered
    }

    /// Whether something may be emitted that is not yet accounted for.
    pub(crate) const fn is_running(&self) -> bool {
        self.assumed.is_some()
    }

    /// From `now` on, `output` may be emitted.
    pub(crate) fn run(&mut self, now: Instant, output: M::Output) {
        self.settle(now);
        self.assumed = Some(output);
        self.settled = now;
        self.bound = Instant::NEVER;
    }

    /// From `since` on, something was emitted that nobody ordered: nothing is known to end it.
    pub(crate) fn found_on(&mut self, since: Instant) {
        if self.assumed.is_none() {
            self.settled = since;
            self.assumed = Some(M::Output::default());
        }
        self.bound = Instant::NEVER;
    }

    /// The unit was lost. Its own lease ends emission at `bound`.
    pub(crate) fn lose(&mut self, bound: Instant) {
        self.bound = self.bound.min(bound);
    }

    /// The unit answers again: no lease bounds what it does.
    pub(crate) fn find(&mut self) {
        self.bound = Instant::NEVER;
    }

    /// Takes a reading at `now`. `gated` says that the output was known to be held off at this
    /// reading and at the one before.
    pub(crate) fn observe(&mut self, now: Instant, reading: Emission<M::Output>, gated: bool) {
        let gap = now.since(self.settled);
        let counted = self.count_since(reading.counter);
        let nothing = gated && counted == Some(Count::<M>::default());
        if let Some(assumed) = self.assumed {
            let worst = assumed.max(reading.output).max(self.measured);
            if !nothing {
                self.charged = M::accrue(self.charged, worst, gap);
            }
            self.deliver(reading, counted, gap);
            self.settled = now;
        }
        self.measured = reading.output;
        self.counter = reading.counter.or(self.counter);
        self.charged = M::greater(self.charged, self.delivered);
    }

    /// Off is proven at `now`.
    pub(crate) fn finish(&mut self, now: Instant) {
        self.settle(now);
        self.assumed = None;
        self.bound = Instant::NEVER;
        self.measured = M::Output::default();
    }

    /// The unit counts from a new start: its count says nothing of before.
    pub(crate) fn forget_counter(&mut self) {
        self.counter = None;
    }

    fn settle(&mut self, now: Instant) {
        self.charged = self.charged(now);
        self.settled = now.min(self.bound).max(self.settled);
    }

    fn open_until(&self, now: Instant) -> Nanos {
        now.min(self.bound).since(self.settled)
    }

    fn count_since(&self, counter: Option<Count<M>>) -> Option<Count<M>> {
        let difference = counter?.count().checked_sub(self.counter?.count())?;
        Some(Count::<M>::from_count(difference))
    }

    /// Adds what was delivered over `gap`: by the unit's own count if it has one, else by the mean
    /// of the readings at both ends.
    fn deliver(&mut self, reading: Emission<M::Output>, counted: Option<Count<M>>, gap: Nanos) {
        let sum =
            u64::from(self.measured.count()).saturating_add(u64::from(reading.output.count()));
        let mean = M::Output::from_count(u32::try_from(sum / 2).unwrap_or(u32::MAX));
        if mean == M::Output::default() && counted.unwrap_or_default() == Count::<M>::default() {
            return;
        }
        let by_mean = M::accrue(self.delivered, mean, gap);
        self.delivered = match counted {
            Some(count) => {
                let time_alone = M::accrue(self.delivered, M::Output::default(), gap);
                M::plus(time_alone, M::counted(count))
            }
            None => by_mean,
        };
    }
}
