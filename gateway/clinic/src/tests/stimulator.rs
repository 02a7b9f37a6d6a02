//! A stimulator in a clinic: what is confirmed is what the unit is set to, and what was given counts.

use alloc::{boxed::Box, vec, vec::Vec};

use device_drivers::{Budget, Dialect, Event, Out};
use safety::{
    Answer as Said, ApplicatorCode, Band, Bands, Bound, Energy, Frequency, Instant, Limit, Limits,
    Multiple, Nanos, Overrides, Pace, Permille, Power, PulseEnergy, Pulses, Pulsing, Range,
    Recovery, Refusal, Region, Screening, Side, Site, Sites, SourceId, Span, Stimulator,
    StimulatorDose, StimulatorEverywhere, StimulatorLevel, StimulatorLibrary,
    StimulatorPrescription, StimulatorSiteLimits, StimulatorUnit, Terms, Timing,
};

use crate::{
    Answer, AnyChecked, AnyDose, AnyPlan, AnyPrescription, AnyStatus, Ask, Call, CallId, Clinic,
    Confirmation, Course, Effect, Given, Happening, LineId, Past, PatientKey, Plan, Proposal,
    Refused, RoomId, UnitId,
    tests::{NOW, asked},
};

const UNIT: UnitId = UnitId(3);
const HOUR: Nanos = Nanos::from_secs(3_600);

/// A unit that never answers. It can be told what is asked of it.
struct Mute;

impl Dialect<Stimulator> for Mute {
    fn exact(&self, level: StimulatorLevel) -> Option<StimulatorLevel> {
        Some(level)
    }

