//! Magstim 200², BiStim² and Rapid²: magnetic stimulators at a line of 9600 baud.
//!
//! Sources: the vendor's TDb 086 (200², BiStim²) and TDb 087 (Rapid²); what neither has, and PyPI
//! `magpy-tms` uses with real units, is marked M. A word is a letter, its data and a check byte, the
//! sum turned over. No word has an end of its own: lengths follow from the letter, the model, and on
//! a Rapid² from the version of its software.
//!
//! | word | bytes | answer | why |
//! |---|---|---|---|
//! | remote control | `51 40 6E`, from version 9 on `Q` and the unlock code | 3 | introduction |
//! | version (Rapid²) | `4E 44 6D` | text, 0, check | introduction |
//! | mode (BiStim²) | `58 40 67` | 4 | introduction: only "single" is spoken with |
//! | parameters (200², BiStim²) | `4A 40 75` | 12 | poll, read-back, and keep-alive |
//! | train parameters (Rapid²) | `5C 40 63` | 24, 22, 21 by version | the same |
//! | system state (Rapid² from 9 on) | `78 40 47` | 6 | poll, and its own keep-alive |
//! | coil temperature (M) | `46 40 79` | 9 | poll |
//! | power | `@` and 3 digits | 3 | percent |
//! | power of the second box (BiStim²) | `A000` | 3 | nothing comes from it |
//! | duration, rate, pulses (Rapid²) | `[`, `B`, `D` and digits | 4 | 0.1 s, 0.1 Hz, pulses |
//! | disarm, arm, fire | `45 41 79`, `45 42 78`, `45 48 72` | 3 | off, ready, one train |
//!
//! A unit that is armed disarms itself within a second without a question, so each poll is a
//! keep-alive; once the order is off or has run out, a poll only follows a disarm. The answer to a
//! word that changes the state shows the state of before, so nothing is concluded from it but that
//! the unit understood. `b@` (ignore the coil interlock), `^@` (enhanced power) and `R@` have no
//! word. Wrong unlock codes are not answered, so from version 9 on the code proves which unit it is;
//! of the others only the kind is proven, and their identity has to be attested.
//!
//! What nobody has seen at a unit is in `unverified`.

mod answer;
mod plate;
pub(crate) mod unverified;
mod word;

#[cfg(test)]
mod tests;

use alloc::{boxed::Box, vec::Vec};

use safety::{Nanos, Permille, Setting, Stimulator, StimulatorLevel};

use crate::{
    Dialect,
    exchange::{Brings, Contact, Exchange, Heard, Hearing, Manner, Saying, Sense, Tongue},
};

pub use plate::{Model, Plate, PlateError, Unlock};

use word::Word;

/// It disarms itself after a minute without a pulse (TDb 086): no wait comes near to that.
const WAIT_MAX: Nanos = Nanos::from_secs(55);
/// Nothing is faster, by the table of a 240 V Rapid² (TDb 087).
const RATE_MAX_MILLIHERTZ: u32 = 100_000;

/// The dialect of one unit.
///
/// # Errors
///
/// If the plate contradicts itself or the vendor's documents.
pub fn dialect(plate: Plate) -> Result<Box<dyn Dialect<Stimulator> + Send>, PlateError> {
    plate.validate()?;
    Ok(Box::new(Exchange::new(Magstim::new(plate))))
}

/// One unit's words, and what its answers mean.
#[derive(Debug)]
pub(crate) struct Magstim {
    plate: Plate,
    manner: Manner<Stimulator>,
    introduction: Vec<Word>,
    polls: Vec<Word>,
}

impl Magstim {
    pub(crate) fn new(plate: Plate) -> Self {
        let mut introduction = alloc::vec![Word::Remote];
        let mut polls = Vec::new();
        match &plate.model {
            Model::TwoHundred => {
                introduction.push(Word::Single);
                polls.push(Word::Parameters);
            }
            Model::BiStim => {
                introduction.push(Word::Mode);
                polls.push(Word::Parameters);
            }
            Model::Rapid { .. } => {
                introduction.push(Word::Version);
                polls.push(Word::Trains);
            }
        }
        if plate.has_system_state() {
            polls.push(Word::System);
        }
        if plate.coil_sensor {
            polls.push(Word::Temperature);
        }
        let manner = Manner {
            byte: plate.byte(),
            poll: plate.poll,
            link: plate.link,
            lease: plate.lease,
            gap: plate.gap,
            half_duplex: false,
            fall: Nanos::ZERO,
            off_below: plate.off_below,
            brings: Brings {
                contacts: &[Contact::Applicator],
                faults: if plate.has_system_state() { 2 } else { 1 },
                parts: 1,
                temperature: plate.coil_sensor,
                ready: true,
                running: plate.has_trains(),
            },
        };
        Self { plate, manner, introduction, polls }
    }

