//! Where the control thread puts what happens: it never waits here, and lays out nothing.
//!
//! Steps gather in a chunk that goes to the recorder's thread when it is full or some milliseconds old.
//! Chunks come back to be used again; when none is left the disk is too slow, and the record ends
//! where it is. Emission does not depend on any of this.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender},
    },
};

use clinic::{Clinic, Effect, Happening};
use safety::{Instant, Nanos};

use super::{strip::Strip, trace::Dialects};

/// A chunk is handed over once it has so many bytes.
pub(super) const CHUNK_BYTES: usize = 32 * 1_024;
/// A chunk is handed over once its first step is so old: what a killed gateway loses at most, beside
/// what came in one turn.
const CHUNK_AGE: Nanos = Nanos::from_millis(20);
/// How many chunks there are: 3 MB, so that the disk may stall for ten seconds at 256 units.
pub(super) const CHUNKS: usize = 96;

/// Takes what happens to a clinic, and what follows.
pub struct Tape {
    strip: Option<Strip>,
    /// The instants of the first and the last step of the chunk.
    begun: Instant,
    last: Instant,
    pool: Receiver<Vec<u8>>,
    /// `None` once nothing is recorded any more.
    full: Option<SyncSender<Vec<u8>>>,
    gauge: Arc<Gauge>,
    dialects: Dialects,
}

/// How the recorder stands, readable from everywhere without a lock.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    /// The record's length so far.
    pub(super) bytes: AtomicU64,
    /// A step had no place to wait.
    pub(super) gap: AtomicBool,
    /// Chunks that wait for the disk.
    pub(super) waiting: AtomicUsize,
    /// Nothing is written any more.
    pub(super) stopped: AtomicBool,
}

impl Tape {
    pub(super) const fn new(
        pool: Receiver<Vec<u8>>,
        full: SyncSender<Vec<u8>>,
        gauge: Arc<Gauge>,
        dialects: Dialects,
    ) -> Self {
        let begun = Instant::from_boot(0);
        Self { strip: None, begun, last: begun, pool, full: Some(full), gauge, dialects }
    }

    /// Something happens to the clinic. Each such call is followed by one of [`Self::done`].
    pub fn happens(&mut self, now: Instant, happening: &Happening) {
        if self.full.is_none() {
            return;
        }
        if self.strip.is_none() {
            self.begun = now;
            self.strip = self.next_strip();
        }
        if let Some(strip) = &mut self.strip {
            self.last = now;
            strip.happens(now, happening);
        }
    }

    /// Something follows from it. `clinic` stands as the step left it.
    pub fn follows(&mut self, effect: &Effect, clinic: &Clinic) {
        if let Some(strip) = &mut self.strip {
            strip.follows(effect, clinic, &self.dialects);
        }
    }

    /// Nothing else follows.
    pub fn done(&mut self) {
        let Some(strip) = &mut self.strip else { return };
        strip.done();
        if strip.len() >= CHUNK_BYTES {
            self.hand_over();
        }
    }

    /// Whoever waits for an effect has it: there is time to hand a chunk over that is old enough. One
    /// is filled to its end while the disk stalls, so that few of them hold much.
    pub fn turn(&mut self) {
        let is_idle = self.gauge.waiting.load(Ordering::Relaxed) == 0;
        if is_idle && CHUNK_AGE <= self.last.since(self.begun) {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        let Some(strip) = self.strip.take() else { return };
        self.gauge.waiting.fetch_add(1, Ordering::Relaxed);
        // There are no more chunks than places, so this is refused only when the thread is gone.
        let sent = self.full.as_ref().map(|full| full.try_send(strip.into_bytes()));
        if matches!(sent, Some(Err(_))) {
            self.full = None;
        }
    }

    /// A chunk to write into. Without one, nothing is recorded any more: what follows a step that is
    /// missing cannot be replayed.
    fn next_strip(&mut self) -> Option<Strip> {
        if self.gauge.stopped.load(Ordering::Relaxed) {
            self.full = None;
            return None;
        }
        let buffer = self.pool.try_recv().ok();
        if buffer.is_none() {
            self.gauge.gap.store(true, Ordering::Relaxed);
            self.full = None;
        }
        buffer.map(Strip::new)
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        self.hand_over();
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape").field("records", &self.full.is_some()).finish_non_exhaustive()
    }
}
