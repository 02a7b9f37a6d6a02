//! What a unit can be told of a level, and what it emits at what it was told.
//!
//! Every rounding is to the side that emits less when it is told, and charges more when it is read.

use core::fmt::Debug;

use safety::{
    Flux, Frequency, Gate, Laser, LaserLevel, Modality, Nanos, Output, Pemf, PemfLevel, Permille,
    Power, PowerCurve, Setting, Slew, Waveform,
};

use super::{Counts, Slot};

/// What is told of one setting, as whole numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Microamperes or millionths of a drive, milliwatts, or what the coil is scaled by.
    pub level: u32,
    /// Millihertz.
    pub frequency: u32,
    /// Thousandths of a period.
    pub duty: u32,
    /// The length of a run.
    pub seconds: u32,
    /// Whether it turns on.
    pub on: bool,
}

impl Amounts {
    /// What goes into a slot.
    pub(crate) fn of(&self, slot: Slot) -> u32 {
        match slot {
            Slot::Level => self.level,
            Slot::Frequency => self.frequency,
            Slot::Duty => self.duty,
            Slot::Seconds => self.seconds,
            Slot::On => u32::from(self.on),
        }
    }
}

/// A kind of therapy whose levels a profile can tell.
pub trait Told: Modality<Output: Send + Output<Integral: Send>> {
    /// The longest that it may emit after our last byte.
    const LEASE_MOST: Nanos;

    /// What one unit can be told, with its calibration.
    type Levels: Clone + Debug + Send;

    /// The level nearest below `level` that it can be told.
    fn exact(levels: &Self::Levels, level: Self::Level) -> Option<Self::Level>;

    /// What it is told for `setting`.
    fn amounts(levels: &Self::Levels, setting: &Setting<Self>) -> Option<Amounts>;

    /// What is charged for an amount that was read: its upper bound.
    fn charged(levels: &Self::Levels, amount: i64) -> Self::Output;

    /// How much more than it is told may come out, by its calibration.
    fn uncertainty(levels: &Self::Levels) -> Permille;

    /// The most that it can be told.
    fn most(levels: &Self::Levels) -> u32;

    /// What it is told in whole numbers of.
    fn step(levels: &Self::Levels) -> u32;

    /// Whether this can be.
    fn is_sound(levels: &Self::Levels) -> bool;

    /// Whether it is told what the profile counts.
    fn is_counted(levels: &Self::Levels, counts: Counts) -> bool;
}

/// What a number may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// The least.
    pub least: u32,
    /// The most.
    pub most: u32,
    /// A whole number of these.
    pub step: u32,
}

impl Steps {
    /// Nothing but this.
    pub const fn only(count: u32) -> Self {
        Self { least: count, most: count, step: 1 }
    }

    fn down(&self, count: u32) -> Option<u32> {
        let down = count.checked_div(self.step)?.checked_mul(self.step)?;
        (self.least <= down && down <= self.most).then_some(down)
    }

    fn holds(&self, count: u32) -> bool {
        self.down(count) == Some(count)
    }

    fn is_sound(&self) -> bool {
        self.step != 0 && self.least <= self.most
    }
}

/// How a laser is told its power.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaserLevels {
    /// In milliwatts, which the unit keeps by itself.
    Watts {
        /// Which.
        power: Steps,
        /// How much its own meter may show too little.
        uncertainty: Permille,
    },
    /// As a drive, with what a meter showed at the handpiece.
    Driven {
        /// Power over drive.
        curve: PowerCurve,
        /// A drive below this emits nothing that a meter shows: less than the first point.
        dark: u32,
    },
}

impl Told for Laser {
    type Levels = LaserLevels;

    const LEASE_MOST: Nanos = Nanos::from_millis(1_000);

    /// One wavelength, without a gate: nothing else can be told in lines and registers alone.
    fn exact(levels: &LaserLevels, level: LaserLevel) -> Option<LaserLevel> {
        let [first, rest @ ..] = level.mix;
        let one = first == Permille::WHOLE && rest.iter().all(|share| *share == Permille::ZERO);
        if !one || level.gate != Gate::Continuous {
            return None;
        }
        let power = match levels {
            LaserLevels::Watts { power, .. } => {
                Power::from_milliwatts(power.down(level.power.milliwatts())?)
            }
            LaserLevels::Driven { curve, .. } => curve.exact(level.power)?,
        };
        Some(LaserLevel { power, ..level })
    }

