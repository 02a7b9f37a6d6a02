//! Causes: what locks, for how long, and what it takes to clear each (LCK-03).

use crate::{
    ALARM_WINDOW, Cause, Fact, Identity, Input, Laser, Nanos, Pemf, Refusal, Release, State,
    Temperature,
};

use super::bench::{Bench, LEVEL, Sample, TICK, ms};

/// Turns the key off and on at the unit.
fn turn_key<M: Sample>(bench: &mut Bench<M>) {
    bench.contacts.key = false;
    bench.poll();
    bench.contacts.key = true;
    bench.poll();
}

fn locked(cause: Cause) -> Bench<Laser> {
    let mut bench = Bench::emitting();
    bench.must(Input::Lock(cause));
    bench
}

/// Every cause turns off in the step that latches it, and stays until it is released itself.
#[test]
fn every_cause_locks_until_it_is_released() {
    for cause in Cause::ALL.iter().copied() {
        let mut bench = locked(cause);
        assert!(bench.is_off(), "{cause:?}");
        assert_eq!(bench.state(), State::Locked);
        bench.poll();
        bench.must(Input::Settled);
        let fence = bench.fence();
        let confirm = Input::Confirm(Laser::admitted(), fence);
        assert_eq!(bench.step(confirm), Err(Refusal::Locked));
        bench.identify();
        turn_key(&mut bench);
        for other in Cause::ALL.iter().copied().filter(|other| *other != cause) {
            assert_eq!(bench.step(Input::Release(other)), Err(Refusal::NotLatched));
        }
        assert_eq!(bench.state(), State::Locked);
        bench.must(Input::Release(cause));
        assert_eq!(bench.state(), State::Standby, "{cause:?}");
        bench.must(confirm);
    }
}

/// All causes are kept, in their order, and each is released by itself.
#[test]
fn all_causes_are_kept_in_order() {
    let mut bench = Bench::<Laser>::emitting();
    for cause in Cause::ALL.iter().copied().rev() {
        bench.must(Input::Lock(cause));
        bench.must(Input::Lock(cause));
    }
    let mut kept = bench.causes();
    kept.reverse();
    assert_eq!(kept, Cause::ALL);
    bench.poll();
    bench.identify();
    turn_key(&mut bench);
    for cause in Cause::ALL.iter().copied() {
        assert_eq!(bench.state(), State::Locked);
        bench.must(Input::Release(cause));
        assert!(!bench.supervisor.causes().holds(cause));
    }
    assert_eq!(bench.state(), State::Standby);
}

/// What is not of the gateway needs off and the identity, both proven after it was latched
/// (LCK-03).
#[test]
fn a_release_needs_off_and_the_identity_of_afterwards() {
    for cause in Cause::ALL.iter().copied() {
        let judged = cause.release() != Release::Reconciliation;
        let mut bench = Bench::<Laser>::standby();
        bench.skip(ms(1));
        bench.poll();
        bench.identify();
        bench.must(Input::Lock(cause));
        assert_eq!(bench.step(Input::Release(cause)).is_ok(), !judged, "{cause:?}");
        if judged {
            bench.identify();
            assert_eq!(bench.step(Input::Release(cause)), Err(Refusal::Offline), "{cause:?}");
            bench.poll();
            turn_key(&mut bench);
            bench.must(Input::Release(cause));
        }
    }
}

/// Nothing is released while its session still may emit.
#[test]
fn nothing_is_released_before_off_is_proven() {
    for cause in Cause::ALL.iter().copied() {
        let mut bench = locked(cause);
        bench.identify();
        assert_eq!(bench.step(Input::Release(cause)), Err(Refusal::ConditionStands), "{cause:?}");
    }
}

/// LCK-07: a person turns the key at the unit, off and on, after what demands it.
#[test]
fn presence_is_a_turn_of_the_key_after_the_cause() {
    let released = |turns: &[bool]| {
        let mut bench = locked(Cause::Deviation);
        for key in turns {
            bench.contacts.key = *key;
            bench.poll();
        }
        bench.poll();
        bench.identify();
        bench.step(Input::Release(Cause::Deviation))
    };
    assert_eq!(released(&[]), Err(Refusal::PresenceNeeded));
    assert_eq!(released(&[true, true]), Err(Refusal::PresenceNeeded));
    assert_eq!(released(&[false]), Err(Refusal::PresenceNeeded));
    assert_eq!(released(&[false, true]), Ok(()));
    assert_eq!(released(&[false, true, false]), Ok(()));
    assert_eq!(Cause::Deviation.release(), Release::Presence);
}

/// A key that was off before the cause, or that was turned before it came back, is no presence.
#[test]
fn a_turn_of_before_is_no_presence() {
    let mut bench = Bench::<Laser>::standby();
    bench.contacts.key = false;
    bench.poll();
    let asked = bench.now;
    bench.must(Input::Lock(Cause::Deviation));
    bench.tell(asked, Fact::Contacts(bench.contacts));
    bench.contacts.key = true;
    bench.poll();
    bench.identify();
    assert_eq!(bench.step(Input::Release(Cause::Deviation)), Err(Refusal::PresenceNeeded));
    turn_key(&mut bench);
    let mut again = bench;
    bench.must(Input::Release(Cause::Deviation));
    again.must(Input::Lock(Cause::Deviation));
    again.poll();
    again.identify();
    assert_eq!(again.step(Input::Release(Cause::Deviation)), Err(Refusal::PresenceNeeded));
}

