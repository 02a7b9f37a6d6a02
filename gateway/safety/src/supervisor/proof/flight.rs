//! What is charged for a run in flight, and what is not of it.

use crate::{
    Cause, Emission, Fact, Input, Instant, Nanos, Pemf, State, Stimulator, Terms, VALIDITY,
    quantity::Output,
};

use super::{
    bench::{Bench, LEVEL, Sample, TICK, chunked, ms},
    runs::{LENGTH, TRAIN, begun, begun_on, keep, silent, through},
};

/// Output within a run is that of the run. At any other time nobody ordered it.
#[test]
fn output_between_runs_is_stuck_on() {
    let mut bench = begun();
    let begun = bench.now;
    bench.skip(ms(100));
    bench.read(true, LEVEL);
    assert_eq!((bench.charged(), bench.causes()), (TRAIN, std::vec![]));
    keep(&mut bench, begun.after(LENGTH));
    bench.hear(Fact::Ran(bench.supervisor.grant));
    silent(&mut bench, true);
    bench.skip(ms(200));
    bench.read(true, LEVEL);
    assert_eq!(bench.causes(), [Cause::StuckOn]);
    assert_eq!(bench.charged(), TRAIN + u64::from(LEVEL) * 200_000_000, "since it was silent");
    bench.skip(ms(100));
    bench.read(false, 0);
    assert_eq!(bench.charged(), TRAIN + u64::from(LEVEL) * 300_000_000, "until it was off");
    assert!(!bench.supervisor.may_emit());
}

/// A run may begin late and be seen late, but not later.
#[test]
fn output_long_after_a_run_is_stuck_on() {
    let late = |span: Nanos| {
        let mut bench = begun();
        let until = bench.now.after(span);
        keep(&mut bench, Instant::from_boot(until.since_boot() - 1));
        bench.skip(TICK);
        bench.read(true, LEVEL);
        bench.causes()
    };
    let terms = Stimulator::terms();
    let seen = LENGTH.plus(terms.rise).plus(terms.timing.confirm);
    assert_eq!(late(seen), []);
    assert_eq!(late(seen.plus(TICK)), [Cause::StuckOn]);
}

/// A run of which a meter shows more is charged at that from its beginning to its end (DOS-04).
#[test]
fn a_meter_that_shows_more_raises_the_charge_of_the_run() {
    let mut bench = begun_on(chunked());
    bench.skip(ms(100));
    bench.read(true, LEVEL + 1_000);
    let raised = (u64::from(LEVEL) + 1_000) * 1_000_000_000;
    assert_eq!(bench.charged(), raised);
    bench.skip(ms(100));
    bench.read(true, LEVEL + 500);
    assert_eq!(bench.charged(), raised, "once");
    bench.skip(ms(100));
    bench.read(true, LEVEL + 2_100);
    assert_eq!((bench.state(), bench.causes()), (State::Emitting, std::vec![]));
    bench.skip(ms(100));
    bench.read(true, LEVEL + 2_001);
    assert_eq!(bench.causes(), [Cause::Deviation], "twice beyond 20 %");
}

/// The read-back of a short run may be low, or stay the same: neither is a fault (LAS-11).
#[test]
fn a_low_or_constant_read_back_is_no_fault_of_a_run() {
    let mut bench = begun_on(Terms { frozen: Some(ms(100)), ..chunked() });
    bench.output = Some(LEVEL / 4);
    bench.work(Nanos::from_secs(5));
    assert_eq!((bench.state(), bench.causes()), (State::Emitting, std::vec![]));
}

/// What the unit counts up to its run is the run; what it counts beyond is charged and locks.
#[test]
fn pulses_beyond_the_run_are_charged() {
    for (count, charged, locked) in
        [(TRAIN, TRAIN, false), (TRAIN - 1, TRAIN, false), (2 * TRAIN, 2 * TRAIN, true)]
    {
        let mut bench = begun();
        bench.skip(ms(10));
        bench.read_counting(true, 0, Some(77));
        let begun = bench.now;
        bench.skip(ms(300));
        bench.read_counting(true, LEVEL, Some(77 + TRAIN / 2));
        keep(&mut bench, begun.after(LENGTH));
        bench.read_counting(true, 0, Some(77 + count));
        assert_eq!(bench.charged(), charged, "{count}");
        assert_eq!(bench.causes().contains(&Cause::StuckOn), locked, "{count}");
    }
}

/// What a meter showed beyond the level and what the unit counted of it are one and the same.
#[test]
fn what_a_meter_showed_is_not_counted_again() {
    let mut bench = begun_on(chunked());
    bench.read_counting(true, 0, Some(0));
    bench.skip(ms(100));
    let more = LEVEL + 1_000;
    bench.read_counting(true, more, Some(u64::from(more) * 100_000_000));
    let raised = u64::from(more) * 1_000_000_000;
    bench.skip(ms(800));
    bench.read_counting(true, more - 1, Some(raised));
    assert_eq!((bench.charged(), bench.causes()), (raised, std::vec![]));
}

