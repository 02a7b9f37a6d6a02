//! One refusal on its way to the caller: a detail of a status, or a message on a stream.

use std::{collections::HashMap, time::Duration};

use clinic::{Refused, SessionId};
use proto::{Any, ERROR_DOMAIN, Message, v1, v1::RefusalReason as Reason};
use tonic::Status;
use tonic_types::{ErrorDetails, FieldViolation, PreconditionViolation, StatusExt};

use super::refusal::{self, Wording};
use crate::inbox::Unheard;

/// Bytes of violations that fit into the trailers of a status, of which clients take 16 KiB; what is
/// beyond is counted.
const VIOLATIONS_MAX: usize = 6_000;
/// When a caller that found everything full asks again.
const RETRY: Duration = Duration::from_millis(200);

/// Why an ask changed nothing, with everything that its caller is told.
#[derive(Clone, Debug)]
pub(crate) struct Denial(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    reason: Reason,
    sentence: String,
    decisions: Vec<v1::Decision>,
    causes: Vec<v1::Cause>,
    facts: Vec<v1::UnverifiedFact>,
    epoch: Option<u64>,
    violations: Vec<FieldViolation>,
    metadata: HashMap<String, String>,
    /// The session that has to be reviewed first.
    session: Option<SessionId>,
}

impl Denial {
    pub(crate) fn new(reason: Reason, sentence: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            reason,
            sentence: sentence.into(),
            decisions: Vec::new(),
            causes: Vec::new(),
            facts: Vec::new(),
            epoch: None,
            violations: Vec::new(),
            metadata: HashMap::new(),
            session: None,
        }))
    }

    pub(crate) fn of(refused: &Refused) -> Self {
        let mut denial = Self::worded(refusal::of_clinic(refused));
        if let Refused::ReviewOpen(session) = refused {
            denial.0.session = Some(*session);
            denial = denial.with("sessionId", session);
        }
        denial
    }

    pub(crate) fn unheard(unheard: Unheard) -> Self {
        Self::worded(refusal::of_unheard(unheard))
    }

    /// The deadline of the caller has passed: nothing was asked of the core.
    pub(crate) fn late() -> Self {
        Self::new(
            Reason::Deadline,
            "The caller's deadline has passed; nothing was done. Allow more time.",
        )
    }

    /// A bound on what one caller may have under way is reached.
    pub(crate) fn crowded(what: &str) -> Self {
        Self::new(Reason::TooMany, format!("{what} Nothing was done; try again."))
    }

    /// A request with fields that cannot be. A status has a list for them; a message on a stream
    /// has only its sentence.
    pub(crate) fn malformed(reason: Reason, violations: Vec<FieldViolation>) -> Self {
        let first = violations.first().map_or_else(String::new, spell);
        let sentence = match violations.len() {
            1 => first,
            several => format!("{several} fields are wrong. The first: {first}"),
        };
        let mut denial = Self::new(reason, sentence);
        denial.0.violations = violations;
        denial
    }

    #[must_use]
    pub(crate) fn with_decisions(mut self, decisions: Vec<v1::Decision>) -> Self {
        self.0.decisions = decisions;
        self
    }

    #[must_use]
    pub(crate) fn with_causes(mut self, causes: Vec<v1::Cause>) -> Self {
        self.0.causes = causes;
        self
    }

    /// Adds what nobody signed for, and names each where people read it.
    #[must_use]
    pub(crate) fn with_facts(mut self, facts: Vec<v1::UnverifiedFact>) -> Self {
        if !facts.is_empty() {
            let named = |fact: &v1::UnverifiedFact| format!("{} ({})", fact.fact_id, fact.file);
            let list = facts.iter().map(named).collect::<Vec<_>>().join(", ");
            self.0.sentence = format!("{} Not signed: {list}.", self.0.sentence);
        }
        self.0.facts = facts;
        self
    }

    /// Adds which unit was meant, and its epoch if it was ever shown.
    #[must_use]
    pub(crate) fn with_unit(mut self, name: &str, epoch: Option<u64>) -> Self {
        self.0.metadata.insert("unitId".to_owned(), name.to_owned());
        if let Some(epoch) = epoch {
            self.0.metadata.insert("epoch".to_owned(), epoch.to_string());
        }
        self.0.epoch = epoch;
        self
    }

    #[must_use]
    pub(crate) fn with(mut self, key: &str, value: impl ToString) -> Self {
        self.0.metadata.insert(key.to_owned(), value.to_string());
        self
    }

    pub(crate) fn reason(&self) -> Reason {
        self.0.reason
    }

    /// As a message on a stream.
    pub(crate) fn into_refusal(self) -> v1::Refusal {
        let Parts {
            reason,
            mut sentence,
            decisions,
            causes,
            facts,
            epoch,
            violations,
            session,
            metadata: _,
        } = *self.0;
        if violations.len() > 1 {
            sentence = violations.iter().map(spell).collect::<Vec<_>>().join(" ");
        }
        let cause_ids = causes.into_iter().map(|cause| cause.cause_id).collect();
        let fact_ids = facts.into_iter().map(|fact| fact.fact_id).collect();
        let session_id = session.map_or_else(String::new, |session| session.to_string());
        v1::Refusal {
            reason: reason.into(),
            sentence,
            decisions,
            cause_ids,
            epoch,
            fact_ids,
            session_id,
        }
    }

    /// As a status: `ErrorInfo` always, beside it what the reason calls for, and the refusal itself.
    pub(crate) fn into_status(self) -> Status {
        let parts = &*self.0;
        let mut details = ErrorDetails::new();
        details.set_error_info(parts.reason.error_reason(), ERROR_DOMAIN, parts.metadata.clone());
        if !parts.violations.is_empty() {
            details.set_bad_request(fitting(&parts.violations));
        }
        let blocks = preconditions(parts);
        if !blocks.is_empty() {
            details.set_precondition_failure(blocks);
        }
        if parts.reason == Reason::TooMany {
            details.set_retry_info(Some(RETRY));
        }
        let (code, sentence) = (refusal::code(parts.reason), parts.sentence.clone());
        let plain = Status::with_error_details(code, sentence.clone(), details);
        let refusal = v1::Refusal { sentence: sentence.clone(), ..self.into_refusal() };
        match tonic_types::Status::decode(plain.details()) {
            Ok(mut status) => {
                status
                    .details
                    .push(Any { type_url: REFUSAL_URL.to_owned(), value: refusal.encode_to_vec() });
                Status::with_details(code, sentence, status.encode_to_vec().into())
            }
            Err(_never) => plain,
        }
    }

    fn worded(wording: Wording) -> Self {
        Self::new(wording.reason, format!("{} {}", wording.why, wording.help))
    }
}

