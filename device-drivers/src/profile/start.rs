//! Whether a unit of a profile may be started at all.

use alloc::{format, string::String, vec::Vec};
use core::fmt;

use crate::Unverified;

use super::{Command, Echo, Lease, Profile, ReadBack, Source, Wire};

/// Why a unit may be looked at and not started, whoever signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing tells what it emits, and no relay is in its supply.
    Blind,
    /// It cannot be stopped within a run, and no relay is in its supply.
    Unstoppable,
    /// Nothing throws a broken line away, and no relay is in its supply.
    Uncancelled,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blind => f.write_str("its output is not read back: put a relay into its supply"),
            Self::Unstoppable => {
                f.write_str("it does not stop within a run: put a relay into its supply")
            }
            Self::Uncancelled => {
                f.write_str("a broken line cannot be cancelled: put a relay into its supply")
            }
        }
    }
}

impl Source {
    /// Whether the maker says so.
    pub const fn is_proven(self) -> bool {
        match self {
            Self::Vendor | Self::VendorSoftware => true,
            Self::ThirdParty | Self::Measured | Self::Unknown => false,
        }
    }

    /// As the file of a profile names it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::VendorSoftware => "vendor-software",
            Self::ThirdParty => "third-party",
            Self::Measured => "measured",
            Self::Unknown => "unknown",
        }
    }
}

impl Profile {
    /// Why a unit of this profile may not be started, whoever signs; empty if it may. `relay`: one
    /// is in its supply, which opens without our heartbeat.
    pub fn reasons(&self, relay: bool) -> Vec<Reason> {
        if relay {
            return Vec::new();
        }
        let Self { read_back, chunk, .. } = self;
        let uncancelled = match &self.wire {
            Wire::Lines(lines) => lines.echo == Echo::Character && lines.cancel.is_empty(),
            Wire::Registers(_) => false,
        };
        let found = [
            (*read_back == ReadBack::None, Reason::Blind),
            (chunk.is_some(), Reason::Unstoppable),
            (uncancelled, Reason::Uncancelled),
        ];
        found.into_iter().filter(|(is, _)| *is).map(|(_, reason)| reason).collect()
    }

    /// What the maker does not say of a unit that is this variant: each section by its path, and the
    /// name of a variant that other models answer to as well.
    pub fn unverified(&self, variant: &str) -> Vec<Unverified> {
        let open = self.sources().into_iter().filter(|(_, source)| !source.is_proven());
        let open = open.map(|(path, source)| Unverified {
            id: path.into(),
            says: "The maker does not say so.".into(),
            source: source.word().into(),
        });
        let ambiguous = self.variants.iter().filter(|own| own.name == variant && own.ambiguous);
        let ambiguous = ambiguous.map(|own| Unverified {
            id: own.name.clone().into(),
            says: "Other models say the same of themselves.".into(),
            source: own.source.word().into(),
        });
        open.chain(ambiguous).collect()
    }

    /// Every fact that somebody has to vouch for, by its path.
    fn sources(&self) -> Vec<(String, Source)> {
        let mut all = Vec::from([("link".into(), self.link.source)]);
        all.push(match &self.wire {
            Wire::Lines(lines) => ("framing".into(), lines.source),
            Wire::Registers(registers) => ("framing".into(), registers.source),
        });
        all.push((
            "lease".into(),
            match self.lease {
                Lease::Watchdog(_, source)
                | Lease::Preset(_, source)
                | Lease::Chunk(_, source)
                | Lease::Relay(_, source) => source,
            },
        ));
        all.extend(self.commands().map(|(path, command)| (path, command.source)));
        let variants = self.variants.iter().enumerate();
        all.extend(variants.map(|(at, own)| (format!("variant[{at}]"), own.source)));
        all
    }

    /// Everything that is said, by its path.
    pub(super) fn commands(&self) -> impl Iterator<Item = (String, &Command)> {
        let lists = [
            ("init", &self.init),
            ("off", &self.off),
            ("tell", &self.tell),
            ("enable", &self.enable),
            ("fire", &self.fire),
        ];
        let lists = lists.into_iter().flat_map(|(name, list)| {
            list.iter().enumerate().map(move |(at, command)| (format!("{name}[{at}]"), command))
        });
        let introduction = self.introduction.iter().enumerate();
        let introduction =
            introduction.map(|(at, ask)| (format!("introduction[{at}]"), &ask.command));
        let polls = self.polls.iter().enumerate();
        let polls = polls.map(|(at, ask)| (format!("poll[{at}]"), &ask.command));
        let chunk = self.chunk.iter().map(|chunk| (String::from("chunk"), &chunk.command));
        lists.chain(introduction).chain(polls).chain(chunk)
    }
}
