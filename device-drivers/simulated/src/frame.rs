//! One frame of open-link: header, payload, CRC-32, and where it begins and ends on the line (COM-01).

use crc::{CRC_32_ISO_HDLC, Crc};

use crate::cobs;

/// The version of the protocol that these units speak.
const VERSION: u8 = 1;

/// Bytes before the payload.
const HEADER_BYTES: usize = 20;

/// Bytes of the CRC.
const CRC_BYTES: usize = 4;

/// The longest frame before stuffing, in bytes (open-link, section 3).
const FRAME_BYTES_MAX: usize = 200;

/// The longest frame after stuffing, in bytes (open-link, section 2).
const STUFFED_BYTES_MAX: usize = FRAME_BYTES_MAX + 1;

static CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// The checksum of open-link, which is also the digest of a setting.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    CRC.checksum(bytes)
}

/// What a frame says, without what guards it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) address: u8,
    pub(crate) boot_id: u32,
    pub(crate) sequence: u32,
    /// Own uptime from a unit, `valid_until` from a host.
    pub(crate) uptime_ms: u64,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// The frame before stuffing.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION, self.kind, self.address, 0];
        bytes.extend(self.boot_id.to_le_bytes());
        bytes.extend(self.sequence.to_le_bytes());
        bytes.extend(self.uptime_ms.to_le_bytes());
        bytes.extend(&self.payload);
        bytes.extend(crc32(&bytes).to_le_bytes());
        bytes
    }

    /// The bytes on the line: a zero, the stuffed frame, a zero.
    pub(crate) fn line(&self) -> Vec<u8> {
        let mut line = vec![0];
        line.extend(cobs::encode(&self.encode()).unwrap_or_default());
        line.push(0);
        line
    }

    /// The frame between two zeros, or `None` if it must be discarded.
    pub(crate) fn decode(stuffed: &[u8]) -> Option<Self> {
        let bytes = cobs::decode(stuffed)?;
        if !(HEADER_BYTES + CRC_BYTES..=FRAME_BYTES_MAX).contains(&bytes.len()) {
            return None;
        }
        let (guarded, guard) = bytes.split_at(bytes.len() - CRC_BYTES);
        if guard != crc32(guarded).to_le_bytes() {
            return None;
        }
        let mut reader = Reader::new(guarded);
        let version = reader.u8()?;
        let (kind, address, reserved) = (reader.u8()?, reader.u8()?, reader.u8()?);
        if version != VERSION || reserved != 0 {
            return None;
        }
        Some(Self {
            kind,
            address,
            boot_id: reader.u32()?,
            sequence: reader.u32()?,
            uptime_ms: reader.u64()?,
            payload: reader.rest().to_vec(),
        })
    }
}

/// Takes little-endian integers off the front of a payload; `None` once there are too few bytes.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.take().map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }
}

/// What the end of a run of bytes turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Run {
    /// The bytes between two zeros, still stuffed.
    Whole(Vec<u8>),
    /// More bytes than a frame can have.
    TooLong,
}

/// Cuts the line at its zeros. It holds at most one frame, so that a flood costs no memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cutter {
    held: Vec<u8>,
    overflown: bool,
}

impl Cutter {
    /// Takes one byte; gives what it ended, if it ended anything.
    pub(crate) fn push(&mut self, byte: u8) -> Option<Run> {
        if byte != 0 {
            self.hold(byte);
            return None;
        }
        let held = std::mem::take(&mut self.held);
        if std::mem::take(&mut self.overflown) {
            return Some(Run::TooLong);
        }
        (!held.is_empty()).then_some(Run::Whole(held))
    }

    fn hold(&mut self, byte: u8) {
        if self.held.len() == STUFFED_BYTES_MAX {
            self.overflown = true;
        }
        if !self.overflown {
            self.held.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn off() -> Frame {
        Frame { kind: 8, address: 1, boot_id: 0, sequence: 0, uptime_ms: 0, payload: vec![] }
    }

    #[test]
    fn the_check_value_is_that_of_the_document() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    /// COM-01: a frame with a wrong CRC-32 is dropped.
    #[test]
    fn every_single_bit_error_is_discarded() {
        let line = off().line();
        let stuffed = &line[1..line.len() - 1];
        for bit in 0..stuffed.len() * 8 {
            let mut bad = stuffed.to_vec();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Frame::decode(&bad), None, "bit {bit}");
        }
    }

    #[test]
    fn another_version_or_a_used_reserve_is_discarded() {
        for (place, value) in [(0, 0), (0, 2), (3, 1)] {
            let mut bytes = off().encode();
            bytes.truncate(bytes.len() - CRC_BYTES);
            bytes[place] = value;
            bytes.extend(crc32(&bytes).to_le_bytes());
            let stuffed = cobs::encode(&bytes).expect("short");
            assert_eq!(Frame::decode(&stuffed), None);
        }
    }

    #[test]
    fn frames_that_are_too_long_are_cut_once() {
        let mut cutter = Cutter::default();
        assert!((0..5_000).all(|_| cutter.push(0xFF).is_none()));
        assert_eq!(cutter.push(0), Some(Run::TooLong));
        assert_eq!(cutter.push(0), None);
        assert_eq!(cutter.push(9), None);
        assert_eq!(cutter.push(0), Some(Run::Whole(vec![9])));
    }

    #[test]
    fn the_longest_frame_passes() {
        let frame = Frame { payload: vec![0xFF; 176], ..off() };
        let mut cutter = Cutter::default();
        let runs: Vec<Run> = frame.line().into_iter().filter_map(|b| cutter.push(b)).collect();
        let [Run::Whole(stuffed)] = &runs[..] else { panic!("{runs:?}") };
        assert_eq!(Frame::decode(stuffed), Some(frame));
    }

    proptest! {
        #[test]
        fn noise_is_never_a_frame_and_never_panics(
            noise in prop::collection::vec(any::<u8>(), 0..260),
        ) {
            prop_assert_eq!(Frame::decode(&noise), None);
        }
    }
}
