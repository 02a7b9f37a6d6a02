//! What the profile of a board says, and how fast it can be kicked.

use alloc::vec::Vec;
use core::fmt;

use safety::Nanos;

use crate::{
    rtu::{ADDRESS_MAX, silence},
    unverified::{Unverified, of_plate},
};

use super::{Channels, INPUTS_EVERY, unverified::UNVERIFIED};

/// How many channels a board has, and how many inputs.
pub const CHANNELS: usize = 8;

/// The unit in which a board is told how long it closes (maker's wiki).
const STEP: Nanos = Nanos::from_millis(100);
/// Beside two whole cycles a kick lasts this much longer.
const MARGIN: Nanos = Nanos::from_millis(50);
/// What the port and the pump may take beside the line.
const HOST: Nanos = Nanos::from_millis(2);
/// A question, and the longest answer.
const FRAME_BYTES: usize = 8;
/// Bits of one byte on the line: 8N1.
const BITS: u64 = 10;

/// One board, as its profile has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plate {
    /// Its address on the line, 1 to 247.
    pub address: u8,
    /// Bits per second of its line, 1200 to 256,000.
    pub baud: u32,
    /// The channels that are wired to something.
    pub channels: Channels,
    /// Whether an input is wired to something.
    pub inputs: bool,
    /// How long it thinks before it answers, at the longest: 1 ms to 1 s.
    pub answer_within: Nanos,
    /// The longest lease that a unit on it may have: from the last kick to an open contact.
    pub lease: Nanos,
}

/// Why a plate cannot be used. Each is an error of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlateError {
    /// No board has this address.
    Address(u8),
    /// No line of a board has this speed.
    Baud(u32),
    /// No channel and no input is wired.
    Unused,
    /// An answer takes some time, and not as long as this.
    Answer(Nanos),
    /// So many channels at this speed open only so long after the last kick: later than they may.
    Lease {
        /// From the last kick to an open contact.
        needs: Nanos,
        /// What is allowed.
        allowed: Nanos,
    },
}

impl fmt::Display for PlateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "address {address} is not from 1 to 247"),
            Self::Baud(baud) => write!(f, "{baud} baud is not from 1200 to 256000"),
            Self::Unused => f.write_str("neither a channel nor an input is wired"),
            Self::Answer(time) => {
                write!(f, "an answer within {} ms is not from 1 to 1000 ms", time.millis())
            }
            Self::Lease { needs, allowed } => write!(
                f,
                "a contact opens {} ms after its last kick, and {} ms are allowed: use a faster \
                 line or fewer channels",
                needs.millis(),
                allowed.millis()
            ),
        }
    }
}

impl core::error::Error for PlateError {}

impl Plate {
    /// What its dialect builds on and nobody has seen at the hardware.
    pub fn unverified(&self) -> Vec<Unverified> {
        of_plate(UNVERIFIED, self)
    }

    /// Whether a board can be what this plate says.
    pub(super) fn validate(&self) -> Result<(), PlateError> {
        if !(1..=ADDRESS_MAX).contains(&self.address) {
            return Err(PlateError::Address(self.address));
        }
        if !(1_200..=256_000).contains(&self.baud) {
            return Err(PlateError::Baud(self.baud));
        }
        if self.channels == Channels::NONE && !self.inputs {
            return Err(PlateError::Unused);
        }
        if !(Nanos::from_millis(1)..=Nanos::from_secs(1)).contains(&self.answer_within) {
            return Err(PlateError::Answer(self.answer_within));
        }
        let (needs, allowed) = (self.span(), self.lease);
        if allowed < needs { Err(PlateError::Lease { needs, allowed }) } else { Ok(()) }
    }

    /// The time that one byte takes.
    pub fn byte(&self) -> Nanos {
        let second = Nanos::from_secs(BITS).get();
        Nanos::new(second.checked_div(u64::from(self.baud)).unwrap_or(second))
    }

    /// The time in which every channel is kicked, the inputs are asked for, and one Off is said.
    pub fn cycle(&self) -> Nanos {
        let exchanges = self.channels.count().saturating_add(1 + u64::from(self.inputs));
        self.exchange().times(exchanges)
    }

    /// For how long one kick closes: the least whole number of steps in which a lost kick does no
    /// harm.
    pub fn on_time(&self) -> Nanos {
        STEP.times(u64::from(self.steps()))
    }

    /// From handing over a kick to an open contact, if no other follows: the board may count one
    /// step more.
    pub fn span(&self) -> Nanos {
        self.bytes_time(FRAME_BYTES).plus(HOST).plus(self.on_time()).plus(STEP)
    }

    /// Inputs that were not heard of for longer are not known.
    pub fn silence(&self) -> Nanos {
        self.on_time()
    }

    /// From the decision to open `count` channels to the last byte of the last Off, if every Off is
    /// answered: an exchange that goes on, or the silence after one that was lost, comes before.
    pub fn off_within(&self, count: u8) -> Nanos {
        let before = self.exchange().plus(self.answer_time());
        before.plus(self.exchange().times(u64::from(count))).plus(HOST)
    }

    /// From an input that opens to the last byte of the Off of the last channel, if every answer comes:
    /// the next question waits for its turn behind a kick of every channel, and then every channel is
    /// told. `None` if no input is wired. The relay's own time comes on top.
    pub fn door_within(&self) -> Option<Nanos> {
        let all = self.exchange().times(self.channels.count());
        let asked = INPUTS_EVERY.max(self.exchange()).plus(all);
        self.inputs.then(|| asked.plus(self.exchange()).plus(all).plus(HOST))
    }

    /// One question and its answer, at worst.
    pub fn exchange(&self) -> Nanos {
        self.bytes_time(FRAME_BYTES).plus(self.answer_time()).plus(self.gap())
    }

    /// From the last byte of a question to the last byte of its answer, at worst.
    pub(super) fn answer_time(&self) -> Nanos {
        self.answer_within.plus(self.bytes_time(FRAME_BYTES)).plus(HOST)
    }

    /// The silence that tells two frames apart.
    pub(super) fn gap(&self) -> Nanos {
        silence(self.baud)
    }

    pub(super) fn bytes_time(&self, count: usize) -> Nanos {
        self.byte().times(u64::try_from(count).unwrap_or(u64::MAX))
    }

    /// The on-time in steps.
    pub(super) fn steps(&self) -> u16 {
        let least = self.cycle().times(2).plus(MARGIN);
        u16::try_from(least.get().div_ceil(STEP.get())).unwrap_or(u16::MAX)
    }
}
