//! How fast virtual time passes: simulated seconds in one real second, with everything judged.
//!
//! `cargo bench --bench world` prints one line of JSON for each setting.

use gateway::clock;
use sim::{Story, World};

/// Virtual seconds of each setting.
const SECONDS: u64 = 3_600;

fn main() {
    let settings = [
        ("one emitting unit, bad cable", Story::solo()),
        ("four units, everything goes wrong", Story::of_everything()),
    ];
    for (name, story) in settings {
        let began = clock::now();
        let outcome = World::with(1, story, false).run(SECONDS);
        let took = clock::now().since(began).get();
        let each = |count: u64| u128::from(count) * 1_000_000_000 / u128::from(took.max(1));
        let (rate, steps) = (each(SECONDS), each(outcome.steps));
        println!(
            "{{\"setting\": \"{name}\", \"simulated_seconds_per_second\": {rate}, \
             \"steps_per_second\": {steps}, \"sessions_emitting\": {}}}",
            outcome.marks.count("Emitting"),
        );
        assert_eq!(outcome.violation, None);
    }
}
