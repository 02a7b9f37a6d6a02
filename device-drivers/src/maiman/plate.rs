//! What the profile of one driver says of it, checked before its port is opened.

use alloc::vec::Vec;
use core::fmt;

use safety::{Drive, Nanos, Power, PowerCurve, Temperature};

use crate::{
    rtu,
    unverified::{Unverified, of_plate},
};

use super::{
    STOP_REST,
    meaning::{BYPASSED, LOCKS},
    unverified::UNVERIFIED,
};

/// "Old model, ask the engineer": several models with different dividers share this id.
const AMBIGUOUS: u16 = 0x0115;
/// The highest address that the vendor's software reaches (Maiman-MCBS).
const ADDRESS_MAX: u8 = 63;
/// Rest between two commands (Maiman-Workbench).
const GAP_MIN: Nanos = Nanos::from_millis(10);
const GAP_MAX: Nanos = Nanos::from_millis(1_000);
/// After this the vendor's own software gives up on an answer (Maiman-Workbench).
const ANSWER_MAX: Nanos = Nanos::from_millis(1_000);
/// Speeds in text, selectable between these (manuals).
const TEXT_BAUDS: core::ops::RangeInclusive<u32> = 2_400..=115_200;
/// Speeds in Modbus RTU (Maiman-MCBS).
const RTU_BAUDS: [u32; 4] = [9_600, 57_600, 115_200, 230_400];
/// Start, eight, stop; and on RS-485 room for parity or a second stop bit.
const TEXT_BITS: u64 = 10;
const RTU_BITS: u64 = 11;

/// What the profile says of one driver and of the diode behind it.
#[derive(Clone, Debug)]
pub struct Plate {
    /// How its line speaks.
    pub framing: Framing,
    /// Bits per second of its line.
    pub baud: u32,
    /// The id that it must give (parameter 0702).
    pub model: u16,
    /// The id 0115h says nothing of the divider: somebody compared this unit with its nameplate and
    /// signed for its series.
    pub id_is_ambiguous_but_signed: bool,
    /// The number that it must give (parameter 0701).
    pub serial: u16,
    /// What its counts are worth.
    pub series: Series,
    /// The highest current that it must say it takes (parameter 0302): ten times more or less is a
    /// wrong series.
    pub highest: Drive,
    /// The highest current of its hardware, as on its nameplate (parameter 0306).
    pub hardware: Drive,
    /// What the diode emits at which current, in microamperes.
    pub curve: PowerCurve,
    /// Up to this current no light was seen at commissioning: at most half that of the first point
    /// of the curve.
    pub dark: Drive,
    /// Output below this counts as none: what the supervisor goes by.
    pub off_below: Power,
    /// Between two questions for the same fact.
    pub poll: Nanos,
    /// Without an answer for longer, the link is lost: what the supervisor goes by. More than a poll
    /// and the 300 ms after each stop in which nothing may be asked.
    pub link: Nanos,
    /// From our last byte to no emission: of the relay in its interlock, as it has no watchdog.
    pub lease: Nanos,
    /// An answer that begins later is lost, at most 1 s.
    pub answer_within: Nanos,
    /// Rest between two commands, 10 to 1000 ms; the vendor's software begins with 150.
    pub gap: Nanos,
    /// From the end of a stop to no current.
    pub fall: Nanos,
    /// Where the temperature of the board can be, if it is watched.
    pub board: Option<Warmth>,
    /// Where the temperature of the sensor at the diode can be, if there is one.
    pub sensor: Option<Warmth>,
    /// Status bits that no manual explains and that were found harmless on this unit.
    pub tolerated_state: u16,
    /// Lock bits of the same kind.
    pub tolerated_lock: u16,
}

/// How the line of a driver speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Lines of text, over wires of their own each way.
    Text,
    /// Modbus RTU.
    Rtu {
        /// Its address, 1 to 63.
        address: u8,
        /// Both sides share one pair of wires, as on RS-485.
        half_duplex: bool,
    },
}

/// What the counts of a driver are worth (the dividers of the vendor's configuration).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// SF6xxx whose divider is 10: version 1 of SF6100, SF6015 and SF6030, and SF6250.
    Sf6Tenths,
    /// SF6xxx whose divider is 100: version 2.
    Sf6Hundredths,
    /// SF8xxx.
    Sf8,
}

/// Where a temperature can be, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warmth {
    /// Colder, the sensor is open.
    pub least: Temperature,
    /// Warmer, it is shorted or the unit too hot.
    pub most: Temperature,
}

/// Why a plate cannot be used. Each is an error of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlateError {
    /// No driver has this address.
    Address(u8),
    /// No driver of this framing has this speed.
    Baud(u32),
    /// This time is zero, or out of what the vendor permits.
    Time(&'static str),
    /// The id stands for several models, and nobody signed for this one.
    Ambiguous,
    /// This current is no whole count of the series, or too large for one.
    Current(&'static str),
    /// The curve goes above the highest current, or that above the hardware's.
    TooHigh,
    /// The dark current is below a count of the meter, or above half the first point of the curve.
    Dark,
    /// Any output counts as some.
    OffBelow,
    /// A temperature can be nowhere.
    Warmth(&'static str),
    /// A bit that is a protection cannot be tolerated.
    Tolerated(&'static str),
}

impl fmt::Display for PlateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "address {address} is not from 1 to {ADDRESS_MAX}"),
            Self::Baud(baud) => write!(f, "no driver of this framing speaks at {baud} baud"),
            Self::Time(field) => write!(f, "{field} is not a time that a driver can keep"),
            Self::Ambiguous => write!(
                f,
                "id {AMBIGUOUS:04X}h stands for several models: somebody has to sign for this one"
            ),
            Self::Current(field) => write!(f, "{field} is no whole count of the series"),
            Self::TooHigh => f.write_str("a current is above the one that limits it"),
            Self::Dark => {
                f.write_str("the dark current is too small to be read or too near to light")
            }
            Self::OffBelow => f.write_str("off_below is zero"),
            Self::Warmth(field) => write!(f, "{field} has its ends exchanged"),
            Self::Tolerated(field) => write!(f, "{field} would hide a protection"),
        }
    }
}

