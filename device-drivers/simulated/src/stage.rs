//! The output stage: it rises along a ramp, falls at once, and two meters watch it, one true and one the unit's own.
//!
//! Between two events the output is piecewise linear, so both integrals are exact, whoever steps it and how often. One *grain* is 10⁻¹² of a level
//! unit: a femtowatt, or an attotesla. The areas are kept doubled, because the area under a ramp has a half in it.

/// Grains in a milliwatt or a microtesla.
const GRAINS_PER_UNIT: u128 = 1_000_000_000_000;

/// A ramp of one unit per second, in grains per nanosecond: 10¹² grains over 10⁹ ns.
const GRAINS_PER_NANO: u128 = 1_000;

/// Permille in one.
const WHOLE: u128 = 1_000;

/// The true meter counts doubled thousandths of a grain nanosecond; so many of them are a picojoule or a femtotesla second (10¹² grain·ns).
const TRUE_PER_PICO: u128 = 2 * WHOLE * GRAINS_PER_UNIT;

/// The unit's own meter counts doubled millionths, because two gains go into it; so many of them are a microjoule or a nanotesla second.
pub(crate) const OWN_PER_MICRO: u128 = 2 * WHOLE * WHOLE * GRAINS_PER_UNIT * 1_000_000;

/// And so many are a millijoule or a microtesla second, in which a preset is given.
pub(crate) const OWN_PER_MILLI: u128 = 1_000 * OWN_PER_MICRO;

/// The output of one unit, from some instant on.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    at_ns: u64,
    /// What the drive puts out at `at_ns`, in grains.
    drive: u128,
    /// What it is on its way to, in grains.
    target: u128,
    /// How fast it rises, in grains per nanosecond.
    rate: u128,
    /// True output for each thousand grains of drive.
    pub(crate) gain_permille: u32,
    /// What the unit's own meter makes of each thousand grains of output.
    pub(crate) meter_gain_permille: u32,
    /// What the own meter shows whatever comes out, in level units, while its sensor is stuck.
    pub(crate) frozen: Option<u32>,
    truth: u128,
    own: u128,
    driven_ns: u64,
}

impl Stage {
    /// An output that is off, and rises by `ramp_per_second` level units per second.
    pub(crate) fn new(now_ns: u64, ramp_per_second: u32) -> Self {
        Self {
            at_ns: now_ns,
            drive: 0,
            target: 0,
            rate: u128::from(ramp_per_second.max(1)) * GRAINS_PER_NANO,
            gain_permille: 1_000,
            meter_gain_permille: 1_000,
            frozen: None,
            truth: 0,
            own: 0,
            driven_ns: 0,
        }
    }

    /// The instant up to which both meters have counted.
    pub(crate) fn at_ns(&self) -> u64 {
        self.at_ns
    }

    /// Lets time pass; instants in the past change nothing.
    pub(crate) fn advance(&mut self, to_ns: u64) {
        let Some(passed_ns) = to_ns.checked_sub(self.at_ns) else { return };
        let came_out = self.area(to_ns).saturating_mul(u128::from(self.gain_permille));
        self.truth = self.truth.saturating_add(came_out);
        self.own = self.own.saturating_add(self.own_ahead(to_ns));
        if self.driven() {
            self.driven_ns += passed_ns;
        }
        self.drive = self.drive_at(to_ns);
        self.at_ns = to_ns;
    }

    /// Sends the output to `level`: up along the ramp, down at once (LAS-20). Says whether that is news.
    pub(crate) fn aim(&mut self, level: u32) -> bool {
        let before = self.target;
        self.target = u128::from(level) * GRAINS_PER_UNIT;
        self.drive = self.drive.min(self.target);
        self.target != before
    }

    /// Where the drive is going, in level units.
    pub(crate) fn target_level(&self) -> u32 {
        u32::try_from(self.target / GRAINS_PER_UNIT).unwrap_or(u32::MAX)
    }

    /// Whether anything is to come out.
    pub(crate) fn driven(&self) -> bool {
        self.target > 0
    }

    /// Whether the ramp is over.
    pub(crate) fn settled(&self) -> bool {
        self.drive == self.target
    }

    /// How long it was driven since [`Stage::forget`], in nanoseconds.
    pub(crate) fn driven_ns(&self) -> u64 {
        self.driven_ns
    }

    /// True output at a later instant, in thousandths of a level unit: microwatts or nanotesla.
    pub(crate) fn output_milli(&self, at_ns: u64) -> u64 {
        let milligrains = self.drive_at(at_ns) * u128::from(self.gain_permille);
        u64::try_from(milligrains / GRAINS_PER_UNIT).unwrap_or(u64::MAX)
    }

    /// What truly came out since the unit was built, in picojoules or femtotesla seconds.
    pub(crate) fn truth_pico(&self) -> u128 {
        self.truth / TRUE_PER_PICO
    }

    /// What the unit's own meter counted since [`Stage::forget`], in its own grain of 1 / [`OWN_PER_MICRO`].
    pub(crate) fn own(&self) -> u128 {
        self.own
    }

    /// What the unit's own meter will count until a later instant if nothing happens.
    pub(crate) fn own_ahead(&self, to_ns: u64) -> u128 {
        let passed_ns = u128::from(to_ns.saturating_sub(self.at_ns));
        let (area, gains) = match self.frozen {
            Some(level) => (2 * passed_ns * u128::from(level) * GRAINS_PER_UNIT, WHOLE * WHOLE),
            None => {
                let gains = u128::from(self.gain_permille) * u128::from(self.meter_gain_permille);
                (self.area(to_ns), gains)
            }
        };
        area.saturating_mul(gains)
    }

