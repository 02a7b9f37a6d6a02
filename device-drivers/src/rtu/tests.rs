//! The codec against frames that the specification writes out, and against every way to spoil one.

use std::{vec, vec::Vec};

use proptest::prelude::*;

use super::*;

/// CRC by its definition, bit by bit, so that the table of the package is not judged by itself.
fn crc(bytes: &[u8]) -> u16 {
    let shift = |crc: u16| if crc & 1 == 1 { (crc >> 1) ^ 0xA001 } else { crc >> 1 };
    bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u16::from(*byte), |crc, _| shift(crc)))
}

fn framed(bytes: &[u8]) -> Vec<u8> {
    let mut frame = bytes.to_vec();
    frame.extend(crc(bytes).to_le_bytes());
    frame
}

const fn window(first: u16, count: u16) -> Window {
    Window { first, count }
}

const TEN: [bool; 10] = [true, false, true, true, false, false, true, true, true, false];

/// The examples of sections 6.1 to 6.12, at address 17: what is asked, what answers, what it says.
fn examples() -> Vec<(Request<'static>, Vec<u8>, Vec<u8>)> {
    let at = |pdu: &[u8]| [&[17], pdu].concat();
    [
        (
            Request::ReadCoils(window(0x13, 19)),
            &[0x01, 0x00, 0x13, 0x00, 0x13][..],
            &[0x01, 0x03, 0xCD, 0x6B, 0x05][..],
        ),
        (
            Request::ReadInputs(window(0xC4, 22)),
            &[0x02, 0x00, 0xC4, 0x00, 0x16],
            &[0x02, 0x03, 0xAC, 0xDB, 0x35],
        ),
        (
            Request::ReadRegisters(window(0x6B, 3)),
            &[0x03, 0x00, 0x6B, 0x00, 0x03],
            &[0x03, 0x06, 0x02, 0x2B, 0x00, 0x00, 0x00, 0x64],
        ),
        (
            Request::ReadInputRegisters(window(0x08, 1)),
            &[0x04, 0x00, 0x08, 0x00, 0x01],
            &[0x04, 0x02, 0x00, 0x0A],
        ),
        (
            Request::WriteCoil(0xAC, true),
            &[0x05, 0x00, 0xAC, 0xFF, 0x00],
            &[0x05, 0x00, 0xAC, 0xFF, 0x00],
        ),
        (
            Request::WriteRegister(0x01, 0x03),
            &[0x06, 0x00, 0x01, 0x00, 0x03],
            &[0x06, 0x00, 0x01, 0x00, 0x03],
        ),
        (
            Request::WriteCoils(0x13, &TEN),
            &[0x0F, 0x00, 0x13, 0x00, 0x0A, 0x02, 0xCD, 0x01],
            &[0x0F, 0x00, 0x13, 0x00, 0x0A],
        ),
        (
            Request::WriteRegisters(0x01, &[0x000A, 0x0102]),
            &[0x10, 0x00, 0x01, 0x00, 0x02, 0x04, 0x00, 0x0A, 0x01, 0x02],
            &[0x10, 0x00, 0x01, 0x00, 0x02],
        ),
    ]
    .map(|(request, asked, answered)| (request, framed(&at(asked)), framed(&at(answered))))
    .to_vec()
}

#[test]
fn the_examples_of_the_specification_are_asked_and_understood() {
    for (request, asked, answered) in examples() {
        assert_eq!(request.encode(17).as_ref(), Some(&asked), "{request:?}");
        assert_eq!(request.answer_length(), answered.len(), "{request:?}");
        let reply = request.reply(17, &answered);
        assert!(
            matches!(reply, Reply::Answer(length, _) if length == answered.len()),
            "{request:?}: {reply:?}"
        );
    }
}

/// A frame with its CRC as printed everywhere: registers 0 to 9 of unit 1.
#[test]
fn the_crc_goes_low_byte_first() {
    let frame = Request::ReadRegisters(window(0, 10)).encode(1).unwrap();
    assert_eq!(frame, [0x01, 0x03, 0x00, 0x00, 0x00, 0x0A, 0xC5, 0xCD]);
    let stop = Request::WriteRegister(4, 0x0010).encode(1).unwrap();
    assert_eq!(stop, framed(&[1, 6, 0, 4, 0, 0x10]));
}

