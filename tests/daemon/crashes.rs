//! Gateways that are told to leave, that are killed, and whose time stands still.

use std::time::Duration;

use proto::v1::{CauseKind, RefusalReason, Role, UnitState};
use safety::Nanos;

use super::{
    commands::replayed,
    house::House,
    ledger::Records,
    operator::Operator,
    prescriptions::{LONG, for_unit},
    process::{Gateway, refused},
    releases::{release, released},
    time::{in_real_time, until, watch_for},
    watcher::has,
};

/// On SIGTERM everything goes off, is proven off and settled, and the process ends by itself
/// within five seconds. Operators are told how their sessions ended.
#[test]
fn a_gateway_that_is_told_to_leave_turns_everything_off_and_settles_it() {
    in_real_time(async || {
        let units = ["laser", "pemf"];
        let house = House::new(&units);
        let mut gateway = Gateway::start(&house).await;
        let (laser, pemf) =
            tokio::join!(gateway.emit(&house, "laser"), gateway.emit(&house, "pemf"));
        until("light", async || (0 < house.meter("laser")).then_some(())).await;
        let (status, took) = gateway.terminate().await;
        assert!(status.success(), "{status}");
        assert!(took < Nanos::from_secs(5), "it took {} ms", took.millis());
        let off = units.map(|unit| house.meter(unit));
        let records = Records::read(&house.data());
        for (unit, operator) in [("laser", &laser), ("pemf", &pemf)] {
            assert_eq!(operator.end().await.reason(), CauseKind::Stop, "{unit}");
            let settled = records.settled(&operator.session).unwrap();
            assert!(house.meter(unit) <= settled.charged, "{unit}: {settled:?}");
            assert!(settled.delivered <= settled.charged, "{unit}: {settled:?}");
            assert_eq!((&*settled.end, settled.uncertain), ("stopped", false), "{unit}");
            assert_eq!(records.causes(unit), Vec::<String>::new(), "{unit}");
        }
        watch_for(Duration::from_secs(1)).await;
        assert_eq!(units.map(|unit| house.meter(unit)), off);
    });
}

/// Fault 23 (SES-08, SES-14, LAS-07): the lease of the unit ends the emission of a gateway that was
/// killed, and what was durable ahead of it covers it. The next gateway resumes nothing, and locks
/// unit and patient until service has reconciled the records.
#[test]
fn a_gateway_that_is_killed_has_charged_what_its_units_went_on_emitting() {
    in_real_time(async || {
        let house = House::new(&["laser", "pemf", "pemf-other"]);
        let mut gateway = Gateway::start(&house).await;
        let patients = [for_unit("laser", LONG), for_unit("pemf", LONG)];
        let mut laser = gateway.confirm("laser", patients[0].clone()).await;
        let mut pemf = gateway.confirm("pemf", patients[1].clone()).await;
        tokio::join!(laser.emit(house.stand("laser")), pemf.emit(house.stand("pemf")));
        until("light", async || (0 < house.meter("laser")).then_some(())).await;
        gateway.kill().await;
        let said = replayed(&house.data(), true).await;
        assert!(said.contains("until it was cut off") || said.contains("was killed"), "{said}");
        watch_for(Duration::from_secs(1)).await;
        let light = house.meter("laser");
        watch_for(Duration::from_secs(2)).await;
        let field = house.meter("pemf");
        watch_for(Duration::from_millis(500)).await;
        assert_eq!((house.meter("laser"), house.meter("pemf")), (light, field));
        let records = Records::read(&house.data());
        assert_eq!(records.open_marks(), [laser.session.clone(), pemf.session.clone()]);
        assert!(light <= records.bound(&laser.session));
        assert!(field <= records.bound(&pemf.session));
        drop(records);

        let mut next = Gateway::start(&house).await;
        for unit in ["laser", "pemf"] {
            let status = next.watcher.until_latched(unit, CauseKind::OpenMark).await;
            assert_eq!(status.state(), UnitState::Locked, "{unit}");
        }
        next.watcher.until_state("pemf-other", UnitState::Standby).await;
        // The same patient on another unit.
        let again = Operator::confirm(next.channel().await, "pemf-other", patients[1].clone());
        assert_eq!(again.await.err().unwrap().reason(), RefusalReason::Locked);
        watch_for(Duration::from_secs(1)).await;
        assert_eq!((house.meter("laser"), house.meter("pemf")), (light, field), "it resumed");
        let operator = release(&next, "pemf", CauseKind::OpenMark, Role::Operator).await;
        assert!(operator.is_err(), "an operator released it: {operator:?}");
        released(&next, "pemf", CauseKind::OpenMark, Role::Service).await;
        released(&next, "laser", CauseKind::OpenMark, Role::Admin).await;
        next.watcher.until_state("pemf", UnitState::Standby).await;
        assert!(next.terminate().await.0.success());
        let records = Records::read(&house.data());
        assert_eq!(records.open_marks(), Vec::<String>::new());
        assert!(field <= records.charged("pemf") && light <= records.charged("laser"));
    });
}

/// Faults 21, 24 and 33 (TIM-04, LAS-07): while the time of the gateway stands still the leases end
/// the emission. When it goes on, the gateway knows that it was late, and resumes nothing.
#[test]
fn a_gateway_whose_time_stood_still_does_not_go_on() {
    in_real_time(async || {
        let units = ["laser", "pemf"];
        let house = House::new(&units);
        let mut gateway = Gateway::start(&house).await;
        let (laser, pemf) =
            tokio::join!(gateway.emit(&house, "laser"), gateway.emit(&house, "pemf"));
        until("light", async || (0 < house.meter("laser")).then_some(())).await;
        gateway.stun();
        watch_for(Duration::from_secs(1)).await;
        let light = house.meter("laser");
        watch_for(Duration::from_secs(2)).await;
        let field = house.meter("pemf");
        gateway.wake();
        for (unit, operator) in [("laser", &laser), ("pemf", &pemf)] {
            let end = operator.end().await;
            let reason = end.reason();
            let why = [CauseKind::Lateness, CauseKind::Suspend, CauseKind::LinkSilence];
            assert!(why.contains(&reason), "{unit}: {reason:?}");
            let status = gateway.watcher.until_state(unit, UnitState::Locked).await;
            assert!(has(&status, reason), "{unit}: {:?}", status.causes);
        }
        watch_for(Duration::from_secs(1)).await;
        assert_eq!((house.meter("laser"), house.meter("pemf")), (light, field), "it resumed");
        assert!(gateway.terminate().await.0.success());
        let records = Records::read(&house.data());
        for (unit, operator) in [("laser", &laser), ("pemf", &pemf)] {
            let settled = records.settled(&operator.session).unwrap();
            assert!(house.meter(unit) <= settled.charged, "{unit}: {settled:?}");
        }
    });
}

/// One ledger has one gateway, and one address has one. The second says why it ends.
#[test]
fn a_second_gateway_is_refused() {
    in_real_time(async || {
        let house = House::new(&["pemf"]);
        let gateway = Gateway::start(&house).await;
        let same_ledger = refused(&house.config()).await;
        assert!(same_ledger.contains("ledger"), "{same_ledger}");
        let other = House::new(&["pemf"]);
        other.set(|settings| {
            let address = gateway.grpc.to_string();
            super::house::section(settings, "grpc").insert("listen".into(), address.into());
        });
        let same_address = refused(&other.config()).await;
        let hint = format!("gRPC cannot listen on {}; does another gateway run?", gateway.grpc);
        assert!(same_address.contains(&hint), "{same_address}");
        gateway.watcher.until_state("pemf", UnitState::Standby).await;
    });
}
