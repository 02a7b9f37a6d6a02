//! What leaves a gateway beside its API: telemetry, metrics, logs.

use std::{fs, os::unix::fs::PermissionsExt};

use proto::v1::{CauseKind, Role, UnitState};
use simulated_units::{Button, Plan};
use toml::Table;

use super::{
    house::{House, section, serial_of},
    ledger::Records,
    operator::check,
    prescriptions::{PATIENT, for_unit},
    process::Gateway,
    releases::{released, turn_key},
    stops::stop,
    subscriber::Subscriber,
    time::{in_real_time, until, within},
};
use crate::telemetry::broker::Mosquitto;

/// Fault 34: a broker that dies in the middle of a session changes nothing of it,
/// and is told how everything stands when it is back.
#[test]
fn a_broker_that_dies_disturbs_no_session() {
    in_real_time(async || {
        let house = House::new(&["pemf"]);
        let mut broker = Mosquitto::start();
        publish_to(&house, "127.0.0.1", broker.port);
        let mut gateway = Gateway::start(&house).await;
        let dashboard = Subscriber::new(broker.port);
        dashboard.until(0, "telemetry", &["/pemf/status", "standby"]).await;
        let mut operator = gateway.confirm("pemf", for_unit("pemf", 6)).await;
        operator.emit(house.stand("pemf")).await;
        broker.stop();
        let begun = house.meter("pemf");
        until("emission", async || (begun < house.meter("pemf")).then_some(())).await;
        assert_eq!(gateway.watcher.status("pemf").state(), UnitState::Emitting);
        broker.start_again();
        let again = dashboard.told().len();
        dashboard.until(again, "telemetry", &["/pemf/telemetry"]).await;
        assert_eq!(operator.end().await.reason(), CauseKind::DoseReached);
        // What happened while nobody listened is told as well.
        dashboard.until(again, "the end", &["/pemf/event", "complete"]).await;
        assert!(gateway.terminate().await.0.success());
        let settled = Records::read(&house.data()).settled(&operator.session).unwrap();
        assert_eq!(settled.outcome, "complete");
        assert!(house.meter("pemf") <= settled.charged, "{settled:?}");
    });
}

/// SEC-08, AUD-07: nothing that a gateway logs, prints, publishes or counts names a patient or a
/// secret, at the most talkative, in a run in which everything happens.
#[test]
fn no_patient_and_no_secret_is_ever_shown() {
    in_real_time(async || {
        let house = House::new(&["laser", "pemf"]);
        let broker = Mosquitto::start();
        publish_to(&house, "127.0.0.1", broker.port);
        house.set(|settings| {
            section(settings, "log").insert("filter".into(), "trace".into());
        });
        let dashboard = Subscriber::new(broker.port);
        let mut gateway = Gateway::start(&house).await;
        let mut shown = vec![gateway.scrape()];
        // A session that ends, one that is refused, one that is stopped, one that ends by an alarm.
        let mut operator = gateway.confirm("pemf", for_unit("pemf", 2)).await;
        operator.emit(house.stand("pemf")).await;
        operator.end().await;
        check(gateway.channel().await, "pemf", for_unit("laser", 1)).await;
        check(gateway.channel().await, "laser", for_unit("laser", 1_000_000)).await;
        let operator = gateway.emit(&house, "laser").await;
        shown.push(gateway.scrape());
        within("a stop", stop(gateway.channel().await, "laser".to_owned())).await;
        operator.end().await;
        let operator = gateway.emit(&house, "pemf").await;
        house.stand("pemf").press(Button::EStop, true);
        operator.end().await;
        house.stand("pemf").press(Button::EStop, false);
        turn_key(&house, &gateway, "pemf").await;
        released(&gateway, "pemf", CauseKind::EmergencyStop, Role::Clinician).await;
        let crashed = gateway.emit(&house, "pemf").await;
        gateway.kill().await;
        shown.extend(gateway.said());
        let mut next = Gateway::start(&house).await;
        next.watcher.until_latched("pemf", CauseKind::OpenMark).await;
        let again = crashed.prescription.clone();
        check(next.channel().await, "laser", again).await;
        shown.push(next.scrape());
        dashboard.until(0, "the causes", &["/pemf/status", "open_mark"]).await;
        assert!(next.terminate().await.0.success());
        shown.extend(next.said());
        shown.extend(dashboard.told());
        // The judge looks at something.
        for word in ["emergency_stop", "/pemf/event", "therapy_"] {
            assert!(shown.iter().any(|line| line.contains(word)), "nothing says {word}");
        }
        for secret in secrets() {
            let leak = shown.iter().find(|line| line.contains(&secret));
            assert!(leak.is_none(), "{secret} is in {leak:?}");
        }
    });
}

/// SEC-08: whoever starts a gateway that sends a password over a network in clear is told so.
#[test]
fn a_password_in_clear_is_told_of_at_the_start() {
    in_real_time(async || {
        let house = House::new(&["pemf"]);
        // Nobody has this address; a broker that is not there keeps nothing from starting.
        publish_to(&house, "192.0.2.1", 1_883);
        let mut gateway = Gateway::start(&house).await;
        let warned = |line: &String| line.contains("WARN") && line.contains("crosses the network");
        assert!(gateway.said().iter().any(warned), "{:#?}", gateway.said());
        assert!(gateway.terminate().await.0.success());
    });
}

/// What must not be shown, in the forms that a careless line would show it in.
fn secrets() -> Vec<String> {
    let mut secrets = vec![PATIENT.to_owned(), PASSWORD.to_owned()];
    for unit in ["laser", "pemf"] {
        let key = Plan::laser(&serial_of(unit)).key;
        let some = key.get(..8).unwrap();
        secrets.push(some.iter().map(|byte| format!("{byte:02x}")).collect());
        secrets.push(some.iter().map(|byte| format!("{byte:02X}")).collect());
        secrets.push(some.iter().map(u8::to_string).collect::<Vec<_>>().join(", "));
    }
    secrets
}

/// Has the gateway of a house publish to a broker, as somebody with a password.
fn publish_to(house: &House, host: &str, port: u16) {
    let file = house.config().join("broker-password");
    fs::write(&file, PASSWORD).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    house.set(|settings| {
        let broker = Table::from_iter([
            ("host".to_owned(), host.into()),
            ("port".to_owned(), i64::from(port).into()),
            ("client_id".to_owned(), "gateway-under-test".into()),
            ("username".to_owned(), "gateway".into()),
            ("password_file".to_owned(), "broker-password".into()),
        ]);
        let mqtt = Table::from_iter([("broker".to_owned(), broker.into())]);
        settings.insert("mqtt".into(), mqtt.into());
    });
}

const PASSWORD: &str = "canary-password-of-the-broker";