    /// What of `level` this unit could not be told, or could not do.
    fn is_beyond(&self, level: &StimulatorLevel) -> bool {
        let percent = whole_percent(level.intensity).is_none_or(|percent| percent == 0);
        let wait = WAIT_MAX < level.wait || self.plate.lease < level.train_time();
        let rate = level.rate.millihertz();
        let rate_beyond = rate == 0 || RATE_MAX_MILLIHERTZ < rate || !rate.is_multiple_of(100);
        percent || wait || rate_beyond || !self.has_length(level)
    }

    /// A train lasts a whole number of tenths of a second. Without trains there are single pulses.
    fn has_length(&self, level: &StimulatorLevel) -> bool {
        match level.pulses {
            0 => false,
            1 => true,
            _ => self.plate.has_trains() && tenths(level).is_some(),
        }
    }
}

impl Tongue<Stimulator> for Magstim {
    type Word = Word;

    /// A level is as the unit can be told it, or it is refused: a train cannot be made a little
    /// smaller without becoming another.
    fn exact(&self, level: StimulatorLevel) -> Option<StimulatorLevel> {
        (!self.is_beyond(&level)).then_some(level)
    }

    fn manner(&self) -> &Manner<Stimulator> {
        &self.manner
    }

    fn introduction(&self) -> &[Word] {
        &self.introduction
    }

    fn polls(&self) -> &[Word] {
        &self.polls
    }

    fn off(&self) -> &[Word] {
        &[Word::Disarm]
    }

    /// The power first, because it bounds the rate; then the duration, because it is what enters or
    /// leaves the mode of trains; and the duration again, because the unit derives it from the rest.
    fn tell(&self, setting: &Setting<Stimulator>) -> Option<Vec<Word>> {
        let level = self.exact(setting.level)?;
        let mut words = alloc::vec![Word::Power(whole_percent(level.intensity)?)];
        match &self.plate.model {
            Model::TwoHundred => {}
            Model::BiStim => words.push(Word::PowerOfSecond),
            Model::Rapid { .. } if level.pulses == 1 => words.push(Word::Duration(0)),
            Model::Rapid { .. } => {
                let duration = Word::Duration(tenths(&level)?);
                let rate = Word::Rate(u16::try_from(level.rate.millihertz() / 100).ok()?);
                let pulses = Word::Pulses(u16::try_from(level.pulses).ok()?);
                words.extend([duration, rate, pulses, duration]);
            }
        }
        Some(words)
    }

    fn enable(&self) -> &[Word] {
        &[Word::Arm]
    }

    fn fire(&self, _setting: &Setting<Stimulator>) -> Vec<Word> {
        alloc::vec![Word::Fire]
    }

    fn run(&self, setting: &Setting<Stimulator>) -> Option<Nanos> {
        Some(setting.level.train_time())
    }

    fn say(&self, word: Word, _turn: u32) -> Saying {
        Saying {
            bytes: word.bytes(&self.plate),
            answer: Some((self.plate.answer_within, word.answer_length(&self.plate))),
            quiet: Nanos::ZERO,
        }
    }

    fn hear(
        &self,
        heard: Heard<'_, Stimulator, Word>,
        senses: &mut Vec<Sense<Stimulator>>,
    ) -> Hearing {
        answer::hear(&self.plate, heard, senses)
    }
}

/// The intensity in percent, if it is a whole number of them.
fn whole_percent(intensity: Permille) -> Option<u8> {
    let thousandths = intensity.get();
    let percent = u8::try_from(thousandths / 10).ok()?;
    thousandths.is_multiple_of(10).then_some(percent)
}

/// The duration of a train in tenths of a second, if it is a whole number of them.
fn tenths(level: &StimulatorLevel) -> Option<u8> {
    let nanos = level.train_time().get();
    let tenths = u8::try_from(nanos / TENTH).ok()?;
    nanos.is_multiple_of(TENTH).then_some(tenths)
}

/// A tenth of a second.
const TENTH: u64 = 100_000_000;
