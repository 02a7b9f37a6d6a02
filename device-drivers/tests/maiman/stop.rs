//! Off: at once whatever is outstanding, and until it is proven (COM-04, COM-10, LAS-12).

use device_drivers::Event;
use proptest::prelude::*;
use safety::{Emission, Fact, Order};
use simulated_units::maiman::Fault;

use crate::{
    bench::{Desk, MS},
    plates::{ALL, Kind, OFF_BELOW, emit},
};

/// A stop at any instant of a session: the first byte within a frame in flight, its rest and 2 ms;
/// proven within the budget; nothing that turns on behind it.
fn stopped(kind: Kind, micros: u64) -> Result<(), TestCaseError> {
    let mut desk = Desk::new();
    let mut line = kind.line(1);
    let end = line.now + micros * 1_000;
    let script = [1_500, 1_000, 500].map(|millis| millis * MS);
    let diode = kind.diode();
    let mut at = line.now;
    for (step, takes) in script.into_iter().enumerate() {
        at += takes;
        line.pass_until(at.min(end));
        if at <= end {
            let order = match step {
                0 => desk.prepare(line.instant(), crate::bench::admitted(diode, &*line.dialect)),
                1 => desk.warn(line.instant()),
                _ => desk.emit(line.instant()),
            };
            line.order(order);
        }
    }
    while line.now < end {
        let order = desk.emit(line.instant());
        line.order(order);
        line.pass_until((line.now + 50 * MS).min(end));
    }
    let stop = line.now;
    line.tell(Event::Stop);
    line.order(Order::off());
    let budget = line.dialect.budget();
    line.pass(2_000);
    let said = line.first_stop(stop).expect("a stop");
    let took = said - stop;
    let frame_ns = line.takes(&[0; 11]);
    let answer_ns = if kind.is_text() { 0 } else { 40 * MS + frame_ns };
    prop_assert!(took <= frame_ns + answer_ns + 10 * MS + 2 * MS, "{kind:?} {took}");
    prop_assert!(took <= budget.turn.get());
    let off = line.off_reported(said, OFF_BELOW);
    prop_assert!(off.is_some_and(|at| at <= said + budget.confirm.get()), "{kind:?} {off:?}");
    prop_assert_eq!(line.times_said(stop, &kind.start()), 0);
    prop_assert_eq!(line.unit.started(), false);
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
        let mut desk = Desk::new();
        let mut line = kind.warned(&mut desk);
        emit(&mut line, &mut desk, 500);
        line.deaf = true;
        let stop = line.now;
        line.order(Order::off());
        line.pass(3_600);
        // Every 360 ms: the vendor's pause, the fall, and room for the proof.
        let unheard = line.times_said(stop, &kind.stop());
        assert!((9..=11).contains(&unheard), "{kind:?}: {unheard} without an answer");
        line.deaf = false;
        line.pass(1_500);
        assert!(line.off_reported(stop, OFF_BELOW).is_some(), "{kind:?}");
        let proven = line.now;
        line.pass(10_000);
        let offs = line.times_said(proven, &kind.stop());
        assert!((4..=6).contains(&offs), "{kind:?}: {offs} in ten seconds");
    }
}

/// The state that a driver gives before it took the stop is no proof, nor is one half of it.
#[test]
fn what_was_asked_before_the_stop_proves_nothing() {
    for kind in ALL {
        for millis in 0..40 {
            let mut desk = Desk::new();
            let mut line = kind.warned(&mut desk);
            emit(&mut line, &mut desk, 500);
            line.pass(millis);
            line.unit.fault(line.now, Fault::IgnoreStop);
            let stop = line.now;
            line.order(Order::off());
            line.pass(1_500);
            let off = line.facts_since(stop, |fact| match fact {
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
        let mut line = kind.line_with(plate, kind.plan(), 1);
        line.unit.fault(line.now, Fault::Late(70));
        for millis in 0..300 {
            line.pass(1_200 + millis % 7);
            let stop = line.now;
            line.tell(Event::Stop);
            line.pass(1_000);
            let said = line.first_stop(stop).unwrap();
            let off = line.off_reported(said, OFF_BELOW).expect("proven");
            let budget = line.dialect.budget();
            assert!(said - stop <= budget.turn.get(), "{kind:?}");
            assert!(off - said <= budget.confirm.get(), "{kind:?}: {} ms", (off - said) / MS);
        }
    }
}

#[test]
fn a_driver_whose_current_goes_on_is_told_off_again_and_again() {
    for kind in ALL {
        let mut desk = Desk::new();
        let mut line = kind.warned(&mut desk);
        emit(&mut line, &mut desk, 500);
        line.unit.fault(line.now, Fault::StuckOn);
        let stop = line.now;
        line.order(Order::off());
        line.pass(3_000);
        assert!(line.times_said(stop, &kind.stop()) >= 7, "{kind:?}");
        assert_eq!(line.off_reported(stop, OFF_BELOW), None, "{kind:?}");
    }
}

#[test]
fn an_order_that_lapses_is_as_good_as_off() {
    for kind in ALL {
        let mut desk = Desk::new();
        let mut line = kind.warned(&mut desk);
        emit(&mut line, &mut desk, 500);
        let told = line.now;
        line.pass(1_500);
        let first = line.first_stop(told).expect("a stop");
        assert!(first - told <= 350 * MS, "{kind:?}");
        assert!(!line.unit.started());
        assert_eq!(line.times_said(told, &kind.start()), 0);
    }
}

#[test]
fn a_closed_port_is_told_nothing_and_an_open_one_off_first() {
    for kind in ALL {
        let mut line = kind.line(1);
        line.pass(600);
        line.tell(Event::Closed);
        let closed = line.now;
        line.pass(1_000);
        assert!(line.said.iter().all(|(at, _, _)| *at < closed));
        line.tell(Event::Opened);
        line.pass(1_000);
        let first = line.said.iter().find(|(at, _, _)| closed <= *at).unwrap();
        assert_eq!(first.2, kind.stop());
    }
}
