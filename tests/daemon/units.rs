//! Units that go wrong by themselves.

use std::time::Duration;

use proto::v1::{
    BeamState, CauseKind, Prescription, SessionOutcome, Stop, Tier, UnitState, UnitStatus,
    operate_request::Ask,
};
use simulated_units::Fault;

use super::{
    house::House,
    ledger::Records,
    operator::check,
    process::Gateway,
    stops::stop,
    time::{in_real_time, until, watch_for, within},
    watcher::has,
};

/// Faults 3 and 4 (LAS-07, LAS-12): a unit that reboots and emits again by itself is turned off and
/// locked. What it emitted is charged, before and after.
#[test]
fn a_unit_that_reboots_and_resumes_by_itself_is_stopped_and_charged() {
    in_real_time(async || {
        let house = House::new(&["laser", "pemf"]);
        let mut gateway = Gateway::start(&house).await;
        tokio::join!(reboots(&house, &gateway, "laser"), reboots(&house, &gateway, "pemf"));
        assert!(gateway.terminate().await.0.success());
        covered(&house, &["laser", "pemf"]);
    });
}

async fn reboots(house: &House, gateway: &Gateway, unit: &str) {
    let operator = gateway.emit(house, unit).await;
    house.stand(unit).fault(Fault::AutoResume);
    until("emission", async || (0 < house.meter(unit)).then_some(())).await;
    house.stand(unit).fault(Fault::Reboot);
    let end = operator.end().await;
    assert_eq!(end.summary.unwrap().outcome(), SessionOutcome::Partial, "{unit}");
    gateway.watcher.until_state(unit, UnitState::Locked).await;
    gateway.watcher.until_off(unit).await;
    let off = house.meter(unit);
    watch_for(Duration::from_secs(1)).await;
    assert_eq!(house.meter(unit), off, "{unit} emits");
    let status = gateway.watcher.status(unit);
    assert_eq!(status.state(), UnitState::Locked, "{unit}");
    assert!(has(&status, CauseKind::Reboot), "{unit}: {:?}", status.causes);
}

/// Faults 5 and 6 (LAS-12, DOS-05): a unit that does not hear its off is shown as not proven off,
/// and goes on being charged after it was locked, for as long as it emits.
#[test]
fn a_unit_that_is_stuck_on_is_charged_until_it_is_proven_off() {
    in_real_time(async || {
        let house = House::new(&["laser", "pemf"]);
        let mut gateway = Gateway::start(&house).await;
        tokio::join!(sticks(&house, &gateway, "laser"), sticks(&house, &gateway, "pemf"));
        assert!(gateway.terminate().await.0.success());
        covered(&house, &["laser", "pemf"]);
    });
}

async fn sticks(house: &House, gateway: &Gateway, unit: &str) {
    let operator = gateway.emit(house, unit).await;
    until("emission", async || (0 < house.meter(unit)).then_some(())).await;
    house.stand(unit).fault(Fault::StuckOn);
    operator.send(Ask::Stop(Stop::default()));
    let proof = within("a proof", stop(gateway.channel().await, unit.to_owned())).await;
    assert!(proof.off_confirmed_boottime_nanoseconds.is_none(), "{unit}: {proof:?}");
    assert!(proof.first_stop_byte_boottime_nanoseconds.is_some(), "{unit}: {proof:?}");
    let stuck = |status: &UnitStatus| {
        has(status, CauseKind::StuckOn) || has(status, CauseKind::StopUnconfirmed)
    };
    let status = gateway.watcher.until(unit, "that it is stuck", stuck).await;
    assert_eq!(status.state(), UnitState::Locked, "{unit}");
    assert_ne!(status.beam.unwrap().state(), BeamState::OffProven, "{unit}");
    let locked = house.meter(unit);
    watch_for(Duration::from_secs(1)).await;
    assert!(locked < house.meter(unit), "{unit} is not stuck");
    assert_ne!(gateway.watcher.status(unit).beam.unwrap().state(), BeamState::OffProven, "{unit}");
    house.stand(unit).heal();
    gateway.watcher.until_off(unit).await;
    assert_eq!(operator.end().await.reason(), CauseKind::Stop, "{unit}");
    assert_eq!(gateway.watcher.status(unit).state(), UnitState::Locked, "{unit}");
}

