//! What can be wrong with a driver, its diode or its line.

use crate::device::numbered;

/// A fault, on until it is healed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing that it says arrives.
    Mute,
    /// Its next replies do not arrive, this many.
    MuteFor(u32),
    /// Its replies are late by this many milliseconds.
    Late(u16),
    /// So many in a thousand of its replies do not arrive.
    Drop(u16),
    /// So many in a thousand of its replies arrive with one bit flipped.
    Corrupt(u16),
    /// Every reply arrives twice.
    Duplicate,
    /// Every second reply is overtaken by the next.
    Reorder,
    /// Its currents are given ten times too high: the divider of another version.
    WrongDivider,
    /// Current flows on though it says that it stopped.
    StuckOn,
    /// It takes a stop and goes on.
    IgnoreStop,
    /// It ignores its interlock, and says so.
    BypassedInterlock,
    /// It ignores its sensor, and says so.
    BypassedSensor,
    /// Its board is 60 degrees too hot.
    OverTemperature,
    /// It sets these bits of its status.
    StateBits(u16),
    /// It sets these bits of its lock status.
    LockBits(u16),
    /// The diode emits so many thousandths of what its calibration says.
    Gain(u16),
}

impl Fault {
    /// How a person types what is wrong with the driver or its diode, and what it does.
    pub const NAMES: [(&'static str, &'static str); 7] = [
        ("stuck-on", "current flows on though it says that it stopped"),
        ("ignore-stop", "it takes a stop and goes on"),
        ("gain:permille", "the light is another than the current should give"),
        ("over-temperature", "its board is 60 degrees too hot"),
        ("wrong-divider", "it gives currents ten times too high"),
        ("bypassed-interlock", "it ignores its interlock, and says so"),
        ("bypassed-sensor", "it ignores its sensor, and says so"),
    ];

    /// What a person typed.
    pub(super) fn named(words: &str) -> Option<Self> {
        Some(match words {
            "stuck-on" => Self::StuckOn,
            "ignore-stop" => Self::IgnoreStop,
            "over-temperature" => Self::OverTemperature,
            "wrong-divider" => Self::WrongDivider,
            "bypassed-interlock" => Self::BypassedInterlock,
            "bypassed-sensor" => Self::BypassedSensor,
            _ => Self::Gain(numbered(words, "gain")?),
        })
    }
}
