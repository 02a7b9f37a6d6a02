//! The records of the audit, as they stand in the file.

use std::path::Path;

use clinic::{Entry, UnitId};
use rusqlite::{Connection, OpenFlags, Transaction};
use safety::Instant;
use serde_json::Value;

use super::{amount::Amount, error::LedgerError, file, prescription, row::EntryError, word::Word};
use crate::audit::{self, Break, Chain, Deed, Head, Place};

/// How many records are read at a time: a few milliseconds, for which entries may wait.
const PAGE: i64 = 500;

/// Appends a record, and says which head it leaves.
pub(super) fn append(
    transaction: &Transaction<'_>,
    deed: &Deed,
    after: &Head,
    run: u32,
    utc: &str,
) -> Result<Head, EntryError> {
    let line = audit::line(deed, Place { after, run, utc })?;
    let head = after.followed_by(&line);
    let sequence = i64::try_from(head.sequence)
        .map_err(|_too_large| EntryError::TooLarge { count: head.sequence })?;
    transaction.prepare_cached(APPEND)?.execute((sequence, &line, &head.hash))?;
    Ok(head)
}

/// What an entry of the clinic is recorded as beside its rows. The others are told as changes, which
/// are recorded by themselves.
pub(super) fn of_entry(units: &[String], at: Instant, entry: &Entry) -> Option<Deed> {
    let name = |unit: &UnitId| units.get(usize::from(unit.0)).map_or("?", |name| name.as_str());
    match entry {
        Entry::Open { session, unit, patient, prescription, hash, up_to } => {
            let text = prescription::text(prescription);
            let deed = Deed::new(at, "session.opened")
                .about(name(unit))
                .with("prescription", serde_json::from_str::<Value>(&text).ok()?)
                .with("prescription_hash", audit::hexadecimal(hash));
            let deed = Deed { session: Some(*session), patient: Some(patient.clone()), ..deed };
            Some(amount(deed, Amount::of(*up_to).ok()?))
        }
        Entry::Stray { unit, patient, dose } => {
            let deed = Deed::new(at, "unit.stray").about(name(unit));
            let deed = Deed { patient: patient.clone(), ..deed };
            Some(amount(deed, Amount::of(*dose).ok()?))
        }
        Entry::Slice { .. }
        | Entry::Settle { .. }
        | Entry::Latch(..)
        | Entry::Release(..)
        | Entry::Proof(..)
        | Entry::Meter { .. }
        | Entry::Review(_) => None,
    }
}

/// Says a dose in the units of the ledger.
fn amount(deed: Deed, amount: Amount) -> Deed {
    let quantity = match amount.modality {
        crate::directory::Modality::Laser => "energy_picojoules",
        crate::directory::Modality::Pemf => "exposure_femtotesla_seconds",
        crate::directory::Modality::Stimulator => "picopulses",
    };
    deed.with("modality", amount.modality.word())
        .with(quantity, amount.quantity)
        .with("emission_nanoseconds", amount.time_ns)
}

/// Verifies every record, and says where the chain ends and where it first does not hold.
pub(super) fn verify(connection: &Connection) -> Result<(Chain, Option<Break>), rusqlite::Error> {
    let (mut chain, mut broken) = (Chain::default(), None);
    let mut select = connection.prepare(ALL)?;
    let mut rows = select.query(())?;
    while let Some(row) = rows.next()? {
        let (line, hash): (String, String) = (row.get(0)?, row.get(1)?);
        broken = broken.or(chain.take_kept(&line, &hash).err());
    }
    Ok((chain, broken))
}

/// A record as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The number under which it is kept.
    pub sequence: u64,
    /// The line.
    pub line: String,
    /// What its hash was when it was written.
    pub hash: String,
}

/// A page of records after this one.
pub(super) fn read(connection: &Connection, after: u64) -> Result<Vec<Kept>, rusqlite::Error> {
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let mut select = connection.prepare_cached(AFTER)?;
    let kept = select.query_map((after, PAGE), |row| {
        let sequence = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
        Ok(Kept { sequence, line: row.get(1)?, hash: row.get(2)? })
    })?;
    kept.collect()
}

/// The audit in the file of a gateway that does not run.
#[derive(Debug)]
pub struct AuditFile(Connection);

impl AuditFile {
    /// Opens the ledger at `path` to read its audit. Nothing is changed or made.
    ///
    /// # Errors
    /// [`LedgerError`] if there is no ledger of ours, or a gateway has it.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        std::fs::metadata(path)
            .map_err(|source| LedgerError::File { path: path.to_path_buf(), source })?;
        let known = |error| file::known(path, error);
        // What a crash left in the log is part of the file, so reading may have to write.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(known)?;
        file::recognise(&connection, path)?;
        Ok(Self(connection))
    }

    /// A page of records after this one, in their order; none if it is the newest.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn records(&self, after: u64) -> Result<Vec<Kept>, rusqlite::Error> {
        read(&self.0, after)
    }
}

const APPEND: &str = "INSERT INTO audit (sequence, record, hash) VALUES (?1, ?2, ?3)";

const ALL: &str = "SELECT record, hash FROM audit ORDER BY sequence";

const AFTER: &str =
    "SELECT sequence, record, hash FROM audit WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";
