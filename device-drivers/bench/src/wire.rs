//! Frames as a stranger reads them: a codec of the tests' own, which shares no code with the dialect.

use std::{vec, vec::Vec};

/// What goes over the line, in either direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is for; an answer has the highest bit set.
    pub kind: u8,
    /// Of the unit.
    pub address: u8,
    /// Of the unit, as it said last.
    pub boot: u32,
    /// Counts questions.
    pub sequence: u32,
    /// Of the unit: until when a question is valid, or when an answer was given.
    pub uptime_millis: u64,
    /// What it carries.
    pub payload: Vec<u8>,
}

/// Asks who it is.
pub const IDENTIFY: u8 = 1;
/// Asks what it can do.
pub const CAPABILITIES: u8 = 2;
/// Asks what it does.
pub const STATUS: u8 = 3;
/// Sets what it would emit.
pub const SET: u8 = 4;
/// Warns people.
pub const WARN: u8 = 5;
/// Turns on.
pub const ENABLE: u8 = 6;
/// Keeps on.
pub const RENEW: u8 = 7;
/// Turns off.
pub const OFF: u8 = 8;

/// CRC-32/ISO-HDLC, bit by bit.
pub fn crc32(bytes: &[u8]) -> u32 {
    let shift = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| shift(crc)))
}

impl Frame {
    /// The bytes of it on the line.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![1, self.kind, self.address, 0];
        bytes.extend(self.boot.to_le_bytes());
        bytes.extend(self.sequence.to_le_bytes());
        bytes.extend(self.uptime_millis.to_le_bytes());
        bytes.extend(&self.payload);
        bytes.extend(crc32(&bytes).to_le_bytes());
        let mut line = vec![0];
        for run in bytes.split(|byte| *byte == 0) {
            line.push(u8::try_from(run.len() + 1).unwrap());
            line.extend(run);
        }
        line.push(0);
        line
    }

    /// The one frame in `line`, which must be there.
    pub fn decode(line: &[u8]) -> Self {
        let stuffed = line.strip_prefix(&[0]).and_then(|rest| rest.strip_suffix(&[0]));
        Self::read(stuffed.expect("zeros around a frame")).expect("a frame")
    }

    /// All frames in `bytes` that are whole.
    pub fn all(bytes: &[u8]) -> Vec<Self> {
        bytes.split(|byte| *byte == 0).filter_map(Self::read).collect()
    }

    fn read(stuffed: &[u8]) -> Option<Self> {
        let mut rest = stuffed;
        let mut bytes = Vec::new();
        while let [code, after @ ..] = rest {
            let (run, left) = after.split_at_checked(usize::from(*code) - 1)?;
            bytes.extend(run);
            rest = left;
            if !rest.is_empty() {
                bytes.push(0);
            }
        }
        let (guarded, guard) = bytes.split_last_chunk::<4>()?;
        if *guard != crc32(guarded).to_le_bytes() || guarded.len() < 20 {
            return None;
        }
        assert_eq!((guarded[0], guarded[3]), (1, 0));
        Some(Self {
            kind: guarded[1],
            address: guarded[2],
            boot: u32::from_le_bytes(guarded[4..8].try_into().unwrap()),
            sequence: u32::from_le_bytes(guarded[8..12].try_into().unwrap()),
            uptime_millis: u64::from_le_bytes(guarded[12..20].try_into().unwrap()),
            payload: guarded[20..].to_vec(),
        })
    }

    /// The nonce that an Enable or a Renew carries.
    pub fn nonce(&self) -> u64 {
        u64::from_le_bytes(self.payload[..8].try_into().unwrap())
    }
}
