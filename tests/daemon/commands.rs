//! What people type at a gateway that runs, and the program of the documentation.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use ::gateway::clock;
use proto::v1::{CauseKind, MeterProof, UnitState, UnitStatus};
use rustix::{
    fs::{CWD, Mode, mkfifoat},
    process::{Pid, Signal, kill_process},
};
use safety::Nanos;
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use super::{
    house::House,
    ledger::Records,
    process::{Gateway, PROGRAM, command, output, text},
    time::{in_real_time, until, watch_for, within},
};
use crate::{peers::python, tree::root};

/// API-03: units are listed, watched, stopped and released from the command line, each with an exit
/// code that says whether it was done.
#[test]
fn a_gateway_is_looked_at_stopped_and_released_from_the_command_line() {
    in_real_time(async || {
        let house = House::new(&["laser", "pemf"]);
        let gateway = Gateway::start(&house).await;
        let at = gateway.grpc.to_string();
        let watching = Watching::new(&at);
        let operator = gateway.emit(&house, "pemf").await;

        let units = run(&["units", "--address", &at], true).await;
        assert!(units.contains("EMITTING") && units.contains("STANDBY"), "{units}");
        assert!(units.contains("eyewear within") && units.contains("implants"), "{units}");
        let stopped = run(&["stop", "pemf", "--address", &at], true).await;
        assert!(stopped.contains("off confirmed after"), "{stopped}");
        assert_eq!(operator.end().await.reason(), CauseKind::Stop);
        let over = run(&["units", "--address", &at], true).await;
        assert!(over.contains("last session"), "{over}");
        let nobody = run(&["stop", "nobody", "--address", &at], false).await;
        assert!(nobody.contains("unit") && nobody.contains("NOT CONFIRMED"), "{nobody}");
        let unknown = run(&["release", "nobody", "--address", &at], false).await;
        assert!(unknown.contains("unit") && !unknown.contains("code:"), "{unknown}");

        let all = run(&["stop", "--all", "--address", &at], true).await;
        assert_eq!(all.matches("off confirmed after").count(), 2, "{all}");
        for unit in ["laser", "pemf"] {
            gateway.watcher.until_latched(unit, CauseKind::StopAll).await;
            let causes = run(&["release", unit, "--address", &at], true).await;
            let cause = causes.split(':').next().unwrap().to_owned();
            let reason = "nobody is in the room any more";
            let by = ["--name", "Test Operator", "--reason", reason, "--address", &at];
            let arguments = [&["release", unit, &cause][..], &by].concat();
            until("a release", async || command(&arguments).await.status.success().then_some(()))
                .await;
            gateway.watcher.until_state(unit, UnitState::Standby).await;
        }
        let causes = run(&["release", "pemf", "--address", &at], true).await;
        assert!(causes.contains("nothing is latched"), "{causes}");
        watching.until(&["EMITTING", "STANDBY", "LOCKED"]).await;
    });
}

/// LAS-10: what a person measured is told from the command line, and a gateway that is killed right
/// after it was answered knows it when it is back.
#[test]
fn a_meter_check_is_attested_and_survives_the_gateway() {
    in_real_time(async || {
        let house = House::new(&["laser"]);
        let proven = async |gateway: &Gateway, proof: MeterProof| {
            let holds = |status: &UnitStatus| {
                status.meter_check.as_ref().is_some_and(|check| check.proof() == proof)
            };
            gateway.watcher.until("laser", proof.as_str_name(), holds).await
        };
        for (shown, passes, said, proof) in [
            ("1600mW", true, "the meter agrees", MeterProof::Passed),
            ("900mW", false, "the meter DISAGREES", MeterProof::Failed),
        ] {
            let mut gateway = Gateway::start(&house).await;
            gateway.watcher.until_state("laser", UnitState::Standby).await;
            let at = gateway.grpc.to_string();
            let measured = ["--told", "1500mW", "--shown", shown, "--meter", "PM-1"];
            let by = ["--meter-due", "2126-01-01", "--name", "T. Operator", "--address", &at];
            let arguments = [&["attest", "laser"][..], &measured, &by].concat();
            let told = run(&arguments, passes).await;
            assert!(told.contains(said), "{told}");
            gateway.kill().await;
            drop(gateway);
            let gateway = Gateway::start(&house).await;
            let status = proven(&gateway, proof).await;
            let age = status.meter_check.and_then(|check| check.passed_age_milliseconds);
            assert_eq!(age.is_some(), passes);
            if !passes {
                gateway.watcher.until_latched("laser", CauseKind::Deviation).await;
            }
        }
    });
}

