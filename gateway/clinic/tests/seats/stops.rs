//! A stop reaches the wire within its budget, whatever the others on the line do.

use clinic::{CallId, Happening};
use safety::State;
use simulated_units::{Device, riden::RidenFault};

use crate::{
    turns::{FOUR, SLOW, THREE},
    world::{Bus, MS, World, id},
};

/// Stops unit 1 at many instants of the same story, and compares each with the budget of `check`.
fn stops_in_time(bus: Bus, prepare: impl Fn(&mut World)) {
    for phase in 0..24 {
        let mut world = World::ready(bus);
        world.emit(0);
        world.emit(1);
        prepare(&mut world);
        world.pass(700);
        world.pass_until(world.now + phase * 2_930_000);
        let budget = world.budgets[1];
        let stop = world.stop(1);
        assert!(stop.first <= budget.turn.get(), "{phase}: {stop:?} {budget:?}");
        let proven = stop.proven.expect("a proof");
        assert!(proven <= budget.confirm.get(), "{phase}: {stop:?} {budget:?}");
        assert_eq!((world.units[1].output_now(), world.collisions), (0, 0));
    }
}

#[test]
fn a_stop_is_in_time_among_units_that_are_well() {
    stops_in_time(THREE, |_| {});
    stops_in_time(SLOW, |_| {});
}

#[test]
fn a_stop_is_in_time_beside_a_dead_unit() {
    stops_in_time(THREE, |world| world.units[0].fail(Some(RidenFault::Mute)));
    stops_in_time(SLOW, |world| world.units[0].fail(Some(RidenFault::Mute)));
}

#[test]
fn a_stop_is_in_time_beside_a_unit_whose_answers_are_broken() {
    stops_in_time(THREE, |world| world.units[0].fail(Some(RidenFault::Checksum)));
}

/// What a pump may add to a turn, in nanoseconds.
const PUMP: u64 = 2_000_000;

/// A stop is ahead of everybody who waits: it waits for the answer that is under way, and for nothing
/// else.
#[test]
fn a_stop_goes_ahead_of_all_who_wait() {
    for phase in 0..40 {
        let mut world = World::ready(FOUR);
        [0, 2, 3].into_iter().for_each(|place| world.emit(place));
        world.emit(1);
        // They are told off and asked again and again, as often as the line lets them.
        for place in [0, 2, 3] {
            world.units[place].fail(Some(RidenFault::StuckOn));
            world.tell(Happening::Stop(CallId(7), id(place)));
        }
        world.pass(400);
        world.pass_until(world.now + phase * 1_310_000);
        let stop = world.stop(1);
        assert!(stop.first <= world.word + PUMP, "{phase}: {stop:?}");
    }
}

/// The same where nobody else is there: nothing that wakes the line by chance is needed for it.
#[test]
fn a_stop_goes_out_at_once_on_a_line_that_is_dead() {
    for phase in 0..40 {
        let mut world = World::ready(THREE);
        (0..3).for_each(|place| world.units[place].fail(Some(RidenFault::Mute)));
        world.pass(30_000);
        let tried = world.said.len();
        assert!(world.pass_till(9_000, |world| world.said.len() > tried));
        world.pass_until(world.now + phase * 1_310_000);
        let stopped = world.now;
        world.tell(Happening::Stop(CallId(9), id(1)));
        world.pass(60);
        let first = world.stops_since(1, stopped).first().copied().expect("a stop");
        assert!(first - stopped <= world.word + PUMP, "{phase}: {} ms", (first - stopped) / MS);
    }
}

/// COM-10: what the flood does to answers is another matter: the stop is on the wire.
#[test]
fn a_stop_is_said_in_time_into_a_flood() {
    for phase in 0..24 {
        let mut world = World::ready(THREE);
        world.emit(1);
        world.flood = Some(300_000);
        world.pass(300);
        world.pass_until(world.now + phase * 1_730_000);
        let stop = world.stop(1);
        assert!(stop.first <= world.word + PUMP, "{phase}: {stop:?}");
        assert!(stop.first <= world.budgets[1].turn.get(), "{phase}: {stop:?}");
    }
}

/// Noise that never ends keeps no unit from being asked: that it is lost is for its answers to say.
#[test]
fn noise_that_never_ends_keeps_nobody_from_being_asked() {
    let mut world = World::ready(THREE);
    let since = world.now;
    world.flood = Some(1_000_000);
    world.pass(3_000);
    for place in 0..3 {
        assert!(world.said_since(place, since).len() >= 3, "{place}");
    }
}

/// COM-10: all are stopped at once, and one of them is dead: each is within its own budget.
#[test]
fn all_are_stopped_in_time_at_once() {
    for dead in [None, Some(0), Some(2)] {
        for phase in 0..24 {
            let mut world = World::ready(THREE);
            (0..3).for_each(|place| world.emit(place));
            if let Some(place) = dead {
                world.units[place].fail(Some(RidenFault::Mute));
            }
            world.pass_until(world.now + phase * 2_930_000);
            let began = world.now;
            world.tell(Happening::StopAll(CallId(9), None));
            for place in 0..3 {
                let stop = world.stopped_since(place, began);
                let budget = world.budgets[place];
                assert!(stop.first <= budget.turn.get(), "{place} {phase}: {stop:?} {budget:?}");
                let proven = stop.proven.map(|time| time <= budget.confirm.get());
                assert!(proven == (dead != Some(place)).then_some(true), "{place} {stop:?}");
                world.is(place, State::Locked);
            }
            assert_eq!(world.collisions, 0);
        }
    }
}

/// A unit that stays on is told off again and again, and is asked all the same whether it is off.
#[test]
fn a_unit_that_stays_on_is_asked_between_two_stops() {
    let mut world = World::ready(THREE);
    (0..3).for_each(|place| world.emit(place));
    (0..3).for_each(|place| world.units[place].fail(Some(RidenFault::StuckOn)));
    let since = world.now;
    world.tell(Happening::StopAll(CallId(9), None));
    world.pass(4_000);
    for place in 0..3 {
        let (said, stops) = (world.said_since(place, since), world.stops_since(place, since));
        assert!(stops.len() >= 8, "{place}: {} stops", stops.len());
        assert!(said.len() >= 3 * stops.len(), "{place}: {} of {}", stops.len(), said.len());
    }
    world.units[0].power(world.now, false);
}
