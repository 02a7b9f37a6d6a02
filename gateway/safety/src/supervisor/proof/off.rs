//! Off: ordered at once, proven by what was asked afterwards, escalated when it is not.

use crate::{
    Beam, BootId, Cause, Command, Emission, Fact, Input, Laser, Modality, Nanos, Order, Pemf,
    Report, State, VALIDITY, quantity::Output,
};

use super::bench::{Bench, LEVEL, Sample, TICK, ms};

/// A stop is never refused, turns off in the same step and raises the epoch, whatever the state.
#[test]
fn a_stop_is_taken_in_every_state() {
    let states: [fn() -> Bench<Laser>; 8] = [
        Bench::closed,
        Bench::standby,
        Bench::confirmed,
        Bench::ready,
        Bench::warning,
        Bench::emitting,
        Bench::paused,
        locked,
    ];
    for state in states {
        let mut bench = state();
        let (epoch, was) = (bench.supervisor.epoch(), bench.state());
        bench.must(Input::Stop);
        assert_eq!(bench.supervisor.order(), Order::off(), "{was:?}");
        assert_eq!(bench.supervisor.epoch(), epoch + 1, "{was:?}");
        assert_eq!(bench.supervisor.reserve(), None, "{was:?}");
    }
}

fn locked() -> Bench<Laser> {
    let mut bench = Bench::emitting();
    bench.must(Input::Lock(Cause::StopAll));
    bench
}

/// PEM-08: a question of the instant of the stop proves nothing; one of a nanosecond later does.
#[test]
fn off_is_proven_by_what_was_asked_after_the_stop() {
    for (after, proven) in [(None, false), (Some(Nanos::ZERO), false), (Some(TICK), true)] {
        let mut bench = Bench::<Laser>::emitting();
        bench.skip(ms(5));
        let asked = bench.now;
        let before = asked.since(bench.supervisor.status().emission.unwrap().0).half();
        bench.must(Input::Stop);
        let asked = match after {
            Some(after) => asked.after(after),
            None => bench.supervisor.status().emission.unwrap().0.after(before),
        };
        bench.skip(ms(5));
        let off = Emission { enabled: false, output: Output::from_count(0), counter: None };
        bench.tell(asked, Fact::Emission(off));
        assert_eq!(bench.state() == State::Standby, proven, "{after:?}");
        assert_eq!(bench.supervisor.may_emit(), !proven);
        assert_eq!(bench.supervisor.ended().is_some(), proven);
    }
}

/// A question cannot have been asked in the future: such an answer proves no later stop.
#[test]
fn an_answer_to_a_question_of_the_future_proves_nothing_of_it() {
    let mut bench = Bench::<Pemf>::emitting();
    let ahead = bench.now.after(Nanos::from_secs(9));
    let on = Emission { enabled: true, output: Output::from_count(LEVEL), counter: None };
    bench.tell(ahead, Fact::Emission(on));
    bench.skip(bench.terms().timing.link);
    assert!(bench.causes().contains(&Cause::LinkSilence), "{:?}", bench.causes());
}

/// Enabled without output is on: only both together are off.
#[test]
fn off_needs_output_below_the_noise_and_no_enable() {
    for (enabled, output, off) in
        [(false, 0, true), (false, 49, true), (false, 50, false), (true, 0, false)]
    {
        let mut bench = Bench::<Laser>::emitting();
        bench.must(Input::Stop);
        bench.skip(ms(1));
        bench.read(enabled, output);
        assert_eq!(bench.state() == State::Standby, off, "{enabled} {output}");
    }
}

/// LAS-12: on in an answer to a question of T_conf after the stop is stuck on.
#[test]
fn still_on_after_the_time_to_confirm_is_stuck_on() {
    for (after, stuck) in [(TICK, false), (Nanos::ZERO, true)] {
        let mut bench = Bench::<Laser>::emitting();
        bench.must(Input::Stop);
        let confirm = bench.terms().timing.confirm;
        bench.skip(confirm.minus(after));
        bench.read(true, LEVEL);
        assert_eq!(bench.causes().contains(&Cause::StuckOn), stuck);
    }
}

