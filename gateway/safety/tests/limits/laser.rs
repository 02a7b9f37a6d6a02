//! Laser prescriptions: each limit on both sides of its bound.

use safety::{
    Answer, Area, AreaFluence, Dose, Gate, Laser, LaserPrescription, Limit, Limits, MixRange,
    Nanos, OpticalDensity, Others, Overrides, Permille, Power, Region, Remaining, Side, Since,
    SkinType, SourceId, Tier, Verdict, check,
};

use crate::table::{
    HOUR, MINUTE, all_overridden, decision, fresh, hertz, joules, joules_per_cm2, laser_limits,
    neck, objections, only, permille, site, source, watts,
};

type Case = (LaserPrescription, Limits<Laser>, Remaining<Laser>);
type Change = fn(&mut Case);

fn case() -> Case {
    (neck(), laser_limits(), fresh())
}

/// Who objects to the prescription of the manual after each change, with nothing overridden.
fn table(changes: &[(&str, Change, &[Limit])]) {
    for (name, change, expected) in changes {
        let mut case = case();
        change(&mut case);
        let checked = check(&case.0, &case.1, &case.2);
        assert_eq!(objections(&checked), *expected, "{name}");
        assert_eq!(checked.admitted().is_some(), expected.is_empty(), "{name}");
    }
}

#[test]
fn the_prescription_of_the_manual_is_admitted_as_it_is() {
    let (asked, limits, spent) = case();
    let checked = check(&asked, &limits, &spent);
    let admitted = checked.admitted().unwrap();
    assert_eq!(admitted.level().power, watts(7.0));
    let mix = [permille(500), permille(500), Permille::ZERO, Permille::ZERO];
    assert_eq!(admitted.level().mix, mix);
    assert_eq!(admitted.dose(), asked.dose);
    let fluence = joules(2_600);
    assert_eq!(admitted.budget(), Dose { quantity: fluence, time: MINUTE.times(12) });
    assert!(checked.decisions().iter().all(|decision| decision.verdict == Verdict::Within));
}

/// Power, spot and fluence (LAS-15, COM-09).
#[test]
fn output_is_limited() {
    table(&[
        ("soft power", |case| case.0.power = watts(8.0), &[]),
        ("above soft power", |case| case.0.power = watts(8.01), &[Limit::Power]),
        ("no power", |case| case.0.power = Power::ZERO, &[Limit::LeastPower, Limit::Reach]),
        ("a quarter off", |case| case.1.unit.power_step = Some(watts(3.5 / 2.0)), &[]),
        ("1 % off", |case| case.0.power = Power::from_milliwatts(7_009), &[]),
        (
            "more than 1 % off",
            |case| case.1.unit.power_step = Some(Power::from_milliwatts(6_929)),
            &[Limit::PowerStep, Limit::Reach],
        ),
        ("step unknown", |case| case.1.unit.power_step = None, &everything_of_the_level()),
        (
            "a soft spot",
            |case| case.0.spot = Area::from_square_millimetres(299),
            &[Limit::SpotArea, Limit::Irradiance],
        ),
        (
            "fluence is over the field",
            |case| case.0.fluence = AreaFluence::Spot(joules_per_cm2(6.5)),
            &[Limit::AreaKind, Limit::FieldFluence],
        ),
        (
            "above the prescribed fluence",
            |case| case.0.fluence = AreaFluence::Field(joules_per_cm2(6.3)),
            &[Limit::FieldFluence],
        ),
        (
            "a field smaller than its spot",
            |case| case.0.spot = Area::from_square_millimetres(40_001),
            &[Limit::FieldArea],
        ),
        (
            "one line too strong",
            |case| case.1.unit.lines[0].as_mut().unwrap().most = watts(3.4),
            &[Limit::LinePower],
        ),
        ("a slow rise", |case| case.1.unit.rise = Some(Nanos::from_millis(1_400)), &[]),
        ("a fast rise", |case| case.1.unit.rise = Some(Nanos::from_millis(1_399)), &[Limit::Ramp]),
        ("an unknown rise", |case| case.1.unit.rise = None, &[Limit::Ramp]),
        ("out of time", |case| case.0.dose.time = Nanos::from_secs(356), &[Limit::Reach]),
        ("too little", |case| case.0.dose.quantity = joules(399), &[Limit::EffectiveFieldFluence]),
    ]);
}

/// What cannot be judged without a level.
const fn everything_of_the_level() -> [Limit; 15] {
    [
        Limit::PowerStep,
        Limit::LeastPower,
        Limit::Power,
        Limit::PeakPower,
        Limit::Ramp,
        Limit::Irradiance,
        Limit::SkinContent,
        Limit::PulseExposure,
        Limit::Reach,
        Limit::SiteEnergy,
        Limit::VisitEnergy,
        Limit::DayEnergy,
        Limit::SiteTime,
        Limit::VisitTime,
        Limit::FieldFluence,
    ]
}

