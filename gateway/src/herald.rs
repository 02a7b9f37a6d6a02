//! Carries what the control thread shows and tells to everybody who watches.
//!
//! The control thread never waits for a watcher: a status overwrites the one before, a change goes
//! into a bounded queue, and a queue that is full is itself a cause (`LostRecord`). All fan-out
//! happens here, on the ordinary runtime.

use std::sync::Arc;

use clinic::{Change, LineId, Shown, UnitId};
use safety::Instant;
use tokio::sync::{broadcast, mpsc, watch};

use crate::{
    directory::Directory,
    overhear::{Direction, Ear, Lines, Monitor},
};

/// Changes on their way from the control thread. A clinic makes a few a second.
const CHANGES_MAX: usize = 4_096;
/// Changes that a slow watcher may be behind before it is told that it missed some.
const WATCHERS_BEHIND_MAX: usize = 1_024;

/// What watchers hold: the newest status of each unit, and changes as they come.
#[derive(Clone, Debug)]
pub struct Herald {
    directory: Arc<Directory>,
    shown: Arc<[watch::Receiver<Option<Shown>>]>,
    changes: broadcast::Sender<Arc<Change>>,
    lines: Lines,
}

/// What the control thread holds.
#[derive(Debug)]
pub struct Mouth {
    shown: Vec<watch::Sender<Option<Shown>>>,
    changes: mpsc::Sender<Change>,
    ear: Ear,
}

/// A change did not fit into the queue: a record is lost.
#[derive(Debug)]
pub struct Lost;

impl Mouth {
    /// Shows how a unit stands. Never waits; the status before is overwritten.
    pub fn show(&self, unit: UnitId, shown: Shown) {
        if let Some(sender) = self.shown.get(usize::from(unit.0)) {
            sender.send_replace(Some(shown));
        }
    }

    /// Notes what goes over a line, if somebody monitors it. Never waits.
    pub fn overhear(&self, now: Instant, line: LineId, direction: Direction, bytes: &[u8]) {
        self.ear.hear(now, line, direction, bytes);
    }

    /// Tells what changed. Never waits.
    ///
    /// # Errors
    /// If the queue is full or its reader is gone.
    pub fn tell(&self, change: Change) -> Result<(), Lost> {
        self.changes.try_send(change).map_err(|_full_or_gone| Lost)
    }
}

impl Herald {
    /// A herald, the mouth that feeds it, and the task that carries changes from one to the other.
    pub fn new(directory: Arc<Directory>) -> (Self, Mouth, impl Future<Output = ()>) {
        let (senders, receivers): (Vec<_>, Vec<_>) =
            directory.units.iter().map(|_| watch::channel(None)).unzip();
        let (lines, ear, carry_overheard) = Lines::new(directory.lines());
        let (tell, mut told) = mpsc::channel(CHANGES_MAX);
        let (changes, _nobody_yet) = broadcast::channel(WATCHERS_BEHIND_MAX);
        let fan_out = changes.clone();
        let carry_changes = async move {
            while let Some(change) = told.recv().await {
                let _nobody_watches = fan_out.send(Arc::new(change));
            }
        };
        let herald = Self { directory, shown: receivers.into(), changes, lines };
        let carry = async move {
            tokio::join!(carry_changes, carry_overheard);
        };
        (herald, Mouth { shown: senders, changes: tell, ear }, carry)
    }

    /// The fixed facts.
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// The newest status of a unit, now and whenever it changes.
    pub fn watch(&self, unit: UnitId) -> Option<watch::Receiver<Option<Shown>>> {
        self.shown.get(usize::from(unit.0)).cloned()
    }

    /// The newest status of a unit.
    pub fn shown(&self, unit: UnitId) -> Option<Shown> {
        *self.shown.get(usize::from(unit.0))?.borrow()
    }

    /// Listens to a line from now on.
    pub fn monitor(&self, line: LineId) -> Option<Monitor> {
        self.lines.monitor(line)
    }

    /// Changes from now on. A watcher that is too slow is told how many it missed.
    pub fn changes(&self) -> broadcast::Receiver<Arc<Change>> {
        self.changes.subscribe()
    }
}
