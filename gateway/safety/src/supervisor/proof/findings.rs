//! What a person has to judge of a dose before the patient's next session (DOS-11, DOS-12, JRN-08).

use std::vec::Vec;

use crate::{
    Admitted, Allowance, Ended, Energy, Finding, Input, Laser, Modality, Nanos, Pemf, State,
    Stimulator, Terms, Warning,
};

use super::bench::{Bench, LEVEL, SPAN, Sample, TICK, ms};

const JOULE: u64 = 1_000_000_000_000;

fn found<M: Modality>(ended: Ended<M>) -> Vec<Finding> {
    ended.findings.iter().collect()
}

/// Emits for so many polls of 100 ms, and counts `permille` of what it emits.
fn counting(polls: u64, permille: u64) -> Bench<Laser> {
    let mut bench = Bench::<Laser>::begun_for_long();
    let poll = u64::from(LEVEL) * 100_000_000;
    for place in 1..=polls {
        bench.counter = Some(77 + place * poll * permille / 1_000);
        bench.work(ms(100));
    }
    assert_eq!(bench.state(), State::Emitting);
    bench
}

fn stopped(mut bench: Bench<Laser>) -> Ended<Laser> {
    bench.must(Input::Stop);
    bench.poll();
    bench.supervisor.ended().unwrap()
}

/// A share or an amount, whichever is more, to the last digit.
#[test]
fn an_allowance_has_two_bounds() {
    let allowance = Allowance { permille: 50, least: 100 };
    for (off, count, admitted) in [
        (100, 0, true),
        (101, 0, false),
        (101, 2_019, false),
        (101, 2_020, true),
        (500, 10_000, true),
        (501, 10_000, false),
        (u64::MAX / 20, u64::MAX, true),
        (u64::MAX, u64::MAX, false),
    ] {
        assert_eq!(allowance.admits(off, count), admitted, "{off} of {count}");
    }
    assert_eq!(Laser::COUNTS_APART, Allowance { permille: 50, least: 50 * JOULE });
    assert_eq!(Laser::UNSEEN, Allowance { permille: 20, least: 20 * JOULE });
    // 1 mT·min is 6 × 10^13 fT·s; a pulse is 10^12 picopulses.
    assert_eq!(Pemf::COUNTS_APART, Allowance { permille: 50, least: 150_000_000_000_000 });
    assert_eq!(Pemf::UNSEEN, Allowance { permille: 20, least: 60_000_000_000_000 });
    assert_eq!(Stimulator::COUNTS_APART.least, 1_000_000_000_000);
}

/// DOS-11: a meter that reads 10 W and counts a fifth less is found out once 50 J are missing, while
/// it emits and at the end. The readings are charged, which are more.
#[test]
fn a_count_that_falls_behind_is_found() {
    let warns = |bench: &Bench<Laser>| {
        let status = bench.supervisor.status();
        status.warnings.iter().any(|warning| warning == Warning::CountsDiffer)
    };
    // The first reading settles where the count begins: it is compared from there on.
    for (polls, apart) in [(240, false), (260, true)] {
        let bench = counting(polls, 800);
        assert_eq!(warns(&bench), apart, "after {polls} polls");
        let ended = stopped(bench);
        let expected = if apart { std::vec![Finding::CountsDiffer] } else { Vec::new() };
        assert_eq!(found(ended), expected, "after {polls} polls");
        assert!(polls * JOULE <= Laser::quantity(ended.charged));
    }
}

/// DOS-11, the other way round: the count is charged, which is more.
#[test]
fn a_count_that_runs_ahead_is_found_and_charged() {
    let ended = stopped(counting(300, 1_200));
    assert_eq!(found(ended), [Finding::CountsDiffer]);
    assert!(299 * JOULE * 12 / 10 <= Laser::quantity(ended.charged));
}

/// A twentieth is within what meters may differ by, however long it goes on; and a unit that counts
/// nothing is compared with nothing.
#[test]
fn what_agrees_is_no_finding() {
    for permille in [960, 1_000, 1_040] {
        assert_eq!(found(stopped(counting(900, permille))), [], "{permille}");
    }
    let mut bench = Bench::<Laser>::begun_for_long();
    bench.work(Nanos::from_secs(90));
    assert_eq!(found(stopped(bench)), []);
}

/// DOS-12: what was charged until a lease was over is a finding if it is more than 20 J.
#[test]
fn what_nobody_saw_is_found() {
    // The last reading is of the instant at which the port closed: validity and lease are unseen.
    let lost = |lease: u64| {
        let terms = Terms { lease: ms(lease), ..Laser::terms() };
        let mut bench = Bench::<Laser>::emitting_on(terms);
        bench.must(Input::Closed);
        bench.skip(Nanos::from_secs(60));
        bench.supervisor.ended().unwrap()
    };
    let (seen, unseen) = (lost(1_700), lost(1_701));
    assert!(seen.uncertain && unseen.uncertain);
    assert_eq!((found(seen), found(unseen)), (Vec::new(), std::vec![Finding::Unseen]));
}

/// What a unit emitted beyond the hard limits is a finding, and is charged whole.
#[test]
fn a_debt_is_found() {
    let mut bench = Bench::<Laser>::emitting();
    bench.must(Input::Stop);
    for _ in 0..100 {
        bench.skip(ms(100));
        bench.read(true, LEVEL);
    }
    bench.skip(ms(100));
    bench.read(false, 0);
    let ended = bench.supervisor.ended().unwrap();
    let budget = Laser::quantity(Laser::admitted().budget());
    assert_eq!(found(ended), [Finding::Debt]);
    assert_eq!(Laser::quantity(ended.debt), Laser::quantity(ended.charged) - budget);
    assert!(Laser::quantity(ended.debt) > 0);
}

/// The budget may be used up to the last picojoule.
#[test]
fn debt_begins_above_the_budget() {
    for (missing, expected) in [(0, Vec::new()), (1, std::vec![Finding::Debt])] {
        let one = Laser::admitted();
        // The proof of off comes a millisecond after the dose is reached.
        let mut budget = Laser::accrue(one.dose(), one.level().power, ms(1));
        budget.quantity = budget.quantity.minus(Energy::from_picojoules(missing));
        let mut bench = Bench::<Laser>::standby();
        bench.token += 1;
        let fence = bench.fence();
        bench.must(Input::Confirm(Admitted::new(one.level(), one.dose(), budget), fence));
        bench.arm();
        bench.start();
        bench.work(bench.terms().timing.warning);
        bench.work(SPAN.minus(TICK));
        bench.skip(TICK);
        assert_eq!(bench.state(), State::Stopping);
        bench.poll();
        let ended = bench.supervisor.ended().unwrap();
        assert_eq!((Laser::quantity(ended.debt), found(ended)), (missing, expected));
    }
}
