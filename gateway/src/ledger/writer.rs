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
use tokio::sync::{oneshot, watch};

use super::{Health, Setting, audit, audit::Kept, row, row::EntryError, stamp, stamp::Stamp};
use crate::{
    abort::AbortOnPanic,
    audit::{Deed, Head},
};

/// Something on its way into the file, or out of it.
#[derive(Debug)]
pub(super) enum Waiting {
    /// What the clinic keeps. Its receipt goes to the clinic.
    Entry { at: Instant, id: EntryId, entry: Box<Entry> },
    /// A record of the audit, and who waits until it is durable.
    Deed { deed: Box<Deed>, kept: Option<oneshot::Sender<Receipt>> },
    /// What was handed over before is written, and the thread ends.
    Close,
    /// Somebody wants to read records of the audit after this one, as they stand when everything
    /// before is written.
    Read { after: u64, lines: oneshot::Sender<Result<Vec<Kept>, rusqlite::Error>> },
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
    /// The newest record of the audit.
    pub(super) head: watch::Sender<Head>,
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
    /// Writes until it is closed, or nobody can hand over anything any more and nothing waits.
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
                    if self.take(&mut group) {
                        break;
                    }
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

    /// Makes a group durable, or not, and answers each of its entries. Says whether it was the last.
    fn take(&mut self, group: &mut Vec<Waiting>) -> bool {
        let receipt = self.make_durable(group);
        self.gauge.answered(group.len());
        let mut last = false;
        for waiting in group.drain(..) {
            match waiting {
                Waiting::Close => last = true,
                Waiting::Entry { id, .. } => (self.receipts)(id, receipt),
                Waiting::Deed { kept: Some(kept), .. } => {
                    let _nobody_waits = kept.send(receipt);
                }
                Waiting::Deed { kept: None, .. } => {}
                Waiting::Read { after, lines } => {
                    let _nobody_waits = lines.send(audit::read(&self.connection, after));
                }
            }
        }
        last
    }

    /// After the first failure nothing is tried again (JRN-03): whoever builds on a record that was
    /// lost would build on nothing, and a sync that failed once may report success the next time for
    /// pages that never reached the disk.
    fn make_durable(&mut self, group: &[Waiting]) -> Receipt {
        if self.gauge.failed.load(Ordering::Relaxed) {
            return Receipt::Failed;
        }
        match self.write(group) {
            Ok(head) => {
                let is_entry = |waiting: &&Waiting| matches!(waiting, Waiting::Entry { .. });
                let entries = group.iter().filter(is_entry).count();
                let entries = u64::try_from(entries).unwrap_or(u64::MAX);
                self.gauge.entries.fetch_add(entries, Ordering::Relaxed);
                self.gauge.commits.fetch_add(1, Ordering::Relaxed);
                self.head.send_if_modified(|known| {
                    let grew = *known != head;
                    *known = head;
                    grew
                });
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

    /// Writes a group. The head of the audit is the one that it leaves.
    fn write(&mut self, group: &[Waiting]) -> Result<Head, EntryError> {
        let mut head = self.head.borrow().clone();
        let utc = stamp::utc((self.wall)());
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for waiting in group {
            match waiting {
                Waiting::Entry { at, entry, .. } => {
                    let stamp = Stamp::new(self.run, &utc, *at)?;
                    row::enter(&transaction, &self.units, &stamp, entry)?;
                    if let Some(deed) = audit::of_entry(&self.units, *at, entry) {
                        head = audit::append(&transaction, &deed, &head, self.run, &utc)?;
                    }
                }
                Waiting::Deed { deed, .. } => {
                    head = audit::append(&transaction, deed, &head, self.run, &utc)?;
                }
                Waiting::Read { .. } | Waiting::Close => {}
            }
        }
        transaction.commit()?;
        Ok(head)
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
