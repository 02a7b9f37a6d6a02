//! A whole session: supervisor, dialect and simulated unit in virtual time, on a good cable and on a
//! bad one.

use safety::{
    Beam, CoilLimits, Command, FROZEN, Input, Laser, Nanos, Pace, Pemf, State, Terms, Timing,
};
use simulated_units::{Button, Fault, Unit, Way};
use test_bench::{
    limits::Permitted,
    open_link::{BYTE, Simulated},
    room::Treatment,
    wire::{ENABLE, OFF},
};

type Room<M> = test_bench::room::Room<M, Unit>;

fn room<M: Simulated + Permitted>(seed: u64, treatment: Treatment<M>) -> Room<M> {
    let dialect = M::speaker(M::plate(&M::plan()));
    Room::new(dialect, Unit::new(M::plan(), seed, 0), BYTE, treatment)
}

fn laser(seed: u64) -> Room<Laser> {
    let terms = Terms {
        timing: Timing::LASER,
        lease: Nanos::from_millis(500),
        rise: Nanos::from_secs(1),
        off_below: safety::Power::from_milliwatts(50),
        second_enable: true,
        coil: None,
        pace: Pace::Continuous,
        frozen: Some(FROZEN),
    };
    room(seed, Treatment { terms, ..Treatment::laser() })
}

fn pemf(seed: u64) -> Room<Pemf> {
    let terms = Terms {
        timing: Timing::PEMF,
        lease: Nanos::from_millis(2_000),
        rise: Nanos::from_millis(500),
        off_below: safety::Flux::from_microteslas(100),
        second_enable: false,
        coil: Some(CoilLimits::STANDARD),
        pace: Pace::Continuous,
        frozen: Some(FROZEN),
    };
    room(seed, Treatment { terms, ..Treatment::pemf() })
}

/// From a port that opened to a warning that was given.
fn begin(room: &mut Room<Laser>) {
    room.pass(500);
    room.is(State::Standby);
    room.arm();
    room.pass(500);
    room.world.device.press(room.world.now, Button::Footswitch, true);
    room.pass(300);
    room.start();
    room.pass(2_900);
    room.is(State::Warning);
}

#[test]
fn a_laser_session_gives_what_was_prescribed() {
    let mut room = laser(1);
    begin(&mut room);
    room.pass(3_000);
    room.is(State::Emitting);
    room.pass(12_000);
    room.is(State::Standby);
    let ended = room.supervisor.ended().expect("over");
    let given = room.world.device.meter();
    let charged = u128::from(ended.charged.quantity.picojoules());
    assert!(given <= charged, "{given} given, {charged} charged");
    assert!(given * 100 >= charged * 90, "{given} given, {charged} charged");
    assert_eq!(room.world.frames_since(0, ENABLE).len(), 1);
    assert!(matches!(room.supervisor.beam(), Beam::OffProven(_)));
    assert_eq!(room.world.garbled_since(0), 0);
}

#[test]
fn a_field_session_gives_what_was_prescribed() {
    let mut room = pemf(1);
    room.pass(1_000);
    room.is(State::Standby);
    room.arm();
    room.pass(500);
    room.start();
    room.pass(5_000);
    room.is(State::Emitting);
    room.pass(60_000);
    room.is(State::Standby);
    let ended = room.supervisor.ended().expect("over");
    let given = room.world.device.meter();
    let charged = u128::from(ended.charged.quantity.femtotesla_seconds());
    assert!(given <= charged && given * 100 >= charged * 90, "{given} given, {charged} charged");
    assert_eq!(room.world.garbled_since(0), 0);
}

#[test]
fn a_pause_is_followed_by_identity_setting_and_warning_anew() {
    let mut room = laser(1);
    begin(&mut room);
    room.pass(2_000);
    room.must(Input::Command(Command::Pause, room.fence()));
    room.pass(500);
    room.is(State::Paused);
    let paused = room.world.now;
    room.world.device.press(paused, Button::Footswitch, false);
    room.pass(200);
    room.world.device.press(room.world.now, Button::Footswitch, true);
    room.pass(300);
    room.must(Input::Command(Command::Resume(room.admitted()), room.fence()));
    room.pass(4_000);
    room.is(State::Emitting);
    assert_eq!(room.world.frames_since(paused, ENABLE).len(), 1);
    for kind in [test_bench::wire::IDENTIFY, test_bench::wire::CAPABILITIES, test_bench::wire::SET]
    {
        assert!(!room.world.frames_since(paused, kind).is_empty(), "kind {kind}");
    }
}

#[test]
fn a_dead_man_switch_that_is_let_go_turns_off() {
    let mut room = laser(1);
    begin(&mut room);
    room.pass(1_500);
    room.is(State::Emitting);
    room.held = false;
    room.pass(2_500);
    room.is(State::Paused);
    assert_eq!(room.world.device.output_now(), 0);
}

#[test]
fn a_cable_that_drops_one_frame_in_a_hundred_is_lived_with() {
    let mut emitted = 0;
    for seed in 0..10 {
        let mut room = laser(seed);
        room.world.device.fault(room.world.now, Fault::Drop(Way::Both, 10));
        begin(&mut room);
        room.pass(8_000);
        emitted += usize::from(room.supervisor.causes().is_empty());
        room.finish();
    }
    assert!(emitted >= 5, "{emitted} of ten sessions went on");
}

#[test]
fn a_cable_that_garbles_much_ends_the_session_and_off_is_proven() {
    for (seed, share) in [(1, 100), (2, 200), (3, 400), (4, 700)] {
        let mut room = laser(seed);
        begin(&mut room);
        room.pass(500);
        room.is(State::Emitting);
        room.world.device.fault(room.world.now, Fault::Corrupt(Way::Both, share));
        room.pass(6_000);
        room.is(State::Locked);
        room.world.device.heal(room.world.now);
        room.finish();
    }
}

#[test]
fn a_cable_that_is_cut_ends_the_emission_by_the_lease() {
    let mut room = laser(1);
    begin(&mut room);
    room.pass(1_500);
    room.world.device.fault(room.world.now, Fault::Drop(Way::Both, 1_000));
    room.pass(520);
    assert_eq!(room.world.device.output_now(), 0);
    room.is(State::Locked);
    let cut = room.world.now;
    room.pass(2_000);
    assert!(room.world.frames_since(cut, OFF).len() >= 39, "Off goes on");
    room.world.device.heal(room.world.now);
    room.finish();
}
