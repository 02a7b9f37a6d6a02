//! What can be wrong with a driver, its diode or its line.

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
