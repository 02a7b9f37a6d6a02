//! What can be said, what cannot, and what is made of answers.

use std::{format, vec, vec::Vec};

use safety::{Drive, Frequency, PowerCurve, Temperature};

use crate::exchange::Heard;

use super::*;

const REGISTERS: [Register; 10] = [
    Register::Model,
    Register::Serial,
    Register::State,
    Register::Lock,
    Register::Current,
    Register::HighestCurrent,
    Register::HardwareCurrent,
    Register::Measured,
    Register::Board,
    Register::Sensor,
];
const ACTS: [Act; 6] =
    [Act::Start, Act::Stop, Act::SetHere, Act::EnableHere, Act::ObeyInterlock, Act::ObeySensor];
const RTU: Framing = Framing::Rtu { address: 3, half_duplex: true };

fn drive(milliamperes: u32) -> Drive {
    Drive::from_count(milliamperes * 1_000)
}

fn curve(step: Drive) -> PowerCurve {
    let watts = safety::Power::from_milliwatts;
    let points = [(drive(1_500), watts(400)), (drive(12_000), watts(8_800))];
    PowerCurve::new(&points, step, Permille::new(50).unwrap()).unwrap()
}

/// An SF6030 of version 2.
pub(super) fn plate(framing: Framing) -> Plate {
    let celsius = |degrees: i32| Temperature::from_centicelsius(degrees * 100);
    let warmth = Some(Warmth { least: celsius(-20), most: celsius(70) });
    Plate {
        framing,
        baud: 115_200,
        model: 0x0130,
        id_is_ambiguous_but_signed: false,
        serial: 0x1A2B,
        series: Series::Sf6Hundredths,
        highest: drive(12_000),
        hardware: drive(30_000),
        curve: curve(drive(10)),
        dark: drive(200),
        off_below: safety::Power::from_milliwatts(50),
        poll: Nanos::from_millis(100),
        link: Nanos::from_millis(550),
        lease: Nanos::from_millis(500),
        answer_within: Nanos::from_millis(10),
        gap: Nanos::from_millis(10),
        fall: Nanos::from_millis(10),
        board: warmth,
        sensor: warmth,
        tolerated_state: 0,
        tolerated_lock: 0,
    }
}

fn maiman(framing: Framing) -> Maiman {
    Maiman::new(plate(framing)).unwrap()
}

fn level(milliwatts: u32) -> LaserLevel {
    let mut mix = [Permille::ZERO; 4];
    mix[0] = Permille::WHOLE;
    LaserLevel { power: safety::Power::from_milliwatts(milliwatts), mix, gate: Gate::Continuous }
}

/// Every frame that this tongue has.
fn frames(maiman: &Maiman) -> Vec<(Word, Vec<u8>)> {
    let reads = REGISTERS.into_iter().map(Word::Read);
    let words = reads.chain(ACTS.into_iter().map(Word::Act));
    let words = words.chain((0..=u16::MAX).map(Word::Set));
    words
        .flat_map(|word| [0, 1].map(|turn| (word, turn)))
        .map(|(word, turn)| (word, maiman.say(word, turn).bytes))
        .collect()
}

/// Whatever is said writes the current or one of six actions: none denies a protection.
#[test]
fn what_denies_a_protection_cannot_be_said() {
    let allowed = [0x0008, 0x0010, 0x0020, 0x0400, 0x1000, 0x8000];
    for (word, bytes) in frames(&maiman(Framing::Text)) {
        let text = core::str::from_utf8(&bytes).unwrap();
        let (kind, rest) = text.split_at(1);
        let hex = |text: &str| u16::from_str_radix(text, 16).unwrap();
        match kind {
            "J" => assert!(rest.len() == 5 && word.is_read(), "{text}"),
            "P" => {
                let (at, value) = rest.trim_end_matches('\r').split_once(' ').unwrap();
                let sets = hex(at) == 0x0300;
                assert!(sets || (hex(at) == 0x0700 && allowed.contains(&hex(value))), "{text}");
            }
            _ => panic!("{text}"),
        }
    }
    for (word, bytes) in frames(&maiman(RTU)) {
        let [3, function, a, b, c, d, _, _] = bytes[..] else { panic!("{bytes:?}") };
        let (at, value) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        match function {
            3 => assert!(word.is_read() && value <= 2, "{bytes:?}"),
            6 => assert!(at == 8 || (at == 4 && allowed.contains(&value)), "{bytes:?}"),
            _ => panic!("{bytes:?}"),
        }
    }
}

