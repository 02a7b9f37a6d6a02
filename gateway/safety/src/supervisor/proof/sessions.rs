//! From a confirmation to the end: who may go on, when, and with what.

use crate::{
    Admitted, Beacon, Cause, Command, Demand, Emission, End, Fact, Fence, Grant, Identity, Input,
    Laser, LaserDose, Nanos, Pemf, Refusal, State, VALIDITY, quantity::Output,
};

use super::bench::{Bench, Sample, TICK, ms};

/// SES-06: one session at a time, and none before the last is settled.
#[test]
fn a_unit_has_one_session() {
    let mut bench = Bench::<Laser>::confirmed();
    let fence = bench.fence();
    assert_eq!(bench.step(Input::Confirm(Laser::admitted(), fence)), Err(Refusal::Busy));
    bench.must(Input::Stop);
    let fence = bench.fence();
    assert_eq!(bench.step(Input::Confirm(Laser::admitted(), fence)), Err(Refusal::Busy));
    bench.must(Input::Settled);
    assert_eq!(bench.supervisor.ended(), None);
    bench.must(Input::Confirm(Laser::admitted(), fence));
}

/// LAS-02: a confirmation expires after three minutes.
#[test]
fn a_confirmation_expires() {
    let mut bench = Bench::<Laser>::confirmed();
    let confirmation = bench.terms().timing.confirmation;
    bench.work(confirmation.minus(ms(2)));
    assert_eq!(bench.supervisor.ended(), None);
    bench.work(ms(2));
    assert_eq!(bench.supervisor.ended().unwrap().end, End::Expired);
    assert_eq!(bench.command(Command::Arm), Err(Refusal::WrongState));
}

/// LAS-03: READY falls back after T_ready.
#[test]
fn ready_falls_back_to_standby() {
    fn falls<M: Sample>() {
        let mut bench = Bench::<M>::confirmed();
        bench.command(Command::Arm).unwrap();
        let until = bench.supervisor.status().session.unwrap().until.unwrap();
        assert_eq!(until, bench.now.after(bench.terms().timing.ready));
        bench.work(bench.terms().timing.ready.minus(TICK));
        assert_eq!(bench.state(), State::Ready);
        bench.skip(TICK);
        assert!(bench.is_off());
        bench.poll();
        assert_eq!(bench.state(), State::Standby);
        assert_eq!(bench.supervisor.ended().unwrap().end, End::Expired);
    }
    falls::<Laser>();
    falls::<Pemf>();
}

/// Commands of another holder, or of before a stop, are refused (SEC-03, API-05).
#[test]
fn commands_are_fenced() {
    let mut bench = Bench::<Laser>::ready();
    let own = bench.fence();
    let other = Fence { token: own.token + 1, ..own };
    let older = Fence { epoch: own.epoch.wrapping_sub(1), ..own };
    bench.hold();
    for (fence, refusal) in [(other, Refusal::NotHolder), (older, Refusal::StoppedSince)] {
        let before = bench.supervisor;
        assert_eq!(bench.step(Input::Command(Command::Start, fence)), Err(refusal));
        assert_eq!(bench.supervisor, before);
    }
    assert_eq!(bench.step(Input::Hold(other, Beacon(0))), Err(Refusal::NotHolder));
    bench.must(Input::Command(Command::Start, own));
}

/// SES-05, COM-07: the setting is read back and the identity proven after it was asked for.
#[test]
fn a_start_needs_the_read_back_and_the_identity_of_now() {
    for (setting, identity, outcome) in [
        (true, true, Ok(())),
        (false, true, Err(Refusal::ReadBackPending)),
        (true, false, Err(Refusal::ReadBackPending)),
    ] {
        let mut bench = Bench::<Pemf>::confirmed();
        bench.command(Command::Arm).unwrap();
        bench.now = bench.now.after(ms(1));
        if setting {
            bench.hear(Fact::Setting(bench.setting()));
        }
        if identity {
            bench.hear(Fact::Identity(Identity::Proven));
        }
        bench.hold();
        assert_eq!(bench.command(Command::Start), outcome, "{setting} {identity}");
    }
}

/// A setting that was held once and is not any more is not held.
#[test]
fn a_read_back_that_is_lost_again_is_none() {
    let mut bench = Bench::<Pemf>::ready();
    bench.hold();
    bench.now = bench.now.after(ms(1));
    bench.hear(Fact::Setting(None));
    assert_eq!(bench.command(Command::Start), Err(Refusal::ReadBackPending));
}

/// A read-back that was asked for before the unit was told is of another setting.
#[test]
fn a_read_back_of_before_the_arming_is_none() {
    let mut bench = Bench::<Pemf>::confirmed();
    let asked = bench.now;
    bench.skip(ms(1));
    bench.command(Command::Arm).unwrap();
    bench.skip(ms(1));
    bench.tell(asked, Fact::Setting(bench.setting()));
    bench.hear(Fact::Identity(Identity::Proven));
    bench.hold();
    assert_eq!(bench.command(Command::Start), Err(Refusal::ReadBackPending));
}

