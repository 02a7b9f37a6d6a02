//! What an answer means. One that has not exactly the shape of its question is not believed.

use alloc::vec::Vec;

use safety::{Drive, Laser, Power};

use crate::exchange::{Contact, Heard, Hearing, Sense};

use super::{
    Arroyo,
    fault::{self, Told},
    number,
    plate::Ending,
    word::{ANSWER_MAX, Word},
};

/// The interlock is open, or moved since it was last asked.
const INTERLOCK: u32 = 1 << 4;
/// The output is on, or changed.
const ON: u32 = 1 << 10;
/// A new measurement is there. Only an event has it.
const NEW: u32 = 1 << 11;

/// The bits of a trip mask without which a protection is bypassed: voltage, interlock, open, short,
/// hardware, thermal.
const TRIPS: u32 = 1 << 1 | INTERLOCK | 1 << 7 | 1 << 8 | 1 << 12 | 1 << 15;
/// The same of a unit with a cooler: the cooler is off, and its temperature limit.
const COOLER_TRIPS: u32 = 1 << 10 | 1 << 11;
/// Every word of bits has sixteen.
const BITS: u32 = 0xFFFF;

/// Which of a unit's answers carry faults.
const CONDITION: usize = 0;
const EVENTS: usize = 1;
const ERRORS: usize = 2;
const COOLER: usize = 3;
const COOLER_CONDITION: usize = 4;

/// More errors than this in one answer are more than the unit keeps.
const ERRORS_MAX: usize = 20;

/// The parts in which a setting is read back.
const CURRENT_PART: usize = 0;
const LIMIT_PART: usize = 1;

impl Arroyo {
    /// Reads one line.
    pub(super) fn read(
        &self,
        heard: Heard<'_, Laser, Word>,
        senses: &mut Vec<Sense<Laser>>,
    ) -> Hearing {
        let Some((line, taken)) = cut(heard.bytes, self.plate.ending) else {
            let long = ANSWER_MAX < heard.bytes.len();
            return if long { Hearing::Bad(heard.bytes.len()) } else { Hearing::More };
        };
        let Some((word, _)) = heard.asked else { return Hearing::Bad(taken) };
        let printable = line.iter().all(|letter| (b' '..=b'~').contains(letter));
        let held = heard.wanted.and_then(|wanted| self.drive(&wanted.level));
        match self.sense(word, line, held, senses) {
            Some(()) if printable && taken <= ANSWER_MAX => Hearing::Answer(taken),
            Some(()) | None => {
                senses.clear();
                Hearing::Bad(taken)
            }
        }
    }

    /// What `line` says to `word`. `None` if it is no answer to that.
    fn sense(
        &self,
        word: Word,
        line: &[u8],
        told: Option<Drive>,
        senses: &mut Vec<Sense<Laser>>,
    ) -> Option<()> {
        let plate = &self.plate;
        match word {
            Word::Identity => senses.push(Sense::Plated(line == plate.identity.as_bytes())),
            Word::Serial => senses.push(Sense::Plated(line == plate.serial.as_bytes())),
            Word::Version => {
                let known = plate.firmware.iter().any(|version| line == version.as_bytes());
                senses.push(Sense::Plated(known));
            }
            Word::Mode => senses.extend(mode(line)?),
            Word::Trips => senses.extend(trips(bits(line)?, plate.cooler)),
            Word::Delay => {
                let same = u64::from(number::whole(line)?) == plate.on_delay.millis();
                senses.push(Sense::Plated(same));
            }
            Word::Limit => {
                let same = self.current(line)? == plate.limit;
                senses.extend([Sense::Plated(same), Sense::Held(LIMIT_PART, same)]);
            }
            Word::Condition => condition(bits(line)?, senses),
            Word::Events => events(bits(line)?, senses),
            Word::Errors => errors(line, senses)?,
            Word::Current => senses.push(Sense::Output(self.output(self.current(line)?))),
            Word::Held => {
                let held = Some(self.current(line)?);
                senses.push(Sense::Held(CURRENT_PART, held == told));
            }
            Word::Key => senses.push(Sense::Contact(Contact::Key, flag(line)?)),
            Word::Cooler => {
                let off = if flag(line)? { 0 } else { fault::COOLER_OFF };
                senses.push(Sense::Faults(COOLER, off));
            }
            Word::CoolerCondition => {
                let wrong = bits(line)? & !(1 << 9 | ON) != 0;
                let wrong = if wrong { fault::COOLER } else { 0 };
                senses.push(Sense::Faults(COOLER_CONDITION, wrong));
            }
            Word::Hold(_) | Word::Out(_) => return None,
        }
        Some(())
    }

