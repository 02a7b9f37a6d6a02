//! What a unit that does not answer costs its neighbours, and how it comes back.

use clinic::Happening;
use safety::{Cause, State};
use simulated_units::{
    Device,
    riden::{Riden, RidenFault, RidenModel},
};

use crate::{
    turns::THREE,
    world::{LINE, MS, World, address},
};

/// What reads who a unit is: registers 0, 1 and 3.
fn introduces(world: &World, place: usize, since: u64) -> Vec<u8> {
    let own = world.said.iter().filter(|(at, frame)| {
        since <= *at && frame.bytes[0] == address(place) && frame.bytes[1] == 3
    });
    own.map(|(_, frame)| frame.bytes[3]).filter(|first| [0, 1, 3].contains(first)).collect()
}

/// It is tried after 125 ms, 250 ms, 2 s, and then every 8 s: one reply timeout for
/// each of these is all that its neighbours lose by it.
#[test]
fn a_dead_unit_costs_one_reply_timeout_per_back_off() {
    let mut world = World::ready(THREE);
    world.emit(1);
    let since = world.now;
    world.units[0].fail(Some(RidenFault::Mute));
    world.pass(45_000);
    let tried = world.said_since(0, since);
    let waits: Vec<_> = tried.windows(2).map(|pair| (pair[1] - pair[0]) / MS).collect();
    // The first of them may have been answered before it fell silent.
    let lost = waits.iter().position(|wait| *wait >= 125).unwrap();
    let word = world.word / MS;
    // One of them is the stop that its silence brought about: that one waits for nothing.
    let mut periods = [125, 250, 2_000, 8_000, 8_000, 8_000].into_iter().peekable();
    for wait in &waits[lost..] {
        assert!(*wait <= 8_000 + 3 * word, "{waits:?}");
        periods.next_if(|period| (*period..=*period + 3 * word).contains(wait));
    }
    assert!(periods.len() <= 1, "{waits:?}");
    let short = waits[lost..].iter().filter(|wait| **wait < 8_000).count();
    assert!(short <= 4 && waits.len() - lost <= 8, "{waits:?}");
    // From one question to the next, a neighbour waited for its poll and one word of each other.
    for place in [1, 2] {
        let said = world.said_since(place, since);
        let longest = said.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
        assert!(longest <= 219 * MS + 2 * world.word, "{place}: {} ms", longest / MS);
        assert_eq!(world.link(place).bad_frames, 0, "{place}");
    }
    world.is(1, State::Emitting);
    world.is(2, State::Standby);
    assert_eq!(world.collisions, 0);
}

/// Two answers in a row that did not come end no session: the third is asked for in time.
#[test]
fn two_lost_answers_lose_no_session() {
    for first in 0..40 {
        let mut world = World::ready(THREE);
        (0..3).for_each(|place| world.emit(place));
        let mut count = 0;
        world.spoil = Some(Box::new(move |place, bytes| {
            count += usize::from(place == 1);
            let lost = place == 1 && (first..first + 2).contains(&(count - 1));
            if lost { Vec::new() } else { vec![(0, bytes)] }
        }));
        world.pass(6_000);
        world.is(1, State::Emitting);
        assert_eq!(world.link(1).bad_frames, 2, "{first}");
    }
}

/// Of a unit that is dead from the start nobody ever hears but that it is offline.
#[test]
fn a_unit_that_was_never_there_keeps_nobody_from_being_known() {
    let mut world = World::closed(THREE);
    world.units[1].fail(Some(RidenFault::Mute));
    world.tell(Happening::Opened(LINE));
    world.pass(3_000);
    world.is(0, State::Standby);
    world.is(1, State::Offline);
    world.is(2, State::Standby);
}

/// COM-07: the first good answer ends the back-off, and who it is is asked anew before anything.
#[test]
fn a_unit_that_comes_back_is_introduced_anew() {
    let mut world = World::ready(THREE);
    world.units[0].fail(Some(RidenFault::Mute));
    world.pass(30_000);
    world.is(0, State::Offline);
    world.units[0].fail(None);
    let back = world.now;
    assert!(world.pass_till(9_000, |world| {
        world.link(0).last_good.is_some_and(|at| back < at.since_boot())
    }));
    let heard = world.now;
    world.is(0, State::Offline);
    assert!(world.pass_till(1_500, |world| world.status(0).state == State::Standby));
    assert_eq!(introduces(&world, 0, heard)[..3], [0, 1, 3]);
    world.emit(0);
}

/// Another unit at its address is not taken for it.
#[test]
fn another_unit_in_its_place_is_not_spoken_with() {
    let mut world = World::ready(THREE);
    world.units[0].fail(Some(RidenFault::Mute));
    world.pass(5_000);
    let mut other = Riden::new(RidenModel::Rd6006, 9_999).at(address(0));
    other.advance(world.now);
    world.units[0] = other;
    world.pass(12_000);
    world.is(0, State::Locked);
    assert_eq!(world.causes(0), [Cause::Identity]);
    world.is(1, State::Standby);
}

/// A unit that falls silent while it emits is told off at once, though it is not tried otherwise.
#[test]
fn a_unit_that_dies_while_it_emits_is_told_off_at_once() {
    for phase in 0..20 {
        let mut world = World::ready(THREE);
        world.emit(0);
        world.pass_until(world.now + phase * 13 * MS);
        world.units[0].fail(Some(RidenFault::Mute));
        assert!(world.pass_till(1_500, |world| !world.causes(0).is_empty()));
        let locked = world.now;
        assert!(world.pass_till(500, |world| !world.stops_since(0, locked - MS).is_empty()));
        let first = world.stops_since(0, locked - MS)[0];
        assert!(first <= locked + world.budgets[0].turn.get(), "{} ms", (first - locked) / MS);
    }
}

/// A person who stops a dead unit has it told off at once, once; then it waits again.
#[test]
fn a_stop_of_a_dead_unit_is_said_at_once_and_once() {
    let mut world = World::ready(THREE);
    world.units[0].fail(Some(RidenFault::Mute));
    world.pass(60_000);
    world.emit(1);
    // As far from its next try as possible.
    let tried = world.said_since(0, 0).len();
    assert!(world.pass_till(9_000, |world| world.said_since(0, 0).len() > tried));
    world.pass(200);
    let stopped = world.now;
    let stop = world.stop(0);
    assert!(stop.first <= world.budgets[0].turn.get(), "{stop:?}");
    assert_eq!(stop.proven, None);
    world.pass_until(stopped + 7_500 * MS);
    assert_eq!(world.stops_since(0, stopped).len(), 1);
    world.is(1, State::Emitting);
}

/// The gateway opens the port anew, as after the adapter was plugged in: everybody is tried at once.
#[test]
fn a_port_that_opens_tries_everybody_at_once() {
    let mut world = World::ready(THREE);
    world.units[0].fail(Some(RidenFault::Mute));
    world.pass(60_000);
    world.tell(Happening::Closed(LINE));
    world.hang_up();
    world.pass(100);
    world.units[0].fail(None);
    let opened = world.now;
    world.units[2].fail(Some(RidenFault::Mute));
    world.tell(Happening::Opened(LINE));
    world.pass(1_500);
    (0..2).for_each(|place| world.is(place, State::Standby));
    // Nor is anything left of what was waited before: it begins with 125 ms anew.
    assert!(world.said_since(2, opened).len() >= 3);
    world.is(2, State::Offline);
}
