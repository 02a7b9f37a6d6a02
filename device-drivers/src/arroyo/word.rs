//! Everything that can be said to a unit. What must never be said has no word.

use alloc::{format, string::String};

use safety::{Drive, Nanos};

use crate::exchange::Saying;

use super::{number, plate::Plate};

/// The longest answer to anything: an identity, or a full error queue. More is noise.
pub(super) const ANSWER_MAX: usize = 80;

/// The longest answer that is a number, with what ends it.
const NUMBER_MAX: usize = 16;

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Identity,
    Serial,
    Version,
    Mode,
    Trips,
    Delay,
    Limit,
    Condition,
    Events,
    Errors,
    Current,
    Held,
    Key,
    Cooler,
    CoolerCondition,
    /// Hold this current.
    Hold(Drive),
    /// Turn the output on or off.
    Out(bool),
}

impl Plate {
    /// The line of `word`, and what is waited for after it.
    pub(super) fn say(&self, word: Word) -> Saying {
        let mut line = self.line(word);
        line.push_str(self.ending.text());
        let answer = longest(word).map(|bytes| (self.answer_within, bytes));
        Saying { bytes: line.into_bytes(), answer, quiet: Nanos::ZERO }
    }

    fn line(&self, word: Word) -> String {
        let question = match word {
            Word::Identity => "*IDN?",
            Word::Serial => "SN?",
            Word::Version => "VER?",
            Word::Mode => "LAS:MODE?",
            Word::Trips => "LAS:ENAB:OUTOFF?",
            Word::Delay => "ONDELAY?",
            Word::Limit => "LAS:LIM:LDI?",
            Word::Condition => "LAS:COND?",
            Word::Events => "LAS:EVE?",
            Word::Errors => "ERR?",
            Word::Current => "LAS:LDI?",
            Word::Held => "LAS:SET:LDI?",
            Word::Key => "KEY?",
            Word::Cooler => "TEC:OUT?",
            Word::CoolerCondition => "TEC:COND?",
            Word::Hold(drive) => {
                let current =
                    number::print(drive.count(), self.scale.micro_digits(), self.decimals);
                return format!("LAS:LDI {current}");
            }
            Word::Out(true) => "LAS:OUT 1",
            Word::Out(false) => "LAS:OUT 0",
        };
        String::from(question)
    }
}

/// The bytes of the longest answer to `word`, if it has one.
fn longest(word: Word) -> Option<usize> {
    match word {
        Word::Identity | Word::Serial | Word::Version | Word::Errors => Some(ANSWER_MAX),
        Word::Mode
        | Word::Trips
        | Word::Delay
        | Word::Limit
        | Word::Condition
        | Word::Events
        | Word::Current
        | Word::Held
        | Word::Key
        | Word::Cooler
        | Word::CoolerCondition => Some(NUMBER_MAX),
        Word::Hold(_) | Word::Out(_) => None,
    }
}
