//! What goes out next, and when: the first task that is due goes out, the earliest is when to look
//! again, and both are read from the same list.

use alloc::vec::Vec;

use safety::{Demand, Grant, Instant, Modality, Nanos, Setting};

use crate::{Frame, Out, Rank};

use super::{Exchange, Introduced, Run, Tongue, hearing::Asked, setting_of};

/// Between two Offs at least (COM-04).
const OFF_REPEAT: Nanos = Nanos::from_millis(50);
/// Beside its rest, what an Off leaves for the questions that prove it before it is said again.
const OFF_PROOF: Nanos = Nanos::from_millis(50);
/// Between two Offs once off is proven.
const OFF_REST: Nanos = Nanos::from_secs(2);
/// Between two questions for the same thing while something waits for the answer.
pub(super) const FAST: Nanos = Nanos::from_millis(5);
/// Between two attempts to make a unit hold what it does not.
pub(super) const TELL_REPEAT: Nanos = Nanos::from_millis(250);
/// A unit that is off is asked again who it is after this (COM-07).
const INTRODUCE: Nanos = Nanos::from_secs(2);
/// What our side of a line adds to an answer: the latency timer of a USB adapter, 16 ms as FTDI
/// delivers it (FTDI AN232B-04), and a turn of the pump.
pub(super) const HOST: Nanos = Nanos::from_millis(20);

/// The list, most urgent first.
const TASKS: [Task; 8] = [
    Task::Off,
    Task::Script,
    Task::Fire,
    Task::Enable,
    // A question that was not asked in a whole poll goes before what may be long.
    Task::Overdue,
    Task::Introduction,
    Task::Tell,
    Task::Poll,
];

/// Something that may be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Off,
    /// The next word of a script that was begun.
    Script,
    Fire,
    Enable,
    Overdue,
    Introduction,
    Tell,
    Poll,
}

/// Words that go out in their order, and how many of them went.
#[derive(Clone, Debug)]
pub(super) enum Script<M: Modality, W> {
    None,
    Off(usize),
    Tell(Setting<M>, Vec<W>, usize),
    Enable(usize),
    Fire(Grant, Vec<W>, usize),
}

impl<M: Modality, T: Tongue<M>> Exchange<M, T> {
    /// When to look again: when something is due, or an answer is late.
    pub(super) fn next(&self) -> Instant {
        let due = TASKS.into_iter().map(|task| self.due(task)).min();
        due.unwrap_or(Instant::NEVER).min(self.deadline())
    }

    /// Hands over the most urgent frame that is due. A task that finds that there is nothing to say
    /// leaves the turn to the next.
    pub(super) fn speak(&mut self, now: Instant, out: &mut Out<M>) {
        for task in TASKS {
            if now < self.due(task) {
                continue;
            }
            out.frame = match task {
                Task::Off => self.say_off(now),
                Task::Script => self.say_on(now),
                Task::Fire => self.say_fire(now),
                Task::Enable => self.say_enable(now),
                Task::Introduction => self.introduce(now),
                Task::Tell => self.say_tell(now),
                Task::Overdue | Task::Poll => self.poll(now),
            };
            if out.frame.is_some() {
                return;
            }
        }
    }

    /// When `task` is due, if nothing else happens.
    fn due(&self, task: Task) -> Instant {
        if !self.open {
            return Instant::NEVER;
        }
        let due = match task {
            Task::Off => return self.off_due(),
            Task::Script => self.script_due(),
            Task::Fire => self.fire_due(),
            Task::Enable => self.enable_due(),
            Task::Introduction => self.introduction_due(),
            Task::Tell => self.tell_due(),
            Task::Overdue => self.poll_due(self.overdue()),
            Task::Poll => self.poll_due(if self.is_pressing() { FAST } else { self.poll_pace() }),
        };
        if self.waiting.is_empty() { due.max(self.rest_until) } else { Instant::NEVER }
    }

    /// An order that lapses is as good as an order to be off. Only the frames of the line itself
    /// hold off back: on one pair of wires the answer that is coming, and everywhere the gap.
    fn off_due(&self) -> Instant {
        let due = match (&self.script, self.order) {
            (Script::Off(_), _) => Instant::default(),
            (_, Demand::Emit { valid_until, .. }) if !self.lapsed && self.stop.proven => {
                valid_until
            }
            (_, Demand::Prepare(_) | Demand::Warn(_)) if self.stop.proven => Instant::NEVER,
            (
                Script::None | Script::Tell(..) | Script::Enable(_) | Script::Fire(..),
                Demand::Off | Demand::Prepare(_) | Demand::Warn(_) | Demand::Emit { .. },
            ) => self.stop.due,
        };
        let shared = self.tongue.manner().half_duplex && !self.waiting.is_empty();
        if shared { Instant::NEVER } else { due.max(self.gap_until) }
    }

