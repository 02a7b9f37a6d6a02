//! The kinds of requests, and which of them only ask.

use std::fmt;

/// Set in the kind of every reply.
pub(crate) const REPLY: u8 = 0x80;

/// What a host can want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Identify,
    Capabilities,
    Status,
    Do(Command),
}

/// What a host can have a unit do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Hold a setting.
    Set,
    /// Turn the warning indicator on or off.
    Warn,
    /// Begin the emission.
    Enable,
    /// Begin the lease anew.
    Renew,
    /// End everything. It needs nothing (COM-04).
    Off,
}

impl Kind {
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        match code {
            0x01 => Some(Self::Identify),
            0x02 => Some(Self::Capabilities),
            0x03 => Some(Self::Status),
            0x04 => Some(Self::Do(Command::Set)),
            0x05 => Some(Self::Do(Command::Warn)),
            0x06 => Some(Self::Do(Command::Enable)),
            0x07 => Some(Self::Do(Command::Renew)),
            0x08 => Some(Self::Do(Command::Off)),
            _ => None,
        }
    }
}

impl Command {
    /// Every command, in the order of its code.
    pub const ALL: [Self; 5] = [Self::Set, Self::Warn, Self::Enable, Self::Renew, Self::Off];

    /// The word that a person types.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Warn => "warn",
            Self::Enable => "enable",
            Self::Renew => "renew",
            Self::Off => "off",
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
