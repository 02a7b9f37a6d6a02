//! What is charged: never less than what was given, and known until when (DOS-04, DOS-05).

use crate::{
    BootId, Cause, Emission, End, Fact, Input, Laser, Nanos, Outcome, Pemf, State, VALIDITY,
    quantity::Output,
};

use super::bench::{Bench, LEVEL, SPAN, Sample, TICK, ms};

/// Charged between two instants, as milliseconds of the prescribed level.
fn in_millis(count: u64) -> u64 {
    count / (u64::from(LEVEL) * 1_000_000)
}

fn emission_of(span: Nanos) -> Bench<Laser> {
    let mut bench = Bench::warning();
    bench.work(bench.terms().timing.warning);
    assert_eq!(bench.state(), State::Emitting);
    bench.work(span);
    bench
}

#[test]
fn what_is_ordered_is_charged_from_the_order_to_the_proof() {
    let mut bench = emission_of(ms(1_000));
    bench.must(Input::Stop);
    bench.skip(ms(20));
    bench.poll();
    assert_eq!(in_millis(bench.charged()), 1_021);
    let ended = bench.supervisor.ended().unwrap();
    assert_eq!(ended.end, End::Stopped);
    assert_eq!(Laser::time(ended.charged), ms(1_021));
}

/// The greater of ordered and measured, over the whole gap and the one before: nobody knows when
/// within its question a reading was taken.
#[test]
fn what_is_measured_above_the_order_is_charged_from_the_reading_before() {
    let mut bench = emission_of(ms(1_000));
    let before = bench.charged();
    bench.skip(ms(100));
    bench.read(true, 11_900);
    let up = bench.charged() - before;
    assert_eq!(up, 11_900 * 100_000_000, "the gap");
    bench.skip(ms(100));
    bench.read(true, LEVEL);
    let after = bench.charged() - before - up;
    assert_eq!(after, 11_900 * 100_000_000, "the gap after");
    bench.skip(ms(100));
    bench.read(true, LEVEL - 1);
    assert_eq!(bench.charged() - before - up - after, 11_900 * 100_000_000, "its tail");
    bench.skip(ms(100));
    bench.read(true, LEVEL);
    let all = 3 * 11_900 * 100_000_000 + u64::from(LEVEL) * 100_000_000;
    assert_eq!(bench.charged() - before, all);
}

/// A question of before the order tells nothing of after it, and charges nothing before it.
#[test]
fn nothing_is_charged_before_the_order() {
    let mut bench = Bench::<Laser>::warning();
    bench.work(bench.terms().timing.warning.minus(ms(10)));
    let asked = bench.now.after(ms(5));
    bench.skip(ms(10));
    assert_eq!(bench.state(), State::Emitting);
    bench.skip(ms(10));
    let off = Emission { enabled: false, output: Output::from_count(0), counter: None };
    bench.tell(asked, Fact::Emission(off));
    assert_eq!(in_millis(bench.charged()), 10);
}

/// A port that opens again does not prolong the lease of what was lost when it closed.
#[test]
fn a_lease_runs_from_the_first_loss() {
    let mut bench = emission_of(ms(1_000));
    bench.must(Input::Closed);
    bench.skip(ms(600));
    bench.must(Input::Opened);
    bench.skip(ms(99));
    assert!(bench.supervisor.may_emit());
    bench.skip(ms(1));
    assert!(!bench.supervisor.may_emit());
    assert_eq!(in_millis(bench.charged()), 1_700);
}

/// A link that dies after a high reading is charged at that reading, up to the lease (DOS-05).
#[test]
fn a_lost_unit_is_charged_at_the_worst_until_its_lease_is_over() {
    let mut bench = emission_of(ms(1_000));
    bench.skip(ms(100));
    bench.read(true, 11_900);
    let before = bench.charged();
    bench.must(Input::Closed);
    bench.skip(Nanos::from_secs(60));
    let bound = VALIDITY.plus(bench.terms().lease);
    assert_eq!(bench.charged() - before, 11_900 * bound.get());
    let ended = bench.supervisor.ended().unwrap();
    assert!(ended.uncertain);
    assert_eq!((ended.end, ended.outcome), (End::Alarm(Cause::LinkSilence), Outcome::Partial));
}

