//! Telemetry against Debian's broker, its subscriber, and the schemas as another validator reads
//! them.
//!
//! The gateway here is its herald and its publisher; what is shown and told is made up.

pub(crate) mod broker;

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, sync_channel},
    },
    time::Duration,
};

use clinic::{AnyStatus, Change, LineId, RoomId, Shown, Traffic, UnitId, What};
use gateway::{
    audit::Head,
    broker::Broker,
    clock,
    directory::{Directory, Modality, Plate, UnitCard},
    herald::{Herald, Mouth},
    telemetry::{Server, Telemetry},
};
use safety::{
    Beam, Cause, Causes, Dose, Emission, FROZEN, Input, Instant, Laser, Nanos, Pace, Power, State,
    Status, Supervisor, Terms, Timing, Warnings,
};
use serde_json::Value;
use tokio::{runtime::Runtime, sync::watch};

use self::broker::Mosquitto;
use crate::{peers::python, tree::root};

const PATIENCE: Nanos = Nanos::from_secs(30);
const STATUS: &str = "therapy/v1/site-1/gw-1/laser-1/status";
const TELEMETRY: &str = "therapy/v1/site-1/gw-1/laser-1/telemetry";
const EVENT: &str = "therapy/v1/site-1/gw-1/laser-1/event";
const GATEWAY: &str = "therapy/v1/site-1/gw-1/gateway";

/// API-06, AUD-07: what is really published, and nothing that the schemas do not allow.
#[test]
fn everything_that_is_published_is_as_the_schemas_say() {
    let broker = Mosquitto::start();
    let mut dashboard = Subscriber::new(broker.port);
    let mut gateway = Gateway::start(broker.server());
    gateway.latched = true;
    dashboard.wait(&gateway, |seen| seen.iter().any(|message| message.topic == TELEMETRY));
    gateway.latched = false;
    for what in whats() {
        gateway.tell(what);
    }
    dashboard.wait(&gateway, |seen| {
        let count = |topic| seen.iter().filter(|message| message.topic == topic).count();
        count(EVENT) == whats().len() && 3 < count(TELEMETRY) && 1 < count(STATUS)
    });
    gateway.shut_down();
    dashboard.wait_for_presence("shut_down");
    let seen = dashboard.seen();
    assert!(seen.iter().all(|message| message.topic.starts_with("therapy/v1/site-1/gw-1/")));
    validate(seen);
}

#[test]
fn a_gateway_is_online_when_it_connects_and_offline_when_it_leaves() {
    let broker = Mosquitto::start();
    let mut dashboard = Subscriber::new(broker.port);
    let gateway = Gateway::start(broker.server());
    dashboard.wait_for_presence("connected");
    gateway.shut_down();
    let last = dashboard.wait_for_presence("shut_down");
    assert_eq!(last.value["presence"], "offline");
    // Whoever comes later is told the same, and the will was not sent after it.
    let mut late = Subscriber::new(broker.port);
    let told = late.wait_for_presence("shut_down");
    assert!(told.retained);
}

#[test]
fn the_will_tells_of_a_gateway_that_is_gone_without_a_word() {
    let broker = Mosquitto::start();
    let mut dashboard = Subscriber::new(broker.port);
    let gateway = Gateway::start(broker.server());
    let run = dashboard.wait_for_presence("connected").value["run"].clone();
    gateway.die();
    let lost = dashboard.wait_for_presence("lost");
    assert_eq!(lost.value["presence"], "offline");
    assert_eq!(lost.value["run"], run);
    let mut late = Subscriber::new(broker.port);
    assert!(late.wait_for_presence("lost").retained);
}

#[test]
fn a_late_subscriber_is_told_how_units_stand() {
    let broker = Mosquitto::start();
    let mut dashboard = Subscriber::new(broker.port);
    let gateway = Gateway::start(broker.server());
    dashboard.wait(&gateway, |seen| seen.iter().any(|message| message.topic == STATUS));
    let mut late = Subscriber::new(broker.port);
    late.wait(&gateway, |seen| seen.iter().any(|m| m.topic == STATUS && m.retained));
    late.wait(&gateway, |seen| seen.iter().any(|message| message.topic == TELEMETRY));
    let values: Vec<_> = late.seen().iter().filter(|m| m.topic == TELEMETRY).collect();
    assert!(values.iter().all(|message| !message.retained && message.qos == "0"));
    assert!(late.seen().iter().any(|m| m.topic == STATUS && m.qos == "1"));
}

