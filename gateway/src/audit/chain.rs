//! Whether lines are the ones that were written, all of them and in their order.

use std::fmt;

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The newest line of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number. Lines count from 1; 0 is the head of a chain without any.
    pub sequence: u64,
    /// The SHA-256 of its bytes, in hexadecimal. Of no line: 64 zeros.
    pub hash: String,
}

/// Verifies lines, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    head: Head,
}

/// Where a chain does not hold, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// The line at which it shows.
    pub sequence: u64,
    /// How.
    pub flaw: Flaw,
}

/// How a chain does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The line cannot be read.
    Unreadable,
    /// Another line should stand here: one is missing, doubled or out of its order.
    OutOfOrder,
    /// It does not name the line before it: one of the two was changed.
    Changed,
    /// It is not what was hashed when it was written.
    HashDiffers,
    /// The line that somebody was told of is not the one that stands here.
    NotTheHead,
    /// The chain ends before the line that somebody was told of.
    CutOff,
}

impl Default for Head {
    fn default() -> Self {
        Self { sequence: 0, hash: "0".repeat(HASH_DIGITS) }
    }
}

impl Head {
    /// The head that a line makes which stands after this one.
    #[must_use]
    pub fn followed_by(&self, line: &str) -> Self {
        Self { sequence: self.sequence.saturating_add(1), hash: hash(line) }
    }

    /// Reads what [`Display`](fmt::Display) writes: `12:<64 hexadecimal digits>`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("`{text}` is no head; write the number and the 64 digits of the hash, `12:3f…`")
        };
        let (sequence, hash) = text.split_once(':').ok_or_else(wrong)?;
        let sequence = sequence.parse().map_err(|_no_number| wrong())?;
        let digits = |digit: char| matches!(digit, '0'..='9' | 'a'..='f');
        match hash.len() == HASH_DIGITS && hash.chars().all(digits) {
            true => Ok(Self { sequence, hash: hash.to_owned() }),
            false => Err(wrong()),
        }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.sequence, self.hash)
    }
}

impl Chain {
    /// A chain of which everything up to `head` is known to hold.
    pub const fn after(head: Head) -> Self {
        Self { head }
    }

    /// The newest line so far.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// Takes the next line, without its end. A line that breaks the chain is taken all the same, so
    /// that what comes after it can be verified.
    ///
    /// # Errors
    /// How the chain does not hold.
    pub fn take(&mut self, line: &str) -> Result<(), Break> {
        let before = std::mem::take(&mut self.head);
        self.head = before.followed_by(line);
        let broken = |flaw| Err(Break { sequence: self.head.sequence, flaw });
        let Ok(Link { sequence, previous }) = serde_json::from_str(line) else {
            return broken(Flaw::Unreadable);
        };
        if sequence != self.head.sequence {
            // What follows is judged by what it says of itself.
            let expected = std::mem::replace(&mut self.head.sequence, sequence);
            return Err(Break { sequence: expected, flaw: Flaw::OutOfOrder });
        }
        if previous != before.hash { broken(Flaw::Changed) } else { Ok(()) }
    }

    /// Takes the next line as it is kept, with the hash that was kept beside it.
    ///
    /// # Errors
    /// How the chain, or this line, does not hold.
    pub fn take_kept(&mut self, line: &str, hash: &str) -> Result<(), Break> {
        self.take(line)?;
        match self.head.hash == hash {
            true => Ok(()),
            false => Err(Break { sequence: self.head.sequence, flaw: Flaw::HashDiffers }),
        }
    }

    /// Holds the newest line against a head that was published when the chain came to it.
    ///
    /// # Errors
    /// If it is another line.
    pub fn meets(&self, told: &Head) -> Result<(), Break> {
        match self.head.sequence == told.sequence && self.head.hash != told.hash {
            true => Err(Break { sequence: told.sequence, flaw: Flaw::NotTheHead }),
            false => Ok(()),
        }
    }

    /// Whether the chain came as far as a head that was published.
    ///
    /// # Errors
    /// If it ends before.
    pub fn reaches(&self, told: &Head) -> Result<(), Break> {
        match self.head.sequence < told.sequence {
            true => Err(Break { sequence: told.sequence, flaw: Flaw::CutOff }),
            false => Ok(()),
        }
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sequence, flaw } = self;
        match flaw {
            Flaw::Unreadable => write!(f, "record {sequence} cannot be read"),
            Flaw::OutOfOrder => write!(f, "record {sequence} is not where it belongs"),
            Flaw::Changed => {
                write!(f, "record {sequence} does not name the one before it: one was changed")
            }
            Flaw::HashDiffers => write!(f, "record {sequence} is not what was written"),
            Flaw::NotTheHead => write!(f, "record {sequence} is not the one that was published"),
            Flaw::CutOff => write!(f, "the records end before {sequence}, which was published"),
        }
    }
}

/// What chaining needs of a line.
#[derive(Deserialize)]
struct Link {
    sequence: u64,
    previous: String,
}

fn hash(line: &str) -> String {
    hexadecimal(&Sha256::digest(line.as_bytes()))
}

/// Bytes as digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hexadecimal digits of a SHA-256.
const HASH_DIGITS: usize = 64;

#[cfg(test)]
mod tests;
