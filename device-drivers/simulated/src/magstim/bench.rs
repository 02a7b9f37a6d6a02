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

/// What a person types for a coil as hot as the unit bears.
pub(super) const OVER_TEMPERATURE: &str = "over-temperature";

impl Fault {
    /// How a person types what is wrong with it, and what it does.
    pub const NAMES: [(&'static str, &'static str); 9] = [
        ("ignore-stop", "it stays armed whatever it is told"),
        ("no-watchdog", "it stays armed in silence"),
        ("wrong-level", "it sets itself one percent higher than it is told"),
        ("mute-fire", "it fires, and its answer to that is lost"),
        (OVER_TEMPERATURE, "its coil is as hot as it bears"),
        ("error", "it reports an error that ends by itself"),
        ("fatal-error", "it reports a fatal error"),
        ("replace-coil", "it asks for another coil"),
        ("special-trigger", "its special trigger mode is on"),
    ];

    /// What a person typed.
    pub(super) fn named(words: &str) -> Option<Self> {
        Some(match words {
            "ignore-stop" => Self::IgnoresDisarm,
            "no-watchdog" => Self::NoWatchdog,
            "wrong-level" => Self::WrongIntensity,
            "mute-fire" => Self::MuteFire,
            "error" => Self::Error,
            "fatal-error" => Self::FatalError,
            "replace-coil" => Self::ReplaceCoil,
            "special-trigger" => Self::SpecialTrigger,
            _ => return None,
        })
    }
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