/// A broker that is new knows nothing: the gateway tells it everything again, by itself.
#[test]
fn a_broker_that_restarts_is_told_everything_again() {
    let mut broker = Mosquitto::start();
    let mut dashboard = Subscriber::new(broker.port);
    let gateway = Gateway::start(broker.server());
    dashboard.wait(&gateway, |seen| seen.iter().any(|message| message.topic == STATUS));
    broker.forget();
    let mut new = Subscriber::new(broker.port);
    new.wait(&gateway, |seen| {
        let has = |topic| seen.iter().any(|message| message.topic == topic);
        has(STATUS) && has(GATEWAY)
    });
    assert_eq!(gateway.telemetry().counters().reconnects(), 1);
}

#[test]
fn events_wait_for_a_broker_that_is_away_and_arrive_once_and_in_order() {
    let mut broker = Mosquitto::start();
    let mut dashboard = Subscriber::durable(broker.port);
    let gateway = Gateway::start(broker.server());
    dashboard.wait_for_presence("connected");
    (0..20).for_each(|_| gateway.tell(What::Stopped));
    dashboard.wait(&gateway, |seen| sequences(seen).len() == 20);
    // The subscriber acknowledges what it printed; else the broker would repeat it by itself.
    dashboard.idle(&gateway, Nanos::from_secs(1));
    assert_eq!(gateway.telemetry().counters().outbox(), 0);
    broker.stop();
    for _ in 0..200 {
        gateway.tell(What::Confirmed);
    }
    dashboard.idle(&gateway, Nanos::from_secs(3));
    assert_eq!(gateway.telemetry().counters().outbox(), 200);
    assert!(!gateway.telemetry().counters().is_connected());
    broker.start_again();
    (0..20).for_each(|_| gateway.tell(What::Stopped));
    dashboard.wait(&gateway, |seen| 240 <= sequences(seen).len());
    dashboard.idle(&gateway, Nanos::from_millis(500));
    assert_eq!(sequences(dashboard.seen()), (1..=240).collect::<Vec<u64>>());
    assert!(dashboard.seen().iter().all(|m| m.topic != EVENT || m.value["lost"] == 0));
    assert_eq!(gateway.telemetry().counters().lost(), 0);
}

/// A broker that takes connections and never answers keeps nobody waiting, least of all the end.
#[test]
fn a_broker_that_never_answers_blocks_nobody() {
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = mute.local_addr().unwrap().port();
    let gateway = Gateway::start(server(port));
    let (_connection, _) = mute.accept().unwrap();
    let begun = clock::now();
    for _ in 0..4_000 {
        gateway.tell(What::Stopped);
    }
    for _ in 0..1_000 {
        gateway.show();
    }
    assert!(clock::now().since(begun) < Nanos::from_secs(2), "showing and telling waited");
    let begun = clock::now();
    gateway.shut_down();
    assert!(clock::now().since(begun) < Nanos::from_secs(2), "leaving waited");
}

/// SEC-11: the broker of the demo takes nothing from anybody but the gateway.
#[test]
fn the_embedded_broker_lets_everybody_look_and_the_gateway_alone_speak() {
    let runtime = runtime();
    let broker =
        runtime.block_on(Broker::start((std::net::Ipv4Addr::LOCALHOST, 0).into())).unwrap();
    let port = broker.local_addr().port();
    assert!(broker.local_addr().ip().is_loopback());
    let mut dashboard = Subscriber::new(port);
    let gateway = Gateway::start(broker.server());
    dashboard.wait(&gateway, |seen| seen.iter().any(|message| message.topic == STATUS));
    for (topic, user) in [(STATUS, None), ("anything", None), (GATEWAY, Some("gateway"))] {
        let mut intruder = Command::new("mosquitto_pub");
        intruder.args(["-V", "5", "-q", "1", "-r", "-h", "127.0.0.1", "-m", "{\"forged\":1}"]);
        intruder.args(["-p", &port.to_string(), "-t", topic]);
        if let Some(user) = user {
            intruder.args(["-u", user, "-P", "guessed"]);
        }
        let _refused = intruder.output().unwrap();
    }
    dashboard.idle(&gateway, Nanos::from_millis(500));
    let mut late = Subscriber::new(port);
    late.wait(&gateway, |seen| seen.iter().any(|message| message.topic == STATUS));
    late.idle(&gateway, Nanos::from_millis(300));
    for message in dashboard.seen().iter().chain(late.seen()) {
        assert!(message.value.get("forged").is_none(), "{message:?}");
    }
    gateway.shut_down();
    dashboard.wait_for_presence("shut_down");
    runtime.block_on(broker.shut_down());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "the broker is gone");
}

