//! A gateway as a process of its own: started, watched, stopped, stunned and killed.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use ::gateway::clock;
use proto::v1::{Prescription, UnitState};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use safety::Nanos;
use serde_json::Value;
use tonic::transport::{Channel, Endpoint};

use super::{
    house::House,
    operator::{Operator, words},
    prescriptions::{LONG, for_unit},
    time::{until, within},
    watcher::Watcher,
};

/// The gateway that was built together with this test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_gateway-under-test");

/// Starts a program with nothing of this process: a pty of a simulated unit that it inherits would
/// stay open when the cable is pulled. And where a file may not grow, it hears of that as an error,
/// not as a signal.
const ALONE: &str = "trap '' XFSZ
for fd in /proc/$$/fd/*; do fd=${fd##*/}; ((fd < 3)) || eval \"exec $fd>&-\"; done
exec \"$0\" \"$@\"";

/// A gateway that runs. It is killed when this is dropped.
pub(super) struct Gateway {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
    pub(super) grpc: SocketAddr,
    pub(super) metrics: SocketAddr,
    /// Its own broker, if it has one.
    pub(super) broker: Option<SocketAddr>,
    /// How its units stand and stood.
    pub(super) watcher: Watcher,
}

impl Gateway {
    /// Starts a gateway in a house, and waits until it is up.
    pub(super) async fn start(house: &House) -> Self {
        Self::start_with(&house.config()).await
    }

    /// Starts a gateway on a folder of configuration, and waits until it is up.
    pub(super) async fn start_with(config: &Path) -> Self {
        let mut command = Command::new("bash");
        command.args(["-c", ALONE, PROGRAM]);
        command.arg("run").arg("--config").arg(config);
        Self::with(command).await
    }

    /// Starts a gateway in a house where programs begin with few descriptors.
    pub(super) async fn start_with_descriptors(house: &House, count: u32) -> Self {
        let mut command = Command::new("bash");
        command.args(["-c", &format!("ulimit -Sn {count}\n{ALONE}"), PROGRAM]);
        command.arg("run").arg("--config").arg(house.config());
        Self::with(command).await
    }

    async fn with(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let readers = vec![
            listen(child.stdout.take().unwrap(), &said),
            listen(child.stderr.take().unwrap(), &said),
        ];
        let up = until("the gateway comes up", async || {
            if let Some(status) = child.try_wait().unwrap() {
                panic!("the gateway ended with {status}: {:#?}", said.lock().unwrap());
            }
            let said = said.lock().unwrap();
            let up = |line: &String| {
                let value: Value = serde_json::from_str(line).ok()?;
                let is = value["fields"]["message"] == "the gateway is up";
                is.then(|| value["fields"].clone())
            };
            said.iter().find_map(up)
        })
        .await;
        let address = |name: &str| up[name].as_str().map(|text| text.parse().unwrap());
        let grpc = address("grpc").unwrap();
        let watcher = Watcher::new(connect(grpc).await).await;
        let (metrics, broker) = (address("metrics").unwrap(), address("broker"));
        Self { child, said, readers, grpc, metrics, broker, watcher }
    }

    /// A connection of its own.
    pub(super) async fn channel(&self) -> Channel {
        connect(self.grpc).await
    }

    /// Waits until a unit is free, and confirms a prescription on it, over a connection of its own.
    pub(super) async fn confirm(&self, unit: &str, prescription: Prescription) -> Operator {
        self.watcher.until_state(unit, UnitState::Standby).await;
        let confirmed = Operator::confirm(self.channel().await, unit, prescription).await;
        confirmed.unwrap_or_else(|refusal| panic!("{unit}: {}", words(&refusal)))
    }

    /// A session that emits, far from its end.
    pub(super) async fn emit(&self, house: &House, unit: &str) -> Operator {
        let mut operator = self.confirm(unit, for_unit(unit, LONG)).await;
        operator.emit(house.stand(unit)).await;
        operator
    }

    /// Everything that it wrote to its log and its output so far.
    pub(super) fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    /// What it tells Prometheus.
    pub(super) fn scrape(&self) -> String {
        let mut stream = TcpStream::connect(self.metrics).unwrap();
        let request = "GET /metrics HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        text
    }

    /// Asks it to leave, as systemd does, and waits until it has. Returns how long that took.
    pub(super) async fn terminate(&mut self) -> (ExitStatus, Nanos) {
        let begun = clock::now();
        self.signal(Signal::TERM);
        let status = self.ended().await;
        (status, clock::now().since(begun))
    }

    /// It ends at once, whatever it is doing.
    pub(super) async fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.ended().await;
    }

    /// Stops its time.
    pub(super) fn stun(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets its time go on.
    pub(super) fn wake(&self) {
        self.signal(Signal::CONT);
    }

    /// From now on no file may grow: as if its disk were full. Pipes and sockets are no files.
    pub(super) fn fill_disk(&self) {
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        prlimit(Some(self.pid()), Resource::Fsize, none).unwrap();
    }

    async fn ended(&mut self) -> ExitStatus {
        let child = &mut self.child;
        let status = until("the gateway ends", async || child.try_wait().unwrap()).await;
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        status
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
        if std::thread::panicking() {
            eprintln!("what the gateway said:\n{}", self.said().join("\n"));
        }
    }
}

/// Runs the program to its end, off the runtime.
pub(super) async fn command<A: AsRef<OsStr>>(arguments: &[A]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).stdin(Stdio::null());
    output("a command", command).await
}

/// Starts the program on a configuration where it is expected to give up by itself.
pub(super) async fn refused(config: &Path) -> String {
    let arguments = [OsStr::new("run"), OsStr::new("--config"), config.as_os_str()];
    let output = command(&arguments).await;
    assert!(!output.status.success(), "{output:?}");
    text(&output)
}

/// Runs any program to its end, off the runtime.
pub(super) async fn output(what: &str, mut command: Command) -> Output {
    let running = tokio::task::spawn_blocking(move || command.output().unwrap());
    within(what, running).await.unwrap()
}

/// What a program printed.
pub(super) fn text(output: &Output) -> String {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}

pub(super) async fn connect(address: SocketAddr) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    within("a connection", endpoint.connect()).await.unwrap()
}

fn listen(from: impl Read + Send + 'static, said: &Arc<Mutex<Vec<String>>>) -> JoinHandle<()> {
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            said.lock().unwrap().push(line);
        }
    })
}
