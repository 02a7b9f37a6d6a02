//! Simulated units on ptys, driven by clients that others wrote for real ones.
//!
//! What a client sends and what it makes of an answer is its own: a unit that was written from the
//! same reading of a manual as its driver would not show that the reading is wrong.

use std::{
    ffi::OsString,
    fs,
    io::{BufRead, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
    thread::park_timeout,
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    daemon::{house::edit, process::PROGRAM},
    peers::python,
    tree::root,
};

/// Debian's mbpoll reads the plate and the state of a Maiman, two registers at once where they are
/// neighbours, and hears nothing from an address at which nobody is.
#[test]
fn mbpoll_reads_a_maiman() {
    let folder = TempDir::with_prefix("foreign-").unwrap();
    let unit = Served::start(&maiman_on_rtu(folder.path()), "maiman-a");
    // Of its plate: the model; powered, without a lock; no current set.
    assert_eq!(unit.poll(3, 0x0001, 1), ["0x0130"]);
    assert_eq!(unit.poll(3, 0x0003, 1), ["0x1A2B"]);
    assert_eq!(unit.poll(3, 0x0004, 2), ["0x0001", "0x0000"]);
    assert_eq!(unit.poll(3, 0x0008, 1), ["0x0000"]);
    assert_eq!(unit.poll(3, 0x0025, 1), ["0x04B0"]);
    assert!(unit.refusal(3, 0x0002).contains("Illegal data address"));
    assert!(unit.refusal(4, 0x0001).contains("Connection timed out"));
}

/// Debian's mbpoll turns an output of the board on and off, reads the outputs, and reads the inputs as
/// hands move what is wired to them. What it cannot say is *close for a time*.
#[test]
fn mbpoll_drives_a_relay_board() {
    let config = root().join("config");
    let files = ["boards/board-1.toml", "units/maiman-a.toml"].map(|file| config.join(file));
    let mut room = Served::start_all(&files);
    let outputs = |room: &Served| room.poll_bits("board-1", "0");
    let inputs = |room: &Served| room.poll_bits("board-1", "1");
    assert_eq!(outputs(&room), [0; 8]);
    // Door, emergency stop and key are as nobody left them, and no foot is on its switch.
    assert_eq!(inputs(&room), [1, 1, 1, 0, 0, 0, 0, 0]);
    room.write_bit("board-1", 0, true);
    assert_eq!(outputs(&room), [1, 0, 0, 0, 0, 0, 0, 0]);
    room.write_bit("board-1", 0, false);
    assert_eq!(outputs(&room), [0; 8]);
    for (typed, expected) in [
        ("let-go maiman-a door", [0, 1, 1, 0, 0, 0, 0, 0]),
        ("press maiman-a e-stop", [0, 0, 1, 0, 0, 0, 0, 0]),
        ("press maiman-a footswitch", [0, 0, 1, 1, 0, 0, 0, 0]),
        ("let-go maiman-a key", [0, 0, 0, 1, 0, 0, 0, 0]),
    ] {
        assert_eq!(room.type_line(typed), "done", "{typed}");
        assert_eq!(inputs(&room), expected, "{typed}");
    }
}

/// The contact of a board is in the interlock of the driver that is served beside it, and what is
/// typed breaks both: the driver itself says how its interlock is.
#[test]
fn a_board_and_a_driver_are_served_wired_together() {
    let folder = TempDir::with_prefix("foreign-").unwrap();
    let config = maiman_on_rtu(folder.path());
    let files = ["units/maiman-a.toml", "boards/board-1.toml"].map(|file| config.join(file));
    let mut room = Served::start_all(&files);
    let wired = "contact 1 of board-1 is in the interlock of maiman-a";
    assert!(room.said.iter().any(|line| line == wired), "{:?}", room.said);
    let is_open = |room: &Served| {
        let lock = room.poll_at("maiman-a", 3, 0x0005, 1);
        u16::from_str_radix(lock[0].trim_start_matches("0x"), 16).unwrap() & 0b10 != 0
    };
    assert!(is_open(&room));
    room.write_bit("board-1", 0, true);
    assert!(!is_open(&room));
    room.write_bit("board-1", 0, false);
    assert!(is_open(&room));
    for (typed, open) in [
        ("fault board-1 weld:1", false),
        ("heal board-1", true),
        ("fault board-1 swap:1,2", true),
        ("press maiman-a footswitch", true),
    ] {
        assert_eq!(room.type_line(typed), "done", "{typed}");
        assert_eq!(is_open(&room), open, "{typed}");
    }
    room.write_bit("board-1", 1, true);
    assert!(!is_open(&room), "contact 2 is where contact 1 should be");
    assert_eq!(room.type_line("cut board-1"), "done");
    assert!(goes(&room.folder.path().join("board-1")), "its cable is out");
    assert!(room.type_line("fault maiman-a nose").contains("it can by stuck-on"));
}

/// Whether a file is gone within five seconds: a cable is pulled by whoever holds it, a moment later.
fn goes(file: &Path) -> bool {
    (0..500).any(|_| {
        park_timeout(Duration::from_millis(10));
        !file.exists()
    })
}

/// PyPI's `magpy-tms`, which is used with real units: it sets a train, arms, fires and disarms.
#[test]
fn magpy_drives_a_rapid() {
    let unit = Served::start(&root().join("config"), "magstim-a");
    let seen = unit.driven_by("magpy_tms.py");
    assert_eq!(seen["version"], serde_json::json!([7, 0, 0]));
    let instrument = |when: &str, bit: &str| seen[when]["instr"][bit].clone();
    let trains = |when: &str, name: &str| seen[when]["rapidParam"][name].clone();
    assert_eq!(instrument("before", "standby"), 1);
    assert_eq!(instrument("before", "remoteStatus"), 1);
    for when in ["set", "firing", "fired", "disarmed"] {
        assert_eq!(trains(when, "power"), 40, "{when}");
        assert_eq!(trains(when, "frequency"), 10.0, "{when}");
        assert_eq!(trains(when, "nPulses"), 10, "{when}");
    }
    assert_eq!(seen["set"]["rapid"]["singlePulseMode"], 0);
    assert_eq!(instrument("set", "standby"), 1);
    assert_eq!(seen["ready"], true);
    assert_eq!(seen["firing"]["rapid"]["train"], 1);
    assert_eq!(seen["fired"]["rapid"]["train"], 0);
    assert_eq!(instrument("fired", "ready"), 1);
    assert_eq!(instrument("disarmed", "standby"), 1);
    assert_eq!(instrument("disarmed", "ready"), 0);
    // It says that firing is in conflict with its state.
    assert_eq!(seen["refused"], 5);
    assert_eq!(seen["temperature"]["coil2Temp"], 21.5);
}

/// PyPI's `magicpy`, which is used with real units: it sets an amplitude, enables, gives one pulse
/// and disables. It takes an answer of any other length than it expects for a mistake.
#[test]
fn magicpy_drives_a_magpro() {
    let unit = Served::start(&root().join("config"), "magventure-a");
    let seen = unit.driven_by("magic_py.py");
    for when in ["before", "set", "armed", "disarmed"] {
        assert_eq!(seen[when]["Model"], "X100", "{when}");
        assert_eq!(seen[when]["SerialNo"], 7001, "{when}");
        assert_eq!(seen[when]["coilTypeNo"], 60, "{when}");
        assert_eq!(seen[when]["Waveform"], "Biphasic", "{when}");
        let enabled = if when == "armed" { "Enabled" } else { "Disabled" };
        assert_eq!(seen[when]["Status"], enabled, "{when}");
        let amplitude = if when == "before" { 0 } else { 45 };
        assert_eq!(seen[when]["amplitudePercentage_A"], amplitude, "{when}");
    }
    assert_eq!(seen["arming"]["Status"], "Enabled");
    assert!(seen["pulse"]["didtPercentage_A"].as_u64().is_some_and(|slope| 0 < slope), "{seen}");
}

/// The configuration of the repository in `folder`.
pub(crate) fn shipped(folder: &Path) -> PathBuf {
    let config = folder.join("config");
    let shipped = root().join("config");
    for part in ["", "boards", "profiles", "units"] {
        fs::create_dir_all(config.join(part)).unwrap();
        let files = fs::read_dir(shipped.join(part)).unwrap().map(|file| file.unwrap().path());
        for file in files.filter(|path| path.is_file()) {
            fs::copy(&file, config.join(part).join(file.file_name().unwrap())).unwrap();
        }
    }
    config
}

/// The same with its Maiman on a line of Modbus RTU with two wires. Turning the line round takes time,
/// so its answers have to be prompter.
pub(crate) fn maiman_on_rtu(folder: &Path) -> PathBuf {
    let config = shipped(folder);
    edit(&config.join("units/maiman-a.toml"), |unit| {
        let own = unit["maiman"].as_table_mut().unwrap();
        own.insert("framing".into(), "rtu".into());
        own.insert("address".into(), 3.into());
        own.insert("half_duplex".into(), true.into());
        own.insert("answer_ms".into(), 10.into());
    });
    config
}

/// Simulated units and boards that are served on ptys. They end when this is dropped.
struct Served {
    child: Child,
    /// What is said on its output.
    out: BufReader<ChildStdout>,
    folder: TempDir,
    /// What it said at first.
    said: Vec<String>,
}

impl Served {
    /// Serves a unit of a configuration, and waits until it is there.
    fn start(config: &Path, unit: &str) -> Self {
        let folder = TempDir::with_prefix("served-").unwrap();
        let link = folder.path().join("port");
        let file = config.join(format!("units/{unit}.toml"));
        Self::run(folder, &[file], ["--link".into(), link.into()])
    }

    /// Serves what some files describe, wired together, each at its name.
    fn start_all(files: &[PathBuf]) -> Self {
        let folder = TempDir::with_prefix("served-").unwrap();
        let place = folder.path().into();
        Self::run(folder, files, ["--folder".into(), place])
    }

    fn run(folder: TempDir, files: &[PathBuf], place: [OsString; 2]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.arg("simulate").args(files).args(place);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = Vec::new();
        // The last line says how to go on.
        while said.last().is_none_or(|line: &String| !line.contains("`help`")) {
            said.push(line(&mut out));
        }
        let ports = said.iter().filter_map(|line| line.split_once(" at ")).map(|(_, port)| port);
        ports.for_each(|port| appears(Path::new(port)));
        Self { child, out, folder, said }
    }

    /// Types a line, and returns what is answered.
    fn type_line(&mut self, typed: &str) -> String {
        writeln!(self.child.stdin.as_mut().unwrap(), "{typed}").unwrap();
        line(&mut self.out)
    }

    fn port(&self) -> PathBuf {
        self.folder.path().join("port")
    }

    /// What a script of the folder `peers` saw at this unit.
    fn driven_by(&self, script: &str) -> Value {
        let mut command = Command::new(python());
        command.arg(root().join("tests/peers").join(script)).arg(self.port());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_str(said.lines().last().unwrap()).unwrap()
    }

    /// What mbpoll reads from this many holding registers.
    fn poll(&self, address: u8, register: u16, count: u16) -> Vec<String> {
        self.poll_at("port", address, register, count)
    }

    fn poll_at(&self, port: &str, address: u8, register: u16, count: u16) -> Vec<String> {
        read(&self.mbpoll(port, "4:hex", [address.into(), register, count], None))
    }

    /// Why mbpoll read nothing.
    fn refusal(&self, address: u8, register: u16) -> String {
        let output = self.mbpoll("port", "4:hex", [address.into(), register, 1], None);
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// What mbpoll reads from the eight outputs (`0`) or inputs (`1`) of a board.
    fn poll_bits(&self, port: &str, kind: &str) -> Vec<u8> {
        let bits = read(&self.mbpoll(port, kind, [1, 0, 8], None));
        bits.iter().map(|bit| bit.parse().unwrap()).collect()
    }

    /// Has mbpoll turn an output of a board on or off.
    fn write_bit(&self, port: &str, output: u16, on: bool) {
        let written = self.mbpoll(port, "0", [1, output, 1], Some(on));
        assert!(written.status.success(), "{written:?}");
    }

    /// Runs mbpoll on so many places of a kind from one on, at an address.
    fn mbpoll(&self, port: &str, kind: &str, at: [u16; 3], write: Option<bool>) -> Output {
        let [address, place, count] = at.map(|number| number.to_string());
        let mut command = Command::new("mbpoll");
        let line = ["-m", "rtu", "-b", "115200", "-P", "none", "-d", "8", "-s", "1"];
        command.args(line).args(["-t", kind, "-0", "-1", "-q", "-o", "0.5"]);
        command.args(["-a", &address, "-r", &place]);
        if write.is_none() {
            command.args(["-c", &count]);
        }
        command.arg(self.folder.path().join(port));
        command.args(write.map(|on| u8::from(on).to_string()));
        command.output().expect("mbpoll is absent; `tests/run` installs it")
    }
}

/// What mbpoll printed of the places that it read.
fn read(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    let lines = said.lines().filter(|line| line.starts_with('['));
    lines.filter_map(|line| Some(line.split_once(':')?.1.trim().to_owned())).collect()
}

/// The next line of an output that goes on.
fn line(out: &mut impl BufRead) -> String {
    let mut line = String::new();
    assert_ne!(out.read_line(&mut line).unwrap(), 0, "it has ended");
    line.trim_end().to_owned()
}

/// It says where before it is there.
fn appears(port: &Path) {
    let deadline = gateway::clock::now().after(safety::Nanos::from_millis(10_000));
    while !port.exists() {
        assert!(gateway::clock::now() < deadline, "no port appears at {}", port.display());
        std::thread::yield_now();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}
