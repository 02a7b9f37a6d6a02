//! When a record was made: the wall clock in UTC, the boot clock, and the run that tells which boot
//! it was (TIM-05).

use jiff::Timestamp;
use safety::Instant;

use super::{amount::column, row::EntryError};

/// The time of one record, as its columns keep it.
#[derive(Clone, Debug)]
pub(super) struct Stamp<'a> {
    pub(super) run: u32,
    pub(super) utc: &'a str,
    pub(super) boot_ns: i64,
}

impl<'a> Stamp<'a> {
    pub(super) fn new(run: u32, utc: &'a str, at: Instant) -> Result<Self, EntryError> {
        Ok(Self { run, utc, boot_ns: column(at.since_boot())? })
    }
}

/// The wall clock as text of one width, so that text sorts like time.
pub(super) fn utc(wall: Timestamp) -> String {
    format!("{wall:.9}")
}
