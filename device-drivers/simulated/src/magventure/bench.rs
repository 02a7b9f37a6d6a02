//! What tests do to a MagVenture.

use super::MagVenture;

/// What can be wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It hears nothing.
    Deaf,
    /// It obeys and says nothing.
    Mute,
    /// It starts, and says nothing of it.
    MuteStart,
    /// It stays enabled whatever it is told.
    IgnoresDisable,
    /// It sets itself one percent higher than it is told.
    WrongAmplitude,
    /// It sets twice the trains that it is told.
    WrongTrains,
    /// It ramps its first trains up.
    Ramp,
}

/// What a person types for a coil as hot as the unit bears.
pub(super) const OVER_TEMPERATURE: &str = "over-temperature";

impl Fault {
    /// How a person types what is wrong with it, and what it does.
    pub const NAMES: [(&'static str, &'static str); 6] = [
        ("ignore-stop", "it stays enabled whatever it is told"),
        ("wrong-level", "it sets itself one percent higher than it is told"),
        ("wrong-trains", "it sets twice the trains that it is told"),
        ("ramp", "it ramps its first trains up"),
        ("mute-start", "it starts, and says nothing of it"),
        (OVER_TEMPERATURE, "its coil is as hot as it bears"),
    ];

    /// What a person typed.
    pub(super) fn named(words: &str) -> Option<Self> {
        Some(match words {
            "ignore-stop" => Self::IgnoresDisable,
            "wrong-level" => Self::WrongAmplitude,
            "wrong-trains" => Self::WrongTrains,
            "ramp" => Self::Ramp,
            "mute-start" => Self::MuteStart,
            _ => return None,
        })
    }
}

impl MagVenture {
    /// Something goes wrong, or stops to.
    pub fn suffer(&mut self, fault: Fault, on: bool) {
        self.faults.retain(|other| *other != fault);
        if on {
            self.faults.push(fault);
        }
    }

    /// Somebody turns its wheel, and it says so.
    pub fn turn_wheel(&mut self, percent: u8) {
        self.amplitude = percent;
        self.push_amplitude();
    }

    /// Somebody changes its mode (0 standard, 1 power, 2 twin, 3 dual) at its screen.
    pub fn change_mode(&mut self, mode: u8) {
        self.mode = mode & 3;
        self.push_amplitude();
    }

    /// Somebody changes its page at its screen, and it says so.
    pub fn change_page(&mut self, page: u8) {
        self.page = page;
        self.push_page();
    }

    /// The coil is as warm as this from now on, in thousandths of a degree.
    pub fn warm_to(&mut self, millidegrees: u64) {
        self.heat = (millidegrees, self.now);
    }

    pub(super) fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }
}
