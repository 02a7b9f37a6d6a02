//! Everything that is no operator's stream: units, checks, stops, causes, health, reflection.

use std::time::Duration;

use proto::v1::{
    self, RefusalReason as Reason, session_service_server::SessionService as _,
    watch_units_response::Change,
};
use simulated_units::Button;
use tokio::net::TcpListener;
use tonic::{Code, Request, Status};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};
use tonic_types::StatusExt;

use super::{
    LASER, PEMF, Stage,
    client::{check, person},
};
use crate::{
    control::{ServeError, sample, serve},
    demo::confirmation::objections,
};

/// The revision of the shipped limits.
const REVISION: &str = "2026-11-22 proposal 1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_are_listed_watched_and_versioned() {
    let stage = Stage::new().await;
    let mut units = stage.units().await;
    let version = units.get_version(v1::GetVersionRequest {}).await.unwrap().into_inner();
    assert_eq!(version.transport(), v1::Transport::Loopback);
    assert_eq!(version.limits_revision, REVISION);

    let all = units.list_units(v1::ListUnitsRequest::default()).await.unwrap().into_inner();
    let names: Vec<_> = all.units.iter().map(|unit| unit.unit_id.as_str()).collect();
    assert_eq!(names, [LASER, PEMF]);
    let laser = &all.units[0];
    assert_eq!(laser.mark(), v1::UnitMark::Simulated);
    let beam = laser.status.as_ref().unwrap().beam.as_ref().unwrap();
    assert_eq!(beam.state(), v1::BeamState::OffProven);
    let only = v1::ListUnitsRequest { room_id: "room-2".to_owned() };
    assert_eq!(units.list_units(only).await.unwrap().into_inner().units[0].unit_id, PEMF);

    let watched =
        v1::WatchUnitsRequest { unit_ids: vec![LASER.to_owned()], room_id: String::new() };
    let mut changes = units.watch_units(watched).await.unwrap().into_inner();
    let first = changes.message().await.unwrap().unwrap();
    let Some(Change::Snapshot(snapshot)) = first.change else { panic!("no snapshot") };
    assert_eq!(snapshot.units.len(), 1);
    for _ in 0..5 {
        let next = tokio::time::timeout(Duration::from_secs(1), changes.message());
        let next = next.await.expect("a sign of life each second").unwrap().unwrap();
        assert!(first.revision <= next.revision);
        match next.change.unwrap() {
            Change::Status(status) => assert_eq!(status.unit_id, LASER),
            Change::KeepAlive(_) => {}
            Change::Snapshot(_) | Change::Unit(_) | Change::RemovedUnitId(_) => panic!("other"),
        }
    }
}

/// COM-07, LAS-19, PEM-10, CFG-04: who a unit proved to be, when it is due, and what people beside it
/// have to know before a start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_is_shown_with_its_plate_and_its_hazard() {
    let stage = Stage::new().await;
    let mut units = stage.units().await;
    let all = units.list_units(v1::ListUnitsRequest::default()).await.unwrap().into_inner().units;
    let [laser, ring] = all.as_slice() else { panic!("{all:#?}") };

    let identity = laser.identity.as_ref().unwrap();
    assert_eq!(identity.proof(), v1::IdentityProof::Challenged);
    assert_eq!(identity.allowed_firmware.len(), 1);
    assert_ne!(identity.proven_boottime_nanoseconds, 0);
    let day = |time: Option<proto::Timestamp>| time.unwrap().seconds;
    assert_eq!(day(identity.calibrated_time), 1_767_225_600, "2026-01-01T00:00:00Z");
    assert_eq!(day(identity.calibration_due_time), 2_082_758_400, "2036-01-01T00:00:00Z");

    let hazard = laser.hazard.as_ref().unwrap().hazard.as_ref().unwrap();
    let v1::hazard::Hazard::Laser(hazard) = hazard else { panic!("{hazard:?}") };
    assert_eq!(hazard.nominal_ocular_hazard_distance_millimetres, 1_400);
    assert_eq!(hazard.spot_areas_square_millimetres, [300, 700, 1_960]);
    assert!(hazard.eyewear.iter().all(|one| one.least_optical_density_hundredths == 500));
    assert!(!hazard.eyewear.is_empty());
    let coil = v1::hazard::Hazard::Pemf(v1::PemfHazard { keep_out_distance_millimetres: 1_500 });
    assert_eq!(ring.hazard.as_ref().unwrap().hazard, Some(coil));
}

