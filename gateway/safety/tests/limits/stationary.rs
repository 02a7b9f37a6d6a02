//! A laser spot that rests, the tail in its hard limits, and the longest list of decisions.

use safety::{
    Answer, Area, AreaFluence, Content, Dose, Gate, Laser, LaserPrescription, Limit, Limits, Line,
    MixRange, Nanos, Overrides, Permille, Power, Region, Remaining, Side, SkinType, Technique,
    Tier, Verdict, Wavelength, check,
};

use crate::table::{
    all_overridden, decision, fresh, hertz, joules, joules_per_cm2, laser_limits, neck, objections,
    only, permille, site, watts,
};

fn case() -> (LaserPrescription, Limits<Laser>, Remaining<Laser>) {
    (neck(), laser_limits(), fresh())
}

fn gated(frequency: f64, duty: u16) -> Gate {
    Gate::Pulsed { frequency: hertz(frequency), duty: permille(duty) }
}

/// Points share the energy, and each gets what the dwell gives (LAS-17).
#[test]
fn a_stationary_technique_is_judged_by_its_points() {
    let (mut asked, limits, spent) = case();
    asked.site = site(Region::Suboccipital, Side::Left);
    asked.power = Power::from_milliwatts(500);
    asked.mix = only(980);
    asked.spot = Area::from_square_millimetres(300);
    asked.fluence = AreaFluence::Spot(joules_per_cm2(6.0));
    asked.technique = Technique::Stationary { points: 4, dwell: Nanos::from_secs(30) };
    asked.dose = Dose { quantity: joules(60), time: Nanos::from_secs(120) };
    let checked = check(&asked, &limits, &spent);
    assert_eq!(objections(&checked), []);
    asked.technique = Technique::Stationary { points: 3, dwell: Nanos::from_secs(30) };
    assert_eq!(objections(&check(&asked, &limits, &spent)), [Limit::SpotFluence]);
    asked.technique = Technique::Stationary { points: 4, dwell: Nanos::from_secs(37) };
    assert_eq!(objections(&check(&asked, &limits, &spent)), [Limit::SpotFluence]);
}

/// The longest list of decisions that there can be has room for all of them.
#[test]
fn no_decision_is_lost() {
    let (mut asked, mut limits, spent) = case();
    let line = |nanometres| {
        let wavelength = Wavelength::from_nanometres(nanometres);
        (Content { wavelength, share: permille(250) }, Line { wavelength, most: watts(15.0) })
    };
    let lines = [line(650), line(810), line(915), line(980)];
    asked.mix = lines.map(|(content, _)| Some(content));
    limits.unit.lines = lines.map(|(_, line)| Some(line));
    asked.overrides = all_overridden();
    asked.epilepsy = Answer::Yes;
    asked.gate = gated(50.0, 500);
    asked.power = watts(0.5);
    asked.technique = Technique::Stationary { points: 9, dwell: Nanos::from_secs(30) };
    asked.fluence = AreaFluence::Spot(joules_per_cm2(10.0));
    asked.dose.quantity = joules(100);
    let checked = check(&asked, &limits, &spent);
    assert_eq!(objections(&checked), []);
    assert!(checked.admitted().is_some(), "{} decisions", checked.decisions().len());
    assert!(checked.decisions().len() < 112);
}

/// Hard limits keep the tail in reserve, soft ones do not (DOS-06).
#[test]
fn one_point_gets_the_whole_tail() {
    let (mut asked, limits, spent) = case();
    asked.power = Power::from_milliwatts(500);
    asked.mix = only(980);
    asked.spot = Area::from_square_millimetres(300);
    asked.fluence = AreaFluence::Spot(joules_per_cm2(6.0));
    asked.technique = Technique::Stationary { points: 40, dwell: Nanos::from_secs(3) };
    asked.dose = Dose { quantity: joules(6), time: Nanos::from_secs(120) };
    let checked = check(&asked, &limits, &spent);
    let fluence = |tier| decision(&checked, Limit::SpotFluence, tier).requested;
    assert_eq!(fluence(Tier::LibrarySoft), Some(500_000), "0.5 W for 3 s on 3 cm²");
    assert_eq!(fluence(Tier::Library), Some(641_667), "and for 0.85 s more");
    let exposure = |tier| decision(&checked, Limit::SkinExposure, tier).requested;
    assert!(exposure(Tier::LibrarySoft) < exposure(Tier::Library));
}

