//! Photobiomodulation by a Class IV laser: what a unit can be told.

use crate::{
    finding::Allowance,
    modality::{Modality, adds_up},
    prescription::LaserPrescription,
    quantity::{Energy, Frequency, Permille, Power},
    time::Nanos,
};

/// How many wavelengths one unit may have.
pub const WAVELENGTHS_MAX: usize = 4;

/// Laser therapy. A dose is energy and emission time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Laser;

/// What a laser unit is told to emit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LaserLevel {
    /// Average power over a gate period: what energy counts.
    pub power: Power,
    /// The share of the power at each wavelength, in the order of the unit's own list.
    pub mix: [Permille; WAVELENGTHS_MAX],
    /// Whether and how the output is gated.
    pub gate: Gate,
}

/// How the output of a laser is gated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gate {
    /// Emits without a break.
    Continuous,
    /// Emits in pulses.
    Pulsed {
        /// Pulses per second.
        frequency: Frequency,
        /// The share of a period in which it emits, above zero and below the whole.
        duty: Permille,
    },
}

impl LaserLevel {
    /// Power during a pulse: the average divided by the duty, rounded up.
    pub fn peak_power(&self) -> Power {
        match self.gate {
            Gate::Continuous => self.power,
            Gate::Pulsed { duty, .. } => {
                let scaled = u64::from(self.power.milliwatts()).saturating_mul(1_000);
                match u64::from(duty.get()) {
                    0 => Power::MAX,
                    duty => Power::from_milliwatts(
                        u32::try_from(scaled.div_ceil(duty)).unwrap_or(u32::MAX),
                    ),
                }
            }
        }
    }
}

impl Modality for Laser {
    type Level = LaserLevel;
    type Prescription = LaserPrescription;

    const REMINDER: Option<Nanos> = Some(Nanos::from_secs(30));
    /// 5 % or 50 J (safety rules of dose accounting; a proposal that needs the clinic's sign-off).
    const COUNTS_APART: Allowance = Allowance { permille: 50, least: 50_000_000_000_000 };
    /// 2 % or 20 J (the same).
    const UNSEEN: Allowance = Allowance { permille: 20, least: 20_000_000_000_000 };

    adds_up!(Power => Energy);

    fn output(level: LaserLevel) -> Power {
        level.power
    }
}
