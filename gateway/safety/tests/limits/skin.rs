//! The integer exposure limits against floats, and the published tables.

use safety::{
    Area, AreaFluence, Gate, Laser, LaserLevel, LaserUnit, Limit, Line, Nanos, Overrides, Permille,
    Power, Technique, Tier, Verdict, Wavelength, check, skin,
};

use crate::table::{
    all_overridden, decision, fresh, hertz, joules_per_cm2, laser_limits, neck, only, permille,
    watts,
};

fn factor(nanometres: u16) -> f64 {
    match nanometres {
        ..700 => 1.0,
        700..1_050 => 10_f64.powf(0.002 * f64::from(nanometres - 700)),
        1_050.. => 5.0,
    }
}

/// J/cm² that skin may get within `seconds`.
fn permitted(nanometres: u16, seconds: f64) -> f64 {
    let factor = factor(nanometres);
    if seconds < 1e-7 {
        0.02 * factor
    } else if seconds <= 10.0 {
        1.1 * factor * seconds.powf(0.25)
    } else {
        0.2 * factor * seconds
    }
}

fn nearly_below(integer: f64, float: f64) {
    assert!(integer <= float * (1.0 + 1e-12), "{integer} permits more than {float}");
    assert!(float * 0.995 <= integer, "{integer} is too strict against {float}");
}

/// Every wavelength of the standard over twelve decades of time (LAS-15, LAS-17, DOS-02).
#[test]
fn permitted_is_never_above_the_formula_and_within_half_a_percent_below() {
    for nanometres in 400..=1_400 {
        let wavelength = Wavelength::from_nanometres(nanometres);
        let mut nanos = 1.0_f64;
        while nanos < 3e13 {
            let time = Nanos::new(nanos as u64);
            let fluence = skin::permitted(wavelength, time).unwrap();
            let float = permitted(nanometres, time.get() as f64 / 1e9) * 1e6;
            nearly_below(fluence.microjoules_per_cm2() as f64, float);
            nanos *= 1.37;
        }
    }
    for outside in [0, 399, 1_401, u16::MAX] {
        assert_eq!(skin::permitted(Wavelength::from_nanometres(outside), Nanos::ZERO), None);
    }
}

/// The table of skin limits: J/cm² within 0.25, 1 and 10 s, and W/cm² beyond.
#[test]
fn permitted_reproduces_the_published_table() {
    let table = [
        (650, [0.778, 1.100, 1.956], 0.200),
        (810, [1.291, 1.826, 3.246], 0.332),
        (915, [2.094, 2.961, 5.265], 0.538),
        (980, [2.824, 3.994, 7.102], 0.726),
        (1_064, [3.889, 5.500, 9.781], 1.000),
    ];
    for (nanometres, fluences, irradiance) in table {
        let at = |nanos| {
            let fluence = skin::permitted(Wavelength::from_nanometres(nanometres), nanos);
            fluence.unwrap().microjoules_per_cm2() as f64 / 1e6
        };
        for (millis, fluence) in [250, 1_000, 10_000].into_iter().zip(fluences) {
            assert!((at(Nanos::from_millis(millis)) - fluence).abs() < 6e-4, "{nanometres} nm");
        }
        assert!((at(Nanos::from_secs(1_000)) / 1_000.0 - irradiance).abs() < 6e-4);
    }
}

fn level(power: Power, nanometres: [u16; 2], first: u16, gate: Gate) -> (LaserLevel, LaserUnit) {
    let line = |nanometres| {
        Some(Line { wavelength: Wavelength::from_nanometres(nanometres), most: Power::MAX })
    };
    let [one, other] = nanometres;
    let unit = LaserUnit { lines: [line(one), line(other), None, None], ..LaserUnit::default() };
    let mix = [permille(first), permille(1_000 - first), Permille::ZERO, Permille::ZERO];
    (LaserLevel { power, mix, gate }, unit)
}

/// How long a spot may rest, in seconds; infinite where irradiance alone permits it.
fn dwell(power: f64, square_millimetres: u32, nanometres: u16) -> f64 {
    let (level, unit) = level(watts(power), [nanometres, 532], 1_000, Gate::Continuous);
    let spot = Area::from_square_millimetres(square_millimetres);
    match skin::dwell(&level, &unit, spot).unwrap() {
        Nanos::MAX => f64::INFINITY,
        dwell => dwell.get() as f64 / 1e9,
    }
}

