//! The kinds of therapy. A laser dose cannot be added to a field dose: they are different types.

use core::{fmt::Debug, hash::Hash};

use crate::{
    finding::Allowance,
    quantity::{Energy, Exposure, Integral, Output, over, until},
    run::{Pace, Run},
    time::Nanos,
};

/// A kind of therapy: what it emits, what that adds up to, and how strictly it is watched.
pub trait Modality: Copy + Debug + Eq + Hash + 'static {
    /// What a unit can be told to emit. Geometry stays in the prescription.
    type Level: Copy + Debug + Eq + Hash + Send;
    /// What a meter shows of it.
    type Output: Output;
    /// What it adds up to, compared by component: doses have no order.
    type Dose: Copy + Debug + Default + Eq + Hash + Send;
    /// What is asked for a patient and a site.
    type Prescription: Clone + Debug + Eq + Hash + Send;

    /// While it emits, people are reminded this often to move what they hold over the patient
    /// (LAS-17). Nothing tells the gateway whether they do.
    const REMINDER: Option<Nanos>;

    /// By how much what a unit measured may differ from what it counted (DOS-11).
    const COUNTS_APART: Allowance;
    /// How much of a dose may be charged for time in which nobody heard of the unit (DOS-12).
    const UNSEEN: Allowance;

    /// What a meter shows while `level` is emitted as told.
    fn output(level: Self::Level) -> Self::Output;

    /// `dose` after `time` more at `output`.
    fn accrue(dose: Self::Dose, output: Self::Output, time: Nanos) -> Self::Dose;

    /// Both doses together.
    fn plus(dose: Self::Dose, more: Self::Dose) -> Self::Dose;

    /// What is left of `budget` after `dose`, nothing at the least.
    fn minus(budget: Self::Dose, dose: Self::Dose) -> Self::Dose;

    /// Half of `dose`, rounded up.
    fn half(dose: Self::Dose) -> Self::Dose;

    /// The greater of both doses, component by component.
    fn greater(dose: Self::Dose, other: Self::Dose) -> Self::Dose;

    /// The lesser of both doses, component by component.
    fn lesser(dose: Self::Dose, other: Self::Dose) -> Self::Dose;

    /// `dose` rounded up to what a unit's preset can hold: 1 mJ or 1 µT·s, and 1 ms.
    fn coarse(dose: Self::Dose) -> Self::Dose;

    /// Whether `budget` has room for all components of `dose`.
    fn covers(budget: Self::Dose, dose: Self::Dose) -> bool;

    /// How long `left` lasts at `output`: until its first component is used up.
    fn lasts_at(left: Self::Dose, output: Self::Output) -> Nanos;

    /// How long `left` lasts at `level`.
    fn lasts(left: Self::Dose, level: Self::Level) -> Nanos {
        Self::lasts_at(left, Self::output(level))
    }

    /// A unit's own count as a dose. It says nothing of time.
    fn counted(count: <Self::Output as Output>::Integral) -> Self::Dose;

    /// What a dose counts in picojoules, femtotesla-seconds or picopulses.
    fn count(dose: Self::Dose) -> u64;

    /// The share of `prescribed` that `delivered` is, in thousandths, rounded down.
    fn share(delivered: Self::Dose, prescribed: Self::Dose) -> u64;

    /// The run by which `level` is given at `pace`; `None` if it is given without a break.
    #[inline]
    fn runs(level: Self::Level, pace: Pace) -> Option<Run<Self>> {
        match pace {
            Pace::Continuous => None,
            Pace::Chunks { length } => {
                let dose = Self::accrue(Self::Dose::default(), Self::output(level), length);
                Some(Run { dose, length, wait: Nanos::ZERO })
            }
        }
    }
}

/// Emission of one modality added up: the quantity that counts, and the time it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Dose<Q> {
    /// Energy of a laser, exposure of a field.
    pub quantity: Q,
    /// Time of emission.
    pub time: Nanos,
}

/// Energy in picojoules, and emission time.
pub type LaserDose = Dose<Energy>;
/// Exposure to peak flux density in femtotesla-seconds, and emission time.
pub type PemfDose = Dose<Exposure>;

