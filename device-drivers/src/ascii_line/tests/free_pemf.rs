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
    assert!(!plate.is_startable());
    plate.relay = true;
    assert!(plate.is_startable());
}

#[test]
fn its_own_words_are_passed_over() {
    let (mut world, mut desk) = (world(), Desk::new());
    warned(&mut world, &mut desk);
    emit(&mut world, &mut desk, 450);
    assert_ne!(world.device.output_now(), 0);
    world.device.say(world.now, ":LowBattery");
    emit(&mut world, &mut desk, 1_000);
    let ran = world.facts_since(0, |fact| matches!(fact, Fact::Ran(_)).then_some(()));
    assert_eq!(ran.len(), 1, "the answer of its run was heard behind them");
    assert_eq!(world.garbled_since(0), 0);
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
