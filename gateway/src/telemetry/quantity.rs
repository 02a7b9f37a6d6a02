//! Doses, levels and readings as JSON: whole numbers, each with its unit last in its name.
//!
//! What is charged or owed is rounded up, what was delivered or remains is rounded down, so rounding
//! never lowers a charge nor raises a budget.

use std::fmt;

use clinic::{AnyDose, Summary};
use safety::{
    Dose, Emission, Flux, Gate, Integral, Laser, LaserLevel, Modality, Nanos, Output, Pemf,
    PemfLevel, Power, Pulsing, SessionStatus, Stimulator, StimulatorDose, StimulatorLevel,
};
use serde::Serialize;

use crate::word;

/// A dose.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum DoseJson {
    Laser { energy_millijoules: u64, emission_milliseconds: u64 },
    Pemf { exposure_microtesla_seconds: u64, emission_milliseconds: u64 },
    Stimulator { pulses: u64, energy_millijoules: u64, emission_milliseconds: u64 },
}

/// Which way a dose is rounded.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rounded {
    Up,
    Down,
}

impl DoseJson {
    pub(crate) fn new(dose: AnyDose, rounded: Rounded) -> Self {
        match dose {
            AnyDose::Laser(dose) => Self::Laser {
                energy_millijoules: rounded.thousand_millionths(dose.quantity.count()),
                emission_milliseconds: rounded.millionths(dose.time.get()),
            },
            AnyDose::Pemf(dose) => Self::Pemf {
                exposure_microtesla_seconds: rounded.thousand_millionths(dose.quantity.count()),
                emission_milliseconds: rounded.millionths(dose.time.get()),
            },
            AnyDose::Stimulator(dose) => Self::Stimulator {
                pulses: rounded.divide(dose.pulses.count(), 1_000_000_000_000),
                energy_millijoules: rounded.thousand_millionths(dose.energy.count()),
                emission_milliseconds: rounded.millionths(dose.time.get()),
            },
        }
    }
}

impl fmt::Display for DoseJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Laser { energy_millijoules, emission_milliseconds } => {
                write!(f, "{energy_millijoules} mJ in {emission_milliseconds} ms")
            }
            Self::Pemf { exposure_microtesla_seconds, emission_milliseconds } => {
                write!(f, "{exposure_microtesla_seconds} µT·s in {emission_milliseconds} ms")
            }
            Self::Stimulator { pulses, energy_millijoules, emission_milliseconds } => {
                write!(
                    f,
                    "{pulses} pulses of {energy_millijoules} mJ in {emission_milliseconds} ms"
                )
            }
        }
    }
}

/// The doses of a session that ended, for people.
pub(crate) struct Words {
    pub(crate) prescribed: String,
    pub(crate) charged: String,
    pub(crate) delivered: String,
    pub(crate) debt: String,
}

impl Words {
    pub(crate) fn of(summary: &Summary) -> Self {
        let words = |dose, rounded| DoseJson::new(dose, rounded).to_string();
        Self {
            prescribed: words(summary.prescribed, Rounded::Down),
            charged: words(summary.charged, Rounded::Up),
            delivered: words(summary.delivered, Rounded::Down),
            debt: words(summary.debt, Rounded::Up),
        }
    }
}

impl Rounded {
    const fn thousand_millionths(self, count: u64) -> u64 {
        self.divide(count, 1_000_000_000)
    }

    const fn millionths(self, count: u64) -> u64 {
        self.divide(count, 1_000_000)
    }

    const fn divide(self, count: u64, by: u64) -> u64 {
        match self {
            Self::Up => count.div_ceil(by),
            Self::Down => count / by,
        }
    }
}

/// An output: what a meter shows.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum OutputJson {
    Laser { power_milliwatts: u32 },
    Pemf { flux_microteslas: u32 },
    Stimulator { rate_millihertz: u32, pulse_energy_microjoules: u64 },
}

impl From<Power> for OutputJson {
    fn from(power: Power) -> Self {
        Self::Laser { power_milliwatts: power.milliwatts() }
    }
}

