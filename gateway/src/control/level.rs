//! Levels as the API shows them, and how old the knowledge of them is.

use proto::v1::{self, Freshness, gate, level::Emission};
use safety::{
    Gate, Instant, LaserLevel, Nanos, PemfLevel, Permille, Pulsing, StimulatorLevel,
    WAVELENGTHS_MAX, Wavelength,
};

use super::pemf;

/// The wavelengths of a unit, in its own order: what the places of a mix mean.
pub(crate) type Wavelengths = [Option<Wavelength>; WAVELENGTHS_MAX];

/// What a laser is told.
pub(crate) fn laser(level: LaserLevel, wavelengths: &Wavelengths) -> v1::Level {
    let laser = v1::LaserLevel {
        power_milliwatts: level.power.milliwatts(),
        wavelengths: shares(level.mix, wavelengths).unwrap_or_default(),
        gate: Some(gate(level.gate)),
    };
    v1::Level { emission: Some(Emission::Laser(laser)) }
}

/// What a coil is told.
pub(crate) fn pemf(level: PemfLevel) -> v1::Level {
    let pemf = v1::PemfLevel {
        peak_flux_density_microteslas: level.flux.microteslas(),
        frequency_millihertz: level.frequency.millihertz(),
        waveform: pemf::shown(level.waveform).into(),
        ramp_time_microseconds: level.slew.micros(),
        duty_permille: level.duty.get().into(),
    };
    v1::Level { emission: Some(Emission::Pemf(pemf)) }
}

/// What a stimulator is told.
pub(crate) fn stimulator(level: StimulatorLevel) -> v1::Level {
    let wait = level.wait.get().div_ceil(NANOS_PER_MILLI);
    let stimulator = v1::StimulatorLevel {
        intensity_permille: level.intensity.get().into(),
        rate_millihertz: level.rate.millihertz(),
        pulses_per_train: level.pulses,
        wait_milliseconds: u32::try_from(wait).unwrap_or(u32::MAX),
        pulse_energy_microjoules: level.pulse_energy.picojoules().div_ceil(PICO_PER_MICRO),
    };
    v1::Level { emission: Some(Emission::Stimulator(stimulator)) }
}

/// No emission.
pub(crate) fn off() -> v1::Level {
    v1::Level { emission: Some(Emission::Off(v1::Off {})) }
}

/// Light of which only the power was measured.
pub(crate) fn measured_light(power_milliwatts: u32) -> v1::Level {
    let laser = v1::LaserLevel { power_milliwatts, ..v1::LaserLevel::default() };
    v1::Level { emission: Some(Emission::Laser(laser)) }
}

/// A field of which only the peak was measured.
pub(crate) fn measured_field(peak_flux_density_microteslas: u32) -> v1::Level {
    let pemf = v1::PemfLevel { peak_flux_density_microteslas, ..v1::PemfLevel::default() };
    v1::Level { emission: Some(Emission::Pemf(pemf)) }
}

/// Pulses of which only the rate and the energy were measured.
pub(crate) fn measured_pulses(output: Pulsing) -> v1::Level {
    let stimulator = v1::StimulatorLevel {
        rate_millihertz: output.rate.millihertz(),
        pulse_energy_microjoules: output.pulse_energy.picojoules().div_ceil(PICO_PER_MICRO),
        ..v1::StimulatorLevel::default()
    };
    v1::Level { emission: Some(Emission::Stimulator(stimulator)) }
}

/// The shares of a mix by wavelength. `None` if a place has a share and no wavelength.
pub(crate) fn shares(
    mix: [Permille; WAVELENGTHS_MAX],
    wavelengths: &Wavelengths,
) -> Option<Vec<v1::WavelengthShare>> {
    let places = mix.iter().zip(wavelengths).filter(|(share, _)| **share != Permille::ZERO);
    places
        .map(|(share, wavelength)| {
            Some(v1::WavelengthShare {
                wavelength_nanometres: (*wavelength)?.nanometres().into(),
                share_permille: share.get().into(),
            })
        })
        .collect()
}

