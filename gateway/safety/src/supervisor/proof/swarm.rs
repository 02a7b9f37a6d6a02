//! Thousands of sessions over bad links, with broken units, judged by what really left them.
//!
//! Proves DOS-04, DOS-05, DOS-06, LAS-07, LAS-12, COM-05 and PEM-08 of one supervisor.

use std::{env, format, string::String, thread, vec::Vec};

use crate::{
    Cause, Command, Contacts, Demand, Emission, Fact, Fence, Grant, Identity, Input, Instant,
    Laser, Nanos, Pemf, Report, SliceId, State, Supervisor, Temperature, VALIDITY,
    quantity::{Integral, Output},
};

use super::{
    bench::{LEVEL, Sample, ms},
    model::{Dice, Faults, Told, Unit},
};

/// Between two looks of the world.
const STEP: Nanos = ms(5);
/// How long each world lives.
const LIFE: Nanos = Nanos::from_secs(26);
/// From then on nothing is broken any more, so that everything is settled in the end.
const PEACE: Nanos = Nanos::from_secs(21);

#[test]
fn swarm_of_lasers() {
    swarm::<Laser>(0x1a5e);
}

#[test]
fn swarm_of_coils() {
    swarm::<Pemf>(0xc011);
}

/// Seeds that failed once.
const ONCE_FAILED: [u64; 2] = [0x14cc0c011, 0x15ed01a5e];

fn swarm<M: Sample + Send>(base: u64) {
    let seeds = env::var("SWARM_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000);
    let half = |start: u64| {
        let mut tally = Tally::default();
        for seed in (start..seeds).step_by(2).map(|seed| base ^ (seed << 20)).chain(ONCE_FAILED) {
            if let Err(why) = World::<M>::new(seed).live(&mut tally) {
                panic!("seed {seed:#x}: {why}");
            }
        }
        tally
    };
    let tallies = thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        [half(0), other.join().unwrap()]
    });
    let [sessions, emitted, locked] = [
        tallies.iter().map(|tally| tally.sessions).sum::<u64>(),
        tallies.iter().map(|tally| tally.emitted).sum::<u64>(),
        tallies.iter().map(|tally| tally.locked).sum::<u64>(),
    ];
    std::println!("{seeds} seeds: {sessions} sessions, {emitted} emitted, {locked} were locked");
    assert!(seeds / 3 < emitted && seeds / 20 < locked, "the swarm does not reach what it tests");
}

/// What a swarm has seen, so that one that sees nothing is noticed.
#[derive(Default)]
struct Tally {
    sessions: u64,
    emitted: u64,
    locked: u64,
}

/// Something under way between both ends.
enum Mail<M: Sample> {
    Told(Told<M>),
    Ask,
    Identify,
    Answer(Vec<Fact<M>>),
    Durable(SliceId),
}

struct World<M: Sample> {
    dice: Dice,
    start: Instant,
    now: Instant,
    supervisor: Supervisor<M>,
    unit: Unit<M>,
    /// What is under way: when it arrives, when it was asked, and what it is.
    mail: Vec<(Instant, Instant, Mail<M>)>,
    /// The last instant at which something arrives at the unit: a line keeps its order.
    line: Instant,
    loss: u64,
    delay: u64,
    reorders: bool,
    /// The link is dead between these, and the port closes or does not.
    cut: Option<(Instant, Instant, bool)>,
    open: bool,
    holds_until: Instant,
    stops_at: Instant,
    ledger: u64,
    token: u32,
    granted: Grant,
    said_off: Instant,
    renewed: Instant,
    asked: Instant,
    reserved: SliceId,
    settled: u64,
    /// What the unit had emitted when the present session was confirmed.
    begun: u64,
    last_on: Instant,
    off_by: Option<Instant>,
    /// Emission that nobody could know of: while no answer came, and nothing counted it.
    unknowable: bool,
}

