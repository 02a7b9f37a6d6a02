//! Prescriptions of a field: each limit on both sides of its bound.

use safety::{
    Answer, ApplicatorCode, Dose, Flux, Limit, Limits, Nanos, Pemf, PemfPrescription, Permille,
    Region, Remaining, Side, Since, Slew, Span, Tier, Verdict, Waveform, check,
};

use crate::table::{
    HOUR, MINUTE, all_overridden, bound, decision, fresh, hertz, millitesla, millitesla_minutes,
    objections, occiput, pemf_limits, permille, site,
};

type Case = (PemfPrescription, Limits<Pemf>, Remaining<Pemf>);
type Change = fn(&mut Case);

/// Who objects to the prescription of the trial after each change.
fn table(changes: &[(&str, Change, &[Limit])]) {
    for (name, change, expected) in changes {
        let mut case = (occiput(), pemf_limits(), fresh());
        change(&mut case);
        let checked = check(&case.0, &case.1, &case.2);
        assert_eq!(objections(&checked), *expected, "{name}");
        assert_eq!(checked.admitted().is_some(), expected.is_empty(), "{name}");
    }
}

#[test]
fn the_prescription_of_the_trial_is_admitted_as_it_is() {
    let (asked, limits, spent) = (occiput(), pemf_limits(), fresh());
    let admitted = check::<Pemf>(&asked, &limits, &spent).admitted().unwrap();
    assert_eq!(admitted.level().flux, millitesla(5.0));
    assert_eq!(admitted.dose(), asked.dose);
    let budget = Dose { quantity: millitesla_minutes(300), time: HOUR };
    assert_eq!(admitted.budget(), budget);
}

fn back(case: &mut Case) {
    case.0.site = site(Region::LowerBack, Side::Midline);
}

/// Strength, frequency and slew (PEM-01, PEM-02, PEM-09, COM-09).
#[test]
fn output_is_limited() {
    table(&[
        ("above soft", |case| case.0.flux = millitesla(5.01), &[Limit::Flux]),
        (
            "gauss for millitesla",
            |case| case.0.flux = millitesla(50.0),
            &[Limit::Flux, Limit::Nerve],
        ),
        (
            "microtesla for millitesla",
            |case| case.0.flux = Flux::from_microteslas(5),
            &[Limit::FluxStep, Limit::LeastFlux, Limit::EffectiveFlux, Limit::Reach],
        ),
        (
            "half the field",
            |case| case.0.flux = Flux::from_microteslas(990),
            &[Limit::EffectiveFlux, Limit::Reach],
        ),
        (
            "more at the back",
            |case| {
                back(case);
                case.0.flux = millitesla(10.0);
            },
            &[],
        ),
        ("60 Hz", |case| case.0.frequency = hertz(60.0), &[Limit::FrequencyHigh]),
        ("0 Hz", |case| case.0.frequency = hertz(0.0), &[Limit::FrequencyLow, Limit::Nerve]),
        ("steep", |case| case.0.slew = Slew::from_micros(200), &[Limit::Nerve]),
        (
            "steeper than the unit",
            |case| case.1.unit.slew = Some(Slew::from_micros(1_001)),
            &[Limit::Slew],
        ),
        ("slew unknown", |case| case.0.slew = Slew::ZERO, &[Limit::Nerve, Limit::Slew]),
        (
            "a sine knows its slew",
            |case| {
                case.0.waveform = Waveform::Sine;
                case.0.slew = Slew::ZERO;
                case.0.duty = Permille::WHOLE;
            },
            &[],
        ),
        ("no triangle", |case| case.0.waveform = Waveform::Triangular, &[Limit::Waveform]),
        ("no duty", |case| case.0.duty = Permille::ZERO, &[Limit::DutyLow, Limit::Nerve]),
        ("a coarse duty", |case| case.0.duty = permille(509), &[Limit::DutyStep]),
        (
            "a short session",
            |case| case.0.dose = Dose { quantity: millitesla_minutes(20), time: MINUTE.times(4) },
            &[Limit::EffectiveTime],
        ),
        ("unknown flux", |case| case.1.unit.flux = None, &[Limit::Flux, Limit::LeastFlux]),
    ]);
}

