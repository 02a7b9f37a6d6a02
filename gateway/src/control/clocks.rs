//! Both clocks at one moment: instants of the boot clock, and what they are by the wall clock.

use proto::Timestamp;
use safety::Instant;

use crate::clock;

/// The boot clock and the wall clock, read together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clocks {
    pub(crate) boot: Instant,
    pub(crate) wall: jiff::Timestamp,
}

impl Clocks {
    pub(crate) fn read() -> Self {
        Self { boot: clock::now(), wall: clock::wall() }
    }

    /// Now, by the wall clock.
    pub(crate) fn now(self) -> Timestamp {
        timestamp(self.wall)
    }

    /// What an instant of the past was by the wall clock, as it goes now.
    pub(crate) fn wall_of(self, at: Instant) -> Timestamp {
        let ago = i64::try_from(self.boot.since(at).get()).unwrap_or(i64::MAX);
        let span = jiff::SignedDuration::from_nanos(ago);
        timestamp(self.wall.checked_sub(span).unwrap_or(self.wall))
    }
}

/// The beginning of a day, in UTC.
pub(crate) fn midnight(day: jiff::civil::Date) -> Option<Timestamp> {
    let begun = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(timestamp(begun.timestamp()))
}

fn timestamp(at: jiff::Timestamp) -> Timestamp {
    Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}
