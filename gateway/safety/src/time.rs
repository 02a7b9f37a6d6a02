//! Points and spans of time, as whole nanoseconds. Nothing here reads a clock (TIM-01), so no
//! leap second and no change of the clocks reaches a duration (TIM-06).

/// A span of time in nanoseconds.
///
/// Sums and products saturate: a span that does not fit is longer than any session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(u64);

impl Nanos {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// Longer than anything that is waited for.
    pub const MAX: Self = Self(u64::MAX);

    /// From a count of nanoseconds.
    pub const fn new(nanos: u64) -> Self {
        Self(nanos)
    }

    /// From a count of microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros.saturating_mul(1_000))
    }

    /// From a count of milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// From a count of seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// The count of nanoseconds.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The whole milliseconds in this span, rounded down.
    pub const fn millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// This span and `other`.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// This span less `other`, or nothing if `other` is longer.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// This span `count` times over.
    #[must_use]
    pub const fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// Half of this span, rounded down.
    #[must_use]
    pub const fn half(self) -> Self {
        Self(self.0 / 2)
    }
}

/// A point in time: nanoseconds of `CLOCK_BOOTTIME`, which neither steps nor sleeps.
///
/// Only the gateway's clock makes one from the real world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The latest instant: what never comes.
    pub const NEVER: Self = Self(u64::MAX);

    /// The instant `nanos` after the boot of the machine.
    pub const fn from_boot(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the boot of the machine.
    pub const fn since_boot(self) -> u64 {
        self.0
    }

    /// The time since `earlier`; nothing if `earlier` is in fact later.
    pub const fn since(self, earlier: Self) -> Nanos {
        Nanos(self.0.saturating_sub(earlier.0))
    }

    /// The instant `span` after this one.
    #[must_use]
    pub const fn after(self, span: Nanos) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}
