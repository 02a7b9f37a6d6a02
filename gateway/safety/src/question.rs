//! One value against all bounds of one limit, and the list of what was decided.
//!
//! The effective bound is the strictest of all that cannot be overridden. An unknown one is the
//! strictest of all (DOS-03). A value is judged and never changed.

use crate::{
    decision::{Decision, Direction, Limit, Overrides, SourceId, Tier, Verdict},
    limits::{Cell, Row, within},
};

/// One value and everything that bounds it.
#[derive(Clone, Copy)]
pub(crate) struct Question {
    limit: Limit,
    asked: Option<u64>,
    /// What hard limits must have room for: the value, and the tail where there is one.
    reserved: Option<u64>,
    candidates: [(Tier, Cell); CANDIDATES],
    /// A candidate found no place, so the question has no answer but no.
    crowded: bool,
}

impl Question {
    /// Whether `asked` may be. Without a candidate it may not.
    pub(crate) const fn new(limit: Limit, asked: Option<u64>) -> Self {
        Self {
            limit,
            asked,
            reserved: asked,
            candidates: [(Tier::Ceiling, Cell::Blank); CANDIDATES],
            crowded: false,
        }
    }

    /// Lets hard limits judge `reserved` in place of the value.
    pub(crate) const fn reserving(mut self, reserved: Option<u64>) -> Self {
        self.reserved = reserved;
        self
    }

    /// Bounds it by the unit.
    pub(crate) fn capability(self, bound: Option<u64>) -> Self {
        self.candidate(Tier::Capability, known(bound, SourceId::CAPABILITY))
    }

    /// Bounds it by a ceiling of this package.
    pub(crate) fn ceiling(self, bound: u64) -> Self {
        self.candidate(Tier::Ceiling, Cell::Known(bound, SourceId::CEILING))
    }

    /// Bounds it by the prescription.
    pub(crate) fn prescription(self, bound: Option<u64>) -> Self {
        self.candidate(Tier::Prescription, known(bound, SourceId::PRESCRIPTION))
    }

    /// Bounds it by the skin-type table of this package, which a person may override.
    pub(crate) fn skin(self, bound: u64) -> Self {
        self.candidate(Tier::LibrarySoft, Cell::Known(bound, SourceId::SKIN_TYPE))
    }

    /// Bounds it by the skin-type table of this package, which nobody may override.
    pub(crate) fn skin_ceiling(self, bound: u64) -> Self {
        self.candidate(Tier::Ceiling, Cell::Known(bound, SourceId::SKIN_TYPE))
    }

    /// Bounds it by a bound that a person may override, and that no table has.
    pub(crate) fn soft(self, bound: u64) -> Self {
        self.candidate(Tier::LibrarySoft, Cell::Known(bound, SourceId::CEILING))
    }

    /// Bounds it by the clinic's library and its ceiling.
    pub(crate) fn row(self, row: Row) -> Self {
        self.candidate(Tier::Ceiling, row.ceiling)
            .candidate(Tier::Library, row.hard)
            .candidate(Tier::LibrarySoft, row.soft)
    }

    /// Bounds it by the clinic's library, its ceiling, and by what `spent` left of both.
    pub(crate) fn left(self, row: Row, spent: Option<u64>) -> Self {
        let limit = self.limit;
        let left = |cell: Cell| match spent {
            Some(spent) => cell.map(|count| count.saturating_sub(spent)),
            None => Cell::Unknown,
        };
        let hard = left(strictest(limit.direction(), row.ceiling, row.hard));
        self.candidate(Tier::Ceiling, row.ceiling)
            .candidate(Tier::Library, row.hard)
            .candidate(Tier::Remaining, sourced(hard, SourceId::REMAINING))
            .candidate(Tier::LibrarySoft, left(row.soft))
    }

    fn candidate(mut self, tier: Tier, cell: Cell) -> Self {
        if cell == Cell::Blank {
            return self;
        }
        match self.candidates.iter_mut().find(|(_, cell)| *cell == Cell::Blank) {
            Some(free) => *free = (tier, cell),
            None => self.crowded = true,
        }
        self
    }

    /// Which candidate is the effective bound.
    fn binding(&self) -> Option<usize> {
        let mut found: Option<(usize, Cell)> = None;
        for (place, (tier, cell)) in self.candidates.iter().enumerate() {
            if *cell == Cell::Blank || *tier == Tier::LibrarySoft {
                continue;
            }
            let stricter =
                found.is_none_or(|(_, best)| stricter(self.limit.direction(), *cell, best));
            if stricter {
                found = Some((place, *cell));
            }
        }
        found.map(|(place, _)| place)
    }

    fn decision(&self, tier: Tier, cell: Cell, overrides: Overrides) -> Decision {
        let soft = tier == Tier::LibrarySoft;
        let requested = if soft { self.asked } else { self.reserved };
        let source = match cell {
            Cell::Known(_, source) => source,
            Cell::Blank | Cell::Unknown => unknown(tier),
        };
        let bound = cell.count();
        let verdict = match (requested, bound) {
            (Some(value), Some(bound)) if within(self.limit.direction(), value, bound) => {
                Verdict::Within
            }
            (Some(_), Some(_)) if !soft => Verdict::Refused,
            (Some(_), Some(_)) if overrides.holds(self.limit) => Verdict::Overridden,
            (Some(_), Some(_)) => Verdict::SoftExceeded,
            (None, _) | (_, None) => Verdict::Missing,
        };
        Decision { limit: self.limit, verdict, requested, bound, tier, source, binding: false }
    }
}

