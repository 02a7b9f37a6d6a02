//! What can be wrong with a driver, its diode or its line.

use super::MS;

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is said any more. Commands are obeyed.
    Mute,
    /// Answers come this much later, in milliseconds.
    Late(u64),
    /// Of a thousand answers so many have a flipped bit.
    Corrupt(u16),
    /// Every answer is said twice.
    Twice,
    /// Currents are said in amperes, whatever the manual says.
    Amperes,
    /// The output cannot be turned off by a command.
    StuckOn,
    /// The diode has a loose contact: the output is turned off each time it is turned on.
    Intermittent,
    /// No diode is connected.
    OpenCircuit,
    /// The driver is too hot.
    Hot,
    /// The cooler is off.
    CoolerOff,
    /// The set point does not follow what it is told.
    Stubborn,
    /// This register of trips, whatever the unit was told.
    Trips(u16),
    /// It is in the mode of constant optical power.
    PowerMode,
    /// A bit that no manual knows.
    UnknownBit,
    /// This error, once.
    Error(u16),
}

impl Fault {
    /// How a person types what is wrong with the driver or its diode, and what it does.
    pub const NAMES: [(&'static str, &'static str); 8] = [
        ("stuck-on", "the output cannot be turned off by a command"),
        ("stubborn", "the set point does not follow what it is told"),
        ("over-temperature", "the driver is too hot, and trips"),
        ("open-circuit", "no diode is connected"),
        ("intermittent", "the diode has a loose contact"),
        ("amperes", "currents are said in amperes, whatever the manual says"),
        ("power-mode", "it is in the mode of constant optical power"),
        ("cooler-off", "the cooler is off, if it has one"),
    ];

    /// What a person typed.
    pub(super) fn named(words: &str) -> Option<Self> {
        Some(match words {
            "stuck-on" => Self::StuckOn,
            "stubborn" => Self::Stubborn,
            "over-temperature" => Self::Hot,
            "open-circuit" => Self::OpenCircuit,
            "intermittent" => Self::Intermittent,
            "amperes" => Self::Amperes,
            "power-mode" => Self::PowerMode,
            "cooler-off" => Self::CoolerOff,
            _ => return None,
        })
    }

    pub(super) fn trips(self) -> Option<u16> {
        if let Self::Trips(word) = self { Some(word) } else { None }
    }

    pub(super) fn corrupts(self) -> u16 {
        if let Self::Corrupt(permille) = self { permille } else { 0 }
    }

    pub(super) fn late_ns(self) -> u64 {
        if let Self::Late(millis) = self { millis * MS } else { 0 }
    }
}
