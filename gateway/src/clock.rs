//! Reads the clocks. The only place that does; everything else is told `now`.

#![expect(clippy::disallowed_methods, reason = "this is the place that the bans point to")]

use rustix::time::{ClockId, clock_gettime};
use safety::Instant;

/// Now, on `CLOCK_BOOTTIME`: it neither steps nor stands still in a suspend (TIM-01).
pub fn now() -> Instant {
    Instant::from_boot(read(ClockId::Boottime))
}

/// How long the machine was suspended since it booted: boot time less monotonic time (TIM-04).
pub fn suspended() -> safety::Nanos {
    let awake = read(ClockId::Monotonic);
    safety::Nanos::new(read(ClockId::Boottime).saturating_sub(awake))
}

/// The wall clock, for records and windows alone.
pub fn wall() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// The day by the wall clock: of UTC, like every record.
pub fn today() -> jiff::civil::Date {
    wall().to_zoned(jiff::tz::TimeZone::UTC).date()
}

fn read(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}
