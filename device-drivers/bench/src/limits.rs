//! Prescriptions and limits that permit them: what a supervisor needs before it orders anything.

use safety::{
    Answer, ApplicatorCode, Area, AreaFluence, Bound, Checkable, Content, Dose, Energy, Exposure,
    Eyewear, Fluence, Flux, Frequency, Gate, GateRange, Irradiance, Laser, LaserEverywhere,
    LaserLibrary, LaserPrescription, LaserSiteLimits, LaserUnit, Limits, Line, MixRange, Multiple,
    Nanos, OpticalDensity, Others, Overrides, Pemf, PemfEverywhere, PemfLibrary, PemfPrescription,
    PemfSiteLimits, PemfUnit, Permille, Power, PowerRate, Range, Region, Remaining, Screening,
    Side, Since, Site, Sites, Skin, SkinType, Slew, SourceId, Span, Technique, Waveform, Waveforms,
    Wavelength,
};

/// What may be delivered in these tests.
pub trait Permitted: Checkable {
    /// What is asked.
    fn prescription() -> Self::Prescription;
    /// What permits it.
    fn limits() -> Limits<Self>;
}

/// A limit of the library.
pub fn bound<T>(value: T) -> Option<Bound<T>> {
    Some(Bound { value, source: SourceId::library(0).unwrap() })
}

/// The same limit, soft and hard.
pub fn range<T: Copy>(value: T) -> Range<T> {
    Range { soft: bound(value), hard: bound(value) }
}

