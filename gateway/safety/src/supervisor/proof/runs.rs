//! Trains and chunks: one at a time, charged whole, and never sooner than they may be.

use crate::{
    Cause, Command, Demand, End, Fact, Grant, Input, Instant, Modality, Nanos, Outcome, Pace, Pemf,
    PemfDose, Permille, Slew, State, Stimulator, Terms, VALIDITY, Waveform,
    admitted::Admitted,
    pemf::PemfLevel,
    quantity::{Exposure, Flux, Frequency},
    run::Runs,
};

use super::bench::{Bench, LEVEL, Sample, TICK, chunked, ms};

/// Pulses of the sample, and of one of its trains, in picopulses.
pub(super) const TRAIN: u64 = 5_000_000_000_000;
pub(super) const LENGTH: Nanos = ms(500);
const WAIT: Nanos = ms(500);

/// The first run was ordered at this instant, and nothing was heard since.
pub(super) fn begun_on<M: Sample>(terms: Terms<M>) -> Bench<M> {
    let mut bench = Bench::warning_on(terms);
    bench.work(bench.terms().timing.warning.minus(TICK));
    bench.skip(TICK);
    assert_eq!(bench.state(), State::Emitting);
    bench
}

pub(super) fn begun() -> Bench<Stimulator> {
    begun_on(Stimulator::terms())
}

pub(super) fn runs<M: Sample>(bench: &Bench<M>) -> Runs<M> {
    bench.supervisor.session.unwrap().runs.unwrap()
}

fn grant<M: Sample>(bench: &Bench<M>) -> Grant {
    match bench.supervisor.order().demand() {
        Demand::Emit { grant, .. } => grant,
        other @ (Demand::Off | Demand::Prepare(_) | Demand::Warn(_)) => panic!("{other:?}"),
    }
}

fn delivered<M: Sample>(bench: &Bench<M>) -> u64 {
    M::quantity(bench.supervisor.session.unwrap().account.delivered())
}

/// Silent, and armed or not.
pub(super) fn silent<M: Sample>(bench: &mut Bench<M>, enabled: bool) {
    bench.read(enabled, 0);
}

/// Polls without a word of runs, with the operator and the ledger at work, until `until`.
pub(super) fn keep<M: Sample>(bench: &mut Bench<M>, until: Instant) {
    while bench.now < until {
        bench.now = bench.now.after(ms(100)).min(until);
        bench.must(Input::Wake);
        bench.hold();
        if let Some(slice) = bench.supervisor.reserve().filter(|_| bench.writes) {
            bench.must(Input::Durable(slice.id));
        }
        for fact in bench.facts() {
            if !matches!(fact, Fact::Ran(_)) {
                bench.hear(fact);
            }
        }
    }
}

/// As long as a train is.
pub(super) fn through(bench: &mut Bench<Stimulator>) {
    let end = bench.now.after(LENGTH);
    keep(bench, end);
}

/// A run counts from the moment at which it is ordered; it is given once the unit says so.
#[test]
fn a_run_is_charged_whole_when_it_is_ordered() {
    let mut bench = begun();
    assert_eq!((bench.charged(), delivered(&bench)), (TRAIN, 0));
    let end = bench.now.after(LENGTH);
    keep(&mut bench, end.after(ms(100)));
    assert_eq!((bench.charged(), delivered(&bench)), (TRAIN, 0));
    bench.hear(Fact::Ran(grant(&bench)));
    assert_eq!((bench.charged(), delivered(&bench)), (TRAIN, TRAIN));
    bench.hear(Fact::Ran(grant(&bench)));
    assert_eq!((bench.charged(), delivered(&bench)), (TRAIN, TRAIN), "once");
}

/// The wait begins when the unit was heard, and the next run has a grant of its own.
#[test]
fn the_next_run_follows_the_word_of_the_last_and_its_wait() {
    let mut bench = begun();
    let first = grant(&bench);
    let begun = bench.now;
    keep(&mut bench, begun.after(ms(700)));
    bench.hear(Fact::Ran(first));
    let due = bench.now.after(WAIT);
    keep(&mut bench, Instant::from_boot(due.since_boot() - 1));
    assert_eq!(bench.supervisor.wake(), due, "it wakes for the next run");
    assert_eq!((grant(&bench), bench.charged()), (first, TRAIN), "armed, with a used grant");
    bench.skip(TICK);
    assert_eq!((grant(&bench), bench.charged()), (first.next(), 2 * TRAIN));
    assert_eq!(runs(&bench).ordered, due);
}

