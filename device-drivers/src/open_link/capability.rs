//! What a unit can do, as it says so itself (open-link, section 7.2).

use alloc::vec::Vec;

use safety::{Frequency, Nanos, Output, Permille};

use super::spoken::Spoken;

/// What a unit can do. It does not change while the unit runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capability<M: Spoken> {
    /// A footswitch is fitted (LAS-06).
    pub footswitch: bool,
    /// A door or remote interlock is fitted (LAS-21).
    pub interlock: bool,
    /// Its output is measured where it leaves, not derived from the drive.
    pub measured: bool,
    /// The leases that it takes, in whole milliseconds.
    pub lease: Range<Nanos>,
    /// How long it warns before it may be turned on, in whole milliseconds (LAS-04).
    pub warning: Nanos,
    /// Between two samples of its output sensor, in whole milliseconds.
    pub sample: Nanos,
    /// The levels that it takes.
    pub level: Steps<M::Output>,
    /// How fast its output rises: by this much in a second (LAS-20).
    pub ramp_per_second: M::Output,
    /// The frequencies that it takes.
    pub frequency: Steps<Frequency>,
    /// The shares of a period in which it can be on.
    pub duty: Range<Permille>,
    /// What only its kind has.
    pub own: M::Own,
}

/// From one value to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range<T> {
    /// The smallest.
    pub min: T,
    /// The largest.
    pub max: T,
}

/// From one value to another, in steps. Values between steps are rounded down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps<T> {
    /// The smallest.
    pub min: T,
    /// The largest.
    pub max: T,
    /// Values are multiples of this.
    pub step: T,
}

impl<T: PartialOrd> Range<T> {
    /// Whether `value` is within.
    pub fn holds(&self, value: T) -> bool {
        self.min <= value && value <= self.max
    }
}

impl Steps<u32> {
    /// `count` rounded down to a step. Its range is judged before it is rounded, and what would
    /// round to below the smallest is out of range (COM-09).
    fn down(&self, count: u32) -> Option<u32> {
        let rounded = count.checked_div(self.step)?.saturating_mul(self.step);
        let within = self.min <= count && count <= self.max && self.min <= rounded;
        within.then_some(rounded)
    }

    fn is_possible(&self) -> bool {
        self.step != 0 && self.min <= self.max
    }
}

impl<M: Spoken> Capability<M> {
    /// `output` rounded down to a step, if the unit can be told it at all.
    pub(super) fn level(&self, output: M::Output) -> Option<M::Output> {
        self.levels().down(output.count()).map(M::Output::from_count)
    }

    /// `frequency` rounded down to a step, if the unit can be told it at all.
    pub(super) fn frequency(&self, frequency: Frequency) -> Option<Frequency> {
        self.frequencies().down(frequency.millihertz()).map(Frequency::from_millihertz)
    }

    /// Names the first field that cannot be.
    pub(super) fn validate(&self) -> Result<(), &'static str> {
        let lease = self.lease.min <= self.lease.max && self.lease.max <= M::LEASE_MAX;
        let times = [self.lease.min, self.lease.max, self.warning, self.sample];
        let sayable = times.into_iter().all(|time| whole_millis(time).is_some());
        let facts = [
            (lease, "lease"),
            (sayable && self.sample != Nanos::ZERO, "a time"),
            (self.levels().is_possible(), "level"),
            (self.frequencies().is_possible(), "frequency"),
            (self.duty.min <= self.duty.max, "duty"),
        ];
        match facts.into_iter().find(|(possible, _)| !possible) {
            Some((_, field)) => Err(field),
            None => M::validate(&self.own),
        }
    }

    /// The record as a unit sends it, head not counted: what the proof of identity covers.
    pub(super) fn record(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(M::RECORD_BYTES);
        bytes.extend([M::CODE, self.flags()]);
        for time in [self.lease.min, self.lease.max, self.warning, self.sample] {
            bytes.extend(whole_millis(time).unwrap_or(u16::MAX).to_le_bytes());
        }
        let (level, frequency) = (self.levels(), self.frequencies());
        let ramp = self.ramp_per_second.count();
        for count in [level.min, level.max, level.step, ramp] {
            bytes.extend(count.to_le_bytes());
        }
        for count in [frequency.min, frequency.max, frequency.step] {
            bytes.extend(count.to_le_bytes());
        }
        for share in [self.duty.min, self.duty.max] {
            bytes.extend(share.get().to_le_bytes());
        }
        M::encode_own(&self.own, &mut bytes);
        bytes
    }

    fn flags(&self) -> u8 {
        let bits = [M::continuous(&self.own), self.footswitch, self.interlock, self.measured];
        bits.into_iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(bit))
    }

    fn levels(&self) -> Steps<u32> {
        let Steps { min, max, step } = self.level;
        Steps { min: min.count(), max: max.count(), step: step.count() }
    }

    fn frequencies(&self) -> Steps<u32> {
        let Steps { min, max, step } = self.frequency;
        Steps { min: min.millihertz(), max: max.millihertz(), step: step.millihertz() }
    }
}

/// `time` in milliseconds, if it is a whole number of them that fits.
pub(super) fn whole_millis(time: Nanos) -> Option<u16> {
    let millis = u16::try_from(time.millis()).ok()?;
    (Nanos::from_millis(u64::from(millis)) == time).then_some(millis)
}
