//! Holds what was asked of the patient and of others against what a magnetic field forbids.

use crate::{
    ceiling,
    decision::Limit,
    limits::Raw,
    prescription::Screening,
    question::{Decisions, Question},
    site::FieldGroup,
};

/// Judges the answers (PEM-05). Metal that is said to be in head or neck forbids a field there, and
/// warns of one elsewhere.
pub(crate) fn screen(decisions: &mut Decisions, screening: &Screening, group: FieldGroup) {
    let absolute = [
        (Limit::Implant, screening.implant),
        (Limit::Pregnancy, screening.pregnancy),
        (Limit::Epilepsy, screening.epilepsy),
        (Limit::BystanderImplant, screening.bystander_implant),
    ];
    for (limit, given) in absolute {
        decisions.settle(Question::new(limit, given.count()).ceiling(0));
    }
    let metal = Question::new(Limit::Metal, screening.metal.count());
    decisions.settle(match group {
        FieldGroup::HeadNeck => metal.ceiling(0),
        FieldGroup::TrunkLimb => metal.soft(0),
    });
    let age = Question::new(Limit::ScreeningAge, screening.age_days.map(Raw::raw));
    decisions.settle(age.ceiling(ceiling::SCREENING_DAYS.raw()));
}
