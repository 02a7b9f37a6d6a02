//! A picture of one unit, for people and telemetry. Nothing decides by it.

use crate::{
    cause::Causes,
    command::Beacon,
    modality::Modality,
    quantity::Temperature,
    report::{BootId, Contacts, Emission},
    terms::VALIDITY,
    time::{Instant, Nanos},
    warning::{Warning, Warnings},
};

use super::{Phase, Supervisor};

/// One bad frame in a hundred is no warning, more is (COM-06).
const GARBLED_WARNS: u32 = 1;
/// How long a reminder is shown.
const REMINDED: Nanos = Nanos::from_secs(3);

/// What people are shown of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// The port is closed, or what answers has not proven what it is.
    Offline,
    /// Off is proven; nothing is armed.
    Standby,
    /// Armed: the setting is held and nothing is emitted.
    Ready,
    /// People are being warned.
    Warning,
    /// It is ordered to emit.
    Emitting,
    /// Off, with the session kept.
    Paused,
    /// Ordered off, not yet proven.
    Stopping,
    /// A cause is latched.
    Locked,
}

/// What is known of the beam or field, apart from the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Beam {
    /// The unit answered that it is off to a question of this instant.
    OffProven(Instant),
    /// It emits, or must be taken to.
    On(Instant),
    /// Nothing newer is known since this instant.
    Unknown(Instant),
}

/// The state of one unit at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Status<M: Modality> {
    /// When it was taken.
    pub at: Instant,
    /// What people are shown.
    pub state: State,
    /// What is known of the emission.
    pub beam: Beam,
    /// Latched causes, oldest first.
    pub causes: Causes,
    /// What a command has to carry.
    pub epoch: u32,
    /// The session, if one is open.
    pub session: Option<SessionStatus<M>>,
    /// The last reading of the emission, and when it was asked for.
    pub emission: Option<(Instant, Emission<M::Output>)>,
    /// The last reading of the switches, and when it was asked for.
    pub contacts: Option<(Instant, Contacts)>,
    /// The last reading of the temperature, and when it was asked for.
    pub temperature: Option<(Instant, Option<Temperature>)>,
    /// The unit's own faults, as the bits of its protocol.
    pub faults: u32,
    /// The present start of the unit.
    pub boot: Option<BootId>,
    /// When the newest proof of who it is was asked for.
    pub identity: Option<Instant>,
    /// What people are warned of.
    pub warnings: Warnings,
    /// How many of the last hundred frames were bad.
    pub garbled_percent: u32,
    /// Emission that belongs to no session.
    pub stray: M::Dose,
}

/// The state of a session at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionStatus<M: Modality> {
    /// Who holds it.
    pub token: u32,
    /// The newest beacon.
    pub beacon: Beacon,
    /// What was confirmed.
    pub level: M::Level,
    /// What was prescribed.
    pub prescribed: M::Dose,
    /// What counts against the limits.
    pub charged: M::Dose,
    /// What was delivered, at best knowledge.
    pub delivered: M::Dose,
    /// How long emission will last if nothing stops it.
    pub left: Nanos,
    /// When the present phase runs out: the warning, READY or the pause.
    pub until: Option<Instant>,
    /// The instant of the newest beacon that was echoed.
    pub held: Option<Instant>,
    /// Whether the unit was seen to hold what was confirmed.
    pub read_back: bool,
    /// Whether a footswitch holds the output off.
    pub gated: bool,
}

impl<M: Modality> Supervisor<M> {
    /// A picture of this unit as of its last step.
    pub fn status(&self) -> Status<M> {
        let gated = matches!(self.phase, Phase::Emitting { watch, .. } if watch.gated);
        Status {
            at: self.now,
            state: self.state(),
            beam: self.beam(),
            causes: self.causes,
            epoch: self.epoch,
            session: self.session_status(gated),
            emission: self.heard.emission,
            contacts: self.heard.contacts,
            temperature: self.heard.temperature,
            faults: self.heard.faults.map_or(0, |(_, faults)| faults),
            boot: self.heard.boot,
            identity: self.heard.identity,
            warnings: self.warnings(),
            garbled_percent: self.heard.garbled.count_ones(),
            stray: self.stray(),
        }
    }

