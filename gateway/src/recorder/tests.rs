//! Records that are written, cut, changed and replayed.

use std::io;

use clinic::{
    Ask, Call, CallId, Clinic, Happening, LineId, Past, PatientKey, Receipt, RoomId, UnitId,
};
use jiff::civil::date;
use safety::{Cause, Instant, Nanos};

use super::{
    BUILD, Dialects, Difference, End, Head, Record, RecordError, Reel, ReplayError, Replayed,
    Strip,
    field::{Bytes, Field},
    rebuild, replay,
};
use crate::config::{Config, Memory, Seed};

mod disk;
mod noise;
mod secrets;

/// The configuration of the demonstration.
fn config() -> Config {
    Config::demo(|name| format!("/nowhere/{name}").into()).unwrap()
}

fn seed(byte: u8) -> Seed {
    Seed::new([byte; 32])
}

fn at(millis: u64) -> Instant {
    Instant::from_boot(7_000_000_000).after(Nanos::from_millis(millis))
}

fn made(config: &Config, seed: &Seed) -> Clinic {
    config.clinic(3, date(2026, 11, 22), seed, at(0)).unwrap()
}

fn head(config: &Config) -> Head {
    Head {
        build: BUILD.into(),
        revision: config.hash.as_str().into(),
        files: config.files.iter().map(|(name, text)| (name.clone(), text.to_vec())).collect(),
        run: 3,
        seed: seed(5),
        day: "2026-11-22".into(),
        began: at(0),
    }
}

/// What happens in a short life of a gateway whose units do not answer.
fn short_life() -> Vec<Happening> {
    let patient = PatientKey::new("clinic", "patient-1").unwrap();
    let past = Past {
        open_marks: vec![(Some(UnitId(0)), patient)],
        causes: vec![(UnitId(1), Cause::StuckOn)],
        ..Past::default()
    };
    let ask = Ask::Release(UnitId(1), Cause::StuckOn);
    let mut story = vec![
        Happening::Past(past),
        Happening::Opened(LineId(0)),
        Happening::Written(LineId(0)),
        Happening::Opened(LineId(1)),
        Happening::Bytes(LineId(1), vec![0, 1, 2, 0]),
        Happening::Call(Call { id: CallId(1), request: None, ask }),
        Happening::Stop(CallId(2), UnitId(0)),
        Happening::StopAll(CallId(3), Some(RoomId(0))),
        Happening::Receipt(clinic::EntryId(1), Receipt::Durable),
        Happening::Fault(Cause::Lateness),
        Happening::LowSpace(true),
        Happening::Days(1),
        Happening::Impaired,
        Happening::Closed(LineId(1)),
        Happening::ShutDown,
    ];
    story.extend((0..20).map(|_| Happening::Wake));
    story
}

/// Tells `clinic` a story, a step every 50 ms, and records it: a block for every `block` steps.
fn record(head: &Head, clinic: &mut Clinic, story: &[Happening], block: usize) -> Vec<u8> {
    let dialects = Dialects(config().dialects());
    let mut reel = Reel::begin(Vec::new(), head, 1_764_000_000_000_000).unwrap();
    let (mut effects, mut time) = (Vec::new(), 0);
    for part in story.chunks(block) {
        let mut strip = Strip::default();
        for happening in part {
            time += 50;
            strip.happens(at(time), happening);
            clinic.step(at(time), happening.clone(), &mut effects);
            for effect in effects.drain(..) {
                strip.follows(&effect, clinic, &dialects);
            }
            strip.done();
        }
        reel.steps(1_764_000_000_000_000, strip.bytes()).unwrap();
    }
    reel.end(1_764_000_000_000_000, End::Left).unwrap()
}

/// The record of a short life.
fn recorded() -> Vec<u8> {
    let config = config();
    record(&head(&config), &mut made(&config, &seed(5)), &short_life(), 4)
}

fn replayed(file: &[u8], clinic: &mut Clinic) -> Result<Replayed, ReplayError> {
    let mut record = Record::open(file)?;
    let dialects = Dialects(config().dialects());
    replay(&mut record, clinic, &dialects, |_| Ok(()))
}

fn difference(file: &[u8], clinic: &mut Clinic) -> Difference {
    match replayed(file, clinic) {
        Err(ReplayError::Differs(difference)) => *difference,
        other => panic!("{other:?}"),
    }
}

