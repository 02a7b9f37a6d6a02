//! One thing that happened, and the line that is kept of it.

use clinic::{PatientKey, SessionId};
use safety::Instant;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Head;

/// One thing that happened (AUD-03).
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    /// When, on the boot clock.
    pub at: Instant,
    /// What kind of thing: `command.arm`, `unit.latched`, `gateway.started`.
    pub kind: &'static str,
    /// Who did it, if a person did.
    pub actor: Option<Actor>,
    /// From where it was asked.
    pub station: Option<String>,
    /// The unit that it is about, by name.
    pub unit: Option<String>,
    /// The session that it belongs to.
    pub session: Option<SessionId>,
    /// The patient that it is about.
    pub patient: Option<PatientKey>,
    /// The reason that the person gave.
    pub reason: Option<String>,
    /// What else there is to say, by the kind: values with their units, before and after.
    pub details: Map<String, Value>,
}

/// A person as they named themselves. Without TLS nobody proves a name or a role, so they are kept
/// as claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Actor {
    /// The name.
    pub name: String,
    /// The role, in the words of the API.
    pub role: &'static str,
    /// Whether name and role were proven, by a certificate.
    pub proven: bool,
}

impl Deed {
    /// Something of this kind that happened at this instant, and nothing more.
    pub fn new(at: Instant, kind: &'static str) -> Self {
        Self {
            at,
            kind,
            actor: None,
            station: None,
            unit: None,
            session: None,
            patient: None,
            reason: None,
            details: Map::new(),
        }
    }

    /// The same, about this unit.
    #[must_use]
    pub fn about(mut self, unit: &str) -> Self {
        self.unit = Some(unit.to_owned());
        self
    }

    /// The same, with one thing more to say.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }
}

/// Where a line stands: after which, in which run, and at which time of the wall clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) after: &'a Head,
    pub(crate) run: u32,
    pub(crate) utc: &'a str,
}

/// The line of a deed, without its end: the bytes that are kept, exported and hashed.
pub(crate) fn line(deed: &Deed, place: Place<'_>) -> serde_json::Result<String> {
    let patient = deed.patient.as_ref();
    serde_json::to_string(&Line {
        schema: SCHEMA,
        sequence: place.after.sequence.saturating_add(1),
        previous: &place.after.hash,
        utc: place.utc,
        run: place.run,
        boottime_nanoseconds: deed.at.since_boot(),
        kind: deed.kind,
        actor: deed.actor.as_ref(),
        station: deed.station.as_deref(),
        unit: deed.unit.as_deref(),
        session: deed.session.map(|session| session.to_string()),
        patient: patient.map(|key| Patient { issuer: key.issuer(), id: key.id() }),
        reason: deed.reason.as_deref(),
        details: &deed.details,
    })
}

/// The fields of a line in their order. `docs/audit.md` describes them; within a schema none is taken
/// away and none changes its meaning.
#[derive(Serialize)]
struct Line<'a> {
    schema: u32,
    sequence: u64,
    previous: &'a str,
    utc: &'a str,
    run: u32,
    boottime_nanoseconds: u64,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a Actor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    station: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient: Option<Patient<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    details: &'a Map<String, Value>,
}

#[derive(Serialize)]
struct Patient<'a> {
    issuer: &'a str,
    id: &'a str,
}

/// The version of the line.
const SCHEMA: u32 = 1;