/// The frames that the vendor's documents write out.
#[test]
fn the_examples_of_the_vendor_are_said() {
    let text = maiman(Framing::Text);
    assert_eq!(text.say(Word::Read(Register::Current), 7).bytes, b"J0300\r");
    assert_eq!(text.say(Word::Set(0x0546), 7).bytes, b"P0300 0546\r");
    assert_eq!(text.say(Word::Read(Register::State), 7).bytes, b"J0700\r");
    let stop = text.say(Word::Act(Act::Stop), 7);
    assert_eq!((stop.bytes, stop.answer), (b"P0700 0010\r".to_vec(), None));
    assert_eq!(stop.quiet, Nanos::from_millis(300));
}

/// What is made of `bytes` as the answer to `word`.
fn hear(maiman: &Maiman, word: Word, bytes: &[u8]) -> (Hearing, Vec<Sense<Laser>>) {
    let mut senses = Vec::new();
    let asked = Some((word, 1));
    let heard = Heard { asked, bytes, spoiled: false, wanted: None };
    let hearing = maiman.hear(heard, &mut senses);
    (hearing, senses)
}

fn read(register: Register, value: u16) -> Vec<Sense<Laser>> {
    let line = format!("K{:04X} {value:04X}\r", register.parameter());
    let (hearing, senses) = hear(&maiman(Framing::Text), Word::Read(register), line.as_bytes());
    assert_eq!(hearing, Hearing::Answer(11));
    senses
}

/// `K0700 00D5` is the vendor's own example: current set here, enabled here, and both protections
/// ignored.
#[test]
fn the_state_of_the_vendors_example_is_a_fault() {
    let ours = [Sense::Enabled(false), Sense::Faults(0, 0xC0), Sense::Held(1, false)];
    assert_eq!(read(Register::State, 0x00D5), ours);
}

#[test]
fn every_bit_of_the_state_has_its_meaning_or_is_a_fault() {
    let held = 0b1_0101;
    for (bits, on, faults, ready) in [
        (held, false, 0, true),
        (held | 1 << 1, true, 0, true),
        (held ^ 1, false, 1, true),
        (held ^ 1 << 2, false, 0, false),
        (held ^ 1 << 4, false, 0, false),
        (held | 1 << 6, false, 1 << 6, false),
        (held | 1 << 7, false, 1 << 7, false),
        (held | 1 << 3, false, 1 << 3, true),
        (held | 1 << 5, false, 1 << 5, true),
        (held | 1 << 15, false, 1 << 15, true),
    ] {
        let senses = read(Register::State, bits);
        let expected = [Sense::Enabled(on), Sense::Faults(0, faults), Sense::Held(1, ready)];
        assert_eq!(senses, expected, "{bits:04x}");
    }
}

#[test]
fn every_bit_of_the_lock_but_the_interlock_is_a_fault() {
    for bit in 0..16 {
        let senses = read(Register::Lock, 1 << bit);
        let open = bit == 1;
        let faults = if open { 0 } else { 1 << (16 + bit) };
        let expected = [Sense::Contact(Contact::Interlock, !open), Sense::Faults(1, faults)];
        assert_eq!(senses, expected, "bit {bit}");
    }
}

