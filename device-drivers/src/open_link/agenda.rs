//! What goes out next, and when.
//!
//! Everything that may be said is a task with an instant at which it is due. The first that is due
//! goes out, the earliest is when to look again: both are read from the same list, so that a task
//! can neither be forgotten nor spin.

use alloc::vec::Vec;

use safety::{Demand, Instant, Nanos, Setting, VALIDITY};

use crate::{Frame, Out, Rank};

use super::{
    OpenLink,
    challenge::Challenge,
    codec::{Telegram, crc32, line_bytes},
    identity,
    message::{Kind, encode_setting},
    question::Question,
    spoken::Spoken,
    stop::{OFF_REPEAT, Proof},
    unit::Run,
};

/// Between two questions for Status until off is proven, or until a unit can be turned on.
pub(super) const FAST: Nanos = Nanos::from_millis(20);
/// For how long a unit is told to warn: the longest that it takes (open-link, section 7.5).
const WARN_LASTS_MILLIS: u16 = 1_000;
/// Between two Warns: three may be lost before the warning runs out (LAS-04).
const WARN_REPEAT: Nanos = Nanos::from_millis(250);
/// Between two Renews at most, and at most a third of the lease: two may be lost.
const RENEW_REPEAT: Nanos = Nanos::from_millis(200);
/// Between two Sets if the first was refused: a door may close.
const SET_REPEAT: Nanos = Nanos::from_millis(250);
/// What our side of a line adds to an answer: the latency timer of a USB adapter, 16 ms as FTDI
/// delivers it (FTDI AN232B-04), and a turn of the pump.
const HOST: Nanos = Nanos::from_millis(20);
/// One byte on a line is ten bits (open-link, section 2).
const BITS_PER_BYTE: u64 = 10;

/// The list, most urgent first.
const TASKS: [Task; 8] = [
    Task::Say(Kind::Off),
    Task::Say(Kind::Renew),
    Task::Say(Kind::Enable),
    Task::Say(Kind::Warn),
    // A Status that was not asked for in a whole poll goes before what may be long.
    Task::OverdueStatus,
    Task::Challenge,
    Task::Say(Kind::Set),
    Task::Say(Kind::Status),
];

/// Something that may be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Say(Kind),
    OverdueStatus,
    /// Identify or Capabilities, whichever half of the challenge is next.
    Challenge,
}

impl<M: Spoken> OpenLink<M> {
    /// When to look again: when something is due, or an answer is late.
    pub(super) fn next_wake(&self) -> Instant {
        let due = TASKS.into_iter().map(|task| self.due(task)).min();
        due.unwrap_or(Instant::NEVER).min(self.questions.deadline())
    }

    /// Hands over the most urgent frame that is due.
    pub(super) fn turn(&mut self, now: Instant, out: &mut Out<M>) {
        let Some(task) = TASKS.into_iter().find(|task| self.due(*task) <= now) else { return };
        let kind = match task {
            Task::Say(kind) => kind,
            Task::OverdueStatus => Kind::Status,
            Task::Challenge => self.challenge.half(),
        };
        let Some((payload, valid_until)) = self.compose(now, kind) else { return };
        out.frame = Some(self.hand_over(now, kind, payload, valid_until));
    }

    /// When `task` is due, if nothing else happens. Only Off does not wait for answers.
    fn due(&self, task: Task) -> Instant {
        if !self.open {
            return Instant::NEVER;
        }
        let due = match task {
            Task::Say(Kind::Off) => return self.off_due(),
            Task::Say(Kind::Renew) => self.renew_due(),
            Task::Say(Kind::Enable) => self.enable_due(),
            Task::Say(Kind::Warn) => self.warn_due(),
            Task::Say(Kind::Set) => self.set_due(),
            Task::OverdueStatus => self.polled.after(self.plate.poll),
            Task::Say(Kind::Status) => self.status_due(),
            Task::Challenge | Task::Say(Kind::Identify | Kind::Capabilities) => {
                self.challenge_due()
            }
        };
        if self.questions.is_empty() { due.max(self.rest_until) } else { Instant::NEVER }
    }

    /// An order that lapses is as good as an order to be off. Until off is proven, nothing else is
    /// done whatever is ordered.
    fn off_due(&self) -> Instant {
        if self.stop.proof != Proof::Proven {
            return self.stop.due;
        }
        match self.order {
            Demand::Off => self.stop.due,
            Demand::Prepare(_) | Demand::Warn(_) => Instant::NEVER,
            Demand::Emit { valid_until, .. } if self.lapsed => self.stop.due.max(valid_until),
            Demand::Emit { valid_until, .. } => valid_until,
        }
    }

    /// Whether the unit may be brought to anything but off.
    fn may_act(&self) -> bool {
        let off = matches!(self.order, Demand::Off) || self.lapsed;
        !off && self.stop.proof == Proof::Proven
    }

