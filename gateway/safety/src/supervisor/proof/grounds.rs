//! What a contact goes by (LCK-01, LCK-02), state by state.

use crate::{Cause, End, Grounds, Input, Laser, Pemf, State, Stimulator};

use super::bench::{Bench, LEVEL, Sample, chunked, ms};

fn closes<M: Sample>(bench: &Bench<M>) -> bool {
    bench.supervisor.grounds().stand(bench.now)
}

fn every_state<M: Sample>() {
    let stopping = |mut bench: Bench<M>| {
        bench.must(Input::Stop);
        bench
    };
    for (bench, expected) in [
        (Bench::<M>::closed(), false),
        (Bench::standby(), true),
        (Bench::confirmed(), true),
        (Bench::ready(), true),
        (Bench::warning(), true),
        (Bench::emitting(), true),
        (Bench::paused(), true),
        (stopping(Bench::emitting()), true),
    ] {
        assert_eq!(closes(&bench), expected, "{:?}", bench.supervisor.state());
    }
}

#[test]
fn a_contact_is_closed_in_every_state_but_offline() {
    every_state::<Laser>();
    every_state::<Pemf>();
}

/// Whatever is latched opens it at once, whether it emits or not.
#[test]
fn every_cause_takes_the_grounds() {
    for cause in Cause::ALL.iter().copied() {
        let mut emitting = Bench::<Laser>::emitting();
        emitting.must(Input::Lock(cause));
        assert!(!closes(&emitting), "{cause:?}");
        let mut idle = Bench::<Laser>::standby();
        idle.must(Input::Lock(cause));
        assert_eq!(closes(&idle), cause == Cause::Interlock, "{cause:?}");
        idle.must(Input::Lock(Cause::Interlock));
        assert_eq!(closes(&idle), cause == Cause::Interlock, "{cause:?} and a door");
    }
}

/// A decision is good for 50 ms.
#[test]
fn a_decision_grows_old() {
    let bench = Bench::<Laser>::standby();
    let grounds = bench.supervisor.grounds();
    assert!(grounds.stand(bench.now.after(ms(50))));
    assert!(!grounds.stand(bench.now.after(ms(51))));
    for lacks in [
        Grounds { relay: false, ..grounds },
        Grounds { free: false, ..grounds },
        Grounds { covered: false, ..grounds },
    ] {
        assert!(!lacks.stand(bench.now));
    }
}

/// What is warned of or emitted has its slice; what is neither needs none.
#[test]
fn emission_is_covered_or_has_no_grounds() {
    let mut bench = Bench::<Laser>::warning();
    assert!(bench.supervisor.grounds().covered, "asked for");
    bench.supervisor.session.as_mut().unwrap().slices = crate::session::Slices::VOID;
    assert!(!bench.supervisor.grounds().covered);
    let mut bench = Bench::<Laser>::emitting();
    assert!(bench.supervisor.grounds().covered);
    bench.supervisor.session.as_mut().unwrap().slices.covered = None;
    assert!(!bench.supervisor.grounds().covered);
    let mut bench = Bench::<Laser>::paused();
    bench.supervisor.session.as_mut().unwrap().slices = crate::session::Slices::VOID;
    assert!(bench.supervisor.grounds().covered);
}

/// A run is covered to its end, the last of a dose too, with what a meter may show beyond it before
/// that is a fault: an open contact would break it off.
#[test]
fn a_run_keeps_its_grounds_to_its_end() {
    let mut bench = Bench::<Pemf>::warning_on(chunked());
    while bench.state() != State::Standby {
        let level = LEVEL + LEVEL / 50;
        bench.output = Some(level);
        bench.work(ms(50));
        assert!(bench.supervisor.grounds().covered, "{}", bench.charged());
    }
    let ended = bench.supervisor.ended().unwrap();
    assert_eq!((ended.end, Pemf::time(ended.delivered)), (End::Dose, ms(10_000)));
    let mut bench = Bench::<Stimulator>::warning();
    while bench.state() != State::Standby {
        bench.work(ms(50));
        assert!(bench.supervisor.grounds().covered, "{}", bench.charged());
    }
    let mut bench = Bench::<Pemf>::warning_on(chunked());
    bench.work(bench.terms().timing.warning.plus(ms(100)));
    let session = bench.supervisor.session.as_mut().unwrap();
    session.slices.covered = Some(Default::default());
    assert!(!bench.supervisor.grounds().covered, "half a run of the one that was ordered");
    bench.supervisor.session.as_mut().unwrap().slices.covered = None;
    assert!(!bench.supervisor.grounds().covered);
}