/// What a unit is connected by and what is attached to it: the code of the applicator as long as its
/// contact is closed (LAS-18, PEM-07), and the traffic on its line (COM-06).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_is_shown_with_its_applicator_and_its_line() {
    let stage = Stage::new().await;
    let status = stage.status(LASER).await;
    assert_eq!(status.applicator_code, "0x0101");
    assert_eq!(status.warnings, Vec::<i32>::new());
    let known = status.contacts[0].known_boottime_nanoseconds;
    assert!(0 < known && known <= status.made_boottime_nanoseconds);
    let link = status.link.unwrap();
    assert!(link.open && 0 < link.good_frames, "{link:?}");
    assert!(link.round_trip_microseconds.is_some(), "{link:?}");
    assert!(link.last_good_frame_age_milliseconds.is_some(), "{link:?}");

    stage.press(Button::Applicator, false);
    stage.until(LASER, |status| status.applicator_code.is_empty()).await;
    stage.mute_pemf(true);
    let bad = |status: &v1::UnitStatus| 0 < status.link.as_ref().unwrap().bad_frames;
    let status = stage.until(PEMF, bad).await;
    assert!(status.link.unwrap().open);
    stage.until(PEMF, |status| status.applicator_code.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_unknown_is_not_found() {
    let stage = Stage::new().await;
    let (mut units, mut sessions) = (stage.units().await, stage.sessions().await);
    let nobody = || "nobody".to_owned();
    let status = units.get_unit(v1::GetUnitRequest { unit_id: nobody() }).await.unwrap_err();
    assert_refused(&status, Reason::UnitUnknown, Code::NotFound);
    let status = units.list_units(v1::ListUnitsRequest { room_id: nobody() }).await.unwrap_err();
    assert_refused(&status, Reason::RoomUnknown, Code::NotFound);
    let watched = v1::WatchUnitsRequest { unit_ids: vec![nobody()], room_id: String::new() };
    let status = units.watch_units(watched).await.unwrap_err();
    assert_refused(&status, Reason::UnitUnknown, Code::NotFound);
    let stop = v1::StopRequest { unit_id: nobody(), reason: String::new() };
    assert_refused(&sessions.stop(stop).await.unwrap_err(), Reason::UnitUnknown, Code::NotFound);
    let watched = v1::WatchSessionRequest { session_id: "1-99".to_owned() };
    let status = sessions.watch_session(watched).await.unwrap_err();
    assert_refused(&status, Reason::SessionUnknown, Code::NotFound);
}

/// Every wrong field is told, each with what it may be.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_wrong_field_is_told() {
    let stage = Stage::new().await;
    let mut sessions = stage.sessions().await;
    let empty = v1::Prescription {
        modality: Some(v1::prescription::Modality::Laser(v1::LaserPrescription::default())),
        ..v1::Prescription::default()
    };
    let status = check(&mut sessions, LASER, empty).await.unwrap_err();
    assert_refused(&status, Reason::Malformed, Code::InvalidArgument);
    let told = status.get_details_bad_request().unwrap().field_violations;
    let fields: Vec<_> = told.iter().map(|one| one.field.as_str()).collect();
    for field in [
        "prescription.patient",
        "prescription.prescription_id",
        "prescription.revision",
        "prescription.author",
        "prescription.issued_time",
        "prescription.expire_time",
        "prescription.course_id",
        "prescription.course_sessions",
        "prescription.site",
        "prescription.side",
        "prescription.laser.power_milliwatts",
        "prescription.laser.wavelengths",
        "prescription.laser.gate",
        "prescription.laser.spot_area_square_millimetres",
        "prescription.laser.technique",
        "prescription.laser.fluence_area",
        "prescription.laser.energy_millijoules",
        "prescription.laser.time_limit_milliseconds",
        "prescription.laser.skin",
        "prescription.laser.eyewear",
    ] {
        assert!(fields.contains(&field), "{field} is not among {fields:?}");
    }
    let power = told.iter().find(|one| one.field.ends_with("power_milliwatts")).unwrap();
    assert_eq!(power.description, "Is 0 mW; it must be 1 to 30000 mW.");
}

