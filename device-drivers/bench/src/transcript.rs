//! Sessions with units, written down once: the bytes and what they mean.
//!
//! A transcript in `tests/transcripts` is replayed: what is told to the dialect must give these bytes
//! for the unit and these facts. It is added and never edited; a firmware that speaks differently gets
//! one of its own. Each test of a transcript also has the story that it was written from:
//!
//! ```text
//! NEW_TRANSCRIPT=magstim.v2 cargo test -p device-drivers --lib magstim::tests::transcript
//! ```
//!
//! writes `tests/transcripts/magstim.v2.txt` as that story goes now, and refuses to if there is such a
//! file already.

use std::{
    boxed::Box,
    env, format,
    fs::File,
    io::Write,
    path::Path,
    string::{String, ToString},
    vec::Vec,
};

use device_drivers::{Dialect, Out};
use safety::{Demand, Emission, Fact, Identity, Instant, Laser, Order, Output, Report, Stimulator};

use super::{desk::Desk, limits::Permitted, told::Told};

/// The variable that names the transcript to be written.
pub const NEW: &str = "NEW_TRANSCRIPT";

/// How bytes stand in a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As codes of two digits.
    Codes,
    /// As text, what is none of it escaped.
    Text,
}

/// A modality whose facts have words.
pub trait Words: Permitted {
    /// What a unit emits, what it holds, and what its contacts are.
    fn words(fact: &Fact<Self>) -> Option<String>;
}

/// Replays the lines of `unit` in `transcript`, and says how many frames and facts there were.
///
/// # Panics
/// If something else is said or reported.
pub fn replay<M: Words>(
    transcript: &str,
    form: Form,
    unit: &str,
    mut dialect: Box<dyn Dialect<M> + Send>,
    mut desk: Desk<M>,
) -> usize {
    let (mut lines, mut count) = (section(transcript, unit).peekable(), 0);
    while let Some(line) = lines.next() {
        let mut expected = Vec::new();
        while let Some(line) = lines.next_if(|line| line.starts_with(['>', '='])) {
            expected.push(line.to_string());
        }
        let (at, told) = line.split_once(' ').unwrap();
        let now = Instant::from_boot(at.parse().unwrap());
        let told = told_by(told, form, now, &mut desk);
        let found = follows(dialect.as_mut(), form, now, &told);
        assert_eq!(found, expected, "after {line}");
        count += found.len();
    }
    count
}