/// A unit that claims to be done before it can be gains no time by it.
#[test]
fn a_word_that_comes_too_early_shortens_no_wait() {
    let mut bench = begun();
    let (first, begun) = (grant(&bench), bench.now);
    bench.skip(ms(1));
    bench.hear(Fact::Ran(first));
    let due = begun.after(LENGTH).after(WAIT);
    keep(&mut bench, Instant::from_boot(due.since_boot() - 1));
    assert_eq!(grant(&bench), first);
    bench.skip(TICK);
    assert_eq!(grant(&bench), first.next());
}

/// Only the word of the last run counts, and only if it was asked for after its order.
#[test]
fn the_word_of_another_run_is_none() {
    let mut bench = begun();
    let (first, begun) = (grant(&bench), bench.now);
    let before = Instant::from_boot(begun.since_boot() - 1);
    keep(&mut bench, begun.after(LENGTH));
    for (asked, grant) in [(before, first), (bench.now, first.before()), (bench.now, first.next())]
    {
        bench.tell(asked, Fact::Ran(grant));
        assert!(runs(&bench).is_open() && delivered(&bench) == 0, "{asked:?} {grant:?}");
    }
    bench.tell(begun, Fact::Ran(first));
    assert!(!runs(&bench).is_open());
}

/// A run of which nothing is heard is charged as given, counted as not given, and never repeated.
#[test]
fn a_run_that_is_not_heard_of_locks() {
    let mut bench = begun();
    let (first, begun) = (grant(&bench), bench.now);
    let terms = bench.terms();
    let wait = LENGTH.plus(terms.rise).plus(terms.timing.link).plus(terms.timing.confirm);
    let overdue = begun.after(wait);
    keep(&mut bench, Instant::from_boot(overdue.since_boot() - 1));
    assert_eq!((bench.state(), grant(&bench)), (State::Emitting, first));
    assert_eq!(bench.supervisor.wake(), overdue);
    bench.skip(TICK);
    assert_eq!(bench.causes(), [Cause::UnexpectedOff]);
    bench.poll();
    let ended = bench.supervisor.ended().unwrap();
    assert_eq!((ended.end, ended.outcome), (End::Alarm(Cause::UnexpectedOff), Outcome::Partial));
    assert_eq!(ended.charged, Stimulator::admitted().level().train());
    assert_eq!(Stimulator::quantity(ended.delivered), 0);
}

/// A whole session: every train of the prescription, to the last pulse, and no other.
#[test]
fn a_session_is_a_whole_number_of_trains() {
    let mut bench = begun();
    let first = grant(&bench);
    let mut last = first;
    let mut orders = 1;
    while bench.state() == State::Emitting {
        bench.work(ms(10));
        if bench.state() == State::Emitting && grant(&bench) != last {
            assert_eq!(grant(&bench), last.next());
            last = grant(&bench);
            orders += 1;
        }
    }
    bench.poll();
    assert_eq!(orders, 8);
    let ended = bench.supervisor.ended().unwrap();
    assert_eq!((ended.end, ended.outcome), (End::Dose, Outcome::Complete));
    assert_eq!((ended.charged, ended.delivered), (ended.prescribed, ended.prescribed));
    assert_eq!(Stimulator::quantity(ended.debt), 0);
}

