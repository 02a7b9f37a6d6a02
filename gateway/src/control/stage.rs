//! A clinic of two simulated units behind the real API, in real time, for tests.
//!
//! Everything is real but the ports: the core, the dialects, the units' own firmware model, the
//! server and a client on loopback. Bytes cross without a wire, and every entry is durable at once.

mod client;
mod evidence;
mod operating;
mod reviewing;
mod serving;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use clinic::{
    Answer, Call, CallId, Clinic, Effect, Happening, LineId, Past, Receipt, RoomId, StopProof,
    UnitId,
};
use proto::v1::{
    self, maintenance_service_client::MaintenanceServiceClient,
    safety_service_client::SafetyServiceClient, session_service_client::SessionServiceClient,
    unit_service_client::UnitServiceClient,
};
use safety::Nanos;
use simulated_units::{Button, Fault, Unit};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinSet,
};
use tonic::transport::{Channel, Endpoint};

use super::{Control, serve};
use crate::{
    audit, clock,
    config::{Config, Memory, Profile, Seed},
    daemon, demo,
    directory::{Directory, UnitCard},
    herald::{Herald, Mouth},
    inbox::{Inbox, Outlet, StopWhat},
    ledger::{Ledger, Setting},
};

/// The laser, in `room-1`.
pub(crate) const LASER: &str = "laser-a";
/// The ring, in `room-2`.
pub(crate) const PEMF: &str = "pemf-b";

/// The clinic at work, for as long as this lives.
pub(crate) struct Stage {
    pub(crate) address: SocketAddr,
    pub(crate) control: Control,
    units: Arc<Mutex<Vec<Unit>>>,
    /// What is asked is recorded here.
    pub(crate) ledger: Ledger,
    shutdown: Option<oneshot::Sender<()>>,
    tasks: JoinSet<()>,
}

impl Stage {
    /// A clinic whose units are in STANDBY, each in a room of its own.
    pub(crate) async fn new() -> Self {
        Self::in_rooms([0, 1]).await
    }

    /// A clinic whose units are in STANDBY, in these rooms.
    pub(crate) async fn in_rooms(rooms: [u16; 2]) -> Self {
        Self::begin(configure(rooms), Past::default()).await
    }

    /// A clinic of the units of [`configure`], which a test may have changed.
    pub(crate) async fn of(config: Config) -> Self {
        Self::begin(config, Past::default()).await
    }

    /// A clinic that had a past, and whose units are in STANDBY.
    async fn after(past: Past) -> Self {
        Self::begin(configure([0, 1]), past).await
    }

