//! What is kept of an effect: what kind, of what, and a digest of everything in it.
//!
//! A frame is kept with its bytes, so that two that differ can be laid side by side; of a secret that
//! unlocks a unit nothing is kept, not even a digest. A picture of a unit is digested with its doses,
//! so that every one of them is compared although nothing of it is written.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use clinic::{Clinic, Effect, LineId};
use device_drivers::covered;

use super::field::{Bytes, Field, Malformed, choices, put_bytes, take_bytes};

/// What is kept of one effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trace {
    /// Of what kind, and of what.
    pub(super) what: Traced,
    /// Over everything in it: FNV-1a of 64 bits.
    pub(super) digest: [u8; 8],
    /// The bytes of a frame, secrets left out.
    pub(super) bytes: Vec<u8>,
}

/// The kind of an effect, and what it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Traced {
    /// A frame, by its line.
    Write(u16),
    /// An entry for the ledger, by its id.
    Enter(u64),
    /// An answer, by its call.
    Answer(u64),
    /// A picture, by its unit.
    Show(u16),
    /// A change, by its unit.
    Tell(u16),
    /// Whether a relay may be closed, by its unit.
    Relay(u16),
    /// No effect of the step follows.
    End,
}

choices! {
    Traced {
        0 Write(line),
        1 Enter(entry),
        2 Answer(call),
        3 Show(unit),
        4 Tell(unit),
        5 Relay(unit),
        255 End,
    }
}

/// The dialect of each line, for what may not be kept of its frames.
#[derive(Clone, Debug, Default)]
pub struct Dialects(pub Vec<&'static str>);

impl Dialects {
    /// What may be kept of a frame.
    fn shown<'a>(&self, line: LineId, bytes: &'a [u8]) -> &'a [u8] {
        let dialect = self.0.get(usize::from(line.0)).copied().unwrap_or_default();
        let from = covered(dialect, bytes).unwrap_or(bytes.len());
        bytes.get(..from).unwrap_or(bytes)
    }
}

/// Appends what is kept of an effect. `clinic` has the picture that it speaks of.
pub(super) fn put(effect: &Effect, clinic: &Clinic, dialects: &Dialects, out: &mut Vec<u8>) {
    let mut digest = Digest::default();
    let (what, bytes): (Traced, &[u8]) = match effect {
        Effect::Write(line, frame) => {
            let shown = dialects.shown(*line, &frame.bytes);
            (line, shown, frame.rank, frame.purge_first).hash(&mut digest);
            (frame.answer_within, frame.quiet_after).hash(&mut digest);
            (Traced::Write(line.0), shown)
        }
        Effect::Enter(id, entry) => {
            entry.hash(&mut digest);
            (Traced::Enter(id.0), &[])
        }
        Effect::Answer(call, answer) => {
            answer.hash(&mut digest);
            (Traced::Answer(call.0), &[])
        }
        Effect::Show(unit) => {
            clinic.shown(*unit).hash(&mut digest);
            (Traced::Show(unit.0), &[])
        }
        Effect::Tell(change) => {
            change.hash(&mut digest);
            (Traced::Tell(change.unit.0), &[])
        }
        Effect::Relay(unit, closed) => {
            closed.hash(&mut digest);
            (Traced::Relay(unit.0), &[])
        }
    };
    what.put(out);
    digest.finish().to_le_bytes().put(out);
    if matches!(what, Traced::Write(_)) {
        put_bytes(bytes, out);
    }
}

/// Appends that no other effect of the step follows.
pub(super) fn put_end(out: &mut Vec<u8>) {
    Traced::End.put(out);
}