fn sequences(seen: &[Message]) -> Vec<u64> {
    let events = seen.iter().filter(|message| message.topic == EVENT);
    events.map(|message| message.value["sequence"].as_u64().unwrap()).collect()
}

/// A kind of change each.
fn whats() -> Vec<What> {
    vec![
        What::Confirmed,
        What::State { from: State::Standby, to: State::Ready },
        What::Latched(Cause::EmergencyStop),
        What::Released(Cause::EmergencyStop),
        What::Stopped,
        What::Refused(clinic::Refused::Unit(safety::Refusal::FootswitchHeld)),
    ]
}

/// A herald with one laser and its telemetry, on a runtime of its own.
struct Gateway {
    runtime: Runtime,
    mouth: Mouth,
    telemetry: Option<Telemetry>,
    latched: bool,
}

impl Gateway {
    fn start(server: Server) -> Self {
        let runtime = runtime();
        let (herald, mouth, carry) = Herald::new(directory());
        runtime.spawn(carry);
        let telemetry = {
            let _within = runtime.enter();
            let (_newest, head) = watch::channel(Head::default().followed_by("{}"));
            Telemetry::start(server, herald, head)
        };
        let gateway = Self { runtime, mouth, telemetry: Some(telemetry), latched: false };
        gateway.show();
        gateway
    }

    fn telemetry(&self) -> &Telemetry {
        self.telemetry.as_ref().unwrap()
    }

    fn show(&self) {
        self.mouth.show(UnitId(0), shown(clock::now(), self.latched));
    }

    fn tell(&self, what: What) {
        let change = Change { at: clock::now(), unit: UnitId(0), session: None, what };
        self.mouth.tell(change).unwrap();
    }

    fn shut_down(mut self) {
        let telemetry = self.telemetry.take().unwrap();
        self.runtime.block_on(telemetry.shut_down(Duration::from_secs(1)));
    }

    /// Its sockets are closed by the kernel, as after a kill.
    fn die(self) {
        let Self { runtime, telemetry, mouth, .. } = self;
        runtime.shutdown_background();
        drop((telemetry, mouth));
    }
}

fn runtime() -> Runtime {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().unwrap()
}

fn directory() -> Arc<Directory> {
    Arc::new(Directory {
        site: "site-1".into(),
        gateway: "gw-1".into(),
        run: 7,
        rooms: vec!["room-1".into()],
        units: vec![UnitCard {
            name: "laser-1".into(),
            room: RoomId(0),
            modality: Modality::Laser,
            real: false,
            dialect: "open-link".into(),
            port: "none".into(),
            line: LineId(0),
            address: None,
            plate: Plate::default(),
        }],
        sources: Default::default(),
    })
}

fn shown(now: Instant, latched: bool) -> Shown {
    let output = Power::from_milliwatts(0);
    let status = Status::<Laser> {
        at: now,
        state: if latched { State::Locked } else { State::Standby },
        beam: Beam::OffProven(now),
        causes: if latched { cause(now) } else { Causes::default() },
        epoch: u32::from(latched),
        session: None,
        emission: Some((now, Emission { enabled: false, output, counter: None })),
        contacts: None,
        temperature: None,
        faults: 0,
        boot: None,
        identity: None,
        warnings: Warnings::default(),
        garbled_percent: 0,
        stray: Dose::default(),
    };
    Shown {
        contact: None,
        meter: clinic::ShownMeter::NONE,
        status: AnyStatus::Laser(status),
        session: None,
        relay_closed: !latched,
        link: Traffic::default(),
    }
}

fn cause(now: Instant) -> Causes {
    let terms = Terms {
        timing: Timing::LASER,
        lease: Nanos::from_secs(1),
        rise: Nanos::ZERO,
        off_below: Power::from_milliwatts(5),
        second_enable: false,
        coil: None,
        pace: Pace::Continuous,
        frozen: Some(FROZEN),
    };
    let mut supervisor = Supervisor::<Laser>::new(terms, now);
    supervisor.step(now, Input::Lock(Cause::LinkSilence)).unwrap();
    *supervisor.causes()
}

