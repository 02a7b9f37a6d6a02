//! A session of each modality, written down once: the bytes and what they mean.
//!
//! `tests/transcripts/open-link.v1.txt` is replayed both ways: what is told to the dialect must give
//! these bytes for the unit, and the bytes of the unit must give these facts. It is never edited; a
//! firmware that speaks differently gets a transcript of its own.

#[cfg(test)]
extern crate std;

use std::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use safety::{
    Demand, Dose, Emission, Fact, Gate, Grant, Identity, Instant, Integral, LaserLevel, Nanos,
    Output, PemfLevel, Report, Setting,
};

use crate::{Dialect, Event, Out, test_bench::transcript::section};

use super::{
    OpenLink,
    codec::{Cut, Cutter},
    examples::{laser_level, laser_plate, pemf_level, pemf_plate},
    plate::Plate,
    spoken::Spoken,
};

const TRANSCRIPT: &str = include_str!("../../../tests/transcripts/open-link.v1.txt");

#[test]
fn the_laser_of_the_transcript() {
    replay("laser", laser_plate(), laser_level(), laser_words);
}

#[test]
fn the_field_of_the_transcript() {
    replay("pemf", pemf_plate(), pemf_level(), pemf_words);
}

fn replay<M>(name: &str, plate: Plate<M>, level: M::Level, words: fn(M::Level) -> String)
where
    M: Spoken<Dose: Preset>,
{
    let mut dialect = OpenLink::new(plate).unwrap();
    let mut lines = section(TRANSCRIPT, name).peekable();
    let mut count = 0;
    while let Some(line) = lines.next() {
        let (at, told) = line.split_once(' ').unwrap();
        let now = Instant::from_boot(at.parse().unwrap());
        let mut out = Out::default();
        tell(&mut dialect, now, told, level, &mut out);
        let mut expected = Vec::new();
        while let Some(line) = lines.next_if(|line| line.starts_with(['>', '='])) {
            expected.push(line.to_string());
        }
        let frame = out.frame.iter().map(|frame| said(&frame.bytes));
        let facts = out.reports.iter().map(|report| heard(report, words));
        let found: Vec<String> = frame.chain(facts).collect();
        assert_eq!(found, expected, "after {line}");
        count += found.len();
    }
    assert!(count > 100, "{name}: {count} lines");
}

fn tell<M>(dialect: &mut OpenLink<M>, now: Instant, told: &str, level: M::Level, out: &mut Out<M>)
where
    M: Spoken<Dose: Preset>,
{
    let words: Vec<&str> = told.split(' ').collect();
    let setting = |quantity: &str, millis: &str| Setting {
        level,
        preset: M::decode_preset(quantity.parse().unwrap(), millis.parse().unwrap()),
    };
    match words[..] {
        ["opened"] => dialect.step(now, Event::Opened, out),
        ["turn"] => dialect.step(now, Event::Turn, out),
        ["sent"] => dialect.step(now, Event::Sent, out),
        ["bytes", ref hex @ ..] => dialect.step(now, Event::Bytes(&bytes(hex)), out),
        ["order", "off"] => dialect.ordered(now, Demand::Off),
        ["order", "prepare", quantity, millis] => {
            dialect.ordered(now, Demand::Prepare(setting(quantity, millis)));
        }
        ["order", "warn", quantity, millis] => {
            dialect.ordered(now, Demand::Warn(setting(quantity, millis)));
        }
        ["order", "emit", quantity, millis, until] => {
            let valid_until = Instant::from_boot(until.parse().unwrap());
            let setting = setting(quantity, millis);
            let grant = Grant::default();
            dialect.ordered(now, Demand::Emit { grant, setting, valid_until });
        }
        _ => panic!("{told}"),
    }
}

fn bytes(hex: &[&str]) -> Vec<u8> {
    hex.iter().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// A frame in words, and its bytes.
fn said(line: &[u8]) -> String {
    let mut cutter = Cutter::EMPTY;
    let cut = line.iter().find_map(|byte| cutter.push(*byte));
    let Some(Cut::Telegram(telegram)) = cut else { panic!("{line:?}") };
    let kinds = ["identify", "capabilities", "status", "set", "warn", "enable", "renew", "off"];
    let kind = kinds[usize::from(telegram.kind) - 1];
    let hex: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
    let (sequence, until) = (telegram.sequence, telegram.uptime_millis);
    format!("> {kind} {sequence} until {until}: {}", hex.join(" "))
}

/// A report in words.
fn heard<M>(report: &Report<M>, words: fn(M::Level) -> String) -> String
where
    M: Spoken<Dose: Preset>,
{
    let fact = match report.fact {
        Fact::Boot(id) => format!("boot {:08x}", id.0),
        Fact::Garbled => "garbled".to_string(),
        Fact::Identity(Identity::Proven) => "identity proven".to_string(),
        Fact::Identity(Identity::Differs) => "identity differs".to_string(),
        Fact::Emission(Emission { enabled, output, counter }) => {
            let counter = counter.map_or(0, Integral::count);
            format!("emission enabled {enabled} output {} counter {counter}", output.count())
        }
        Fact::Setting(None) => "setting none".to_string(),
        Fact::Setting(Some(Setting { level, preset })) => {
            format!("setting {} preset {}", words(level), preset.words())
        }
        Fact::Temperature(None) => "temperature none".to_string(),
        Fact::Temperature(Some(temperature)) => {
            format!("temperature {}", temperature.centicelsius())
        }
        Fact::Contacts(contacts) => {
            let bits = [
                contacts.key,
                contacts.footswitch,
                contacts.interlock,
                contacts.emergency_stop_released,
                contacts.applicator,
            ];
            format!("contacts {}", bits.map(|bit| u8::from(bit).to_string()).join(" "))
        }
        Fact::Faults(bits) => format!("faults {bits}"),
        Fact::Ran(grant) => format!("ran {grant:?}"),
    };
    format!("= {} {fact}", report.asked.since_boot())
}

fn laser_words(level: LaserLevel) -> String {
    let gate = match level.gate {
        Gate::Continuous => "continuous".to_string(),
        Gate::Pulsed { frequency, duty } => format!("{} {}", frequency.millihertz(), duty.get()),
    };
    let mix = level.mix.map(|share| share.get().to_string()).join(" ");
    format!("{} mix {mix} gate {gate}", level.power.milliwatts())
}

fn pemf_words(level: PemfLevel) -> String {
    format!(
        "{} frequency {} {:?} slew {} duty {}",
        level.flux.microteslas(),
        level.frequency.millihertz(),
        level.waveform,
        level.slew.micros(),
        level.duty.get()
    )
}

/// A dose in words.
trait Preset {
    fn words(&self) -> String;
}

impl<Q: Integral> Preset for Dose<Q> {
    fn words(&self) -> String {
        let milli = Nanos::from_secs(1).get();
        format!("{} {}", self.quantity.count() / milli, self.time.millis())
    }
}