    fn current(&self, line: &[u8]) -> Option<Drive> {
        number::fixed(line, self.plate.scale.micro_digits()).map(Drive::from_count)
    }

    /// What is charged for a current: nothing below what the meter of a dark diode shows.
    fn output(&self, current: Drive) -> Power {
        if current < self.plate.dark { Power::ZERO } else { self.plate.curve.charged_at(current) }
    }
}

/// The first line of `bytes`, and how many bytes it takes up with its ending. What ends otherwise
/// than the plate says is taken whole and then fails as a number, because the rest stays in it.
fn cut(bytes: &[u8], ending: Ending) -> Option<(&[u8], usize)> {
    let end = ending.text().as_bytes();
    let at = bytes.windows(end.len()).position(|window| window == end)?;
    Some((bytes.get(..at)?, at.saturating_add(end.len())))
}

/// A word of sixteen bits.
fn bits(line: &[u8]) -> Option<u32> {
    number::whole(line).filter(|bits| *bits <= BITS)
}

fn flag(line: &[u8]) -> Option<bool> {
    match line {
        b"0" => Some(false),
        b"1" => Some(true),
        _ => None,
    }
}

/// A mode is a word of letters. Only one emits without a break, and is controlled by its current.
fn mode(line: &[u8]) -> Option<[Sense<Laser>; 2]> {
    let is_word = !line.is_empty() && line.iter().all(u8::is_ascii_alphabetic);
    let wrong = if line.eq_ignore_ascii_case(b"ILBW") { 0 } else { fault::MODE };
    is_word.then_some([Sense::Plated(true), Sense::Faults(CONDITION, wrong)])
}

/// Which unit it is says nothing of how it was set up: a trip that is missing is a fault of a unit
/// that is the right one.
fn trips(mask: u32, cooler: bool) -> [Sense<Laser>; 2] {
    let required = if cooler { TRIPS | COOLER_TRIPS } else { TRIPS };
    let bypassed = if mask & required == required { 0 } else { fault::BYPASSED };
    [Sense::Plated(true), Sense::Faults(CONDITION, bypassed)]
}

fn condition(bits: u32, senses: &mut Vec<Sense<Laser>>) {
    let known = fault::CONDITIONS | fault::TOLERANCE | INTERLOCK | ON;
    senses.extend([
        Sense::Enabled(bits & ON != 0),
        Sense::Contact(Contact::Interlock, bits & INTERLOCK == 0),
        Sense::Faults(CONDITION, faults(bits, known)),
    ]);
}

/// An interlock that moved was open, if it is closed now: it is reported as it was.
fn events(bits: u32, senses: &mut Vec<Sense<Laser>>) {
    if bits & INTERLOCK != 0 {
        senses.push(Sense::Contact(Contact::Interlock, false));
    }
    let known = fault::CONDITIONS | fault::TOLERANCE | INTERLOCK | ON | NEW;
    senses.push(Sense::Faults(EVENTS, faults(bits, known)));
}

fn faults(bits: u32, known: u32) -> u32 {
    let unknown = if bits & !known == 0 { 0 } else { fault::UNKNOWN };
    bits & fault::CONDITIONS | unknown
}

fn errors(line: &[u8], senses: &mut Vec<Sense<Laser>>) -> Option<()> {
    let mut faults = 0;
    for (place, text) in line.split(|letter| *letter == b',').enumerate() {
        let error = number::whole(text)?;
        if ERRORS_MAX <= place || (error == 0 && text.len() != line.len()) {
            return None;
        }
        if error == 0 {
            continue;
        }
        match fault::of_error(error) {
            Told::Fault(bits) => faults |= bits,
            Told::Interlock => senses.push(Sense::Contact(Contact::Interlock, false)),
            Told::Refused => senses.push(Sense::Refused),
        }
    }
    senses.push(Sense::Faults(ERRORS, faults));
    Some(())
}
