//! A gateway on a unit whose protocol others wrote: PyPI's `pymodbus` with the registers of a Maiman.
//!
//! Nobody serves the relay board of the room, so the unit is locked as soon as it has proven who it
//! is: what is asked here is whether the gateway believes the answers of the unit.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

use proto::v1::UnitState;
use tempfile::TempDir;
use toml::Value;

use super::{
    house::{edit, section, settle},
    process::Gateway,
    time::{in_real_time, until, watch_for},
};
use crate::{foreign::maiman_on_rtu, peers::python, tree::root};

const UNIT: &str = "maiman-a";
/// The command word, and what starts and stops.
const START: &str = "0004 0008";
const STOP: &str = "0004 0010";
/// Longer than a unit that is well takes to prove who it is.
const LONG: Duration = Duration::from_secs(6);

/// COM-07: a unit that answers as its plate says is known, proven off and told nothing but
/// to be off.
#[test]
fn a_foreign_unit_that_answers_well_is_known() {
    in_real_time(async || {
        let (gateway, unit) = start("well").await;
        gateway.watcher.until_off(UNIT).await;
        until("that it is known", async || known(&gateway).then_some(())).await;
        only_stopped(gateway, unit).await;
    });
}

/// COM-01, COM-07: without whole answers in time nobody is known, and nothing is started.
#[test]
fn a_foreign_unit_that_is_mute_is_never_known() {
    in_real_time(|| never_known("mute"));
}

#[test]
fn a_foreign_unit_that_is_always_late_is_never_known() {
    in_real_time(|| never_known("late"));
}

#[test]
fn a_foreign_unit_whose_answers_are_corrupt_is_never_known() {
    in_real_time(|| never_known("corrupt"));
}

async fn never_known(behaviour: &str) {
    let (gateway, unit) = start(behaviour).await;
    until("the first stop", async || unit.heard().contains(&STOP.into()).then_some(())).await;
    watch_for(LONG).await;
    assert!(!known(&gateway), "{behaviour}");
    for state in gateway.watcher.states_since(UNIT, 0) {
        assert!([UnitState::Offline, UnitState::Locked].contains(&state), "{state:?}");
    }
    only_stopped(gateway, unit).await;
}

/// Whether the unit ever was at standby, be it for less time than anybody is shown.
fn known(gateway: &Gateway) -> bool {
    gateway.said().iter().any(|line| line.contains("the unit went from offline to standby"))
}

/// Ends both. All that was ever written to the unit is to stop.
async fn only_stopped(mut gateway: Gateway, unit: Pymodbus) {
    gateway.terminate().await;
    let heard = unit.heard();
    assert!(!heard.contains(&START.into()), "{heard:?}");
    assert!(!heard.is_empty() && heard.iter().all(|write| write == STOP), "{heard:?}");
}

async fn start(behaviour: &str) -> (Gateway, Pymodbus) {
    let unit = Pymodbus::start(behaviour).await;
    let config = maiman_on_rtu(unit.folder.path());
    alone(&config, unit.folder.path());
    (Gateway::start_with(&config).await, unit)
}

/// Leaves one unit in the configuration, on the port in `folder`, with its room and its board.
fn alone(config: &Path, folder: &Path) {
    for file in fs::read_dir(config.join("units")).unwrap().map(|file| file.unwrap().path()) {
        if file.file_stem().is_none_or(|name| name != UNIT) {
            fs::remove_file(file).unwrap();
        }
    }
    let place = |name: &str| Value::from(folder.join(name).to_string_lossy().into_owned());
    edit(&config.join(format!("units/{UNIT}.toml")), |unit| {
        section(unit, "link").insert("port".into(), place("port"));
    });
    edit(&config.join("boards/board-1.toml"), |board| {
        section(board, "link").insert("port".into(), place("nothing"));
        for of_units in ["channel", "input"] {
            let all = board[of_units].as_array_mut().unwrap();
            all.retain(|one| one.get("unit").is_none_or(|unit| unit.as_str() == Some(UNIT)));
        }
    });
    edit(&config.join("rooms.toml"), |rooms| {
        rooms["room"].as_array_mut().unwrap().truncate(1);
    });
    settle(config, &folder.join("data"));
}

/// A unit of `pymodbus`. It ends when this is dropped.
struct Pymodbus {
    folder: TempDir,
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
    _reader: JoinHandle<()>,
}

impl Pymodbus {
    async fn start(behaviour: &str) -> Self {
        let folder = TempDir::with_prefix("pymodbus-").unwrap();
        let mut command = Command::new(python());
        command.arg(root().join("tests/peers/modbus_unit.py")).arg(behaviour);
        command.arg(folder.path().join("port")).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = child.stdout.take().unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&said);
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                told.lock().unwrap().push(line);
            }
        });
        let unit = Self { folder, child, said, _reader: reader };
        until("pymodbus serves", async || unit.said.lock().unwrap().first().cloned()).await;
        unit
    }

    /// What was written to it: register and value.
    fn heard(&self) -> Vec<String> {
        self.said.lock().unwrap().iter().skip(1).cloned().collect()
    }
}

impl Drop for Pymodbus {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}