#[test]
fn a_current_is_charged_at_the_upper_edge_and_a_dark_one_is_none() {
    let charged = |count| match read(Register::Measured, count)[..] {
        [Sense::Output(power)] => power.milliwatts(),
        ref other => panic!("{other:?}"),
    };
    // Up to 0.2 A there is no light, so a count of one, which may be almost two, is none.
    assert_eq!([charged(0), charged(1)], [0, 0]);
    // From there to the first point of the curve: as at that, and 5 % more.
    assert_eq!([charged(2), charged(14)], [420, 420]);
    // 7.2 A may be 7.3: 5040 mW, and 5 % more.
    assert_eq!(charged(72), 5_292);
    assert!(charged(u16::MAX) > 1_000_000);
}

#[test]
fn temperatures_are_signed_and_have_a_place() {
    let part = |register, value: i16| read(register, value.cast_unsigned());
    assert_eq!(part(Register::Board, -200), [Sense::Faults(2, 0)]);
    assert_eq!(part(Register::Board, -201), [Sense::Faults(2, 1 << 1)]);
    assert_eq!(part(Register::Sensor, 700), [Sense::Faults(3, 0)]);
    assert_eq!(part(Register::Sensor, 701), [Sense::Faults(3, 1 << 2)]);
    assert_eq!(part(Register::Sensor, i16::MIN), [Sense::Faults(3, 1 << 2)]);
}

#[test]
fn who_lacks_a_register_of_the_introduction_is_another_model() {
    let absent = |framing, word, bytes: &[u8]| hear(&maiman(framing), word, bytes).1;
    let (model, state) = (Word::Read(Register::Model), Word::Read(Register::State));
    assert_eq!(absent(Framing::Text, model, b"K0000 0000\r"), [Sense::Plated(false)]);
    assert_eq!(absent(Framing::Text, state, b"K0000 0000\r"), [Sense::Refused]);
    let exception = |code| {
        let shift = |crc: u16| if crc & 1 == 1 { (crc >> 1) ^ 0xA001 } else { crc >> 1 };
        let bytes = vec![3, 0x83, code];
        let add = |crc: u16, byte: &u8| (0..8).fold(crc ^ u16::from(*byte), |crc, _| shift(crc));
        let crc = bytes.iter().fold(!0, add);
        [bytes, crc.to_le_bytes().to_vec()].concat()
    };
    assert_eq!(absent(RTU, model, &exception(2)), [Sense::Plated(false)]);
    assert_eq!(absent(RTU, model, &exception(4)), [Sense::Refused]);
    assert_eq!(absent(RTU, state, &exception(2)), [Sense::Refused]);
}

/// One wrong byte anywhere, an error answer, another parameter: nothing is believed. A line has no
/// checksum, so another digit is another value, and no more than that.
#[test]
fn what_is_no_answer_to_the_question_is_bad() {
    let text = maiman(Framing::Text);
    let word = Word::Read(Register::State);
    for bytes in [
        &b"E0000\r"[..],
        b"E0001\r",
        b"E0002\r",
        b"K0701 0015\r",
        b"K0307 0015\r",
        b"K0700 0015\n",
        b"K0700-0015\r",
        b"k0700 0015\r",
        b"K0700 00d5\r",
        b"K0700 15\r",
        b"KK0700 0015\r",
        b"J0700\r",
        b"\r",
        b"\0K0700 0015\r",
    ] {
        let (hearing, senses) = hear(&text, word, bytes);
        assert_eq!((hearing, senses), (Hearing::Bad(bytes.len()), vec![]), "{bytes:?}");
    }
    let answer = b"K0700 0015\r";
    for place in 0..answer.len() * 8 {
        let mut bytes = *answer;
        bytes[place / 8] ^= 1 << (place % 8);
        let (hearing, _) = hear(&text, word, &bytes);
        let digit = (6..10).contains(&(place / 8));
        assert!(hearing == Hearing::Bad(11) || (digit && hearing == Hearing::Answer(11)));
    }
    for length in 1..answer.len() {
        assert_eq!(hear(&text, word, &answer[..length]), (Hearing::More, vec![]), "{length}");
    }
}