    async fn begin(config: Config, past: Past) -> Self {
        let (inbox, outlet) = Inbox::new(config.units.len());
        let directory = Directory { run: 1, ..config.directory.clone() };
        let (herald, mouth, carry) = Herald::new(Arc::new(directory.clone()));
        let now = clock::now().since_boot();
        let unit =
            |card: &UnitCard| Unit::new(demo::built(card.modality, &card.plate.serial), 1, now);
        let units = config.directory.units.iter().map(unit).collect();
        let units = Arc::new(Mutex::new(units));
        let seed = Seed::new([7; 32]);
        let mut clinic = config.clinic(directory.run, clock::today(), &seed, clock::now()).unwrap();
        clinic.step(clock::now(), Happening::Past(past), &mut Vec::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(carry);
        let ledger = recorded();
        let core = Core {
            clinic,
            units: Arc::clone(&units),
            mouth,
            ledger: ledger.clone(),
            directory,
            waiting: Waiting::default(),
        };
        tasks.spawn(core.run(outlet));

        let control = Control::new(inbox, herald, ledger.clone(), daemon::facts(&config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (shutdown, closing) = oneshot::channel();
        let serving = control.clone();
        tasks.spawn(async move {
            let closing = async { drop(closing.await) };
            serve(listener, serving, closing).await.unwrap();
        });
        let shutdown = Some(shutdown);
        let stage = Self { address, control, units, ledger, shutdown, tasks };
        for unit in [LASER, PEMF] {
            stage.until(unit, |status| status.state() == v1::UnitState::Standby).await;
        }
        stage
    }

    /// Everything that was recorded until now.
    pub(crate) async fn records(&self) -> Vec<serde_json::Value> {
        let kept = self.ledger.records(0).await.unwrap();
        kept.iter().map(|kept| serde_json::from_str(&kept.line).unwrap()).collect()
    }

    pub(crate) async fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        endpoint.connect().await.unwrap()
    }

    pub(crate) async fn units(&self) -> UnitServiceClient<Channel> {
        UnitServiceClient::new(self.channel().await)
    }

    pub(crate) async fn sessions(&self) -> SessionServiceClient<Channel> {
        SessionServiceClient::new(self.channel().await)
    }

    pub(crate) async fn maintenance(&self) -> MaintenanceServiceClient<Channel> {
        MaintenanceServiceClient::new(self.channel().await)
    }

    pub(crate) async fn safety(&self) -> SafetyServiceClient<Channel> {
        SafetyServiceClient::new(self.channel().await)
    }

    pub(crate) async fn status(&self, unit: &str) -> v1::UnitStatus {
        let request = v1::GetUnitRequest { unit_id: unit.to_owned() };
        let answer = self.units().await.get_unit(request).await.unwrap().into_inner();
        answer.unit.unwrap().status.unwrap()
    }

    /// Waits for a status, ten seconds at most.
    pub(crate) async fn until(
        &self,
        unit: &str,
        wanted: impl Fn(&v1::UnitStatus) -> bool,
    ) -> v1::UnitStatus {
        let mut newest = None;
        for _ in 0..200 {
            let status = self.status(unit).await;
            if wanted(&status) {
                return status;
            }
            newest = Some(status);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("never came: {newest:#?}");
    }

    /// Presses or releases a button of the laser.
    pub(crate) fn press(&self, button: Button, on: bool) {
        let now = clock::now().since_boot();
        self.units.lock().unwrap()[0].press(now, button, on);
    }

    /// From here on the coil answers nothing, or again.
    pub(crate) fn mute_pemf(&self, mute: bool) {
        let now = clock::now().since_boot();
        let unit = &mut self.units.lock().unwrap()[1];
        match mute {
            true => unit.fault(now, Fault::Mute),
            false => unit.heal(now),
        }
    }

    /// What the laser has emitted by its own true meter, in picojoules.
    pub(crate) fn meter(&self) -> u128 {
        self.units.lock().unwrap()[0].meter()
    }

    /// Asks the server to shut down.
    pub(crate) fn shut_down(&mut self) {
        self.shutdown.take().unwrap().send(()).unwrap();
    }

    /// Waits until the server has ended; the core goes on.
    pub(crate) async fn served(&mut self) {
        self.tasks.join_next().await.unwrap().unwrap();
    }
}

/// The control thread of the test: it steps the clinic every millisecond, and at once for a call.
struct Core {
    clinic: Clinic,
    units: Arc<Mutex<Vec<Unit>>>,
    mouth: Mouth,
    ledger: Ledger,
    directory: Directory,
    waiting: Waiting,
}

#[derive(Default)]
struct Waiting {
    last: u64,
    calls: HashMap<CallId, oneshot::Sender<Answer>>,
    /// Where proofs go, and how many are still to come.
    stops: HashMap<CallId, (usize, mpsc::Sender<(UnitId, StopProof)>)>,
}

impl Core {
    async fn run(mut self, mut outlet: Outlet) {
        for line in 0..2 {
            self.step(Happening::Opened(LineId(line)));
        }
        loop {
            tokio::select! {
                biased;
                Some(stop) = outlet.stops.recv() => {
                    let id = self.id();
                    let (count, happening) = match stop.what {
                        StopWhat::Unit(unit) => (1, Happening::Stop(id, unit)),
                        StopWhat::Room(room) => (1, Happening::StopAll(id, Some(room))),
                        StopWhat::All => (2, Happening::StopAll(id, None)),
                    };
                    self.waiting.stops.insert(id, (count, stop.reply));
                    self.step(happening);
                }
                Some(call) = outlet.calls.recv() => {
                    let id = self.id();
                    self.waiting.calls.insert(id, call.reply);
                    let call = Call { id, request: call.request, ask: call.ask };
                    self.step(Happening::Call(call));
                }
                () = tokio::time::sleep(Duration::from_millis(1)) => self.look(),
            }
        }
    }

    fn id(&mut self) -> CallId {
        self.waiting.last += 1;
        CallId(self.waiting.last)
    }

    /// What the units say, and whatever is due.
    fn look(&mut self) {
        let now = clock::now().since_boot();
        for line in 0..2_u16 {
            let mut bytes = Vec::new();
            self.units.lock().unwrap()[usize::from(line)].transmit(now, &mut bytes);
            if !bytes.is_empty() {
                self.step(Happening::Bytes(LineId(line), bytes));
            }
        }
        if self.clinic.wake() <= clock::now() {
            self.step(Happening::Wake);
        }
    }

    fn step(&mut self, happening: Happening) {
        let mut happenings = vec![happening];
        while let Some(happening) = happenings.pop() {
            let mut effects = Vec::new();
            self.clinic.step(clock::now(), happening, &mut effects);
            happenings.extend(effects.into_iter().filter_map(|effect| self.act(effect)));
        }
    }

    fn act(&mut self, effect: Effect) -> Option<Happening> {
        match effect {
            Effect::Write(line, frame) => {
                let now = clock::now().since_boot();
                self.units.lock().unwrap()[usize::from(line.0)].receive(now, &frame.bytes);
                Some(Happening::Written(line))
            }
            Effect::Enter(id, _) => Some(Happening::Receipt(id, Receipt::Durable)),
            Effect::Answer(id, answer) => {
                self.answer(id, answer);
                None
            }
            Effect::Show(unit) => {
                self.mouth.show(unit, self.clinic.shown(unit).unwrap());
                None
            }
            Effect::Tell(change) => {
                self.ledger.note(audit::changed(&self.directory, &change)).unwrap();
                self.mouth.tell(change).unwrap();
                None
            }
            Effect::Relay(..) => None,
        }
    }

    fn answer(&mut self, id: CallId, answer: Answer) {
        if let Answer::Stopped(unit, proof) = answer
            && let Some((left, reply)) = self.waiting.stops.get_mut(&id)
        {
            let _caller_may_be_gone = reply.try_send((unit, proof));
            *left -= 1;
            if *left == 0 {
                self.waiting.stops.remove(&id);
            }
        } else if let Some(reply) = self.waiting.calls.remove(&id) {
            let _caller_may_be_gone = reply.send(answer);
        }
    }
}

/// A ledger for the audit alone. Its file has no name any more: it goes with the test.
pub(crate) fn recorded() -> Ledger {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.sqlite3");
    let setting = Setting::new("0".repeat(64), 0).unwrap();
    let opened = Ledger::open(&path, &[], setting, clock::now(), clock::wall, |_, _| {}).unwrap();
    opened.ledger
}

/// The shipped configuration with one laser and one ring. A test is too short to have an effect, and
/// it shares its machine with others: the laser is watched as a clinic would not be, and as no file
/// may ask for. Its confirmation is shorter than it may be, so that a test sees whose time is shown.
fn configure(rooms: [u16; 2]) -> Config {
    let mut files = Memory::shipped();
    files.0.retain(|path, _| !["units/laser-b.toml", "units/pemf-a.toml"].contains(&path.as_str()));
    let effective = "effective_field_fluence_millijoules_per_cm2 = { soft";
    swap(&mut files, "limits.toml", &format!("{effective} = 3_000"), &format!("{effective} = 1"));
    swap(&mut files, "units/laser-a.toml", "lease_ms = 500", "lease_ms = 1_000");
    let mut config = Config::read(&files).unwrap_or_else(|errors| panic!("{errors}"));
    let Profile::Laser(laser, _) = &mut config.units[0].profile else { panic!("no laser") };
    laser.terms.timing.link = Nanos::from_secs(1);
    laser.terms.timing.warning = Nanos::from_secs(2);
    laser.terms.timing.confirmation = Nanos::from_secs(150);
    for (place, room) in rooms.into_iter().map(RoomId).enumerate() {
        config.units[place].room = room;
        config.directory.units[place].room = room;
    }
    config
}

/// Puts `new` wherever a file has `old`, which it has.
fn swap(files: &mut Memory, path: &str, old: &str, new: &str) {
    let text = String::from_utf8(files.0[path].bytes.clone()).unwrap();
    assert!(text.contains(old), "{path} has no {old:?}");
    files.put(path, text.replace(old, new));
}