impl<Q: Integral> Dose<Q> {
    pub(crate) fn accrue<O: Output<Integral = Q>>(self, output: O, time: Nanos) -> Self {
        self.plus(Self { quantity: over(output, time), time })
    }

    pub(crate) fn plus(self, more: Self) -> Self {
        let count = self.quantity.count().saturating_add(more.quantity.count());
        Self { quantity: Q::from_count(count), time: self.time.plus(more.time) }
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        let count = self.quantity.count().saturating_sub(other.quantity.count());
        Self { quantity: Q::from_count(count), time: self.time.minus(other.time) }
    }

    pub(crate) fn half(self) -> Self {
        let up = |count: u64| count.div_ceil(2);
        Self {
            quantity: Q::from_count(up(self.quantity.count())),
            time: Nanos::new(up(self.time.get())),
        }
    }

    pub(crate) fn greater(self, other: Self) -> Self {
        Self { quantity: self.quantity.max(other.quantity), time: self.time.max(other.time) }
    }

    pub(crate) fn lesser(self, other: Self) -> Self {
        Self { quantity: self.quantity.min(other.quantity), time: self.time.min(other.time) }
    }

    pub(crate) fn coarse(self) -> Self {
        let up = |count: u64, step: u64| count.div_ceil(step).saturating_mul(step);
        Self {
            quantity: Q::from_count(up(self.quantity.count(), 1_000_000_000)),
            time: Nanos::new(up(self.time.get(), 1_000_000)),
        }
    }

    pub(crate) fn covers(self, dose: Self) -> bool {
        dose.quantity <= self.quantity && dose.time <= self.time
    }

    pub(crate) fn lasts<O: Output<Integral = Q>>(self, output: O) -> Nanos {
        until(self.quantity, output).min(self.time)
    }

    pub(crate) fn share(self, prescribed: Self) -> u64 {
        let delivered = u128::from(self.quantity.count()).saturating_mul(1_000);
        let share = delivered.checked_div(u128::from(prescribed.quantity.count()));
        u64::try_from(share.unwrap_or(0)).unwrap_or(u64::MAX)
    }
}

/// Writes the parts of [`Modality`] that are alike for every output that adds up over time. What a
/// supervisor does several times in each step goes in line.
macro_rules! adds_up {
    ($output:ty => $integral:ty) => {
        type Output = $output;
        type Dose = $crate::modality::Dose<$integral>;

        #[inline]
        fn accrue(dose: Self::Dose, output: Self::Output, time: Nanos) -> Self::Dose {
            dose.accrue(output, time)
        }

        #[inline]
        fn plus(dose: Self::Dose, more: Self::Dose) -> Self::Dose {
            dose.plus(more)
        }

        #[inline]
        fn minus(budget: Self::Dose, dose: Self::Dose) -> Self::Dose {
            budget.minus(dose)
        }

        fn half(dose: Self::Dose) -> Self::Dose {
            dose.half()
        }

        fn greater(dose: Self::Dose, other: Self::Dose) -> Self::Dose {
            dose.greater(other)
        }

        #[inline]
        fn lesser(dose: Self::Dose, other: Self::Dose) -> Self::Dose {
            dose.lesser(other)
        }

        fn coarse(dose: Self::Dose) -> Self::Dose {
            dose.coarse()
        }

        #[inline]
        fn covers(budget: Self::Dose, dose: Self::Dose) -> bool {
            budget.covers(dose)
        }

        #[inline]
        fn lasts_at(left: Self::Dose, output: Self::Output) -> Nanos {
            left.lasts(output)
        }

        fn counted(count: $integral) -> Self::Dose {
            $crate::modality::Dose { quantity: count, time: Nanos::ZERO }
        }

        #[inline]
        fn count(dose: Self::Dose) -> u64 {
            $crate::quantity::Integral::count(dose.quantity)
        }

        fn share(delivered: Self::Dose, prescribed: Self::Dose) -> u64 {
            delivered.share(prescribed)
        }
    };
}
pub(crate) use adds_up;
