//! Decisions as people and programs read them: numbers with units, and where each bound is written.

use proto::v1;
use safety::{Decision, Direction, Limit, SourceId, Tier, Verdict};

use super::limit::{self, Scale};
use crate::directory::{Source, Sources};

/// One decision of the core.
pub(crate) fn shown(sources: &Sources, decision: &Decision) -> v1::Decision {
    let source = sources.find(decision.source);
    let (requested, bound) = numbers(decision);
    v1::Decision {
        limit: limit::shown(decision.limit).into(),
        outcome: outcome(decision.verdict).into(),
        quantity: limit::scale(decision.measure()).quantity.into(),
        requested,
        bound,
        direction: direction(decision.direction()).into(),
        tier: tier(decision.tier).into(),
        source: source.map(place),
        binding: decision.binding,
        sentence: sentence(decision, requested, bound, source),
    }
}

/// A condition that the gateway itself decides, beside what the core decides.
pub(crate) fn condition(limit: v1::Limit, met: bool, sentence: &str) -> v1::Decision {
    let outcome = if met { v1::DecisionOutcome::Within } else { v1::DecisionOutcome::Refused };
    v1::Decision {
        limit: limit.into(),
        outcome: outcome.into(),
        quantity: v1::Quantity::None.into(),
        requested: None,
        bound: None,
        direction: v1::Direction::Condition.into(),
        tier: v1::Tier::Prescription.into(),
        source: None,
        binding: true,
        sentence: sentence.to_owned(),
    }
}

/// Both numbers in the unit of the API. They are rounded away from each other, so that what is
/// beyond its bound still is, and only as far as what is within still is.
fn numbers(decision: &Decision) -> (Option<i64>, Option<i64>) {
    let scale = limit::scale(decision.measure());
    let (requested, bound) = (decision.requested, decision.bound);
    let (requested, bound) = match decision.direction() {
        Direction::Upper => (requested.map(|n| up(scale, n)), bound.map(|n| down(scale, n))),
        Direction::Lower => (requested.map(|n| down(scale, n)), bound.map(|n| up(scale, n))),
        Direction::Member => (requested.map(|n| down(scale, n)), bound.map(|n| down(scale, n))),
    };
    if decision.verdict != Verdict::Within {
        return (requested, bound);
    }
    let kept = match (decision.direction(), requested, bound) {
        (Direction::Upper, Some(requested), Some(bound)) => Some(requested.min(bound)),
        (Direction::Lower, Some(requested), Some(bound)) => Some(requested.max(bound)),
        (Direction::Member, Some(requested), Some(_)) => Some(requested),
        (Direction::Upper | Direction::Lower | Direction::Member, requested, _) => requested,
    };
    (kept, bound)
}

fn up(scale: Scale, count: u64) -> i64 {
    fit(count.div_ceil(scale.per).saturating_mul(scale.times))
}

fn down(scale: Scale, count: u64) -> i64 {
    fit((count / scale.per).saturating_mul(scale.times))
}

