//! Modbus RTU as a strict client speaks it.
//!
//! An answer says who answers and to which function, but not to which question: nothing in it names
//! a register. So an answer is believed only if its address, function, length and echo are those of
//! the question that waits, and two questions in a row must differ in shape: whoever asks takes the
//! count of a [`Window`] from the number of the question. What is not believed is dropped whole.
//! This module holds no state, and no time but [`silence`].
//!
//! Sources: *MODBUS Application Protocol Specification* V1.1b3 (functions 01 to 06, 0F, 10, section
//! 6; exceptions, section 7) and *MODBUS over Serial Line* V1.02 (frame, CRC and silence, section
//! 2.5.1).

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use crc::{CRC_16_MODBUS, Crc};
use safety::Nanos;

/// The highest address of a unit on a line; 0 is everybody and is answered by nobody.
pub const ADDRESS_MAX: u8 = 247;

/// The most bits that one question reads, and that one command writes.
const READ_BITS_MAX: u16 = 2_000;
const WRITE_BITS_MAX: usize = 1_968;
/// The most registers that one question reads, and that one command writes.
const READ_REGISTERS_MAX: u16 = 125;
const WRITE_REGISTERS_MAX: usize = 123;
/// Above 19,200 Bd the silence between two frames is this, whatever the speed.
const SILENCE_FAST: Nanos = Nanos::new(1_750_000);
/// The fastest line whose silence is counted in characters.
const SILENCE_BAUD_MAX: u32 = 19_200;
/// In the function code of an answer: the unit refused.
const REFUSED: u8 = 0x80;
/// Address, function, code, CRC.
const REFUSAL_LENGTH: usize = 5;
/// Address, function, two words, CRC.
const ECHO_LENGTH: usize = 8;
/// Address, function, byte count, CRC: what a read answer has beside its bytes.
const READ_BESIDE: usize = 5;

const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_MODBUS);

/// A question or a command to one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// 01: reads what can be switched.
    ReadCoils(Window),
    /// 02: reads what can only be seen.
    ReadInputs(Window),
    /// 03: reads registers that can be written.
    ReadRegisters(Window),
    /// 04: reads registers that cannot.
    ReadInputRegisters(Window),
    /// 05: switches one coil.
    WriteCoil(u16, bool),
    /// 05 with a word of the maker's own in the place of on and off: a board closes for a time by it.
    WriteCoilWord(u16, u16),
    /// 06: writes one register.
    WriteRegister(u16, u16),
    /// 0F: switches coils from this one on.
    WriteCoils(u16, &'a [bool]),
    /// 10: writes registers from this one on.
    WriteRegisters(u16, &'a [u16]),
}

/// Neighbours that are read at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first of them, counted from zero as on the line.
    pub first: u16,
    /// How many, one at the least.
    pub count: u16,
}

impl Window {
    /// What is read from `first` on, for the question of this number: one at odd numbers, two at
    /// even ones. So no answer fits the question before or after its own, whatever both read.
    pub const fn of_turn(first: u16, turn: u32) -> Self {
        Self { first, count: if turn.is_multiple_of(2) { 2 } else { 1 } }
    }
}

/// What the beginning of some bytes is, to one question. A length is what it takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply<'a> {
    /// Too little to tell.
    More,
    /// The unit did as told, or read this.
    Answer(usize, Read<'a>),
    /// The unit refused, and why: an exception code, 2 for a register that it does not have.
    Refused(usize, u8),
    /// Nothing that can be believed: all of it is dropped, and so must be what follows, up to the
    /// next question.
    Bad(usize),
}

/// What was read: the bytes of an answer, none to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read<'a>(&'a [u8]);

impl<'a> Read<'a> {
    /// The registers, in their order.
    pub fn registers(self) -> impl Iterator<Item = u16> + 'a {
        self.0.as_chunks().0.iter().map(|pair| u16::from_be_bytes(*pair))
    }

    /// The bit at `place` behind the first that was asked for.
    pub fn bit(self, place: u16) -> Option<bool> {
        let byte = self.0.get(usize::from(place / 8))?;
        Some((byte >> (place % 8)) & 1 == 1)
    }
}

