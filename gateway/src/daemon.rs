//! Puts the parts together, and takes them apart in the order in which they stop mattering.

use std::{
    collections::BTreeMap,
    future::pending,
    io::{self, Write as _},
    net::SocketAddr,
    num::NonZero,
    os::unix::fs::DirBuilderExt as _,
    path::Path,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::available_parallelism,
    time::Duration,
};

use anyhow::Context as _;
use clinic::{Change, Entry, EntryId};
use jiff::civil::Date;
use rustix::{
    process::{Resource, getrlimit, setrlimit},
    rand::{GetRandomFlags, getrandom},
};
use safety::{Cause, Instant, Nanos};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
    task::{JoinSet, spawn_blocking},
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use crate::{
    audit::{self, Deed},
    broker::Broker,
    cli, clock,
    config::{
        self, Config, ConfigErrors, Disk, Link, LogFormat, Mqtt, Profile, Seed, Style, UnitConfig,
    },
    control::{self, Control, Facts, Hazard, UnitFacts},
    directory::Directory,
    herald::Herald,
    inbox::Inbox,
    ledger::{self, Health, Ledger, LedgerThread},
    log,
    metrics::{self, Metrics},
    panics::Panics,
    place::Roots,
    port,
    recorder::{self, BUILD, Dialects, Head, Recorder, RecorderThread, Recording, Tape},
    scheduler::{self, Keep, Parts, Scheduler},
    telemetry::{Credentials, Server, Telemetry},
};

/// How often the pulse of the control thread is read.
const PULSE: Duration = Duration::from_secs(1);
/// How often the audit is verified (AUD-04).
const VERIFY: Duration = Duration::from_secs(24 * 3_600);
/// How often at most the newest record of the audit is written into the log.
const HEAD: Duration = Duration::from_secs(60);
/// How long the broker may take to hear that the gateway leaves.
const GOODBYE: Duration = Duration::from_millis(500);
/// How long leaving may take, so that the process is gone five seconds after it was told to.
const FAREWELL: Duration = Duration::from_millis(4_700);

/// Threads of the ordinary runtime at most: what it does is small.
const WORKERS_MAX: usize = 4;

/// A gateway at work.
pub struct Daemon {
    /// How to ask it for something.
    pub inbox: Inbox,
    /// How to watch it.
    pub herald: Herald,
    /// Where its API is.
    pub grpc: SocketAddr,
    /// Where its metrics are.
    pub metrics: SocketAddr,
    /// Where its broker is, if it has one of its own.
    pub broker: Option<SocketAddr>,
    scheduler: Scheduler,
    records: Ledger,
    ledger: LedgerThread,
    recorder: Option<RecorderThread>,
    telemetry: Telemetry,
    own_broker: Option<Broker>,
    /// Whether the gateway stops every unit itself, to leave.
    stopping: Arc<AtomicBool>,
    leave: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// Keeps entries in the ledger.
struct InLedger(Ledger, Arc<Directory>);

impl Keep for InLedger {
    fn enter(&mut self, now: Instant, id: EntryId, entry: Entry) -> bool {
        self.0.try_enter(now, id, entry).is_ok()
    }