/// LAS-06: seen released, then pressed, between Arm and Start.
#[test]
fn the_footswitch_is_released_before_it_is_pressed() {
    let started = |presses: &[bool]| {
        let mut bench = Bench::<Laser>::confirmed();
        bench.command(Command::Arm).unwrap();
        for pressed in presses {
            bench.contacts.footswitch = *pressed;
            bench.poll();
        }
        bench.identify();
        bench.hold();
        bench.command(Command::Start)
    };
    assert_eq!(started(&[]), Err(Refusal::FootswitchHeld));
    assert_eq!(started(&[true]), Err(Refusal::FootswitchHeld));
    assert_eq!(started(&[false]), Err(Refusal::FootswitchNotPressed));
    assert_eq!(started(&[true, false]), Err(Refusal::FootswitchNotPressed));
    assert_eq!(started(&[false, true]), Ok(()));
    assert_eq!(started(&[false, true, false]), Err(Refusal::FootswitchNotPressed));
}

/// A footswitch released during WARNING pauses before anything is emitted.
#[test]
fn a_footswitch_released_in_warning_pauses() {
    let mut bench = Bench::<Laser>::warning();
    bench.contacts.footswitch = false;
    bench.poll();
    assert_eq!(bench.state(), State::Stopping);
    bench.poll();
    assert_eq!(bench.state(), State::Paused);
    assert_eq!(bench.charged(), 0);
}

/// LAS-04, LAS-01: emission begins when the warning is over, from nowhere else.
#[test]
fn the_warning_is_as_long_as_it_is() {
    let mut bench = Bench::<Laser>::warning();
    let warning = bench.terms().timing.warning;
    bench.work(warning.minus(TICK));
    assert_eq!(bench.state(), State::Warning);
    assert!(matches!(bench.supervisor.order().demand(), Demand::Warn(_)));
    bench.skip(TICK);
    assert_eq!(bench.state(), State::Emitting);
}

/// The hold lease runs from the instant of the beacon, not from its echo (LAS-05, API-04).
#[test]
fn the_hold_lease_runs_from_the_beacon() {
    fn lapses<M: Sample>() {
        let mut bench = Bench::<M>::emitting();
        bench.holds = false;
        let confirmed = bench.supervisor.session.unwrap().confirmed;
        let beacon = bench.beacon();
        bench.hold();
        let due = confirmed.after(Nanos::from_millis(250 * beacon.0));
        let lapses = due.after(bench.terms().timing.hold);
        let span = lapses.since(bench.now);
        bench.work(span.minus(TICK));
        assert_eq!(bench.state(), State::Emitting);
        let _stuck = bench.step(Input::Hold(bench.fence(), beacon));
        bench.skip(TICK);
        assert_eq!(bench.state(), State::Stopping, "an old echo renews nothing");
        bench.poll();
        assert_eq!(bench.state(), State::Paused);
    }
    lapses::<Laser>();
    lapses::<Pemf>();
}

/// A beacon that was not sent yet cannot be echoed.
#[test]
fn a_beacon_of_the_future_is_unknown() {
    let mut bench = Bench::<Laser>::ready();
    let next = Beacon(bench.beacon().0 + 1);
    let fence = bench.fence();
    assert_eq!(bench.step(Input::Hold(fence, next)), Err(Refusal::UnknownBeacon));
}

#[test]
fn a_start_needs_a_hold_that_is_fresh() {
    for (after, outcome) in [(TICK, Ok(())), (Nanos::ZERO, Err(Refusal::HoldStale))] {
        let mut bench = Bench::<Pemf>::ready();
        assert_eq!(bench.command(Command::Start), Err(Refusal::HoldStale));
        bench.hold();
        bench.holds = false;
        let held = bench.supervisor.status().session.unwrap().held.unwrap();
        let lapses = held.after(bench.terms().timing.hold);
        bench.work(lapses.since(bench.now).minus(after));
        assert_eq!(bench.command(Command::Start), outcome);
    }
}

/// An order to emit is good for 300 ms at most.
#[test]
fn an_order_to_emit_lapses() {
    let bench = Bench::<Laser>::emitting();
    match bench.supervisor.order().demand() {
        Demand::Emit { valid_until, .. } => assert_eq!(valid_until, bench.now.after(VALIDITY)),
        other @ (Demand::Off | Demand::Prepare(_) | Demand::Warn(_)) => panic!("{other:?}"),
    }
}

