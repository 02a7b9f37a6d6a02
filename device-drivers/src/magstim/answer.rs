//! What the answers of a Magstim mean.

use alloc::vec::Vec;

use safety::{Frequency, Permille, Pulsing, Stimulator, StimulatorLevel, Temperature};

use crate::exchange::{Contact, Heard, Hearing, Sense};

use super::{
    plate::{Model, Plate},
    tenths, whole_percent,
    word::{VERSION_BYTES_MAX, Word, checksum},
};

/// A word that it does not know.
const UNKNOWN: u8 = b'?';
/// A word that its state does not allow.
const STATE: u8 = b'S';
/// A length of an answer that refuses a word it knows: letter, reason, check byte.
const REFUSAL: usize = 3;
/// The mode of a BiStim² whose boxes do not work together.
const MODE_SINGLE: u8 = b'0';
/// More than it can be set to in any mode, in percent.
const PERCENT_MAX: u32 = 110;

/// Bits of the state byte.
const STANDBY: u8 = 1;
const ARMED: u8 = 1 << 1;
const READY: u8 = 1 << 2;
const COIL: u8 = 1 << 3;
/// Replace the coil, an error, and that the error is fatal.
const WRONG: u8 = 0x70;
const REMOTE: u8 = 1 << 7;

/// Bits of the second state byte of a Rapid².
const ENHANCED: u8 = 1;
const RUNNING: u8 = 1 << 1;
const WAITS: u8 = 1 << 2;
const SINGLE: u8 = 1 << 3;

/// The fault bit of enhanced power: percents mean more than the table says.
const FAULT_ENHANCED: u32 = 1 << 8;
/// Where the extended word of the system state stands among the fault bits.
const EXTENDED_SHIFT: u32 = 16;
/// What may be in it: a module for more power. Anything else changes what fires the unit, or is not
/// known.
const EXTENDED_ALLOWED: u16 = 1;

/// Reads the beginning of what came in.
pub(super) fn hear(
    plate: &Plate,
    heard: Heard<'_, Stimulator, Word>,
    senses: &mut Vec<Sense<Stimulator>>,
) -> Hearing {
    let Some((word, _)) = heard.asked else { return Hearing::Bad(1) };
    let bytes = heard.bytes;
    match bytes.first() {
        Some(&UNKNOWN) => {
            senses.push(Sense::Refused);
            return Hearing::Answer(1);
        }
        Some(letter) if *letter == word.letter() => {}
        Some(_) => return Hearing::Bad(1),
        None => return Hearing::More,
    }
    if word == Word::Version {
        return version(plate, bytes, senses);
    }
    let refused = match bytes.get(1) {
        Some(second) => *second == UNKNOWN || *second == STATE,
        None => return Hearing::More,
    };
    let length = if refused { REFUSAL } else { word.answer_length(plate) };
    let Some(body) = checked(bytes, length) else {
        return if bytes.len() < length { Hearing::More } else { Hearing::Bad(1) };
    };
    if refused {
        senses.push(Sense::Refused);
        return Hearing::Answer(length);
    }
    match facts(plate, word, heard.wanted.map(|wanted| &wanted.level), body, senses) {
        Some(()) => Hearing::Answer(length),
        None => {
            senses.clear();
            Hearing::Bad(1)
        }
    }
}

/// What stands between the letter and the check byte of an answer, if that is right.
fn checked(bytes: &[u8], length: usize) -> Option<&[u8]> {
    let (check, rest) = bytes.get(..length)?.split_last()?;
    (checksum(rest) == *check).then(|| rest.get(1..)).flatten()
}

/// An answer that ends with a zero and a check byte.
fn version(plate: &Plate, bytes: &[u8], senses: &mut Vec<Sense<Stimulator>>) -> Hearing {
    // A refusal: nothing that is shown begins like it.
    let ends = match bytes.get(1) {
        Some(&UNKNOWN | &STATE) => Some(1),
        Some(_) | None => bytes.iter().position(|byte| *byte == 0),
    };
    let length = match ends {
        Some(end) => end.saturating_add(2),
        None if bytes.len() < VERSION_BYTES_MAX => return Hearing::More,
        None => return Hearing::Bad(1),
    };
    let Some(body) = checked(bytes, length) else {
        return if bytes.len() < length { Hearing::More } else { Hearing::Bad(1) };
    };
    let (Model::Rapid { version, .. }, Some((0, text))) = (&plate.model, body.split_last()) else {
        senses.push(Sense::Refused);
        return Hearing::Answer(length);
    };
    senses.push(Sense::Plated(text == version.as_bytes()));
    Hearing::Answer(length)
}

/// What the answer to `word` says; `None` if it cannot be.
fn facts(
    plate: &Plate,
    word: Word,
    wanted: Option<&StimulatorLevel>,
    body: &[u8],
    senses: &mut Vec<Sense<Stimulator>>,
) -> Option<()> {
    let (status, rest) = body.split_first()?;
    match word {
        // The one answer that shows the state after the word.
        Word::Remote if *status & REMOTE != 0 => senses.push(Sense::Plated(true)),
        Word::Mode => senses.push(Sense::Plated(rest == [MODE_SINGLE])),
        Word::Single => {
            number(rest.get(..3)?)?;
            senses.push(Sense::Plated(rest.get(3..) == Some(b"000000")));
        }
        Word::Parameters => parameters(plate, *status, wanted, rest, senses)?,
        Word::Trains => trains(plate, *status, wanted, rest, senses)?,
        Word::System => system(*status, wanted, rest, senses)?,
        Word::Temperature => temperature(rest, senses)?,
        // Their answers show the state of before.
        Word::Remote
        | Word::Version
        | Word::Disarm
        | Word::Arm
        | Word::Fire
        | Word::Power(_)
        | Word::PowerOfSecond
        | Word::Rate(_)
        | Word::Pulses(_)
        | Word::Duration(_) => {}
    }
    Some(())
}

