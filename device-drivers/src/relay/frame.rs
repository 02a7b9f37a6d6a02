//! The words of a board. Anything but the one answer that fits is wrong, a refusal too.

use alloc::vec::Vec;

use crate::rtu::{Reply, Request, Window};

/// The registers that close for a time, one per channel. Those that open begin at zero.
const KICK: u16 = 0x0200;
/// Every output, and every input.
const ALL: Window = Window { first: 0, count: 8 };

/// Everything that is ever said to a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Close this channel for the on-time.
    Kick(u8),
    /// Open this channel.
    Off(u8),
    /// Which outputs are on?
    Outputs,
    /// Which inputs are closed?
    Inputs,
}

/// What some bytes are as the answer to a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Too little to tell.
    More,
    /// Not the answer.
    Wrong,
    /// The word was taken.
    Echo,
    /// Eight bits, the lowest of channel 0.
    Bits(u8),
}

impl Word {
    /// The frame that says it, to a board that closes for so many `steps` of 100 ms. Empty if no
    /// board has this address.
    pub(super) fn encode(self, address: u8, steps: u16) -> Vec<u8> {
        self.request(steps).encode(address).unwrap_or_default()
    }

    /// What `bytes` are as the answer to it.
    pub(super) fn decode(self, address: u8, steps: u16, bytes: &[u8]) -> Reading {
        match (self.request(steps).reply(address, bytes), self) {
            (Reply::More, _) => Reading::More,
            (Reply::Refused(..) | Reply::Bad(_), _) => Reading::Wrong,
            (Reply::Answer(..), Self::Kick(_) | Self::Off(_)) => Reading::Echo,
            (Reply::Answer(_, read), Self::Outputs | Self::Inputs) => {
                let bits = (0..ALL.count).rev().map(|place| read.bit(place).unwrap_or(false));
                Reading::Bits(bits.fold(0, |byte, bit| (byte << 1) | u8::from(bit)))
            }
        }
    }

    fn request(self, steps: u16) -> Request<'static> {
        match self {
            Self::Kick(channel) => {
                Request::WriteCoilWord(KICK.saturating_add(channel.into()), steps)
            }
            Self::Off(channel) => Request::WriteCoil(channel.into(), false),
            Self::Outputs => Request::ReadCoils(ALL),
            Self::Inputs => Request::ReadInputs(ALL),
        }
    }
}
