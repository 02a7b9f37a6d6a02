//! Whole sessions: supervisor, dialect and driver.

use safety::{Cause, Command, Input, Laser, Nanos, State};
use simulated_units::{
    Button, Device,
    maiman::{Fault, Maiman},
};
use test_bench::{
    maiman::{ALL, Kind},
    room::Room,
};

/// From a port that opened to emission.
pub(crate) fn emitting(kind: Kind, seed: u64) -> Room<Laser, Maiman> {
    let mut room = kind.room(seed);
    begin(&mut room);
    room.pass(800);
    room.is(State::Emitting);
    room
}

pub(crate) fn begin(room: &mut Room<Laser, Maiman>) {
    room.pass(1_500);
    room.is(State::Standby);
    room.arm();
    room.pass(1_000);
    room.is(State::Ready);
    room.start();
    room.pass(3_000);
}

#[test]
fn a_session_gives_what_was_prescribed_and_charges_no_less() {
    for kind in ALL {
        for (seed, gain) in [(1, 1_000), (2, 960), (3, 1_040)] {
            let mut room = kind.room(seed);
            room.world.device.fault(room.world.now, Fault::Gain(gain));
            begin(&mut room);
            room.pass(30_000);
            room.is(State::Standby);
            room.is_off();
            let ended = room.supervisor.ended().expect("over");
            let given = room.world.device.meter();
            let charged = u128::from(ended.charged.quantity.picojoules());
            let what = format!("{kind:?} at {gain}: {given} given, {charged} charged");
            assert!(given <= charged, "{what}");
            assert!(given * 100 >= charged * 80, "{what}");
            assert!(given >= 25_000_000_000_000, "{what}");
            assert_eq!(room.world.said_since(0, &kind.start()).len(), 1, "{what}");
            assert_eq!(room.world.garbled_since(0), 0, "{what}");
        }
    }
}

#[test]
fn a_pause_is_followed_by_everything_anew() {
    for kind in ALL {
        let mut room = emitting(kind, 1);
        room.must(Input::Command(Command::Pause, room.fence()));
        room.pass(1_000);
        room.is(State::Paused);
        room.is_off();
        let paused = room.world.now;
        let again = room.admitted();
        room.must(Input::Command(Command::Resume(again), room.fence()));
        room.pass(4_800);
        room.is(State::Emitting);
        assert_eq!(room.world.said_since(paused, &kind.start()).len(), 1, "{kind:?}");
    }
}

#[test]
fn a_door_that_opens_ends_the_session() {
    for kind in ALL {
        let mut room = emitting(kind, 1);
        room.world.device.press(room.world.now, Button::Interlock, false);
        room.pass(1_500);
        room.is(State::Locked);
        room.is_off();
        let causes = room.causes();
        let door = [Cause::Interlock, Cause::UnexpectedOff];
        assert!(causes.iter().all(|cause| door.contains(cause)), "{kind:?} {causes:?}");
    }
}

#[test]
fn a_driver_that_ignores_a_protection_is_never_armed() {
    for kind in ALL {
        for fault in [Fault::BypassedInterlock, Fault::BypassedSensor] {
            let mut room = kind.room(1);
            room.world.device.fault(room.world.now, fault);
            room.pass(1_500);
            room.is(State::Locked);
            assert_eq!(room.causes(), [Cause::UnitFault], "{kind:?} {fault:?}");
        }
        let mut room = emitting(kind, 1);
        room.world.device.fault(room.world.now, Fault::BypassedInterlock);
        room.pass(1_500);
        room.is_off();
        assert!(room.causes().contains(&Cause::UnitFault), "{kind:?} while it emits");
    }
}

#[test]
fn locks_and_unknown_bits_are_faults_of_the_unit() {
    for kind in ALL {
        for fault in [
            Fault::OverTemperature,
            Fault::LockBits(1 << 3),
            Fault::LockBits(1 << 4),
            Fault::LockBits(1 << 5),
            Fault::LockBits(1 << 6),
            Fault::LockBits(1 << 7),
            Fault::LockBits(1 << 0),
            Fault::LockBits(1 << 2),
            Fault::LockBits(1 << 15),
            Fault::StateBits(1 << 3),
            Fault::StateBits(1 << 5),
            Fault::StateBits(1 << 9),
        ] {
            let mut room = emitting(kind, 1);
            room.world.device.fault(room.world.now, fault);
            room.pass(1_500);
            room.is(State::Locked);
            room.is_off();
            let expected = [Cause::UnitFault, Cause::UnexpectedOff];
            let causes = room.causes();
            assert!(
                causes.iter().all(|cause| expected.contains(cause)),
                "{kind:?} {fault:?} {causes:?}"
            );
        }
    }
}

