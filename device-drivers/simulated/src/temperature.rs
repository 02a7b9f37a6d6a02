//! The part that touches the patient: it warms up with the output and cools towards the room (PEM-04).

use crate::{capability::Modality, plan::Plan};

/// Time between two steps of the heat balance, in nanoseconds. The steps stand at multiples of it, so that nobody's calls move them.
const TICK_NS: u64 = 100_000_000;

/// Steps in a second.
const TICKS_PER_SECOND: i64 = 10;

/// Millionths in one, in which the load of the output is reckoned.
const MILLIONTHS: i64 = 1_000_000;

/// Microdegrees in a hundredth of a degree.
const MICRO_PER_CENTI: i64 = 10_000;

/// Above this the unit trips, in hundredths of a degree Celsius (open-link, section 6).
const TRIP_CENTI: i16 = 4_300;

/// At or below this the trip may be cleared, in hundredths of a degree Celsius.
const CLEAR_CENTI: i16 = 4_100;

/// The temperature of an applicator, and what it does with heat.
#[derive(Clone, Debug)]
pub(crate) struct Temperature {
    micro: i64,
    ambient_micro: i64,
    rise_micro: i64,
    slowness: i64,
    level_max: u64,
    /// A coil heats with the square of its field, a handpiece with its power.
    squared: bool,
}

impl Temperature {
    /// At room temperature.
    pub(crate) fn new(plan: &Plan) -> Self {
        let ambient_micro = i64::from(plan.ambient_centidegrees) * MICRO_PER_CENTI;
        Self {
            micro: ambient_micro,
            ambient_micro,
            rise_micro: i64::from(plan.rise_centidegrees) * MICRO_PER_CENTI,
            slowness: i64::from(plan.thermal_seconds.max(1)) * TICKS_PER_SECOND,
            level_max: u64::from(plan.capability.level_max.max(1)),
            squared: match plan.capability.modality {
                Modality::Laser { .. } => false,
                Modality::Pemf { .. } => true,
            },
        }
    }

    /// Moves it into another room.
    pub(crate) fn surround(&mut self, ambient_centi: i16) {
        self.ambient_micro = i64::from(ambient_centi) * MICRO_PER_CENTI;
    }

    /// In hundredths of a degree Celsius.
    pub(crate) fn centi(&self) -> i16 {
        i16::try_from(self.micro / MICRO_PER_CENTI).unwrap_or(i16::MAX)
    }

    /// The next step after `at_ns`.
    pub(crate) fn next_tick_ns(at_ns: u64) -> u64 {
        (at_ns / TICK_NS + 1).saturating_mul(TICK_NS)
    }

    /// One step at this true output, in thousandths of a level unit. Says whether it changed anything.
    pub(crate) fn tick(&mut self, output_milli: u64) -> bool {
        let change = self.change(output_milli);
        self.micro += change;
        change != 0
    }

    fn change(&self, output_milli: u64) -> i64 {
        // Thousandths of a level times a thousand are its millionths; a load is never far above ten times the full one.
        let load = output_milli.saturating_mul(1_000) / self.level_max;
        let load = i64::try_from(load).unwrap_or(i64::MAX).min(100 * MILLIONTHS);
        let linear = self.rise_micro * load / MILLIONTHS;
        let rise = if self.squared { linear * load / MILLIONTHS } else { linear };
        (self.ambient_micro + rise - self.micro) / self.slowness
    }
}

/// Whether a reading is too hot, for a unit that has or has not tripped already.
pub(crate) fn too_hot(reading_centi: i16, tripped: bool) -> bool {
    reading_centi > if tripped { CLEAR_CENTI } else { TRIP_CENTI }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(minutes: u32, output_microtesla: u64) -> i16 {
        let mut coil = Temperature::new(&Plan::pemf("A"));
        for _ in 0..minutes * 600 {
            coil.tick(output_microtesla * 1_000);
        }
        coil.centi()
    }

    #[test]
    fn a_coil_heats_with_the_square_of_its_field() {
        let (full, half) = (after(60, 30_000) - 2_300, after(60, 15_000) - 2_300);
        assert!((3_950..=4_000).contains(&full), "{full}");
        assert!((full / 4 - half).abs() <= 5, "{half}");
    }

    #[test]
    fn it_takes_a_time_constant_for_two_thirds() {
        let rise = after(5, 30_000) - 2_300;
        assert!((2_500..=2_560).contains(&rise), "{rise}");
    }

    #[test]
    fn it_cools_to_rest_and_then_needs_no_more_steps() {
        let mut coil = Temperature::new(&Plan::pemf("A"));
        assert!((0..600).all(|_| coil.tick(30_000_000)));
        let cooling = (0..60_000).take_while(|_| coil.tick(0)).count();
        assert!((10_000..40_000).contains(&cooling), "{cooling}");
        assert_eq!(coil.centi(), 2_300);
    }

    #[test]
    fn the_trip_has_a_hysteresis() {
        assert!(!too_hot(4_300, false) && too_hot(4_301, false));
        assert!(!too_hot(4_100, true) && too_hot(4_101, true));
    }
}
