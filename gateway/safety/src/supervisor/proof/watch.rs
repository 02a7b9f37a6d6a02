//! What is watched while it emits: the output, its band, the footswitch, the coil and the link.

use crate::{
    Cause, CoilLimits, FOOTSWITCH_OPEN, FROZEN, Fact, Input, Laser, Nanos, Pemf, Refusal, State,
    Temperature, Warning,
};

use super::bench::{Bench, LEVEL, TICK, ms};

/// Emits for a second, at its full level.
fn risen() -> Bench<Laser> {
    Bench::emitting()
}

/// LAS-10, LAS-11, PEM-06: more than 20 % off twice in a row, or more than 50 % off once, to the
/// last digit.
#[test]
fn a_deviation_is_judged_at_its_bounds() {
    for (first, second, stops) in [
        (12_000, 12_001, None),
        (12_001, 12_000, None),
        (12_001, 12_002, Some(2)),
        (8_000, 7_999, None),
        (7_999, 8_000, None),
        (7_999, 7_998, Some(2)),
        (7_999, 12_001, Some(2)),
        (15_000, 10_000, None),
        (15_001, 10_000, Some(1)),
        (5_000, 10_000, None),
        (4_999, 10_000, Some(1)),
    ] {
        let mut bench = risen();
        bench.skip(ms(100));
        bench.read(true, first);
        let once = bench.causes().contains(&Cause::Deviation);
        assert_eq!(once, stops == Some(1), "{first}");
        bench.skip(ms(100));
        bench.read(true, second);
        let twice = bench.causes().contains(&Cause::Deviation);
        assert_eq!(twice, stops.is_some(), "{first} {second}");
        assert_eq!(bench.is_off(), stops.is_some());
    }
}

/// Only what is off twice in a row counts.
#[test]
fn a_good_reading_between_two_bad_ones_forgives() {
    let mut bench = risen();
    for output in [12_100, 10_000, 12_200, 10_001, 7_900, 9_999] {
        bench.output = Some(output);
        bench.work(ms(100));
    }
    assert_eq!(bench.causes(), []);
}

/// A warning is shown above and below 10 % (LAS-10).
#[test]
fn a_warning_is_shown_beyond_ten_percent() {
    for (output, warns) in [(11_000, false), (11_001, true), (9_000, false), (8_999, true)] {
        let mut bench = risen();
        bench.skip(ms(100));
        bench.read(true, output);
        assert_eq!(bench.supervisor.status().warnings.holds(Warning::Deviation), warns, "{output}");
    }
}

/// While it rises only the upper bounds hold, and the full level is charged.
#[test]
fn a_rising_output_may_be_low_but_not_high() {
    let terms = Bench::<Laser>::closed().terms();
    for (after, output, cause) in [
        (terms.rise.plus(terms.timing.poll).minus(TICK), 100, None),
        (terms.rise.plus(terms.timing.poll), 100, Some(Cause::Deviation)),
        (ms(1), 15_001, Some(Cause::Deviation)),
    ] {
        let mut bench = Bench::<Laser>::begun();
        bench.output = Some(60);
        bench.work(ms(1));
        bench.output = Some(output);
        bench.work(after);
        assert_eq!(bench.causes().first().copied(), cause, "{after:?} {output}");
    }
}

/// LAS-11: the same to the last bit for two seconds is no measurement.
#[test]
fn a_frozen_read_back_is_a_fault() {
    let mut bench = risen();
    bench.output = Some(9_900);
    bench.work(ms(100));
    bench.work(FROZEN.minus(TICK));
    assert_eq!(bench.causes(), []);
    bench.skip(TICK);
    bench.read(true, 9_900);
    assert_eq!(bench.causes(), [Cause::FrozenReadBack]);
}

/// A unit found off while it is ordered on is locked, once it had time to turn on.
#[test]
fn off_while_ordered_on_is_unexpected() {
    let confirm = Bench::<Laser>::closed().terms().timing.confirm;
    for (after, locked) in [(confirm.minus(TICK), false), (confirm, true)] {
        let mut bench = Bench::<Laser>::begun();
        bench.skip(after);
        bench.read(false, 0);
        assert_eq!(bench.causes().contains(&Cause::UnexpectedOff), locked);
    }
    let mut bench = Bench::<Laser>::begun();
    bench.skip(ms(1));
    bench.read(true, LEVEL);
    bench.skip(ms(1));
    bench.read(false, 0);
    assert_eq!(bench.causes(), [Cause::UnexpectedOff], "it was seen on");
}

