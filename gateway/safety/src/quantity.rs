//! Quantities as integers, each with its unit in its type (DOS-01, DOS-02).
//!
//! The units are chosen so that a rate times nanoseconds is exact: one milliwatt for one nanosecond
//! is one picojoule, one microtesla for one nanosecond is one femtotesla-second. A dose is thereby
//! the same on every machine, down to the last digit, and no slice of time is too short to count.

use crate::time::Nanos;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident($raw:ty), $new:ident, $get:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($raw);

        impl $name {
            /// None of it.
            pub const ZERO: Self = Self(0);
            /// The largest that can be counted.
            pub const MAX: Self = Self(<$raw>::MAX);

            /// From a count of the unit that the name says.
            pub const fn $new(count: $raw) -> Self {
                Self(count)
            }

            /// The count of the unit that the name says.
            pub const fn $get(self) -> $raw {
                self.0
            }

            /// The sum, or the largest value if it does not fit.
            #[must_use]
            pub const fn plus(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }

            /// The difference, or zero if `other` is larger.
            #[must_use]
            pub const fn minus(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }
    };
}

quantity!(
    /// Optical power in milliwatts. Average power unless a name says peak.
    Power(u32), from_milliwatts, milliwatts
);
quantity!(
    /// Optical energy in picojoules: up to 18 MJ, a thousand times the highest ceiling.
    Energy(u64), from_picojoules, picojoules
);
quantity!(
    /// Magnetic flux density in microtesla. Peak unless a name says otherwise.
    Flux(u32), from_microteslas, microteslas
);
quantity!(
    /// Peak flux density over time, in femtotesla-seconds. One mT·min is 6 × 10^13 of them.
    Exposure(u64), from_femtotesla_seconds, femtotesla_seconds
);
quantity!(
    /// Pulses of a stimulator in millionths of a millionth: one millihertz for one nanosecond is one
    /// of them. Up to 18 million pulses.
    Pulses(u64), from_picopulses, picopulses
);
quantity!(
    /// Frequency in millihertz.
    Frequency(u32), from_millihertz, millihertz
);
quantity!(
    /// Area in square millimetres.
    Area(u32), from_square_millimetres, square_millimetres
);
quantity!(
    /// Wavelength in nanometres.
    Wavelength(u16), from_nanometres, nanometres
);
quantity!(
    /// The time a field takes from zero to its peak, in microseconds.
    Slew(u32), from_micros, micros
);
quantity!(
    /// Power over area in microwatts per square centimetre.
    Irradiance(u32), from_microwatts_per_cm2, microwatts_per_cm2
);
quantity!(
    /// Energy over area in microjoules per square centimetre. Which area must be said beside it.
    Fluence(u64), from_microjoules_per_cm2, microjoules_per_cm2
);
quantity!(
    /// How fast power rises, in milliwatts per second.
    PowerRate(u32), from_milliwatts_per_second, milliwatts_per_second
);
quantity!(
    /// How fast flux density changes, in millitesla per second.
    FluxRate(u32), from_milliteslas_per_second, milliteslas_per_second
);
quantity!(
    /// A multiple of a reference in thousandths: 1000 is the reference itself. Unlike a share, it
    /// may be above the whole.
    Multiple(u32), from_thousandths, thousandths
);
quantity!(
    /// Optical density of eyewear in tenths.
    OpticalDensity(u8), from_tenths, tenths
);

/// A share of a whole, in thousandths: 0 to 1000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permille(u16);

impl Permille {
    /// Nothing of it.
    pub const ZERO: Self = Self(0);
    /// All of it.
    pub const WHOLE: Self = Self(1_000);
    /// A fifth of it.
    pub const FIFTH: Self = Self(200);

    /// A share of `count` thousandths, if that is no more than the whole.
    pub const fn new(count: u16) -> Option<Self> {
        if count <= 1_000 { Some(Self(count)) } else { None }
    }

    /// The count of thousandths.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// A temperature in hundredths of a degree Celsius.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Temperature(i32);

impl Temperature {
    /// From hundredths of a degree Celsius.
    pub const fn from_centicelsius(count: i32) -> Self {
        Self(count)
    }

