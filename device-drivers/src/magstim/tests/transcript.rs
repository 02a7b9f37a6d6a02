//! A session with a Rapid²: `tests/transcripts/magstim.v1.txt`, and the story that it was written from.

use std::{path::Path, vec::Vec};

use safety::{Order, Stimulator};
use simulated_units::{
    Button, Device,
    magstim::{Fault, Magstim as Unit},
};

use super::{models, rapid};
use crate::test_bench::{
    desk::Desk,
    magstim::{BYTE, speaker},
    transcript::{Form, replay, section, write, written},
    world::World,
};

const TRANSCRIPT: &str = include_str!("../../../../tests/transcripts/magstim.v1.txt");
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/transcripts");
const UNIT: &str = "rapid";
const HEADING: &str = "\
# magstim, as spoken with a Rapid² of version 9.0.0: open, prepare, warn, an arming that is refused
# because no coil is attached, off, prepare, warn, arm, an answer that is lost, one train, noise, a stop
# and the proof of off, and what is asked of a unit in standby.
#
# <ns> opened | turn | sent | stop | bytes ...   what was told to the dialect, and when
# <ns> order off | prepare | warn | emit         nine pulses at 10 Hz and 55 %, two seconds apart
# > ...                                          the frame that it handed over
# = <asked> fact                                 what it reported, and when that was asked
#
# The unlock code is \"1234-12345678-\" and 9c 31. Never edited.
";

#[test]
fn the_rapid_of_the_transcript() {
    let count = replay(TRANSCRIPT, Form::Codes, UNIT, speaker(rapid("9.0.0")), Desk::new());
    assert!(400 < count, "{count}");
    is_whole(&section(TRANSCRIPT, UNIT).collect::<Vec<_>>());
}

/// What would be written is replayed as it was told; `NEW_TRANSCRIPT` keeps it.
#[test]
fn a_new_transcript_is_the_story_of_today() {
    let lines = written(Form::Codes, speaker(rapid("9.0.0")), &story().trace);
    let whole = std::format!("unit {UNIT}\n{lines}");
    replay(&whole, Form::Codes, UNIT, speaker(rapid("9.0.0")), Desk::new());
    is_whole(&lines.lines().collect::<Vec<_>>());
    write(Path::new(FOLDER), "magstim", HEADING, &[(UNIT, lines)]);
}

fn story() -> World<Stimulator, Unit> {
    let (model, unit) = models().pop().unwrap();
    let mut world = World::new(speaker(model), Unit::new(unit), BYTE);
    let mut desk = Desk::new();
    world.pass(900);
    world.order(desk.prepare(world.instant()));
    world.pass(600);
    world.order(desk.warn(world.instant()));
    world.pass(100);
    world.device.press(world.now, Button::Applicator, false);
    world.emit(&mut desk, 50);
    world.device.press(world.now, Button::Applicator, true);
    world.order(Order::off());
    world.pass(400);
    world.order(desk.prepare(world.instant()));
    world.pass(600);
    world.order(desk.warn(world.instant()));
    world.pass(100);
    world.emit(&mut desk, 1_500);
    world.device.suffer(Fault::Mute, true);
    world.emit(&mut desk, 50);
    world.device.suffer(Fault::Mute, false);
    world.emit(&mut desk, 1_000);
    world.inject(&[0x45, 0x09]);
    world.emit(&mut desk, 50);
    world.tell(crate::Event::Stop);
    world.order(Order::off());
    world.pass(1_500);
    world
}

/// It has an arming that is refused and one that is not, one fire, an answer that never came, the proof
/// of off, and then only questions and the off that is said to a unit at rest.
#[track_caller]
fn is_whole(lines: &[&str]) {
    let said = |frame: &str| lines.iter().filter(|line| **line == frame).count();
    assert_eq!((said("> 45 42 78"), said("> 45 48 72")), (2, 1));
    let answers: std::string::String =
        lines.iter().filter_map(|line| Some(line.split_once(" bytes ")?.1)).collect();
    assert!(answers.contains("455367"), "E, S: not in this state");
    let garbled = lines.iter().filter(|line| line.ends_with(" garbled")).count();
    assert!((2..=3).contains(&garbled), "{garbled}");
    let last = lines.iter().rposition(|line| line.ends_with(" stop")).unwrap();
    let off =
        lines[last..].iter().position(|line| line.contains("emission enabled false")).unwrap();
    let rest = &lines[last + off..];
    assert!(!rest.iter().any(|line| ["> 45 42 78", "> 45 48 72"].contains(line)));
    assert!(rest.iter().filter(|line| **line == "> 78 40 47").count() > 4);
}
