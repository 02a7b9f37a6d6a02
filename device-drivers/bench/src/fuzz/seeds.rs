//! Where a fuzzer begins: whole sessions, each with one thing gone wrong, and what units really said.

use std::vec::Vec;

use simulated_units::Button;

use super::script::{Act, Spoil};

/// What units said in the transcripts, for what reads bytes and no scripts.
const TRANSCRIPTS: [&str; 3] = [
    include_str!("../../../../tests/transcripts/magventure.v1.txt"),
    include_str!("../../../../tests/transcripts/modbus-rtu.v1.txt"),
    include_str!("../../../../tests/transcripts/open-link.v1.txt"),
];
/// Templates of each form.
const TEMPLATES: [&str; 6] = [
    "l1",
    "p {level:decimal(4,1/1000)}",
    "LCT{level:decimal(1,1/1000),5}",
    "freq {frequency:decimal(0,1/10)} {seconds}",
    "P0300 {level:hex(4,1/10000)} {{{duty:digits(3,1/10)}",
    "{on:words(OFF,ON)}",
];

/// What the target of this name begins with.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    match target {
        "relay" => boards(),
        "rtu" | "probe" => told(),
        "profile" => texts(),
        "arroyo" => sessions(3),
        "magstim" => sessions(5),
        "magventure" => sessions(4),
        _ => sessions(2),
    }
}

/// For each of so many kinds of unit that a target knows: a session in which each thing goes wrong once.
fn sessions(kinds: u8) -> Vec<Vec<u8>> {
    let wrong = [
        Act::Wake,
        Act::Stop,
        Act::Off,
        Act::Reopen(20),
        Act::Noise(b"\x00K0300 03E8\r\xfe\x01\xff".to_vec()),
        Act::Spoil(Spoil::Flip(1, 4)),
        Act::Spoil(Spoil::Drop),
        Act::Spoil(Spoil::Twice),
        Act::Spoil(Spoil::Cut(2)),
        Act::Spoil(Spoil::Backwards),
        Act::Spoil(Spoil::Behead(1)),
        Act::Spoil(Spoil::Instead(3)),
        Act::Again(5),
        Act::Deaf(true),
        Act::Dumb(true),
        Act::Late(90),
        Act::Press(Button::Interlock, false),
        Act::Press(Button::Applicator, false),
        Act::Power(false),
    ];
    let mut seeds = Vec::new();
    for kind in 0..kinds {
        for wrong in &wrong {
            for place in 0..3 {
                seeds.push(session(kind, wrong, place));
            }
        }
    }
    seeds
}

/// A session of the unit of this `kind`: `wrong` comes ahead of its warning, its emission or its end.
fn session(kind: u8, wrong: &Act, place: usize) -> Vec<u8> {
    let mut acts = std::vec![
        Act::Pass(1_504),
        Act::Prepare,
        Act::Pass(1_000),
        Act::Warn,
        Act::Pass(2_048),
        Act::Pass(256),
        Act::Emit(16),
        Act::Emit(10),
        Act::Off,
        Act::Pass(504),
        Act::Prepare,
        Act::Pass(1_000),
    ];
    acts.insert([3, 6, 8][place], wrong.clone());
    let mut bytes = std::vec![kind, 2];
    acts.iter().for_each(|act| act.write(&mut bytes));
    bytes
}

/// The bytes that came in, line by line.
fn told() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = (0..9)
        .map(|request| std::vec![16, 0, 3, 0, 1, request, 17, 3, 6, 0xAE, 0x41, 0x56, 0x52])
        .collect();
    for line in TRANSCRIPTS.iter().flat_map(|text| text.lines()) {
        let hex = line.split_once(" bytes ").or_else(|| line.split_once(" < "));
        let codes = hex.into_iter().flat_map(|(_, hex)| hex.split(' '));
        let bytes: Vec<u8> = codes.map_while(|code| u8::from_str_radix(code, 16).ok()).collect();
        if bytes.len() > 4 && !seeds.contains(&bytes) {
            seeds.push(bytes);
        }
    }
    seeds.truncate(SEEDS_MAX);
    seeds
}

/// Each text in each place of a profile.
fn texts() -> Vec<Vec<u8>> {
    let put = |place: u8, text: &str| {
        let mut bytes = std::vec![place, u8::try_from(text.len()).expect("a seed of bytes")];
        bytes.extend(text.as_bytes());
        bytes
    };
    let texts = TEMPLATES.iter().chain(&["OK", "\r\n", "\r", ">", "l?"]);
    texts.flat_map(|text| (0..11).map(move |place| put(place, text))).collect()
}

/// Channels that are allowed and dropped on a board that comes to life, and one that is disturbed.
fn boards() -> Vec<Vec<u8>> {
    let wrong: [&[u8]; 8] =
        [&[0, 9], &[5, 11], &[6, 3, 1, 2, 3], &[7, 1, 4], &[8, 1], &[9, 40], &[10, 0], &[11, 30]];
    let board = |wrong: &&[u8]| {
        let before: &[u8] = &[2, 200, 3, 0x0F, 2, 90];
        [before, *wrong, &[2, 60, 3, 0x03, 0, 200, 4, 0xF0, 2, 90]].concat()
    };
    // Noise in each millisecond of an exchange puts no answer behind the next question.
    let noise = (0..64).map(|millis| std::vec![0, millis, 6, 1, 2]);
    wrong.iter().map(board).chain(noise).collect()
}

/// More than a fuzzer can use.
const SEEDS_MAX: usize = 200;