    /// When off is due that was not said since it is wanted: what is only repeated is none.
    pub(super) fn stop_due(&self) -> Instant {
        let lapses = match self.order {
            Demand::Emit { .. } => self.stop.proven && !self.lapsed,
            Demand::Off | Demand::Prepare(_) | Demand::Warn(_) => false,
        };
        if self.open && (lapses || self.stop.said.is_none()) {
            self.off_due()
        } else {
            Instant::NEVER
        }
    }

    fn script_due(&self) -> Instant {
        match self.script {
            Script::None | Script::Off(_) => Instant::NEVER,
            Script::Tell(..) | Script::Enable(_) | Script::Fire(..) => Instant::default(),
        }
    }

    fn is_idle(&self) -> bool {
        matches!(self.script, Script::None)
    }

    fn fire_due(&self) -> Instant {
        let Demand::Emit { grant, .. } = self.order else { return Instant::NEVER };
        let ready = self.tongue.enable().is_empty() || self.is_ready();
        let wanted = self.used < Some(grant) && ready && self.holds();
        let heard = self.polled.iter().all(|asked| self.ran <= *asked);
        let due = wanted && heard && self.run.is_none() && self.may_act();
        if due && self.is_idle() { Instant::default() } else { Instant::NEVER }
    }

    /// Whether the unit said that it may be turned on.
    fn is_ready(&self) -> bool {
        let settled = self.enabled_at.after(self.tongue.settles());
        self.enabled && self.known.ready.is_some_and(|(asked, ready)| settled <= asked && ready)
    }

    fn enable_due(&self) -> Instant {
        let Demand::Emit { grant, .. } = self.order else { return Instant::NEVER };
        let wanted = !self.tongue.enable().is_empty() && !self.enabled && self.used < Some(grant);
        let due = wanted && self.may_act() && self.holds() && self.is_idle();
        if due { Instant::default() } else { Instant::NEVER }
    }

    /// A unit that holds something else is told again before people are warned, and never after it
    /// was turned on: what is emitted was read back before.
    fn tell_due(&self) -> Instant {
        let wanted = setting_of(&self.order);
        let told = self.told.map(|(setting, _)| setting);
        if wanted.is_none() || !self.may_act() || !self.is_idle() {
            return Instant::NEVER;
        }
        if wanted == told {
            // That it still holds this, it may only say by being told so.
            let echo = self.tongue.is_held_by_echo();
            return if echo { self.tell_began.after(self.poll_pace()) } else { Instant::NEVER };
        }
        match self.order {
            Demand::Prepare(_) | Demand::Warn(_) => self.tell_due,
            Demand::Off | Demand::Emit { .. } => Instant::NEVER,
        }
    }

    /// Nothing long stands between a stop and its proof, but for a unit that nobody knows yet.
    fn introduction_due(&self) -> Instant {
        let may = self.stop.proven || (self.stop.said.is_some() && !self.judged);
        match self.introduced {
            Introduced::Due(at) if may => at,
            Introduced::Asking(..) if may => Instant::default(),
            Introduced::Proven(at) if may && matches!(self.order, Demand::Off) => {
                at.after(INTRODUCE)
            }
            Introduced::Due(_) | Introduced::Asking(..) | Introduced::Proven(_) => Instant::NEVER,
        }
    }

    /// When the question that was asked longest ago is due, if each is asked again after `pace`.
    fn poll_due(&self, pace: Nanos) -> Instant {
        self.polled.iter().min().map_or(Instant::NEVER, |oldest| oldest.after(pace))
    }

    /// How long a question may wait before it goes ahead of what may be long. In company there may be
    /// no more turns than polls, so something else is said as long as no fact becomes too old by it.
    fn overdue(&self) -> Nanos {
        let manner = self.tongue.manner();
        if self.has_company() { manner.poll.max(manner.link.half()) } else { manner.poll }
    }

