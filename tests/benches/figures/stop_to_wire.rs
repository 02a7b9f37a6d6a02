//! From a call of `Stop` to its first byte at the other end of the line.
//!
//! Idle: the units are polled and nothing else happens. Loaded: the call comes in the middle of a
//! transaction with the unit, and the last port is stuck. The floor is called in the same way at the
//! same pace, while the same gateway polls the same units.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, sync_channel},
    },
    time::Duration,
};

use anyhow::Context as _;
use gateway::{clock, directory::Modality};
use tempfile::TempDir;

use crate::{
    Scale,
    bridge::Bridge,
    caller::Caller,
    far::{self, End, Far, Line, Seen},
    figure::{self, Goals, Pair, Samples},
    floor::Floor,
    folder,
    pty::Pty,
};

/// From one call to the next: a stop is proven in less.
const PACE: u64 = 70_000_000;
/// A byte that has not come by then does not come.
const PATIENCE: u64 = 2_000_000_000;
/// How long a simulated unit takes to answer: long enough for a stop to come between.
const ANSWER_MICROS: u32 = 4_000;
/// Calls before those that count.
const WARM_UP: usize = 20;

/// Measures idle with several numbers of units, and loaded with the most.
pub(crate) fn measure(scale: &Scale) -> anyhow::Result<()> {
    for units in scale.units {
        one(scale, *units, false, Goals { p50: Some(1.0), p99: Some(1.3) })?;
    }
    let most = scale.units.iter().max().copied().unwrap_or(1);
    one(scale, most, true, Goals { p50: Some(1.15), p99: Some(1.6) })
}

fn one(scale: &Scale, units: usize, loaded: bool, goals: Goals) -> anyhow::Result<()> {
    let folder = TempDir::with_prefix("figures-")?;
    let mut site = Site::new(&folder, units, loaded)?;
    let _not_counted = site.block(WARM_UP)?;
    let pairs: anyhow::Result<Vec<_>> =
        (0..scale.blocks).map(|_| site.block(scale.calls)).collect();
    let case = if loaded { "loaded" } else { "idle" };
    figure::print_ratio("stop_to_wire", case, units, &pairs?, goals);
    site.bridge.leave()
}

/// A gateway with its units, and the floor beside it.
struct Site {
    bridge: Bridge,
    _floor: Floor,
    _far: [Far; 2],
    gateway: Called,
    reference: Called,
    /// Told when a transaction begins, where the call is to come in the middle of one.
    asked: Option<Receiver<()>>,
}

/// A server and the line on which its frames come out.
struct Called {
    caller: Caller,
    seen: Arc<Seen>,
    last: u64,
}

impl Site {
    fn new(folder: &TempDir, units: usize, loaded: bool) -> anyhow::Result<Self> {
        let ptys: anyhow::Result<Vec<_>> = (0..units).map(|_| Pty::new()).collect();
        let ptys = ptys?;
        let ports: Vec<_> = ptys.iter().map(|pty| pty.path.clone()).collect();
        folder::write(folder.path(), Modality::Laser, &ports)?;
        let stuck = if loaded { units.saturating_sub(1) } else { units };
        let (ask, asked) = sync_channel(1);
        let mut lines = ptys.into_iter().enumerate().map(|(place, pty)| Line {
            pty,
            end: if place < stuck { unit(place) } else { End::Stuck },
            seen: Arc::default(),
            asked: (loaded && place == 0).then(|| ask.clone()),
        });
        let watched = lines.next().context("no unit")?;
        let others = lines.collect();
        let pty = Pty::new()?;
        let near = pty.near.try_clone()?;
        let sink = Line { pty, end: End::Sink, seen: Arc::default(), asked: None };
        let (gateway, reference) = (Arc::clone(&watched.seen), Arc::clone(&sink.seen));
        let far = [far::serve(vec![watched, sink])?, far::serve(others)?];
        let bridge = Bridge::start(folder.path(), stuck)?;
        let floor = Floor::start(near, None)?;
        Ok(Self {
            gateway: Called::new(bridge.grpc, gateway)?,
            reference: Called::new(floor.grpc, reference)?,
            bridge,
            _floor: floor,
            _far: far,
            asked: loaded.then_some(asked),
        })
    }

    /// One block of the floor and one of the gateway.
    fn block(&mut self, calls: usize) -> anyhow::Result<Pair> {
        let asked = self.asked.as_ref();
        Ok(Pair {
            floor: self.reference.block(calls, asked)?,
            gateway: self.gateway.block(calls, asked)?,
        })
    }
}

impl Called {
    fn new(server: SocketAddr, seen: Arc<Seen>) -> anyhow::Result<Self> {
        Ok(Self { caller: Caller::new(server)?, seen, last: 0 })
    }

    fn block(&mut self, calls: usize, asked: Option<&Receiver<()>>) -> anyhow::Result<Samples> {
        let samples: anyhow::Result<Vec<_>> = (0..calls).map(|_| self.one(asked)).collect();
        Ok(Samples::new(samples?))
    }

    fn one(&mut self, asked: Option<&Receiver<()>>) -> anyhow::Result<u64> {
        let rest = self.last.saturating_add(PACE).saturating_sub(now());
        self.caller.rest(Duration::from_nanos(rest.max(1_000_000)));
        if let Some(asked) = asked {
            let _an_old_one = asked.try_recv();
            asked.recv_timeout(Duration::from_nanos(PATIENCE)).context("nothing is asked")?;
        }
        self.seen.forget();
        let began = now();
        self.last = began;
        self.caller.stop(&folder::name(0))?;
        while self.seen.off.load(Ordering::Acquire) == 0 {
            anyhow::ensure!(now() < began.saturating_add(PATIENCE), "no stop came out");
            self.caller.rest(Duration::from_millis(1));
        }
        Ok(self.seen.off.load(Ordering::Acquire).saturating_sub(began))
    }
}

fn unit(place: usize) -> End {
    let slow = |plan| simulated_units::Plan { answer_us: ANSWER_MICROS, ..plan };
    End::Unit(Box::new(folder::unit(Modality::Laser, place, slow)))
}

fn now() -> u64 {
    clock::now().since_boot()
}