    fn record(&mut self, change: &Change) -> bool {
        self.0.note(audit::changed(&self.1, change)).is_ok()
    }
}

impl Daemon {
    /// Starts everything. Sockets and files come first, so that a mistake opens no port.
    ///
    /// # Errors
    /// Whatever could not be had.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        raise_descriptors();
        let grpc = bind(config.settings.grpc.listen, "gRPC").await?;
        let metrics_listener = bind(config.settings.metrics, "metrics").await?;
        let addresses = (grpc.local_addr()?, metrics_listener.local_addr()?);
        let (receipt, receipts) = mpsc::channel(scheduler::RECEIPTS_MAX);
        let opened = open_ledger(&config, receipt).await?;
        let mut directory = config.directory.clone();
        directory.run = opened.run;
        let (herald, mouth, carry) = Herald::new(Arc::new(directory));
        let (inbox, outlet) = Inbox::new(config.units.len());
        let panics = Panics::watch(inbox.clone());
        let (own_broker, server) = broker(&config).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(carry);
        let stopping = Arc::new(AtomicBool::new(false));
        tasks.spawn(log::chronicle(&herald, Arc::clone(&stopping)));
        if let Some(broker) = &own_broker {
            tasks.spawn(broker.ended());
        }
        let telemetry = Telemetry::start(server, herald.clone(), opened.ledger.head());
        let metrics = Metrics::new(herald.clone(), Some(Arc::clone(telemetry.counters())));
        let (ledger, health) = (opened.ledger.clone(), opened.ledger.clone());
        let records = opened.ledger.clone();
        ledger.keep(started(&config, &opened)).await?;
        tasks.spawn(publish_head(ledger.head()));
        tasks.spawn(verify_daily(ledger.clone(), inbox.clone()));
        let (day, seed, began) = (clock::today(), chance()?, clock::now());
        let clinic = config.clinic(opened.run, day, &seed, began)?;
        let head = head(&config, opened.run, seed, day, began);
        let Recorded { tape, recording, recorder } = record(&config, head).await.into();
        let scheduler = Scheduler::start(Parts {
            clinic,
            past: opened.past,
            lines: lines(&config),
            outlet,
            mouth,
            keep: Box::new(InLedger(opened.ledger, Arc::clone(herald.directory()))),
            receipts,
            causes: before(opened.clock_back, opened.audit_break.as_ref()),
            tape,
        })?;
        tracing::info!("control thread: {}", scheduler.granted());
        let (leave, leaving) = watch::channel(false);
        tasks.spawn(metrics.clone().run());
        tasks.spawn(serve_metrics(metrics_listener, metrics.clone()));
        let pulse = Arc::clone(scheduler.pulse());
        tasks.spawn(read_pulse(pulse, health, inbox.clone(), metrics.clone(), day));
        tasks.spawn(read_recording(recording, metrics.clone()));
        tasks.spawn(read_panics(panics, metrics));
        let control = Control::new(inbox.clone(), herald.clone(), ledger, facts(&config));
        tasks.spawn(serve(grpc, control, leaving));
        Ok(Self {
            inbox,
            herald,
            grpc: addresses.0,
            metrics: addresses.1,
            broker: own_broker.as_ref().map(Broker::local_addr),
            scheduler,
            records,
            ledger: opened.thread,
            recorder,
            telemetry,
            own_broker,
            stopping,
            leave,
            tasks,
        })
    }

    /// Runs until somebody wants it to end, and ends it.
    ///
    /// A task that ends by itself is counted and keeps sessions from beginning; one that runs goes
    /// on, because nothing out here decides about emission.
    pub async fn run(mut self, end: impl Future<Output = ()>) {
        let mut end = std::pin::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => break,
                Some(ended) = self.tasks.join_next() => {
                    tracing::error!(?ended, "a task ended; no session begins until a restart");
                    self.inbox.impair();
                }
            }
        }
        self.farewell().await;
    }

    /// Leaves in time, whatever stalls. What was not settled by then its open mark covers at the next
    /// start.
    async fn farewell(self) {
        tracing::info!("leaving: everything goes off");
        self.stopping.store(true, Ordering::Release);
        let mut unfinished = "";
        let left = timeout(FAREWELL, self.leave(&mut unfinished)).await;
        match left {
            Ok(()) => tracing::info!("everything is off and settled"),
            Err(_elapsed) => {
                tracing::error!(unfinished, "leaving took too long; the gateway ends all the same");
            }
        }
    }

    /// No new start, everything off and proven, everything settled; then the rest.
    async fn leave(mut self, doing: &mut &'static str) {
        *doing = "off and its proof";
        let scheduler = self.scheduler;
        let _ended = spawn_blocking(move || scheduler.farewell()).await;
        // If it cannot be recorded the ledger has failed, and said so.
        let _failed = self.records.keep(Deed::new(clock::now(), "gateway.left")).await;
        *doing = "the last messages";
        self.leave.send_replace(true);
        self.telemetry.shut_down(GOODBYE).await;
        if let Some(broker) = self.own_broker {
            broker.shut_down().await;
        }
        self.tasks.shutdown().await;
        *doing = "the ledger";
        let (records, ledger) = (self.records, self.ledger);
        let closed = spawn_blocking(move || {
            // Calls that are still under way hold the ledger; they have nothing more to tell it.
            records.close();
            ledger.join();
        });
        let _ended = closed.await;
        *doing = "the record";
        let recorder = self.recorder;
        let _ended = spawn_blocking(move || recorder.map(RecorderThread::join)).await;
    }
}

/// The parts of a recorder, or what stands in for them where nothing is recorded.
#[derive(Default)]
struct Recorded {
    tape: Option<Tape>,
    recording: Recording,
    recorder: Option<RecorderThread>,
}

