//! What a hand at the unit can move: key, footswitch, door, e-stop, applicator.

use std::str::FromStr;

use crate::state::StopCause;

/// Something at the unit that a person, a door or a relay moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// The key switch; `true` is on.
    Key,
    /// The footswitch of a laser; `true` is pressed (LAS-06).
    Footswitch,
    /// The remote interlock, that is, a door contact or a relay; `true` is closed (LAS-21).
    Interlock,
    /// The e-stop; `true` is pressed, and it stays so until it is turned (LAS-08).
    EStop,
    /// The applicator; `true` is attached (PEM-07).
    Applicator,
}

impl Button {
    /// Every button and the word that a person types for it.
    pub const NAMES: [(&str, Self); 6] = [
        ("key", Self::Key),
        ("footswitch", Self::Footswitch),
        ("interlock", Self::Interlock),
        ("door", Self::Interlock),
        ("e-stop", Self::EStop),
        ("applicator", Self::Applicator),
    ];
}

impl FromStr for Button {
    type Err = String;

    /// Gives back the text if it is no button.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::NAMES.iter().find(|(name, _)| *name == text);
        known.map(|(_, button)| *button).ok_or_else(|| text.to_owned())
    }
}

/// Where everything at the unit stands. It outlives a reboot: contacts are not memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contacts {
    pub(crate) key: bool,
    pub(crate) footswitch: bool,
    pub(crate) interlock: bool,
    pub(crate) e_stop_released: bool,
    pub(crate) applicator: bool,
}

impl Contacts {
    /// As a unit stands in a room where nobody touches it: ready, footswitch released.
    pub(crate) const REST: Self = Self {
        key: true,
        footswitch: false,
        interlock: true,
        e_stop_released: true,
        applicator: true,
    };

    pub(crate) fn press(&mut self, button: Button, on: bool) {
        match button {
            Button::Key => self.key = on,
            Button::Footswitch => self.footswitch = on,
            Button::Interlock => self.interlock = on,
            Button::EStop => self.e_stop_released = !on,
            Button::Applicator => self.applicator = on,
        }
    }

    /// Whether current can reach the output at all; this chain is wire, no controller is asked.
    pub(crate) fn chain_closed(self) -> bool {
        self.key && self.interlock && self.e_stop_released && self.applicator
    }

    /// Why the chain is open, most urgent first.
    pub(crate) fn opened(self) -> Option<StopCause> {
        let chain = [
            (self.e_stop_released, StopCause::EStop),
            (self.interlock, StopCause::Interlock),
            (self.key, StopCause::Key),
            (self.applicator, StopCause::Applicator),
        ];
        chain.into_iter().find(|(closed, _)| !closed).map(|(_, cause)| cause)
    }

    /// The byte in Status.
    pub(crate) fn bits(self) -> u8 {
        let bits =
            [self.key, self.footswitch, self.interlock, self.e_stop_released, self.applicator];
        bits.into_iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(bit))
    }

    /// The blockers that contacts raise.
    pub(crate) fn blockers(self) -> u16 {
        let open = [!self.key, !self.e_stop_released, !self.interlock, !self.applicator];
        open.into_iter().rev().fold(0, |bits, bit| bits << 1 | u16::from(bit))
    }
}
