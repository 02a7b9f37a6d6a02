//! How a record is cut into blocks, each with a check of its own.
//!
//! ```text
//! file   TGREC and a version in three bytes, then blocks to the end
//! block  length u32 · number u32 · wall clock in µs since 1970 i64 · CRC-32 of the payload u32
//!        · CRC-32 of the twenty bytes before u32 · payload
//! ```
//!
//! Every number lies with its lowest byte first. Because the length has a check that does not depend
//! on what follows, a file that was cut off is told from one that was changed.

use std::io::{self, Read};

use crc::{CRC_32_ISO_HDLC, Crc};

use super::field::Bytes;

/// What every record begins with. The last byte is the version of everything in it.
pub(super) const MAGIC: [u8; 8] = *b"TGREC\0\0\x01";

/// One block as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Where it begins in the file.
    pub(super) at: u64,
    /// What the wall clock showed when it was written, in microseconds since 1970.
    pub(super) wall_micros: i64,
    /// What it holds.
    pub(super) payload: Vec<u8>,
}

/// Why a record cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    /// The file begins like no record of ours.
    #[error("it does not begin like a record of this version")]
    Magic,
    /// A block was changed after it was written.
    #[error("the {part} of the block at byte {at} was changed: its check fails")]
    Changed {
        /// Where the block begins.
        at: u64,
        /// Which part.
        part: &'static str,
    },
    /// A block is missing, or stands twice.
    #[error("the block at byte {at} has the number {found}, not {expected}")]
    Number {
        /// Where the block begins.
        at: u64,
        /// Its number.
        found: u32,
        /// What it should have been.
        expected: u32,
    },
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Read(#[from] io::Error),
}

/// Appends the block of this number with this payload.
pub(super) fn put(number: u32, wall_micros: i64, payload: &[u8], out: &mut Vec<u8>) {
    let from = out.len();
    // A payload is a chunk of the control thread, or what the ledger knew: far below 4 GiB.
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    out.extend(length.to_le_bytes());
    out.extend(number.to_le_bytes());
    out.extend(wall_micros.to_le_bytes());
    out.extend(CRC.checksum(payload).to_le_bytes());
    let check = CRC.checksum(out.get(from..).unwrap_or_default());
    out.extend(check.to_le_bytes());
    out.extend_from_slice(payload);
}

/// The blocks of a record, one after another.
pub(super) struct Blocks<R> {
    from: R,
    at: u64,
    number: u32,
    /// Where a block begins that was not written to its end, if there is one.
    torn: Option<u64>,
}

impl<R: Read> Blocks<R> {
    /// The blocks of what is read.
    pub(super) fn new(mut from: R) -> Result<Self, BlockError> {
        let begin = read_up_to(&mut from, u64::try_from(MAGIC.len()).unwrap_or(0))?;
        if begin != MAGIC {
            return Err(BlockError::Magic);
        }
        let at = u64::try_from(MAGIC.len()).unwrap_or(0);
        Ok(Self { from, at, number: 0, torn: None })
    }

    /// Where a block begins that was not written to its end: the last of a gateway that was killed.
    pub(super) const fn torn(&self) -> Option<u64> {
        self.torn
    }

    /// The next block; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Block>, BlockError> {
        let at = self.at;
        let header = read_up_to(&mut self.from, HEADER)?;
        if header.is_empty() {
            return Ok(None);
        }
        let Some((length, number, wall_micros, check)) = parse(&header, at)? else {
            self.torn = Some(at);
            return Ok(None);
        };
        if number != self.number {
            return Err(BlockError::Number { at, found: number, expected: self.number });
        }
        let payload = read_up_to(&mut self.from, length)?;
        if u64::try_from(payload.len()) != Ok(length) {
            self.torn = Some(at);
            return Ok(None);
        }
        if CRC.checksum(&payload) != check {
            return Err(BlockError::Changed { at, part: "payload" });
        }
        self.number = self.number.saturating_add(1);
        self.at = at.saturating_add(HEADER).saturating_add(length);
        Ok(Some(Block { at, wall_micros, payload }))
    }
}

type Header = (u64, u32, i64, u32);

