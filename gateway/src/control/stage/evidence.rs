//! What a site owes before a real unit starts, as callers of the API are told it: signatures, and a
//! meter check.
//!
//! No real unit is served without TLS. The laser here is a simulated one that the core takes for real
//! and the API does not.

use std::sync::Arc;

use device_drivers::Unverified;
use jiff::{SignedDuration, Timestamp, civil::date};
use proto::v1::{
    self, MeterProof, RefusalReason as Reason, Role, meter_reading::Quantity, operate_request::Ask,
};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{
    LASER, PEMF, Stage,
    client::{Client, confirm, person},
    configure,
};
use crate::{
    clock,
    config::{Fact, ReadBack, Signature},
    control::sample,
};

/// A fact of the laser.
fn fact(id: &'static str, signed: bool) -> Fact {
    let signature = Signature {
        by: "E. Engineer".to_owned(),
        on: date(2026, 11, 20),
        how: "a meter beside it".to_owned(),
    };
    Fact {
        unverified: Unverified {
            id: id.into(),
            says: "It is so.".into(),
            source: "a document".into(),
        },
        file: Arc::from("units/laser-a.toml"),
        signature: signed.then_some(signature),
    }
}

/// The stage with a laser that is real, derives its output, and builds on these facts.
async fn real(facts: Vec<Fact>) -> Stage {
    let mut config = configure([0, 1]);
    let unit = config.units.first_mut().expect("the laser");
    (unit.real, unit.read_back, unit.facts) = (true, ReadBack::Derived, facts);
    Stage::of(config).await
}

/// Why the laser is not confirmed.
async fn refused(stage: &Stage) -> v1::Refusal {
    let mut client = Client::open(stage).await;
    let (confirm, epoch) = confirm(stage, LASER, sample::short()).await;
    client.fence.epoch = epoch;
    client.refused(Ask::Confirm(confirm)).await
}

fn time(at: Timestamp) -> Option<proto::Timestamp> {
    Some(proto::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() })
}

fn milliwatts(count: u32) -> Option<v1::MeterReading> {
    Some(v1::MeterReading { quantity: Some(Quantity::PowerMilliwatts(count)) })
}

/// A check of a minute ago.
fn check(id: &str, shown: u32) -> v1::AttestMeterCheckRequest {
    let at = clock::wall() - SignedDuration::from_secs(60);
    v1::AttestMeterCheckRequest {
        request_id: id.to_owned(),
        unit_id: LASER.to_owned(),
        told: milliwatts(1_500),
        shown: milliwatts(shown),
        measured_time: time(at),
        meter_serial: "PM-1".to_owned(),
        meter_calibration_due_time: time(at + SignedDuration::from_hours(24)),
        attested_by: Some(person("A. Operator", Role::Operator)),
    }
}

async fn attest(
    stage: &Stage,
    request: v1::AttestMeterCheckRequest,
) -> Result<v1::MeterCheck, Status> {
    let answer = stage.maintenance().await.attest_meter_check(request).await?;
    Ok(answer.into_inner().check.expect("a check"))
}

/// What nobody signed for is listed with the unit, and named in the refusal with what to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_signed_for_is_shown_and_refuses() {
    let stage = real(vec![fact("seen", true), fact("unseen", false)]).await;
    let request = v1::GetUnitRequest { unit_id: LASER.to_owned() };
    let shown = stage.units().await.get_unit(request).await.unwrap().into_inner().unit.unwrap();
    let [seen, unseen] = shown.unverified_facts.as_slice() else { panic!("{shown:#?}") };
    assert_eq!((&*seen.signed_by, &*seen.signed_how), ("E. Engineer", "a meter beside it"));
    assert_eq!(seen.signed_time.map(|time| time.seconds), Some(1_795_132_800), "2026-11-20");
    assert_eq!((&*unseen.fact_id, &*unseen.signed_by), ("unseen", ""));
    assert_eq!(unseen.signed_time, None);
    assert_eq!((&*unseen.says, &*unseen.source), ("It is so.", "a document"));
    assert_eq!(unseen.file, "units/laser-a.toml");
    assert_eq!(shown.output_reading(), v1::OutputReading::Derived);

    let refusal = refused(&stage).await;
    assert_eq!(refusal.reason(), Reason::Unverified);
    assert_eq!(refusal.fact_ids, ["unseen"]);
    let sentence = &refusal.sentence;
    assert!(sentence.contains("sign for each in [[sign_off]]"), "{sentence}");
    assert!(sentence.ends_with("Not signed: unseen (units/laser-a.toml)."), "{sentence}");
}