    fn amounts(levels: &LaserLevels, setting: &Setting<Self>) -> Option<Amounts> {
        let exact = Self::exact(levels, setting.level).filter(|exact| *exact == setting.level)?;
        let level = match levels {
            LaserLevels::Watts { .. } => exact.power.milliwatts(),
            LaserLevels::Driven { curve, .. } => curve.drive_for(exact.power)?.count(),
        };
        Some(Amounts { level, on: true, ..Amounts::default() })
    }

    fn charged(levels: &LaserLevels, amount: i64) -> Power {
        let amount = u32::try_from(amount.max(0)).unwrap_or(u32::MAX);
        match levels {
            LaserLevels::Watts { uncertainty, .. } => {
                Power::from_milliwatts(with_share(amount, *uncertainty))
            }
            LaserLevels::Driven { dark, .. } if amount < *dark => Power::ZERO,
            LaserLevels::Driven { curve, .. } => {
                curve.charged_at(safety::Drive::from_count(amount))
            }
        }
    }

    fn uncertainty(levels: &LaserLevels) -> Permille {
        match levels {
            LaserLevels::Watts { uncertainty, .. } => *uncertainty,
            LaserLevels::Driven { curve, .. } => curve.uncertainty(),
        }
    }

    fn most(levels: &LaserLevels) -> u32 {
        match levels {
            LaserLevels::Watts { power, .. } => power.most,
            LaserLevels::Driven { curve, .. } => {
                curve.points().last().map_or(0, |(drive, _)| drive.count())
            }
        }
    }

    fn step(levels: &LaserLevels) -> u32 {
        match levels {
            LaserLevels::Watts { power, .. } => power.step,
            LaserLevels::Driven { curve, .. } => curve.step().count(),
        }
    }

    fn is_sound(levels: &LaserLevels) -> bool {
        match levels {
            LaserLevels::Watts { power, .. } => power.is_sound() && 0 < power.least,
            LaserLevels::Driven { curve, dark } => {
                curve.points().first().is_some_and(|(drive, _)| *dark <= drive.count())
            }
        }
    }

    /// A curve is over microamperes: what a unit counts of its own, nobody has measured here.
    fn is_counted(levels: &LaserLevels, counts: Counts) -> bool {
        match levels {
            LaserLevels::Watts { .. } => counts == Counts::Milliwatts,
            LaserLevels::Driven { .. } => counts == Counts::Microamperes,
        }
    }
}

/// How a field is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PemfLevels {
    /// The amounts that it can be told, in microamperes of the coil, say.
    pub amount: Steps,
    /// At this amount,
    pub at: u32,
    /// a meter showed this flux density at the surface of the applicator: the field is as straight
    /// as the current.
    pub flux: Flux,
    /// How much that may be too little.
    pub uncertainty: Permille,
    /// An amount below this makes no field that a meter shows.
    pub dark: u32,
    /// The frequencies that it can be told, in millihertz.
    pub frequency: Steps,
    /// The shares of a period, in thousandths.
    pub duty: Steps,
    /// The course of its field.
    pub waveform: Waveform,
    /// The time that its field takes to its peak.
    pub slew: Slew,
}

impl PemfLevels {
    /// The flux at `amount` as calibrated, rounded down.
    fn flux_at(&self, amount: u32) -> Option<u32> {
        let product = u64::from(amount).checked_mul(self.flux.microteslas().into())?;
        u32::try_from(product.checked_div(self.at.into())?).ok()
    }

    /// The most that can be told for at most `flux`.
    fn amount_for(&self, flux: Flux) -> Option<u32> {
        // One microtesla more less one part: what is rounded down once is found again.
        let next = u64::from(flux.microteslas()).checked_add(1)?.checked_mul(self.at.into())?;
        let amount = next.checked_sub(1)?.checked_div(self.flux.microteslas().into())?;
        self.amount.down(u32::try_from(amount).ok()?)
    }
}

impl Told for Pemf {
    type Levels = PemfLevels;

    const LEASE_MOST: Nanos = Nanos::from_millis(3_000);

    fn exact(levels: &PemfLevels, level: PemfLevel) -> Option<PemfLevel> {
        if level.waveform != levels.waveform || level.slew != levels.slew {
            return None;
        }
        let frequency = levels.frequency.down(level.frequency.millihertz())?;
        let duty = Permille::new(u16::try_from(levels.duty.down(level.duty.get().into())?).ok()?)?;
        let flux = Flux::from_microteslas(levels.flux_at(levels.amount_for(level.flux)?)?);
        Some(PemfLevel { flux, frequency: Frequency::from_millihertz(frequency), duty, ..level })
    }

