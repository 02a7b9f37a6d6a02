//! The audit of a real gateway, verified by its own program and by one that knows nothing of it.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use proto::v1::UnitState;
use rusqlite::Connection;

use super::{commands::run, house::House, process::Gateway, time::in_real_time};
use crate::peers::python;

/// AUD-01, AUD-04, AUD-05: who confirmed, started and stopped is exported line by line; the chain
/// holds over a kill and a restart, as we and somebody else verify it; one digit changed is found by
/// both, and locks the gateway at its next start.
#[test]
fn an_audit_is_verified_by_whoever_wants_to() {
    in_real_time(async || {
        let house = House::new(&["pemf"]);
        let mut gateway = Gateway::start(&house).await;
        let operator = gateway.emit(&house, "pemf").await;
        let at = gateway.grpc.to_string();
        let running = run(&["audit", "verify", "--address", &at], true).await;
        assert!(running.contains("the audit holds"), "{running}");
        gateway.kill().await;
        drop(operator);
        let mut gateway = Gateway::start(&house).await;
        gateway.watcher.until_state("pemf", UnitState::Locked).await;
        gateway.terminate().await;

        let data = house.data().to_str().unwrap().to_owned();
        let held = run(&["audit", "verify", "--data", &data], true).await;
        let newest = held.trim().rsplit(' ').next().unwrap().to_owned();
        let told = run(&["audit", "verify", "--data", &data, "--head", &newest], true).await;
        assert!(told.contains("the audit holds"), "{told}");
        let lines = run(&["audit", "export", "--data", &data], true).await;
        let kinds = ["gateway.started", "command.confirm", "command.start", "session.opened"];
        for kind in kinds.into_iter().chain(["unit.latched", "gateway.left"]) {
            assert!(lines.contains(&format!("\"kind\":\"{kind}\"")), "no {kind}: {lines}");
        }
        assert_eq!(others_verify(&lines), newest);
        let own = run(&["audit", "export", "--data", &data, "--unit", "pemf"], true).await;
        assert!(own.lines().all(|line| line.contains("\"unit\":\"pemf\"")), "{own}");

        let ledger = Connection::open(house.data().join("ledger.sqlite3")).unwrap();
        let forged = "DROP TRIGGER audit_records_stay_as_they_are;
            UPDATE audit SET record = replace(record, 'command.start', 'command.pause')";
        ledger.execute_batch(forged).unwrap();
        drop(ledger);
        let found = run(&["audit", "verify", "--data", &data], false).await;
        assert!(found.contains("THE AUDIT DOES NOT HOLD") && found.contains("record "), "{found}");
        let lines = run(&["audit", "export", "--data", &data], true).await;
        assert!(others_verify(&lines).starts_with("broken"), "{lines}");
        let mut gateway = Gateway::start(&house).await;
        gateway.watcher.until_latched("pemf", proto::v1::CauseKind::Audit).await;
        let running =
            run(&["audit", "verify", "--address", &gateway.grpc.to_string()], false).await;
        assert!(running.contains("DOES NOT HOLD"), "{running}");
        gateway.terminate().await;
        let nothing = run(&["audit", "verify", "--data", "/nowhere"], false).await;
        assert!(nothing.contains("/nowhere/ledger.sqlite3"), "{nothing}");
        assert!(fs::metadata("/nowhere").is_err(), "nothing is made by looking");
    });
}

/// What somebody else says of these lines: the newest record, or where the chain is broken.
fn others_verify(lines: &str) -> String {
    let mut child = Command::new(python())
        .args(["-c", VERIFIER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Verifies a chain with nothing but the documentation.
const VERIFIER: &str = r#"
import hashlib, json, sys

previous, sequence = "0" * 64, 0
for line in sys.stdin.buffer:
    line, sequence = line.rstrip(b"\n"), sequence + 1
    record = json.loads(line)
    if (record["sequence"], record["previous"]) != (sequence, previous):
        print("broken at", sequence)
        sys.exit(1)
    previous = hashlib.sha256(line).hexdigest()
print(f"{sequence}:{previous}")
"#;
