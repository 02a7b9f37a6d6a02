//! What the profile of one unit says of it, checked before its port is opened.

use alloc::{string::String, vec::Vec};
use core::fmt;

use safety::{Drive, Nanos, Power, PowerCurve};

use crate::unverified::{Unverified, of_plate};

use super::unverified::UNVERIFIED;

/// The longest text in an answer: less than the unit's own buffer of 128 characters.
const TEXT_BYTES_MAX: usize = 64;
/// The longest delay that the unit can be set to (Computer Interfacing Manual, `ONDELAY`).
const ON_DELAY_MAX: Nanos = Nanos::from_millis(30_000);
/// The bits of a byte on the line, with its start and its stop.
const BITS_OF_BYTE: u64 = 10;

/// What the profile says of one unit.
#[derive(Clone, Debug)]
pub struct Plate {
    /// The whole answer to `*IDN?`.
    pub identity: String,
    /// The whole answer to `SN?`.
    pub serial: String,
    /// The answers to `VER?` that are allowed: a new firmware has to be approved before it is used.
    pub firmware: Vec<String>,
    /// Bits per second of its line, always 8N1: 9600 at its RS-232 port as delivered, 38400 at USB.
    pub baud: u32,
    /// How its answers end, as `TERM` set it. Ours end alike.
    pub ending: Ending,
    /// The unit of measure in which it says currents. The maker says milliamperes.
    pub scale: Scale,
    /// How many digits it is told behind the point: one at the least, so that a current never looks
    /// like a word of bits.
    pub decimals: u32,
    /// The limit that was set at the unit (`LAS:LIM:LDI`). It is compared and never written.
    pub limit: Drive,
    /// A measured current below this is that of a diode that is dark.
    pub dark: Drive,
    /// The delay between its being turned on and its output (`ONDELAY`).
    pub on_delay: Nanos,
    /// Which power it emits at which current, in microamperes.
    pub curve: PowerCurve,
    /// It has a key, and says so (`KEY?`: Newport).
    pub key: bool,
    /// It has a cooler that has to be on while it emits.
    pub cooler: bool,
    /// Between two questions for the same fact.
    pub poll: Nanos,
    /// Without an answer for longer, the link is lost: what the supervisor goes by.
    pub link: Nanos,
    /// How long it emits after our last byte. It has no watchdog, so this is that of the relay in
    /// its interlock.
    pub lease: Nanos,
    /// An answer that begins later is lost.
    pub answer_within: Nanos,
    /// The least rest between two lines of ours.
    pub gap: Nanos,
    /// From off to no output.
    pub fall: Nanos,
    /// Output below this counts as none: what the supervisor goes by.
    pub off_below: Power,
}

/// How a line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Carriage return and line feed: `TERM 0` or `1`.
    CrLf,
    /// Carriage return: `TERM 2` or `3`.
    Cr,
    /// Line feed: `TERM 4` or `5`.
    Lf,
}

impl Ending {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
            Self::Lf => "\n",
        }
    }
}

/// The unit of measure of a current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// As the maker says.
    Milliamperes,
    /// As some firmwares of relatives say.
    Amperes,
}

impl Scale {
    /// How many digits behind the point a microampere is.
    pub(super) const fn micro_digits(self) -> u32 {
        match self {
            Self::Milliamperes => 3,
            Self::Amperes => 6,
        }
    }
}

/// Why a plate cannot be used. Each is an error of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlateError {
    /// This text is empty, longer than 64 characters, or not printable ASCII.
    Text(&'static str),
    /// No firmware is allowed.
    Firmware,
    /// A line has a speed.
    Baud,
    /// This many digits behind the point are none, or finer than a microampere.
    Decimals(u32),
    /// The curve has steps of so many microamperes, finer than the digits that the unit is told.
    Step(u32),
    /// The curve reaches beyond the unit's limit.
    Limit,
    /// The dark current is zero, or above where the curve begins.
    Dark,
    /// This time is zero, or longer than the unit knows.
    Time(&'static str),
    /// The output at which the curve begins would count as none.
    OffBelow,
}

impl fmt::Display for PlateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(field) => write!(f, "{field} is not 1 to 64 printable ASCII characters"),
            Self::Firmware => f.write_str("no firmware version is allowed"),
            Self::Baud => f.write_str("the speed of the line is zero"),
            Self::Decimals(digits) => write!(f, "a current cannot have {digits} decimals"),
            Self::Step(step) => write!(f, "steps of {step} µA are finer than the decimals"),
            Self::Limit => f.write_str("the curve reaches beyond the current limit"),
            Self::Dark => f.write_str("the dark current is not between zero and the curve"),
            Self::Time(field) => write!(f, "{field} is zero or too long"),
            Self::OffBelow => f.write_str("the least power of the curve counts as none"),
        }
    }
}

impl core::error::Error for PlateError {}

impl Plate {
    /// What its dialect builds on and nobody has seen at the hardware.
    pub fn unverified(&self) -> Vec<Unverified> {
        of_plate(UNVERIFIED, self)
    }

    /// The time that one byte takes on the line, rounded up.
    pub(super) fn byte(&self) -> Nanos {
        let bits = Nanos::from_secs(BITS_OF_BYTE).get();
        Nanos::new(bits.div_ceil(u64::from(self.baud.max(1))))
    }

    /// Whether a unit can be what this plate says.
    pub(super) fn validate(&self) -> Result<(), PlateError> {
        self.validate_texts()?;
        if self.baud == 0 {
            return Err(PlateError::Baud);
        }
        self.validate_currents()?;
        let times = [
            (self.poll, "poll"),
            (self.link, "link"),
            (self.lease, "lease"),
            (self.answer_within, "answer_within"),
        ];
        if let Some((_, field)) = times.into_iter().find(|(time, _)| *time == Nanos::ZERO) {
            return Err(PlateError::Time(field));
        }
        let whole = Nanos::from_millis(self.on_delay.millis()) == self.on_delay;
        if !whole || ON_DELAY_MAX < self.on_delay {
            return Err(PlateError::Time("on_delay"));
        }
        Ok(())
    }

    fn validate_texts(&self) -> Result<(), PlateError> {
        if self.firmware.is_empty() {
            return Err(PlateError::Firmware);
        }
        let own = [(&self.identity, "identity"), (&self.serial, "serial")];
        let firmware = self.firmware.iter().map(|version| (version, "firmware"));
        for (text, field) in own.into_iter().chain(firmware) {
            let printable = text.bytes().all(|letter| (b' '..=b'~').contains(&letter));
            if !printable || !(1..=TEXT_BYTES_MAX).contains(&text.len()) {
                return Err(PlateError::Text(field));
            }
        }
        Ok(())
    }

    fn validate_currents(&self) -> Result<(), PlateError> {
        let digits = self.scale.micro_digits();
        if !(1..=digits).contains(&self.decimals) {
            return Err(PlateError::Decimals(self.decimals));
        }
        let finest = 10_u32.saturating_pow(digits.saturating_sub(self.decimals));
        let step = self.curve.step().count();
        if step.checked_rem(finest) != Some(0) {
            return Err(PlateError::Step(step));
        }
        let (Some(first), Some(last)) = (self.curve.points().first(), self.curve.points().last())
        else {
            return Err(PlateError::Limit);
        };
        if self.limit < last.0 {
            return Err(PlateError::Limit);
        }
        if self.dark == Drive::from_count(0) || first.0 < self.dark {
            return Err(PlateError::Dark);
        }
        if first.1 < self.off_below {
            return Err(PlateError::OffBelow);
        }
        Ok(())
    }
}
