//! Everything that can be said to a Magstim. What must never be said has no word here.

use alloc::{format, string::String, vec::Vec};

use super::plate::{Model, Plate};

/// One word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// Take it under remote control, with its unlock code if it has one.
    Remote,
    /// Which version its software has.
    Version,
    /// In which mode two boxes work together.
    Mode,
    /// The parameters, of a unit that has to prove that it is a single box.
    Single,
    /// Its state, and the intensity that it is set to.
    Parameters,
    /// Its state, and the train that it is set to.
    Trains,
    /// Its state, and what is attached to it.
    System,
    /// How warm the coil is.
    Temperature,
    Disarm,
    Arm,
    Fire,
    /// Percent.
    Power(u8),
    /// Nothing from the second box.
    PowerOfSecond,
    /// Tenths of a hertz.
    Rate(u16),
    Pulses(u16),
    /// Tenths of a second; none leaves the mode of trains.
    Duration(u8),
}

impl Word {
    pub(super) fn letter(self) -> u8 {
        match self {
            Self::Remote => b'Q',
            Self::Version => b'N',
            Self::Mode => b'X',
            Self::Single | Self::Parameters => b'J',
            Self::Trains => b'\\',
            Self::System => b'x',
            Self::Temperature => b'F',
            Self::Disarm | Self::Arm | Self::Fire => b'E',
            Self::Power(_) => b'@',
            Self::PowerOfSecond => b'A',
            Self::Rate(_) => b'B',
            Self::Pulses(_) => b'D',
            Self::Duration(_) => b'[',
        }
    }

    pub(super) fn bytes(self, plate: &Plate) -> Vec<u8> {
        let mut bytes = alloc::vec![self.letter()];
        bytes.extend(self.data(plate));
        bytes.push(checksum(&bytes));
        bytes
    }

    fn data(self, plate: &Plate) -> Vec<u8> {
        let digits = |text: String| text.into_bytes();
        match self {
            Self::Remote => match &plate.model {
                Model::Rapid { unlock: Some(code), .. } => code.bytes().to_vec(),
                Model::Rapid { unlock: None, .. } | Model::TwoHundred | Model::BiStim => {
                    b"@".to_vec()
                }
            },
            Self::Version => b"D".to_vec(),
            Self::Mode
            | Self::Single
            | Self::Parameters
            | Self::Trains
            | Self::System
            | Self::Temperature => b"@".to_vec(),
            Self::Disarm => b"A".to_vec(),
            Self::Arm => b"B".to_vec(),
            Self::Fire => b"H".to_vec(),
            Self::Power(percent) => digits(format!("{percent:03}")),
            Self::PowerOfSecond => b"000".to_vec(),
            Self::Rate(tenths) => digits(format!("{tenths:04}")),
            Self::Pulses(pulses) if plate.is_newest() => digits(format!("{pulses:05}")),
            Self::Pulses(pulses) => digits(format!("{pulses:04}")),
            Self::Duration(tenths) if plate.is_newest() => digits(format!("{tenths:04}")),
            Self::Duration(tenths) => digits(format!("{tenths:03}")),
        }
    }

    /// How long an answer is that is no refusal, its letter and its check byte included; the longest
    /// if it has no length of its own.
    pub(super) fn answer_length(self, plate: &Plate) -> usize {
        match self {
            Self::Version => VERSION_BYTES_MAX,
            Self::Mode | Self::Rate(_) | Self::Pulses(_) | Self::Duration(_) => 4,
            Self::Single | Self::Parameters => 12,
            Self::Trains => match plate.major() {
                9.. => 24,
                7 | 8 => 22,
                0..=6 => 21,
            },
            Self::System => 6,
            Self::Temperature => 9,
            Self::Remote
            | Self::Disarm
            | Self::Arm
            | Self::Fire
            | Self::Power(_)
            | Self::PowerOfSecond => 3,
        }
    }
}

/// All bits of the sum, turned over.
pub(super) fn checksum(bytes: &[u8]) -> u8 {
    !bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte))
}

/// A letter, a version of a dozen characters, its end and a check byte.
pub(super) const VERSION_BYTES_MAX: usize = 16;
