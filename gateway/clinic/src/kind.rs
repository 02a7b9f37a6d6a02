//! The modalities side by side, where a clinic has units of each.

use alloc::boxed::Box;

use safety::{
    Checked, Flux, Laser, LaserDose, LaserPrescription, Limits, Pemf, PemfDose, PemfPrescription,
    Permille, Power, Sites, Status, Stimulator, StimulatorDose, StimulatorPrescription,
};

use crate::patient::Course;

/// A modality that a clinic can have units of.
pub trait Kind: safety::Checkable + Sized {
    /// Whether a unit needs a door switch to be started (LCK-05).
    const NEEDS_DOOR: bool;
    /// Whether a unit may share its line with others. Nothing stands in the way of a stop of a
    /// Class IV laser or a stimulator.
    const SHARES: bool;
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
    /// Where the field of a prescription lies.
    fn sites(prescription: &Self::Prescription) -> Sites;
    /// So many days of the calendar began: the calibration of a unit is due so much sooner.
    fn age(limits: &mut Limits<Self>, days: u32);
    /// The sessions of this modality that a patient ever had.
    fn course(course: Course) -> u32;
    /// What a meter shows of it, in the counts that a unit is told, if it is of this modality.
    fn metered(any: AnyMetered) -> Option<u32>;
    /// The least and the most that a unit can be told, in the same counts.
    fn told(unit: &Self::Unit) -> Option<(u32, u32)>;
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
any!(
    /// What a unit was told, or what a meter showed of it. Of a stimulator it is a share of what a
    /// probe in its coil showed at full intensity when it was calibrated.
    AnyMetered { Power, Flux, Permille }: Clone, Copy, Debug, PartialEq, Eq, Hash
);

macro_rules! kind {
    ($modality:ident, $course:ident, $door:literal, $shares:literal, $told:ident, $count:expr) => {
        impl Kind for $modality {
            const NEEDS_DOOR: bool = $door;
            const SHARES: bool = $shares;

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

            fn sites(prescription: &Self::Prescription) -> Sites {
                prescription.sites()
            }

            fn age(limits: &mut Limits<Self>, days: u32) {
                let left = &mut limits.unit.calibration_days;
                *left = left.map(|left| left.saturating_sub(days));
            }

            fn course(course: Course) -> u32 {
                course.$course
            }

            fn metered(any: AnyMetered) -> Option<u32> {
                match any {
                    AnyMetered::$modality(own) => Some($count(own)),
                    AnyMetered::Laser(_) | AnyMetered::Pemf(_) | AnyMetered::Stimulator(_) => None,
                }
            }

            fn told(unit: &Self::Unit) -> Option<(u32, u32)> {
                unit.$told.map(|span| ($count(span.least), $count(span.most)))
            }
        }
    };
}

#[expect(unreachable_patterns, reason = "one of the arms is the modality itself")]
mod kinds {
    use super::{
        AnyChecked, AnyDose, AnyMetered, AnyPrescription, AnyStatus, Box, Checked, Course, Flux,
        Kind, Laser, Limits, Pemf, Permille, Power, Sites, Status, Stimulator,
    };

    kind!(Laser, laser, true, false, power, Power::milliwatts);
    kind!(Pemf, pemf, false, true, flux, Flux::microteslas);
    kind!(Stimulator, stimulator, false, false, intensity, thousandths);

    fn thousandths(share: Permille) -> u32 {
        share.get().into()
    }
}
