//! The dialects that a profile can name, and what each leaves open of its lines.

use toml::Spanned;

use super::{
    link::{Addressed, Open},
    table::Table,
};
use crate::directory::Modality;

/// A dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    OpenLink,
    Maiman,
    Arroyo,
    Magstim,
    MagVenture,
    /// Lines of text, as a profile has them.
    AsciiLine,
    /// Registers, as a profile has them.
    ModbusRtu,
}

impl Dialect {
    /// Every dialect, as a profile names it.
    const WORDS: [(&'static str, Self); 7] = [
        ("open-link", Self::OpenLink),
        ("maiman", Self::Maiman),
        ("arroyo", Self::Arroyo),
        ("magstim", Self::Magstim),
        ("magventure", Self::MagVenture),
        ("ascii-line", Self::AsciiLine),
        ("modbus-rtu", Self::ModbusRtu),
    ];

    /// As a profile names it.
    pub(super) fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(_, dialect)| *dialect == self);
        found.map_or("", |(word, _)| word)
    }

    /// What units of it emit.
    pub(super) const fn speaks(self, modality: Modality) -> bool {
        match self {
            Self::OpenLink => matches!(modality, Modality::Laser | Modality::Pemf),
            Self::Maiman | Self::Arroyo => matches!(modality, Modality::Laser),
            Self::Magstim | Self::MagVenture => matches!(modality, Modality::Stimulator),
            Self::AsciiLine | Self::ModbusRtu => !matches!(modality, Modality::Stimulator),
        }
    }

    /// What it leaves open of its lines (COM-12).
    pub(super) const fn lines(self) -> Open {
        match self {
            Self::OpenLink => Open { address: Addressed::Always, framing: false },
            Self::Maiman | Self::Arroyo | Self::Magstim | Self::MagVenture => {
                Open { address: Addressed::Never, framing: false }
            }
            Self::AsciiLine => Open { address: Addressed::Never, framing: true },
            Self::ModbusRtu => Open { address: Addressed::Perhaps, framing: true },
        }
    }

    /// Whether a profile describes its units.
    pub(super) const fn is_of_profiles(self) -> bool {
        match self {
            Self::AsciiLine | Self::ModbusRtu => true,
            Self::OpenLink | Self::Maiman | Self::Arroyo | Self::Magstim | Self::MagVenture => {
                false
            }
        }
    }

    /// Whether its units prove to know a key.
    pub(super) const fn is_keyed(self) -> bool {
        match self {
            Self::OpenLink => true,
            Self::Maiman
            | Self::Arroyo
            | Self::Magstim
            | Self::MagVenture
            | Self::AsciiLine
            | Self::ModbusRtu => false,
        }
    }
}

/// Reads `dialect`.
pub(super) fn read(root: &Table<'_>) -> Option<Spanned<Dialect>> {
    root.word("dialect", &Dialect::WORDS)
}
