//! What holds of every step, whatever came before, and a meter that assumes the worst.

use std::{format, string::String};

use crate::{Command, Demand, Emission, Fact, Input, Instant, Order, Refusal, State, VALIDITY};

use super::{
    super::{Phase, Supervisor},
    bench::{LEVEL, Sample, TICK},
};

macro_rules! holds {
    ($holds:expr, $($why:tt)*) => {
        if !$holds {
            return Err(format!($($why)*));
        }
    };
}

/// One supervisor and what a unit may have emitted of which it was told.
#[derive(Clone, Copy)]
pub(super) struct Story<M: Sample> {
    pub(super) supervisor: Supervisor<M>,
    pub(super) now: Instant,
    /// What the worst unit may have emitted.
    emitted: u64,
    settled: u64,
    on: bool,
    /// When it was last known to be off, or when it was ordered on since.
    off_at: Instant,
    /// When off was ordered, or a later question was answered by on.
    last_on: Instant,
    /// From when to when the last run that was ordered may be seen.
    flight: Option<(Instant, Instant)>,
    /// When the last run was known to be over: by the word of the unit, or by a proof of off.
    over: Option<Instant>,
    /// The unit said so.
    ran: bool,
}

impl<M: Sample> Story<M> {
    pub(super) fn new(supervisor: Supervisor<M>, now: Instant) -> Self {
        let on = matches!(supervisor.order().demand(), Demand::Emit { .. });
        let flight = supervisor.session.and_then(|session| session.runs).map(|runs| {
            let late = supervisor.terms.rise.plus(supervisor.terms.timing.confirm);
            (runs.ordered, runs.ordered.after(runs.run.length).after(late))
        });
        let on = on && flight.is_none();
        let mut story = Self {
            supervisor,
            now,
            emitted: 0,
            settled: 0,
            on,
            off_at: now,
            last_on: now,
            flight,
            over: None,
            ran: false,
        };
        // What was given before the story begins is none of it.
        story.emitted = if flight.is_some() { story.charged() } else { 0 };
        story
    }

    pub(super) fn step(&mut self, now: Instant, input: Input<M>) -> Result<(), String> {
        let before = self.supervisor;
        let outcome = self.supervisor.step(now, input);
        if let (Some(ended), Input::Settled) = (before.ended(), input) {
            self.settled += M::quantity(ended.charged);
        }
        let runs = M::runs(M::admitted().level(), before.terms.pace);
        match runs {
            Some(run) => self.measure_runs(now, &before, input, run)?,
            None => self.measure(now, &before, input),
        }
        self.now = now;
        judge(&before, now, input, outcome, &self.supervisor)?;
        let charged = self.charged();
        holds!(self.emitted <= charged, "{charged} charged, {} emitted", self.emitted);
        Ok(())
    }

    fn charged(&self) -> u64 {
        let session = self.supervisor.session.map(|session| session.account.charged(self.now));
        let ended = self.supervisor.ended().map(|ended| ended.charged);
        let parts = [session, ended, Some(self.supervisor.stray())];
        self.settled + parts.into_iter().flatten().map(M::quantity).sum::<u64>()
    }

