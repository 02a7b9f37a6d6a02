//! The bytes of every word, as they were seen from a client that is used with real units, and
//! plates.

use std::{format, vec::Vec};

use safety::{Frequency, Nanos, Permille, StimulatorLevel};

use super::super::{
    MagVenture, Model, Plate, PlateError,
    word::{Word, crc8},
};
use super::plate;
use crate::{exchange::Tongue, test_bench::stimulator::level};

/// PyPI `magicpy` 0.1.6 says the same for the same.
#[test]
fn words_have_their_bytes() {
    let cases: [(Word, &[u8]); 7] = [
        (Word::Amplitude(45), &[0xFE, 2, 1, 0x2D, 0x1A, 0xFF]),
        (Word::Enable, &[0xFE, 2, 2, 1, 0xCF, 0xFF]),
        (Word::Disable, &[0xFE, 2, 2, 0, 0x91, 0xFF]),
        (Word::Status, &[0xFE, 1, 5, 0x3F, 0xFF]),
        (Word::PageTiming, &[0xFE, 3, 7, 2, 0, 0xEB, 0xFF]),
        (Word::Start, &[0xFE, 1, 4, 0x61, 0xFF]),
        (Word::Pulse, &[0xFE, 2, 3, 1, 0x0B, 0xFF]),
    ];
    for (word, bytes) in cases {
        assert_eq!(word.frame(), bytes, "{word:?}");
    }
    // Three trains at once, which is nothing that is said here.
    assert_eq!(crc8(&[6, 0, 100, 0, 5, 0, 3, 0, 20]), 0xE5);
}

/// Only two words make it discharge, and they are in nothing but a fire.
#[test]
fn nothing_but_a_fire_fires() {
    let tongue = MagVenture::new(plate(Model::X100));
    let asked = tongue.introduction().iter().chain(tongue.polls());
    let others = asked.chain(tongue.off()).chain(tongue.enable());
    let mut words: Vec<Word> = others.copied().collect();
    for pulses in [1, 9] {
        let setting =
            safety::Setting { level: level(50, 10_000, pulses), preset: Default::default() };
        words.extend(tongue.tell(&setting).unwrap());
        let fire = if pulses == 1 { Word::Pulse } else { Word::Start };
        assert_eq!(tongue.fire(&setting), [fire]);
    }
    for word in words {
        let payload = word.frame()[2];
        assert!(payload != 3 && payload != 4, "{word:?}");
    }
    assert_eq!(tongue.off(), [Word::Disable]);
}

/// A train is one train, whatever it is.
#[test]
fn a_train_is_told_once() {
    let Word::Train { .. } = (Word::Train { rate: 100, pulses: 9 }) else { unreachable!() };
    let frame = Word::Train { rate: 100, pulses: 9 }.frame();
    assert_eq!(frame[2..11], [6, 0, 100, 0, 9, 0, 1, 0, 10]);
}

#[test]
fn only_what_it_can_do_is_exact() {
    let tongue = MagVenture::new(plate(Model::R30));
    let cases = [
        (level(50, 10_000, 9), true),
        (level(50, 7_000, 6), true),
        (level(50, 10_000, 1), true),
        (level(0, 10_000, 9), false),
        (level(50, 10_050, 9), false),
        (level(50, 10_000, 11), false),
        (level(50, 30_100, 9), false),
        (level(50, 10_000, 0), false),
        (StimulatorLevel { intensity: Permille::new(505).unwrap(), ..level(50, 10_000, 9) }, false),
    ];
    for (level, can) in cases {
        assert_eq!(tongue.exact(level), can.then_some(level), "{level:?}");
    }
}

#[test]
fn plates_are_checked() {
    type Change = fn(&mut Plate);
    let cases: [(Change, PlateError); 7] = [
        (|plate| plate.serial = 0x0100_0000, PlateError::Serial),
        (|plate| plate.coil = 0, PlateError::Coil),
        (|plate| plate.most_rate = Frequency::ZERO, PlateError::Rate),
        (|plate| plate.poll = Nanos::ZERO, PlateError::Poll),
        (|plate| plate.link = Nanos::from_millis(100), PlateError::Link),
        (|plate| plate.lease = Nanos::from_millis(1_001), PlateError::Lease),
        (|plate| plate.answer_within = Nanos::ZERO, PlateError::Answer),
    ];
    for (change, error) in cases {
        let mut plate = plate(Model::R30);
        assert_eq!(plate.validate(), Ok(()));
        change(&mut plate);
        assert_eq!(plate.validate(), Err(error));
        assert!(!format!("{error}").is_empty());
    }
}
