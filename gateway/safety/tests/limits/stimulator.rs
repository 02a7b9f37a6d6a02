//! Prescriptions of stimulation: each limit on both sides of its bound.

use proptest::prelude::*;
use safety::{
    Answer, ApplicatorCode, Band, Bands, Energy, Fault, FieldGroup, Frequency, Limit, Limits,
    Modality, Multiple, Nanos, Pace, Permille, Place, PulseEnergy, Pulses, Recovery, Region,
    Remaining, Screening, Side, Since, Site, Span, Stimulator, StimulatorDose,
    StimulatorEverywhere, StimulatorLibrary, StimulatorPrescription, StimulatorSiteLimits,
    StimulatorUnit, Tier, Verdict, check,
};

use crate::{
    property::consistent,
    table::{
        HOUR, MINUTE, all_overridden, bound, decision, fresh, hertz, joules, objections, permille,
        range, site, watts,
    },
};

type Case = (StimulatorPrescription, Limits<Stimulator>, Remaining<Stimulator>);
type Change = fn(&mut Case);

/// The proposed table.
fn library() -> StimulatorLibrary {
    let share = Multiple::from_thousandths;
    StimulatorLibrary {
        trunk_limb: StimulatorSiteLimits {
            intensity: range(200, share(1_100), share(1_300)),
            rate: range(202, hertz(20.0), hertz(25.0)),
            train_time: range(204, Nanos::from_millis(900), Nanos::from_millis(1_000)),
            wait: range(206, Nanos::from_secs(10), Nanos::from_secs(5)),
            pulses: range(208, 1_500, 3_000),
            energy: range(210, joules(150_000), joules(400_000)),
            interval: bound(212, HOUR.times(6)),
        },
        everywhere: StimulatorEverywhere {
            day_pulses: range(213, 3_000, 6_000),
            week_sessions: range(215, 5, 7),
            course_sessions: range(217, 20, 30),
            trip_interval: bound(219, MINUTE.times(5)),
        },
    }
}

fn bands<T: Copy>(lines: &[(u16, T)]) -> Bands<T> {
    let lines: Vec<Band<T>> = lines
        .iter()
        .map(|(up_to, value)| Band { up_to: permille(*up_to), value: *value })
        .collect();
    Bands::new(&lines).unwrap()
}

/// A unit with trains, as the Rapid² is.
pub(crate) fn unit() -> StimulatorUnit {
    let span = |most| Span { least: hertz(0.1), most: hertz(most) };
    StimulatorUnit {
        intensity: Some(Span { least: permille(10), most: Permille::WHOLE }),
        intensity_step: Some(permille(10)),
        rates: bands(&[(300, span(100.0)), (600, span(50.0)), (1_000, span(25.0))]),
        rate_step: Some(Frequency::from_millihertz(100)),
        train_pulses: Some(Span { least: 1, most: 6_000 }),
        least_wait: Some(Nanos::from_millis(500)),
        pulse_energy: Some(PulseEnergy::Square { microjoules: 25_200 }),
        recovery: Some(Recovery::Supply { sustained: watts(1_050.0), minute: joules(63_000) }),
        applicator: Some(ApplicatorCode(7)),
        calibration_days: Some(30),
    }
}

pub(crate) fn stimulator_limits() -> Limits<Stimulator> {
    Limits { library: library(), unit: unit(), tail: Nanos::from_secs(2) }
}

/// Fifty trains of nine pulses at 10 Hz and 110 % of a threshold of 50 %, every ten seconds.
pub(crate) fn forearm() -> StimulatorPrescription {
    StimulatorPrescription {
        site: site(Region::Forearm, Side::Left),
        touched: safety::Sites::NONE,
        motor_threshold: permille(500),
        intensity: Multiple::from_thousandths(1_100),
        rate: hertz(10.0),
        train_pulses: 9,
        trains: 50,
        wait: Nanos::from_secs(10),
        course: 10,
        coil: ApplicatorCode(7),
        screening: Screening {
            implant: Answer::No,
            pregnancy: Answer::No,
            epilepsy: Answer::No,
            metal: Answer::No,
            bystander_implant: Answer::No,
            age_days: Some(3),
        },
        overrides: safety::Overrides::NONE,
    }
}