    /// A little less than a poll, so that what is asked in turn is not late by a turn.
    fn poll_pace(&self) -> Nanos {
        let poll = self.tongue.manner().poll;
        poll.minus(Nanos::new(poll.get() / 8))
    }

    /// Whether something waits for an answer: a stop for its proof, a setting for its read-back, a
    /// unit for its being ready, a run for its end.
    fn is_pressing(&self) -> bool {
        let unproven = !self.stop.proven && self.stop.said.is_some();
        let unread = setting_of(&self.order).is_some() && !self.holds();
        let unready = self.enabled && !self.is_ready();
        unproven || unread || unready || self.run.is_some()
    }

    fn say_off(&mut self, now: Instant) -> Option<Frame> {
        if let Demand::Emit { valid_until, .. } = self.order {
            self.void_grant();
            if valid_until <= now && !self.lapsed {
                self.lapsed = true;
                self.begin_stop(now);
            }
        }
        let at = match self.script {
            Script::Off(at) => at,
            Script::None | Script::Tell(..) | Script::Enable(_) | Script::Fire(..) => 0,
        };
        let word = *self.tongue.off().get(at)?;
        let frame = self.hand_over(now, word, Rank::Stop);
        if at.saturating_add(1) < self.tongue.off().len() {
            self.script = Script::Off(at.saturating_add(1));
            return Some(frame);
        }
        self.script = Script::None;
        if self.stop.said.is_none() {
            // What proves off is asked first: a tongue has it at the head of its polls.
            self.stop.said = Some(now);
            self.polled.fill(Instant::default());
        }
        let rest = if self.stop.proven { OFF_REST } else { self.off_repeat(frame.quiet_after) };
        self.stop.due = now.after(rest);
        Some(frame)
    }

    /// Between two Offs: the unit's settle time, and what its proof takes (COM-04). Where each Off
    /// keeps questions back, all of them fit behind it; so they do where each has to wait for its
    /// turn, or the next Off would go out in its place for ever.
    pub(super) fn off_repeat(&self, quiet: Nanos) -> Nanos {
        let waits = self.proof_wait();
        let free = quiet == Nanos::ZERO && waits == Nanos::ZERO;
        let proof = if free { Nanos::ZERO } else { self.proof_time().plus(waits) };
        OFF_REPEAT.max(quiet.plus(self.tongue.manner().fall).plus(OFF_PROOF.max(proof)))
    }

    /// Off was seen.
    pub(super) fn prove_off(&mut self, now: Instant) {
        self.stop.proven = true;
        self.stop.due = now.after(OFF_REST);
    }

    fn say_on(&mut self, now: Instant) -> Option<Frame> {
        let word = match &self.script {
            Script::None | Script::Off(_) => None,
            Script::Tell(_, words, at) | Script::Fire(_, words, at) => words.get(*at).copied(),
            Script::Enable(at) => self.tongue.enable().get(*at).copied(),
        };
        let Some(word) = word else {
            self.script = Script::None;
            return None;
        };
        Some(self.hand_over(now, word, Rank::Order))
    }

    /// The one place that turns a unit on. The grant is used up by this, whatever comes of it.
    fn say_fire(&mut self, now: Instant) -> Option<Frame> {
        let Demand::Emit { grant, setting, .. } = self.order else { return None };
        self.used = Some(grant);
        self.run = None;
        self.known.forget_emission();
        // It was ready for this run, and has to say so again for the next.
        self.known.ready = None;
        self.script = Script::Fire(grant, self.tongue.fire(&setting), 0);
        self.say_on(now)
    }

    fn say_enable(&mut self, now: Instant) -> Option<Frame> {
        self.enabled = true;
        self.enabled_at = now;
        self.script = Script::Enable(0);
        self.say_on(now)
    }

    fn say_tell(&mut self, now: Instant) -> Option<Frame> {
        let setting = setting_of(&self.order)?;
        self.tell_due = now.after(TELL_REPEAT);
        let words = self.tongue.tell(&setting)?;
        self.tell_began = now;
        self.script = Script::Tell(setting, words, 0);
        self.say_on(now)
    }

