//! What a unit says of its emission: what is charged for it, and whether it may be so.

use crate::{
    account::{Account, Reading},
    cause::Cause,
    modality::Modality,
    quantity::Output,
    report::Emission,
    run::Pace,
    session::{End, Footswitch},
    time::Instant,
};

use super::{After, Phase, Supervisor};

/// More than this is a warning (safety limits of a laser and of a field, LAS-10).
const WARNS: Band = Band { low: 90, high: 110 };
/// More than this twice in a row is a fault.
const TWICE: Band = Band { low: 80, high: 120 };
/// More than this once is a fault.
const ONCE: Band = Band { low: 50, high: 150 };

/// What an output may be, in percent of what was ordered.
struct Band {
    low: u64,
    high: u64,
}

impl Band {
    /// Whether `output` is outside. Until it has risen it may be as low as it likes.
    fn is_left_by(&self, output: u64, level: u64, risen: bool) -> bool {
        let output = output.saturating_mul(100);
        let low = risen && output < level.saturating_mul(self.low);
        low || level.saturating_mul(self.high) < output
    }
}

impl<M: Modality> Supervisor<M> {
    pub(super) fn emission(&mut self, asked: Instant, emission: Emission<M::Output>) {
        let before = self.heard.emission;
        if before.is_some_and(|(before, _)| asked < before) {
            return;
        }
        self.heard.emission = Some((asked, emission));
        let on = self.shows_output(emission);
        if on {
            self.heard.off = None;
        }
        self.find(asked);
        let unasked = self.charge(asked, before.map(|(before, _)| before), emission);
        match self.phase {
            Phase::Emitting { since, .. } if asked < since => {
                if on {
                    self.lock(Cause::StuckOn);
                }
            }
            Phase::Emitting { .. } if unasked => self.lock(Cause::StuckOn),
            Phase::Emitting { since, .. } => self.while_emitting(since, asked, before, emission),
            Phase::Stopping { since, .. } => {
                let obeys_by = self.spent(since).after(self.terms.timing.confirm);
                if unasked || (on && obeys_by <= asked) {
                    self.lock(Cause::StuckOn);
                }
                if !on && since < asked {
                    self.off_proven(asked);
                }
            }
            Phase::Offline => self.while_offline(asked, on, unasked),
            Phase::Standby | Phase::Ready { .. } | Phase::Warning { .. } | Phase::Paused { .. } => {
                self.while_off(asked, on, unasked);
            }
        }
    }

    /// A unit that answers to a question of after its loss is not lost: what it says counts, and
    /// not its lease.
    fn find(&mut self, asked: Instant) {
        self.lost = self.lost.filter(|lost| asked < lost.since);
    }

    /// Charges what a reading shows. Emission that nobody ordered is charged from the last instant
    /// at which the unit was known to be off (LAS-12, DOS-04). Returns whether there was any: what a
    /// meter may count by its noise is charged, but no alarm.
    fn charge(
        &mut self,
        asked: Instant,
        before: Option<Instant>,
        emission: Emission<M::Output>,
    ) -> bool {
        if self.account().is_armed() {
            return self.charge_armed(asked, before, emission);
        }
        let counted = self.meter.read(emission.counter);
        let gap = asked.since(before.unwrap_or(asked)).plus(self.terms.timing.link);
        let noise = M::accrue(M::Dose::default(), self.terms.off_below, gap);
        let counts = counted.is_some_and(|counted| !M::covers(noise, counted));
        let gated = self.note_gate(emission) && counted.is_some() && !counts;
        let (on, since, told) = (self.shows_output(emission), self.accounted, self.told);
        let early = matches!(self.phase, Phase::Emitting { since, .. } if asked < since);
        let account = self.account();
        let running = account.is_running();
        if on && (!running || early) {
            account.found_on(since, told);
        }
        account.observe(Reading { asked, output: emission.output, counted, gated });
        !running && (on || counts)
    }

    /// Notes whether a footswitch holds the output off, by its contact and by the meter. Returns
    /// whether it did so at this reading and at the one before (LAS-06).
    fn note_gate(&mut self, emission: Emission<M::Output>) -> bool {
        let off = self.terms.is_off(emission.output);
        let Phase::Emitting { watch, .. } = &mut self.phase else { return false };
        let gated = off && watch.open_since.is_some();
        let was_gated = core::mem::replace(&mut watch.gated, gated);
        gated && was_gated
    }

    /// Off is the only thing that a unit may be here.
    fn while_off(&mut self, asked: Instant, on: bool, unasked: bool) {
        if unasked {
            self.lock(Cause::StuckOn);
        }
        if !on {
            self.known_off(asked);
        } else if self.phase == Phase::Standby {
            self.phase = Phase::Stopping { since: self.now, then: After::Standby };
        }
    }