    fn amounts(levels: &PemfLevels, setting: &Setting<Self>) -> Option<Amounts> {
        let exact = Self::exact(levels, setting.level).filter(|exact| *exact == setting.level)?;
        Some(Amounts {
            level: levels.amount_for(exact.flux)?,
            frequency: exact.frequency.millihertz(),
            duty: exact.duty.get().into(),
            seconds: 0,
            on: true,
        })
    }

    fn charged(levels: &PemfLevels, amount: i64) -> Flux {
        // A field that points the other way is as strong.
        let amount = u32::try_from(amount.unsigned_abs()).unwrap_or(u32::MAX);
        if amount < levels.dark {
            return Flux::ZERO;
        }
        let product = u64::from(amount).saturating_mul(levels.flux.microteslas().into());
        let flux = product.div_ceil(u64::from(levels.at).max(1));
        let flux = u32::try_from(flux).unwrap_or(u32::MAX);
        Flux::from_microteslas(with_share(flux, levels.uncertainty))
    }

    fn uncertainty(levels: &PemfLevels) -> Permille {
        levels.uncertainty
    }

    fn most(levels: &PemfLevels) -> u32 {
        levels.amount.most
    }

    fn step(levels: &PemfLevels) -> u32 {
        levels.amount.step
    }

    fn is_sound(levels: &PemfLevels) -> bool {
        let steps = [levels.amount, levels.frequency, levels.duty];
        let whole = Permille::WHOLE.get().into();
        let first = levels.flux_at(levels.amount.least).is_some_and(|flux| 0 < flux);
        let all = steps.iter().all(Steps::is_sound) && levels.duty.most <= whole;
        all && first
            && levels.amount.holds(levels.amount.least)
            && levels.dark <= levels.amount.least
    }

    fn is_counted(_: &PemfLevels, counts: Counts) -> bool {
        counts != Counts::Milliwatts
    }
}

/// A count and this share of it more, rounded up.
fn with_share(count: u32, share: Permille) -> u32 {
    let whole = u64::from(Permille::WHOLE.get());
    let more = u64::from(count).saturating_mul(whole.saturating_add(share.get().into()));
    u32::try_from(more.div_ceil(whole)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coil(at: u32, flux: u32, step: u32) -> PemfLevels {
        PemfLevels {
            amount: Steps { least: step, most: 5_000_000, step },
            at,
            flux: Flux::from_microteslas(flux),
            uncertainty: Permille::ZERO,
            dark: 1,
            frequency: Steps { least: 1_000, most: 60_990, step: 10 },
            duty: Steps { least: 10, most: 990, step: 10 },
            waveform: Waveform::Rectangular,
            slew: Slew::from_micros(1_000),
        }
    }

    /// What is told is never more than what was asked, what it can do is not rounded again, and
    /// what is charged is never less.
    #[test]
    fn a_flux_is_rounded_down_once_and_charged_above() {
        for (at, flux, step) in [(1_000_000, 7_300, 1_000), (3, 7, 1), (999_983, 10_007, 10_000)] {
            let levels = coil(at, flux, step);
            for asked in (1..30_000).step_by(13) {
                let level = PemfLevel {
                    flux: Flux::from_microteslas(asked),
                    frequency: Frequency::from_millihertz(10_000),
                    waveform: Waveform::Rectangular,
                    slew: Slew::from_micros(1_000),
                    duty: Permille::new(500).unwrap(),
                };
                let Some(exact) = Pemf::exact(&levels, level) else { continue };
                assert!(exact.flux <= level.flux);
                assert_eq!(Pemf::exact(&levels, exact), Some(exact));
                let setting = Setting { level: exact, preset: Default::default() };
                let amounts = Pemf::amounts(&levels, &setting).unwrap();
                assert_eq!(amounts.level % step, 0);
                let charged = Pemf::charged(&levels, amounts.level.into());
                let field = u64::from(amounts.level) * u64::from(flux);
                assert!(field <= u64::from(charged.microteslas()) * u64::from(at));
                assert!(exact.flux <= charged, "{exact:?} {charged:?}");
                assert_eq!(Pemf::charged(&levels, -i64::from(amounts.level)), charged);
            }
        }
    }
}
