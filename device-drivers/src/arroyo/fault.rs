//! The faults that this dialect reports. The lower half are the bits of `LAS:COND?`.

/// The drive is held by its current limit.
pub const CURRENT_LIMIT: u32 = 1;
/// The drive is held by its voltage limit.
pub const VOLTAGE_LIMIT: u32 = 1 << 1;
/// The current of the photodiode is above its limit.
pub const PHOTODIODE_CURRENT: u32 = 1 << 2;
/// The power at the photodiode is above its limit.
pub const PHOTODIODE_POWER: u32 = 1 << 3;
/// No diode is connected.
pub const OPEN_CIRCUIT: u32 = 1 << 7;
/// The diode or its cable is shorted.
pub const SHORT_CIRCUIT: u32 = 1 << 8;
/// The output was turned off because it left its tolerance.
pub const TOLERANCE: u32 = 1 << 9;
/// The resistance of the sensor is outside of its limits.
pub const RESISTANCE_LIMIT: u32 = 1 << 13;
/// The temperature is outside of its limits.
pub const TEMPERATURE_LIMIT: u32 = 1 << 14;
/// The driver is too hot.
pub const THERMAL: u32 = 1 << 15;
/// The cooler is off.
pub const COOLER_OFF: u32 = 1 << 16;
/// Something is wrong with the cooler or its sensor.
pub const COOLER: u32 = 1 << 17;
/// The driver or its supply failed.
pub const HARDWARE: u32 = 1 << 18;
/// The diode has a loose contact.
pub const INTERMITTENT: u32 = 1 << 19;
/// It is not in its mode of constant current.
pub const MODE: u32 = 1 << 20;
/// A trip that has to be there is masked out: a protection is bypassed.
pub const BYPASSED: u32 = 1 << 21;
/// It says something that its manual does not know.
pub const UNKNOWN: u32 = 1 << 22;

/// The conditions that are faults. Out of tolerance is none while it lasts, because every rise
/// passes through it: what is measured is held against what was ordered anyway.
pub(super) const CONDITIONS: u32 = CURRENT_LIMIT
    | VOLTAGE_LIMIT
    | PHOTODIODE_CURRENT
    | PHOTODIODE_POWER
    | OPEN_CIRCUIT
    | SHORT_CIRCUIT
    | RESISTANCE_LIMIT
    | TEMPERATURE_LIMIT
    | THERMAL;

/// What an error says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// A fault of these bits.
    Fault(u32),
    /// The interlock opened.
    Interlock,
    /// A command was not understood, or not obeyed.
    Refused,
}

/// What the error of this number says.
pub(super) fn of_error(number: u32) -> Told {
    match number {
        102 | 123 | 124 | 126 | 201 | 202 | 303 => Told::Refused,
        501 => Told::Interlock,
        504 => Told::Fault(CURRENT_LIMIT),
        505 => Told::Fault(VOLTAGE_LIMIT),
        506 => Told::Fault(PHOTODIODE_CURRENT),
        507 => Told::Fault(PHOTODIODE_POWER),
        508 => Told::Fault(COOLER_OFF),
        509 => Told::Fault(SHORT_CIRCUIT),
        510 => Told::Fault(TOLERANCE),
        511 | 512 => Told::Fault(HARDWARE),
        514 => Told::Fault(MODE),
        438 | 537 => Told::Fault(THERMAL),
        521 | 538 | 539 => Told::Fault(COOLER),
        536 => Told::Fault(INTERMITTENT),
        _ => Told::Fault(UNKNOWN),
    }
}