/// The table of dwell limits (LAS-17).
#[test]
fn dwell_reproduces_the_published_table() {
    let ever = f64::INFINITY;
    let table = [
        (7.0, 1_960, [8.8, ever, ever, ever]),
        (7.0, 490, [1.39, 2.64, 3.94, 6.03]),
        (10.0, 490, [0.86, 1.64, 2.45, 3.75]),
        (15.0, 490, [0.50, 0.96, 1.43, 2.18]),
        (25.0, 490, [0.25, 0.48, 0.72, 1.11]),
    ];
    for (power, spot, dwells) in table {
        for (nanometres, expected) in [810, 915, 980, 1_064].into_iter().zip(dwells) {
            let found = dwell(power, spot, nanometres);
            assert!(
                found == expected || (found - expected).abs() < (0.01 * expected).max(0.006),
                "{power} W, {spot} mm², {nanometres} nm: {found} s, not {expected} s"
            );
        }
    }
}

#[test]
fn dwell_is_never_above_the_formula_and_within_half_a_percent_below() {
    for nanometres in (400..=1_400).step_by(7) {
        for spot in [1, 50, 100, 333, 1_960, 40_000] {
            let mut power = 0.1_f64;
            while power < 4_000.0 {
                let irradiance = watts(power).milliwatts() as f64 / f64::from(spot) / 10.0;
                let found = dwell(power, spot, nanometres);
                let float = (1.1 * factor(nanometres) / irradiance).powf(4.0 / 3.0);
                if irradiance > 0.2 * factor(nanometres) * 1.000_001 && float > 1e-4 {
                    nearly_below(found, float);
                }
                power *= 1.61;
            }
        }
    }
}

/// A spot of 4.9 cm² that rests: exposure by the decisions of a check, in thousandths.
fn exposure(power: f64, mix: u16, gate: Gate, spot: u32, dwell: Nanos) -> (f64, f64, f64) {
    let mut asked = neck();
    asked.power = watts(power);
    asked.mix = only(810);
    if mix < 1_000 {
        asked.mix = neck().mix;
        asked.mix[0].as_mut().unwrap().share = permille(mix);
        asked.mix[1].as_mut().unwrap().share = permille(1_000 - mix);
    }
    asked.gate = gate;
    asked.spot = Area::from_square_millimetres(spot);
    asked.technique = Technique::Stationary { points: 1, dwell };
    asked.fluence = AreaFluence::Spot(joules_per_cm2(10.0));
    let mut limits = laser_limits();
    let gate = limits.unit.gate.as_mut().unwrap();
    gate.frequency_step = hertz(0.001);
    gate.duty_step = permille(1);
    let checked = check::<Laser>(&asked, &limits, &fresh());
    let soft = |limit| decision(&checked, limit, Tier::LibrarySoft);
    let count = |limit| soft(limit).requested.unwrap() as f64;
    let dwell = soft(Limit::Dwell).bound.unwrap() as f64 / 1e9;
    (count(Limit::SkinExposure), count(Limit::PulseExposure), dwell)
}

/// 15 W peak at 20 Hz and half duty: the pulse is harmless, the train governs (LAS-17).
#[test]
fn the_gated_example_is_governed_by_the_train() {
    let gate = Gate::Pulsed { frequency: hertz(20.0), duty: permille(500) };
    let (_, pulse, dwell) = exposure(7.5, 1_000, gate, 490, Nanos::from_secs(1));
    assert_eq!(pulse, (0.0765_f64 / 0.726 * 1e3).ceil());
    assert!((dwell - 1.26).abs() < 0.01, "{dwell}");
}

/// 3.5 W at 810 nm with 3.5 W at 980 nm over 19.6 cm²: 0.538 + 0.246 (LAS-15).
#[test]
fn the_example_of_two_wavelengths_adds_up_to_0_784() {
    let (found, pulse, dwell) = exposure(7.0, 500, Gate::Continuous, 1_960, Nanos::from_secs(60));
    assert_eq!(found, 784.0);
    assert_eq!(pulse, 0.0);
    assert!(dwell > 1e9);
}

