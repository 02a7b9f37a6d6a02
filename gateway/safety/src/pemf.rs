//! Pulsed magnetic field therapy: what a unit can be told.

use crate::{
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

    adds_up!(Flux => Exposure);

    fn output(level: PemfLevel) -> Flux {
        level.flux
    }
}
