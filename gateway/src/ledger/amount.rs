//! A dose as a record keeps it: a modality and counts that fit into a column.

use clinic::AnyDose;
use safety::{Energy, Exposure, LaserDose, Nanos, PemfDose, Pulses, StimulatorDose};

use super::row::EntryError;
use crate::directory::Modality;

/// A dose with its modality. Only amounts of the same modality may be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) modality: Modality,
    /// Picojoules of a laser, femtotesla-seconds of a field, picopulses of a stimulator.
    pub(super) quantity: i64,
    /// Picojoules of the discharges of a stimulator. The energy of a laser is its quantity, and a
    /// field has none.
    pub(super) energy_pj: i64,
    pub(super) time_ns: i64,
}

impl Amount {
    pub(super) fn of(dose: AnyDose) -> Result<Self, EntryError> {
        let (modality, quantity, energy, time) = match dose {
            AnyDose::Laser(dose) => (Modality::Laser, dose.quantity.picojoules(), 0, dose.time),
            AnyDose::Pemf(dose) => {
                (Modality::Pemf, dose.quantity.femtotesla_seconds(), 0, dose.time)
            }
            AnyDose::Stimulator(StimulatorDose { pulses, energy, time }) => {
                (Modality::Stimulator, pulses.picopulses(), energy.picojoules(), time)
            }
        };
        Ok(Self {
            modality,
            quantity: column(quantity)?,
            energy_pj: column(energy)?,
            time_ns: column(time.get())?,
        })
    }

    /// The dose; `None` if a count is negative, which no record of ours is.
    pub(super) fn dose(self) -> Option<AnyDose> {
        let quantity = u64::try_from(self.quantity).ok()?;
        let energy = Energy::from_picojoules(u64::try_from(self.energy_pj).ok()?);
        let time = Nanos::new(u64::try_from(self.time_ns).ok()?);
        Some(match self.modality {
            Modality::Laser => {
                AnyDose::Laser(LaserDose { quantity: Energy::from_picojoules(quantity), time })
            }
            Modality::Pemf => {
                let quantity = Exposure::from_femtotesla_seconds(quantity);
                AnyDose::Pemf(PemfDose { quantity, time })
            }
            Modality::Stimulator => {
                let pulses = Pulses::from_picopulses(quantity);
                AnyDose::Stimulator(StimulatorDose { pulses, energy, time })
            }
        })
    }
}

/// A count as a column can hold it: up to 9.2 MJ, 9.2 million pulses or 292 years. What is more is no dose, and is
/// refused rather than written as something else.
pub(super) fn column(count: u64) -> Result<i64, EntryError> {
    i64::try_from(count).map_err(|_too_large| EntryError::TooLarge { count })
}