/// A 200² has nothing where a BiStim² has its second box.
fn parameters(
    plate: &Plate,
    status: u8,
    wanted: Option<&StimulatorLevel>,
    rest: &[u8],
    senses: &mut Vec<Sense<Stimulator>>,
) -> Option<()> {
    let power = percent(rest.get(..3)?)?;
    let second = percent(rest.get(3..6)?)?;
    let interval = number(rest.get(6..)?)?;
    if plate.model == Model::TwoHundred && (second, interval) != (0, 0) {
        return None;
    }
    state(status, true, wanted, senses);
    senses.push(Sense::Faults(0, u32::from(status & WRONG)));
    senses.push(Sense::Output(Pulsing::default()));
    if let Some(level) = wanted {
        let held = whole_percent(level.intensity).map(u32::from) == Some(power) && second == 0;
        senses.push(Sense::Held(0, held));
    }
    Some(())
}

fn trains(
    plate: &Plate,
    status: u8,
    wanted: Option<&StimulatorLevel>,
    rest: &[u8],
    senses: &mut Vec<Sense<Stimulator>>,
) -> Option<()> {
    let (rapid, digits) = rest.split_first()?;
    let (of_pulses, of_duration) = if plate.is_newest() { (5, 4) } else { (4, 3) };
    let (power, digits) = digits.split_at_checked(3)?;
    let (rate, digits) = digits.split_at_checked(4)?;
    let (pulses, digits) = digits.split_at_checked(of_pulses)?;
    let (duration, wait) = digits.split_at_checked(of_duration)?;
    let (power, rate) = (percent(power)?, number(rate)?);
    let (pulses, duration, _wait) = (number(pulses)?, number(duration)?, number(wait)?);
    let running = rapid & RUNNING != 0;
    state(status, !running && rapid & WAITS == 0, wanted, senses);
    let enhanced = if rapid & ENHANCED == 0 { 0 } else { FAULT_ENHANCED };
    senses.push(Sense::Faults(0, u32::from(status & WRONG) | enhanced));
    senses.push(Sense::Running(running));
    let output = if running { pulsing(plate, power, rate)? } else { Pulsing::default() };
    senses.push(Sense::Output(output));
    if let Some(level) = wanted {
        let is_single = rapid & SINGLE != 0 && duration == 0;
        let is_train = rapid & SINGLE == 0
            && level.rate.millihertz() == rate.saturating_mul(100)
            && level.pulses == pulses
            && tenths(level).map(u32::from) == Some(duration);
        let held = whole_percent(level.intensity).map(u32::from) == Some(power)
            && if level.pulses == 1 { is_single } else { is_train };
        senses.push(Sense::Held(0, held));
    }
    Some(())
}

/// What comes out of a train at `power` percent and `rate` tenths of a hertz.
fn pulsing(plate: &Plate, power: u32, rate: u32) -> Option<Pulsing> {
    let intensity = Permille::new(u16::try_from(power.saturating_mul(10)).ok()?.min(1_000))?;
    Some(Pulsing {
        rate: Frequency::from_millihertz(rate.saturating_mul(100)),
        pulse_energy: plate.energy.at(intensity)?,
    })
}

fn system(
    status: u8,
    wanted: Option<&StimulatorLevel>,
    rest: &[u8],
    senses: &mut Vec<Sense<Stimulator>>,
) -> Option<()> {
    let [_rapid, high, low] = *rest else { return None };
    let extended = u16::from_be_bytes([high, low]) & !EXTENDED_ALLOWED;
    senses.push(Sense::Faults(1, u32::from(extended) << EXTENDED_SHIFT));
    if status & REMOTE == 0 && wanted.is_some() {
        senses.push(Sense::Restarted);
    }
    Some(())
}

/// What the state byte says. A unit that is not plainly in standby counts as armed. One that left
/// remote control since it was told what to hold has started anew, or somebody took it.
fn state(
    status: u8,
    rests: bool,
    wanted: Option<&StimulatorLevel>,
    senses: &mut Vec<Sense<Stimulator>>,
) {
    let standby = status & (STANDBY | ARMED | READY) == STANDBY;
    senses.push(Sense::Enabled(!standby));
    senses.push(Sense::Ready(status & (STANDBY | READY) == READY && rests));
    senses.push(Sense::Contact(Contact::Applicator, status & COIL != 0));
    if status & REMOTE == 0 && wanted.is_some() {
        senses.push(Sense::Restarted);
    }
}

/// The warmer of both coils, in tenths of a degree. A coil without a sensor reads nothing.
fn temperature(rest: &[u8], senses: &mut Vec<Sense<Stimulator>>) -> Option<()> {
    let warmer = number(rest.get(..3)?)?.max(number(rest.get(3..)?)?);
    let read = i32::try_from(warmer.saturating_mul(10)).ok()?;
    let read = (read != 0).then(|| Temperature::from_centicelsius(read));
    senses.push(Sense::Temperature(read));
    Some(())
}

fn percent(digits: &[u8]) -> Option<u32> {
    number(digits).filter(|percent| *percent <= PERCENT_MAX)
}

fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |value, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        value.checked_mul(10)?.checked_add(u32::from(digit))
    })
}
