//! Cables that are pulled, plugged in again and mixed up.

use std::time::Duration;

use proto::v1::{BeamState, CauseKind, Role, SessionOutcome, UnitState, UnitStatus};

use super::{
    house::House,
    ledger::Records,
    process::Gateway,
    releases::{release, released, turn_key},
    time::{in_real_time, until, watch_for},
    watcher::has,
};

/// Fault 1 (LAS-07, COM-08, DOS-05): the unit's own lease ends the emission of a unit whose cable
/// was pulled, within the bound of its modality, and all of it is charged. The unit that is plugged
/// in again stays locked until an operator releases it, and nothing resumes.
#[test]
fn a_cable_that_is_cut_ends_the_emission_by_the_lease_of_the_unit() {
    in_real_time(async || {
        let house = House::new(&["laser", "pemf"]);
        let mut gateway = Gateway::start(&house).await;
        let sessions = tokio::join!(
            cut(&house, &gateway, "laser", Duration::from_secs(1)),
            cut(&house, &gateway, "pemf", Duration::from_secs(3)),
        );
        assert!(gateway.terminate().await.0.success());
        let records = Records::read(&house.data());
        for (unit, session) in [("laser", sessions.0), ("pemf", sessions.1)] {
            let settled = records.settled(&session).unwrap();
            assert!(house.meter(unit) <= settled.charged, "{unit}: {settled:?}");
            assert_eq!(settled.cause.as_deref(), Some("link_silence"), "{unit}");
            assert_eq!(records.causes(unit), ["link_silence"], "{unit}");
        }
    });
}

/// Cuts a cable in the middle of an emission, which must have ended after `bound`.
async fn cut(house: &House, gateway: &Gateway, unit: &str, bound: Duration) -> String {
    let operator = gateway.emit(house, unit).await;
    until("emission", async || (0 < house.meter(unit)).then_some(())).await;
    house.unplug(unit).await;
    watch_for(bound).await;
    let off = house.meter(unit);
    let end = operator.end().await;
    assert_eq!(end.reason(), CauseKind::LinkSilence, "{unit}: {}", end.sentence);
    assert_eq!(end.summary.unwrap().outcome(), SessionOutcome::Partial, "{unit}");
    gateway.watcher.until_latched(unit, CauseKind::LinkSilence).await;
    // It is not there: nobody can release it.
    let away = release(gateway, unit, CauseKind::LinkSilence, Role::Operator).await;
    assert!(away.is_err(), "{unit}: {away:?}");
    watch_for(Duration::from_millis(500)).await;
    assert_eq!(house.meter(unit), off, "{unit} emitted for longer than {bound:?}");

    house.plug_in(unit);
    gateway.watcher.until_off(unit).await;
    watch_for(Duration::from_millis(500)).await;
    assert_eq!(gateway.watcher.status(unit).state(), UnitState::Locked, "{unit}");
    released(gateway, unit, CauseKind::LinkSilence, Role::Operator).await;
    gateway.watcher.until_state(unit, UnitState::Standby).await;
    watch_for(Duration::from_millis(500)).await;
    assert_eq!(gateway.watcher.status(unit).state(), UnitState::Standby, "{unit}");
    assert_eq!(house.meter(unit), off, "{unit} resumed by itself");
    operator.session.clone()
}

/// Faults 13 and 14 (COM-07): two units of one model whose cables were swapped at run time are both
/// known for what they are, by challenge, whatever port they are on.
#[test]
fn units_that_swap_their_cables_are_locked() {
    in_real_time(async || {
        let house = House::new(&["pemf-a", "pemf-b"]);
        let mut gateway = Gateway::start(&house).await;
        let operator = gateway.emit(&house, "pemf-a").await;
        gateway.watcher.until_state("pemf-b", UnitState::Standby).await;
        house.unplug("pemf-a").await;
        house.unplug("pemf-b").await;
        house.plug_into("pemf-b", "pemf-a");
        house.plug_into("pemf-a", "pemf-b");
        for unit in ["pemf-a", "pemf-b"] {
            let status = gateway.watcher.until_latched(unit, CauseKind::Identity).await;
            assert_eq!(status.state(), UnitState::Locked, "{unit}");
        }
        assert_eq!(operator.end().await.reason(), CauseKind::LinkSilence);
        let wrong = release(&gateway, "pemf-b", CauseKind::Identity, Role::Clinician).await;
        assert!(wrong.is_err(), "{wrong:?}");
        assert_eq!(house.meter("pemf-b"), 0);

        house.unplug("pemf-a").await;
        house.unplug("pemf-b").await;
        house.plug_in("pemf-a");
        house.plug_in("pemf-b");
        turn_key(&house, &gateway, "pemf-b").await;
        let operator = release(&gateway, "pemf-b", CauseKind::Identity, Role::Operator).await;
        assert!(operator.is_err(), "an operator released it: {operator:?}");
        released(&gateway, "pemf-b", CauseKind::Identity, Role::Clinician).await;
        // What a watcher is shown follows the answer to the release; it does not come before it.
        let mended = |status: &UnitStatus| !has(status, CauseKind::Identity);
        gateway.watcher.until("pemf-b", "released", mended).await;
        gateway.watcher.until_off("pemf-b").await;
        assert_ne!(gateway.watcher.status("pemf-a").beam.unwrap().state(), BeamState::On);
        assert!(gateway.terminate().await.0.success());
        let records = Records::read(&house.data());
        assert!(house.meter("pemf-a") <= records.charged("pemf-a"));
    });
}
