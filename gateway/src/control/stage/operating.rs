//! Operators' streams, from confirm to the outcome, and every way in which one can end.

use std::time::Duration;

use proto::v1::{
    self, RefusalReason as Reason, operate_request::Ask, operate_response::Message,
    watch_session_response::Change,
};
use serde_json::Value;
use simulated_units::Button;

use super::{
    LASER, PEMF, Stage,
    client::{Client, confirm, operator, person},
};
use crate::control::sample;

/// API-01, API-06, SES-05, LAS-05: check, confirm, arm, hold, start, and the dose is reached.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_goes_from_check_to_its_outcome() {
    let stage = Stage::new().await;
    let (mut client, hash) = Client::confirmed(&stage).await;
    let watched = tokio::spawn(watch(stage.sessions().await, client.session.clone()));

    let other = Ask::Arm(v1::Arm { prescription_hash: vec![9; 32] });
    assert_eq!(client.refused(other).await.reason(), Reason::HashDiffers);
    emit(&stage, &mut client, hash).await;
    assert!(client.beacon.hold_remaining_milliseconds > 0);
    let end = client.outcome().await;

    let summary = end.summary.as_ref().unwrap();
    assert_eq!(end.reason(), v1::CauseKind::DoseReached, "{end:#?}");
    assert!(end.started_time.is_some() && end.ended_time.is_some());
    let charged = millijoules(summary.charged.as_ref());
    assert!(charged >= 2_000, "{charged} mJ charged of 2000");
    assert!(u128::from(charged) * 1_000_000_000 >= stage.meter(), "charged less than was emitted");
    let (changes, last) = watched.await.unwrap();
    assert!(changes > 3, "only {changes} changes were seen");
    assert_eq!(last, end);
    let status = stage.status(LASER).await;
    assert_eq!(status.session.unwrap().session_id, summary.session_id);
    assert!(!format!("{:?}", stage.control).contains("4711"), "names a patient");
}

/// AUD-01, AUD-03: who confirmed, armed, started and stopped, from where and for whom, each ahead of
/// what it led to; and what was refused, with the decisions that nobody else is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_operator_does_is_recorded() {
    let stage = Stage::new().await;
    let (mut client, hash) = Client::confirmed(&stage).await;
    let other = Ask::Arm(v1::Arm { prescription_hash: vec![9; 32] });
    client.refused(other).await;
    emit(&stage, &mut client, hash).await;
    client.accepted(Ask::Stop(v1::Stop { reason: "done for today".to_owned() })).await;
    client.outcome().await;

    let records = stage.records().await;
    let kind = |record: &Value| record["kind"].as_str().unwrap().to_owned();
    let wanted = [
        "command.confirm",
        "session.confirmed",
        "command.refused",
        "command.arm",
        "command.start",
        "unit.stopped",
        "session.ended",
    ];
    let mut kinds: Vec<_> = Vec::new();
    for kind in records.iter().map(kind).filter(|kind| wanted.contains(&&**kind)) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    assert_eq!(kinds, wanted);
    let named = |kind: &str| records.iter().find(|record| record["kind"] == kind).unwrap();
    let confirm = named("command.confirm");
    assert_eq!(confirm["actor"]["name"], operator().name);
    assert_eq!(
        (&confirm["actor"]["role"], &confirm["actor"]["proven"]),
        (&"operator".into(), &false.into())
    );
    assert_eq!((&confirm["unit"], &confirm["patient"]["id"]), (&LASER.into(), &"4711".into()));
    assert_eq!(confirm["details"]["prescription_hash"].as_str().unwrap().len(), 64);
    assert!(confirm["station"].as_str().unwrap().starts_with("127.0.0.1:"));
    let arm = named("command.arm");
    assert_eq!(
        (&arm["session"], &arm["actor"]["name"]),
        (&client.session.as_str().into(), &operator().name.into())
    );
    let refused = named("command.refused");
    assert_eq!(refused["details"]["command"], "command.arm");
    assert_eq!(refused["details"]["refusal"], "HASH_DIFFERS");
    let stop = named("command.stop");
    assert_eq!(stop["actor"]["name"], operator().name);
    assert_eq!(stop["reason"], "done for today");
    let ended = named("session.ended");
    assert_eq!(ended["details"]["outcome"], "under");
    let place = |kind: &str| records.iter().position(|record| record["kind"] == kind).unwrap();
    let emitting = records.iter().position(|record| record["details"]["to"] == "warning").unwrap();
    assert!(place("command.start") < emitting, "the command is recorded ahead of its effect");
    let (head, broken) = stage.ledger.verify_audit().await.unwrap();
    assert!(broken.is_none() && records.len() as u64 <= head.sequence);
}

