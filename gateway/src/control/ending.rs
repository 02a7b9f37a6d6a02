//! How sessions end, and when they began to emit: read from the changes that the core tells.

use std::sync::Arc;

use clinic::{Change, SessionId, Summary, UnitId, What};
use proto::v1;
use safety::{End, Finding, Findings, Latched, Outcome, State};
use tokio::sync::broadcast::{self, error::RecvError};

use super::{
    Control, cause,
    clocks::Clocks,
    dose::{self, Round},
    sessions::Kept,
};

/// Follows the changes for as long as there is a herald.
pub(crate) async fn follow(control: Control, mut changes: broadcast::Receiver<Arc<Change>>) {
    loop {
        match changes.recv().await {
            Ok(change) => note(&control, &change),
            Err(RecvError::Lagged(_)) => catch_up(&control),
            Err(RecvError::Closed) => return,
        }
    }
}

fn note(control: &Control, change: &Change) {
    match &change.what {
        What::State { to: State::Emitting, .. } => {
            let kept = change.session.and_then(|session| control.sessions().find(session));
            if let Some(kept) = kept {
                kept.start(Clocks::read().wall_of(change.at));
            }
        }
        What::Ended(summary) => {
            let Some(session) = change.session else { return };
            let end = ended(control, change.unit, session, summary);
            control.sessions().end(session, end);
        }
        What::Latched(cause) => {
            let latched = Latched { cause: *cause, at: change.at };
            control.interrupted().latched(change.unit, latched, change.session);
        }
        What::Released(cause) => control.interrupted().released(change.unit, *cause),
        What::State {
            to:
                State::Offline
                | State::Standby
                | State::Ready
                | State::Warning
                | State::Paused
                | State::Stopping
                | State::Locked,
            ..
        }
        | What::Confirmed
        | What::Stopped
        | What::Proven(_)
        | What::Metered(_)
        | What::Reviewed(_)
        | What::Refused(_) => {}
    }
}

/// Some changes were missed here: whatever is no longer open has ended somehow.
fn catch_up(control: &Control) {
    for kept in control.sessions().open() {
        let shown = control.herald().shown(kept.unit);
        if shown.is_some_and(|shown| shown.session != Some(kept.id)) {
            control.sessions().end(kept.id, missed(control, &kept));
        }
    }
}

fn ended(control: &Control, unit: UnitId, id: SessionId, summary: &Summary) -> v1::SessionEnd {
    let clocks = Clocks::read();
    let kept = control.sessions().find(id);
    let of = kept.as_ref().map(|kept| &kept.prescription);
    let left = kept.as_ref().is_some_and(|kept| kept.was_left());
    let Summary { prescribed, charged, delivered, debt, end, outcome: result, uncertain, findings } =
        *summary;
    let debt = (!dose::is_none(debt)).then(|| dose::shown(debt, of, Round::Up));
    let permille = dose::permille(delivered, prescribed);
    v1::SessionEnd {
        summary: Some(v1::SessionSummary {
            session_id: id.to_string(),
            prescribed: Some(dose::shown(prescribed, of, Round::Up)),
            charged: Some(dose::shown(charged, of, Round::Up)),
            delivered: Some(dose::shown(delivered, of, Round::Down)),
            debt,
            remaining_time_milliseconds: 0,
            outcome: outcome(result).into(),
            uncertain,
            findings: findings.iter().map(|found| finding(found).into()).collect(),
        }),
        reason: reason(end, left).into(),
        cause_ids: causes_left(control, unit, end),
        delivered_permille: permille,
        started_time: kept.and_then(|kept| kept.started()),
        ended_time: Some(clocks.now()),
        sentence: sentence(end, result, permille, uncertain, findings),
    }
}

fn missed(control: &Control, kept: &Kept) -> v1::SessionEnd {
    let sentence = "The session is over; how it ended was missed here. The ledger has it.";
    v1::SessionEnd {
        summary: Some(v1::SessionSummary {
            session_id: kept.id.to_string(),
            uncertain: true,
            ..v1::SessionSummary::default()
        }),
        reason: v1::CauseKind::Unspecified.into(),
        cause_ids: cause_ids(control, kept.unit),
        started_time: kept.started(),
        sentence: sentence.to_owned(),
        ..v1::SessionEnd::default()
    }
}

fn causes_left(control: &Control, unit: UnitId, end: End) -> Vec<String> {
    match end {
        End::Alarm(_) => cause_ids(control, unit),
        End::Dose | End::Time | End::Stopped | End::Expired | End::PauseOver => Vec::new(),
    }
}

