//! The messages as they are, byte by byte: a golden changes only by review.
//!
//! `GOLDEN=write` writes them anew; the difference is what dashboards will see.

use std::{fs, path::Path};

use safety::Cause;
use serde_json::Value;

use super::{
    event,
    moment::tests::at_100_s,
    outbox::Outbox,
    presence::Presence,
    samples::{self, LASER, PEMF, STIMULATOR},
    status::Standing,
    values,
};
use crate::word;

fn matches(name: &str, payload: &[u8]) {
    let value: Value = serde_json::from_slice(payload).unwrap();
    let found = serde_json::to_string_pretty(&value).unwrap() + "\n";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/telemetry/golden");
    let path = folder.join(name);
    if std::env::var("GOLDEN").is_ok_and(|wish| wish == "write") {
        fs::write(&path, &found).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(golden, found, "{}", path.display());
}

#[test]
fn statuses() {
    let directory = samples::directory();
    for (name, id, shown) in [
        ("status-laser.json", LASER, samples::laser()),
        ("status-pemf.json", PEMF, samples::pemf()),
        ("status-stimulator.json", STIMULATOR, samples::stimulator()),
    ] {
        let standing = Standing::next(None, &shown, at_100_s().now);
        let card = directory.card(id).unwrap();
        matches(name, &standing.payload(&directory, card, at_100_s()).unwrap());
    }
}

/// API-06: what was ordered, measured and charged, each with its age.
#[test]
fn telemetry() {
    let directory = samples::directory();
    for (name, id, shown) in [
        ("telemetry-laser.json", LASER, samples::laser()),
        ("telemetry-pemf.json", PEMF, samples::pemf_emitting()),
        ("telemetry-pemf-locked.json", PEMF, samples::pemf()),
        ("telemetry-stimulator.json", STIMULATOR, samples::stimulator()),
    ] {
        let card = directory.card(id).unwrap();
        matches(name, &values::payload(&directory, card, &shown, at_100_s()).unwrap());
    }
}

#[test]
fn events() {
    let directory = samples::directory();
    let mut outbox = Outbox::new(2, 99);
    for change in samples::changes() {
        let wall = at_100_s().wall_at(change.at);
        outbox.push(change, wall);
    }
    let mut all = Vec::new();
    while let Some(entry) = outbox.send() {
        let card = directory.card(entry.change.unit).unwrap();
        let payload = event::payload(&directory, card, entry).unwrap();
        all.push(serde_json::from_slice::<Value>(&payload).unwrap());
        outbox.taken();
    }
    matches("events.json", &serde_json::to_vec(&all).unwrap());
}

#[test]
fn presences() {
    let directory = samples::directory();
    for (name, presence) in [
        ("gateway-connected.json", Presence::Connected),
        ("gateway-shut-down.json", Presence::ShutDown),
        ("gateway-lost.json", Presence::Lost),
    ] {
        matches(name, &presence.payload(&directory, at_100_s()).unwrap());
    }
}

/// A word that a schema does not know would make every message that holds it invalid.
#[test]
fn the_schemas_know_every_word_for_a_cause_and_a_state() {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas");
    for name in ["status", "event"] {
        let text = fs::read_to_string(schemas.join(format!("{name}.schema.json"))).unwrap();
        for cause in Cause::ALL {
            let word = word::cause(*cause);
            assert!(text.contains(&format!("\"{word}\"")), "{name}: {word}");
        }
        for state in word::STATES {
            let word = word::state(*state);
            assert!(text.contains(&format!("\"{word}\"")), "{name}: {word}");
        }
    }
}
