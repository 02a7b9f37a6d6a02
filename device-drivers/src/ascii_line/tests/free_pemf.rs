//! A unit that repeats every character and runs to the end of a run whatever it is told.

use std::vec::Vec;

use safety::{Fact, Pemf};
use simulated_units::{Device, free_pemf::FreePemf};

use crate::{
    ascii_line::dialect,
    exchange::tests::{
        desk::Desk,
        told::replay,
        world::{MS, World},
    },
    profile::examples::*,
};

const BYTE: u64 = 1_041_667;
const RUN: &[u8] = b"freq 1000 1";

pub(super) fn world() -> World<Pemf, FreePemf> {
    World::new(dialect(free_pemf_plate()).unwrap(), FreePemf::default(), BYTE)
}

pub(super) fn warned(world: &mut World<Pemf, FreePemf>, desk: &mut Desk<Pemf>) {
    world.pass(1_000);
    world.order(desk.prepare(world.instant()));
    world.pass(500);
    world.order(desk.warn(world.instant()));
    world.pass(200);
}

pub(super) fn emit(world: &mut World<Pemf, FreePemf>, desk: &mut Desk<Pemf>, millis: u64) {
    for _ in 0..millis.div_ceil(50) {
        world.order(desk.emit(world.instant()));
        world.pass(50);
    }
}

#[test]
fn a_run_follows_only_the_answer_of_the_one_before() {
    let (mut world, mut desk) = (world(), Desk::new());
    warned(&mut world, &mut desk);
    assert_eq!(world.device.runs().len(), 0, "nothing emits in a warning");
    emit(&mut world, &mut desk, 4_500);
    assert!((3..=5).contains(&world.device.runs().len()), "{:?}", world.device.runs());
    assert!(world.device.runs().iter().all(|seconds| *seconds == 1));
    assert_eq!(world.garbled_since(0), 0);
    let runs = world.device.runs().len();
    let stopped = world.stop();
    assert!(stopped.proven.unwrap() <= world.dialect.budget().confirm.get(), "{stopped:?}");
    world.pass(3_000);
    assert_eq!(world.device.runs().len(), runs, "no run follows a stop");
    assert_eq!(world.device.output_now(), 0);
}

#[test]
fn a_run_whose_answer_is_lost_is_the_last() {
    let (mut world, mut desk) = (world(), Desk::new());
    warned(&mut world, &mut desk);
    emit(&mut world, &mut desk, 1_500);
    assert_eq!(world.device.runs().len(), 2);
    world.device.swallow();
    emit(&mut world, &mut desk, 5_000);
    assert_eq!(world.device.runs().len(), 2);
}

/// A stop voids the grant whose runs follow each other, even if the order still stands.
#[test]
fn no_run_follows_a_stop_under_the_same_grant() {
    let mut plate = free_pemf_plate();
    let Some(chunk) = &mut plate.profile.chunk else { panic!() };
    chunk.command.quiet = safety::Nanos::from_millis(1_400);
    for millis in [500, 1_250, 1_700] {
        let dialect = dialect(plate.clone()).unwrap();
        let mut world = World::new(dialect, FreePemf::default(), BYTE);
        let mut desk = Desk::new();
        warned(&mut world, &mut desk);
        emit(&mut world, &mut desk, millis);
        world.tell(crate::Event::Stop);
        let runs = world.device.runs().len();
        assert!((1..=2).contains(&runs), "{runs}");
        emit(&mut world, &mut desk, 5_000);
        assert_eq!(world.device.runs().len(), runs, "after {millis} ms");
    }
}

/// The end of the line goes out only once the rest was seen to have arrived as it was sent.
#[test]
fn a_run_that_arrived_as_another_is_not_started() {
    let (mut world, mut desk) = (world(), Desk::new());
    warned(&mut world, &mut desk);
    world.device.garble(b'1', b'9');
    let since = world.now;
    world.order(desk.emit(world.instant()));
    world.pass(40);
    assert_eq!(world.said_since(since, RUN).len(), 1);
    assert_eq!(world.said_since(since, b"\n"), Vec::<u64>::new(), "its end was not sent");
    assert_eq!(world.said_since(since, b"out 0\n").len(), 1, "off takes it back at once");
    world.pass(3_000);
    // This unit has nothing that throws a line away: the end of off ends it, and it runs as it
    // arrived. That is why it is not started without a relay.
    assert!(world.device.runs().len() <= 1);
    let mut plate = free_pemf_plate();
    plate.relay = false;
    assert!(plate.reasons().contains(&crate::profile::Reason::Uncancelled));
}

#[test]
fn its_own_words_are_passed_over() {
    let (mut world, mut desk) = (world(), Desk::new());
    warned(&mut world, &mut desk);
    for _ in 0..10 {
        emit(&mut world, &mut desk, 450);
        if world.device.output_now() != 0 {
            world.device.say(world.now, ":LowBattery");
        }
    }
    assert!(world.device.runs().len() >= 3, "{:?}", world.device.runs());
}

#[test]
fn off_is_proven_by_an_answer_of_after_it_alone() {
    let (mut world, mut desk) = (world(), Desk::new());
    warned(&mut world, &mut desk);
    emit(&mut world, &mut desk, 300);
    let since = world.now;
    let stopped = world.stop();
    assert!(stopped.proven.unwrap() > 500 * MS, "the run went on: {stopped:?}");
    let off = |fact: &Fact<Pemf>| {
        matches!(fact, Fact::Emission(emission) if !emission.enabled).then_some(())
    };
    assert_eq!(world.facts_since(since, off).len(), 1);
    assert_eq!(world.device.output_now(), 0);
}

/// A stop is said ahead of everything, even while an answer is waited for.
#[test]
fn a_stop_is_said_at_once() {
    for after in 0..40 {
        let (mut world, mut desk) = (world(), Desk::new());
        warned(&mut world, &mut desk);
        emit(&mut world, &mut desk, 100);
        world.pass_until(world.now + after * 31 * MS);
        let stopped = world.stop();
        assert!(stopped.first <= stopped.in_flight + 3 * MS, "{stopped:?}");
    }
}

#[test]
fn pieces_of_any_size_give_the_same_reports() {
    let (mut world, mut desk) = (world(), Desk::new());
    warned(&mut world, &mut desk);
    emit(&mut world, &mut desk, 2_500);
    let _ = world.stop();
    let whole = replay(dialect(free_pemf_plate()).unwrap(), &world.trace, usize::MAX);
    for piece in [1, 2, 7] {
        let pieces = replay(dialect(free_pemf_plate()).unwrap(), &world.trace, piece);
        assert_eq!(pieces, whole, "in pieces of {piece}");
    }
}