    /// A unit that emits from the order on, does not hear a stop, and ends by its lease; and one
    /// that says it is on was so ever since it was last known to be off.
    fn measure(&mut self, now: Instant, before: &Supervisor<M>, input: Input<M>) {
        let ordered = matches!(before.order().demand(), Demand::Emit { .. });
        if ordered {
            self.last_on = now;
        }
        let lease = VALIDITY.plus(before.terms().lease);
        if self.on {
            let until = now.min(self.last_on.after(lease)).max(self.off_at);
            self.emitted += u64::from(LEVEL) * until.since(self.off_at).get();
            self.off_at = until;
            self.on = now < self.last_on.after(lease);
        }
        if let Input::Report(report) = input
            && let Fact::Emission(emission) = report.fact
            && before.heard.opened.is_some_and(|opened| opened <= report.asked)
            && before.heard.emission.is_none_or(|(asked, _)| asked <= report.asked)
        {
            let on = before.shows_output(emission);
            let stopped =
                matches!(before.phase, Phase::Stopping { since, .. } if since < report.asked);
            if on && before.told != M::Output::default() {
                self.emitted += u64::from(LEVEL) * report.asked.since(self.off_at).get();
                self.off_at = self.off_at.max(report.asked);
                self.on = true;
                self.last_on = self.last_on.max(report.asked);
            } else if !on && !ordered && (stopped || !self.on || before.phase == Phase::Offline) {
                self.on = false;
                self.off_at = self.off_at.max(report.asked);
            }
        }
        let orders = matches!(self.supervisor.order().demand(), Demand::Emit { .. });
        if orders && !self.on {
            (self.on, self.off_at, self.last_on) = (true, now, now);
        }
    }
}

/// Whether a reading is heard: of this connection, and no older than the last.
fn is_heard<M: Sample>(before: &Supervisor<M>, asked: Instant) -> bool {
    before.heard.opened.is_some_and(|opened| opened <= asked)
        && before.heard.emission.is_none_or(|(last, _)| last <= asked)
}

impl<M: Sample> Story<M> {
    /// A unit that takes every run that is ordered, whole, once; and that has emitted without a
    /// break since it was last seen silent, if it shows output when it has no run.
    fn measure_runs(
        &mut self,
        now: Instant,
        before: &Supervisor<M>,
        input: Input<M>,
        run: crate::Run<M>,
    ) -> Result<(), String> {
        let lease = VALIDITY.plus(before.terms().lease);
        if self.on {
            let until = now.min(self.last_on.after(lease)).max(self.off_at);
            self.emitted += u64::from(LEVEL) * until.since(self.off_at).get();
            self.off_at = until;
            self.on = now < self.last_on.after(lease);
        }
        if let Input::Report(report) = input {
            let asked = report.asked;
            if let Fact::Emission(emission) = report.fact
                && is_heard(before, asked)
            {
                self.see(before, asked, emission);
            }
            if report.fact == Fact::Ran(before.grant)
                && before.heard.opened.is_some_and(|opened| opened <= asked)
                && let Some((from, to)) = &mut self.flight
                && !self.ran
                && *from <= asked
            {
                *to = (*to).min(asked);
                (self.ran, self.over) = (true, self.over.or(Some(now)));
            }
        }
        let after = &self.supervisor;
        if matches!(after.phase, Phase::Paused { .. }) && self.over.is_none() {
            self.over = Some(now);
        }
        if after.grant != before.grant {
            self.run_is_due(now, before, run)?;
            self.emitted += M::quantity(run.dose);
            let late = before.terms.rise.plus(before.terms.timing.confirm);
            self.flight = Some((now, now.after(run.length).after(late)));
            (self.over, self.ran) = (None, false);
        }
        if self.supervisor.session.is_none() {
            (self.flight, self.over) = (None, None);
        }
        Ok(())
    }

    /// Output at `asked`: within its run, or on and on since it was last seen silent.
    fn see(&mut self, before: &Supervisor<M>, asked: Instant, emission: Emission<M::Output>) {
        let shows = !before.terms().is_off(emission.output);
        let within = self.flight.is_some_and(|(from, to)| from <= asked && asked <= to);
        if shows && !within && before.told != M::Output::default() {
            self.emitted += u64::from(LEVEL) * asked.since(self.off_at).get();
            self.on = true;
            self.last_on = self.last_on.max(asked);
        } else if !shows && !emission.enabled {
            self.on = false;
        }
        self.off_at = self.off_at.max(asked);
    }