    fn step(&mut self, _now: Instant, _event: Event<'_, Stimulator>, _out: &mut Out<Stimulator>) {}

    fn wake(&self) -> Instant {
        Instant::NEVER
    }

    fn budget(&self) -> Budget {
        let none = Nanos::ZERO;
        Budget { detect: none, turn: none, confirm: none, lease: none }
    }
}

fn permille(count: u16) -> Permille {
    Permille::new(count).unwrap()
}

fn bound<T>(value: T) -> Option<Bound<T>> {
    Some(Bound { value, source: SourceId::LIBRARY })
}

fn range<T>(soft: T, hard: T) -> Range<T> {
    Range { soft: bound(soft), hard: bound(hard) }
}

fn library() -> StimulatorLibrary {
    let (share, hertz) = (Multiple::from_thousandths, Frequency::from_millihertz);
    StimulatorLibrary {
        trunk_limb: StimulatorSiteLimits {
            intensity: range(share(1_100), share(1_300)),
            rate: range(hertz(20_000), hertz(25_000)),
            train_time: range(Nanos::from_millis(900), Nanos::from_millis(1_000)),
            wait: range(Nanos::from_secs(10), Nanos::from_secs(5)),
            pulses: range(1_500, 3_000),
            energy: range(Energy::MAX, Energy::MAX),
            interval: bound(HOUR),
        },
        everywhere: StimulatorEverywhere {
            day_pulses: range(3_000, 6_000),
            week_sessions: range(5, 7),
            course_sessions: range(20, 30),
            trip_interval: bound(Nanos::from_secs(300)),
        },
    }
}

/// One that is set in steps of a percent.
fn unit() -> StimulatorUnit {
    let hertz = Frequency::from_millihertz;
    let rates =
        [Band { up_to: Permille::WHOLE, value: Span { least: hertz(100), most: hertz(25_000) } }];
    StimulatorUnit {
        intensity: Some(Span { least: permille(10), most: Permille::WHOLE }),
        intensity_step: Some(permille(10)),
        rates: Bands::new(&rates).unwrap(),
        rate_step: Some(hertz(100)),
        train_pulses: Some(Span { least: 1, most: 6_000 }),
        least_wait: Some(Nanos::from_millis(500)),
        pulse_energy: Some(PulseEnergy::Square { microjoules: 25_200 }),
        recovery: Some(Recovery::Supply {
            sustained: Power::from_milliwatts(1_050_000),
            minute: Energy::from_millijoules(63_000_000),
        }),
        applicator: Some(ApplicatorCode(7)),
        calibration_days: Some(30),
    }
}

fn clinic() -> Clinic {
    let plan = Plan {
        id: UNIT,
        line: LineId(0),
        room: RoomId(0),
        wiring: crate::Wiring::default(),
        evidence: crate::Evidence::default(),
        real: false,
        terms: Terms {
            timing: Timing::STIMULATOR,
            lease: Nanos::from_millis(1_000),
            rise: Nanos::ZERO,
            off_below: Pulsing { rate: Frequency::from_millihertz(1), ..Pulsing::default() },
            second_enable: false,
            coil: None,
            pace: Pace::Continuous,
            frozen: None,
        },
        limits: Limits { library: library(), unit: unit(), tail: Nanos::from_secs(2) },
        byte: Nanos::from_micros(87),
        dialect: Box::new(Mute),
    };
    Clinic::new(1, vec![AnyPlan::Stimulator(Box::new(plan))], Vec::new(), NOW)
}

fn forearm() -> Site {
    Site::new(Region::Forearm, Side::Left).unwrap()
}

/// Fifty trains of nine pulses at this share of this threshold.
fn prescription(threshold: u16, multiple: u32) -> StimulatorPrescription {
    StimulatorPrescription {
        site: forearm(),
        touched: Sites::NONE,
        motor_threshold: permille(threshold),
        intensity: Multiple::from_thousandths(multiple),
        rate: Frequency::from_millihertz(10_000),
        train_pulses: 9,
        trains: 50,
        wait: Nanos::from_secs(10),
        course: 10,
        coil: ApplicatorCode(7),
        screening: Screening {
            implant: Said::No,
            pregnancy: Said::No,
            epilepsy: Said::No,
            metal: Said::No,
            bystander_implant: Said::No,
            age_days: Some(3),
        },
        overrides: Overrides::NONE,
    }
}

fn anna() -> PatientKey {
    PatientKey::new("clinic-a", "anna").unwrap()
}

fn proposal(prescription: StimulatorPrescription) -> Proposal {
    let prescription = AnyPrescription::Stimulator(prescription);
    Proposal { unit: UNIT, patient: anna(), prescription }
}

fn confirm(clinic: &mut Clinic, prescription: StimulatorPrescription) -> Refused {
    let confirmation = Confirmation { hash: [0; 32], epoch: 0 };
    let ask = Ask::Confirm(proposal(prescription), confirmation);
    let mut effects = Vec::new();
    clinic.step(NOW, Happening::Call(Call { id: CallId(1), request: None, ask }), &mut effects);
    match effects.pop() {
        Some(Effect::Answer(CallId(1), Answer::Refused(refused))) => refused,
        other => panic!("nobody answers for the unit: {other:?}"),
    }
}

/// The limits that object, each once.
fn objections(clinic: &mut Clinic, prescription: StimulatorPrescription) -> Vec<Limit> {
    let answer = asked(clinic, None, Ask::Check(proposal(prescription)));
    let Answer::Checked(AnyChecked::Stimulator(checked)) = answer else { panic!("{answer:?}") };
    let mut objections: Vec<_> = checked.objections().map(|one| one.limit).collect();
    objections.dedup();
    objections
}

/// COM-09, SES-05: what is confirmed is the least multiple that leads to the intensity. 47 % times
/// 1.086 is 51.042 %, and every multiple from there to 1.106 is set to 51 %.
#[test]
fn only_the_least_multiple_of_an_intensity_is_confirmed() {
    // What is quantised gets as far as the unit, which is not there.
    let offline = Refused::Unit(Refusal::Offline);
    for (threshold, multiple, is_quantised) in [
        (500, 1_100, true),
        (500, 1_000, true),
        (500, 1_099, false),
        (470, 1_086, true),
        (470, 1_087, false),
        (470, 1_090, false),
        (1_000, 1_000, true),
        (333, 961, true),
        (333, 962, false),
    ] {
        let mut clinic = clinic();
        let asked = prescription(threshold, multiple);
        let refused = confirm(&mut clinic, asked);
        match (is_quantised, refused) {
            (true, refused) => assert_eq!(refused, offline, "{threshold} {multiple}"),
            (false, Refused::NotQuantised(_)) => {}
            // Far below the next step it is not only unquantised: it is refused.
            (false, Refused::Prescription(_)) => {
                let found = objections(&mut clinic, asked);
                assert_eq!(found, [Limit::IntensityStep], "{threshold} {multiple}");
            }
            (false, refused) => panic!("{threshold} {multiple}: {refused:?}"),
        }
    }
    let mut clinic = clinic();
    let mut uneven = prescription(500, 1_100);
    uneven.rate = Frequency::from_millihertz(10_050);
    assert!(matches!(confirm(&mut clinic, uneven), Refused::NotQuantised(_)));
}

/// What a patient had before the gateway started stands against the limits of stimulators, pulses
/// and number alike, and light does not (DOS-09, SES-15).
#[test]
fn what_was_given_before_the_start_counts() {
    let stimulation = |pulses| {
        AnyDose::Stimulator(StimulatorDose {
            pulses: Pulses::from_whole(pulses),
            ..StimulatorDose::default()
        })
    };
    let light = AnyDose::Laser(safety::Dose { quantity: Energy::MAX, time: Nanos::from_secs(9) });
    let course = |stimulator| Course { stimulator, laser: 100, pemf: 100 };
    let cases: [(Vec<AnyDose>, Course, &[Limit]); 6] = [
        (vec![light; 8], course(0), &[]),
        (vec![stimulation(1_050)], course(9), &[]),
        (vec![stimulation(1_051)], course(1), &[Limit::SitePulses]),
        (vec![stimulation(2_551)], course(1), &[Limit::SitePulses, Limit::DayPulses]),
        (vec![stimulation(1); 5], course(5), &[Limit::WeekSessions]),
        (vec![], course(10), &[Limit::CourseSessions]),
    ];
    for (doses, course, wanted) in cases {
        let given = doses.iter().map(|charged| Given {
            sites: Some(Sites::NONE.with(forearm())),
            charged: *charged,
            leaves_day: NOW.after(HOUR.times(20)),
            leaves_week: NOW.after(HOUR.times(160)),
        });
        let past = Past {
            given: given.map(|given| (anna(), given)).collect(),
            course: vec![(anna(), course)],
            ..Past::default()
        };
        let mut clinic = clinic();
        clinic.step(NOW, Happening::Past(past), &mut Vec::new());
        assert_eq!(objections(&mut clinic, prescription(500, 1_100)), wanted, "{doses:?}");
    }
}

/// Its calibration runs out while the gateway runs, and another modality is not its own (LAS-19).
#[test]
fn a_stimulator_ages_and_knows_its_own() {
    let mut clinic = clinic();
    assert!(matches!(clinic.shown(UNIT).unwrap().status, AnyStatus::Stimulator(_)));
    clinic.step(NOW, Happening::Days(29), &mut Vec::new());
    assert_eq!(objections(&mut clinic, prescription(500, 1_100)), []);
    clinic.step(NOW, Happening::Days(1), &mut Vec::new());
    assert_eq!(objections(&mut clinic, prescription(500, 1_100)), [Limit::Calibration]);
    let field = AnyPrescription::Pemf(safety::PemfPrescription {
        site: forearm(),
        touched: Sites::NONE,
        flux: safety::Flux::ZERO,
        frequency: Frequency::ZERO,
        waveform: safety::Waveform::Sine,
        slew: safety::Slew::ZERO,
        duty: Permille::ZERO,
        dose: safety::PemfDose::default(),
        course: 1,
        applicator: ApplicatorCode(7),
        screening: Screening::default(),
        overrides: Overrides::NONE,
    });
    let proposal = Proposal { unit: UNIT, patient: anna(), prescription: field };
    let answer = asked(&mut clinic, None, Ask::Check(proposal));
    assert_eq!(answer, Answer::Refused(Refused::WrongModality));
}
