//! A session in each framing, written down once: the bytes and what they mean.
//!
//! `tests/transcripts/maiman.v1.txt` is replayed both ways: what is told to the dialect must give
//! these bytes for the unit, and the bytes of the unit must give these facts. It is never edited; a
//! firmware that speaks differently gets a transcript of its own.

use std::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use safety::{
    Demand, Dose, Emission, Fact, Gate, Grant, Identity, Instant, LaserLevel, Permille, Power,
    Report, Setting,
};

use crate::{Event, Out, test_bench::transcript::section};

use super::*;

const TRANSCRIPT: &str = include_str!("../../../tests/transcripts/maiman.v1.txt");

#[test]
fn the_driver_in_text_of_the_transcript() {
    replay("text", Framing::Text, 300);
}

#[test]
fn the_answers_that_the_vendor_gives_as_examples() {
    replay("vendor", Framing::Text, 15);
}

#[test]
fn the_driver_in_modbus_of_the_transcript() {
    replay("rtu", Framing::Rtu { address: 3, half_duplex: true }, 300);
}

fn replay(name: &str, framing: Framing, least: usize) {
    let plate = tests::plate(framing);
    let mut dialect = Exchange::new(Maiman::new(plate).unwrap());
    let mut lines = section(TRANSCRIPT, name).peekable();
    let mut count = 0;
    while let Some(line) = lines.next() {
        let (at, told) = line.split_once(' ').unwrap();
        let now = Instant::from_boot(at.parse().unwrap());
        let mut out = Out::default();
        tell(&mut dialect, now, told, &mut out);
        let mut expected = Vec::new();
        while let Some(line) = lines.next_if(|line| line.starts_with(['>', '='])) {
            expected.push(line.to_string());
        }
        let frame = out.frame.iter().map(|frame| format!("> {}", said(&frame.bytes, framing)));
        let found: Vec<String> = frame.chain(out.reports.iter().map(heard)).collect();
        assert_eq!(found, expected, "after {line}");
        count += found.len();
    }
    assert!(least < count, "{name}: {count} lines");
}

fn tell(dialect: &mut Exchange<Laser, Maiman>, now: Instant, told: &str, out: &mut Out<Laser>) {
    let (word, rest) = told.split_once(' ').unwrap_or((told, ""));
    match word {
        "opened" => dialect.step(now, Event::Opened, out),
        "turn" => dialect.step(now, Event::Turn, out),
        "sent" => dialect.step(now, Event::Sent, out),
        "bytes" => dialect.step(now, Event::Bytes(&bytes(rest)), out),
        "order" => dialect.ordered(now, demand(rest)),
        _ => panic!("{told}"),
    }
}

fn demand(told: &str) -> Demand<Laser> {
    let words: Vec<&str> = told.split(' ').collect();
    match words[..] {
        ["off"] => Demand::Off,
        ["prepare", power] => Demand::Prepare(setting(power)),
        ["warn", power] => Demand::Warn(setting(power)),
        ["emit", power, until] => Demand::Emit {
            grant: Grant::default(),
            setting: setting(power),
            valid_until: Instant::from_boot(until.parse().unwrap()),
        },
        _ => panic!("{told}"),
    }
}

fn setting(milliwatts: &str) -> Setting<Laser> {
    let mut mix = [Permille::ZERO; 4];
    mix[0] = Permille::WHOLE;
    let power = Power::from_milliwatts(milliwatts.parse().unwrap());
    let level = LaserLevel { power, mix, gate: Gate::Continuous };
    Setting { level, preset: Dose::default() }
}

/// Lines stand as text between quotes, frames as bytes.
fn bytes(written: &str) -> Vec<u8> {
    match written.strip_prefix('"') {
        Some(text) => text.strip_suffix("\\r\"").map(|text| format!("{text}\r")).unwrap().into(),
        None => written.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect(),
    }
}

fn said(bytes: &[u8], framing: Framing) -> String {
    match framing {
        Framing::Text => format!("{:?}", core::str::from_utf8(bytes).unwrap()),
        Framing::Rtu { .. } => {
            let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            hex.join(" ")
        }
    }
}

/// A report in words.
fn heard(report: &Report<Laser>) -> String {
    let fact = match report.fact {
        Fact::Boot(id) => format!("boot {}", id.0),
        Fact::Garbled => "garbled".to_string(),
        Fact::Identity(Identity::Proven) => "identity proven".to_string(),
        Fact::Identity(Identity::Differs) => "identity differs".to_string(),
        Fact::Emission(Emission { enabled, output, .. }) => {
            format!("emission enabled {enabled} output {}", output.milliwatts())
        }
        Fact::Setting(None) => "setting none".to_string(),
        Fact::Setting(Some(Setting { level, .. })) => {
            format!("setting {}", level.power.milliwatts())
        }
        Fact::Temperature(_) => "temperature".to_string(),
        Fact::Contacts(contacts) => format!("interlock closed {}", contacts.interlock),
        Fact::Faults(bits) => format!("faults {bits:08x}"),
        Fact::Ran(_) => "ran".to_string(),
    };
    format!("= {} {fact}", report.asked.since_boot())
}
