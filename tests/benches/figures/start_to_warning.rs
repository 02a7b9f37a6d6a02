//! From a `Start` on an open session to a unit that warns, with the intent durable.
//!
//! The gateway is put together here from its parts, because nobody outside is told when an entry
//! became durable: the ledger's receipt is noted on its way to the control thread.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    slice,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use clinic::{Change, Clinic, Entry, EntryId, LineId};
use device_drivers::open_link::Secret;
use gateway::{
    audit::Deed,
    clock,
    config::{Config, UnitConfig},
    control::{self, Control, Facts},
    directory::Modality,
    herald::Herald,
    inbox::Inbox,
    ledger::{Ledger, LedgerThread, Setting},
    place::Roots,
    port,
    scheduler::{self, Keep, Parts, Scheduler},
};
use safety::Instant;
use simulated_units::Plan;
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime, sync::mpsc, time::sleep};
use tonic::transport::Channel;

use crate::{
    Scale,
    bridge::stand_by,
    caller::{Caller, connect},
    far::{self, End, Line, Seen},
    figure::{self, Goals, Pair, Samples},
    floor::{self, Floor},
    folder,
    operator::Session,
    prescription,
    pty::Pty,
};

/// Longer than anything here takes; a start is stopped as soon as it warned.
const SESSION_MILLIS: u32 = 5_000;
/// From one call of the floor to the next.
const PACE: Duration = Duration::from_millis(50);
/// What does not come by then does not come.
const PATIENCE: u64 = 2_000_000_000;

/// Measures starts of one unit that does nothing else.
pub(crate) fn measure(scale: &Scale) -> anyhow::Result<()> {
    let folder = TempDir::with_prefix("figures-")?;
    let (gateway_line, floor_line) = (Pty::new()?, Pty::new()?);
    folder::write(folder.path(), Modality::Pemf, slice::from_ref(&gateway_line.path))?;
    let near = floor_line.near.try_clone()?;
    let seen: [Arc<Seen>; 2] = Default::default();
    // What a unit takes to answer is not measured: it takes nothing.
    let unit = folder::unit(Modality::Pemf, 0, |plan| Plan { answer_us: 0, ..plan });
    let line = |pty, end, seen: &Arc<Seen>| Line { pty, end, seen: Arc::clone(seen), asked: None };
    let _far = far::serve(vec![
        line(gateway_line, End::Unit(Box::new(unit)), &seen[0]),
        line(floor_line, End::Sink, &seen[1]),
    ])?;
    let floor = Floor::start(near, Some(floor::ledger(folder.path())?))?;
    let mut reference = Caller::new(floor.grpc)?;
    let bridge = Bridge::start(folder.path())?;
    let mut starts = Starts::new(&bridge, &seen[0])?;
    let _not_counted = starts.block(1)?;
    let mut pairs = Vec::new();
    for _ in 0..scale.blocks {
        let floor = floor_block(&mut reference, &seen[1], scale.starts)?;
        pairs.push(Pair { floor, gateway: starts.block(scale.starts)? });
    }
    let goals = Goals { p50: Some(1.5), p99: None };
    figure::print_ratio("start_to_warning", "idle, floor with one commit", 1, &pairs, goals);
    drop(starts);
    bridge.leave();
    Ok(())
}

fn floor_block(caller: &mut Caller, seen: &Seen, calls: usize) -> anyhow::Result<Samples> {
    let mut samples = Vec::new();
    for _ in 0..calls {
        caller.rest(PACE);
        seen.forget();
        let began = clock::now().since_boot();
        caller.stop("")?;
        while seen.off.load(Ordering::Acquire) == 0 {
            let now = clock::now().since_boot();
            anyhow::ensure!(now < began.saturating_add(PATIENCE), "no frame came out");
            caller.rest(Duration::from_millis(1));
        }
        samples.push(seen.off.load(Ordering::Acquire).saturating_sub(began));
    }
    Ok(Samples::new(samples))
}

/// Sessions that are started and stopped, one after the other.
struct Starts {
    runtime: Runtime,
    channel: Channel,
    seen: Arc<Seen>,
    durable: Arc<AtomicU64>,
    patient: u32,
}