/// The length, the number, the wall clock and the check of the payload. `None` if it was cut off.
fn parse(header: &[u8], at: u64) -> Result<Option<Header>, BlockError> {
    let mut from = Bytes::new(header);
    let mut parsed = || {
        let length = u32::from_le_bytes(from.array().ok()?);
        let number = u32::from_le_bytes(from.array().ok()?);
        let wall = i64::from_le_bytes(from.array().ok()?);
        let check = u32::from_le_bytes(from.array().ok()?);
        let own = u32::from_le_bytes(from.array().ok()?);
        Some(((u64::from(length), number, wall, check), own))
    };
    let Some((parsed, own)) = parsed() else { return Ok(None) };
    let checked = header.get(..CHECKED).unwrap_or_default();
    if CRC.checksum(checked) != own {
        return Err(BlockError::Changed { at, part: "header" });
    }
    Ok(Some(parsed))
}

/// So many bytes, or as many as there are. Nothing is laid out for bytes that do not come.
fn read_up_to(from: &mut impl Read, count: u64) -> Result<Vec<u8>, BlockError> {
    let mut bytes = Vec::new();
    from.take(count).read_to_end(&mut bytes)?;
    Ok(bytes)
}

const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);
/// The part of a header that its own check is over.
const CHECKED: usize = 20;
/// A whole header.
const HEADER: u64 = 24;

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        put(0, 1_000_000, b"the first", &mut file);
        put(1, -5, b"", &mut file);
        put(2, 2_000_000, b"the last", &mut file);
        file
    }

    fn read(file: &[u8]) -> Result<(Vec<Vec<u8>>, Option<u64>), BlockError> {
        let mut blocks = Blocks::new(file)?;
        let mut payloads = Vec::new();
        while let Some(block) = blocks.next()? {
            payloads.push(block.payload);
        }
        Ok((payloads, blocks.torn()))
    }

    #[test]
    fn blocks_come_back_as_they_were_written() {
        let file = written();
        let (payloads, torn) = read(&file).unwrap();
        assert_eq!(payloads, [b"the first".to_vec(), Vec::new(), b"the last".to_vec()]);
        assert_eq!(torn, None);
        let mut blocks = Blocks::new(&*file).unwrap();
        blocks.next().unwrap();
        let second = blocks.next().unwrap().unwrap();
        assert_eq!((second.at, second.wall_micros), (8 + 24 + 9, -5));
    }

    /// Whichever byte is changed, and however, the place is named.
    #[test]
    fn a_changed_byte_is_found_wherever_it_is() {
        let file = written();
        for at in 0..file.len() {
            for flip in [0x01, 0x80, 0xFF] {
                let mut changed = file.clone();
                changed[at] ^= flip;
                let error = read(&changed).unwrap_err();
                let block = match error {
                    BlockError::Magic => 0,
                    BlockError::Changed { at, .. } | BlockError::Number { at, .. } => at,
                    BlockError::Read(error) => panic!("{error}"),
                };
                let begins = [0, 8, 41, 65].into_iter().filter(|begin| *begin <= at).max();
                assert_eq!(usize::try_from(block).ok(), begins, "byte {at} ^ {flip:02x}");
            }
        }
    }

    /// What was cut off is told from what was changed.
    #[test]
    fn a_cut_file_ends_with_its_last_whole_block() {
        let file = written();
        let ends = [8, 41, 65, file.len()];
        for length in 8..=file.len() {
            let (payloads, torn) = read(&file[..length]).unwrap();
            let whole = ends.iter().filter(|end| **end <= length).count() - 1;
            assert_eq!(payloads.len(), whole, "cut to {length}");
            let torn = torn.and_then(|at| usize::try_from(at).ok());
            let expected = (!ends.contains(&length)).then_some(ends[whole]);
            assert_eq!(torn, expected, "cut to {length}");
        }
        assert!(matches!(read(&file[..7]), Err(BlockError::Magic)));
    }

    #[test]
    fn a_block_is_neither_missed_nor_read_twice() {
        let file = written();
        let without = [&file[..41], &file[65..]].concat();
        let error = read(&without).unwrap_err();
        assert!(matches!(error, BlockError::Number { at: 41, found: 2, expected: 1 }), "{error}");
        let twice = [&file[..41], &file[8..]].concat();
        let error = read(&twice).unwrap_err();
        assert!(matches!(error, BlockError::Number { at: 41, found: 0, expected: 1 }), "{error}");
    }
}
