//! Contacts are kicked while their units may emit, and open when they may not (LCK-01, LCK-02).

use clinic::{CallId, Happening, RoomId};
use safety::{Cause, State};
use simulated_units::{Fault, relay::RelayFault};

use crate::world::{House, MS, SOUNDER, UNITS, World, id};

#[test]
fn contacts_of_units_that_are_ready_are_closed_and_a_session_runs_through_them() {
    let mut world = World::ready();
    assert_eq!(world.contacts[..UNITS], [true; UNITS]);
    world.emit(0);
    for _ in 0..500 {
        world.pass(10);
        assert!(world.contacts[0], "at {}", world.now);
    }
    world.pass(20_000);
    world.is(0, State::Standby);
    let complete = format!("{:?}", world.changes).contains("outcome: Complete");
    assert!(complete, "{:?}", world.changes);
    assert_eq!(world.causes(0), []);
}

/// Before a unit proved what it is and that it is off, its contact is open.
#[test]
fn nothing_is_closed_before_a_unit_is_known() {
    let mut world = World::closed(House::default());
    world.plug();
    world.pass(3_000);
    assert_eq!(world.contacts, [false; 8]);
}

/// Every cause opens the contact of its unit, and of no other than it locks.
#[test]
fn a_cause_opens_the_contact() {
    for cause in [Cause::Deviation, Cause::UnitFault, Cause::StopAll, Cause::Ledger] {
        let mut world = World::ready();
        world.emit(0);
        match cause {
            Cause::StopAll => world.tell(Happening::StopAll(CallId(900), Some(RoomId(0)))),
            Cause::Ledger => world.tell(Happening::Fault(Cause::Ledger)),
            Cause::Deviation => world.units[0].fault(world.now, Fault::Gain(1_600)),
            _ => world.units[0].fault(world.now, Fault::Trip(0)),
        }
        world.pass(600);
        assert!(world.causes(0).contains(&cause), "{:?}", world.causes(0));
        let others = [cause != Cause::StopAll && cause != Cause::Ledger, cause != Cause::Ledger];
        assert_eq!(world.contacts[..UNITS], [false, others[0], others[1]], "{cause:?}");
        assert_eq!(world.units[0].output_now(), 0);
    }
}

/// A unit that does not stop is cut off by its contact.
#[test]
fn a_unit_that_is_stuck_on_is_cut_off() {
    let mut world = World::ready();
    world.emit(0);
    world.units[0].fault(world.now, Fault::StuckOn);
    world.tell(Happening::Stop(CallId(900), id(0)));
    let stopped = world.now;
    while world.units[0].output_now() > 0 {
        world.pass(10);
        assert!(world.now - stopped <= 1_000 * MS, "emits on");
    }
    assert!(!world.contacts[0] && world.contacts[1]);
}

/// LCK-02: a control thread that stands still opens every contact, and nothing resumes by itself.
#[test]
fn a_thread_that_stands_still_opens_everything() {
    let mut world = World::ready();
    world.emit(0);
    let span = world.span / MS;
    world.stall(span);
    assert_eq!(world.contacts, [false; 8]);
    world.pass(5_000);
    assert_eq!(world.units[0].output_now(), 0);
    world.is(0, State::Locked);
}

/// A unit that was looked at too late is opened once, whatever it says by then.
#[test]
fn a_late_decision_opens_once() {
    let mut world = World::ready();
    world.stall(160);
    world.pass(100);
    assert_eq!(world.contacts[..UNITS], [false; UNITS]);
    world.pass(2_500);
    assert_eq!(world.contacts[..UNITS], [true; UNITS]);
}

/// A board that is gone opens by itself and locks what emits; when it is back, a person arms again.
#[test]
fn a_board_that_is_gone_stops_its_units() {
    let mut world = World::ready();
    world.emit(0);
    world.unplug();
    world.pass(world.span / MS + 300);
    assert_eq!(world.contacts[..UNITS], [false; UNITS]);
    world.is(0, State::Locked);
    world.plug();
    world.pass(3_000);
    assert_eq!(world.units[0].output_now(), 0);
    world.is(0, State::Locked);
}

