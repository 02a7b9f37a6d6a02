//! Whole sessions: supervisor, dialect and unit in virtual time.

use safety::{Beam, Cause, Laser, Outcome, State};
use simulated_units::{
    Button, Device,
    arroyo::{Arroyo as Unit, Fault, Model},
};

use super::bench::{OFF, ON, SET, plan, room, room_of};
use crate::{arroyo, exchange::tests::room::Room};

fn causes(room: &Room<Laser, Unit>) -> std::vec::Vec<Cause> {
    room.supervisor.causes().iter().map(|latched| latched.cause).collect()
}

/// What was charged is no less than what the meter of the diode says, and not much more.
fn settle(room: &Room<Laser, Unit>) {
    let ended = room.supervisor.ended().expect("over");
    let given = room.world.device.meter();
    let charged = u128::from(ended.charged.quantity.picojoules());
    assert!(given <= charged, "{given} given, {charged} charged");
}

#[test]
fn a_session_gives_what_was_prescribed() {
    for model in [Model::Source4320, Model::Combo6310, Model::Newport] {
        let mut room = room(model);
        room.emit();
        assert!(room.reaches(20_000, State::Standby), "{model:?} {}", room.state());
        settle(&room);
        assert_eq!(room.supervisor.ended().unwrap().outcome, Outcome::Complete);
        assert_eq!(room.world.said_since(0, ON).len(), 1);
        assert_eq!(room.world.said_since(0, SET).len(), 1);
        assert!(matches!(room.supervisor.beam(), Beam::OffProven(_)));
        assert_eq!(room.world.garbled_since(0), 0);
        room.pass(1_000);
        assert_eq!(room.world.device.set_microamps(), 0, "off leaves nothing to emit");
    }
}

#[test]
fn an_interlock_that_opens_for_a_moment_is_not_missed() {
    for millis in 0..40 {
        let mut room = room(Model::Source4320);
        room.emit();
        room.pass(1_000 + millis * 3);
        room.press(Button::Interlock, false);
        room.press(Button::Interlock, true);
        assert!(!room.world.device.is_on());
        let then = room.world.now;
        room.pass(600);
        room.is(State::Locked);
        let open = room.world.facts_since(then, |fact| {
            matches!(fact, safety::Fact::Contacts(contacts) if !contacts.interlock).then_some(())
        });
        assert!(!open.is_empty(), "{}", room.state());
        assert_eq!(room.world.said_since(0, ON).len(), 1);
    }
}

/// While nothing emits, the event alone shows it: there is no trip, and no error.
#[test]
fn an_interlock_that_opens_for_a_moment_during_a_warning_is_not_missed() {
    for millis in 0..20 {
        let mut room = room(Model::Source4320);
        room.warn();
        room.pass(100 + millis * 7);
        room.press(Button::Interlock, false);
        room.press(Button::Interlock, true);
        room.pass(600);
        assert!(causes(&room).contains(&Cause::Interlock), "{}", room.state());
        assert_eq!(room.world.said_since(0, ON).len(), 0);
    }
}

#[test]
fn a_key_that_is_turned_off_ends_the_emission() {
    let mut room = room(Model::Newport);
    room.emit();
    room.pass(500);
    room.press(Button::Key, false);
    room.pass(600);
    room.is(State::Locked);
    assert_eq!(room.world.device.output_now(), 0);
}

#[test]
fn faults_of_the_unit_lock_it_and_are_named() {
    let faults = [
        (Fault::OpenCircuit, arroyo::OPEN_CIRCUIT),
        (Fault::Hot, arroyo::THERMAL),
        (Fault::UnknownBit, arroyo::UNKNOWN),
        (Fault::Intermittent, arroyo::INTERMITTENT),
        (Fault::Error(505), arroyo::VOLTAGE_LIMIT),
        (Fault::Error(509), arroyo::SHORT_CIRCUIT),
        (Fault::Error(999), arroyo::UNKNOWN),
    ];
    for (fault, bit) in faults {
        let mut room = room(Model::Source4320);
        room.emit();
        room.pass(500);
        let then = room.world.now;
        room.world.device.fault(fault);
        room.pass(800);
        room.is(State::Locked);
        let bits = room.world.facts_since(then, |fact| match fact {
            safety::Fact::Faults(bits) => Some(*bits),
            safety::Fact::Boot(_)
            | safety::Fact::Garbled
            | safety::Fact::Identity(_)
            | safety::Fact::Emission(_)
            | safety::Fact::Setting(_)
            | safety::Fact::Temperature(_)
            | safety::Fact::Contacts(_)
            | safety::Fact::Ran(_) => None,
        });
        assert!(bits.iter().any(|bits| bits & bit != 0), "{fault:?}: {bits:x?}");
        assert_eq!(room.world.device.output_now(), 0);
        settle(&room);
    }
}

#[test]
fn a_cooler_that_is_off_locks_the_unit() {
    let mut room = room(Model::Combo6310);
    room.emit();
    room.pass(500);
    room.world.device.fault(Fault::CoolerOff);
    room.pass(600);
    assert!(causes(&room).contains(&Cause::UnitFault), "{}", room.state());
}