/// Fault 1 on a cable of which one wire broke (COM-06, DOS-05): a unit that obeys and no longer
/// answers is turned off and locked, and charged until its lease is over.
#[test]
fn a_unit_that_falls_silent_is_turned_off_and_locked() {
    in_real_time(async || {
        let house = House::new(&["laser", "pemf"]);
        let mut gateway = Gateway::start(&house).await;
        tokio::join!(
            falls_silent(&house, &gateway, "laser"),
            falls_silent(&house, &gateway, "pemf")
        );
        assert!(gateway.terminate().await.0.success());
        covered(&house, &["laser", "pemf"]);
    });
}

async fn falls_silent(house: &House, gateway: &Gateway, unit: &str) {
    let operator = gateway.emit(house, unit).await;
    until("emission", async || (0 < house.meter(unit)).then_some(())).await;
    house.stand(unit).fault(Fault::Mute);
    let end = operator.end().await;
    let silent = [CauseKind::LinkSilence, CauseKind::ErrorRate];
    assert!(silent.contains(&end.reason()), "{unit}: {}", end.sentence);
    let off = house.meter(unit);
    let status = gateway.watcher.until_latched(unit, CauseKind::LinkSilence).await;
    assert_ne!(status.beam.unwrap().state(), BeamState::On, "{unit}");
    house.stand(unit).heal();
    gateway.watcher.until_off(unit).await;
    watch_for(Duration::from_millis(500)).await;
    assert_eq!(house.meter(unit), off, "{unit} emits");
    assert_eq!(gateway.watcher.status(unit).state(), UnitState::Locked, "{unit}");
}

/// Promise 2 (DOS-05, LAS-12): what a unit emits without a session is shown, and leaves its last
/// patient that much less, before and after a restart.
#[test]
fn emission_without_a_session_counts_for_the_last_patient() {
    in_real_time(async || {
        let house = House::new(&["pemf"]);
        let mut gateway = Gateway::start(&house).await;
        let operator = gateway.emit(&house, "pemf").await;
        until("emission", async || (0 < house.meter("pemf")).then_some(())).await;
        operator.send(Ask::Stop(Stop::default()));
        operator.end().await;
        let given = operator.prescription.clone();
        gateway.watcher.until_state("pemf", UnitState::Standby).await;
        assert_eq!(gateway.watcher.status("pemf").stray, None);
        let before = left(&gateway, &given).await;
        house.stand("pemf").fault(Fault::AutoResume);
        house.stand("pemf").fault(Fault::Reboot);
        gateway.watcher.until("pemf", "a stray dose", |status| status.stray.is_some()).await;
        house.stand("pemf").heal();
        gateway.watcher.until_off("pemf").await;
        let after = left(&gateway, &given).await;
        assert!(after < before, "{after} of {before}");
        assert!(gateway.terminate().await.0.success());
        let next = Gateway::start(&house).await;
        let restarted = left(&next, &given).await;
        assert!(restarted < before, "{restarted} of {before}");
    });
}

/// What earlier emission leaves to the patient of the field, all limits together.
async fn left(gateway: &Gateway, prescription: &Prescription) -> i64 {
    let checked = check(gateway.channel().await, "pemf", prescription.clone()).await;
    let remaining = checked.decisions.iter().filter(|one| one.tier() == Tier::RemainingBudget);
    remaining.filter_map(|one| one.bound).sum()
}

/// Whatever units emitted is charged to somebody.
fn covered(house: &House, units: &[&str]) {
    let records = Records::read(&house.data());
    assert_eq!(records.open_marks(), Vec::<String>::new());
    for unit in units {
        let (charged, meter) = (records.charged(unit), house.meter(unit));
        assert!(meter <= charged, "{unit}: {meter} of {charged}; {:?}", records.causes(unit));
    }
}
