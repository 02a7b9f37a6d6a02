//! On: once, and only for a driver that proved who it is, was seen off and holds what was told
//! (COM-05, COM-07, SES-05).

use device_drivers::{Event, maiman::Plate};
use proptest::prelude::*;
use safety::{Cause, Drive, Fact, Identity, Order, State};
use simulated_units::{Device, maiman::Fault};
use test_bench::maiman::{ALL, Kind};

#[test]
fn a_start_whose_answer_is_lost_is_not_said_again() {
    for kind in ALL {
        let mut desk = kind.desk();
        let mut world = kind.warned(&mut desk);
        world.device.fault(world.now, Fault::MuteFor(4));
        world.emit(&mut desk, 3_000);
        assert_eq!(world.said_since(0, &kind.start()).len(), 1, "{kind:?}");
        assert_eq!(world.device.starts(), 1, "{kind:?}");
    }
}

/// The driver did not get it at all: it stays off, and nobody says it again.
#[test]
fn a_start_that_is_lost_is_not_said_again() {
    for kind in ALL {
        let mut desk = kind.desk();
        let mut world = kind.warned(&mut desk);
        world.device.power(world.now, false);
        let order = desk.emit(world.instant());
        world.order(order);
        world.pass(60);
        world.device.power(world.now, true);
        world.emit(&mut desk, 3_000);
        assert!(world.said_since(0, &kind.start()).len() <= 1, "{kind:?}");
        assert_eq!(world.device.meter(), 0, "{kind:?}");
    }
}

#[test]
fn opening_the_port_voids_what_was_granted() {
    for kind in ALL {
        let mut desk = kind.desk();
        let mut world = kind.warned(&mut desk);
        world.emit(&mut desk, 300);
        world.tell(Event::Closed);
        world.tell(Event::Opened);
        let opened = world.now;
        world.emit(&mut desk, 2_000);
        assert_eq!(world.said_since(opened, &kind.start()).len(), 0, "{kind:?}");
        assert!(!world.device.started());
    }
}

/// A plate that differs from the driver in one thing.
fn differing(kind: Kind) -> [(&'static str, Plate); 5] {
    let plate = kind.plate();
    let tenth = |drive: Drive| Drive::from_count(drive.count() / 10);
    let less = |drive: Drive| Drive::from_count(drive.count() - plate.series.set().count());
    [
        ("model", Plate { model: plate.model ^ 1, ..plate.clone() }),
        ("serial", Plate { serial: plate.serial ^ 1, ..plate.clone() }),
        ("hardware", Plate { hardware: less(plate.hardware), ..plate.clone() }),
        (
            "hardware",
            Plate { hardware: Drive::from_count(plate.hardware.count() * 2), ..plate.clone() },
        ),
        (
            "a tenth",
            Plate {
                highest: tenth(plate.hardware).max(plate.highest),
                hardware: plate.highest,
                ..plate.clone()
            },
        ),
    ]
}

#[test]
fn a_driver_that_is_not_the_one_of_its_plate_is_locked() {
    for kind in ALL {
        for (what, plate) in differing(kind) {
            let mut room = kind.room_with(plate, kind.plan(), 1);
            room.pass(2_000);
            room.is(State::Locked);
            assert_eq!(room.causes(), [Cause::Identity], "{kind:?} {what}");
        }
    }
}

/// The hazard of the vendor's own configuration: one id, two dividers.
#[test]
fn a_wrong_divider_is_found_before_anything_is_set() {
    for kind in ALL {
        let mut room = kind.room(1);
        room.world.device.fault(room.world.now, Fault::WrongDivider);
        room.pass(2_000);
        room.is(State::Locked);
        assert_eq!(room.causes(), [Cause::Identity], "{kind:?}");
        let proven = room
            .world
            .facts_since(0, |fact| matches!(fact, Fact::Identity(Identity::Proven)).then_some(()));
        assert!(proven.is_empty(), "{kind:?}");
    }
}

/// Whatever is not read back as told keeps it off.
#[test]
fn a_driver_that_takes_no_setting_is_not_started() {
    for kind in ALL {
        let mut desk = kind.desk();
        let mut world = kind.world(1);
        world.pass(1_500);
        // Its limit is below what it says: it refuses the current.
        world.device.fault(world.now, Fault::StateBits(1 << 7));
        let order = desk.prepare(world.instant());
        world.order(order);
        world.pass(1_000);
        let held =
            world.facts_since(0, |fact| matches!(fact, Fact::Setting(Some(_))).then_some(()));
        assert!(held.is_empty(), "{kind:?}");
        let order = desk.warn(world.instant());
        world.order(order);
        world.pass(500);
        world.emit(&mut desk, 2_000);
        assert_eq!(world.device.starts(), 0, "{kind:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// On a line that loses, repeats, delays and exchanges answers: at most one start for a grant.
    #[test]
    fn one_grant_is_one_start_whatever_the_line_does(
        seed in any::<u64>(),
        dropped in 0..300_u16,
        late in prop_oneof![Just(0_u16), 1..150_u16],
        twice in any::<bool>(),
        exchanged in any::<bool>(),
    ) {
        for kind in ALL {
            let mut desk = kind.desk();
            let mut world = kind.world(seed);
            world.device.fault(world.now, Fault::Drop(dropped));
            world.device.fault(world.now, Fault::Late(late));
            if twice {
                world.device.fault(world.now, Fault::Duplicate);
            }
            if exchanged {
                world.device.fault(world.now, Fault::Reorder);
            }
            world.pass(3_000);
            let order = desk.prepare(world.instant());
            world.order(order);
            world.pass(1_500);
            let order = desk.warn(world.instant());
            world.order(order);
            world.pass(500);
            world.emit(&mut desk, 1_500);
            prop_assert!(world.device.starts() <= 1);
            world.order(Order::off());
            world.pass(1_000);
            prop_assert_eq!(world.device.started(), false);
            prop_assert_eq!(world.device.output_now(), 0);
        }
    }
}