/// CFG-01, DOS-07: all decisions come back, each with its source, and say what stands in the way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_says_what_every_limit_says() {
    let stage = Stage::new().await;
    let mut sessions = stage.sessions().await;
    let asked = |edit: fn(&mut v1::Prescription)| {
        let mut asked = sample::short();
        edit(&mut asked);
        asked
    };
    let plain = check(&mut sessions, LASER, asked(|_| {})).await.unwrap();
    assert_eq!(
        plain.check(),
        v1::PrescriptionCheck::Admissible,
        "{:#?}",
        objections(&plain.decisions)
    );
    assert_eq!(plain.prescription_hash.len(), 32);
    assert_eq!(plain.quantised_prescription.as_ref(), Some(&asked(|_| {})));
    let hard = |one: &&v1::Decision| {
        one.limit() == v1::Limit::Power && one.tier() == v1::Tier::LibraryHard
    };
    let power = plain.decisions.iter().find(hard).unwrap();
    assert_eq!((power.requested, power.bound), (Some(1_000), Some(15_000)));
    let source = power.source.as_ref().unwrap();
    assert_eq!(source.file, "limits.toml");
    let limits = include_str!("../../../../config/limits.toml");
    let line = limits.lines().nth(source.line as usize - 1).unwrap();
    assert!(line.starts_with("power_milliwatts") && line.contains("hard = 15_000"), "{line}");
    let place = format!("limits.toml:{}, revision {REVISION}", source.line);
    assert!(power.sentence.contains(&place), "{}", power.sentence);

    let soft = asked(|one| sample::laser_of(one).power_milliwatts = 9_000);
    let answer = check(&mut sessions, LASER, soft.clone()).await.unwrap();
    assert_eq!(
        answer.check(),
        v1::PrescriptionCheck::OverrideNeeded,
        "{:#?}",
        objections(&answer.decisions)
    );
    let mut overridden = soft;
    overridden.overrides.push(v1::SoftOverride {
        limit: v1::Limit::Power.into(),
        reason: "the last session was well tolerated".to_owned(),
        person: Some(person("A. Clinician", v1::Role::Clinician)),
    });
    let answer = check(&mut sessions, LASER, overridden).await.unwrap();
    assert_eq!(
        answer.check(),
        v1::PrescriptionCheck::Admissible,
        "{:#?}",
        objections(&answer.decisions)
    );

    let refused = [
        asked(|one| sample::laser_of(one).power_milliwatts = 16_000),
        asked(|one| one.expire_time.as_mut().unwrap().seconds -= 4_000),
        asked(|one| sample::laser_of(one).skin.as_mut().unwrap().tan = 0),
        sample::field(),
    ];
    for one in refused {
        let answer = check(&mut sessions, LASER, one).await.unwrap();
        assert_eq!(answer.check(), v1::PrescriptionCheck::Refused);
        assert!(!objections(&answer.decisions).is_empty());
    }
    let between = asked(|one| sample::laser_of(one).power_milliwatts = 1_007);
    let answer = check(&mut sessions, LASER, between).await.unwrap();
    assert_eq!(answer.quantised_values[0].requested, 1_007);
    assert_eq!(answer.quantised_values[0].quantised, 1_000);
}

