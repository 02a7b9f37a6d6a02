//! What time alone brings about, and when to look again.

use crate::{
    cause::Cause,
    modality::Modality,
    session::End,
    terms::{BEACON, FOOTSWITCH_OPEN},
    time::{Instant, Nanos},
};

use super::{After, Phase, Supervisor, Watch};

impl<M: Modality> Supervisor<M> {
    /// When to step next if nothing happens before. Always later than the last step.
    pub fn wake(&self) -> Instant {
        self.next().max(self.now.after(Nanos::new(1)))
    }

    /// The next deadline.
    pub(super) fn next(&self) -> Instant {
        self.silence()
            .min(self.lease_over())
            .min(self.phase_deadline())
            .min(self.relay_deadline())
            .min(self.hold_deadline())
            .min(self.confirmation_deadline())
            .min(self.next_beacon())
            .min(self.dose_deadline())
    }

    /// Lets every deadline that is due fire.
    pub(super) fn fire(&mut self) {
        if self.silence() <= self.now {
            self.lose(Cause::LinkSilence);
        }
        if self.lease_over() <= self.now {
            self.lease_ended();
        }
        if self.confirmation_deadline() <= self.now {
            self.stop(After::Standby, Some(End::Expired));
        }
        if self.hold_deadline() <= self.now {
            self.stop(After::Paused, None);
        }
        if self.phase_deadline() <= self.now {
            self.phase_over();
        }
        if let Phase::Warning { since } = self.phase
            && self.warned_by(since) <= self.now
        {
            self.warning_over(since);
        }
        if self.dose_deadline() <= self.now {
            self.dose_over();
        }
    }

    /// When the oldest of the facts that a profile requires becomes too old. Each has its own
    /// deadline: news of one thing is no sign of another.
    pub(super) fn silence(&self) -> Instant {
        if self.lost.is_some() {
            return Instant::NEVER;
        }
        let emission = self.due(self.heard.emission.map(|(asked, _)| asked));
        match self.phase {
            Phase::Offline if !self.is_running() => Instant::NEVER,
            // All that matters of a unit that has to be off is whether it is.
            Phase::Offline | Phase::Stopping { .. } => emission,
            Phase::Standby | Phase::Paused { .. } => emission.min(self.switches_due()),
            Phase::Ready { .. } | Phase::Warning { .. } | Phase::Emitting { .. } => {
                emission.min(self.switches_due()).min(self.setting_due())
            }
        }
    }

    /// When a fact that was last asked for at `asked` is too old.
    fn due(&self, asked: Option<Instant>) -> Instant {
        asked.unwrap_or(self.heard.since).after(self.terms.timing.link)
    }

    fn switches_due(&self) -> Instant {
        let heard = &self.heard;
        let switches = self
            .due(heard.contacts.map(|(asked, _)| asked))
            .min(self.due(heard.faults.map(|(asked, _)| asked)));
        match self.terms.coil {
            Some(_) => switches.min(self.due(heard.temperature.map(|(asked, _)| asked))),
            None => switches,
        }
    }

    /// The setting can be read back only since the unit was asked to hold it.
    fn setting_due(&self) -> Instant {
        let since = self.session.as_ref().and_then(|session| session.setting);
        self.due(self.heard.setting.max(since.map(|(since, _)| since)))
    }

    /// When the lease of a lost unit has ended its emission.
    fn lease_over(&self) -> Instant {
        self.lost.map_or(Instant::NEVER, |lost| lost.bound)
    }

    /// The lease of a lost unit is over: what it gave is bounded, and nobody knows more.
    fn lease_ended(&mut self) {
        let bound = self.lease_over();
        self.lost = None;
        self.phase = Phase::Offline;
        self.end_session(End::Stopped);
        // A bound is charged for what may have been emitted without a break. Of a unit that was off
        // or between runs nothing is: should it be found on, that is charged from where it was seen.
        if self.time_is_charged() {
            self.accounted = bound;
        }
        if let Some(session) = &mut self.session {
            self.meter.credit(session.account.lose(bound));
            if let Some(runs) = &mut session.runs {
                self.meter.credit(runs.uncounted);
                runs.settle(bound);
            }
        }
        self.meter.credit(self.stray.lose(bound));
        self.forget();
        self.conclude();
    }

    /// When the present phase is over if nothing else happens (LAS-03, SES-10).
    pub(super) fn phase_deadline(&self) -> Instant {
        let timing = &self.terms.timing;
        match self.phase {
            Phase::Offline | Phase::Standby => Instant::NEVER,
            Phase::Ready { since } => since.after(timing.ready),
            Phase::Paused { since } => since.after(timing.pause),
            Phase::Stopping { since, .. } => self.unconfirmed_at(since),
            Phase::Warning { since } => {
                let over = self.warned_by(since);
                if over <= self.now { over.after(timing.relay) } else { over }
            }
            Phase::Emitting { watch, .. } => {
                watch.open_since.map_or(Instant::NEVER, |at| at.after(FOOTSWITCH_OPEN))
            }
        }
    }

