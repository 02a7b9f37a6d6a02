//! Thousands of sessions over bad links, with broken units, judged by what really left them.
//!
//! Proves DOS-04, DOS-05, DOS-06, LAS-07, LAS-12, COM-05 and PEM-08 of one supervisor.

use std::{env, format, string::String, thread, vec::Vec};

use crate::{
    Cause, Command, Demand, Fence, Input, Instant, Laser, Nanos, Pemf, State, Stimulator, Terms,
    VALIDITY,
};

use super::{
    bench::{LEVEL, Sample, chunked, ms},
    world::{Mail, World},
};

/// Between two looks of the world.
const STEP: Nanos = ms(5);
/// How long each world lives.
const LIFE: Nanos = Nanos::from_secs(26);

#[test]
fn swarm_of_lasers() {
    swarm(0x1a5e, Laser::terms());
}

#[test]
fn swarm_of_coils() {
    swarm(0xc011, Pemf::terms());
}

#[test]
fn swarm_of_stimulators() {
    swarm(0x57, Stimulator::terms());
}

#[test]
fn swarm_of_coils_in_chunks() {
    swarm(0xc4, chunked());
}

/// Seeds that failed once.
const ONCE_FAILED: [u64; 2] = [0x14cc0c011, 0x15ed01a5e];

fn swarm<M: Sample>(base: u64, terms: Terms<M>)
where
    Terms<M>: Send + Sync,
{
    let seeds = env::var("SWARM_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000);
    let half = |start: u64| {
        let mut tally = Tally::default();
        for seed in (start..seeds).step_by(2).map(|seed| base ^ (seed << 20)).chain(ONCE_FAILED) {
            if let Err(why) = World::new(seed, terms).live(&mut tally) {
                panic!("seed {seed:#x}: {why}");
            }
        }
        tally
    };
    let tallies = thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        [half(0), other.join().unwrap()]
    });
    let [sessions, runs, emitted, locked] = [
        tallies.iter().map(|tally| tally.sessions).sum::<u64>(),
        tallies.iter().map(|tally| tally.runs).sum::<u64>(),
        tallies.iter().map(|tally| tally.emitted).sum::<u64>(),
        tallies.iter().map(|tally| tally.locked).sum::<u64>(),
    ];
    std::println!(
        "{seeds} seeds: {sessions} sessions, {runs} runs, {emitted} emitted, {locked} were locked"
    );
    assert!(seeds / 3 < emitted && seeds / 20 < locked, "the swarm does not reach what it tests");
}

/// What a swarm has seen, so that one that sees nothing is noticed.
#[derive(Default)]
struct Tally {
    sessions: u64,
    runs: u64,
    emitted: u64,
    locked: u64,
}

impl<M: Sample> World<M> {
    fn live(mut self, tally: &mut Tally) -> Result<(), String> {
        while self.now.since(self.start) < LIFE {
            let next = self.now.after(STEP);
            while self.supervisor.wake() < next {
                self.look(self.supervisor.wake().max(self.now), tally)?;
            }
            self.look(next, tally)?;
        }
        tally.emitted += u64::from(self.unit.emitted > 0);
        tally.runs += self.unit.starts;
        if self.supervisor.may_emit() || self.unit.output() > 0 {
            return Err(format!("still on: {:#?} {:?}", self.supervisor, self.unit));
        }
        Ok(())
    }

    fn look(&mut self, now: Instant, tally: &mut Tally) -> Result<(), String> {
        self.now = now;
        if self.unit.output() > 0 {
            self.last_on = now;
        }
        self.unit.advance(now);
        self.watch_unseen();
        self.connect();
        self.deliver();
        self.step(Input::Wake);
        self.operate(tally);
        self.speak();
        self.relay();
        self.settle(tally)?;
        self.judge()
    }

    /// While nothing can be heard, a unit that does not count may emit unseen beyond its lease; and
    /// one that restarts then forgets what it counted.
    fn watch_unseen(&mut self) {
        let deaf = self.is_cut() || !self.open || self.loss < 100;
        let violates = self.unit.is_stuck()
            || self.unit.faults.wakes.is_some()
            || self.unit.faults.reboot.is_some_and(|(_, resumes)| resumes);
        let forgets = !self.unit.counts || self.unit.faults.reboot.is_some();
        self.unknowable |= self.unit.output() > 0 && violates && forgets && deaf;
        // A blip between two polls is seen by a counter only.
        self.unknowable |= self.unit.output() > 0
            && !self.unit.counts
            && (self.unit.faults.wakes.is_some()
                || self.unit.faults.reboot.is_some_and(|(_, on)| on));
        // A meter that stands while the output rises cannot be charged by.
        let rises = self.unit.faults.gain.is_some_and(|(_, gain)| gain > 1_000);
        self.unknowable |= !self.unit.is_honest() && (rises || self.unit.output() == 0);
    }

