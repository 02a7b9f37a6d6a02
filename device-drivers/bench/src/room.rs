//! A real supervisor on top of a world: what a clinic does for one unit.

use std::{boxed::Box, format, string::String, vec::Vec};

use safety::{
    Admitted, Beacon, Beam, Cause, Checkable, Command, Fence, Input, Laser, Limits, Nanos, Pace,
    Pemf, Power, State, Supervisor, Terms, Timing, check,
};
use simulated_units::{Button, Device};

use super::{
    limits::{Permitted, untouched},
    world::{MS, World},
};
use device_drivers::Dialect;

/// A hang is a failure.
const STEPS_MAX: u32 = 1_000_000;

/// What is prescribed, what permits it, and how strictly it is watched.
#[derive(Clone, Debug)]
pub struct Treatment<M: Checkable> {
    /// What is asked.
    pub prescription: M::Prescription,
    /// What permits it.
    pub limits: Limits<M>,
    /// How it is watched.
    pub terms: Terms<M>,
}

impl Treatment<Laser> {
    /// 5 W for 60 J at most, by a unit of 500 ms lease that rises within a second.
    pub fn laser() -> Self {
        let terms = Terms {
            pace: Pace::Continuous,
            frozen: None,
            timing: Timing::LASER,
            lease: Nanos::from_millis(500),
            rise: Nanos::from_secs(1),
            off_below: Power::from_milliwatts(50),
            second_enable: false,
            coil: None,
        };
        Self { prescription: Laser::prescription(), limits: Laser::limits(), terms }
    }
}

impl Treatment<Pemf> {
    /// 10 mT at 10 Hz for a minute, by a unit of 2 s lease.
    pub fn pemf() -> Self {
        let terms = Terms {
            pace: Pace::Continuous,
            frozen: None,
            timing: Timing::PEMF,
            lease: Nanos::from_millis(2_000),
            rise: Nanos::from_millis(500),
            off_below: safety::Flux::from_microteslas(100),
            second_enable: false,
            coil: None,
        };
        Self { prescription: Pemf::prescription(), limits: Pemf::limits(), terms }
    }
}

/// A line, and the supervisor of the unit at its end.
pub struct Room<M: Checkable, D: Device> {
    /// The line.
    pub world: World<M, D>,
    /// What a clinic has for one unit.
    pub supervisor: Supervisor<M>,
    /// What is given.
    pub treatment: Treatment<M>,
    /// The operator holds the dead-man switch.
    pub held: bool,
    /// What is to be durable is so at once.
    pub writes: bool,
    /// How many reports the supervisor was told.
    told: usize,
}

impl<M: Checkable, D: Device> Room<M, D> {
    /// An open port, and nothing known of whoever is there.
    pub fn new(
        dialect: Box<dyn Dialect<M> + Send>,
        device: D,
        byte: u64,
        treatment: Treatment<M>,
    ) -> Self {
        let world = World::new(dialect, device, byte);
        let mut supervisor = Supervisor::new(treatment.terms, world.instant());
        supervisor.step(world.instant(), Input::Opened).unwrap();
        Self { world, supervisor, treatment, held: true, writes: true, told: 0 }
    }

    /// Lets time pass, with everything that a clinic does for one unit.
    pub fn pass(&mut self, millis: u64) {
        let end = self.world.now + millis * MS;
        let mut left = STEPS_MAX;
        while self.world.now < end {
            left -= 1;
            assert!(left > 0, "spins at {}", self.world.now);
            let wake = self.supervisor.wake().since_boot().clamp(self.world.now + 1, end);
            self.world.advance(wake);
            let now = self.world.instant();
            let heard: Vec<_> = self.world.heard[self.told..].to_vec();
            for (_, report) in heard {
                self.supervisor.step(now, Input::Report(report)).unwrap();
            }
            self.told = self.world.heard.len();
            self.supervisor.step(now, Input::Wake).unwrap();
            self.hold();
            if let Some(slice) = self.supervisor.reserve().filter(|_| self.writes) {
                self.supervisor.step(now, Input::Durable(slice.id)).unwrap();
            }
            self.world.order(self.supervisor.order());
        }
    }