/// What the unit shows must be mended: a contact, a fault, a temperature (LCK-03).
#[test]
fn a_cause_that_stands_is_not_released() {
    let degrees = |centi: i32| Some(Temperature::from_centicelsius(centi));
    let mut bench = Bench::<Pemf>::emitting();
    bench.must(Input::Lock(Cause::OverTemperature));
    turn_key(&mut bench);
    for (centi, outcome) in [(3_900, Err(Refusal::ConditionStands)), (3_899, Ok(()))] {
        bench.temperature = degrees(centi);
        bench.poll();
        bench.identify();
        assert_eq!(bench.step(Input::Release(Cause::OverTemperature)), outcome);
    }
    let mut bench = Bench::<Laser>::standby();
    for cause in [Cause::Interlock, Cause::KeyOff, Cause::Applicator, Cause::EmergencyStop] {
        bench.must(Input::Lock(cause));
        turn_key(&mut bench);
        let good = bench.contacts;
        bench.contacts.interlock = cause != Cause::Interlock;
        bench.contacts.key = cause != Cause::KeyOff;
        bench.contacts.applicator = cause != Cause::Applicator;
        bench.contacts.emergency_stop_released = cause != Cause::EmergencyStop;
        bench.poll();
        bench.identify();
        assert_eq!(bench.step(Input::Release(cause)), Err(Refusal::ConditionStands), "{cause:?}");
        bench.contacts = good;
        turn_key(&mut bench);
        bench.identify();
        bench.must(Input::Release(cause));
    }
    bench.must(Input::Lock(Cause::UnitFault));
    bench.poll();
    bench.identify();
    bench.hear(Fact::Faults(1));
    assert_eq!(bench.step(Input::Release(Cause::UnitFault)), Err(Refusal::ConditionStands));
}

/// SES-12: three alarms within ten minutes take the unit out of use.
#[test]
fn the_third_alarm_within_ten_minutes_locks() {
    for (beyond, repeated) in [(Nanos::ZERO, true), (TICK, false)] {
        let mut bench = Bench::<Pemf>::emitting();
        let first = bench.now;
        for _ in 0..2 {
            bench.must(Input::Lock(Cause::StopAll));
            bench.poll();
            bench.identify();
            bench.must(Input::Settled);
            bench.must(Input::Release(Cause::StopAll));
            bench.confirm();
            bench.arm();
            bench.start();
            bench.emit();
        }
        bench.now = first.after(ALARM_WINDOW).after(beyond);
        bench.must(Input::Wake);
        assert!(bench.is_off(), "nobody watched it for so long");
        assert_eq!(bench.causes().contains(&Cause::RepeatedStops), repeated);
    }
}

/// An alarm that finds nothing armed is none that counts.
#[test]
fn alarms_in_standby_do_not_count() {
    let mut bench = Bench::<Laser>::standby();
    for _ in 0..5 {
        bench.must(Input::Lock(Cause::StopAll));
        bench.poll();
        bench.identify();
        bench.must(Input::Release(Cause::StopAll));
    }
    assert_eq!(bench.causes(), []);
}

/// LCK-02: what a person or the records must clear opens the relay at once; the rest does not.
#[test]
fn the_relay_opens_at_once_for_what_is_grave() {
    for cause in Cause::ALL.iter().copied() {
        let bench = locked(cause);
        let closed = cause.release() == Release::Operator;
        assert_eq!(bench.supervisor.relay_closed(), closed, "{cause:?}");
    }
}

/// COM-07: another unit on the line locks, whatever it was doing.
#[test]
fn another_identity_locks() {
    let states: [fn() -> Bench<Laser>; 4] =
        [Bench::standby, Bench::ready, Bench::emitting, Bench::paused];
    for state in states {
        let mut bench = state();
        bench.skip(ms(1));
        bench.hear(Fact::Identity(Identity::Differs));
        assert_eq!(bench.causes(), [Cause::Identity]);
        assert!(bench.is_off() && !bench.supervisor.relay_closed());
    }
    let mut bench = Bench::<Laser>::standby();
    bench.hear(Fact::Identity(Identity::Differs));
    bench.poll();
    turn_key(&mut bench);
    assert_eq!(bench.step(Input::Release(Cause::Identity)), Err(Refusal::Offline));
}

/// A locked unit that emits is charged, and what it is locked by stays.
#[test]
fn a_locked_unit_is_still_watched() {
    let mut bench = locked(Cause::StopAll);
    bench.poll();
    bench.must(Input::Settled);
    bench.skip(ms(100));
    bench.read(true, LEVEL);
    assert_eq!(bench.causes(), [Cause::StopAll, Cause::StuckOn]);
    assert!(bench.charged() > 0 && !bench.supervisor.relay_closed());
}

/// What was recorded may not be what was given, if the records failed.
#[test]
fn a_failure_of_the_records_makes_a_session_uncertain() {
    for cause in Cause::ALL.iter().copied() {
        let mut bench = locked(cause);
        bench.poll();
        let uncertain = cause.release() == Release::Reconciliation;
        assert_eq!(bench.supervisor.ended().unwrap().uncertain, uncertain, "{cause:?}");
    }
}
