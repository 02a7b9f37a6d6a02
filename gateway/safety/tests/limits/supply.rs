//! What the supply of a stimulator lets it do, against floats and the vendor's own example.

use safety::{
    Band, Bands, Energy, Frequency, Limit, Modality, Nanos, Output, Permille, PulseEnergy, Pulses,
    Pulsing, Recovery, Span, Stimulator, StimulatorDose, StimulatorLevel, check,
};

use crate::{
    stimulator::{forearm, unit},
    table::{hertz, joules, permille, watts},
};

fn supply() -> Recovery {
    Recovery::Supply { sustained: watts(1_050.0), minute: joules(63_000) }
}

fn level(intensity: u16, rate: Frequency, pulses: u32, pulse_energy: Energy) -> StimulatorLevel {
    let intensity = permille(intensity);
    StimulatorLevel { intensity, rate, pulses, wait: Nanos::ZERO, pulse_energy }
}

/// The vendor's example for a Rapid²: 250 pulses at 25 Hz and 73 %, whose pulse takes 134.19 J by
/// the vendor's table, need 21.95 s. The square gives 134.29 J, and 21.97 s.
#[test]
fn the_vendors_example_needs_its_wait() {
    let train = level(730, hertz(25.0), 250, Energy::from_millijoules(134_190));
    let wait = supply().wait(&train).unwrap();
    assert_eq!(wait, Nanos::from_millis(21_950));
    let square = PulseEnergy::Square { microjoules: 25_200 };
    let energy = square.at(permille(730)).unwrap();
    assert_eq!(energy, Energy::from_microjoules(134_290_800));
    let train = level(730, hertz(25.0), 250, energy);
    assert_eq!(supply().wait(&train).unwrap().get() / 10_000_000, 2_197);
}

/// The vendor's own points of the energy: 103.2 J at 64 % and 252 J at all of it.
#[test]
fn the_energy_of_a_pulse_is_rounded_up() {
    let square = PulseEnergy::Square { microjoules: 25_200 };
    assert_eq!(square.at(Permille::WHOLE), Some(joules(252)));
    assert_eq!(square.at(permille(640)).unwrap().millijoules() / 100, 1_032);
    for intensity in 0..=1_000_u16 {
        let energy = square.at(permille(intensity)).unwrap().picojoules();
        let exact = 0.0252 * (f64::from(intensity) / 10.0).powi(2) * 1e12;
        assert!((energy as f64 - exact).abs() <= exact * 1e-12, "{intensity}");
    }
    let line = |up_to, joule| Band { up_to: permille(up_to), value: joules(joule) };
    let table = PulseEnergy::Table(Bands::new(&[line(500, 63), (line(640, 104))]).unwrap());
    let cases = [(1, Some(63)), (500, Some(63)), (501, Some(104)), (640, Some(104)), (641, None)];
    for (intensity, energy) in cases {
        assert_eq!(table.at(permille(intensity)), energy.map(joules), "{intensity}");
    }
}

/// N (f E − P) / (P f) seconds and 63,000 J / (f E), in integers and to the side of refusal.
#[test]
fn the_rule_of_the_supply_is_that_of_floats() {
    let square = PulseEnergy::Square { microjoules: 25_200 };
    let mut waits = 0;
    for intensity in (10..=1_000).step_by(10) {
        for millihertz in [100, 1_000, 3_300, 10_000, 25_000, 30_000, 100_000] {
            for pulses in [1, 2, 30, 250, 6_000] {
                let rate = Frequency::from_millihertz(millihertz);
                let energy = square.at(permille(intensity)).unwrap();
                let train = level(intensity, rate, pulses, energy);
                let (f, e) = (f64::from(millihertz) / 1e3, energy.picojoules() as f64 / 1e12);
                let exact = (f64::from(pulses) * (f * e - 1_050.0) / (1_050.0 * f)).max(0.0) * 1e9;
                let wait = supply().wait(&train).unwrap().get() as f64;
                assert!(exact - exact * 1e-9 <= wait && wait <= exact + exact * 1e-9 + 1.0);
                waits += u32::from(wait > 0.0);
                let exact = 63_000.0 / (f * e) * 1e9;
                let longest = supply().longest_train(&train).unwrap().get() as f64;
                assert!(exact - exact * 1e-9 - 1.0 <= longest && longest <= exact + exact * 1e-9);
            }
        }
    }
    assert!(waits > 500, "{waits}");
}

