//! The facts of a magnetic stimulator, and what its supply lets it do.
//!
//! Waits and energies are rounded towards refusal: a wait up, a time of trains down. What does not
//! fit into a count refuses by itself.

use crate::{
    decision::{Limit, Tier},
    limits::{Contradiction, Fault, Place, Span},
    prescription::ApplicatorCode,
    quantity::{Energy, Frequency, Permille, Power},
    root::quotient_down,
    stimulator::StimulatorLevel,
    time::Nanos,
};

/// How many bands of intensity a table of a unit may have.
pub const BANDS_MAX: usize = 12;

/// The facts of a stimulator (CFG-04). What is not known is `None`, and refuses (CFG-09).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StimulatorUnit {
    /// The intensities that it can be set to, in thousandths of the most it can discharge.
    pub intensity: Option<Span<Permille>>,
    /// The step in which intensity is set: 1 % on every unit known.
    pub intensity_step: Option<Permille>,
    /// Pulses per second, which fall with intensity.
    pub rates: Bands<Span<Frequency>>,
    /// The step in which they are set.
    pub rate_step: Option<Frequency>,
    /// Pulses in one train; a unit without trains has one at the least and at the most.
    pub train_pulses: Option<Span<u32>>,
    /// The least time between two trains, whatever they were.
    pub least_wait: Option<Nanos>,
    /// The energy of one pulse.
    pub pulse_energy: Option<PulseEnergy>,
    /// What it needs between two trains, by what they took.
    pub recovery: Option<Recovery>,
    /// The coil that its numbers hold for (PEM-07).
    pub applicator: Option<ApplicatorCode>,
    /// Whole days until its calibration is due; zero if it is due or overdue (CFG-08).
    pub calibration_days: Option<u32>,
}

/// A table by intensity, each line with the highest intensity that it holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bands<T>([Option<Band<T>>; BANDS_MAX]);

/// One line of a table by intensity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Band<T> {
    /// It holds up to this intensity, and above the line before it.
    pub up_to: Permille,
    /// What holds there.
    pub value: T,
}

/// How much energy one pulse takes at an intensity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::large_enum_variant, reason = "a unit is one value, made of plain copies")]
pub enum PulseEnergy {
    /// So many microjoules times the square of the intensity in percent. The vendor's table of a
    /// Magstim Rapid² fits 25,200 (0.0252 J) to a thousandth.
    Square {
        /// Microjoules per percent squared.
        microjoules: u32,
    },
    /// The vendor's own table. Between two of its lines the higher counts.
    Table(Bands<Energy>),
}

/// What a unit needs between two trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::large_enum_variant, reason = "a unit is one value, made of plain copies")]
pub enum Recovery {
    /// Its supply restores so much power for as long as it likes, and gives so much energy within a
    /// minute: 1,050 W and 63,000 J for a Magstim Rapid² (vendor's TDb 087).
    Supply {
        /// What is restored all the time.
        sustained: Power,
        /// What may be taken within a minute.
        minute: Energy,
    },
    /// It recharges after each pulse: 2 s below 50 %, 3 s below 80 %, 4 s from there for a Magstim
    /// 200² (vendor's TDb 086).
    Recharge(Bands<Nanos>),
}

impl<T> Default for Bands<T> {
    fn default() -> Self {
        Self([const { None }; BANDS_MAX])
    }
}

impl<T: Copy> Bands<T> {
    /// A table of these lines, if there are not too many.
    pub fn new(lines: &[Band<T>]) -> Option<Self> {
        if BANDS_MAX < lines.len() {
            return None;
        }
        let mut bands = Self::default();
        for (place, line) in bands.0.iter_mut().zip(lines) {
            *place = Some(*line);
        }
        Some(bands)
    }

    /// What holds at `intensity`, if that is known.
    pub fn at(&self, intensity: Permille) -> Option<T> {
        let found = self.lines().find(|line| intensity <= line.up_to);
        found.map(|line| line.value)
    }

    /// The lines, lowest first.
    pub fn lines(&self) -> impl Iterator<Item = Band<T>> {
        self.0.iter().copied().flatten()
    }

    /// Whether a line ends where the one before it ends, or below.
    fn is_out_of_order(&self) -> bool {
        self.lines().zip(self.lines().skip(1)).any(|(one, next)| next.up_to <= one.up_to)
    }
}

impl PulseEnergy {
    /// The energy of one pulse at `intensity`, rounded up.
    pub fn at(&self, intensity: Permille) -> Option<Energy> {
        match self {
            Self::Square { microjoules } => {
                let intensity = u64::from(intensity.get());
                // A thousandth squared is a hundredth of a percent squared.
                let square = intensity.saturating_mul(intensity).saturating_mul(10_000);
                let energy = u64::from(*microjoules).saturating_mul(square);
                Some(Energy::from_picojoules(energy))
            }
            Self::Table(table) => table.at(intensity),
        }
    }
}

