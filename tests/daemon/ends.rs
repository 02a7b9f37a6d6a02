//! Sessions that end as they should.

use proto::v1::{CauseKind, Prescription};

use super::{
    house::House,
    ledger::{Records, Settled},
    prescriptions::{LONG, laser_of, pemf_of},
    process::Gateway,
    subscriber::Subscriber,
    time::in_real_time,
};

/// DOS-04: whichever of dose and time comes first ends a session, and what is charged is
/// no less than what the unit's own meter counted, and no more than a few per cent above it.
#[test]
fn a_session_ends_at_its_dose_or_at_its_time() {
    in_real_time(async || {
        let house = House::new(&["laser-dose", "laser-time", "pemf-dose", "pemf-time"]);
        let mut gateway = Gateway::start(&house).await;
        let dashboard = Subscriber::new(gateway.broker.unwrap().port());
        let (dose, time) = (CauseKind::DoseReached, CauseKind::TimeReached);
        let sessions = tokio::join!(
            run(&house, &gateway, "laser-dose", laser_of(5_000, LONG), dose),
            run(&house, &gateway, "laser-time", laser_of(5_040, 5), time),
            run(&house, &gateway, "pemf-dose", pemf_of(10_000, LONG), dose),
            run(&house, &gateway, "pemf-time", pemf_of(10_080, 5), time),
        );
        for unit in ["laser-dose", "laser-time", "pemf-dose", "pemf-time"] {
            dashboard.until(0, "the end", &[&format!("/{unit}/event"), "ended"]).await;
        }
        let (status, _) = gateway.terminate().await;
        assert!(status.success());
        let records = Records::read(&house.data());
        assert_eq!(records.open_marks(), Vec::<String>::new());
        let settled = |unit, session: &str| judge(&house, &records, unit, session);
        for (unit, session) in [("laser-dose", sessions.0), ("pemf-dose", sessions.2)] {
            let settled = settled(unit, &session);
            assert_eq!((&*settled.end, &*settled.outcome), ("dose", "complete"), "{unit}");
        }
        for (unit, session) in [("laser-time", sessions.1), ("pemf-time", sessions.3)] {
            assert_eq!(settled(unit, &session).end, "time", "{unit}");
        }
    });
}

async fn run(
    house: &House,
    gateway: &Gateway,
    unit: &str,
    prescription: Prescription,
    reason: CauseKind,
) -> String {
    let mut operator = gateway.confirm(unit, prescription).await;
    operator.emit(house.stand(unit)).await;
    let end = operator.end().await;
    assert_eq!(end.reason(), reason, "{unit}: {}", end.sentence);
    operator.session.clone()
}

/// What a session was charged is no less than what its unit emitted, and hardly more.
fn judge(house: &House, records: &Records, unit: &str, session: &str) -> Settled {
    let settled = records.settled(session).unwrap();
    let meter = house.meter(unit);
    assert!(meter <= settled.charged, "{unit}: {meter} of {settled:?}");
    assert!(settled.charged <= meter + meter / 10, "{unit}: {meter} of {settled:?}");
    assert!(!settled.uncertain, "{unit}: {settled:?}");
    settled
}