/// API-03: the proof has all its instants, in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_proven() {
    let stage = Stage::new().await;
    let before = stage.status(LASER).await.epoch;
    let stop = v1::StopRequest { unit_id: LASER.to_owned(), reason: "test".to_owned() };
    let answer = stage.sessions().await.stop(stop).await.unwrap().into_inner();
    let proof = answer.proof.unwrap();
    let accepted = proof.accepted_boottime_nanoseconds;
    let written = proof.first_stop_byte_boottime_nanoseconds.unwrap();
    let confirmed = proof.off_confirmed_boottime_nanoseconds.unwrap();
    assert!(accepted <= written && written <= confirmed);
    assert!(proof.off_confirmed_after_microseconds.unwrap() < 1_000_000);
    assert!(!proof.relay_opened && proof.accepted_time.is_some());
    stage.until(LASER, |status| status.epoch > before).await;
}

/// API-03: a caller that vanishes as soon as it has called changes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_carried_out_although_its_caller_vanished() {
    let stage = Stage::new().await;
    let before = stage.status(LASER).await.epoch;
    let stop = v1::StopRequest { unit_id: LASER.to_owned(), reason: String::new() };
    let mut called = stage.control.stop(Request::new(stop));
    assert!(futures::poll!(&mut called).is_pending());
    drop(called);
    stage.until(LASER, |status| status.epoch > before).await;

    let mut called = stage.control.stop_all(Request::new(v1::StopAllRequest::default()));
    assert!(futures::poll!(&mut called).is_pending());
    drop(called);
    for unit in [LASER, PEMF] {
        stage.until(unit, |status| status.state() == v1::UnitState::Locked).await;
    }
}

/// SEC-06, API-03: one connection with everything in use can still stop, and is told to wait else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_needs_no_place() {
    let stage = Stage::new().await;
    let channel = stage.channel().await;
    let mut units = v1::unit_service_client::UnitServiceClient::new(channel.clone());
    let mut open = Vec::new();
    let crowded = loop {
        match units.watch_units(v1::WatchUnitsRequest::default()).await {
            Ok(watch) => open.push(watch),
            Err(status) => break status,
        }
        assert!(open.len() < 500, "there is no bound");
    };
    assert_refused(&crowded, Reason::TooMany, Code::ResourceExhausted);
    assert!(crowded.get_details_retry_info().unwrap().retry_delay.is_some());
    let mut sessions = v1::session_service_client::SessionServiceClient::new(channel);
    let stop = v1::StopRequest { unit_id: LASER.to_owned(), reason: String::new() };
    let stopped = tokio::time::timeout(Duration::from_secs(2), sessions.stop(stop)).await;
    assert!(stopped.unwrap().unwrap().into_inner().proof.is_some());
}