/// Nothing was given yet.
pub fn untouched<M: Checkable>() -> Remaining<M> {
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

const KNEE: Site = match Site::new(Region::Knee, Side::Left) {
    Some(site) => site,
    None => panic!("a knee has a left"),
};

/// Nothing that speaks against a field.
pub const SCREENING: Screening = Screening {
    implant: Answer::No,
    pregnancy: Answer::No,
    epilepsy: Answer::No,
    metal: Answer::No,
    bystander_implant: Answer::No,
    age_days: Some(1),
};

impl Permitted for Laser {
    fn prescription() -> LaserPrescription {
        let half = Permille::new(500).unwrap();
        let content = |nanometres| {
            Some(Content { wavelength: Wavelength::from_nanometres(nanometres), share: half })
        };
        let field = Area::from_square_millimetres(20_000);
        let dark = OpticalDensity::from_tenths(60);
        LaserPrescription {
            site: KNEE,
            touched: Sites::NONE,
            power: Power::from_milliwatts(5_000),
            mix: [content(810), content(980), None, None],
            gate: Gate::Continuous,
            spot: Area::from_square_millimetres(1_000),
            technique: Technique::Scanning { field },
            fluence: AreaFluence::Field(Fluence::from_microjoules_per_cm2(10_000_000)),
            dose: Dose { quantity: Energy::from_millijoules(60_000), time: Nanos::from_secs(60) },
            course: 10,
            skin: Skin { kind: Some(SkinType::Two), dark_field: Answer::No, test_spot: true },
            epilepsy: Answer::No,
            eyewear: Eyewear { patient: Some(dark), operator: Some(dark), others: Others::Nobody },
            overrides: Overrides::default(),
        }
    }

    fn limits() -> Limits<Self> {
        let site = laser_site();
        Limits {
            library: LaserLibrary {
                cranial: site,
                suboccipital: site,
                cervical: site,
                trunk_limb: site,
                everywhere: laser_everywhere(),
            },
            unit: laser_unit(),
            tail: Nanos::from_millis(850),
        }
    }
}

fn laser_site() -> LaserSiteLimits {
    LaserSiteLimits {
        power: range(Power::from_milliwatts(15_000)),
        spot: range(Area::from_square_millimetres(100)),
        irradiance: range(Irradiance::from_microwatts_per_cm2(2_000_000)),
        skin_exposure: range(Multiple::from_thousandths(1_000_000)),
        spot_fluence: range(Fluence::from_microjoules_per_cm2(15_000_000)),
        field_fluence: range(Fluence::from_microjoules_per_cm2(15_000_000)),
        effective_spot_fluence: bound(Fluence::from_microjoules_per_cm2(0)),
        effective_field_fluence: bound(Fluence::from_microjoules_per_cm2(0)),
        energy: range(Energy::from_millijoules(1_000_000)),
        time: range(Nanos::from_secs(1_200)),
        sessions: range(2),
        interval: bound(Nanos::ZERO),
    }
}

fn laser_everywhere() -> LaserEverywhere {
    LaserEverywhere {
        visit_energy: range(Energy::from_millijoules(1_000_000)),
        day_energy: range(Energy::from_millijoules(1_000_000)),
        visit_time: range(Nanos::from_secs(1_200)),
        week_sessions: range(5),
        course_sessions: range(12),
        ramp: range(PowerRate::from_milliwatts_per_second(6_000)),
        gate_frequency_low: bound(Frequency::from_millihertz(1_000)),
        gate_frequency_high: bound(Frequency::from_millihertz(20_000_000)),
        duty_low: bound(Permille::new(100).unwrap()),
        duty_high: bound(Permille::WHOLE),
        needling_interval: bound(Nanos::ZERO),
        trip_interval: bound(Nanos::ZERO),
    }
}

fn laser_unit() -> LaserUnit {
    let line = |nanometres, milliwatts| {
        let most = Power::from_milliwatts(milliwatts);
        Some(Line { wavelength: Wavelength::from_nanometres(nanometres), most })
    };
    let least = Power::from_milliwatts(100);
    LaserUnit {
        lines: [line(650, 500), line(810, 5_000), line(915, 5_000), line(980, 10_000)],
        power: Some(Span { least, most: Power::from_milliwatts(15_000) }),
        power_step: Some(Power::from_milliwatts(50)),
        peak_power: Some(Power::from_milliwatts(15_000)),
        mix: Some(MixRange::Free { step: Permille::new(1).unwrap() }),
        continuous: true,
        gate: None::<GateRange>,
        rise: Some(Nanos::from_secs(1)),
        optical_density: Some(OpticalDensity::from_tenths(50)),
        calibration_days: Some(100),
        curve: None,
    }
}

impl Permitted for Pemf {
    fn prescription() -> PemfPrescription {
        let quantity = Exposure::from_microtesla_seconds(600_000);
        PemfPrescription {
            site: KNEE,
            touched: Sites::NONE,
            flux: Flux::from_microteslas(10_000),
            frequency: Frequency::from_millihertz(10_000),
            waveform: Waveform::Rectangular,
            slew: Slew::from_micros(2_000),
            duty: Permille::new(500).unwrap(),
            dose: Dose { quantity, time: Nanos::from_secs(600) },
            course: 10,
            applicator: ApplicatorCode(0x0201),
            screening: SCREENING,
            overrides: Overrides::default(),
        }
    }

    fn limits() -> Limits<Self> {
        let site = PemfSiteLimits {
            flux: range(Flux::from_microteslas(20_000)),
            effective_flux: bound(Flux::from_microteslas(0)),
            nerve: range(Multiple::from_thousandths(800)),
            exposure: range(Exposure::from_microtesla_seconds(36_000_000)),
        };
        let everywhere = PemfEverywhere {
            frequency_low: range(Frequency::from_millihertz(1_000)),
            frequency_high: range(Frequency::from_millihertz(100_000)),
            session_time: range(Nanos::from_secs(1_800)),
            effective_time: bound(Nanos::ZERO),
            day_time: range(Nanos::from_secs(3_600)),
            week_sessions: range(14),
            trip_interval: bound(Nanos::ZERO),
        };
        let library = PemfLibrary { head_neck: site, trunk_limb: site, everywhere };
        Limits { library, unit: pemf_unit(), tail: Nanos::from_millis(2_750) }
    }
}

fn pemf_unit() -> PemfUnit {
    let hertz = Frequency::from_millihertz;
    let flux = Flux::from_microteslas;
    let duty = |count| Permille::new(count).unwrap();
    PemfUnit {
        flux: Some(Span { least: flux(100), most: flux(30_000) }),
        flux_step: Some(flux(10)),
        frequency: Some(Span { least: hertz(500), most: hertz(100_000) }),
        frequency_step: Some(hertz(100)),
        duty: Some(Span { least: duty(10), most: duty(1_000) }),
        duty_step: Some(duty(1)),
        slew: Some(Slew::from_micros(500)),
        slew_step: Some(Slew::from_micros(1)),
        waveforms: Waveforms { sine: true, rectangular: true, triangular: true },
        applicator: Some(ApplicatorCode(0x0201)),
        calibration_days: Some(100),
    }
}
