//! The thread that owns the file: one writer, one transaction and one sync for everything that
//! waits, receipts for all afterwards.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use clinic::{Entry, EntryId, Receipt};
use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};
use safety::Instant;

use super::{Health, Setting, row, row::EntryError, stamp, stamp::Stamp};
use crate::abort::AbortOnPanic;

/// An entry on its way into the file.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) at: Instant,
    pub(super) id: EntryId,
    pub(super) entry: Entry,
}

/// What the thread holds.
pub(super) struct Writer<W, R> {
    pub(super) connection: Connection,
    pub(super) run: u32,
    pub(super) units: Vec<String>,
    pub(super) path: PathBuf,
    pub(super) waiting: Receiver<Waiting>,
    pub(super) wall: W,
    pub(super) receipts: R,
    pub(super) gauge: Arc<Gauge>,
    pub(super) setting: Setting,
}

/// How the ledger stands, readable from everywhere without a lock.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    failed: AtomicBool,
    low_space: AtomicBool,
    free_bytes: AtomicU64,
    entries: AtomicU64,
    commits: AtomicU64,
    waiting: AtomicUsize,
}

impl<W: Fn() -> Timestamp, R: Fn(EntryId, Receipt)> Writer<W, R> {
    /// Writes until nobody can enter anything any more and nothing waits.
    pub(super) fn run(mut self) {
        // Dropped before anything of `self` when a panic unwinds: the process ends while the log is
        // as the last commit left it, and the leases end the emission.
        let _abort = AbortOnPanic;
        let mut group = Vec::with_capacity(GROUP_MAX);
        loop {
            match self.waiting.recv_timeout(SPACE_EVERY) {
                Ok(first) => {
                    group.push(first);
                    let room = GROUP_MAX.saturating_sub(group.len());
                    group.extend(self.waiting.try_iter().take(room));
                    self.take(&mut group);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.measure_space();
        }
        if let Err((_connection, error)) = self.connection.close() {
            // Nothing is lost: what was receipted stands in the log, and the next start reads it.
            tracing::warn!(ledger = %self.path.display(), %error, "the ledger did not close");
        }
    }

    /// Looks at how much room the file system has left.
    pub(super) fn measure_space(&self) {
        let free = rustix::fs::statvfs(&self.path)
            .map_or(0, |space| space.f_bavail.saturating_mul(space.f_frsize));
        self.gauge.free_bytes.store(free, Ordering::Relaxed);
        self.gauge.low_space.store(free < self.setting.reserve_bytes, Ordering::Relaxed);
    }

    /// Makes a group durable, or not, and answers each of its entries.
    fn take(&mut self, group: &mut Vec<Waiting>) {
        let receipt = self.make_durable(group);
        self.gauge.answered(group.len());
        for entry in group.drain(..) {
            (self.receipts)(entry.id, receipt);
        }
    }

    /// After the first failure nothing is tried again (JRN-03): whoever builds on a record that was
    /// lost would build on nothing, and a sync that failed once may report success the next time for
    /// pages that never reached the disk.
    fn make_durable(&mut self, group: &[Waiting]) -> Receipt {
        if self.gauge.failed.load(Ordering::Relaxed) {
            return Receipt::Failed;
        }
        match self.write(group) {
            Ok(()) => {
                let entries = u64::try_from(group.len()).unwrap_or(u64::MAX);
                self.gauge.entries.fetch_add(entries, Ordering::Relaxed);
                self.gauge.commits.fetch_add(1, Ordering::Relaxed);
                Receipt::Durable
            }
            Err(error) => {
                self.gauge.failed.store(true, Ordering::Relaxed);
                let ledger = self.path.display();
                tracing::error!(%ledger, %error, "the ledger failed; it takes nothing until a restart");
                Receipt::Failed
            }
        }
    }

    fn write(&mut self, group: &[Waiting]) -> Result<(), EntryError> {
        let utc = stamp::utc((self.wall)());
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for waiting in group {
            let stamp = Stamp::new(self.run, &utc, waiting.at)?;
            row::enter(&transaction, &self.units, &stamp, &waiting.entry)?;
        }
        Ok(transaction.commit()?)
    }
}

impl Gauge {
    /// So many more wait.
    pub(super) fn took(&self, entries: usize) {
        self.waiting.fetch_add(entries, Ordering::Relaxed);
    }

    /// So many wait no longer.
    pub(super) fn answered(&self, entries: usize) {
        self.waiting.fetch_sub(entries, Ordering::Relaxed);
    }

    pub(super) fn health(&self) -> Health {
        Health {
            failed: self.failed.load(Ordering::Relaxed),
            low_space: self.low_space.load(Ordering::Relaxed),
            free_bytes: self.free_bytes.load(Ordering::Relaxed),
            entries: self.entries.load(Ordering::Relaxed),
            commits: self.commits.load(Ordering::Relaxed),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }
}

/// The most entries in one transaction: it stays a matter of milliseconds, and what comes in
/// meanwhile waits for the next.
const GROUP_MAX: usize = 256;
/// How often space is looked at while nothing is written: others fill disks too.
const SPACE_EVERY: Duration = Duration::from_secs(5);
