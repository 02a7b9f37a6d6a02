//! What the frames of a MagVenture mean.

use alloc::vec::Vec;

use safety::{Permille, Pulsing, Stimulator, StimulatorLevel, Temperature};

use crate::exchange::{Contact, Heard, Hearing, Sense};

use super::{
    plate::{Plate, TrainReadBack},
    tenths_of_hertz, whole_percent,
    word::{Answer, BEGINS, ENDS, FRAME_BYTES, PAGE_MAIN, PAGE_TIMING, Word, crc8},
};

/// No frame of a unit has a longer payload: that of a status has fifteen bytes.
const PAYLOAD_MAX: usize = 32;

/// Types of payloads.
const OF_AMPLITUDE: u8 = 1;
const OF_PULSE: u8 = 2;
const OF_STATUS: u8 = 5;
const OF_PAGE: u8 = 8;
const OF_TRAINS: u8 = 11;
/// The types that a unit may send. What is of none of these is not of a unit.
const TYPES: core::ops::RangeInclusive<u8> = 0..=12;

/// The flags of a status: two bits of mode, two of waveform, one whether it is enabled, three of the
/// model.
const MODE: u8 = 0b11;
const MODE_STANDARD: u8 = 0;
const ENABLED: u8 = 1 << 4;

/// Fault bits: a mode in which percents mean something else, and another waveform.
const FAULT_MODE: u32 = 1;
const FAULT_WAVEFORM: u32 = 1 << 1;

/// The amplitude of a train from its first pulse on, in percent of what it is set to.
const RAMP_NONE: u8 = 100;

/// Reads the beginning of what came in.
pub(super) fn hear(
    plate: &Plate,
    heard: Heard<'_, Stimulator, Word>,
    senses: &mut Vec<Sense<Stimulator>>,
) -> Hearing {
    let (payload, taken) = match frame(heard.bytes) {
        Ok(found) => found,
        Err(hearing) => return hearing,
    };
    let kind = payload.first().copied().unwrap_or(u8::MAX);
    if !TYPES.contains(&kind) {
        return Hearing::Bad(taken);
    }
    let asked = heard.asked.map(|(word, _)| word);
    if !asked.is_some_and(|word| answers(word, payload)) {
        return Hearing::Unasked(taken);
    }
    let wanted = heard.wanted.map(|wanted| &wanted.level);
    let read = match asked {
        Some(Word::Identify) => identity(plate, payload, senses),
        Some(Word::Status) => status(plate, wanted, payload, senses),
        Some(Word::Trains) => trains(wanted, payload, senses),
        Some(
            Word::Disable
            | Word::Enable
            | Word::Amplitude(_)
            | Word::PageMain
            | Word::PageTiming
            | Word::Train { .. }
            | Word::Start
            | Word::Pulse,
        )
        | None => Some(()),
    };
    if read.is_some() {
        return Hearing::Answer(taken);
    }
    senses.clear();
    Hearing::Bad(taken)
}

/// The payload at the beginning of `bytes`, and how many bytes its frame has.
fn frame(bytes: &[u8]) -> Result<(&[u8], usize), Hearing> {
    if bytes.first().is_some_and(|first| *first != BEGINS) {
        return Err(Hearing::Bad(1));
    }
    let Some(length) = bytes.get(1).map(|length| usize::from(*length)) else {
        return Err(Hearing::More);
    };
    if length == 0 || PAYLOAD_MAX < length {
        return Err(Hearing::Bad(1));
    }
    let taken = length.saturating_add(FRAME_BYTES);
    let Some((payload, [check, end])) = bytes
        .get(..taken)
        .and_then(|frame| frame.split_last_chunk::<2>())
        .and_then(|(head, tail)| Some((head.get(2..)?, tail)))
    else {
        return Err(Hearing::More);
    };
    if *end != ENDS || *check != crc8(payload) {
        return Err(Hearing::Bad(1));
    }
    Ok((payload, taken))
}

