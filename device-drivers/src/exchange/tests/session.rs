//! Whole sessions of the machine with a toy: supervisor, line and unit in virtual time.

use std::boxed::Box;

use safety::{Beam, Laser, State};

use super::{
    room::{Room, Treatment},
    toy::{BYTE, Toy, ToyTongue},
};
use crate::exchange::Exchange;

fn room(tongue: ToyTongue) -> Room<Laser, Toy> {
    let dialect = Box::new(Exchange::new(tongue));
    Room::new(dialect, Toy::default(), BYTE, Treatment::laser())
}

#[test]
fn a_session_gives_what_was_prescribed_and_charges_no_less() {
    for tongue in [ToyTongue::default(), ToyTongue::shared(), ToyTongue::stepped()] {
        let mut room = room(tongue);
        room.emit();
        assert!(room.reaches(20_000, State::Standby), "{}", room.state());
        let ended = room.supervisor.ended().expect("over");
        let given = room.world.device.meter;
        let charged = u128::from(ended.charged.quantity.picojoules());
        assert!(given <= charged, "{given} given, {charged} charged");
        assert!(given * 100 >= charged * 90, "{given} given, {charged} charged");
        assert_eq!(room.world.got(b'f'), 1);
        assert!(matches!(room.supervisor.beam(), Beam::OffProven(_)));
        assert_eq!(room.world.garbled_since(0), 0);
    }
}

#[test]
fn a_unit_that_goes_mute_is_locked_and_found_off_in_the_end() {
    let mut room = room(ToyTongue::default());
    room.emit();
    room.pass(1_000);
    room.world.deaf = true;
    room.pass(2_000);
    room.is(State::Locked);
    assert!(!room.world.device.on, "off reached it although nothing was heard");
    room.world.deaf = false;
    room.finish();
}
