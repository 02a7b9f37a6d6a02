//! When a line is free for the next frame.

use device_drivers::{Frame, Rank};
use safety::{Instant, Nanos};

/// A serial line, and what is with its port.
#[derive(Debug, Default)]
pub(crate) struct Line {
    open: bool,
    /// The time one byte takes: ten bits at the speed of the line.
    byte: Nanos,
    /// What is with the port.
    sending: Option<Sending>,
    /// A frame that has to wait until the line has rested.
    waiting: Option<Frame>,
    /// The line is at rest from here on.
    free_at: Instant,
}

#[derive(Debug)]
struct Sending {
    since: Instant,
    bytes: u64,
    rank: Rank,
    quiet_after: Nanos,
}

impl Line {
    pub(crate) fn new(byte: Nanos) -> Self {
        Self { open: false, byte, sending: None, waiting: None, free_at: Instant::default() }
    }

    pub(crate) fn open(&mut self, now: Instant) {
        *self = Self { open: true, free_at: now, ..Self::new(self.byte) };
    }

    pub(crate) fn close(&mut self) {
        *self = Self::new(self.byte);
    }

    /// Whether the dialect may be given a turn. For a stop it is enough that the port has taken the
    /// frame before: its bytes follow without a gap, so waiting would only delay them.
    pub(crate) fn has_turn(&self, now: Instant, stopping: bool) -> bool {
        let rested = self.free_at <= now || stopping;
        self.open && self.sending.is_none() && self.waiting.is_none() && rested
    }

    /// Takes a frame of a turn, so no other is with the port or waits: gives it back if it may go
    /// out now, or keeps it until it may. A stop need not wait until the line has rested.
    pub(crate) fn take(&mut self, now: Instant, frame: Frame) -> Option<Frame> {
        if frame.rank == Rank::Stop || self.free_at <= now {
            return Some(self.send(now, frame));
        }
        self.waiting = Some(frame);
        None
    }

    /// The frame that waited, if its time has come.
    pub(crate) fn due(&mut self, now: Instant) -> Option<Frame> {
        if self.sending.is_some() || now < self.free_at {
            return None;
        }
        let frame = self.waiting.take()?;
        Some(self.send(now, frame))
    }

    /// The port took the frame: how urgent that one was.
    pub(crate) fn written(&mut self, now: Instant) -> Option<Rank> {
        let sending = self.sending.take()?;
        let takes = self.byte.times(sending.bytes);
        let left = self.free_at.max(sending.since).after(takes).max(now);
        self.free_at = left.after(sending.quiet_after);
        Some(sending.rank)
    }

    /// The line rests until then, whatever was said on it.
    pub(crate) fn rest(&mut self, until: Instant) {
        self.free_at = self.free_at.max(until);
    }

    /// When the line will be free, if it is only at rest.
    pub(crate) fn wake(&self) -> Instant {
        if self.open && self.sending.is_none() { self.free_at } else { Instant::NEVER }
    }

    fn send(&mut self, now: Instant, frame: Frame) -> Frame {
        self.sending = Some(Sending {
            since: now,
            bytes: u64::try_from(frame.bytes.len()).unwrap_or(u64::MAX),
            rank: frame.rank,
            quiet_after: frame.quiet_after,
        });
        frame
    }
}
