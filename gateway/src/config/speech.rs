//! How a unit is spoken with: whatever its profile says of that, ready to be made a dialect.

use std::{
    fmt::{self, Debug, Display},
    sync::Arc,
};

use device_drivers::{
    Dialect, arroyo, magstim, magventure, maiman,
    open_link::{Plate, Secret, Spoken},
};
use safety::{Modality, Permille};

use super::sign_off::Signable;

/// What a profile says of how a unit is spoken with.
pub(super) trait Speech<M: Modality>: Debug + Send + Sync {
    /// The dialect, its port closed. `seed` is fresh and random for every start of the gateway: a
    /// dialect that challenges derives its challenges from it.
    fn dialect(&self, seed: Secret) -> Result<Box<dyn Dialect<M> + Send>, SpeechError>;

    /// What a simulated unit would have to be.
    fn peer(&self) -> Peer;

    /// Whether the unit says of its interlock whether that is closed: one that does not needs an
    /// input that says so of its relay.
    fn shows_interlock(&self) -> bool {
        true
    }

    /// The address under which it is spoken to on a line that it may share.
    fn address(&self) -> Option<u8> {
        None
    }

    /// What its dialect builds on and nobody has seen at the hardware.
    fn signable(&self) -> Signable;

    /// How much more than it was told may come out, by its calibration. Without one nothing more
    /// than that is charged.
    fn above(&self) -> Option<Permille> {
        None
    }
}

/// What a simulated unit has to be, so that it answers as a profile says.
#[derive(Clone, Debug)]
pub enum Peer {
    /// A unit of ours, with this serial number.
    OpenLink(String),
    /// A Maiman driver.
    Maiman(Box<maiman::Plate>),
    /// An Arroyo driver.
    Arroyo(Box<arroyo::Plate>),
    /// A Magstim.
    Magstim(Box<magstim::Plate>),
    /// A MagVenture.
    MagVenture(Box<magventure::Plate>),
    /// A laser that the profile `cobolt` describes, with this serial number.
    Cobolt(String),
    /// A field unit that the profile `freepemf` describes.
    FreePemf,
    /// A bench supply that the profile `riden-rd60xx` describes.
    Riden {
        /// Which model of the profile it is.
        variant: String,
        /// Its serial number.
        serial: String,
    },
}

/// Why no unit can be spoken with like this: an error of its profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpeechError(String);

impl SpeechError {
    /// From the error of a dialect.
    pub(super) fn new(error: impl Display) -> Self {
        Self(error.to_string())
    }
}

impl Display for SpeechError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SpeechError {}

impl<M: Spoken> Speech<M> for Plate<M>
where
    M::Own: Send + Sync,
    M::Output: Send + Sync,
{
    fn dialect(&self, seed: Secret) -> Result<Box<dyn Dialect<M> + Send>, SpeechError> {
        M::dialect(Self { challenge_seed: seed, ..self.clone() }).map_err(SpeechError::new)
    }

    fn peer(&self) -> Peer {
        Peer::OpenLink(self.serial.clone())
    }

    /// Our own protocol: a unit that speaks it otherwise does not speak it.
    fn signable(&self) -> Signable {
        Signable::of(Vec::new())
    }
}

/// Shares a speech.
pub(super) fn shared<M: Modality>(speech: impl Speech<M> + 'static) -> Arc<dyn Speech<M>> {
    Arc::new(speech)
}
