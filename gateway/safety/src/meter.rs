//! Reads the unit's own count of what it emitted, across sessions and lost links.

use crate::{
    modality::Modality,
    quantity::{Integral, Output},
};

type Count<M> = <<M as Modality>::Output as Output>::Integral;

/// What the unit counted up to its last reading. There is one for a unit, whoever is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Meter<M: Modality> {
    count: Option<Count<M>>,
    /// What was charged by a bound after the last reading: the next one counts it once more.
    credit: M::Dose,
}

impl<M: Modality> Meter<M> {
    /// Of a unit that was never read.
    pub(crate) fn new() -> Self {
        Self { count: None, credit: M::Dose::default() }
    }

    /// What was counted since the last reading and not charged by a bound: `None` if the unit does
    /// not count, or if its count fell.
    pub(crate) fn read(&mut self, counter: Option<Count<M>>) -> Option<M::Dose> {
        let counter = counter?;
        let before = self.count.replace(counter);
        let credit = core::mem::take(&mut self.credit);
        let difference = counter.count().checked_sub(before?.count())?;
        Some(M::minus(M::counted(Count::<M>::from_count(difference)), credit))
    }

    /// `dose` was charged though no reading told of it.
    pub(crate) fn credit(&mut self, dose: M::Dose) {
        self.credit = M::plus(self.credit, dose);
    }

    /// The unit started anew, and counts from zero (see [`Emission`](crate::Emission)).
    pub(crate) fn restart(&mut self) {
        *self = Self { count: Some(Count::<M>::default()), credit: M::Dose::default() };
    }
}
