//! Makes metrics: each with its name, its help and its labels, and keeps them for Prometheus.

use std::fmt;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata, Recorder as _};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

/// The recorder of one gateway.
pub(super) struct Recorder {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
}

/// A name, which begins with `therapy_gateway_` and ends with a base unit, and its help.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name(pub(super) &'static str, pub(super) &'static str);

const METADATA: Metadata<'static> = Metadata::new("gateway", Level::INFO, None);
/// From a tenth of a millisecond to half a second: 50 ms is where lateness locks the gateway.
const LATENESS_SECONDS: &[f64] =
    &[0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5];

impl Recorder {
    pub(super) fn new() -> Self {
        let builder = PrometheusBuilder::new();
        // Refuses only an empty list.
        let builder = builder.set_buckets(LATENESS_SECONDS);
        let recorder = builder.unwrap_or_else(|_empty| PrometheusBuilder::new()).build_recorder();
        let handle = recorder.handle();
        Self { recorder, handle }
    }

    pub(super) fn gauge(&self, name: Name, labels: &[(&'static str, &str)]) -> Gauge {
        self.recorder.describe_gauge(KeyName::from_const_str(name.0), None, name.1.into());
        self.recorder.register_gauge(&key(name, labels), &METADATA)
    }

    pub(super) fn counter(&self, name: Name, labels: &[(&'static str, &str)]) -> Counter {
        self.recorder.describe_counter(KeyName::from_const_str(name.0), None, name.1.into());
        self.recorder.register_counter(&key(name, labels), &METADATA)
    }

    pub(super) fn histogram(&self, name: Name) -> Histogram {
        self.recorder.describe_histogram(KeyName::from_const_str(name.0), None, name.1.into());
        self.recorder.register_histogram(&key(name, &[]), &METADATA)
    }

    pub(super) fn run_upkeep(&self) {
        self.handle.run_upkeep();
    }

    pub(super) fn render(&self) -> String {
        self.handle.render()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

fn key(name: Name, labels: &[(&'static str, &str)]) -> Key {
    let labels: Vec<_> =
        labels.iter().map(|(label, value)| Label::new(*label, (*value).to_owned())).collect();
    Key::from_parts(name.0, labels)
}