    /// A word of a script went out, and was answered if it has an answer.
    pub(super) fn advance(&mut self, now: Instant) {
        match &mut self.script {
            Script::None | Script::Off(_) => {}
            Script::Enable(at) => {
                *at = at.saturating_add(1);
                if *at >= self.tongue.enable().len() {
                    self.script = Script::None;
                }
            }
            Script::Tell(setting, words, at) => {
                *at = at.saturating_add(1);
                if *at >= words.len() {
                    let echo = self.tongue.is_held_by_echo();
                    self.told = Some((*setting, if echo { self.tell_began } else { now }));
                    self.script = Script::None;
                }
            }
            Script::Fire(grant, words, at) => {
                *at = at.saturating_add(1);
                if *at >= words.len() {
                    let grant = *grant;
                    self.script = Script::None;
                    self.fired(now, grant);
                }
            }
        }
    }

    /// The unit took what turns it on. If it ends by itself, it runs from now on at the latest.
    fn fired(&mut self, now: Instant, grant: Grant) {
        let setting = setting_of(&self.order);
        let length = setting.and_then(|setting| self.tongue.run(&setting));
        self.run = length.map(|length| Run { grant, over: now.after(length) });
    }

    /// A word of a script was refused or lost. What turns on is not said again, whatever came of it;
    /// what was begun and not finished is taken back by an Off, or told from its beginning.
    pub(super) fn abandon(&mut self, now: Instant) {
        let unfinished = match &self.script {
            Script::None | Script::Off(_) | Script::Tell(..) => false,
            Script::Enable(_) => true,
            Script::Fire(_, words, at) => at.saturating_add(1) < words.len(),
        };
        if matches!(self.script, Script::Tell(..)) {
            self.told = None;
        }
        if !matches!(self.script, Script::Off(_)) {
            self.script = Script::None;
        }
        if unfinished {
            self.begin_stop(now);
        }
    }

    fn introduce(&mut self, now: Instant) -> Option<Frame> {
        let (at, since) = match self.introduced {
            Introduced::Asking(at, since) => (at, since),
            Introduced::Due(_) | Introduced::Proven(_) => (0, now),
        };
        let word = *self.tongue.introduction().get(at)?;
        self.introduced = Introduced::Asking(at, since);
        Some(self.hand_over(now, word, Rank::Ask))
    }

    fn poll(&mut self, now: Instant) -> Option<Frame> {
        let oldest = self.polled.iter().enumerate().min_by_key(|(_, asked)| **asked);
        let place = oldest.map(|(place, _)| place)?;
        let word = *self.tongue.polls().get(place)?;
        if let Some(asked) = self.polled.get_mut(place) {
            *asked = now;
        }
        Some(self.hand_over(now, word, Rank::Ask))
    }

    fn hand_over(&mut self, now: Instant, word: T::Word, rank: Rank) -> Frame {
        self.turn = self.turn.wrapping_add(1);
        let saying = self.tongue.say(word, self.turn);
        let first = self.waiting.is_empty();
        let purge_first = first && !self.tongue.talks();
        if purge_first {
            self.input.clear();
        }
        if first {
            self.noted = false;
            self.stale = !self.input.is_empty();
        }
        let left = now.after(self.bytes_time(saying.bytes.len()));
        let answer = saying.answer.map(|(within, bytes)| self.answer_time(within, bytes));
        let deadline = left.max(self.heard_again()).after(answer.unwrap_or_default());
        let run = match self.script {
            Script::Fire(grant, ..) if self.tongue.is_run(word) => Some(grant),
            Script::None
            | Script::Off(_)
            | Script::Tell(..)
            | Script::Enable(_)
            | Script::Fire(..) => None,
        };
        self.waiting.push_back(Asked {
            word,
            turn: self.turn,
            asked: now,
            rank,
            run,
            answer,
            quiet: saying.quiet,
            deadline: if answer.is_some() { deadline } else { Instant::NEVER },
            counted: false,
        });
        self.gap_until = left.after(self.tongue.manner().gap);
        self.rest_until = self.rest_until.max(left.after(saying.quiet)).max(self.gap_until);
        Frame {
            bytes: saying.bytes,
            rank,
            purge_first,
            answer_within: answer.unwrap_or_default(),
            quiet_after: saying.quiet,
        }
    }

    /// From the last byte of a question to the last byte of its answer, at worst.
    pub(super) fn answer_time(&self, within: Nanos, bytes: usize) -> Nanos {
        within.plus(self.bytes_time(bytes)).plus(HOST)
    }

    /// How long `count` bytes take on the line.
    pub(super) fn bytes_time(&self, count: usize) -> Nanos {
        self.tongue.manner().byte.times(u64::try_from(count).unwrap_or(u64::MAX))
    }
}