/// Reads what was kept of the effects of one step.
pub(super) fn take(from: &mut Bytes<'_>) -> Result<Vec<Trace>, Malformed> {
    let mut traces = Vec::new();
    loop {
        let what = Traced::take(from)?;
        if what == Traced::End {
            return Ok(traces);
        }
        let digest = from.array()?;
        let bytes = match what {
            Traced::Write(_) => take_bytes(from)?.to_vec(),
            Traced::Enter(_)
            | Traced::Answer(_)
            | Traced::Show(_)
            | Traced::Tell(_)
            | Traced::Relay(_)
            | Traced::End => Vec::new(),
        };
        traces.push(Trace { what, digest, bytes });
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            Traced::Write(line) => {
                write!(f, "a frame on line {line},")?;
                self.bytes.iter().try_for_each(|byte| write!(f, " {byte:02x}"))?;
            }
            Traced::Enter(id) => write!(f, "entry {id} for the ledger")?,
            Traced::Answer(call) => write!(f, "the answer to call {call}")?,
            Traced::Show(unit) => write!(f, "the picture of unit {unit}")?,
            Traced::Tell(unit) => write!(f, "a change of unit {unit}")?,
            Traced::Relay(unit) => write!(f, "where the relay of unit {unit} may be")?,
            Traced::End => write!(f, "nothing")?,
        }
        write!(f, " (digest {:016x})", u64::from_le_bytes(self.digest))
    }
}

/// FNV-1a of 64 bits. It tells what differs by accident; nobody is kept from forging with it.
struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(BASIS)
    }
}

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
    }

    // As wide on every machine.
    fn write_usize(&mut self, count: usize) {
        self.write_u64(u64::try_from(count).unwrap_or(u64::MAX));
    }

    fn write_isize(&mut self, count: isize) {
        self.write_i64(i64::try_from(count).unwrap_or(i64::MAX));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Where FNV-1a of 64 bits begins (RFC 9923).
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
/// What FNV-1a of 64 bits multiplies by (RFC 9923).
const PRIME: u64 = 0x0000_0100_0000_01b3;

#[cfg(test)]
mod tests {
    use clinic::{Clinic, Effect, LineId};
    use device_drivers::{Frame, Rank};
    use safety::{Instant, Nanos};

    use super::*;

    fn write(bytes: &[u8], rank: Rank) -> Effect {
        let answer_within = Nanos::from_millis(20);
        let frame = Frame {
            bytes: bytes.to_vec(),
            rank,
            purge_first: true,
            answer_within,
            quiet_after: Nanos::ZERO,
        };
        Effect::Write(LineId(1), frame)
    }

    fn traced(effect: &Effect) -> Trace {
        let clinic = Clinic::new(1, Vec::new(), Vec::new(), Instant::default());
        let dialects = Dialects(vec!["open-link", "magstim"]);
        let mut out = Vec::new();
        put(effect, &clinic, &dialects, &mut out);
        put_end(&mut out);
        let mut from = Bytes::new(&out);
        let traces = take(&mut from).unwrap();
        assert!(from.is_empty());
        traces.into_iter().next().unwrap()
    }

    /// The test vectors of the specification.
    #[test]
    fn the_digest_is_the_published_one() {
        let of = |text: &[u8]| {
            let mut digest = Digest::default();
            digest.write(text);
            digest.finish()
        };
        assert_eq!(of(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(of(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(of(b"foobar"), 0x8594_4171_f739_67e8);
    }

    /// Everything that a port goes by is compared, not the bytes alone.
    #[test]
    fn frames_that_differ_in_anything_differ_in_their_digest() {
        let ask = traced(&write(b"ER", Rank::Ask));
        assert_eq!((ask.what, ask.bytes.as_slice()), (Traced::Write(1), &b"ER"[..]));
        let order = traced(&write(b"ER", Rank::Order));
        assert_eq!(ask.bytes, order.bytes);
        assert_ne!(ask.digest, order.digest);
    }

    /// SEC-08: two codes that unlock a unit leave the same trace, and no byte of either.
    #[test]
    fn nothing_is_kept_of_what_unlocks_a_unit() {
        let one = traced(&write(b"Qcanary-123", Rank::Order));
        let other = traced(&write(b"Qother-4567", Rank::Order));
        assert_eq!(one, other);
        assert_eq!(one.bytes, b"Q");
    }
}
