//! Registers against a simulated unit that was written from the public register list alone.

use std::{boxed::Box, vec::Vec};

use proptest::prelude::*;
use safety::{Beam, Cause, Fact, Identity, Input, Pemf, State};
use simulated_units::{
    Device,
    riden::{Riden, RidenFault, RidenModel},
};

use crate::{
    Company, Rank,
    exchange::tests::{
        room::{Room, Treatment},
        told::replay,
        world::MS,
    },
    modbus_rtu::dialect,
    profile::{Plate, examples::*},
};

const BYTE: u64 = 86_806;
/// Register 18 to one, with the checksum that the specification's own example routine gives.
const ON: [u8; 8] = [1, 6, 0, 18, 0, 1, 0xE8, 0x0F];
const OFF: [u8; 8] = [1, 6, 0, 18, 0, 0, 0x29, 0xCF];
const TRANSCRIPT: &str = include_str!("../../../tests/transcripts/modbus-rtu.v1.txt");

fn room_of(plate: Plate<Pemf>, model: RidenModel) -> Room<Pemf, Riden> {
    let mut treatment = Treatment::pemf();
    treatment.terms.rise = safety::Nanos::from_secs(1);
    treatment.terms.lease = safety::Nanos::from_millis(500);
    Room::new(dialect(plate).unwrap(), Riden::new(model, 4711), BYTE, treatment)
}

fn room() -> Room<Pemf, Riden> {
    room_of(riden_plate("rd6006"), RidenModel::Rd6006)
}

fn causes(room: &Room<Pemf, Riden>) -> Vec<Cause> {
    room.supervisor.causes().iter().map(|latched| latched.cause).collect()
}

/// What it emits, if a fact says so.
fn emission(fact: &Fact<Pemf>) -> Option<safety::Emission<safety::Flux>> {
    if let Fact::Emission(emission) = fact { Some(*emission) } else { None }
}

#[test]
fn a_session_gives_what_was_prescribed_and_charges_no_less() {
    for (variant, model) in [("rd6006", RidenModel::Rd6006), ("rd6012", RidenModel::Rd6012)] {
        let mut room = room_of(riden_plate(variant), model);
        room.emit();
        assert!(room.reaches(120_000, State::Standby), "{}", room.state());
        let ended = room.supervisor.ended().expect("over");
        let given = room.world.device.meter();
        let charged = u128::from(ended.charged.quantity.femtotesla_seconds());
        assert!(given <= charged, "{given} given, {charged} charged");
        assert!(charged * 90 <= given * 100, "{given} given, {charged} charged");
        assert!(matches!(room.supervisor.beam(), Beam::OffProven(_)));
        assert_eq!((room.world.device.turned_on(), room.world.collisions), (1, 0));
        assert_eq!(room.world.garbled_since(0), 0);
        assert_eq!(room.world.said_since(0, &ON).len(), 1);
    }
}

/// The same number is ten times the current in the other model: who it is decides its scale.
#[test]
fn another_model_is_not_spoken_with() {
    let mut room = room_of(riden_plate("rd6006"), RidenModel::Rd6012);
    room.pass(3_000);
    let differs =
        |fact: &Fact<Pemf>| matches!(fact, Fact::Identity(Identity::Differs)).then_some(());
    assert!(!room.world.facts_since(0, differs).is_empty());
    assert!(causes(&room).contains(&Cause::Identity), "{}", room.state());
    assert_eq!(room.world.device.turned_on(), 0);
}

#[test]
fn a_lost_answer_to_fire_is_never_followed_by_another() {
    for fault in [RidenFault::SwallowsOn, RidenFault::Refuses, RidenFault::Mute] {
        let mut room = room();
        room.warn();
        room.world.device.fail(Some(fault));
        room.pass(6_000);
        assert!(room.world.said_since(0, &ON).len() <= 1, "{fault:?}");
        room.world.device.fail(None);
        room.finish();
    }
}

#[test]
fn answers_that_are_late_corrupt_or_of_another_unit_are_not_believed() {
    let faults =
        [RidenFault::Late(200), RidenFault::Checksum, RidenFault::Foreign, RidenFault::Mute];
    for fault in faults {
        let mut room = room();
        room.emit();
        room.pass(300);
        let since = room.world.now;
        room.world.device.fail(Some(fault));
        room.pass(3_000);
        assert!(room.world.garbled_since(since) > 0, "{fault:?}");
        let facts = room.world.facts_since(since + 100 * MS, emission);
        assert_eq!(facts, Vec::new(), "{fault:?}");
        room.world.device.fail(None);
        room.finish();
    }
}

#[test]
fn a_tripped_protection_and_an_output_that_stays_on_lock_the_unit() {
    let mut room = room();
    room.emit();
    room.world.device.fail(Some(RidenFault::Tripped));
    room.pass(1_500);
    room.is(State::Locked);
    let mut room = self::room();
    room.emit();
    room.pass(500);
    room.world.device.fail(Some(RidenFault::StuckOn));
    room.must(Input::Stop);
    room.pass(3_000);
    room.is(State::Locked);
    assert!(room.world.said_since(0, &OFF).len() > 5, "off is repeated");
}

