//! Answers that are none: each is counted or locks the unit, and none is believed.

use std::{boxed::Box, string::String, vec::Vec};

use safety::{Laser, Power, State};
use simulated_units::{
    Device,
    arroyo::{Fault, Model},
};

use super::bench::{ON, desk, plan, plate, room};
use crate::{
    arroyo::{Arroyo, fault, word::Word},
    exchange::{Contact, Heard, Hearing, Sense, Tongue},
};

fn hear(word: Word, line: &str) -> (Hearing, Vec<Sense<Laser>>) {
    let arroyo = Arroyo::new(plate(&plan(Model::Source4320)));
    let mut senses = Vec::new();
    let heard =
        Heard { asked: Some((word, 1)), bytes: line.as_bytes(), spoiled: false, wanted: None };
    (arroyo.hear(heard, &mut senses), senses)
}

#[test]
fn what_has_not_the_shape_of_an_answer_is_bad() {
    let wrong = [
        (Word::Condition, "16.0\r\n"),
        (Word::Condition, "-1\r\n"),
        (Word::Condition, "65536\r\n"),
        (Word::Condition, "0,0\r\n"),
        (Word::Condition, "\r\n"),
        (Word::Condition, "0\n0\r\n"),
        (Word::Events, "NaN\r\n"),
        (Word::Current, "1024\r\n"),
        (Word::Current, "-0.1\r\n"),
        (Word::Current, "inf\r\n"),
        (Word::Current, "1.5e3\r\n"),
        (Word::Current, "99999999.0\r\n"),
        (Word::Held, "6000\r\n"),
        (Word::Held, "6000.0001\r\n"),
        (Word::Errors, "0,501\r\n"),
        (Word::Errors, "501,\r\n"),
        (Word::Errors, "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1\r\n"),
        (Word::Errors, "12.0\r\n"),
        (Word::Key, "2\r\n"),
        (Word::Mode, "0\r\n"),
        (Word::Trips, "ILBW\r\n"),
        (Word::Serial, "43\u{7f}234\r\n"),
    ];
    for (word, line) in wrong {
        assert_eq!(hear(word, line), (Hearing::Bad(line.len()), Vec::new()), "{word:?} {line:?}");
    }
    let long: String = "1".repeat(200);
    assert_eq!(hear(Word::Current, &long), (Hearing::Bad(200), Vec::new()));
    assert_eq!(hear(Word::Current, "12.5\r"), (Hearing::More, Vec::new()));
}

#[test]
fn answers_mean_what_the_manual_says() {
    let told = |word, line| hear(word, line).1;
    let closed = Sense::Contact(Contact::Interlock, true);
    let open = Sense::Contact(Contact::Interlock, false);
    let none = Sense::Faults(0, 0);
    assert_eq!(told(Word::Condition, "1024\r\n"), [Sense::Enabled(true), closed, none]);
    assert_eq!(told(Word::Condition, "16\r\n"), [Sense::Enabled(false), open, none]);
    let unknown = Sense::Faults(0, fault::UNKNOWN | fault::SHORT_CIRCUIT);
    assert_eq!(told(Word::Condition, "4352\r\n"), [Sense::Enabled(false), closed, unknown]);
    assert_eq!(told(Word::Events, "2064\r\n"), [open, Sense::Faults(1, 0)]);
    assert_eq!(told(Word::Errors, "0\r\n"), [Sense::Faults(2, 0)]);
    let both = Sense::Faults(2, fault::VOLTAGE_LIMIT | fault::THERMAL);
    assert_eq!(told(Word::Errors, "505,537,201\r\n"), [Sense::Refused, both]);
    assert_eq!(told(Word::Errors, "501\r\n"), [open, Sense::Faults(2, 0)]);
    assert_eq!(told(Word::Trips, "40350\r\n"), [Sense::Plated(true), none]);
    let bypassed = Sense::Faults(0, fault::BYPASSED);
    assert_eq!(told(Word::Trips, "40334\r\n"), [Sense::Plated(true), bypassed]);
    assert_eq!(told(Word::Current, "999.9\r\n"), [Sense::Output(Power::ZERO)]);
    let charged = Power::from_milliwatts(5_250);
    assert_eq!(told(Word::Current, "6000.0\r\n"), [Sense::Output(charged)]);
    let limit = [Sense::Plated(false), Sense::Held(1, false)];
    assert_eq!(told(Word::Limit, "15.000\r\n"), limit);
}

#[test]
fn an_answer_that_is_late_is_counted_and_not_believed() {
    let mut room = room(Model::Source4320);
    room.emit();
    room.pass(1_000);
    let then = room.world.now;
    room.world.device.fault(Fault::Late(70));
    room.pass(500);
    assert!(room.world.garbled_since(then) >= 1);
    room.is(State::Locked);
    let believed = room.world.facts_since(then + 60_000_000, |fact| {
        matches!(fact, safety::Fact::Emission(emission) if emission.enabled).then_some(())
    });
    assert!(believed.is_empty(), "a late answer was taken for one in time");
    room.world.device.heal();
    room.finish();
}

/// A copy has the wrong shape for the next question, or differs from the plate. Whatever becomes of
/// it, a unit that is on is never believed to be off.
#[test]
fn what_is_said_twice_is_counted_and_the_copy_is_not_believed() {
    for millis in 0..30 {
        let mut room = room(Model::Source4320);
        room.emit();
        room.pass(1_000 + millis * 5);
        let then = room.world.now;
        room.world.device.fault(Fault::Twice);
        room.pass(300);
        assert!(room.world.garbled_since(then) > 0);
        let on = room.world.device.is_on();
        let off = room.world.facts_since(then, |fact| {
            matches!(fact, safety::Fact::Emission(emission) if !emission.enabled).then_some(())
        });
        assert!(!on || off.is_empty(), "on, and believed to be off");
        room.pass(3_000);
        room.is(State::Locked);
        room.world.device.heal();
        room.finish();
    }
}

/// Answers that change places have the wrong shape for their questions.
#[test]
fn answers_that_change_places_never_turn_it_on() {
    let (mut world, mut desk) = (super::bench::world(Model::Source4320), desk());
    world.pass(400);
    let mut kept: Option<Vec<u8>> = None;
    world.spoil = Some(Box::new(move |_, bytes| kept.replace(bytes).unwrap_or_default()));
    let then = world.now;
    world.order(desk.prepare(world.instant()));
    world.pass(1_000);
    world.order(desk.warn(world.instant()));
    world.pass(1_000);
    for _ in 0..20 {
        world.order(desk.emit(world.instant()));
        world.pass(50);
    }
    assert!(world.garbled_since(then) > 3);
    assert_eq!(world.said_since(0, ON).len(), 0);
}

#[test]
fn a_line_that_flips_bits_ends_in_off_that_is_proven() {
    for (share, seed) in [(30, 1), (100, 2), (400, 3), (1_000, 4)] {
        let mut room = super::bench::room_of(plan(Model::Source4320), |_| {});
        room.emit();
        room.pass(500 + seed * 37);
        room.world.device.fault(Fault::Corrupt(share));
        room.pass(15_000);
        room.world.device.heal();
        room.finish();
        let ended = room.supervisor.ended().expect("over");
        let charged = u128::from(ended.charged.quantity.picojoules());
        assert!(room.world.device.meter() <= charged, "share {share}");
        assert_eq!(room.world.said_since(0, ON).len(), 1);
    }
}