impl Request<'_> {
    /// The frame of this for the unit at `address`. `None` if the line has no such unit, or one
    /// frame no room for so much, or for nothing.
    pub fn encode(&self, address: u8) -> Option<Vec<u8>> {
        if !(1..=ADDRESS_MAX).contains(&address) || !self.fits() {
            return None;
        }
        let mut bytes = Vec::new();
        bytes.extend([address, self.function()]);
        let (first, second) = self.words();
        bytes.extend(first.to_be_bytes());
        bytes.extend(second.to_be_bytes());
        match *self {
            Request::WriteCoils(_, coils) => {
                bytes.push(u8::try_from(coils.len().div_ceil(8)).ok()?);
                bytes.extend(coils.chunks(8).map(packed));
            }
            Request::WriteRegisters(_, values) => {
                bytes.push(u8::try_from(values.len().saturating_mul(2)).ok()?);
                bytes.extend(values.iter().flat_map(|value| value.to_be_bytes()));
            }
            Request::ReadCoils(_)
            | Request::ReadInputs(_)
            | Request::ReadRegisters(_)
            | Request::ReadInputRegisters(_)
            | Request::WriteCoil(..)
            | Request::WriteCoilWord(..)
            | Request::WriteRegister(..) => {}
        }
        bytes.extend(CRC.checksum(&bytes).to_le_bytes());
        Some(bytes)
    }

    /// Reads the beginning of `bytes` as the answer of the unit at `address` to this.
    ///
    /// What is bad is bad as soon as its bytes say so, in whichever pieces they come.
    pub fn reply<'a>(&self, address: u8, bytes: &'a [u8]) -> Reply<'a> {
        let bad = Reply::Bad(bytes.len());
        match *bytes {
            [] => return Reply::More,
            [from, ..] if from != address => return bad,
            [_] => return Reply::More,
            [_, function, ..] if function == self.function() | REFUSED => {
                return refusal(bytes);
            }
            [_, function, ..] if function != self.function() => return bad,
            [..] => {}
        }
        let length = self.answer_length();
        let head = self.head(address);
        if !bytes.iter().zip(&head).all(|(found, wanted)| found == wanted) {
            return bad;
        }
        match checked(bytes, length) {
            None => Reply::More,
            Some(Err(())) => bad,
            Some(Ok(body)) => Reply::Answer(length, Read(body.get(head.len()..).unwrap_or(&[]))),
        }
    }

    /// Whether `bytes` begin with an answer of another unit than the one at `address`: how long that
    /// is once it is whole, and zero while it may still become one.
    pub fn passing(address: u8, bytes: &[u8]) -> Option<usize> {
        let [from, rest @ ..] = bytes else { return None };
        let length = match *rest {
            _ if *from == address || !(1..=ADDRESS_MAX).contains(from) => return None,
            [] | [0x01..=0x04] => return Some(0),
            [0x01..=0x04, count, ..] => READ_BESIDE.saturating_add(usize::from(count)),
            [0x05 | 0x06 | 0x0F | 0x10, ..] => ECHO_LENGTH,
            [0x81..=0x86 | 0x8F | 0x90, ..] => REFUSAL_LENGTH,
            [..] => return None,
        };
        match checked(bytes, length) {
            None => Some(0),
            Some(Ok(_)) => Some(length),
            Some(Err(())) => None,
        }
    }

    /// How many bytes the answer has, if it is not a refusal.
    pub fn answer_length(&self) -> usize {
        self.bytes_read().map_or(ECHO_LENGTH, |count| READ_BESIDE.saturating_add(count))
    }

    /// What the answer begins with, as far as the question says: the byte count, or an echo.
    fn head(&self, address: u8) -> Vec<u8> {
        let mut head = Vec::new();
        head.extend([address, self.function()]);
        match self.bytes_read() {
            Some(count) => head.extend(u8::try_from(count)),
            None => {
                let (first, second) = self.words();
                head.extend(first.to_be_bytes());
                head.extend(second.to_be_bytes());
            }
        }
        head
    }

    const fn function(&self) -> u8 {
        match self {
            Request::ReadCoils(_) => 0x01,
            Request::ReadInputs(_) => 0x02,
            Request::ReadRegisters(_) => 0x03,
            Request::ReadInputRegisters(_) => 0x04,
            Request::WriteCoil(..) | Request::WriteCoilWord(..) => 0x05,
            Request::WriteRegister(..) => 0x06,
            Request::WriteCoils(..) => 0x0F,
            Request::WriteRegisters(..) => 0x10,
        }
    }

    /// How many bytes it reads; `None` for what writes.
    fn bytes_read(&self) -> Option<usize> {
        match self {
            Request::ReadCoils(window) | Request::ReadInputs(window) => {
                Some(usize::from(window.count.div_ceil(8)))
            }
            Request::ReadRegisters(window) | Request::ReadInputRegisters(window) => {
                Some(usize::from(window.count).saturating_mul(2))
            }
            Request::WriteCoil(..)
            | Request::WriteCoilWord(..)
            | Request::WriteRegister(..)
            | Request::WriteCoils(..)
            | Request::WriteRegisters(..) => None,
        }
    }

    /// The two words behind the function code, which the answer to what writes repeats.
    fn words(&self) -> (u16, u16) {
        let count = |length: usize| u16::try_from(length).unwrap_or(u16::MAX);
        match *self {
            Request::ReadCoils(window)
            | Request::ReadInputs(window)
            | Request::ReadRegisters(window)
            | Request::ReadInputRegisters(window) => (window.first, window.count),
            Request::WriteCoil(at, on) => (at, if on { 0xFF00 } else { 0 }),
            Request::WriteCoilWord(at, value) | Request::WriteRegister(at, value) => (at, value),
            Request::WriteCoils(first, coils) => (first, count(coils.len())),
            Request::WriteRegisters(first, values) => (first, count(values.len())),
        }
    }

    /// Whether one frame has room for it, and the unit so many places.
    fn fits(&self) -> bool {
        let (most, count) = match *self {
            Request::ReadCoils(window) | Request::ReadInputs(window) => {
                (usize::from(READ_BITS_MAX), usize::from(window.count))
            }
            Request::ReadRegisters(window) | Request::ReadInputRegisters(window) => {
                (usize::from(READ_REGISTERS_MAX), usize::from(window.count))
            }
            Request::WriteCoil(..) | Request::WriteCoilWord(..) | Request::WriteRegister(..) => {
                (1, 1)
            }
            Request::WriteCoils(_, coils) => (WRITE_BITS_MAX, coils.len()),
            Request::WriteRegisters(_, values) => (WRITE_REGISTERS_MAX, values.len()),
        };
        let last = usize::from(self.words().0).saturating_add(count);
        (1..=most).contains(&count) && last <= usize::from(u16::MAX).saturating_add(1)
    }
}