/// What cannot be counted is longer than any wait.
#[test]
fn a_wait_that_does_not_fit_refuses() {
    let most = level(1_000, Frequency::MAX, u32::MAX, Energy::MAX);
    assert_eq!(supply().wait(&most), Some(Nanos::MAX));
    assert_eq!(supply().longest_train(&most), Some(Nanos::ZERO));
    let none = Recovery::Supply { sustained: watts(0.0), minute: joules(1) };
    assert_eq!(none.wait(&most), Some(Nanos::MAX));
}

fn recharge() -> Recovery {
    let line = |up_to, secs| Band { up_to: permille(up_to), value: Nanos::from_secs(secs) };
    Recovery::Recharge(Bands::new(&[line(499, 2), line(799, 3), line(1_000, 4)]).unwrap())
}

/// The recharge of a 200²: 2 s below 50 %, 3 s to 79 %, 4 s from 80 %.
#[test]
fn a_single_pulse_waits_for_its_recharge() {
    for (intensity, secs) in [(10, 2), (490, 2), (500, 3), (790, 3), (800, 4), (1_000, 4)] {
        let pulse = level(intensity, hertz(10.0), 1, joules(1));
        assert_eq!(recharge().wait(&pulse), Some(Nanos::from_secs(secs)), "{intensity}");
        assert_eq!(recharge().longest_train(&pulse), None);
    }
}

/// The check asks for the longest of all waits.
#[test]
fn a_wait_shorter_than_the_unit_needs_is_refused() {
    let mut limits = safety::Limits::<Stimulator> {
        library: safety::StimulatorLibrary::default(),
        unit: unit(),
        tail: Nanos::ZERO,
    };
    let bound = |asked: &_, limits: &_| {
        let checked = check::<Stimulator>(asked, limits, &crate::table::fresh());
        let found = crate::table::decision(&checked, Limit::TrainWait, safety::Tier::Capability);
        found.bound
    };
    let mut asked = forearm();
    assert_eq!(bound(&asked, &limits), Some(500_000_000), "below 1,050 W");
    (asked.motor_threshold, asked.rate, asked.train_pulses) = (permille(910), hertz(20.0), 20);
    // 100.1 % is set to 100 %: 20 × (20 × 252 − 1,050) / (1,050 × 20) = 3.8 s.
    asked.intensity = safety::Multiple::from_thousandths(1_100);
    assert_eq!(bound(&asked, &limits), Some(3_800_000_000));
    limits.unit.least_wait = Some(Nanos::from_secs(4));
    assert_eq!(bound(&asked, &limits), Some(4_000_000_000));
    limits.unit.recovery = None;
    assert_eq!(bound(&asked, &limits), None);
    limits.unit.recovery = Some(recharge());
    limits.unit.train_pulses = Some(Span { least: 1, most: 1 });
    limits.unit.least_wait = Some(Nanos::ZERO);
    assert_eq!(bound(&asked, &limits), Some(4_000_000_000));
}

/// A minute of the supply within one train is a bound of the train.
#[test]
fn a_train_that_takes_a_minutes_energy_is_refused() {
    let mut limits = safety::Limits::<Stimulator> {
        library: safety::StimulatorLibrary::default(),
        unit: unit(),
        tail: Nanos::ZERO,
    };
    // 9 pulses at 10 Hz and 76.23 J are 762.3 W for 0.9 s.
    for (minute, verdict) in
        [(686_070, safety::Verdict::Within), (686_069, safety::Verdict::Refused)]
    {
        let minute = Energy::from_millijoules(minute);
        limits.unit.recovery = Some(Recovery::Supply { sustained: watts(1_050.0), minute });
        let checked = check::<Stimulator>(&forearm(), &limits, &crate::table::fresh());
        let found = crate::table::decision(&checked, Limit::TrainTime, safety::Tier::Capability);
        assert_eq!(found.verdict, verdict);
    }
}

