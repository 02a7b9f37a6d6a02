//! MagVenture MagPro R30 and X100: magnetic stimulators at a line of 38400 baud.
//!
//! Sources, both from outside the maker: `nigelrogasch/MAGIC` (`magventure.m`) with PyPI `magicpy`
//! 0.1.6, and `xiangruili/MagventureTMS` (`TMS.m`). They agree on frames and states, and differ on
//! trains. A frame is `FE`, a length, a payload, its check byte (Dallas/Maxim, payload only), `FF`;
//! payloads hold any byte, so frames are read by their length. The unit also speaks unasked, so
//! answers are told by their type and never by their order; what comes unasked proves nothing and is
//! a reason to ask.
//!
//! | word | payload | answer |
//! |---|---|---|
//! | status | `05` | type 5: poll, introduction and read-back |
//! | trains as set | `0B 00` | type 11: read-back (`TMS.m`) |
//! | amplitude | `01` percent | type 1 |
//! | page | `07 01 00` main, `07 02 00` timing | none that is waited for |
//! | train | `06` rate pulses 1 interval, 16 bits each, rate and interval in tenths | none |
//! | disable, enable | `02 00`, `02 01` | none: an X100 says up to three things |
//! | start | `04` on the page of timing | type 8 that it runs, or type 2 of its first pulse |
//! | single pulse | `03 01` | type 2 |
//!
//! Start is a toggle: said during a train it ends it, said after it it begins another. It goes out
//! once per grant, never while a run goes on, and is no part of off; disabling is. The unit has no
//! watchdog, so its lease is the one train that it was told, and a train is not longer than that.
//!
//! Not every variant may know `0B 00`. Where it does not, the plate says
//! [`TrainReadBack::Unverified`], and a train is held to be what was told. A page that is not
//! reported right leaves the unit not ready. What nobody has seen at a unit is in `unverified`.

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

pub use plate::{Model, Plate, PlateError, TrainReadBack, Waveform};

use word::Word;

/// What both clients leave between a word without an answer and the next.
const SETTLES: Nanos = Nanos::from_millis(20);
/// It discharges itself after a time that its owner sets, so no wait is longer than a minute.
const WAIT_MAX: Nanos = Nanos::from_secs(60);

/// The dialect of one unit.
///
/// # Errors
///
/// If the plate contradicts itself.
pub fn dialect(plate: Plate) -> Result<Box<dyn Dialect<Stimulator> + Send>, PlateError> {
    plate.validate()?;
    Ok(Box::new(Exchange::new(MagVenture::new(plate))))
}

/// One unit's words, and what its answers mean.
#[derive(Debug)]
pub(crate) struct MagVenture {
    plate: Plate,
    manner: Manner<Stimulator>,
    polls: Vec<Word>,
}

impl MagVenture {
    pub(crate) fn new(plate: Plate) -> Self {
        let mut polls = alloc::vec![Word::Status];
        if plate.trains == TrainReadBack::Read {
            polls.push(Word::Trains);
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
                faults: 1,
                parts: plate.parts(),
                temperature: true,
                ready: true,
                running: true,
            },
        };
        Self { plate, manner, polls }
    }

    fn is_beyond(&self, level: &StimulatorLevel) -> bool {
        let percent = whole_percent(level.intensity).is_none_or(|percent| percent == 0);
        let time = self.plate.lease < level.train_time() || WAIT_MAX < level.wait;
        let rate = level.rate;
        let beyond = self.plate.most_rate < rate || tenths_of_hertz(level).is_none_or(|t| t == 0);
        percent || time || beyond || level.pulses == 0 || u16::try_from(level.pulses).is_err()
    }
}

impl Tongue<Stimulator> for MagVenture {
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
        &[Word::Identify]
    }

    fn polls(&self) -> &[Word] {
        &self.polls
    }

    fn off(&self) -> &[Word] {
        &[Word::Disable]
    }

    fn tell(&self, setting: &Setting<Stimulator>) -> Option<Vec<Word>> {
        let level = self.exact(setting.level)?;
        let amplitude = Word::Amplitude(whole_percent(level.intensity)?);
        if level.pulses == 1 {
            return Some(alloc::vec![amplitude, Word::PageMain]);
        }
        let rate = tenths_of_hertz(&level)?;
        let train = Word::Train { rate, pulses: u16::try_from(level.pulses).ok()? };
        Some(alloc::vec![amplitude, Word::PageTiming, train])
    }

    fn enable(&self) -> &[Word] {
        &[Word::Enable]
    }

    fn settles(&self) -> Nanos {
        self.plate.charge
    }

    fn fire(&self, setting: &Setting<Stimulator>) -> Vec<Word> {
        alloc::vec![if setting.level.pulses == 1 { Word::Pulse } else { Word::Start }]
    }

    fn run(&self, setting: &Setting<Stimulator>) -> Option<Nanos> {
        Some(setting.level.train_time())
    }

    fn talks(&self) -> bool {
        true
    }

    fn say(&self, word: Word, _turn: u32) -> Saying {
        let within = self.plate.answer_within;
        let answer = word.answer().map(|kind| (within, kind.frame_length()));
        let quiet = if answer.is_none() { SETTLES } else { Nanos::ZERO };
        // A stop waits for nothing: what proves it may be asked at once.
        let quiet = if word == Word::Disable { Nanos::ZERO } else { quiet };
        Saying { bytes: word.frame(), answer, quiet }
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

/// The rate in tenths of a hertz, if it is a whole number of them.
fn tenths_of_hertz(level: &StimulatorLevel) -> Option<u16> {
    let millihertz = level.rate.millihertz();
    let tenths = u16::try_from(millihertz / 100).ok()?;
    millihertz.is_multiple_of(100).then_some(tenths)
}
