//! The firmware: who may do what in which state, and what runs out by itself (open-link, sections 5 to 7).
//!
//! It knows no output, no sensor and no line. It is told what is around it, answers, and remembers.

use rand::{Rng, rngs::StdRng};

use crate::{
    capability::Capability,
    frame::{Frame, Reader},
    kind::{Command, Kind},
    outcome::{Outcome, Refusal},
    setting::Setting,
    state::{State, StopCause},
};

/// How far a command may reach into the unit's future, in milliseconds (COM-02).
const VALIDITY_MS_MAX: u64 = 500;

/// Shortest and longest warning that one Warn can ask for, in milliseconds (open-link, section 7.5).
const WARNING_MS: std::ops::RangeInclusive<u16> = 100..=1_000;

/// The blocker that stands for a state of FAULT.
const BLOCKER_FAULT: u16 = 1 << 4;

/// The blocker that stands for a warning that was not long enough yet.
const BLOCKER_WARNING_SHORT: u16 = 1 << 6;

const NANOS_PER_MILLI: u64 = 1_000_000;

/// What a controller sees around it at one instant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings {
    pub(crate) now_ns: u64,
    pub(crate) uptime_ms: u64,
    /// Contacts and warm-up; the controller adds its own.
    pub(crate) blockers: u16,
    /// Whether no fault is latched.
    pub(crate) healthy: bool,
    pub(crate) spent: Spent,
}

/// What the unit's own meters have counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) own: u128,
    pub(crate) driven_ns: u64,
}

/// An emission that was allowed, and what it may still do.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    nonce: u64,
    /// When it ends without Renew; an emission that nobody allowed has no lease.
    pub(crate) lease_until_ns: Option<u64>,
    /// What had been counted when it began; an emission that nobody allowed has no preset.
    pub(crate) preset_from: Option<Spent>,
}

/// The memory of one boot.
#[derive(Clone, Debug)]
pub(crate) struct Controller {
    nonces: StdRng,
    pub(crate) boot_id: u32,
    pub(crate) state: State,
    pub(crate) held: Option<Setting>,
    pub(crate) grant: Option<Grant>,
    warned_since_ns: u64,
    warned_until_ns: u64,
    pub(crate) last_sequence: u32,
    pub(crate) enable_nonce: u64,
    pub(crate) last_enable: Option<(u64, Outcome)>,
    pub(crate) stop_cause: StopCause,
}

impl Controller {
    /// A fresh boot: nothing is held, nothing is known.
    pub(crate) fn new(mut nonces: StdRng, healthy: bool) -> Self {
        Self {
            boot_id: nonces.random_range(1..=u32::MAX),
            enable_nonce: nonces.random_range(1..=u64::MAX),
            nonces,
            state: if healthy { State::Standby } else { State::Fault },
            held: None,
            grant: None,
            warned_since_ns: 0,
            warned_until_ns: 0,
            last_sequence: 0,
            last_enable: None,
            stop_cause: StopCause::None,
        }
    }

    /// Judges an intact frame and does what it asks, or says why not (COM-02, COM-05).
    pub(crate) fn judge(
        &mut self,
        frame: &Frame,
        around: &Surroundings,
        can: &Capability,
    ) -> Result<Kind, Refusal> {
        let kind = Kind::from_code(frame.kind).ok_or(Outcome::Unsupported)?;
        let judged = self.admit(kind, frame, around, can).and_then(|()| match kind {
            Kind::Identify | Kind::Capabilities | Kind::Status => Ok(()),
            Kind::Do(command) => self.act(command, &frame.payload, around, can),
        });
        if kind == Kind::Do(Command::Enable) {
            self.remember_enable(&frame.payload, judged);
        }
        judged.map(|()| kind)
    }

    /// What stands in the way of an Enable.
    pub(crate) fn blockers(&self, around: &Surroundings, can: &Capability) -> u16 {
        let fault = if self.state == State::Fault { BLOCKER_FAULT } else { 0 };
        let warned_ns = around.now_ns.saturating_sub(self.warned_since_ns);
        let short = self.state == State::Warning
            && warned_ns < u64::from(can.warning_min_ms) * NANOS_PER_MILLI;
        around.blockers | fault | if short { BLOCKER_WARNING_SHORT } else { 0 }
    }

    /// When the warning runs out, if there is one.
    pub(crate) fn warning_until_ns(&self) -> Option<u64> {
        (self.state == State::Warning).then_some(self.warned_until_ns)
    }