impl Recovery {
    /// The least wait after one train of `level`, rounded up.
    ///
    /// With N pulses of E joules at f hertz, a supply of P watts has to restore N E joules less
    /// what it restored during the train: N (f E − P) / (P f) seconds.
    pub fn wait(&self, level: &StimulatorLevel) -> Option<Nanos> {
        match self {
            Self::Supply { sustained, minute: _ } => Some(restored(*sustained, level)),
            Self::Recharge(table) => table.at(level.intensity),
        }
    }

    /// The longest train at the rate and energy of `level`, rounded down, if anything bounds it: a
    /// minute of the supply within one train.
    pub fn longest_train(&self, level: &StimulatorLevel) -> Option<Nanos> {
        match self {
            Self::Supply { sustained: _, minute } => {
                let rate = u64::from(level.rate.millihertz());
                let taken = [rate, level.pulse_energy.picojoules()];
                Some(Nanos::new(quotient_down(&[minute.picojoules(), PICO], &taken)))
            }
            Self::Recharge(_) => None,
        }
    }
}

/// The time in which a supply of `sustained` restores what a train of `level` took beyond it.
fn restored(sustained: Power, level: &StimulatorLevel) -> Nanos {
    let (rate, watts) = (u128::from(level.rate.millihertz()), u128::from(sustained.milliwatts()));
    let taken = rate.saturating_mul(u128::from(level.pulse_energy.picojoules()));
    let beyond = taken.saturating_sub(watts.saturating_mul(u128::from(PICO)));
    let wait = beyond.checked_mul(u128::from(level.pulses)).and_then(|beyond| {
        let per = watts.checked_mul(rate)?;
        let whole = beyond.checked_div(per)?;
        whole.checked_add(u128::from(beyond.checked_rem(per)? != 0))
    });
    Nanos::new(wait.and_then(|wait| u64::try_from(wait).ok()).unwrap_or(u64::MAX))
}

impl StimulatorUnit {
    pub(crate) fn validate(&self) -> Result<(), Contradiction> {
        let rates =
            |wrong: fn(Span<Frequency>) -> bool| self.rates.lines().any(|line| wrong(line.value));
        let faults = [
            (inverted(self.intensity), Limit::LeastIntensity, Fault::LowerAboveUpper),
            (inverted(self.train_pulses), Limit::LeastTrainPulses, Fault::LowerAboveUpper),
            (rates(|span| span.most < span.least), Limit::PulseRateLow, Fault::LowerAboveUpper),
            (self.rates.is_out_of_order(), Limit::PulseRateHigh, Fault::Twice),
            (self.has_twisted_energy(), Limit::SiteEnergy, Fault::Twice),
            (self.has_no_energy(), Limit::SiteEnergy, Fault::Zero),
            (self.has_twisted_recharge(), Limit::TrainWait, Fault::Twice),
            (self.has_no_supply(), Limit::TrainWait, Fault::Zero),
            (self.intensity_step == Some(Permille::ZERO), Limit::IntensityStep, Fault::Zero),
            (self.rate_step == Some(Frequency::ZERO), Limit::FrequencyStep, Fault::Zero),
        ];
        match faults.into_iter().find(|(found, ..)| *found) {
            Some((_, limit, fault)) => {
                Err(Contradiction { limit, place: Place::Unit, tier: Tier::Capability, fault })
            }
            None => Ok(()),
        }
    }

    /// A pulse that costs less at a higher intensity is a slip of the pen.
    fn has_twisted_energy(&self) -> bool {
        let Some(PulseEnergy::Table(table)) = self.pulse_energy else { return false };
        let falls = table.lines().zip(table.lines().skip(1)).any(|(a, b)| b.value < a.value);
        table.is_out_of_order() || falls
    }

    /// A pulse that costs nothing is one of unknown cost.
    fn has_no_energy(&self) -> bool {
        match self.pulse_energy {
            Some(PulseEnergy::Square { microjoules }) => microjoules == 0,
            Some(PulseEnergy::Table(table)) => table.lines().any(|line| line.value == Energy::ZERO),
            None => false,
        }
    }

    fn has_twisted_recharge(&self) -> bool {
        match self.recovery {
            Some(Recovery::Recharge(table)) => table.is_out_of_order(),
            Some(Recovery::Supply { .. }) | None => false,
        }
    }

    fn has_no_supply(&self) -> bool {
        match self.recovery {
            Some(Recovery::Supply { sustained, minute }) => {
                sustained == Power::ZERO || minute == Energy::ZERO
            }
            Some(Recovery::Recharge(table)) => table.lines().any(|line| line.value == Nanos::ZERO),
            None => false,
        }
    }
}

fn inverted<T: Ord>(span: Option<Span<T>>) -> bool {
    span.is_some_and(|span| span.most < span.least)
}

/// A millihertz times a picojoule times this many nanoseconds is a picojoule.
const PICO: u64 = 1_000_000_000_000;