/// All decisions of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Decisions {
    list: [Decision; DECISIONS],
    count: usize,
    overrides: Overrides,
    permits: bool,
}

impl Decisions {
    /// None yet.
    pub(crate) const fn new(overrides: Overrides) -> Self {
        Self { list: [VACANT; DECISIONS], count: 0, overrides, permits: true }
    }

    /// Decides `question`. Returns the effective bound, if it is known.
    pub(crate) fn settle(&mut self, question: Question) -> Option<u64> {
        let binding = question.binding();
        let mut effective = None;
        let mut asked = false;
        for (place, (tier, cell)) in question.candidates.into_iter().enumerate() {
            if cell == Cell::Blank {
                continue;
            }
            asked = true;
            let mut decision = question.decision(tier, cell, self.overrides);
            if binding == Some(place) {
                decision.binding = true;
                effective = decision.bound;
            }
            self.push(decision);
        }
        if question.crowded || !asked {
            self.push(question.decision(Tier::Ceiling, Cell::Unknown, self.overrides));
        }
        effective
    }

    /// Whether every decision permits emission.
    pub(crate) const fn permits(&self) -> bool {
        self.permits
    }

    /// Whether every decision about `limits` is within its bound.
    pub(crate) fn is_within(&self, limits: &[Limit]) -> bool {
        let concerned = self.as_slice().iter().filter(|each| limits.contains(&each.limit));
        concerned.map(|each| each.verdict).all(|verdict| verdict == Verdict::Within)
    }

    /// The list.
    pub(crate) fn as_slice(&self) -> &[Decision] {
        self.list.get(..self.count).unwrap_or(&self.list)
    }

    fn push(&mut self, decision: Decision) {
        self.permits = self.permits && decision.verdict.permits();
        match self.list.get_mut(self.count) {
            Some(place) => {
                *place = decision;
                self.count = self.count.saturating_add(1);
            }
            None => self.permits = false,
        }
    }
}

/// Whether `cell` is stricter than `other`. What is unknown is the strictest.
fn stricter(direction: Direction, cell: Cell, other: Cell) -> bool {
    match (cell.count(), other.count()) {
        (None, Some(_)) => true,
        (_, None) => false,
        (Some(count), Some(other)) => count != other && within(direction, count, other),
    }
}

fn strictest(direction: Direction, one: Cell, other: Cell) -> Cell {
    match (one, other) {
        (Cell::Blank, cell) | (cell, Cell::Blank) => cell,
        (one, other) => {
            if stricter(direction, one, other) {
                one
            } else {
                other
            }
        }
    }
}

fn known(bound: Option<u64>, source: SourceId) -> Cell {
    match bound {
        Some(count) => Cell::Known(count, source),
        None => Cell::Unknown,
    }
}

fn sourced(cell: Cell, source: SourceId) -> Cell {
    match cell {
        Cell::Known(count, _) => Cell::Known(count, source),
        Cell::Blank | Cell::Unknown => cell,
    }
}

/// Where a bound that is not there would have come from.
const fn unknown(tier: Tier) -> SourceId {
    match tier {
        Tier::Capability => SourceId::CAPABILITY,
        Tier::Ceiling => SourceId::CEILING,
        Tier::Library | Tier::LibrarySoft => SourceId::LIBRARY,
        Tier::Prescription => SourceId::PRESCRIPTION,
        Tier::Remaining => SourceId::REMAINING,
    }
}

/// Room for the candidates of one limit: all six tiers, and a second soft bound.
const CANDIDATES: usize = 7;
/// Room for the decisions of one check.
const DECISIONS: usize = 112;
/// A place that no decision has taken.
const VACANT: Decision = Decision {
    limit: Limit::Power,
    verdict: Verdict::Missing,
    requested: None,
    bound: None,
    tier: Tier::Ceiling,
    source: SourceId::CEILING,
    binding: false,
};

#[cfg(test)]
mod tests {
    use super::*;

    /// A question that nothing bounds has no answer but no (DOS-03).
    #[test]
    fn what_nothing_bounds_is_refused() {
        let mut decisions = Decisions::new(Overrides::NONE);
        assert_eq!(decisions.settle(Question::new(Limit::Power, Some(0))), None);
        assert!(!decisions.permits());
        assert_eq!(decisions.as_slice().len(), 1);
    }

    /// A bound that found no place must not be forgotten.
    #[test]
    fn a_crowded_question_is_refused() {
        let full = (0..CANDIDATES)
            .fold(Question::new(Limit::Power, Some(0)), |question, _| question.ceiling(1));
        let mut decisions = Decisions::new(Overrides::NONE);
        decisions.settle(full);
        assert!(decisions.permits());
        decisions.settle(full.ceiling(1));
        assert!(!decisions.permits());
    }

    /// A decision that found no place must not be forgotten.
    #[test]
    fn a_full_list_refuses() {
        let mut decisions = Decisions::new(Overrides::NONE);
        for _ in 0..DECISIONS {
            decisions.settle(Question::new(Limit::Power, Some(0)).ceiling(1));
        }
        assert!(decisions.permits());
        decisions.settle(Question::new(Limit::Power, Some(0)).ceiling(1));
        assert!(!decisions.permits());
        assert_eq!(decisions.as_slice().len(), DECISIONS);
    }
}