impl From<Denial> for Status {
    fn from(denial: Denial) -> Self {
        denial.into_status()
    }
}

fn spell(violation: &FieldViolation) -> String {
    format!("{}: {}", violation.field, violation.description)
}

/// As many violations as fit, and how many do not.
fn fitting(violations: &[FieldViolation]) -> Vec<FieldViolation> {
    let mut bytes = 0;
    let fits = |one: &&FieldViolation| {
        bytes += one.field.len() + one.description.len();
        bytes <= VIOLATIONS_MAX
    };
    let mut kept: Vec<_> = violations.iter().take_while(fits).cloned().collect();
    let beyond = violations.len().saturating_sub(kept.len());
    if beyond > 0 {
        kept.push(FieldViolation::new("", format!("And {beyond} more.")));
    }
    kept
}

/// One violation per latched cause or fact that nobody signed for, or one for the contact that is in
/// the way.
fn preconditions(parts: &Parts) -> Vec<PreconditionViolation> {
    let causes = parts.causes.iter().map(|cause| {
        PreconditionViolation::new(
            cause.kind().as_str_name(),
            cause.cause_id.clone(),
            cause.evidence.clone(),
        )
    });
    let facts = parts.facts.iter().map(|fact| {
        PreconditionViolation::new(
            parts.reason.error_reason(),
            fact.fact_id.clone(),
            fact.says.clone(),
        )
    });
    let mut found: Vec<_> = causes.chain(facts).collect();
    if found.is_empty() && refusal::code(parts.reason) == tonic::Code::FailedPrecondition {
        let subject = parts.metadata.get("unitId").cloned().unwrap_or_default();
        let kind = parts.reason.error_reason();
        found.push(PreconditionViolation::new(kind, subject, parts.sentence.clone()));
    }
    found
}

const REFUSAL_URL: &str = "type.googleapis.com/therapy.gateway.v1.Refusal";