/// The silence that ends a frame: three and a half characters of eleven bits, as the specification
/// counts them, and 1.75 ms on any line faster than 19,200 Bd.
pub fn silence(baud: u32) -> Nanos {
    if SILENCE_BAUD_MAX < baud {
        return SILENCE_FAST;
    }
    // Seven half characters of eleven bits each.
    let halves = 7 * 11 * Nanos::from_secs(1).get() / 2;
    Nanos::new(halves.checked_div(u64::from(baud)).map_or(u64::MAX, |time| time.saturating_add(1)))
}

/// The unit refused: why.
fn refusal(bytes: &[u8]) -> Reply<'_> {
    match checked(bytes, REFUSAL_LENGTH) {
        None => Reply::More,
        Some(Ok([_, _, code])) => Reply::Refused(REFUSAL_LENGTH, *code),
        Some(Ok(_) | Err(())) => Reply::Bad(bytes.len()),
    }
}

/// The first `length` of the bytes without their CRC, if they are there and it fits them.
fn checked(bytes: &[u8], length: usize) -> Option<Result<&[u8], ()>> {
    let (body, crc) = bytes.get(..length)?.split_last_chunk::<2>()?;
    Some(if CRC.checksum(body) == u16::from_le_bytes(*crc) { Ok(body) } else { Err(()) })
}

/// Up to eight coils in a byte, the first lowest.
fn packed(coils: &[bool]) -> u8 {
    coils.iter().rev().fold(0, |byte, coil| (byte << 1) | u8::from(*coil))
}