impl From<Option<Recorder>> for Recorded {
    fn from(recorder: Option<Recorder>) -> Self {
        let Some(Recorder { tape, recording, thread }) = recorder else { return Self::default() };
        Self { tape: Some(tape), recording, recorder: Some(thread) }
    }
}

/// What the audit says of a start: what it runs on, and what is different from the run before.
fn started(config: &Config, opened: &ledger::Opened) -> Deed {
    let units: Vec<_> = config.units.iter().map(|unit| unit.name.as_str()).collect();
    let broken = opened.audit_break.as_ref().map(ToString::to_string);
    Deed::new(clock::now(), "gateway.started")
        .with("version", env!("CARGO_PKG_VERSION"))
        .with("configuration", config.hash.as_str())
        .with("configuration_before", opened.config_before.as_deref())
        .with("units", units)
        .with("wall_clock_went_back", opened.clock_back)
        .with("audit_broken", broken)
}

/// What locks the gateway from the beginning.
fn before(clock_back: bool, audit_break: Option<&audit::Break>) -> Vec<Cause> {
    let mut causes = Vec::new();
    if clock_back {
        causes.push(Cause::ClockBack);
    }
    if let Some(broken) = audit_break {
        tracing::error!("the audit does not hold: {broken}");
        causes.push(Cause::Audit);
    }
    causes
}

/// Verifies the audit once a day, as it was at the start (AUD-04).
async fn verify_daily(ledger: Ledger, inbox: Inbox) {
    loop {
        sleep(VERIFY).await;
        match ledger.verify_audit().await {
            Ok((_, None)) => {}
            Ok((_, Some(broken))) => {
                tracing::error!("the audit does not hold: {broken}");
                inbox.audit_broke();
            }
            // What cannot be read is not known to hold.
            Err(error) => {
                tracing::error!(%error, "the audit cannot be verified");
                inbox.audit_broke();
            }
        }
    }
}

/// Writes the newest record of the audit into the log now and then, where it is out of reach of
/// whoever could cut off the end of the audit.
async fn publish_head(mut head: watch::Receiver<audit::Head>) {
    let mut tick = interval(HEAD);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let newest = head.borrow_and_update().clone();
        tracing::info!(head = %newest, "the newest record of the audit");
        if head.changed().await.is_err() {
            // The ledger's thread ends only with the process.
            pending::<()>().await;
        }
    }
}

