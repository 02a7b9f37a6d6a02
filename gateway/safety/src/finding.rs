//! What is found in the dose of a session that ended, for a person to judge before the patient is
//! treated again.

use crate::set::set;

set! {
    /// Something about the dose of a session that a person has to judge.
    Finding,
    /// What was found in one session. If there is anything, its patient waits for a review.
    Findings,
    /// What the unit measured and what it counted have come apart (DOS-11, JRN-08). The greater is
    /// charged.
    CountsDiffer = 1,
    /// Too much was charged by a bound, for time in which nobody heard of the unit (DOS-12).
    Unseen = 2,
    /// More was charged than the hard limits had left.
    Debt = 4,
}

/// By how much two figures of one dose may differ: by a share of it, or by an amount if that is
/// more.
///
/// The safety rules give both, and a share alone would let no short session pass: the readings of
/// ten joules may well be one joule off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// In thousandths of the dose.
    pub permille: u64,
    /// In picojoules, femtotesla-seconds or picopulses.
    pub least: u64,
}

impl Allowance {
    /// Whether a dose of `count` may be `off` by so much.
    pub(crate) fn admits(self, off: u64, count: u64) -> bool {
        let off_permille = u128::from(off).saturating_mul(1_000);
        let share = u128::from(count).saturating_mul(u128::from(self.permille));
        off <= self.least || off_permille <= share
    }
}