    /// What people are warned of now (LAS-10, LAS-17, PEM-04, COM-06, DOS-11).
    fn warnings(&self) -> Warnings {
        let coil = self.terms.coil.zip(self.heard.temperature);
        let warm = coil.is_some_and(|(limits, (_, read))| Some(limits.warn) <= read);
        let apart = self.session.as_ref().is_some_and(|session| session.account.is_apart());
        let (deviates, reminds, frames) = match self.phase {
            Phase::Emitting { since, watch, .. } => {
                (watch.warns, self.reminds(since), GARBLED_WARNS < self.heard.garbled.count_ones())
            }
            Phase::Offline
            | Phase::Standby
            | Phase::Ready { .. }
            | Phase::Warning { .. }
            | Phase::Stopping { .. }
            | Phase::Paused { .. } => (false, false, false),
        };
        let each = [
            (Warning::Deviation, deviates),
            (Warning::CoilWarm, warm),
            (Warning::BadFrames, frames),
            (Warning::MoveHandpiece, reminds),
            (Warning::CountsDiffer, apart),
        ];
        each.into_iter().collect()
    }

    /// Whether people are reminded now, in an emission that goes on since then.
    fn reminds(&self, since: Instant) -> bool {
        let Some(every) = M::REMINDER else { return false };
        let lasted = self.now.since(since);
        let into = lasted.get().checked_rem(every.get()).unwrap_or(0);
        every <= lasted && into < REMINDED.get()
    }

    /// What people are shown of this unit.
    pub fn state(&self) -> State {
        if !self.causes.is_empty() {
            return State::Locked;
        }
        match self.phase {
            Phase::Offline => State::Offline,
            Phase::Standby => State::Standby,
            Phase::Ready { .. } => State::Ready,
            Phase::Warning { .. } => State::Warning,
            Phase::Emitting { .. } => State::Emitting,
            Phase::Stopping { .. } => State::Stopping,
            Phase::Paused { .. } => State::Paused,
        }
    }

    /// What is known of the emission.
    pub fn beam(&self) -> Beam {
        let fresh = |asked: Instant| {
            self.now.since(asked) < self.terms.timing.link.plus(self.terms.timing.poll)
        };
        match (self.phase, self.heard.off) {
            (Phase::Emitting { since, .. }, _) => Beam::On(since),
            (Phase::Stopping { since, .. }, _) if self.is_running() => match self.heard.emission {
                Some((asked, reading)) if since <= asked && self.shows_output(reading) => {
                    Beam::On(asked)
                }
                Some(_) | None => Beam::Unknown(since),
            },
            (_, Some(asked)) if fresh(asked) => Beam::OffProven(asked),
            (_, Some(asked)) => Beam::Unknown(asked),
            (_, None) => match self.heard.emission {
                Some((asked, reading)) if self.shows_output(reading) => Beam::On(asked),
                Some(_) | None => Beam::Unknown(self.heard.opened.unwrap_or_default()),
            },
        }
    }

    pub(super) fn shows_output(&self, reading: Emission<M::Output>) -> bool {
        reading.enabled || !self.terms.is_off(reading.output)
    }

    /// Whether something may be emitted that is not yet accounted for.
    pub fn may_emit(&self) -> bool {
        self.is_running()
    }

    pub(super) fn is_running(&self) -> bool {
        let session = self.session.as_ref().is_some_and(|session| session.account.is_running());
        session || self.stray.is_running()
    }

    /// Whether time alone adds to what is charged: to the session or to nobody.
    pub(super) fn time_is_charged(&self) -> bool {
        let session = self.session.as_ref().is_some_and(|session| session.account.lasts());
        session || self.stray.lasts()
    }

    fn session_status(&self, gated: bool) -> Option<SessionStatus<M>> {
        let session = self.session.as_ref()?;
        let timing = &self.terms.timing;
        let until = match self.phase {
            Phase::Ready { since } => Some(since.after(timing.ready)),
            Phase::Warning { since } => Some(since.after(timing.warning)),
            Phase::Paused { since } => Some(since.after(timing.pause)),
            Phase::Emitting { .. } => Some(self.now.after(VALIDITY)),
            Phase::Offline | Phase::Standby | Phase::Stopping { .. } => None,
        };
        Some(SessionStatus {
            token: session.token,
            beacon: session.beacon(self.now),
            level: session.admitted.level(),
            prescribed: session.admitted.dose(),
            charged: session.account.charged(self.now),
            delivered: session.account.delivered(),
            left: M::lasts(session.left(self.now), session.admitted.level()),
            until,
            held: session.held,
            read_back: session.read_back,
            gated,
        })
    }
}
