//! The framing in text: lines that end in CR.

use alloc::{format, vec::Vec};

use crate::exchange::Hearing;

use super::{
    Said,
    word::{Register, Word},
};

/// `K`, parameter, space, value, CR.
pub(super) const ANSWER_LENGTH: usize = 11;
/// Ends a line.
const CR: u8 = b'\r';

/// The line of `word`.
pub(super) fn line(word: Word) -> Vec<u8> {
    match word {
        Word::Read(register) => format!("J{:04X}\r", register.parameter()),
        Word::Set(count) => format!("P{:04X} {count:04X}\r", Register::Current.parameter()),
        Word::Act(act) => format!("P{:04X} {:04X}\r", Register::State.parameter(), act.code()),
    }
    .into_bytes()
}

/// Reads the beginning of `bytes` as the answer to `word`.
///
/// An error answer (`E0000` to `E0002`) says that the question arrived damaged, so it is bad like
/// damage on the way back. So is an answer that names another parameter.
pub(super) fn hear(word: Word, bytes: &[u8]) -> (Hearing, Said) {
    let bad = (Hearing::Bad(bytes.len()), Said::Nothing);
    let Word::Read(register) = word else { return bad };
    let Some(line) = bytes.get(..ANSWER_LENGTH) else {
        let ends = bytes.contains(&CR) || bytes.first().is_some_and(|first| *first != b'K');
        return if ends { bad } else { (Hearing::More, Said::Nothing) };
    };
    let [b'K', a, b, c, d, b' ', e, f, g, h, CR] = *line else { return bad };
    match (number([a, b, c, d]), number([e, f, g, h])) {
        (Some(0), Some(0)) => (Hearing::Answer(ANSWER_LENGTH), Said::Absent),
        (Some(parameter), Some(value)) if parameter == register.parameter() => {
            (Hearing::Answer(ANSWER_LENGTH), Said::Value(value))
        }
        (Some(_) | None, Some(_) | None) => bad,
    }
}

/// Four digits to the base of sixteen, as a driver writes them.
fn number(digits: [u8; 4]) -> Option<u16> {
    digits.into_iter().try_fold(0, |number, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit.checked_sub(b'0')?,
            b'A'..=b'F' => digit.checked_sub(b'A')?.checked_add(10)?,
            _ => return None,
        };
        Some((number << 4) | u16::from(digit))
    })
}