#[test]
fn what_is_read_is_read_in_its_order() {
    let (request, _, answered) = examples()[2].clone();
    let Reply::Answer(_, read) = request.reply(17, &answered) else { panic!() };
    assert_eq!(read.registers().collect::<Vec<_>>(), [0x022B, 0x0000, 0x0064]);
    let (request, _, answered) = examples()[0].clone();
    let Reply::Answer(_, read) = request.reply(17, &answered) else { panic!() };
    let bits: Vec<_> = (0..10).map(|place| read.bit(place)).collect();
    assert_eq!(bits, [1, 0, 1, 1, 0, 0, 1, 1, 1, 1].map(|bit| Some(bit == 1)));
    assert_eq!(read.bit(24), None);
}

/// Any single bit that flips anywhere, and any other unit, function, count or echo: dropped whole.
#[test]
fn an_answer_with_one_wrong_bit_is_dropped_whole() {
    for (request, _, answered) in examples() {
        for place in 0..answered.len() * 8 {
            let mut spoiled = answered.clone();
            spoiled[place / 8] ^= 1 << (place % 8);
            spoiled.push(0x55);
            let reply = request.reply(17, &spoiled);
            assert_eq!(reply, Reply::Bad(spoiled.len()), "{request:?} bit {place}");
        }
    }
}

/// The CRC of each of these is right: it is the question that they do not answer.
#[test]
fn an_answer_to_something_else_is_dropped_whole() {
    let asked = Request::ReadRegisters(window(8, 1));
    let told = Request::WriteRegister(4, 0x0010);
    for (request, answer) in [
        (asked, &[2, 3, 2, 0, 1][..]),
        (asked, &[1, 4, 2, 0, 1]),
        (asked, &[1, 3, 4, 0, 1, 0, 2]),
        (asked, &[1, 3, 1, 0]),
        (asked, &[1, 3, 0]),
        (asked, &[1, 0x84, 2]),
        (asked, &[2, 0x83, 2]),
        (told, &[1, 6, 0, 5, 0, 0x10]),
        (told, &[1, 6, 0, 4, 0, 0x08]),
        (told, &[1, 3, 2, 0, 0x10]),
        (Request::WriteRegisters(4, &[1, 2]), &[1, 0x10, 0, 4, 0, 1]),
        (Request::WriteCoil(4, true), &[1, 5, 0, 4, 0, 0]),
    ] {
        let answer = framed(answer);
        assert_eq!(request.reply(1, &answer), Reply::Bad(answer.len()), "{answer:x?}");
    }
}

#[test]
fn a_refusal_is_understood_and_guarded_like_an_answer() {
    let request = Request::ReadRegisters(window(2, 2));
    let refusal = framed(&[1, 0x83, 2]);
    assert_eq!(request.reply(1, &refusal), Reply::Refused(5, 2));
    assert_eq!(request.reply(1, &refusal[..4]), Reply::More);
    let mut spoiled = refusal;
    spoiled[2] = 3;
    assert_eq!(request.reply(1, &spoiled), Reply::Bad(5));
}

/// What comes behind an answer is not a part of it.
#[test]
fn nothing_behind_an_answer_is_read() {
    for (request, _, mut answered) in examples() {
        let whole = answered.len();
        let alone = std::format!("{:?}", request.reply(17, &answered));
        answered.extend([17, 3, 0xFF]);
        let reply = request.reply(17, &answered);
        assert_eq!(std::format!("{reply:?}"), alone);
        assert!(matches!(reply, Reply::Answer(length, _) if length == whole));
    }
}

/// The answer to a question never fits the one before or after, whatever both read.
#[test]
fn two_questions_in_a_row_differ_in_shape() {
    for turn in 0..4 {
        let before = Request::ReadRegisters(Window::of_turn(0x40, turn));
        let after = Request::ReadRegisters(Window::of_turn(0x04, turn + 1));
        let count = usize::from(Window::of_turn(0x40, turn).count) * 2;
        let mut answer = vec![1, 3, u8::try_from(count).unwrap()];
        answer.extend(vec![0; count]);
        let late = framed(&answer);
        assert!(matches!(before.reply(1, &late), Reply::Answer(..)));
        assert_eq!(after.reply(1, &late), Reply::Bad(late.len()));
    }
}