/// Who objects to the prescription after each change.
fn table(changes: &[(&str, Change, &[Limit])]) {
    for (name, change, expected) in changes {
        let mut case = (forearm(), stimulator_limits(), fresh());
        change(&mut case);
        let checked = check(&case.0, &case.1, &case.2);
        assert_eq!(objections(&checked), *expected, "{name}");
        assert_eq!(checked.admitted().is_some(), expected.is_empty(), "{name}");
    }
}

/// A dose is whole trains, and its run is one of them.
#[test]
fn what_is_admitted_is_what_was_asked() {
    let admitted =
        check::<Stimulator>(&forearm(), &stimulator_limits(), &fresh()).admitted().unwrap();
    let level = admitted.level();
    assert_eq!((level.intensity, level.pulses), (permille(550), 9));
    assert_eq!(level.pulse_energy, Energy::from_millijoules(76_230));
    let train = StimulatorDose {
        pulses: Pulses::from_whole(9),
        energy: Energy::from_millijoules(9 * 76_230),
        time: Nanos::from_millis(900),
    };
    let run = Stimulator::runs(level, Pace::Continuous).unwrap();
    assert_eq!((run.dose, run.length), (train, Nanos::from_millis(900)));
    assert_eq!(run.wait, Nanos::from_secs(10));
    let dose = StimulatorDose {
        pulses: Pulses::from_whole(450),
        energy: Energy::from_millijoules(450 * 76_230),
        time: Nanos::from_secs(45),
    };
    assert_eq!(admitted.dose(), dose);
    let most = Pulses::from_whole(3_000);
    let budget = StimulatorDose { pulses: most, energy: joules(400_000), ..dose };
    assert_eq!(admitted.budget(), budget);
}

/// Intensity, rate and train (COM-09, PEM-03).
#[test]
fn output_is_limited() {
    table(&[
        (
            "above soft",
            |case| case.0.intensity = Multiple::from_thousandths(1_101),
            &[Limit::ThresholdMultiple],
        ),
        ("threshold unknown", |case| case.0.motor_threshold = Permille::ZERO, NO_THRESHOLD),
        (
            "threshold beyond the unit",
            |case| {
                case.1.unit.intensity = Some(Span { least: permille(10), most: permille(490) });
                case.0.intensity = Multiple::from_thousandths(900);
            },
            &[Limit::MotorThreshold],
        ),
        (
            "beyond the unit",
            |case| case.1.unit.intensity = Some(Span { least: permille(10), most: permille(540) }),
            &[Limit::Intensity],
        ),
        (
            "below the unit",
            |case| case.1.unit.intensity = Some(Span { least: permille(560), most: permille(900) }),
            &[Limit::LeastIntensity],
        ),
        (
            "a coarse step",
            |case| case.1.unit.intensity_step = Some(permille(30)),
            &[Limit::IntensityStep],
        ),
        (
            "an intensity of nothing",
            |case| {
                case.1.unit.intensity = Some(Span { least: Permille::ZERO, most: Permille::WHOLE });
                case.0.intensity = Multiple::ZERO;
            },
            &[Limit::LeastIntensity, Limit::TrainTime],
        ),
        ("20.1 Hz", |case| case.0.rate = hertz(20.1), &[Limit::PulseRateHigh]),
        ("a rate between steps", |case| case.0.rate = hertz(10.19), &[]),
        (
            "slower than the unit",
            |case| {
                case.1.unit.rates =
                    bands(&[(1_000, Span { least: hertz(11.0), most: hertz(20.0) })])
            },
            &[Limit::PulseRateLow],
        ),
        (
            "faster than the unit at this intensity",
            |case| {
                let span = |most| Span { least: hertz(0.1), most: hertz(most) };
                case.1.unit.rates = bands(&[(549, span(100.0)), (1_000, span(9.0))]);
            },
            &[Limit::PulseRateHigh],
        ),
        (
            "rate of this intensity unknown",
            |case| {
                let span = Span { least: hertz(0.1), most: hertz(50.0) };
                case.1.unit.rates = bands(&[(549, span)]);
            },
            &[Limit::PulseRateLow, Limit::PulseRateHigh],
        ),
        ("ten pulses", |case| case.0.train_pulses = 10, &[Limit::TrainTime]),
        ("no pulse", |case| case.0.train_pulses = 0, &[Limit::LeastTrainPulses]),
        ("no train", |case| case.0.trains = 0, &[Limit::Trains]),
        (
            "a unit without trains",
            |case| case.1.unit.train_pulses = Some(Span { least: 1, most: 1 }),
            &[Limit::TrainPulses],
        ),
        ("hurried", |case| case.0.wait = Nanos::from_millis(9_999), &[Limit::TrainWait]),
        ("energy unknown", |case| case.1.unit.pulse_energy = None, NO_LEVEL),
    ]);
}

