//! Sessions with two models, written down once: the bytes and what they mean.
//!
//! `tests/transcripts/arroyo.v1.txt` is replayed: what is told to the dialect must give these lines
//! for the unit and these facts. It is never edited; a firmware that speaks differently gets a
//! transcript of its own.

use std::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use safety::{Emission, Fact, Identity, Instant, Laser, Output, Report};
use simulated_units::arroyo::Model;

use super::bench::{desk, speaker};
use crate::{Event, Out, exchange::tests::desk::Desk};

const TRANSCRIPT: &str = include_str!("../../../../tests/transcripts/arroyo.v1.txt");

#[test]
fn the_4320_of_the_transcript() {
    replay("4320", Model::Source4320);
}

#[test]
fn the_newport_of_the_transcript() {
    replay("newport", Model::Newport);
}

fn replay(name: &str, model: Model) {
    let mut dialect = speaker(model);
    let mut desk = desk();
    let mut lines = section(name).peekable();
    let mut count = 0;
    while let Some(line) = lines.next() {
        let (at, told) = line.split_once(' ').unwrap();
        let now = Instant::from_boot(at.parse().unwrap());
        let mut out = Out::default();
        tell(told, now, &mut desk, |event| dialect.step(now, event, &mut out));
        let mut expected = Vec::new();
        while let Some(line) = lines.next_if(|line| line.starts_with(['>', '='])) {
            expected.push(line.to_string());
        }
        let frame = out.frame.iter().map(|frame| said(&frame.bytes));
        let found: Vec<String> = frame.chain(out.reports.iter().map(heard)).collect();
        assert_eq!(found, expected, "after {line}");
        count += found.len();
    }
    assert!(count > 100, "{name}: {count} lines");
}

/// The lines of one unit, without comments.
fn section(name: &str) -> impl Iterator<Item = &'static str> {
    let heading = format!("unit {name}\n");
    let (_, rest) = TRANSCRIPT.split_once(&heading).unwrap();
    let section = rest.split("unit ").next().unwrap();
    section.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn tell(told: &str, now: Instant, desk: &mut Desk<Laser>, tell: impl FnOnce(Event<'_, Laser>)) {
    match told.split_once(' ') {
        None if told == "opened" => tell(Event::Opened),
        None if told == "turn" => tell(Event::Turn),
        None if told == "sent" => tell(Event::Sent),
        None if told == "stop" => tell(Event::Stop),
        Some(("bytes", text)) => tell(Event::Bytes(&bytes(text))),
        Some(("order", "prepare")) => tell(Event::Order(desk.prepare(now))),
        Some(("order", "warn")) => tell(Event::Order(desk.warn(now))),
        Some(("order", "emit")) => tell(Event::Order(desk.emit(now))),
        Some(("order", "off")) => tell(Event::Order(safety::Order::off())),
        None | Some(_) => panic!("{told}"),
    }
}

/// Bytes as they are escaped in the transcript.
fn bytes(text: &str) -> Vec<u8> {
    text.replace("\\r", "\r").replace("\\n", "\n").into_bytes()
}

fn said(bytes: &[u8]) -> String {
    format!("> {}", bytes.escape_ascii())
}

/// A report in words.
fn heard(report: &Report<Laser>) -> String {
    let fact = match report.fact {
        Fact::Boot(id) => format!("boot {}", id.0),
        Fact::Garbled => "garbled".to_string(),
        Fact::Identity(Identity::Proven) => "identity proven".to_string(),
        Fact::Identity(Identity::Differs) => "identity differs".to_string(),
        Fact::Emission(Emission { enabled, output, .. }) => {
            format!("emission enabled {enabled} output {}", output.count())
        }
        Fact::Setting(None) => "setting none".to_string(),
        Fact::Setting(Some(setting)) => format!("setting {}", setting.level.power.count()),
        Fact::Temperature(_) => "temperature".to_string(),
        Fact::Contacts(contacts) => {
            let [key, interlock] = [contacts.key, contacts.interlock].map(u8::from);
            format!("contacts key {key} interlock {interlock}")
        }
        Fact::Faults(bits) => format!("faults {bits:x}"),
        Fact::Ran(grant) => format!("ran {grant:?}"),
    };
    format!("= {} {fact}", report.asked.since_boot())
}