/// LAS-08, LCK-03, API-02: a stop of a room latches; who may and says why releases it, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_is_stopped_and_released() {
    let stage = Stage::new().await;
    let stop = v1::StopAllRequest { room_id: "room-1".to_owned(), reason: String::new() };
    let answer = stage.sessions().await.stop_all(stop).await.unwrap().into_inner();
    assert_eq!(answer.proofs.len(), 1);
    assert_eq!(answer.cause_ids.len(), 1);
    assert_eq!(stage.status(PEMF).await.state(), v1::UnitState::Standby);
    let locked = stage.status(LASER).await;
    assert_eq!(locked.state(), v1::UnitState::Locked);
    assert_eq!(locked.causes[0].cause_id, answer.cause_ids[0]);

    let mut safety = stage.safety().await;
    let causes = safety.list_causes(v1::ListCausesRequest::default()).await.unwrap().into_inner();
    let ids: Vec<_> = causes.causes.iter().map(|cause| cause.cause_id.clone()).collect();
    assert_eq!(ids, answer.cause_ids);
    let whole = v1::ReleaseRequest {
        request_id: "release-1".to_owned(),
        unit_id: LASER.to_owned(),
        cause_id: ids[0].clone(),
        released_by: Some(person("O. Operator", v1::Role::Operator)),
        reason: "the room was searched".to_owned(),
    };
    let short = v1::ReleaseRequest { reason: "fine".to_owned(), ..whole.clone() };
    let status = safety.release(short).await.unwrap_err();
    assert_refused(&status, Reason::ReasonLength, Code::InvalidArgument);
    let viewer = Some(person("V. Viewer", v1::Role::Viewer));
    let low = v1::ReleaseRequest { released_by: viewer, ..whole.clone() };
    let status = safety.release(low).await.unwrap_err();
    assert_refused(&status, Reason::RoleNeeded, Code::PermissionDenied);
    let other = v1::ReleaseRequest { unit_id: PEMF.to_owned(), ..whole.clone() };
    let status = safety.release(other).await.unwrap_err();
    assert_refused(&status, Reason::CauseUnknown, Code::NotFound);

    // It takes a new proof of identity, which the unit is asked for every few seconds.
    let (mut whole, mut released) = (whole, None);
    for attempt in 0..60 {
        whole.request_id = format!("release-{attempt}");
        match safety.release(whole.clone()).await {
            Ok(answer) => {
                released = Some(answer.into_inner());
                break;
            }
            Err(status) => assert_refused(&status, Reason::Offline, Code::Unavailable),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let released = released.expect("a release");
    assert!(released.released.as_ref().unwrap().release.is_some());
    assert!(released.status.as_ref().unwrap().causes.is_empty());
    let again = safety.release(whole.clone()).await.unwrap().into_inner();
    assert_eq!(again, released);
    let reused = v1::ReleaseRequest { reason: "for another reason".to_owned(), ..whole };
    let status = safety.release(reused).await.unwrap_err();
    assert_refused(&status, Reason::RequestIdReused, Code::InvalidArgument);
}

/// LCK-03: what locks a room is released on each unit that proved since who it is and that it is
/// off; the others are listed with their reasons, and keep it until they are ready too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_lists_the_units_that_still_hold_the_cause() {
    let stage = Stage::in_rooms([0, 0]).await;
    let stop = v1::StopAllRequest { room_id: "room-1".to_owned(), reason: String::new() };
    let answer = stage.sessions().await.stop_all(stop).await.unwrap().into_inner();
    let [cause_id] = answer.cause_ids.as_slice() else { panic!("{answer:#?}") };
    stage.mute_pemf(true);

    // The cause is named by the unit that is silent: it goes where it can go.
    let released = release(&stage, PEMF, cause_id).await;
    let [still] = released.still_latched.as_slice() else { panic!("{released:#?}") };
    assert_eq!(still.unit_id, PEMF);
    let refusal = still.refusal.as_ref().unwrap();
    assert_eq!(refusal.reason(), Reason::Offline);
    assert!(!refusal.sentence.is_empty());
    assert!(holds(released.status.as_ref().unwrap(), cause_id));
    stage.until(LASER, |status| !holds(status, cause_id)).await;
    assert!(holds(&stage.status(PEMF).await, cause_id));

    stage.mute_pemf(false);
    let released = release(&stage, PEMF, cause_id).await;
    assert_eq!(released.still_latched, []);
    stage.until(PEMF, |status| !holds(status, cause_id)).await;
}

fn holds(status: &v1::UnitStatus, cause_id: &str) -> bool {
    status.causes.iter().any(|cause| cause.cause_id == cause_id)
}