/// Without a threshold there is no intensity, and a pulse of no energy is one of unknown energy.
const NO_THRESHOLD: &[Limit] = &[Limit::MotorThreshold, Limit::LeastIntensity, Limit::TrainTime];
/// What is not known if there is no level.
const NO_LEVEL: &[Limit] = &[
    Limit::PulseRateLow,
    Limit::PulseRateHigh,
    Limit::TrainTime,
    Limit::TrainWait,
    Limit::SiteEnergy,
];

/// What a unit cannot be set near to is no level, and a hundred percent is a bound of its own.
#[test]
fn a_level_is_near_what_was_asked() {
    let mut limits = stimulator_limits();
    let checked = check::<Stimulator>(&forearm(), &limits, &fresh());
    assert!(checked.level().is_some());
    assert_eq!(decision(&checked, Limit::Intensity, Tier::Ceiling).bound, Some(1_000));
    limits.unit.intensity_step = Some(permille(30));
    assert_eq!(check::<Stimulator>(&forearm(), &limits, &fresh()).level(), None);
    limits = stimulator_limits();
    limits.unit.rate_step = Some(Frequency::from_millihertz(9_000));
    assert_eq!(check::<Stimulator>(&forearm(), &limits, &fresh()).level(), None);
}

/// Answers that forbid a field, and their age (PEM-05, PEM-07, SES-04, CFG-08).
#[test]
fn a_bad_or_missing_answer_refuses() {
    table(&[
        ("implant", |case| case.0.screening.implant = Answer::Yes, &[Limit::Implant]),
        ("not asked", |case| case.0.screening.epilepsy = Answer::Unanswered, &[Limit::Epilepsy]),
        ("epilepsy", |case| case.0.screening.epilepsy = Answer::Yes, &[Limit::Epilepsy]),
        ("pregnancy", |case| case.0.screening.pregnancy = Answer::Yes, &[Limit::Pregnancy]),
        ("metal", |case| case.0.screening.metal = Answer::Yes, &[Limit::Metal]),
        ("31 days", |case| case.0.screening.age_days = Some(31), &[Limit::ScreeningAge]),
        ("coil", |case| case.0.coil = ApplicatorCode(8), &[Limit::Applicator]),
        ("calibration", |case| case.1.unit.calibration_days = Some(0), &[Limit::Calibration]),
    ]);
}

fn spent(pulses: u64, energy: Energy) -> Option<StimulatorDose> {
    Some(StimulatorDose { pulses: Pulses::from_whole(pulses), energy, time: Nanos::ZERO })
}

/// What earlier sessions left (DOS-09, SES-15, SES-16).
#[test]
fn what_was_spent_is_not_left() {
    table(&[
        ("today", |case| case.2.day = spent(2_550, joules(0)), &[]),
        ("too many today", |case| case.2.day = spent(2_551, joules(0)), &[Limit::DayPulses]),
        (
            "a part of a pulse is one",
            |case| {
                let pulses = Pulses::from_picopulses(2_550_000_000_000_001);
                case.2.day = spent(0, joules(0)).map(|dose| StimulatorDose { pulses, ..dose });
            },
            &[Limit::DayPulses],
        ),
        ("here", |case| case.2.site = spent(1_051, joules(0)), &[Limit::SitePulses]),
        ("energy here", |case| case.2.site = spent(0, joules(115_697)), &[Limit::SiteEnergy]),
        ("energy for all", |case| case.2.site = spent(0, joules(115_696)), &[]),
        ("unknown", |case| case.2.day = None, &[Limit::DayPulses]),
        ("sixth in the week", |case| case.2.week_sessions = Some(5), &[Limit::WeekSessions]),
        ("beyond the course", |case| case.2.course_sessions = Some(10), &[Limit::CourseSessions]),
        (
            "beyond any course",
            |case| {
                case.0.course = 40;
                case.2.course_sessions = Some(30);
            },
            &[Limit::CourseSessions],
        ),
        ("too soon", |case| case.2.site_last = Some(Since::Ago(HOUR)), &[Limit::SiteInterval]),
        ("tripped", |case| case.2.trip = Some(Since::Ago(MINUTE)), &[Limit::TripInterval]),
    ]);
}

