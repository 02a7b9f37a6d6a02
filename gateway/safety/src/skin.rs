//! How much light skin may get: maximum permissible exposure (MPE), and skin types.
//!
//! The exposure limits are those of directive 2006/25/EC, tables 2.5 and 2.6, which ICNIRP and
//! IEC 60825-1 share. They protect everybody else, and are an alarm, not a dose, for the treated
//! skin. All results are shares of the limit, rounded up.

use crate::{
    laser::{Gate, LaserLevel, WAVELENGTHS_MAX},
    laser_limits::LaserUnit,
    prescription::{Answer, Skin, SkinType},
    quantity::{Area, Fluence, Irradiance, Wavelength},
    root::{fourth_root_of_seconds, power_of_ten, quotient_down, quotient_up},
    time::Nanos,
};

/// How long `level` may rest on one point until the skin there has got what the standard permits;
/// [`Nanos::MAX`] if it may rest for ever. `None` if the standard says nothing of a wavelength.
///
/// Gated output counts with its average power, as the second rule for pulse trains has it.
pub fn dwell(level: &LaserLevel, unit: &LaserUnit, spot: Area) -> Option<Nanos> {
    Some(Beam::new(level, unit, spot)?.dwell())
}

/// What one square centimetre of skin may get at `wavelength` within `time`, rounded down; `None`
/// if the standard does not say.
pub fn permitted(wavelength: Wavelength, time: Nanos) -> Option<Fluence> {
    let (factor, nanos) = (correction(wavelength)?, time.get());
    let microjoules = if nanos <= TEN_SECONDS {
        quotient_down(&[factor, per_area(nanos)], &[TRILLION])
    } else {
        quotient_down(&[factor, nanos, 2], &[TRILLION, 10])
    };
    Some(Fluence::from_microjoules_per_cm2(microjoules))
}

/// Light on skin: what each wavelength contributes, over which area, and when.
#[derive(Clone, Copy)]
pub(crate) struct Beam {
    /// The share of each wavelength in thousandths, and its correction factor in billionths.
    parts: [Option<(u64, u64)>; WAVELENGTHS_MAX],
    milliwatts: u64,
    square_millimetres: u64,
    gate: Gate,
}

impl Beam {
    /// `level` of `unit` on `spot`, if the standard covers all of its wavelengths.
    pub(crate) fn new(level: &LaserLevel, unit: &LaserUnit, spot: Area) -> Option<Self> {
        let mut parts = [None; WAVELENGTHS_MAX];
        for ((part, share), line) in parts.iter_mut().zip(level.mix).zip(unit.lines) {
            if share.get() > 0 {
                *part = Some((u64::from(share.get()), correction((line?).wavelength)?));
            }
        }
        Some(Self {
            parts,
            milliwatts: u64::from(level.power.milliwatts()),
            square_millimetres: u64::from(spot.square_millimetres()),
            gate: level.gate,
        })
    }

    /// Exposure of skin on which the beam rests for `time`, in thousandths of what is permitted for
    /// that time: the worst group of pulses within it.
    pub(crate) fn stationary(&self, time: Nanos) -> u64 {
        let Gate::Pulsed { frequency, duty } = self.gate else {
            return self.constant(time.get()).div_ceil(1_000);
        };
        let train =
            Train { millihertz: u128::from(frequency.millihertz()), duty: u128::from(duty.get()) };
        let window = time.get().min(TEN_SECONDS);
        let within = train.last_end(window);
        let beyond = train.end_after(window).filter(|end| *end <= time.get());
        [within, beyond, Some(window), Some(time.get())]
            .into_iter()
            .flatten()
            .map(|end| (train.on_time(end), end.saturating_sub(ROUNDINGS)))
            .map(|(on, time)| self.exposure(on, time, train.duty))
            .fold(self.pulse_millionths(), u64::max)
            .div_ceil(1_000)
    }

    /// Exposure by a single pulse, in thousandths of what is permitted for its length.
    pub(crate) fn pulse(&self) -> u64 {
        self.pulse_millionths().div_ceil(1_000)
    }

