//! What goes over the lines, for whoever monitors one.
//!
//! Nothing waits for a monitor, and where there is none it costs one look at a counter.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use clinic::LineId;
use safety::Instant;
use tokio::sync::{broadcast, mpsc};

/// Stretches on their way from the control thread.
const OVERHEARD_MAX: usize = 1_024;
/// Stretches that a slow monitor may be behind.
const BEHIND_MAX: usize = 256;

/// Which way something went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the gateway to the unit.
    ToUnit,
    /// From the unit to the gateway.
    FromUnit,
}

/// Something that went over a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overheard {
    /// When.
    pub at: Instant,
    /// Which way.
    pub direction: Direction,
    /// What.
    pub bytes: Vec<u8>,
}

/// Where what goes over the lines is put: the control thread holds it.
#[derive(Debug)]
pub struct Ear {
    lines: Arc<[Line]>,
    queue: mpsc::Sender<(usize, Overheard)>,
}

/// Where it can be listened to.
#[derive(Clone, Debug)]
pub struct Lines(Arc<[Line]>);

/// Somebody who monitors a line, until this is dropped.
#[derive(Debug)]
pub struct Monitor {
    lines: Arc<[Line]>,
    line: usize,
    heard: broadcast::Receiver<Arc<Overheard>>,
    /// What was lost before somebody listened is not counted.
    missed: u64,
}

#[derive(Debug)]
struct Line {
    monitors: AtomicUsize,
    /// What did not fit into the queue.
    lost: AtomicU64,
    fan_out: broadcast::Sender<Arc<Overheard>>,
}

impl Ear {
    /// Notes what goes over a line, if somebody listens. Never waits.
    pub fn hear(&self, now: Instant, line: LineId, direction: Direction, bytes: &[u8]) {
        let place = usize::from(line.0);
        let Some(line) = self.lines.get(place) else { return };
        if line.monitors.load(Ordering::Relaxed) == 0 {
            return;
        }
        let overheard = Overheard { at: now, direction, bytes: bytes.to_vec() };
        if self.queue.try_send((place, overheard)).is_err() {
            line.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Lines {
    /// Ears for so many lines, where to listen, and the task that carries from one to the other.
    pub fn new(count: usize) -> (Self, Ear, impl Future<Output = ()>) {
        let line = |_| Line {
            monitors: AtomicUsize::new(0),
            lost: AtomicU64::new(0),
            fan_out: broadcast::channel(BEHIND_MAX).0,
        };
        let lines: Arc<[Line]> = (0..count).map(line).collect();
        let (queue, mut queued) = mpsc::channel::<(usize, Overheard)>(OVERHEARD_MAX);
        let to = Arc::clone(&lines);
        let carry = async move {
            while let Some((place, overheard)) = queued.recv().await {
                if let Some(line) = to.get(place) {
                    let _nobody_listens = line.fan_out.send(Arc::new(overheard));
                }
            }
        };
        (Self(Arc::clone(&lines)), Ear { lines, queue }, carry)
    }

    /// Listens to a line from now on.
    pub fn monitor(&self, line: LineId) -> Option<Monitor> {
        let place = usize::from(line.0);
        let found = self.0.get(place)?;
        found.monitors.fetch_add(1, Ordering::Relaxed);
        Some(Monitor {
            lines: Arc::clone(&self.0),
            line: place,
            heard: found.fan_out.subscribe(),
            missed: found.lost.load(Ordering::Relaxed),
        })
    }
}

impl Monitor {
    /// The next that went over the line, and how many were lost since the last.
    pub async fn next(&mut self) -> Option<(Arc<Overheard>, u64)> {
        let mut missed = 0_u64;
        loop {
            match self.heard.recv().await {
                Ok(overheard) => {
                    let lost = self
                        .lines
                        .get(self.line)
                        .map_or(0, |line| line.lost.load(Ordering::Relaxed));
                    missed = missed.saturating_add(lost.saturating_sub(self.missed));
                    self.missed = lost;
                    return Some((overheard, missed));
                }
                Err(broadcast::error::RecvError::Lagged(count)) => {
                    missed = missed.saturating_add(count);
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        if let Some(line) = self.lines.get(self.line) {
            line.monitors.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Instant = Instant::from_boot(7);

    #[tokio::test]
    async fn only_what_somebody_listens_to_is_carried() {
        let (lines, ear, carry) = Lines::new(2);
        tokio::spawn(carry);
        ear.hear(AT, LineId(0), Direction::ToUnit, b"before");
        let mut monitor = lines.monitor(LineId(0)).unwrap();
        ear.hear(AT, LineId(1), Direction::ToUnit, b"another line");
        ear.hear(AT, LineId(0), Direction::FromUnit, b"this");
        let (overheard, missed) = monitor.next().await.unwrap();
        assert_eq!((overheard.bytes.as_slice(), missed), (&b"this"[..], 0));
        assert_eq!(overheard.direction, Direction::FromUnit);
        assert!(lines.monitor(LineId(2)).is_none());

        drop(monitor);
        assert_eq!(ear.lines[0].monitors.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_slow_monitor_is_told_what_it_missed() {
        let (lines, ear, carry) = Lines::new(1);
        let mut monitor = lines.monitor(LineId(0)).unwrap();
        // Nobody carries yet, so what does not fit is lost at once.
        for _ in 0..OVERHEARD_MAX + 3 {
            ear.hear(AT, LineId(0), Direction::ToUnit, b"x");
        }
        drop(ear);
        carry.await;
        let (_, missed) = monitor.next().await.unwrap();
        let behind = OVERHEARD_MAX - BEHIND_MAX;
        assert_eq!(missed, u64::try_from(behind + 3).unwrap());
    }
}
