//! Names what is heard on a line that nobody knows.
//!
//! On such a line bytes are commands, and one byte too many may fire. So it is listened to, and
//! nothing is sent but one documented question that no unit of its family obeys by emitting, and that
//! only if a person says which family it is and that nothing is connected to the unit.

use alloc::{format, string::String, vec::Vec};

use crc::{CRC_8_MAXIM_DOW, CRC_16_MODBUS, Crc};

use crate::open_link::is_telegram;

/// Frames of MagVenture units begin and end with these.
const MAGVENTURE: (u8, u8) = (0xFE, 0xFF);
/// Functions that a Modbus unit may answer with.
const FUNCTIONS: [u8; 8] = [1, 2, 3, 4, 5, 6, 15, 16];
/// The shortest and the longest frame of Modbus RTU (Modbus over serial line, 2.5.1).
const MODBUS: core::ops::RangeInclusive<usize> = 4..=256;

/// Something that was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The dialect, as a profile names it; for text, none.
    pub dialect: Option<&'static str>,
    /// What was heard, in a sentence.
    pub what: String,
}

/// The one question that may be sent to a unit of a dialect, and where it is documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    /// The dialect.
    pub dialect: &'static str,
    /// The bytes.
    pub bytes: &'static [u8],
    /// What it asks, and which document says that it changes nothing.
    pub what: &'static str,
}

/// Every question there is.
pub const QUERIES: [Query; 4] = [
    Query {
        dialect: "maiman",
        bytes: b"J0702\r",
        what: "reads the model (Maiman SF manuals: J reads a parameter)",
    },
    Query {
        dialect: "arroyo",
        bytes: b"*IDN?\r\n",
        what: "asks who it is (Arroyo Computer Interfacing Manual: *IDN?)",
    },
    Query {
        dialect: "magstim",
        bytes: &[0x4A, 0x40, 0x75],
        what: "reads the parameters (Magstim TDb 086: command J)",
    },
    Query {
        dialect: "magventure",
        bytes: &[0xFE, 0x01, 0x00, 0x00, 0xFF],
        what: "reads the status (MAGIC toolbox, magicpy: command 00)",
    },
];

/// Names what is in `bytes`, each kind once, the most certain first.
pub fn name(bytes: &[u8]) -> Vec<Found> {
    let all = [open_link(bytes), magventure(bytes), modbus(bytes), maiman(bytes), free_pemf(bytes)];
    let mut found: Vec<Found> = all.into_iter().flatten().collect();
    if found.is_empty() {
        found.extend(text(bytes));
    }
    found
}

fn found(dialect: &'static str, what: String) -> Option<Found> {
    Some(Found { dialect: Some(dialect), what })
}

/// Frames between zeros with a CRC-32 that fits.
fn open_link(bytes: &[u8]) -> Option<Found> {
    let count = bytes.split(|byte| *byte == 0).filter(|part| is_telegram(part)).count();
    if count == 0 {
        return None;
    }
    found("open-link", format!("{count} frames of open-link whose CRC-32 fits"))
}

/// `FE length payload crc FF`, with the checksum of the payload.
fn magventure(bytes: &[u8]) -> Option<Found> {
    let crc = Crc::<u8>::new(&CRC_8_MAXIM_DOW);
    let is_frame = |start: &usize| {
        let frame = bytes.get(*start..).unwrap_or_default();
        let [head, length, rest @ ..] = frame else { return false };
        let Some((payload, [sum, end, ..])) = rest.split_at_checked(usize::from(*length)) else {
            return false;
        };
        let (begins, ends) = MAGVENTURE;
        *length != 0 && *head == begins && *end == ends && *sum == crc.checksum(payload)
    };
    let count = (0..bytes.len()).filter(is_frame).count();
    if count == 0 {
        return None;
    }
    found("magventure", format!("{count} frames of a MagVenture stimulator whose CRC-8 fits"))
}

