//! One frame of open-link on the line: header, payload, CRC-32, and where it begins and ends
//! (open-link, sections 2 and 3; COM-01).

use alloc::{format, string::String, vec::Vec};

use crc::{CRC_32_ISO_HDLC, Crc};

use super::{fields::Fields, message::Kind};

/// The version of the protocol that is spoken here.
const VERSION: u8 = 1;
/// Bytes before the payload.
const HEADER_BYTES: usize = 20;
/// Bytes of the CRC.
const CRC_BYTES: usize = 4;
/// The longest frame before stuffing (open-link, section 3).
const FRAME_BYTES_MAX: usize = 200;
/// The longest frame after stuffing (open-link, section 2).
const STUFFED_BYTES_MAX: usize = FRAME_BYTES_MAX + 1;
/// Bytes on the line beside the payload: header, CRC, stuffing, and a zero at either end.
const AROUND_PAYLOAD: usize = HEADER_BYTES + CRC_BYTES + 3;

const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// The checksum of a frame, and the digest of a setting.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    CRC.checksum(bytes)
}

/// How many bytes a payload of `payload` bytes takes on the line.
pub(super) const fn line_bytes(payload: usize) -> usize {
    payload + AROUND_PAYLOAD
}

/// What a frame says, without what guards it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Telegram {
    pub(super) kind: u8,
    pub(super) address: u8,
    pub(super) boot: u32,
    pub(super) sequence: u32,
    /// The unit's own uptime from a unit, `valid_until` from a host.
    pub(super) uptime_millis: u64,
    pub(super) payload: Vec<u8>,
}

impl Telegram {
    /// The bytes on the line: a zero, the stuffed frame, a zero.
    pub(super) fn encode(&self) -> Vec<u8> {
        cobs::encode_vec_including_sentinels(&self.frame())
    }

    fn frame(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.payload.len() + CRC_BYTES);
        bytes.extend([VERSION, self.kind, self.address, 0]);
        bytes.extend(self.boot.to_le_bytes());
        bytes.extend(self.sequence.to_le_bytes());
        bytes.extend(self.uptime_millis.to_le_bytes());
        bytes.extend(&self.payload);
        bytes.extend(crc32(&bytes).to_le_bytes());
        bytes
    }

    /// The frame between two zeros, or `None` if it must not be believed.
    fn decode(stuffed: &[u8]) -> Option<Self> {
        let mut frame = [0; FRAME_BYTES_MAX];
        let length = cobs::decode(stuffed, &mut frame).ok()?.frame_size();
        let (guarded, guard) = frame.get(..length)?.split_last_chunk::<CRC_BYTES>()?;
        if *guard != crc32(guarded).to_le_bytes() {
            return None;
        }
        let mut fields = Fields::new(guarded);
        let (version, kind) = (fields.u8()?, fields.u8()?);
        let (address, reserved) = (fields.u8()?, fields.u8()?);
        let telegram = Self {
            kind,
            address,
            boot: fields.u32()?,
            sequence: fields.u32()?,
            uptime_millis: fields.u64()?,
            payload: fields.rest().to_vec(),
        };
        (version == VERSION && reserved == 0).then_some(telegram)
    }
}

/// Whether what stood between two zeros is a whole frame.
pub(crate) fn is_telegram(stuffed: &[u8]) -> bool {
    Telegram::decode(stuffed).is_some()
}

/// The frames in `bytes`, in words.
pub(crate) fn explain(bytes: &[u8]) -> String {
    let frames = bytes.split(|byte| *byte == 0).filter_map(Telegram::decode);
    let told = frames.map(|Telegram { kind, address, sequence, payload, .. }| {
        let name = Kind::name_of(kind);
        format!("{name}, unit {address}, sequence {sequence}, {} bytes", payload.len())
    });
    let told: Vec<_> = told.collect();
    if told.is_empty() { String::from("part of a frame") } else { told.join("; ") }
}

/// What stood between two zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// A frame that is whole.
    Telegram(Telegram),
    /// Anything else.
    Garbled,
}

/// Cuts the line at its zeros. It holds at most one frame, so that a flood costs no memory (COM-10).
#[derive(Clone, Debug)]
pub(super) struct Cutter {
    held: [u8; STUFFED_BYTES_MAX],
    length: usize,
    overflown: bool,
}

impl Cutter {
    pub(super) const EMPTY: Self =
        Self { held: [0; STUFFED_BYTES_MAX], length: 0, overflown: false };

    /// Takes one byte, and gives what it ended, if it ended anything.
    pub(super) fn push(&mut self, byte: u8) -> Option<Cut> {
        if byte != 0 {
            return self.hold(byte);
        }
        let overflown = self.overflown;
        let stuffed = self.held.get(..self.length).unwrap_or_default();
        let cut = match Telegram::decode(stuffed) {
            _ if stuffed.is_empty() || overflown => None,
            Some(telegram) => Some(Cut::Telegram(telegram)),
            None => Some(Cut::Garbled),
        };
        self.length = 0;
        self.overflown = false;
        cut
    }

    /// Keeps a byte. The first one too many ends the frame; the rest of it is ignored.
    fn hold(&mut self, byte: u8) -> Option<Cut> {
        if self.overflown {
            return None;
        }
        match self.held.get_mut(self.length) {
            Some(place) => {
                *place = byte;
                self.length += 1;
                None
            }
            None => {
                self.overflown = true;
                self.length = 0;
                Some(Cut::Garbled)
            }
        }
    }
}