    /// Hundredths of a degree Celsius.
    pub const fn centicelsius(self) -> i32 {
        self.0
    }
}

impl Energy {
    /// From a count of millijoules.
    pub const fn from_millijoules(count: u64) -> Self {
        Self(count.saturating_mul(1_000_000_000))
    }

    /// From a count of microjoules.
    pub const fn from_microjoules(count: u64) -> Self {
        Self(count.saturating_mul(1_000_000))
    }

    /// The whole millijoules, rounded down.
    pub const fn millijoules(self) -> u64 {
        self.0 / 1_000_000_000
    }
}

impl Exposure {
    /// From a count of microtesla-seconds.
    pub const fn from_microtesla_seconds(count: u64) -> Self {
        Self(count.saturating_mul(1_000_000_000))
    }

    /// The whole microtesla-seconds, rounded down.
    pub const fn microtesla_seconds(self) -> u64 {
        self.0 / 1_000_000_000
    }
}

impl Pulses {
    /// From a count of whole pulses.
    pub const fn from_whole(count: u64) -> Self {
        Self(count.saturating_mul(1_000_000_000_000))
    }

    /// The whole pulses, rounded down.
    pub const fn whole(self) -> u64 {
        self.0 / 1_000_000_000_000
    }

    /// The whole pulses, a part of one counted as one.
    pub const fn whole_up(self) -> u64 {
        self.0.div_ceil(1_000_000_000_000)
    }
}

/// What a unit emits at one moment, as a meter can show it. It has no order: what has two parts can
/// be the greater in one and the lesser in the other.
pub trait Output: Copy + core::fmt::Debug + Default + Eq + core::hash::Hash {
    /// What emission at this output adds up to.
    type Integral: Integral;

    /// From a count of milliwatts, microtesla or millihertz.
    fn from_count(count: u32) -> Self;

    /// The count of milliwatts, microtesla or millihertz.
    fn count(self) -> u32;

    /// The greater of both, part by part.
    #[must_use]
    fn greater(self, other: Self) -> Self;

    /// Half of both together, rounded down, part by part.
    #[must_use]
    fn mean(self, other: Self) -> Self;
}

/// What output adds up to over time.
pub trait Integral: Copy + core::fmt::Debug + Default + Ord + core::hash::Hash {
    /// From a count of picojoules, femtotesla-seconds or picopulses.
    fn from_count(count: u64) -> Self;

    /// The count of picojoules, femtotesla-seconds or picopulses.
    fn count(self) -> u64;
}

macro_rules! integral {
    ($integral:ident) => {
        impl Integral for $integral {
            fn from_count(count: u64) -> Self {
                Self(count)
            }

            fn count(self) -> u64 {
                self.0
            }
        }
    };
}

macro_rules! output {
    ($output:ident adds up to $integral:ident) => {
        integral!($integral);

        impl Output for $output {
            type Integral = $integral;

            fn from_count(count: u32) -> Self {
                Self(count)
            }

            fn count(self) -> u32 {
                self.0
            }

            #[inline]
            fn greater(self, other: Self) -> Self {
                self.max(other)
            }

            fn mean(self, other: Self) -> Self {
                let sum = u64::from(self.0).saturating_add(u64::from(other.0));
                Self(u32::try_from(sum / 2).unwrap_or(u32::MAX))
            }
        }
    };
}

output!(Power adds up to Energy);
output!(Flux adds up to Exposure);
integral!(Pulses);

/// What `output` adds up to over `time`, exactly, or the largest value if that does not fit.
pub fn over<O: Output>(output: O, time: Nanos) -> O::Integral {
    O::Integral::from_count(u64::from(output.count()).saturating_mul(time.get()))
}

/// How long `output` takes to add up to `amount`, rounded down; for ever at no output.
pub fn until<O: Output>(amount: O::Integral, output: O) -> Nanos {
    match amount.count().checked_div(u64::from(output.count())) {
        Some(nanos) => Nanos::new(nanos),
        None => Nanos::MAX,
    }
}