/// Whether a payload is of the type that `word` asks for.
fn answers(word: Word, payload: &[u8]) -> bool {
    let kind = payload.first().copied();
    let runs = payload.get(2).is_some_and(|running| *running != 0);
    match word.answer() {
        Some(Answer::Status) => kind == Some(OF_STATUS),
        Some(Answer::Trains) => kind == Some(OF_TRAINS),
        Some(Answer::Amplitude) => kind == Some(OF_AMPLITUDE),
        Some(Answer::Started) => kind == Some(OF_PULSE) || (kind == Some(OF_PAGE) && runs),
        Some(Answer::Pulse) => kind == Some(OF_PULSE),
        None => false,
    }
}

fn identity(plate: &Plate, payload: &[u8], senses: &mut Vec<Sense<Stimulator>>) -> Option<()> {
    let same = is_of(plate, payload.first_chunk()?);
    senses.push(Sense::Plated(same));
    Some(())
}

/// Whether a status is of the unit of the plate: its model and its serial number.
fn is_of(plate: &Plate, status: &[u8; 15]) -> bool {
    let [_, flags, high, middle, low, ..] = *status;
    let serial = u32::from_be_bytes([0, high, middle, low]);
    flags >> 5 == plate.model.number() && serial == plate.serial
}

/// The status of another unit is not believed.
fn status(
    plate: &Plate,
    wanted: Option<&StimulatorLevel>,
    payload: &[u8],
    senses: &mut Vec<Sense<Stimulator>>,
) -> Option<()> {
    let status: &[u8; 15] = payload.first_chunk()?;
    if payload.len() != status.len() || !is_of(plate, status) {
        return None;
    }
    let [_, flags, _, _, _, degrees, coil, amplitude, second, .., page, runs] = *status;
    let (enabled, running) = (flags & ENABLED != 0, runs != 0);
    let mode = if flags & MODE == MODE_STANDARD { 0 } else { FAULT_MODE };
    let waveform = flags >> 2 & MODE == plate.waveform.number();
    senses.push(Sense::Enabled(enabled || running));
    senses.push(Sense::Ready(enabled && !running));
    senses.push(Sense::Running(running));
    let output = if running { pulsing(plate, wanted, amplitude)? } else { Pulsing::default() };
    senses.push(Sense::Output(output));
    senses.push(Sense::Contact(Contact::Applicator, coil == plate.coil));
    senses.push(Sense::Faults(0, mode | if waveform { 0 } else { FAULT_WAVEFORM }));
    let degrees = i32::from(degrees).saturating_mul(100);
    senses.push(Sense::Temperature(Some(Temperature::from_centicelsius(degrees))));
    if let Some(level) = wanted {
        let on_page = page == if level.pulses == 1 { PAGE_MAIN } else { PAGE_TIMING };
        let held = whole_percent(level.intensity) == Some(amplitude) && second == 0 && on_page;
        senses.push(Sense::Held(0, held));
    }
    Some(())
}

/// What comes out of a train. Nobody knows the rate of one that nobody told, so it is the highest.
fn pulsing(plate: &Plate, wanted: Option<&StimulatorLevel>, amplitude: u8) -> Option<Pulsing> {
    let intensity = Permille::new(u16::from(amplitude).saturating_mul(10).min(1_000))?;
    Some(Pulsing {
        rate: wanted.map_or(plate.most_rate, |level| level.rate),
        pulse_energy: plate.energy.at(intensity)?,
    })
}

/// One train at one rate and one amplitude. Any other control of its time, such as rates of another
/// scale, is not what was told. A single pulse needs none of it.
fn trains(
    wanted: Option<&StimulatorLevel>,
    payload: &[u8],
    senses: &mut Vec<Sense<Stimulator>>,
) -> Option<()> {
    let [_, _, control, r, ate, p, ulses, t, rains, _, _, _, ramp, _]: [u8; 14] =
        *payload.first_chunk()?;
    let [rate, pulses, count] = [[r, ate], [p, ulses], [t, rains]].map(u16::from_be_bytes);
    if let Some(level) = wanted {
        let train = control == 0
            && tenths_of_hertz(level) == Some(rate)
            && level.pulses == u32::from(pulses)
            && count == 1
            && ramp == RAMP_NONE;
        senses.push(Sense::Held(1, train || level.pulses == 1));
    }
    Some(())
}

impl Plate {
    /// How many answers a setting is read back in.
    pub(super) fn parts(&self) -> usize {
        match self.trains {
            TrainReadBack::Read => 2,
            TrainReadBack::Unverified => 1,
        }
    }
}
