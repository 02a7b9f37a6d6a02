//! Whole clinics under everything that can go wrong, judged by the meters of their units.
//!
//! `SWARM_SEEDS=2000` makes it deeper, `SWARM_SEED=7` replays one story and writes it down.

use sim::{Marks, Outcome, World};

/// How many stories are told if nobody says otherwise.
const SEEDS: u64 = 300;
/// How long a story is, in virtual seconds.
const SECONDS: u64 = 180;

#[test]
fn no_story_breaks_a_promise() {
    if let Some(seed) = number("SWARM_SEED") {
        let outcome = World::new(seed, true).run(SECONDS);
        println!("{}", outcome.log.join("\n"));
        assert_eq!(outcome.violation, None, "seed {seed}");
        return;
    }
    let seeds = number("SWARM_SEEDS").unwrap_or(SEEDS);
    let told: Vec<_> =
        (0..seeds).map(|seed| (seed, World::new(seed, false).run(SECONDS))).collect();
    let mut marks = Marks::default();
    let mut broken = Vec::new();
    for (seed, outcome) in &told {
        marks.add(&outcome.marks);
        if let Some(violation) = &outcome.violation {
            broken.push(format!(
                "seed {seed} at {:.3} s: {}",
                (violation.at - 1_000_000_000_000) as f64 / 1e9,
                violation.what
            ));
        }
    }
    for (what, count) in marks.iter() {
        println!("{what}: {count}");
    }
    println!("{} steps", told.iter().map(|(_, o): &(u64, Outcome)| o.steps).sum::<u64>());
    assert!(broken.is_empty(), "{} broken\n{}", broken.len(), broken.join("\n"));
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
