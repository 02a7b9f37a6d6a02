//! What the profile of one MagVenture says of it, checked before its port is opened.

use alloc::vec::Vec;
use core::fmt;

use safety::{Frequency, Nanos, Permille, PulseEnergy, Pulsing};

use crate::unverified::{Unverified, of_plate};

use super::unverified::UNVERIFIED;

/// The line: 38400 baud, 8N1 (both clients).
const BAUD: u64 = 38_400;
/// A byte with its start and its stop.
const BITS_OF_BYTE: u64 = 10;
/// Nothing but the count of a train ends it, so no train is longer (COM-09).
const LEASE_MAX: Nanos = Nanos::from_millis(1_000);
/// A serial number has three bytes.
const SERIAL_MAX: u32 = 0x00FF_FFFF;

/// What the profile says of one unit.
#[derive(Clone, Debug)]
pub struct Plate {
    /// Which of the models it is.
    pub model: Model,
    /// Its own number, of 24 bits.
    pub serial: u32,
    /// The number of its type that the coil of the profile reports: 60 is a Cool-B65, 72 a C-B60.
    pub coil: u8,
    /// The waveform that the energies of the profile hold for.
    pub waveform: Waveform,
    /// Whether its trains can be read back.
    pub trains: TrainReadBack,
    /// The most pulses per second that it gives.
    pub most_rate: Frequency,
    /// What one of its pulses takes, by the vendor's table.
    pub energy: PulseEnergy,
    /// From its being enabled to its being charged, at most.
    pub charge: Nanos,
    /// Between two questions for the same fact.
    pub poll: Nanos,
    /// Without an answer for longer, the link is lost: what the supervisor goes by.
    pub link: Nanos,
    /// From our last byte to no emission, 1,000 ms at most: it bounds every train.
    pub lease: Nanos,
    /// An answer that begins later is lost.
    pub answer_within: Nanos,
    /// The least rest between two frames of ours.
    pub gap: Nanos,
    /// Output below this counts as none: what the supervisor goes by.
    pub off_below: Pulsing,
}

/// A model, as it reports itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// MagPro R30.
    R30,
    /// MagPro X100.
    X100,
    /// MagPro R30 with MagOption.
    R30Option,
    /// MagPro X100 with MagOption.
    X100Option,
    /// MagPro R30 with MagOption and monophasic pulses.
    R30OptionMono,
    /// MST.
    Mst,
}

/// The form of a pulse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waveform {
    /// One half-wave.
    Monophasic,
    /// A whole wave.
    Biphasic,
    /// Half a sine.
    HalfSine,
    /// Bursts of whole waves.
    BiphasicBurst,
}

/// Whether the train that a unit is set to can be read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrainReadBack {
    /// It answers to `0B 00`.
    Read,
    /// It does not. That it holds the train that it was told is not verified.
    Unverified,
}

/// Why a plate cannot be that of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlateError {
    /// The serial number does not fit into three bytes.
    Serial,
    /// No coil has the number zero.
    Coil,
    /// It gives no pulses, or more of them than a hundred per second.
    Rate,
    /// It is asked without pause.
    Poll,
    /// The link is lost before it is asked again.
    Link,
    /// The lease is none, or longer than a train may be.
    Lease,
    /// Nobody answers at once.
    Answer,
    /// Its pulses are said to take nothing.
    Energy,
}

impl Model {
    /// The number that it reports.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::R30 => 0,
            Self::X100 => 1,
            Self::R30Option => 2,
            Self::X100Option => 3,
            Self::R30OptionMono => 4,
            Self::Mst => 5,
        }
    }
}

impl Waveform {
    /// The number that it is reported by.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Monophasic => 0,
            Self::Biphasic => 1,
            Self::HalfSine => 2,
            Self::BiphasicBurst => 3,
        }
    }
}

impl Plate {
    /// What its dialect builds on and nobody has seen at the hardware.
    pub fn unverified(&self) -> Vec<Unverified> {
        of_plate(UNVERIFIED, self)
    }

    /// Whether this can be the plate of a unit.
    ///
    /// # Errors
    ///
    /// The first thing that cannot be.
    pub fn validate(&self) -> Result<(), PlateError> {
        let rate = self.most_rate.millihertz();
        let full = self.energy.at(Permille::WHOLE);
        let free = full.is_none_or(|energy| energy.picojoules() == 0);
        let faults = [
            (SERIAL_MAX < self.serial, PlateError::Serial),
            (self.coil == 0, PlateError::Coil),
            (!(1..=100_000).contains(&rate), PlateError::Rate),
            (self.poll == Nanos::ZERO, PlateError::Poll),
            (self.link < self.poll, PlateError::Link),
            (self.lease == Nanos::ZERO || LEASE_MAX < self.lease, PlateError::Lease),
            (self.answer_within == Nanos::ZERO, PlateError::Answer),
            (free, PlateError::Energy),
        ];
        let found = faults.into_iter().find(|(wrong, _)| *wrong);
        found.map_or(Ok(()), |(_, error)| Err(error))
    }

    /// The time of one byte, rounded up.
    pub(super) fn byte(&self) -> Nanos {
        Nanos::new(Nanos::from_secs(BITS_OF_BYTE).get().div_ceil(BAUD))
    }
}

impl fmt::Display for PlateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Serial => "a serial number has 24 bits",
            Self::Coil => "a coil has a number of its type, and it is not zero",
            Self::Rate => "the highest rate is between 0.001 and 100 Hz",
            Self::Poll => "the unit has to be asked, and not without pause",
            Self::Link => "the link would be lost before the unit is asked again",
            Self::Lease => "the lease is none, or longer than a train of 1,000 ms",
            Self::Answer => "no time is left for an answer",
            Self::Energy => "the energy of a pulse at full amplitude is missing or none",
        })
    }
}

impl core::error::Error for PlateError {}