impl<M: Sample> World<M> {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let start = Instant::from_boot(1_000_000_000_000);
        let terms = M::terms();
        let faults = Self::faults(&mut dice, start);
        let mut unit = Unit::new(start, terms.lease, faults);
        unit.gates = terms.second_enable;
        unit.counts = dice.one_in(2);
        unit.relay = dice.one_in(2).then_some(false);
        let never = Instant::NEVER;
        let cut_at = dice.within(start, 14_000);
        let cut = (cut_at, cut_at.after(ms(50 + dice.below(3_000))), dice.one_in(2));
        Self {
            start,
            now: start,
            supervisor: Supervisor::new(terms, start),
            unit,
            mail: Vec::new(),
            line: start,
            loss: dice.pick(&[1_000_000, 1_000_000, 200, 20, 6]),
            delay: dice.pick(&[1, 8, 40]),
            reorders: dice.one_in(4),
            cut: dice.one_in(3).then_some(cut),
            open: false,
            holds_until: if dice.one_in(5) { dice.within(start, 15_000) } else { never },
            stops_at: if dice.one_in(3) { dice.within(start, 15_000) } else { never },
            ledger: dice.pick(&[5, 5, 5, 200, 900, 2_500]),
            token: 0,
            granted: Grant::default(),
            said_off: start,
            renewed: start,
            asked: start,
            reserved: SliceId::default(),
            settled: 0,
            begun: 0,
            last_on: start,
            off_by: None,
            unknowable: false,
            dice,
        }
    }

    fn faults(dice: &mut Dice, start: Instant) -> Faults {
        let mut faults = Faults::default();
        // Nobody can know what a unit did before it was first heard.
        let start = start.after(ms(2_000));
        let at = dice.within(start, 14_000);
        match dice.below(10) {
            0 => faults.stuck = Some((at, at.after(ms(100 + dice.below(4_000))))),
            1 => faults.reboot = Some((at, false)),
            2 => faults.reboot = Some((at, true)),
            3 => faults.gain = Some((at, dice.pick(&[300, 700, 900, 1_100, 1_190, 1_250, 1_600]))),
            4 => faults.frozen = Some((at, at.after(ms(4_500)))),
            5 => faults.quits = Some(at),
            6 => faults.wakes = Some(at),
            7 => {
                faults.stuck = Some((at, at.after(ms(100 + dice.below(4_000)))));
                faults.gain = Some((dice.within(start, 14_000), dice.pick(&[900, 1_150])));
                faults.reboot = Some((dice.within(start, 14_000), dice.one_in(2)));
            }
            _ => {}
        }
        faults
    }

    fn live(mut self, tally: &mut Tally) -> Result<(), String> {
        while self.now.since(self.start) < LIFE {
            let next = self.now.after(STEP);
            while self.supervisor.wake() < next {
                self.look(self.supervisor.wake().max(self.now), tally)?;
            }
            self.look(next, tally)?;
        }
        tally.emitted += u64::from(self.unit.emitted > 0);
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

    fn is_peace(&self) -> bool {
        PEACE <= self.now.since(self.start)
    }

    fn is_cut(&self) -> bool {
        self.cut.is_some_and(|(from, to, _)| from <= self.now && self.now < to)
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

    fn connect(&mut self) {
        let closes = self.cut.is_some_and(|(_, _, closes)| closes);
        let open = !(self.is_cut() && closes);
        if open != self.open {
            self.open = open;
            self.step(if open { Input::Opened } else { Input::Closed });
            if !open {
                self.mail.retain(|(_, _, mail)| !matches!(mail, Mail::Answer(_)));
            }
        }
    }

    fn step(&mut self, input: Input<M>) {
        let before = self.supervisor;
        let off_before = before.order().demand() == Demand::Off;
        let stops = input == Input::Stop;
        let outcome = self.supervisor.step(self.now, input);
        assert!(!stops || (outcome.is_ok() && self.supervisor.epoch() > before.epoch()));
        let off = self.supervisor.order().demand() == Demand::Off;
        if off && (!off_before || stops) {
            let way = ms(self.delay + 10);
            let lease = VALIDITY.plus(self.supervisor.terms().lease);
            self.off_by = Some(self.now.after(lease).after(way));
        } else if !off {
            self.off_by = None;
        }
    }

    fn deliver(&mut self) {
        let now = self.now;
        let (due, later) =
            core::mem::take(&mut self.mail).into_iter().partition(|(at, ..)| *at <= now);
        self.mail = later;
        let mut due: Vec<(Instant, Instant, Mail<M>)> = due;
        due.sort_by_key(|(at, ..)| *at);
        for (_, asked, mail) in due {
            match mail {
                Mail::Told(told) => self.unit.take(told),
                Mail::Ask => {
                    let facts = self.status();
                    self.answer(asked, facts);
                }
                Mail::Identify => {
                    let boot = Fact::Boot(self.unit.boot);
                    self.answer(asked, std::vec![boot, Fact::Identity(Identity::Proven)]);
                }
                Mail::Answer(facts) => {
                    for fact in facts {
                        self.step(Input::Report(Report { asked, fact }));
                    }
                }
                Mail::Durable(id) => self.step(Input::Durable(id)),
            }
        }
    }

    fn status(&self) -> Vec<Fact<M>> {
        let (output, counter) = self.unit.shows();
        let contacts = Contacts { interlock: self.unit.relay != Some(false), ..self.unit.contacts };
        let emission = Emission {
            enabled: self.unit.enabled,
            output: M::Output::from_count(output),
            counter: counter.map(<M::Output as Output>::Integral::from_count),
        };
        std::vec![
            Fact::Boot(self.unit.boot),
            Fact::Contacts(contacts),
            Fact::Faults(0),
            Fact::Temperature(Some(Temperature::from_centicelsius(3_000))),
            Fact::Setting(self.unit.setting),
            Fact::Emission(emission),
        ]
    }

    fn is_lost(&mut self) -> bool {
        self.is_cut() || !self.open || (!self.is_peace() && self.dice.one_in(self.loss))
    }

    fn answer(&mut self, asked: Instant, facts: Vec<Fact<M>>) {
        if self.is_lost() {
            if self.open && self.dice.one_in(2) {
                self.mail.push((
                    self.now.after(ms(1)),
                    self.now,
                    Mail::Answer(std::vec![Fact::Garbled]),
                ));
            }
            return;
        }
        let delay = self.dice.below(self.delay) * if self.reorders { 4 } else { 1 };
        self.mail.push((self.now.after(ms(delay)), asked, Mail::Answer(facts)));
    }

    /// Hands a frame to the line, which keeps the order of its frames.
    fn say(&mut self, mail: Mail<M>) {
        if self.is_lost() {
            return;
        }
        self.line = self.line.max(self.now.after(ms(self.dice.below(self.delay))));
        self.mail.push((self.line, self.now, mail));
    }

    /// A dialect of the plainest kind: off is repeated, on is said once, validity is renewed.
    fn speak(&mut self) {
        if !self.open {
            return;
        }
        let poll = self.supervisor.terms().timing.poll;
        match self.supervisor.order().demand() {
            Demand::Off => {
                if self.said_off.after(ms(50)) <= self.now || self.renewed != Instant::default() {
                    self.renewed = Instant::default();
                    self.said_off = self.now;
                    self.say(Mail::Told(Told::Off));
                }
            }
            Demand::Prepare(setting) | Demand::Warn(setting) => {
                self.renewed = self.start;
                if self.unit.setting != Some(setting) && self.asked.after(ms(40)) <= self.now {
                    self.say(Mail::Told(Told::Hold(setting)));
                }
            }
            Demand::Emit { grant, valid_until, .. } => {
                if self.granted < grant {
                    self.granted = grant;
                    self.renewed = self.now;
                    self.say(Mail::Told(Told::Enable(grant, valid_until)));
                } else if self.renewed.after(ms(100)) <= self.now && self.now < valid_until {
                    self.renewed = self.now;
                    self.say(Mail::Told(Told::Renew(valid_until)));
                }
            }
        }
        if self.asked.after(poll) <= self.now {
            self.asked = self.now;
            self.say(Mail::Ask);
            if self.dice.one_in(4) {
                self.say(Mail::Identify);
            }
        }
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

    fn relay(&mut self) {
        if self.unit.relay.is_some() {
            self.unit.relay = Some(self.supervisor.relay_closed());
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
        let any = if M::terms().second_enable { 1_000 } else { 3_000 };
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
        if self.unit.counts { 0 } else { more * unseen.get() * self.unit.starts }
    }

    /// Whether the unit emitted something of which no answer has arrived yet, or of which none can.
    fn is_unseen(&self) -> bool {
        let answered = self.supervisor.status().emission.map(|(asked, _)| asked);
        self.unknowable || answered <= Some(self.last_on)
    }
}
