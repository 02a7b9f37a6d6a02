//! Reviews: who says that a patient may be treated again, and why.

use clinic::{Answer, Ask, RequestId};
use proto::v1::{self, RefusalReason as Reason, Role};

use super::{
    Control,
    admission::Caller,
    denial::Denial,
    ending, person,
    session_service::{lost, unread},
    sessions,
    violations::Violations,
    witness,
};
use crate::{audit::Deed, clock};

/// Ends the review of a session. Without TLS the role is what the caller claims.
///
/// # Errors
/// If the request is wrong, the role may not, or no such session waits.
pub(crate) async fn close(
    control: &Control,
    caller: &Caller,
    asked: &v1::ReviewRequest,
) -> Result<v1::ReviewResponse, Denial> {
    let mut violations = Violations::default();
    let id = violations.name("request_id", &asked.request_id, 36);
    violations.name("session_id", &asked.session_id, 64);
    let role = person::read(&mut violations, "reviewed_by", asked.reviewed_by.as_ref());
    violations.reason("reason", &asked.reason);
    violations.settle()?;
    let request = id.and_then(RequestId::new).ok_or_else(unread)?;
    let role = role.ok_or_else(unread)?;
    if !reviews(role) {
        let why = "The role claimed may not review a session; ask a clinician.";
        let denial = Denial::new(Reason::RoleNeeded, why);
        return Err(denial.with("role", person::name(role)));
    }
    let session = sessions::read(&asked.session_id);
    let session = session.ok_or_else(|| Denial::of(&clinic::Refused::UnknownReview))?;
    caller.waits()?;
    let deed = Deed { station: caller.station(), ..Deed::new(clock::now(), "command.review") };
    let actor = asked.reviewed_by.as_ref().map(witness::actor);
    let reason = Some(asked.reason.clone());
    control.keep(Deed { actor, reason, session: Some(session), ..deed }).await?;
    let findings = match control.inbox().call(Some(request), Ask::Review(session)).await {
        Ok(Answer::Reviewed(findings)) => findings,
        Ok(Answer::Refused(refused)) => return Err(Denial::of(&refused)),
        Ok(
            Answer::Checked(_)
            | Answer::Confirmed(..)
            | Answer::Accepted(_)
            | Answer::Released(_)
            | Answer::Stopped(..),
        ) => return Err(lost()),
        Err(unheard) => return Err(Denial::unheard(unheard)),
    };
    let role = person::name(role);
    tracing::info!(%session, role, "a session was reviewed, role as claimed");
    Ok(v1::ReviewResponse {
        session_id: session.to_string(),
        findings: findings.iter().map(|found| ending::finding(found).into()).collect(),
    })
}

/// Whether a person in this role may say that a patient may be treated again (DOS-12).
const fn reviews(role: Role) -> bool {
    match role {
        Role::Clinician => true,
        Role::Unspecified
        | Role::Viewer
        | Role::Operator
        | Role::LaserSafetyOfficer
        | Role::Service
        | Role::Admin => false,
    }
}
