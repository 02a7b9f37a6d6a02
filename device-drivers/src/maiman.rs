//! Maiman laser diode drivers, series SF6xxx and SF8xxx: one register model behind two framings.
//!
//! A driver knows currents, not watts: what is prescribed is turned into a current, and what is read
//! back into watts, by the [`PowerCurve`](safety::PowerCurve) of the unit. Its words:
//!
//! | word | text | Modbus RTU | when |
//! |---|---|---|---|
//! | model, serial | `J0702`, `J0701` | 03 at 0001, 0003 | introduction |
//! | highest current, and that of the hardware | `J0302`, `J0306` | 03 at 0025, 0029 | introduction |
//! | state, lock | `J0700`, `J0800` | 03 at 0004, 0005 | poll |
//! | current as measured, as set | `J0307`, `J0300` | 03 at 0040, 0008 | poll |
//! | temperatures of board and sensor | `J0AF4`, `J0AE4` | 03 at 0043, 0042 | poll, if on the plate |
//! | set the current | `P0300 cccc` | 06 at 0008 | setting |
//! | current set here | `P0700 0020` | 06 at 0004 | setting |
//! | enabled here | `P0700 0400` | 06 at 0004 | setting |
//! | obey the interlock | `P0700 1000` | 06 at 0004 | setting |
//! | obey the sensor | `P0700 8000` | 06 at 0004 | setting |
//! | start | `P0700 0008` | 06 at 0004 | once per grant |
//! | stop | `P0700 0010` | 06 at 0004 | off |
//!
//! What makes a driver ignore its interlock (2000h) or its sensor (4000h) has no word and cannot be
//! said. A driver that ignores one of them (bits 7 and 6 of its state) reports a fault here, so that
//! the core locks it.
//!
//! *Text.* Lines end in CR. `K` answers `J` and repeats the parameter; nothing answers `P`, so all
//! that is written is read back. Lines carry no checksum: what comes behind anything bad is not
//! believed until the next question. *RTU.* An answer names no register, so questions alternate
//! between one register and two, see [`rtu`](crate::rtu). A driver that is later than its plate says
//! for ever is outwaited up to 700 ms; its `answer_within` must be true all the same.
//!
//! Sources: manuals of SF6030, SF6040, SF6100, SF6015 and SF8025 to SF8300 (text commands, error
//! answers, status bits, pauses); the vendor's Maiman-Workbench (parameters, dividers, 300 ms after a
//! stop, 10 to 1000 ms between commands) and Maiman-MCBS (Modbus addresses, functions 03 and 06,
//! addresses to 63, speeds).
//!
//! A read of two registers that is refused is asked again as one. The checksum of the extended text
//! protocol is not used, because no document says how it is made. What nobody has seen at a driver
//! is in `unverified`. No driver has a watchdog: the lease of the plate is that of the relay in its
//! interlock, driven by the gateway.

mod meaning;
mod plate;
#[cfg(test)]
mod tests;
mod text;
#[cfg(test)]
mod transcript;
pub(crate) mod unverified;
mod word;

use alloc::{boxed::Box, vec, vec::Vec};

use safety::{Gate, Laser, LaserLevel, Nanos, Permille, Setting};

use crate::{
    Dialect,
    exchange::{Brings, Contact, Exchange, Heard, Hearing, Manner, Saying, Sense, Tongue},
    rtu::{Reply, Request},
};

use self::word::{Act, Register, Word};

pub use plate::{Framing, Plate, PlateError, Series, Warmth};

/// What the vendor's software leaves after a stop before it says anything else (Maiman-Workbench).
const STOP_REST: Nanos = Nanos::from_millis(300);
/// The exception of a register that the unit does not have.
const NO_SUCH_REGISTER: u8 = 2;

const OFF: [Word; 1] = [Word::Act(Act::Stop)];
const INTRODUCTION: [Word; 4] = [
    Word::Read(Register::Model),
    Word::Read(Register::Serial),
    Word::Read(Register::HighestCurrent),
    Word::Read(Register::HardwareCurrent),
];

/// A unit of this family.
///
/// # Errors
/// If no unit can be what the plate says.
pub fn dialect(plate: Plate) -> Result<Box<dyn Dialect<Laser> + Send>, PlateError> {
    Ok(Box::new(Exchange::new(Maiman::new(plate)?)))
}

/// The words of one unit and what its answers mean.
#[derive(Clone, Debug)]
struct Maiman {
    plate: Plate,
    manner: Manner<Laser>,
    polls: Vec<Word>,
}