fn grant<M: Sample>(bench: &Bench<M>) -> Grant {
    match bench.supervisor.order().demand() {
        Demand::Emit { grant, .. } => grant,
        other @ (Demand::Off | Demand::Prepare(_) | Demand::Warn(_)) => panic!("{other:?}"),
    }
}

/// COM-05: one grant per start or resume, and each is new.
#[test]
fn each_start_and_resume_has_a_grant_of_its_own() {
    let mut bench = Bench::<Laser>::emitting();
    let first = grant(&bench);
    bench.work(ms(500));
    assert_eq!(grant(&bench), first);
    bench.pause();
    bench.press();
    bench.hold();
    bench.command(Command::Resume(Laser::admitted())).unwrap();
    bench.identify();
    bench.emit();
    assert!(first < grant(&bench));
}

/// SES-11: a resume gives what is left, and only of what was confirmed.
#[test]
fn a_resume_goes_on_with_what_is_left() {
    let mut bench = Bench::<Laser>::paused();
    let left = bench.supervisor.status().session.unwrap().left;
    bench.hold();
    let own = Laser::admitted();
    let other = LaserDose { time: own.dose().time.minus(TICK), ..own.dose() };
    let other = Admitted::new(own.level(), other, own.budget());
    assert_eq!(bench.command(Command::Resume(own)), Err(Refusal::FootswitchHeld));
    bench.press();
    bench.hold();
    assert_eq!(bench.command(Command::Resume(other)), Err(Refusal::Changed));
    bench.command(Command::Resume(own)).unwrap();
    assert_eq!(bench.state(), State::Warning);
    let terms = bench.terms();
    match bench.supervisor.order().demand() {
        Demand::Warn(setting) => {
            let preset = left.plus(terms.tail());
            assert!(setting.preset.quantity.picojoules() >= 10_000 * preset.get());
            assert!(setting.preset.quantity.picojoules() < 10_000 * preset.plus(ms(1)).get());
        }
        other @ (Demand::Off | Demand::Prepare(_) | Demand::Emit { .. }) => panic!("{other:?}"),
    }
}

/// COM-07, SES-11: before it goes on after a pause, the unit proves who it is and what it holds.
#[test]
fn a_resume_needs_the_identity_again() {
    let mut bench = Bench::<Laser>::paused();
    bench.press();
    bench.hold();
    bench.command(Command::Resume(Laser::admitted())).unwrap();
    let late = bench.terms().timing.warning.plus(bench.terms().timing.relay);
    bench.work(late.minus(TICK));
    assert_eq!(bench.state(), State::Warning, "it is not proven");
    let mut proven = bench;
    proven.hear(Fact::Identity(Identity::Proven));
    assert_eq!(proven.state(), State::Emitting);
    bench.skip(TICK);
    assert_eq!(bench.causes(), [Cause::SettingDiffers]);
}

/// SES-11: what was read back before a pause is of another setting.
#[test]
fn a_resume_needs_the_read_back_again() {
    let mut bench = Bench::<Pemf>::emitting();
    bench.command(Command::Pause).unwrap();
    bench.skip(ms(1));
    bench.read(false, 0);
    assert!(bench.supervisor.status().session.unwrap().read_back);
    bench.hold();
    bench.command(Command::Resume(Pemf::admitted())).unwrap();
    assert!(!bench.supervisor.status().session.unwrap().read_back);
}

/// SES-10: a pause is over after T_pause, and the session with it.
#[test]
fn a_pause_is_over_after_its_time() {
    fn over<M: Sample>() {
        let mut bench = Bench::<M>::paused();
        let pause = bench.terms().timing.pause;
        bench.work(pause.minus(TICK));
        assert_eq!(bench.state(), State::Paused);
        bench.skip(TICK);
        bench.poll();
        assert_eq!(bench.state(), State::Standby);
        assert_eq!(bench.supervisor.ended().unwrap().end, End::PauseOver);
    }
    over::<Laser>();
    over::<Pemf>();
}

/// DOS-13: what was paused at the end of its dose is over: there is nothing to resume.
#[test]
fn a_pause_with_nothing_left_is_the_end() {
    let mut bench = Bench::<Laser>::warning();
    bench.work(bench.terms().timing.warning);
    bench.work(super::bench::SPAN.minus(ms(5)));
    bench.command(Command::Pause).unwrap();
    bench.skip(ms(10));
    let off = Emission { enabled: false, output: Output::from_count(0), counter: None };
    bench.hear(Fact::Emission(off));
    assert_eq!(bench.state(), State::Standby);
    assert_eq!(bench.supervisor.ended().unwrap().end, End::Dose);
}

/// SES-14: a gateway that starts knows of no session, and nothing emits.
#[test]
fn a_new_supervisor_is_off() {
    let bench = Bench::<Laser>::closed();
    assert!(bench.is_off() && !bench.supervisor.relay_closed());
    assert_eq!(bench.state(), State::Offline);
}