/// A gate as the API says it.
pub(crate) fn gate(gate: Gate) -> v1::Gate {
    let gate = match gate {
        Gate::Continuous => gate::Gate::Continuous(v1::ContinuousGate {}),
        Gate::Pulsed { frequency, duty } => gate::Gate::Pulsed(v1::PulsedGate {
            frequency_millihertz: frequency.millihertz(),
            duty_permille: duty.get().into(),
        }),
    };
    v1::Gate { gate: Some(gate) }
}

/// A level that holds for `as_of`, seen from `at`.
pub(crate) fn aged(
    level: v1::Level,
    as_of: Instant,
    at: Instant,
    deadline: Nanos,
) -> v1::AgedLevel {
    let age = at.since(as_of);
    v1::AgedLevel {
        level: Some(level),
        as_of_boottime_nanoseconds: as_of.since_boot(),
        age_milliseconds: milliseconds(age),
        freshness: freshness(age, deadline).into(),
    }
}

/// What an age means: stale from 500 ms on, unknown past the silence deadline (API-06).
pub(crate) fn freshness(age: Nanos, deadline: Nanos) -> Freshness {
    if deadline < age {
        Freshness::Unknown
    } else if STALE <= age {
        Freshness::Stale
    } else {
        Freshness::Fresh
    }
}

/// The whole milliseconds of a span, as far as they can be counted.
pub(crate) fn milliseconds(span: Nanos) -> u32 {
    u32::try_from(span.millis()).unwrap_or(u32::MAX)
}

const NANOS_PER_MILLI: u64 = 1_000_000;
const PICO_PER_MICRO: u64 = 1_000_000;
/// A value of this age is shown as stale.
const STALE: Nanos = Nanos::from_millis(500);

#[cfg(test)]
mod tests {
    use safety::{Energy, Frequency};

    use super::*;

    /// API-06: over 500 ms stale, past the silence deadline unknown.
    #[test]
    fn an_age_means_fresh_stale_or_unknown() {
        let deadline = Nanos::from_millis(1_000);
        let cases = [
            (0, Freshness::Fresh),
            (499, Freshness::Fresh),
            (500, Freshness::Stale),
            (1_000, Freshness::Stale),
            (1_001, Freshness::Unknown),
        ];
        for (age, means) in cases {
            assert_eq!(freshness(Nanos::from_millis(age), deadline), means, "{age} ms");
        }
        assert_eq!(freshness(Nanos::from_millis(450), Nanos::from_millis(400)), Freshness::Unknown);
    }

    #[test]
    fn a_stimulator_shows_what_it_is_told_and_what_is_measured() {
        let told = StimulatorLevel {
            intensity: Permille::new(550).unwrap(),
            rate: Frequency::from_millihertz(10_000),
            pulses: 9,
            wait: Nanos::new(10_000_000_001),
            pulse_energy: Energy::from_picojoules(76_230_000_000_001),
        };
        let wanted = v1::StimulatorLevel {
            intensity_permille: 550,
            rate_millihertz: 10_000,
            pulses_per_train: 9,
            wait_milliseconds: 10_001,
            pulse_energy_microjoules: 76_230_001,
        };
        assert_eq!(stimulator(told).emission, Some(Emission::Stimulator(wanted)));
        let measured = v1::StimulatorLevel {
            intensity_permille: 0,
            pulses_per_train: 0,
            wait_milliseconds: 0,
            ..wanted
        };
        let output = Pulsing { rate: told.rate, pulse_energy: told.pulse_energy };
        assert_eq!(measured_pulses(output).emission, Some(Emission::Stimulator(measured)));
    }

    #[test]
    fn a_share_without_a_wavelength_is_not_made_up() {
        let mut mix = [Permille::ZERO; WAVELENGTHS_MAX];
        mix[1] = Permille::WHOLE;
        let mut wavelengths = [None; WAVELENGTHS_MAX];
        assert_eq!(shares(mix, &wavelengths), None);
        wavelengths[1] = Some(Wavelength::from_nanometres(980));
        assert_eq!(shares(mix, &wavelengths).unwrap()[0].wavelength_nanometres, 980);
    }
}
