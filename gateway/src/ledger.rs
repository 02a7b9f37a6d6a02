//! Keeps what must survive a crash: open marks, slices, settlements, strays and causes.
//!
//! One thread of its own owns the file and writes in groups: everything that waits goes into one
//! transaction with one sync, and each entry hears afterwards whether it is durable. After the first
//! error nothing is written any more until a restart, so that no retry makes a lost record good
//! (JRN-03). It decides nothing: what an entry means for a unit or a patient, the clinic knows.

mod amount;
mod audit;
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
use tokio::sync::{oneshot, watch};

use self::writer::{Gauge, Waiting, Writer};
use crate::audit::{Break, Chain, Deed, Head};

pub use self::{
    audit::{AuditFile, Kept},
    error::LedgerError,
};

/// The way to the ledger, for any number of holders. While one is held, the ledger stays open.
#[derive(Clone, Debug)]
pub struct Ledger {
    queue: SyncSender<Waiting>,
    gauge: Arc<Gauge>,
    head: watch::Receiver<Head>,
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
    /// Where the audit does not hold, if it does not (AUD-04). It goes on after its last record.
    pub audit_break: Option<Break>,
    /// The hash of the configuration of the run before, if there was one.
    pub config_before: Option<String>,
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

/// A deed was not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    /// It was not taken.
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    /// The ledger failed.
    #[error("the ledger failed")]
    Failed,
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
        let config_before = run::config_before(&connection, path)?;
        let (run, clock_back) = run::begin(&mut connection, path, &start)?;
        let (chain, audit_break) =
            audit::verify(&connection).map_err(|source| file::known(path, source))?;
        let (head, heads) = watch::channel(chain.head().clone());
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
            head,
        };
        writer.measure_space();
        let thread = thread::Builder::new().name("ledger".to_owned());
        let thread = thread
            .spawn(|| writer.run())
            .map_err(|source| LedgerError::Thread { path: path.to_path_buf(), source })?;
        let thread = LedgerThread(thread);
        let ledger = Self { queue, gauge, head: heads };
        Ok(Opened { ledger, run, past, clock_back, audit_break, config_before, thread })
    }

    /// Has an entry of the instant `now` made durable. Never waits: the receipt comes by itself.
    ///
    /// # Errors
    /// [`NotTaken`] if the entry will get no receipt: it counts as failed.
    pub fn try_enter(&self, now: Instant, id: EntryId, entry: Entry) -> Result<(), NotTaken> {
        self.hand_over(Waiting::Entry { at: now, id, entry: Box::new(entry) })
    }

    /// Has a deed recorded, behind everything that was handed over before and ahead of everything
    /// that comes after: what is durable later has it before it. Never waits.
    ///
    /// # Errors
    /// [`NotTaken`] if it will not be recorded.
    pub fn note(&self, deed: Deed) -> Result<(), NotTaken> {
        self.hand_over(Waiting::Deed { deed: Box::new(deed), kept: None })
    }

    /// Has a deed recorded, and waits until that is durable.
    ///
    /// # Errors
    /// [`NotKept`] if it is not: then what it is about must not be done.
    pub async fn keep(&self, deed: Deed) -> Result<(), NotKept> {
        let (kept, receipt) = oneshot::channel();
        self.hand_over(Waiting::Deed { deed: Box::new(deed), kept: Some(kept) })?;
        match receipt.await {
            Ok(Receipt::Durable) => Ok(()),
            Ok(Receipt::Failed) | Err(_) => Err(NotKept::Failed),
        }
    }

    /// Verifies the audit as it stands now, a page at a time, so that entries wait no longer than a
    /// page takes. With its head comes where it first does not hold.
    ///
    /// # Errors
    /// [`NotKept`] if it cannot be read.
    pub async fn verify_audit(&self) -> Result<(Head, Option<Break>), NotKept> {
        let goal = self.head.borrow().clone();
        let (mut chain, mut broken) = (Chain::default(), None);
        let mut after = 0;
        while after < goal.sequence {
            let page = self.records(after).await?;
            let Some(last) = page.last() else { break };
            after = last.sequence;
            for Kept { line, hash, .. } in page {
                let taken = chain.take_kept(&line, &hash).and(chain.meets(&goal));
                broken = broken.or(taken.err());
            }
        }
        broken = broken.or(chain.reaches(&goal).err());
        Ok((chain.head().clone(), broken))
    }

    /// A page of the records after this one.
    pub(crate) async fn records(&self, after: u64) -> Result<Vec<Kept>, NotKept> {
        let (lines, read) = oneshot::channel();
        self.hand_over(Waiting::Read { after, lines })?;
        match read.await {
            Ok(Ok(lines)) => Ok(lines),
            Ok(Err(_)) | Err(_) => Err(NotKept::Failed),
        }
    }

    /// The newest record of the audit, now and whenever there is a newer one.
    pub fn head(&self) -> watch::Receiver<Head> {
        self.head.clone()
    }

    /// Ends the thread when everything that was handed over before is written. What comes later is not
    /// taken. Blocks while the queue is full.
    pub fn close(&self) {
        self.gauge.took(1);
        if self.queue.send(Waiting::Close).is_err() {
            self.gauge.answered(1);
        }
    }

    fn hand_over(&self, waiting: Waiting) -> Result<(), NotTaken> {
        self.gauge.took(1);
        let sent = self.queue.try_send(waiting);
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
    /// Waits until everything that was taken is written and the file is closed. That is once the
    /// ledger was [closed](Ledger::close) or every [`Ledger`] was dropped.
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