/// Everything that a library and a profile may permit, and every override.
fn wide_open() -> Limits<Stimulator> {
    let mut limits = stimulator_limits();
    let site = &mut limits.library.trunk_limb;
    site.intensity = range(0, Multiple::MAX, Multiple::MAX);
    site.rate = range(0, Frequency::MAX, Frequency::MAX);
    site.train_time = range(0, Nanos::MAX, Nanos::MAX);
    site.wait = range(0, Nanos::ZERO, Nanos::ZERO);
    limits.unit.rates = bands(&[(1_000, Span { least: hertz(0.1), most: Frequency::MAX })]);
    limits
}

/// PEM-03: no library and no override lets a stimulator at a head or a neck.
#[test]
fn head_and_neck_are_refused_whatever_is_configured() {
    for place in Site::all() {
        let mut asked = forearm();
        asked.site = place;
        asked.overrides = all_overridden();
        for limits in [stimulator_limits(), wide_open()] {
            let checked = check::<Stimulator>(&asked, &limits, &fresh());
            let head = place.field_group() == FieldGroup::HeadNeck;
            let expected: &[Limit] = if head { &[Limit::HeadNeck] } else { &[] };
            assert_eq!(objections(&checked), expected, "{place:?}");
            assert_eq!(checked.admitted().is_none(), head, "{place:?}");
        }
    }
    assert_eq!(site(Region::Trapezius, Side::Left).field_group(), FieldGroup::HeadNeck);
}

/// No library makes a train faster or longer than the ceilings (CFG-05).
#[test]
fn the_ceiling_refuses_what_the_library_permits() {
    let limits = wide_open();
    let mut asked = forearm();
    asked.overrides = all_overridden();
    let verdict = |asked: &StimulatorPrescription, limit| {
        let checked = check::<Stimulator>(asked, &limits, &fresh());
        let verdict = decision(&checked, limit, Tier::Ceiling).verdict;
        assert_eq!(checked.admitted().is_some(), verdict == Verdict::Within);
        verdict
    };
    asked.rate = hertz(30.0);
    assert_eq!(verdict(&asked, Limit::PulseRateHigh), Verdict::Within);
    asked.rate = hertz(30.1);
    assert_eq!(verdict(&asked, Limit::PulseRateHigh), Verdict::Refused);
    (asked.rate, asked.train_pulses, asked.trains) = (hertz(10.0), 10, 10);
    assert_eq!(verdict(&asked, Limit::TrainTime), Verdict::Within);
    asked.train_pulses = 11;
    assert_eq!(verdict(&asked, Limit::TrainTime), Verdict::Refused);
    // One above a hundred percent cannot be set at all.
    (asked.train_pulses, asked.motor_threshold) = (9, permille(950));
    assert!(check::<Stimulator>(&asked, &limits, &fresh()).admitted().is_none());
}

/// The absolute intensity is never above the product, and never more than 1 % below (COM-09).
#[test]
fn intensity_is_rounded_down_once() {
    let limits = wide_open();
    let mut admitted = 0;
    for threshold in 1..=1_000_u16 {
        for thousandths in (100..=2_000).step_by(7) {
            let mut asked = forearm();
            asked.overrides = all_overridden();
            asked.motor_threshold = permille(threshold);
            asked.intensity = Multiple::from_thousandths(thousandths);
            asked.trains = 1;
            let exact = f64::from(threshold) * f64::from(thousandths) / 1e6;
            let checked = check::<Stimulator>(&asked, &limits, &fresh());
            let set = (exact * 100.0 + 1e-9).floor();
            let near = set / 100.0 >= exact * 0.99 - 1e-9;
            let wanted = (1.0..=100.0).contains(&set) && near;
            // What is exactly at the bound is judged by integers alone.
            if (set / 100.0 - exact * 0.99).abs() < 1e-7 {
                continue;
            }
            assert_eq!(checked.admitted().is_some(), wanted, "{threshold} {thousandths}");
            if let Some(admitted_one) = checked.admitted() {
                assert_eq!(f64::from(admitted_one.level().intensity.get()), set * 10.0);
                admitted += 1;
            }
        }
    }
    assert!(admitted > 10_000, "{admitted}");
}