    /// When a stop that is not confirmed opens the relay.
    fn relay_deadline(&self) -> Instant {
        match self.phase {
            Phase::Stopping { since, .. } => {
                let due = self.spent(since).after(self.terms.timing.relay);
                if due <= self.now { Instant::NEVER } else { due }
            }
            Phase::Offline
            | Phase::Standby
            | Phase::Ready { .. }
            | Phase::Warning { .. }
            | Phase::Emitting { .. }
            | Phase::Paused { .. } => Instant::NEVER,
        }
    }

    /// When a stop that is not confirmed becomes a cause, once.
    fn unconfirmed_at(&self, since: Instant) -> Instant {
        let due = self.spent(since).after(self.terms.timing.relay);
        if self.causes.holds(Cause::StopUnconfirmed) || self.lost_before(since) {
            return Instant::NEVER;
        }
        due
    }

    /// Whether it was the loss of the unit that made it stop: then its lease proves off, not we.
    fn lost_before(&self, stopped: Instant) -> bool {
        self.lost.is_some_and(|lost| lost.since <= stopped)
    }

    fn phase_over(&mut self) {
        match self.phase {
            Phase::Offline | Phase::Standby => {}
            Phase::Ready { .. } => self.stop(After::Standby, Some(End::Expired)),
            Phase::Paused { .. } => self.stop(After::Standby, Some(End::PauseOver)),
            Phase::Stopping { .. } => self.lock(Cause::StopUnconfirmed),
            Phase::Warning { .. } => {}
            Phase::Emitting { .. } => self.stop(After::Paused, None),
        }
    }

    /// The warning was given. Emission begins if everything that it needs is there; what is late by
    /// then ends the session.
    fn warning_over(&mut self, since: Instant) {
        let timing = self.terms.timing;
        let late = self.warned_by(since).after(timing.relay) <= self.now;
        let Some(session) = &self.session else { return };
        if session.runs.is_some() && session.is_over(self.now) {
            self.stop(After::Standby, Some(End::Dose));
            return;
        }
        let covers = session.runs.is_none() || session.covers_run(self.now);
        if session.slices.covered.is_none() || !covers {
            if late {
                self.lock(Cause::Ledger);
            }
            return;
        }
        if !self.setting_is_proven() {
            if late {
                self.lock(Cause::SettingDiffers);
            }
            return;
        }
        self.emit();
    }

    /// When the warning is over: of a session that goes on in runs, not before the next is due.
    fn warned_by(&self, since: Instant) -> Instant {
        let over = since.after(self.terms.timing.warning);
        let next = self.session.as_ref().and_then(|session| session.runs.as_ref());
        next.map_or(over, |runs| over.max(runs.next))
    }

    /// The one place from which a unit may be turned on (LAS-01).
    fn emit(&mut self) {
        let now = self.now;
        let Some(session) = &mut self.session else { return };
        match session.runs {
            Some(_) => session.account.arm(),
            None => {
                session.account.run(now, M::output(session.admitted.level()));
                self.grant = self.grant.next();
            }
        }
        let watch = Watch {
            deviated: false,
            warns: false,
            same_since: now,
            open_since: None,
            gated: false,
            leaked: None,
        };
        self.phase = Phase::Emitting { since: now, seen: false, rising: now, watch };
        self.order_run();
    }

    /// When the operator's hold lapses.
    fn hold_deadline(&self) -> Instant {
        match (self.phase, &self.session) {
            (Phase::Warning { .. } | Phase::Emitting { .. }, Some(session)) => {
                session.held.unwrap_or_default().after(self.terms.timing.hold)
            }
            (_, Some(_) | None) => Instant::NEVER,
        }
    }

    /// When a confirmation that was not armed lapses.
    fn confirmation_deadline(&self) -> Instant {
        match (self.phase, &self.session) {
            (Phase::Standby, Some(session)) => {
                session.confirmed.after(self.terms.timing.confirmation)
            }
            (_, Some(_) | None) => Instant::NEVER,
        }
    }

    fn next_beacon(&self) -> Instant {
        let Some(session) = &self.session else { return Instant::NEVER };
        session.instant_of(session.beacon(self.now)).after(BEACON)
    }

    /// When the dose, the time or the slice is used up.
    fn dose_deadline(&self) -> Instant {
        match (self.phase, &self.session) {
            (Phase::Emitting { .. }, Some(session)) => match &session.runs {
                None => self.now.after(session.lasts(self.now)),
                Some(runs) => self.run_deadline(session, runs),
            },
            (_, Some(_) | None) => Instant::NEVER,
        }
    }

    fn dose_over(&mut self) {
        let Some(session) = &self.session else { return };
        if session.runs.is_some() {
            self.run_due();
            return;
        }
        if session.dose_lasts(self.now) != Nanos::ZERO {
            // The slice is used up and the next is not durable: the ledger is late.
            self.lock(Cause::Ledger);
            return;
        }
        let left = session.left(self.now);
        let time_alone = M::accrue(M::Dose::default(), M::Output::default(), Nanos::new(1));
        let end = if M::covers(left, time_alone) { End::Dose } else { End::Time };
        self.stop(After::Standby, Some(end));
    }
}