/// A unit that is found on after its lease did not obey it: all of the time is charged, to nobody.
#[test]
fn found_on_after_the_lease_is_charged_from_its_end() {
    let mut bench = emission_of(ms(1_000));
    bench.must(Input::Closed);
    let bound = VALIDITY.plus(bench.terms().lease);
    bench.skip(bound);
    let settled = bench.supervisor.ended().unwrap().charged;
    bench.must(Input::Settled);
    bench.must(Input::Opened);
    bench.skip(Nanos::from_secs(5));
    bench.read(true, 3_000);
    assert!(bench.causes().contains(&Cause::StuckOn));
    assert_eq!(bench.charged(), u64::from(LEVEL) * 5_000_000_000, "at what it was told");
    bench.skip(ms(100));
    bench.read(false, 0);
    assert_eq!(in_millis(bench.charged()), 5_100);
    assert!(!bench.supervisor.may_emit());
    assert!(Laser::quantity(settled) > 0);
}

/// Found on while its lease still ran, it is not bounded by it any more.
#[test]
fn found_on_within_the_lease_is_charged_until_it_is_off() {
    let mut bench = emission_of(ms(1_000));
    bench.must(Input::Closed);
    bench.skip(ms(100));
    bench.must(Input::Opened);
    bench.skip(ms(100));
    bench.read(true, LEVEL);
    for _ in 0..20 {
        bench.skip(ms(250));
        bench.read(true, LEVEL);
        assert!(bench.supervisor.ended().is_none(), "it answers: it is not lost");
    }
    bench.skip(ms(50));
    bench.read(false, 0);
    assert_eq!(in_millis(bench.charged()), 1_000 + 200 + 20 * 250 + 50);
}

/// Found off within the lease, it is charged until then and not until the end of the lease.
#[test]
fn found_off_within_the_lease_ends_the_charge() {
    let mut bench = emission_of(ms(1_000));
    bench.must(Input::Closed);
    bench.skip(ms(10));
    bench.must(Input::Opened);
    bench.skip(ms(10));
    bench.read(false, 0);
    assert_eq!(in_millis(bench.charged()), 1_020);
    assert!(bench.supervisor.ended().is_some());
}

/// A stray emission of a unit that is lost ends by its lease, however long the port stays closed.
#[test]
fn a_stray_emission_of_a_lost_unit_is_bounded() {
    let mut bench = Bench::<Laser>::standby();
    bench.skip(ms(100));
    bench.read(true, LEVEL);
    let before = bench.charged();
    bench.must(Input::Closed);
    bench.skip(Nanos::from_secs(36_000));
    bench.must(Input::Opened);
    bench.skip(ms(1));
    bench.read(false, 0);
    let bound = VALIDITY.plus(bench.terms().lease);
    assert_eq!(bench.charged() - before, u64::from(LEVEL) * bound.get());
}

/// So does that of a unit that was found on and never identified: by its silence, or its port.
#[test]
fn a_stray_emission_of_an_unknown_unit_is_bounded() {
    let found = || {
        let mut bench = Bench::<Laser>::standby();
        bench.must(Input::Closed);
        bench.must(Input::Opened);
        bench.skip(ms(100));
        bench.read_counting(true, LEVEL, Some(0));
        bench
    };
    let lease = VALIDITY.plus(Laser::terms().lease);
    let (mut silent, mut closed) = (found(), found());
    let before = silent.charged();
    silent.skip(silent.terms().timing.link);
    silent.skip(Nanos::from_secs(36_000));
    let bound = u64::from(LEVEL) * lease.plus(silent.terms().timing.link).get();
    assert_eq!(silent.charged() - before, bound);
    closed.must(Input::Closed);
    closed.skip(Nanos::from_secs(36_000));
    assert_eq!(closed.charged() - before, u64::from(LEVEL) * lease.get());
    let charged = closed.charged();
    closed.must(Input::Opened);
    closed.skip(ms(1));
    closed.read_counting(false, 0, Some(u64::from(LEVEL) * lease.get()));
    assert_eq!(closed.charged(), charged, "what its lease was charged for is counted once");
}

