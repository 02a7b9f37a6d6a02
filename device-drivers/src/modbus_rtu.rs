//! Registers behind Modbus RTU, as a profile describes them.
//!
//! | said | function |
//! | --- | --- |
//! | reads holding, input, coils, discrete | 03, 04, 01, 02 |
//! | writes a word or a slot in one register | 06 |
//! | writes a slot in two registers | 10 |
//! | writes a coil | 05 |
//!
//! An answer names no register. So the count of what is read goes up and down by `spare` from one
//! question to the next, and an answer of another length is not believed; where a profile has no
//! spare registers, only the silence after a lost answer keeps answers apart. Both sides share one
//! pair of wires: nothing is said, not even off, before the answer came or is late. Sources of the
//! frames: see [`rtu`]. None of this is verified at a real unit.

#[cfg(test)]
mod tests;

use alloc::{boxed::Box, vec::Vec};

use crate::{
    Dialect,
    exchange::{Heard, Hearing, Saying, Sense},
    profile::{
        Form, Order, Plate, PlateError, Reader, Registers, Say, Table, Told, Write, Written,
        tongue::{Word, unsaid},
    },
    rtu::{self, Reply, Request, Window},
};

/// The dialect of one unit whose profile is of registers.
///
/// # Errors
/// What is wrong with the plate or its profile.
pub fn dialect<M: Told>(plate: Plate<M>) -> Result<Box<dyn Dialect<M> + Send>, PlateError> {
    Reader::dialect(plate, true)
}

/// The frame of a word.
pub(crate) fn say<M: Told>(
    reader: &Reader<M>,
    registers: &Registers,
    word: Word,
    turn: u32,
) -> Saying {
    let said = with_request(reader, word, turn, |request| {
        Some((request.encode(registers.address)?, request.answer_length()))
    });
    let (Some((bytes, length)), Some(command)) = (said.flatten(), reader.command(word)) else {
        return unsaid();
    };
    Saying { bytes, answer: Some((command.within, length)), quiet: command.quiet }
}

/// Reads the beginning of what came in.
pub(crate) fn hear<M: Told>(
    reader: &Reader<M>,
    registers: &Registers,
    heard: &Heard<'_, M, Word>,
    senses: &mut Vec<Sense<M>>,
) -> Hearing {
    let all = heard.bytes.len();
    match Request::passing(registers.address, heard.bytes).filter(|_| !heard.spoiled) {
        None => {}
        Some(0) => return Hearing::More,
        Some(count) => return Hearing::Passing(count),
    }
    // Behind something bad may come the rest of it, which began before it could be read.
    let asked = heard.asked.filter(|_| !heard.spoiled);
    let Some((word, turn)) = asked else { return Hearing::Bad(all) };
    let hearing = with_request(reader, word, turn, |request| {
        match request.reply(registers.address, heard.bytes) {
            Reply::More => Hearing::More,
            Reply::Bad(count) => Hearing::Bad(count),
            Reply::Refused(count, _) if word.introduces() => {
                senses.push(Sense::Plated(false));
                Hearing::Answer(count)
            }
            Reply::Refused(count, _) if word.is_poll() => Hearing::Bad(count),
            Reply::Refused(count, _) => {
                senses.push(Sense::Refused);
                Hearing::Answer(count)
            }
            Reply::Answer(count, read) => {
                let known = answered(reader, word, read, heard, senses);
                if known.is_none() {
                    senses.clear();
                }
                known.map_or(Hearing::Bad(all), |()| Hearing::Answer(count))
            }
        }
    });
    hearing.unwrap_or(Hearing::Bad(all))
}

fn answered<M: Told>(
    reader: &Reader<M>,
    word: Word,
    read: rtu::Read<'_>,
    heard: &Heard<'_, M, Word>,
    senses: &mut Vec<Sense<M>>,
) -> Option<()> {
    let reading = match (reader.value(word), reader.command(word).map(|own| &own.say)) {
        (Some(value), Some(Say::Read(asked))) => Some(match value.form {
            Form::Bits => {
                let bits: Option<Vec<bool>> = (0..asked.count).map(|at| read.bit(at)).collect();
                value.of_bits(bits?.into_iter())?
            }
            Form::Whole(_)
            | Form::Number(..)
            | Form::Hex(_)
            | Form::Letters(..)
            | Form::Words(_)
            | Form::Text => value.of_registers(&read.registers().collect::<Vec<_>>())?,
        }),
        (Some(_) | None, _) => None,
    };
    reader.meaning(word, reading, heard.wanted, senses)
}

/// What `then` makes of the request of a word, unless that is forbidden or cannot be written.
fn with_request<M: Told, R>(
    reader: &Reader<M>,
    word: Word,
    turn: u32,
    then: impl FnOnce(Request<'_>) -> R,
) -> Option<R> {
    match &reader.command(word)?.say {
        Say::Line(_) => None,
        Say::Read(asked) => {
            let choices = u32::from(asked.spare).saturating_add(1);
            let more = u16::try_from(turn.checked_rem(choices)?).ok()?;
            let window = Window { first: asked.first, count: asked.count.checked_add(more)? };
            Some(then(match asked.table {
                Table::Holding => Request::ReadRegisters(window),
                Table::Input => Request::ReadInputRegisters(window),
                Table::Coils => Request::ReadCoils(window),
                Table::Discrete => Request::ReadInputs(window),
            }))
        }
        Say::Write(Write { register, value }) => {
            let one = |word: u16| {
                let free = !reader.profile.forbids_word(*register, word);
                free.then_some(Request::WriteRegister(*register, word))
            };
            match value {
                Written::Word(word) => Some(then(one(*word)?)),
                Written::Coil(on) => Some(then(Request::WriteCoil(*register, *on))),
                Written::Slot(slot, scale) => {
                    let count = scale.told(word.amounts.of(*slot), 0)?;
                    Some(then(one(u16::try_from(count).ok()?)?))
                }
                Written::Wide(slot, scale, order) => {
                    let count = u32::try_from(scale.told(word.amounts.of(*slot), 0)?).ok()?;
                    let high = u16::try_from(count >> 16).ok()?;
                    let low = u16::try_from(count & 0xFFFF).ok()?;
                    let words = match order {
                        Order::High => [high, low],
                        Order::Low => [low, high],
                    };
                    Some(then(Request::WriteRegisters(*register, &words)))
                }
            }
        }
    }
}
