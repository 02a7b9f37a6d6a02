//! Pulsed magnetic field therapy: what a unit can be told.

use crate::{
    finding::Allowance,
    modality::{Modality, adds_up},
    prescription::PemfPrescription,
    quantity::{Exposure, Flux, Frequency, Permille, Slew},
    time::Nanos,
};

/// Low-field magnetic therapy. A dose is exposure to the peak flux density, and emission time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pemf;

/// What a PEMF unit is told to emit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PemfLevel {
    /// Peak flux density at the surface of the applicator.
    pub flux: Flux,
    /// Periods per second.
    pub frequency: Frequency,
    /// The course of the field over a period.
    pub waveform: Waveform,
    /// The time from zero to the peak: what decides whether nerves fire.
    pub slew: Slew,
    /// The share of a period in which the field is on.
    pub duty: Permille,
}

/// The course of a field over a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Waveform {
    /// A sine: its slew follows from the frequency.
    Sine,
    /// Flat pulses with ramps of the slew time.
    Rectangular,
    /// Straight up and straight down.
    Triangular,
}

impl Modality for Pemf {
    type Level = PemfLevel;
    type Prescription = PemfPrescription;

    const REMINDER: Option<Nanos> = None;
    /// 5 % or 2.5 mT·min: of what the soft limit of a head permits the same part as 50 J are of what
    /// that of a neck permits (proposal that needs the clinic's sign-off).
    const COUNTS_APART: Allowance = Allowance { permille: 50, least: 150_000_000_000_000 };
    /// 2 % or 1 mT·min (the same).
    const UNSEEN: Allowance = Allowance { permille: 20, least: 60_000_000_000_000 };

    adds_up!(Flux => Exposure);

    fn output(level: PemfLevel) -> Flux {
        level.flux
    }
}
