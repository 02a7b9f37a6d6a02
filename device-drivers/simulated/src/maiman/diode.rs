//! The current through the diode, its light and its heat.

use super::Plan;

/// While the current moves it is reckoned in steps of this.
const STEP_NS: u64 = 500_000;
/// The heat balance is reckoned at multiples of this.
const TICK_NS: u64 = 100_000_000;
/// From nothing to the highest current, and back.
const RISE_NS: u64 = 200_000_000;
const FALL_NS: u64 = 5_000_000;
/// The room, in millidegrees.
const ROOM: i64 = 23_000;
/// How much warmer the board gets at the highest current, in millidegrees.
const WARMS: i64 = 30_000;
/// How many ticks it takes to get two thirds of the way.
const SLOWNESS: i64 = 600;

/// A diode and the stage that drives it.
#[derive(Clone, Debug)]
pub(super) struct Diode {
    threshold: u64,
    milliwatts_per_ampere: u64,
    highest: u64,
    at_ns: u64,
    current: u64,
    target: u64,
    /// The light of the diode, in thousandths of what its calibration says.
    gain: u64,
    femtojoules: u128,
    board_millidegrees: i64,
}

impl Diode {
    pub(super) fn new(plan: &Plan, at_ns: u64) -> Self {
        Self {
            threshold: plan.threshold_microamperes,
            milliwatts_per_ampere: plan.milliwatts_per_ampere,
            highest: plan.highest_microamperes.max(1),
            at_ns,
            current: 0,
            target: 0,
            gain: 1_000,
            femtojoules: 0,
            board_millidegrees: ROOM,
        }
    }

    /// The current goes there from now on.
    pub(super) fn aim(&mut self, target: u64, gain: u64) {
        (self.target, self.gain) = (target, gain);
    }

    pub(super) fn microamperes(&self) -> u64 {
        self.current
    }

    pub(super) fn microwatts(&self) -> u64 {
        let above = self.current.saturating_sub(self.threshold);
        above * self.milliwatts_per_ampere / 1_000 * self.gain / 1_000
    }

    pub(super) fn picojoules(&self) -> u128 {
        self.femtojoules / 1_000
    }

    pub(super) fn board_tenths(&self) -> i64 {
        self.board_millidegrees / 100
    }

    /// When the current is where it is told, if it moves.
    pub(super) fn arrives_ns(&self) -> Option<u64> {
        (self.current != self.target).then(|| self.at_ns + self.takes_ns())
    }

    /// The next instant of the heat balance, if anything is warmer than the room.
    pub(super) fn next_tick_ns(&self) -> Option<u64> {
        let warm = self.current > 0 || self.target > 0 || self.board_millidegrees > ROOM;
        warm.then(|| (self.at_ns / TICK_NS + 1) * TICK_NS)
    }

    pub(super) fn advance(&mut self, now_ns: u64) {
        while self.current != self.target && self.at_ns < now_ns {
            let step = STEP_NS.min(now_ns - self.at_ns);
            let before = self.microwatts();
            self.current = self.moved(step);
            let mean = u128::from(before) + u128::from(self.microwatts());
            self.femtojoules += mean * u128::from(step) / 2;
            self.at_ns += step;
            self.warm(step);
        }
        let rest = now_ns.saturating_sub(self.at_ns);
        self.femtojoules += u128::from(self.microwatts()) * u128::from(rest);
        self.warm(rest);
        self.at_ns = self.at_ns.max(now_ns);
    }

    /// The current after `step`.
    fn moved(&self, step: u64) -> u64 {
        let part = |full: u64| u128::from(self.highest) * u128::from(step) / u128::from(full);
        let most = |full: u64| u64::try_from(part(full)).unwrap_or(u64::MAX).max(1);
        if self.current < self.target {
            self.target.min(self.current + most(RISE_NS))
        } else {
            self.target.max(self.current.saturating_sub(most(FALL_NS)))
        }
    }

    fn takes_ns(&self) -> u64 {
        let full = if self.current < self.target { RISE_NS } else { FALL_NS };
        let way = u128::from(self.current.abs_diff(self.target));
        let takes = (way * u128::from(full)).div_ceil(u128::from(self.highest));
        u64::try_from(takes).unwrap_or(u64::MAX).max(1)
    }

    /// Towards where the heat of the current and the room balance.
    fn warm(&mut self, step: u64) {
        if step == 0 {
            return;
        }
        let share =
            |number: u64, whole: u64| i64::try_from(number * 1_000 / whole).unwrap_or(1_000);
        let end = ROOM + WARMS * share(self.current.min(self.highest), self.highest) / 1_000;
        let gap = end - self.board_millidegrees;
        let moved = gap * share(step.min(TICK_NS), TICK_NS) / 1_000 / SLOWNESS;
        let creeps = if step >= TICK_NS { gap.signum() } else { 0 };
        self.board_millidegrees += if moved == 0 { creeps } else { moved };
    }
}

#[cfg(test)]
mod tests {
    use super::super::Framing;
    use super::*;

    #[test]
    fn below_its_threshold_a_diode_gives_no_light() {
        let mut diode = Diode::new(&Plan::sf6(Framing::Text), 0);
        diode.aim(900_000, 1_000);
        diode.advance(10_000_000_000);
        assert_eq!((diode.microamperes(), diode.microwatts(), diode.picojoules()), (900_000, 0, 0));
    }

    #[test]
    fn a_second_at_five_watts_is_five_joules_and_the_ramp_beside_it() {
        let mut diode = Diode::new(&Plan::sf6(Framing::Text), 0);
        diode.aim(7_250_000, 1_000);
        assert_eq!(diode.arrives_ns(), Some(120_833_334));
        diode.advance(130_000_000);
        let risen = diode.picojoules();
        assert!((260_000_000_000..320_000_000_000).contains(&risen), "{risen}");
        diode.advance(1_130_000_000);
        assert_eq!(diode.microwatts(), 5_000_000);
        assert_eq!(diode.picojoules() - risen, 5_000_000_000_000);
    }
}