/// JRN-06: a record holds all that it takes: nothing but its bytes goes in, and every effect comes out.
#[test]
fn a_record_replays_from_nothing() {
    let file = recorded();
    let mut record = Record::open(&*file).unwrap();
    let (config, mut clinic) = rebuild(record.head(), None).unwrap();
    let dialects = Dialects(config.dialects());
    let mut seen = Vec::new();
    let replayed = replay(&mut record, &mut clinic, &dialects, |step| {
        seen.push((step.at, step.happening.clone()));
        Ok(())
    });
    let replayed = replayed.unwrap();
    let story = short_life();
    let expected: Vec<_> = (1..).map(|step| at(50 * step)).zip(story.clone()).collect();
    assert_eq!(seen, expected);
    assert_eq!(replayed.steps, u64::try_from(story.len()).unwrap());
    assert!(replayed.effects > 20, "{replayed:?}");
    assert_eq!((record.end(), record.torn()), (Some(End::Left), None));
    assert_eq!(clinic.shown(UnitId(0)), {
        let mut live = made(&config, &seed(5));
        let mut effects = Vec::new();
        for (now, happening) in expected {
            live.step(now, happening, &mut effects);
        }
        live.shown(UnitId(0))
    });
}

/// What a clinic does otherwise is named with the step, the effect and both sides.
#[test]
fn the_first_difference_is_shown() {
    let config = config();
    let laser = config.units.iter().find(|unit| unit.name == "laser-a").unwrap();
    let story = [Happening::Past(Past::default()), Happening::Opened(laser.line)];
    let file = record(&head(&config), &mut made(&config, &seed(5)), &story, 4);
    // A unit at another address is spoken to otherwise.
    let mut files = Memory::whole();
    let name = "units/laser-a.toml";
    let text = String::from_utf8(files.0[name].bytes.clone()).unwrap();
    files.put(
        name,
        text.replace("address = 1 ", "address = 2 ").replace("address = 1\n", "address = 2\n"),
    );
    let elsewhere = Config::read(&files).unwrap();
    let other = difference(&file, &mut made(&elsewhere, &seed(5)));
    assert_eq!((other.place.step, other.at), (2, at(100)), "{other}");
    let (recorded, replayed) = (other.recorded.clone().unwrap(), other.replayed.clone().unwrap());
    let frame = format!("a frame on line {}, ", laser.line.0);
    assert!(recorded.starts_with(&frame) && replayed.starts_with(&frame), "{other}");
    assert_ne!(recorded, replayed);
}

/// Nothing of a picture is written, and all of it is compared, its doses with it: here when the
/// line was closed, a millisecond apart.
#[test]
fn pictures_are_compared() {
    let config = config();
    let later = config.clinic(3, date(2026, 11, 22), &seed(5), at(1));
    let other = difference(&recorded(), &mut later.unwrap());
    assert_eq!(other.place.step, 1, "{other}");
    assert!(other.recorded.unwrap().starts_with("the picture of unit "));
}

/// An effect that is not there any more is a difference like any other.
#[test]
fn what_no_longer_follows_is_missed() {
    let config = config();
    let story = [Happening::Past(Past::default()), Happening::Opened(LineId(0))];
    let file = record(&head(&config), &mut made(&config, &seed(5)), &story, 2);
    let mut nobody = Clinic::new(3, Vec::new(), Vec::new(), at(0));
    let other = difference(&file, &mut nobody);
    assert_eq!((other.place.step, other.effect, other.replayed), (1, 1, None));

    let file = record(&head(&config), &mut nobody, &story, 2);
    let other = difference(&file, &mut made(&config, &seed(5)));
    assert_eq!((other.place.step, other.effect, other.recorded), (1, 1, None));
}

/// Whoever looks on may stop a replay.
#[test]
fn a_replay_that_cannot_be_shown_ends() {
    let file = recorded();
    let mut record = Record::open(&*file).unwrap();
    let mut clinic = made(&config(), &seed(5));
    let shut = |_: super::Seen<'_>| Err(io::ErrorKind::BrokenPipe.into());
    let dialects = Dialects(config().dialects());
    let outcome = replay(&mut record, &mut clinic, &dialects, shut);
    assert!(matches!(outcome, Err(ReplayError::Shown(_))), "{outcome:?}");
    assert_eq!(record.place().step, 1);
}

/// A configuration that was changed in the record makes no clinic.
#[test]
fn a_record_stands_by_its_configuration() {
    let config = config();
    let mut other = head(&config);
    other.revision = "0".repeat(64).into();
    let error = rebuild(&other, None).err().unwrap().to_string();
    assert!(error.contains(&config.hash), "{error}");
    let mut other = head(&config);
    other.day = "2026-02-30".into();
    let error = rebuild(&other, None).err().unwrap().to_string();
    assert!(error.contains("2026-02-30"), "{error}");
    let mut other = head(&config);
    other.files.retain(|(name, _)| &**name != "limits.toml");
    assert!(rebuild(&other, None).is_err());
}