/// Answers that forbid a field, and their age (PEM-05, PEM-07, SES-04, CFG-08).
#[test]
fn a_bad_or_missing_answer_refuses() {
    table(&[
        ("implant", |case| case.0.screening.implant = Answer::Yes, &[Limit::Implant]),
        ("not asked", |case| case.0.screening.implant = Answer::Unanswered, &[Limit::Implant]),
        ("pregnancy", |case| case.0.screening.pregnancy = Answer::Yes, &[Limit::Pregnancy]),
        ("epilepsy", |case| case.0.screening.epilepsy = Answer::Yes, &[Limit::Epilepsy]),
        (
            "a bystander",
            |case| case.0.screening.bystander_implant = Answer::Unanswered,
            &[Limit::BystanderImplant],
        ),
        ("metal in the head", |case| case.0.screening.metal = Answer::Yes, &[Limit::Metal]),
        ("30 days", |case| case.0.screening.age_days = Some(30), &[]),
        ("31 days", |case| case.0.screening.age_days = Some(31), &[Limit::ScreeningAge]),
        ("no date", |case| case.0.screening.age_days = None, &[Limit::ScreeningAge]),
        ("applicator", |case| case.0.applicator = ApplicatorCode(8), &[Limit::Applicator]),
        ("no applicator", |case| case.1.unit.applicator = None, &[Limit::Applicator]),
        ("calibration", |case| case.1.unit.calibration_days = Some(0), &[Limit::Calibration]),
    ]);
    let (mut asked, limits) = (occiput(), pemf_limits());
    asked.overrides = all_overridden();
    asked.screening.metal = Answer::Yes;
    assert_eq!(objections(&check::<Pemf>(&asked, &limits, &fresh())), [Limit::Metal]);
    asked.site = site(Region::Knee, Side::Right);
    assert_eq!(objections(&check::<Pemf>(&asked, &limits, &fresh())), []);
    asked.screening.epilepsy = Answer::Yes;
    assert_eq!(objections(&check::<Pemf>(&asked, &limits, &fresh())), [Limit::Epilepsy]);
}

/// What earlier sessions left (DOS-09, SES-15, SES-16).
#[test]
fn what_was_spent_is_not_left() {
    table(&[
        ("today", |case| case.2.day = Some(time(31)), &[Limit::DayTime]),
        ("here", |case| case.2.site = Some(time(1)), &[Limit::SiteTime]),
        ("exposed", |case| case.2.site = Some(exposure(1)), &[Limit::Exposure]),
        ("unknown", |case| case.2.day = None, &[Limit::DayTime]),
        ("sixth in the week", |case| case.2.week_sessions = Some(5), &[Limit::WeekSessions]),
        ("beyond the course", |case| case.2.course_sessions = Some(10), &[Limit::CourseSessions]),
        ("course unknown", |case| case.2.course_sessions = None, &[Limit::CourseSessions]),
        ("tripped", |case| case.2.trip = Some(Since::Ago(MINUTE)), &[Limit::TripInterval]),
    ]);
}

fn time(minutes: u64) -> safety::PemfDose {
    Dose { quantity: millitesla_minutes(0), time: MINUTE.times(minutes) }
}

fn exposure(count: u64) -> safety::PemfDose {
    Dose { quantity: millitesla_minutes(count), time: Nanos::ZERO }
}

/// No library makes a stimulator of a low-field unit (PEM-03, CFG-05).
#[test]
fn the_ceiling_refuses_what_the_library_permits() {
    let mut limits = pemf_limits();
    limits.unit.flux = Some(Span { least: Flux::ZERO, most: Flux::MAX });
    for site in [&mut limits.library.head_neck, &mut limits.library.trunk_limb] {
        site.flux.soft = bound(0, Flux::MAX);
        site.flux.hard = bound(0, Flux::MAX);
    }
    let places = [(Region::Occiput, Side::Midline, 20.0), (Region::Knee, Side::Left, 100.0)];
    for (region, side, ceiling) in places {
        let mut asked = occiput();
        asked.site = site(region, side);
        asked.slew = Slew::from_micros(20_000);
        asked.overrides = all_overridden();
        asked.dose.quantity = millitesla_minutes(50);
        asked.flux = millitesla(ceiling);
        let checked = check::<Pemf>(&asked, &limits, &fresh());
        assert_eq!(decision(&checked, Limit::Flux, Tier::Ceiling).verdict, Verdict::Within);
        assert!(decision(&checked, Limit::Flux, Tier::Ceiling).binding);
        asked.flux = millitesla(ceiling + 0.01);
        let checked = check::<Pemf>(&asked, &limits, &fresh());
        assert_eq!(decision(&checked, Limit::Flux, Tier::Ceiling).verdict, Verdict::Refused);
        assert!(checked.admitted().is_none());
    }
}

/// Hard limits keep the tail in reserve, soft ones do not (DOS-06).
#[test]
fn the_tail_fits_beneath_every_hard_limit() {
    let checked = check::<Pemf>(&occiput(), &pemf_limits(), &fresh());
    let requested = |limit, tier| decision(&checked, limit, tier).requested.unwrap();
    let tail = 2_750_000_000;
    for (limit, per_nanosecond) in
        [(Limit::Exposure, 5_000), (Limit::SiteTime, 1), (Limit::DayTime, 1)]
    {
        let soft = requested(limit, Tier::LibrarySoft);
        for tier in [Tier::Ceiling, Tier::Library, Tier::Remaining] {
            assert_eq!(requested(limit, tier), soft + tail * per_nanosecond, "{limit:?}");
        }
    }
}