/// T_relay after the decision, not confirmed: the relay opens and the unit is locked.
#[test]
fn a_stop_that_is_not_confirmed_opens_the_relay_and_locks() {
    let mut bench = Bench::<Laser>::emitting();
    bench.poll();
    assert!(bench.supervisor.relay_closed());
    bench.must(Input::Stop);
    let relay = bench.terms().timing.relay;
    bench.skip(ms(240));
    bench.read(true, LEVEL);
    bench.skip(relay.minus(ms(240)).minus(TICK));
    assert!(bench.supervisor.relay_closed());
    assert_eq!(bench.causes(), []);
    assert_eq!(bench.supervisor.wake(), bench.now.after(TICK));
    bench.skip(TICK);
    assert!(!bench.supervisor.relay_closed());
    assert_eq!(bench.causes(), [Cause::StopUnconfirmed]);
}

/// A unit that fell silent ends by its lease: that is no stop that was not confirmed. The relay
/// opens all the same, and stays open until the unit is known to be off.
#[test]
fn a_lost_unit_is_not_a_stop_that_was_not_confirmed() {
    let mut bench = Bench::<Laser>::emitting();
    bench.must(Input::Closed);
    let terms = bench.terms();
    bench.skip(terms.timing.relay.minus(TICK));
    assert!(bench.supervisor.relay_closed());
    assert_eq!(bench.supervisor.wake(), bench.now.after(TICK));
    bench.skip(TICK);
    assert!(!bench.supervisor.relay_closed());
    assert_eq!(bench.causes(), [Cause::LinkSilence]);
    let bound = VALIDITY.plus(terms.lease);
    bench.skip(bound.minus(terms.timing.relay).minus(TICK));
    assert!(bench.supervisor.may_emit());
    bench.skip(TICK);
    assert!(!bench.supervisor.may_emit());
    assert!(!bench.supervisor.relay_closed());
    assert!(bench.supervisor.ended().unwrap().uncertain);
    bench.must(Input::Opened);
    bench.poll();
    assert!(!bench.supervisor.relay_closed(), "its identity is not proven");
    bench.identify();
    assert!(bench.supervisor.relay_closed());
}

/// An answer that was under way when the unit was lost proves its stop all the same.
#[test]
fn a_stop_is_proven_by_an_answer_that_came_late() {
    let mut bench = Bench::<Laser>::emitting();
    bench.skip(ms(250));
    bench.must(Input::Stop);
    let asked = bench.now.after(ms(10));
    bench.skip(ms(50));
    assert_eq!(bench.causes(), [Cause::LinkSilence]);
    bench.skip(ms(20));
    let off = Emission { enabled: false, output: Output::from_count(0), counter: None };
    bench.tell(asked, Fact::Emission(off));
    assert!(!bench.supervisor.may_emit() && bench.supervisor.ended().is_some());
    assert!(!bench.supervisor.relay_closed(), "its switches are silent");
    bench.identify();
    bench.poll();
    assert!(bench.supervisor.relay_closed());
    bench.work(Nanos::from_secs(2));
    assert!(bench.supervisor.relay_closed(), "its lease is of no account any more");
}

/// COM-07: after its lease whoever answers is another unit until it proves otherwise.
#[test]
fn a_unit_that_was_lost_is_identified_again() {
    let mut bench = Bench::<Laser>::emitting();
    bench.skip(bench.terms().timing.link);
    bench.skip(VALIDITY.plus(bench.terms().lease));
    bench.poll();
    assert!(!bench.supervisor.relay_closed());
    bench.identify();
    assert!(bench.supervisor.relay_closed());
}

/// A stop of before the loss is not excused by it.
#[test]
fn a_unit_that_falls_silent_after_a_stop_leaves_the_stop_unconfirmed() {
    let mut bench = Bench::<Laser>::emitting();
    bench.must(Input::Stop);
    bench.skip(ms(1));
    bench.must(Input::Closed);
    bench.skip(ms(499));
    assert_eq!(bench.causes(), [Cause::LinkSilence, Cause::StopUnconfirmed]);
}

