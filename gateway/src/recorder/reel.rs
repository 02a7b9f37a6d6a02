//! A record from its first byte to its last: what it begins with, the steps, and how it ended.

use std::{
    fmt,
    io::{self, Read, Write},
    sync::Arc,
};

use safety::Instant;

use super::{
    block::{self, BlockError, Blocks, MAGIC},
    field::{Bytes, Field, Malformed, choices, parts},
    strip::{self, Step},
};
use crate::config::Seed;

/// What a record begins with: everything that a clinic is made of. The ledger's part comes as the
/// first step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// What decided: [`BUILD`](super::BUILD) of the gateway that wrote it.
    pub build: Arc<str>,
    /// The SHA-256 of the configuration, in hexadecimal.
    pub revision: Arc<str>,
    /// The configuration itself, file by file, secrets not among them.
    pub files: Vec<(Arc<str>, Vec<u8>)>,
    /// Counts the starts of the gateway.
    pub run: u32,
    /// What challenges of this run are derived from.
    pub seed: Seed,
    /// The day of UTC on which it began, such as `2026-02-28`.
    pub day: Arc<str>,
    /// When the clinic was made.
    pub began: Instant,
}

parts! {
    Head { build, revision, files, run, seed, day, began }
}

impl Field for Seed {
    fn put(&self, out: &mut Vec<u8>) {
        self.expose().put(out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        from.array().map(Self::new)
    }
}

/// How a record ended that was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The gateway left.
    Left,
    /// It grew as large as all records together may be.
    Full,
    /// The file system had too little room beside the reserve of the ledger.
    LowSpace,
    /// The disk took it too slowly, and a step had no place to wait.
    Gap,
}

choices! {
    End { 0 Left, 1 Full, 2 LowSpace, 3 Gap }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Left => "the gateway left",
            Self::Full => "it was as large as all records together may be",
            Self::LowSpace => "the disk had too little room",
            Self::Gap => "the disk was too slow, and what followed is missing",
        })
    }
}

/// A record that is being written.
#[derive(Debug)]
pub struct Reel<W> {
    to: W,
    number: u32,
    bytes: u64,
    buffer: Vec<u8>,
}

impl<W: Write> Reel<W> {
    /// Begins a record.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn begin(mut to: W, head: &Head, wall_micros: i64) -> io::Result<Self> {
        to.write_all(&MAGIC)?;
        let bytes = u64::try_from(MAGIC.len()).unwrap_or(0);
        let mut reel = Self { to, number: 0, bytes, buffer: Vec::new() };
        let mut payload = vec![HEAD];
        head.put(&mut payload);
        reel.write(wall_micros, &payload)?;
        Ok(reel)
    }

    /// Writes steps.
    ///
    /// # Errors
    /// If they cannot be written. What was written before can be read all the same.
    pub fn steps(&mut self, wall_micros: i64, steps: &[u8]) -> io::Result<()> {
        let payload = [&[STEPS], steps].concat();
        self.write(wall_micros, &payload)
    }

    /// Ends it, and says why.
    ///
    /// # Errors
    /// If that cannot be written. What was written before can be read all the same.
    pub fn end(mut self, wall_micros: i64, end: End) -> io::Result<W> {
        let mut payload = vec![END];
        end.put(&mut payload);
        self.write(wall_micros, &payload)?;
        Ok(self.to)
    }

    /// How long it is.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    fn write(&mut self, wall_micros: i64, payload: &[u8]) -> io::Result<()> {
        self.buffer.clear();
        block::put(self.number, wall_micros, payload, &mut self.buffer);
        self.number = self.number.saturating_add(1);
        let length = u64::try_from(self.buffer.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(length);
        // In one piece, so that a crash leaves at most one block that is not whole.
        self.to.write_all(&self.buffer)
    }
}

/// A record that is being read.
pub struct Record<R> {
    head: Head,
    blocks: Blocks<R>,
    /// The steps of the present block that are yet to be read.
    strip: Vec<u8>,
    read: usize,
    last: u64,
    place: Place,
    end: Option<End>,
}

