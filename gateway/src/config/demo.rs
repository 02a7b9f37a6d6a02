//! The files of the repository inside the program, so that the demonstration needs no folder.

use super::files::Memory;

impl Memory {
    /// The shipped configuration of units that speak open-link: what a clinic begins with.
    pub fn shipped() -> Self {
        let mut files = Self::default();
        for (path, text) in SHIPPED {
            files.put(path, text);
        }
        files
    }

    /// The whole shipped configuration, with units of other makers, the board in their
    /// interlocks and the profiles of families: what the demonstration runs.
    pub fn whole() -> Self {
        let mut files = Self::shipped();
        for (path, text) in FOREIGN.into_iter().chain(FAMILIES) {
            files.put(path, text);
        }
        files
    }
}

/// Every file that is read for units of ours, by its path in the folder.
const SHIPPED: [(&str, &str); 7] = [
    ("gateway.toml", include_str!("../../../config/gateway.toml")),
    ("rooms.toml", include_str!("../../../config/rooms.toml")),
    ("limits.toml", include_str!("../../../config/limits.toml")),
    ("units/laser-a.toml", include_str!("../../../config/units/laser-a.toml")),
    ("units/laser-b.toml", include_str!("../../../config/units/laser-b.toml")),
    ("units/pemf-a.toml", include_str!("../../../config/units/pemf-a.toml")),
    ("units/pemf-b.toml", include_str!("../../../config/units/pemf-b.toml")),
];

/// What comes with units of other makers.
const FOREIGN: [(&str, &str); 5] = [
    ("boards/board-1.toml", include_str!("../../../config/boards/board-1.toml")),
    ("units/arroyo-a.toml", include_str!("../../../config/units/arroyo-a.toml")),
    ("units/magstim-a.toml", include_str!("../../../config/units/magstim-a.toml")),
    ("units/magventure-a.toml", include_str!("../../../config/units/magventure-a.toml")),
    ("units/maiman-a.toml", include_str!("../../../config/units/maiman-a.toml")),
];

/// The profiles of unit families.
const FAMILIES: [(&str, &str); 9] = [
    ("profiles/cobolt.toml", include_str!("../../../config/profiles/cobolt.toml")),
    ("profiles/danfysik-8500.toml", include_str!("../../../config/profiles/danfysik-8500.toml")),
    ("profiles/freepemf.toml", include_str!("../../../config/profiles/freepemf.toml")),
    ("profiles/ipg-ylr.toml", include_str!("../../../config/profiles/ipg-ylr.toml")),
    ("profiles/kepco-bop.toml", include_str!("../../../config/profiles/kepco-bop.toml")),
    ("profiles/maiman-modbus.toml", include_str!("../../../config/profiles/maiman-modbus.toml")),
    ("profiles/obis.toml", include_str!("../../../config/profiles/obis.toml")),
    ("profiles/ostech.toml", include_str!("../../../config/profiles/ostech.toml")),
    ("profiles/riden-rd60xx.toml", include_str!("../../../config/profiles/riden-rd60xx.toml")),
];
