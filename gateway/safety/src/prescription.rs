//! What is asked, per site and modality, and what persons answered about the patient and the room.
//!
//! It holds no name and no number of a patient: the clinic knows whose it is.

use crate::{
    decision::Overrides,
    laser::{Gate, WAVELENGTHS_MAX},
    modality::{LaserDose, PemfDose},
    pemf::Waveform,
    quantity::{
        Area, Fluence, Flux, Frequency, Multiple, OpticalDensity, Permille, Power, Slew, Wavelength,
    },
    site::Site,
    sites::Sites,
    time::Nanos,
};

/// A laser prescription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LaserPrescription {
    /// Where.
    pub site: Site,
    /// The other sites that the field reaches into: they are charged in full, and their limits hold
    /// too (DOS-14).
    pub touched: Sites,
    /// Average power.
    pub power: Power,
    /// The wavelengths and their shares of the power. They add up to the whole.
    pub mix: [Option<Content>; WAVELENGTHS_MAX],
    /// Whether and how the output is gated.
    pub gate: Gate,
    /// The area that is lit at one moment, at the working distance of the applicator.
    pub spot: Area,
    /// How the spot moves.
    pub technique: Technique,
    /// The most that an area may get, and which area is meant.
    pub fluence: AreaFluence,
    /// The energy and the emission time, whichever is reached first.
    pub dose: LaserDose,
    /// How many sessions the course has.
    pub course: u32,
    /// What is known of the skin in the field.
    pub skin: Skin,
    /// Whether the patient has epilepsy.
    pub epilepsy: Answer,
    /// What everybody in the room wears.
    pub eyewear: Eyewear,
    /// Soft limits that a person overrode.
    pub overrides: Overrides,
}

/// A prescription of a magnetic field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PemfPrescription {
    /// Where.
    pub site: Site,
    /// The other sites that the field reaches into: they are charged in full, and their limits hold
    /// too (DOS-14).
    pub touched: Sites,
    /// Peak flux density at the surface of the applicator.
    pub flux: Flux,
    /// Periods per second.
    pub frequency: Frequency,
    /// The course of the field over a period.
    pub waveform: Waveform,
    /// The time from zero to the peak. Zero is unknown.
    pub slew: Slew,
    /// The share of a period in which the field is on.
    pub duty: Permille,
    /// The exposure and the time, whichever is reached first.
    pub dose: PemfDose,
    /// How many sessions the course has.
    pub course: u32,
    /// The code of the applicator.
    pub applicator: ApplicatorCode,
    /// What was asked of the patient and of others.
    pub screening: Screening,
    /// Soft limits that a person overrode.
    pub overrides: Overrides,
}

/// A prescription of magnetic stimulation. Its dose follows from it: whole trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StimulatorPrescription {
    /// Where.
    pub site: Site,
    /// The other sites that the field reaches into: they are charged in full, and their limits hold
    /// too (DOS-14).
    pub touched: Sites,
    /// The least intensity at which this coil made the muscle of this patient twitch, in
    /// thousandths of the most that the unit discharges. Zero is unknown.
    pub motor_threshold: Permille,
    /// The intensity, in thousandths of the motor threshold.
    pub intensity: Multiple,
    /// Pulses per second within a train.
    pub rate: Frequency,
    /// Pulses in one train.
    pub train_pulses: u32,
    /// How many trains.
    pub trains: u32,
    /// From the end of a train to the beginning of the next.
    pub wait: Nanos,
    /// How many sessions the course has.
    pub course: u32,
    /// The code of the coil.
    pub coil: ApplicatorCode,
    /// What was asked of the patient and of others.
    pub screening: Screening,
    /// Soft limits that a person overrode.
    pub overrides: Overrides,
}

macro_rules! reaches {
    ($($name:ident)*) => {
        $(impl $name {
            /// Every site that the field lies on: its own, and those that it reaches into.
            pub fn sites(&self) -> Sites {
                self.touched.with(self.site)
            }
        })*
    };
}

reaches!(LaserPrescription PemfPrescription StimulatorPrescription);

/// One wavelength and its share of the power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Content {
    /// The wavelength.
    pub wavelength: Wavelength,
    /// Its share.
    pub share: Permille,
}

/// How the lit spot moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Technique {
    /// It moves all the time, over a field.
    Scanning {
        /// The field that it covers.
        field: Area,
    },
    /// It rests on one point after another.
    Stationary {
        /// How many points.
        points: u32,
        /// How long it rests on one.
        dwell: Nanos,
    },
}

/// A fluence and the area that it is over. The same number means twenty times the energy when it is
/// read over the field instead of the spot, so the area is part of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AreaFluence {
    /// Over the spot.
    Spot(Fluence),
    /// Over the scanned field.
    Field(Fluence),
}

/// What is known of the skin in the field (LAS-16).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Skin {
    /// The type, if it was determined.
    pub kind: Option<SkinType>,
    /// Whether a tattoo, dense hair or a tan is in the field.
    pub dark_field: Answer,
    /// Whether a test spot was made and recorded.
    pub test_spot: bool,
}

/// The skin type after Fitzpatrick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkinType {
    /// Always burns.
    One,
    /// Burns easily.
    Two,
    /// Burns moderately.
    Three,
    /// Burns a little.
    Four,
    /// Rarely burns.
    Five,
    /// Never burns.
    Six,
}

/// The answer of a person to a question that must be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// Nobody answered. It is refused like a bad answer.
    #[default]
    Unanswered,
    /// No.
    No,
    /// Yes.
    Yes,
}

impl Answer {
    /// The answer as a count: unknown, 0 or 1.
    pub(crate) const fn count(self) -> Option<u64> {
        match self {
            Self::Unanswered => None,
            Self::No => Some(0),
            Self::Yes => Some(1),
        }
    }
}

impl SkinType {
    /// The type as a number from 1 to 6.
    pub(crate) const fn count(self) -> u64 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
            Self::Four => 4,
            Self::Five => 5,
            Self::Six => 6,
        }
    }
}

/// The optical density, at every wavelength emitted, of the eyewear that is worn (LAS-13).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Eyewear {
    /// Of the patient, once confirmed.
    pub patient: Option<OpticalDensity>,
    /// Of the operator, once confirmed.
    pub operator: Option<OpticalDensity>,
    /// Of everybody else.
    pub others: Others,
}

/// The eyewear of everybody else in the room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Others {
    /// Not confirmed.
    #[default]
    Unanswered,
    /// Nobody else is in the room.
    Nobody,
    /// The weakest that somebody wears.
    Weakest(OpticalDensity),
}

/// What was asked before a field is applied (PEM-05).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Screening {
    /// A pacemaker, defibrillator, pump, cochlear implant or nerve stimulator.
    pub implant: Answer,
    /// Pregnancy.
    pub pregnancy: Answer,
    /// Epilepsy or another seizure disorder.
    pub epilepsy: Answer,
    /// Metal in the head or neck.
    pub metal: Answer,
    /// An implant in a person beside the patient, asked for each session.
    pub bystander_implant: Answer,
    /// How many days ago the patient was asked.
    pub age_days: Option<u32>,
}

/// Names the geometry of an applicator (PEM-07).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApplicatorCode(pub u32);