/// Doses add up part by part, and energy is rounded up.
#[test]
fn doses_add_up_part_by_part() {
    let output = Pulsing { rate: hertz(10.0), pulse_energy: joules(100) };
    let dose = Stimulator::accrue(StimulatorDose::default(), output, Nanos::from_millis(250));
    assert_eq!(dose.pulses, Pulses::from_picopulses(2_500_000_000_000));
    assert_eq!((dose.energy, dose.time), (joules(250), Nanos::from_millis(250)));
    assert_eq!((dose.pulses.whole(), dose.pulses.whole_up()), (2, 3));
    let least = Pulsing { rate: hertz(0.001), pulse_energy: Energy::from_picojoules(1) };
    let one = Stimulator::accrue(StimulatorDose::default(), least, Nanos::new(1));
    assert_eq!((one.pulses, one.energy.picojoules()), (Pulses::from_picopulses(1), 1));
    let left = StimulatorDose { energy: joules(100), ..dose };
    assert_eq!(Stimulator::lasts_at(dose, output), Nanos::from_millis(250));
    assert_eq!(Stimulator::lasts_at(left, output), Nanos::from_millis(100));
    assert_eq!(Stimulator::lasts_at(dose, Pulsing::default()), Nanos::from_millis(250));
    let fewer = StimulatorDose { pulses: Pulses::from_whole(2), ..dose };
    assert!(Stimulator::covers(dose, left) && Stimulator::covers(dose, fewer));
    assert!(!Stimulator::covers(left, dose) && !Stimulator::covers(fewer, dose));
    let brief = StimulatorDose { time: Nanos::ZERO, ..dose };
    assert!(!Stimulator::covers(brief, dose));
    assert_eq!(Stimulator::greater(left, fewer), dose);
    assert_eq!(Stimulator::lesser(left, fewer), StimulatorDose { energy: joules(100), ..fewer });
    assert_eq!(Stimulator::minus(dose, fewer).pulses.picopulses(), 500_000_000_000);
    assert_eq!(Stimulator::coarse(dose).pulses, Pulses::from_whole(3));
    assert_eq!(Stimulator::share(fewer, dose), 800);
    assert_eq!(Stimulator::half(one).pulses, Pulses::from_picopulses(1));
    let counted = Stimulator::counted(Pulses::from_whole(2));
    assert_eq!(Stimulator::plus(counted, counted).pulses, Pulses::from_whole(4));
    assert_eq!(counted.energy, Energy::ZERO);
}

/// Of two readings each part counts by itself.
#[test]
fn outputs_compare_part_by_part() {
    let fast = Pulsing { rate: hertz(20.0), pulse_energy: joules(10) };
    let strong = Pulsing { rate: hertz(10.0), pulse_energy: joules(30) };
    let both = Pulsing { rate: hertz(20.0), pulse_energy: joules(30) };
    assert_eq!((fast.greater(strong), strong.greater(fast)), (both, both));
    let mean = Pulsing { rate: hertz(15.0), pulse_energy: joules(20) };
    assert_eq!(fast.mean(strong), mean);
    assert_eq!(Pulsing::from_count(20_000).count(), 20_000);
}

/// A train is as long as its pulses take, rounded up, and gives all of them.
#[test]
fn a_train_is_as_long_as_its_pulses() {
    let train = level(500, hertz(3.0), 1, joules(63));
    assert_eq!(train.train_time(), Nanos::new(333_333_334));
    assert_eq!(train.train().energy, joules(63));
    assert_eq!(level(500, hertz(0.0), 1, joules(63)).train_time(), Nanos::MAX);
    assert_eq!(level(500, hertz(25.0), 25, joules(63)).train_time(), Nanos::from_secs(1));
}
