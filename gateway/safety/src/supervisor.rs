//! The state machine of one unit.

mod commands;
mod deadlines;
mod facts;
mod grounds;
#[cfg(test)]
mod proof;
mod readings;
mod releases;
mod runs;
mod status;

use crate::{
    account::Account,
    admitted::Admitted,
    cause::{Cause, Causes, Release},
    command::{Beacon, Command, Fence, Refusal},
    meter::Meter,
    modality::Modality,
    order::{Demand, Grant, Order},
    quantity::Temperature,
    report::{BootId, Contacts, Emission, Report},
    session::{End, Ended, Session, Slice, SliceId, Slices},
    terms::{ALARM_WINDOW, Terms, VALIDITY},
    time::Instant,
};

pub use status::{Beam, SessionStatus, State, Status};

/// Supervises one therapy unit.
///
/// ```text
///            opened, identity proven, off proven
///   OFFLINE ------------------------------------> STANDBY --confirm, arm--> READY
///      ^                                           ^   ^                      |
///      | link lost, lease over                     |   +-------expiry---------+ start
///      |                                       off proven                     v
///      +--------------------------------------- STOPPING <--lock, stop---- WARNING
///                                                 |  ^                     |   ^
///                                  off proven     v  | dose, time, stop    v   | resume
///                                 (a pause)     PAUSED <--hold lost---- EMITTING |
///                                                 +-------------------------------+
///
///   Any cause: STOPPING, and LOCKED is what status shows until each cause is released.
/// ```
///
/// Phase, session and causes are three things: a locked unit still charges its session, and a
/// session that ended may still be stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Supervisor<M: Modality> {
    terms: Terms<M>,
    now: Instant,
    phase: Phase,
    session: Option<Session<M>>,
    ended: Option<Ended<M>>,
    causes: Causes,
    epoch: u32,
    grant: Grant,
    slice: SliceId,
    stray: Account<M>,
    meter: Meter<M>,
    /// What the unit was last told to emit: what it is taken to emit if it emits unasked.
    told: M::Output,
    heard: Heard<M>,
    lost: Option<Lost>,
    /// All emission before this is accounted for.
    accounted: Instant,
    alarms: [Option<Instant>; 2],
    key_turn: KeyTurn,
}

/// Where a unit stands between one order and the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    /// Not heard from, or not yet proven to be the right unit and off.
    Offline,
    Standby,
    Ready {
        since: Instant,
    },
    Warning {
        since: Instant,
    },
    Emitting {
        since: Instant,
        /// The unit was seen to emit.
        seen: bool,
        /// Since when its output should be rising.
        rising: Instant,
        watch: Watch,
    },
    Stopping {
        since: Instant,
        then: After,
    },
    Paused {
        since: Instant,
    },
}

/// Where a unit goes once off is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum After {
    Standby,
    Paused,
}

/// What was noticed of the read-back since the emission began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Watch {
    /// The reading before this one was outside its band.
    deviated: bool,
    /// The output is outside its warning band.
    warns: bool,
    /// Since when the last reading is the same to the last bit.
    same_since: Instant,
    /// Since when the footswitch is open.
    open_since: Option<Instant>,
    /// The last reading showed no output, and the footswitch was open.
    gated: bool,
    /// The last reading showed output long after the footswitch had opened: when it was asked for.
    leaked: Option<Instant>,
}

/// A unit that no longer answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Lost {
    since: Instant,
    /// When its lease has ended its emission.
    bound: Instant,
}

/// What was heard of a unit since its port opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Heard<M: Modality> {
    /// When the port opened; `None` while it is closed.
    opened: Option<Instant>,
    /// Since when nothing else was known: the port opened, the unit started anew or was lost.
    since: Instant,
    boot: Option<BootId>,
    /// When the last challenge that was met was asked.
    identity: Option<Instant>,
    emission: Option<(Instant, Emission<M::Output>)>,
    /// When the newest question was asked to which the answer was off.
    off: Option<Instant>,
    contacts: Option<(Instant, Contacts)>,
    setting: Option<Instant>,
    temperature: Option<(Instant, Option<Temperature>)>,
    faults: Option<(Instant, u32)>,
    /// The last hundred frames, newest lowest; a set bit is a damaged or missing one.
    garbled: u128,
}

impl<M: Modality> Heard<M> {
    /// Nothing is known since `since`, but which start of the unit spoke last.
    const fn nothing(opened: Option<Instant>, since: Instant, boot: Option<BootId>) -> Self {
        Self {
            opened,
            since,
            boot,
            identity: None,
            emission: None,
            off: None,
            contacts: None,
            setting: None,
            temperature: None,
            faults: None,
            garbled: 0,
        }
    }
}

