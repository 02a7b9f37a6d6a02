//! Hands and feet at a unit that emits.

use std::time::Duration;

use proto::v1::{CauseKind, Role, SessionOutcome, UnitState, UnitStatus};
use simulated_units::Button;

use super::{
    house::House,
    ledger::Records,
    process::Gateway,
    releases::{release, released, turn_key},
    time::{in_real_time, until, watch_for},
};

/// What a hand moves, what that latches, and who releases it.
const HANDS: [(&str, Button, bool, CauseKind, Role); 4] = [
    ("pemf-door", Button::Interlock, false, CauseKind::Interlock, Role::Operator),
    ("pemf-key", Button::Key, false, CauseKind::KeyOff, Role::Operator),
    ("laser-e-stop", Button::EStop, true, CauseKind::EmergencyStop, Role::Clinician),
    ("pemf-applicator", Button::Applicator, false, CauseKind::Applicator, Role::Operator),
];

/// Fault 55 (LAS-08, LAS-21, LCK-03): door, key, e-stop and applicator end an emission at once and
/// lock the unit until a person with the right to do so finds it mended.
#[test]
fn a_contact_that_opens_ends_the_emission_and_locks_the_unit() {
    in_real_time(async || {
        let house = House::new(&HANDS.map(|(unit, ..)| unit));
        let mut gateway = Gateway::start(&house).await;
        let moved = HANDS.map(|hand| moved(&house, &gateway, hand));
        futures::future::join_all(moved).await;
        assert!(gateway.terminate().await.0.success());
        let records = Records::read(&house.data());
        for (unit, ..) in HANDS {
            let (charged, meter) = (records.charged(unit), house.meter(unit));
            assert!(meter <= charged, "{unit}: {meter} of {charged}");
        }
    });
}

async fn moved(
    house: &House,
    gateway: &Gateway,
    (unit, button, on, cause, role): (&str, Button, bool, CauseKind, Role),
) {
    let operator = gateway.emit(house, unit).await;
    until("emission", async || (0 < house.meter(unit)).then_some(())).await;
    house.stand(unit).press(button, on);
    let end = operator.end().await;
    assert_eq!(end.reason(), cause, "{unit}: {}", end.sentence);
    assert_eq!(end.summary.unwrap().outcome(), SessionOutcome::Partial, "{unit}");
    let off = house.meter(unit);
    gateway.watcher.until_latched(unit, cause).await;
    let standing = release(gateway, unit, cause, role).await;
    assert!(standing.is_err(), "{unit} was released while it stands: {standing:?}");

    house.stand(unit).press(button, !on);
    watch_for(Duration::from_millis(500)).await;
    assert_eq!(gateway.watcher.status(unit).state(), UnitState::Locked, "{unit}");
    if cause == CauseKind::EmergencyStop {
        let absent = release(gateway, unit, cause, role).await;
        assert!(absent.is_err(), "{unit} was released by somebody elsewhere: {absent:?}");
        turn_key(house, gateway, unit).await;
        let operator = release(gateway, unit, cause, Role::Operator).await;
        assert!(operator.is_err(), "{unit} was released by an operator: {operator:?}");
    }
    released(gateway, unit, cause, role).await;
    if cause == CauseKind::Applicator {
        // A unit that lost its applicator was no longer the one of its profile (PEM-07).
        turn_key(house, gateway, unit).await;
        released(gateway, unit, CauseKind::Identity, Role::Clinician).await;
    }
    let free = |status: &UnitStatus| status.state() == UnitState::Standby;
    gateway.watcher.until(unit, "free", free).await;
    assert_eq!(house.meter(unit), off, "{unit} resumed by itself");
}

/// LAS-06: the foot gates the light at once, and for as long as it is off for less than 10 s the
/// session goes on. What it gated is not given.
#[test]
fn a_foot_that_leaves_its_switch_gates_the_light() {
    in_real_time(async || {
        let house = House::new(&["laser"]);
        let mut gateway = Gateway::start(&house).await;
        let operator = gateway.emit(&house, "laser").await;
        until("light", async || (0 < house.meter("laser")).then_some(())).await;
        house.stand("laser").press(Button::Footswitch, false);
        let dark = house.meter("laser");
        watch_for(Duration::from_secs(1)).await;
        assert_eq!(house.meter("laser"), dark, "light without a foot");
        assert_eq!(gateway.watcher.status("laser").state(), UnitState::Emitting);
        house.stand("laser").press(Button::Footswitch, true);
        until("light", async || (dark < house.meter("laser")).then_some(())).await;
        assert_eq!(gateway.watcher.status("laser").causes, Vec::new());
        assert!(gateway.terminate().await.0.success());
        assert_eq!(operator.end().await.reason(), CauseKind::Stop);
        let settled = Records::read(&house.data()).settled(&operator.session).unwrap();
        assert!(house.meter("laser") <= settled.charged, "{settled:?}");
        // A second of darkness is charged as little as the reading allows.
        let second: u128 = 1_000_000_000_000;
        assert!(settled.charged < house.meter("laser") + second, "{settled:?}");
    });
}
