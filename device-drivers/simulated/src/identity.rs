//! Who a unit says it is, and the proof that it holds the key (COM-07).

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::plan::Plan;

/// Begins the message that is proven, so that a proof of something else never fits (open-link, section 7.1).
const DOMAIN: &[u8] = b"open-link 1 identity\0";

/// The longest text in an identity, in bytes.
const TEXT_BYTES_MAX: usize = 24;

/// The identity fields, as they stand in the reply and in the message that is proven.
pub(crate) fn fields(plan: &Plan, applicator: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in [&plan.maker, &plan.model, &plan.serial, &plan.firmware] {
        let shown = &text.as_bytes()[..text.len().min(TEXT_BYTES_MAX)];
        bytes.extend(u8::try_from(shown.len()));
        bytes.extend(shown);
    }
    bytes.extend(plan.calibrated_on.to_le_bytes());
    bytes.extend(plan.calibration_due.to_le_bytes());
    bytes.extend(applicator.to_le_bytes());
    bytes
}

/// The proof for one challenge: it binds the identity and the capabilities to this boot.
pub(crate) fn proof(
    plan: &Plan,
    challenge: &[u8],
    boot_id: u32,
    applicator: u16,
) -> impl Iterator<Item = u8> {
    let mut mac = Hmac::<Sha256>::new(&key_block(&plan.key).into());
    mac.update(DOMAIN);
    mac.update(challenge);
    mac.update(&boot_id.to_le_bytes());
    mac.update(&fields(plan, applicator));
    mac.update(&Sha256::digest(plan.capability.record()));
    mac.finalize().into_bytes().into_iter()
}

/// The key of a simulated unit: derived from its serial, so that a profile for it can be written down without asking it.
pub(crate) fn key_of(serial: &str) -> [u8; 32] {
    Sha256::digest(format!("simulated unit {serial}")).into()
}

/// HMAC fills a key up with zeros to the block of its hash, 64 bytes for SHA-256 (RFC 2104).
fn key_block(key: &[u8; 32]) -> [u8; 64] {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    block
}