impl core::error::Error for PlateError {}

impl Series {
    /// What one count of the current that is set, or of a limit, is worth, in microamperes.
    pub const fn set(self) -> Drive {
        Drive::from_count(match self {
            Self::Sf6Tenths => 100_000,
            Self::Sf6Hundredths => 10_000,
            Self::Sf8 => 100,
        })
    }

    /// What one count of the measured current is worth, in microamperes.
    pub const fn measured(self) -> Drive {
        Drive::from_count(match self {
            Self::Sf6Tenths | Self::Sf6Hundredths => 100_000,
            Self::Sf8 => 100,
        })
    }

    /// A current in counts, if it is a whole number of them.
    pub(super) fn count_set(self, drive: Drive) -> Option<u16> {
        let count = self.set().count();
        let whole = drive.count().is_multiple_of(count);
        drive
            .count()
            .checked_div(count)
            .and_then(|count| u16::try_from(count).ok())
            .filter(|_| whole)
    }
}

impl Plate {
    /// What its dialect builds on and nobody has seen at the hardware.
    pub fn unverified(&self) -> Vec<Unverified> {
        of_plate(UNVERIFIED, self)
    }

    /// The time that one byte takes, rounded up.
    pub(super) fn byte_time(&self) -> Nanos {
        let bits = match self.framing {
            Framing::Text => TEXT_BITS,
            Framing::Rtu { .. } => RTU_BITS,
        };
        let time = Nanos::from_secs(bits).get().div_ceil(u64::from(self.baud.max(1)));
        Nanos::new(time)
    }

    pub(super) const fn is_half_duplex(&self) -> bool {
        match self.framing {
            Framing::Text => false,
            Framing::Rtu { half_duplex, .. } => half_duplex,
        }
    }

    /// How many temperatures are watched.
    pub(super) fn warmths(&self) -> usize {
        [self.board, self.sensor].into_iter().flatten().count()
    }

    /// Whether a unit can be what this plate says.
    pub(super) fn validate(&self) -> Result<(), PlateError> {
        self.validate_line()?;
        if self.model == AMBIGUOUS && !self.id_is_ambiguous_but_signed {
            return Err(PlateError::Ambiguous);
        }
        self.validate_currents()?;
        if self.off_below == Power::ZERO {
            return Err(PlateError::OffBelow);
        }
        for (warmth, field) in [(self.board, "board"), (self.sensor, "sensor")] {
            if warmth.is_some_and(|Warmth { least, most }| most <= least) {
                return Err(PlateError::Warmth(field));
            }
        }
        if self.tolerated_state & BYPASSED != 0 {
            return Err(PlateError::Tolerated("tolerated_state"));
        }
        if self.tolerated_lock & LOCKS != 0 {
            return Err(PlateError::Tolerated("tolerated_lock"));
        }
        Ok(())
    }

    fn validate_line(&self) -> Result<(), PlateError> {
        let (speaks, silence) = match self.framing {
            Framing::Text => (TEXT_BAUDS.contains(&self.baud), Nanos::ZERO),
            Framing::Rtu { address, .. } => {
                if !(1..=ADDRESS_MAX).contains(&address) {
                    return Err(PlateError::Address(address));
                }
                (RTU_BAUDS.contains(&self.baud), rtu::silence(self.baud))
            }
        };
        if !speaks {
            return Err(PlateError::Baud(self.baud));
        }
        let any = Nanos::new(1);
        for (time, field, least, most) in [
            (self.poll, "poll", any, Nanos::MAX),
            (self.link, "link", self.poll.plus(STOP_REST), Nanos::MAX),
            (self.lease, "lease", any, Nanos::MAX),
            (self.answer_within, "answer_within", any, ANSWER_MAX),
            (self.gap, "gap", GAP_MIN.max(silence), GAP_MAX),
        ] {
            if time < least || most < time {
                return Err(PlateError::Time(field));
            }
        }
        Ok(())
    }

    fn validate_currents(&self) -> Result<(), PlateError> {
        let fits = |drive: Drive| drive.count() != 0 && self.series.count_set(drive).is_some();
        for (drive, field) in [
            (self.curve.step(), "the step of the curve"),
            (self.highest, "highest"),
            (self.hardware, "hardware"),
        ] {
            if !fits(drive) {
                return Err(PlateError::Current(field));
            }
        }
        let points = self.curve.points();
        let first = points.first().map(|(drive, _)| drive.count()).unwrap_or_default();
        let last = points.last().map(|(drive, _)| *drive).unwrap_or_default();
        if self.highest < last || self.hardware < self.highest {
            return Err(PlateError::TooHigh);
        }
        let near = first < self.dark.count().saturating_mul(2);
        if self.dark < self.series.measured() || near {
            return Err(PlateError::Dark);
        }
        Ok(())
    }
}