impl From<Flux> for OutputJson {
    fn from(flux: Flux) -> Self {
        Self::Pemf { flux_microteslas: flux.microteslas() }
    }
}

impl From<Pulsing> for OutputJson {
    fn from(output: Pulsing) -> Self {
        Self::Stimulator {
            rate_millihertz: output.rate.millihertz(),
            pulse_energy_microjoules: Rounded::Up.millionths(output.pulse_energy.picojoules()),
        }
    }
}

/// A reading of the output.
#[derive(Debug, Serialize)]
pub(crate) struct MeasuredJson {
    #[serde(flatten)]
    pub(crate) output: OutputJson,
    pub(crate) enabled: bool,
    pub(crate) age_milliseconds: u64,
}

impl MeasuredJson {
    pub(crate) fn new<O: Output + Into<OutputJson>>(reading: Emission<O>, age: u64) -> Self {
        Self { output: reading.output.into(), enabled: reading.enabled, age_milliseconds: age }
    }
}

/// A level as it was confirmed.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum LevelJson {
    Laser {
        power_milliwatts: u32,
        peak_power_milliwatts: u32,
        gate: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        frequency_millihertz: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        duty_permille: Option<u16>,
    },
    Pemf {
        flux_microteslas: u32,
        frequency_millihertz: u32,
        waveform: &'static str,
        slew_microseconds: u32,
        duty_permille: u16,
    },
    Stimulator {
        intensity_permille: u16,
        rate_millihertz: u32,
        pulses_per_train: u32,
        wait_milliseconds: u64,
        pulse_energy_microjoules: u64,
    },
}

impl From<LaserLevel> for LevelJson {
    fn from(level: LaserLevel) -> Self {
        let (frequency, duty) = match level.gate {
            Gate::Continuous => (None, None),
            Gate::Pulsed { frequency, duty } => (Some(frequency.millihertz()), Some(duty.get())),
        };
        Self::Laser {
            power_milliwatts: level.power.milliwatts(),
            peak_power_milliwatts: level.peak_power().milliwatts(),
            gate: word::gate(level.gate),
            frequency_millihertz: frequency,
            duty_permille: duty,
        }
    }
}

impl From<PemfLevel> for LevelJson {
    fn from(level: PemfLevel) -> Self {
        Self::Pemf {
            flux_microteslas: level.flux.microteslas(),
            frequency_millihertz: level.frequency.millihertz(),
            waveform: word::waveform(level.waveform),
            slew_microseconds: level.slew.micros(),
            duty_permille: level.duty.get(),
        }
    }
}

impl From<StimulatorLevel> for LevelJson {
    fn from(level: StimulatorLevel) -> Self {
        Self::Stimulator {
            intensity_permille: level.intensity.get(),
            rate_millihertz: level.rate.millihertz(),
            pulses_per_train: level.pulses,
            wait_milliseconds: Rounded::Up.millionths(level.wait.get()),
            pulse_energy_microjoules: Rounded::Up.millionths(level.pulse_energy.picojoules()),
        }
    }
}

/// A modality whose dose has a time.
pub(crate) trait Timed: Modality {
    /// This dose with another time.
    fn lasting(dose: Self::Dose, time: Nanos) -> Self::Dose;
}

impl Timed for Laser {
    fn lasting(dose: Self::Dose, time: Nanos) -> Self::Dose {
        Dose { time, ..dose }
    }
}

impl Timed for Pemf {
    fn lasting(dose: Self::Dose, time: Nanos) -> Self::Dose {
        Dose { time, ..dose }
    }
}

impl Timed for Stimulator {
    fn lasting(dose: Self::Dose, time: Nanos) -> Self::Dose {
        StimulatorDose { time, ..dose }
    }
}

/// What remains of a session, and how long it lasts: whatever runs out first.
pub(crate) fn remaining<M: Timed>(session: &SessionStatus<M>) -> M::Dose {
    M::lasting(M::minus(session.prescribed, session.charged), session.left)
}