/// Stuck on after a lock: charged to the session until it is off.
#[test]
fn a_locked_unit_that_stays_on_is_charged_to_its_session() {
    let mut bench = emission_of(ms(1_000));
    bench.must(Input::Lock(Cause::StopAll));
    for _ in 0..40 {
        bench.skip(ms(250));
        bench.read(true, LEVEL);
    }
    assert!(bench.supervisor.ended().is_none(), "it is not settled while it emits");
    bench.skip(ms(250));
    bench.read(false, 0);
    let ended = bench.supervisor.ended().unwrap();
    assert_eq!(in_millis(Laser::quantity(ended.charged)), 1_000 + 41 * 250);
    let budget = Laser::quantity(Laser::admitted().budget());
    assert_eq!(Laser::quantity(ended.debt), Laser::quantity(ended.charged) - budget);
}

/// Emission after a stop of a unit that was never ordered on is charged from when it was last off.
#[test]
fn emission_after_a_stop_in_ready_is_charged() {
    let mut bench = Bench::<Laser>::ready();
    let off = bench.supervisor.status().emission.unwrap().0;
    bench.must(Input::Stop);
    bench.skip(ms(100));
    bench.read(true, 200);
    assert_eq!(bench.causes(), [Cause::StuckOn]);
    assert_eq!(bench.charged(), u64::from(LEVEL) * bench.now.since(off).get());
}

/// The unit's own count is charged if it is more, gap by gap (DOS-11).
#[test]
fn a_count_above_the_order_is_charged() {
    let mut bench = emission_of(ms(1_000));
    bench.skip(ms(100));
    bench.read_counting(true, LEVEL, Some(0));
    let before = bench.charged();
    bench.skip(ms(100));
    bench.read_counting(true, LEVEL - 1, Some(1_500_000_000_000));
    assert_eq!(bench.charged() - before, 1_500_000_000_000);
    bench.skip(ms(100));
    bench.read_counting(true, LEVEL, Some(1_600_000_000_000));
    let all = 1_500_000_000_000 + u64::from(LEVEL) * 100_000_000;
    assert_eq!(bench.charged() - before, all, "what came before does not make up for it");
}

/// What was counted between two readings of off was emitted: it is charged and locks (LAS-12).
#[test]
fn a_count_that_rises_while_off_is_stuck_on() {
    let noise = 50 * (100_000_000 + 300_000_000);
    for (count, stuck) in [(noise, false), (noise + 1, true)] {
        let mut bench = Bench::<Laser>::standby();
        bench.skip(ms(1));
        bench.read_counting(false, 0, Some(77));
        bench.skip(ms(100));
        bench.read_counting(false, 0, Some(77 + count));
        assert_eq!(bench.causes().contains(&Cause::StuckOn), stuck);
        assert_eq!(bench.charged(), count);
    }
}

/// What was counted in a pause is charged on top of a charge that was ahead of the count.
#[test]
fn a_count_that_rises_in_a_pause_is_charged() {
    let mut bench = emission_of(ms(1_000));
    bench.counter = Some(7);
    bench.pause();
    let before = bench.charged();
    bench.skip(ms(1));
    bench.read_counting(false, 0, Some(7 + 30_000_000_000));
    assert_eq!(bench.charged() - before, 30_000_000_000);
    assert_eq!(bench.causes(), [Cause::StuckOn]);
}

