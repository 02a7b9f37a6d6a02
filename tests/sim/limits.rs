//! The limits of the clinic that is simulated: the proposals of the project, and what its units can do.

use safety::{
    ApplicatorCode, Area, Bound, Energy, Exposure, Fluence, Flux, Frequency, GateRange, Irradiance,
    Laser, LaserEverywhere, LaserLibrary, LaserSiteLimits, LaserUnit, Limits, Line, MixRange,
    Multiple, Nanos, OpticalDensity, Pemf, PemfEverywhere, PemfLibrary, PemfSiteLimits, PemfUnit,
    Permille, Power, PowerRate, Range, Slew, SourceId, Span, Terms, Waveforms, Wavelength,
};

const MINUTE: Nanos = Nanos::from_secs(60);
const HOUR: Nanos = Nanos::from_secs(3_600);

/// What a laser of the clinic may be asked to do.
pub(crate) fn laser(terms: &Terms<Laser>) -> Limits<Laser> {
    Limits { library: laser_library(), unit: laser_unit(terms.rise), tail: terms.tail() }
}

/// What a PEMF unit of the clinic may be asked to do.
pub(crate) fn pemf(terms: &Terms<Pemf>, applicator: u16) -> Limits<Pemf> {
    Limits { library: pemf_library(), unit: pemf_unit(applicator), tail: terms.tail() }
}

fn bound<T>(index: u16, value: T) -> Option<Bound<T>> {
    SourceId::library(index).map(|source| Bound { value, source })
}

fn range<T>(index: u16, soft: T, hard: T) -> Range<T> {
    Range { soft: bound(index, soft), hard: bound(index + 1, hard) }
}

fn share(count: u16) -> Permille {
    Permille::new(count).unwrap_or_default()
}

fn laser_library() -> LaserLibrary {
    let watts = |count: u32| Power::from_milliwatts(count * 1_000);
    let joules = |count: u64| Energy::from_millijoules(count * 1_000);
    let per_cm2 = |count: u64| Fluence::from_microjoules_per_cm2(count * 1_000_000);
    let irradiance = |tenths: u32| Irradiance::from_microwatts_per_cm2(tenths * 100_000);
    let cervical = LaserSiteLimits {
        power: range(0, watts(8), watts(15)),
        spot: range(2, Area::from_square_millimetres(300), Area::from_square_millimetres(100)),
        irradiance: range(4, irradiance(15), irradiance(30)),
        skin_exposure: range(
            6,
            Multiple::from_thousandths(1_000),
            Multiple::from_thousandths(2_000),
        ),
        spot_fluence: range(8, per_cm2(10), per_cm2(20)),
        field_fluence: range(10, per_cm2(10), per_cm2(20)),
        effective_spot_fluence: bound(12, per_cm2(1)),
        effective_field_fluence: bound(13, per_cm2(1)),
        energy: range(14, joules(3_000), joules(6_000)),
        time: range(16, MINUTE.times(8), MINUTE.times(12)),
        sessions: range(18, 1, 2),
        interval: bound(20, HOUR.times(6)),
    };
    let cranial = LaserSiteLimits {
        power: range(21, watts(2), watts(4)),
        spot_fluence: range(23, per_cm2(6), per_cm2(10)),
        field_fluence: range(25, per_cm2(6), per_cm2(10)),
        energy: range(27, joules(300), joules(800)),
        ..cervical
    };
    LaserLibrary {
        cranial,
        suboccipital: LaserSiteLimits { power: range(29, watts(6), watts(10)), ..cranial },
        cervical,
        trunk_limb: cervical,
        everywhere: laser_everywhere(),
    }
}

fn laser_everywhere() -> LaserEverywhere {
    let joules = |count: u64| Energy::from_millijoules(count * 1_000);
    LaserEverywhere {
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
        gate_frequency_low: bound(52, Frequency::from_millihertz(1_000)),
        gate_frequency_high: bound(53, Frequency::from_millihertz(20_000_000)),
        duty_low: bound(54, share(100)),
        duty_high: bound(55, share(999)),
        needling_interval: bound(56, HOUR.times(24)),
        trip_interval: bound(57, MINUTE.times(5)),
    }
}

