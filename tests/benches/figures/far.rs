//! The far ends of the lines: simulated units, the sink of the floor, and a port that is stuck.
//!
//! One thread serves some lines. It runs at the priority of the control thread, because it is the
//! clock by which everybody is measured: it notes when the first byte of a frame came out.

use std::{
    io,
    os::fd::OwnedFd,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::SyncSender,
    },
    thread::{Builder, JoinHandle},
};

use gateway::{clock, realtime};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::{read, write},
};
use simulated_units::{State, Unit};

use crate::pty::{self, Pty};

/// When things were first seen at the far end of one line, on the boot clock; zero before.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The first Off.
    pub(crate) off: AtomicU64,
    /// The first Enable.
    pub(crate) enable: AtomicU64,
    /// The unit began to warn.
    pub(crate) warning: AtomicU64,
}

/// What is at the far end.
pub(crate) enum End {
    /// A unit that answers.
    Unit(Box<Unit>),
    /// Something that reads and says nothing.
    Sink,
    /// Something that reads nothing: the line is full, and is kept full.
    Stuck,
}

/// One line to be served.
pub(crate) struct Line {
    pub(crate) pty: Pty,
    pub(crate) end: End,
    pub(crate) seen: Arc<Seen>,
    /// Told whenever a Status is asked for: a transaction has begun.
    pub(crate) asked: Option<SyncSender<()>>,
}

/// Lines that are being served; dropping it ends that.
pub(crate) struct Far {
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Seen {
    /// Forgets everything.
    pub(crate) fn forget(&self) {
        for at in [&self.off, &self.enable, &self.warning] {
            at.store(0, Ordering::Release);
        }
    }
}

/// Serves lines on a thread of its own.
pub(crate) fn serve(lines: Vec<Line>) -> anyhow::Result<Far> {
    let end = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&end);
    let thread = Builder::new().name("far".into()).spawn(move || {
        let _as_prompt_as_may_be = realtime::ask();
        let places = lines.into_iter().map(Place::new).collect();
        if let Err(error) = run(places, &ended) {
            eprintln!("the far end failed: {error}");
        }
    })?;
    Ok(Far { end, thread: Some(thread) })
}

impl Drop for Far {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Release);
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

/// A line as it is served.
struct Place {
    line: Line,
    /// When to look at it again.
    due: u64,
    spy: Spy,
}

/// Finds the kinds of frames in bytes, in pieces of any size: in open-link a frame is a zero, the
/// code 4 (three bytes without a zero follow), the version 1, and its kind.
#[derive(Default)]
struct Spy {
    matched: usize,
}

const HEAD: [u8; 3] = [0, 4, 1];
const STATUS: u8 = 3;
const ENABLE: u8 = 6;
const OFF: u8 = 8;
/// The longest that an idle line is left alone.
const IDLE: u64 = 50_000_000;

fn run(mut places: Vec<Place>, ended: &AtomicBool) -> io::Result<()> {
    let mut buffer = [0; 4_096];
    while !ended.load(Ordering::Acquire) {
        let now = now();
        for place in places.iter_mut().filter(|place| place.due <= now) {
            place.turn(now)?;
        }
        let due = places.iter().map(|place| place.due).min().unwrap_or(u64::MAX);
        let wait = due.saturating_sub(now).min(IDLE);
        let timeout = Timespec { tv_sec: 0, tv_nsec: i64::try_from(wait).unwrap_or(0) };
        let flags = |place: &Place| match place.line.end {
            End::Stuck => PollFlags::empty(),
            End::Unit(_) | End::Sink => PollFlags::IN,
        };
        let mut fds: Vec<_> =
            places.iter().map(|place| PollFd::new(&place.line.pty.far, flags(place))).collect();
        poll(&mut fds, Some(&timeout))?;
        let ready: Vec<_> = fds.iter().map(|fd| fd.revents().contains(PollFlags::IN)).collect();
        for (place, _) in places.iter_mut().zip(ready).filter(|(_, ready)| *ready) {
            let count = read(&place.line.pty.far, &mut buffer)?;
            place.take(self::now(), buffer.get(..count).unwrap_or_default());
        }
    }
    Ok(())
}

impl Place {
    fn new(line: Line) -> Self {
        Self { line, due: 0, spy: Spy::default() }
    }

    /// Lets time pass.
    fn turn(&mut self, now: u64) -> io::Result<()> {
        let Line { pty, end, .. } = &mut self.line;
        self.due = match end {
            End::Unit(unit) => {
                let mut wire = Vec::new();
                unit.transmit(now, &mut wire);
                send(&pty.far, &wire)?;
                unit.wake(now).unwrap_or(u64::MAX)
            }
            End::Sink => u64::MAX,
            End::Stuck => {
                pty::fill(&pty.near)?;
                now.saturating_add(IDLE)
            }
        };
        Ok(())
    }

    fn take(&mut self, now: u64, bytes: &[u8]) {
        let Line { end, seen, asked, .. } = &mut self.line;
        let mut began = false;
        self.spy.look(bytes, |kind| match kind {
            OFF => first(&seen.off, now),
            ENABLE => first(&seen.enable, now),
            STATUS => began = true,
            _ => {}
        });
        if began && let Some(asked) = asked {
            let _one_is_waiting = asked.try_send(());
        }
        if let End::Unit(unit) = end {
            unit.receive(now, bytes);
            if unit.state() == Some(State::Warning) {
                first(&seen.warning, now);
            }
        }
        self.due = now;
    }
}

impl Spy {
    fn look(&mut self, bytes: &[u8], mut found: impl FnMut(u8)) {
        for byte in bytes {
            if self.matched == HEAD.len() {
                found(*byte);
                self.matched = 0;
            }
            let next = HEAD.get(self.matched) == Some(byte);
            self.matched = if next { self.matched + 1 } else { usize::from(*byte == 0) };
        }
    }
}

fn first(at: &AtomicU64, now: u64) {
    let _not_the_first = at.compare_exchange(0, now, Ordering::AcqRel, Ordering::Acquire);
}

fn send(far: &OwnedFd, wire: &[u8]) -> io::Result<()> {
    let mut rest = wire;
    while !rest.is_empty() {
        let count = write(far, rest)?;
        rest = rest.get(count..).unwrap_or_default();
    }
    Ok(())
}

fn now() -> u64 {
    clock::now().since_boot()
}
