//! A real supervisor on top of a world: what a clinic does for one unit.

use std::{boxed::Box, vec::Vec};

use safety::{
    Admitted, Beacon, Beam, Checkable, Command, Fence, Input, Laser, Limits, Nanos, Pace, Pemf,
    Power, State, Supervisor, Terms, Timing, check,
};
use simulated_units::{Button, Device};

use super::{
    limits::{Permitted, untouched},
    world::{MS, World},
};
use crate::Dialect;

/// A hang is a failure.
const STEPS_MAX: u32 = 1_000_000;

/// What is prescribed, what permits it, and how strictly it is watched.
#[derive(Clone, Debug)]
pub(crate) struct Treatment<M: Checkable> {
    pub(crate) prescription: M::Prescription,
    pub(crate) limits: Limits<M>,
    pub(crate) terms: Terms<M>,
}

impl Treatment<Laser> {
    /// 5 W for 60 J at most, by a unit of 500 ms lease that rises within a second.
    pub(crate) fn laser() -> Self {
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
    pub(crate) fn pemf() -> Self {
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

pub(crate) struct Room<M: Checkable, D: Device> {
    pub(crate) world: World<M, D>,
    pub(crate) supervisor: Supervisor<M>,
    pub(crate) treatment: Treatment<M>,
    /// The operator holds the dead-man switch.
    pub(crate) held: bool,
    /// What is to be durable is so at once.
    pub(crate) writes: bool,
    /// How many reports the supervisor was told.
    told: usize,
}

impl<M: Checkable, D: Device> Room<M, D> {
    pub(crate) fn new(
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
    pub(crate) fn pass(&mut self, millis: u64) {
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
    pub(crate) fn reaches(&mut self, millis: u64, state: State) -> bool {
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

    pub(crate) fn fence(&self) -> Fence {
        Fence { token: 1, epoch: self.supervisor.epoch() }
    }

    /// An input that must be taken.
    pub(crate) fn must(&mut self, input: Input<M>) {
        self.supervisor.step(self.world.instant(), input).unwrap();
        self.world.order(self.supervisor.order());
    }

    /// The prescription, checked.
    pub(crate) fn admitted(&self) -> Admitted<M> {
        let Treatment { prescription, limits, .. } = &self.treatment;
        let checked = check::<M>(prescription, limits, &untouched::<M>());
        let objections: Vec<_> = checked.objections().collect();
        checked.admitted().unwrap_or_else(|| panic!("{objections:#?}"))
    }

    pub(crate) fn arm(&mut self) {
        let admitted = self.admitted();
        self.must(Input::Confirm(admitted, self.fence()));
        self.must(Input::Command(Command::Arm, self.fence()));
    }

    pub(crate) fn start(&mut self) {
        self.must(Input::Command(Command::Start, self.fence()));
    }

    pub(crate) fn press(&mut self, button: Button, on: bool) {
        self.world.device.press(self.world.now, button, on);
    }

    /// From a port that opened to the first light.
    pub(crate) fn emit(&mut self) {
        self.warn();
        assert!(self.reaches(10_000, State::Emitting), "{}", self.state());
    }

    /// From a port that opened to a warning. A footswitch is seen released, then pressed.
    pub(crate) fn warn(&mut self) {
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

    pub(crate) fn is(&self, state: State) {
        assert_eq!(self.supervisor.status().state, state, "{}", self.state());
    }

    /// What is the matter, in words.
    pub(crate) fn state(&self) -> std::string::String {
        let status = self.supervisor.status();
        let causes: Vec<_> = self.supervisor.causes().iter().collect();
        let last: Vec<_> = self
            .world
            .said
            .iter()
            .rev()
            .take(8)
            .map(|(at, frame)| {
                (at / MS, std::string::String::from_utf8_lossy(&frame.bytes).into_owned())
            })
            .collect();
        std::format!("{:?} {causes:?} {:?} {last:?}", status.state, status.emission)
    }

    /// Whatever it was: in the end the unit is off, and known to be.
    pub(crate) fn finish(&mut self) {
        self.must(Input::Stop);
        self.pass(3_000);
        assert_eq!(self.world.device.output_now(), 0);
        assert!(matches!(self.supervisor.beam(), Beam::OffProven(_)), "{}", self.state());
    }
}
