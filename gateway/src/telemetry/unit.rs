//! What every message about a unit begins with, and what it may be trusted for.

use clinic::{AnyStatus, SessionId, Shown};
use safety::{Beam, Causes, Instant, Nanos, State};
use serde::Serialize;

use crate::directory::{Directory, UnitCard};
use crate::word;

/// The version of the messages. Fields are only added within one.
pub(crate) const SCHEMA: u32 = 1;
/// A reading older than this is stale (API-06).
pub(crate) const STALE: Nanos = Nanos::from_millis(500);
/// A reading older than this says nothing: the longest that any link may be silent.
pub(crate) const SILENT: Nanos = Nanos::from_millis(1_000);

/// What every message about a unit begins with.
#[derive(Debug, Serialize)]
pub(crate) struct Head<'a> {
    schema: u32,
    unit: &'a str,
    modality: &'static str,
    mark: &'static str,
    run: u32,
}

impl<'a> Head<'a> {
    pub(crate) fn new(directory: &Directory, card: &'a UnitCard) -> Self {
        Self {
            schema: SCHEMA,
            unit: &card.name,
            modality: word::modality(card.modality),
            mark: word::mark(card),
            run: directory.run,
        }
    }
}

/// How far the newest reading of the output may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quality {
    /// It is fresh.
    Good,
    /// It is older than 500 ms.
    Stale,
    /// There is none, or it is older than any link may be silent.
    Bad,
}

impl Quality {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Stale => "stale",
            Self::Bad => "bad",
        }
    }

    pub(crate) fn of(shown: &Shown, now: Instant) -> Self {
        let face = Face::of(shown);
        match face.read.map(|asked| now.since(asked)) {
            Some(age) if age <= STALE && face.state != State::Offline => Self::Good,
            Some(age) if age <= SILENT && face.state != State::Offline => Self::Stale,
            Some(_) | None => Self::Bad,
        }
    }
}

/// The part of a status that is alike for all modalities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Face {
    pub(crate) state: State,
    pub(crate) beam: Beam,
    pub(crate) causes: Causes,
    pub(crate) epoch: u32,
    pub(crate) session: Option<SessionId>,
    pub(crate) relay_closed: bool,
    /// When the newest reading of the output was asked for.
    pub(crate) read: Option<Instant>,
}

impl Face {
    pub(crate) fn of(shown: &Shown) -> Self {
        macro_rules! face {
            ($status:expr) => {
                Self {
                    state: $status.state,
                    beam: $status.beam,
                    causes: $status.causes,
                    epoch: $status.epoch,
                    session: shown.session,
                    relay_closed: shown.relay_closed,
                    read: $status.emission.map(|(asked, _)| asked),
                }
            };
        }
        match &shown.status {
            AnyStatus::Laser(status) => face!(status),
            AnyStatus::Pemf(status) => face!(status),
            AnyStatus::Stimulator(status) => face!(status),
        }
    }

    /// Whether people should look more often: it emits, or may.
    pub(crate) fn is_emitting(&self) -> bool {
        let on = matches!(self.beam, Beam::On(_));
        on || matches!(self.state, State::Emitting | State::Stopping)
    }
}