/// The mix is that of the unit, and whole (LAS-15).
#[test]
fn a_mix_is_a_subset_of_the_lines_of_the_unit() {
    let mut case = case();
    case.0.mix = only(1_064);
    let checked = check(&case.0, &case.1, &case.2);
    assert_eq!(decision(&checked, Limit::Wavelength, Tier::Capability).verdict, Verdict::Missing);
    assert_eq!((checked.level(), checked.admitted()), (None, None));
    table(&[
        ("one line", |case| case.0.mix = only(980), &[]),
        (
            "less than the whole",
            |case| case.0.mix[0].as_mut().unwrap().share = permille(499),
            &[Limit::MixSum],
        ),
        (
            "a coarse mix",
            |case| case.1.unit.mix = Some(MixRange::Free { step: permille(300) }),
            &[Limit::MixStep],
        ),
        (
            "a fixed mix",
            |case| {
                let mix = [permille(495), permille(505), Permille::ZERO, Permille::ZERO];
                case.1.unit.mix = Some(MixRange::Fixed(mix));
            },
            &[],
        ),
        (
            "another fixed mix",
            |case| {
                let mix = [permille(480), permille(520), Permille::ZERO, Permille::ZERO];
                case.1.unit.mix = Some(MixRange::Fixed(mix));
            },
            &[Limit::MixStep],
        ),
    ]);
}

fn gated(frequency: f64, duty: u16) -> Gate {
    Gate::Pulsed { frequency: hertz(frequency), duty: permille(duty) }
}

/// Gates, and visible ones in epilepsy (SES-04).
#[test]
fn a_gate_has_a_frequency_and_a_duty() {
    table(&[
        ("20 Hz", |case| case.0.gate = gated(20.0, 500), &[]),
        (
            "0 Hz",
            |case| case.0.gate = gated(0.0, 500),
            &[Limit::GateFrequencyLow, Limit::PulseExposure],
        ),
        (
            "no duty",
            |case| case.0.gate = gated(20.0, 0),
            &[Limit::DutyLow, Limit::PeakPower, Limit::PulseExposure],
        ),
        ("all of the period", |case| case.0.gate = gated(20.0, 1_000), &[Limit::DutyHigh]),
        ("a peak above the unit", |case| case.0.gate = gated(20.0, 460), &[Limit::PeakPower]),
        ("too fast", |case| case.0.gate = gated(20_001.0, 500), &[Limit::GateFrequencyHigh]),
        (
            "a unit without gate",
            |case| {
                case.0.gate = gated(20.0, 500);
                case.1.unit.continuous = false;
            },
            &[],
        ),
        (
            "a unit with nothing but a gate",
            |case| case.1.unit.continuous = false,
            &[Limit::GateMode],
        ),
        ("epilepsy", |case| case.0.epilepsy = Answer::Yes, &[Limit::Epilepsy]),
        (
            "invisible pulses with epilepsy",
            |case| {
                case.0.epilepsy = Answer::Yes;
                case.0.overrides = Overrides::NONE.with(Limit::Epilepsy);
                case.0.gate = gated(20.0, 500);
            },
            &[],
        ),
        (
            "visible pulses with epilepsy",
            |case| {
                case.0.epilepsy = Answer::Yes;
                case.0.overrides = all_overridden();
                case.0.gate = gated(29.9, 500);
                case.0.mix = only(650);
            },
            &[Limit::VisiblePulsing],
        ),
        (
            "fast visible pulses with epilepsy",
            |case| {
                case.0.epilepsy = Answer::Yes;
                case.0.overrides = all_overridden();
                case.0.gate = gated(30.0, 500);
                case.0.mix = only(650);
            },
            &[],
        ),
    ]);
}

