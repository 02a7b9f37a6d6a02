//! Simulated units on ptys, driven by clients that others wrote for real ones.
//!
//! What a client sends and what it makes of an answer is its own: a unit that was written from the
//! same reading of a manual as its driver would not show that the reading is wrong.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{daemon::process::PROGRAM, peers::python, tree::root};

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

/// The configuration of the repository in `folder`, with its Maiman on a line of Modbus RTU with
/// two wires. Turning the line round takes time, so its answers have to be prompter.
pub(crate) fn maiman_on_rtu(folder: &Path) -> PathBuf {
    let config = shipped(folder);
    change(&config.join("units/maiman-a.toml"), |unit| {
        let own = unit["maiman"].as_table_mut().unwrap();
        own.insert("framing".into(), "rtu".into());
        own.insert("address".into(), 3.into());
        own.insert("half_duplex".into(), true.into());
        own.insert("answer_ms".into(), 10.into());
    });
    config
}

/// The configuration of the repository, copied into `folder`.
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

/// Changes a file of configuration.
pub(crate) fn change(file: &Path, change: impl FnOnce(&mut toml::Table)) {
    let mut table: toml::Table = fs::read_to_string(file).unwrap().parse().unwrap();
    change(&mut table);
    fs::write(file, table.to_string()).unwrap();
}

/// A simulated unit that is served on a pty. It ends when this is dropped.
struct Served {
    child: Child,
    folder: TempDir,
}

impl Served {
    /// Serves a unit of a configuration, and waits until it says where.
    fn start(config: &Path, unit: &str) -> Self {
        let folder = TempDir::with_prefix("served-").unwrap();
        let mut command = Command::new(PROGRAM);
        command.arg("simulate").arg(config.join(format!("units/{unit}.toml")));
        command.arg("--link").arg(folder.path().join("port")).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
        let served = Self { child, folder };
        assert!(said.starts_with(unit), "{said}");
        served.appears();
        served
    }

    /// It says where before it is there.
    fn appears(&self) {
        let deadline = gateway::clock::now().after(safety::Nanos::from_millis(10_000));
        while !self.port().exists() {
            assert!(gateway::clock::now() < deadline, "no port appears");
            std::thread::yield_now();
        }
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
        let output = self.mbpoll(address, register, count);
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        let lines = said.lines().filter(|line| line.starts_with('['));
        lines.filter_map(|line| Some(line.split_once(':')?.1.trim().to_owned())).collect()
    }

    /// Why mbpoll read nothing.
    fn refusal(&self, address: u8, register: u16) -> String {
        let output = self.mbpoll(address, register, 1);
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    fn mbpoll(&self, address: u8, register: u16, count: u16) -> Output {
        let mut command = Command::new("mbpoll");
        let line = ["-m", "rtu", "-b", "115200", "-P", "none", "-d", "8", "-s", "1"];
        command.args(line).args(["-t", "4:hex", "-0", "-1", "-q", "-o", "0.5"]);
        command.args(["-a", &address.to_string(), "-r", &register.to_string()]);
        command.args(["-c", &count.to_string()]).arg(self.port());
        command.output().expect("mbpoll is absent; `tests/run` installs it")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}