/// API-04, LAS-05: an operator who no longer answers beacons is no longer there: the unit pauses.
/// The one who holds again has to resume, and a broken stream is the same as no hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_that_lapses_pauses_the_unit() {
    let stage = Stage::new().await;
    let mut long = sample::short();
    sample::laser_of(&mut long).energy_millijoules = 19_000;
    let (mut client, hash) = Client::confirmed_for(&stage, long).await;
    emit(&stage, &mut client, hash.clone()).await;
    client.holds = false;
    client.until(|status| status.state() == v1::UnitState::Paused).await;
    assert_eq!(client.beacon.hold_remaining_milliseconds, 0);
    let resume = Ask::Resume(v1::Resume { prescription_hash: hash.clone() });
    assert_eq!(client.refused(resume.clone()).await.reason(), Reason::FootswitchHeld);
    stage.press(Button::Footswitch, false);
    client.until(|status| !is_pressed(status)).await;
    stage.press(Button::Footswitch, true);
    client.until(is_pressed).await;
    assert_eq!(client.refused(resume.clone()).await.reason(), Reason::HoldStale);
    client.holds = true;
    client.beacon = v1::Beacon::default();
    client.until(|status| status.state() == v1::UnitState::Paused).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    client.accepted(resume).await;
    client.until(|status| status.state() == v1::UnitState::Warning).await;

    let (session_id, fence) = (client.session.clone(), client.fence);
    client.break_off().await;
    stage.until(LASER, |status| status.state() == v1::UnitState::Paused).await;
    let mut client = Client::open(&stage).await;
    client.fence = fence;
    client.fence.epoch = stage.status(LASER).await.epoch;
    client.accepted(Ask::Reattach(v1::Reattach { session_id, operator: Some(operator()) })).await;
    client.until(|status| status.state() == v1::UnitState::Paused).await;
}

/// Every ask gets its one answer, also to a client that asks a lot and reads late.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_ask_is_answered_once() {
    let stage = Stage::new().await;
    let (mut client, hash) = Client::confirmed(&stage).await;
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(client.send(Ask::Start(v1::Start { prescription_hash: hash.clone() })).await);
        ids.push(client.send(Ask::Pause(v1::Pause {})).await);
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    let mut answered = Vec::new();
    while answered.len() < ids.len() {
        match client.hear().await.unwrap() {
            Some(Message::Refused(refused)) => {
                let reason = refused.refusal.unwrap().reason();
                assert!(matches!(reason, Reason::WrongState | Reason::TooMany), "{reason:?}");
                answered.push(refused.request_id);
            }
            Some(Message::Beacon(_)) => {}
            other => panic!("instead of a refusal: {other:#?}"),
        }
    }
    answered.sort_unstable();
    ids.sort_unstable();
    assert_eq!(answered, ids);
}

/// API-04: a half-close ends the session, and its client hears how.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_close_ends_the_session() {
    let stage = Stage::new().await;
    let (mut client, _) = Client::confirmed(&stage).await;
    client.half_close();
    let end = client.outcome().await;
    assert_eq!(end.reason(), v1::CauseKind::StreamEnded);
    assert_eq!(end.summary.unwrap().outcome(), v1::SessionOutcome::Aborted);
}

/// A half-close right behind the confirmation does not leave a session without a holder.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_close_behind_a_confirmation_ends_what_it_opened() {
    let stage = Stage::new().await;
    let mut client = Client::open(&stage).await;
    let (confirm, epoch) = confirm(&stage, LASER, sample::short()).await;
    client.fence.epoch = epoch;
    client.send(Ask::Confirm(confirm)).await;
    client.half_close();
    assert_eq!(client.outcome().await.reason(), v1::CauseKind::StreamEnded);
}

