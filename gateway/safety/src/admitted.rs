//! The proof that a prescription was checked: only [`check`](crate::check()) makes one.

use crate::modality::Modality;

/// A level and a dose that passed every limit, quantised to what the unit can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Admitted<M: Modality> {
    level: M::Level,
    dose: M::Dose,
    budget: M::Dose,
}

impl<M: Modality> Admitted<M> {
    pub(crate) const fn new(level: M::Level, dose: M::Dose, budget: M::Dose) -> Self {
        Self { level, dose, budget }
    }

    /// What the unit is told to emit.
    pub const fn level(&self) -> M::Level {
        self.level
    }

    /// The dose and the time at which the session ends.
    pub const fn dose(&self) -> M::Dose {
        self.dose
    }

    /// The most that may be charged, tail included: the strictest hard limit that is left.
    pub const fn budget(&self) -> M::Dose {
        self.budget
    }
}
