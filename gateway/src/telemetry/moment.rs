//! One moment on both clocks: the one that decides and the one that people read.

use jiff::{SignedDuration, Timestamp};
use safety::Instant;

/// A moment, as both clocks of the gateway showed it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// On the clock that neither steps nor sleeps.
    pub(crate) now: Instant,
    /// On the wall.
    pub(crate) wall: Timestamp,
}

impl Moment {
    /// This moment.
    pub(crate) fn read() -> Self {
        Self { now: crate::clock::now(), wall: crate::clock::wall() }
    }

    /// What the wall clock would have shown at `then`, had it not stepped since. To the
    /// millisecond: more than that two clocks that are read one after the other do not know.
    pub(crate) fn wall_at(self, then: Instant) -> String {
        let ago = SignedDuration::from_nanos(signed(self.now.since(then).get()));
        let ahead = SignedDuration::from_nanos(signed(then.since(self.now).get()));
        let wall = self.wall.saturating_sub(ago).and_then(|wall| wall.saturating_add(ahead));
        format!("{:.3}", wall.unwrap_or(self.wall))
    }

    /// How long ago `then` was, in whole milliseconds.
    pub(crate) fn age_millis(self, then: Instant) -> u64 {
        self.now.since(then).millis()
    }
}

fn signed(nanos: u64) -> i64 {
    i64::try_from(nanos).unwrap_or(i64::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// 100 s after boot, at ten o'clock.
    pub(crate) fn at_100_s() -> Moment {
        let wall = "2026-11-22T10:00:00.25Z".parse().unwrap();
        Moment { now: Instant::from_boot(100_000_000_000), wall }
    }

    #[test]
    fn instants_are_shown_as_the_wall_clock_would_have_shown_them() {
        let shown = |boot| at_100_s().wall_at(Instant::from_boot(boot));
        assert_eq!(shown(100_000_000_000), "2026-11-22T10:00:00.250Z");
        assert_eq!(shown(98_750_000_000), "2026-11-22T09:59:59.000Z");
        assert_eq!(shown(101_000_000_000), "2026-11-22T10:00:01.250Z");
    }
}
