//! One run after another: when the next is ordered, and what follows from what is heard of it.
//!
//! A run has a grant of its own. It is charged whole when it is ordered, and the next follows only
//! once the unit said that it is over. Between runs the order stays the same, with a grant that is
//! used: that keeps a unit armed and turns nothing on. The read-back of a stimulator is the
//! intensity that it is set to, which is held against the setting; a run is too short for more, so
//! here only what is too much is a deviation, and nothing can freeze.

use crate::{
    account::Reading,
    cause::Cause,
    modality::Modality,
    order::Grant,
    quantity::Output,
    report::Emission,
    run::Runs,
    session::{End, Session},
    time::Instant,
};

use super::{After, Phase, Supervisor};

impl<M: Modality> Supervisor<M> {
    /// Orders the next run, with a grant of its own: one that is due, prescribed and durable. A hold
    /// that lapsed, an open contact and a setting that differs have ended the emission by then.
    pub(super) fn order_run(&mut self) {
        let now = self.now;
        let Some(session) = &mut self.session else { return };
        let Some(runs) = &mut session.runs else { return };
        runs.order(now, M::output(session.admitted.level()));
        session.account.order(runs.run.dose);
        self.grant = self.grant.next();
    }

    /// When something happens to the runs by itself: the last is overdue, none is left, or the next
    /// may begin.
    pub(super) fn run_deadline(&self, session: &Session<M>, runs: &Runs<M>) -> Instant {
        if runs.is_open() {
            runs.ordered.after(self.terms.overdue(runs.run.length))
        } else if session.is_over(self.now) {
            self.now
        } else if self.now < runs.next {
            runs.next
        } else if !session.covers_run(self.now) {
            runs.next.after(self.terms.timing.relay)
        } else if self.footswitch_is_open() {
            // It pauses the session by a deadline of its own.
            Instant::NEVER
        } else {
            self.now
        }
    }

    /// What [`run_deadline`](Self::run_deadline) was waiting for is there.
    pub(super) fn run_due(&mut self) {
        let Some(session) = &self.session else { return };
        let Some(runs) = &session.runs else { return };
        if runs.is_open() {
            self.lock(Cause::UnexpectedOff);
        } else if session.is_over(self.now) {
            self.stop(After::Standby, Some(End::Dose));
        } else if !session.covers_run(self.now) {
            self.lock(Cause::Ledger);
        } else {
            self.order_run();
        }
    }

    fn footswitch_is_open(&self) -> bool {
        matches!(self.phase, Phase::Emitting { watch, .. } if watch.open_since.is_some())
    }

    /// The unit took the run of `grant`, and it is over.
    pub(super) fn ran(&mut self, asked: Instant, grant: Grant) {
        let (now, last) = (self.now, self.grant);
        let Some(session) = &mut self.session else { return };
        let Some(runs) = &mut session.runs else { return };
        if grant == last && runs.ran(now, asked) {
            session.account.give(runs.run.dose);
        }
    }

    /// Off is proven, so the last run is over.
    pub(super) fn settle_run(&mut self) {
        let now = self.now;
        if let Some(runs) = self.session.as_mut().and_then(|session| session.runs.as_mut()) {
            runs.settle(now);
        }
    }

    /// Charges what a reading shows of a unit that may emit runs and nothing else: what is beyond
    /// the run that was ordered. Returns whether there was any emission that nobody ordered.
    pub(super) fn charge_armed(
        &mut self,
        asked: Instant,
        before: Option<Instant>,
        emission: Emission<M::Output>,
    ) -> bool {
        let counted = self.meter.read(emission.counter).unwrap_or_default();
        let gap = asked.since(before.unwrap_or(asked)).plus(self.terms.timing.link);
        let noise = M::accrue(M::Dose::default(), self.terms.off_below, gap);
        let (late, shows) = (self.terms.late(), !self.terms.is_off(emission.output));
        let armed_rightly = self.armed_rightly(asked);
        let (since, told) = (self.accounted, self.told);
        let Some(session) = &mut self.session else { return false };
        let Some(runs) = &mut session.runs else { return false };
        let beyond = runs.uncharged(asked, counted);
        session.account.exceed(beyond);
        let within = runs.holds(asked, late);
        if shows && within {
            session.account.order(runs.raise(emission.output));
        }
        let counts = !M::covers(noise, beyond);
        let stray = (shows && !within) || (emission.enabled && !armed_rightly);
        // What was counted is charged already; what follows it is not.
        let since = if stray { since } else { asked };
        let goes_on = stray || (shows && counts);
        if goes_on {
            session.account.found_on(since, told.greater(emission.output));
            let reading = Reading { asked, output: emission.output, counted: None, gated: false };
            session.account.observe(reading);
        } else {
            self.accounted = self.accounted.max(asked);
        }
        goes_on || counts
    }

    /// Whether a unit that was asked at `asked` may still be armed: while it is ordered to emit, and
    /// as long as it takes to obey a stop.
    fn armed_rightly(&self, asked: Instant) -> bool {
        match self.phase {
            Phase::Emitting { since, .. } => since <= asked,
            Phase::Stopping { since, .. } => {
                asked < self.spent(since).after(self.terms.timing.confirm)
            }
            Phase::Offline
            | Phase::Standby
            | Phase::Ready { .. }
            | Phase::Warning { .. }
            | Phase::Paused { .. } => false,
        }
    }

    /// Until when a run that was in flight at a stop of `since` may go on by itself.
    #[inline]
    pub(super) fn spent(&self, since: Instant) -> Instant {
        let runs = self.session.as_ref().and_then(|session| session.runs.as_ref());
        runs.map_or(since, |runs| runs.spent(since, self.terms.rise))
    }

    /// What is watched of a run: that its output is not too much, and that an open footswitch ends
    /// it.
    pub(super) fn while_running(&mut self, asked: Instant, output: M::Output) {
        self.compare(asked, self.now, output);
        self.watch_leak(asked, output);
    }
}