/// Without any one number nothing is admitted, whatever is overridden (DOS-03, CFG-09).
#[test]
fn removing_any_bound_of_a_stimulator_refuses() {
    macro_rules! remove {
        ($($($field:ident).+;)*) => {$(
            let mut limits = stimulator_limits();
            let mut asked = forearm();
            asked.overrides = all_overridden();
            assert!(check::<Stimulator>(&asked, &limits, &fresh()).admitted().is_some());
            limits.$($field).+ = Default::default();
            let refused = check::<Stimulator>(&asked, &limits, &fresh()).admitted().is_none();
            assert!(refused, "without {}", stringify!($($field).+));
        )*};
    }
    remove! {
        library.trunk_limb.intensity.soft;
        library.trunk_limb.intensity.hard;
        library.trunk_limb.rate.soft;
        library.trunk_limb.rate.hard;
        library.trunk_limb.train_time.soft;
        library.trunk_limb.train_time.hard;
        library.trunk_limb.wait.soft;
        library.trunk_limb.wait.hard;
        library.trunk_limb.pulses.soft;
        library.trunk_limb.pulses.hard;
        library.trunk_limb.energy.soft;
        library.trunk_limb.energy.hard;
        library.trunk_limb.interval;
        library.everywhere.day_pulses.soft;
        library.everywhere.day_pulses.hard;
        library.everywhere.week_sessions.soft;
        library.everywhere.week_sessions.hard;
        library.everywhere.course_sessions.soft;
        library.everywhere.course_sessions.hard;
        library.everywhere.trip_interval;
        unit.intensity;
        unit.intensity_step;
        unit.rates;
        unit.rate_step;
        unit.train_pulses;
        unit.least_wait;
        unit.pulse_energy;
        unit.recovery;
        unit.applicator;
        unit.calibration_days;
    }
}

/// Limits that contradict themselves or the ceilings do not load (CFG-02, CFG-05).
#[test]
fn a_contradiction_names_its_place() {
    use Fault::{BeyondCeiling, LowerAboveUpper, SoftBeyondHard, Twice, Zero};
    assert_eq!(stimulator_limits().validate(), Ok(()));
    let (hard, soft, unit) = (Tier::Library, Tier::LibrarySoft, Tier::Capability);
    let site = Place::Field(FieldGroup::TrunkLimb);
    type Broken = fn(&mut Limits<Stimulator>);
    let cases: [(Broken, Limit, Place, Tier, Fault); 13] = [
        (
            |l| l.library.trunk_limb.rate.hard = bound(0, hertz(30.1)),
            Limit::PulseRateHigh,
            site,
            hard,
            BeyondCeiling,
        ),
        (
            |l| l.library.trunk_limb.train_time.hard = bound(0, Nanos::from_millis(1_001)),
            Limit::TrainTime,
            site,
            hard,
            BeyondCeiling,
        ),
        (
            |l| l.library.trunk_limb.wait.soft = bound(0, Nanos::from_secs(4)),
            Limit::TrainWait,
            site,
            soft,
            SoftBeyondHard,
        ),
        (
            |l| l.library.everywhere.day_pulses.soft = bound(0, 6_001),
            Limit::DayPulses,
            Place::Everywhere,
            soft,
            SoftBeyondHard,
        ),
        (
            |l| l.unit.intensity = Some(Span { least: permille(2), most: permille(1) }),
            Limit::LeastIntensity,
            Place::Unit,
            unit,
            LowerAboveUpper,
        ),
        (
            |l| l.unit.train_pulses = Some(Span { least: 2, most: 1 }),
            Limit::LeastTrainPulses,
            Place::Unit,
            unit,
            LowerAboveUpper,
        ),
        (
            |l| l.unit.rates = bands(&[(1_000, Span { least: hertz(2.0), most: hertz(1.0) })]),
            Limit::PulseRateLow,
            Place::Unit,
            unit,
            LowerAboveUpper,
        ),
        (
            |l| {
                let span = Span { least: hertz(1.0), most: hertz(2.0) };
                l.unit.rates = bands(&[(500, span), (500, span)]);
            },
            Limit::PulseRateHigh,
            Place::Unit,
            unit,
            Twice,
        ),
        (
            |l| {
                let falling = bands(&[(500, joules(60)), (1_000, joules(59))]);
                l.unit.pulse_energy = Some(PulseEnergy::Table(falling));
            },
            Limit::SiteEnergy,
            Place::Unit,
            unit,
            Twice,
        ),
        (
            |l| l.unit.pulse_energy = Some(PulseEnergy::Square { microjoules: 0 }),
            Limit::SiteEnergy,
            Place::Unit,
            unit,
            Zero,
        ),
        (
            |l| {
                l.unit.recovery =
                    Some(Recovery::Supply { sustained: watts(0.0), minute: joules(1) });
            },
            Limit::TrainWait,
            Place::Unit,
            unit,
            Zero,
        ),
        (
            |l| l.unit.intensity_step = Some(Permille::ZERO),
            Limit::IntensityStep,
            Place::Unit,
            unit,
            Zero,
        ),
        (
            |l| l.unit.rate_step = Some(Frequency::ZERO),
            Limit::FrequencyStep,
            Place::Unit,
            unit,
            Zero,
        ),
    ];
    for (broken, limit, place, tier, fault) in cases {
        let mut limits = stimulator_limits();
        broken(&mut limits);
        let found = limits.validate().unwrap_err();
        assert_eq!(
            (found.limit, found.place, found.tier, found.fault),
            (limit, place, tier, fault)
        );
    }
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) }
}