    /// A person who wants to treat, and who releases what is locked.
    fn operate(&mut self, tally: &mut Tally) {
        if !self.now.since_boot().is_multiple_of(20_000_000) {
            return;
        }
        let fence = Fence { token: self.token, epoch: self.supervisor.epoch() };
        if self.stops_at <= self.now {
            self.stops_at = Instant::NEVER;
            self.step(Input::Stop);
        }
        if let Some(session) = self.supervisor.status().session
            && (self.now < self.holds_until || self.is_peace())
        {
            self.step(Input::Hold(fence, session.beacon));
        }
        if let Some(slice) = self.supervisor.reserve()
            && self.reserved < slice.id
        {
            self.reserved = slice.id;
            let late = self.dice.below(self.ledger);
            self.mail.push((self.now.after(ms(late)), self.now, Mail::Durable(slice.id)));
        }
        if self.is_peace() && self.supervisor.status().session.is_some() {
            self.step(Input::Stop);
        }
        let pumps = self.supervisor.state() == State::Emitting && self.dice.one_in(200);
        self.unit.contacts.footswitch =
            if pumps { false } else { self.unit.contacts.footswitch || self.dice.one_in(10) };
        match self.supervisor.state() {
            State::Standby if !self.is_peace() => self.arm(fence, tally),
            State::Ready => self.step(Input::Command(Command::Start, fence)),
            State::Paused => self.step(Input::Command(Command::Resume(M::admitted()), fence)),
            State::Emitting if self.dice.one_in(300) => {
                self.step(Input::Command(Command::Pause, fence));
            }
            State::Locked => self.release(),
            State::Offline
            | State::Standby
            | State::Warning
            | State::Emitting
            | State::Stopping => {}
        }
    }

    fn arm(&mut self, fence: Fence, tally: &mut Tally) {
        if self.supervisor.status().session.is_none() {
            tally.sessions += 1;
            self.token += 1;
            self.begun = self.unit.emitted;
            let fence = Fence { token: self.token, ..fence };
            return self.step(Input::Confirm(M::admitted(), fence));
        }
        self.unit.contacts.footswitch = false;
        self.step(Input::Command(Command::Arm, fence));
    }

    fn release(&mut self) {
        self.unit.contacts.key = !self.dice.one_in(5);
        if self.dice.one_in(20) {
            let causes: Vec<Cause> = self.supervisor.causes().iter().map(|one| one.cause).collect();
            for cause in causes {
                self.step(Input::Release(cause));
            }
        }
        if self.supervisor.causes().is_empty() {
            self.unit.contacts.key = true;
        }
    }

    /// Takes over what ended, and holds it against what the unit emitted since it was confirmed.
    fn settle(&mut self, tally: &mut Tally) -> Result<(), String> {
        let Some(ended) = self.supervisor.ended() else { return Ok(()) };
        let locked = !self.supervisor.causes().is_empty();
        tally.locked += u64::from(locked);
        self.settled += M::quantity(ended.charged);
        self.step(Input::Settled);
        if self.supervisor.ended().is_some() {
            return Err(String::from("settled twice"));
        }
        let emitted = self.unit.emitted - self.begun;
        let any = if self.supervisor.terms().second_enable { 1_000 } else { 3_000 };
        let budget = M::quantity(M::admitted().budget());
        let most = budget + u64::from(LEVEL) * 1_600 * any * 1_000;
        let stuck = self.unit.faults.stuck.is_some() && self.unit.relay.is_none();
        if !stuck && most < emitted && self.unit.is_honest() {
            return Err(format!("{emitted} of {budget} were emitted: {ended:?}"));
        }
        Ok(())
    }

    fn judge(&mut self) -> Result<(), String> {
        let supervisor = &self.supervisor;
        if let (Demand::Emit { valid_until, .. }, true) =
            (supervisor.order().demand(), supervisor.state() != State::Emitting)
        {
            return Err(format!("emits until {valid_until:?} in {:?}", supervisor.state()));
        }
        if self.unit.hurried {
            return Err(String::from("a run began before the wait after the last was over"));
        }
        if supervisor.wake() <= self.now {
            return Err(format!("wakes at {:?}", supervisor.wake()));
        }
        let obeys = !self.unit.is_stuck() && self.unit.faults.wakes.is_none();
        let obeys = obeys && self.unit.faults.reboot.is_none();
        if obeys && self.off_by.is_some_and(|by| by < self.now) && self.unit.output() > 0 {
            return Err(format!("on at {:?}, off by {:?}", self.now, self.off_by));
        }
        let stray = M::quantity(supervisor.stray());
        let session = supervisor.status().session.map_or(0, |session| M::quantity(session.charged));
        let charged = self.settled + session + stray;
        let at_rest = !supervisor.may_emit() && supervisor.state() != State::Offline;
        if at_rest
            && self.unit.output() == 0
            && charged + self.unmeasured() < self.unit.emitted
            && !self.is_unseen()
        {
            let unit = self.unit;
            return Err(format!("charged {charged} of {}: {supervisor:#?} {unit:?}", unit.emitted));
        }
        Ok(())
    }

    /// What a unit that does not count may have emitted above its level before its first reading.
    fn unmeasured(&self) -> u64 {
        let terms = self.supervisor.terms();
        let gain = self.unit.faults.gain.map_or(1_000, |(_, gain)| gain);
        let more = u64::from(LEVEL) * gain.saturating_sub(1_000) / 1_000;
        let unseen = terms.timing.link.plus(VALIDITY).plus(terms.lease).plus(terms.timing.poll);
        // A run that goes on for longer than it was told looks like one that began late, unless the
        // unit counts, and remembers what it counted.
        let stuck = self.unit.run.is_some() && self.unit.faults.stuck.is_some();
        let forgets = !self.unit.counts || self.unit.faults.reboot.is_some();
        let late = terms.rise.plus(terms.timing.confirm).plus(terms.timing.poll);
        let longer = if stuck && forgets { u64::from(LEVEL) * late.get() } else { 0 };
        let louder = if self.unit.counts { 0 } else { more * unseen.get() };
        (louder + longer) * self.unit.starts
    }

    /// Whether the unit emitted something of which no answer has arrived yet, or of which none can.
    fn is_unseen(&self) -> bool {
        let answered = self.supervisor.status().emission.map(|(asked, _)| asked);
        self.unknowable || answered <= Some(self.last_on)
    }
}