    /// A Renew turns nothing on, so it does not wait to hear that the Enable was taken.
    fn renew_due(&self) -> Instant {
        match (self.order, self.unit.as_ref().and_then(|unit| unit.run)) {
            (Demand::Emit { grant, .. }, Some(run)) if self.may_act() && run.grant == grant => {
                run.renew_due
            }
            (Demand::Off | Demand::Prepare(_) | Demand::Warn(_) | Demand::Emit { .. }, _) => {
                Instant::NEVER
            }
        }
    }

    fn enable_due(&self) -> Instant {
        let ready = self.unit.as_ref().is_some_and(|unit| unit.ready().is_some());
        let due = self.is_pending() && ready && self.may_act() && self.holds_wanted();
        if due { Instant::default() } else { Instant::NEVER }
    }

    /// The warning goes on until the unit is turned on.
    fn warn_due(&self) -> Instant {
        let wanted = match self.order {
            Demand::Warn(_) => true,
            Demand::Emit { .. } => self.is_pending(),
            Demand::Off | Demand::Prepare(_) => false,
        };
        match &self.unit {
            Some(unit) if wanted && self.may_act() && self.holds_wanted() => unit.warn_due,
            Some(_) | None => Instant::NEVER,
        }
    }

    /// A unit that holds something else, or nothing, is told again before it is warned, and never
    /// after: what is emitted was read back before.
    fn set_due(&self) -> Instant {
        let wanted = match self.order {
            Demand::Prepare(_) | Demand::Warn(_) => self.wanted.is_some() && self.may_act(),
            Demand::Off | Demand::Emit { .. } => false,
        };
        match &self.unit {
            Some(unit) if wanted && unit.counted => {
                let told = unit.told == self.wanted && unit.held.is_some();
                if told { Instant::NEVER } else { unit.set_due }
            }
            Some(_) | None => Instant::NEVER,
        }
    }

    fn status_due(&self) -> Instant {
        if self.hurry {
            return Instant::default();
        }
        let waits = self.stop.proof != Proof::Proven || (self.is_pending() && self.may_act());
        let fast = FAST.min(self.plate.poll);
        self.polled.after(if waits { fast } else { self.plate.poll })
    }

    /// Nothing long stands between a stop and its proof, but for a unit that nobody knows yet.
    fn challenge_due(&self) -> Instant {
        let proven = self.stop.proof == Proof::Proven;
        let free = proven || !self.judged;
        match self.challenge {
            Challenge::Due(at) if free => at,
            Challenge::Introduced { .. } if free => Instant::default(),
            Challenge::Again(at) if proven && matches!(self.order, Demand::Off) => at,
            Challenge::Due(_)
            | Challenge::Introduced { .. }
            | Challenge::Again(_)
            | Challenge::Asked { .. } => Instant::NEVER,
        }
    }

    /// Whether the order's grant was never used.
    fn is_pending(&self) -> bool {
        match self.order {
            Demand::Emit { grant, .. } => self.used < Some(grant),
            Demand::Off | Demand::Prepare(_) | Demand::Warn(_) => false,
        }
    }

    /// Whether the unit answered that it holds exactly what is ordered, lease included (COM-09).
    fn holds_wanted(&self) -> bool {
        let held = self.unit.as_ref().and_then(|unit| unit.held.as_ref());
        held.is_some() && held == self.wanted.as_ref()
    }

    /// The payload of `kind` and its validity, and notes that it goes out.
    fn compose(&mut self, now: Instant, kind: Kind) -> Option<(Vec<u8>, u64)> {
        match kind {
            Kind::Off => Some(self.say_off(now)),
            Kind::Identify => Some(self.ask_identity(now)),
            Kind::Capabilities => Some((Vec::new(), 0)),
            Kind::Status => Some(self.ask_status(now)),
            Kind::Set => self.say_set(now),
            Kind::Warn => self.say_warn(now),
            Kind::Enable => self.say_enable(now),
            Kind::Renew => self.say_renew(now),
        }
    }

    fn say_off(&mut self, now: Instant) -> (Vec<u8>, u64) {
        if let Demand::Emit { valid_until, .. } = self.order {
            self.void_grant();
            if valid_until <= now && !self.lapsed {
                self.lapsed = true;
                self.stop.begin(now);
            }
        }
        if let Some(unit) = &mut self.unit {
            unit.drop_setting();
        }
        self.stop.say(now);
        (Vec::new(), 0)
    }

    fn ask_identity(&mut self, now: Instant) -> (Vec<u8>, u64) {
        self.challenges = self.challenges.saturating_add(1);
        let challenge = identity::challenge(&self.plate.challenge_seed, self.challenges);
        self.challenge = Challenge::Asked { asked: now, challenge };
        (challenge.to_vec(), 0)
    }

    fn ask_status(&mut self, now: Instant) -> (Vec<u8>, u64) {
        self.polled = now;
        self.hurry = false;
        (Vec::new(), 0)
    }