/// An answer of a function that there is, with a CRC-16 that fits.
fn modbus(bytes: &[u8]) -> Option<Found> {
    let crc = Crc::<u16>::new(&CRC_16_MODBUS);
    let is_frame = |frame: &[u8]| {
        let Some((guarded, guard)) = frame.split_last_chunk::<2>() else { return false };
        let known = guarded.get(1).is_some_and(|function| FUNCTIONS.contains(&(function & 0x7F)));
        let unit = guarded.first().is_some_and(|unit| (1..=247).contains(unit));
        unit && known && crc.checksum(guarded).to_le_bytes() == *guard
    };
    let of_any_length = |start: usize| {
        let rest = bytes.get(start..).unwrap_or_default();
        let lengths = MODBUS.take_while(|length| *length <= rest.len());
        lengths.filter_map(|length| rest.get(..length)).find(|frame| is_frame(frame))
    };
    let frame = (0..bytes.len()).find_map(of_any_length)?;
    let [unit, function, ..] = frame else { return None };
    found("modbus-rtu", format!("a frame of Modbus RTU: unit {unit}, function {function}"))
}

/// `K`, four digits, a space, four digits.
fn maiman(bytes: &[u8]) -> Option<Found> {
    let is_answer = |line: &&[u8]| {
        let [b'K', a, b, c, d, b' ', e, f, g, h] = line else { return false };
        [a, b, c, d, e, f, g, h].into_iter().all(u8::is_ascii_hexdigit)
    };
    let line = lines(bytes).find(is_answer)?;
    found("maiman", format!("an answer of a Maiman driver: {}", shown(line)))
}

/// What a freePEMF says by itself.
fn free_pemf(bytes: &[u8]) -> Option<Found> {
    let line =
        lines(bytes).find(|line| [&b":LowBattery"[..], b":BatteryCharging"].contains(line))?;
    found("ascii-line", format!("a freePEMF that says {}", shown(line)))
}

/// Lines of text, of whom nobody knows.
fn text(bytes: &[u8]) -> Option<Found> {
    let is_text = |line: &&[u8]| {
        line.len() > 2 && line.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ')
    };
    let line = lines(bytes).find(is_text)?;
    let what = format!("lines of text, such as `{}`: a unit for `ascii-line`", shown(line));
    Some(Found { dialect: None, what })
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| matches!(byte, b'\r' | b'\n')).filter(|line| !line.is_empty())
}

/// The first letters of a line.
fn shown(line: &[u8]) -> String {
    line.iter().take(60).map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialects(bytes: &[u8]) -> Vec<Option<&'static str>> {
        name(bytes).into_iter().map(|found| found.dialect).collect()
    }

    #[test]
    fn each_family_is_known_by_what_it_says() {
        // The frames are those of the makers' documents (see docs/units.md).
        assert_eq!(dialects(b"xx\rK0300 03E8\r"), [Some("maiman")]);
        assert_eq!(dialects(&[0x55, 0xFE, 0x02, 0x02, 0x01, 0xCF, 0xFF]), [Some("magventure")]);
        let modbus = [0x11, 0x03, 0x06, 0xAE, 0x41, 0x56, 0x52, 0x43, 0x40, 0x49, 0xAD];
        assert_eq!(dialects(&modbus), [Some("modbus-rtu")]);
        assert_eq!(dialects(b":LowBattery\n"), [Some("ascii-line")]);
        assert_eq!(dialects(b"Arroyo 4320 1000 1.0\r\n"), [None]);
    }

    #[test]
    fn a_frame_with_one_wrong_bit_is_not_named() {
        assert!(name(&[0xFE, 0x02, 0x02, 0x00, 0xCF, 0xFF]).is_empty());
        assert!(
            name(&[0x11, 0x03, 0x06, 0xAE, 0x41, 0x56, 0x52, 0x43, 0x40, 0x49, 0xAC]).is_empty()
        );
        assert!(name(b"K0300 03G8").iter().all(|found| found.dialect.is_none()));
        assert!(name(&[]).is_empty());
    }

    /// What may be sent turns nothing on: no question is a write, an arming or a toggle.
    #[test]
    fn no_question_is_a_command() {
        for Query { dialect, bytes, .. } in QUERIES {
            match dialect {
                "maiman" => assert_eq!(bytes.first(), Some(&b'J')),
                "arroyo" => assert!(bytes.ends_with(b"?\r\n")),
                "magstim" => assert!(![b'E', b'@', b'Q'].contains(&bytes[0])),
                "magventure" => assert_eq!(bytes.get(2), Some(&0)),
                other => panic!("{other} has a question that nobody looked at"),
            }
        }
    }
}
