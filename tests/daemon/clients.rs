//! Operators that vanish, stall and leave.

use std::time::Duration;

use proto::v1::{CauseKind, Fence, RefusalReason, SessionOutcome, UnitState};

use simulated_units::Button;

use super::{
    house::House,
    ledger::Records,
    operator::Operator,
    prescriptions::{LONG, for_unit},
    process::{Gateway, connect},
    stops::stop,
    time::{in_real_time, until, watch_for},
    tunnel::Tunnel,
};

/// One joule, in the measure of a laser's meter.
const JOULE: u128 = 1_000_000_000_000;

/// API-04, API-05, LAS-05: a client that vanishes pauses its session when its hold lapses. Nothing
/// is emitted from then on, and the same person takes the session back and goes on.
#[test]
fn a_client_that_vanishes_is_a_lost_hold_and_may_come_back() {
    in_real_time(async || {
        let house = House::new(&["laser"]);
        let mut gateway = Gateway::start(&house).await;
        let (mut gone, tunnel) = emit_through(&house, &gateway, "laser").await;
        let before = house.meter("laser");
        tunnel.cut();
        gateway.watcher.until_state("laser", UnitState::Paused).await;
        let paused = house.meter("laser");
        // 1 W for the 2 s of the hold, 0.25 s of confirmation, and what is left of the lease.
        assert!(paused - before < 3 * JOULE, "{} pJ after the cut", paused - before);
        watch_for(Duration::from_secs(1)).await;
        assert_eq!(house.meter("laser"), paused);

        let token = gone.fence.token;
        gone.fence.token = token + 1;
        let stranger = Operator::reattach(gateway.channel().await, &gone).await;
        assert_eq!(stranger.err().unwrap().reason(), RefusalReason::NotHolder);
        gone.fence.token = token;
        let mut back = Operator::reattach(gateway.channel().await, &gone).await.unwrap();
        assert_eq!(back.session, gone.session);
        watch_for(Duration::from_millis(500)).await;
        assert_eq!(house.meter("laser"), paused, "it resumed by itself");
        back.resume(house.stand("laser")).await;
        back.until(UnitState::Emitting).await;
        until("light", async || (paused < house.meter("laser")).then_some(())).await;
        stop(gateway.channel().await, "laser".to_owned()).await;
        assert_eq!(back.end().await.reason(), CauseKind::Stop);
        assert!(gateway.terminate().await.0.success());
        let settled = Records::read(&house.data()).settled(&back.session).unwrap();
        assert!(house.meter("laser") <= settled.charged, "{settled:?}");
    });
}

/// API-04, LAS-05: a hold lasts from when its beacon was sent. Holds that lay in a socket renew
/// nothing when they come through, neither do repeated ones.
#[test]
fn holds_that_were_stuck_in_a_socket_renew_nothing() {
    in_real_time(async || {
        let house = House::new(&["laser"]);
        let gateway = Gateway::start(&house).await;
        let (operator, tunnel) = emit_through(&house, &gateway, "laser").await;
        operator.let_go();
        tunnel.stall();
        let stuck = operator.beacon().sequence;
        for _ in 0..8 {
            operator.echo(stuck);
            watch_for(Duration::from_millis(100)).await;
        }
        gateway.watcher.until_state("laser", UnitState::Paused).await;
        let paused = house.meter("laser");
        tunnel.flow();
        // Only the hold is missing: a foot is on the switch, as it must be.
        house.stand("laser").press(Button::Footswitch, false);
        until("the hold is found stale", async || {
            operator.echo(stuck);
            let answer = operator.answer(&operator.send(operator.resume_ask())).await;
            match answer.unwrap_err().reason() {
                RefusalReason::HoldStale => return Some(()),
                RefusalReason::FootswitchHeld => {}
                RefusalReason::FootswitchNotPressed => {
                    house.stand("laser").press(Button::Footswitch, true);
                }
                other => panic!("{other:?}"),
            }
            None
        })
        .await;
        watch_for(Duration::from_millis(500)).await;
        assert_eq!(gateway.watcher.status("laser").state(), UnitState::Paused);
        assert_eq!(house.meter("laser"), paused);
    });
}

/// API-04: whoever ends the stream in good order ends the session.
#[test]
fn a_client_that_leaves_ends_its_session() {
    in_real_time(async || {
        let house = House::new(&["pemf"]);
        let mut gateway = Gateway::start(&house).await;
        let mut operator = gateway.emit(&house, "pemf").await;
        assert_ne!(operator.fence, Fence::default());
        operator.half_close();
        let end = operator.end().await;
        assert_eq!(end.reason(), CauseKind::StreamEnded, "{}", end.sentence);
        assert_eq!(end.summary.unwrap().outcome(), SessionOutcome::Under);
        gateway.watcher.until_state("pemf", UnitState::Standby).await;
        assert!(gateway.terminate().await.0.success());
        let settled = Records::read(&house.data()).settled(&operator.session).unwrap();
        assert!(house.meter("pemf") <= settled.charged, "{settled:?}");
    });
}

/// A session whose operator is connected through a tunnel.
async fn emit_through(house: &House, gateway: &Gateway, unit: &str) -> (Operator, Tunnel) {
    gateway.watcher.until_state(unit, UnitState::Standby).await;
    let tunnel = Tunnel::to(gateway.grpc).await;
    let channel = connect(tunnel.address).await;
    let mut operator = Operator::confirm(channel, unit, for_unit(unit, LONG)).await.unwrap();
    operator.emit(house.stand(unit)).await;
    (operator, tunnel)
}
