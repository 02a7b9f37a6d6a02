//! Counts dose twice: what was delivered at best knowledge, and what is charged at worst.
//!
//! Between two reports nobody knows what a unit did. That gap is charged at the greatest of what was
//! ordered, what was measured around it and what the unit counted over it, up to the instant at
//! which off is proven (DOS-04, DOS-05).

use crate::{
    modality::Modality,
    quantity::{Integral, Output, over},
    time::{Instant, Nanos},
};

/// The dose of one session, or of emission that belongs to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Account<M: Modality> {
    charged: M::Dose,
    delivered: M::Dose,
    /// What may have been emitted since `settled`; `None` while off is proven.
    assumed: Option<M::Output>,
    /// It may emit runs, each of which is charged when it is ordered, and nothing else.
    armed: bool,
    /// Everything before this is in `charged` and `delivered`.
    settled: Instant,
    /// What was charged by a bound, for time in which nobody heard of the unit.
    unseen: M::Dose,
    /// By how much the readings add up to more than the unit counted, less if negative: in
    /// picojoules, femtotesla-seconds or picopulses.
    drift: i64,
    /// The last reading and the one before. A reading is of some moment after its question, so what
    /// the one before showed may still have been emitted for a while after this one was asked for.
    measured: [M::Output; 2],
}

/// What one reading adds to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Reading<M: Modality> {
    /// When it was asked for.
    pub(crate) asked: Instant,
    /// What the unit measured.
    pub(crate) output: M::Output,
    /// What the unit counted since the reading before, if it counts.
    pub(crate) counted: Option<M::Dose>,
    /// Whether the unit's own count shows that the output was held off since the reading before.
    pub(crate) gated: bool,
}