impl Maiman {
    fn new(plate: Plate) -> Result<Self, PlateError> {
        plate.validate()?;
        let mut polls = vec![
            Word::Read(Register::State),
            Word::Read(Register::Measured),
            Word::Read(Register::Lock),
            Word::Read(Register::Current),
        ];
        let warmths = [(plate.board, Register::Board), (plate.sensor, Register::Sensor)];
        for (warmth, register) in warmths {
            polls.extend(warmth.map(|_| Word::Read(register)));
        }
        let manner = manner(&plate);
        Ok(Self { plate, manner, polls })
    }

    /// What is told to the unit for `level`, in its own counts.
    fn count_for(&self, level: LaserLevel) -> Option<u16> {
        let drive = self.plate.curve.drive_for(level.power)?;
        self.plate.series.count_set(drive)
    }

    /// Answers of Modbus RTU.
    fn hear_frame(&self, address: u8, asked: (Word, u32), bytes: &[u8]) -> (Hearing, Said) {
        let (word, turn) = asked;
        let (request, skip) = word.request(turn);
        match request.reply(address, bytes) {
            Reply::More => (Hearing::More, Said::Nothing),
            Reply::Bad(taken) => (Hearing::Bad(taken), Said::Nothing),
            Reply::Refused(taken, code) => {
                let alone = matches!(request, Request::ReadRegisters(window) if window.count == 1);
                let absent = alone && code == NO_SUCH_REGISTER;
                (Hearing::Answer(taken), if absent { Said::Absent } else { Said::Refused })
            }
            Reply::Answer(taken, read) => {
                let value = read.registers().nth(skip);
                (Hearing::Answer(taken), value.map_or(Said::Done, Said::Value))
            }
        }
    }
}

/// What an answer says, whatever its framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    /// This is in the register.
    Value(u16),
    /// It was written.
    Done,
    /// The unit has no such register.
    Absent,
    /// The unit did not do it.
    Refused,
}

impl Tongue<Laser> for Maiman {
    type Word = Word;

    /// One wavelength, without a break, in whole steps of the current.
    fn exact(&self, level: LaserLevel) -> Option<LaserLevel> {
        let [first, rest @ ..] = level.mix;
        let alone = first == Permille::WHOLE && rest.iter().all(|share| *share == Permille::ZERO);
        let can = alone && level.gate == Gate::Continuous;
        let power = self.plate.curve.exact(level.power).filter(|_| can)?;
        self.count_for(LaserLevel { power, ..level })?;
        Some(LaserLevel { power, ..level })
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

    /// State and current as measured.
    fn proofs(&self) -> usize {
        2
    }

    fn off(&self) -> &[Word] {
        &OFF
    }

    fn tell(&self, setting: &Setting<Laser>) -> Option<Vec<Word>> {
        if self.exact(setting.level) != Some(setting.level) {
            return None;
        }
        let count = self.count_for(setting.level)?;
        let acts = [Act::SetHere, Act::EnableHere, Act::ObeyInterlock, Act::ObeySensor];
        let mut words = acts.map(Word::Act).to_vec();
        words.push(Word::Set(count));
        Some(words)
    }

    fn fire(&self, _setting: &Setting<Laser>) -> Vec<Word> {
        vec![Word::Act(Act::Start)]
    }

    fn say(&self, word: Word, turn: u32) -> Saying {
        let within = self.plate.answer_within;
        let quiet = if word == Word::Act(Act::Stop) { STOP_REST } else { Nanos::ZERO };
        let (bytes, answer) = match self.plate.framing {
            Framing::Text => (text::line(word), word.is_read().then_some(text::ANSWER_LENGTH)),
            Framing::Rtu { address, .. } => {
                let (request, _) = word.request(turn);
                (request.encode(address).unwrap_or_default(), Some(request.answer_length()))
            }
        };
        Saying { bytes, answer: answer.map(|length| (within, length)), quiet }
    }

    fn hear(&self, heard: Heard<'_, Laser, Word>, senses: &mut Vec<Sense<Laser>>) -> Hearing {
        let Some(asked) = heard.asked.filter(|_| !heard.spoiled) else {
            return Hearing::Bad(heard.bytes.len());
        };
        let (hearing, said) = match self.plate.framing {
            Framing::Text => text::hear(asked.0, heard.bytes),
            Framing::Rtu { address, .. } => self.hear_frame(address, asked, heard.bytes),
        };
        self.understand(asked.0, said, heard.wanted, senses);
        hearing
    }
}

fn manner(plate: &Plate) -> Manner<Laser> {
    Manner {
        byte: plate.byte_time(),
        poll: plate.poll,
        link: plate.link,
        lease: plate.lease,
        gap: plate.gap,
        half_duplex: plate.is_half_duplex(),
        fall: plate.fall,
        off_below: plate.off_below,
        brings: Brings {
            contacts: &[Contact::Interlock],
            faults: meaning::FAULT_PARTS + plate.warmths(),
            parts: meaning::SETTING_PARTS,
            ..Brings::default()
        },
    }
}
