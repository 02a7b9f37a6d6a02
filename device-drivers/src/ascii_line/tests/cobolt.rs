//! A laser that is told watts.

use std::{borrow::ToOwned, boxed::Box, vec::Vec};

use proptest::prelude::*;
use safety::{Beam, Cause, Fact, Identity, Laser, Power, State};
use simulated_units::{
    Button, Device,
    cobolt::{Cobolt, CoboltFault},
};

use crate::{
    Rank,
    ascii_line::dialect,
    exchange::tests::{
        room::Room,
        told::replay,
        world::{MS, World},
    },
    profile::{First, ReadBack, Source, examples::*},
};

const BYTE: u64 = 86_806;

fn room() -> Room<Laser, Cobolt> {
    let dialect = dialect(cobolt_plate()).unwrap();
    Room::new(dialect, Cobolt::new("C-1234"), BYTE, cobolt_treatment())
}

fn causes(room: &Room<Laser, Cobolt>) -> Vec<Cause> {
    room.supervisor.causes().iter().map(|latched| latched.cause).collect()
}

/// What it emits, if a fact says so.
fn emission(fact: &Fact<Laser>) -> Option<safety::Emission<Power>> {
    if let Fact::Emission(emission) = fact { Some(*emission) } else { None }
}

#[test]
fn a_session_gives_what_was_prescribed_and_charges_no_less() {
    let mut room = room();
    room.emit();
    assert!(room.reaches(60_000, State::Standby), "{}", room.state());
    let ended = room.supervisor.ended().expect("over");
    let given = room.world.device.meter();
    let charged = u128::from(ended.charged.quantity.picojoules());
    assert!(given <= charged, "{given} given, {charged} charged");
    assert!(charged * 80 <= given * 100, "{given} given, {charged} charged");
    assert!(matches!(room.supervisor.beam(), Beam::OffProven(_)));
    assert_eq!((room.world.device.turned_on(), room.world.garbled_since(0)), (1, 0));
    assert_eq!(room.world.said_since(0, b"l1\r").len(), 1);
    assert_eq!(room.world.said_since(0, b"p 5.0000\r").len(), 1);
}

/// COM-05: what turns on and is not answered is not said again, and ends off.
#[test]
fn a_lost_answer_to_fire_is_never_followed_by_another() {
    for fault in [CoboltFault::SwallowsOn, CoboltFault::RefusesOn] {
        let mut room = room();
        room.warn();
        room.world.device.fail(Some(fault));
        room.pass(6_000);
        assert_eq!(room.world.said_since(0, b"l1\r").len(), 1, "{fault:?}");
        room.world.device.fail(None);
        room.finish();
    }
}

#[test]
fn another_unit_is_not_spoken_with() {
    let mut room = Room::new(
        dialect(cobolt_plate()).unwrap(),
        Cobolt::new("C-9999"),
        BYTE,
        cobolt_treatment(),
    );
    room.pass(3_000);
    let differs =
        |fact: &Fact<Laser>| matches!(fact, Fact::Identity(Identity::Differs)).then_some(());
    assert!(!room.world.facts_since(0, differs).is_empty());
    assert!(causes(&room).contains(&Cause::Identity), "{}", room.state());
}

/// A unit that is looked at and not started, whoever signs, is asked, and told nothing but off. What
/// somebody may sign for is no business of a dialect.
#[test]
fn what_nobody_reads_back_is_told_nothing_but_off() {
    for (read_back, is_told) in [(ReadBack::None, false), (ReadBack::Measured, true)] {
        let mut plate = cobolt_plate();
        plate.profile.polls[1].command.source = Source::Unknown;
        (plate.profile.read_back, plate.relay) = (read_back, false);
        let mut room =
            Room::new(dialect(plate).unwrap(), Cobolt::new("C-1234"), BYTE, cobolt_treatment());
        assert!(room.reaches(30_000, State::Standby), "{}", room.state());
        room.arm();
        room.pass(3_000);
        let has = |rank| room.world.said.iter().any(|(_, frame)| frame.rank == rank);
        assert!(has(Rank::Ask));
        assert_eq!(has(Rank::Order), is_told, "{read_back:?}");
    }
}

/// A tenth of the power is another power: the decimal point of a wrong unit is seen before it emits.
#[test]
fn a_setting_that_is_not_held_never_emits() {
    let mut room = room();
    room.world.device.fail(Some(CoboltFault::TakesTenth));
    assert!(room.reaches(30_000, State::Standby));
    room.arm();
    room.pass(3_000);
    let fence = room.fence();
    let _ = room
        .supervisor
        .step(room.world.instant(), safety::Input::Command(safety::Command::Start, fence));
    room.pass(6_000);
    assert_eq!(room.world.device.turned_on(), 0);
}

#[test]
fn an_open_interlock_and_a_fault_of_its_own_end_emission() {
    let mut room = room();
    room.emit();
    room.pass(500);
    room.press(Button::Interlock, false);
    room.pass(1_000);
    room.is(State::Locked);
    let mut room = self::room();
    room.emit();
    room.world.device.fail(Some(CoboltFault::Broken(1)));
    room.pass(1_000);
    room.is(State::Locked);
    assert_eq!(room.world.device.output_now(), 0);
}