/// Runs the gateway on the configuration in a folder until SIGTERM or SIGINT.
///
/// # Errors
/// Whatever keeps it from starting.
pub fn run(folder: &Path) -> anyhow::Result<ExitCode> {
    let config = match Config::load(folder) {
        Ok(config) => config,
        Err(errors) => return Ok(refuse(&errors)),
    };
    start_log(&config, &config.settings.log.filter)?;
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    block_on(async {
        let daemon = Daemon::start(config).await?;
        let broker = daemon.broker.map(tracing::field::display);
        tracing::info!(grpc = %daemon.grpc, metrics = %daemon.metrics, broker, "the gateway is up");
        daemon.run(told_to_end()?).await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Checks the configuration in a folder, and prints how fast each unit can be stopped.
///
/// # Errors
/// None beside what it prints.
pub fn check(folder: &Path) -> anyhow::Result<ExitCode> {
    match Config::load(folder) {
        Ok(config) => {
            let report = config::report(&config, &Disk::new(folder), clock::today()).to_string();
            cli::say(&report).context("the report cannot be printed")?;
            Ok(ExitCode::SUCCESS)
        }
        Err(errors) => Ok(refuse(&errors)),
    }
}

/// Starts the log in the form that the configuration asks for.
pub(crate) fn start_log(config: &Config, filter: &str) -> anyhow::Result<()> {
    let format = match config.settings.log.format {
        LogFormat::Text => log::Format::Human,
        LogFormat::Json => log::Format::Json,
    };
    Ok(log::init(format, filter)?)
}

fn refuse(errors: &ConfigErrors) -> ExitCode {
    let style = if log::is_coloured() { Style::Terminal } else { Style::Plain };
    let text = config::render(errors, style);
    // If nobody reads it, the exit code says it.
    let _nobody_reads = io::stderr().write_all(text.as_bytes());
    ExitCode::FAILURE
}

/// Runs on the ordinary runtime, which owns everything but the control thread and the ledger.
pub(crate) fn block_on<T>(task: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = ordinary()?;
    let outcome = runtime.block_on(task);
    // Dropped, it would wait for a thread that waits for a disk.
    runtime.shutdown_background();
    outcome
}

/// The ordinary runtime. It leaves a processor to the control thread: a call that spreads over all
/// of them would only wake more of them ahead of its stop.
///
/// # Errors
/// If the machine has no thread or reactor left.
pub fn ordinary() -> io::Result<Runtime> {
    let processors = available_parallelism().map_or(1, NonZero::get);
    let workers = processors.saturating_sub(1).clamp(1, WORKERS_MAX);
    Builder::new_multi_thread().worker_threads(workers).enable_all().build()
}

/// Waits for SIGTERM or SIGINT.
///
/// # Errors
/// If the machine refuses to tell of signals.
pub(crate) fn told_to_end() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Takes as many descriptors as the machine grants: a stop on a new connection needs one, and those
/// who hold connections must not have taken the last.
fn raise_descriptors() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the number of open files stays as it is");
    }
}

async fn bind(address: SocketAddr, what: &str) -> anyhow::Result<TcpListener> {
    let hint = || format!("{what} cannot listen on {address}; does another gateway run?");
    TcpListener::bind(address).await.with_context(hint)
}

async fn open_ledger(
    config: &Config,
    receipt: mpsc::Sender<(EntryId, clinic::Receipt)>,
) -> anyhow::Result<ledger::Opened> {
    let folder = config.settings.data.clone();
    let (hash, reserve_bytes) = (config.hash.clone(), config.settings.reserve_bytes);
    let names: Vec<_> = config.units.iter().map(|unit| unit.name.clone()).collect();
    let opened = spawn_blocking(move || {
        // What was done to whom is for nobody else on this machine to read.
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("the data folder {} cannot be made", folder.display()))?;
        let path = folder.join("ledger.sqlite3");
        // The control thread takes receipts faster than a disk makes them; if it is gone, nobody
        // waits for one.
        let tell = move |entry, outcome| {
            let _nobody_waits = receipt.blocking_send((entry, outcome));
        };
        let setting = ledger::Setting::new(hash, reserve_bytes)?;
        anyhow::Ok(Ledger::open(&path, &names, setting, clock::now(), clock::wall, tell)?)
    });
    opened.await?
}

/// Chance for the challenges of one run.
fn chance() -> anyhow::Result<Seed> {
    let mut bytes = [0; 32];
    let count = getrandom(&mut bytes, GetRandomFlags::empty())?;
    anyhow::ensure!(count == bytes.len(), "the machine gave too little chance");
    Ok(Seed::new(bytes))
}

/// What the record of a run begins with.
fn head(config: &Config, run: u32, seed: Seed, day: Date, began: Instant) -> Head {
    Head {
        build: BUILD.into(),
        revision: config.hash.as_str().into(),
        files: config.files.iter().map(|(name, text)| (name.clone(), text.to_vec())).collect(),
        run,
        seed,
        day: day.to_string().into(),
        began,
    }
}

/// Begins a record. Without one the gateway does its work all the same, and says so.
async fn record(config: &Config, head: Head) -> Option<Recorder> {
    let setting = recorder::Setting {
        folder: config.settings.data.join(recorder::FOLDER),
        keep_bytes: config.settings.record_bytes,
        keep_days: config.settings.record_days,
        reserve_bytes: config.settings.reserve_bytes,
    };
    let dialects = Dialects(config.dialects());
    let begun = spawn_blocking(move || {
        let folder = setting.folder.display().to_string();
        Recorder::start(setting, &head, dialects).inspect_err(|error| {
            tracing::error!(%folder, %error, "nothing is recorded: no record can be begun");
        })
    });
    begun.await.ok()?.ok()
}

fn lines(config: &Config) -> Vec<(clinic::LineId, port::Setting)> {
    let setting = |link: &Link| port::Setting::new(link, Roots::default());
    // The units of one line agree on all of this.
    let units: BTreeMap<_, _> = config.units.iter().map(|unit| (unit.line, &unit.link)).collect();
    let boards = config.boards.iter().map(|board| (board.line, &board.link));
    units.into_iter().chain(boards).map(|(line, link)| (line, setting(link))).collect()
}

