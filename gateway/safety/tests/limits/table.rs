//! The proposed limits of both modalities, typical units, and prescriptions that they admit.

use safety::{
    Answer, ApplicatorCode, Area, AreaFluence, Bound, Checkable, Checked, Content, Decision, Dose,
    Energy, Exposure, Eyewear, Fluence, Flux, Frequency, Gate, GateRange, Irradiance, Laser,
    LaserEverywhere, LaserLibrary, LaserPrescription, LaserSiteLimits, LaserUnit, Limit, Limits,
    Line, MixRange, Multiple, Nanos, OpticalDensity, Others, Overrides, Pemf, PemfEverywhere,
    PemfLibrary, PemfPrescription, PemfSiteLimits, PemfUnit, Permille, Power, PowerRate, Range,
    Region, Remaining, Screening, Side, Since, Site, Skin, SkinType, Slew, SourceId, Span,
    Technique, Tier, Waveform, Waveforms, Wavelength,
};

pub(crate) const MINUTE: Nanos = Nanos::from_secs(60);
pub(crate) const HOUR: Nanos = Nanos::from_secs(3_600);

pub(crate) fn watts(watts: f64) -> Power {
    Power::from_milliwatts((watts * 1e3).round() as u32)
}

pub(crate) fn joules(joules: u64) -> Energy {
    Energy::from_millijoules(joules * 1_000)
}

pub(crate) fn joules_per_cm2(joules: f64) -> Fluence {
    Fluence::from_microjoules_per_cm2((joules * 1e6).round() as u64)
}

pub(crate) fn millitesla_minutes(count: u64) -> Exposure {
    Exposure::from_microtesla_seconds(count * 60_000)
}

pub(crate) fn millitesla(count: f64) -> Flux {
    Flux::from_microteslas((count * 1e3).round() as u32)
}

pub(crate) fn hertz(count: f64) -> Frequency {
    Frequency::from_millihertz((count * 1e3).round() as u32)
}

pub(crate) fn permille(count: u16) -> Permille {
    Permille::new(count).unwrap()
}

pub(crate) fn source(index: u16) -> SourceId {
    SourceId::library(index).unwrap()
}

pub(crate) fn bound<T>(index: u16, value: T) -> Option<Bound<T>> {
    Some(Bound { value, source: source(index) })
}

pub(crate) fn range<T>(index: u16, soft: T, hard: T) -> Range<T> {
    Range { soft: bound(index, soft), hard: bound(index + 1, hard) }
}

pub(crate) fn site(region: Region, side: Side) -> Site {
    Site::new(region, side).unwrap()
}

/// The laser table, one line for each of its numbers.
pub(crate) fn laser_library() -> LaserLibrary {
    let thousandths = Multiple::from_thousandths;
    let cm2 = |tenths: u32| Area::from_square_millimetres(tenths * 10);
    let irradiance = |tenths: u32| Irradiance::from_microwatts_per_cm2(tenths * 100_000);
    let cervical = LaserSiteLimits {
        power: range(0, watts(8.0), watts(15.0)),
        spot: range(2, cm2(30), cm2(10)),
        irradiance: range(4, irradiance(15), irradiance(30)),
        skin_exposure: range(6, thousandths(1_000), thousandths(2_000)),
        spot_fluence: range(8, joules_per_cm2(10.0), joules_per_cm2(20.0)),
        field_fluence: range(10, joules_per_cm2(10.0), joules_per_cm2(20.0)),
        effective_spot_fluence: bound(12, joules_per_cm2(1.0)),
        effective_field_fluence: bound(13, joules_per_cm2(1.0)),
        energy: range(14, joules(3_000), joules(6_000)),
        time: range(16, Nanos::from_secs(480), Nanos::from_secs(720)),
        sessions: range(18, 1, 2),
        interval: bound(20, HOUR.times(6)),
    };
    let cranial = LaserSiteLimits {
        power: range(21, watts(2.0), watts(4.0)),
        spot_fluence: range(23, joules_per_cm2(6.0), joules_per_cm2(10.0)),
        field_fluence: range(25, joules_per_cm2(6.0), joules_per_cm2(10.0)),
        energy: range(27, joules(300), joules(800)),
        ..cervical
    };
    let suboccipital = LaserSiteLimits { power: range(29, watts(6.0), watts(10.0)), ..cranial };
    LaserLibrary {
        cranial,
        suboccipital,
        cervical,
        trunk_limb: cervical,
        everywhere: LaserEverywhere {
            visit_energy: range(40, joules(6_000), joules(10_000)),
            day_energy: range(42, joules(6_000), joules(10_000)),
            visit_time: range(44, MINUTE.times(20), MINUTE.times(30)),
            week_sessions: range(46, 3, 5),
            course_sessions: range(48, 12, 20),
            ramp: range(
                50,
                PowerRate::from_milliwatts_per_second(5_000),
                PowerRate::from_milliwatts_per_second(10_000),
            ),
            gate_frequency_low: bound(52, hertz(1.0)),
            gate_frequency_high: bound(53, hertz(20_000.0)),
            duty_low: bound(54, permille(100)),
            duty_high: bound(55, permille(999)),
            needling_interval: bound(56, HOUR.times(24)),
            trip_interval: bound(57, MINUTE.times(5)),
        },
    }
}

