//! Sessions of stimulators, written down once: the bytes and what they mean.
//!
//! A transcript is replayed: what is told to the dialect must give these bytes for the unit and
//! these facts. It is never edited; a firmware that speaks differently gets one of its own.

use std::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};

use safety::{Emission, Fact, Identity, Instant, Order, Output, Report, Stimulator};

use super::desk::Desk;
use crate::{Dialect, Event, Out};

/// Replays the lines of `unit` in `transcript`.
pub(crate) fn replay(
    transcript: &str,
    unit: &str,
    mut dialect: Box<dyn Dialect<Stimulator> + Send>,
) {
    let heading = format!("unit {unit}\n");
    let (_, rest) = transcript.split_once(&heading).unwrap();
    let section = rest.split("unit ").next().unwrap();
    let kept = section.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (mut lines, mut count, mut desk) = (kept.peekable(), 0, Desk::new());
    while let Some(line) = lines.next() {
        let mut expected = Vec::new();
        while let Some(line) = lines.next_if(|line| line.starts_with(['>', '='])) {
            expected.push(line.to_string());
        }
        let found = answer(dialect.as_mut(), &mut desk, line);
        assert_eq!(found, expected, "after {line}");
        count += found.len();
    }
    assert!(count > 100, "{unit}: {count} lines");
}

/// What follows from one line, in lines.
fn answer(
    dialect: &mut dyn Dialect<Stimulator>,
    desk: &mut Desk<Stimulator>,
    line: &str,
) -> Vec<String> {
    let (at, told) = line.split_once(' ').unwrap();
    let now = Instant::from_boot(at.parse().unwrap());
    let mut out = Out::default();
    let mut tell = |event: Event<'_, Stimulator>| dialect.step(now, event, &mut out);
    match told.split_once(' ') {
        None if told == "opened" => tell(Event::Opened),
        None if told == "turn" => tell(Event::Turn),
        None if told == "sent" => tell(Event::Sent),
        Some(("bytes", hex)) => tell(Event::Bytes(&bytes(hex))),
        Some(("order", "prepare")) => tell(Event::Order(desk.prepare(now))),
        Some(("order", "warn")) => tell(Event::Order(desk.warn(now))),
        Some(("order", "emit")) => tell(Event::Order(desk.emit(now))),
        Some(("order", "off")) => tell(Event::Order(Order::off())),
        None | Some(_) => panic!("{told}"),
    }
    let frame = out.frame.iter().map(|frame| format!("> {}", hex(&frame.bytes)));
    frame.chain(out.reports.iter().map(heard)).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// A report in words.
fn heard(report: &Report<Stimulator>) -> String {
    let fact = match report.fact {
        Fact::Boot(id) => format!("boot {}", id.0),
        Fact::Garbled => "garbled".to_string(),
        Fact::Identity(Identity::Proven) => "identity proven".to_string(),
        Fact::Identity(Identity::Differs) => "identity differs".to_string(),
        Fact::Emission(Emission { enabled, output, .. }) => {
            let joules = output.pulse_energy.picojoules() / 1_000_000_000;
            format!("emission enabled {enabled} rate {} millijoules {joules}", output.count())
        }
        Fact::Setting(None) => "setting none".to_string(),
        Fact::Setting(Some(setting)) => {
            let level = setting.level;
            let rate = level.rate.millihertz();
            format!("setting {} rate {rate} pulses {}", level.intensity.get(), level.pulses)
        }
        Fact::Temperature(None) => "temperature none".to_string(),
        Fact::Temperature(Some(read)) => format!("temperature {}", read.centicelsius()),
        Fact::Contacts(contacts) => format!("contacts applicator {}", contacts.applicator),
        Fact::Faults(bits) => format!("faults {bits:x}"),
        Fact::Ran(grant) => format!("ran {grant:?}"),
    };
    format!("= {} {fact}", report.asked.since_boot())
}
