//! How long to wait before the next attempt to connect.

use safety::{Instant, Nanos};

const FIRST: Nanos = Nanos::from_millis(250);
const LONGEST: Nanos = Nanos::from_secs(15);
/// Gateways that lost the same broker come back apart from each other by up to this.
const SPREAD_MILLIS: u64 = 250;

/// Waits twice as long after each failure, up to 15 s.
#[derive(Debug)]
pub(crate) struct Backoff {
    wait: Nanos,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { wait: FIRST }
    }
}

impl Backoff {
    /// When to try again after a failure at `now`.
    pub(crate) fn after(&mut self, now: Instant) -> Instant {
        let wait = self.wait;
        self.wait = wait.times(2).min(LONGEST);
        // The low digits of the clock differ between gateways as well as dice would.
        let spread = now.since_boot() / 1_000 % SPREAD_MILLIS;
        now.after(wait).after(Nanos::from_millis(spread))
    }

    /// It worked.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_fifteen_seconds_and_begins_anew_after_a_success() {
        let now = Instant::from_boot(1_000_000_000_000);
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..9).map(|_| backoff.after(now).since(now).millis()).collect();
        assert_eq!(waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
        backoff.reset();
        assert_eq!(backoff.after(now).since(now).millis(), 250);
    }
}