/// What callers of the API are shown of the configuration.
pub(crate) fn facts(config: &Config) -> Facts {
    let unit = |unit: &UnitConfig| UnitFacts {
        profile: Path::new(&*unit.file)
            .file_stem()
            .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned()),
        read_back: unit.read_back,
        unverified: unit.facts.clone(),
        wavelengths: match &unit.profile {
            Profile::Laser(watched, _) => {
                watched.limits.unit.lines.map(|line| line.map(|line| line.wavelength))
            }
            Profile::Pemf(..) | Profile::Stimulator(..) => Default::default(),
        },
        timing: *unit.timing(),
        calibration: Some(unit.calibration),
        hazard: Some(match &unit.profile {
            Profile::Laser(_, hazard) => Hazard::Laser(hazard.clone()),
            Profile::Pemf(_, hazard) => Hazard::Pemf(*hazard),
            Profile::Stimulator(_, hazard) => Hazard::Stimulator(*hazard),
        }),
    };
    Facts {
        build: option_env!("THERAPY_GATEWAY_BUILD").unwrap_or("unreleased").to_owned(),
        config_revision: config.hash.clone(),
        units: config.units.iter().map(unit).collect(),
    }
}

async fn broker(config: &Config) -> anyhow::Result<(Option<Broker>, Server)> {
    match &config.settings.mqtt {
        Mqtt::Embedded { listen } => {
            // Whether the address can be had is found out here: the broker's library says it in words
            // of its own.
            drop(bind(*listen, "the embedded broker").await?);
            let broker = Broker::start(*listen).await?;
            let server = broker.server();
            Ok((Some(broker), server))
        }
        Mqtt::Broker { host, port, client_id, login } => {
            let credentials = login.as_ref().map(|login| Credentials {
                user: login.username.clone(),
                password: login.password.expose().to_owned(),
            });
            let server = Server {
                host: host.clone(),
                port: *port,
                client_id: client_id.clone(),
                credentials,
            };
            Ok((None, server))
        }
    }
}

async fn serve(listener: TcpListener, control: Control, mut leaving: watch::Receiver<bool>) {
    let left = async move {
        // The sender is dropped only together with everything else.
        if leaving.wait_for(|leave| *leave).await.is_err() {
            pending::<()>().await;
        }
    };
    if let Err(error) = control::serve(listener, control, left).await {
        tracing::error!(%error, "the API ended");
    }
}

async fn serve_metrics(listener: TcpListener, metrics: Metrics) {
    if let Err(error) = metrics::serve(listener, metrics).await {
        tracing::error!(%error, "the metrics ended");
    }
}

/// How many days began since the newest day that was seen. A calendar that goes back gives none.
fn days_since(newest: &mut Date, today: Date) -> u32 {
    let began = u32::try_from((today - *newest).get_days()).unwrap_or(0);
    *newest = today.max(*newest);
    began
}

/// Reads what the control thread and the ledger leave in atomics, so that nobody asks them.
async fn read_pulse(
    pulse: Arc<scheduler::Pulse>,
    ledger: Ledger,
    inbox: Inbox,
    metrics: Metrics,
    mut day: Date,
) {
    let mut tick = interval(PULSE);
    loop {
        tick.tick().await;
        inbox.days(days_since(&mut day, clock::today()));
        let latest = pulse.lateness_max_nanos.swap(0, Ordering::Relaxed);
        metrics.control_late(Nanos::new(latest));
        let (health, depths) = (ledger.health(), inbox.depths());
        metrics.disk_free(health.free_bytes);
        inbox.low_space(health.low_space);
        metrics.queue("calls", depths.calls.depth, depths.calls.most);
        metrics.queue("stops", depths.stops.depth, depths.stops.most);
        metrics.queue("ledger", health.waiting, Health::WAITING_MAX);
    }
}

/// Reads how the recorder stands.
async fn read_recording(recording: Recording, metrics: Metrics) {
    let mut tick = interval(PULSE);
    loop {
        tick.tick().await;
        metrics.recording(recording.is_on(), recording.bytes(), recording.has_gap());
    }
}

/// Shows what panicked, and says once more what follows from it: a hook that logs could wait.
async fn read_panics(panics: Panics, metrics: Metrics) {
    let (mut tick, mut known) = (interval(PULSE), 0);
    loop {
        tick.tick().await;
        let count = panics.count();
        metrics.panics(count);
        if known < count {
            tracing::error!(count, "a task panicked; no session begins until a restart");
        }
        known = count;
    }
}

#[cfg(test)]
mod tests;
