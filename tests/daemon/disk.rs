//! A disk that fills up while a unit emits, and one that has little left before.

use std::time::Duration;

use proto::v1::{CauseKind, RefusalReason, UnitState};

use super::{
    house::{House, section},
    ledger::Records,
    operator::Operator,
    prescriptions::{LONG, for_unit},
    process::Gateway,
    time::{in_real_time, until, watch_for},
};

/// Faults 28 and 29 (JRN-03): a slice that cannot be made durable ends the session by itself, what
/// was durable covers what was emitted, and nothing starts before the ledger was opened anew.
#[test]
fn a_disk_that_is_full_ends_the_session() {
    in_real_time(async || {
        let house = House::new(&["laser", "pemf"]);
        let mut gateway = Gateway::start(&house).await;
        let (laser, pemf) =
            tokio::join!(gateway.emit(&house, "laser"), gateway.emit(&house, "pemf"));
        until("light", async || (0 < house.meter("laser")).then_some(())).await;
        gateway.fill_disk();
        for unit in ["laser", "pemf"] {
            let status = gateway.watcher.until_latched(unit, CauseKind::Ledger).await;
            assert_eq!(status.state(), UnitState::Locked, "{unit}");
            gateway.watcher.until_off(unit).await;
        }
        let off = (house.meter("laser"), house.meter("pemf"));
        watch_for(Duration::from_secs(1)).await;
        assert_eq!((house.meter("laser"), house.meter("pemf")), off);
        gateway.terminate().await;
        let records = Records::read(&house.data());
        assert!(off.0 <= records.bound(&laser.session), "{off:?}");
        assert!(off.1 <= records.bound(&pemf.session), "{off:?}");
        // Whoever reads the ledger keeps a gateway out.
        drop(records);

        let next = Gateway::start(&house).await;
        for unit in ["laser", "pemf"] {
            let status = next.watcher.until_latched(unit, CauseKind::OpenMark).await;
            assert_eq!(status.state(), UnitState::Locked, "{unit}");
        }
    });
}

/// JRN-02, OPS-02: with less space than the reserve no session begins, and the metrics show what is
/// left and how many wait in each queue.
#[test]
fn no_session_begins_with_less_space_than_the_reserve() {
    in_real_time(async || {
        let house = House::new(&["pemf"]);
        let reserve = |megabytes: i64| {
            house.set(|settings| {
                section(settings, "data").insert("reserve_megabytes".into(), megabytes.into());
            });
        };
        reserve(1_000_000_000);
        let mut gateway = Gateway::start(&house).await;
        gateway.watcher.until_state("pemf", UnitState::Standby).await;
        let refused = until("a refusal for want of space", async || {
            let asked = for_unit("pemf", LONG);
            Operator::confirm(gateway.channel().await, "pemf", asked).await.err()
        })
        .await;
        assert_eq!(refused.reason(), RefusalReason::LedgerUnavailable);
        let shown = gateway.scrape();
        for queue in ["calls", "stops", "ledger"] {
            for what in ["depth", "room"] {
                let line = format!("therapy_gateway_queue_{what}{{queue=\"{queue}\"}} ");
                assert!(shown.contains(&line), "{line}: {shown}");
            }
        }
        gateway.terminate().await;

        reserve(100);
        let next = Gateway::start(&house).await;
        let _taken = next.confirm("pemf", for_unit("pemf", LONG)).await;
    });
}