/// A unit with 810 and 980 nm, 15 W in sum.
pub(crate) fn laser_unit() -> LaserUnit {
    let line = |nanometres| {
        Some(Line { wavelength: Wavelength::from_nanometres(nanometres), most: watts(15.0) })
    };
    LaserUnit {
        curve: None,
        lines: [line(810), line(980), line(650), None],
        power: Some(Span { least: Power::from_milliwatts(10), most: watts(15.0) }),
        power_step: Some(Power::from_milliwatts(10)),
        peak_power: Some(watts(15.0)),
        mix: Some(MixRange::Free { step: permille(1) }),
        continuous: true,
        gate: Some(GateRange {
            frequency: Span { least: hertz(1.0), most: hertz(20_000.0) },
            frequency_step: Frequency::from_millihertz(100),
            duty: Span { least: permille(10), most: permille(990) },
            duty_step: permille(10),
        }),
        rise: Some(Nanos::from_secs(2)),
        optical_density: Some(OpticalDensity::from_tenths(50)),
        calibration_days: Some(200),
    }
}

pub(crate) fn laser_limits() -> Limits<Laser> {
    Limits { library: laser_library(), unit: laser_unit(), tail: Nanos::from_millis(850) }
}

/// The neck by the manual of a Class IV unit: 7 W, 360 s, 2520 J over 400 cm².
pub(crate) fn neck() -> LaserPrescription {
    let content = |nanometres, share| {
        let wavelength = Wavelength::from_nanometres(nanometres);
        Some(Content { wavelength, share: permille(share) })
    };
    LaserPrescription {
        site: site(Region::PosteriorNeck, Side::Midline),
        touched: safety::Sites::NONE,
        power: watts(7.0),
        mix: [content(810, 500), content(980, 500), None, None],
        gate: Gate::Continuous,
        spot: Area::from_square_millimetres(1_960),
        technique: Technique::Scanning { field: Area::from_square_millimetres(40_000) },
        fluence: AreaFluence::Field(joules_per_cm2(6.5)),
        dose: Dose { quantity: joules(2_520), time: Nanos::from_secs(360) },
        course: 10,
        skin: Skin { kind: Some(SkinType::Two), dark_field: Answer::No, test_spot: false },
        epilepsy: Answer::No,
        eyewear: Eyewear {
            patient: Some(OpticalDensity::from_tenths(50)),
            operator: Some(OpticalDensity::from_tenths(60)),
            others: Others::Nobody,
        },
        overrides: Overrides::NONE,
    }
}

/// One wavelength, all of the power.
pub(crate) fn only(nanometres: u16) -> [Option<Content>; 4] {
    let wavelength = Wavelength::from_nanometres(nanometres);
    [Some(Content { wavelength, share: Permille::WHOLE }), None, None, None]
}

