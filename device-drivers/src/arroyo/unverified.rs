//! What nobody has seen at a unit.

use crate::unverified::{OfPlate, Unverified};

use super::plate::Plate;

const MANUAL: &str = "Computer Interfacing Manual of the maker";

pub(crate) const UNVERIFIED: &[OfPlate<Plate>] = &[
    (
        Unverified::new(
            "identity-text",
            "The answer to `*IDN?` is the same to the letter at every start.",
            MANUAL,
        ),
        |_| true,
    ),
    (
        Unverified::new(
            "thinking-time",
            "It begins each answer within `answer_ms`, also while its front panel is used.",
            "nobody",
        ),
        |_| true,
    ),
    (
        Unverified::new(
            "trips-always-on",
            "Trips that cannot be switched off do not show in `LAS:ENAB:OUTOFF?`.",
            MANUAL,
        ),
        |_| true,
    ),
    (
        Unverified::new(
            "answers-in-turn",
            "No answer comes two questions late: nothing in it says what it answers.",
            MANUAL,
        ),
        |_| true,
    ),
    (
        Unverified::new(
            "cooler-bits",
            "No bit of `TEC:COND?` beside 9 and 10 has to end emission.",
            MANUAL,
        ),
        |plate| plate.cooler,
    ),
];