proptest! {
    #![proptest_config(config())]

    /// Nothing panics, the strictest bound binds, and the budget has room for every train.
    #[test]
    fn the_effective_limit_is_the_strictest(
        threshold in 0_u16..=1_000, thousandths in any::<u32>(), rate in any::<u32>(),
        pulses in any::<u32>(), trains in any::<u32>(), wait in any::<u64>(), modest in any::<bool>(),
        before in any::<u64>(),
    ) {
        let mut asked = forearm();
        asked.overrides = all_overridden();
        asked.motor_threshold = permille(threshold);
        asked.intensity = Multiple::from_thousandths(thousandths);
        (asked.rate, asked.train_pulses) = (Frequency::from_millihertz(rate), pulses);
        (asked.trains, asked.wait) = (trains, Nanos::new(wait));
        if modest {
            asked.intensity = Multiple::from_thousandths(500 + thousandths % 900);
            asked.rate = Frequency::from_millihertz(1_000 + rate % 25_000);
            (asked.train_pulses, asked.trains) = (1 + pulses % 20, 1 + trains % 200);
        }
        let mut spent = fresh::<Stimulator>();
        spent.day = Some(StimulatorDose {
            pulses: Pulses::from_picopulses(before),
            ..StimulatorDose::default()
        });
        let checked = check::<Stimulator>(&asked, &stimulator_limits(), &spent);
        consistent(&checked);
        if let Some(admitted) = checked.admitted() {
            prop_assert!(Stimulator::covers(admitted.budget(), admitted.dose()));
            let run = Stimulator::runs(admitted.level(), Pace::Continuous).unwrap();
            prop_assert_eq!(run.dose.times(u64::from(asked.trains)), admitted.dose());
            prop_assert!(run.length <= Nanos::from_secs(1));
            prop_assert!(admitted.level().wait >= Nanos::from_millis(500));
        }
    }

    /// More of everything is never easier to get (DOS-02).
    #[test]
    fn more_never_turns_a_refusal_into_an_admission(
        thousandths in 100_u32..1_300, pulses in 1_u32..12, trains in 1_u32..400,
        factor in 1_u32..4, which in 0_usize..3,
    ) {
        let mut asked = forearm();
        asked.overrides = all_overridden();
        let mut limits = stimulator_limits();
        limits.unit.intensity_step = Some(permille(1));
        asked.intensity = Multiple::from_thousandths(thousandths);
        (asked.train_pulses, asked.trains) = (pulses, trains);
        let before = check::<Stimulator>(&asked, &limits, &fresh()).admitted();
        match which {
            0 => asked.intensity = Multiple::from_thousandths(thousandths * factor),
            1 => asked.train_pulses = pulses * factor,
            _ => asked.trains = trains * factor,
        }
        let after = check::<Stimulator>(&asked, &limits, &fresh()).admitted();
        // A finer step may fit a greater intensity by chance.
        let finer = which == 0 && after.is_some() && factor > 1
            && u64::from(thousandths) * 500 % 1_000 != 0;
        prop_assert!(before.is_some() || after.is_none() || finer);
    }
}