/// Beyond ten seconds the standard permits two hundredths more. A tail that reaches there does not
/// make the dwell before it harmless.
#[test]
fn a_longer_dwell_is_never_judged_milder() {
    let (mut asked, limits, spent) = case();
    asked.power = Power::from_milliwatts(650);
    asked.mix = only(810);
    asked.spot = Area::from_square_millimetres(196);
    asked.fluence = AreaFluence::Spot(joules_per_cm2(6.0));
    asked.technique = Technique::Stationary { points: 40, dwell: Nanos::from_millis(9_900) };
    let checked = check(&asked, &limits, &spent);
    let exposure = |tier| decision(&checked, Limit::SkinExposure, tier).requested;
    assert!(exposure(Tier::LibrarySoft) > Some(1_000));
    assert_eq!(exposure(Tier::LibrarySoft), exposure(Tier::Library));
}

/// A reason for one limit is no reason for another (DOS-07).
#[test]
fn an_override_holds_for_its_limit_only() {
    let (mut asked, limits, spent) = case();
    asked.power = watts(8.01);
    asked.overrides = Overrides::NONE.with(Limit::Irradiance);
    assert_eq!(objections(&check(&asked, &limits, &spent)), [Limit::Power]);
    asked.overrides = Overrides::NONE.with(Limit::Power);
    assert!(check(&asked, &limits, &spent).admitted().is_some());
}

/// Every local limit is stricter on skin that absorbs more, and never milder (LAS-16).
#[test]
fn skin_scales_irradiance_too() {
    let (mut asked, limits, spent) = case();
    asked.mix = only(810);
    asked.skin.kind = Some(SkinType::Four);
    let bound = |asked: &LaserPrescription, limit| {
        decision(&check(asked, &limits, &spent), limit, Tier::Library).bound.unwrap()
    };
    assert_eq!(bound(&asked, Limit::Irradiance), 2_100_000);
    asked.skin.kind = Some(SkinType::One);
    asked.mix[0].as_mut().unwrap().share = permille(500);
    assert_eq!(bound(&asked, Limit::Power), 15_000, "half a mix doubles no limit");
}

/// Melanin does not end at the edges of the table of skin types (LAS-16).
#[test]
fn all_that_is_shorter_than_915_nm_counts_as_short() {
    let (mut asked, mut limits, spent) = case();
    asked.skin.kind = Some(SkinType::Four);
    for (nanometres, bound) in
        [(650, 2_100_000), (904, 2_100_000), (914, 2_100_000), (915, 2_700_000), (1_064, 2_700_000)]
    {
        asked.mix = only(nanometres);
        let wavelength = Wavelength::from_nanometres(nanometres);
        limits.unit.lines = [Some(Line { wavelength, most: watts(15.0) }), None, None, None];
        let checked = check(&asked, &limits, &spent);
        let found = decision(&checked, Limit::Irradiance, Tier::Library).bound;
        assert_eq!(found, Some(bound), "{nanometres} nm");
    }
}

/// What is confirmed is what the unit does, not what was asked (COM-09, SES-05).
#[test]
fn the_level_is_that_of_the_unit() {
    let (asked, mut limits, spent) = case();
    let fixed = [permille(495), permille(505), Permille::ZERO, Permille::ZERO];
    limits.unit.mix = Some(MixRange::Fixed(fixed));
    limits.unit.power_step = Some(Power::from_milliwatts(30));
    let level = check(&asked, &limits, &spent).level().unwrap();
    assert_eq!((level.mix, level.power), (fixed, Power::from_milliwatts(6_990)));
}

/// Quantisation ends exactly at 1 % (COM-09).
#[test]
fn a_hair_more_than_one_percent_is_refused() {
    let (mut asked, mut limits, spent) = case();
    asked.power = watts(100.0);
    for (step, verdict) in [(99_000, Verdict::Within), (98_999, Verdict::Refused)] {
        limits.unit.power_step = Some(Power::from_milliwatts(step));
        let checked = check(&asked, &limits, &spent);
        let found = decision(&checked, Limit::PowerStep, Tier::Ceiling);
        assert_eq!((found.verdict, found.bound), (verdict, Some(10)));
        assert_eq!(checked.level().is_some(), verdict == Verdict::Within);
    }
}
