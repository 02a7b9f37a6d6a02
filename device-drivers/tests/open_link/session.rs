//! A whole session: supervisor, dialect and simulated unit in virtual time, on a good cable and on a
//! bad one.

use safety::{
    Beacon, Beam, CoilLimits, Command, FROZEN, Fence, Input, Laser, Nanos, Pace, Pemf, State,
    Supervisor, Terms, Timing, check,
};
use simulated_units::{Button, Fault, Way};

use crate::{
    limits::{Permitted, untouched},
    wire::{ENABLE, OFF},
    world::{MS, World},
};

/// A hang is a failure.
const STEPS_MAX: u32 = 100_000;

struct Room<M: Permitted> {
    world: World<M>,
    supervisor: Supervisor<M>,
    /// How many reports the supervisor was told.
    told: usize,
    held: bool,
}

impl<M: Permitted> Room<M> {
    fn new(seed: u64, terms: Terms<M>) -> Self {
        let world = World::with(M::plan(), M::plate(&M::plan()), seed);
        let mut supervisor = Supervisor::new(terms, world.instant());
        supervisor.step(world.instant(), Input::Opened).unwrap();
        Self { world, supervisor, told: 0, held: true }
    }

    /// Lets time pass, with everything that a clinic does for one unit.
    fn pass(&mut self, millis: u64) {
        let end = self.world.now + millis * MS;
        let mut left = STEPS_MAX;
        while self.world.now < end {
            left -= 1;
            assert!(left > 0, "spins at {}", self.world.now);
            let wake = self.supervisor.wake().since_boot().clamp(self.world.now + 1, end);
            self.world.advance(wake);
            let now = self.world.instant();
            for (_, report) in self.world.heard[self.told..].iter().copied() {
                self.supervisor.step(now, Input::Report(report)).unwrap();
            }
            self.told = self.world.heard.len();
            self.supervisor.step(now, Input::Wake).unwrap();
            self.hold();
            if let Some(slice) = self.supervisor.reserve() {
                self.supervisor.step(now, Input::Durable(slice.id)).unwrap();
            }
            self.world.order(self.supervisor.order());
        }
    }

    fn hold(&mut self) {
        let beacon = self.supervisor.status().session.map(|session| session.beacon);
        if self.held
            && let Some(Beacon(number)) = beacon
        {
            let fence = self.fence();
            let now = self.world.instant();
            let _ = self.supervisor.step(now, Input::Hold(fence, Beacon(number)));
        }
    }

    fn fence(&self) -> Fence {
        Fence { token: 1, epoch: self.supervisor.epoch() }
    }

    fn must(&mut self, input: Input<M>) {
        self.supervisor.step(self.world.instant(), input).unwrap();
        self.world.order(self.supervisor.order());
    }

    fn arm(&mut self) {
        let checked = check::<M>(&M::prescription(), &M::limits(), &untouched::<M>());
        self.must(Input::Confirm(checked.admitted().expect("permitted"), self.fence()));
        self.must(Input::Command(Command::Arm, self.fence()));
    }

    fn start(&mut self) {
        self.must(Input::Command(Command::Start, self.fence()));
    }

    fn is(&self, state: State) {
        let status = self.supervisor.status();
        let causes: Vec<_> = self.supervisor.causes().iter().collect();
        assert_eq!(status.state, state, "{causes:?} {:?}", status.emission);
    }
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
    Room::new(seed, terms)
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
    Room::new(seed, terms)
}

/// From a port that opened to a warning that was given.
fn begin(room: &mut Room<Laser>) {
    room.pass(500);
    room.is(State::Standby);
    room.arm();
    room.pass(500);
    room.world.unit.press(room.world.now, Button::Footswitch, true);
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
    let given = room.world.unit.meter();
    let charged = u128::from(ended.charged.quantity.picojoules());
    assert!(given <= charged, "{given} given, {charged} charged");
    assert!(given * 100 >= charged * 90, "{given} given, {charged} charged");
    assert_eq!(room.world.said_since(0, ENABLE).len(), 1);
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
    let given = room.world.unit.meter();
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
    room.world.unit.press(paused, Button::Footswitch, false);
    room.pass(200);
    room.world.unit.press(room.world.now, Button::Footswitch, true);
    room.pass(300);
    let checked = check::<Laser>(&Laser::prescription(), &Laser::limits(), &untouched::<Laser>());
    let admitted = checked.admitted().expect("permitted");
    room.must(Input::Command(Command::Resume(admitted), room.fence()));
    room.pass(4_000);
    room.is(State::Emitting);
    assert_eq!(room.world.said_since(paused, ENABLE).len(), 1);
    for kind in [crate::wire::IDENTIFY, crate::wire::CAPABILITIES, crate::wire::SET] {
        assert!(!room.world.said_since(paused, kind).is_empty(), "kind {kind}");
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
    assert_eq!(room.world.unit.output_now(), 0);
}

#[test]
fn a_cable_that_drops_one_frame_in_a_hundred_is_lived_with() {
    let mut emitted = 0;
    for seed in 0..10 {
        let mut room = laser(seed);
        room.world.unit.fault(room.world.now, Fault::Drop(Way::Both, 10));
        begin(&mut room);
        room.pass(8_000);
        emitted += usize::from(room.supervisor.causes().is_empty());
        finish(&mut room);
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
        room.world.unit.fault(room.world.now, Fault::Corrupt(Way::Both, share));
        room.pass(6_000);
        room.is(State::Locked);
        room.world.unit.heal(room.world.now);
        finish(&mut room);
    }
}

#[test]
fn a_cable_that_is_cut_ends_the_emission_by_the_lease() {
    let mut room = laser(1);
    begin(&mut room);
    room.pass(1_500);
    room.world.unit.fault(room.world.now, Fault::Drop(Way::Both, 1_000));
    room.pass(520);
    assert_eq!(room.world.unit.output_now(), 0);
    room.is(State::Locked);
    let cut = room.world.now;
    room.pass(2_000);
    assert!(room.world.said_since(cut, OFF).len() >= 39, "Off goes on");
    room.world.unit.heal(room.world.now);
    finish(&mut room);
}

/// Whatever it was: in the end the unit is off, and known to be.
fn finish(room: &mut Room<Laser>) {
    room.must(Input::Stop);
    room.pass(1_500);
    assert_eq!(room.world.unit.output_now(), 0);
    assert!(matches!(room.supervisor.beam(), Beam::OffProven(_)), "{:?}", room.supervisor.beam());
}