/// Each fact has a deadline of its own: news of one thing is no sign of another (T_link).
#[test]
fn every_fact_falls_silent_by_itself() {
    fn without<M: Sample>(missing: usize) {
        let mut bench = Bench::<M>::emitting();
        let last = bench.now;
        let link = bench.terms().timing.link;
        for part in 1..=9 {
            bench.now = last.after(Nanos::new(link.get() * part / 10));
            bench.hold();
            for (place, fact) in bench.facts().into_iter().enumerate() {
                if place != missing {
                    bench.hear(fact);
                }
            }
        }
        bench.now = last.after(link.minus(TICK));
        bench.must(Input::Wake);
        assert_eq!(bench.causes(), [], "{missing}");
        bench.skip(TICK);
        assert_eq!(bench.causes(), [Cause::LinkSilence], "{missing}");
    }
    // Contacts, faults, setting and emission; and the temperature if there is a coil.
    for missing in [1, 2, 4, 5] {
        without::<Laser>(missing);
        without::<Pemf>(missing);
    }
    without::<Pemf>(3);
}

/// At rest, too, news of the emission is no news of the switches.
#[test]
fn switches_fall_silent_at_rest() {
    for (state, causes) in [
        (Bench::<Laser>::standby as fn() -> Bench<Laser>, &[][..]),
        (Bench::paused, &[Cause::LinkSilence]),
    ] {
        let mut bench = state();
        let link = bench.terms().timing.link;
        bench.skip(link.minus(TICK));
        bench.read(false, 0);
        assert!(matches!(bench.state(), State::Standby | State::Paused));
        bench.skip(TICK);
        assert_eq!(bench.causes(), causes);
        assert!(matches!(bench.state(), State::Offline | State::Locked));
    }
}

/// LAS-07, COM-08: what starts anew is locked, and emits nothing by itself.
#[test]
fn a_reboot_locks_and_voids_what_was_known() {
    let mut bench = Bench::<Laser>::emitting();
    bench.boot = BootId(8);
    bench.skip(ms(1));
    bench.hear(Fact::Boot(BootId(8)));
    assert!(bench.is_off());
    assert_eq!(bench.causes(), [Cause::Reboot]);
    bench.poll();
    assert_eq!(bench.step(Input::Release(Cause::Reboot)), Err(crate::Refusal::Offline));
    bench.identify();
    bench.must(Input::Release(Cause::Reboot));
}

/// A unit that reboots in STANDBY has to prove everything again, off included.
#[test]
fn a_reboot_in_standby_is_a_new_unit() {
    let mut bench = Bench::<Laser>::standby();
    bench.boot = BootId(8);
    bench.skip(ms(1));
    bench.hear(Fact::Boot(BootId(8)));
    assert_eq!(bench.state(), State::Offline);
    bench.identify();
    assert_eq!(bench.state(), State::Offline, "off was proven of another start");
    bench.poll();
    assert_eq!(bench.state(), State::Standby);
}

/// What was proven of one start of a unit is not proven of the next.
#[test]
fn a_reboot_while_it_comes_up_voids_its_identity() {
    let mut bench = Bench::<Laser>::closed();
    bench.must(Input::Opened);
    bench.hear(Fact::Boot(BootId(7)));
    bench.identify();
    bench.boot = BootId(8);
    bench.poll();
    assert_eq!(bench.state(), State::Offline);
    bench.identify();
    assert_eq!(bench.state(), State::Standby);
}

/// COM-07: after a silence whoever answers proves what it is, though the port never closed.
#[test]
fn a_unit_that_fell_silent_in_standby_is_identified_again() {
    let mut bench = Bench::<Laser>::standby();
    bench.skip(bench.terms().timing.link);
    assert_eq!(bench.state(), State::Offline);
    bench.poll();
    assert_eq!(bench.state(), State::Offline);
    bench.identify();
    assert_eq!(bench.state(), State::Standby);
    assert_eq!(bench.causes(), []);
}

/// LAS-12: emission in any state but EMITTING locks at once and opens the relay.
#[test]
fn emission_where_there_must_be_none_is_stuck_on() {
    let states: [fn() -> Bench<Laser>; 5] =
        [Bench::standby, Bench::confirmed, Bench::ready, Bench::warning, Bench::paused];
    for state in states {
        for (enabled, output) in [(true, 0), (false, 50), (true, LEVEL)] {
            let mut bench = state();
            let was = bench.state();
            bench.skip(ms(1));
            bench.read(enabled, output);
            assert_eq!(bench.causes(), [Cause::StuckOn], "{was:?}");
            assert!(bench.is_off() && !bench.supervisor.relay_closed());
            assert!(bench.supervisor.may_emit(), "it is charged until it is off");
            assert!(matches!(bench.supervisor.beam(), Beam::On(_)), "{was:?}");
        }
    }
}

