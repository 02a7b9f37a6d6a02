//! What changed on a unit, as JSON.
//!
//! What a session was for and whom it was given to is not in here, nor anything it could be guessed
//! from: a refusal says its kind and not the decisions behind it (AUD-07).

use clinic::{Summary, What};
use safety::{Cause, End, Findings};
use serde::Serialize;

use super::{
    outbox::Entry,
    quantity::{DoseJson, Rounded},
    unit::Head,
};
use crate::{
    directory::{Directory, UnitCard},
    word,
};

/// An event as JSON.
pub(crate) fn payload(
    directory: &Directory,
    card: &UnitCard,
    entry: &Entry,
) -> serde_json::Result<Vec<u8>> {
    let change = &entry.change;
    serde_json::to_vec(&EventJson {
        head: Head::new(directory, card),
        sequence: entry.sequence,
        lost: entry.lost,
        at: &entry.wall,
        at_boottime_nanoseconds: change.at.since_boot(),
        session: change.session.map(|session| session.to_string()),
        change: ChangeJson::new(&change.what),
    })
}

#[derive(Debug, Serialize)]
struct EventJson<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    sequence: u64,
    lost: u64,
    at: &'a str,
    at_boottime_nanoseconds: u64,
    session: Option<String>,
    change: ChangeJson,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum ChangeJson {
    State { from: &'static str, to: &'static str },
    Confirmed,
    Ended(EndedJson),
    Latched { cause: &'static str, scope: &'static str, released_by: &'static str },
    Released { cause: &'static str },
    Stopped,
    Proven { proof: &'static str },
    Metered { passed: bool },
    Reviewed { findings: Vec<&'static str> },
    Refused { reason: &'static str },
}

#[derive(Debug, Serialize)]
pub(crate) struct EndedJson {
    end: &'static str,
    /// The cause, if an alarm ended it.
    cause: Option<&'static str>,
    outcome: &'static str,
    uncertain: bool,
    findings: Vec<&'static str>,
    prescribed: DoseJson,
    charged: DoseJson,
    delivered: DoseJson,
    debt: DoseJson,
}

impl ChangeJson {
    pub(crate) fn new(what: &What) -> Self {
        match what {
            What::State { from, to } => {
                Self::State { from: word::state(*from), to: word::state(*to) }
            }
            What::Confirmed => Self::Confirmed,
            What::Ended(summary) => Self::Ended(EndedJson::new(summary)),
            What::Latched(cause) => Self::Latched {
                cause: word::cause(*cause),
                scope: word::scope(cause.scope()),
                released_by: word::release(cause.release()),
            },
            What::Released(cause) => Self::Released { cause: word::cause(*cause) },
            What::Stopped => Self::Stopped,
            What::Proven(proof) => Self::Proven { proof: word::proof(*proof) },
            What::Metered(passed) => Self::Metered { passed: *passed },
            What::Reviewed(findings) => Self::Reviewed { findings: found(*findings) },
            What::Refused(refused) => Self::Refused { reason: word::refused(refused) },
        }
    }
}

impl EndedJson {
    fn new(summary: &Summary) -> Self {
        Self {
            end: word::end(summary.end),
            cause: alarm(summary.end).map(word::cause),
            outcome: word::outcome(summary.outcome),
            uncertain: summary.uncertain,
            findings: found(summary.findings),
            prescribed: DoseJson::new(summary.prescribed, Rounded::Down),
            charged: DoseJson::new(summary.charged, Rounded::Up),
            delivered: DoseJson::new(summary.delivered, Rounded::Down),
            debt: DoseJson::new(summary.debt, Rounded::Up),
        }
    }
}

fn found(findings: Findings) -> Vec<&'static str> {
    findings.iter().map(word::finding).collect()
}

const fn alarm(end: End) -> Option<Cause> {
    match end {
        End::Alarm(cause) => Some(cause),
        End::Dose | End::Time | End::Stopped | End::Expired | End::PauseOver => None,
    }
}
