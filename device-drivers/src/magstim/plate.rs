//! What the profile of one Magstim says of it, checked before its port is opened.

use alloc::{string::String, vec::Vec};
use core::fmt;

use safety::{Nanos, PulseEnergy, Pulsing};

use crate::unverified::{Unverified, of_plate};

use super::unverified::UNVERIFIED;

/// The line of every model: 9600 baud, 8N1, no flow control (TDb 086 and 087).
const BAUD: u64 = 9_600;
/// A byte with its start and its stop.
const BITS_OF_BYTE: u64 = 10;
/// The vendor advises a word every 500 ms while a unit is armed.
const POLL_MAX: Nanos = Nanos::from_millis(500);
/// A unit that is armed disarms itself after this without a word.
const LEASE_MAX: Nanos = Nanos::from_millis(1_000);
/// From this major version on a Rapid² wants its unlock code.
const UNLOCKS_FROM: u8 = 9;
/// An unlock code as the vendor hands it out is fourteen characters and two bytes.
const UNLOCK_BYTES: usize = 16;

/// What the profile says of one unit.
#[derive(Clone, Debug)]
pub struct Plate {
    /// Which of the models it is.
    pub model: Model,
    /// What one of its pulses takes, by the vendor's table.
    pub energy: PulseEnergy,
    /// Its coil says how warm it is.
    pub coil_sensor: bool,
    /// Between two questions for the same fact, 500 ms at most: each keeps it armed.
    pub poll: Nanos,
    /// Without an answer for longer, the link is lost: what the supervisor goes by.
    pub link: Nanos,
    /// From our last byte to no emission, 1,000 ms at most: it bounds every train.
    pub lease: Nanos,
    /// An answer that begins later is lost.
    pub answer_within: Nanos,
    /// The least rest between two words of ours.
    pub gap: Nanos,
    /// Output below this counts as none: what the supervisor goes by.
    pub off_below: Pulsing,
}

/// A model, and what decides the lengths of its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Model {
    /// Single pulses.
    TwoHundred,
    /// Two boxes at one coil, of which only the first is used.
    BiStim,
    /// Trains.
    Rapid {
        /// The version of its software, to the letter: another has to be approved first.
        version: String,
        /// What it is unlocked with, from version 9 on.
        unlock: Option<Unlock>,
    },
}

/// The code that unlocks one unit. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Unlock(Vec<u8>);

/// Why a plate cannot be that of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlateError {
    /// The version does not begin with a number.
    Version,
    /// An unlock code is missing, or stands where none is asked for, or has another length.
    Unlock,
    /// It is asked too rarely to stay armed, or without pause.
    Poll,
    /// The link is lost before it is asked again.
    Link,
    /// The lease is none, or longer than its own watchdog.
    Lease,
    /// Nobody answers at once.
    Answer,
    /// Its pulses are said to take nothing.
    Energy,
}

impl Unlock {
    /// A code as the vendor hands it out, with its two bytes behind the last dash.
    pub const fn new(code: Vec<u8>) -> Self {
        Self(code)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Unlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unlock(..)")
    }
}

impl Plate {
    /// What its dialect builds on and nobody has seen at the hardware.
    pub fn unverified(&self) -> Vec<Unverified> {
        of_plate(UNVERIFIED, self)
    }

    /// Whether this can be the plate of a unit.
    ///
    /// # Errors
    ///
    /// The first thing that cannot be.
    pub fn validate(&self) -> Result<(), PlateError> {
        self.validate_model()?;
        let full = safety::Permille::WHOLE;
        let free = self.energy.at(full).is_none_or(|energy| energy.picojoules() == 0);
        let faults = [
            (self.poll == Nanos::ZERO || POLL_MAX < self.poll, PlateError::Poll),
            (self.link < self.poll, PlateError::Link),
            (self.lease == Nanos::ZERO || LEASE_MAX < self.lease, PlateError::Lease),
            (self.answer_within == Nanos::ZERO, PlateError::Answer),
            (free, PlateError::Energy),
        ];
        let found = faults.into_iter().find(|(wrong, _)| *wrong);
        found.map_or(Ok(()), |(_, error)| Err(error))
    }

    fn validate_model(&self) -> Result<(), PlateError> {
        let Model::Rapid { version, unlock } = &self.model else { return Ok(()) };
        let major = major(version).ok_or(PlateError::Version)?;
        let length = unlock.as_ref().map(|code| code.bytes().len());
        let wanted = (UNLOCKS_FROM <= major).then_some(UNLOCK_BYTES);
        if length == wanted { Ok(()) } else { Err(PlateError::Unlock) }
    }

    /// The major version of a Rapid²; zero for the others.
    pub(super) fn major(&self) -> u8 {
        match &self.model {
            Model::TwoHundred | Model::BiStim => 0,
            Model::Rapid { version, .. } => major(version).unwrap_or(0),
        }
    }

    pub(super) fn has_trains(&self) -> bool {
        matches!(self.model, Model::Rapid { .. })
    }

    /// Whether it has the longer words of newer software.
    pub(super) fn is_newest(&self) -> bool {
        UNLOCKS_FROM <= self.major()
    }

    /// Whether it has a word for its system state.
    pub(super) fn has_system_state(&self) -> bool {
        self.is_newest()
    }

    /// The time of one byte, rounded up.
    pub(super) fn byte(&self) -> Nanos {
        Nanos::new(Nanos::from_secs(BITS_OF_BYTE).get().div_ceil(BAUD))
    }
}

fn major(version: &str) -> Option<u8> {
    version.split('.').next()?.parse().ok()
}

impl fmt::Display for PlateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "the version of the software does not begin with a number",
            Self::Unlock => {
                "an unlock code of 16 bytes belongs to a Rapid² from version 9 on, and to no other"
            }
            Self::Poll => "a unit that is armed has to be asked every 500 ms or sooner",
            Self::Link => "the link would be lost before the unit is asked again",
            Self::Lease => {
                "the lease is none, or longer than the second of the unit's own watchdog"
            }
            Self::Answer => "no time is left for an answer",
            Self::Energy => "the energy of a pulse at full power is missing or none",
        })
    }
}

impl core::error::Error for PlateError {}