    /// When the lease runs out, if one runs.
    pub(crate) fn lease_until_ns(&self) -> Option<u64> {
        self.grant.as_ref()?.lease_until_ns
    }

    /// The warning was not repeated.
    pub(crate) fn warning_over(&mut self) {
        self.state = State::Set;
        self.renonce();
    }

    /// The emission ends, or what might have led to one; the unit waits for Set (LAS-07).
    pub(crate) fn end(&mut self, cause: StopCause) {
        match self.state {
            State::Standby | State::Fault => {}
            State::Set | State::Warning | State::Emitting => self.drop_all(State::Standby, cause),
        }
    }

    /// A fault was found (PEM-04).
    pub(crate) fn trip(&mut self) {
        self.drop_all(State::Fault, StopCause::Fault);
    }

    /// Emits what nobody asked for; only a broken unit does this.
    pub(crate) fn resume(&mut self, setting: Setting) {
        self.held = Some(setting);
        self.state = State::Emitting;
        let nonce = self.enable_nonce;
        self.grant = Some(Grant { nonce, lease_until_ns: None, preset_from: None });
    }

    /// The checks that do not depend on what is asked.
    fn admit(
        &mut self,
        kind: Kind,
        frame: &Frame,
        around: &Surroundings,
        can: &Capability,
    ) -> Result<(), Refusal> {
        if kind == Kind::Do(Command::Off) {
            return Ok(());
        }
        if payload_bytes(kind, can) != frame.payload.len() {
            return Err(Outcome::BadLength.into());
        }
        let command = matches!(kind, Kind::Do(_));
        if frame.boot_id != self.boot_id && (command || frame.boot_id != 0) {
            return Err(Outcome::BootMismatch.into());
        }
        if command { self.admit_fresh(frame, around) } else { Ok(()) }
    }

    /// A command is taken once, in order, and in time.
    fn admit_fresh(&mut self, frame: &Frame, around: &Surroundings) -> Result<(), Refusal> {
        if frame.sequence <= self.last_sequence {
            return Err(Outcome::StaleSequence.into());
        }
        self.last_sequence = frame.sequence;
        if frame.uptime_ms < around.uptime_ms {
            return Err(Outcome::Expired.into());
        }
        if frame.uptime_ms - around.uptime_ms > VALIDITY_MS_MAX {
            return Err(Outcome::TooFarAhead.into());
        }
        Ok(())
    }

    fn act(
        &mut self,
        command: Command,
        payload: &[u8],
        around: &Surroundings,
        can: &Capability,
    ) -> Result<(), Refusal> {
        match command {
            Command::Set => self.set(payload, around, can),
            Command::Warn => self.warn(payload, around, can),
            Command::Enable => self.enable(payload, around, can),
            Command::Renew => self.renew(payload, around),
            Command::Off => {
                self.off(around);
                Ok(())
            }
        }
    }

    fn set(
        &mut self,
        payload: &[u8],
        around: &Surroundings,
        can: &Capability,
    ) -> Result<(), Refusal> {
        self.require(&[State::Standby, State::Set, State::Warning])?;
        let setting = Setting::parse(payload, can).map_err(out_of_range)?;
        self.require_ready(around, can, !BLOCKER_WARNING_SHORT)?;
        self.held = Some(setting);
        self.state = State::Set;
        self.renonce();
        Ok(())
    }

    fn warn(
        &mut self,
        payload: &[u8],
        around: &Surroundings,
        can: &Capability,
    ) -> Result<(), Refusal> {
        let mut fields = Reader::new(payload);
        let (on, reserved, lasts_ms) = (fields.u8(), fields.u8(), fields.u16());
        if on == Some(0) {
            self.require(&[State::Standby, State::Set, State::Warning])?;
        } else {
            self.require(&[State::Set, State::Warning])?;
        }
        let on = on.filter(|on| *on <= 1).ok_or(out_of_range(1))? == 1;
        reserved.filter(|reserved| *reserved == 0).ok_or(out_of_range(2))?;
        let in_range = |ms: &u16| if on { WARNING_MS.contains(ms) } else { *ms == 0 };
        let lasts_ms = lasts_ms.filter(in_range).ok_or(out_of_range(3))?;
        if !on {
            self.stop_warning();
            return Ok(());
        }
        self.require_ready(around, can, !BLOCKER_WARNING_SHORT)?;
        if self.state == State::Set {
            self.warned_since_ns = around.now_ns;
        }
        self.state = State::Warning;
        self.warned_until_ns = around.now_ns + u64::from(lasts_ms) * NANOS_PER_MILLI;
        Ok(())
    }

