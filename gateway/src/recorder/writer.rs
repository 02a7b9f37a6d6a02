//! The thread that writes the record. Whatever goes wrong here ends the record, and nothing else.

use std::{
    fs::File,
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError, SyncSender},
    },
    time::Duration,
};

use safety::{Instant, Nanos};

use super::{
    reel::{End, Reel},
    shelf::Shelf,
    tape::{CHUNK_BYTES, Gauge},
};
use crate::clock;

/// How often space and the other records are looked at.
const LOOK: Nanos = Nanos::from_secs(5);
/// A chunk that grew beyond this is not kept.
const CHUNK_MOST: usize = 4 * CHUNK_BYTES;

/// What the thread holds.
pub(super) struct Writer {
    pub(super) reel: Reel<File>,
    pub(super) path: PathBuf,
    pub(super) shelf: Shelf,
    /// So much of the file system is left to the ledger.
    pub(super) reserve_bytes: u64,
    pub(super) chunks: Receiver<Vec<u8>>,
    pub(super) pool: SyncSender<Vec<u8>>,
    pub(super) gauge: Arc<Gauge>,
    pub(super) looked: Instant,
}

impl Writer {
    /// Writes until nobody records any more, or nothing more is to be written.
    pub(super) fn run(mut self) {
        let outcome = self.write();
        // From here on the control thread gathers nothing.
        self.gauge.stopped.store(true, Ordering::Relaxed);
        let record = self.path.display().to_string();
        let ended = outcome.and_then(|end| {
            let file = self.reel.end(wall_micros(), end)?;
            file.sync_all()?;
            Ok(end)
        });
        match ended {
            Ok(End::Left) => {}
            Ok(end) => {
                tracing::error!(%record, "the record ended: {end}; a restart begins another");
            }
            Err(error) => tracing::error!(%record, %error, "the record cannot be written on"),
        }
    }

    fn write(&mut self) -> io::Result<End> {
        loop {
            match self.chunks.recv_timeout(Duration::from_nanos(LOOK.get())) {
                Ok(chunk) => self.take(chunk)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let gap = self.gauge.gap.load(Ordering::Relaxed);
                    return Ok(if gap { End::Gap } else { End::Left });
                }
            }
            let now = clock::now();
            if LOOK <= now.since(self.looked) {
                self.looked = now;
                if let Some(end) = self.look()? {
                    return Ok(end);
                }
            }
        }
    }

    fn take(&mut self, chunk: Vec<u8>) -> io::Result<()> {
        self.reel.steps(wall_micros(), &chunk)?;
        self.gauge.waiting.fetch_sub(1, Ordering::Relaxed);
        self.gauge.bytes.store(self.reel.bytes(), Ordering::Relaxed);
        let chunk = if chunk.capacity() <= CHUNK_MOST { chunk } else { buffer() };
        // There are no more chunks than places.
        let _nobody_records = self.pool.try_send(chunk);
        Ok(())
    }

    /// Whether there is room to go on.
    fn look(&self) -> io::Result<Option<End>> {
        self.shelf.make_room(&self.path, clock::wall())?;
        if self.shelf.keep_bytes < self.reel.bytes() {
            return Ok(Some(End::Full));
        }
        let space = rustix::fs::statvfs(&self.shelf.folder)?;
        let free = space.f_bavail.saturating_mul(space.f_frsize);
        let spared = self.reserve_bytes.saturating_mul(SPARED);
        let is_low = free < spared;
        let dropped = is_low && self.shelf.drop_oldest(&self.path)?;
        Ok((is_low && !dropped).then_some(End::LowSpace))
    }
}

/// An empty chunk.
pub(super) fn buffer() -> Vec<u8> {
    Vec::with_capacity(CHUNK_BYTES + CHUNK_BYTES / 4)
}

/// The wall clock in microseconds since 1970.
pub(super) fn wall_micros() -> i64 {
    clock::wall().as_microsecond()
}

/// The record gives way while there is still so many times the reserve of the ledger.
const SPARED: u64 = 2;
