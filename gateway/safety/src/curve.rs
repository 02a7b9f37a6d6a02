//! Which optical power a diode emits at which drive: the calibration of one unit.
//!
//! A diode driver is told a current, a prescription is in watts. The curve is what a meter showed at
//! the handpiece, so nothing is assumed of slope or threshold, and every rounding is to the side
//! that charges more or emits less.

use crate::quantity::{Permille, Power};

/// The most points of a curve.
pub const POINTS_MAX: usize = 16;

/// How strongly a diode is driven: in microamperes, or in millionths of the full scale of a unit
/// that is told a share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Drive(u32);

impl Drive {
    /// From a count of microamperes or millionths.
    pub const fn from_count(count: u32) -> Self {
        Self(count)
    }

    /// The count of microamperes or millionths.
    pub const fn count(self) -> u32 {
        self.0
    }
}

/// The power at some drives, as measured, and a straight line between each two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PowerCurve {
    points: [(Drive, Power); POINTS_MAX],
    count: usize,
    step: Drive,
    uncertainty: Permille,
}

/// Why points are no curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CurveError {
    /// There are fewer than two points, or more than [`POINTS_MAX`].
    Count,
    /// This point, counted from zero, is not above the one before in drive and in power.
    Falls(usize),
    /// A step of nothing.
    Step,
}

impl PowerCurve {
    /// The curve through `points`, of a unit that is driven in whole steps of `step`. What a meter
    /// shows may be low by `uncertainty`.
    ///
    /// # Errors
    /// If the points are too few, too many, or do not rise; if the step is zero.
    pub fn new(
        points: &[(Drive, Power)],
        step: Drive,
        uncertainty: Permille,
    ) -> Result<Self, CurveError> {
        if points.len() < 2 || POINTS_MAX < points.len() {
            return Err(CurveError::Count);
        }
        if step == Drive(0) {
            return Err(CurveError::Step);
        }
        let pairs = points.iter().zip(points.iter().skip(1));
        for (index, (before, after)) in pairs.enumerate() {
            if after.0 <= before.0 || after.1 <= before.1 {
                return Err(CurveError::Falls(index.saturating_add(1)));
            }
        }
        let mut own = [(Drive(0), Power::ZERO); POINTS_MAX];
        for (place, point) in own.iter_mut().zip(points) {
            *place = *point;
        }
        Ok(Self { points: own, count: points.len(), step, uncertainty })
    }

    /// The points, in the order in which they rise.
    pub fn points(&self) -> &[(Drive, Power)] {
        self.points.get(..self.count).unwrap_or_default()
    }

    /// The drive is a whole number of these.
    pub const fn step(&self) -> Drive {
        self.step
    }

    /// The drive at which at most `power` is emitted: a whole step, rounded down. `None` if that is
    /// outside of what was measured.
    pub fn drive_for(&self, power: Power) -> Option<Drive> {
        let (points, step) = (self.points(), self.step.0);
        let (first, last) = (points.first()?, points.last()?);
        if power < first.1 || last.1 < power {
            return None;
        }
        let (low, high) = self.around(|point| point.1 <= power);
        let (from, to) = (u64::from(low.1.milliwatts()), u64::from(high.1.milliwatts()));
        let rise = u64::from(high.0.0.saturating_sub(low.0.0));
        let into = u64::from(power.milliwatts()).saturating_sub(from);
        let more = rise.saturating_mul(into).checked_div(to.saturating_sub(from))?;
        let exact = u64::from(low.0.0).saturating_add(more);
        let steps = exact.checked_div(u64::from(step))?;
        let drive = Drive(u32::try_from(steps.saturating_mul(u64::from(step))).ok()?);
        (first.0 <= drive).then_some(drive)
    }

    /// How much less than there is the meter of the calibration may have shown.
    pub const fn uncertainty(&self) -> Permille {
        self.uncertainty
    }

    /// The power at `drive` as measured, rounded up. Below the first point it is that of the first,
    /// above the last it goes on as it rose.
    pub fn power_at(&self, drive: Drive) -> Power {
        let (low, high) = self.around(|point| point.0 <= drive);
        let rise = u64::from(high.1.milliwatts().saturating_sub(low.1.milliwatts()));
        let run = u64::from(high.0.0.saturating_sub(low.0.0));
        let into = u64::from(drive.0.saturating_sub(low.0.0));
        let more = rise.saturating_mul(into);
        let more = if run == 0 { u64::MAX } else { more.div_ceil(run) };
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        low.1.plus(Power::from_milliwatts(more))
    }