fn fit(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// One sentence for people, with both values and who says so.
fn sentence(
    decision: &Decision,
    requested: Option<i64>,
    bound: Option<i64>,
    source: Option<&Source>,
) -> String {
    let scale = limit::scale(decision.measure());
    let name = decision.limit.name();
    let by = authority(decision, source);
    let (Some(requested), Some(bound)) = (requested, bound) else {
        let missing = match requested {
            None => "the value is not known",
            Some(_) => "no bound is known",
        };
        return format!("{name}: {missing} ({by}), and what is not known is refused.");
    };
    let asked = value(decision.limit, requested, scale);
    let bound = value(decision.limit, bound, scale);
    let side = match decision.direction() {
        Direction::Upper => "at most",
        Direction::Lower => "at least",
        Direction::Member => "exactly",
    };
    let end = match decision.verdict {
        Verdict::Within => "is met",
        Verdict::SoftExceeded => {
            "is exceeded; a clinician or the laser safety officer may override it with a reason"
        }
        Verdict::Overridden => "is exceeded, and overridden with a reason",
        Verdict::Refused => "is not met, and nobody can override it",
        Verdict::Missing => "cannot be compared, which refuses",
    };
    format!("{name}: {asked}; {side} {bound} by {by} {end}.")
}

fn value(limit: Limit, count: i64, scale: Scale) -> String {
    match count {
        i64::MAX if limit.direction() == Direction::Lower => "never".to_owned(),
        count => format!("{count} {}", scale.unit),
    }
}

/// Who sets the bound, in words.
fn authority(decision: &Decision, source: Option<&Source>) -> String {
    if let Some(Source { file, line, revision }) = source {
        let kind = match decision.tier {
            Tier::LibrarySoft => "soft limit",
            Tier::Library
            | Tier::Capability
            | Tier::Ceiling
            | Tier::Prescription
            | Tier::Remaining => "hard limit",
        };
        return format!("the {kind} of {file}:{line}, revision {revision},");
    }
    if decision.source == SourceId::SKIN_TYPE {
        return "the built-in table of skin types".to_owned();
    }
    let name = match decision.tier {
        Tier::Capability => "the capability of the unit",
        Tier::Ceiling => "the built-in ceiling",
        Tier::Library => "the limits library",
        Tier::Prescription => "the prescription itself",
        Tier::Remaining => "what earlier sessions left of the limit",
        Tier::LibrarySoft => "a soft limit",
    };
    name.to_owned()
}

fn place(source: &Source) -> v1::Source {
    v1::Source {
        file: source.file.to_string(),
        line: source.line,
        revision: source.revision.to_string(),
    }
}

const fn outcome(verdict: Verdict) -> v1::DecisionOutcome {
    match verdict {
        Verdict::Within => v1::DecisionOutcome::Within,
        Verdict::SoftExceeded => v1::DecisionOutcome::SoftExceeded,
        Verdict::Overridden => v1::DecisionOutcome::Overridden,
        Verdict::Refused => v1::DecisionOutcome::Refused,
        Verdict::Missing => v1::DecisionOutcome::Missing,
    }
}

const fn direction(direction: Direction) -> v1::Direction {
    match direction {
        Direction::Upper => v1::Direction::Upper,
        Direction::Lower => v1::Direction::Lower,
        Direction::Member => v1::Direction::Equal,
    }
}

const fn tier(tier: Tier) -> v1::Tier {
    match tier {
        Tier::Capability => v1::Tier::UnitCapability,
        Tier::Ceiling => v1::Tier::CompiledCeiling,
        Tier::Library => v1::Tier::LibraryHard,
        Tier::Prescription => v1::Tier::Prescription,
        Tier::Remaining => v1::Tier::RemainingBudget,
        Tier::LibrarySoft => v1::Tier::LibrarySoft,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn decided(limit: Limit, verdict: Verdict, requested: u64, bound: u64) -> Decision {
        Decision {
            limit,
            verdict,
            requested: Some(requested),
            bound: Some(bound),
            tier: Tier::Remaining,
            source: SourceId::REMAINING,
            binding: true,
        }
    }

    #[test]
    fn rounding_never_contradicts_the_verdict() {
        let cases = [
            (Limit::SiteEnergy, Verdict::Within, 1_400_000_000, 1_600_000_000, (1, 1)),
            (Limit::SiteEnergy, Verdict::Refused, 1_600_000_000, 1_400_000_000, (2, 1)),
            (Limit::SiteEnergy, Verdict::Within, 1_400_000_000, 9_000_000_000, (2, 9)),
            (Limit::SiteInterval, Verdict::Within, 1_600_000, 1_400_000, (2, 2)),
            (Limit::SiteInterval, Verdict::Refused, 1_400_000, 1_600_000, (1, 2)),
            (Limit::PatientEyewear, Verdict::Within, 52, 50, (520, 500)),
        ];
        for (limit, verdict, requested, bound, shown) in cases {
            let (requested, bound) = numbers(&decided(limit, verdict, requested, bound));
            assert_eq!((requested.unwrap(), bound.unwrap()), shown, "{limit:?} {verdict:?}");
        }
    }

    #[test]
    fn a_sentence_has_values_units_and_a_source() {
        let decision = decided(Limit::Power, Verdict::Refused, 12_000, 10_000);
        let shown = shown(&Sources::default(), &decision);
        assert_eq!(
            shown.sentence,
            "average power: 12000 mW; at most 10000 mW by what earlier sessions left of the limit \
             is not met, and nobody can override it."
        );
    }

    #[test]
    fn what_never_happened_fits_into_the_api() {
        let decision = decided(Limit::SiteInterval, Verdict::Within, u64::MAX, 1_000_000);
        let shown = shown(&Sources::default(), &decision);
        assert!(shown.requested.unwrap() > 1);
    }
}