#[test]
fn what_no_frame_has_room_for_is_not_said() {
    let read = |first, count| Request::ReadRegisters(window(first, count));
    for request in [
        read(0, 0),
        read(0, 126),
        read(0xFFFF, 2),
        Request::ReadCoils(window(0, 2_001)),
        Request::WriteCoils(0, &[]),
        Request::WriteCoils(0, &[false; 1_969]),
        Request::WriteRegisters(0, &[]),
        Request::WriteRegisters(0, &[0; 124]),
    ] {
        assert_eq!(request.encode(1), None, "{request:?}");
    }
    for address in [0, 248, 255] {
        assert_eq!(read(0, 1).encode(address), None, "{address}");
    }
    for (request, length) in [
        (read(0, 125), 8),
        (read(0xFFFF, 1), 8),
        (Request::WriteCoils(0, &[false; 1_968]), 255),
        (Request::WriteRegisters(0, &[0; 123]), 255),
    ] {
        assert_eq!(request.encode(247).map(|frame| frame.len()), Some(length));
    }
}

#[test]
fn a_frame_ends_in_three_and_a_half_characters() {
    assert_eq!(silence(9_600), Nanos::new(4_010_417));
    assert_eq!(silence(19_200), Nanos::new(2_005_209));
    assert_eq!(silence(19_201), Nanos::new(1_750_000));
    assert_eq!(silence(115_200), Nanos::new(1_750_000));
    assert_eq!(silence(0), Nanos::new(u64::MAX));
}

proptest! {
    /// Whatever is heard of a frame: more of it never turns an answer into another.
    #[test]
    fn noise_is_never_an_answer_and_pieces_do_not_matter(
        noise in proptest::collection::vec(any::<u8>(), 0..40),
        example in 0_usize..8,
        kept in 0_usize..8,
    ) {
        let (request, _, answered) = examples()[example].clone();
        let mut noise = noise;
        noise.splice(..0, answered.iter().take(kept).copied());
        let mut verdict = Reply::More;
        for end in 0..=noise.len() {
            let reply = request.reply(17, &noise[..end]);
            let right = reply == verdict || verdict == Reply::More
                || matches!((reply, verdict), (Reply::Bad(_), Reply::Bad(_)));
            prop_assert!(right, "{verdict:?} became {reply:?}");
            verdict = reply;
            if let Reply::Answer(length, _) | Reply::Refused(length, _) = reply {
                prop_assert!(length <= end);
                let (body, guard) = noise[..length].split_last_chunk::<2>().unwrap();
                prop_assert_eq!(crc(body).to_le_bytes(), *guard);
            }
        }
    }
}

/// What passes by is known to be another's only once it is whole; what can be none is noise at once.
#[test]
fn an_answer_of_another_unit_passes_by() {
    let read = Request::ReadRegisters(Window { first: 0, count: 2 });
    let mut answer = vec![7, 3, 4, 0, 1, 0, 2];
    answer.extend(CRC.checksum(&answer).to_le_bytes());
    let echo = Request::WriteRegister(18, 0).encode(9).unwrap();
    let mut refusal = vec![200, 0x86, 4];
    refusal.extend(CRC.checksum(&refusal).to_le_bytes());
    for whole in [answer, echo, refusal] {
        for length in 1..whole.len() {
            assert_eq!(Request::passing(8, &whole[..length]), Some(0), "{length} of {whole:?}");
        }
        let more: Vec<u8> = whole.iter().copied().chain([8, 3]).collect();
        assert_eq!(Request::passing(8, &more), Some(whole.len()));
        assert!(matches!(read.reply(8, &whole), Reply::Bad(_)), "it is no answer of ours");
        for bit in 0..whole.len() * 8 {
            let mut spoiled = whole.clone();
            spoiled[bit / 8] ^= 1 << (bit % 8);
            let passes = Request::passing(8, &spoiled);
            assert!(matches!(passes, None | Some(0)), "bit {bit}: {passes:?}");
        }
    }
    for noise in [&[][..], &[0, 3, 2], &[8, 3, 2], &[248, 3], &[7, 0x2B], &[7, 0xFF]] {
        assert_eq!(Request::passing(8, noise), None, "{noise:?}");
    }
}