#[test]
fn what_comes_unasked_or_behind_anything_bad_is_not_believed() {
    for framing in [Framing::Text, RTU] {
        let maiman = maiman(framing);
        let asked = Some((Word::Read(Register::State), 1));
        let bytes = &b"K0700 0015\r"[..];
        for (asked, spoiled) in [(None, false), (asked, true)] {
            let mut senses = Vec::new();
            let heard = Heard { asked, bytes, spoiled, wanted: None };
            assert_eq!(maiman.hear(heard, &mut senses), Hearing::Bad(11));
            assert_eq!(senses, []);
        }
    }
}

#[test]
fn one_wavelength_without_a_break_in_whole_counts() {
    let maiman = maiman(Framing::Text);
    let exact = maiman.exact(level(5_003)).unwrap();
    assert!(exact.power.milliwatts() <= 5_003 && 4_990 < exact.power.milliwatts());
    assert_eq!(maiman.exact(exact), Some(exact));
    let share = |count| Permille::new(count).unwrap();
    let gate = Gate::Pulsed { frequency: Frequency::from_millihertz(10_000), duty: share(500) };
    assert_eq!(maiman.exact(LaserLevel { gate, ..level(5_000) }), None);
    let none = Permille::ZERO;
    for mix in [
        [share(500), share(500), none, none],
        [none, Permille::WHOLE, none, none],
        [share(999), none, none, none],
        [none; 4],
    ] {
        assert_eq!(maiman.exact(LaserLevel { mix, ..level(5_000) }), None, "{mix:?}");
    }
    assert_eq!(maiman.exact(level(399)), None);
    assert_eq!(maiman.exact(level(8_801)), None);
}

#[test]
fn what_is_told_is_what_is_read_back() {
    let maiman = maiman(Framing::Text);
    let setting = Setting { level: maiman.exact(level(5_000)).unwrap(), ..setting(level(0)) };
    let words = maiman.tell(&setting).unwrap();
    let Some(Word::Set(count)) = words.last().copied() else { panic!("{words:?}") };
    assert_eq!(count, 725, "7.25 A");
    for (value, held) in [(725, true), (724, false), (726, false), (72, false), (7_250, false)] {
        let line = format!("K0300 {value:04X}\r");
        let mut senses = Vec::new();
        let asked = Some((Word::Read(Register::Current), 1));
        let (bytes, wanted) = (line.as_bytes(), Some(&setting));
        maiman.hear(Heard { asked, bytes, spoiled: false, wanted }, &mut senses);
        assert_eq!(senses, [Sense::Held(0, held)], "{value}");
    }
    assert_eq!(maiman.tell(&self::setting(level(5_003))), None, "not what it can do");
}

fn setting(level: LaserLevel) -> Setting<Laser> {
    Setting { level, preset: safety::Dose::default() }
}

