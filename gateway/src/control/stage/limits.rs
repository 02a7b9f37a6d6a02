//! The limits of the stage: wide, so that what refuses is what a test asks for.

use safety::{
    ApplicatorCode, Area, Bound, Energy, Exposure, Fluence, Flux, Frequency, GateRange, Irradiance,
    Laser, LaserEverywhere, LaserLibrary, LaserSiteLimits, LaserUnit, Limits, Line, MixRange,
    Multiple, Nanos, OpticalDensity, Pemf, PemfEverywhere, PemfLibrary, PemfSiteLimits, PemfUnit,
    Permille, Power, PowerRate, Range, Slew, SourceId, Span, Terms, WAVELENGTHS_MAX, Waveforms,
    Wavelength,
};

pub(super) fn laser(terms: &Terms<Laser>) -> Limits<Laser> {
    let site = LaserSiteLimits {
        power: range(0, Power::from_milliwatts(3_000), Power::from_milliwatts(4_000)),
        spot: range(2, Area::from_square_millimetres(300), Area::from_square_millimetres(100)),
        irradiance: both(4, Irradiance::from_microwatts_per_cm2(2_000_000)),
        skin_exposure: both(6, Multiple::from_thousandths(2_000)),
        spot_fluence: both(8, Fluence::from_microjoules_per_cm2(10_000_000)),
        field_fluence: both(10, Fluence::from_microjoules_per_cm2(10_000_000)),
        effective_spot_fluence: bound(12, Fluence::from_microjoules_per_cm2(1)),
        effective_field_fluence: bound(13, Fluence::from_microjoules_per_cm2(1)),
        energy: both(14, Energy::from_millijoules(700_000)),
        time: both(16, Nanos::from_secs(600)),
        sessions: both(18, 2),
        interval: bound(20, Nanos::from_secs(3_600)),
    };
    let library = LaserLibrary {
        cranial: site,
        suboccipital: site,
        cervical: site,
        trunk_limb: site,
        everywhere: LaserEverywhere {
            visit_energy: both(30, Energy::from_millijoules(6_000_000)),
            day_energy: both(32, Energy::from_millijoules(6_000_000)),
            visit_time: both(34, Nanos::from_secs(1_200)),
            week_sessions: both(36, 5),
            course_sessions: both(38, 20),
            ramp: both(40, PowerRate::from_milliwatts_per_second(5_000)),
            gate_frequency_low: bound(42, Frequency::from_millihertz(1_000)),
            gate_frequency_high: bound(43, Frequency::from_millihertz(20_000_000)),
            duty_low: bound(44, share(100)),
            duty_high: bound(45, share(999)),
            needling_interval: bound(46, Nanos::from_secs(86_400)),
            trip_interval: bound(47, Nanos::from_secs(300)),
        },
    };
    Limits { library, unit: laser_unit(terms.rise), tail: terms.tail() }
}

pub(super) fn pemf(terms: &Terms<Pemf>, applicator: u16) -> Limits<Pemf> {
    let site = PemfSiteLimits {
        flux: both(50, Flux::from_microteslas(10_000)),
        effective_flux: bound(52, Flux::from_microteslas(1_000)),
        nerve: both(53, Multiple::from_thousandths(500)),
        exposure: both(55, Exposure::from_microtesla_seconds(18_000_000)),
    };
    let library = PemfLibrary {
        head_neck: site,
        trunk_limb: site,
        everywhere: PemfEverywhere {
            frequency_low: both(60, Frequency::from_millihertz(500)),
            frequency_high: both(62, Frequency::from_millihertz(100_000)),
            session_time: both(64, Nanos::from_secs(3_600)),
            effective_time: bound(66, Nanos::from_secs(300)),
            day_time: both(67, Nanos::from_secs(7_200)),
            week_sessions: both(69, 7),
            trip_interval: bound(71, Nanos::from_secs(300)),
        },
    };
    Limits { library, unit: pemf_unit(applicator), tail: terms.tail() }
}

/// The wavelengths of the laser, in its own order.
pub(super) fn wavelengths() -> [Option<Wavelength>; WAVELENGTHS_MAX] {
    laser_unit(Nanos::ZERO).lines.map(|line| line.map(|line| line.wavelength))
}

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

fn bound<T>(index: u16, value: T) -> Option<Bound<T>> {
    SourceId::library(index).map(|source| Bound { value, source })
}

fn range<T>(index: u16, soft: T, hard: T) -> Range<T> {
    Range { soft: bound(index, soft), hard: bound(index + 1, hard) }
}

fn both<T: Copy>(index: u16, value: T) -> Range<T> {
    range(index, value, value)
}

fn share(count: u16) -> Permille {
    Permille::new(count).unwrap()
}
