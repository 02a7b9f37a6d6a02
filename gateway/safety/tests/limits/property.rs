//! What holds for every prescription, every limit and every history, however absurd.

use proptest::prelude::*;
use safety::{
    Area, AreaFluence, Checkable, Checked, Decision, Direction, Dose, Energy, Exposure, Fluence,
    Flux, Frequency, Gate, Laser, Limit, Limits, Nanos, Overrides, Pemf, Power, Slew, Technique,
    Tier, Verdict, check,
};

use crate::{
    draw::numbers,
    table::{all_overridden, bound, fresh, laser_limits, neck, occiput, pemf_limits, permille},
};

/// Whether a value lies on the right side, by another road than that of the package.
fn permits(decision: &Decision) -> bool {
    let (Some(value), Some(bound)) = (decision.requested, decision.bound) else { return false };
    match decision.direction() {
        Direction::Upper => value.max(bound) == bound,
        Direction::Lower => value.min(bound) == bound,
        Direction::Member => value ^ bound == 0,
    }
}

/// Each decision follows from its own numbers, and the strictest hard bound is the one that binds
/// (DOS-03).
pub(crate) fn consistent<M: Checkable>(checked: &Checked<M>) {
    for decision in checked.decisions() {
        let soft = decision.tier == Tier::LibrarySoft;
        let known = decision.requested.is_some() && decision.bound.is_some();
        match decision.verdict {
            Verdict::Within => assert!(permits(decision)),
            Verdict::Refused => assert!(known && !soft && !permits(decision)),
            Verdict::SoftExceeded | Verdict::Overridden => {
                assert!(known && soft && !permits(decision));
            }
            Verdict::Missing => assert!(!known),
        }
        assert!(!(soft && decision.binding), "what can be overridden never binds");
    }
    for limit in Limit::ALL {
        if matches!(limit, Limit::Wavelength | Limit::LinePower) {
            continue;
        }
        let hard: Vec<&Decision> = checked
            .decisions()
            .iter()
            .filter(|each| each.limit == *limit && each.tier != Tier::LibrarySoft)
            .collect();
        let binding: Vec<&&Decision> = hard.iter().filter(|each| each.binding).collect();
        assert_eq!(binding.len(), usize::from(!hard.is_empty()), "{limit:?}");
        let bounds = hard.iter().map(|each| each.bound);
        let strictest = if hard.iter().any(|each| each.bound.is_none()) {
            None
        } else if limit.direction() == Direction::Lower {
            bounds.flatten().max()
        } else {
            bounds.flatten().min()
        };
        for binding in binding {
            assert_eq!(binding.bound, strictest, "{limit:?}");
        }
    }
    let permitted = checked.decisions().iter().all(|each| each.verdict.permits());
    assert_eq!(checked.admitted().is_some(), permitted && checked.level().is_some());
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) }
}

