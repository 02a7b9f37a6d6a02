//! What goes over a line, in words for the person who stands at it. Nothing decides by it.
//!
//! A secret that a unit is told is covered here, before anybody sees it.

use alloc::{format, string::String, vec::Vec};

use crate::open_link;

/// One stretch of traffic in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The bytes in hexadecimal, secrets covered.
    pub bytes: String,
    /// What they mean, as far as it can be told.
    pub meaning: String,
}

/// Explains what went one way over the line of a unit of `dialect`.
pub fn explain(dialect: &str, bytes: &[u8]) -> Explained {
    let covered = covered(dialect, bytes);
    let code = |(index, byte): (usize, &u8)| match covered.is_some_and(|from| from <= index) {
        true => String::from("··"),
        false => format!("{byte:02X}"),
    };
    let codes: Vec<_> = bytes.iter().enumerate().map(code).collect();
    let meaning = match (dialect, covered) {
        (_, Some(_)) => String::from("a secret that unlocks the unit"),
        ("open-link", None) => open_link::explain(bytes),
        ("magventure", None) => magventure(bytes),
        ("magstim", None) => magstim(bytes),
        ("modbus-rtu", None) => modbus(bytes),
        ("maiman", None) if !is_text(bytes) => modbus(bytes),
        (_, None) => text(bytes),
    };
    Explained { bytes: codes.join(" "), meaning }
}

/// From where on the bytes are a secret: the unlock code of a Magstim Rapid² (TDb 087). Whoever shows
/// or keeps what goes over a line leaves them out from there on.
pub fn covered(dialect: &str, bytes: &[u8]) -> Option<usize> {
    let unlocks = dialect == "magstim" && bytes.starts_with(b"Q") && bytes.len() > 3;
    unlocks.then_some(1)
}

fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}

/// Text as it is, and what is none of it as a code.
fn text(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| core::ascii::escape_default(*byte)).map(char::from).collect()
}

fn magventure(bytes: &[u8]) -> String {
    match bytes {
        [0xFE, length, kind, ..] => format!("type {kind:02X}, {length} bytes"),
        _ => String::from("part of a frame"),
    }
}

fn magstim(bytes: &[u8]) -> String {
    match bytes {
        [] => String::new(),
        [b'?'] => String::from("the unit does not know the command"),
        [command, b'?', ..] => format!("{}: bad data", char::from(*command)),
        [command, b'S', ..] => format!("{}: not in this state", char::from(*command)),
        [command, ..] => format!("command {}", text(&[*command])),
    }
}

fn modbus(bytes: &[u8]) -> String {
    match bytes {
        [unit, function, code, _, _] if function & 0x80 != 0 => {
            format!("unit {unit} refuses function {} with exception {code}", function & 0x7F)
        }
        [unit, function, ..] => format!("unit {unit}, function {function}"),
        [] | [_] => String::from("part of a frame"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_is_told_in_the_words_of_its_dialect() {
        let told = |dialect, bytes: &[u8]| explain(dialect, bytes).meaning;
        assert_eq!(told("maiman", b"P0700 0010\r"), "P0700 0010\\r");
        assert_eq!(
            told("maiman", &[1, 0x83, 2, 0xC0, 0xF1]),
            "unit 1 refuses function 3 with exception 2"
        );
        assert_eq!(told("magventure", &[0xFE, 2, 2, 0, 0x91, 0xFF]), "type 02, 2 bytes");
        assert_eq!(told("magstim", b"E?z"), "E: bad data");
        assert_eq!(told("open-link", &[1, 2, 3]), "part of a frame");
        assert_eq!(explain("arroyo", b"0\r").bytes, "30 0D");
    }

    #[test]
    fn an_unlock_code_is_never_shown() {
        let Explained { bytes, meaning } = explain("magstim", b"Q1234-56789012-xy");
        assert!(bytes.starts_with("51 ··") && !bytes.contains("31"), "{bytes}");
        assert_eq!(meaning, "a secret that unlocks the unit");
        assert_eq!(explain("magstim", b"Q@n").bytes, "51 40 6E");
    }
}
