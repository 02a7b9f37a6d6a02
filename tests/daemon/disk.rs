//! A disk that fills up while a unit emits.

use std::time::Duration;

use proto::v1::{CauseKind, UnitState};

use super::{
    house::House,
    ledger::Records,
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