/// API-04, API-05: a broken stream ends nothing; the same person takes the session back, nobody else
/// does, and what was a holder is one no longer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_stream_leaves_a_session_to_be_taken_back() {
    let stage = Stage::new().await;
    let (client, _) = Client::confirmed(&stage).await;
    let (session_id, fence) = (client.session.clone(), client.fence);
    client.break_off().await;
    let status = stage.status(LASER).await;
    assert_eq!(status.session.unwrap().outcome(), v1::SessionOutcome::Unspecified);

    let mut client = Client::open(&stage).await;
    client.fence = fence;
    let by = |who| Ask::Reattach(v1::Reattach { session_id: session_id.clone(), operator: who });
    let somebody = by(Some(person("S. Else", v1::Role::Operator)));
    assert_eq!(client.refused(somebody).await.reason(), Reason::NotHolder);
    client.fence.token += 1;
    assert_eq!(client.refused(by(Some(operator()))).await.reason(), Reason::NotHolder);
    client.fence = fence;
    client.accepted(by(Some(operator()))).await;

    let mut second = Client::open(&stage).await;
    second.fence = fence;
    second.accepted(by(Some(operator()))).await;
    let lost = loop {
        match client.hear().await {
            Ok(Some(_)) => {}
            other => break other.unwrap_err(),
        }
    };
    assert_eq!(lost.code(), tonic::Code::PermissionDenied);
    let stop = Ask::Stop(v1::Stop { reason: "enough".to_owned() });
    second.send(stop).await;
    assert_eq!(second.outcome().await.reason(), v1::CauseKind::Stop);
    let gone = second_reattach(&stage, by(Some(operator())), fence).await;
    assert_eq!(gone.reason(), Reason::SessionUnknown);
}

/// API-02: the same confirmation under the same id is one session, with the first answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirmation_that_comes_again_gets_its_first_answer() {
    let stage = Stage::new().await;
    let (confirm, epoch) = confirm(&stage, LASER, sample::short()).await;
    let mut first = Client::open(&stage).await;
    first.fence.epoch = epoch;
    first.repeat("once", Ask::Confirm(confirm.clone())).await;
    let accepted = first.answer("once").await.unwrap();
    first.break_off().await;

    let mut again = Client::open(&stage).await;
    again.fence.epoch = epoch;
    again.repeat("once", Ask::Confirm(confirm.clone())).await;
    let repeated = again.answer("once").await.unwrap();
    assert_eq!(repeated.session_id, accepted.session_id);
    assert!(repeated.repeated_answer && !accepted.repeated_answer);

    let mut other = confirm;
    other.prescription = Some(sample::other_patient(other.prescription.unwrap()));
    let mut third = Client::open(&stage).await;
    third.repeat("once", Ask::Confirm(other)).await;
    let refusal = third.answer("once").await.unwrap_err();
    assert_eq!(refusal.reason(), Reason::HashDiffers, "the hash is of another patient");
}

/// API-05, SES-06, SES-07: one session on a unit, one session of a patient.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_and_a_patient_have_one_session() {
    let stage = Stage::new().await;
    let (mut client, _) = Client::confirmed(&stage).await;
    let (again, epoch) = confirm(&stage, LASER, sample::other_patient(sample::short())).await;
    assert_eq!(client.refused(Ask::Confirm(again.clone())).await.reason(), Reason::WrongState);
    let mut second = Client::open(&stage).await;
    second.fence.epoch = epoch;
    assert_eq!(second.refused(Ask::Confirm(again)).await.reason(), Reason::UnitBusy);
    let (same, epoch) = confirm(&stage, PEMF, sample::field()).await;
    second.fence.epoch = epoch;
    assert_eq!(second.refused(Ask::Confirm(same)).await.reason(), Reason::PatientBusy);
}