/// Where in a record something stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Where its block begins in the file.
    pub block: u64,
    /// What the wall clock showed when the block was written, in microseconds since 1970.
    pub wall_micros: i64,
    /// Its step, from one.
    pub step: u64,
}

/// A record cannot be read, or not on.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A block of it.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// A block is whole, and does not hold what one does.
    #[error("the block at byte {at} holds no {what}: {source}")]
    Malformed {
        /// Where the block begins.
        at: u64,
        /// What it should hold.
        what: &'static str,
        /// What is wrong.
        source: Malformed,
    },
    /// It was cut off within what it begins with.
    #[error("it was cut off before its first step")]
    Empty,
    /// Something follows its end.
    #[error("the block at byte {at} follows the end")]
    AfterEnd {
        /// Where the block begins.
        at: u64,
    },
}

impl<R: Read> Record<R> {
    /// Reads what it begins with.
    ///
    /// # Errors
    /// [`RecordError`] if that is not there whole.
    pub fn open(from: R) -> Result<Self, RecordError> {
        let mut blocks = Blocks::new(from)?;
        let block = blocks.next()?.ok_or(RecordError::Empty)?;
        let place = Place { block: block.at, wall_micros: block.wall_micros, step: 0 };
        let mut from = Bytes::new(&block.payload);
        let head = kind(&mut from).and_then(|kind| match kind {
            HEAD => Head::take(&mut from),
            found => Err(Malformed::Choice { of: "block", found }),
        });
        let head = head.and_then(|head| from.finish().map(|()| head));
        let head = head.map_err(|source| RecordError::Malformed {
            at: block.at,
            what: "beginning of a record",
            source,
        })?;
        Ok(Self { head, blocks, strip: Vec::new(), read: 0, last: 0, place, end: None })
    }

    /// What it begins with.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// Where the last step stands that was read.
    pub const fn place(&self) -> Place {
        self.place
    }

    /// How it ended, once it was read. `None` if it was never ended: the gateway was killed, or runs.
    pub const fn end(&self) -> Option<End> {
        self.end
    }

    /// Where a block begins that was not written to its end.
    pub const fn torn(&self) -> Option<u64> {
        self.blocks.torn()
    }

    /// The next step; `None` at the end.
    pub(super) fn step(&mut self) -> Result<Option<Step>, RecordError> {
        while self.read >= self.strip.len() {
            if !self.turn()? {
                return Ok(None);
            }
        }
        let mut from = Bytes::new(self.strip.get(self.read..).unwrap_or_default());
        let step = strip::take(&mut from, &mut self.last).map_err(|source| self.no_step(source))?;
        self.read = self.strip.len().saturating_sub(from.len());
        self.place.step = self.place.step.saturating_add(1);
        Ok(Some(step))
    }

    /// Reads the next block; whether there is one with steps.
    fn turn(&mut self) -> Result<bool, RecordError> {
        let Some(block) = self.blocks.next()? else { return Ok(false) };
        if self.end.is_some() {
            return Err(RecordError::AfterEnd { at: block.at });
        }
        self.place = Place { block: block.at, wall_micros: block.wall_micros, ..self.place };
        let mut from = Bytes::new(&block.payload);
        match kind(&mut from) {
            Ok(STEPS) => {
                (self.strip, self.read, self.last) = (block.payload, 1, 0);
                Ok(true)
            }
            Ok(END) => {
                let end = End::take(&mut from).and_then(|end| from.finish().map(|()| end));
                self.end = Some(end.map_err(|source| self.no_step(source))?);
                // Whatever follows is none of it, and is found here.
                self.turn()
            }
            Ok(found) => Err(self.no_step(Malformed::Choice { of: "block", found })),
            Err(source) => Err(self.no_step(source)),
        }
    }

    const fn no_step(&self, source: Malformed) -> RecordError {
        RecordError::Malformed { at: self.place.block, what: "steps", source }
    }
}

fn kind(from: &mut Bytes<'_>) -> Result<u8, Malformed> {
    u8::take(from)
}

/// A block with what a record begins with.
const HEAD: u8 = 0;
/// A block with steps.
const STEPS: u8 = 1;
/// A block that says how it ended.
const END: u8 = 2;
