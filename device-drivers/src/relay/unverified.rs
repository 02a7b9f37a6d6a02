//! What nobody has seen at a board.

use crate::unverified::{OfPlate, Unverified};

use super::plate::Plate;

const WIKI: &str = "wiki of the maker, which does not say";

pub(crate) const UNVERIFIED: &[OfPlate<Plate>] = &[
    (
        Unverified::new(
            "close-begins-anew",
            "A second *close for a time* begins the time anew; if not, the contact opens once per \
             time, which its unit notices, and it locks.",
            WIKI,
        ),
        |_| true,
    ),
    (
        Unverified::new(
            "board-answer-time",
            "The board begins each answer within `answer_ms`.",
            "nobody",
        ),
        |_| true,
    ),
    (
        Unverified::new(
            "step-of-100-ms",
            "A contact is open at the latest one step of 100 ms after its time.",
            WIKI,
        ),
        |_| true,
    ),
];
