//! The integer nerve-stimulation curve against floats, and the published table (PEM-01, PEM-02).

use std::f64::consts::PI;

use safety::{Flux, Frequency, PemfLevel, Slew, Waveform, nerve};

use crate::table::{hertz, millitesla, permille};

fn level(waveform: Waveform, flux: Flux, frequency: Frequency, micros: u32) -> PemfLevel {
    PemfLevel { flux, frequency, waveform, slew: Slew::from_micros(micros), duty: permille(1_000) }
}

fn threshold(millis: f64) -> f64 {
    20.0 * (1.0 + 0.36 / millis)
}

fn share(level: &PemfLevel) -> f64 {
    f64::from(nerve::stimulation(level).unwrap().thousandths())
}

#[test]
fn threshold_reproduces_the_published_table() {
    let table = [
        (100, 92.0),
        (200, 56.0),
        (500, 34.4),
        (1_000, 27.2),
        (2_000, 23.6),
        (5_000, 21.4),
        (10_000, 20.7),
    ];
    for (micros, tesla_per_second) in table {
        let rate = nerve::threshold(Slew::from_micros(micros)).unwrap();
        let found = f64::from(rate.milliteslas_per_second()) / 1e3;
        assert!((found - tesla_per_second).abs() < 0.051, "{micros} µs: {found}");
    }
    assert_eq!(nerve::threshold(Slew::ZERO), None, "unknown");
}

#[test]
fn threshold_is_never_above_the_formula_and_within_half_a_percent_below() {
    for micros in 1..20_000 {
        let rate = nerve::threshold(Slew::from_micros(micros)).unwrap();
        let found = f64::from(rate.milliteslas_per_second()) / 1e3;
        let float = threshold(f64::from(micros) / 1e3);
        assert!(found <= float * (1.0 + 1e-12) && float * 0.995 <= found, "{micros} µs");
    }
}

/// 5 mT within 0.2, 0.1 and 1 ms are 45, 54 and 18 % of the curve.
#[test]
fn rectangular_drive_matters_more_than_frequency() {
    for (micros, rate, percent) in [(200, 25_000, 45.0), (100, 50_000, 54.0), (1_000, 5_000, 18.0)]
    {
        let level = level(Waveform::Rectangular, millitesla(5.0), hertz(10.0), micros);
        assert_eq!(nerve::flux_rate(&level).unwrap().milliteslas_per_second(), rate);
        assert!((share(&level) / 10.0 - percent).abs() < 0.5);
    }
}

/// The sine examples: 5 mT at 10 Hz changes by 0.31 T/s, and so on.
#[test]
fn the_slew_of_a_sine_follows_from_its_frequency() {
    let examples = [(5.0, 10.0, 0.31), (10.0, 50.0, 3.1), (30.0, 50.0, 9.4), (10.0, 100.0, 6.3)];
    for (flux, frequency, expected) in examples {
        let level = level(Waveform::Sine, millitesla(flux), hertz(frequency), 0);
        let found = f64::from(nerve::flux_rate(&level).unwrap().milliteslas_per_second()) / 1e3;
        assert!((found - expected).abs() < 0.06, "{found}");
    }
}

#[test]
fn stimulation_is_never_below_the_formula() {
    for flux in [0.001, 0.5, 5.0, 30.0, 100.0, 900.0] {
        for micros in [1_u32, 7, 100, 360, 1_000, 9_999, 50_000] {
            let level = level(Waveform::Triangular, millitesla(flux), hertz(5.0), micros);
            let millis = f64::from(micros) / 1e3;
            let float = flux / millis / threshold(millis) * 1e3;
            assert!(float <= share(&level) + 1e-9 && share(&level) <= float * 1.005 + 1.0);
        }
        for frequency in [0.5, 1.0, 10.0, 50.0, 100.0, 1_000.0] {
            let level = level(Waveform::Sine, millitesla(flux), hertz(frequency), 0);
            let float = 2.0 * PI * frequency * flux / threshold(500.0 / frequency);
            assert!(float <= share(&level) && share(&level) <= float * 1.005 + 1.0, "{float}");
        }
    }
}

/// A sine that is declared steeper than its frequency says counts as declared.
#[test]
fn the_stricter_of_the_declared_and_the_derived_slew_counts() {
    let at = |micros| share(&level(Waveform::Sine, millitesla(10.0), hertz(10.0), micros));
    assert_eq!(at(1_000_000), at(0));
    assert!(at(200) > at(0));
    let slow = level(Waveform::Triangular, millitesla(10.0), hertz(100.0), u32::MAX);
    let fits = level(Waveform::Triangular, millitesla(10.0), hertz(100.0), 5_000);
    assert_eq!(share(&slow), share(&fits), "a ramp cannot outlast half of the period");
}

#[test]
fn an_unknown_slew_is_unknown_stimulation() {
    for waveform in [Waveform::Rectangular, Waveform::Triangular] {
        let level = level(waveform, millitesla(1.0), hertz(10.0), 0);
        assert_eq!(nerve::stimulation(&level), None);
        assert_eq!(nerve::flux_rate(&level), None);
    }
}