impl Starts {
    fn new(bridge: &Bridge, seen: &Arc<Seen>) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let channel = runtime.block_on(connect(bridge.grpc))?;
        let (seen, durable) = (Arc::clone(seen), Arc::clone(&bridge.durable));
        Ok(Self { runtime, channel, seen, durable, patient: 0 })
    }

    fn block(&mut self, starts: usize) -> anyhow::Result<Samples> {
        let samples: anyhow::Result<Vec<_>> = (0..starts).map(|_| self.one()).collect();
        Ok(Samples::new(samples?))
    }

    fn one(&mut self) -> anyhow::Result<u64> {
        self.patient += 1;
        let prescription = prescription::pemf(&self.patient.to_string(), SESSION_MILLIS);
        let (seen, durable) = (&self.seen, &self.durable);
        self.runtime.block_on(async {
            let channel = self.channel.clone();
            let mut session = Session::open(channel, &folder::name(0), prescription).await?;
            seen.forget();
            durable.store(0, Ordering::Release);
            let began = session.start().await?.since_boot();
            let warned = come(&seen.warning, began).await?;
            let durable = come(durable, began).await?;
            session.end(true).await?;
            Ok(warned.max(durable).saturating_sub(began))
        })
    }
}

async fn come(at: &AtomicU64, began: u64) -> anyhow::Result<u64> {
    loop {
        let came = at.load(Ordering::Acquire);
        if came != 0 {
            return Ok(came);
        }
        let now = clock::now().since_boot();
        anyhow::ensure!(now < began.saturating_add(PATIENCE), "no warning came, or no receipt");
        sleep(Duration::from_millis(1)).await;
    }
}

/// The parts of a gateway that a start passes.
struct Bridge {
    grpc: SocketAddr,
    /// When the first receipt came since it was forgotten.
    durable: Arc<AtomicU64>,
    scheduler: Scheduler,
    ledger: LedgerThread,
    _runtime: Runtime,
}

struct InLedger(Ledger);

impl Keep for InLedger {
    fn enter(&mut self, now: Instant, id: EntryId, entry: Entry) -> bool {
        self.0.try_enter(now, id, entry).is_ok()
    }

    fn record(&mut self, change: &Change) -> bool {
        let deed = Deed::new(change.at, "unit.change");
        self.0.note(deed.with("what", format!("{:?}", change.what))).is_ok()
    }
}

impl Bridge {
    fn start(folder: &Path) -> anyhow::Result<Self> {
        let config = Config::load(folder).map_err(|errors| anyhow::anyhow!("{errors}"))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let names: Vec<_> = config.units.iter().map(|unit| unit.name.clone()).collect();
        let durable = Arc::<AtomicU64>::default();
        let (receipt, receipts) = mpsc::channel(scheduler::RECEIPTS_MAX);
        let noted = Arc::clone(&durable);
        let told = move |entry, outcome| {
            let now = clock::now().since_boot();
            let _not_the_first =
                noted.compare_exchange(0, now, Ordering::AcqRel, Ordering::Acquire);
            let _gone = receipt.blocking_send((entry, outcome));
        };
        let path = folder.join("ledger.sqlite3");
        let setting = Setting::new("0".repeat(64), 0)?;
        let opened = Ledger::open(&path, &names, setting, clock::now(), clock::wall, told)?;
        let ledger = opened.ledger.clone();
        let (herald, mouth, carry) = Herald::new(Arc::new(config.directory.clone()));
        let (inbox, outlet) = Inbox::new(config.units.len());
        runtime.spawn(carry);
        let scheduler = Scheduler::start(Parts {
            clinic: clinic(&config, opened.run)?,
            past: opened.past,
            lines: config.units.iter().map(line).collect(),
            outlet,
            mouth,
            keep: Box::new(InLedger(opened.ledger)),
            receipts,
            causes: Vec::new(),
            tape: None,
        })?;
        runtime.block_on(stand_by(&herald, config.units.len()))?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let grpc = listener.local_addr()?;
        let control = Control::new(inbox, herald, ledger, Facts::default());
        runtime.spawn(control::serve(listener, control, std::future::pending()));
        Ok(Self { grpc, durable, scheduler, ledger: opened.thread, _runtime: runtime })
    }

    fn leave(self) {
        self.scheduler.farewell();
        self.ledger.join();
    }
}

fn clinic(config: &Config, run: u32) -> anyhow::Result<Clinic> {
    let today = clock::wall().to_zoned(jiff::tz::TimeZone::UTC).date();
    let seed = || Secret::new([run.to_le_bytes()[0]; 32]);
    let plans: Result<Vec<_>, _> =
        config.units.iter().map(|unit| unit.plan(today, seed())).collect();
    Ok(Clinic::new(run, plans?, Vec::new(), clock::now()))
}

fn line(unit: &UnitConfig) -> (LineId, port::Setting) {
    (unit.line, port::Setting::new(&unit.link, Roots::default()))
}