impl<M: Modality> Account<M> {
    /// An empty account.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            charged: M::Dose::default(),
            delivered: M::Dose::default(),
            assumed: None,
            armed: false,
            settled: now,
            unseen: M::Dose::default(),
            drift: 0,
            measured: [M::Output::default(); 2],
        }
    }

    /// What is charged if nothing better becomes known until `now`.
    pub(crate) fn charged(&self, now: Instant) -> M::Dose {
        M::accrue(self.charged, self.rate(), self.open_until(now))
    }

    /// What was delivered, at best knowledge.
    pub(crate) const fn delivered(&self) -> M::Dose {
        self.delivered
    }

    /// Whether what the unit measured and what it counted have come apart (DOS-11).
    pub(crate) fn is_apart(&self) -> bool {
        let delivered = M::count(self.delivered).saturating_add_signed(self.drift.max(0));
        !M::COUNTS_APART.admits(self.drift.unsigned_abs(), delivered)
    }

    /// Whether too much of the charge is a bound and no count (DOS-12).
    pub(crate) fn is_unseen(&self) -> bool {
        !M::UNSEEN.admits(M::count(self.unseen), M::count(self.charged))
    }

    /// Whether something may be emitted that is not yet accounted for.
    pub(crate) const fn is_running(&self) -> bool {
        self.assumed.is_some() || self.armed
    }

    /// Whether time alone adds to what is charged.
    pub(crate) const fn lasts(&self) -> bool {
        self.assumed.is_some()
    }

    /// Whether runs, and nothing else, may be emitted.
    pub(crate) const fn is_armed(&self) -> bool {
        self.armed
    }

    /// The output at which the time since the last reading is charged.
    pub(crate) fn rate(&self) -> M::Output {
        let [last, before] = self.measured;
        self.assumed.unwrap_or_default().greater(last).greater(before)
    }

    /// From `now` on, `output` may be emitted.
    pub(crate) fn run(&mut self, now: Instant, output: M::Output) {
        self.assumed = Some(output);
        self.settled = now;
        self.measured = [M::Output::default(); 2];
    }

    /// From now on runs may be ordered.
    pub(crate) fn arm(&mut self) {
        self.armed = true;
    }

    /// A run of `dose` is ordered: it counts from now on, whatever becomes of it.
    pub(crate) fn order(&mut self, dose: M::Dose) {
        self.charged = M::plus(self.charged, dose);
    }

    /// A run of `dose`, which was charged when it was ordered, was given.
    pub(crate) fn give(&mut self, dose: M::Dose) {
        self.delivered = M::plus(self.delivered, dose);
    }

    /// A unit gave `dose` beyond the runs that were ordered.
    pub(crate) fn exceed(&mut self, dose: M::Dose) {
        self.charged = M::plus(self.charged, dose);
        self.delivered = M::plus(self.delivered, dose);
    }

    /// From `since` on, something was emitted that nobody ordered: up to `output`, as far as is
    /// known, and nothing is known to end it.
    pub(crate) fn found_on(&mut self, since: Instant, output: M::Output) {
        self.assumed = Some(output);
        self.armed = false;
        self.settled = since;
    }

    /// Takes a reading. What came before its question is settled by it.
    pub(crate) fn observe(&mut self, reading: Reading<M>) {
        let counted = reading.counted.unwrap_or_default();
        if self.is_running() {
            let until = reading.asked.max(self.settled);
            let gap = until.since(self.settled);
            let worst = self.rate().greater(reading.output);
            let charged = if reading.gated { Nanos::ZERO } else { gap };
            let worst = M::accrue(M::Dose::default(), worst, charged);
            self.charged = M::plus(self.charged, M::greater(worst, counted));
            self.deliver(reading, gap);
            self.settled = until;
        } else {
            self.charged = M::plus(self.charged, counted);
            self.delivered = M::plus(self.delivered, counted);
        }
        let [last, _] = self.measured;
        self.measured = [reading.output, last];
        self.charged = M::greater(self.charged, self.delivered);
    }

    /// A lease has ended, at `bound`, what a lost unit emitted. Returns what is charged for the time
    /// since the last reading.
    pub(crate) fn lose(&mut self, bound: Instant) -> M::Dose {
        let open = M::accrue(M::Dose::default(), self.rate(), self.open_until(bound));
        self.unseen = M::plus(self.unseen, open);
        self.finish(bound);
        open
    }

    /// Off is proven at `now`.
    pub(crate) fn finish(&mut self, now: Instant) {
        self.charged = self.charged(now);
        self.settled = now.max(self.settled);
        self.assumed = None;
        self.armed = false;
        self.measured = [M::Output::default(); 2];
    }

    fn open_until(&self, now: Instant) -> Nanos {
        match self.assumed {
            Some(_) => now.since(self.settled),
            None => Nanos::ZERO,
        }
    }

    /// Adds what was delivered over `gap`: by the unit's own count if it has one, else by the mean
    /// of the readings at both ends.
    fn deliver(&mut self, reading: Reading<M>, gap: Nanos) {
        let [last, _] = self.measured;
        let mean = last.mean(reading.output);
        let counted = reading.counted.unwrap_or_default();
        let nothing = mean == M::Output::default() && counted == M::Dose::default();
        if reading.gated || nothing {
            self.delivered = M::plus(self.delivered, counted);
            return;
        }
        self.delivered = match reading.counted {
            Some(counted) => {
                self.drift = self.drift.saturating_add(drift::<M>(mean, gap, counted));
                let time_alone = M::accrue(self.delivered, M::Output::default(), gap);
                M::plus(time_alone, counted)
            }
            None => M::accrue(self.delivered, mean, gap),
        };
    }
}

/// By how much a mean output over `gap` is more than what was counted over it.
fn drift<M: Modality>(mean: M::Output, gap: Nanos, counted: M::Dose) -> i64 {
    let (read, counted) = (over(mean, gap).count(), M::count(counted));
    let most = if read < counted { i64::MIN } else { i64::MAX };
    read.checked_signed_diff(counted).unwrap_or(most)
}
