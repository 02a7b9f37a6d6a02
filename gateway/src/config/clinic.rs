//! The clinic that a configuration describes. The same for the same seed, day and instant, so that a
//! record can be replayed.

use std::fmt;

use clinic::{BoardPlan, Clinic};
use device_drivers::open_link::Secret;
use jiff::civil::Date;
use safety::Instant;
use sha2::{Digest, Sha256};

use super::{Config, SpeechError};

/// Thirty-two bytes of chance that the challenges of one run of the gateway are derived from. They
/// tell nobody the key of a unit; who knows them ahead knows what a unit will be asked.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed([u8; 32]);

/// A configuration makes no clinic.
#[derive(Debug, thiserror::Error)]
pub enum ClinicError {
    /// A unit cannot be spoken with.
    #[error(transparent)]
    Speech(#[from] SpeechError),
    /// A board cannot be used.
    #[error(transparent)]
    Board(#[from] device_drivers::relay::PlateError),
}

impl Seed {
    /// These bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the record that is replayed with them.
    pub(crate) const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// What the challenges of the unit at this place are derived from.
    fn of_unit(&self, place: u16) -> Secret {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(place.to_le_bytes());
        Secret::new(hash.finalize().into())
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

impl Config {
    /// The clinic for the start number `run`, with the calibrations that its units have `today`.
    ///
    /// # Errors
    /// None that [`Config::load`] has not shown already.
    pub fn clinic(
        &self,
        run: u32,
        today: Date,
        seed: &Seed,
        now: Instant,
    ) -> Result<Clinic, ClinicError> {
        let plan = |unit: &super::UnitConfig| unit.plan(today, seed.of_unit(unit.id.0));
        let plans = self.units.iter().map(plan).collect::<Result<Vec<_>, _>>()?;
        let boards = self.boards.iter().map(super::BoardConfig::plan);
        let boards: Vec<BoardPlan> = boards.collect::<Result<_, _>>()?;
        Ok(Clinic::new(run, plans, boards, now))
    }

    /// The dialect that is spoken on each line.
    pub fn dialects(&self) -> Vec<&'static str> {
        let boards = self.boards.iter().map(|_| "relay");
        self.units.iter().map(|unit| unit.dialect).chain(boards).collect()
    }
}
