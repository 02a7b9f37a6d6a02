//! The targets that are no dialects: the codec of Modbus RTU, and what names a unit by its bytes.

use std::vec::Vec;

use device_drivers::{
    explain, probe,
    rtu::{ADDRESS_MAX, Reply, Request, Window},
};

use super::{script::Script, stranger};

/// Every dialect that traffic is explained for.
const DIALECTS: [&str; 7] =
    ["arroyo", "ascii-line", "magstim", "magventure", "maiman", "modbus-rtu", "open-link"];
/// What a Rapid² is unlocked by, in the place where it stands on the line.
const UNLOCKS: &[u8] = b"Q1234-56789012-xy";

/// An answer is believed only if it is one: by its address, its function, its length and its checksum.
pub(super) fn rtu(bytes: &[u8]) -> bool {
    let mut script = Script::new(bytes);
    let address = script.byte() % ADDRESS_MAX + 1;
    let window = Window { first: u16::from(script.byte()), count: u16::from(script.byte() % 130) };
    let word = u16::from_be_bytes([script.byte(), script.byte()]);
    let coils: Vec<bool> = (0..window.count).map(|coil| coil % 3 == 0).collect();
    let values: Vec<u16> = (0..window.count).map(|value| value ^ word).collect();
    let request = match script.byte() % 9 {
        0 => Request::ReadCoils(window),
        1 => Request::ReadInputs(window),
        2 => Request::ReadRegisters(window),
        3 => Request::ReadInputRegisters(window),
        4 => Request::WriteCoil(window.first, word % 2 == 1),
        5 => Request::WriteCoilWord(window.first, word),
        6 => Request::WriteRegister(window.first, word),
        7 => Request::WriteCoils(window.first, &coils),
        _ => Request::WriteRegisters(window.first, &values),
    };
    let Some(asked) = request.encode(address) else { return false };
    assert!(stranger::modbus(address, &asked).is_some(), "{request:?} has no checksum: {asked:x?}");
    let mut answer = script.rest().to_vec();
    believed(&request, address, &answer);
    // The same bytes as an answer of this unit, as long as it has to be, with a checksum that fits:
    // its address and function, and either a count of bytes or what was written.
    answer.resize(request.answer_length() - 2, 0);
    answer[..2].copy_from_slice(&asked[..2]);
    if (1..=4).contains(&asked[1]) {
        answer[2] = u8::try_from(answer.len() - 3).expect("what one answer holds");
    } else {
        answer[2..].copy_from_slice(&asked[2..6]);
    }
    let sum = stranger::crc16(&answer).to_le_bytes();
    answer.extend(sum);
    believed(&request, address, &answer)
}

/// Holds what is made of `bytes` against them, and says whether they are believed.
fn believed(request: &Request<'_>, address: u8, bytes: &[u8]) -> bool {
    match request.reply(address, bytes) {
        Reply::More => {
            assert!(bytes.len() < request.answer_length().max(5));
            false
        }
        Reply::Bad(taken) => {
            assert!((1..=bytes.len()).contains(&taken));
            false
        }
        Reply::Refused(taken, code) => {
            let said = stranger::modbus(address, &bytes[..taken]).expect("a checksum that fits");
            assert_eq!(said.get(1), Some(&code));
            same_in_pieces(request, address, &bytes[..taken]);
            true
        }
        Reply::Answer(taken, read) => {
            assert_eq!(taken, request.answer_length());
            let said = stranger::modbus(address, &bytes[..taken]).expect("a checksum that fits");
            assert!(read.registers().count() * 2 <= said.len());
            same_in_pieces(request, address, &bytes[..taken]);
            true
        }
    }
}

/// A beginning of what is believed is too little, never bad, and one bit more or less is not believed.
fn same_in_pieces(request: &Request<'_>, address: u8, whole: &[u8]) {
    for cut in 0..whole.len() {
        assert_eq!(request.reply(address, &whole[..cut]), Reply::More, "{cut} of {whole:x?}");
    }
    for place in 0..whole.len() {
        let mut other = whole.to_vec();
        other[place] ^= 1;
        match request.reply(address, &other) {
            Reply::More | Reply::Bad(_) => {}
            Reply::Answer(..) | Reply::Refused(..) => panic!("believed: {other:x?}"),
        }
    }
}

/// A name is given for a checksum that fits or a form that is whole, and no secret is ever shown.
pub(super) fn probe(bytes: &[u8]) -> bool {
    let found = probe::name(bytes);
    for (place, one) in found.iter().enumerate() {
        let again = found[..place].iter().any(|other| other.dialect == one.dialect);
        assert!(!again, "{one:?} is named twice");
        let fits = match one.dialect {
            Some("open-link") => stranger::has_open_link(bytes),
            Some("magventure") => bytes.windows(2).any(|two| two[0] == 0xFE && two[1] != 0),
            Some("modbus-rtu") => (0..bytes.len()).any(|start| {
                let rest = &bytes[start..];
                (4..=rest.len()).any(|end| stranger::modbus(rest[0], &rest[..end]).is_some())
            }),
            Some("maiman") => bytes.contains(&b'K'),
            Some("ascii-line") => bytes.contains(&b':'),
            Some(other) => panic!("{other} is named by nothing"),
            None => found.len() == 1,
        };
        assert!(fits, "{one:?} in {bytes:x?}");
    }
    for dialect in DIALECTS {
        let explained = explain(dialect, bytes);
        assert_eq!(explained.bytes.split(' ').count(), bytes.len().max(1), "{dialect}");
    }
    let mut secret = Vec::from(UNLOCKS);
    secret.extend(bytes);
    let explained = explain("magstim", &secret);
    assert!(explained.bytes.split(' ').skip(1).all(|code| code == "··"), "{explained:?}");
    assert_eq!(explained.meaning, "a secret that unlocks the unit");
    !found.is_empty()
}
