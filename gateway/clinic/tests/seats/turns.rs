//! Who speaks when, and who is believed.

use clinic::{AnyPlan, Evidence, Happening, Plan, RoomId, UnitId, Wiring};
use device_drivers::ascii_line;
use safety::{Cause, Instant, Laser, Nanos, Pace, State, Terms, Timing};
use simulated_units::{Device, riden::RidenFault};

use test_bench::{limits::Permitted, profiles::cobolt_plate};

use crate::world::{Bus, LINE, MS, World, id};

pub(crate) const THREE: Bus = Bus { units: 3, baud: 115_200, within: 15 };
pub(crate) const FOUR: Bus = Bus { units: 4, ..THREE };
pub(crate) const SLOW: Bus = Bus { units: 2, baud: 19_200, within: 15 };
/// The silence between two frames above 19,200 Bd (MODBUS over Serial Line V1.02, 2.5.1.1).
const SILENCE: u64 = 1_750_000;

/// Each is asked as often as the others, nothing is said into an answer, and the line rests between
/// what two of them say.
#[test]
fn units_take_turns_and_none_is_talked_into() {
    for bus in [THREE, SLOW] {
        let mut world = World::ready(bus);
        let since = world.now;
        world.pass(20_000);
        assert_eq!(world.collisions, 0);
        let places = 0..usize::from(bus.units);
        let turns: Vec<_> = places.map(|place| world.said_since(place, since).len()).collect();
        let (least, most) = (turns.iter().min().unwrap(), turns.iter().max().unwrap());
        assert!(*least > 20_000 / 250 * 4 && most * 9 <= least * 10, "{turns:?}");
        for (_, end, _) in world.answered.iter().filter(|(begin, ..)| since <= *begin) {
            let next = world.said.iter().map(|(at, _)| *at).find(|at| end < at);
            assert!(next.is_none_or(|next| SILENCE <= next - end), "{end} {next:?}");
        }
        for place in 0..usize::from(bus.units) {
            world.is(place, State::Standby);
            assert_eq!(world.link(place).bad_frames, 0);
        }
    }
}

/// One coil that emits is as well watched as on a line of its own, and each does what it was told.
#[test]
fn units_that_share_a_line_emit_side_by_side() {
    let mut world = World::ready(THREE);
    (0..3).for_each(|place| world.emit(place));
    world.pass(30_000);
    for place in 0..3 {
        world.is(place, State::Emitting);
        assert_eq!((world.link(place).bad_frames, world.units[place].turned_on()), (0, 1));
    }
    world.stop(1);
    world.pass(1_000);
    let outputs: Vec<_> = world.units.iter().map(|unit| unit.output_now() > 0).collect();
    assert_eq!(outputs, [true, false, true]);
    world.is(0, State::Emitting);
    world.is(2, State::Emitting);
}

/// Nobody is kept from the line by another who always has something urgent to say.
#[test]
fn a_unit_that_is_stopped_again_and_again_starves_nobody() {
    let mut world = World::ready(THREE);
    world.emit(1);
    let since = world.now;
    for call in 0..2_000 {
        for place in [0, 2] {
            world.tell(Happening::Stop(clinic::CallId(1_000_000 + call), id(place)));
        }
        world.pass(3);
    }
    world.is(1, State::Emitting);
    let said = world.said_since(1, since);
    let longest = said.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(longest <= 6 * world.word, "{} ms", longest / MS);
    assert_eq!(world.collisions, 0);
}

/// COM-03: what is late is not believed, neither by who said it nor by who was asked meanwhile.
#[test]
fn a_late_answer_is_believed_by_nobody() {
    for late in [40, 55, 61, 75, 130, 400] {
        let mut world = World::ready(THREE);
        world.emit(1);
        world.units[0].fail(Some(RidenFault::Late(late)));
        world.pass(100);
        let before = world.link(0).good_frames;
        world.pass(30_000);
        assert_eq!(world.link(0).good_frames, before, "{late}");
        world.is(0, State::Offline);
        world.is(2, State::Standby);
        // What collides with it is lost, and too much of that ends a session; nothing else does.
        let causes = world.causes(1);
        assert!(causes.iter().all(|cause| *cause == Cause::ErrorRate), "{late}: {causes:?}");
        assert!(!causes.is_empty() || world.status(1).state == State::Emitting, "{late}");
        world.units[0].fail(None);
        world.pass(20_000);
        world.is(0, State::Standby);
    }
}