/// A unit whose protections are bypassed, or that is in another mode, is the right unit in a state
/// in which nobody may be treated.
#[test]
fn a_unit_that_is_set_up_wrongly_never_gets_ready() {
    for fault in [Fault::Trips(40_350 & !16), Fault::Trips(40_350 & !(1 << 15)), Fault::PowerMode] {
        let mut room = room(Model::Source4320);
        room.world.device.fault(fault);
        room.pass(3_000);
        room.is(State::Locked);
        assert!(causes(&room).contains(&Cause::UnitFault), "{}", room.state());
    }
}

#[test]
fn another_unit_is_not_treated_with() {
    let wrong: [fn(&mut arroyo::Plate); 5] = [
        |plate| plate.serial = "431235".into(),
        |plate| plate.identity = "Arroyo 4320 431234 v3.72".into(),
        |plate| plate.firmware = std::vec!["v3.70".into()],
        |plate| plate.limit = safety::Drive::from_count(14_999_900),
        |plate| plate.on_delay = safety::Nanos::from_millis(100),
    ];
    for spoil in wrong {
        let mut room = room_of(plan(Model::Source4320), spoil);
        room.pass(3_000);
        assert!(causes(&room).contains(&Cause::Identity), "{}", room.state());
        assert_eq!(room.world.said_since(0, ON).len(), 0);
    }
}

/// A slip of a thousand is found before anything is told, whoever made it.
#[test]
fn milliamperes_and_amperes_are_never_mixed_up() {
    let mut plan = plan(Model::Source4320);
    plan.amperes = true;
    plan.decimals = 3;
    let mut in_amperes = room_of(plan.clone(), |_| {});
    in_amperes.emit();
    let mut mistaken = room_of(plan, |plate| {
        plate.scale = arroyo::Scale::Milliamperes;
        plate.decimals = 1;
    });
    mistaken.pass(3_000);
    assert!(causes(&mistaken).contains(&Cause::Identity), "{}", mistaken.state());
    // It slips while it is known: the limit is read again and again.
    let mut slips = room(Model::Source4320);
    slips.warn();
    slips.world.device.fault(Fault::Amperes);
    slips.pass(3_000);
    assert_eq!(slips.world.said_since(0, ON).len(), 0, "{}", slips.state());
}

#[test]
fn a_unit_that_holds_something_else_is_never_turned_on() {
    let mut room = room(Model::Source4320);
    room.world.device.fault(Fault::Stubborn);
    assert!(room.reaches(10_000, State::Standby));
    room.arm();
    room.pass(5_000);
    assert!(room.world.said_since(0, SET).len() > 2, "it is told again");
    assert_eq!(room.world.said_since(0, ON).len(), 0);
}

#[test]
fn a_unit_that_stays_on_is_locked_and_told_off_for_ever() {
    let mut room = room(Model::Source4320);
    room.emit();
    room.pass(1_000);
    room.world.device.fault(Fault::StuckOn);
    room.world.device.fault(Fault::Stubborn);
    room.must(safety::Input::Stop);
    let stopped = room.world.now;
    room.pass(3_000);
    room.is(State::Locked);
    assert!(room.world.device.output_now() > 0);
    let offs = room.world.said_since(stopped, OFF).len();
    assert!(offs >= 20, "{offs} in three seconds");
    room.world.device.heal();
    room.finish();
    settle(&room);
}

#[test]
fn a_fire_that_is_lost_is_never_said_again() {
    for reaches_it in [false, true] {
        let mut room = room(Model::Source4320);
        room.warn();
        while room.world.said_since(0, ON).is_empty() {
            room.pass(1);
        }
        if reaches_it {
            room.pass(5);
            room.world.deaf = true;
        } else {
            room.world.dumb = true;
        }
        room.pass(3_000);
        room.is(State::Locked);
        room.world.dumb = false;
        room.world.deaf = false;
        room.pass(3_000);
        assert_eq!(room.world.said_since(0, ON).len(), 1);
        room.finish();
        settle(&room);
    }
}

#[test]
fn a_unit_that_falls_silent_is_locked_and_off_reaches_it() {
    let mut room = room(Model::Source4320);
    room.emit();
    room.pass(1_000);
    room.world.device.fault(Fault::Mute);
    room.pass(600);
    room.is(State::Locked);
    assert_eq!(room.world.device.output_now(), 0);
    room.world.device.heal();
    room.finish();
    settle(&room);
}

#[test]
fn a_unit_whose_mains_fail_has_to_prove_everything_anew() {
    let mut room = room(Model::Source4320);
    room.emit();
    room.pass(1_000);
    let now = room.world.now;
    room.world.device.power(now, false);
    room.pass(500);
    let now = room.world.now;
    room.world.device.power(now, true);
    room.pass(5_000);
    room.is(State::Locked);
    assert_eq!(room.world.said_since(0, ON).len(), 1);
    room.finish();
}

/// What was on when the port opened is told off, whoever turned it on.
#[test]
fn a_unit_that_is_found_on_is_told_off() {
    let mut unit = super::bench::unit(Model::Source4320);
    unit.receive(2_100_000_000, b"LAS:LDI 3000\r\nLAS:OUT 1\r\n");
    assert!(unit.is_on());
    let dialect = super::bench::speaker(Model::Source4320);
    let mut world = crate::exchange::tests::world::World::new(dialect, unit, super::bench::BYTE);
    world.pass(100);
    assert!(!world.device.is_on());
}
