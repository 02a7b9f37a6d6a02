//! Decides whether a prescription may be delivered: every limit, every source, one answer.
//!
//! [`check`] is pure. It quantises what is asked down to what the unit can do, compares it with the
//! strictest of all bounds, and never moves a value to make it fit. Only it makes [`Admitted`].

use core::{fmt::Debug, hash::Hash};

use crate::{
    admitted::Admitted,
    decision::Decision,
    laser::Laser,
    laser_check,
    laser_limits::{LaserLibrary, LaserUnit},
    limits::{Contradiction, Limits, Remaining},
    modality::Modality,
    pemf::Pemf,
    pemf_check,
    pemf_limits::{PemfLibrary, PemfUnit},
    question::Decisions,
    stimulator::Stimulator,
    stimulator_check,
    stimulator_limits::StimulatorLibrary,
    stimulator_unit::StimulatorUnit,
};

/// Checks `prescription` against `limits` and what is left of them (DOS-08).
pub fn check<M: Checkable>(
    prescription: &M::Prescription,
    limits: &Limits<M>,
    remaining: &Remaining<M>,
) -> Checked<M> {
    M::check(prescription, limits, remaining)
}

/// A modality whose prescriptions can be checked.
pub trait Checkable: Modality + sealed::Sealed {
    /// The clinic's limits for it.
    type Library: Copy + Debug + Default + Eq + Hash + Send;
    /// The facts of a unit of it.
    type Unit: Copy + Debug + Default + Eq + Hash + Send;

    #[doc(hidden)]
    fn check(
        prescription: &Self::Prescription,
        limits: &Limits<Self>,
        remaining: &Remaining<Self>,
    ) -> Checked<Self>;

    #[doc(hidden)]
    fn validate(library: &Self::Library, unit: &Self::Unit) -> Result<(), Contradiction>;
}

/// The outcome of a check: yes or no, and always why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Checked<M: Checkable> {
    decisions: Decisions,
    level: Option<M::Level>,
    dose: M::Dose,
    budget: Option<M::Dose>,
}

impl<M: Checkable> Checked<M> {
    pub(crate) const fn new(
        decisions: Decisions,
        level: Option<M::Level>,
        dose: M::Dose,
        budget: Option<M::Dose>,
    ) -> Self {
        Self { decisions, level, dose, budget }
    }

    /// Every decision: each limit against each of its sources.
    pub fn decisions(&self) -> &[Decision] {
        self.decisions.as_slice()
    }

    /// The decisions that stand against emission.
    pub fn objections(&self) -> impl Iterator<Item = &Decision> {
        self.decisions().iter().filter(|decision| !decision.verdict.permits())
    }

    /// What the unit would be told, if the unit can be told anything near to what was asked.
    pub const fn level(&self) -> Option<M::Level> {
        self.level
    }

    /// The dose and the time that were asked for.
    pub const fn dose(&self) -> M::Dose {
        self.dose
    }

    /// The proof that every limit was met, if every limit was met.
    pub fn admitted(&self) -> Option<Admitted<M>> {
        let (level, budget) = (self.level?, self.budget?);
        self.decisions.permits().then(|| Admitted::new(level, self.dose, budget))
    }
}

impl Checkable for Laser {
    type Library = LaserLibrary;
    type Unit = LaserUnit;

    fn check(
        prescription: &Self::Prescription,
        limits: &Limits<Self>,
        remaining: &Remaining<Self>,
    ) -> Checked<Self> {
        laser_check::check(prescription, limits, remaining)
    }

    fn validate(library: &LaserLibrary, unit: &LaserUnit) -> Result<(), Contradiction> {
        library.validate()?;
        unit.validate()
    }
}

impl Checkable for Pemf {
    type Library = PemfLibrary;
    type Unit = PemfUnit;

    fn check(
        prescription: &Self::Prescription,
        limits: &Limits<Self>,
        remaining: &Remaining<Self>,
    ) -> Checked<Self> {
        pemf_check::check(prescription, limits, remaining)
    }

    fn validate(library: &PemfLibrary, unit: &PemfUnit) -> Result<(), Contradiction> {
        library.validate()?;
        unit.validate()
    }
}

impl Checkable for Stimulator {
    type Library = StimulatorLibrary;
    type Unit = StimulatorUnit;

    fn check(
        prescription: &Self::Prescription,
        limits: &Limits<Self>,
        remaining: &Remaining<Self>,
    ) -> Checked<Self> {
        stimulator_check::check(prescription, limits, remaining)
    }

    fn validate(library: &StimulatorLibrary, unit: &StimulatorUnit) -> Result<(), Contradiction> {
        library.validate()?;
        unit.validate()
    }
}

mod sealed {
    /// Nobody else decides what may be emitted.
    pub trait Sealed {}
    impl Sealed for crate::laser::Laser {}
    impl Sealed for crate::pemf::Pemf {}
    impl Sealed for crate::stimulator::Stimulator {}
}