#[test]
fn a_plate_that_no_driver_can_have_is_refused() {
    let text = plate(Framing::Text);
    let rtu = plate(RTU);
    let at = |address| Framing::Rtu { address, half_duplex: false };
    let warmth = text.board.map(|Warmth { least, most }| Warmth { least: most, most: least });
    let time = Nanos::from_millis;
    use PlateError as Error;
    for (plate, error) in [
        (Plate { framing: at(0), ..rtu.clone() }, Error::Address(0)),
        (Plate { framing: at(64), ..rtu.clone() }, Error::Address(64)),
        (Plate { baud: 19_200, ..rtu.clone() }, Error::Baud(19_200)),
        (Plate { baud: 0, ..text.clone() }, Error::Baud(0)),
        (Plate { baud: 230_400, ..text.clone() }, Error::Baud(230_400)),
        (Plate { model: 0x0115, ..text.clone() }, Error::Ambiguous),
        (Plate { poll: Nanos::ZERO, ..text.clone() }, Error::Time("poll")),
        (Plate { link: time(399), ..text.clone() }, Error::Time("link")),
        (Plate { lease: Nanos::ZERO, ..text.clone() }, Error::Time("lease")),
        (Plate { answer_within: Nanos::ZERO, ..text.clone() }, Error::Time("answer_within")),
        (Plate { answer_within: time(1_001), ..text.clone() }, Error::Time("answer_within")),
        (Plate { gap: time(9), ..text.clone() }, Error::Time("gap")),
        (Plate { gap: time(1_001), ..text.clone() }, Error::Time("gap")),
        (Plate { highest: drive(11_990), ..text.clone() }, Error::TooHigh),
        (Plate { hardware: drive(11_990), ..text.clone() }, Error::TooHigh),
        (
            Plate { highest: Drive::from_count(12_000_001), ..text.clone() },
            Error::Current("highest"),
        ),
        (Plate { hardware: drive(700_000), ..text.clone() }, Error::Current("hardware")),
        (Plate { curve: curve(drive(1)), ..text.clone() }, Error::Current("the step of the curve")),
        (Plate { dark: drive(90), ..text.clone() }, Error::Dark),
        (Plate { dark: drive(751), ..text.clone() }, Error::Dark),
        (Plate { off_below: safety::Power::ZERO, ..text.clone() }, Error::OffBelow),
        (Plate { board: warmth, ..text.clone() }, Error::Warmth("board")),
        (Plate { sensor: warmth, ..text.clone() }, Error::Warmth("sensor")),
        (Plate { tolerated_state: 1 << 6, ..text.clone() }, Error::Tolerated("tolerated_state")),
        (Plate { tolerated_state: 1 << 7, ..text.clone() }, Error::Tolerated("tolerated_state")),
        (Plate { tolerated_lock: 1 << 3, ..text.clone() }, Error::Tolerated("tolerated_lock")),
        (Plate { tolerated_lock: 1 << 7, ..text.clone() }, Error::Tolerated("tolerated_lock")),
    ] {
        assert_eq!(plate.validate(), Err(error), "{error}");
        assert!(dialect(plate).is_err());
    }
    let signed = Plate { model: 0x0115, id_is_ambiguous_but_signed: true, ..text.clone() };
    assert_eq!(signed.validate(), Ok(()));
    assert_eq!((text.validate(), rtu.validate()), (Ok(()), Ok(())));
}

/// The same words with another divider: ten times the current, and so never the same plate.
#[test]
fn the_dividers_of_the_versions_differ_by_ten() {
    let counts = [Series::Sf6Tenths, Series::Sf6Hundredths, Series::Sf8]
        .map(|series| (series.set().count(), series.measured().count()));
    assert_eq!(counts, [(100_000, 100_000), (10_000, 100_000), (100, 100)]);
    let other =
        Plate { series: Series::Sf6Tenths, curve: curve(drive(100)), ..plate(Framing::Text) };
    let other = Maiman::new(other).unwrap();
    let found =
        |maiman: &Maiman| hear(maiman, Word::Read(Register::HighestCurrent), b"K0302 04B0\r").1;
    assert_eq!(found(&maiman(Framing::Text)), [Sense::Plated(true)]);
    assert_eq!(found(&other), [Sense::Plated(false)]);
}

#[test]
fn answers_to_two_questions_in_a_row_never_fit_each_other() {
    let maiman = maiman(RTU);
    for (before, after) in REGISTERS.into_iter().zip(REGISTERS.into_iter().rev()) {
        for turn in 0..2 {
            let (one, _) = Word::Read(before).request(turn);
            let (other, skip) = Word::Read(after).request(turn + 1);
            assert_ne!(one.answer_length(), other.answer_length());
            assert!(skip < 2);
            let saying = maiman.say(Word::Read(after), turn + 1);
            assert_eq!(saying.answer.unwrap().1, other.answer_length());
        }
    }
}