/// API-06: a gateway that is silent is neither waited for nor believed, and is watched on when it
/// comes back.
#[test]
fn a_gateway_that_is_silent_is_neither_waited_for_nor_believed() {
    in_real_time(async || {
        let house = House::new(&["pemf"]);
        let gateway = Gateway::start(&house).await;
        gateway.watcher.until_state("pemf", UnitState::Standby).await;
        let at = gateway.grpc.to_string();
        let watching = Watching::new(&at);
        watching.until(&["STANDBY"]).await;
        gateway.stun();
        for what in ["pemf", "--all"] {
            let begun = clock::now();
            let stopped = run(&["stop", what, "--address", &at], false).await;
            assert!(stopped.contains("NOT CONFIRMED"), "{stopped}");
            assert!(stopped.contains("use the emergency stop"), "{stopped}");
            assert!(clock::now().since(begun) < Nanos::from_millis(8_000));
        }
        watching.until(&["the gateway is silent"]).await;
        watching.forget();
        gateway.wake();
        watching.until(&["pemf", "STANDBY"]).await;
        drop(gateway);
        watching.until(&["the gateway is silent"]).await;
        let nobody = run(&["stop", "pemf", "--address", &at], false).await;
        assert!(nobody.contains("NOT CONFIRMED") && nobody.contains("no gateway"), "{nobody}");
    });
}

/// A configuration is checked without anything being opened, and a mistake in it is
/// shown where it stands.
#[test]
fn a_configuration_is_checked_without_a_gateway() {
    in_real_time(async || {
        let house = House::new(&["laser", "pemf"]);
        let config = house.config().to_string_lossy().into_owned();
        let checked = run(&["check", "--config", &config], true).await;
        assert!(checked.contains("laser") && checked.contains("pemf"), "{checked}");
        let mut full = Command::new(PROGRAM);
        full.args(["check", "--config", &config]).stdin(Stdio::null());
        full.stdout(fs::File::options().write(true).open("/dev/full").unwrap());
        let full = full.stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        assert_eq!(full.status.code(), Some(1), "{}", text(&full));
        assert!(text(&full).starts_with("error: the report cannot be printed"), "{}", text(&full));
        house.set(|settings| {
            settings.insert("sight".into(), "typing error".into());
        });
        for verb in ["check", "run"] {
            let wrong = run(&[verb, "--config", &config], false).await;
            assert!(wrong.contains("gateway.toml") && wrong.contains("sight"), "{wrong}");
            assert!(!wrong.contains('\x1b'), "colours in a pipe: {wrong}");
        }
        assert!(!house.data().exists(), "something was opened");
        // Nobody will ever write into this one.
        let file = house.config().join("gateway.toml");
        fs::remove_file(&file).unwrap();
        mkfifoat(CWD, &file, Mode::from_raw_mode(0o600)).unwrap();
        for verb in ["check", "run"] {
            let wrong = run(&[verb, "--config", &config], false).await;
            assert!(wrong.contains("gateway.toml") && wrong.contains("is no file"), "{wrong}");
        }
    });
}

/// API-01: the program of the documentation, which knows the API from reflection alone, runs a
/// session to its end.
#[test]
fn the_python_example_runs_a_session() {
    in_real_time(async || {
        let house = House::new(&["pemf"]);
        let mut gateway = Gateway::start(&house).await;
        gateway.watcher.until_state("pemf", UnitState::Standby).await;
        let mut session = Command::new(python());
        session.arg(root().join("docs/examples/session.py"));
        session.args(["--address", &gateway.grpc.to_string(), "--unit", "pemf"]);
        let output = output("the example", session).await;
        assert!(output.status.success(), "{}", text(&output));
        assert!(text(&output).contains("SESSION_OUTCOME_COMPLETE"), "{}", text(&output));
        assert!(gateway.terminate().await.0.success());
        let records = Records::read(&house.data());
        assert!(0 < house.meter("pemf"));
        assert!(house.meter("pemf") <= records.charged("pemf"));
    });
}

