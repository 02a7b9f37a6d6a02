//! A unit, a line that loses and delays, a ledger that is late, and the supervisor between them.

use std::vec::Vec;

use crate::{
    Contacts, Demand, Emission, Fact, Grant, Identity, Input, Instant, Nanos, Pace, Report,
    SliceId, Supervisor, Temperature, Terms, VALIDITY,
    quantity::{Integral, Output},
};

use super::{
    bench::{Sample, ms},
    model::{Dice, Faults, Told, Unit},
};

/// Something under way between both ends.
pub(super) enum Mail<M: Sample> {
    Told(Told<M>),
    Ask,
    Identify,
    Answer(Vec<Fact<M>>),
    Durable(SliceId),
}

pub(super) struct World<M: Sample> {
    pub(super) dice: Dice,
    pub(super) start: Instant,
    pub(super) now: Instant,
    pub(super) supervisor: Supervisor<M>,
    pub(super) unit: Unit<M>,
    /// What is under way: when it arrives, when it was asked, and what it is.
    pub(super) mail: Vec<(Instant, Instant, Mail<M>)>,
    /// The last instant at which something arrives at the unit: a line keeps its order.
    pub(super) line: Instant,
    pub(super) loss: u64,
    pub(super) delay: u64,
    pub(super) reorders: bool,
    /// The link is dead between these, and the port closes or does not.
    pub(super) cut: Option<(Instant, Instant, bool)>,
    pub(super) open: bool,
    pub(super) holds_until: Instant,
    pub(super) stops_at: Instant,
    pub(super) ledger: u64,
    pub(super) token: u32,
    pub(super) granted: Grant,
    pub(super) said_off: Instant,
    pub(super) renewed: Instant,
    pub(super) asked: Instant,
    pub(super) reserved: SliceId,
    pub(super) settled: u64,
    /// What the unit had emitted when the present session was confirmed.
    pub(super) begun: u64,
    pub(super) last_on: Instant,
    pub(super) off_by: Option<Instant>,
    /// Emission that nobody could know of: while no answer came, and nothing counted it.
    pub(super) unknowable: bool,
}

impl<M: Sample> World<M> {
    pub(super) fn new(seed: u64, terms: Terms<M>) -> Self {
        let mut dice = Dice(seed);
        let start = Instant::from_boot(1_000_000_000_000);
        let faults = Self::faults(&mut dice, start);
        let mut unit = Unit::new(start, terms.lease, faults);
        unit.gates = terms.second_enable;
        unit.run = M::runs(M::admitted().level(), terms.pace);
        unit.counts = dice.one_in(2);
        unit.relay = dice.one_in(2).then_some(false);
        unit.breaks = unit.run.is_none() || (terms.pace == Pace::Continuous && dice.one_in(2));
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

    pub(super) fn is_peace(&self) -> bool {
        PEACE <= self.now.since(self.start)
    }

    pub(super) fn is_cut(&self) -> bool {
        self.cut.is_some_and(|(from, to, _)| from <= self.now && self.now < to)
    }

    pub(super) fn connect(&mut self) {
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

    pub(super) fn step(&mut self, input: Input<M>) {
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

    pub(super) fn deliver(&mut self) {
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
            enabled: self.unit.enabled || output > 0,
            output: M::Output::from_count(output),
            counter: counter.map(<M::Output as Output>::Integral::from_count),
        };
        let ran = self.unit.ran.map(Fact::Ran);
        let facts = std::vec![
            Fact::Boot(self.unit.boot),
            Fact::Contacts(contacts),
            Fact::Faults(0),
            Fact::Temperature(Some(Temperature::from_centicelsius(3_000))),
            Fact::Setting(self.unit.setting),
            Fact::Emission(emission),
        ];
        facts.into_iter().chain(ran).collect()
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
    pub(super) fn speak(&mut self) {
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

    pub(super) fn relay(&mut self) {
        if self.unit.relay.is_some() {
            self.unit.relay = Some(self.supervisor.relay_closed());
        }
    }
}

/// From then on nothing is broken any more, so that everything is settled in the end.
const PEACE: Nanos = Nanos::from_secs(21);
