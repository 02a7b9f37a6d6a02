//! A line with a real supervisor above it, and everything that a clinic does for one unit.

use safety::{
    Admitted, Beacon, Beam, Cause, Command, Fence, Input, Modality, State, Supervisor, Terms,
};
use simulated_units::Device;

use super::line::{Line, MS};

/// A hang is a failure.
const STEPS_MAX: u32 = 200_000;

pub(crate) struct Room<M: Modality, U> {
    pub(crate) line: Line<M, U>,
    pub(crate) supervisor: Supervisor<M>,
    /// How many reports the supervisor was told.
    told: usize,
    /// Somebody holds the dead-man switch.
    pub(crate) held: bool,
}

impl<M: Modality, U: Device> Room<M, U> {
    pub(crate) fn new(line: Line<M, U>, terms: Terms<M>) -> Self {
        let mut supervisor = Supervisor::new(terms, line.instant());
        supervisor.step(line.instant(), Input::Opened).unwrap();
        Self { line, supervisor, told: 0, held: true }
    }

    /// Lets time pass, with everything that a clinic does for one unit.
    pub(crate) fn pass(&mut self, millis: u64) {
        let end = self.line.now + millis * MS;
        let mut left = STEPS_MAX;
        while self.line.now < end {
            left -= 1;
            assert!(left > 0, "spins at {}", self.line.now);
            let wake = self.supervisor.wake().since_boot().clamp(self.line.now + 1, end);
            self.line.advance(wake);
            let now = self.line.instant();
            for (_, report) in self.line.heard[self.told..].iter().copied() {
                self.supervisor.step(now, Input::Report(report)).unwrap();
            }
            self.told = self.line.heard.len();
            self.supervisor.step(now, Input::Wake).unwrap();
            self.hold();
            if let Some(slice) = self.supervisor.reserve() {
                self.supervisor.step(now, Input::Durable(slice.id)).unwrap();
            }
            self.line.order(self.supervisor.order());
        }
    }

    fn hold(&mut self) {
        let beacon = self.supervisor.status().session.map(|session| session.beacon);
        if self.held
            && let Some(Beacon(number)) = beacon
        {
            let fence = self.fence();
            let now = self.line.instant();
            let _ = self.supervisor.step(now, Input::Hold(fence, Beacon(number)));
        }
    }

    pub(crate) fn fence(&self) -> Fence {
        Fence { token: 1, epoch: self.supervisor.epoch() }
    }

    pub(crate) fn must(&mut self, input: Input<M>) {
        self.supervisor.step(self.line.instant(), input).unwrap();
        self.line.order(self.supervisor.order());
    }

    pub(crate) fn arm(&mut self, admitted: Admitted<M>) {
        self.must(Input::Confirm(admitted, self.fence()));
        self.must(Input::Command(Command::Arm, self.fence()));
    }

    pub(crate) fn start(&mut self) {
        self.must(Input::Command(Command::Start, self.fence()));
    }

    #[track_caller]
    pub(crate) fn is(&self, state: State) {
        let status = self.supervisor.status();
        assert_eq!(status.state, state, "{:?} {:?}", self.causes(), status.emission);
    }

    pub(crate) fn causes(&self) -> Vec<Cause> {
        self.supervisor.causes().iter().map(|latched| latched.cause).collect()
    }

    /// The unit is off, and known to be.
    #[track_caller]
    pub(crate) fn is_off(&self) {
        assert_eq!(self.line.unit.output_now(), 0);
        assert!(
            matches!(self.supervisor.beam(), Beam::OffProven(_)),
            "{:?}",
            self.supervisor.beam()
        );
    }
}
