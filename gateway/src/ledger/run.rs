//! One start of the gateway: its number, its clocks, and whether the wall clock went back.

use std::{fs, path::Path};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use safety::{Cause, Instant};

use super::{error::LedgerError, file, row, row::EntryError, stamp, stamp::Stamp};

/// What is known when the gateway starts.
pub(super) struct Start<'a> {
    pub(super) now: Instant,
    pub(super) wall: Timestamp,
    /// What the machine calls the time since its boot.
    pub(super) boot: &'a str,
    /// The hash of the configuration (CFG-07).
    pub(super) config: &'a str,
    /// The units by name.
    pub(super) units: &'a [String],
}

/// Counts this start, durably, and tells whether the wall clock stands before the last record.
///
/// If it does, the cause is latched in the same transaction: a crash right after cannot lose it,
/// though the record of this run already carries the earlier time (TIM-03).
pub(super) fn begin(
    connection: &mut Connection,
    path: &Path,
    start: &Start<'_>,
) -> Result<(u32, bool), LedgerError> {
    let known = |error| file::known(path, error);
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(known)?;
    let last: Option<u32> =
        transaction.query_row("SELECT max(run) FROM runs", (), |row| row.get(0)).map_err(known)?;
    let run = last.unwrap_or(0).checked_add(1);
    let run = run.ok_or_else(|| LedgerError::RunsUsedUp { path: path.to_path_buf() })?;
    let clock_back = match last {
        Some(last) => last_record(&transaction, path, last)? > Some(start.wall),
        None => false,
    };
    enter(&transaction, run, start, clock_back).map_err(|error| match error {
        EntryError::Sqlite(source) => known(source),
        EntryError::TooLarge { .. }
        | EntryError::UnknownUnit { .. }
        | EntryError::Line(_)
        | EntryError::MixedModalities => {
            LedgerError::Unreadable { path: path.to_path_buf(), column: "runs.started_boot_ns" }
        }
    })?;
    transaction.commit().map_err(known)?;
    Ok((run, clock_back))
}

/// The hash of the configuration of the newest run, if there was one.
pub(super) fn config_before(
    connection: &Connection,
    path: &Path,
) -> Result<Option<String>, LedgerError> {
    let newest = "SELECT config FROM runs ORDER BY run DESC LIMIT 1";
    let config: Option<Option<String>> = connection
        .query_row(newest, (), |row| row.get(0))
        .optional()
        .map_err(|error| file::known(path, error))?;
    Ok(config.flatten())
}

/// What the machine calls the time since its boot.
pub(super) fn boot_id() -> Result<String, LedgerError> {
    let path = Path::new(BOOT_ID);
    let text = fs::read_to_string(path);
    let text = text.map_err(|source| LedgerError::Boot { path: path.to_path_buf(), source })?;
    Ok(text.trim().to_owned())
}

fn enter(
    transaction: &Transaction<'_>,
    run: u32,
    start: &Start<'_>,
    clock_back: bool,
) -> Result<(), EntryError> {
    let utc = stamp::utc(start.wall);
    let stamp = Stamp::new(run, &utc, start.now)?;
    let version = env!("CARGO_PKG_VERSION");
    let values = (run, stamp.utc, stamp.boot_ns, start.boot, version, start.config);
    transaction.execute("INSERT INTO runs VALUES (?1, ?2, ?3, ?4, ?5, ?6)", values)?;
    let latched = start.units.iter().filter(|_| clock_back);
    latched.into_iter().try_for_each(|unit| row::latch(transaction, unit, Cause::ClockBack, &stamp))
}

/// The wall clock of the newest record of a run. Earlier runs do not count: a person has already
/// judged whether their clock was right.
fn last_record(
    transaction: &Transaction<'_>,
    path: &Path,
    run: u32,
) -> Result<Option<Timestamp>, LedgerError> {
    let newest: Option<Option<String>> = transaction
        .query_row(LAST_RECORD, (run,), |row| row.get(0))
        .optional()
        .map_err(|error| file::known(path, error))?;
    let unreadable =
        |_bad| LedgerError::Unreadable { path: path.to_path_buf(), column: "a wall clock" };
    newest.flatten().map(|utc| utc.parse().map_err(unreadable)).transpose()
}

const LAST_RECORD: &str = "
    SELECT max(utc) FROM (
        SELECT started_utc AS utc FROM runs WHERE run = ?1
        UNION ALL SELECT opened_utc FROM sessions WHERE run = ?1
        UNION ALL SELECT written_utc FROM slices WHERE run = ?1
        UNION ALL SELECT settled_utc FROM settlements WHERE settled_run = ?1
        UNION ALL SELECT written_utc FROM strays WHERE run = ?1
        UNION ALL SELECT latched_utc FROM causes WHERE latched_run = ?1
        UNION ALL SELECT released_utc FROM causes WHERE released_run = ?1
        UNION ALL SELECT utc FROM proofs WHERE run = ?1
        UNION ALL SELECT reviewed_utc FROM reviews WHERE reviewed_run = ?1
    )";

/// Where Linux says which boot this is.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";