fn cause_ids(control: &Control, unit: UnitId) -> Vec<String> {
    let causes = control.causes(unit);
    causes.into_iter().map(|cause| cause.cause_id).collect()
}

const fn outcome(outcome: Outcome) -> v1::SessionOutcome {
    match outcome {
        Outcome::Complete => v1::SessionOutcome::Complete,
        Outcome::Partial => v1::SessionOutcome::Partial,
        Outcome::Under => v1::SessionOutcome::Under,
        Outcome::Aborted => v1::SessionOutcome::Aborted,
    }
}

/// What ended it. Whether somebody stopped it or its holder left, only the stream knows.
const fn reason(end: End, left: bool) -> v1::CauseKind {
    match end {
        End::Dose => v1::CauseKind::DoseReached,
        End::Time => v1::CauseKind::TimeReached,
        End::Stopped if left => v1::CauseKind::StreamEnded,
        End::Stopped => v1::CauseKind::Stop,
        End::Expired => v1::CauseKind::ConfirmationExpired,
        End::PauseOver => v1::CauseKind::PauseOver,
        End::Alarm(cause) => cause::kind(cause),
    }
}

/// What was found in the dose of a session.
pub(crate) const fn finding(finding: Finding) -> v1::Finding {
    match finding {
        Finding::CountsDiffer => v1::Finding::CountsDiffer,
        Finding::Unseen => v1::Finding::Unseen,
        Finding::Debt => v1::Finding::Debt,
    }
}

fn sentence(
    end: End,
    outcome: Outcome,
    permille: u32,
    uncertain: bool,
    findings: Findings,
) -> String {
    let why = match end {
        End::Dose => "The prescribed dose is charged",
        End::Time => "The time limit is reached",
        End::Stopped => "The session was stopped",
        End::Expired => "The confirmation ran out before a start",
        End::PauseOver => "The pause lasted too long",
        End::Alarm(cause) => cause::evidence(cause).trim_end_matches('.'),
    };
    let (whole, tenths) = (permille / 10, permille % 10);
    let next = match outcome {
        Outcome::Complete => "the session is complete.",
        Outcome::Partial => "the session is partial; nothing is topped up.",
        Outcome::Under => "the session does not count as a treatment.",
        Outcome::Aborted => "nothing was emitted.",
    };
    let doubt = if uncertain { " The dose is uncertain." } else { "" };
    let found: Vec<_> = findings.iter().map(told).collect();
    let review = match found.join(", and ").as_str() {
        "" => String::new(),
        found => format!(" A clinician reviews it before the patient's next session: {found}."),
    };
    format!("{why}; {whole}.{tenths} % was delivered and {next}{doubt}{review}")
}

/// A finding, for people.
pub(crate) const fn told(finding: Finding) -> &'static str {
    match finding {
        Finding::CountsDiffer => "what the unit measured and what it counted differ",
        Finding::Unseen => "too much of the charge is for time in which nobody heard of the unit",
        Finding::Debt => "more was charged than the hard limits had left",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word;

    /// An outcome has one word, wherever people read it.
    #[test]
    fn the_api_names_outcomes_by_the_words_of_telemetry() {
        for one in [Outcome::Complete, Outcome::Partial, Outcome::Under, Outcome::Aborted] {
            let name = outcome(one).as_str_name().to_lowercase();
            assert_eq!(name.strip_prefix("session_outcome_"), Some(word::outcome(one)));
        }
    }

    /// A person reads what was found, and only then that there is something to review.
    #[test]
    fn the_sentence_of_an_end_names_what_was_found() {
        let said = |findings: &[Finding]| {
            let findings = findings.iter().copied().collect();
            sentence(End::Dose, Outcome::Complete, 1_000, false, findings)
        };
        assert_eq!(
            said(&[]),
            "The prescribed dose is charged; 100.0 % was delivered and the session is complete."
        );
        for finding in Finding::ALL {
            let name = self::finding(*finding).as_str_name().to_lowercase();
            assert_eq!(name.strip_prefix("finding_"), Some(word::finding(*finding)));
            let said = said(&[*finding]);
            assert!(
                said.contains("A clinician reviews it") && said.contains(told(*finding)),
                "{said}"
            );
        }
        let all = said(Finding::ALL);
        assert!(Finding::ALL.iter().all(|one| all.contains(told(*one))), "{all}");
    }
}
