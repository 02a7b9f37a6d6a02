//! Names: of units, lines, rooms, sessions, patients and calls.

use alloc::sync::Arc;
use core::fmt;

/// A unit, by its place in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(pub u16);

/// A line, by its place in the configuration. It carries one unit, several PEMF units, or a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId(pub u16);

/// A room, by its place in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId(pub u16);

/// One session, unique over all runs of a gateway: the run and the fencing token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId {
    /// Counts the starts of the gateway.
    pub run: u32,
    /// Counts the sessions of a run.
    pub token: u32,
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.run, self.token)
    }
}

/// Whom an answer goes to. Made by the gateway; means nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// Names one entry for the ledger, so that its receipt can be told from another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u64);

/// What a client calls a request, so that repeating it does nothing twice (API-02).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// Up to 36 visible ASCII characters: a UUID.
    pub fn new(text: &str) -> Option<Self> {
        visible(text, 36).then(|| Self(text.into()))
    }

    /// As the client wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A patient: an opaque id and who issued it. Never a name.
///
/// Its `Debug` shows nothing, so that it cannot leak into a log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatientKey {
    issuer: Arc<str>,
    id: Arc<str>,
}

impl PatientKey {
    /// Issuer and id are 1 to 64 visible ASCII characters each.
    pub fn new(issuer: &str, id: &str) -> Option<Self> {
        let both = visible(issuer, 64) && visible(id, 64);
        both.then(|| Self { issuer: issuer.into(), id: id.into() })
    }

    /// Who issued the id.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The opaque id.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Debug for PatientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PatientKey(..)")
    }
}

fn visible(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
