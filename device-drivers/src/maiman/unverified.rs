//! What nobody has seen at a driver.

use crate::unverified::{OfPlate, Unverified};

use super::plate::{Framing, Plate};

const MANUALS: &str = "manuals of SF6030 to SF8300, which do not say";
const MCBS: &str = "Maiman-MCBS, software of the maker";

pub(crate) const UNVERIFIED: &[OfPlate<Plate>] = &[
    (
        Unverified::new(
            "current-rounding",
            "A current is measured to one count: whether it is rounded or cut off, the upper edge \
             covers it.",
            MANUALS,
        ),
        |_| true,
    ),
    (
        Unverified::new(
            "text-line-quiet",
            "No digit of an answer flips on the line: the text form has no checksum, and what is \
             flipped is believed until the next answer.",
            MANUALS,
        ),
        |plate| !is_rtu(plate),
    ),
    (
        Unverified::new(
            "two-registers",
            "The driver answers a question for two registers, or refuses it and answers for one.",
            MCBS,
        ),
        is_rtu,
    ),
    (
        Unverified::new(
            "register-0002",
            "Register 0002, which no map names, is read as the second of the model.",
            MCBS,
        ),
        is_rtu,
    ),
    (
        Unverified::new(
            "rs485-parity",
            "A byte on RS-485 takes eleven bits at most: parity or a second stop bit, not both.",
            MCBS,
        ),
        is_rtu,
    ),
];

fn is_rtu(plate: &Plate) -> bool {
    match plate.framing {
        Framing::Text => false,
        Framing::Rtu { .. } => true,
    }
}