#[test]
fn a_unit_that_stays_on_is_locked_as_unconfirmed() {
    let mut room = room();
    room.emit();
    room.pass(500);
    room.world.device.fail(Some(CoboltFault::IgnoresOff));
    room.must(safety::Input::Stop);
    room.pass(2_000);
    room.is(State::Locked);
    let offs = room.world.said_since(0, b"l0\r");
    assert!(offs.len() > 5, "off is repeated: {offs:?} {}", room.state());
    assert_ne!(room.world.device.output_now(), 0);
    room.world.device.fail(None);
    room.pass(2_000);
    assert_eq!(room.world.device.output_now(), 0);
}

/// COM-03: late, doubled and corrupt answers are counted and not believed.
#[test]
fn answers_that_are_late_or_doubled_are_not_believed() {
    for fault in [CoboltFault::Late(70), CoboltFault::Twice, CoboltFault::Mute] {
        let mut room = room();
        room.emit();
        room.pass(300);
        let since = room.world.now;
        room.world.device.fail(Some(fault));
        room.pass(3_000);
        assert!(room.world.garbled_since(since) > 0, "{fault:?}");
        assert_eq!(room.world.device.turned_on(), 1);
        room.world.device.fail(None);
        room.finish();
    }
}

/// An answer of another form than the question's is no answer, whatever it says.
#[test]
fn answers_that_cannot_be_are_counted_and_dropped() {
    for bad in ["x\r\n", "2e3\r\n", "-\r\n", "1 1\r\n", "1.1.1\r\n", "\u{fffd}\r\n", "\r\n"] {
        let mut room = room();
        assert!(room.reaches(30_000, State::Standby));
        let since = room.world.now;
        let bytes = bad.as_bytes().to_vec();
        room.world.spoil = Some(Box::new(move |_, _| bytes.clone()));
        room.pass(200);
        assert!(room.world.garbled_since(since) > 0, "{bad:?}");
        let facts = room.world.facts_since(since, emission);
        assert_eq!(facts, Vec::new(), "{bad:?}");
    }
}

/// The stop path: the first byte within frame in flight, gap and 2 ms; off proven within budget.
#[test]
fn a_stop_is_said_at_once_and_proven_within_its_budget() {
    for after in 0..60 {
        let mut room = room();
        room.emit();
        room.pass(200);
        room.world.pass_until(room.world.now + after * 1_370_000);
        let budget = room.world.dialect.budget();
        let stopped = room.world.stop();
        let gap = cobolt_plate().profile.link.gap.get();
        assert!(stopped.first <= stopped.in_flight + gap + 2 * MS, "{stopped:?}");
        assert!(stopped.proven.unwrap() <= budget.confirm.get(), "{stopped:?} {budget:?}");
        assert_eq!(room.world.device.output_now(), 0);
    }
}

/// Bytes mean the same in whatever pieces they come.
#[test]
fn pieces_of_any_size_give_the_same_reports() {
    let mut room = room();
    room.emit();
    room.pass(1_000);
    room.must(safety::Input::Stop);
    room.pass(1_000);
    let whole = replay(dialect(cobolt_plate()).unwrap(), &room.world.trace, usize::MAX);
    for piece in [1, 2, 3, 5] {
        let pieces = replay(dialect(cobolt_plate()).unwrap(), &room.world.trace, piece);
        assert_eq!(pieces, whole, "in pieces of {piece}");
    }
}

/// What is forbidden has no words, and neither has a power that the unit does not have.
#[test]
fn nothing_forbidden_is_ever_said() {
    let mut plate = cobolt_plate();
    plate.profile.forbidden.push(crate::profile::Forbidden::Line("p 5".to_owned()));
    assert!(plate.validate().is_err(), "a number may complete it");
    let mut room = room();
    room.emit();
    room.pass(1_000);
    room.finish();
    for (_, frame) in &room.world.said {
        let said = std::str::from_utf8(&frame.bytes).unwrap();
        let known = ["l0\r", "l1\r", "l?\r", "p?\r", "pa?\r", "ilk?\r", "f?\r", "sn?\r"];
        assert!(known.contains(&said) || said == "p 5.0000\r", "{said:?}");
        assert_eq!(frame.rank == Rank::Stop, said == "l0\r");
    }
}

/// A unit that answers a set with nothing is told by its read-back alone.
#[test]
fn a_unit_that_answers_nothing_to_a_set_is_read_back() {
    let mut plate = cobolt_plate();
    plate.profile.tell[0].reply.first = First::None;
    let mut world = World::new(dialect(plate).unwrap(), Cobolt::new("C-1234"), BYTE);
    world.pass(500);
    assert_eq!(world.garbled_since(0), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// COM-06: noise is survived, and turns nothing on.
    #[test]
    fn noise_neither_stops_us_nor_turns_on(
        noise in prop::collection::vec((0_u64..40, prop::collection::vec(any::<u8>(), 1..24)), 1..30),
    ) {
        let mut world = World::new(dialect(cobolt_plate()).unwrap(), Cobolt::new("C-1234"), BYTE);
        for (wait, bytes) in noise {
            world.pass(wait);
            world.inject(&bytes);
        }
        world.pass(100);
        prop_assert_eq!(world.device.turned_on(), 0);
        prop_assert!(world.said_since(0, b"l1\r").is_empty());
    }
}