    /// How long the beam may rest at its average power.
    pub(crate) fn dwell(&self) -> Nanos {
        let permitted = |time| self.constant(time) <= MILLION;
        if permitted(TEN_SECONDS.saturating_add(1)) {
            return Nanos::MAX;
        }
        let (mut least, mut most) = (0_u64, TEN_SECONDS);
        while least < most {
            let middle = most.saturating_sub(most.saturating_sub(least) / 2);
            if permitted(middle) {
                least = middle;
            } else {
                most = middle.saturating_sub(1);
            }
        }
        Nanos::new(least)
    }

    /// Exposure by the average power over `time`, in millionths.
    fn constant(&self, time: u64) -> u64 {
        self.exposure(time, time, WHOLE)
    }

    fn pulse_millionths(&self) -> u64 {
        let Gate::Pulsed { frequency, duty } = self.gate else { return 0 };
        let millihertz = u64::from(frequency.millihertz());
        if millihertz == 0 {
            return u64::MAX;
        }
        let length = quotient_down(&[BILLION, u64::from(duty.get())], &[millihertz]);
        if length == 0 || TEN_SECONDS < length {
            // Below a nanosecond it is irradiance that counts, and a nanosecond has the same.
            return self.exposure(length.max(1), length.max(1), u128::from(duty.get()));
        }
        let permitted = per_area(length);
        self.sum(|share, factor| {
            quotient_up(
                &[self.milliwatts, share, BILLION, HUNDRED_TRILLION],
                &[millihertz, self.square_millimetres, factor, permitted],
            )
        })
    }

    /// Exposure by emission for `on` within `time`, in millionths of what is permitted for `time`.
    /// While it is on, power is the average divided by `duty`.
    fn exposure(&self, on: u64, time: u64, duty: u128) -> u64 {
        let duty = u64::try_from(duty).unwrap_or(0);
        if time <= TEN_SECONDS {
            let permitted = per_area(time);
            return self.sum(|share, factor| {
                quotient_up(
                    &[self.milliwatts, share, on, HUNDRED_TRILLION],
                    &[duty, self.square_millimetres, factor, permitted],
                )
            });
        }
        let part = quotient_up(&[on, BILLION], &[time]);
        self.sum(|share, factor| {
            quotient_up(
                &[self.milliwatts, share, part, 500_000],
                &[duty, self.square_millimetres, factor],
            )
        })
    }

    /// Wavelengths act together: their exposures add up (IEC 60825-1).
    fn sum(&self, share: impl Fn(u64, u64) -> u64) -> u64 {
        self.parts
            .iter()
            .flatten()
            .fold(0, |sum: u64, (part, factor)| sum.saturating_add(share(*part, *factor)))
    }
}

/// A train of pulses that begins with one. Times are multiplied by the frequency, so that the
/// period is a whole number whatever the frequency.
#[derive(Clone, Copy)]
struct Train {
    millihertz: u128,
    duty: u128,
}

impl Train {
    /// For how long it is on within the first `time`, rounded up.
    fn on_time(self, time: u64) -> u64 {
        let scaled = u128::from(time).saturating_mul(self.millihertz);
        let periods = scaled / PERIOD;
        let rest = (scaled % PERIOD).min(self.pulse());
        let on = periods.saturating_mul(self.pulse()).saturating_add(rest);
        self.unscale(on)
    }

    /// The end of the last pulse that ends within `time`.
    fn last_end(self, time: u64) -> Option<u64> {
        let scaled = u128::from(time).saturating_mul(self.millihertz);
        let periods = scaled.checked_sub(self.pulse())? / PERIOD;
        let end = periods.saturating_mul(PERIOD).saturating_add(self.pulse());
        Some(self.unscale(end).min(time))
    }

    /// The end of the first pulse that ends after `time`.
    fn end_after(self, time: u64) -> Option<u64> {
        let next = self.unscale(PERIOD);
        match self.last_end(time) {
            Some(end) => end.checked_add(next),
            None => Some(self.unscale(self.pulse())),
        }
    }

    /// The length of a pulse, times the frequency.
    const fn pulse(self) -> u128 {
        self.duty.saturating_mul(1_000_000_000)
    }

    fn unscale(self, scaled: u128) -> u64 {
        if self.millihertz == 0 {
            return u64::MAX;
        }
        u64::try_from(scaled.div_ceil(self.millihertz)).unwrap_or(u64::MAX)
    }
}

