//! An output that goes where it is sent at a steady rate, and the sum of what came out.

/// Nanoseconds of a second.
const SECOND: u128 = 1_000_000_000;

/// An output in microwatts or nanotesla.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slope {
    now_ns: u64,
    level: u64,
    target: u64,
    /// How much it moves in a second.
    rate: u64,
    /// In femtojoules, or in a thousandth of a femtotesla second.
    sum: u128,
}

impl Slope {
    pub(crate) const fn new(rate: u64) -> Self {
        Self { now_ns: 0, level: 0, target: 0, rate, sum: 0 }
    }

    pub(crate) const fn now_ns(&self) -> u64 {
        self.now_ns
    }

    /// Where it goes from now on.
    pub(crate) const fn aim(&mut self, target: u64) {
        self.target = target;
    }

    /// It is there at once.
    pub(crate) const fn drop_to(&mut self, level: u64) {
        self.target = level;
        self.level = level;
    }

    pub(crate) const fn level(&self) -> u64 {
        self.level
    }

    /// Picojoules, or femtotesla seconds.
    pub(crate) const fn meter(&self) -> u128 {
        self.sum / 1_000
    }

    /// Lets time pass: first along the slope, then along the level.
    pub(crate) fn advance(&mut self, now_ns: u64) {
        let span = u128::from(now_ns.saturating_sub(self.now_ns));
        self.now_ns = self.now_ns.max(now_ns);
        let way = u128::from(self.level.abs_diff(self.target));
        let rate = u128::from(self.rate.max(1));
        let sloping = span.min((way * SECOND).div_ceil(rate));
        let moved = u64::try_from((rate * sloping / SECOND).min(way)).unwrap_or(u64::MAX);
        let before = self.level;
        if sloping == span && moved < self.level.abs_diff(self.target) {
            let up = self.level < self.target;
            self.level = if up { self.level + moved } else { self.level - moved };
        } else {
            self.level = self.target;
        }
        let mean = u128::from(before) + u128::from(self.level);
        self.sum += mean * sloping / 2 + u128::from(self.level) * (span - sloping);
    }
}