/// A contact that is welded or bridged is found as soon as it had to open.
#[test]
fn a_contact_that_does_not_follow_is_a_mismatch() {
    let mut welded = World::ready();
    welded.sound = false;
    welded.board.fault(RelayFault::Welded(1));
    welded.pass(2_000);
    assert_eq!(welded.causes(1), [], "a closed contact that is welded does not show");
    welded.tell(Happening::StopAll(CallId(900), None));
    welded.pass(800);
    assert!(welded.causes(1).contains(&Cause::RelayMismatch), "{:?}", welded.causes(1));
    assert!(!welded.causes(0).contains(&Cause::RelayMismatch), "{:?}", welded.causes(0));

    let mut bridged = World::closed(House::default());
    bridged.sound = false;
    bridged.board.fault(RelayFault::Welded(0));
    (0..4).for_each(|line| bridged.tell(Happening::Opened(clinic::LineId(line))));
    bridged.unplug();
    bridged.pass(4_000);
    assert!(bridged.causes(0).contains(&Cause::RelayMismatch), "{:?}", bridged.causes(0));

    let mut broken = World::ready();
    broken.board.fault(RelayFault::Broken(0));
    broken.pass(800);
    assert_eq!(broken.causes(0), []);
    broken.pass(800);
    assert_eq!(broken.causes(0), [Cause::RelayMismatch]);
}

/// An open interlock is seen through the contact, so its cause leaves it closed once off is proven,
/// and can be released.
#[test]
fn an_interlock_that_opened_can_be_released() {
    let mut world = World::ready();
    world.confirm(0);
    world.command(0, clinic::Verb::Arm);
    world.pass(300);
    world.board.reset();
    world.pass(12_000);
    assert_eq!(world.causes(0), [Cause::Interlock]);
    assert!(world.contacts[0]);
    let answer = world.release(0, Cause::Interlock);
    assert_eq!(world.causes(0), [], "{answer:?}");
}

/// ALM-02: a room hears that something was latched in it, and no other room does.
#[test]
fn the_sounder_sounds_for_its_room() {
    let mut world = World::ready();
    assert!(!world.contacts[SOUNDER]);
    world.units[2].fault(world.now, Fault::Trip(0));
    world.pass(1_500);
    assert_eq!(world.causes(2), [Cause::UnitFault]);
    assert!(!world.contacts[SOUNDER]);
    world.units[1].fault(world.now, Fault::Trip(0));
    world.pass(1_500);
    assert!(world.contacts[SOUNDER]);
    world.pass(11_000);
    assert!(!world.contacts[SOUNDER]);
}

/// An alarm never closes what is in an interlock, even if the configuration says so.
#[test]
fn a_sounder_in_an_interlock_is_silent() {
    let mut world = World::of(House { sounder: 0, ..House::default() });
    world.emit(0);
    world.tell(Happening::StopAll(CallId(900), Some(RoomId(0))));
    world.pass(3_000);
    assert_eq!(world.contacts[..UNITS], [false, false, true]);
}

/// SIGTERM drops every contact.
#[test]
fn a_gateway_that_shuts_down_opens_everything() {
    let mut world = World::ready();
    world.emit(0);
    world.tell(Happening::ShutDown);
    world.pass(300);
    assert_eq!(world.contacts[..UNITS], [false; UNITS]);
    assert_eq!(world.units[0].output_now(), 0);
}

/// A board that does not begin its time anew opens once per on-time: the unit locks, nobody guesses.
#[test]
fn a_board_that_does_not_prolong_locks_its_units() {
    let mut world = World::of(House { restarts: false, ..House::default() });
    world.confirm(0);
    world.command(0, clinic::Verb::Arm);
    world.pass(3_000);
    let causes = world.causes(0);
    assert!(causes.contains(&Cause::Interlock), "{causes:?}");
}
