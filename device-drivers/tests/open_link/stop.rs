//! Off: at once whatever is outstanding, and until it is proven (COM-04, COM-10, LAS-12, PEM-08).

use device_drivers::Event;
use proptest::prelude::*;
use safety::{Emission, Fact, Laser, Order, Pemf};
use simulated_units::{Command, Fault};
use test_bench::{
    desk::Desk,
    limits::Permitted,
    open_link::Simulated,
    wire::{ENABLE, OFF, RENEW, SET, STATUS, WARN},
    world::MS,
};

use crate::World;

fn emitting<M: Simulated + Permitted>() -> (World<M>, Desk<M>) {
    let mut desk = Desk::<M>::new();
    let mut world = World::warned(&mut desk);
    world.emit(&mut desk, 500);
    assert_eq!(world.frames_since(0, ENABLE).len(), 1);
    (world, desk)
}

fn emissions<M: Simulated + Permitted>(world: &World<M>, since: u64) -> Vec<Emission<M::Output>> {
    world.facts_since(since, |fact| match fact {
        Fact::Emission(emission) => Some(*emission),
        _ => None,
    })
}

/// Off is the first frame after the order, one frame in flight later at the latest.
fn first_is_off<M: Simulated + Permitted>(millis: u64, micros: u64) -> Result<(), TestCaseError> {
    let mut desk = Desk::<M>::new();
    let mut world = World::linked();
    world.order(desk.prepare(world.instant()));
    world.pass(200);
    world.order(desk.warn(world.instant()));
    world.pass(M::WARNING_MILLIS);
    world.emit(&mut desk, millis / 2);
    let stop = world.now + micros * 1_000;
    world.pass_until(stop);
    world.order(Order::off());
    world.pass(10);
    let first = world.frames().find(|(at, _)| stop <= *at);
    let (at, frame) = first.expect("a frame within 10 ms");
    prop_assert_eq!(frame.kind, OFF);
    prop_assert!(at - stop <= world.dialect.budget().turn.get());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// COM-04, COM-10: a stop waits for no answer.
    #[test]
    fn off_outruns_whatever_is_outstanding(millis in 0..1_000_u64, micros in 0..200_000_u64) {
        first_is_off::<Laser>(millis, micros)?;
        first_is_off::<Pemf>(millis, micros)?;
    }
}

fn is_repeated_until_proven_and_then_slowly<M: Simulated + Permitted>(repeats: u64) {
    let (mut world, _) = emitting::<M>();
    let stop = world.now;
    world.deaf = true;
    world.order(Order::off());
    world.pass(1_000);
    let unheard = world.frames_since(stop, OFF).len();
    assert!((19..=21).contains(&unheard), "{unheard} in a second without an answer");
    assert_eq!(emissions(&world, stop), [], "nothing is known");

    world.deaf = false;
    world.pass(repeats);
    let proven = world.now;
    let last = emissions(&world, stop).pop().expect("proven by now");
    assert!(!last.enabled);
    world.pass(10_000);
    let offs = world.frames_since(proven, OFF).len();
    assert!((9..=11).contains(&offs), "{offs} in ten seconds");
    assert_eq!(world.frames_since(stop, SET).len() + world.frames_since(stop, WARN).len(), 0);
    assert_eq!(world.frames_since(stop, ENABLE).len() + world.frames_since(stop, RENEW).len(), 0);
}

/// COM-04: until off is proven it is said again and again.
#[test]
fn off_is_repeated_until_proven_and_then_slowly() {
    is_repeated_until_proven_and_then_slowly::<Laser>(150);
    is_repeated_until_proven_and_then_slowly::<Pemf>(400);
}

