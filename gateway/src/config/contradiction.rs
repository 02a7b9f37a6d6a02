//! Finds limits that cannot both hold, with the rules of `safety` itself (CFG-02, CFG-05).
//!
//! The core names the first contradiction. Here that value is taken out and the core is asked
//! again, until nothing is left to name. The ceilings are compiled into the core, which says of a
//! value only whether it is beyond; where a ceiling lies is found by asking, so that no copy of it
//! can go stale.

use safety::{
    Contradiction, Direction, Fault, FieldGroup, Group, Laser, LaserUnit, Limit, Limits, Nanos,
    Pemf, PemfUnit, Place, SourceId, Stimulator, StimulatorUnit, Tier,
};

use super::{
    book::{Book, Value},
    mistake::{Kind, Mistake, Page},
    scale::Scale,
    shape::PAIRS,
};
use crate::directory::Modality;

/// Notes every contradiction of the limits.
pub(super) fn find(page: &Page, book: &Book) {
    for modality in [Modality::Laser, Modality::Pemf, Modality::Stimulator] {
        let mut left = book.clone();
        // Each round takes one value out, so there are no more rounds than values.
        for _ in 0..book.0.len() {
            let Err(found) = validate(modality, &left) else { break };
            let beside = left.clone();
            let Some(value) = left.take(modality, &found) else { break };
            page.mistakes.push(describe(page, &beside, &value, found.fault));
        }
    }
}

/// The highest output that any site permits: above it a unit is of another kind (PEM-03).
pub(super) fn highest_ceiling(modality: Modality) -> u64 {
    let (place, limit) = match modality {
        Modality::Laser => (Place::Laser(Group::TrunkLimb), Limit::Power),
        Modality::Pemf => (Place::Field(FieldGroup::TrunkLimb), Limit::Flux),
        Modality::Stimulator => (Place::Field(FieldGroup::TrunkLimb), Limit::PulseRateHigh),
    };
    ceiling(&Value {
        modality,
        place,
        limit,
        tier: Tier::Library,
        count: u64::from(u32::MAX),
        scale: Scale::Times,
        source: SourceId::CEILING,
        name: String::new(),
        span: 0..0,
    })
}

fn validate(modality: Modality, book: &Book) -> Result<(), Contradiction> {
    let tail = Nanos::ZERO;
    match modality {
        Modality::Laser => {
            let limits =
                Limits::<Laser> { library: book.laser(), unit: LaserUnit::default(), tail };
            limits.validate()
        }
        Modality::Pemf => {
            let limits = Limits::<Pemf> { library: book.pemf(), unit: PemfUnit::default(), tail };
            limits.validate()
        }
        Modality::Stimulator => {
            let (library, unit) = (book.stimulator(), StimulatorUnit::default());
            Limits::<Stimulator> { library, unit, tail }.validate()
        }
    }
}

fn describe(page: &Page, book: &Book, value: &Value, fault: Fault) -> Mistake {
    let Value { name, scale, .. } = value;
    let shown = scale.show(value.count);
    let mistake = |what, fix| page.mistake(Kind::Contradiction, value.span.clone(), what, fix);
    match fault {
        Fault::BeyondCeiling => {
            let ceiling = scale.show(ceiling(value));
            let what = format!("`{name}` is {shown}, beyond the compiled ceiling of {ceiling}");
            let side = at_most_or_least(value.limit);
            mistake(what, format!("give {side} {ceiling}; no file raises a ceiling"))
        }
        Fault::SoftBeyondHard => {
            let hard = book.find(value.modality, value.place, value.limit, Tier::Library);
            let permits = hard.map_or_else(String::new, |hard| scale.show(hard.count));
            let what = format!("`{name}` is {shown}, beyond the hard limit of {permits}");
            let fix = format!("give {} {permits}", at_most_or_least(value.limit));
            let mistake = mistake(what, fix);
            match hard {
                Some(hard) => mistake.beside(hard.span.clone(), "the hard limit"),
                None => mistake,
            }
        }
        Fault::LowerAboveUpper => {
            let Some(upper) = upper_of(book, value) else {
                return mistake(format!("`{name}` is above its upper limit"), "lower it".into());
            };
            let (permits, other) = (upper.scale.show(upper.count), &upper.name);
            let what = format!("`{name}` asks for {shown} at least; `{other}` permits {permits}");
            mistake(what, format!("give at most {permits}"))
                .beside(upper.span.clone(), "the upper limit")
        }
        Fault::Zero => mistake(format!("`{name}` is zero"), "give at least 1".into()),
        Fault::Twice => mistake(format!("`{name}` is there twice"), "delete one".into()),
    }
}

/// The strictest value that the lower limit `value` is above.
fn upper_of<'a>(book: &'a Book, value: &Value) -> Option<&'a Value> {
    let (_, upper) = PAIRS.iter().find(|(lower, _)| *lower == value.limit)?;
    let tiers = [Tier::LibrarySoft, Tier::Library];
    let of = |tier| book.find(value.modality, value.place, *upper, tier);
    let beyond = |upper: &&Value| upper.count < value.count;
    tiers.into_iter().filter_map(of).filter(beyond).min_by_key(|upper| upper.count)
}

/// The last value on this side of the ceiling, between none at all and one that is beyond.
fn ceiling(value: &Value) -> u64 {
    let beyond = |count| {
        let book = Book(vec![Value { count, ..value.clone() }]);
        validate(value.modality, &book).is_err()
    };
    let upper = is_upper(value.limit);
    let most = value.scale.most().saturating_mul(value.scale.factor());
    let (mut inside, mut outside) = if upper { (0, value.count) } else { (most, value.count) };
    for _ in 0..u64::BITS {
        if inside.abs_diff(outside) <= 1 {
            break;
        }
        let middle = inside.midpoint(outside);
        if beyond(middle) { outside = middle } else { inside = middle }
    }
    inside
}

const fn is_upper(limit: Limit) -> bool {
    match limit.direction() {
        Direction::Upper | Direction::Member => true,
        Direction::Lower => false,
    }
}

const fn at_most_or_least(limit: Limit) -> &'static str {
    if is_upper(limit) { "at most" } else { "at least" }
}