/// Emission is charged from when the unit was last off, though its session began later.
#[test]
fn emission_found_in_a_new_session_is_charged_from_before_it() {
    let mut bench = Bench::<Laser>::standby();
    let off = bench.now;
    bench.skip(ms(100));
    bench.confirm();
    bench.skip(ms(100));
    bench.read(true, 2_000);
    assert_eq!(bench.charged(), 2_000 * bench.now.since(off).get());
}

/// What a session emitted is not charged once more when the unit is read after it.
#[test]
fn a_count_is_charged_to_one_account_only() {
    let mut bench = Bench::<Laser>::standby();
    bench.skip(ms(1));
    bench.read_counting(false, 0, Some(0));
    bench.confirm();
    bench.arm();
    bench.start();
    bench.emit();
    bench.skip(ms(100));
    bench.read_counting(true, LEVEL, Some(11_000_000_000_000));
    bench.must(Input::Stop);
    bench.skip(ms(1));
    bench.read_counting(false, 0, Some(11_010_000_000_000));
    bench.must(Input::Settled);
    bench.skip(ms(100));
    bench.read_counting(false, 0, Some(11_010_000_000_000));
    assert_eq!(bench.charged(), 0);
    assert_eq!(bench.causes(), []);
}

/// What was charged by a lease and counted afterwards is one and the same.
#[test]
fn what_a_lease_was_charged_for_is_not_counted_again() {
    let counted = |count: u64| {
        let mut bench = emission_of(ms(1_000));
        bench.skip(ms(1));
        bench.read_counting(true, LEVEL, Some(0));
        bench.must(Input::Closed);
        bench.skip(Nanos::from_secs(2));
        bench.must(Input::Settled);
        bench.must(Input::Opened);
        bench.skip(ms(1));
        bench.read_counting(false, 0, Some(count));
        bench
    };
    let bound = u64::from(LEVEL) * VALIDITY.plus(Laser::terms().lease).get();
    assert_eq!(counted(bound).charged(), 0);
    let beyond = counted(bound + 20_000_000_000_000);
    assert_eq!(beyond.charged(), 20_000_000_000_000);
    assert!(beyond.causes().contains(&Cause::StuckOn));
    let mut again = counted(bound);
    again.skip(ms(1));
    again.read_counting(false, 0, Some(bound + 900_000_000_000));
    assert_eq!(again.charged(), 900_000_000_000, "it is credited once");
}

/// An answer to a question of before the loss does not find a unit that is lost.
#[test]
fn a_late_answer_does_not_find_a_lost_unit() {
    let mut bench = emission_of(ms(1_000));
    let asked = bench.now;
    bench.skip(bench.terms().timing.link);
    let lost = bench.now;
    let on = Emission { enabled: true, output: Output::from_count(LEVEL), counter: None };
    bench.skip(ms(50));
    bench.tell(asked.after(ms(100)), Fact::Emission(on));
    let bound = lost.after(VALIDITY).after(bench.terms().lease);
    bench.skip(bound.since(bench.now));
    assert!(!bench.supervisor.may_emit());
    assert_eq!(in_millis(bench.charged()), 1_000 + bound.since(asked).millis());
}

/// A unit counts from zero when it starts anew.
#[test]
fn what_was_counted_since_a_reboot_is_charged() {
    let mut bench = Bench::<Laser>::standby();
    bench.skip(ms(1));
    bench.read_counting(false, 0, Some(900_000_000_000_000));
    bench.hear(Fact::Boot(BootId(8)));
    bench.skip(ms(1));
    bench.read_counting(false, 0, Some(5_000_000_000_000));
    assert_eq!(bench.charged(), 5_000_000_000_000);
    assert_eq!(bench.causes(), [Cause::StuckOn]);
}

