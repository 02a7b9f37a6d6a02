//! Brings what is asked down to the steps in which a unit can be set (COM-09).

use crate::{
    ceiling::QUANTISATION,
    decision::Limit,
    question::{Decisions, Question},
    root::quotient_up,
};

/// `asked` rounded down to a multiple of `step`. More than 1 % off is refused, and so is an unknown
/// step.
pub(crate) fn quantise(
    decisions: &mut Decisions,
    limit: Limit,
    asked: u64,
    step: Option<u64>,
) -> Option<u64> {
    let rest = step.and_then(|step| asked.checked_rem(step));
    quantise_to(decisions, limit, asked, rest.map(|rest| asked.saturating_sub(rest)))
}

/// `exact`, which is what a unit does when `asked` is asked of it, and never more. More than 1 % off
/// is refused, and so is what the unit cannot do at all.
pub(crate) fn quantise_to(
    decisions: &mut Decisions,
    limit: Limit,
    asked: u64,
    exact: Option<u64>,
) -> Option<u64> {
    let rest = exact.and_then(|exact| asked.checked_sub(exact));
    let off = rest.map(|rest| if rest == 0 { 0 } else { quotient_up(&[rest, 1_000], &[asked]) });
    decisions.settle(Question::new(limit, off).ceiling(u64::from(QUANTISATION)));
    exact
}

/// A count in the width of most quantities.
pub(crate) fn narrow(count: Option<u64>) -> Option<u32> {
    count.and_then(|count| u32::try_from(count).ok())
}