/// Chunks end where no whole one fits: the rest is not given.
#[test]
fn a_part_of_a_chunk_is_not_given() {
    let mut bench = begun_on(chunked());
    let mut orders = 1;
    let mut last = grant(&bench);
    while bench.state() == State::Emitting {
        bench.work(ms(10));
        if bench.state() == State::Emitting && grant(&bench) != last {
            last = grant(&bench);
            orders += 1;
        }
    }
    bench.poll();
    let ended = bench.supervisor.ended().unwrap();
    assert_eq!((orders, ended.end), (10, End::Dose));
    let chunk = u64::from(LEVEL) * 1_000_000_000;
    assert_eq!(Pemf::quantity(ended.charged), 10 * chunk);
    let pace = Pace::Chunks { length: Nanos::from_secs(3) };
    let mut bench = begun_on(Terms { pace, lease: Nanos::from_secs(3), ..chunked() });
    while bench.state() == State::Emitting {
        bench.work(ms(10));
    }
    bench.poll();
    let ended = bench.supervisor.ended().unwrap();
    assert_eq!(Pemf::quantity(ended.charged), 9 * chunk, "three of three seconds");
}

/// A dose that has no room for one chunk gives nothing.
#[test]
fn a_dose_below_one_chunk_gives_nothing() {
    let pace = Pace::Chunks { length: Nanos::from_secs(11) };
    let mut bench = Bench::warning_on(Terms { pace, ..chunked() });
    assert_eq!(bench.supervisor.reserve(), None);
    bench.work(bench.terms().timing.warning);
    bench.poll();
    let ended = bench.supervisor.ended().unwrap();
    assert_eq!((ended.end, ended.outcome), (End::Dose, Outcome::Aborted));
    assert_eq!(bench.supervisor.grant, Grant::default());
}

/// DOS-06, SES-08: a slice holds whole runs; without one no run is ordered, and then it is late.
#[test]
fn no_run_is_ordered_beyond_its_slice() {
    let mut bench = Bench::warning_on(Stimulator::terms());
    let asked = bench.supervisor.reserve().unwrap();
    assert_eq!(asked.up_to, Stimulator::admitted().level().train().times(2), "two seconds of it");
    bench.work(bench.terms().timing.warning.minus(TICK));
    bench.writes = false;
    bench.skip(TICK);
    let first = grant(&bench);
    let next = bench.supervisor.reserve().unwrap();
    assert_eq!(next.up_to, Stimulator::admitted().level().train().times(3));
    let relay = bench.terms().timing.relay;
    while grant(&bench) == first {
        bench.work(ms(1));
    }
    let second = grant(&bench);
    while runs(&bench).is_open() {
        bench.work(ms(1));
    }
    let due = runs(&bench).next;
    bench.work(due.since(bench.now).plus(relay).minus(TICK));
    assert_eq!((grant(&bench), bench.charged()), (second, 2 * TRAIN));
    let mut durable = bench;
    durable.must(Input::Durable(durable.supervisor.reserve().unwrap().id));
    assert_eq!(grant(&durable), second.next(), "late, and not too late");
    bench.skip(TICK);
    assert_eq!(bench.causes(), [Cause::Ledger]);
    assert_eq!(bench.charged(), 2 * TRAIN);
}

/// What was charged since a slice was asked for is not left of it: the run waits for another.
#[test]
fn a_run_that_its_slice_no_longer_holds_waits() {
    let mut level = Stimulator::admitted().level();
    level.wait = Nanos::from_secs(20);
    let dose = level.train().times(3);
    let mut bench = Bench::<Stimulator>::standby();
    bench.read_counting(false, 0, Some(0));
    bench.token += 1;
    bench.must(Input::Confirm(Admitted::new(level, dose, dose), bench.fence()));
    bench.arm();
    bench.start();
    bench.work(ms(10));
    bench.writes = false;
    bench.skip(ms(10));
    bench.read_counting(false, 0, Some(1));
    let late = bench.terms().timing.warning.plus(bench.terms().timing.relay);
    bench.work(late.minus(ms(20)).minus(TICK));
    assert_eq!((bench.state(), bench.charged()), (State::Warning, 1));
    let mut durable = bench;
    durable.must(Input::Durable(durable.supervisor.reserve().unwrap().id));
    assert_eq!((durable.state(), durable.charged()), (State::Emitting, 1 + TRAIN));
    bench.skip(TICK);
    assert_eq!(bench.causes(), [Cause::Ledger]);
}