/// The field table.
pub(crate) fn pemf_library() -> PemfLibrary {
    let share = Multiple::from_thousandths;
    PemfLibrary {
        head_neck: PemfSiteLimits {
            flux: range(100, millitesla(5.0), millitesla(10.0)),
            effective_flux: bound(102, millitesla(1.0)),
            nerve: range(103, share(300), share(500)),
            exposure: range(105, millitesla_minutes(150), millitesla_minutes(300)),
        },
        trunk_limb: PemfSiteLimits {
            flux: range(110, millitesla(10.0), millitesla(30.0)),
            effective_flux: bound(112, millitesla(1.0)),
            nerve: range(113, share(600), share(800)),
            exposure: range(115, millitesla_minutes(300), millitesla_minutes(1_800)),
        },
        everywhere: PemfEverywhere {
            frequency_low: range(120, hertz(1.0), hertz(0.5)),
            frequency_high: range(122, hertz(50.0), hertz(100.0)),
            session_time: range(124, MINUTE.times(30), MINUTE.times(60)),
            effective_time: bound(126, MINUTE.times(5)),
            day_time: range(127, MINUTE.times(60), MINUTE.times(120)),
            week_sessions: range(129, 5, 7),
            trip_interval: bound(131, MINUTE.times(5)),
        },
    }
}

pub(crate) fn pemf_unit() -> PemfUnit {
    PemfUnit {
        flux: Some(Span { least: Flux::from_microteslas(100), most: millitesla(40.0) }),
        flux_step: Some(Flux::from_microteslas(10)),
        frequency: Some(Span { least: hertz(0.1), most: hertz(200.0) }),
        frequency_step: Some(Frequency::from_millihertz(100)),
        duty: Some(Span { least: permille(10), most: Permille::WHOLE }),
        duty_step: Some(permille(10)),
        slew: Some(Slew::from_micros(100)),
        slew_step: Some(Slew::from_micros(10)),
        waveforms: Waveforms { sine: true, rectangular: true, triangular: false },
        applicator: Some(ApplicatorCode(7)),
        calibration_days: Some(30),
    }
}

pub(crate) fn pemf_limits() -> Limits<Pemf> {
    Limits { library: pemf_library(), unit: pemf_unit(), tail: Nanos::from_millis(2_750) }
}

/// 10 Hz and 5 mT, as in a trial with refractory migraine, for half an hour at the back of the
/// head.
pub(crate) fn occiput() -> PemfPrescription {
    PemfPrescription {
        site: site(Region::Occiput, Side::Midline),
        touched: safety::Sites::NONE,
        flux: millitesla(5.0),
        frequency: hertz(10.0),
        waveform: Waveform::Rectangular,
        slew: Slew::from_micros(1_000),
        duty: permille(500),
        dose: Dose { quantity: millitesla_minutes(150), time: MINUTE.times(30) },
        course: 10,
        applicator: ApplicatorCode(7),
        screening: Screening {
            implant: Answer::No,
            pregnancy: Answer::No,
            epilepsy: Answer::No,
            metal: Answer::No,
            bystander_implant: Answer::No,
            age_days: Some(3),
        },
        overrides: Overrides::NONE,
    }
}

/// Nothing was spent yet.
pub(crate) fn fresh<M: Checkable>() -> Remaining<M> {
    Remaining {
        site: Some(M::Dose::default()),
        visit: Some(M::Dose::default()),
        day: Some(M::Dose::default()),
        site_sessions: Some(0),
        site_last: Some(Since::Never),
        week_sessions: Some(0),
        course_sessions: Some(0),
        needling: Some(Since::Never),
        trip: Some(Since::Never),
    }
}

/// Every soft limit overridden.
pub(crate) fn all_overridden() -> Overrides {
    Limit::ALL.iter().fold(Overrides::NONE, |set, limit| set.with(*limit))
}

/// The limits that stand against emission, each once.
pub(crate) fn objections<M: Checkable>(checked: &Checked<M>) -> Vec<Limit> {
    let mut limits: Vec<Limit> = checked.objections().map(|decision| decision.limit).collect();
    limits.dedup();
    limits
}

/// The decision of `limit` by `tier`.
pub(crate) fn decision<M: Checkable>(checked: &Checked<M>, limit: Limit, tier: Tier) -> Decision {
    let found = |decision: &&Decision| decision.limit == limit && decision.tier == tier;
    *checked.decisions().iter().find(found).unwrap()
}
