//! Magnetic stimulation in trains of pulses: what a unit can be told, and what that adds up to.

use crate::{
    finding::Allowance,
    modality::Modality,
    prescription::StimulatorPrescription,
    quantity::{Energy, Frequency, Integral, Output, Permille, Pulses, over, until},
    root::{quotient_down, quotient_up},
    run::{Pace, Run},
    time::Nanos,
};

/// Magnetic stimulation. A dose is pulses, the energy of their discharges, and the time of trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stimulator;

/// What a stimulator is told to emit: one train after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StimulatorLevel {
    /// The share of the most that the unit can discharge.
    pub intensity: Permille,
    /// Pulses per second within a train.
    pub rate: Frequency,
    /// Pulses in one train.
    pub pulses: u32,
    /// From the end of a train to the beginning of the next.
    pub wait: Nanos,
    /// The energy of one pulse at this intensity, by the table of the unit, rounded up.
    pub pulse_energy: Energy,
}

/// What a meter can show of a stimulator at one moment: nothing between trains.
///
/// An armed stimulator that gives no pulse emits nothing, so whether it is armed is no part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pulsing {
    /// Pulses per second.
    pub rate: Frequency,
    /// The energy of one pulse.
    pub pulse_energy: Energy,
}

/// What a stimulator gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StimulatorDose {
    /// Pulses.
    pub pulses: Pulses,
    /// The energy of all discharges.
    pub energy: Energy,
    /// The time of all trains, without the waits between them.
    pub time: Nanos,
}

impl StimulatorLevel {
    /// From the first pulse of a train to when one more would come, rounded up.
    pub fn train_time(&self) -> Nanos {
        let rate = u64::from(self.rate.millihertz());
        Nanos::new(quotient_up(&[u64::from(self.pulses), PICO], &[rate]))
    }

    /// What one train gives, to the last pulse.
    pub fn train(&self) -> StimulatorDose {
        let energy = self.pulse_energy.picojoules().saturating_mul(u64::from(self.pulses));
        StimulatorDose {
            pulses: Pulses::from_whole(u64::from(self.pulses)),
            energy: Energy::from_picojoules(energy),
            time: self.train_time(),
        }
    }
}

impl Output for Pulsing {
    type Integral = Pulses;

    /// The energy of a pulse is not known by its rate.
    fn from_count(count: u32) -> Self {
        Self { rate: Frequency::from_millihertz(count), pulse_energy: Energy::ZERO }
    }

    fn count(self) -> u32 {
        self.rate.millihertz()
    }

    fn greater(self, other: Self) -> Self {
        Self {
            rate: self.rate.max(other.rate),
            pulse_energy: self.pulse_energy.max(other.pulse_energy),
        }
    }

    fn mean(self, other: Self) -> Self {
        let half = |one: u64, other: u64| one.saturating_add(other) / 2;
        let rate = half(u64::from(self.count()), u64::from(other.count()));
        let energy = half(self.pulse_energy.picojoules(), other.pulse_energy.picojoules());
        Self {
            rate: Frequency::from_millihertz(u32::try_from(rate).unwrap_or(u32::MAX)),
            pulse_energy: Energy::from_picojoules(energy),
        }
    }
}

impl StimulatorDose {
    /// This dose `count` times over.
    #[must_use]
    pub const fn times(self, count: u64) -> Self {
        Self {
            pulses: Pulses::from_picopulses(self.pulses.picopulses().saturating_mul(count)),
            energy: Energy::from_picojoules(self.energy.picojoules().saturating_mul(count)),
            time: self.time.times(count),
        }
    }

    /// Both doses, component by component.
    fn with(self, other: Self, join: impl Fn(u64, u64) -> u64) -> Self {
        let pulses = join(self.pulses.picopulses(), other.pulses.picopulses());
        let energy = join(self.energy.picojoules(), other.energy.picojoules());
        Self {
            pulses: Pulses::from_picopulses(pulses),
            energy: Energy::from_picojoules(energy),
            time: Nanos::new(join(self.time.get(), other.time.get())),
        }
    }
}

