//! The files of the repository inside the program, so that the demonstration needs no folder.

use super::files::Memory;

impl Memory {
    /// The shipped configuration.
    pub fn shipped() -> Self {
        let mut files = Self::default();
        for (path, text) in SHIPPED {
            files.put(path, text);
        }
        files
    }
}

/// Every file that is read, by its path in the folder.
const SHIPPED: [(&str, &str); 7] = [
    ("gateway.toml", include_str!("../../../config/gateway.toml")),
    ("rooms.toml", include_str!("../../../config/rooms.toml")),
    ("limits.toml", include_str!("../../../config/limits.toml")),
    ("units/laser-a.toml", include_str!("../../../config/units/laser-a.toml")),
    ("units/laser-b.toml", include_str!("../../../config/units/laser-b.toml")),
    ("units/pemf-a.toml", include_str!("../../../config/units/pemf-a.toml")),
    ("units/pemf-b.toml", include_str!("../../../config/units/pemf-b.toml")),
];