/// The program of the documentation says what the gateway says, or that there is none.
#[test]
fn the_python_example_says_what_is_wrong() {
    in_real_time(async || {
        let house = House::new(&["pemf"]);
        let gateway = Gateway::start(&house).await;
        let at = gateway.grpc.to_string();
        for (address, unit, said) in
            [(at.as_str(), "nobody", "unit"), ("127.0.0.1:1", "pemf", "connect")]
        {
            let mut session = Command::new(python());
            session.arg(root().join("docs/examples/session.py"));
            session.args(["--address", address, "--unit", unit]);
            let output = output("the example", session).await;
            assert_eq!(output.status.code(), Some(2), "{}", text(&output));
            let text = text(&output);
            assert!(text.contains(said) && !text.contains("Traceback"), "{text}");
        }
    });
}

/// The demonstration ends as a gateway does when it is told to: everything off and settled, and
/// nothing of it left behind.
#[test]
fn a_demonstration_that_is_told_to_leave_settles_and_clears_up() {
    in_real_time(async || {
        tokio::join!(leave_a_demonstration(Signal::TERM), leave_a_demonstration(Signal::INT));
    });
}

async fn leave_a_demonstration(signal: Signal) {
    let folder = TempDir::with_prefix("demo-").unwrap();
    let data = folder.path().join("kept");
    let mut command = Command::new(PROGRAM);
    command.args(["demo", "--once", "--json", "--data"]).arg(&data).env("TMPDIR", folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let pid = Pid::from_child(&child);
    let ledger = data.join("ledger.sqlite3");
    until("a ledger", async || ledger.exists().then_some(())).await;
    // Its laser emits from some ten seconds after the start to some thirty.
    watch_for(Duration::from_secs(16)).await;
    let begun = clock::now();
    kill_process(pid, signal).unwrap();
    let ended = spawn_blocking(move || child.wait_with_output().unwrap());
    let output = within("the end of a demonstration", ended).await.unwrap();
    let took = clock::now().since(begun);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(took < Nanos::from_secs(5), "it took {} ms", took.millis());
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    let records = Records::read(&data);
    assert_eq!(records.open_marks(), Vec::<String>::new());
    assert!(0 < records.charged("laser-a"));
    let said = replayed(&data, true).await;
    assert!(said.contains("as recorded, to its end"), "{said}");
    let at = change_one_byte(&data);
    let said = replayed(&data, false).await;
    assert!(
        said.contains("was changed: its check fails") && said.contains("at byte"),
        "{at}: {said}"
    );
}

/// What `replay` says of the records in a data folder.
pub(super) async fn replayed(data: &Path, succeeds: bool) -> String {
    run(&["replay", "--data", data.to_str().unwrap()], succeeds).await
}

/// Changes one byte in the middle of the only record.
fn change_one_byte(data: &Path) -> usize {
    let mut records = fs::read_dir(data.join("records")).unwrap().flatten();
    let path = records.next().unwrap().path();
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    at
}

pub(super) async fn run(arguments: &[&str], succeeds: bool) -> String {
    let output = command(arguments).await;
    assert_eq!(output.status.success(), succeeds, "{arguments:?}: {}", text(&output));
    text(&output)
}

/// `watch`, as somebody reads it.
pub(super) struct Watching {
    child: std::process::Child,
    seen: Arc<Mutex<String>>,
}

impl Watching {
    fn new(address: &str) -> Self {
        Self::of(&["watch", "--address", address])
    }

    /// What a command prints until it is dropped.
    pub(super) fn of(arguments: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let seen = Arc::new(Mutex::new(String::new()));
        let into = Arc::clone(&seen);
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| {
                let mut seen = into.lock().unwrap();
                seen.push_str(&line);
                seen.push('\n');
            });
        });
        Self { child, seen }
    }

    fn forget(&self) {
        self.seen.lock().unwrap().clear();
    }

    pub(super) async fn until(&self, words: &[&str]) {
        until("what is watched", async || {
            let seen = self.seen.lock().unwrap();
            words.iter().all(|word| seen.contains(word)).then_some(())
        })
        .await;
    }
}

impl Watching {
    /// Everything that was printed so far.
    pub(super) fn seen(&self) -> String {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}