    fn say_set(&mut self, now: Instant) -> Option<(Vec<u8>, u64)> {
        let wanted = self.wanted.clone()?;
        let unit = self.unit.as_mut()?;
        unit.set_due = now.after(SET_REPEAT);
        unit.held = None;
        unit.told = Some(wanted.clone());
        Some((wanted, unit.valid_until(now, VALIDITY)))
    }

    fn say_warn(&mut self, now: Instant) -> Option<(Vec<u8>, u64)> {
        let valid_until = self.valid_until(now)?;
        let unit = self.unit.as_mut()?;
        unit.warn_due = now.after(WARN_REPEAT);
        let mut payload = Vec::from([1, 0]);
        payload.extend(WARN_LASTS_MILLIS.to_le_bytes());
        Some((payload, valid_until))
    }

    /// The one place that turns a unit on. The grant is used up by this, whatever comes of it
    /// (COM-05); the digest is that of the order, whatever the unit said (LAS-04).
    fn say_enable(&mut self, now: Instant) -> Option<(Vec<u8>, u64)> {
        let Demand::Emit { grant, .. } = self.order else { return None };
        let digest = crc32(self.wanted.as_ref()?);
        let valid_until = self.valid_until(now)?;
        self.used = Some(grant);
        let renew = self.renew_repeat();
        let unit = self.unit.as_mut()?;
        let nonce = unit.ready()?.nonce;
        unit.offer = None;
        unit.run = Some(Run { grant, nonce, asked: now, renew_due: now.after(renew) });
        let mut payload = Vec::from(nonce.to_le_bytes());
        payload.extend(digest.to_le_bytes());
        Some((payload, valid_until))
    }

    fn say_renew(&mut self, now: Instant) -> Option<(Vec<u8>, u64)> {
        let valid_until = self.valid_until(now)?;
        let renew = self.renew_repeat();
        let run = self.unit.as_mut()?.run.as_mut()?;
        run.renew_due = now.after(renew);
        Some((run.nonce.to_le_bytes().to_vec(), valid_until))
    }

    fn renew_repeat(&self) -> Nanos {
        Nanos::new(self.plate.lease.get() / 3).min(RENEW_REPEAT)
    }

    /// Until when a command is valid, in the unit's own uptime: no longer than the order (COM-02).
    fn valid_until(&self, now: Instant) -> Option<u64> {
        let validity = match self.order {
            Demand::Emit { valid_until, .. } => valid_until.since(now).min(VALIDITY),
            Demand::Off | Demand::Prepare(_) | Demand::Warn(_) => VALIDITY,
        };
        Some(self.unit.as_ref()?.valid_until(now, validity))
    }

    /// The bytes of the order's setting, under its digest.
    pub(super) fn encode_wanted(&self, setting: &Setting<M>) -> Option<Vec<u8>> {
        encode_setting(setting, self.plate.lease_millis()?)
    }

    fn hand_over(&mut self, now: Instant, kind: Kind, payload: Vec<u8>, valid_until: u64) -> Frame {
        self.sequence = self.sequence.wrapping_add(1);
        let commands = matches!(kind, Kind::Set | Kind::Warn | Kind::Enable | Kind::Renew);
        let boot = self.unit.as_ref().filter(|_| commands).map_or(0, |unit| unit.boot);
        let telegram = Telegram {
            kind: kind.code(),
            address: self.plate.address,
            boot,
            sequence: self.sequence,
            uptime_millis: valid_until,
            payload,
        };
        let bytes = telegram.encode();
        let answer = self.answer(kind);
        let deadline = now.after(self.bytes_time(bytes.len())).after(answer);
        let question = Question { kind, sequence: self.sequence, asked: now, answer, deadline };
        if let Some(oldest) = self.questions.put(question) {
            self.lost(now, oldest);
        }
        Frame {
            bytes,
            rank: match kind {
                Kind::Off => Rank::Stop,
                Kind::Set | Kind::Warn | Kind::Enable | Kind::Renew => Rank::Order,
                Kind::Identify | Kind::Capabilities | Kind::Status => Rank::Ask,
            },
            // A late answer has another sequence: there is no need to throw away what came in.
            purge_first: false,
            answer_within: kind.answer(),
            quiet_after: Nanos::ZERO,
        }
    }

    /// From the last byte of `kind` to the last byte of its answer, at worst.
    pub(super) fn answer(&self, kind: Kind) -> Nanos {
        let reply = self.bytes_time(line_bytes(kind.reply_bytes::<M>()));
        kind.answer().plus(reply).plus(HOST)
    }

    /// How long `count` bytes take on the line.
    pub(super) fn bytes_time(&self, count: usize) -> Nanos {
        let bits = u64::try_from(count).unwrap_or(u64::MAX).saturating_mul(BITS_PER_BYTE);
        let nanos = Nanos::from_secs(bits).get().div_ceil(u64::from(self.plate.baud.max(1)));
        Nanos::new(nanos)
    }
}

// An Off that is not answered is late before it is due again, so that Status gets its turn.
const _: () = assert!(HOST.get() < OFF_REPEAT.get());