/// Eyewear, calibration and answers (LAS-13, LAS-16, LAS-19, SES-04).
#[test]
fn people_are_asked_and_protected() {
    table(&[
        ("patient", |case| case.0.eyewear.patient = None, &[Limit::PatientEyewear]),
        (
            "weak",
            |case| case.0.eyewear.operator = Some(OpticalDensity::from_tenths(49)),
            &[Limit::OperatorEyewear],
        ),
        ("others", |case| case.0.eyewear.others = Others::Unanswered, &[Limit::OthersEyewear]),
        (
            "protected others",
            |case| case.0.eyewear.others = Others::Weakest(OpticalDensity::from_tenths(50)),
            &[],
        ),
        (
            "weakly protected others",
            |case| case.0.eyewear.others = Others::Weakest(OpticalDensity::from_tenths(49)),
            &[Limit::OthersEyewear],
        ),
        (
            "unknown density",
            |case| case.1.unit.optical_density = None,
            &[Limit::PatientEyewear, Limit::OperatorEyewear],
        ),
        ("due tomorrow", |case| case.1.unit.calibration_days = Some(1), &[]),
        ("due", |case| case.1.unit.calibration_days = Some(0), &[Limit::Calibration]),
        ("never calibrated", |case| case.1.unit.calibration_days = None, &[Limit::Calibration]),
        ("epilepsy not asked", |case| case.0.epilepsy = Answer::Unanswered, &[Limit::Epilepsy]),
        (
            "skin type unknown",
            |case| case.0.skin.kind = None,
            &[
                Limit::SkinType,
                Limit::Power,
                Limit::SkinContent,
                Limit::SiteEnergy,
                Limit::FieldFluence,
            ],
        ),
        (
            "hair not looked at",
            |case| case.0.skin.dark_field = Answer::Unanswered,
            &[
                Limit::DarkField,
                Limit::Power,
                Limit::SkinContent,
                Limit::SiteEnergy,
                Limit::FieldFluence,
            ],
        ),
    ]);
}

/// The modifiers of skin types come before the limits (LAS-16).
#[test]
fn dark_skin_has_stricter_limits() {
    table(&[
        (
            "type IV, 980 nm: 0.9 of 8 W",
            |case| {
                case.0.skin.kind = Some(SkinType::Four);
                case.0.mix = only(980);
                case.0.power = watts(7.2);
            },
            &[],
        ),
        (
            "type IV, 980 nm, above",
            |case| {
                case.0.skin.kind = Some(SkinType::Four);
                case.0.mix = only(980);
                case.0.power = watts(7.21);
            },
            &[Limit::Power],
        ),
        (
            "type IV, 810 nm: 0.7 of 8 W",
            |case| {
                case.0.skin.kind = Some(SkinType::Four);
                case.0.mix = only(810);
                case.0.power = watts(5.61);
                case.0.dose.quantity = joules(2_100);
                case.0.dose.time = MINUTE.times(8);
            },
            &[Limit::Power],
        ),
        (
            "type V, 980 nm: 0.75 of 8 W",
            |case| {
                case.0.skin.kind = Some(SkinType::Five);
                case.0.mix = only(980);
                case.0.power = watts(6.0);
                case.0.dose.quantity = joules(2_100);
            },
            &[],
        ),
        (
            "type VI with a trace of 810 nm",
            |case| {
                case.0.skin.kind = Some(SkinType::Six);
                case.0.mix[0].as_mut().unwrap().share = permille(1);
                case.0.mix[1].as_mut().unwrap().share = permille(999);
                case.0.power = watts(5.9);
                case.0.dose.quantity = joules(2_100);
                case.0.overrides = all_overridden();
            },
            &[Limit::SkinContent],
        ),
        (
            "type VI with a test spot: 0.33 of 8 W",
            |case| {
                case.0.skin.kind = Some(SkinType::Six);
                case.0.skin.test_spot = true;
                case.0.mix = only(810);
                case.0.power = watts(2.63);
                case.0.dose = Dose { quantity: joules(900), time: MINUTE.times(6) };
            },
            &[],
        ),
        (
            "dense hair on light skin",
            |case| {
                case.0.skin.dark_field = Answer::Yes;
                case.0.power = watts(6.0);
                case.0.dose.time = MINUTE.times(8);
                case.0.overrides = all_overridden();
            },
            &[Limit::SkinContent],
        ),
        (
            "1.2 W/cm²",
            |case| {
                case.0.skin.kind = Some(SkinType::Four);
                case.0.spot = Area::from_square_millimetres(590);
                case.0.mix = only(980);
            },
            &[],
        ),
        (
            "above 1.2 W/cm²",
            |case| {
                case.0.skin.kind = Some(SkinType::Four);
                case.0.spot = Area::from_square_millimetres(580);
                case.0.mix = only(980);
            },
            &[Limit::Irradiance],
        ),
        (
            "0.8 W/cm²",
            |case| {
                case.0.skin.kind = Some(SkinType::Five);
                case.0.mix = only(980);
                case.0.power = watts(6.0);
                case.0.dose.quantity = joules(2_100);
                case.0.spot = Area::from_square_millimetres(749);
            },
            &[Limit::Irradiance],
        ),
    ]);
}

