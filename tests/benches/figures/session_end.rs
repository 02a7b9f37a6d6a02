//! How late sessions and warnings end in the real pump: the first byte against its instant.
//!
//! Sixteen units run sessions that end by their time. Meanwhile a thread of the same priority lets
//! timers of the same kind fire, and writes a frame to a pty whenever one does: what the machine
//! itself is late by, and what it takes to carry a byte across a pty.

use std::{
    os::fd::OwnedFd,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{Builder, JoinHandle},
};

use clinic::{AnyStatus, Shown, UnitId};
use gateway::{clock, directory::Modality, realtime, timer::Timer};
use safety::{Instant, Nanos, State};
use serde_json::json;
use tempfile::TempDir;
use tokio::{sync::watch, task::JoinSet};
use tonic::transport::Channel;

use crate::{
    Scale,
    bridge::Bridge,
    caller::connect,
    far::{self, End, Line, Seen},
    figure::{self, Samples},
    folder,
    operator::Session,
    prescription,
    pty::Pty,
};

const UNITS: usize = 16;
/// The length of a session. It differs from one to the next, so that ends fall anywhere.
const SESSION_MILLIS: u32 = 1_000;
/// How far beyond the machine's own error a session may end.
const GOAL_MICROS: f64 = 500.0;
/// Between two timers of the reference.
const REFERENCE: Nanos = Nanos::from_millis(7);
/// A frame that is taken for an Off.
const OFF: [u8; 5] = [0, 4, 1, 8, 0];

/// Measures the ends of sessions and of warnings.
pub(crate) fn measure(scale: &Scale) -> anyhow::Result<()> {
    let folder = TempDir::with_prefix("figures-")?;
    let ptys: anyhow::Result<Vec<_>> = (0..UNITS).map(|_| Pty::new()).collect();
    let ptys = ptys?;
    let ports: Vec<_> = ptys.iter().map(|pty| pty.path.clone()).collect();
    folder::write(folder.path(), Modality::Pemf, &ports)?;
    let seen: Vec<Arc<Seen>> = (0..UNITS).map(|_| Arc::default()).collect();
    let lines = ptys.into_iter().enumerate().zip(&seen).map(|((place, pty), seen)| Line {
        pty,
        end: End::Unit(Box::new(folder::unit(Modality::Pemf, place, |plan| plan))),
        seen: Arc::clone(seen),
        asked: None,
    });
    let _far = far::serve(lines.collect())?;
    let bridge = Bridge::start(folder.path(), UNITS)?;
    let machine = Machine::start()?;
    let late = sessions(&bridge, &seen, scale.ends);
    let errors = machine.end()?;
    bridge.leave()?;
    let late = late?;
    let ends = Samples::new(late.iter().filter_map(|late| late.end).collect());
    let warnings = Samples::new(late.iter().map(|late| late.warning).collect());
    print("end of session", &ends, &errors);
    print("end of warning", &warnings, &errors);
    Ok(())
}

fn print(case: &str, late: &Samples, machine: &Errors) {
    let shown = |samples: &Samples| {
        json!({
            "p50": figure::rounded(samples.micros(500)),
            "p99": figure::rounded(samples.micros(990)),
        })
    };
    let beyond = |own: &Samples| figure::rounded(late.micros(990) - own.micros(990));
    figure::print(&json!({
        "name": "session_end",
        "units": "microseconds",
        "case": case,
        "therapy_units": UNITS,
        "n": late.count(),
        "late": shown(late),
        "machine_timer": shown(&machine.timers),
        "machine_timer_to_byte": shown(&machine.bytes),
        "p99_beyond_timer": beyond(&machine.timers),
        "p99_beyond_timer_goal": GOAL_MICROS,
        "p99_beyond_byte": beyond(&machine.bytes),
    }));
}

/// How late one session was, in nanoseconds.
struct Late {
    warning: u64,
    /// Unless its instant could not be known ahead.
    end: Option<u64>,
}

fn sessions(bridge: &Bridge, seen: &[Arc<Seen>], ends: usize) -> anyhow::Result<Vec<Late>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut units = JoinSet::new();
        for (place, seen) in seen.iter().enumerate() {
            let id = UnitId(u16::try_from(place)?);
            let Some(shown) = bridge.herald.watch(id) else { anyhow::bail!("no unit {place}") };
            let channel = connect(bridge.grpc).await?;
            units.spawn(unit(channel, place, Arc::clone(seen), shown, ends));
        }
        let mut all = Vec::new();
        while let Some(late) = units.join_next().await {
            all.extend(late??);
        }
        Ok(all)
    })
}

