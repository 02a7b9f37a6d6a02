//! What telemetry counts of itself, for metrics and the console.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counts since the start of the gateway. Readers need no order between them.
#[derive(Debug, Default)]
pub struct Counters {
    published: AtomicU64,
    dropped: AtomicU64,
    lost: AtomicU64,
    reconnects: AtomicU64,
    outbox: AtomicU64,
    connected: AtomicBool,
}

impl Counters {
    /// Messages that the broker took, or that were written to it where nothing is acknowledged.
    pub fn published(&self) -> u64 {
        self.published.load(Ordering::Relaxed)
    }

    /// Live values that were due while the one before was still on its way: the next is newer.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Events that nobody will hear of because the outbox was full.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Connections that were made after the first.
    pub fn reconnects(&self) -> u64 {
        self.reconnects.load(Ordering::Relaxed)
    }

    /// Events that wait to be taken by the broker.
    pub fn outbox(&self) -> u64 {
        self.outbox.load(Ordering::Relaxed)
    }

    /// Whether there is a broker.
    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    pub(super) fn count_published(&self) {
        self.published.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_dropped(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_reconnect(&self) {
        self.reconnects.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn set_outbox(&self, waiting: usize, lost: u64) {
        self.outbox.store(u64::try_from(waiting).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.lost.store(lost, Ordering::Relaxed);
    }

    pub(super) fn set_connected(&self, connected: bool) {
        self.connected.store(connected, Ordering::Relaxed);
    }
}