/// PEM-08: a stop is proven within the time that `check` prints.
#[test]
fn off_is_proven_within_the_budget() {
    fn proven<M: Simulated + Permitted>() {
        let (mut world, _) = emitting::<M>();
        let stop = world.now;
        world.order(Order::off());
        world.pass(5);
        let (said, _) = world.frames_since(stop, OFF)[0].clone();
        let confirm = world.dialect.budget().confirm.get();
        world.pass_until(said + confirm);
        let off = emissions(&world, stop).into_iter().any(|emission| !emission.enabled);
        assert!(off, "not within {} ms", confirm / MS);
    }
    proven::<Laser>();
    proven::<Pemf>();
}

#[test]
fn a_sample_from_before_the_off_proves_nothing() {
    let (mut world, _) = emitting::<Pemf>();
    let stop = world.now;
    world.order(Order::off());
    // The sensor needs 50 ms for a sample: until then Status repeats the one from before.
    world.pass(45);
    assert!(!world.frames_since(stop, STATUS).is_empty());
    assert_eq!(emissions(&world, stop), []);
    world.pass(200);
    assert!(!emissions(&world, stop).is_empty());
}

#[test]
fn a_unit_that_goes_on_is_always_reported_and_told_off_again() {
    for fault in [Fault::Ignore(Command::Off), Fault::Acknowledge(Command::Off)] {
        let (mut world, _) = emitting::<Pemf>();
        let stop = world.now;
        world.device.fault(world.now, fault);
        world.order(Order::off());
        world.pass(1_000);
        assert!(world.frames_since(stop, OFF).len() >= 19, "{fault:?}");
        assert!(emissions(&world, stop).iter().filter(|emission| emission.enabled).count() > 5);
    }
}

#[test]
fn a_unit_whose_output_does_not_fall_is_told_off_again_and_again() {
    let (mut world, _) = emitting::<Pemf>();
    let stop = world.now;
    world.device.fault(world.now, Fault::StuckOn);
    world.order(Order::off());
    world.pass(2_000);
    assert!(world.frames_since(stop, OFF).len() >= 15);
    let last = emissions(&world, stop).pop().unwrap();
    assert!(!last.enabled && safety::Output::count(last.output) > 100, "{last:?}");
}

#[test]
fn a_stop_is_said_at_the_next_turn_even_if_off_was_proven() {
    let mut world = World::<Laser>::linked();
    world.pass(2_500);
    let stop = world.now;
    world.tell(Event::Stop);
    world.pass(6);
    assert_eq!(world.frames_since(stop, OFF).len(), 1);
    assert_eq!(emissions(&world, stop), [], "proof is asked for anew");
    world.pass(200);
    assert!(!emissions(&world, stop).is_empty());
}

#[test]
fn an_order_that_lapses_is_as_good_as_off() {
    let (mut world, _) = emitting::<Laser>();
    let told = world.now;
    world.pass(1_000);
    let (first, _) = world.frames_since(told, OFF)[0].clone();
    assert!((told + 240 * MS..=told + 300 * MS).contains(&first), "{}", (first - told) / MS);
    for kind in [RENEW, ENABLE, WARN, SET] {
        assert_eq!(world.frames_since(first, kind), []);
    }
}

#[test]
fn the_off_of_a_lapsed_order_is_repeated_like_any_other() {
    let (mut world, _) = emitting::<Laser>();
    world.pass(200);
    world.deaf = true;
    world.pass(100);
    let lapsed = world.now;
    world.pass(1_000);
    assert!((19..=21).contains(&world.frames_since(lapsed, OFF).len()));
}

#[test]
fn a_closed_port_is_told_nothing() {
    let mut world = World::<Laser>::linked();
    world.pass(300);
    world.tell(Event::Closed);
    let closed = world.now;
    world.pass(1_000);
    assert_eq!(world.frames().filter(|(at, _)| closed <= *at).count(), 0);
    world.tell(Event::Opened);
    world.pass(300);
    let after: Vec<u8> =
        world.frames().filter(|(at, _)| closed <= *at).map(|(_, frame)| frame.kind).collect();
    assert_eq!(after[..4], [OFF, 1, 2, STATUS]);
}