/// The last slice ends where the dose does.
#[test]
fn the_last_slice_of_runs_is_the_last() {
    let mut bench = begun();
    let mut most = bench.supervisor.session.unwrap().slices.covered.unwrap();
    while bench.state() == State::Emitting {
        bench.work(ms(50));
        if let Some(covered) = bench.supervisor.session.and_then(|session| session.slices.covered) {
            assert!(Stimulator::covers(covered, most));
            most = covered;
        }
    }
    assert_eq!(most, Stimulator::admitted().dose());
}

/// What a meter may show of a chunk beyond its level is durable too.
#[test]
fn a_slice_of_chunks_has_room_for_what_a_meter_shows() {
    let bench = Bench::warning_on(chunked());
    let level = u64::from(LEVEL) * 1_000_000_000;
    let asked = bench.supervisor.reserve().unwrap().up_to;
    assert_eq!(Pemf::quantity(asked), 2 * level + level / 2);
    assert_eq!(chunked().tail(), ms(500));
}

/// A run that is short, and far from the next, is asked for in time; many short ones have an end.
#[test]
fn a_slice_holds_one_run_at_least_and_eight_at_most() {
    for (length, runs) in [(3_000, 1), (1_500, 1), (700, 2), (250, 8), (10, 8)] {
        let pace = Pace::Chunks { length: ms(length) };
        let bench = Bench::warning_on(Terms { pace, ..chunked() });
        let asked = bench.supervisor.reserve().unwrap().up_to;
        assert_eq!(Pemf::time(asked), ms(length * runs).plus(ms(length).half()), "{length}");
    }
}

/// A hold that lapses lets the run in flight end, and orders no other.
#[test]
fn no_run_is_ordered_without_a_hold() {
    let mut bench = begun();
    bench.holds = false;
    let hold = bench.terms().timing.hold;
    bench.work(hold.plus(ms(600)));
    assert_eq!(bench.state(), State::Paused);
    let given = bench.charged();
    assert!(given <= 3 * TRAIN, "{given}");
    bench.work(Nanos::from_secs(5));
    assert_eq!((bench.state(), bench.charged()), (State::Paused, given));
}

/// SES-11: what goes on after a pause begins after the wait, with the next train.
#[test]
fn a_resume_goes_on_with_the_next_run_after_the_wait() {
    let mut level = Stimulator::admitted().level();
    level.wait = Nanos::from_secs(20);
    let dose = level.train().times(3);
    let admitted = Admitted::new(level, dose, dose);
    let mut bench = Bench::<Stimulator>::standby();
    bench.token += 1;
    bench.must(Input::Confirm(admitted, bench.fence()));
    bench.arm();
    bench.start();
    bench.work(bench.terms().timing.warning.plus(ms(100)));
    let first = grant(&bench);
    bench.command(Command::Pause).unwrap();
    bench.poll();
    assert_eq!(bench.state(), State::Paused);
    // Nobody knows whether the train was broken off, so it may have gone on to its end.
    let over = runs(&bench).ordered.after(LENGTH);
    assert!(bench.now < over);
    bench.hold();
    bench.command(Command::Resume(admitted)).unwrap();
    bench.identify();
    let due = over.after(level.wait);
    bench.work(due.since(bench.now).minus(TICK));
    assert_eq!((bench.state(), bench.supervisor.grant), (State::Warning, first));
    assert_eq!(bench.charged(), TRAIN);
    bench.skip(TICK);
    assert_eq!((bench.state(), grant(&bench)), (State::Emitting, first.next()));
    assert_eq!((bench.charged(), delivered(&bench)), (2 * TRAIN, 0));
}

/// Paused with less than a run left, a session is over.
#[test]
fn a_pause_with_less_than_a_run_left_is_the_end() {
    let pace = Pace::Chunks { length: Nanos::from_secs(3) };
    let mut bench = begun_on(Terms { pace, lease: Nanos::from_secs(3), ..chunked() });
    while bench.charged() < u64::from(LEVEL) * 9_000_000_000 {
        bench.work(ms(10));
    }
    bench.command(Command::Pause).unwrap();
    bench.poll();
    assert_eq!(bench.state(), State::Standby);
    assert_eq!(bench.supervisor.ended().unwrap().end, End::Dose);
}

