//! Shows how units and the gateway itself stand to Prometheus (OPS-02).
//!
//! Gauges are read when they are asked for, so they are as fresh as the herald; changes are counted
//! as they come. Labels name a unit, its modality and its mark, and nobody who is treated (AUD-07).
//! The recorder is not the global one: two gateways in one process, as tests have, stay apart.

mod door;
mod gateway;
mod recorder;
mod units;

use std::{io, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::header::{CONNECTION, CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use clinic::What;
use safety::Nanos;
use tokio::{
    net::TcpListener,
    sync::broadcast::error::RecvError,
    time::{MissedTickBehavior, interval},
};

use self::{door::Door, gateway::GatewayMetrics, recorder::Recorder, units::UnitMetrics};
use crate::{
    herald::Herald,
    telemetry::{Counters, moment::Moment},
};

/// Histograms are folded this often; without it they grow until somebody asks.
const UPKEEP: Duration = Duration::from_secs(5);

/// Everything that is shown to Prometheus. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    recorder: Recorder,
    herald: Herald,
    units: Vec<UnitMetrics>,
    gateway: GatewayMetrics,
    telemetry: Option<Arc<Counters>>,
}

impl Metrics {
    /// Metrics of all units of a herald, and of telemetry if there is any.
    pub fn new(herald: Herald, telemetry: Option<Arc<Counters>>) -> Self {
        let recorder = Recorder::new();
        let directory = herald.directory();
        let units = directory.units.iter().map(|card| UnitMetrics::new(&recorder, card)).collect();
        let gateway = GatewayMetrics::new(&recorder, directory, Moment::read());
        Self(Arc::new(Inner { units, gateway, recorder, herald, telemetry }))
    }

    /// The control thread was late by `lateness` for a deadline. Called from the ordinary runtime
    /// with what the control thread left in an atomic.
    pub fn control_late(&self, lateness: Nanos) {
        self.0.gateway.late(lateness);
    }

    /// So many wait in a queue of the gateway, which has room for `most`.
    pub fn queue(&self, queue: &'static str, depth: usize, most: usize) {
        self.0.gateway.queue(&self.0.recorder, queue, depth, most);
    }

    /// So many tasks have panicked since the gateway started.
    pub fn panics(&self, count: u64) {
        self.0.gateway.panics(count);
    }

    /// So many bytes are free where the ledger is written.
    pub fn disk_free(&self, bytes: u64) {
        self.0.gateway.disk_free(bytes);
    }

    /// Whether what happens is recorded, how long the present record is, and whether it ended because
    /// the disk was too slow.
    pub fn recording(&self, is_on: bool, bytes: u64, has_gap: bool) {
        self.0.gateway.recording(is_on, bytes, has_gap);
    }

    /// Counts changes and keeps histograms small. Spawn it on the ordinary runtime.
    pub async fn run(self) {
        let mut changes = self.0.herald.changes();
        let mut upkeep = interval(UPKEEP);
        upkeep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                change = changes.recv() => match change {
                    Ok(change) => self.count(change.unit.0, &change.what),
                    Err(RecvError::Lagged(count)) => self.0.gateway.missed(count),
                    Err(RecvError::Closed) => break,
                },
                _ = upkeep.tick() => self.0.recorder.run_upkeep(),
            }
        }
    }

    /// Everything in the text format of Prometheus.
    pub fn render(&self) -> String {
        self.look(Moment::read());
        self.0.recorder.render()
    }

    fn look(&self, moment: Moment) {
        let herald = &self.0.herald;
        for (unit, id) in self.0.units.iter().zip(0..) {
            if let Some(shown) = herald.shown(clinic::UnitId(id)) {
                unit.look(&self.0.recorder, &shown, moment.now);
            }
        }
        self.0.gateway.look(moment);
        if let Some(counters) = &self.0.telemetry {
            self.0.gateway.telemetry(counters);
        }
    }

    pub(crate) fn count(&self, unit: u16, what: &What) {
        if let Some(unit) = self.0.units.get(usize::from(unit)) {
            unit.count(&self.0.recorder, what);
        }
    }
}

/// Serves `/metrics` on a listener of the loopback interface until it is dropped.
///
/// # Errors
/// If the listener is reachable from elsewhere: these pages ask nobody who they are.
pub async fn serve(listener: TcpListener, metrics: Metrics) -> io::Result<()> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        let reason =
            format!("metrics are served without a login: {address} is no loopback address");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    let router = Router::new().route("/metrics", get(page)).with_state(metrics);
    axum::serve(Door::new(listener), router).await
}

