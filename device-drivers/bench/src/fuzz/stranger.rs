//! Frames as a stranger reads them, by the makers' documents: what turns on, what turns off, and what
//! nobody may say. What stands in none of these lists is forbidden too.

use std::vec::Vec;

use super::super::wire::{
    CAPABILITIES, ENABLE, Frame, IDENTIFY, OFF, RENEW, SET, STATUS, WARN, crc32,
};

/// What a frame means to the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Means {
    /// Toward off.
    Off,
    /// Makes the unit ready, and turns nothing on.
    Ready,
    /// Turns on. A word of several has a number for each.
    On(u8),
    /// Renews what is on.
    KeepsOn,
    /// Sets something, and turns nothing on.
    Tells,
    /// Asks.
    Asks,
    /// Nobody may say it.
    Forbidden,
}

/// Arroyo Computer Interfacing Manual.
pub(super) fn arroyo(frame: &[u8]) -> Means {
    let Some(line) = frame.strip_suffix(b"\r\n") else { return Means::Forbidden };
    let asks: [&[u8]; 15] = [
        b"*IDN?",
        b"SN?",
        b"VER?",
        b"LAS:MODE?",
        b"LAS:ENAB:OUTOFF?",
        b"ONDELAY?",
        b"LAS:LIM:LDI?",
        b"LAS:COND?",
        b"LAS:EVE?",
        b"ERR?",
        b"LAS:LDI?",
        b"LAS:SET:LDI?",
        b"KEY?",
        b"TEC:OUT?",
        b"TEC:COND?",
    ];
    match line {
        b"LAS:OUT 0" | b"LAS:LDI 0.0" => Means::Off,
        b"LAS:OUT 1" => Means::On(0),
        line if asks.contains(&line) => Means::Asks,
        line => line.strip_prefix(b"LAS:LDI ").map_or(Means::Forbidden, |number| {
            let is_number = number.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
            if is_number { Means::Tells } else { Means::Forbidden }
        }),
    }
}

/// Magstim TDb 086 and 087. `b@` ignores the coil's interlock.
pub(super) fn magstim(frame: &[u8]) -> Means {
    let Some((check, said)) = frame.split_last() else { return Means::Forbidden };
    let sum = said.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    match said {
        _ if *check != !sum => Means::Forbidden,
        b"EA" => Means::Off,
        b"EB" => Means::Ready,
        b"EH" => Means::On(0),
        b"ND" | b"X@" | b"J@" | b"\\@" | b"x@" | b"F@" => Means::Asks,
        [b'Q', ..] => Means::Asks,
        [b'@' | b'A' | b'B' | b'D' | b'[', digits @ ..]
            if digits.iter().all(u8::is_ascii_digit) =>
        {
            Means::Tells
        }
        _ => Means::Forbidden,
    }
}

/// The MAGIC toolbox and magicpy, which agree on these.
pub(super) fn magventure(frame: &[u8]) -> Means {
    let [0xFE, length, payload @ .., check, 0xFF] = frame else { return Means::Forbidden };
    if usize::from(*length) != payload.len() || *check != crc8(payload) {
        return Means::Forbidden;
    }
    match payload {
        [2, 0] => Means::Off,
        [2, 1] => Means::Ready,
        [4] => Means::On(0),
        [3, 1] => Means::On(1),
        [0 | 5] | [0x0B, 0] => Means::Asks,
        [1, 0..=100] | [7, 1 | 2, 0] | [6, _, _, _, _, _, _, _, _] => Means::Tells,
        _ => Means::Forbidden,
    }
}

/// Maiman-Workbench, the maker's own program.
pub(super) fn maiman_text(frame: &[u8]) -> Means {
    let Some(line) = frame.strip_suffix(b"\r") else { return Means::Forbidden };
    let number = |digits: &[u8]| {
        let text = core::str::from_utf8(digits).ok().filter(|text| text.len() == 4)?;
        u16::from_str_radix(text, 16).ok()
    };
    match line {
        [b'J', parameter @ ..] if number(parameter).is_some() => Means::Asks,
        [b'P', b'0', b'7', b'0', b'0', b' ', value @ ..] => {
            number(value).map_or(Means::Forbidden, maiman_act)
        }
        [b'P', b'0', b'3', b'0', b'0', b' ', value @ ..] if number(value).is_some() => Means::Tells,
        _ => Means::Forbidden,
    }
}

