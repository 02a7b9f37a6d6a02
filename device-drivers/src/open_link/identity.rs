//! Who a unit says it is, and the proof that it holds the key of its plate (open-link, section 7.1;
//! COM-07).

use alloc::{string::String, vec::Vec};

use hmac::{Hmac, KeyInit, Mac};
use safety::Identity;
use sha2::{Digest, Sha256};

use super::{
    fields::Fields,
    plate::{Plate, Secret, is_sayable},
    spoken::Spoken,
};

/// Begins the message that is proven, so that a proof of something else never fits.
const DOMAIN: &[u8] = b"open-link 1 identity\0";
/// Begins what challenges are derived from, so that no other use of the seed gives one away.
const CHALLENGE_DOMAIN: &[u8] = b"open-link 1 challenge\0";
/// The length of a challenge.
const CHALLENGE_BYTES: usize = 16;
/// The length of a proof: that of SHA-256.
const PROOF_BYTES: usize = 32;
/// The block of SHA-256, to which HMAC fills a key up with zeros (RFC 2104).
const BLOCK_BYTES: usize = 64;

/// A random question that only the holder of the key can answer.
pub(super) type Challenge = [u8; CHALLENGE_BYTES];

/// What a unit says of itself. It is no proof of anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who made it.
    pub maker: String,
    /// What the maker calls it.
    pub model: String,
    /// Its own number.
    pub serial: String,
    /// Its firmware version.
    pub firmware: String,
    /// When it was calibrated, in days since 1970-01-01.
    pub calibrated_on_days: u32,
    /// The first day on which it must not be used any more, in days since 1970-01-01 (LAS-19).
    pub calibration_due_days: u32,
    /// The code of its applicator; 0 is none, or one that it does not know.
    pub applicator: u16,
    /// What came of its proof, once its capability record was heard too.
    pub outcome: Option<Identity>,
}

/// The reply to a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Introduction {
    pub(super) claim: Claim,
    /// The fields of the claim, byte for byte as they came.
    said: Vec<u8>,
    proof: [u8; PROOF_BYTES],
}

impl Introduction {
    /// Reads the reply behind its head.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (said, proof) = bytes.split_last_chunk::<PROOF_BYTES>()?;
        let mut fields = Fields::new(said);
        let claim = Claim {
            maker: text(&mut fields)?,
            model: text(&mut fields)?,
            serial: text(&mut fields)?,
            firmware: text(&mut fields)?,
            calibrated_on_days: fields.u32()?,
            calibration_due_days: fields.u32()?,
            applicator: fields.u16()?,
            outcome: None,
        };
        fields.is_empty().then(|| Self { claim, said: said.to_vec(), proof: *proof })
    }

    /// Judges the answer to `challenge` together with the capability record that was received. One
    /// thing that differs from the plate is as bad as a wrong proof (COM-07, LAS-18, PEM-07).
    pub(super) fn judge<M: Spoken>(
        &self,
        plate: &Plate<M>,
        challenge: &Challenge,
        boot: u32,
        record: &[u8],
    ) -> Identity {
        let claim = &self.claim;
        let plated = claim.maker == plate.maker
            && claim.model == plate.model
            && claim.serial == plate.serial
            && plate.firmware.contains(&claim.firmware)
            && claim.applicator == plate.applicator
            && record == plate.capability.record();
        if plated && self.is_proven(&plate.key, challenge, boot, record) {
            Identity::Proven
        } else {
            Identity::Differs
        }
    }

    fn is_proven(&self, key: &Secret, challenge: &Challenge, boot: u32, record: &[u8]) -> bool {
        let mut mac = keyed(key);
        mac.update(DOMAIN);
        mac.update(challenge);
        mac.update(&boot.to_le_bytes());
        mac.update(&self.said);
        mac.update(&Sha256::digest(record));
        mac.verify_slice(&self.proof).is_ok()
    }
}

/// The challenge with this number. Who does not know the seed cannot foresee it.
pub(super) fn challenge(seed: &Secret, number: u64) -> Challenge {
    let mut mac = keyed(seed);
    mac.update(CHALLENGE_DOMAIN);
    mac.update(&number.to_le_bytes());
    let mut challenge = [0; CHALLENGE_BYTES];
    for (byte, derived) in challenge.iter_mut().zip(mac.finalize().into_bytes()) {
        *byte = derived;
    }
    challenge
}

fn keyed(secret: &Secret) -> Hmac<Sha256> {
    let mut block = [0; BLOCK_BYTES];
    for (place, byte) in block.iter_mut().zip(secret.expose()) {
        *place = *byte;
    }
    Hmac::new(&block.into())
}

fn text(fields: &mut Fields<'_>) -> Option<String> {
    let length = usize::from(fields.u8()?);
    let bytes = fields.bytes(length).filter(|bytes| is_sayable(bytes))?;
    String::from_utf8(bytes.to_vec()).ok()
}
