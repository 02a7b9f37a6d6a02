//! Sessions with two models: `tests/transcripts/arroyo.v1.txt`, and the story that it was written from.

use std::{path::Path, string::String, vec::Vec};

use safety::{Laser, Order};
use simulated_units::{
    Button, Device,
    arroyo::{Arroyo as Unit, Fault, Model},
};

use super::bench::{OFF, ON, SET, desk, speaker, world};
use crate::test_bench::{
    transcript::{Form, replay, section, write, written},
    world::World,
};

const TRANSCRIPT: &str = include_str!("../../../../tests/transcripts/arroyo.v1.txt");
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/transcripts");
const UNITS: [(&str, Model); 2] = [("4320", Model::Source4320), ("newport", Model::Newport)];
const HEADING: &str = "\
# arroyo, as spoken with a 4320 and with a Newport 300-500B: open, prepare, an error in the queue, told
# again, warn, turn on, an answer that is lost, a stop and the proof of off, armed again, an interlock
# that opens for a moment, an answer to nothing, off, and what is asked of a unit at rest.
#
# <ns> opened | turn | sent | stop | bytes ...   what was told to the dialect, and when
# <ns> order off | prepare | warn | emit         5 W for 60 J at most
# > ...                                          the line that it handed over
# = <asked> fact                                 what it reported, and when that was asked
#
# The plate says 38400 bits per second, milliamperes with one decimal, 6 A for 5 W. Never edited.
";

#[test]
fn the_units_of_the_transcript() {
    for (name, model) in UNITS {
        assert!(400 < replay(TRANSCRIPT, Form::Text, name, speaker(model), desk()), "{name}");
        is_whole(&section(TRANSCRIPT, name).collect::<Vec<_>>());
    }
}

/// What would be written is replayed as it was told; `NEW_TRANSCRIPT` keeps it.
#[test]
fn a_new_transcript_is_the_story_of_today() {
    let units = UNITS.map(|(name, model)| {
        let lines = written(Form::Text, speaker(model), &story(model).trace);
        let whole = std::format!("unit {name}\n{lines}");
        replay(&whole, Form::Text, name, speaker(model), desk());
        is_whole(&lines.lines().collect::<Vec<_>>());
        (name, lines)
    });
    write(Path::new(FOLDER), "arroyo", HEADING, &units);
}

fn story(model: Model) -> World<Laser, Unit> {
    let (mut world, mut desk) = (world(model), desk());
    world.pass(260);
    world.order(desk.prepare(world.instant()));
    let then = world.now;
    world.pass_till(500, |world| !world.said_since(then, SET).is_empty());
    world.device.fault(Fault::Error(201));
    world.pass(400);
    world.order(desk.warn(world.instant()));
    world.pass(100);
    world.emit(&mut desk, 150);
    world.deaf = true;
    world.emit(&mut desk, 50);
    world.deaf = false;
    world.emit(&mut desk, 100);
    world.tell(crate::Event::Stop);
    world.order(Order::off());
    world.pass(300);
    world.order(desk.prepare(world.instant()));
    world.pass(300);
    world.order(desk.warn(world.instant()));
    world.pass(100);
    world.emit(&mut desk, 150);
    world.device.press(world.now, Button::Interlock, false);
    world.device.press(world.now, Button::Interlock, true);
    world.emit(&mut desk, 50);
    world.inject(b"noise\r\n");
    world.emit(&mut desk, 50);
    world.order(Order::off());
    world.tell(crate::Event::Stop);
    world.pass(600);
    world
}

/// It has an error, an answer that never came, an end of what was on, the proof of off, and then only
/// questions.
#[track_caller]
fn is_whole(lines: &[&str]) {
    let said = |bytes: &[u8]| std::format!("> {}", bytes.escape_ascii());
    let count = |wanted: &str| lines.iter().filter(|line| line.contains(wanted)).count();
    let lines_of = |wanted: String| lines.iter().filter(|line| ***line == *wanted).count();
    let heard: String =
        lines.iter().filter_map(|line| Some(line.split_once(" bytes ")?.1)).collect();
    assert!(heard.contains("\\n201\\r\\n") && heard.contains("noise"));
    assert_eq!((lines_of(said(ON)), count(" garbled")), (2, 2));
    assert_eq!(lines_of(said(SET)), 3, "told, refused, told again, and once for the second");
    let last = lines.iter().rposition(|line| line.ends_with(" stop")).unwrap();
    let rest = &lines[last..];
    let off = rest.iter().position(|line| line.contains("emission enabled false")).unwrap();
    let offs = rest[off..].iter().filter(|line| **line == said(OFF)).count();
    assert!(offs == 0 && rest[off..].iter().filter(|line| line.starts_with('>')).count() > 20);
}
