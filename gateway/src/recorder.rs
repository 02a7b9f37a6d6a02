//! Records everything that happens to the clinic, so that it can be replayed bit for bit.
//!
//! A record begins with the start of the gateway, when every line is closed and all that is known is
//! the configuration and what the ledger says. It holds no state that could be read from it alone:
//! the clinic is made again and told the same, and every effect is compared. So nothing can be left
//! out of a record or cut off its front, and one that misses a step ends there. It decides nothing,
//! and nothing waits for it: the recorder never stops emission.

mod block;
mod field;
mod glance;
mod happening;
mod plot;
mod prescription;
mod reel;
mod replay;
mod shelf;
mod story;
mod strip;
mod tape;
#[cfg(test)]
mod tests;
mod trace;
mod writer;

use std::{
    fmt, io,
    path::PathBuf,
    sync::{Arc, atomic::Ordering, mpsc::sync_channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::clock;

pub use self::{
    block::BlockError,
    field::{Field, Malformed},
    glance::{Doses, Glance, Measures},
    plot::Plot,
    reel::{End, Head, Place, Record, RecordError, Reel},
    replay::{Difference, RebuildError, ReplayError, Replayed, Seen, rebuild, replay},
    shelf::records_in,
    story::{Clocks, Story},
    strip::Strip,
    tape::Tape,
    trace::Dialects,
};
use self::{
    shelf::Shelf,
    tape::{CHUNKS, Gauge},
    writer::{Writer, buffer, wall_micros},
};

/// What decides: the version, and a hash over the sources, the locked versions of all packages and
/// the compiler. Two gateways of one build decide alike, wherever they were built.
pub const BUILD: &str = concat!(env!("CARGO_PKG_VERSION"), "+", env!("THERAPY_GATEWAY_SOURCES"));

/// The folder of the records within the data folder.
pub const FOLDER: &str = "records";

/// Where records are kept, and for how long.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The folder of the records.
    pub folder: PathBuf,
    /// How many bytes all records together may have.
    pub keep_bytes: u64,
    /// For how many days a record is kept that is no longer written.
    pub keep_days: u32,
    /// So many bytes of the file system are the ledger's (JRN-02).
    pub reserve_bytes: u64,
}

/// A recorder at work.
#[derive(Debug)]
pub struct Recorder {
    /// Where the control thread puts what happens.
    pub tape: Tape,
    /// How it stands.
    pub recording: Recording,
    /// The thread that owns the file.
    pub thread: RecorderThread,
}

/// How a recorder stands. Cheap to clone.
#[derive(Clone, Default)]
pub struct Recording(Option<Arc<Gauge>>);

/// The thread that owns the file.
#[derive(Debug)]
pub struct RecorderThread(JoinHandle<()>);

impl Recorder {
    /// Begins a record with `head`.
    ///
    /// # Errors
    /// If its file cannot be made. The gateway does its work without.
    pub fn start(setting: Setting, head: &Head, dialects: Dialects) -> io::Result<Self> {
        let Setting { folder, keep_bytes, keep_days, reserve_bytes } = setting;
        let keep = Duration::from_secs(u64::from(keep_days).saturating_mul(86_400));
        let shelf = Shelf { folder, keep_bytes, keep };
        let (path, file) = shelf.create(head.run, clock::wall())?;
        let reel = Reel::begin(file, head, wall_micros())?;
        let gauge = Arc::new(Gauge::default());
        gauge.bytes.store(reel.bytes(), Ordering::Relaxed);
        let (full, chunks) = sync_channel(CHUNKS);
        let (pool, empty) = sync_channel(CHUNKS);
        for _ in 0..CHUNKS {
            // There is a place for each.
            let _fits = pool.try_send(buffer());
        }
        let looked = safety::Instant::from_boot(0);
        let own = Arc::clone(&gauge);
        let writer = Writer { reel, path, shelf, reserve_bytes, chunks, pool, gauge: own, looked };
        let thread = thread::Builder::new().name("recorder".to_owned());
        let thread = RecorderThread(thread.spawn(|| writer.run())?);
        let tape = Tape::new(empty, full, Arc::clone(&gauge), dialects);
        Ok(Self { tape, recording: Recording(Some(gauge)), thread })
    }
}

impl Recording {
    /// Whether what happens is recorded.
    pub fn is_on(&self) -> bool {
        let gauge = self.0.as_ref();
        gauge.is_some_and(|gauge| {
            !gauge.stopped.load(Ordering::Relaxed) && !gauge.gap.load(Ordering::Relaxed)
        })
    }

    /// How long the present record is.
    pub fn bytes(&self) -> u64 {
        self.0.as_ref().map_or(0, |gauge| gauge.bytes.load(Ordering::Relaxed))
    }

    /// Whether it ended because the disk was too slow.
    pub fn has_gap(&self) -> bool {
        self.0.as_ref().is_some_and(|gauge| gauge.gap.load(Ordering::Relaxed))
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").field("is_on", &self.is_on()).finish_non_exhaustive()
    }
}

impl RecorderThread {
    /// Waits until everything that was taken is written. That is once the [`Tape`] was dropped.
    pub fn join(self) {
        // A panic there was counted, and ended the record.
        let _counted = self.0.join();
    }
}
