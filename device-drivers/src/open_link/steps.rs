//! What a unit can be told, level by level (COM-09, LAS-15, PEM-01).

use safety::{Flux, Frequency, Gate, LaserLevel, PemfLevel, Permille, Power, Slew, Waveform};

use crate::test_bench::capabilities::{laser_capability, pemf_capability, share};

use super::{
    capability::Capability,
    examples::{laser_level, pemf_level},
    laser::Optics,
    pemf::Coil,
    spoken::Spoken,
};

fn power(milliwatts: u32) -> LaserLevel {
    LaserLevel { power: Power::from_milliwatts(milliwatts), ..laser_level() }
}

fn pulsed(millihertz: u32, duty: u16) -> LaserLevel {
    let frequency = Frequency::from_millihertz(millihertz);
    LaserLevel { gate: Gate::Pulsed { frequency, duty: share(duty) }, ..power(1_000) }
}

fn mix(shares: [u16; 4]) -> LaserLevel {
    LaserLevel { mix: shares.map(share), ..power(1_000) }
}

#[test]
fn laser_levels() {
    let same = |level| (level, Some(level));
    let none = |level| (level, None);
    let table = [
        same(power(5_000)),
        (power(5_030), Some(power(5_000))),
        (power(149), Some(power(100))),
        none(power(99)),
        // At 15 W and half each, 810 nm would need 7.5 W of its 5 W.
        none(power(15_000)),
        none(power(15_001)),
        same(mix([0, 0, 0, 1_000])),
        same(mix([500, 500, 0, 0])),
        none(mix([501, 499, 0, 0])),
        none(mix([0, 500, 0, 499])),
        none(mix([0, 1_000, 0, 1])),
        same(pulsed(10_000, 500)),
        (pulsed(10_999, 500), Some(pulsed(10_000, 500))),
        none(pulsed(999, 500)),
        none(pulsed(20_000_001, 500)),
        none(pulsed(10_000, 99)),
        none(pulsed(10_000, 1_000)),
        // Half of 1 W at 10 % duty is 5 W while on: just what 810 nm can do.
        same(pulsed(10_000, 100)),
    ];
    for (asked, exact) in table {
        let found = Spoken::exact(asked, &laser_capability());
        assert_eq!(found, exact, "{asked:?}");
        assert_eq!(found.and_then(|level| Spoken::exact(level, &laser_capability())), exact);
    }
}

#[test]
fn a_laser_without_a_source_or_without_continuous_emission_is_not_told_it() {
    let [one, two, three, _] = laser_capability().own.sources;
    let own = Optics { continuous: true, sources: [one, two, three, None] };
    let capability = Capability { own, ..laser_capability() };
    assert_eq!(Spoken::exact(laser_level(), &capability), None);
    let own = Optics { continuous: false, ..laser_capability().own };
    let capability = Capability { own, ..laser_capability() };
    assert_eq!(Spoken::exact(laser_level(), &capability), None);
    assert!(Spoken::exact(pulsed(10_000, 500), &capability).is_some());
}

#[test]
fn pemf_levels() {
    let sine = PemfLevel {
        waveform: Waveform::Sine,
        slew: Slew::ZERO,
        duty: Permille::WHOLE,
        ..pemf_level()
    };
    let flux = |count| PemfLevel { flux: Flux::from_microteslas(count), ..pemf_level() };
    let frequency =
        |count| PemfLevel { frequency: Frequency::from_millihertz(count), ..pemf_level() };
    let slew = |count| PemfLevel { slew: Slew::from_micros(count), ..pemf_level() };
    let triangular = PemfLevel { waveform: Waveform::Triangular, ..pemf_level() };
    let same = |level| (level, Some(level));
    let none = |level| (level, None);
    let table = [
        same(pemf_level()),
        same(triangular),
        same(sine),
        none(PemfLevel { slew: Slew::from_micros(500), ..sine }),
        none(PemfLevel { duty: share(999), ..sine }),
        (flux(10_009), Some(flux(10_000))),
        none(flux(99)),
        none(flux(30_001)),
        (frequency(10_099), Some(frequency(10_000))),
        none(frequency(499)),
        none(slew(499)),
        none(slew(20_001)),
        // At 100 Hz half a period is 5 ms: two edges of 2.5 ms just fit.
        same(PemfLevel { slew: Slew::from_micros(2_500), ..frequency(100_000) }),
        none(PemfLevel { slew: Slew::from_micros(2_501), ..frequency(100_000) }),
        none(PemfLevel { duty: share(9), ..pemf_level() }),
    ];
    for (asked, exact) in table {
        let found = Spoken::exact(asked, &pemf_capability());
        assert_eq!(found, exact, "{asked:?}");
    }
    let own = Coil { sine: false, rectangular: false, ..pemf_capability().own };
    let capability = Capability { own, ..pemf_capability() };
    assert_eq!(Spoken::exact(sine, &capability), None);
    assert_eq!(Spoken::exact(pemf_level(), &capability), None);
    assert!(Spoken::exact(triangular, &capability).is_some());
}