    fn stop_warning(&mut self) {
        if self.state == State::Warning {
            self.warning_over();
        }
    }

    /// The only edge that turns emission on: in WARNING, with the newest nonce, for the setting as held.
    fn enable(
        &mut self,
        payload: &[u8],
        around: &Surroundings,
        can: &Capability,
    ) -> Result<(), Refusal> {
        self.require(&[State::Warning])?;
        let mut fields = Reader::new(payload);
        let (nonce, digest) = (fields.u64(), fields.u32());
        if nonce != Some(self.enable_nonce) {
            return Err(Outcome::BadNonce.into());
        }
        let held = self.held.as_ref().filter(|held| Some(held.digest()) == digest);
        let lease_ms = held.ok_or(Outcome::BadDigest)?.lease_ms;
        self.require_ready(around, can, u16::MAX)?;
        self.state = State::Emitting;
        self.stop_cause = StopCause::None;
        self.grant = Some(Grant {
            nonce: self.enable_nonce,
            lease_until_ns: Some(lease_end(around, lease_ms)),
            preset_from: Some(around.spent),
        });
        Ok(())
    }

    /// Extends what runs; there is nothing here that could begin anything.
    fn renew(&mut self, payload: &[u8], around: &Surroundings) -> Result<(), Refusal> {
        self.require(&[State::Emitting])?;
        let nonce = Reader::new(payload).u64();
        let grant = self.grant.as_mut().filter(|grant| Some(grant.nonce) == nonce);
        let grant = grant.ok_or(Outcome::BadNonce)?;
        let held = self.held.as_ref().ok_or(Outcome::WrongState)?;
        grant.lease_until_ns = Some(lease_end(around, held.lease_ms));
        Ok(())
    }

    /// Needs nothing, does everything (COM-04).
    fn off(&mut self, around: &Surroundings) {
        let next = match self.state {
            State::Fault if !around.healthy => State::Fault,
            State::Standby | State::Set | State::Warning | State::Emitting | State::Fault => {
                State::Standby
            }
        };
        self.drop_all(next, StopCause::Off);
    }

    fn drop_all(&mut self, next: State, cause: StopCause) {
        if self.state == State::Emitting {
            self.stop_cause = cause;
        }
        self.state = next;
        self.held = None;
        self.grant = None;
        self.renonce();
    }

    /// Every Enable that was meant for this unit uses its nonce up, whatever became of it.
    fn remember_enable(&mut self, payload: &[u8], judged: Result<(), Refusal>) {
        let outcome = judged.map_or_else(|refusal| refusal.outcome, |()| Outcome::Ok);
        if outcome.is_of_a_first_copy() {
            self.last_enable = Reader::new(payload).u64().map(|nonce| (nonce, outcome));
        }
        self.renonce();
    }

    fn renonce(&mut self) {
        self.enable_nonce = self.nonces.random_range(1..=u64::MAX);
    }

    fn require(&self, states: &[State]) -> Result<(), Refusal> {
        if states.contains(&self.state) { Ok(()) } else { Err(Outcome::WrongState.into()) }
    }

    fn require_ready(
        &self,
        around: &Surroundings,
        can: &Capability,
        those_that_count: u16,
    ) -> Result<(), Refusal> {
        match self.blockers(around, can) & those_that_count {
            0 => Ok(()),
            detail => Err(Refusal { outcome: Outcome::NotReady, detail }),
        }
    }
}

fn out_of_range(field: u16) -> Refusal {
    Refusal { outcome: Outcome::OutOfRange, detail: field }
}

fn lease_end(around: &Surroundings, lease_ms: u16) -> u64 {
    around.now_ns + u64::from(lease_ms) * NANOS_PER_MILLI
}

/// Bytes of the payload of a request. Off is never measured.
fn payload_bytes(kind: Kind, can: &Capability) -> usize {
    match kind {
        Kind::Identify => 16,
        Kind::Capabilities | Kind::Status | Kind::Do(Command::Off) => 0,
        Kind::Do(Command::Set) => Setting::bytes(&can.modality),
        Kind::Do(Command::Warn) => 4,
        Kind::Do(Command::Enable) => 12,
        Kind::Do(Command::Renew) => 8,
    }
}
