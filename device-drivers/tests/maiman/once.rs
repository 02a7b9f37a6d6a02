//! On: once, and only for a driver that proved who it is, was seen off and holds what was told
//! (COM-05, COM-07, SES-05).

use device_drivers::{Event, maiman::Plate};
use proptest::prelude::*;
use safety::{Cause, Drive, Fact, Identity, Order, State};
use simulated_units::{Device, maiman::Fault};

use crate::{
    bench::{Desk, admitted},
    plates::{ALL, Kind, emit},
};

#[test]
fn a_start_whose_answer_is_lost_is_not_said_again() {
    for kind in ALL {
        let mut desk = Desk::new();
        let mut line = kind.warned(&mut desk);
        line.unit.fault(line.now, Fault::MuteFor(4));
        emit(&mut line, &mut desk, 3_000);
        assert_eq!(line.times_said(0, &kind.start()), 1, "{kind:?}");
        assert_eq!(line.unit.starts(), 1, "{kind:?}");
    }
}

/// The driver did not get it at all: it stays off, and nobody says it again.
#[test]
fn a_start_that_is_lost_is_not_said_again() {
    for kind in ALL {
        let mut desk = Desk::new();
        let mut line = kind.warned(&mut desk);
        line.unit.power(line.now, false);
        let order = desk.emit(line.instant());
        line.order(order);
        line.pass(60);
        line.unit.power(line.now, true);
        emit(&mut line, &mut desk, 3_000);
        assert!(line.times_said(0, &kind.start()) <= 1, "{kind:?}");
        assert_eq!(line.unit.meter(), 0, "{kind:?}");
    }
}

#[test]
fn opening_the_port_voids_what_was_granted() {
    for kind in ALL {
        let mut desk = Desk::new();
        let mut line = kind.warned(&mut desk);
        emit(&mut line, &mut desk, 300);
        line.tell(Event::Closed);
        line.tell(Event::Opened);
        let opened = line.now;
        emit(&mut line, &mut desk, 2_000);
        assert_eq!(line.times_said(opened, &kind.start()), 0, "{kind:?}");
        assert!(!line.unit.started());
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
        room.line.unit.fault(room.line.now, Fault::WrongDivider);
        room.pass(2_000);
        room.is(State::Locked);
        assert_eq!(room.causes(), [Cause::Identity], "{kind:?}");
        let proven = room
            .line
            .facts_since(0, |fact| matches!(fact, Fact::Identity(Identity::Proven)).then_some(()));
        assert!(proven.is_empty(), "{kind:?}");
    }
}

/// Whatever is not read back as told keeps it off.
#[test]
fn a_driver_that_takes_no_setting_is_not_started() {
    for kind in ALL {
        let mut desk = Desk::new();
        let mut line = kind.line(1);
        line.pass(1_500);
        // Its limit is below what it says: it refuses the current.
        line.unit.fault(line.now, Fault::StateBits(1 << 7));
        let order = desk.prepare(line.instant(), admitted(kind.diode(), &*line.dialect));
        line.order(order);
        line.pass(1_000);
        let held = line.facts_since(0, |fact| matches!(fact, Fact::Setting(Some(_))).then_some(()));
        assert!(held.is_empty(), "{kind:?}");
        let order = desk.warn(line.instant());
        line.order(order);
        line.pass(500);
        emit(&mut line, &mut desk, 2_000);
        assert_eq!(line.unit.starts(), 0, "{kind:?}");
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
            let mut desk = Desk::new();
            let mut line = kind.line(seed);
            line.unit.fault(line.now, Fault::Drop(dropped));
            line.unit.fault(line.now, Fault::Late(late));
            if twice {
                line.unit.fault(line.now, Fault::Duplicate);
            }
            if exchanged {
                line.unit.fault(line.now, Fault::Reorder);
            }
            line.pass(3_000);
            let order = desk.prepare(line.instant(), admitted(kind.diode(), &*line.dialect));
            line.order(order);
            line.pass(1_500);
            let order = desk.warn(line.instant());
            line.order(order);
            line.pass(500);
            emit(&mut line, &mut desk, 1_500);
            prop_assert!(line.unit.starts() <= 1);
            line.order(Order::off());
            line.pass(1_000);
            prop_assert_eq!(line.unit.started(), false);
            prop_assert_eq!(line.unit.output_now(), 0);
        }
    }
}