    /// One run at a time, after its wait, within its slice and its dose, held, and never after a
    /// stop.
    fn run_is_due(
        &self,
        now: Instant,
        before: &Supervisor<M>,
        run: crate::Run<M>,
    ) -> Result<(), String> {
        let after = &self.supervisor;
        holds!(after.grant == before.grant.next(), "two grants at once");
        holds!(matches!(after.phase, Phase::Emitting { .. }), "a run in {:?}", after.phase);
        holds!(matches!(after.order().demand(), Demand::Emit { .. }), "a run without an order");
        holds!(after.causes.is_empty() && after.lost.is_none(), "a run of a locked unit");
        if let Some((from, _)) = self.flight {
            let over = self.over.ok_or("a run while the last may go on")?;
            let due = over.max(from.after(run.length)).after(run.wait);
            holds!(due <= now, "a run at {now:?}, due at {due:?}");
        }
        let session = after.session.ok_or("a run for nobody")?;
        let was = before.session.ok_or("a run for nobody")?.account.charged(now);
        let charged = session.account.charged(now);
        holds!(M::covers(charged, M::plus(was, run.dose)), "a run that is not charged whole");
        let covered = session.slices.covered.ok_or("a run without a slice")?;
        holds!(M::covers(covered, charged), "a run beyond its slice");
        holds!(M::covers(session.admitted.dose(), charged), "a run beyond the dose");
        let held = session.held.ok_or("nobody holds it")?;
        holds!(now.since(held) < after.terms.timing.hold, "held at {held:?}");
        holds!(after.contacts_permit().is_ok(), "a run with a contact open");
        Ok(())
    }
}

/// What holds of one step.
fn judge<M: Sample>(
    before: &Supervisor<M>,
    now: Instant,
    input: Input<M>,
    outcome: Result<(), Refusal>,
    after: &Supervisor<M>,
) -> Result<(), String> {
    emission(before, after)?;
    stops(before, input, outcome, after)?;
    causes(before, input, outcome, after)?;
    settlement(before, input, after)?;
    holds!(now < after.wake(), "wakes at {:?}", after.wake());
    holds!(now < after.next(), "a deadline that is due did nothing: {:?}", after.next());
    let mut again = *after;
    again.step(now, Input::Wake).map_err(|refusal| format!("{refusal:?}"))?;
    holds!(again == *after, "a second look changes it");
    if outcome.is_err() {
        let mut waited = *before;
        waited.step(now, Input::Wake).map_err(|refusal| format!("{refusal:?}"))?;
        holds!(waited == *after, "a refusal changed something");
    }
    Ok(())
}

/// LAS-01, SES-08, COM-05: from WARNING only, with a grant of its own, a durable slice, a hold that
/// is fresh and no cause.
fn emission<M: Sample>(before: &Supervisor<M>, after: &Supervisor<M>) -> Result<(), String> {
    let is = |supervisor: &Supervisor<M>| matches!(supervisor.phase, Phase::Emitting { .. });
    let began = is(after) && !is(before);
    holds!(!began || matches!(before.phase, Phase::Warning { .. }), "began in {:?}", before.phase);
    let grant = if began { before.grant.next() } else { before.grant };
    let runs = after.session.is_some_and(|session| session.runs.is_some());
    let next = runs && is(after) && after.grant == before.grant.next();
    holds!(after.grant == grant || next, "grant {:?} after {:?}", after.grant, before.grant);
    let Demand::Emit { valid_until, grant, .. } = after.order().demand() else {
        holds!(!is(after), "EMITTING without an order");
        return Ok(());
    };
    holds!(is(after) && after.causes.is_empty(), "emits in {:?}", after.state());
    holds!(grant == after.grant, "an old grant");
    holds!(after.now < valid_until && valid_until <= after.now.after(VALIDITY), "{valid_until:?}");
    let session = after.session.ok_or("emits for nobody")?;
    let pressed = session.footswitch == crate::session::Footswitch::Pressed;
    holds!(pressed || !after.terms.second_enable || !began, "begins with the footswitch open");
    let covered = session.slices.covered.ok_or("emits without a slice")?;
    let charged = session.account.charged(after.now);
    // A run is held against its slice when it is ordered.
    holds!(runs || M::covers(covered, charged), "{charged:?} of {covered:?}");
    let last = session.account.charged(valid_until);
    holds!(runs || M::covers(covered, last), "valid until beyond its slice");
    holds!(session.end.is_none() && session.read_back, "ended or not read back");
    let held = session.held.ok_or("nobody holds it")?;
    holds!(after.now.since(held) < after.terms.timing.hold, "held at {held:?}");
    holds!(after.heard.identity.is_some(), "nobody knows what it is");
    holds!(after.heard.opened.is_some() && after.lost.is_none(), "it is lost");
    Ok(())
}