/// SES-03, SES-05, LAS-14: what is refused before the core is asked for a session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirmation_that_is_not_whole_is_refused() {
    let stage = Stage::new().await;
    let (whole, epoch) = confirm(&stage, LASER, sample::short()).await;
    let mut client = Client::open(&stage).await;
    client.fence.epoch = epoch;
    let arm = Ask::Arm(v1::Arm { prescription_hash: whole.prescription_hash.clone() });
    assert_eq!(client.refused(arm).await.reason(), Reason::NotConfirmed);
    let stop = Ask::Stop(v1::Stop::default());
    assert_eq!(client.refused(stop).await.reason(), Reason::NotConfirmed);

    let edits: Vec<(Edit, Reason)> = vec![
        (|one| one.patient_identifiers_checked.truncate(1), Reason::PatientUnchecked),
        (|one| one.patient_identifiers_checked[1] = 1, Reason::PatientUnchecked),
        (|one| one.patient_identifiers_checked[1] = 99, Reason::Malformed),
        (|one| one.operator.as_mut().unwrap().role = v1::Role::Viewer.into(), Reason::RoleNeeded),
        (|one| one.operator = None, Reason::Malformed),
        (|one| one.prescription_hash[0] ^= 1, Reason::HashDiffers),
        (|one| one.prescription_hash.truncate(31), Reason::Malformed),
        (|one| one.unit_id = "nobody".to_owned(), Reason::UnitUnknown),
        (|one| one.prescription.as_mut().unwrap().revision += 1, Reason::HashDiffers),
        (
            |one| sample::laser_of(one.prescription.as_mut().unwrap()).power_milliwatts = 0,
            Reason::Malformed,
        ),
    ];
    for (place, (edit, reason)) in edits.into_iter().enumerate() {
        let mut confirm = whole.clone();
        edit(&mut confirm);
        let refusal = client.refused(Ask::Confirm(confirm)).await;
        assert_eq!(refusal.reason(), reason, "edit {place}: {}", refusal.sentence);
    }
    client.fence.epoch = epoch + 1;
    let refusal = client.refused(Ask::Confirm(whole.clone())).await;
    assert_eq!(refusal.reason(), Reason::StoppedSince);
    assert_eq!(refusal.epoch, Some(epoch));
    client.fence.epoch = epoch;
    client.accepted(Ask::Confirm(whole)).await;
}

/// A hold is answered only when it is refused (LAS-05).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_of_an_unknown_beacon_is_refused() {
    let stage = Stage::new().await;
    let (mut client, _) = Client::confirmed(&stage).await;
    let source = v1::HoldSource::Key.into();
    let ahead = Ask::Hold(v1::Hold { beacon_sequence: 1_000_000, source });
    assert_eq!(client.refused(ahead).await.reason(), Reason::BeaconUnknown);
    let none = Ask::Hold(v1::Hold { beacon_sequence: 0, source });
    assert_eq!(client.refused(none).await.reason(), Reason::Malformed);
    let nothing = Ask::Hold(v1::Hold { beacon_sequence: 1, source: 0 });
    assert_eq!(client.refused(nothing).await.reason(), Reason::Malformed);
}

/// A stop of the unit by anybody ends the session, and its operator hears of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_by_somebody_else_ends_the_session() {
    let stage = Stage::new().await;
    let (mut client, _) = Client::confirmed(&stage).await;
    let stop = v1::StopRequest { unit_id: LASER.to_owned(), reason: String::new() };
    stage.sessions().await.stop(stop).await.unwrap();
    assert_eq!(client.outcome().await.reason(), v1::CauseKind::Stop);
}

/// A cause names the session that it interrupted, and the end of the session names the cause.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cause_names_the_session_that_it_interrupted() {
    let stage = Stage::new().await;
    let (mut client, hash) = Client::confirmed(&stage).await;
    client.holds = true;
    client.accepted(Ask::Arm(v1::Arm { prescription_hash: hash })).await;
    client.until(|status| status.state() == v1::UnitState::Ready).await;
    stage.press(Button::Key, false);
    let end = client.outcome().await;
    assert_eq!(end.reason(), v1::CauseKind::KeyOff, "{end:#?}");
    let named = |cause: &v1::Cause| cause.session_id == client.session;
    let status = stage.until(LASER, |status| status.causes.iter().any(named)).await;
    assert_eq!(status.causes[0].kind(), v1::CauseKind::KeyOff);
    assert_eq!(end.cause_ids, [status.causes[0].cause_id.clone()]);

    let stop = v1::StopAllRequest::default();
    stage.sessions().await.stop_all(stop).await.unwrap();
    let all = |cause: &v1::Cause| cause.kind() == v1::CauseKind::StopAll;
    let status = stage.until(LASER, |status| status.causes.iter().any(all)).await;
    let room = status.causes.into_iter().find(all).unwrap();
    assert_eq!(room.session_id, "", "what blocks a room has no session");
}