/// Maiman-MCBS: registers 4 and 8 are written.
pub(super) fn maiman_rtu(frame: &[u8]) -> Means {
    match modbus(3, frame) {
        Some([3, ..]) => Means::Asks,
        Some([6, 0, 4, high, low]) => maiman_act(u16::from_be_bytes([*high, *low])),
        Some([6, 0, 8, ..]) => Means::Tells,
        Some(_) | None => Means::Forbidden,
    }
}

/// The command word: 2000h and 4000h would deny the interlock and the sensor.
fn maiman_act(word: u16) -> Means {
    match word {
        0x0010 => Means::Off,
        0x0008 => Means::On(0),
        0x0020 | 0x0400 | 0x1000 | 0x8000 => Means::Tells,
        _ => Means::Forbidden,
    }
}

/// The list of a Cobolt. `@cobas 1` would let it start by itself.
pub(super) fn cobolt(frame: &[u8]) -> Means {
    match frame {
        b"l0\r" => Means::Off,
        b"l1\r" => Means::On(0),
        b"l?\r" | b"p?\r" | b"pa?\r" | b"ilk?\r" | b"f?\r" | b"sn?\r" => Means::Asks,
        [b'p', b' ', ..] => Means::Tells,
        _ => Means::Forbidden,
    }
}

/// The firmware of a freePEMF. A run starts with the end of its line, so its words alone turn nothing
/// on; `off` switches the unit itself off, and `out 1` turns on for ever.
pub(super) fn free_pemf(frame: &[u8]) -> Means {
    match frame {
        b"out 0\n" | b"out 0" => Means::Off,
        [b'f', b'r', b'e', b'q', b' ', words @ ..] if words.ends_with(b" 1") => Means::On(0),
        b"\n" => Means::On(1),
        [b'p', b'w', b'm', b' ', ..] => Means::Tells,
        b"bat\n" | b"print therapy\n" => Means::Asks,
        _ => Means::Forbidden,
    }
}

/// The register list of a Riden: 18 is the output, 9 the current that it is set to.
pub(super) fn riden(frame: &[u8]) -> Means {
    match modbus(1, frame) {
        Some([3, ..]) => Means::Asks,
        Some([6, 0, 18, 0, 0]) => Means::Off,
        Some([6, 0, 18, 0, 1]) => Means::On(0),
        Some([6, 0, 9, ..]) => Means::Tells,
        Some(_) | None => Means::Forbidden,
    }
}

/// Section 6 of open-link.
pub(super) fn open_link(frame: &[u8]) -> Means {
    let telegram = Frame::decode(frame);
    match telegram.kind {
        OFF => Means::Off,
        ENABLE => Means::On(0),
        RENEW => Means::KeepsOn,
        SET | WARN => Means::Tells,
        IDENTIFY | CAPABILITIES | STATUS => Means::Asks,
        _ => Means::Forbidden,
    }
}

/// What a frame says to the unit at `address`, if its checksum fits.
pub(super) fn modbus(address: u8, frame: &[u8]) -> Option<&[u8]> {
    let (guarded, guard) = frame.split_last_chunk::<2>()?;
    let (to, said) = guarded.split_first()?;
    (*to == address && crc16(guarded) == u16::from_le_bytes(*guard)).then_some(said)
}

/// Whether something between two zeros has the checksum of an open-link frame.
pub(super) fn has_open_link(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == 0).any(|stuffed| {
        let mut rest = stuffed;
        let mut bytes = Vec::new();
        while let [code, after @ ..] = rest {
            let Some((run, left)) = after.split_at_checked(usize::from(*code).wrapping_sub(1))
            else {
                return false;
            };
            bytes.extend(run);
            rest = left;
            if !rest.is_empty() {
                bytes.push(0);
            }
        }
        bytes
            .split_last_chunk::<4>()
            .is_some_and(|(guarded, guard)| *guard == crc32(guarded).to_le_bytes())
    })
}

/// Of Modbus, bit by bit.
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    let shift = |crc: u16| if crc & 1 == 1 { (crc >> 1) ^ 0xA001 } else { crc >> 1 };
    bytes.iter().fold(!0, |crc: u16, byte| (0..8).fold(crc ^ u16::from(*byte), |crc, _| shift(crc)))
}

/// Of Dallas and Maxim, bit by bit.
pub(super) fn crc8(bytes: &[u8]) -> u8 {
    let shift = |crc: u8| if crc & 1 == 1 { (crc >> 1) ^ 0x8C } else { crc >> 1 };
    bytes.iter().fold(0, |crc: u8, byte| (0..8).fold(crc ^ *byte, |crc, _| shift(crc)))
}