/// A session as a transcript has it: what was told in `trace`, and what `dialect` makes of it.
pub fn written<M: Words>(
    form: Form,
    mut dialect: Box<dyn Dialect<M> + Send>,
    trace: &[(u64, Told<M>)],
) -> String {
    let mut lines = Vec::new();
    let mut ordered = "";
    for (at, told) in trace {
        let before = ordered;
        if let Told::Order(order) = told {
            ordered = word_of(order);
        }
        // What is ordered again and again is written where it changes; an emission is renewed by it.
        let again = matches!(told, Told::Order(_)) && ordered == before && ordered != "emit";
        if !again {
            lines.push(format!("{at} {}", line_of(told, form)));
            lines.extend(follows(dialect.as_mut(), form, Instant::from_boot(*at), told));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Writes the transcript that [`NEW`] names, if that is one of `dialect`.
///
/// # Panics
/// If there is one of this name, which is never edited.
pub fn write(folder: &Path, dialect: &str, heading: &str, units: &[(&str, String)]) {
    let Some(name) = env::var(NEW).ok().filter(|name| is_of(name, dialect)) else { return };
    let path = folder.join(format!("{name}.txt"));
    let mut file = File::create_new(&path)
        .unwrap_or_else(|error| panic!("{} is never edited: {error}", path.display()));
    let sections = units.iter().map(|(unit, lines)| format!("\nunit {unit}\n{lines}"));
    write!(file, "{heading}{}", sections.collect::<String>()).unwrap();
}

fn is_of(name: &str, dialect: &str) -> bool {
    name.strip_prefix(dialect).is_some_and(|rest| rest.starts_with(".v"))
}

/// The lines of one unit, without comments.
pub fn section<'a>(transcript: &'a str, unit: &str) -> impl Iterator<Item = &'a str> {
    let heading = format!("unit {unit}\n");
    let (_, rest) = transcript.split_once(&heading).unwrap();
    let section = rest.split("unit ").next().unwrap();
    section.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// What follows from one event, in lines.
fn follows<M: Words>(
    dialect: &mut dyn Dialect<M>,
    form: Form,
    now: Instant,
    told: &Told<M>,
) -> Vec<String> {
    let mut out = Out::default();
    dialect.step(now, told.event(), &mut out);
    let frame = out.frame.iter().map(|frame| format!("> {}", shown(&frame.bytes, form)));
    frame.chain(out.reports.iter().map(heard)).collect()
}

fn told_by<M: Words>(told: &str, form: Form, now: Instant, desk: &mut Desk<M>) -> Told<M> {
    match told.split_once(' ') {
        None if told == "opened" => Told::Opened,
        None if told == "turn" => Told::Turn,
        None if told == "sent" => Told::Sent,
        None if told == "stop" => Told::Stop,
        Some(("bytes", written)) => Told::Bytes(bytes(written, form)),
        Some(("order", "prepare")) => Told::Order(desk.prepare(now)),
        Some(("order", "warn")) => Told::Order(desk.warn(now)),
        Some(("order", "emit")) => Told::Order(desk.emit(now)),
        Some(("order", "off")) => Told::Order(Order::off()),
        None | Some(_) => panic!("{told}"),
    }
}

fn line_of<M: Words>(told: &Told<M>, form: Form) -> String {
    match told {
        Told::Opened => "opened".to_string(),
        Told::Turn => "turn".to_string(),
        Told::Sent => "sent".to_string(),
        Told::Stop => "stop".to_string(),
        Told::Bytes(bytes) => format!("bytes {}", shown(bytes, form)),
        Told::Order(order) => format!("order {}", word_of(order)),
        Told::Closed | Told::Wake => panic!("a story without {told:?}"),
    }
}

fn word_of<M: Words>(order: &Order<M>) -> &'static str {
    match order.demand() {
        Demand::Off => "off",
        Demand::Prepare(_) => "prepare",
        Demand::Warn(_) => "warn",
        Demand::Emit { .. } => "emit",
    }
}

fn bytes(written: &str, form: Form) -> Vec<u8> {
    match form {
        Form::Codes => {
            written.split(' ').map(|code| u8::from_str_radix(code, 16).unwrap()).collect()
        }
        Form::Text => written.replace("\\r", "\r").replace("\\n", "\n").into_bytes(),
    }
}

fn shown(bytes: &[u8], form: Form) -> String {
    match form {
        Form::Codes => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
        Form::Text => bytes.escape_ascii().to_string(),
    }
}

/// A report in words.
fn heard<M: Words>(report: &Report<M>) -> String {
    let fact = M::words(&report.fact).unwrap_or_else(|| match report.fact {
        Fact::Boot(id) => format!("boot {}", id.0),
        Fact::Garbled => "garbled".to_string(),
        Fact::Identity(Identity::Proven) => "identity proven".to_string(),
        Fact::Identity(Identity::Differs) => "identity differs".to_string(),
        Fact::Setting(None) => "setting none".to_string(),
        Fact::Faults(bits) => format!("faults {bits:x}"),
        Fact::Ran(grant) => format!("ran {grant:?}"),
        Fact::Emission(_) | Fact::Setting(_) | Fact::Temperature(_) | Fact::Contacts(_) => {
            panic!("{:?} has no words", report.fact)
        }
    });
    format!("= {} {fact}", report.asked.since_boot())
}

impl Words for Laser {
    fn words(fact: &Fact<Self>) -> Option<String> {
        match fact {
            Fact::Emission(Emission { enabled, output, .. }) => {
                Some(format!("emission enabled {enabled} output {}", output.count()))
            }
            Fact::Setting(Some(setting)) => {
                Some(format!("setting {}", setting.level.power.count()))
            }
            Fact::Temperature(_) => Some("temperature".to_string()),
            Fact::Contacts(contacts) => {
                let [key, interlock] = [contacts.key, contacts.interlock].map(u8::from);
                Some(format!("contacts key {key} interlock {interlock}"))
            }
            _ => None,
        }
    }
}

impl Words for Stimulator {
    fn words(fact: &Fact<Self>) -> Option<String> {
        match fact {
            Fact::Emission(Emission { enabled, output, .. }) => {
                let joules = output.pulse_energy.picojoules() / 1_000_000_000;
                let rate = output.count();
                Some(format!("emission enabled {enabled} rate {rate} millijoules {joules}"))
            }
            Fact::Setting(Some(setting)) => {
                let level = setting.level;
                let rate = level.rate.millihertz();
                Some(format!(
                    "setting {} rate {rate} pulses {}",
                    level.intensity.get(),
                    level.pulses
                ))
            }
            Fact::Temperature(None) => Some("temperature none".to_string()),
            Fact::Temperature(Some(read)) => Some(format!("temperature {}", read.centicelsius())),
            Fact::Contacts(contacts) => {
                Some(format!("contacts applicator {}", contacts.applicator))
            }
            _ => None,
        }
    }
}
