//! The bytes of every word, by the vendor's tables, and plates.

use std::{format, vec::Vec};

use safety::{Modality, Nanos, Permille, Stimulator, StimulatorLevel};

use super::super::{Magstim, Model, Plate, PlateError, Unlock, word::Word};
use super::{CODE, plate, rapid};
use crate::{exchange::Tongue, test_bench::stimulator::level};

const EVERY: [Word; 16] = [
    Word::Remote,
    Word::Version,
    Word::Mode,
    Word::Single,
    Word::Parameters,
    Word::Trains,
    Word::System,
    Word::Temperature,
    Word::Disarm,
    Word::Arm,
    Word::Fire,
    Word::Power(100),
    Word::PowerOfSecond,
    Word::Rate(100),
    Word::Pulses(9),
    Word::Duration(9),
];

/// TDb 086 and 087 write these out.
#[test]
fn words_have_their_bytes() {
    let cases: [(Word, &[u8]); 10] = [
        (Word::Remote, &[0x51, 0x40, 0x6E]),
        (Word::Power(50), &[0x40, 0x30, 0x35, 0x30, 0x2A]),
        (Word::Disarm, &[0x45, 0x41, 0x79]),
        (Word::Arm, &[0x45, 0x42, 0x78]),
        (Word::Fire, &[0x45, 0x48, 0x72]),
        (Word::Parameters, &[0x4A, 0x40, 0x75]),
        (Word::Temperature, &[0x46, 0x40, 0x79]),
        (Word::Mode, &[0x58, 0x40, 0x67]),
        (Word::Trains, &[0x5C, 0x40, 0x63]),
        (Word::System, &[0x78, 0x40, 0x47]),
    ];
    for (word, bytes) in cases {
        assert_eq!(word.bytes(&plate(Model::BiStim)), bytes, "{word:?}");
    }
    assert_eq!(Word::Version.bytes(&plate(rapid("9.0.0"))), [0x4E, 0x44, 0x6D]);
}

/// What must never be said cannot be: ignore the coil's interlock, more than full power, give up
/// remote control, change resolution or charge delay.
#[test]
fn no_word_is_forbidden() {
    for model in [Model::TwoHundred, Model::BiStim, rapid("7.2.1"), rapid("9.0.0")] {
        let plate = plate(model);
        for word in EVERY {
            let bytes = word.bytes(&plate);
            assert!(!b"b^_RYZnoC".contains(&bytes[0]), "{word:?}");
            let sum = bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
            assert_eq!(sum, 0xFF, "{word:?}: a check byte turns the sum over");
        }
    }
}

/// A unit is only ever told what its off, its setting, its arming and its fire are.
#[test]
fn off_says_disarm_and_fire_says_fire() {
    let tongue = Magstim::new(plate(rapid("9.0.0")));
    assert_eq!(tongue.off(), [Word::Disarm]);
    let asked = tongue.introduction().iter().chain(tongue.polls()).chain(tongue.off());
    for word in asked {
        assert!(!matches!(word, Word::Arm | Word::Fire), "{word:?}");
    }
}

#[test]
fn only_what_a_model_can_do_is_exact() {
    let single = Magstim::new(plate(Model::TwoHundred));
    let train = Magstim::new(plate(rapid("9.0.0")));
    let cases = [
        (level(50, 10_000, 9), false, true),
        (level(50, 10_000, 1), true, true),
        (level(0, 10_000, 1), false, false),
        // 0.86 s are no whole tenths.
        (level(50, 7_000, 6), false, false),
        (level(50, 10_050, 9), false, false),
        // Longer than the lease.
        (level(50, 10_000, 11), false, false),
        (level(50, 500, 1), false, false),
        (level(50, 110_000, 11), false, false),
        (level(50, 10_000, 0), false, false),
        (StimulatorLevel { wait: Nanos::from_secs(56), ..level(50, 10_000, 9) }, false, false),
        (
            StimulatorLevel { intensity: Permille::new(505).unwrap(), ..level(50, 10_000, 9) },
            false,
            false,
        ),
    ];
    for (level, of_single, of_train) in cases {
        assert_eq!(single.exact(level), of_single.then_some(level), "{level:?}");
        assert_eq!(train.exact(level), of_train.then_some(level), "{level:?}");
    }
    let setting = safety::Setting { level: level(50, 10_000, 9), preset: Default::default() };
    assert_eq!(train.run(&setting), Some(Nanos::from_millis(900)));
    let run = Stimulator::runs(setting.level, safety::Pace::Continuous).unwrap();
    assert_eq!(train.run(&setting), Some(run.length));
}

#[test]
fn plates_are_checked() {
    type Change = fn(&mut Plate);
    let cases: [(Change, PlateError); 7] = [
        (|plate| plate.poll = Nanos::from_millis(501), PlateError::Poll),
        (|plate| plate.poll = Nanos::ZERO, PlateError::Poll),
        (|plate| plate.link = Nanos::from_millis(100), PlateError::Link),
        (|plate| plate.lease = Nanos::from_millis(1_001), PlateError::Lease),
        (|plate| plate.answer_within = Nanos::ZERO, PlateError::Answer),
        (
            |plate| plate.model = Model::Rapid { version: "9.0.0".into(), unlock: None },
            PlateError::Unlock,
        ),
        (
            |plate| plate.model = Model::Rapid { version: "x".into(), unlock: None },
            PlateError::Version,
        ),
    ];
    for (change, error) in cases {
        let mut plate = plate(rapid("9.0.0"));
        assert_eq!(plate.validate(), Ok(()));
        change(&mut plate);
        assert_eq!(plate.validate(), Err(error));
        assert!(!format!("{error}").is_empty());
    }
}

/// A code of a unit is a secret.
#[test]
fn an_unlock_code_is_never_shown() {
    let code = Unlock::new(CODE.to_vec());
    let plate = plate(Model::Rapid { version: "9.0.0".into(), unlock: Some(code) });
    let shown = format!("{plate:?} {:?}", Magstim::new(plate.clone()));
    assert!(!shown.contains("1234"), "{shown}");
    let numbers: Vec<_> = CODE.iter().take(4).map(|byte| format!("{byte}")).collect();
    assert!(!shown.contains(&numbers.join(", ")), "{shown}");
}

/// Two boxes that work together are not spoken with: only the mode of one is (COM-07).
#[test]
fn a_bistim_in_another_mode_is_not_the_one_of_its_plate() {
    let tongue = Magstim::new(plate(Model::BiStim));
    for mode in b"01234QRST" {
        let mut bytes = Vec::from([b'X', 0x89, *mode]);
        bytes.push(super::super::word::checksum(&bytes));
        let heard = crate::exchange::Heard {
            asked: Some((Word::Mode, 1)),
            bytes: &bytes,
            spoiled: false,
            wanted: None,
        };
        let mut senses = Vec::new();
        assert_eq!(tongue.hear(heard, &mut senses), crate::exchange::Hearing::Answer(4));
        assert_eq!(senses, [crate::exchange::Sense::Plated(*mode == b'0')]);
    }
}
