//! The modalities side by side, where a clinic has units of each.

use alloc::boxed::Box;

use safety::{
    Checked, Laser, LaserDose, LaserPrescription, Limits, Pemf, PemfDose, PemfPrescription, Site,
    Status, Stimulator, StimulatorDose, StimulatorPrescription,
};

use crate::patient::Course;

/// A modality that a clinic can have units of.
pub trait Kind: safety::Checkable + Sized {
    /// Whether a unit needs a door switch to be started (LCK-05).
    const NEEDS_DOOR: bool;
    /// The prescription, if it is one of this modality.
    fn prescription(any: &AnyPrescription) -> Option<&Self::Prescription>;
    /// A dose among doses.
    fn dose(dose: Self::Dose) -> AnyDose;
    /// The dose, if it is one of this modality.
    fn own_dose(any: AnyDose) -> Option<Self::Dose>;
    /// A status among statuses.
    fn status(status: Status<Self>) -> AnyStatus;
    /// A check among checks.
    fn checked(checked: Checked<Self>) -> AnyChecked;
    /// Where a prescription is given.
    fn site(prescription: &Self::Prescription) -> Site;
    /// So many days of the calendar began: the calibration of a unit is due so much sooner.
    fn age(limits: &mut Limits<Self>, days: u32);
    /// The sessions of this modality that a patient ever had.
    fn course(course: Course) -> u32;
}

macro_rules! any {
    ($(#[$doc:meta])* $name:ident { $laser:ty, $pemf:ty, $stimulator:ty }: $($derive:ident),*) => {
        $(#[$doc])*
        #[derive($($derive),*)]
        pub enum $name {
            /// Of a laser.
            Laser($laser),
            /// Of a PEMF unit.
            Pemf($pemf),
            /// Of a stimulator.
            Stimulator($stimulator),
        }
    };
}

any!(
    /// A prescription of any modality.
    AnyPrescription { LaserPrescription, PemfPrescription, StimulatorPrescription }:
    Clone, Debug, PartialEq, Eq, Hash
);
any!(
    /// A dose of any modality. Doses of different modalities are never added.
    AnyDose { LaserDose, PemfDose, StimulatorDose }: Clone, Copy, Debug, PartialEq, Eq, Hash
);
any!(
    /// The status of a unit of any modality.
    AnyStatus { Status<Laser>, Status<Pemf>, Status<Stimulator> }:
    Clone, Copy, Debug, PartialEq, Eq, Hash
);
any!(
    /// The outcome of a check of any modality.
    AnyChecked { Box<Checked<Laser>>, Box<Checked<Pemf>>, Box<Checked<Stimulator>> }:
    Clone, Debug, PartialEq, Eq, Hash
);
macro_rules! kind {
    ($modality:ident, $course:ident, $door:literal) => {
        impl Kind for $modality {
            const NEEDS_DOOR: bool = $door;

            fn prescription(any: &AnyPrescription) -> Option<&Self::Prescription> {
                match any {
                    AnyPrescription::$modality(own) => Some(own),
                    AnyPrescription::Laser(_)
                    | AnyPrescription::Pemf(_)
                    | AnyPrescription::Stimulator(_) => None,
                }
            }

            fn dose(dose: Self::Dose) -> AnyDose {
                AnyDose::$modality(dose)
            }

            fn own_dose(any: AnyDose) -> Option<Self::Dose> {
                match any {
                    AnyDose::$modality(own) => Some(own),
                    AnyDose::Laser(_) | AnyDose::Pemf(_) | AnyDose::Stimulator(_) => None,
                }
            }

            fn status(status: Status<Self>) -> AnyStatus {
                AnyStatus::$modality(status)
            }

            fn checked(checked: Checked<Self>) -> AnyChecked {
                AnyChecked::$modality(Box::new(checked))
            }

            fn site(prescription: &Self::Prescription) -> Site {
                prescription.site
            }

            fn age(limits: &mut Limits<Self>, days: u32) {
                let left = &mut limits.unit.calibration_days;
                *left = left.map(|left| left.saturating_sub(days));
            }

            fn course(course: Course) -> u32 {
                course.$course
            }
        }
    };
}

#[expect(unreachable_patterns, reason = "one of the arms is the modality itself")]
mod kinds {
    use super::{
        AnyChecked, AnyDose, AnyPrescription, AnyStatus, Box, Checked, Course, Kind, Laser, Limits,
        Pemf, Site, Status, Stimulator,
    };

    kind!(Laser, laser, true);
    kind!(Pemf, pemf, false);
    kind!(Stimulator, stimulator, false);
}
