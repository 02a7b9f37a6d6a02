//! What can be said, all of it, and what cannot.

use std::{string::String, vec::Vec};

use safety::{Drive, Gate, LaserLevel, Nanos, Permille, Power};
use simulated_units::arroyo::Model;

use super::bench::{plan, plate};
use crate::{
    arroyo::{ALONE, Arroyo, PlateError, Scale, dialect, word::Word},
    exchange::Tongue,
};

fn words() -> Vec<Word> {
    let mut words = std::vec![
        Word::Identity,
        Word::Serial,
        Word::Version,
        Word::Mode,
        Word::Trips,
        Word::Delay,
        Word::Limit,
        Word::Condition,
        Word::Events,
        Word::Errors,
        Word::Current,
        Word::Held,
        Word::Key,
        Word::Cooler,
        Word::CoolerCondition,
        Word::Out(true),
        Word::Out(false),
    ];
    words.extend([0, 1, 999, 1_000, 1_234_567, u32::MAX].map(|n| Word::Hold(Drive::from_count(n))));
    words
}

fn lines() -> Vec<String> {
    let arroyo = Arroyo::new(plate(&plan(Model::Combo6310)));
    words().into_iter().map(|word| String::from_utf8(arroyo.say(word, 1).bytes).unwrap()).collect()
}

/// The Computer Interfacing Manual writes these out.
#[test]
fn words_have_their_lines() {
    let arroyo = Arroyo::new(plate(&plan(Model::Source4320)));
    let cases = [
        (Word::Identity, "*IDN?"),
        (Word::Serial, "SN?"),
        (Word::Version, "VER?"),
        (Word::Mode, "LAS:MODE?"),
        (Word::Trips, "LAS:ENAB:OUTOFF?"),
        (Word::Delay, "ONDELAY?"),
        (Word::Limit, "LAS:LIM:LDI?"),
        (Word::Condition, "LAS:COND?"),
        (Word::Events, "LAS:EVE?"),
        (Word::Errors, "ERR?"),
        (Word::Current, "LAS:LDI?"),
        (Word::Held, "LAS:SET:LDI?"),
        (Word::Key, "KEY?"),
        (Word::Cooler, "TEC:OUT?"),
        (Word::CoolerCondition, "TEC:COND?"),
        (Word::Out(true), "LAS:OUT 1"),
        (Word::Out(false), "LAS:OUT 0"),
        (Word::Hold(Drive::from_count(6_000_000)), "LAS:LDI 6000.0"),
    ];
    for (word, line) in cases {
        assert_eq!(arroyo.say(word, 1).bytes, std::format!("{line}\r\n").into_bytes());
    }
}

/// Nothing but the output and the set point is written: no limit, no mode, no trip, no delay, no
/// calibration, no recall, no return to local.
#[test]
fn what_must_never_be_said_cannot_be_said() {
    for line in lines() {
        let command = line.trim_end_matches("\r\n");
        let asks = command.ends_with('?') && !command.contains(' ');
        let turns = ["LAS:OUT 0", "LAS:OUT 1"].contains(&command);
        let holds = command.strip_prefix("LAS:LDI ").is_some_and(|value| {
            value.chars().all(|letter| letter.is_ascii_digit() || letter == '.')
        });
        assert!(asks || turns || holds, "{command}");
        assert!(!command.contains([';', '\r', '\n']), "one command to a line");
        assert!(line.len() <= 128, "the unit keeps 128 characters");
    }
}

#[test]
fn only_one_word_turns_on() {
    let on: Vec<String> =
        lines().into_iter().filter(|line| line.starts_with("LAS:OUT 1")).collect();
    assert_eq!(on, ["LAS:OUT 1\r\n"]);
    let arroyo = Arroyo::new(plate(&plan(Model::Source4320)));
    for word in arroyo.introduction().iter().chain(arroyo.polls()).chain(arroyo.off()) {
        assert_ne!(*word, Word::Out(true));
    }
}

fn level(milliwatts: u32) -> LaserLevel {
    LaserLevel { power: Power::from_milliwatts(milliwatts), mix: ALONE, gate: Gate::Continuous }
}

#[test]
fn levels_that_the_unit_cannot_make_are_not_told() {
    let arroyo = Arroyo::new(plate(&plan(Model::Source4320)));
    assert_eq!(arroyo.exact(level(5_000)), Some(level(5_000)));
    assert_eq!(arroyo.exact(level(11_001)), None);
    assert_eq!(arroyo.exact(level(100)), None);
    let half = Permille::new(500).unwrap();
    let mixed = LaserLevel { mix: [half, half, Permille::ZERO, Permille::ZERO], ..level(5_000) };
    assert_eq!(arroyo.exact(mixed), None);
    let frequency = safety::Frequency::from_millihertz(10_000);
    let gated = LaserLevel { gate: Gate::Pulsed { frequency, duty: half }, ..level(5_000) };
    assert_eq!(arroyo.exact(gated), None);
}

/// What `safety` admits is what the unit holds, to the digit.
#[test]
fn what_is_admitted_is_exact() {
    let room = super::bench::room(Model::Source4320);
    let exact = room.world.dialect.exact(room.admitted().level());
    assert_eq!(exact, Some(room.admitted().level()));
}

#[test]
fn plates_that_no_unit_can_have_are_refused() {
    let refused = |spoil: &dyn Fn(&mut crate::arroyo::Plate)| {
        let mut plate = plate(&plan(Model::Source4320));
        spoil(&mut plate);
        dialect(plate).err()
    };
    assert_eq!(refused(&|_| {}), None);
    let text = PlateError::Text("serial");
    assert_eq!(refused(&|plate| plate.serial = String::new()), Some(text));
    assert_eq!(refused(&|plate| plate.serial = "4\r\n".into()), Some(text));
    assert_eq!(refused(&|plate| plate.firmware.clear()), Some(PlateError::Firmware));
    assert_eq!(refused(&|plate| plate.baud = 0), Some(PlateError::Baud));
    assert_eq!(refused(&|plate| plate.decimals = 0), Some(PlateError::Decimals(0)));
    assert_eq!(refused(&|plate| plate.decimals = 4), Some(PlateError::Decimals(4)));
    let coarse = |plate: &mut crate::arroyo::Plate| plate.scale = Scale::Amperes;
    assert_eq!(refused(&coarse), Some(PlateError::Step(1_000)));
    let limit = |plate: &mut crate::arroyo::Plate| plate.limit = Drive::from_count(11_999_999);
    assert_eq!(refused(&limit), Some(PlateError::Limit));
    let dark = |plate: &mut crate::arroyo::Plate| plate.dark = Drive::from_count(1_200_001);
    assert_eq!(refused(&dark), Some(PlateError::Dark));
    let off = |plate: &mut crate::arroyo::Plate| plate.off_below = Power::from_milliwatts(201);
    assert_eq!(refused(&off), Some(PlateError::OffBelow));
    assert_eq!(refused(&|plate| plate.lease = Nanos::ZERO), Some(PlateError::Time("lease")));
    let long = |plate: &mut crate::arroyo::Plate| plate.on_delay = Nanos::from_millis(30_001);
    assert_eq!(refused(&long), Some(PlateError::Time("on_delay")));
}
