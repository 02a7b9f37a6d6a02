//! What people are warned of, and that nothing is stopped for it.

use std::vec::Vec;

use crate::{
    Admitted, Fact, Input, Laser, Nanos, Pemf, State, Temperature,
    Warning::{self, BadFrames, CoilWarm, MoveHandpiece},
};

use super::bench::{Bench, Sample, TICK, ms};

impl<M: Sample> Bench<M> {
    fn warned(&self) -> Vec<Warning> {
        self.supervisor.status().warnings.iter().collect()
    }

    /// Just ordered on, for ten times as long as the sample.
    pub(super) fn begun_for_long() -> Self {
        let mut bench = Self::standby();
        let one = M::admitted();
        let dose = (0..10).fold(M::Dose::default(), |sum, _| M::plus(sum, one.dose()));
        let tail = bench.terms().tail();
        let budget = M::accrue(dose, M::output(one.level()), tail);
        bench.token += 1;
        let fence = bench.fence();
        bench.must(Input::Confirm(Admitted::new(one.level(), dose, budget), fence));
        bench.arm();
        bench.start();
        bench.work(bench.terms().timing.warning.minus(TICK));
        bench.skip(TICK);
        assert_eq!(bench.state(), State::Emitting);
        bench
    }
}

/// PEM-04: a coil of 39 °C is shown as warm, whatever the unit does, and the unit goes on.
#[test]
fn a_coil_is_warm_at_its_warning_temperature() {
    for (centi, warned) in [(3_899, Vec::new()), (3_900, Vec::from([CoilWarm]))] {
        for mut bench in [Bench::<Pemf>::emitting(), Bench::<Pemf>::standby()] {
            let before = bench.state();
            bench.skip(ms(1));
            bench.hear(Fact::Temperature(Some(Temperature::from_centicelsius(centi))));
            assert_eq!((bench.warned(), bench.state()), (warned.clone(), before), "{centi}");
        }
    }
}

/// A sensor of which nothing is known is no warm one: its loss is a cause.
#[test]
fn a_coil_without_a_reading_is_not_warm() {
    let mut bench = Bench::<Pemf>::standby();
    bench.skip(ms(1));
    bench.hear(Fact::Temperature(None));
    assert_eq!((bench.warned(), bench.state()), (Vec::new(), State::Locked));
}

/// COM-06: one bad frame among the last hundred is no warning, a second is, and only while it emits.
#[test]
fn a_second_bad_frame_in_a_hundred_is_a_warning() {
    let mut bench = Bench::<Laser>::emitting();
    let good = |bench: &mut Bench<Laser>, frames: u32| {
        (0..frames).for_each(|_| bench.work(ms(1)));
    };
    bench.hear(Fact::Garbled);
    assert_eq!(bench.warned(), []);
    good(&mut bench, 98);
    bench.hear(Fact::Garbled);
    assert_eq!((bench.warned(), bench.state()), (Vec::from([BadFrames]), State::Emitting));
    good(&mut bench, 1);
    assert_eq!(bench.warned(), [], "the first is no longer among the last hundred");

    let mut standby = Bench::<Laser>::standby();
    (0..50).for_each(|_| standby.hear(Fact::Garbled));
    assert_eq!(standby.warned(), []);
}

/// LAS-17: whoever holds a laser is reminded every 30 s to move it, for 3 s each time.
#[test]
fn a_handpiece_is_to_be_moved_every_thirty_seconds() {
    let mut bench = Bench::<Laser>::begun_for_long();
    for (after, warned) in [
        (Nanos::from_secs(30).minus(TICK), Vec::new()),
        (TICK, Vec::from([MoveHandpiece])),
        (Nanos::from_secs(3).minus(TICK), Vec::from([MoveHandpiece])),
        (TICK, Vec::new()),
        (Nanos::from_secs(27).minus(TICK), Vec::new()),
        (TICK, Vec::from([MoveHandpiece])),
    ] {
        bench.work(after);
        assert_eq!((bench.warned(), bench.state()), (warned, State::Emitting), "{after:?}");
    }
    bench.command(crate::Command::Pause).unwrap();
    assert_eq!(bench.warned(), [], "nothing is emitted any more");
}

/// A coil lies still by itself: nobody is reminded of it.
#[test]
fn a_coil_is_never_to_be_moved() {
    let mut bench = Bench::<Pemf>::begun_for_long();
    bench.work(Nanos::from_secs(61));
    assert_eq!((bench.warned(), bench.state()), (Vec::new(), State::Emitting));
}