async fn page(State(metrics): State<Metrics>) -> Response {
    // Each look is a connection of its own, so that its time is up between two looks and not in one.
    let headers =
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"), (CONNECTION, "close")];
    (headers, metrics.render()).into_response()
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::*;
    use crate::telemetry::samples::{self, LASER, PEMF, STIMULATOR};

    /// What is shown of the samples, line by line.
    fn page() -> Vec<String> {
        let (herald, mouth, _carry) = Herald::new(samples::directory());
        mouth.show(LASER, samples::laser());
        mouth.show(PEMF, samples::pemf());
        mouth.show(STIMULATOR, samples::stimulator());
        let metrics = Metrics::new(herald, Some(Arc::default()));
        metrics.control_late(Nanos::from_millis(3));
        metrics.queue("calls", 4, 1_024);
        metrics.disk_free(5_000);
        metrics.panics(2);
        for change in samples::changes() {
            metrics.count(change.unit.0, &change.what);
        }
        metrics.render().lines().map(str::to_owned).collect()
    }

    /// OPS-02: lateness, queue depths, bad frames, disk and clock.
    #[test]
    fn a_page_shows_units_and_gateway_in_base_units() {
        let page = page();
        let unit = r#"unit="laser-1",modality="laser",mark="simulated""#;
        let field = r#"unit="pemf-1",modality="pemf",mark="real""#;
        let trains = r#"unit="stimulator-1",modality="stimulator",mark="real""#;
        for line in [
            format!("therapy_gateway_laser_measured_watts{{{unit}}} 0.498"),
            format!("therapy_gateway_laser_ordered_watts{{{unit}}} 0.5"),
            format!("therapy_gateway_laser_charged_joules{{{unit}}} 1.500001"),
            format!("therapy_gateway_unit_temperature_celsius{{{unit}}} 30.12"),
            format!("therapy_gateway_unit_garbled_ratio{{{unit}}} 0.02"),
            format!("therapy_gateway_unit_state{{{unit},state=\"emitting\"}} 1"),
            format!("therapy_gateway_unit_state{{{unit},state=\"standby\"}} 0"),
            format!("therapy_gateway_unit_beam{{{unit},beam=\"on\"}} 1"),
            format!("therapy_gateway_stimulator_measured_hertz{{{trains}}} 10"),
            format!("therapy_gateway_stimulator_ordered_hertz{{{trains}}} 10"),
            format!("therapy_gateway_stimulator_prescribed_pulses{{{trains}}} 450"),
            format!("therapy_gateway_stimulator_charged_pulses{{{trains}}} 27.0000000001"),
            format!("therapy_gateway_stimulator_delivered_pulses{{{trains}}} 26.9999999999"),
            format!("therapy_gateway_unit_causes{{{field}}} 2"),
            format!("therapy_gateway_unit_cause{{{field},cause=\"emergency_stop\"}} 1"),
            format!("therapy_gateway_unit_temperature_celsius{{{field}}} NaN"),
            format!("therapy_gateway_sessions_ended_total{{{unit},outcome=\"partial\"}} 1"),
            "therapy_gateway_control_lateness_seconds_bucket{le=\"0.005\"} 1".into(),
            "therapy_gateway_control_lateness_seconds_bucket{le=\"0.0025\"} 0".into(),
            "therapy_gateway_queue_depth{queue=\"calls\"} 4".into(),
            "therapy_gateway_disk_free_bytes 5000".into(),
            "therapy_gateway_task_panics_total 2".into(),
            "therapy_gateway_telemetry_outbox_depth 0".into(),
        ] {
            assert!(page.contains(&line), "{line}\n{}", page.join("\n"));
        }
        assert!(
            page.iter().any(|line| line.starts_with("therapy_gateway_clock_suspended_seconds"))
        );
    }

    #[test]
    fn every_metric_has_a_help_a_prefix_and_no_milli() {
        let page = page();
        let names = page.iter().filter_map(|line| line.strip_prefix("# TYPE "));
        let names: Vec<_> = names.filter_map(|line| line.split(' ').next()).collect();
        assert!(30 < names.len(), "{names:?}");
        for name in names {
            assert!(name.starts_with("therapy_gateway_"), "{name}");
            assert!(!name.contains("milli") && !name.contains("percent"), "{name}");
            let help = format!("# HELP {name} ");
            assert!(page.iter().any(|line| line.starts_with(&help)), "{name}");
        }
    }

    #[tokio::test]
    async fn metrics_are_not_served_beyond_this_machine() {
        let (herald, _mouth, _carry) = Herald::new(samples::directory());
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let error = serve(listener, Metrics::new(herald, None)).await.unwrap_err();
        assert!(error.to_string().contains("no loopback address"), "{error}");
    }

    #[tokio::test]
    async fn a_page_is_served_on_the_loopback_interface() {
        let (herald, _mouth, _carry) = Herald::new(samples::directory());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, Metrics::new(herald, None)));
        let mut client = TcpStream::connect(address).await.unwrap();
        let ask = b"GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        client.write_all(ask).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.contains("text/plain; version=0.0.4"), "{answer}");
        assert!(answer.contains("# HELP therapy_gateway_info"), "{answer}");
    }
}