/// What earlier sessions left (DOS-09, SES-15, SES-16).
#[test]
fn what_was_spent_is_not_left() {
    table(&[
        ("day, soft", |case| case.2.day = Some(energy(3_481)), &[Limit::DayEnergy]),
        ("day", |case| case.2.day = Some(energy(3_480)), &[]),
        ("visit, soft", |case| case.2.visit = Some(energy(3_481)), &[Limit::VisitEnergy]),
        ("site, soft", |case| case.2.site = Some(energy(481)), &[Limit::SiteEnergy]),
        ("site unknown", |case| case.2.site = None, &[Limit::SiteEnergy, Limit::SiteTime]),
        ("visit unknown", |case| case.2.visit = None, &[Limit::VisitEnergy, Limit::VisitTime]),
        ("day unknown", |case| case.2.day = None, &[Limit::DayEnergy]),
        (
            "a second session",
            |case| {
                case.2.site_sessions = Some(1);
                case.2.site_last = Some(Since::Ago(HOUR.times(6)));
            },
            &[Limit::SiteSessions],
        ),
        (
            "too soon",
            |case| case.2.site_last = Some(Since::Ago(HOUR.times(5))),
            &[Limit::SiteInterval],
        ),
        ("a fourth in the week", |case| case.2.week_sessions = Some(3), &[Limit::WeekSessions]),
        ("beyond the course", |case| case.2.course_sessions = Some(10), &[Limit::CourseSessions]),
        ("needled", |case| case.2.needling = Some(Since::Ago(HOUR)), &[Limit::NeedlingInterval]),
        ("tripped", |case| case.2.trip = Some(Since::Ago(MINUTE)), &[Limit::TripInterval]),
        ("never asked", |case| case.2.trip = None, &[Limit::TripInterval]),
    ]);
}

fn energy(count: u64) -> safety::LaserDose {
    Dose { quantity: joules(count), time: Nanos::ZERO }
}

/// A soft limit gives way to a reason, a hard one to nothing (DOS-07).
#[test]
fn an_override_reaches_the_hard_limit_and_no_further() {
    let (mut asked, limits, spent) = case();
    asked.spot = Area::from_square_millimetres(1_960);
    asked.overrides = all_overridden();
    asked.power = watts(15.0);
    let checked = check(&asked, &limits, &spent);
    assert_eq!(decision(&checked, Limit::Power, Tier::LibrarySoft).verdict, Verdict::Overridden);
    assert_eq!(decision(&checked, Limit::Ramp, Tier::LibrarySoft).verdict, Verdict::Overridden);
    assert!(checked.admitted().is_some());
    asked.site = site(Region::Temple, Side::Left);
    let checked = check(&asked, &limits, &spent);
    for tier in [Tier::Ceiling, Tier::Library] {
        assert_eq!(decision(&checked, Limit::Power, tier).verdict, Verdict::Refused);
    }
    assert!(checked.admitted().is_none());
}

/// Hard limits keep room for what is emitted after the decision to stop (DOS-06).
#[test]
fn the_tail_fits_beneath_every_hard_limit() {
    let (mut asked, limits, mut spent) = case();
    asked.overrides = all_overridden();
    let tail = 7 * 850;
    let left = safety::Energy::from_millijoules(2_520_000 + tail);
    spent.day = Some(Dose { quantity: joules(10_000).minus(left), time: Nanos::ZERO });
    let admitted = check(&asked, &limits, &spent).admitted().unwrap();
    assert_eq!(admitted.budget().quantity, left);
    let one_more = safety::Energy::from_picojoules(1);
    spent.day = spent.day.map(|day| Dose { quantity: day.quantity.plus(one_more), ..day });
    let checked = check(&asked, &limits, &spent);
    assert_eq!(objections(&checked), [Limit::DayEnergy]);
    let remaining = decision(&checked, Limit::DayEnergy, Tier::Remaining);
    assert!(remaining.binding);
    assert_eq!(remaining.source, SourceId::REMAINING);
    assert_eq!(remaining.bound.unwrap() + 1, remaining.requested.unwrap());
}

/// A decision says which line of the library it comes from.
#[test]
fn decisions_name_their_source() {
    let (asked, limits, spent) = case();
    let checked = check(&asked, &limits, &spent);
    let soft = decision(&checked, Limit::Power, Tier::LibrarySoft);
    let hard = decision(&checked, Limit::Power, Tier::Library);
    assert_eq!((soft.source, hard.source), (source(0), source(1)));
    assert_eq!((soft.bound, hard.bound), (Some(8_000), Some(15_000)));
    assert_eq!(source(1).library_index(), Some(1));
    assert_eq!(SourceId::REMAINING.library_index(), None);
    assert_eq!(SourceId::library(u16::MAX), None);
}
