//! Samples, what is said of them, and the line that says it.

use serde_json::{Value, json};

/// Nanoseconds of one block, in any order.
pub(crate) struct Samples(Vec<u64>);

impl Samples {
    pub(crate) fn new(mut nanos: Vec<u64>) -> Self {
        nanos.sort_unstable();
        Self(nanos)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The sample that `permille` of a thousand do not exceed, in microseconds.
    pub(crate) fn micros(&self, permille: usize) -> f64 {
        let place = (self.0.len() * permille).div_ceil(1_000).saturating_sub(1);
        let nanos = self.0.get(place).copied().unwrap_or(0);
        Value::from(nanos).as_f64().unwrap_or(0.0) / 1_000.0
    }
}

/// A block of the floor and one of the gateway, measured one after the other.
pub(crate) struct Pair {
    pub(crate) floor: Samples,
    pub(crate) gateway: Samples,
}

/// What a ratio is to reach.
#[derive(Clone, Copy, Default)]
pub(crate) struct Goals {
    pub(crate) p50: Option<f64>,
    pub(crate) p99: Option<f64>,
}

/// Prints the ratio of the gateway to its floor: the median over all pairs of blocks.
pub(crate) fn print_ratio(name: &str, case: &str, units: usize, pairs: &[Pair], goals: Goals) {
    let ratio = |permille| {
        let of = |pair: &Pair| pair.gateway.micros(permille) / pair.floor.micros(permille);
        rounded(median(pairs.iter().map(of).collect()))
    };
    let micros = |of: fn(&Pair) -> &Samples| {
        let median = |permille| {
            rounded(median(pairs.iter().map(|pair| of(pair).micros(permille)).collect()))
        };
        json!({ "p50": median(500), "p99": median(990) })
    };
    print(&json!({
        "name": name,
        "units": "ratio to floor",
        "case": case,
        "therapy_units": units,
        "p50_ratio": ratio(500),
        "p99_ratio": ratio(990),
        "p50_goal": goals.p50,
        "p99_goal": goals.p99,
        "blocks": pairs.len(),
        "n": pairs.iter().map(|pair| pair.gateway.count()).sum::<usize>(),
        "floor_microseconds": micros(|pair| &pair.floor),
        "gateway_microseconds": micros(|pair| &pair.gateway),
    }));
}

/// Prints one figure.
pub(crate) fn print(figure: &Value) {
    println!("{figure}");
}

pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        _ if values.is_empty() => 0.0,
        0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}