/// LAS-06: what a footswitch holds off is not charged, if the unit's own count says so too.
#[test]
fn a_gated_output_is_not_charged_if_it_is_not_counted() {
    let gated = |counter: Option<u64>, then: Option<u64>| {
        let mut bench = emission_of(ms(1_000));
        bench.contacts.footswitch = false;
        bench.hear(Fact::Contacts(bench.contacts));
        bench.skip(ms(50));
        bench.read_counting(true, 0, counter);
        bench.skip(ms(50));
        bench.read_counting(true, 0, counter);
        let before = bench.charged();
        bench.skip(ms(50));
        bench.read_counting(true, 0, then);
        bench.charged() - before
    };
    let mut first = emission_of(ms(1_000));
    first.skip(ms(50));
    first.read_counting(true, LEVEL, Some(5));
    first.contacts.footswitch = false;
    first.hear(Fact::Contacts(first.contacts));
    let before = first.charged();
    first.skip(ms(50));
    first.read_counting(true, 0, Some(5));
    assert_eq!(in_millis(first.charged() - before), 50, "it was on at the reading before");
    first.skip(ms(50));
    first.read_counting(true, 0, Some(6));
    let before = first.supervisor.status().session.unwrap().delivered;
    first.skip(ms(50));
    first.read_counting(true, 0, Some(7));
    let delivered = first.supervisor.status().session.unwrap().delivered;
    assert_eq!(delivered.time, before.time, "noise takes no time of emission");
    assert_eq!(gated(Some(5), Some(5)), 0);
    assert_eq!(gated(Some(5), Some(6)), 1);
    assert_eq!(in_millis(gated(None, None)), 50, "nothing proves it");
    assert_eq!(in_millis(gated(Some(5), Some(500_000_000_005))), 50, "pressed in between");
}

/// DOS-15, LAS-04: left in WARNING, a session has a dose of zero and is none.
#[test]
fn a_session_left_in_warning_has_no_dose() {
    let mut bench = Bench::<Laser>::warning();
    bench.work(bench.terms().timing.warning.minus(TICK));
    assert_eq!(bench.state(), State::Warning);
    bench.must(Input::Stop);
    bench.poll();
    let ended = bench.supervisor.ended().unwrap();
    assert_eq!(ended.charged, <Laser as crate::Modality>::Dose::default());
    assert_eq!((ended.outcome, ended.end), (Outcome::Aborted, End::Stopped));
}

/// COMPLETE from 95 % delivered, UNDER below 80 %, PARTIAL between (PEM-06).
#[test]
fn the_outcome_goes_by_what_was_delivered() {
    for (millis, outcome) in [
        (7_900, Outcome::Under),
        (8_200, Outcome::Partial),
        (9_450, Outcome::Partial),
        (9_800, Outcome::Complete),
    ] {
        let mut bench = emission_of(ms(millis));
        bench.must(Input::Stop);
        bench.poll();
        assert_eq!(bench.supervisor.ended().unwrap().outcome, outcome, "{millis}");
    }
}

/// SES-09: the dose or the time ends it, whichever is first, and the end is exact.
#[test]
fn a_session_ends_at_its_dose_or_its_time() {
    fn ends<M: Sample>(end: End) {
        let mut bench = Bench::<M>::warning();
        bench.work(bench.terms().timing.warning);
        bench.work(SPAN.minus(TICK));
        assert_eq!(bench.state(), State::Emitting);
        bench.skip(TICK);
        assert_eq!(bench.state(), State::Stopping);
        bench.poll();
        let ended = bench.supervisor.ended().unwrap();
        assert_eq!((ended.end, ended.outcome), (end, outcome(end)));
        bench.must(Input::Settled);
        assert_eq!(bench.supervisor.ended(), None, "once");
    }
    fn outcome(end: End) -> Outcome {
        if end == End::Dose { Outcome::Complete } else { Outcome::Under }
    }
    ends::<Laser>(End::Dose);
    ends::<Pemf>(End::Time);
}