#[test]
fn a_bit_that_the_plate_tolerates_is_no_fault() {
    for kind in ALL {
        let plate = device_drivers::maiman::Plate {
            tolerated_state: 1 << 9,
            tolerated_lock: 1 << 0,
            ..kind.plate()
        };
        let mut room = kind.room_with(plate, kind.plan(), 1);
        room.world.device.fault(room.world.now, Fault::StateBits(1 << 9));
        room.world.device.fault(room.world.now, Fault::LockBits(1 << 0));
        begin(&mut room);
        room.pass(800);
        room.is(State::Emitting);
    }
}

#[test]
fn a_driver_that_ignores_a_stop_is_stuck_on() {
    for kind in ALL {
        for fault in [Fault::IgnoreStop, Fault::StuckOn] {
            let mut room = emitting(kind, 1);
            room.world.device.fault(room.world.now, fault);
            let stop = room.world.now;
            room.must(Input::Stop);
            room.pass(3_000);
            room.is(State::Locked);
            let causes = room.causes();
            let unconfirmed =
                causes.contains(&Cause::StopUnconfirmed) || causes.contains(&Cause::StuckOn);
            assert!(unconfirmed, "{kind:?} {fault:?} {causes:?}");
            assert!(
                room.world.said_since(stop, &kind.stop()).len() >= 6,
                "{kind:?} {fault:?}: off goes on"
            );
            let wire = room.world.now;
            room.world.device.press(wire, Button::Interlock, false);
            room.pass(1_000);
            assert_eq!(room.world.device.output_now(), 0, "the relay ends it");
        }
    }
}

#[test]
fn too_much_light_for_the_current_is_not_seen_by_the_current() {
    // A derived read-back: this is why a meter check of the last 24 h is asked for.
    let mut room = emitting(Kind::Sf8Rtu, 1);
    room.world.device.fault(room.world.now, Fault::Gain(1_300));
    room.pass(2_000);
    room.is(State::Emitting);
}

#[test]
fn currents_that_become_ten_times_as_high_are_a_deviation() {
    for kind in ALL {
        let mut room = emitting(kind, 1);
        room.world.device.fault(room.world.now, Fault::WrongDivider);
        room.pass(1_500);
        room.is_off();
        // Once it is off it is asked who it is again, and is not the one of its plate.
        assert_eq!(room.causes(), [Cause::Deviation, Cause::Identity], "{kind:?}");
    }
}

#[test]
fn a_dead_cable_ends_in_a_lock_and_off_goes_on() {
    for kind in ALL {
        let mut room = emitting(kind, 1);
        room.world.device.fault(room.world.now, Fault::Mute);
        let cut = room.world.now;
        room.pass(2_000);
        room.is(State::Locked);
        assert_eq!(room.world.device.output_now(), 0, "the stop still arrives");
        assert!(room.world.said_since(cut, &kind.stop()).len() >= 3, "{kind:?}");
        room.world.device.heal(room.world.now);
        room.must(Input::Stop);
        room.pass(2_000);
        room.is_off();
    }
}

#[test]
fn a_mains_loss_is_not_followed_by_emission() {
    for kind in ALL {
        let mut room = emitting(kind, 1);
        room.world.device.power(room.world.now, false);
        room.pass(40);
        room.world.device.power(room.world.now, true);
        let back = room.world.now;
        let given = room.world.device.meter();
        room.pass(3_000);
        room.is(State::Locked);
        room.is_off();
        assert_eq!(room.world.device.meter(), given, "{kind:?}");
        assert_eq!(room.world.said_since(back, &kind.start()).len(), 0, "{kind:?}");
    }
}

#[test]
fn the_stop_path_of_every_kind_fits_into_a_second() {
    for kind in ALL {
        let budget = kind.world(1).dialect.budget();
        assert!(budget.worst() <= Nanos::from_secs(1), "{kind:?} {budget:?}");
    }
}