    /// Lets time pass until the unit is in `state`, and says whether that was within `millis`.
    pub fn reaches(&mut self, millis: u64, state: State) -> bool {
        let end = self.world.now + millis * MS;
        while self.supervisor.status().state != state && self.world.now < end {
            self.pass(1);
        }
        self.supervisor.status().state == state
    }

    fn hold(&mut self) {
        let beacon = self.supervisor.status().session.map(|session| session.beacon);
        if let (true, Some(Beacon(number))) = (self.held, beacon) {
            let now = self.world.instant();
            let _ = self.supervisor.step(now, Input::Hold(self.fence(), Beacon(number)));
        }
    }

    /// What entitles to a command now.
    pub fn fence(&self) -> Fence {
        Fence { token: 1, epoch: self.supervisor.epoch() }
    }

    /// An input that must be taken.
    pub fn must(&mut self, input: Input<M>) {
        self.supervisor.step(self.world.instant(), input).unwrap();
        self.world.order(self.supervisor.order());
    }

    /// Why the unit is locked.
    pub fn causes(&self) -> Vec<Cause> {
        self.supervisor.causes().iter().map(|latched| latched.cause).collect()
    }

    /// # Panics
    /// Unless the unit is off, and known to be.
    #[track_caller]
    pub fn is_off(&self) {
        assert_eq!(self.world.device.output_now(), 0, "{}", self.state());
        assert!(matches!(self.supervisor.beam(), Beam::OffProven(_)), "{}", self.state());
    }

    /// The prescription, checked.
    pub fn admitted(&self) -> Admitted<M> {
        let Treatment { prescription, limits, .. } = &self.treatment;
        let checked = check::<M>(prescription, limits, &untouched::<M>());
        let objections: Vec<_> = checked.objections().collect();
        checked.admitted().unwrap_or_else(|| panic!("{objections:#?}"))
    }

    /// The prescription is confirmed and the unit armed.
    pub fn arm(&mut self) {
        let admitted = self.admitted();
        self.must(Input::Confirm(admitted, self.fence()));
        self.must(Input::Command(Command::Arm, self.fence()));
    }

    /// The session starts.
    pub fn start(&mut self) {
        self.must(Input::Command(Command::Start, self.fence()));
    }

    /// A hand, a foot or a door moves something.
    pub fn press(&mut self, button: Button, on: bool) {
        self.world.device.press(self.world.now, button, on);
    }

    /// From a port that opened to the first light.
    pub fn emit(&mut self) {
        self.warn();
        assert!(self.reaches(10_000, State::Emitting), "{}", self.state());
    }

    /// From a port that opened to a warning. A footswitch is seen released, then pressed.
    pub fn warn(&mut self) {
        assert!(self.reaches(30_000, State::Standby), "{}", self.state());
        self.arm();
        self.pass(1_500);
        if self.treatment.terms.second_enable {
            self.press(Button::Footswitch, true);
        }
        self.pass(1_000);
        self.start();
        assert!(self.reaches(3_000, State::Warning), "{}", self.state());
    }

    /// # Panics
    /// If the unit is in another state.
    #[track_caller]
    pub fn is(&self, state: State) {
        assert_eq!(self.supervisor.status().state, state, "{}", self.state());
    }

    /// What is the matter, in words.
    pub fn state(&self) -> String {
        let status = self.supervisor.status();
        let causes: Vec<_> = self.supervisor.causes().iter().collect();
        let last: Vec<_> = self
            .world
            .said
            .iter()
            .rev()
            .take(8)
            .map(|(at, frame)| (at / MS, String::from_utf8_lossy(&frame.bytes).into_owned()))
            .collect();
        format!("{:?} {causes:?} {:?} {last:?}", status.state, status.emission)
    }

    /// Whatever it was: in the end the unit is off, and known to be.
    pub fn finish(&mut self) {
        self.must(Input::Stop);
        self.pass(3_000);
        self.is_off();
    }
}
