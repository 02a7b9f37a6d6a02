//! The units of measure in which limits are written down, and what they are inside.

use safety::{
    Area, Energy, Exposure, Fluence, Flux, Frequency, Irradiance, Multiple, Nanos, Permille, Power,
    PowerRate,
};

/// A unit of measure of the limits file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    Milliwatts,
    MilliwattsPerSecond,
    MilliwattsPerCm2,
    MillijoulesPerCm2,
    Joules,
    SquareMillimetres,
    Millihertz,
    Permille,
    Times,
    Pulses,
    Milliseconds,
    Seconds,
    Minutes,
    Microteslas,
    MilliteslaMinutes,
}

impl Scale {
    /// How many of the units that the core counts in one of these is.
    pub(super) const fn factor(self) -> u64 {
        match self {
            Self::Milliwatts
            | Self::MilliwattsPerSecond
            | Self::SquareMillimetres
            | Self::Millihertz
            | Self::Permille
            | Self::Times
            | Self::Pulses
            | Self::Microteslas => 1,
            Self::MilliwattsPerCm2 | Self::MillijoulesPerCm2 => 1_000,
            Self::Joules => 1_000_000_000_000,
            Self::Milliseconds => 1_000_000,
            Self::Seconds => 1_000_000_000,
            Self::Minutes => 60_000_000_000,
            Self::MilliteslaMinutes => 60_000_000_000_000,
        }
    }

    /// The most that can be written down, so that nothing wraps inside.
    pub(super) const fn most(self) -> u64 {
        match self {
            Self::Milliwatts
            | Self::MilliwattsPerSecond
            | Self::MilliwattsPerCm2
            | Self::SquareMillimetres
            | Self::Microteslas
            | Self::MillijoulesPerCm2
            | Self::Joules
            | Self::Pulses => 1_000_000,
            Self::Millihertz => 1_000_000_000,
            Self::Permille => 10_000,
            Self::Times => 1_000,
            Self::Milliseconds | Self::Seconds | Self::Minutes => 100_000,
            Self::MilliteslaMinutes => 100_000,
        }
    }

    /// Its sign, for messages.
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Milliwatts => " mW",
            Self::MilliwattsPerSecond => " mW/s",
            Self::MilliwattsPerCm2 => " mW/cm²",
            Self::MillijoulesPerCm2 => " mJ/cm²",
            Self::Joules => " J",
            Self::SquareMillimetres => " mm²",
            Self::Millihertz => " mHz",
            Self::Permille => " ‰",
            Self::Times => "",
            Self::Pulses => " pulses",
            Self::Milliseconds => " ms",
            Self::Seconds => " s",
            Self::Minutes => " min",
            Self::Microteslas => " µT",
            Self::MilliteslaMinutes => " mT·min",
        }
    }

    /// A count of the core in this unit, for messages.
    pub(super) fn show(self, count: u64) -> String {
        let (factor, sign) = (self.factor(), self.sign());
        let whole = count.checked_div(factor).unwrap_or(count);
        format!("{whole}{sign}")
    }
}

/// A quantity of the core, made from its count. `None` if it does not fit, and then the limit is
/// missing, which refuses.
pub(super) trait Counted: Sized {
    fn from_count(count: u64) -> Option<Self>;
}

macro_rules! counted {
    ($($name:ident $new:ident;)*) => {
        $(impl Counted for $name {
            fn from_count(count: u64) -> Option<Self> {
                count.try_into().ok().map(Self::$new)
            }
        })*
    };
}

counted! {
    Area from_square_millimetres;
    Energy from_picojoules;
    Exposure from_femtotesla_seconds;
    Fluence from_microjoules_per_cm2;
    Flux from_microteslas;
    Frequency from_millihertz;
    Irradiance from_microwatts_per_cm2;
    Multiple from_thousandths;
    Nanos new;
    Power from_milliwatts;
    PowerRate from_milliwatts_per_second;
}

impl Counted for Permille {
    fn from_count(count: u64) -> Option<Self> {
        Self::new(count.try_into().ok()?)
    }
}

impl Counted for u32 {
    fn from_count(count: u64) -> Option<Self> {
        count.try_into().ok()
    }
}