/// The worst group of pulses, found by trying every one (rule 2 of table 2.6).
#[test]
fn no_group_of_pulses_is_worse_than_what_is_decided() {
    for (frequency, duty) in [
        (0.05, 900),
        (0.07, 500),
        (0.3, 900),
        (1.0, 100),
        (1.0, 500),
        (3.7, 15),
        (20.0, 500),
        (977.0, 300),
        (20_000.0, 100),
    ] {
        for seconds in [0.01, 0.25, 1.0, 1.26, 4.4, 9.99, 11.3, 14.9, 60.0] {
            if seconds > 10.0 && frequency > 100.0 {
                continue;
            }
            let gate = Gate::Pulsed { frequency: hertz(frequency), duty: permille(duty) };
            let (found, pulse, _) =
                exposure(0.4, 1_000, gate, 490, Nanos::new((seconds * 1e9) as u64));
            let length = f64::from(duty) / 1e3 / frequency;
            let peak = 0.4 / (f64::from(duty) / 1e3) / 4.9;
            let single = peak * length / permitted(810, length) * 1e3;
            assert!(single <= pulse && pulse <= single * 1.005 + 1.0, "{pulse} for {single}");
            let mut worst = single;
            for count in 1..(seconds * frequency + 2.0) as u32 {
                let end = f64::from(count - 1) / frequency + length;
                if end <= seconds {
                    worst = worst.max(peak * length * f64::from(count) / permitted(810, end) * 1e3);
                }
            }
            let cut = [seconds, seconds.min(10.0)].map(|end| {
                let periods = (end * frequency).floor();
                let on = periods * length + (end - periods / frequency).min(length);
                peak * on / permitted(810, end) * 1e3
            });
            let most = cut.into_iter().fold(worst, f64::max) * 1.005 + 1.0;
            assert!(worst <= found, "{frequency} Hz, {duty}, {seconds} s: {found} below {worst}");
            assert!(found <= most, "{frequency} Hz, {duty}, {seconds} s: {found} above {most}");
        }
    }
}

/// Sum over wavelengths, against floats.
#[test]
fn exposure_of_a_mix_is_never_below_the_sum_of_its_parts() {
    for mix in [1, 100, 500, 999] {
        for millis in [1, 10, 250, 1_000, 9_999, 60_000] {
            let (found, ..) = exposure(7.0, mix, Gate::Continuous, 490, Nanos::from_millis(millis));
            let seconds = millis as f64 / 1e3;
            let part = |share: u16, nanometres| {
                7.0 * f64::from(share) / 4.9 * seconds / permitted(nanometres, seconds)
            };
            let float = part(mix, 810) + part(1_000 - mix, 980);
            assert!(float <= found && found <= float * 1.005 + 1.0, "{found} for {float}");
        }
    }
}

/// Resting skin gets the limit once with a reason and twice never, and the dwell is limited too.
#[test]
fn a_stationary_spot_beyond_the_skin_limit_is_refused() {
    let (over, ..) = exposure(7.0, 1_000, Gate::Continuous, 490, Nanos::from_secs(2));
    assert!(over > 1_000.0);
    let mut asked = neck();
    asked.mix = only(810);
    asked.spot = Area::from_square_millimetres(490);
    asked.fluence = AreaFluence::Spot(joules_per_cm2(20.0));
    asked.technique = Technique::Stationary { points: 400, dwell: Nanos::from_secs(2) };
    for (overrides, verdict) in
        [(Overrides::NONE, Verdict::SoftExceeded), (all_overridden(), Verdict::Overridden)]
    {
        asked.overrides = overrides;
        let checked = check::<Laser>(&asked, &laser_limits(), &fresh());
        assert_eq!(decision(&checked, Limit::Dwell, Tier::LibrarySoft).verdict, verdict);
        let hard = decision(&checked, Limit::Dwell, Tier::Library);
        assert_eq!(hard.verdict, Verdict::Refused, "2 s and the tail are more than twice 1.39 s");
    }
}