/// The simulated laser as its profile would have it.
fn laser_unit(rise: Nanos) -> LaserUnit {
    let line = |nanometres, milliwatts| {
        let most = Power::from_milliwatts(milliwatts);
        Some(Line { wavelength: Wavelength::from_nanometres(nanometres), most })
    };
    let span = |least, most| Span {
        least: Frequency::from_millihertz(least),
        most: Frequency::from_millihertz(most),
    };
    LaserUnit {
        lines: [line(650, 500), line(810, 5_000), line(915, 5_000), line(980, 10_000)],
        power: Some(Span {
            least: Power::from_milliwatts(100),
            most: Power::from_milliwatts(15_000),
        }),
        power_step: Some(Power::from_milliwatts(50)),
        peak_power: Some(Power::from_milliwatts(15_000)),
        mix: Some(MixRange::Free { step: share(1) }),
        continuous: true,
        gate: Some(GateRange {
            frequency: span(1_000, 20_000_000),
            frequency_step: Frequency::from_millihertz(1_000),
            duty: Span { least: share(100), most: Permille::WHOLE },
            duty_step: share(1),
        }),
        rise: Some(rise),
        optical_density: Some(OpticalDensity::from_tenths(50)),
        calibration_days: Some(200),
    }
}

fn pemf_library() -> PemfLibrary {
    let millitesla = |count: u32| Flux::from_microteslas(count * 1_000);
    let minutes = |count: u64| Exposure::from_microtesla_seconds(count * 60_000);
    let part = Multiple::from_thousandths;
    PemfLibrary {
        head_neck: PemfSiteLimits {
            flux: range(100, millitesla(5), millitesla(10)),
            effective_flux: bound(102, millitesla(1)),
            nerve: range(103, part(300), part(500)),
            exposure: range(105, minutes(150), minutes(300)),
        },
        trunk_limb: PemfSiteLimits {
            flux: range(110, millitesla(10), millitesla(30)),
            effective_flux: bound(112, millitesla(1)),
            nerve: range(113, part(600), part(800)),
            exposure: range(115, minutes(300), minutes(1_800)),
        },
        everywhere: PemfEverywhere {
            frequency_low: range(
                120,
                Frequency::from_millihertz(1_000),
                Frequency::from_millihertz(500),
            ),
            frequency_high: range(
                122,
                Frequency::from_millihertz(50_000),
                Frequency::from_millihertz(100_000),
            ),
            session_time: range(124, MINUTE.times(30), MINUTE.times(60)),
            effective_time: bound(126, MINUTE.times(5)),
            day_time: range(127, MINUTE.times(60), MINUTE.times(120)),
            week_sessions: range(129, 5, 7),
            trip_interval: bound(131, MINUTE.times(5)),
        },
    }
}

/// The simulated ring as its profile would have it.
fn pemf_unit(applicator: u16) -> PemfUnit {
    PemfUnit {
        flux: Some(Span {
            least: Flux::from_microteslas(100),
            most: Flux::from_microteslas(30_000),
        }),
        flux_step: Some(Flux::from_microteslas(10)),
        frequency: Some(Span {
            least: Frequency::from_millihertz(500),
            most: Frequency::from_millihertz(100_000),
        }),
        frequency_step: Some(Frequency::from_millihertz(100)),
        duty: Some(Span { least: share(10), most: Permille::WHOLE }),
        duty_step: Some(share(1)),
        slew: Some(Slew::from_micros(500)),
        slew_step: Some(Slew::from_micros(1)),
        waveforms: Waveforms { sine: true, rectangular: true, triangular: true },
        applicator: Some(ApplicatorCode(u32::from(applicator))),
        calibration_days: Some(200),
    }
}