impl Modality for Stimulator {
    type Level = StimulatorLevel;
    type Output = Pulsing;
    type Dose = StimulatorDose;
    type Prescription = StimulatorPrescription;

    const REMINDER: Option<Nanos> = None;
    /// 5 % or one pulse: a train that was ordered is held against the count by itself, and all
    /// others are whole pulses (proposal that needs the clinic's sign-off).
    const COUNTS_APART: Allowance = Allowance { permille: 50, least: PICO };
    /// 2 % or one pulse (the same).
    const UNSEEN: Allowance = Allowance { permille: 20, least: PICO };

    fn output(level: StimulatorLevel) -> Pulsing {
        Pulsing { rate: level.rate, pulse_energy: level.pulse_energy }
    }

    /// Energy is rounded up at each step, so that no pulse is charged for less than it is.
    fn accrue(dose: StimulatorDose, output: Pulsing, time: Nanos) -> StimulatorDose {
        let rate = u64::from(output.rate.millihertz());
        let energy = quotient_up(&[rate, output.pulse_energy.picojoules(), time.get()], &[PICO]);
        let more = StimulatorDose {
            pulses: over(output, time),
            energy: Energy::from_picojoules(energy),
            time,
        };
        Self::plus(dose, more)
    }

    fn plus(dose: StimulatorDose, more: StimulatorDose) -> StimulatorDose {
        dose.with(more, u64::saturating_add)
    }

    fn minus(budget: StimulatorDose, dose: StimulatorDose) -> StimulatorDose {
        budget.with(dose, u64::saturating_sub)
    }

    fn half(dose: StimulatorDose) -> StimulatorDose {
        dose.with(dose, |count, _| count.div_ceil(2))
    }

    fn greater(dose: StimulatorDose, other: StimulatorDose) -> StimulatorDose {
        dose.with(other, u64::max)
    }

    fn lesser(dose: StimulatorDose, other: StimulatorDose) -> StimulatorDose {
        dose.with(other, u64::min)
    }

    fn coarse(dose: StimulatorDose) -> StimulatorDose {
        let up = |count: u64, step: u64| count.div_ceil(step).saturating_mul(step);
        StimulatorDose {
            pulses: Pulses::from_picopulses(up(dose.pulses.picopulses(), PICO)),
            energy: Energy::from_picojoules(up(dose.energy.picojoules(), 1_000_000_000)),
            time: Nanos::new(up(dose.time.get(), 1_000_000)),
        }
    }

    fn covers(budget: StimulatorDose, dose: StimulatorDose) -> bool {
        dose.pulses <= budget.pulses && dose.energy <= budget.energy && dose.time <= budget.time
    }

    fn lasts_at(left: StimulatorDose, output: Pulsing) -> Nanos {
        let rate = u64::from(output.rate.millihertz());
        let per_pulse = output.pulse_energy.picojoules();
        let energy = if rate == 0 || per_pulse == 0 {
            Nanos::MAX
        } else {
            Nanos::new(quotient_down(&[left.energy.picojoules(), PICO], &[rate, per_pulse]))
        };
        until(left.pulses, output).min(energy).min(left.time)
    }

    fn counted(count: Pulses) -> StimulatorDose {
        StimulatorDose { pulses: count, ..StimulatorDose::default() }
    }

    fn count(dose: StimulatorDose) -> u64 {
        dose.pulses.picopulses()
    }

    fn share(delivered: StimulatorDose, prescribed: StimulatorDose) -> u64 {
        let pulses = |dose: StimulatorDose| Integral::count(dose.pulses);
        quotient_down(&[pulses(delivered), 1_000], &[pulses(prescribed)])
    }

    /// A stimulator gives trains, whatever its pace: none can be broken off (design, "a Run is an
    /// edge").
    fn runs(level: StimulatorLevel, _pace: Pace) -> Option<Run<Self>> {
        let dose = level.train();
        Some(Run { dose, length: dose.time, wait: level.wait })
    }
}

/// A millihertz times a nanosecond, as a part of a pulse.
const PICO: u64 = 1_000_000_000_000;
