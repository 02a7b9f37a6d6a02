//! A prescription for a laser of one wavelength, and limits that permit it.

use device_drivers::Dialect;
use safety::{
    Admitted, Answer, Area, AreaFluence, Bound, Content, Dose, Energy, Eyewear, Fluence, Frequency,
    Gate, Irradiance, Laser, LaserEverywhere, LaserLevel, LaserLibrary, LaserPrescription,
    LaserSiteLimits, LaserUnit, Limits, Line, MixRange, Multiple, Nanos, OpticalDensity, Others,
    Overrides, Permille, Power, PowerCurve, PowerRate, Range, Region, Remaining, Side, Since, Site,
    Sites, Skin, SkinType, SourceId, Span, Technique, Wavelength, check,
};

const KNEE: Site = match Site::new(Region::Knee, Side::Left) {
    Some(site) => site,
    None => panic!("a knee has a left"),
};
const WAVELENGTH: Wavelength = Wavelength::from_nanometres(980);
const ONE: [Permille; 4] = [Permille::WHOLE, Permille::ZERO, Permille::ZERO, Permille::ZERO];

/// A diode of one wavelength, and what is asked of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Diode {
    pub(crate) curve: PowerCurve,
    pub(crate) power: Power,
    pub(crate) joules: u64,
}

/// What is told for `power`.
pub(crate) fn level(power: Power) -> LaserLevel {
    LaserLevel { power, mix: ONE, gate: Gate::Continuous }
}

/// The prescription, quantised to what the unit can do and permitted.
pub(crate) fn admitted(diode: Diode, dialect: &dyn Dialect<Laser>) -> Admitted<Laser> {
    let power = dialect.exact(level(diode.power)).expect("a unit that can").power;
    let prescription = prescription(power, diode.joules);
    let checked = check::<Laser>(&prescription, &limits(diode), &untouched());
    let objections: Vec<_> = checked.objections().collect();
    checked.admitted().unwrap_or_else(|| panic!("{objections:#?}"))
}

fn prescription(power: Power, joules: u64) -> LaserPrescription {
    let field = Area::from_square_millimetres(20_000);
    let dark = OpticalDensity::from_tenths(60);
    let content = Content { wavelength: WAVELENGTH, share: Permille::WHOLE };
    LaserPrescription {
        site: KNEE,
        touched: Sites::NONE,
        power,
        mix: [Some(content), None, None, None],
        gate: Gate::Continuous,
        spot: Area::from_square_millimetres(1_000),
        technique: Technique::Scanning { field },
        fluence: AreaFluence::Field(Fluence::from_microjoules_per_cm2(joules * 10_000)),
        dose: Dose {
            quantity: Energy::from_millijoules(joules * 1_000),
            time: Nanos::from_secs(120),
        },
        course: 10,
        skin: Skin { kind: Some(SkinType::Two), dark_field: Answer::No, test_spot: true },
        epilepsy: Answer::No,
        eyewear: Eyewear { patient: Some(dark), operator: Some(dark), others: Others::Nobody },
        overrides: Overrides::default(),
    }
}

fn bound<T>(value: T) -> Option<Bound<T>> {
    Some(Bound { value, source: SourceId::library(0).unwrap() })
}

fn range<T: Copy>(value: T) -> Range<T> {
    Range { soft: bound(value), hard: bound(value) }
}

/// Nothing was given yet.
fn untouched() -> Remaining<Laser> {
    Remaining {
        site: Some(Dose::default()),
        visit: Some(Dose::default()),
        day: Some(Dose::default()),
        site_sessions: Some(0),
        site_last: Some(Since::Never),
        week_sessions: Some(0),
        course_sessions: Some(0),
        needling: Some(Since::Never),
        trip: Some(Since::Never),
    }
}

fn limits(diode: Diode) -> Limits<Laser> {
    let site = LaserSiteLimits {
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
    };
    let everywhere = LaserEverywhere {
        visit_energy: range(Energy::from_millijoules(1_000_000)),
        day_energy: range(Energy::from_millijoules(1_000_000)),
        visit_time: range(Nanos::from_secs(1_200)),
        week_sessions: range(5),
        course_sessions: range(12),
        ramp: range(PowerRate::from_milliwatts_per_second(50_000)),
        gate_frequency_low: bound(Frequency::from_millihertz(1_000)),
        gate_frequency_high: bound(Frequency::from_millihertz(20_000_000)),
        duty_low: bound(Permille::new(100).unwrap()),
        duty_high: bound(Permille::WHOLE),
        needling_interval: bound(Nanos::ZERO),
        trip_interval: bound(Nanos::ZERO),
    };
    Limits {
        library: LaserLibrary {
            cranial: site,
            suboccipital: site,
            cervical: site,
            trunk_limb: site,
            everywhere,
        },
        unit: unit(diode),
        tail: Nanos::from_millis(2_000),
    }
}

fn unit(diode: Diode) -> LaserUnit {
    let points = diode.curve.points();
    let (least, most) = (points.first().unwrap().1, points.last().unwrap().1);
    LaserUnit {
        lines: [Some(Line { wavelength: WAVELENGTH, most }), None, None, None],
        power: Some(Span { least, most }),
        power_step: None,
        curve: Some(diode.curve),
        peak_power: Some(most),
        mix: Some(MixRange::Fixed(ONE)),
        continuous: true,
        gate: None,
        rise: Some(Nanos::from_secs(1)),
        optical_density: Some(OpticalDensity::from_tenths(50)),
        calibration_days: Some(100),
    }
}
