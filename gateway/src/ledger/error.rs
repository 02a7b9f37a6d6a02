//! Why a ledger could not be opened. No patient is named in any of it.

use std::{io, path::PathBuf};

/// Why a ledger could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file could not be made, or its mode not be set.
    #[error("ledger {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process has it, most likely a second gateway.
    #[error("ledger {path} is in use by another process; one gateway runs on one ledger")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It is an SQLite file of something else.
    #[error("{path} is no ledger: its application id is {found:#x}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The id it has instead of ours.
        found: i32,
    },
    /// A newer gateway wrote it.
    #[error(
        "ledger {path} has schema {found}, this gateway knows up to {known}; \
         run the gateway that wrote it, or a newer one"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i32,
        /// The newest that this gateway knows.
        known: i32,
    },
    /// It is damaged, and a person must recover it (JRN-05).
    #[error("ledger {path} is damaged: {finding}; nothing starts until it is recovered")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found first.
        finding: String,
    },
    /// A value that this gateway never writes.
    #[error("ledger {path}: {column} of a record cannot be understood")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Where. The value is left out: it may be a patient's.
        column: &'static str,
    },
    /// The library is one with known faults in its log.
    #[error("SQLite {found} may damage a ledger; at least 3.51.3 is needed")]
    Library {
        /// Its version.
        found: &'static str,
    },
    /// A setting that durability depends on was not taken.
    #[error("ledger {path}: SQLite does not take {setting}")]
    Setting {
        /// The file.
        path: PathBuf,
        /// The setting.
        setting: &'static str,
    },
    /// The gateway was started as often as can be counted.
    #[error("ledger {path} has no number left for another run")]
    RunsUsedUp {
        /// The file.
        path: PathBuf,
    },
    /// The machine does not say which boot this is.
    #[error("{path}: {source}")]
    Boot {
        /// Where it should say so.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Anything else that SQLite reports.
    #[error("ledger {path}: {source}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What.
        source: rusqlite::Error,
    },
    /// The thread could not be started.
    #[error("ledger {path}: its thread: {source}")]
    Thread {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
