//! What ends the emission of a unit when nobody speaks to it any more.

use toml::Spanned;

use super::table::Table;

/// What ends the emission of a unit when nobody speaks to it any more. A unit that has none of these
/// is not started by a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lease {
    /// The unit's own watchdog: it hears nothing and turns itself off.
    Watchdog,
    /// A time that is programmed into the unit before it emits.
    Preset,
    /// Each command emits for no longer.
    Chunk,
    /// A relay in the unit's interlock that opens when it is not kicked.
    Relay,
}

impl Lease {
    /// Every kind, as a profile names it.
    const WORDS: [(&'static str, Self); 4] = [
        ("watchdog", Self::Watchdog),
        ("preset", Self::Preset),
        ("chunk", Self::Chunk),
        ("relay", Self::Relay),
    ];

    /// As a profile names it.
    pub fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(_, lease)| *lease == self);
        found.map_or("", |(word, _)| word)
    }
}

/// Reads `lease_by`.
pub(super) fn read(root: &Table<'_>) -> Option<Spanned<Lease>> {
    root.word("lease_by", &Lease::WORDS)
}
