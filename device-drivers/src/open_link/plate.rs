//! What the profile of one unit says of it, checked before its port is opened.

use alloc::{string::String, vec::Vec};
use core::fmt;

use safety::Nanos;

use super::{capability::Capability, spoken::Spoken};

/// The longest text in an identity (open-link, section 7.1).
const TEXT_BYTES_MAX: usize = 24;

/// The addresses that a unit can have (open-link, section 2).
const ADDRESSES: core::ops::RangeInclusive<u8> = 1..=247;

/// What the profile says of one unit: who it must prove to be, and how it is spoken with.
#[derive(Clone, Debug)]
pub struct Plate<M: Spoken> {
    /// Its address on the line, 1 to 247.
    pub address: u8,
    /// Who made it.
    pub maker: String,
    /// What the maker calls it.
    pub model: String,
    /// Its own number.
    pub serial: String,
    /// The firmware versions that are allowed: a new one has to be approved before it is used.
    pub firmware: Vec<String>,
    /// What it proves to know (COM-07).
    pub key: Secret,
    /// The code of the applicator that the profile names (LAS-18, PEM-07).
    pub applicator: u16,
    /// The record that it must give of itself, to the last byte.
    pub capability: Capability<M>,
    /// How long it emits after the last byte that renews its permission.
    pub lease: Nanos,
    /// Bits per second of its line.
    pub baud: u32,
    /// Between two questions for its state.
    pub poll: Nanos,
    /// Without an answer for longer, the link is lost: what the supervisor goes by.
    pub link: Nanos,
    /// Output below this counts as none: the noise of its meter, what the supervisor goes by.
    pub off_below: M::Output,
    /// What challenges are derived from. Fresh and random for every start of the gateway; written
    /// down, it lets a run be replayed bit for bit.
    pub challenge_seed: Secret,
}

/// Thirty-two bytes that nobody may read in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Keeps `bytes` to itself.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Why a plate cannot be used. Each is an error of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlateError {
    /// No unit has this address.
    Address(u8),
    /// This text is empty, longer than 24 characters, or not printable ASCII.
    Text(&'static str),
    /// No firmware version is allowed.
    Firmware,
    /// Zero stands for no applicator.
    Applicator,
    /// This field of the capability record cannot be said, or contradicts another.
    Capability(&'static str),
    /// The unit cannot be told this lease.
    Lease(Nanos),
    /// A line has a speed.
    Baud,
    /// This time is zero.
    Time(&'static str),
}

impl fmt::Display for PlateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "address {address} is not from 1 to 247"),
            Self::Text(field) => write!(f, "{field} is not 1 to 24 printable ASCII characters"),
            Self::Firmware => f.write_str("no firmware version is allowed"),
            Self::Applicator => f.write_str("applicator 0 stands for none"),
            Self::Capability(field) => write!(f, "{field} of the capability record is impossible"),
            Self::Lease(lease) => write!(f, "a lease of {} ms cannot be told", lease.millis()),
            Self::Baud => f.write_str("the speed of the line is zero"),
            Self::Time(field) => write!(f, "{field} is zero"),
        }
    }
}

impl core::error::Error for PlateError {}

impl<M: Spoken> Plate<M> {
    /// Whether a unit can be what this plate says.
    pub(super) fn validate(&self) -> Result<(), PlateError> {
        if !ADDRESSES.contains(&self.address) {
            return Err(PlateError::Address(self.address));
        }
        self.validate_texts()?;
        if self.applicator == 0 {
            return Err(PlateError::Applicator);
        }
        self.capability.validate().map_err(PlateError::Capability)?;
        if !self.capability.lease.holds(self.lease) || self.lease_millis().is_none() {
            return Err(PlateError::Lease(self.lease));
        }
        if self.baud == 0 {
            return Err(PlateError::Baud);
        }
        for (time, field) in [(self.poll, "poll"), (self.link, "link")] {
            if time == Nanos::ZERO {
                return Err(PlateError::Time(field));
            }
        }
        Ok(())
    }

    /// The lease as the unit is told it.
    pub(super) fn lease_millis(&self) -> Option<u16> {
        super::capability::whole_millis(self.lease)
    }

    fn validate_texts(&self) -> Result<(), PlateError> {
        let texts = [(&self.maker, "maker"), (&self.model, "model"), (&self.serial, "serial")];
        let firmware = self.firmware.iter().map(|version| (version, "firmware"));
        for (text, field) in texts.into_iter().chain(firmware) {
            if !is_sayable(text.as_bytes()) {
                return Err(PlateError::Text(field));
            }
        }
        if self.firmware.is_empty() { Err(PlateError::Firmware) } else { Ok(()) }
    }
}

/// Whether `text` can stand in an identity.
pub(super) fn is_sayable(text: &[u8]) -> bool {
    let printable = text.iter().all(|letter| (0x20..=0x7E).contains(letter));
    printable && (1..=TEXT_BYTES_MAX).contains(&text.len())
}