/// How a skin type bears light (LAS-16): thousandths of the limits for each band of wavelengths,
/// and the irradiance that should not be exceeded (proposals; 810 nm heats dark skin three to six
/// times as much as other skin).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tolerance {
    /// Below 915 nm. The table of skin types speaks of 780 to 870 nm; what lies around is absorbed
    /// by melanin no less, so it is treated alike.
    short: u64,
    /// From 915 nm.
    long: u64,
    /// Soft.
    pub(crate) irradiance: Irradiance,
    /// The highest share of the power below 915 nm, in thousandths.
    pub(crate) content: u64,
}

impl Tolerance {
    /// How `skin` bears light. A tattoo, dense hair or a tan in the field counts as the darkest
    /// type, and so does whatever is unknown.
    pub(crate) fn of(skin: &Skin) -> Self {
        let kind = match skin.dark_field {
            Answer::Yes | Answer::Unanswered => SkinType::Six,
            Answer::No => skin.kind.unwrap_or(SkinType::Six),
        };
        let watts =
            |milliwatts: u32| Irradiance::from_microwatts_per_cm2(milliwatts.saturating_mul(1_000));
        match kind {
            SkinType::One | SkinType::Two | SkinType::Three => {
                Self { short: 1_000, long: 1_000, irradiance: watts(1_500), content: 1_000 }
            }
            SkinType::Four => {
                Self { short: 700, long: 900, irradiance: watts(1_200), content: 1_000 }
            }
            SkinType::Five | SkinType::Six => Self {
                short: 330,
                long: 750,
                irradiance: watts(800),
                content: if skin.test_spot { 1_000 } else { 0 },
            },
        }
    }

    /// What is left of a limit for a mix on this skin, rounded down. Each part of the mix counts as
    /// much more as this skin bears less of it; never less than on light skin.
    pub(crate) fn borne(&self, limit: u64, level: &LaserLevel, unit: &LaserUnit) -> u64 {
        let short = short_content(level, unit);
        let whole = level.mix.iter().map(|share| u64::from(share.get()));
        let long = whole.fold(0, u64::saturating_add).saturating_sub(short);
        let (short, long) = (short.saturating_mul(self.long), long.saturating_mul(self.short));
        let counted = short.saturating_add(long);
        quotient_down(&[limit, self.short, self.long], &[counted]).min(limit)
    }
}

/// The share of the power below 915 nm, in thousandths.
pub(crate) fn short_content(level: &LaserLevel, unit: &LaserUnit) -> u64 {
    let parts =
        level.mix.iter().zip(unit.lines).filter_map(|(share, line)| {
            is_short(line?.wavelength).then_some(u64::from(share.get()))
        });
    parts.fold(0, u64::saturating_add)
}

const fn is_short(wavelength: Wavelength) -> bool {
    wavelength.nanometres() < 915
}

/// The factor C_A by which skin bears infrared better than visible light, in billionths: 1 below
/// 700 nm, 10^(0.002 (λ − 700)) up to 1050 nm, 5 up to 1400 nm.
pub(crate) fn correction(wavelength: Wavelength) -> Option<u64> {
    match wavelength.nanometres() {
        400..700 => Some(BILLION),
        nanometres @ 700..1_050 => Some(power_of_ten(nanometres.saturating_sub(700))),
        1_050..=1_400 => Some(5_000_000_000),
        ..400 | 1_401.. => None,
    }
}

/// What one square centimetre of skin may get within `nanos`, up to ten seconds, at C_A = 1, in
/// billionths of a joule: 0.02 J/cm² below 100 ns, else 1.1 t^0.25 J/cm².
pub(crate) fn per_area(nanos: u64) -> u64 {
    match nanos {
        ..100 => 20_000_000,
        100.. => fourth_root_of_seconds(nanos).saturating_mul(11) / 10,
    }
}

/// A period times its frequency, in nanoseconds times millihertz.
const PERIOD: u128 = 1_000_000_000_000;
/// By how many nanoseconds the end of a pulse may have been rounded up.
const ROUNDINGS: u64 = 2;
/// Up to here the permitted exposure grows with time; beyond, irradiance is limited.
const TEN_SECONDS: u64 = 10_000_000_000;
const BILLION: u64 = 1_000_000_000;
const HUNDRED_TRILLION: u64 = 100_000_000_000_000;
const TRILLION: u64 = 1_000_000_000_000;
const MILLION: u64 = 1_000_000;
/// The whole, in thousandths.
const WHOLE: u128 = 1_000;