    /// The first instant, not after `limit_ns`, at which the own meter will have counted `more`.
    pub(crate) fn own_reaches(&self, more: u128, limit_ns: u64) -> Option<u64> {
        if self.own_ahead(limit_ns) < more {
            return None;
        }
        if self.settled() {
            let per_nano = self.own_ahead(self.at_ns + 1);
            return u64::try_from(more.div_ceil(per_nano.max(1))).ok().map(|ns| self.at_ns + ns);
        }
        let (mut early, mut late) = (self.at_ns, limit_ns);
        while early < late {
            let middle = early + (late - early) / 2;
            if self.own_ahead(middle) < more {
                early = middle + 1;
            } else {
                late = middle;
            }
        }
        Some(late)
    }

    /// Empties what a controller counts, and only that: the true meter is not the controller's.
    pub(crate) fn forget(&mut self) {
        self.own = 0;
        self.driven_ns = 0;
    }

    /// Twice the area under the drive from now to `to_ns`, in grain nanoseconds.
    fn area(&self, to_ns: u64) -> u128 {
        if to_ns <= self.at_ns || self.settled() {
            return self.piece(self.at_ns, to_ns);
        }
        let top_ns = self.top_ns();
        // The last nanosecond of a ramp may be steeper or flatter than the rest, so it is a piece of its own.
        let last_ns = top_ns.saturating_sub(1).max(self.at_ns);
        let ends = [self.at_ns, last_ns.min(to_ns), top_ns.min(to_ns), to_ns];
        ends.windows(2).map(|piece| self.piece(piece[0], piece[1])).sum()
    }

    /// Twice the area under one straight piece.
    fn piece(&self, from_ns: u64, to_ns: u64) -> u128 {
        let sides = self.drive_at(from_ns) + self.drive_at(to_ns);
        sides * u128::from(to_ns.saturating_sub(from_ns))
    }

    fn drive_at(&self, at_ns: u64) -> u128 {
        let passed_ns = u128::from(at_ns.saturating_sub(self.at_ns));
        self.target.min(self.drive + self.rate * passed_ns)
    }

    /// The instant at which the ramp is over.
    fn top_ns(&self) -> u64 {
        let left_ns = (self.target - self.drive).div_ceil(self.rate);
        self.at_ns.saturating_add(u64::try_from(left_ns).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND_NS: u64 = 1_000_000_000;

    #[test]
    fn a_ramp_is_half_of_its_rectangle() {
        let mut stage = Stage::new(0, 5_000);
        stage.aim(5_000);
        stage.advance(SECOND_NS);
        assert_eq!(stage.truth_pico(), 2_500_000_000_000);
        stage.advance(2 * SECOND_NS);
        assert_eq!(stage.truth_pico(), 7_500_000_000_000);
        assert_eq!(stage.own().div_ceil(OWN_PER_MICRO), 7_500_000);
    }

    #[test]
    fn it_falls_at_once_and_rises_from_nothing() {
        let mut stage = Stage::new(0, 5_000);
        stage.aim(5_000);
        stage.advance(SECOND_NS);
        stage.aim(0);
        assert_eq!(stage.output_milli(SECOND_NS), 0);
        stage.advance(2 * SECOND_NS);
        stage.aim(5_000);
        assert_eq!(stage.output_milli(2 * SECOND_NS + SECOND_NS / 2), 2_500_000);
        assert_eq!(stage.truth_pico(), 2_500_000_000_000);
    }

    #[test]
    fn the_meters_part_when_a_gain_is_wrong() {
        let mut stage = Stage::new(0, 1_000_000_000);
        stage.aim(1_000);
        stage.advance(SECOND_NS);
        let before = stage.truth_pico();
        stage.gain_permille = 1_600;
        stage.meter_gain_permille = 500;
        stage.forget();
        stage.advance(2 * SECOND_NS);
        assert_eq!(stage.truth_pico() - before, 1_600_000_000_000);
        assert_eq!(stage.own() / OWN_PER_MICRO, 800_000);
    }

    proptest! {
        #[test]
        fn steps_do_not_matter(
            rate in 1..40_000u32,
            gain in 0..3_000u32,
            moves in prop::collection::vec((0..30_000u32, 0..3_000_000_007u64), 1..6),
            cuts in prop::collection::vec(0..10_000_000_000u64, 0..40),
        ) {
            let mut once = Stage::new(0, rate);
            once.gain_permille = gain;
            let mut often = once.clone();
            let mut now_ns = 0;
            for (level, lasts_ns) in moves {
                once.aim(level);
                often.aim(level);
                let end_ns = now_ns + lasts_ns;
                let mut stops: Vec<u64> =
                    cuts.iter().copied().filter(|cut| (now_ns..end_ns).contains(cut)).collect();
                stops.sort_unstable();
                stops.into_iter().for_each(|stop| often.advance(stop));
                once.advance(end_ns);
                often.advance(end_ns);
                now_ns = end_ns;
                prop_assert_eq!((once.truth, once.own), (often.truth, often.own));
            }
        }

        #[test]
        fn the_end_of_a_dose_is_its_first_instant(
            level in 1..30_000u32,
            more in 1..90_000u128,
            start in 0..3_000_000_000u64,
        ) {
            let mut stage = Stage::new(0, 20_000);
            stage.aim(level);
            stage.advance(start);
            let more = more * OWN_PER_MILLI;
            let end_ns = stage.own_reaches(more, u64::MAX / 4).expect("some day");
            prop_assert!(stage.own_ahead(end_ns) >= more);
            prop_assert!(stage.own_ahead(end_ns - 1) < more);
        }
    }
}