/// LAS-02: what is shown of the confirmation is the time of the unit as it is configured.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirmation_ends_when_the_configuration_says() {
    let stage = Stage::new().await;
    let mut client = Client::open(&stage).await;
    let (confirm, epoch) = confirm(&stage, LASER, sample::short()).await;
    client.fence.epoch = epoch;
    let accepted = client.accepted(Ask::Confirm(confirm)).await;
    let ends = accepted.confirmation_expires_boottime_nanoseconds.unwrap();
    let seconds = (ends - accepted.accepted_boottime_nanoseconds) / 1_000_000_000;
    assert!((140..=150).contains(&seconds), "{seconds} s");
}

/// Arms, presses the footswitch, starts, and waits until the unit emits. The operator holds.
async fn emit(stage: &Stage, client: &mut Client, hash: Vec<u8>) {
    client.holds = true;
    client.accepted(Ask::Arm(v1::Arm { prescription_hash: hash.clone() })).await;
    client.until(|status| status.state() == v1::UnitState::Ready).await;
    client.until(|status| status.level_read_back.is_some()).await;
    let start = Ask::Start(v1::Start { prescription_hash: hash });
    let refusal = client.refused(start.clone()).await;
    assert_eq!(refusal.reason(), Reason::FootswitchNotPressed, "{}", refusal.sentence);
    stage.press(Button::Footswitch, true);
    client.until(is_pressed).await;
    client.accepted(start).await;
    client.until(|status| status.state() == v1::UnitState::Emitting).await;
}

type Edit = fn(&mut v1::Confirm);

async fn second_reattach(stage: &Stage, ask: Ask, fence: v1::Fence) -> v1::Refusal {
    let mut client = Client::open(stage).await;
    client.fence = fence;
    client.refused(ask).await
}

/// Watches a session to its end: how many changes were seen, and the end.
async fn watch(
    mut sessions: v1::session_service_client::SessionServiceClient<tonic::transport::Channel>,
    session_id: String,
) -> (usize, v1::SessionEnd) {
    let request = v1::WatchSessionRequest { session_id };
    let mut changes = sessions.watch_session(request).await.unwrap().into_inner();
    let first = changes.message().await.unwrap().unwrap();
    assert!(matches!(first.change, Some(Change::Snapshot(_))));
    let (mut count, mut revision) = (0, first.revision);
    while let Some(message) = changes.message().await.unwrap() {
        assert!(revision <= message.revision, "a revision fell");
        revision = message.revision;
        count += 1;
        match message.change.unwrap() {
            Change::End(end) => {
                assert!(changes.message().await.unwrap().is_none(), "after the end");
                return (count, end);
            }
            Change::Status(_) | Change::KeepAlive(_) => {}
            Change::Snapshot(_) => panic!("a second snapshot"),
        }
    }
    panic!("no end");
}

fn is_pressed(status: &v1::UnitStatus) -> bool {
    let footswitch = v1::ContactKind::Footswitch;
    let contact = status.contacts.iter().find(|contact| contact.kind() == footswitch);
    contact.is_some_and(|contact| contact.state() == v1::ContactState::Closed)
}

fn millijoules(dose: Option<&v1::Dose>) -> u64 {
    match dose.and_then(|dose| dose.amount.as_ref()) {
        Some(v1::dose::Amount::Laser(light)) => light.energy_millijoules,
        Some(v1::dose::Amount::Pemf(_) | v1::dose::Amount::Stimulator(_)) | None => {
            panic!("no light")
        }
    }
}
