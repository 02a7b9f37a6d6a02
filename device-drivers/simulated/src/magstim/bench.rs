//! What tests do to a Magstim.

use super::{Magstim, Mode};

/// What can be wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It hears nothing.
    Deaf,
    /// It obeys and says nothing.
    Mute,
    /// It fires and its answer to that is lost.
    MuteFire,
    /// It stays armed whatever it is told.
    IgnoresDisarm,
    /// It stays armed in silence.
    NoWatchdog,
    /// It sets itself this much higher than it is told: one percent.
    WrongIntensity,
    /// It reports an error that ends by itself.
    Error,
    /// It reports a fatal error.
    FatalError,
    /// It asks for another coil.
    ReplaceCoil,
    /// Its special trigger mode is on.
    SpecialTrigger,
}

impl Magstim {
    /// Something goes wrong, or stops to.
    pub fn suffer(&mut self, fault: Fault, on: bool) {
        self.faults.retain(|other| *other != fault);
        if on {
            self.faults.push(fault);
        }
    }

    /// Somebody at the front panel takes it from remote control.
    pub fn take_over(&mut self) {
        self.remote = false;
        self.mode = Mode::Standby;
        self.train = None;
    }

    /// The coil is as warm as this from now on, in thousandths of a degree.
    pub fn warm_to(&mut self, millidegrees: u64) {
        self.heat = (millidegrees, self.now);
    }

    pub(super) fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }
}