async fn unit(
    channel: Channel,
    place: usize,
    seen: Arc<Seen>,
    shown: watch::Receiver<Option<Shown>>,
    ends: usize,
) -> anyhow::Result<Vec<Late>> {
    let mut late = Vec::new();
    for number in 0..ends {
        let millis = SESSION_MILLIS + u32::try_from((place * 37 + number * 101) % 400)?;
        let prescription = prescription::pemf(&format!("{place}-{number}"), millis);
        let mut session =
            Session::open(channel.clone(), &folder::name(place), prescription).await?;
        seen.forget();
        session.start().await?;
        let planned = tokio::spawn(planned(shown.clone(), Arc::clone(&seen)));
        session.end(false).await?;
        let planned = planned.await??;
        let enabled = seen.enable.load(Ordering::Acquire);
        let off = seen.off.load(Ordering::Acquire);
        late.push(Late {
            warning: enabled.saturating_sub(planned.warning.since_boot()),
            end: planned.still.then(|| off.saturating_sub(planned.end.since_boot())),
        });
    }
    Ok(late)
}

/// When the warning and the emission of a session are to end.
#[derive(Default)]
struct Planned {
    warning: Instant,
    end: Instant,
    /// The end was the same when it was last looked at. One that moves depends on a measured dose,
    /// and is not known ahead.
    still: bool,
}

/// Watches a session until it stops emitting.
async fn planned(
    mut shown: watch::Receiver<Option<Shown>>,
    seen: Arc<Seen>,
) -> anyhow::Result<Planned> {
    let mut planned = Planned::default();
    loop {
        let now = shown.borrow_and_update().and_then(|shown| match shown.status {
            AnyStatus::Pemf(status) => Some((status.state, status.at, status.session?)),
            AnyStatus::Laser(_) | AnyStatus::Stimulator(_) => None,
        });
        match now {
            Some((State::Warning, _, session)) => {
                planned.warning = session.until.unwrap_or_default();
            }
            Some((State::Emitting, at, session)) => {
                let end = at.after(session.left);
                planned.still = planned.end == end;
                planned.end = end;
                // An Off that was said before is not the end.
                if seen.off.load(Ordering::Acquire) < seen.enable.load(Ordering::Acquire) {
                    seen.off.store(0, Ordering::Release);
                }
            }
            Some(_) | None if planned.end != Instant::default() => return Ok(planned),
            Some(_) | None => {}
        }
        shown.changed().await?;
    }
}

/// The machine's own errors.
struct Errors {
    timers: Samples,
    bytes: Samples,
}

/// What measures them.
struct Machine {
    ended: Arc<AtomicBool>,
    thread: JoinHandle<anyhow::Result<Errors>>,
}

impl Machine {
    fn start() -> anyhow::Result<Self> {
        let pty = Pty::new()?;
        let near = pty.near.try_clone()?;
        let seen = Arc::<Seen>::default();
        let line = Line { pty, end: End::Sink, seen: Arc::clone(&seen), asked: None };
        let far = far::serve(vec![line])?;
        let ended = Arc::new(AtomicBool::new(false));
        let own = Arc::clone(&ended);
        let thread = Builder::new().name("reference".into()).spawn(move || {
            let _served_until_here_ends = far;
            let _as_prompt_as_may_be = realtime::ask();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(refer(&near, &seen, &own))
        })?;
        Ok(Self { ended, thread })
    }

    fn end(self) -> anyhow::Result<Errors> {
        self.ended.store(true, Ordering::Release);
        self.thread.join().map_err(|_panicked| anyhow::anyhow!("the reference panicked"))?
    }
}

/// Lets timers fire until it ends: how late they were, and how late a byte was that was written then.
async fn refer(near: &OwnedFd, seen: &Seen, ended: &AtomicBool) -> anyhow::Result<Errors> {
    let mut timer = Timer::new()?;
    let (mut timers, mut bytes) = (Vec::new(), Vec::new());
    while !ended.load(Ordering::Acquire) {
        seen.forget();
        let at = clock::now().after(REFERENCE);
        timer.set(at)?;
        timer.fired().await?;
        timers.push(clock::now().since(at).get());
        rustix::io::write(near, &OFF)?;
        // The byte has come out when the next timer fires.
        let next = clock::now().after(REFERENCE);
        timer.set(next)?;
        timer.fired().await?;
        timers.push(clock::now().since(next).get());
        match seen.off.load(Ordering::Acquire) {
            0 => {}
            came => bytes.push(came.saturating_sub(at.since_boot())),
        }
    }
    Ok(Errors { timers: Samples::new(timers), bytes: Samples::new(bytes) })
}