/// The stop path on shared wires: the answer in flight, the gap and 2 ms.
#[test]
fn a_stop_is_said_at_once_and_proven_within_its_budget() {
    for after in 0..40 {
        let mut room = room();
        room.emit();
        room.pass(200);
        room.world.pass_until(room.world.now + after * 1_730_000);
        let budget = room.world.dialect.budget();
        let stopped = room.world.stop();
        assert!(stopped.first <= budget.turn.get(), "{stopped:?} {budget:?}");
        assert!(stopped.proven.unwrap() <= budget.confirm.get(), "{stopped:?} {budget:?}");
        assert_eq!((room.world.device.output_now(), room.world.collisions), (0, 0));
    }
}

/// PEM-08: company makes a unit slower to stop, to prove and to watch, by what it says.
#[test]
fn company_is_part_of_the_budget() {
    let alone = dialect(riden_plate("rd6006")).unwrap();
    let share = alone.share().expect("answers that name their unit");
    let (own, word) = (alone.budget(), share.word);
    // Eight bytes and eight of an echo, 50 ms of thought, 20 ms of ours, and the silence.
    assert!((72..75).contains(&word.millis()), "{word:?}");
    let mut shared = dialect(riden_plate("rd6006")).unwrap();
    let others = [share; 3];
    let company = Company::of(others.into_iter());
    shared.join(company);
    let budget = shared.budget();
    assert_eq!(budget.turn.minus(own.turn).millis(), share.stop.times(3).millis());
    // Two questions prove off, and each waits for three others.
    assert_eq!(budget.confirm.minus(own.confirm), word.times(6));
    // Four questions, three that introduce it and a setting each wait for three others.
    assert_eq!(share.pace(&company), share.round.plus(word.times(24)));
    // A deviation needs two rounds of the four questions.
    assert!((word.times(30)..=word.times(32)).contains(&budget.detect), "{:?}", budget.detect);
    assert!(own.detect < budget.detect && own.lease == budget.lease);
    assert!(share.bytes < share.round && share.stop <= word);
}

/// Two questions in a row never have answers of one shape.
#[test]
fn the_shape_of_questions_goes_up_and_down() {
    let mut room = room();
    room.pass(2_000);
    let reads = room.world.said.iter().filter(|(_, frame)| frame.rank == Rank::Ask);
    let counts: Vec<_> = reads.map(|(_, frame)| (frame.bytes[3], frame.bytes[5])).collect();
    assert!(counts.len() > 20);
    let alike = counts.windows(2).filter(|pair| pair[0].1 == pair[1].1 && pair[0].0 != pair[1].0);
    // One register and a spare one is as long as two without.
    assert!(alike.count() <= 8, "{counts:?}");
}

#[test]
fn pieces_of_any_size_give_the_same_reports() {
    let mut room = room();
    room.emit();
    room.pass(500);
    room.must(Input::Stop);
    room.pass(500);
    let dialect = || dialect(riden_plate("rd6006")).unwrap();
    let whole = replay(dialect(), &room.world.trace, usize::MAX);
    for piece in [1, 2, 5] {
        assert_eq!(replay(dialect(), &room.world.trace, piece), whole, "in pieces of {piece}");
    }
}

/// Registers that are forbidden have no word, and every write is one of four.
#[test]
fn nothing_but_what_the_profile_has_is_ever_written() {
    let mut room = room();
    room.emit();
    room.pass(1_000);
    room.finish();
    for (_, frame) in &room.world.said {
        let writes = frame.bytes[1] != 3;
        let known = [(18, [0, 0]), (18, [0, 1]), (9, [0x07, 0xD0])];
        let said = (frame.bytes[3], [frame.bytes[4], frame.bytes[5]]);
        assert!(!writes || known.contains(&said), "{:?}", frame.bytes);
        assert_eq!(frame.rank == Rank::Stop, frame.bytes == OFF);
    }
}

#[test]
fn the_transcript() {
    let mut room = room();
    room.emit();
    room.pass(300);
    room.must(Input::Stop);
    room.pass(300);
    let dialect = dialect(riden_plate("rd6006")).unwrap();
    let found = crate::ascii_line::tests::transcript::written(dialect, &room.world.trace);
    let golden = TRANSCRIPT.split_once("\nunit pemf\n").map_or("", |(_, golden)| golden);
    crate::ascii_line::tests::transcript::same("modbus-rtu", golden, &found);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// COM-06: noise is survived, and turns nothing on.
    #[test]
    fn noise_neither_stops_us_nor_turns_on(
        noise in prop::collection::vec((0_u64..40, prop::collection::vec(any::<u8>(), 1..24)), 1..30),
    ) {
        let mut room = room();
        for (wait, bytes) in noise {
            room.pass(wait);
            room.world.inject(&bytes);
        }
        room.pass(100);
        prop_assert_eq!(room.world.device.turned_on(), 0);
        prop_assert!(room.world.said_since(0, &ON).is_empty());
    }
}

/// A bad cable: any byte of an answer may change.
#[test]
fn a_flipped_bit_is_never_a_fact() {
    for place in 0..5 {
        let mut room = room();
        room.pass(1_000);
        let since = room.world.now;
        room.world.spoil = Some(Box::new(move |_, mut bytes| {
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 0x10;
            }
            bytes
        }));
        room.pass(1_000);
        assert!(room.world.garbled_since(since) > 0);
        let facts = room.world.facts_since(since + 50 * MS, emission);
        assert_eq!(facts, Vec::new(), "byte {place}");
    }
}
