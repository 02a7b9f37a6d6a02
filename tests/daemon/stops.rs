//! Stop works in every state, ahead of everything that waits behind it.

use futures::future::join_all;
use proto::v1::{
    BeamState, Pause, RefusalReason, Stop, StopProof, StopRequest, UnitState, operate_request::Ask,
    session_service_client::SessionServiceClient,
};
use simulated_units::{Button, Command, Fault};

use super::{
    house::House,
    ledger::Records,
    operator::{Operator, check},
    prescriptions::{LONG, for_unit},
    process::Gateway,
    time::{in_real_time, within},
};

/// What is done to each unit before it is stopped, and the state that it then is in.
const STATES: [(&str, UnitState); 9] = [
    ("pemf-standby", UnitState::Standby),
    ("pemf-ready", UnitState::Ready),
    ("laser-ready", UnitState::Ready),
    ("pemf-warning", UnitState::Warning),
    ("pemf-emitting", UnitState::Emitting),
    ("laser-emitting", UnitState::Emitting),
    ("laser-paused", UnitState::Paused),
    ("pemf-stopping", UnitState::Stopping),
    ("pemf-locked", UnitState::Locked),
];

/// API-03, COM-04, SEC-03: a stop is carried out in every state, off is proven by the unit, and the
/// arm and the start that were queued behind it die with the epoch that they saw.
#[test]
fn a_stop_ends_everything_in_every_state_and_what_waits_behind_it_is_void() {
    in_real_time(async || {
        let house = House::new(&STATES.map(|(unit, _)| unit));
        let mut gateway = Gateway::start(&house).await;
        join_all(STATES.map(|(unit, state)| stopped_in(&house, &gateway, unit, state))).await;
        assert!(gateway.terminate().await.0.success());
        let records = Records::read(&house.data());
        assert_eq!(records.open_marks(), Vec::<String>::new());
        for (unit, _) in STATES {
            let (charged, meter) = (records.charged(unit), house.meter(unit));
            assert!(meter <= charged, "{unit}: {meter} of {charged}");
        }
    });
}

async fn stopped_in(house: &House, gateway: &Gateway, unit: &str, state: UnitState) {
    let operator = bring(house, gateway, unit, state).await;
    let checked = check(gateway.channel().await, unit, for_unit(unit, LONG)).await;
    // The operator's own stop, and behind it on the same stream what it asks with the old epoch.
    operator.send(Ask::Stop(Stop::default()));
    let arm = operator.send(operator.arm_ask());
    let start = operator.send(operator.start_ask());
    let stopping = tokio::spawn(stop(gateway.channel().await, unit.to_owned()));
    if state == UnitState::Stopping {
        gateway.watcher.until(unit, "the second stop", |status| status.epoch > checked.epoch).await;
        house.stand(unit).heal();
    }
    let proof = within("the proof", stopping).await.unwrap();
    proven(unit, &proof);
    assert!(proof.epoch > checked.epoch, "{unit}: {proof:?}");
    let off = house.meter(unit);
    for late in [arm, start] {
        let answer = operator.answer(&late).await;
        assert!(answer.is_err(), "{unit}: {answer:?}");
    }
    let again = Operator::confirm_checked(gateway.channel().await, unit, &checked, checked.epoch);
    let refused = again.await.err().unwrap();
    assert_eq!(refused.reason(), RefusalReason::StoppedSince, "{unit}");
    let rest = if state == UnitState::Locked { state } else { UnitState::Standby };
    let status = gateway.watcher.until_state(unit, rest).await;
    assert_eq!(status.beam.unwrap().state(), BeamState::OffProven, "{unit}");
    assert_eq!(house.meter(unit), off, "{unit} emits after its stop was proven");
    let confirmed = proof.off_confirmed_boottime_nanoseconds.unwrap();
    let states = gateway.watcher.states_since(unit, confirmed);
    assert!(!states.contains(&UnitState::Emitting), "{unit}: {states:?}");
}

/// Brings a unit into a state of a session.
async fn bring(house: &House, gateway: &Gateway, unit: &str, state: UnitState) -> Operator {
    let stand = house.stand(unit);
    let mut operator = gateway.confirm(unit, for_unit(unit, LONG)).await;
    if matches!(state, UnitState::Ready | UnitState::Warning) {
        operator.arm().await;
    }
    if state == UnitState::Warning {
        operator.start(stand).await;
    }
    if matches!(
        state,
        UnitState::Emitting | UnitState::Paused | UnitState::Stopping | UnitState::Locked
    ) {
        operator.emit(stand).await;
    }
    match state {
        UnitState::Paused => {
            operator.ask(Ask::Pause(Pause {})).await.unwrap();
        }
        UnitState::Stopping => {
            stand.fault(Fault::Ignore(Command::Off));
            operator.ask(Ask::Pause(Pause {})).await.unwrap();
        }
        UnitState::Locked => stand.press(Button::Interlock, false),
        UnitState::Unspecified
        | UnitState::Offline
        | UnitState::Standby
        | UnitState::Ready
        | UnitState::Warning
        | UnitState::Emitting => {}
    }
    gateway.watcher.until_state(unit, state).await;
    operator
}

/// Stops one unit, as anybody may.
pub(super) async fn stop(channel: tonic::transport::Channel, unit: String) -> StopProof {
    let mut client = SessionServiceClient::new(channel);
    let request = StopRequest { unit_id: unit, reason: "a test".to_owned() };
    client.stop(request).await.unwrap().into_inner().proof.unwrap()
}

fn proven(unit: &str, proof: &StopProof) {
    assert_eq!(proof.unit_id, unit);
    assert!(proof.first_stop_byte_boottime_nanoseconds.is_some(), "{unit}: {proof:?}");
    assert!(proof.off_confirmed_boottime_nanoseconds.is_some(), "{unit}: {proof:?}");
    assert_eq!(proof.beam.unwrap().state(), BeamState::OffProven, "{unit}: {proof:?}");
}