/// Emission that was asked about in WARNING is not excused by an order that came later.
#[test]
fn emission_before_it_was_ordered_is_stuck_on() {
    let mut bench = Bench::<Laser>::warning();
    bench.work(bench.terms().timing.warning.minus(ms(10)));
    let off = bench.now;
    bench.skip(ms(20));
    assert_eq!(bench.state(), State::Emitting);
    let on = Emission { enabled: true, output: Output::from_count(LEVEL), counter: None };
    bench.tell(off.after(ms(5)), Fact::Emission(on));
    assert_eq!(bench.causes(), [Cause::StuckOn]);
    assert_eq!(bench.charged(), u64::from(LEVEL) * bench.now.since(off).get());
}

/// A unit whose port just opened and that turns itself on was off a moment ago, and is not now.
#[test]
fn off_is_not_proven_by_what_was_read_before_it_was_on() {
    let mut bench = Bench::<Laser>::closed();
    bench.must(Input::Opened);
    bench.poll();
    assert!(matches!(bench.supervisor.beam(), Beam::OffProven(_)));
    bench.skip(ms(10));
    bench.read(true, LEVEL);
    assert!(matches!(bench.supervisor.beam(), Beam::On(_)));
    bench.identify();
    assert_eq!(bench.state(), State::Offline);
}

/// A unit that was just found may still end what another gateway began, but not for long.
#[test]
fn found_on_when_the_port_opens_is_stuck_on_after_the_time_to_confirm() {
    for (early, stuck) in [(TICK, false), (Nanos::ZERO, true)] {
        let mut bench = Bench::<Laser>::closed();
        bench.must(Input::Opened);
        bench.skip(bench.terms().timing.confirm.minus(early));
        bench.read(true, LEVEL);
        assert_eq!(bench.causes().contains(&Cause::StuckOn), stuck);
        assert!(bench.supervisor.may_emit());
        assert!(!bench.supervisor.relay_closed());
        assert!(matches!(bench.supervisor.beam(), Beam::On(_)));
    }
}

/// What is asked before the port opened is an echo of another connection.
#[test]
fn an_answer_from_before_the_port_opened_is_dropped() {
    let mut bench = Bench::<Laser>::standby();
    let asked = bench.now;
    bench.skip(ms(1));
    bench.must(Input::Opened);
    bench.tell(asked, Fact::Faults(1));
    assert_eq!(bench.causes(), []);
    bench.step(Input::Report(Report { asked: bench.now, fact: Fact::Faults(1) })).unwrap();
    bench.identify();
    bench.poll();
    assert_eq!(bench.state(), State::Standby);
}

/// COM-03: an older answer says nothing of now.
#[test]
fn an_older_answer_does_not_replace_a_newer_one() {
    let mut bench = Bench::<Pemf>::emitting();
    let asked = bench.now;
    bench.poll();
    let mut open = bench.contacts;
    open.interlock = false;
    bench.tell(asked, Fact::Contacts(open));
    bench.tell(asked, Fact::Faults(1));
    bench.tell(asked, Fact::Temperature(None));
    bench.tell(asked, Fact::Setting(None));
    let off = Emission {
        enabled: false,
        output: <Pemf as Modality>::Output::from_count(0),
        counter: None,
    };
    bench.tell(asked, Fact::Emission(off));
    assert_eq!((bench.causes(), bench.state()), (std::vec![], State::Emitting));
}

/// A pause proves off as a stop does, and keeps the session.
#[test]
fn a_pause_is_off_until_it_is_proven_and_then_kept() {
    let mut bench = Bench::<Laser>::emitting();
    bench.command(Command::Pause).unwrap();
    assert!(bench.is_off());
    assert_eq!(bench.state(), State::Stopping);
    bench.poll();
    assert_eq!(bench.state(), State::Paused);
    bench.must(Input::Stop);
    assert_eq!(bench.state(), State::Stopping, "a stop is proven anew");
    bench.poll();
    assert_eq!(bench.state(), State::Standby);
    assert!(bench.supervisor.ended().is_some());
}