/// Once a run is over, what it did not give is no credit for what nobody ordered.
#[test]
fn a_run_that_gave_less_leaves_no_credit() {
    let mut bench = begun();
    bench.read_counting(true, 0, Some(0));
    let begun = bench.now;
    keep(&mut bench, begun.after(LENGTH));
    bench.hear(Fact::Ran(bench.supervisor.grant));
    bench.read_counting(true, 0, Some(TRAIN / 2));
    assert_eq!((bench.charged(), bench.causes()), (TRAIN, std::vec![]));
    bench.skip(ms(100));
    bench.read_counting(true, 0, Some(TRAIN));
    assert_eq!((bench.charged(), bench.causes()), (TRAIN + TRAIN / 2, std::vec![Cause::StuckOn]));
}

/// A unit that starts anew counts from zero: what it was to give before is no credit.
#[test]
fn a_reboot_leaves_no_credit() {
    let mut bench = begun();
    bench.read_counting(true, 0, Some(0));
    bench.skip(ms(100));
    bench.hear(Fact::Boot(crate::BootId(8)));
    assert_eq!(bench.causes(), [Cause::Reboot]);
    bench.skip(ms(100));
    bench.read_counting(false, 0, Some(TRAIN));
    assert_eq!(bench.charged(), 2 * TRAIN);
}

/// A train that is seen again after its output was counted goes on, and is charged as it goes on.
#[test]
fn a_count_beyond_the_run_with_output_is_charged_on() {
    let mut bench = begun();
    bench.read_counting(true, 0, Some(0));
    bench.skip(ms(400));
    bench.read_counting(true, LEVEL, Some(2 * TRAIN));
    assert_eq!((bench.charged(), bench.causes()), (2 * TRAIN, std::vec![Cause::StuckOn]));
    bench.skip(ms(100));
    bench.read(false, 0);
    assert_eq!(bench.charged(), 2 * TRAIN + u64::from(LEVEL) * 100_000_000);
}

/// A unit that disarms between runs did so by itself.
#[test]
fn a_unit_that_disarms_between_runs_is_unexpectedly_off() {
    let mut bench = begun();
    through(&mut bench);
    bench.hear(Fact::Ran(bench.supervisor.grant));
    bench.skip(ms(10));
    silent(&mut bench, false);
    assert_eq!(bench.causes(), [Cause::UnexpectedOff]);
    assert_eq!(bench.charged(), TRAIN);
}

/// A unit that emits in chunks holds nothing on: between two it is off, and in each it is seen on
/// or not. That a chunk never began is known by its not being heard of.
#[test]
fn a_unit_of_chunks_is_off_between_them() {
    let mut bench = begun_on(chunked());
    let (begun, length) = (bench.now, Nanos::from_secs(1));
    bench.skip(ms(500));
    bench.read(true, LEVEL);
    keep(&mut bench, begun.after(length));
    bench.hear(Fact::Ran(bench.supervisor.grant));
    bench.skip(ms(10));
    silent(&mut bench, false);
    assert_eq!((bench.state(), bench.causes()), (State::Emitting, std::vec![]));
    let overdue = bench.now.after(bench.terms().overdue(length));
    while bench.now < overdue {
        bench.skip(ms(100));
        silent(&mut bench, false);
        for fact in bench.facts() {
            if !matches!(fact, Fact::Ran(_) | Fact::Emission(_)) {
                bench.hear(fact);
            }
        }
        bench.hold();
    }
    assert_eq!(bench.causes(), [Cause::UnexpectedOff]);
    assert_eq!(bench.charged(), 2 * u64::from(LEVEL) * 1_000_000_000);
}

/// Being armed is no emission, but after a stop it ends as soon as it can.
#[test]
fn a_unit_that_stays_armed_after_a_stop_is_stuck_on() {
    let mut bench = begun();
    through(&mut bench);
    bench.hear(Fact::Ran(bench.supervisor.grant));
    bench.must(Input::Stop);
    let confirm = bench.terms().timing.confirm;
    bench.skip(confirm.minus(TICK));
    silent(&mut bench, true);
    assert_eq!((bench.charged(), bench.causes()), (TRAIN, std::vec![]));
    bench.skip(TICK);
    silent(&mut bench, true);
    assert_eq!(bench.causes(), [Cause::StuckOn]);
    bench.skip(ms(100));
    silent(&mut bench, false);
    assert!(TRAIN < bench.charged(), "nobody knows what it gave");
}

