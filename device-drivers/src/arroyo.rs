//! Arroyo 4300, 6300 and 7000 laser drivers, and the ILX and Newport ones that speak alike.
//!
//! A command is a line, and nothing answers it but the error queue, which is read after every setting.
//! A question is a line too, and its answer is a bare value: nothing in it names the question. So
//! what is asked alternates between whole numbers and numbers with a point, and what has the wrong
//! shape is not believed. A copy of an answer that comes two questions late and has the right shape
//! would be: there is nothing in this protocol to tell it by.
//!
//! | word | line | answer |
//! |---|---|---|
//! | who it is | `*IDN?` `SN?` `VER?` | text, exactly as on the plate |
//! | its mode | `LAS:MODE?` | `ILBW`: a constant current |
//! | what trips it | `LAS:ENAB:OUTOFF?` | a word of bits, 40350 by default |
//! | its delay | `ONDELAY?` | whole milliseconds, 0 to 30000 |
//! | its limit | `LAS:LIM:LDI?` | a current |
//! | how it is | `LAS:COND?` | bits: 4 interlock open, 10 output on, others are faults |
//! | what happened | `LAS:EVE?` | the same bits since they were last read; 4 is a change |
//! | what went wrong | `ERR?` | numbers with commas between, `0` if nothing did |
//! | its current | `LAS:LDI?` `LAS:SET:LDI?` | measured; set |
//! | its key | `KEY?` | `1` is on (Newport) |
//! | its cooler | `TEC:OUT?` `TEC:COND?` | `1` is on; bits |
//! | hold | `LAS:LDI <current>` | none |
//! | on, off | `LAS:OUT 1`, `LAS:OUT 0` | none |
//!
//! Commands, bits, error numbers and their defaults are those of the maker's Computer Interfacing
//! Manual; `KEY?` is that of the Newport 300-500B (PyPI newport-laser-diode-driver). The maker says
//! that a current is in milliamperes, and at least one project says amperes: a plate names its unit,
//! and the limit that is read has to be the limit of the plate, so a slip of a thousand is found
//! before anything is told.
//!
//! Off empties the set point as well. One bit is all that lies between `LAS:OUT 0` and `LAS:OUT 1` on
//! a line without checksums, so an Off that is garbled on its way must find nothing to emit. Limits,
//! modes, trips and calibrations are never written: there is no word for any of them.
//!
//! What nobody has seen at a unit is in `unverified`.
//! The unit has no watchdog: its lease is that of the relay in its interlock.

mod answer;
mod fault;
mod number;
mod plate;
pub(crate) mod unverified;
mod word;

#[cfg(test)]
mod tests;

use alloc::{boxed::Box, vec::Vec};

use safety::{Drive, Gate, Laser, LaserLevel, Permille, Setting, WAVELENGTHS_MAX};

use crate::{
    Dialect,
    exchange::{Brings, Contact, Exchange, Heard, Hearing, Manner, Saying, Sense, Tongue},
};

use self::word::Word;

pub use self::{
    fault::*,
    plate::{Ending, Plate, PlateError, Scale},
};

/// The dialect of the unit that `plate` describes.
///
/// # Errors
/// If no unit can be as the plate says.
pub fn dialect(plate: Plate) -> Result<Box<dyn Dialect<Laser> + Send>, PlateError> {
    plate.validate()?;
    Ok(Box::new(Exchange::new(Arroyo::new(plate))))
}

/// How a unit of this family is spoken with.
#[derive(Debug)]
struct Arroyo {
    plate: Plate,
    manner: Manner<Laser>,
    polls: Vec<Word>,
}

/// What one wavelength has of a mix that is all of it.
const ALONE: [Permille; WAVELENGTHS_MAX] =
    [Permille::WHOLE, Permille::ZERO, Permille::ZERO, Permille::ZERO];

/// What asks who it is, and whether it is set up as the plate says.
const INTRODUCTION: [Word; 7] = [
    Word::Identity,
    Word::Serial,
    Word::Version,
    Word::Limit,
    Word::Mode,
    Word::Trips,
    Word::Delay,
];

/// What every unit is asked, whole numbers and numbers with a point in turn.
const POLLS: [Word; 6] =
    [Word::Condition, Word::Current, Word::Events, Word::Held, Word::Errors, Word::Limit];

/// Off, and nothing left to emit.
const OFF: [Word; 2] = [Word::Out(false), Word::Hold(Drive::from_count(0))];

impl Arroyo {
    fn new(plate: Plate) -> Self {
        let contacts: &'static [Contact] =
            if plate.key { &[Contact::Interlock, Contact::Key] } else { &[Contact::Interlock] };
        let mut polls = POLLS.to_vec();
        if plate.key {
            polls.push(Word::Key);
        }
        if plate.cooler {
            polls.extend([Word::Cooler, Word::CoolerCondition]);
        }
        let manner = Manner {
            byte: plate.byte(),
            poll: plate.poll,
            link: plate.link,
            lease: plate.lease,
            gap: plate.gap,
            half_duplex: false,
            fall: plate.fall,
            off_below: plate.off_below,
            brings: Brings {
                contacts,
                faults: if plate.cooler { 5 } else { 3 },
                parts: 2,
                ..Brings::default()
            },
        };
        Self { plate, manner, polls }
    }

    /// The drive of `level`, if this unit can be told it: one wavelength, without a break.
    fn drive(&self, level: &LaserLevel) -> Option<Drive> {
        let alone = level.mix == ALONE && level.gate == Gate::Continuous;
        let drive = self.plate.curve.drive_for(level.power)?;
        (alone && drive <= self.plate.limit).then_some(drive)
    }
}

impl Tongue<Laser> for Arroyo {
    type Word = Word;

    fn exact(&self, level: LaserLevel) -> Option<LaserLevel> {
        let power = self.plate.curve.exact(level.power)?;
        self.drive(&level)?;
        Some(LaserLevel { power, mix: level.mix, gate: level.gate })
    }

    fn manner(&self) -> &Manner<Laser> {
        &self.manner
    }

    fn introduction(&self) -> &[Word] {
        &INTRODUCTION
    }

    fn polls(&self) -> &[Word] {
        &self.polls
    }

    fn off(&self) -> &[Word] {
        &OFF
    }

    fn tell(&self, setting: &Setting<Laser>) -> Option<Vec<Word>> {
        let drive = self.drive(&setting.level)?;
        Some(alloc::vec![Word::Hold(drive), Word::Errors])
    }

    fn fire(&self, _setting: &Setting<Laser>) -> Vec<Word> {
        alloc::vec![Word::Out(true), Word::Errors]
    }

    fn say(&self, word: Word, _turn: u32) -> Saying {
        self.plate.say(word)
    }

    fn hear(&self, heard: Heard<'_, Laser, Word>, senses: &mut Vec<Sense<Laser>>) -> Hearing {
        self.read(heard, senses)
    }
}