proptest! {
    #![proptest_config(config())]

    /// Nothing panics, and the effective limit is the least of its sources (DOS-01 to DOS-03).
    #[test]
    fn the_effective_laser_limit_is_the_strictest(mut draw in numbers()) {
        let asked = draw.laser();
        let limits = [laser_limits(), draw.laser_limits()][draw.below(2)];
        let spent = [fresh(), draw.spent(laser_dose)][draw.below(2)];
        consistent(&check::<Laser>(&asked, &limits, &spent));
        prop_assert!(limits.validate().is_ok() || limits != laser_limits());
    }

    #[test]
    fn the_effective_field_limit_is_the_strictest(mut draw in numbers()) {
        let asked = draw.field();
        let limits = [pemf_limits(), draw.field_limits()][draw.below(2)];
        let spent = [fresh(), draw.spent(field_dose)][draw.below(2)];
        consistent(&check::<Pemf>(&asked, &limits, &spent));
        prop_assert!(limits.validate().is_ok() || limits != pemf_limits());
    }

    /// The budget has room for the dose and for all that follows the decision to stop (DOS-06).
    #[test]
    fn the_budget_covers_the_dose_and_the_tail(
        milliwatts in 10_u32..9_000,
        joules in 0_u64..4_000,
        spent in 0_u64..8_000,
        tail in 0_u64..2_000,
    ) {
        let mut asked = neck();
        asked.overrides = all_overridden();
        asked.power = Power::from_milliwatts(milliwatts / 10 * 10);
        asked.dose.quantity = Energy::from_millijoules(joules * 1_000);
        let mut limits = laser_limits();
        limits.tail = Nanos::from_millis(tail);
        let mut remaining = fresh::<Laser>();
        remaining.day = Some(laser_dose(spent * 1_000_000_000_000, Nanos::ZERO));
        if let Some(admitted) = check(&asked, &limits, &remaining).admitted() {
            let power = u64::from(admitted.level().power.milliwatts());
            let after = joules * 1_000_000_000_000 + power * tail * 1_000_000;
            prop_assert!(after <= admitted.budget().quantity.picojoules());
            prop_assert!(after + spent * 1_000_000_000_000 <= 10_000_000_000_000_000);
            prop_assert!(asked.dose.time.plus(limits.tail) <= admitted.budget().time);
        }
    }

    /// More of everything is never easier to get (DOS-02).
    #[test]
    fn more_light_never_turns_a_refusal_into_an_admission(
        milliwatts in 10_u32..6_000,
        joules in 1_u64..3_000,
        spot in 1_u32..3_000,
        factor in 1_u32..5,
        stationary in any::<bool>(), seconds in 1_u64..900, gated in any::<bool>(),
    ) {
        let mut asked = neck();
        asked.overrides = all_overridden();
        asked.spot = Area::from_square_millimetres(spot);
        if stationary {
            let dwell = Nanos::from_secs(seconds / 40);
            asked.technique = Technique::Stationary { points: 40, dwell };
            asked.fluence = AreaFluence::Spot(Fluence::MAX);
        }
        if gated {
            let frequency = Frequency::from_millihertz(9_000);
            asked.gate = Gate::Pulsed { frequency, duty: permille(700) };
        }
        let mut limits = laser_limits();
        limits.unit.power_step = Some(Power::from_milliwatts(1));
        asked.dose.time = Nanos::from_secs(seconds);
        asked.power = Power::from_milliwatts(milliwatts);
        asked.dose.quantity = Energy::from_millijoules(joules * 1_000);
        let before = check::<Laser>(&asked, &limits, &fresh()).admitted();
        asked.power = Power::from_milliwatts(milliwatts * factor);
        asked.dose.quantity = Energy::from_millijoules(joules * 1_000 * u64::from(factor));
        let after = check::<Laser>(&asked, &limits, &fresh()).admitted();
        prop_assert!(before.is_some() || after.is_none());
    }

    #[test]
    fn more_field_never_turns_a_refusal_into_an_admission(
        microteslas in 100_u32..12_000,
        minutes in 1_u64..300,
        slew in 100_u32..20_000,
        factor in 1_u32..5,
    ) {
        let mut asked = occiput();
        asked.overrides = all_overridden();
        let mut limits = pemf_limits();
        limits.unit.flux_step = Some(Flux::from_microteslas(1));
        limits.unit.slew_step = Some(Slew::from_micros(1));
        asked.slew = Slew::from_micros(slew);
        asked.flux = Flux::from_microteslas(microteslas);
        asked.dose.quantity = Exposure::from_microtesla_seconds(minutes * 60_000);
        let before = check::<Pemf>(&asked, &limits, &fresh()).admitted();
        asked.flux = Flux::from_microteslas(microteslas * factor);
        let more = minutes * 60_000 * u64::from(factor);
        asked.dose.quantity = Exposure::from_microtesla_seconds(more);
        let after = check::<Pemf>(&asked, &limits, &fresh()).admitted();
        prop_assert!(before.is_some() || after.is_none());
    }

    /// A looser limit never refuses what a stricter one admitted.
    #[test]
    fn raising_a_limit_never_refuses_what_was_admitted(
        milliwatts in 10_u32..20_000, joules in 1_u64..9_000, more in 0_u64..u64::from(u32::MAX),
        which in 0_usize..10,
    ) {
        let mut asked = neck();
        asked.power = Power::from_milliwatts(milliwatts / 10 * 10);
        asked.dose = laser_dose(joules * 1_000_000_000_000, Nanos::from_secs(700));
        asked.overrides = all_overridden();
        let mut limits = laser_limits();
        let before = check::<Laser>(&asked, &limits, &fresh()).admitted();
        raise(&mut limits, which, more);
        let after = check::<Laser>(&asked, &limits, &fresh()).admitted();
        prop_assert!(before.is_none() || after.is_some());
    }
}

/// Makes one limit permit more.
fn raise(limits: &mut Limits<Laser>, which: usize, more: u64) {
    let small = u32::try_from(more).unwrap_or(u32::MAX);
    let site = &mut limits.library.cervical;
    let everywhere = &mut limits.library.everywhere;
    let power = |milliwatts: u32| Power::from_milliwatts(milliwatts.saturating_add(small));
    match which {
        0 => site.power.hard = bound(0, power(15_000)),
        1 => site.power.soft = bound(0, power(8_000)),
        2 => site.energy.hard = bound(0, Energy::from_millijoules(6_000_000 + more)),
        3 => site.time.hard = bound(0, Nanos::from_secs(720 + more)),
        4 => everywhere.day_energy.hard = bound(0, Energy::from_millijoules(10_000_000 + more)),
        5 => everywhere.visit_energy.hard = bound(0, Energy::from_millijoules(10_000_000 + more)),
        6 => limits.unit.peak_power = Some(power(15_000)),
        7 => limits.unit.rise = Some(Nanos::from_secs(2 + more)),
        8 => limits.unit.calibration_days = Some(200_u32.saturating_add(small)),
        _ => site.interval = bound(0, Nanos::from_secs(21_600 - more % 21_600)),
    }
}

/// Each limit has a place of its own among the overrides.
#[test]
fn overriding_one_limit_overrides_no_other() {
    for limit in Limit::ALL {
        let set = Overrides::NONE.with(*limit).with(*limit);
        assert!(Limit::ALL.iter().all(|other| set.holds(*other) == (limit == other)));
    }
}

fn laser_dose(quantity: u64, time: Nanos) -> safety::LaserDose {
    Dose { quantity: Energy::from_picojoules(quantity), time }
}

fn field_dose(quantity: u64, time: Nanos) -> safety::PemfDose {
    Dose { quantity: Exposure::from_femtotesla_seconds(quantity), time }
}