/// A unit that was not seen on within T_conf and T_link is not waited for any longer.
#[test]
fn a_unit_that_never_turns_on_is_unexpected() {
    let mut bench = Bench::<Laser>::begun();
    let (begun, timing) = (bench.now, bench.terms().timing);
    bench.now = begun.after(timing.confirm.minus(TICK));
    for fact in bench.facts() {
        if !matches!(fact, Fact::Emission(_)) {
            bench.hear(fact);
        }
    }
    bench.read(false, 0);
    bench.skip(timing.link.minus(TICK));
    assert_eq!(bench.causes(), []);
    assert_eq!(bench.supervisor.wake(), bench.now.after(TICK), "it falls silent first");
    bench.skip(TICK);
    assert_eq!(bench.causes(), [Cause::LinkSilence]);
}

/// COM-06: three bad frames in a row, or more than 5 of the last 100.
#[test]
fn too_many_bad_frames_stop() {
    for (frames, locked) in [("xx.xx", false), ("x.x.x.x.x", false), ("xxx", true)] {
        let mut bench = risen();
        frames.chars().for_each(|frame| bench.frame(frame));
        assert_eq!(bench.causes().contains(&Cause::ErrorRate), locked, "{frames}");
    }
    let mut bench = risen();
    "x.x.x.x.x.".chars().for_each(|frame| bench.frame(frame));
    (0..91).for_each(|_| bench.frame('.'));
    bench.frame('x');
    assert_eq!(bench.causes(), [], "the first left the window");
    (0..3).for_each(|_| bench.frame('.'));
    "x.x.x.".chars().for_each(|frame| bench.frame(frame));
    assert_eq!(bench.causes(), []);
    "x.".chars().for_each(|frame| bench.frame(frame));
    assert_eq!(bench.causes(), []);
    "x.x.".chars().for_each(|frame| bench.frame(frame));
    assert_eq!(bench.causes(), [Cause::ErrorRate]);
}

/// LAS-06: open for ten seconds pauses, to the nanosecond; pressed in time goes on.
#[test]
fn an_open_footswitch_gates_and_then_pauses() {
    let mut bench = risen();
    bench.contacts.footswitch = false;
    bench.output = Some(0);
    bench.counter = Some(5);
    bench.work(ms(100));
    assert!(bench.supervisor.status().session.unwrap().gated);
    bench.work(FOOTSWITCH_OPEN.minus(TICK));
    assert_eq!((bench.state(), bench.causes()), (State::Emitting, std::vec![]));
    let mut pressed = bench;
    bench.skip(TICK);
    assert_eq!(bench.state(), State::Stopping);
    bench.poll();
    assert_eq!(bench.state(), State::Paused);
    pressed.contacts.footswitch = true;
    pressed.hear(Fact::Contacts(pressed.contacts));
    pressed.output = None;
    pressed.work(ms(500));
    assert_eq!((pressed.state(), pressed.causes()), (State::Emitting, std::vec![]));
}

/// LAS-06: output that goes on though the footswitch is open is not left to the operator.
#[test]
fn output_past_an_open_footswitch_is_stuck_on() {
    let mut bench = risen();
    bench.contacts.footswitch = false;
    bench.work(ms(100));
    assert_eq!(bench.causes(), []);
    bench.work(ms(250));
    bench.work(ms(200));
    assert_eq!(bench.causes(), [Cause::StuckOn]);
}

/// A switch that may have been pressed in between is no leak; seen open in between, it is one.
#[test]
fn a_leak_is_seen_between_two_looks_at_the_switch() {
    let mut bench = risen();
    bench.contacts.footswitch = false;
    bench.poll();
    bench.work(ms(240));
    bench.skip(ms(10));
    bench.read(true, LEVEL);
    bench.skip(ms(10));
    bench.read(true, LEVEL - 1);
    assert_eq!(bench.causes(), []);
    bench.skip(ms(10));
    bench.hear(Fact::Contacts(bench.contacts));
    bench.read(true, LEVEL);
    assert_eq!(bench.causes(), [Cause::StuckOn]);
}

/// A coil without a footswitch does not wait for one.
#[test]
fn a_unit_without_a_second_enable_needs_none() {
    let mut bench = Bench::<Pemf>::emitting();
    bench.contacts.footswitch = false;
    bench.work(Nanos::from_secs(3));
    assert_eq!((bench.state(), bench.causes()), (State::Emitting, std::vec![]));
}

