//! Steps of a clinic, written one behind the other.
//!
//! ```text
//! step   nanoseconds since the step before, in the first since boot · happening · effects · 255
//! ```

use clinic::{Clinic, Effect, Happening};
use safety::Instant;

use super::{
    field::{Bytes, Field, Malformed},
    trace::{self, Dialects},
};

/// Steps that were written, as the payload of a block has them.
#[derive(Debug, Default)]
pub struct Strip {
    bytes: Vec<u8>,
    last: u64,
}

/// One step as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) at: Instant,
    pub(super) happening: Happening,
    /// What is kept of its effects, as it was written.
    pub(super) effects: Vec<u8>,
}

impl Strip {
    /// No step yet, in a buffer that was used before.
    pub fn new(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self { bytes: buffer, last: 0 }
    }

    /// Begins a step.
    pub fn happens(&mut self, now: Instant, happening: &Happening) {
        let at = now.since_boot();
        // Bit for bit, whatever the clock did: what wraps here wraps back.
        at.wrapping_sub(std::mem::replace(&mut self.last, at)).put(&mut self.bytes);
        happening.put(&mut self.bytes);
    }

    /// Something follows from the step that was begun. `clinic` stands as the step left it.
    pub fn follows(&mut self, effect: &Effect, clinic: &Clinic, dialects: &Dialects) {
        trace::put(effect, clinic, dialects, &mut self.bytes);
    }

    /// Ends the step that was begun.
    pub fn done(&mut self) {
        trace::put_end(&mut self.bytes);
    }

    /// How many bytes were written.
    pub const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether no step was written.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What was written.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives the buffer away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads a step. `last` is the instant of the one before.
pub(super) fn take(from: &mut Bytes<'_>, last: &mut u64) -> Result<Step, Malformed> {
    let at = last.wrapping_add(u64::take(from)?);
    *last = at;
    let happening = Happening::take(from)?;
    let before = from.clone();
    trace::take(from)?;
    let length = before.len().saturating_sub(from.len());
    let effects = before.clone().next(length)?.to_vec();
    Ok(Step { at: Instant::from_boot(at), happening, effects })
}
