//! Reviews: a patient is kept from the next session until a clinician has judged the one before.

use clinic::{Past, PatientKey, Review, SessionId};
use proto::v1::{self, RefusalReason as Reason, operate_request::Ask};
use safety::Finding;
use tonic::Code;

use super::{
    LASER, Stage,
    client::{Client, confirm, person},
    serving::assert_refused,
};
use crate::control::sample;

/// The session before, of the patient of the samples.
fn past() -> Past {
    let sample = sample::laser().patient.unwrap();
    let review = Review {
        session: SessionId { run: 7, token: 3 },
        unit: None,
        patient: PatientKey::new(&sample.issuer, &sample.patient_id).unwrap(),
        findings: [Finding::CountsDiffer, Finding::Debt].into_iter().collect(),
    };
    Past { reviews: vec![review], ..Past::default() }
}

fn asked(request: &str) -> v1::ReviewRequest {
    v1::ReviewRequest {
        request_id: request.to_owned(),
        session_id: "7-3".to_owned(),
        reviewed_by: Some(person("C. Clinician", v1::Role::Clinician)),
        reason: "the skin was looked at and is well".to_owned(),
    }
}

/// DOS-12, JRN-08, API-02: what is found keeps the patient from the next session, the refusal
/// names the one before, a clinician with a reason ends it, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_patient_waits_for_the_review_of_a_clinician() {
    let stage = Stage::after(past()).await;
    let mut client = Client::open(&stage).await;
    let (confirm, epoch) = confirm(&stage, LASER, sample::short()).await;
    client.fence.epoch = epoch;
    let refusal = client.refused(Ask::Confirm(confirm)).await;
    assert_eq!((refusal.reason(), &*refusal.session_id), (Reason::ReviewOpen, "7-3"));

    let mut safety = stage.safety().await;
    let operator = Some(person("O. Operator", v1::Role::Operator));
    let low = v1::ReviewRequest { reviewed_by: operator, ..asked("review-1") };
    let status = safety.review(low).await.unwrap_err();
    assert_refused(&status, Reason::RoleNeeded, Code::PermissionDenied);
    let short = v1::ReviewRequest { reason: "fine".to_owned(), ..asked("review-2") };
    let status = safety.review(short).await.unwrap_err();
    assert_refused(&status, Reason::ReasonLength, Code::InvalidArgument);
    for other in ["7-4", "8-3", "7", "seven"] {
        let request = format!("review-of-{other}");
        let other = v1::ReviewRequest { session_id: other.to_owned(), ..asked(&request) };
        let status = safety.review(other).await.unwrap_err();
        assert_refused(&status, Reason::ReviewUnknown, Code::NotFound);
    }

    let answer = safety.review(asked("review-4")).await.unwrap().into_inner();
    assert_eq!(answer.session_id, "7-3");
    let found: Vec<_> = answer.findings().collect();
    assert_eq!(found, [v1::Finding::CountsDiffer, v1::Finding::Debt]);
    assert_eq!(safety.review(asked("review-4")).await.unwrap().into_inner(), answer, "again");
    let status = safety.review(asked("review-5")).await.unwrap_err();
    assert_refused(&status, Reason::ReviewUnknown, Code::NotFound);
    let (_client, _hash) = Client::confirmed(&stage).await;
}
