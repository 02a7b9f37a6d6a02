//! Which driver it is, and which diode is behind it.

/// The facts of one driver.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How its line speaks.
    pub framing: Framing,
    /// What its counts are worth.
    pub series: Series,
    /// Its model id.
    pub model: u16,
    /// Its number.
    pub serial: u16,
    /// The highest current that may be set.
    pub highest_microamperes: u64,
    /// The highest current of the hardware.
    pub hardware_microamperes: u64,
    /// Below this the diode does not lase.
    pub threshold_microamperes: u64,
    /// Above it, how much more light one ampere gives.
    pub milliwatts_per_ampere: u64,
    /// How far what the driver measures goes up and down.
    pub ripple_microamperes: i64,
}

/// How the line of a driver speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Lines of text.
    Text,
    /// Modbus RTU at this address.
    Rtu(u8),
}

/// What the counts of a driver are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// SF6xxx: this many counts in one ampere of the current that is set, 10 or 100.
    Sf6(u64),
    /// SF8xxx.
    Sf8,
}

impl Series {
    /// One count of the current that is set.
    pub fn set_microamperes(self) -> u64 {
        match self {
            Self::Sf6(divider) => 1_000_000 / divider.max(1),
            Self::Sf8 => 100,
        }
    }

    /// One count of the current that is measured.
    pub fn measured_microamperes(self) -> u64 {
        match self {
            Self::Sf6(_) => 100_000,
            Self::Sf8 => 100,
        }
    }
}

impl Plan {
    /// An SF6030 of version 2 with a 980 nm diode: 30 A, and 800 mW for each ampere above one.
    pub fn sf6(framing: Framing) -> Self {
        Self {
            framing,
            series: Series::Sf6(100),
            model: 0x0130,
            serial: 0x1A2B,
            highest_microamperes: 12_000_000,
            hardware_microamperes: 30_000_000,
            threshold_microamperes: 1_000_000,
            milliwatts_per_ampere: 800,
            ripple_microamperes: 80_000,
        }
    }

    /// An SF8300 with an 810 nm diode: 3 A, and 1100 mW for each ampere above 0.3.
    pub fn sf8(framing: Framing) -> Self {
        Self {
            framing,
            series: Series::Sf8,
            model: 0x0230,
            serial: 0x0C07,
            highest_microamperes: 2_500_000,
            hardware_microamperes: 3_000_000,
            threshold_microamperes: 300_000,
            milliwatts_per_ampere: 1_100,
            ripple_microamperes: 2_000,
        }
    }
}