fn server(port: u16) -> Server {
    Server {
        host: "127.0.0.1".into(),
        port,
        client_id: "therapy-gateway-test".into(),
        credentials: None,
    }
}

/// Debian's subscriber, and what it printed so far.
struct Subscriber {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<Message>,
}

#[derive(Debug)]
struct Message {
    retained: bool,
    qos: String,
    topic: String,
    payload: String,
    value: Value,
}

impl Subscriber {
    fn new(port: u16) -> Self {
        Self::with(port, &[])
    }

    /// One for whom the broker keeps what comes while it is away.
    fn durable(port: u16) -> Self {
        Self::with(port, &["-c", "-i", "dashboard", "-x", "3600"])
    }

    fn with(port: u16, more: &[&str]) -> Self {
        let port = port.to_string();
        let mut command = Command::new("mosquitto_sub");
        command.args(["-V", "5", "-h", "127.0.0.1", "-p", &port, "-q", "1"]);
        command.args(["-t", "therapy/v1/#", "-F", "message %r %q %t %p"]).args(more);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = sync_channel(100_000);
        std::thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| send.send(line))
        });
        Self { child, lines, seen: Vec::new() }
    }

    fn seen(&self) -> &[Message] {
        &self.seen
    }

    /// Waits until what was seen will do, while the gateway goes on showing its unit.
    fn wait(&mut self, gateway: &Gateway, enough: impl Fn(&[Message]) -> bool) {
        let until = clock::now().after(PATIENCE);
        while !enough(&self.seen) {
            gateway.show();
            self.look();
            assert!(clock::now() < until, "it did not come: {:#?}", self.seen);
        }
    }

    fn idle(&mut self, gateway: &Gateway, time: Nanos) {
        let until = clock::now().after(time);
        while clock::now() < until {
            gateway.show();
            self.look();
        }
    }

    fn wait_for_presence(&mut self, reason: &str) -> &Message {
        let until = clock::now().after(PATIENCE);
        let found =
            |message: &Message| message.topic == GATEWAY && message.value["reason"] == reason;
        while !self.seen.iter().any(found) {
            self.look();
            assert!(clock::now() < until, "no {reason}: {:#?}", self.seen);
        }
        let last = self.seen.iter().rfind(|message| message.topic == GATEWAY).unwrap();
        assert_eq!(last.value["reason"], reason, "it is the last word");
        last
    }

    /// Takes what comes within a moment.
    fn look(&mut self) {
        match self.lines.recv_timeout(Duration::from_millis(20)) {
            Ok(line) => self.take(&line),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => panic!("mosquitto_sub ended"),
        }
        while let Ok(line) = self.lines.try_recv() {
            self.take(&line);
        }
    }

    fn take(&mut self, line: &str) {
        let Some(line) = line.strip_prefix("message ") else { return };
        let parts: Vec<_> = line.splitn(4, ' ').collect();
        let &[retained, qos, topic, payload] = parts.as_slice() else { panic!("{line}") };
        self.seen.push(Message {
            retained: retained == "1",
            qos: qos.into(),
            topic: topic.into(),
            payload: payload.into(),
            value: serde_json::from_str(payload).unwrap(),
        });
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Lets another implementation judge every payload by the schema of its topic.
fn validate(seen: &[Message]) {
    let mut command = Command::new(python());
    command.args(["-c", VALIDATOR]).arg(root().join("docs/schemas"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    for message in seen {
        let kind = message.topic.rsplit('/').next().unwrap();
        writeln!(input, "{kind} {}", message.payload).unwrap();
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{found}");
    for kind in ["status", "telemetry", "event", "gateway", "audit"] {
        assert!(found.contains(kind), "no {kind} was judged: {found}");
    }
}

const VALIDATOR: &str = r#"
import collections, json, pathlib, sys
from jsonschema import Draft202012Validator as Validator

validators = {}
for path in pathlib.Path(sys.argv[1]).glob("*.schema.json"):
    schema = json.loads(path.read_text())
    Validator.check_schema(schema)
    validators[path.name.split(".")[0]] = Validator(schema)
judged, wrong = collections.Counter(), 0
for line in sys.stdin:
    kind, payload = line.split(" ", 1)
    judged[kind] += 1
    for error in validators[kind].iter_errors(json.loads(payload)):
        wrong += 1
        print(kind, error.json_path, error.message)
print(dict(judged))
sys.exit(1 if wrong else 0)
"#;
