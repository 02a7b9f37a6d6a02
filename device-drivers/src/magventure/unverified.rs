//! What nobody has seen at a unit.

use crate::unverified::{OfPlate, Unverified};

use super::plate::{Plate, TrainReadBack};

const CLIENTS: &str = "nigelrogasch/MAGIC and xiangruili/MagventureTMS, which differ";

pub(crate) const UNVERIFIED: &[OfPlate<Plate>] = &[
    (
        Unverified::new(
            "trains-read-back",
            "`0B 00` is answered with the train as it is set.",
            "xiangruili/MagventureTMS",
        ),
        |plate| plate.trains == TrainReadBack::Read,
    ),
    (
        Unverified::new(
            "trains-as-told",
            "A train that was told is set: nothing reads it back.",
            CLIENTS,
        ),
        |plate| plate.trains == TrainReadBack::Unverified,
    ),
    (
        Unverified::new(
            "page-reported",
            "The page that it reports is the one that it is on.",
            CLIENTS,
        ),
        |_| true,
    ),
    (
        Unverified::new(
            "charge-time",
            "It is charged within `charge_ms` of being enabled: nothing says that it is.",
            "nobody",
        ),
        |_| true,
    ),
    (
        Unverified::new(
            "start-answered",
            "`04` is answered, by the train that runs or by its first pulse.",
            CLIENTS,
        ),
        |_| true,
    ),
    (
        Unverified::new(
            "recovery",
            "Between two trains it needs no longer than [capability] says.",
            "nobody: the maker publishes no figure",
        ),
        |_| true,
    ),
];
