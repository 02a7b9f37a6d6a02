//! Doors, emergency stops and keys on the inputs of a board (LAS-08, LAS-21, LCK-05, LCK-07).

use clinic::{Answer, DoorAt, LeaseBy, Refused, Verb};
use safety::{Cause, Refusal, State};
use simulated_units::relay::RelayFault;

use crate::world::{DOOR, House, KEY, MS, STOP, World};

/// From the moment at which the door opens to no light: an input question and its answer, and the
/// stop of the unit.
const DOOR_STOPS_MILLIS: u64 = 300;

#[test]
fn a_door_that_opens_stops_the_light_and_stays_locked() {
    for moment in 0..20 {
        let mut world = World::ready();
        world.emit(0);
        world.pass(5 * moment);
        world.put_input(DOOR, false);
        let opened = world.now;
        while world.units[0].output_now() > 0 {
            world.pass(5);
            assert!(world.now - opened <= DOOR_STOPS_MILLIS * MS, "emits with an open door");
        }
        world.pass(500);
        assert!(world.causes(0).contains(&Cause::Interlock));
        world.put_input(DOOR, true);
        world.pass(12_000);
        assert_eq!(world.units[0].output_now(), 0, "resumed by itself");
        world.is(0, State::Locked);
        world.release(0, Cause::Interlock);
        assert_eq!(world.causes(0), []);
    }
}

#[test]
fn an_open_door_keeps_a_unit_from_being_armed() {
    let mut world = World::ready();
    world.put_input(DOOR, false);
    world.pass(500);
    assert_eq!(world.causes(0), [], "nothing is armed, nothing is latched");
    world.confirm(0);
    let refused = Answer::Refused(Refused::Unit(Refusal::InterlockOpen));
    assert_eq!(world.command(0, Verb::Arm), refused);
}

/// LAS-08: the emergency stop of a room stops and latches every unit in it, and none elsewhere.
#[test]
fn an_emergency_stop_stops_its_room() {
    let mut world = World::ready();
    world.emit(0);
    world.put_input(STOP, false);
    let pressed = world.now;
    while world.units[0].output_now() > 0 {
        world.pass(5);
        assert!(world.now - pressed <= DOOR_STOPS_MILLIS * MS, "emits on");
    }
    world.pass(12_000);
    assert!(world.causes(0).contains(&Cause::EmergencyStop));
    assert_eq!(world.causes(1), [Cause::EmergencyStop]);
    assert_eq!(world.causes(2), []);
    assert_eq!(world.contacts[..3], [false, false, true]);
    let stands = Answer::Refused(Refused::Unit(Refusal::ConditionStands));
    assert_eq!(world.release(1, Cause::EmergencyStop), stands);
    world.put_input(STOP, true);
    world.pass(1_000);
    let absent = Answer::Refused(Refused::Unit(Refusal::PresenceNeeded));
    assert_eq!(world.release(1, Cause::EmergencyStop), absent);
}

/// LCK-07: a unit with no key has that of its room: turned off and on after the cause, not before.
#[test]
fn a_key_on_the_board_shows_presence() {
    let mut world = World::ready();
    world.put_input(STOP, false);
    world.pass(500);
    world.put_input(STOP, true);
    world.pass(12_000);
    let absent = Answer::Refused(Refused::Unit(Refusal::PresenceNeeded));
    assert_eq!(world.release(1, Cause::EmergencyStop), absent);
    world.put_input(KEY, false);
    world.pass(500);
    world.put_input(KEY, true);
    world.pass(500);
    assert_eq!(world.release(1, Cause::EmergencyStop), Answer::Released(Vec::new()));
    assert_eq!(world.release(0, Cause::EmergencyStop), absent, "that one has a key of its own");
}

/// A board that fell silent shows a door that may be open and an emergency stop that may be pressed,
/// but no person who turned a key.
#[test]
fn silence_reads_as_open() {
    let mut world = World::ready();
    world.emit(0);
    world.board.fault(RelayFault::Mute);
    world.pass(1_500);
    assert!(world.causes(0).contains(&Cause::EmergencyStop), "{:?}", world.causes(0));
    assert_eq!(world.units[0].output_now(), 0);
    world.board.heal();
    world.pass(12_000);
    assert_eq!(world.units[0].output_now(), 0);
    let absent = Answer::Refused(Refused::Unit(Refusal::PresenceNeeded));
    assert_eq!(world.release(1, Cause::EmergencyStop), absent);
}

/// A board that was never heard of keeps units from being armed, and latches nothing.
#[test]
fn a_board_that_is_not_there_yet_permits_nothing() {
    let mut world = World::closed(House { lease: LeaseBy::Unit, ..House::default() });
    (0..3).for_each(|line| world.tell(clinic::Happening::Opened(clinic::LineId(line))));
    world.pass(2_000);
    assert_eq!(world.causes(0), []);
    world.confirm(0);
    let refused = Answer::Refused(Refused::Unit(Refusal::InterlockOpen));
    assert_eq!(world.command(0, Verb::Arm), refused);
}

/// LCK-05: a laser without a door switch is not started; a coil needs none.
#[test]
fn a_laser_without_a_door_does_not_start() {
    let mut world = World::of(House { door: DoorAt::None, ..House::default() });
    world.confirm(0);
    assert_eq!(world.command(0, Verb::Arm), Answer::Refused(Refused::NoDoor));
    world.confirm(2);
    let armed = world.command(2, Verb::Arm);
    assert!(matches!(armed, Answer::Accepted(_)), "{armed:?}");
}

/// One that is pressed while a unit does not answer is latched all the same.
#[test]
fn an_emergency_stop_is_latched_on_a_unit_that_is_silent() {
    let mut world = World::closed(House::default());
    world.tell(clinic::Happening::Opened(clinic::LineId(3)));
    world.pass(1_000);
    assert_eq!(world.causes(0), []);
    world.put_input(STOP, false);
    world.pass(200);
    world.put_input(STOP, true);
    world.pass(200);
    assert_eq!(world.causes(0), [Cause::EmergencyStop]);
    assert_eq!(world.causes(2), []);
}