/// After a stop nothing is ordered, and the run in flight is charged already.
#[test]
fn a_stop_orders_no_run() {
    let mut bench = begun();
    let first = grant(&bench);
    bench.skip(ms(100));
    bench.must(Input::Stop);
    bench.poll();
    bench.work(Nanos::from_secs(5));
    assert_eq!((bench.supervisor.grant, bench.charged()), (first, TRAIN));
}

/// What a stop may have prevented was charged; what the unit still says was given is given.
#[test]
fn a_run_may_be_heard_of_while_it_stops() {
    let mut bench = begun();
    through(&mut bench);
    bench.must(Input::Stop);
    bench.hear(Fact::Ran(bench.supervisor.grant));
    bench.poll();
    let ended = bench.supervisor.ended().unwrap();
    assert_eq!((ended.charged, ended.delivered), (ended.delivered, ended.charged));
    assert_eq!(Stimulator::quantity(ended.delivered), TRAIN);
}

/// LAS-06: an open footswitch orders no run.
#[test]
fn an_open_footswitch_orders_no_run() {
    let mut bench = begun_on(Terms { second_enable: true, ..Stimulator::terms() });
    let first = grant(&bench);
    through(&mut bench);
    bench.hear(Fact::Ran(first));
    bench.contacts.footswitch = false;
    bench.hear(Fact::Contacts(bench.contacts));
    let due = runs(&bench).next;
    keep(&mut bench, due.after(Nanos::from_secs(2)));
    assert_eq!((bench.state(), grant(&bench)), (State::Emitting, first));
    bench.contacts.footswitch = true;
    bench.hear(Fact::Contacts(bench.contacts));
    assert_eq!(grant(&bench), first.next());
}

/// LAS-06: a run that goes on long after its footswitch opened is emission without it.
#[test]
fn a_run_with_an_open_footswitch_is_stuck_on() {
    let mut bench = begun_on(Terms { second_enable: true, ..chunked() });
    bench.contacts.footswitch = false;
    bench.hear(Fact::Contacts(bench.contacts));
    bench.skip(bench.terms().timing.confirm);
    bench.read(true, LEVEL);
    bench.skip(ms(100));
    bench.hear(Fact::Contacts(bench.contacts));
    assert_eq!(bench.causes(), []);
    bench.skip(ms(100));
    bench.read(true, LEVEL - 1);
    assert_eq!(bench.causes(), [Cause::StuckOn]);
}

/// What a unit is told to hold is one run: its own bound of what it gives (DOS-06).
#[test]
fn the_preset_of_a_unit_that_runs_is_one_run() {
    let bench = Bench::ready_on(Stimulator::terms());
    let setting = bench.setting().unwrap();
    assert_eq!(setting.preset, Stimulator::admitted().level().train());
    let setting = Bench::ready_on(chunked()).setting().unwrap();
    assert_eq!(setting.preset.time, Nanos::from_secs(1));
}

/// An order between runs is good for as long as any other, and no longer.
#[test]
fn an_order_between_runs_lapses() {
    let bench = begun();
    match bench.supervisor.order().demand() {
        Demand::Emit { valid_until, .. } => assert_eq!(valid_until, bench.now.after(VALIDITY)),
        other @ (Demand::Off | Demand::Prepare(_) | Demand::Warn(_)) => panic!("{other:?}"),
    }
}

/// A chunk of any modality is its level over its length.
#[test]
fn a_chunk_is_its_level_over_its_length() {
    let level = PemfLevel {
        flux: Flux::from_microteslas(3),
        frequency: Frequency::from_millihertz(10_000),
        waveform: Waveform::Sine,
        slew: Slew::from_micros(10),
        duty: Permille::WHOLE,
    };
    assert_eq!(Pemf::runs(level, Pace::Continuous), None);
    let run = Pemf::runs(level, Pace::Chunks { length: ms(2) }).unwrap();
    let dose = PemfDose { quantity: Exposure::from_femtotesla_seconds(6_000_000), time: ms(2) };
    assert_eq!((run.dose, run.length, run.wait), (dose, ms(2), Nanos::ZERO));
}
