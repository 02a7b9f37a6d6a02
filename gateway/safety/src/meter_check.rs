//! What a person measured with a meter, and for how long a unit without a sensor is believed for it.
//!
//! A unit whose output is derived from its drive says what it was told, whatever comes out. So a
//! person holds a meter into the output once a day. It knows no person, no meter and no calendar:
//! whoever tells it of a check says how old the check is.

use crate::{
    quantity::Permille,
    time::{Instant, Nanos},
};

/// A check holds for so long from when it was measured.
pub const CHECK_HOLDS: Nanos = Nanos::from_secs(24 * 3_600);
/// How far the meter may be from what the unit was told, whatever a calibration says: a fifth
/// (21 CFR 1040.11(a), LAS-10).
pub const METER_TOLERANCE: Permille = Permille::FIFTH;

/// The meter check of one unit that was measured last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MeterChecks {
    last: Option<MeterCheck>,
}

/// One check, as of when it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MeterCheck {
    /// When it was told.
    pub told: Instant,
    /// How old it was then: it may be older than the machine has been up.
    pub age: Nanos,
    /// Whether the meter showed what the unit was told.
    pub passed: bool,
}

/// What the last check is worth now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MeterProof {
    /// There was none.
    Never,
    /// It passed longer than a day ago.
    Due,
    /// It passed, so long ago.
    Passed(Nanos),
    /// It failed.
    Failed,
}

impl MeterCheck {
    const fn age_at(self, now: Instant) -> Nanos {
        self.age.plus(now.since(self.told))
    }
}

impl MeterChecks {
    /// Takes a check. One that failed counts from now on; one that passed counts if it was measured
    /// after the one before, because what was measured last is how the unit is.
    pub fn take(&mut self, check: MeterCheck) {
        let is_newer = match self.last {
            Some(last) => check.age_at(check.told) < last.age_at(check.told),
            None => true,
        };
        if is_newer || !check.passed {
            self.last = Some(check);
        }
    }

    /// What the last check is worth. One that failed never grows old.
    pub fn proof(&self, now: Instant) -> MeterProof {
        match self.last {
            None => MeterProof::Never,
            Some(MeterCheck { passed: false, .. }) => MeterProof::Failed,
            Some(check) => {
                let age = check.age_at(now);
                if age < CHECK_HOLDS { MeterProof::Passed(age) } else { MeterProof::Due }
            }
        }
    }
}