/// Whether a person turned the key since the last cause that demands it (LCK-07).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum KeyTurn {
    /// A switch that was read before this instant tells nothing.
    Awaited(Instant),
    Off,
    Done,
}

/// Everything that can happen to a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Input<M: Modality> {
    /// The port opened. Whatever answers has yet to prove what it is.
    Opened,
    /// The port closed or hung up.
    Closed,
    /// An operator confirmed a checked prescription.
    Confirm(Admitted<M>, Fence),
    /// The holder of the session asked for something.
    Command(Command<M>, Fence),
    /// The operator echoed a beacon.
    Hold(Fence, Beacon),
    /// Somebody wants it off. Never refused.
    Stop,
    /// The ledger made a slice durable.
    Durable(SliceId),
    /// The ledger could not.
    Refused(SliceId),
    /// The ledger settled the session that ended.
    Settled,
    /// Something outside this unit forbids emission.
    Lock(Cause),
    /// Somebody with the right to do so clears a cause.
    Release(Cause),
    /// The unit said something.
    Report(Report<M>),
    /// Time passed, nothing else.
    Wake,
}

impl<M: Modality> Supervisor<M> {
    /// A supervisor of a unit whose port is closed.
    pub fn new(terms: Terms<M>, now: Instant) -> Self {
        Self {
            terms,
            now,
            phase: Phase::Offline,
            session: None,
            ended: None,
            causes: Causes::default(),
            epoch: 0,
            grant: Grant::default(),
            slice: SliceId::default(),
            stray: Account::new(now),
            meter: Meter::new(),
            told: M::Output::default(),
            heard: Heard::nothing(None, now, None),
            lost: None,
            accounted: now,
            alarms: [None; 2],
            key_turn: KeyTurn::Awaited(now),
        }
    }

    /// Moves to `now`, lets due deadlines fire, then takes `input`.
    ///
    /// # Errors
    /// A [`Refusal`] says why a request of a person or of the ledger changed nothing. What the unit
    /// says, time, and stop are never refused.
    pub fn step(&mut self, now: Instant, input: Input<M>) -> Result<(), Refusal> {
        self.now = self.now.max(now);
        self.fire();
        let outcome = self.take(input);
        self.fire();
        self.ask_for_slice();
        outcome
    }

    fn take(&mut self, input: Input<M>) -> Result<(), Refusal> {
        match input {
            Input::Confirm(admitted, fence) => return self.confirm(admitted, fence),
            Input::Command(command, fence) => return self.command(command, fence),
            Input::Hold(fence, beacon) => return self.hold(fence, beacon),
            Input::Durable(id) => return self.durable(id),
            Input::Refused(id) => return self.slice_refused(id),
            Input::Release(cause) => return self.release(cause),
            Input::Opened => self.opened(),
            Input::Closed => self.closed(),
            Input::Stop => self.stopped(),
            Input::Settled => self.ended = None,
            Input::Lock(cause) => self.lock(cause),
            Input::Report(report) => self.report(report),
            Input::Wake => {}
        }
        Ok(())
    }

    /// What the unit must be doing.
    pub fn order(&self) -> Order<M> {
        let Some(session) = &self.session else { return Order::off() };
        match (self.phase, session.setting) {
            (Phase::Ready { .. }, Some((_, setting))) => Order::new(Demand::Prepare(setting)),
            (Phase::Warning { .. }, Some((_, setting))) => Order::new(Demand::Warn(setting)),
            (Phase::Emitting { .. }, Some((_, setting))) => {
                let valid_until = session.valid_until(self.now);
                Order::new(Demand::Emit { grant: self.grant, setting, valid_until })
            }
            (
                Phase::Offline
                | Phase::Standby
                | Phase::Ready { .. }
                | Phase::Warning { .. }
                | Phase::Emitting { .. }
                | Phase::Stopping { .. }
                | Phase::Paused { .. },
                _,
            ) => Order::off(),
        }
    }

    /// The slice that has to be made durable next, until it is.
    pub fn reserve(&self) -> Option<Slice<M>> {
        let (slice, _) = self.session.as_ref()?.slices.asked?;
        Some(slice)
    }

    /// The session that ended and has yet to be settled.
    pub const fn ended(&self) -> Option<Ended<M>> {
        self.ended
    }

    /// Whether the relay in the unit's interlock may be closed (LCK-01, LCK-02): it is open until
    /// the unit proved what it is and that it is off, and again when a stop is not confirmed.
    pub fn relay_closed(&self) -> bool {
        let open = match self.phase {
            Phase::Offline => true,
            Phase::Stopping { since, .. } => {
                self.terms.timing.relay <= self.now.since(self.spent(since))
            }
            Phase::Standby
            | Phase::Ready { .. }
            | Phase::Warning { .. }
            | Phase::Emitting { .. }
            | Phase::Paused { .. } => false,
        };
        !open && !self.causes.iter().any(|latched| latched.cause.opens_relay())
    }

