//! Keeps what must survive a crash: open marks, slices, settlements, strays and causes.
//!
//! One thread of its own owns the file and writes in groups: everything that waits goes into one
//! transaction with one sync, and each entry hears afterwards whether it is durable. After the first
//! error nothing is written any more until a restart, so that no retry makes a lost record good
//! (JRN-03). It decides nothing: what an entry means for a unit or a patient, the clinic knows.

mod amount;
mod error;
mod file;
mod past;
mod prescription;
mod row;
mod run;
mod schema;
mod stamp;
#[cfg(test)]
mod tests;
mod word;
mod writer;

use std::{
    path::Path,
    sync::{
        Arc,
        mpsc::{self, SyncSender, TrySendError},
    },
    thread::{self, JoinHandle},
};

use clinic::{Entry, EntryId, Past, Receipt};
use jiff::Timestamp;
use safety::Instant;

use self::writer::{Gauge, Waiting, Writer};

pub use self::error::LedgerError;

/// The way to the ledger, for any number of holders. While one is held, the ledger stays open.
#[derive(Clone, Debug)]
pub struct Ledger {
    queue: SyncSender<Waiting>,
    gauge: Arc<Gauge>,
}

/// A ledger that was opened, and what it knew.
#[derive(Debug)]
pub struct Opened {
    /// The way to it.
    pub ledger: Ledger,
    /// Counts the starts of the gateway. It was durable before anybody could see it, so that no
    /// session of another run has the same name.
    pub run: u32,
    /// What is to be told to the clinic before anything else (SES-14).
    pub past: Past,
    /// The wall clock stands before the last record. The cause is latched on every unit already,
    /// durably, and is part of `past` (TIM-03).
    pub clock_back: bool,
    /// The thread that owns the file.
    pub thread: LedgerThread,
}

/// The thread that owns the file.
#[derive(Debug)]
pub struct LedgerThread(JoinHandle<()>);

/// An entry was not taken, and never will be. It counts as [`Receipt::Failed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// The ledger is too far behind.
    #[error("too many entries are waiting for the ledger")]
    Full,
    /// Its thread has ended.
    #[error("the ledger is closed")]
    Closed,
}

/// How the ledger stands, as of its last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Something could not be made durable: nothing is entered any more until a restart.
    pub failed: bool,
    /// The file system has less room than the reserve, or does not say: no new start; a session
    /// that runs goes on (JRN-02).
    pub low_space: bool,
    /// What the file system has left for us, in bytes.
    pub free_bytes: u64,
    /// Entries that were made durable in this run.
    pub entries: u64,
    /// Transactions that they took.
    pub commits: u64,
    /// Entries that wait.
    pub waiting: usize,
}

impl Health {
    /// How many entries may wait.
    pub const WAITING_MAX: usize = ENTRIES_MAX;
}

impl Ledger {
    /// Opens the ledger at `path`, or makes one there that only its owner may read.
    ///
    /// `units` are the names of the units in the order of their [`UnitId`](clinic::UnitId)s: entries
    /// are kept by name, so that a changed configuration moves nothing from one unit to another.
    /// `wall` is asked on the ledger's thread whenever it writes. `receipts` is called there too,
    /// once per entry, after the sync; it must not wait.
    ///
    /// # Errors
    /// [`LedgerError`] if the file cannot be had whole and alone: then nothing may start.
    pub fn open(
        path: &Path,
        units: &[String],
        setting: Setting,
        now: Instant,
        wall: impl Fn() -> Timestamp + Send + 'static,
        receipts: impl Fn(EntryId, Receipt) + Send + 'static,
    ) -> Result<Opened, LedgerError> {
        let mut connection = file::open(path)?;
        let start =
            run::Start { now, wall: wall(), boot: &setting.boot, config: &setting.config, units };
        let (run, clock_back) = run::begin(&mut connection, path, &start)?;
        let past = past::load(&connection, path, &start)?;
        let gauge = Arc::new(Gauge::default());
        let (queue, waiting) = mpsc::sync_channel(ENTRIES_MAX);
        let writer = Writer {
            connection,
            run,
            units: units.to_vec(),
            path: path.to_path_buf(),
            waiting,
            wall,
            receipts,
            gauge: Arc::clone(&gauge),
            setting,
        };
        writer.measure_space();
        let thread = thread::Builder::new().name("ledger".to_owned());
        let thread = thread
            .spawn(|| writer.run())
            .map_err(|source| LedgerError::Thread { path: path.to_path_buf(), source })?;
        let thread = LedgerThread(thread);
        Ok(Opened { ledger: Self { queue, gauge }, run, past, clock_back, thread })
    }

    /// Has an entry of the instant `now` made durable. Never waits: the receipt comes by itself.
    ///
    /// # Errors
    /// [`NotTaken`] if the entry will get no receipt: it counts as failed.
    pub fn try_enter(&self, now: Instant, id: EntryId, entry: Entry) -> Result<(), NotTaken> {
        self.gauge.took(1);
        let sent = self.queue.try_send(Waiting { at: now, id, entry });
        sent.inspect_err(|_not_taken| self.gauge.answered(1)).map_err(|error| match error {
            TrySendError::Full(_) => NotTaken::Full,
            TrySendError::Disconnected(_) => NotTaken::Closed,
        })
    }

    /// How the ledger stands. Takes no lock.
    pub fn health(&self) -> Health {
        self.gauge.health()
    }
}

impl LedgerThread {
    /// Waits until everything that was taken is written and the file is closed. That is once every
    /// [`Ledger`] was dropped.
    pub fn join(self) {
        // A panic on that thread has ended the process.
        let _never_panicked = self.0.join();
    }
}

/// What the ledger is told once.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What the machine calls the time since its boot.
    boot: String,
    /// The hash of the configuration, to which every session of this run refers (CFG-07).
    config: String,
    /// Below so many free bytes space is low (JRN-02).
    reserve_bytes: u64,
}

impl Setting {
    /// For a run on this machine, under a configuration of this hash.
    ///
    /// # Errors
    /// [`LedgerError::Boot`] if the machine does not say which boot this is.
    pub fn new(config: String, reserve_bytes: u64) -> Result<Self, LedgerError> {
        Ok(Self { boot: run::boot_id()?, config, reserve_bytes })
    }
}

/// Entries that may wait for the ledger: as many as a clinic waits for at most.
const ENTRIES_MAX: usize = 1_024;
