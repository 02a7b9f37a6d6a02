//! What nobody has seen at a unit.

use crate::unverified::{OfPlate, Unverified};

use super::plate::{Model, Plate};

pub(crate) const UNVERIFIED: &[OfPlate<Plate>] = &[
    (
        Unverified::new(
            "ready-charge",
            "*Ready* waits for a charge that falls as well as for one that rises, at 10 and 100 ms \
             per percent.",
            "TDb 086 and 087 of the maker, which do not say",
        ),
        |_| true,
    ),
    (
        Unverified::new(
            "kind-alone",
            "The unit behind this port is the one of this file: it proves its kind, and not which \
             one it is.",
            "TDb 086 and 087 of the maker",
        ),
        |plate| match &plate.model {
            Model::TwoHundred | Model::BiStim => true,
            Model::Rapid { unlock, .. } => unlock.is_none(),
        },
    ),
    (
        Unverified::new(
            "version-text",
            "The answer to `ND` is text, a zero and a check byte.",
            "PyPI magpy-tms",
        ),
        |plate| match plate.model {
            Model::TwoHundred | Model::BiStim => false,
            Model::Rapid { .. } => true,
        },
    ),
    (
        Unverified::new("single-mode", "A mode of `0` is that of single pulses.", "PyPI magpy-tms"),
        is_bistim,
    ),
    (
        Unverified::new(
            "bistim-coil-sensors",
            "The coil temperatures of a BiStim² are those of its first box.",
            "PyPI magpy-tms",
        ),
        |plate| plate.coil_sensor && is_bistim(plate),
    ),
];

fn is_bistim(plate: &Plate) -> bool {
    match plate.model {
        Model::BiStim => true,
        Model::TwoHundred | Model::Rapid { .. } => false,
    }
}