/// LAS-10: a unit without a sensor is confirmed after somebody measured it, and says what that is worth.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_meter_check_is_attested() {
    let stage = real(vec![fact("seen", true)]).await;
    let worth = |status: v1::UnitStatus| status.meter_check.unwrap();
    let before = worth(stage.status(LASER).await);
    assert!(before.needed && before.proof() == MeterProof::Never);
    assert!(!worth(stage.status(PEMF).await).needed, "it has a sensor");
    let refusal = refused(&stage).await;
    assert_eq!(refusal.reason(), Reason::MeterCheckDue);
    assert!(refusal.sentence.contains("therapy-gateway attest"), "{}", refusal.sentence);

    let own = check("check-1", 1_500);
    let passed = attest(&stage, own.clone()).await.unwrap();
    assert_eq!(passed.proof(), MeterProof::Passed);
    let age = passed.passed_age_milliseconds.unwrap();
    assert!((60_000..90_000).contains(&age), "from when it was measured: {age}");
    assert_eq!(worth(stage.status(LASER).await).proof(), MeterProof::Passed);
    let (client, _) = Client::confirmed(&stage).await;
    drop(client);

    assert_eq!(attest(&stage, own).await.unwrap().proof(), MeterProof::Passed, "told again");
    let other = attest(&stage, check("check-1", 1_499)).await.unwrap_err();
    super::serving::assert_refused(&other, Reason::RequestIdReused, Code::InvalidArgument);
}

/// One that disagrees is answered as such, and the unit is locked at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_meter_that_disagrees_locks_the_unit() {
    let stage = real(Vec::new()).await;
    attest(&stage, check("check-1", 1_500)).await.unwrap();
    let failed = attest(&stage, check("check-2", 1_501)).await.unwrap();
    assert_eq!(failed.proof(), MeterProof::Failed, "no calibration says that more may come out");
    assert_eq!(failed.passed_age_milliseconds, None);
    let status = stage.until(LASER, |status| !status.causes.is_empty()).await;
    assert_eq!(status.causes[0].kind(), v1::CauseKind::Deviation);
    assert_eq!(refused(&stage).await.reason(), Reason::MeterCheckDue);
}

/// Every wrong field is told, each with what it may be, and nothing was measured.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_check_is_told() {
    let stage = real(Vec::new()).await;
    let empty = v1::AttestMeterCheckRequest { unit_id: LASER.to_owned(), ..Default::default() };
    let status = attest(&stage, empty).await.unwrap_err();
    super::serving::assert_refused(&status, Reason::Malformed, Code::InvalidArgument);
    let told = status.get_details_bad_request().unwrap().field_violations;
    let fields: Vec<_> = told.iter().map(|one| one.field.as_str()).collect();
    let expected = [
        "request_id",
        "told",
        "shown",
        "measured_time",
        "meter_serial",
        "meter_calibration_due_time",
        "attested_by",
    ];
    assert_eq!(fields, expected);

    let now = clock::wall();
    let day = SignedDuration::from_hours(24);
    let own = || check("check-9", 1_500);
    let quantity = Some(v1::MeterReading { quantity: Some(Quantity::IntensityPermille(1_001)) });
    for (wrong, field, said) in [
        (
            v1::AttestMeterCheckRequest {
                measured_time: time(now + SignedDuration::from_secs(30)),
                ..own()
            },
            "measured_time",
            "in the future",
        ),
        (
            v1::AttestMeterCheckRequest { measured_time: time(now - day), ..own() },
            "measured_time",
            "24 hours ago or more",
        ),
        (
            v1::AttestMeterCheckRequest {
                meter_calibration_due_time: own().measured_time,
                ..own()
            },
            "meter_calibration_due_time",
            "the meter was overdue",
        ),
        (
            v1::AttestMeterCheckRequest { told: Some(v1::MeterReading::default()), ..own() },
            "told.quantity",
            "Is missing",
        ),
        (
            v1::AttestMeterCheckRequest { shown: quantity, ..own() },
            "shown.intensity_permille",
            "must be 0 to 1000 permille",
        ),
    ] {
        let status = attest(&stage, wrong).await.unwrap_err();
        let told = status.get_details_bad_request().unwrap().field_violations;
        let [one] = told.as_slice() else { panic!("{field}: {told:?}") };
        assert_eq!(one.field, field);
        assert!(one.description.contains(said), "{}", one.description);
    }
    let worth = stage.status(LASER).await.meter_check.unwrap();
    assert_eq!(worth.proof(), MeterProof::Never);
}

/// Who may not answer for a check, a level that the unit has not, and a unit that is not there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_proves_nothing_is_refused() {
    let stage = real(Vec::new()).await;
    let own = || check("check-9", 1_500);
    for role in [Role::Viewer, Role::Admin] {
        let own = v1::AttestMeterCheckRequest { attested_by: Some(person("V", role)), ..own() };
        let status = attest(&stage, own).await.unwrap_err();
        super::serving::assert_refused(&status, Reason::RoleNeeded, Code::PermissionDenied);
    }
    let beyond = v1::AttestMeterCheckRequest { told: milliwatts(30_000), ..own() };
    let status = attest(&stage, beyond).await.unwrap_err();
    super::serving::assert_refused(&status, Reason::NotMetered, Code::InvalidArgument);
    let nobody = v1::AttestMeterCheckRequest { unit_id: "laser-9".to_owned(), ..own() };
    let status = attest(&stage, nobody).await.unwrap_err();
    super::serving::assert_refused(&status, Reason::UnitUnknown, Code::NotFound);
    let worth = stage.status(LASER).await.meter_check.unwrap();
    assert_eq!(worth.proof(), MeterProof::Never);
}
