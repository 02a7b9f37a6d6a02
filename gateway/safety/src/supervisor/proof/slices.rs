//! Dose is durable before it is emitted, slice by slice (DOS-06, SES-08).

use crate::{
    Cause, Command, Demand, Input, Instant, Laser, Modality, Nanos, Refusal, SLICE, State,
};

use super::bench::{Bench, LEVEL, SPAN, Sample, TICK, ms};

fn tail() -> Nanos {
    Laser::terms().tail()
}

/// Everything that may be charged once `emission` is over, the tail of the stop included.
fn up_to(emission: Nanos) -> <Laser as Modality>::Dose {
    Laser::accrue(
        Default::default(),
        Laser::output(Laser::admitted().level()),
        emission.plus(tail()),
    )
}

#[test]
fn the_first_slice_is_asked_for_in_warning_and_no_sooner() {
    assert_eq!(Bench::<Laser>::ready().supervisor.reserve(), None);
    let bench = Bench::<Laser>::warning();
    assert_eq!(bench.supervisor.reserve().unwrap().up_to, up_to(SLICE));
}

/// SES-08: the intent is durable before the unit is started.
#[test]
fn nothing_emits_before_its_slice_is_durable() {
    let mut bench = Bench::<Laser>::warning();
    bench.writes = false;
    bench.work(bench.terms().timing.warning.plus(ms(499)));
    assert_eq!(bench.state(), State::Warning);
    let mut late = bench;
    bench.must(Input::Durable(bench.supervisor.reserve().unwrap().id));
    assert_eq!(bench.state(), State::Emitting);
    late.skip(ms(1));
    assert_eq!(late.causes(), [Cause::Ledger], "half a second late");
}

#[test]
fn the_next_slice_is_asked_for_at_half_of_the_last() {
    let mut bench = Bench::<Laser>::warning();
    bench.work(bench.terms().timing.warning);
    bench.writes = false;
    bench.work(SLICE.half().minus(TICK));
    assert_eq!(bench.supervisor.reserve(), None);
    bench.skip(TICK);
    assert_eq!(bench.supervisor.reserve().unwrap().up_to, up_to(SLICE.half().plus(SLICE)));
}

/// A ledger that stalls ends the session by itself, at the end of the last slice.
#[test]
fn a_slice_that_is_late_stops_and_locks() {
    let mut bench = Bench::<Laser>::warning();
    bench.work(bench.terms().timing.warning);
    bench.writes = false;
    bench.work(SLICE.minus(TICK));
    assert_eq!((bench.state(), bench.causes()), (State::Emitting, std::vec![]));
    match bench.supervisor.order().demand() {
        Demand::Emit { valid_until, .. } => assert_eq!(valid_until, bench.now.after(TICK)),
        other @ (Demand::Off | Demand::Prepare(_) | Demand::Warn(_)) => panic!("{other:?}"),
    }
    bench.skip(TICK);
    assert!(bench.is_off());
    assert_eq!(bench.causes(), [Cause::Ledger]);
    bench.poll();
    let ended = bench.supervisor.ended().unwrap();
    assert!(ended.uncertain);
    assert!(Laser::covers(up_to(SLICE), ended.charged), "{ended:?}");
}

#[test]
fn only_the_slice_that_was_asked_for_counts() {
    let mut bench = Bench::<Laser>::warning();
    let id = bench.supervisor.reserve().unwrap().id;
    let other = crate::SliceId(id.0 + 1);
    assert_eq!(bench.step(Input::Durable(other)), Err(Refusal::UnknownSlice));
    assert_eq!(bench.step(Input::Refused(other)), Err(Refusal::UnknownSlice));
    bench.must(Input::Durable(id));
    assert_eq!(bench.step(Input::Durable(id)), Err(Refusal::UnknownSlice), "once");
}

/// JRN-03: what could not be made durable is not emitted.
#[test]
fn a_slice_that_is_refused_locks() {
    let mut bench = Bench::<Laser>::warning();
    bench.must(Input::Refused(bench.supervisor.reserve().unwrap().id));
    assert_eq!(bench.causes(), [Cause::Ledger]);
    assert!(bench.is_off());
}

/// Slices are void once it is paused; what goes on afterwards asks afresh.
#[test]
fn a_pause_voids_what_was_durable() {
    let mut bench = Bench::<Laser>::emitting();
    bench.work(ms(500));
    let asked = bench.supervisor.reserve();
    bench.writes = false;
    bench.pause();
    assert_eq!((asked, bench.supervisor.reserve()), (None, None));
    bench.press();
    bench.hold();
    bench.command(Command::Resume(Laser::admitted())).unwrap();
    let charged = bench.supervisor.status().session.unwrap().charged;
    let asked = bench.supervisor.reserve().unwrap();
    let level = Laser::output(Laser::admitted().level());
    assert_eq!(asked.up_to, Laser::accrue(charged, level, SLICE.plus(tail())));
    bench.identify();
    bench.work(bench.terms().timing.warning.plus(ms(100)));
    assert_eq!(bench.state(), State::Warning, "what was durable before does not count");
}

/// The last slice reaches to the end of the dose; nothing is asked for after it.
#[test]
fn the_last_slice_is_the_last() {
    let mut bench = Bench::<Laser>::warning();
    bench.work(bench.terms().timing.warning);
    bench.work(SPAN.minus(ms(900)));
    assert_eq!(bench.supervisor.reserve(), None);
    bench.work(ms(800));
    assert_eq!((bench.state(), bench.supervisor.reserve()), (State::Emitting, None));
}

/// A unit that measures more than its level uses its slice up sooner.
#[test]
fn a_slice_lasts_as_long_as_what_is_charged() {
    let mut bench = Bench::<Laser>::warning();
    bench.work(bench.terms().timing.warning);
    bench.output = Some(LEVEL + 1_900);
    let until = |bench: &Bench<Laser>| match bench.supervisor.order().demand() {
        Demand::Emit { valid_until, .. } => valid_until,
        other @ (Demand::Off | Demand::Prepare(_) | Demand::Warn(_)) => panic!("{other:?}"),
    };
    bench.writes = false;
    let mut last = Instant::default();
    while bench.state() == State::Emitting {
        bench.output = bench.output.map(|output| output ^ 1);
        last = until(&bench);
        bench.now = bench.now.after(ms(50));
        bench.must(Input::Wake);
        bench.hold();
        bench.poll();
    }
    assert!(last <= bench.now.after(ms(300)));
    bench.poll();
    let charged = bench.supervisor.ended().unwrap().charged;
    assert!(Laser::covers(up_to(SLICE), charged), "{charged:?}");
}