/// PEM-04: 41 °C pauses, 43 °C locks, a lost sensor locks, and below 39 °C it may go on.
#[test]
fn a_coil_pauses_and_trips() {
    let degrees = |centi: i32| Some(Temperature::from_centicelsius(centi));
    for (temperature, state, cause) in [
        (degrees(4_099), State::Emitting, None),
        (degrees(4_100), State::Stopping, None),
        (degrees(4_299), State::Stopping, None),
        (degrees(4_300), State::Locked, Some(Cause::OverTemperature)),
        (None, State::Locked, Some(Cause::SensorMissing)),
    ] {
        let mut bench = Bench::<Pemf>::emitting();
        bench.skip(ms(1));
        bench.hear(Fact::Temperature(temperature));
        assert_eq!(bench.state(), state, "{temperature:?}");
        assert_eq!(bench.causes().first().copied(), cause);
    }
    for (centi, outcome) in [(3_899, Ok(())), (3_900, Err(Refusal::CoilHot))] {
        let mut bench = Bench::<Pemf>::confirmed();
        bench.temperature = degrees(centi);
        bench.poll();
        assert_eq!(bench.command(crate::Command::Arm), outcome);
    }
    assert_eq!(CoilLimits::STANDARD.trip, Temperature::from_centicelsius(4_300));
}

/// A laser without a coil has no temperature to lose.
#[test]
fn a_unit_without_a_coil_has_no_temperature() {
    let mut bench = risen();
    bench.temperature = None;
    bench.work(ms(500));
    assert_eq!(bench.causes(), []);
}

/// SES-05: what is read back while it emits is what was confirmed, or it stops.
#[test]
fn another_setting_while_emitting_locks() {
    let mut bench = risen();
    bench.skip(ms(1));
    bench.hear(Fact::Setting(None));
    assert_eq!(bench.causes(), [Cause::SettingDiffers]);
    assert!(bench.is_off());
}

/// How a state is made.
type Made = fn() -> Bench<Laser>;

/// LAS-21, LAS-18: an interlock, key or applicator that opens locks what is armed, and nothing else.
#[test]
fn a_contact_that_opens_locks_what_is_armed() {
    let states: [(Made, bool); 5] = [
        (Bench::standby, false),
        (Bench::ready, true),
        (Bench::warning, true),
        (Bench::emitting, true),
        (Bench::paused, true),
    ];
    for (state, armed) in states {
        for (place, cause) in
            [Cause::Interlock, Cause::KeyOff, Cause::Applicator].into_iter().enumerate()
        {
            let mut bench = state();
            bench.skip(ms(1));
            bench.contacts.interlock = place != 0;
            bench.contacts.key = place != 1;
            bench.contacts.applicator = place != 2;
            bench.hear(Fact::Contacts(bench.contacts));
            assert_eq!(bench.causes().contains(&cause), armed, "{cause:?} {:?}", bench.state());
        }
    }
}

/// LAS-08: an emergency stop locks in every state, and opens the relay at once.
#[test]
fn an_emergency_stop_locks_in_every_state() {
    let states: [fn() -> Bench<Laser>; 5] =
        [Bench::standby, Bench::ready, Bench::warning, Bench::emitting, Bench::paused];
    for state in states {
        let mut bench = state();
        bench.skip(ms(1));
        bench.contacts.emergency_stop_released = false;
        bench.hear(Fact::Contacts(bench.contacts));
        assert_eq!(bench.causes(), [Cause::EmergencyStop]);
        assert!(bench.is_off() && !bench.supervisor.relay_closed());
    }
}

/// A fault of the unit's own locks whenever it is heard, and keeps a unit from coming up unlocked.
#[test]
fn a_fault_of_the_unit_locks() {
    let mut bench = risen();
    bench.skip(ms(1));
    bench.hear(Fact::Faults(4));
    assert_eq!(bench.causes(), [Cause::UnitFault]);
    let mut bench = Bench::<Laser>::closed();
    bench.must(Input::Opened);
    bench.hear(Fact::Faults(4));
    assert_eq!(bench.causes(), []);
    for fact in bench.facts().into_iter().filter(|fact| !matches!(fact, Fact::Faults(_))) {
        bench.hear(fact);
    }
    bench.identify();
    assert_eq!(bench.causes(), [Cause::UnitFault]);
}

/// TIM-04: a step that is late by a second finds everything silent, and stops.
#[test]
fn a_late_step_stops_a_unit_that_nobody_watched() {
    let mut bench = risen();
    bench.skip(Nanos::from_secs(1));
    assert!(bench.is_off() && bench.causes().contains(&Cause::LinkSilence));
}

impl Bench<Laser> {
    /// A frame a millisecond later: good, or bad.
    fn frame(&mut self, frame: char) {
        self.now = self.now.after(ms(1));
        self.hold();
        let fact = if frame == 'x' { Fact::Garbled } else { Fact::Boot(self.boot) };
        self.hear(fact);
        if self.supervisor.causes().is_empty() {
            self.read(true, LEVEL - (self.now.since_boot() / 1_000_000 % 2) as u32);
        }
        self.hear(Fact::Contacts(self.contacts));
        self.hear(Fact::Faults(0));
        let setting = self.setting();
        if setting.is_some() {
            self.hear(Fact::Setting(setting));
        }
        if let Some(slice) = self.supervisor.reserve() {
            self.must(Input::Durable(slice.id));
        }
    }
}