    fn known_off(&mut self, asked: Instant) {
        self.heard.off = Some(asked);
        self.accounted = asked;
    }

    /// A unit that was just found may still end what another gateway began: off was ordered when
    /// the port opened, and it has until then to obey.
    fn while_offline(&mut self, asked: Instant, on: bool, unasked: bool) {
        let opened = self.heard.opened.unwrap_or(self.now);
        if on {
            if opened.after(self.terms.timing.confirm) <= asked {
                self.lock(Cause::StuckOn);
            }
            return;
        }
        if unasked {
            self.lock(Cause::StuckOn);
        }
        let now = self.now;
        self.account().finish(now);
        self.known_off(asked);
        self.conclude();
    }

    fn off_proven(&mut self, asked: Instant) {
        let Phase::Stopping { then, .. } = self.phase else { return };
        self.known_off(asked);
        self.lost = None;
        let now = self.now;
        self.account().finish(now);
        self.settle_run();
        let kept = self.session.as_mut().filter(|session| session.end.is_none());
        match (kept, then) {
            (Some(session), After::Paused) if !session.is_over(now) => {
                session.footswitch = Footswitch::Unknown;
                self.phase = Phase::Paused { since: now };
            }
            (Some(_), After::Paused) => self.stand_by(End::Dose),
            (Some(_) | None, After::Standby) | (None, After::Paused) => {
                self.stand_by(End::Stopped);
            }
        }
    }

    fn stand_by(&mut self, end: End) {
        self.phase = Phase::Standby;
        self.end_session(end);
        self.conclude();
    }

    fn while_emitting(
        &mut self,
        since: Instant,
        asked: Instant,
        before: Option<(Instant, Emission<M::Output>)>,
        emission: Emission<M::Output>,
    ) {
        let Phase::Emitting { seen, rising, mut watch, .. } = self.phase else { return };
        let late = since.after(self.terms.timing.confirm) <= asked;
        if !emission.enabled {
            // What emits in chunks is off between them. That one never began is known by its not
            // being heard of.
            if (seen || late) && self.terms.pace == Pace::Continuous {
                self.lock(Cause::UnexpectedOff);
            }
            return;
        }
        let rising = if watch.gated || !seen { self.now } else { rising };
        let same = before.is_some_and(|(_, before)| before.output == emission.output);
        if !same || watch.gated {
            watch.same_since = self.now;
        }
        self.phase = Phase::Emitting { since, seen: true, rising, watch };
        if watch.gated {
            return;
        }
        if self.session.as_ref().is_some_and(|session| session.runs.is_some()) {
            self.while_running(asked, emission.output);
            return;
        }
        self.compare(asked, rising, emission.output);
        if self.terms.frozen.is_some_and(|frozen| frozen <= self.now.since(watch.same_since)) {
            self.lock(Cause::FrozenReadBack);
        }
        self.watch_leak(asked, emission.output);
    }

    /// Holds the measured output against the ordered one (LAS-10, LAS-11): more than 20 % off twice
    /// in a row or more than 50 % once is a fault. While it rises, only the upper bound counts.
    pub(super) fn compare(&mut self, asked: Instant, rising: Instant, output: M::Output) {
        let risen = rising.after(self.terms.rise).after(self.terms.timing.poll) <= asked;
        let Some(session) = &self.session else { return };
        let level = u64::from(M::output(session.admitted.level()).count());
        let output = u64::from(output.count());
        let Phase::Emitting { watch, .. } = &mut self.phase else { return };
        watch.warns = WARNS.is_left_by(output, level, risen);
        let off = TWICE.is_left_by(output, level, risen);
        let twice = core::mem::replace(&mut watch.deviated, off) && off;
        if twice || ONCE.is_left_by(output, level, risen) {
            self.lock(Cause::Deviation);
        }
    }

    /// A footswitch that is open ends the output at the unit. Output at two readings after it had
    /// time to, with the switch seen open between them, is emission without the second enable
    /// (LAS-06).
    pub(super) fn watch_leak(&mut self, asked: Instant, output: M::Output) {
        let confirm = self.terms.timing.confirm;
        let on = !self.terms.is_off(output);
        let seen_open = self.heard.contacts.map(|(asked, _)| asked);
        let Phase::Emitting { watch, .. } = &mut self.phase else { return };
        let open = watch.open_since.is_some_and(|since| since.after(confirm) <= asked);
        match watch.leaked {
            Some(first) if on && open && Some(first) < seen_open => self.lock(Cause::StuckOn),
            Some(_) if on && open => {}
            Some(_) | None => watch.leaked = (on && open).then_some(asked),
        }
    }

    /// Where emission is charged: to the session, or to nobody yet.
    fn account(&mut self) -> &mut Account<M> {
        match &mut self.session {
            Some(session) => &mut session.account,
            None => &mut self.stray,
        }
    }
}
