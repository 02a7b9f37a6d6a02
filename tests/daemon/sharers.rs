//! A gateway on three units of one line, served by PyPI's `pymodbus`: one of them falls silent.

use std::{
    fs,
    io::{BufRead, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

use proto::v1::UnitState;
use tempfile::TempDir;

use super::{
    commands::Watching,
    house::{edit, settle},
    process::Gateway,
    time::{in_real_time, until, watch_for},
};
use crate::{foreign::shipped, peers::python, tree::root};

const DOCUMENT: &str = include_str!("../../docs/profile.md");
/// By its address, which is its place from one.
const UNITS: [&str; 3] = ["riden-a", "riden-b", "riden-c"];
const MUTE: usize = 2;
/// Off: zero in register 18.
const OFF: &str = " 18 0";
/// Long enough that a unit which nobody asks is lost three times.
const LONG: Duration = Duration::from_secs(4);

/// COM-07: neighbours of a unit that falls silent stay online and are asked as before; it is
/// offline, and known again once it answers.
#[test]
fn a_unit_that_falls_silent_is_lost_alone_and_comes_back() {
    in_real_time(async || {
        let line = Line::start().await;
        let config = three_on_one_line(line.folder.path());
        let mut gateway = Gateway::start_with(&config).await;
        for unit in UNITS {
            gateway.watcher.until_state(unit, UnitState::Standby).await;
        }
        let heard = good_frames(&gateway);
        let at = gateway.grpc.to_string();
        let monitor = Watching::of(&["monitor", UNITS[0], "--address", &at]);
        monitor.until(&["> 01 03", "riden-a: unit 1", "riden-b: unit 2", "riden-c: unit 3"]).await;
        drop(monitor);

        line.tell(&format!("mute {MUTE}")).await;
        gateway.watcher.until_state(UNITS[MUTE - 1], UnitState::Offline).await;
        let since = gateway.watcher.status(UNITS[0]).made_boottime_nanoseconds;
        let before = good_frames(&gateway);
        watch_for(LONG).await;
        let after = good_frames(&gateway);
        assert_eq!(before[MUTE - 1], after[MUTE - 1]);
        for place in [0, 2] {
            let states = gateway.watcher.states_since(UNITS[place], since);
            assert_eq!(states, [UnitState::Standby], "{}", UNITS[place]);
            // Four questions in each 250 ms, and room for a machine that is busy.
            let asked = after[place] - before[place];
            assert!(heard[place] < before[place] && 32 <= asked, "{}: {asked}", UNITS[place]);
        }

        line.tell(&format!("speak {MUTE}")).await;
        gateway.watcher.until_state(UNITS[MUTE - 1], UnitState::Standby).await;
        gateway.terminate().await;
        let written = line.written();
        assert!(!written.is_empty() && written.iter().all(|one| one.ends_with(OFF)), "{written:?}");
    });
}

fn good_frames(gateway: &Gateway) -> [u64; 3] {
    UNITS.map(|unit| gateway.watcher.status(unit).link.map_or(0, |link| link.good_frames))
}

/// The units of the document, each at its address, on the port in `folder`. Nobody watches them but
/// themselves: no board.
fn three_on_one_line(folder: &Path) -> PathBuf {
    let config = shipped(folder);
    for folder in ["boards", "units"] {
        fs::remove_dir_all(config.join(folder)).unwrap();
    }
    fs::create_dir_all(config.join("units")).unwrap();
    let mut blocks = DOCUMENT.split("```toml\n").filter_map(|block| block.split("```").next());
    let coil = blocks.find(|block| block.contains("name = \"riden-a\"")).unwrap();
    for (place, name) in (1..).zip(UNITS) {
        let port = folder.join("port").to_string_lossy().into_owned();
        let unit =
            coil.replace("riden-a", name).replace("\"4711\"", &format!("\"{}\"", 4_700 + place));
        let unit =
            unit.replace("\"relay\"", "\"watchdog\"").replace("lease_ms = 800", "lease_ms = 1_000");
        let unit = unit.replace("\"board\"", "\"none\"");
        // Python on a busy machine needs more time than three units would leave it.
        let unit = unit.replace("link_ms = 1_000", "link_ms = 2_000");
        let file = config.join(format!("units/{name}.toml"));
        fs::write(&file, unit).unwrap();
        edit(&file, |unit| {
            let link = unit["link"].as_table_mut().unwrap();
            link.insert("port".into(), port.into());
            link.insert("address".into(), place.into());
        });
    }
    // What such units keep to, as far as anybody measured: a simulation, so nobody signs for it.
    let profile = config.join("profiles/riden-rd60xx.toml");
    let text = fs::read_to_string(&profile).unwrap();
    let text = text
        .replace("within_ms = 50", "within_ms = 25")
        .replace("kind = \"relay\"", "kind = \"watchdog\"");
    fs::write(profile, text).unwrap();
    settle(&config, &folder.join("data"));
    config
}

/// Three units of `pymodbus` on one line. They end when this is dropped.
struct Line {
    folder: TempDir,
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
    _reader: JoinHandle<()>,
}

impl Line {
    async fn start() -> Self {
        let folder = TempDir::with_prefix("sharers-").unwrap();
        let mut command = Command::new(python());
        command.arg(root().join("tests/peers/modbus_line.py"));
        command.arg(folder.path().join("port")).args(["1", "2", "3"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let out = child.stdout.take().unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&said);
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                told.lock().unwrap().push(line);
            }
        });
        let line = Self { folder, child, said, _reader: reader };
        line.until_said("serving").await;
        line
    }

    /// Has a unit fall silent, or speak again.
    async fn tell(&self, command: &str) {
        writeln!(self.child.stdin.as_ref().unwrap(), "{command}").unwrap();
        self.until_said(command).await;
    }

    async fn until_said(&self, what: &str) {
        until(what, async || {
            self.said.lock().unwrap().iter().any(|line| line == what).then_some(())
        })
        .await;
    }

    /// What was written to them: address, register and value.
    fn written(&self) -> Vec<String> {
        let said = self.said.lock().unwrap();
        said.iter()
            .filter(|line| line.starts_with(|first: char| first.is_ascii_digit()))
            .cloned()
            .collect()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}
