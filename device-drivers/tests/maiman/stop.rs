//! Off: at once whatever is outstanding, and until it is proven (COM-04, COM-10, LAS-12).

use device_drivers::Event;
use proptest::prelude::*;
use safety::{Emission, Fact, Order};
use simulated_units::maiman::Fault;
use test_bench::{
    maiman::{ALL, Kind, OFF_BELOW},
    world::MS,
};

/// A stop at any instant of a session: the first byte within a frame in flight, its rest and 2 ms;
/// proven within the budget; nothing that turns on behind it.
fn stopped(kind: Kind, micros: u64) -> Result<(), TestCaseError> {
    let mut desk = kind.desk();
    let mut world = kind.world(1);
    let end = world.now + micros * 1_000;
    let script = [1_500, 1_000, 500].map(|millis| millis * MS);
    let mut at = world.now;
    for (step, takes) in script.into_iter().enumerate() {
        at += takes;
        world.pass_until(at.min(end));
        if at <= end {
            let order = match step {
                0 => desk.prepare(world.instant()),
                1 => desk.warn(world.instant()),
                _ => desk.emit(world.instant()),
            };
            world.order(order);
        }
    }
    while world.now < end {
        let order = desk.emit(world.instant());
        world.order(order);
        world.pass_until((world.now + 50 * MS).min(end));
    }
    let stop = world.now;
    world.tell(Event::Stop);
    world.order(Order::off());
    let budget = world.dialect.budget();
    world.pass(2_000);
    let said = world.first_stop(stop).expect("a stop");
    let took = said - stop;
    let frame_ns = kind.byte() * 11;
    let answer_ns = if kind.is_text() { 0 } else { 40 * MS + frame_ns };
    prop_assert!(took <= frame_ns + answer_ns + 10 * MS + 2 * MS, "{kind:?} {took}");
    prop_assert!(took <= budget.turn.get());
    let off = world.off_reported(said, OFF_BELOW);
    prop_assert!(off.is_some_and(|at| at <= said + budget.confirm.get()), "{kind:?} {off:?}");
    prop_assert_eq!(world.said_since(stop, &kind.start()).len(), 0);
    prop_assert_eq!(world.device.started(), false);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn off_outruns_whatever_is_outstanding_and_is_proven_in_time(micros in 0..5_000_000_u64) {
        for kind in ALL {
            stopped(kind, micros)?;
        }
    }
}

#[test]
fn off_is_repeated_until_proven_and_then_slowly() {
    for kind in ALL {
        let mut desk = kind.desk();
        let mut world = kind.warned(&mut desk);
        world.emit(&mut desk, 500);
        world.deaf = true;
        let stop = world.now;
        world.order(Order::off());
        world.pass(3_600);
        // Every 360 ms: the vendor's pause, the fall, and room for the proof.
        let unheard = world.said_since(stop, &kind.stop()).len();
        assert!((9..=11).contains(&unheard), "{kind:?}: {unheard} without an answer");
        world.deaf = false;
        world.pass(1_500);
        assert!(world.off_reported(stop, OFF_BELOW).is_some(), "{kind:?}");
        let proven = world.now;
        world.pass(10_000);
        let offs = world.said_since(proven, &kind.stop()).len();
        assert!((4..=6).contains(&offs), "{kind:?}: {offs} in ten seconds");
    }
}

/// The state that a driver gives before it took the stop is no proof, nor is one half of it.
#[test]
fn what_was_asked_before_the_stop_proves_nothing() {
    for kind in ALL {
        for millis in 0..40 {
            let mut desk = kind.desk();
            let mut world = kind.warned(&mut desk);
            world.emit(&mut desk, 500);
            world.pass(millis);
            world.device.fault(world.now, Fault::IgnoreStop);
            let stop = world.now;
            world.order(Order::off());
            world.pass(1_500);
            let off = world.facts_since(stop, |fact| match fact {
                Fact::Emission(Emission { enabled: false, .. }) => Some(()),
                _ => None,
            });
            assert!(off.is_empty(), "{kind:?} after {millis} ms");
        }
    }
}

/// The pause after each stop keeps questions back, so the next stop leaves them room.
#[test]
fn off_of_a_slow_driver_is_proven_within_its_budget() {
    for kind in ALL {
        let plate = device_drivers::maiman::Plate {
            answer_within: safety::Nanos::from_millis(80),
            ..kind.plate()
        };
        let mut world = kind.world_with(plate, 1);
        world.device.fault(world.now, Fault::Late(70));
        for millis in 0..300 {
            world.pass(1_200 + millis % 7);
            let stop = world.now;
            world.tell(Event::Stop);
            world.pass(1_000);
            let said = world.first_stop(stop).unwrap();
            let off = world.off_reported(said, OFF_BELOW).expect("proven");
            let budget = world.dialect.budget();
            assert!(said - stop <= budget.turn.get(), "{kind:?}");
            assert!(off - said <= budget.confirm.get(), "{kind:?}: {} ms", (off - said) / MS);
        }
    }
}

#[test]
fn a_driver_whose_current_goes_on_is_told_off_again_and_again() {
    for kind in ALL {
        let mut desk = kind.desk();
        let mut world = kind.warned(&mut desk);
        world.emit(&mut desk, 500);
        world.device.fault(world.now, Fault::StuckOn);
        let stop = world.now;
        world.order(Order::off());
        world.pass(3_000);
        assert!(world.said_since(stop, &kind.stop()).len() >= 7, "{kind:?}");
        assert_eq!(world.off_reported(stop, OFF_BELOW), None, "{kind:?}");
    }
}

#[test]
fn an_order_that_lapses_is_as_good_as_off() {
    for kind in ALL {
        let mut desk = kind.desk();
        let mut world = kind.warned(&mut desk);
        world.emit(&mut desk, 500);
        let told = world.now;
        world.pass(1_500);
        let first = world.first_stop(told).expect("a stop");
        assert!(first - told <= 350 * MS, "{kind:?}");
        assert!(!world.device.started());
        assert_eq!(world.said_since(told, &kind.start()).len(), 0);
    }
}

#[test]
fn a_closed_port_is_told_nothing_and_an_open_one_off_first() {
    for kind in ALL {
        let mut world = kind.world(1);
        world.pass(600);
        world.tell(Event::Closed);
        let closed = world.now;
        world.pass(1_000);
        assert!(world.said.iter().all(|(at, _)| *at < closed));
        world.tell(Event::Opened);
        world.pass(1_000);
        let first = world.said.iter().find(|(at, _)| closed <= *at).unwrap();
        assert_eq!(first.1.bytes, kind.stop());
    }
}
