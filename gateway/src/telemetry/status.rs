//! How a unit stands, as the broker retains it: told when it changes and after every connect.

use clinic::{SessionId, Shown};
use safety::{Beam, Causes, Instant, Latched, State};
use serde::Serialize;

use super::{
    moment::Moment,
    unit::{Face, Head, Quality},
};
use crate::{
    directory::{Directory, UnitCard},
    word,
};

/// What a status is told again for when it differs.
///
/// A proof of off is renewed with every answer of the unit. That is no change: what counts is since
/// when off was proven without a break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    state: State,
    beam: &'static str,
    beam_since: Instant,
    causes: Causes,
    epoch: u32,
    session: Option<SessionId>,
    relay_closed: bool,
    quality: Quality,
}

impl Standing {
    /// How a unit stands now, given how it stood before.
    pub(crate) fn next(before: Option<&Self>, shown: &Shown, now: Instant) -> Self {
        let face = Face::of(shown);
        let beam = word::beam(face.beam);
        let began = before.filter(|before| before.beam == beam).map(|before| before.beam_since);
        let beam_since = match (face.beam, began) {
            (Beam::OffProven(_) | Beam::On(_), Some(began)) => began,
            (Beam::OffProven(since) | Beam::On(since), None) => since,
            // What was last known may be forgotten, and then nothing is known from earlier on.
            (Beam::Unknown(since), _) => since,
        };
        Self {
            state: face.state,
            beam,
            beam_since,
            causes: face.causes,
            epoch: face.epoch,
            session: face.session,
            relay_closed: face.relay_closed,
            quality: Quality::of(shown, now),
        }
    }

    /// As JSON.
    pub(crate) fn payload(
        &self,
        directory: &Directory,
        card: &UnitCard,
        moment: Moment,
    ) -> serde_json::Result<Vec<u8>> {
        let causes = self.causes.iter().map(|latched| CauseJson::new(latched, moment));
        serde_json::to_vec(&StatusJson {
            head: Head::new(directory, card),
            room: directory.room_name(card.room),
            at: moment.wall_at(moment.now),
            at_boottime_nanoseconds: moment.now.since_boot(),
            state: word::state(self.state),
            beam: BeamJson {
                known: self.beam,
                since: moment.wall_at(self.beam_since),
                since_boottime_nanoseconds: self.beam_since.since_boot(),
            },
            causes: causes.collect(),
            epoch: self.epoch,
            session: self.session.map(|session| session.to_string()),
            relay_closed: self.relay_closed,
            quality: self.quality.word(),
        })
    }
}

#[derive(Debug, Serialize)]
struct StatusJson<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    room: &'a str,
    at: String,
    at_boottime_nanoseconds: u64,
    state: &'static str,
    beam: BeamJson,
    causes: Vec<CauseJson>,
    epoch: u32,
    session: Option<String>,
    relay_closed: bool,
    quality: &'static str,
}

#[derive(Debug, Serialize)]
struct BeamJson {
    known: &'static str,
    since: String,
    since_boottime_nanoseconds: u64,
}

#[derive(Debug, Serialize)]
struct CauseJson {
    cause: &'static str,
    scope: &'static str,
    released_by: &'static str,
    since: String,
    since_boottime_nanoseconds: u64,
}

impl CauseJson {
    fn new(latched: Latched, moment: Moment) -> Self {
        Self {
            cause: word::cause(latched.cause),
            scope: word::scope(latched.cause.scope()),
            released_by: word::release(latched.cause.release()),
            since: moment.wall_at(latched.at),
            since_boottime_nanoseconds: latched.at.since_boot(),
        }
    }
}