/// An answer that comes twice counts once: the second is noise, whoever is asked by then.
#[test]
fn an_answer_that_comes_twice_is_believed_once() {
    let mut world = World::ready(THREE);
    world.emit(1);
    let mut count = 0;
    world.spoil = Some(Box::new(move |place, bytes| {
        count += 1;
        let again =
            if place == 0 && count % 40 == 0 { vec![(15 * MS, bytes.clone())] } else { vec![] };
        [(0, bytes)].into_iter().chain(again).collect()
    }));
    world.pass(30_000);
    world.is(1, State::Emitting);
    world.is(0, State::Standby);
    assert_eq!(world.units[1].turned_on(), 1);
    let (asked, good) = (world.said_since(0, 0).len(), world.link(0).good_frames);
    assert!(good <= u64::try_from(asked).unwrap(), "{good} answers to {asked} questions");
}

/// The answer of each unit is on the wires when another is asked: nobody is known.
#[test]
fn answers_that_are_crossed_are_believed_by_nobody() {
    let mut world = World::opened(THREE);
    let mut held: Option<(usize, Vec<u8>)> = None;
    world.spoil = Some(Box::new(move |place, bytes| {
        let before = held.replace((place, bytes)).filter(|(of, _)| *of != place);
        before.map(|(_, bytes)| (0, bytes)).into_iter().collect()
    }));
    world.pass(30_000);
    for place in 0..3 {
        assert_eq!(world.link(place).good_frames, 0, "{place}");
        world.is(place, State::Offline);
    }
    assert!(world.answered.len() > 10, "{} answers", world.answered.len());
    world.spoil = None;
    world.pass(20_000);
    (0..3).for_each(|place| world.is(place, State::Standby));
}

/// An answer under another address than the one that was asked is believed by nobody.
#[test]
fn an_answer_under_another_address_is_believed_by_nobody() {
    let mut world = World::ready(THREE);
    world.emit(1);
    world.units[2].fail(Some(RidenFault::Foreign));
    world.pass(100);
    let before = world.link(2).good_frames;
    world.pass(10_000);
    assert_eq!((world.link(2).good_frames, world.link(1).bad_frames), (before, 0));
    world.is(2, State::Offline);
    world.is(1, State::Emitting);
}

/// A laser never shares a line, whatever a configuration says: nobody on such a line is spoken to.
#[test]
fn a_laser_shares_no_line() {
    let mut world = World::of(THREE, vec![laser(7)]);
    world.tell(Happening::Opened(LINE));
    world.pass(2_000);
    let alone = world.said.len();
    assert!(alone > 0, "on a line of its own it is");
    let mut world = World::of(THREE, vec![laser(7), laser(8)]);
    world.tell(Happening::Opened(LINE));
    world.pass(2_000);
    assert_eq!(world.said, Vec::new());
}

fn laser(unit: u16) -> AnyPlan {
    AnyPlan::Laser(Box::new(Plan {
        id: UnitId(unit),
        line: LINE,
        room: RoomId(0),
        real: false,
        evidence: Evidence::default(),
        terms: Terms {
            pace: Pace::Continuous,
            frozen: None,
            timing: Timing::LASER,
            lease: Nanos::from_millis(500),
            rise: Nanos::from_secs(1),
            off_below: safety::Power::from_milliwatts(50),
            second_enable: false,
            coil: None,
        },
        limits: Laser::limits(),
        byte: Nanos::new(86_806),
        wiring: Wiring::default(),
        dialect: ascii_line::dialect(cobolt_plate()).unwrap(),
    }))
}

/// The port closes in the midst of an answer: everybody is lost at once and known again after.
#[test]
fn a_line_that_closes_is_lost_for_all_of_its_units() {
    let mut world = World::ready(THREE);
    world.emit(2);
    world.pass(17);
    world.tell(Happening::Closed(LINE));
    world.hang_up();
    for place in 0..3 {
        assert!(!world.link(place).open);
    }
    assert_eq!(world.causes(2), [Cause::LinkSilence]);
    world.pass(2_000);
    let reopened = world.now;
    world.tell(Happening::Opened(LINE));
    world.pass(3_000);
    for place in 0..3 {
        let first = world.said_since(place, reopened)[0];
        assert!(first - reopened <= 4 * world.word, "{place}");
        assert!(world.stops_since(place, reopened).contains(&first), "{place}");
        assert!(world.link(place).since == Instant::from_boot(reopened));
    }
    world.is(0, State::Standby);
    world.is(2, State::Locked);
}
