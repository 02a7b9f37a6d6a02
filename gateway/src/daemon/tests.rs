//! What the daemon counts, shows and says, and that it leaves in time.

use std::{
    net::Ipv4Addr,
    path::Path,
    sync::{Arc, atomic::Ordering},
};

use clinic::EntryId;
use jiff::civil::date;
use safety::Nanos;
use tokio::sync::mpsc;

use super::{Daemon, block_on, days_since, open_ledger, read_pulse};
use crate::{
    clock,
    config::{Config, Mqtt},
    herald::Herald,
    inbox::Inbox,
    metrics::Metrics,
    scheduler::Pulse,
};

/// The configuration of the demonstration with its data in `folder`, wherever there is room.
fn config(folder: &Path) -> Config {
    let mut config = Config::demo(|name| folder.join(name)).unwrap();
    let any = (Ipv4Addr::LOCALHOST, 0).into();
    config.settings.data = folder.to_owned();
    config.settings.grpc.listen = any;
    config.settings.metrics = any;
    config.settings.mqtt = Mqtt::Embedded { listen: any };
    config
}

fn receipts() -> mpsc::Sender<(EntryId, clinic::Receipt)> {
    mpsc::channel(1).0
}

/// A disk that stalls keeps no gateway from leaving within five seconds.
#[test]
fn a_ledger_that_does_not_end_is_left_behind() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let config = config(folder.path());
    let stalled = self::config(elsewhere.path());
    let took = block_on(async {
        // While somebody holds a ledger, its thread goes on.
        let stalled = open_ledger(&stalled, receipts()).await?;
        let mut daemon = Daemon::start(config).await?;
        daemon.ledger = stalled.thread;
        let begun = clock::now();
        daemon.run(async {}).await;
        let took = clock::now().since(begun);
        drop(stalled.ledger);
        Ok(took)
    });
    let took = took.unwrap();
    assert!(took < Nanos::from_secs(5), "it took {} ms", took.millis());
}

/// OPS-02: one deadline that was met late is seen, whatever was met since.
#[test]
fn the_latest_deadline_of_a_second_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let page = block_on(async {
        let opened = open_ledger(&config, receipts()).await?;
        let (herald, _mouth, _carry) = Herald::new(Arc::new(config.directory.clone()));
        let (inbox, _outlet) = Inbox::new(config.units.len());
        let (pulse, metrics) = (Arc::new(Pulse::default()), Metrics::new(herald, None));
        pulse.lateness_max_nanos.fetch_max(40_000_000, Ordering::Relaxed);
        pulse.lateness_max_nanos.fetch_max(100_000, Ordering::Relaxed);
        let reading = read_pulse(
            Arc::clone(&pulse),
            opened.ledger,
            inbox,
            metrics.clone(),
            date(2026, 11, 22),
        );
        let reading = tokio::spawn(reading);
        while pulse.lateness_max_nanos.load(Ordering::Relaxed) != 0 {
            tokio::task::yield_now().await;
        }
        reading.abort();
        let _aborted = reading.await;
        Ok(metrics.render())
    });
    let page = page.unwrap();
    for bucket in ["_bucket{le=\"0.025\"} 0", "_bucket{le=\"0.05\"} 1"] {
        let line = format!("therapy_gateway_control_lateness_seconds{bucket}");
        assert!(page.contains(&line), "{line}\n{page}");
    }
}

/// Whoever cannot listen says so in the gateway's words, whoever it is.
#[test]
fn a_broker_that_cannot_listen_says_what_every_listener_says() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let listen = taken.local_addr().unwrap();
    let mut config = config(folder.path());
    config.settings.mqtt = Mqtt::Embedded { listen };
    let refused = block_on(async { Ok(Daemon::start(config).await.err()) }).unwrap().unwrap();
    let said = format!("the embedded broker cannot listen on {listen}; does another gateway run?");
    assert_eq!(refused.to_string(), said);
}

#[test]
fn a_day_is_counted_once_whatever_the_calendar_does() {
    let mut newest = date(2026, 12, 30);
    let days = [(2026, 12, 30), (2026, 12, 31), (2026, 12, 31), (2027, 3, 1), (2027, 1, 1)];
    let began = days.map(|(year, month, day)| days_since(&mut newest, date(year, month, day)));
    assert_eq!(began, [0, 1, 0, 60, 0]);
    assert_eq!(days_since(&mut newest, date(2027, 3, 2)), 1, "it had gone back to before");
}