/// Releases a cause as soon as one unit has proven its identity since.
async fn release(stage: &Stage, unit: &str, cause_id: &str) -> v1::ReleaseResponse {
    let mut safety = stage.safety().await;
    for attempt in 0..100 {
        let request = v1::ReleaseRequest {
            request_id: format!("{unit}-{attempt}-{}", crate::clock::now().since_boot()),
            unit_id: unit.to_owned(),
            cause_id: cause_id.to_owned(),
            released_by: Some(person("O. Operator", v1::Role::Operator)),
            reason: "the room was searched".to_owned(),
        };
        match safety.release(request).await {
            Ok(released) => return released.into_inner(),
            Err(status) => assert_refused(&status, Reason::Offline, Code::Unavailable),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{unit} does not prove who it is");
}

/// An unknown room stops all: there is no better guess.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_room_stops_all() {
    let stage = Stage::new().await;
    let stop = v1::StopAllRequest { room_id: "attic".to_owned(), reason: String::new() };
    let answer = stage.sessions().await.stop_all(stop).await.unwrap().into_inner();
    let units: Vec<_> = answer.proofs.iter().map(|proof| proof.unit_id.as_str()).collect();
    assert_eq!(units, [LASER, PEMF]);
    assert_eq!(answer.cause_ids.len(), 2, "one cause for each room");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_and_reflection_answer() {
    let stage = Stage::new().await;
    let mut health = HealthClient::new(stage.channel().await);
    tokio::time::sleep(Duration::from_millis(600)).await;
    for service in ["", "unit/laser-a", "unit/pemf-b", "therapy.gateway.v1.SessionService"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let answer = health.check(request).await.unwrap().into_inner();
        assert_eq!(answer.status, 1, "{service} does not serve");
    }
    let stop = v1::StopAllRequest { room_id: "room-1".to_owned(), reason: String::new() };
    stage.sessions().await.stop_all(stop).await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    let request = HealthCheckRequest { service: format!("unit/{LASER}") };
    assert_eq!(health.check(request).await.unwrap().into_inner().status, 2, "locked");

    let mut reflection = ServerReflectionClient::new(stage.channel().await);
    let message_request = Some(MessageRequest::ListServices(String::new()));
    let request = ServerReflectionRequest { host: String::new(), message_request };
    let asked = tokio_stream::once(request);
    let mut answers = reflection.server_reflection_info(asked).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(services) = answer else { panic!("no services") };
    let names: Vec<_> = services.service.into_iter().map(|service| service.name).collect();
    for name in ["therapy.gateway.v1.SessionService", "grpc.health.v1.Health"] {
        assert!(names.iter().any(|known| known == name), "{name} is not among {names:?}");
    }
}

/// Without TLS nobody but this machine gets in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_address_than_loopback_is_refused() {
    let stage = Stage::new().await;
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let served = serve(listener, stage.control.clone(), std::future::pending()).await;
    let error = served.unwrap_err();
    assert!(matches!(error, ServeError::NotLoopback { .. }));
    assert!(error.to_string().contains("listen on 127.0.0.1"), "{error}");
}

/// A watch ends when the gateway does, and says why.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shut_down_ends_watches_and_the_server() {
    let mut stage = Stage::new().await;
    let mut units = stage.units().await;
    let watched = units.watch_units(v1::WatchUnitsRequest::default()).await.unwrap();
    let mut changes = watched.into_inner();
    stage.shut_down();
    let last = loop {
        match changes.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("no word of why"),
            Err(status) => break status,
        }
    };
    assert_refused(&last, Reason::ShuttingDown, Code::Unavailable);
    tokio::time::timeout(Duration::from_secs(6), stage.served()).await.unwrap();
}

pub(super) fn assert_refused(status: &Status, reason: Reason, code: Code) {
    assert_eq!(status.code(), code, "{status}");
    let details = status.get_error_details();
    let info = details.error_info().expect("ErrorInfo");
    assert_eq!(
        (info.reason.as_str(), info.domain.as_str()),
        (reason.error_reason(), "therapy.gateway.v1")
    );
    let whole = <tonic_types::Status as proto::Message>::decode(status.details()).unwrap();
    let refusals = whole.details.iter().filter(|any| any.type_url.ends_with("v1.Refusal"));
    let refusals: Vec<_> = refusals.collect();
    assert_eq!(refusals.len(), 1, "one refusal among the details");
    let refusal = <v1::Refusal as proto::Message>::decode(&*refusals[0].value).unwrap();
    assert_eq!(refusal.reason(), reason);
    assert!(!refusal.sentence.is_empty());
}