    /// What is charged for a drive that was read back: the upper bound of the calibration.
    pub fn charged_at(&self, drive: Drive) -> Power {
        let power = u64::from(self.power_at(drive).milliwatts());
        let share = u64::from(Permille::WHOLE.get().saturating_add(self.uncertainty.get()));
        let bound = power.saturating_mul(share).div_ceil(u64::from(Permille::WHOLE.get()));
        Power::from_milliwatts(u32::try_from(bound).unwrap_or(u32::MAX))
    }

    /// The power nearest below `power` that the unit can be told: what it emits at the drive for it.
    pub fn exact(&self, power: Power) -> Option<Power> {
        let exact = self.power_at(self.drive_for(power)?);
        (exact <= power).then_some(exact)
    }

    /// The two neighbouring points between which a value lies, the last two if it lies beyond.
    fn around(
        &self,
        is_below: impl Fn(&(Drive, Power)) -> bool,
    ) -> ((Drive, Power), (Drive, Power)) {
        let points = self.points();
        let above = points.iter().position(|point| !is_below(point)).unwrap_or(points.len());
        let high = above.clamp(1, points.len().saturating_sub(1).max(1));
        let at = |place: usize| points.get(place).copied().unwrap_or_default();
        (at(high.saturating_sub(1)), at(high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLIAMPERE: u32 = 1_000;

    fn curve(step: u32) -> PowerCurve {
        let point = |amperes: u32, milliwatts| {
            let microamperes = amperes.saturating_mul(1_000).saturating_mul(MILLIAMPERE);
            (Drive(microamperes), Power::from_milliwatts(milliwatts))
        };
        let points = [point(1, 100), point(5, 3_900), point(15, 12_000)];
        PowerCurve::new(&points, Drive(step), Permille::new(50).unwrap()).unwrap()
    }

    /// What a unit is told is never more than what was asked, and asking for exactly what it can do
    /// is not rounded again.
    #[test]
    fn a_power_is_rounded_down_to_a_drive_once() {
        for step in [100, 10 * MILLIAMPERE, 100 * MILLIAMPERE] {
            let curve = curve(step);
            for asked in (200..=12_000).step_by(7).map(Power::from_milliwatts) {
                let Some(exact) = curve.exact(asked) else { continue };
                assert!(exact <= asked, "{asked:?} became {exact:?}");
                assert_eq!(curve.exact(exact), Some(exact), "asked {asked:?} in {step}");
                let drive = curve.drive_for(asked).unwrap();
                assert_eq!(drive.count() % step, 0);
                assert_eq!(curve.drive_for(exact), Some(drive));
            }
        }
    }

    #[test]
    fn between_points_it_is_a_straight_line_and_beyond_it_goes_on() {
        let curve = curve(100);
        let at = |milliamperes: u32| curve.power_at(Drive(milliamperes * MILLIAMPERE)).milliwatts();
        assert_eq!([at(1_000), at(3_000), at(5_000), at(10_000)], [100, 2_000, 3_900, 7_950]);
        assert_eq!(at(20_000), 16_050);
        assert_eq!(at(0), 100, "what is below the first point is charged like it");
        assert_eq!(curve.charged_at(Drive(5_000 * MILLIAMPERE)).milliwatts(), 4_095);
    }

    #[test]
    fn what_was_not_measured_is_not_driven() {
        let curve = curve(100);
        assert_eq!(curve.drive_for(Power::from_milliwatts(99)), None);
        assert_eq!(curve.drive_for(Power::from_milliwatts(12_001)), None);
        assert!(curve.drive_for(Power::from_milliwatts(12_000)).is_some());
    }

    #[test]
    fn points_that_do_not_rise_are_no_curve() {
        let point = |drive, power| (Drive(drive), Power::from_milliwatts(power));
        let step = Drive(1);
        let new = |points: &[(Drive, Power)], step| PowerCurve::new(points, step, Permille::ZERO);
        assert_eq!(new(&[point(1, 1)], step), Err(CurveError::Count));
        assert_eq!(new(&[point(1, 1); POINTS_MAX + 1], step), Err(CurveError::Count));
        assert_eq!(new(&[point(1, 1), point(1, 2)], step), Err(CurveError::Falls(1)));
        let sagging = [point(1, 1), point(2, 2), point(3, 2)];
        assert_eq!(new(&sagging, step), Err(CurveError::Falls(2)));
        assert_eq!(new(&[point(1, 1), point(2, 2)], Drive(0)), Err(CurveError::Step));
    }
}
