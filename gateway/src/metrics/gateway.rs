//! What the gateway shows of itself: lateness, queues, disk, clocks and telemetry (OPS-02).

use metrics::{Counter, Gauge, Histogram};
use safety::Nanos;

use super::recorder::{Name, Recorder};
use crate::{
    clock,
    directory::Directory,
    telemetry::{Counters, moment::Moment},
};

#[derive(Debug)]
pub(super) struct GatewayMetrics {
    begun: Moment,
    lateness: Histogram,
    disk_free: Gauge,
    suspended: Gauge,
    wall_step: Gauge,
    missed: Counter,
    panics: Counter,
    published: Counter,
    dropped: Counter,
    lost: Counter,
    reconnects: Counter,
    outbox: Gauge,
    connected: Gauge,
    recording: Gauge,
    record_bytes: Gauge,
    record_gaps: Counter,
}

impl GatewayMetrics {
    pub(super) fn new(recorder: &Recorder, directory: &Directory, begun: Moment) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let run = directory.run.to_string();
        let labels: &[(&'static str, &str)] = &[
            ("site", &directory.site),
            ("gateway", &directory.gateway),
            ("version", version),
            ("run", &run),
        ];
        recorder.gauge(INFO, labels).set(1.0);
        let gauge = |name| recorder.gauge(name, &[]);
        let counter = |name| recorder.counter(name, &[]);
        Self {
            begun,
            lateness: recorder.histogram(LATENESS),
            disk_free: gauge(DISK_FREE),
            suspended: gauge(SUSPENDED),
            wall_step: gauge(WALL_STEP),
            missed: counter(MISSED),
            panics: counter(PANICS),
            published: counter(PUBLISHED),
            dropped: counter(DROPPED),
            lost: counter(LOST),
            reconnects: counter(RECONNECTS),
            outbox: gauge(OUTBOX),
            connected: gauge(CONNECTED),
            recording: gauge(RECORDING),
            record_bytes: gauge(RECORD_BYTES),
            record_gaps: counter(RECORD_GAPS),
        }
    }

    pub(super) fn late(&self, lateness: Nanos) {
        self.lateness.record(seconds(lateness.get()));
    }

    pub(super) fn queue(&self, recorder: &Recorder, queue: &str, depth: usize, most: usize) {
        recorder.gauge(QUEUE_DEPTH, &[("queue", queue)]).set(float(depth));
        recorder.gauge(QUEUE_ROOM, &[("queue", queue)]).set(float(most));
    }

    pub(super) fn disk_free(&self, bytes: u64) {
        self.disk_free.set(big(bytes));
    }

    pub(super) fn missed(&self, count: u64) {
        self.missed.increment(count);
    }

    pub(super) fn panics(&self, count: u64) {
        self.panics.absolute(count);
    }

    pub(super) fn recording(&self, is_on: bool, bytes: u64, has_gap: bool) {
        self.recording.set(f64::from(u8::from(is_on)));
        self.record_bytes.set(big(bytes));
        self.record_gaps.absolute(u64::from(has_gap));
    }

    /// Reads the clocks: how far the wall has stepped against the clock that never does (TIM-01).
    pub(super) fn look(&self, moment: Moment) {
        self.suspended.set(seconds(clock::suspended().get()));
        let on_the_wall = moment.wall.duration_since(self.begun.wall).as_secs_f64();
        self.wall_step.set(on_the_wall - seconds(moment.now.since(self.begun.now).get()));
    }

    pub(super) fn telemetry(&self, counters: &Counters) {
        self.published.absolute(counters.published());
        self.dropped.absolute(counters.dropped());
        self.lost.absolute(counters.lost());
        self.reconnects.absolute(counters.reconnects());
        self.outbox.set(big(counters.outbox()));
        self.connected.set(f64::from(u8::from(counters.is_connected())));
    }
}

/// A count as Prometheus has it. Beyond 2^53 the last digits go.
#[expect(clippy::cast_precision_loss, reason = "Prometheus knows no other number")]
pub(super) const fn big(count: u64) -> f64 {
    count as f64
}

pub(super) fn seconds(nanos: u64) -> f64 {
    big(nanos) / 1e9
}

fn float(count: usize) -> f64 {
    big(u64::try_from(count).unwrap_or(u64::MAX))
}

const INFO: Name = Name("therapy_gateway_info", "Always 1; its labels say which gateway this is.");
const LATENESS: Name = Name(
    "therapy_gateway_control_lateness_seconds",
    "How late the control thread was for its deadlines.",
);
const QUEUE_DEPTH: Name =
    Name("therapy_gateway_queue_depth", "How many wait in a queue of the gateway.");
const QUEUE_ROOM: Name =
    Name("therapy_gateway_queue_room", "How many may wait in a queue of the gateway.");
const DISK_FREE: Name =
    Name("therapy_gateway_disk_free_bytes", "Bytes that are free where the ledger is written.");
const SUSPENDED: Name = Name(
    "therapy_gateway_clock_suspended_seconds",
    "How long the machine was suspended since it booted.",
);
const WALL_STEP: Name = Name(
    "therapy_gateway_clock_wall_step_seconds",
    "How far the wall clock moved against the boot clock since the gateway started.",
);
const MISSED: Name = Name(
    "therapy_gateway_changes_missed_total",
    "Changes that were not counted here because they came too fast.",
);
const PANICS: Name = Name(
    "therapy_gateway_task_panics_total",
    "Tasks that panicked. After one, no session begins until the gateway is started again.",
);
const PUBLISHED: Name = Name(
    "therapy_gateway_telemetry_published_total",
    "MQTT messages that the broker took, or that were written to it.",
);
const DROPPED: Name = Name(
    "therapy_gateway_telemetry_dropped_total",
    "Live values not sent because those before were still on their way.",
);
const LOST: Name =
    Name("therapy_gateway_telemetry_lost_total", "Events lost because the outbox was full.");
const RECONNECTS: Name = Name(
    "therapy_gateway_telemetry_reconnects_total",
    "Connections to the MQTT broker after the first.",
);
const OUTBOX: Name = Name(
    "therapy_gateway_telemetry_outbox_depth",
    "Events that wait to be taken by the MQTT broker.",
);
const RECORDING: Name = Name(
    "therapy_gateway_recording",
    "1 while everything is recorded that can be replayed, else 0.",
);
const RECORD_BYTES: Name =
    Name("therapy_gateway_record_bytes", "How long the record of this run is.");
const RECORD_GAPS: Name = Name(
    "therapy_gateway_record_gaps_total",
    "1 once the record of this run ended because the disk was too slow.",
);
const CONNECTED: Name =
    Name("therapy_gateway_telemetry_connected", "1 while there is an MQTT broker, else 0.");