fn stops<M: Sample>(
    before: &Supervisor<M>,
    input: Input<M>,
    outcome: Result<(), Refusal>,
    after: &Supervisor<M>,
) -> Result<(), String> {
    let warns = |supervisor: &Supervisor<M>| matches!(supervisor.phase, Phase::Warning { .. });
    let asked = matches!(input, Input::Command(Command::Start | Command::Resume(_), _));
    let by_person = asked && outcome.is_ok();
    holds!(!warns(after) || warns(before) || by_person, "warns by itself");
    let raised = u32::from(input == Input::Stop);
    holds!(after.epoch == before.epoch + raised, "epoch {} after {}", after.epoch, before.epoch);
    if input == Input::Stop {
        holds!(outcome.is_ok() && after.order() == Order::off(), "a stop was not taken");
        holds!(after.session.is_none_or(|session| session.end.is_some()), "a stop was survived");
    }
    let idle = matches!(after.phase, Phase::Stopping { .. } | Phase::Paused { .. });
    let slices =
        after.session.is_some_and(|session| session.slices != crate::session::Slices::VOID);
    holds!(!idle || !slices, "slices in {:?}", after.phase);
    let running = before.session.is_some_and(|session| session.account.is_running());
    let still = after.session.is_some_and(|session| session.account.is_running());
    let proof = matches!(input, Input::Report(_)) || before.lost.is_some();
    holds!(!running || still || proof, "off was proven by {input:?}");
    Ok(())
}

fn causes<M: Sample>(
    before: &Supervisor<M>,
    input: Input<M>,
    outcome: Result<(), Refusal>,
    after: &Supervisor<M>,
) -> Result<(), String> {
    for latched in before.causes.iter() {
        let released = input == Input::Release(latched.cause) && outcome.is_ok();
        holds!(after.causes.iter().any(|one| one == latched) || released, "{latched:?} is gone");
    }
    if !after.causes.is_empty() {
        holds!(after.order() == Order::off(), "locked, and not off");
        holds!(after.state() == State::Locked, "locked, and shown as {:?}", after.state());
        let off = matches!(after.phase, Phase::Offline | Phase::Standby | Phase::Stopping { .. });
        holds!(off, "locked in {:?}", after.phase);
        let grave = after.causes.iter().any(|latched| latched.cause.opens_relay());
        holds!(!grave || !after.relay_closed(), "locked with the relay closed");
    }
    Ok(())
}

fn settlement<M: Sample>(
    before: &Supervisor<M>,
    input: Input<M>,
    after: &Supervisor<M>,
) -> Result<(), String> {
    match (before.ended(), after.ended()) {
        (Some(before), after) if input != Input::Settled => {
            holds!(after == Some(before), "what ended changed before it was settled");
        }
        (Some(_), after) => holds!(after.is_none(), "settled and still there"),
        (None, Some(ended)) => {
            let session = before.session.ok_or("ended, and never begun")?;
            holds!(ended.token == session.token, "another session ended");
            holds!(after.session.is_none(), "ended, and still there");
        }
        (None, None) => {
            let gone = before.session.is_some() && after.session.is_none();
            holds!(!gone, "a session is gone without a settlement");
        }
    }
    let one =
        after.session.is_none() || after.stray.charged(after.now.after(TICK)) == after.stray();
    holds!(one, "charged twice");
    Ok(())
}