    /// The epoch that a command has to carry. A stop raises it.
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// All latched causes, oldest first.
    pub const fn causes(&self) -> &Causes {
        &self.causes
    }

    /// The terms of this unit.
    pub const fn terms(&self) -> &Terms<M> {
        &self.terms
    }

    /// Emission that belongs to no session, and has yet to be assigned by a person.
    pub fn stray(&self) -> M::Dose {
        self.stray.charged(self.now)
    }

    /// The port opened: everything known of the unit is void.
    fn opened(&mut self) {
        self.heard = Heard::nothing(Some(self.now), self.now, self.heard.boot);
        self.lose(Cause::LinkSilence);
    }

    fn closed(&mut self) {
        self.heard = Heard::nothing(None, self.now, self.heard.boot);
        self.lose(Cause::LinkSilence);
    }

    /// Nothing is known of the unit any more. Its lease ends what it may still emit.
    fn lose(&mut self, cause: Cause) {
        let bound = self.now.after(VALIDITY).after(self.terms.lease);
        let lost = self.lost.unwrap_or(Lost { since: self.now, bound });
        if let Some(session) = &mut self.session {
            session.uncertain |= session.account.is_running();
        }
        self.lost = Some(lost);
        match self.phase {
            Phase::Offline => {}
            Phase::Standby => self.go_offline(),
            Phase::Ready { .. }
            | Phase::Warning { .. }
            | Phase::Emitting { .. }
            | Phase::Stopping { .. }
            | Phase::Paused { .. } => self.lock(cause),
        }
        if self.phase == Phase::Offline && !self.is_running() {
            self.lost = None;
        }
    }

    /// Whoever answers next has to prove anew what it is (COM-07).
    fn go_offline(&mut self) {
        self.phase = Phase::Offline;
        self.forget();
        self.end_session(End::Expired);
        self.conclude();
    }

    /// Everything known of the unit is void, but whether its frames arrive.
    fn forget(&mut self) {
        let Heard { opened, boot, garbled, .. } = self.heard;
        self.heard = Heard { garbled, ..Heard::nothing(opened, self.now, boot) };
    }

    /// Off, whatever it is doing. Every command that was sent before is void.
    fn stopped(&mut self) {
        self.epoch = self.epoch.saturating_add(1);
        self.stop(After::Standby, Some(End::Stopped));
    }

    /// Latches a cause and turns off. Charging goes on until off is proven.
    fn lock(&mut self, cause: Cause) {
        let emitted = matches!(self.phase, Phase::Warning { .. } | Phase::Emitting { .. });
        self.causes.latch(cause, self.now);
        match cause.release() {
            Release::Operator => {}
            Release::Presence => self.key_turn = KeyTurn::Awaited(self.now),
            Release::Reconciliation => self.doubt(),
        }
        self.stop(After::Standby, Some(End::Alarm(cause)));
        if emitted {
            self.count_alarm();
        }
    }

    /// What was recorded may not be what was given.
    fn doubt(&mut self) {
        if let Some(session) = &mut self.session {
            let charged = session.account.charged(self.now);
            session.uncertain |= session.account.is_running() || charged != M::Dose::default();
        }
    }

    /// The third alarm within ten minutes takes the unit out of use (SES-12).
    fn count_alarm(&mut self) {
        let [last, before] = self.alarms;
        self.alarms = [Some(self.now), last];
        if before.is_some_and(|at| self.now.since(at) <= ALARM_WINDOW) {
            self.alarms = [None; 2];
            self.lock(Cause::RepeatedStops);
        }
    }

    /// Orders off. A session that is not to be kept ends for the first reason that is given.
    fn stop(&mut self, then: After, end: Option<End>) {
        if let Some(end) = end {
            self.end_session(end);
        }
        if let Some(session) = &mut self.session {
            session.slices = Slices::VOID;
        }
        match &mut self.phase {
            Phase::Offline | Phase::Standby => self.conclude(),
            Phase::Stopping { then: planned, .. } => {
                if then == After::Standby {
                    *planned = After::Standby;
                }
            }
            Phase::Ready { .. }
            | Phase::Warning { .. }
            | Phase::Emitting { .. }
            | Phase::Paused { .. } => self.phase = Phase::Stopping { since: self.now, then },
        }
    }

    fn end_session(&mut self, end: End) {
        if let Some(session) = &mut self.session {
            session.end = session.end.or(Some(end));
        }
    }

    /// Hands a session that ended over to the ledger. One that may still emit is kept.
    fn conclude(&mut self) {
        if let Some(session) = &self.session
            && session.end.is_some()
            && !session.account.is_running()
        {
            self.ended = Some(session.ended(self.now));
            self.session = None;
        }
    }
}