/// A chunk that has begun ends by itself: until then a stop waits for it, and no longer.
#[test]
fn a_stop_waits_for_the_chunk_in_flight() {
    let mut bench = begun_on(chunked());
    bench.skip(ms(50));
    bench.read(true, LEVEL);
    bench.must(Input::Stop);
    let (stopped, terms) = (bench.now, bench.terms());
    // It began within its rise, or right before the stop.
    let ends = Instant::from_boot(stopped.since_boot() - 50_000_000)
        .after(terms.rise)
        .after(Nanos::from_secs(1))
        .min(stopped.after(Nanos::from_secs(1)));
    let due = ends.after(terms.timing.confirm);
    let read_on = |bench: &mut Bench<Pemf>, at: Instant| {
        while bench.now < at {
            bench.now = bench.now.after(ms(100)).min(at);
            bench.must(Input::Wake);
            bench.read(true, LEVEL);
        }
    };
    read_on(&mut bench, Instant::from_boot(due.since_boot() - 1));
    assert_eq!((bench.causes(), bench.supervisor.relay_closed()), (std::vec![], true));
    let mut silent_at_last = bench;
    silent_at_last.read(false, 0);
    assert!(!silent_at_last.supervisor.may_emit() && silent_at_last.causes().is_empty());
    read_on(&mut bench, due);
    assert_eq!(bench.causes(), [Cause::StuckOn]);
    let mut unheard = begun_on(chunked());
    unheard.must(Input::Stop);
    let relay = unheard.now.after(Nanos::from_secs(1)).after(terms.timing.relay);
    read_on(&mut unheard, Instant::from_boot(relay.since_boot() - 1));
    assert!(!unheard.causes().contains(&Cause::StopUnconfirmed));
    unheard.skip(TICK);
    assert!(unheard.causes().contains(&Cause::StopUnconfirmed));
    assert!(!unheard.supervisor.relay_closed());
}

/// A stop waits for the run in flight to end, and then for the unit to obey.
#[test]
fn a_stop_waits_from_the_end_of_the_run() {
    let mut bench = begun_on(chunked());
    bench.must(Input::Stop);
    let (grant, terms) = (bench.supervisor.grant, bench.terms());
    bench.skip(ms(900));
    bench.read(true, LEVEL);
    bench.hear(Fact::Ran(grant));
    let over = bench.now;
    for (after, cause) in [(terms.timing.confirm.minus(TICK), None), (TICK, Some(Cause::StuckOn))] {
        bench.skip(after);
        silent(&mut bench, true);
        assert_eq!(bench.causes().first().copied(), cause, "{:?}", bench.now.since(over));
    }
}

/// A unit that is lost with a run in flight is charged for the run, and for no tail.
#[test]
fn a_lost_unit_is_charged_for_its_run() {
    let mut bench = begun();
    bench.read_counting(true, 0, Some(0));
    bench.skip(ms(100));
    bench.must(Input::Closed);
    bench.skip(VALIDITY.plus(bench.terms().lease));
    let ended = bench.supervisor.ended().unwrap();
    assert!(ended.uncertain);
    assert_eq!(ended.charged, Stimulator::admitted().level().train());
    bench.must(Input::Settled);
    bench.must(Input::Opened);
    bench.skip(ms(10));
    bench.read_counting(false, 0, Some(TRAIN));
    assert_eq!((bench.charged(), bench.causes()), (0, std::vec![Cause::LinkSilence]));
    bench.skip(ms(10));
    bench.read_counting(false, 0, Some(TRAIN + TRAIN / 5));
    assert_eq!(bench.charged(), TRAIN / 5, "it is credited once");
}

/// Found on after it was lost, it is charged from when it was last seen silent.
#[test]
fn a_lost_unit_that_is_found_on_is_charged_from_its_last_silence() {
    let mut bench = begun();
    through(&mut bench);
    bench.hear(Fact::Ran(bench.supervisor.grant));
    silent(&mut bench, true);
    let silent_at = bench.now;
    bench.must(Input::Closed);
    bench.skip(Nanos::from_secs(2));
    bench.must(Input::Settled);
    bench.must(Input::Opened);
    bench.skip(Nanos::from_secs(1));
    bench.read(true, LEVEL);
    assert_eq!(bench.charged(), u64::from(LEVEL) * bench.now.since(silent_at).get());
}

/// A reading of before the order is of no run.
#[test]
fn output_of_before_the_order_is_stuck_on() {
    let mut bench = Bench::warning_on(Stimulator::terms());
    bench.work(bench.terms().timing.warning.minus(ms(10)));
    let asked = bench.now;
    bench.skip(ms(10));
    assert_eq!(bench.state(), State::Emitting);
    let output = Output::from_count(LEVEL);
    bench.tell(asked, Fact::Emission(Emission { enabled: true, output, counter: None }));
    assert_eq!(bench.causes(), [Cause::StuckOn]);
    assert!(TRAIN < bench.charged());
    let mut armed = Bench::warning_on(Stimulator::terms());
    armed.work(armed.terms().timing.warning.minus(ms(10)));
    let asked = armed.now.after(ms(5));
    armed.skip(ms(10));
    let emission = Emission { enabled: true, output: Output::from_count(0), counter: None };
    armed.tell(asked, Fact::Emission(emission));
    assert_eq!(armed.causes(), [Cause::StuckOn], "nobody had armed it");
    assert!(TRAIN < armed.charged());
}