/// Whether a meter that shows `shown` proves a unit that was told `told`, in the same counts.
///
/// `above` is how much more than it was told may come out without more being given than is charged:
/// the upper bound of its calibration. Less may come out by a fifth: that is charged in full, and a
/// patient who got less is told so.
pub fn agrees(told: u32, shown: u32, above: Permille) -> bool {
    let share = |permille: u16, of: u32| u64::from(of).saturating_mul(u64::from(permille));
    let (whole, fifth) = (Permille::WHOLE.get(), METER_TOLERANCE.get());
    let most = share(whole.saturating_add(above.get().min(fifth)), told);
    let least = share(whole.saturating_sub(fifth), told);
    told != 0 && (least..=most).contains(&share(whole, shown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        curve::{Drive, PowerCurve},
        quantity::Power,
    };

    const HOUR: u64 = 3_600;

    fn at(hours: u64) -> Instant {
        Instant::from_boot(Nanos::from_secs(hours.saturating_mul(HOUR)).get())
    }

    fn check(told: u64, age: u64, passed: bool) -> MeterCheck {
        MeterCheck { told: at(told), age: Nanos::from_secs(age.saturating_mul(HOUR)), passed }
    }

    fn after(checks: &[MeterCheck], hours: u64) -> MeterProof {
        let mut all = MeterChecks::default();
        checks.iter().for_each(|check| all.take(*check));
        all.proof(at(hours))
    }

    /// LAS-10: up to the bound that is charged, down to four fifths, at the digit.
    #[test]
    fn a_meter_agrees_within_what_is_charged() {
        let share = |permille| Permille::new(permille).unwrap();
        for (told, shown, above, expected) in [
            (1_000, 1_000, 0, true),
            (1_000, 1_001, 0, false),
            (1_000, 1_030, 30, true),
            (1_000, 1_031, 30, false),
            (1_000, 1_200, 200, true),
            (1_000, 1_201, 200, false),
            // No calibration makes more of it than a fifth.
            (1_000, 1_201, 999, false),
            (1_000, 800, 30, true),
            (1_000, 799, 30, false),
            (1_000, 0, 30, false),
            (0, 0, 30, false),
            (0, 1, 30, false),
            (u32::MAX, u32::MAX, 0, true),
            (u32::MAX, 0, 200, false),
            (1, u32::MAX, 200, false),
        ] {
            let found = agrees(told, shown, share(above));
            assert_eq!(found, expected, "{told} told, {shown} shown, {above} above");
        }
    }

    /// Whatever a check lets pass is charged: a unit that is told a power emits no more than what is
    /// charged for the drive that is read back.
    #[test]
    fn what_a_meter_may_show_is_charged() {
        let drive = |count| Drive::from_count(count);
        let points = [
            (drive(1_000_000), Power::from_milliwatts(200)),
            (drive(6_000_000), Power::from_milliwatts(4_100)),
            (drive(12_000_000), Power::from_milliwatts(8_800)),
        ];
        for uncertainty in [0, 1, 20, 80] {
            let share = Permille::new(uncertainty).unwrap();
            let curve = PowerCurve::new(&points, drive(10_000), share).unwrap();
            for asked in (200..=8_800).step_by(7) {
                let told = curve.exact(Power::from_milliwatts(asked)).unwrap();
                let charged = curve.charged_at(curve.drive_for(told).unwrap()).milliwatts();
                let told = told.milliwatts();
                assert!(agrees(told, told, share), "{told} mW, {uncertainty} permille");
                let over = charged.saturating_add(1);
                assert!(!agrees(told, over, share), "{over} mW of {told}, {charged} are charged");
            }
        }
    }

    /// It counts from when it was measured, not from when it was told, and from no instant of before
    /// the machine was up.
    #[test]
    fn a_check_holds_for_a_day() {
        assert_eq!(after(&[], 100), MeterProof::Never);
        let passed = |hours: u64| MeterProof::Passed(Nanos::from_secs(hours * HOUR));
        assert_eq!(after(&[check(1, 0, true)], 1), passed(0));
        assert_eq!(after(&[check(1, 0, true)], 24), passed(23));
        assert_eq!(after(&[check(1, 0, true)], 25), MeterProof::Due);
        assert_eq!(after(&[check(1, 20, true)], 4), passed(23));
        assert_eq!(after(&[check(1, 20, true)], 5), MeterProof::Due);
        assert_eq!(after(&[check(1, 24, true)], 1), MeterProof::Due);
    }

    /// A failure stands until something passes that was measured after it.
    #[test]
    fn what_was_measured_last_counts() {
        let failed = check(10, 0, false);
        assert_eq!(after(&[failed], 1_000), MeterProof::Failed);
        assert_eq!(after(&[check(9, 0, true), failed], 10), MeterProof::Failed);
        let passed = |hours: u64| MeterProof::Passed(Nanos::from_secs(hours * HOUR));
        assert_eq!(after(&[failed, check(11, 0, true)], 12), passed(1));
        // Told later, measured before, or at the same time.
        assert_eq!(after(&[failed, check(11, 2, true)], 12), MeterProof::Failed);
        assert_eq!(after(&[failed, check(11, 1, true)], 12), MeterProof::Failed);
        // A failure counts whenever it was measured.
        assert_eq!(after(&[check(11, 0, true), check(12, 5, false)], 12), MeterProof::Failed);
        // A pass that is older than the one before makes nothing older.
        assert_eq!(after(&[check(10, 0, true), check(11, 9, true)], 12), passed(2));
    }
}
