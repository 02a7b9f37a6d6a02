//! The sensor of the output: a numbered sample each period, with the noise that a healthy one has.

use rand::{Rng, SeedableRng, rngs::StdRng};

/// Largest error of a reading, in permille of it: a good thermopile or Hall probe.
const NOISE_PERMILLE: i64 = 4;

/// Largest error that does not grow with the reading, in level units: it keeps small readings from standing still.
const DITHER: i64 = 2;

/// Thousandths in a level unit.
const MILLI: i64 = 1_000;

/// Samples since the start of a boot.
#[derive(Clone, Debug)]
pub(crate) struct Sampler {
    seed: u64,
    since_ns: u64,
    period_ns: u64,
    number: u64,
    /// True output at the newest sample, in thousandths of a level unit.
    raw_milli: u64,
}

impl Sampler {
    pub(crate) fn new(seed: u64, since_ns: u64, period_ms: u16) -> Self {
        let period_ns = u64::from(period_ms.max(1)) * 1_000_000;
        Self { seed, since_ns, period_ns, number: 0, raw_milli: 0 }
    }

    /// The instant of the newest sample that is due by `now_ns`, if it was not taken yet. Those between are not looked at by anyone.
    pub(crate) fn due_ns(&self, now_ns: u64) -> Option<u64> {
        let number = now_ns.saturating_sub(self.since_ns) / self.period_ns;
        (number > self.number).then(|| self.since_ns + number * self.period_ns)
    }

    /// Takes the sample of this instant.
    pub(crate) fn take(&mut self, at_ns: u64, raw_milli: u64) {
        self.number = at_ns.saturating_sub(self.since_ns) / self.period_ns;
        self.raw_milli = raw_milli;
    }

    /// Number of the newest sample; it wraps.
    pub(crate) fn number(&self) -> u32 {
        u32::try_from(self.number & u64::from(u32::MAX)).unwrap_or(0)
    }

    /// The error of the newest sample. Each has a chance of its own, so that it does not matter who looked at those before.
    pub(crate) fn noise(&self) -> Noise {
        let seed = self.seed ^ self.number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut chance = StdRng::seed_from_u64(seed);
        Noise {
            millionths: chance.random_range(-NOISE_PERMILLE * MILLI..=NOISE_PERMILLE * MILLI),
            milli: chance.random_range(-DITHER * MILLI..=DITHER * MILLI),
            centidegrees: chance.random_range(-1..=1),
        }
    }

    /// The newest sample as a meter with this gain shows it, in level units. Without output there is no noise: the sensor is dark.
    pub(crate) fn reading(&self, meter_gain_permille: u32, noise: &Noise) -> u32 {
        let measured_milli = i128::from(self.raw_milli) * i128::from(meter_gain_permille) / 1_000;
        if measured_milli == 0 {
            return 0;
        }
        let error_milli = measured_milli * i128::from(noise.millionths) / 1_000_000;
        let shown = (measured_milli + error_milli + i128::from(noise.milli) + 500) / 1_000;
        u32::try_from(shown.max(0)).unwrap_or(u32::MAX)
    }
}

/// How far a sample is off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noise {
    /// Of the output, in millionths of it.
    millionths: i64,
    /// Of the output, in thousandths of a level unit.
    milli: i64,
    /// Of the temperature, in hundredths of a degree.
    pub(crate) centidegrees: i16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_healthy_reading_never_stands_still_and_is_close() {
        for raw_milli in [100_000, 5_000_000, 30_000_000] {
            let mut sampler = Sampler::new(3, 0, 20);
            let mut readings = Vec::new();
            for number in 1..=100 {
                sampler.take(number * 20_000_000, raw_milli);
                readings.push(sampler.reading(1_000, &sampler.noise()));
            }
            let stuck = readings.windows(10).any(|ten| ten.iter().all(|one| *one == ten[0]));
            assert!(!stuck, "{readings:?}");
            let off = readings.iter().map(|r| (u64::from(*r) * 1_000).abs_diff(raw_milli)).max();
            assert!(off.expect("some") <= raw_milli * 4 / 1_000 + 2_500);
        }
    }

    #[test]
    fn samples_are_numbered_from_one() {
        let mut sampler = Sampler::new(3, 5, 20);
        assert_eq!(sampler.due_ns(20_000_004), None);
        assert_eq!(sampler.due_ns(20_000_005), Some(20_000_005));
        sampler.take(20_000_005, 0);
        assert_eq!((sampler.number(), sampler.reading(1_000, &sampler.noise())), (1, 0));
        assert_eq!(sampler.due_ns(70_000_000), Some(60_000_005));
    }
}
