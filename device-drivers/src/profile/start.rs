//! Whether a unit of a profile may be started at all.

use alloc::{format, string::String, vec::Vec};
use core::fmt;

use super::{Command, Echo, Lease, Profile, ReadBack, Source, Wire};

/// A person who looked at the unit and answers for what nobody else does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOff {
    /// Who.
    pub who: String,
    /// On which day.
    pub when: String,
}

/// Why a unit may be looked at and not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The maker does not say this, and nobody signed for it.
    Unproven(String),
    /// Other models say the same of themselves, and nobody signed that it is this one.
    Ambiguous(String),
    /// Nothing tells what it emits, and no relay is in its supply.
    Blind,
    /// It cannot be stopped within a run, and no relay is in its supply.
    Unstoppable,
    /// Nothing throws a broken line away, and no relay is in its supply.
    Uncancelled,
}

impl Reason {
    /// Whether something is missing that no signature stands for.
    pub const fn is_of_barriers(&self) -> bool {
        match self {
            Self::Unproven(_) | Self::Ambiguous(_) => false,
            Self::Blind | Self::Unstoppable | Self::Uncancelled => true,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unproven(path) => write!(f, "{path}: the maker does not say so: sign for it"),
            Self::Ambiguous(variant) => {
                write!(f, "{variant}: other models say the same of themselves: sign for it")
            }
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
}

impl Profile {
    /// Why a unit of this profile may not be started; empty if it may. `relay`: one is in its
    /// supply, which opens without our heartbeat.
    pub fn reasons(&self, variant: &str, signed: Option<&SignOff>, relay: bool) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if signed.is_none() {
            let open = self.sources().into_iter().filter(|(_, source)| !source.is_proven());
            reasons.extend(open.map(|(path, _)| Reason::Unproven(path)));
            let ambiguous = self.variants.iter().filter(|own| own.name == variant);
            let ambiguous = ambiguous.filter(|own| own.ambiguous);
            reasons.extend(ambiguous.map(|own| Reason::Ambiguous(own.name.clone())));
        }
        if !relay {
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
            reasons.extend(found.into_iter().filter(|(is, _)| *is).map(|(_, reason)| reason));
        }
        reasons
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
