//! Whether the gateway is there: said when it connects, when it leaves, and by the broker when it
//! is gone without a word.

use serde::Serialize;

use super::{moment::Moment, unit::SCHEMA};
use crate::directory::Directory;

/// Whether the gateway is there, and why it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It has connected.
    Connected,
    /// It shuts down in good order: every unit is off.
    ShutDown,
    /// The broker lost it. Written down when it connected, told when it is lost.
    Lost,
}

impl Presence {
    /// As JSON.
    pub(crate) fn payload(
        self,
        directory: &Directory,
        moment: Moment,
    ) -> serde_json::Result<Vec<u8>> {
        let (presence, reason) = match self {
            Self::Connected => ("online", "connected"),
            Self::ShutDown => ("offline", "shut_down"),
            Self::Lost => ("offline", "lost"),
        };
        serde_json::to_vec(&PresenceJson {
            schema: SCHEMA,
            site: &directory.site,
            gateway: &directory.gateway,
            run: directory.run,
            version: env!("CARGO_PKG_VERSION"),
            presence,
            reason,
            at: moment.wall_at(moment.now),
            at_boottime_nanoseconds: moment.now.since_boot(),
            units: directory.units.iter().map(|unit| unit.name.as_str()).collect(),
        })
    }
}

#[derive(Debug, Serialize)]
struct PresenceJson<'a> {
    schema: u32,
    site: &'a str,
    gateway: &'a str,
    run: u32,
    version: &'static str,
    presence: &'static str,
    reason: &'static str,
    /// When it was written: for a will, when the gateway connected.
    at: String,
    at_boottime_nanoseconds: u64,
    units: Vec<&'a str>,
}
