//! A timer on `CLOCK_BOOTTIME`, by timerfd: the runtime's own wheel knows only milliseconds.

#![allow(unsafe_code, reason = "tokio registers a descriptor on the promise that it stays open")]

use std::{io, os::fd::OwnedFd};

use rustix::{
    fs::Timespec,
    io::read,
    time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create,
        timerfd_settime,
    },
};
use safety::Instant;
use tokio::io::{Interest, unix::AsyncFd};

/// Fires once at an instant that can be moved.
#[derive(Debug)]
pub struct Timer {
    fd: AsyncFd<OwnedFd>,
    set: Option<Instant>,
}

impl Timer {
    /// A timer that is not set. Must be made within a runtime.
    ///
    /// # Errors
    /// If the machine has no such timers left.
    pub fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let fd = timerfd_create(TimerfdClockId::Boottime, flags)?;
        // SAFETY: the timer owns its descriptor, gives it to nobody, and drops it with itself.
        let fd = unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE)? };
        Ok(Self { fd, set: None })
    }

    /// Moves the timer to `at`. [`Instant::NEVER`] unsets it.
    ///
    /// # Errors
    /// If the machine refuses.
    pub fn set(&mut self, at: Instant) -> io::Result<()> {
        if self.set == Some(at) {
            return Ok(());
        }
        // A value of zero would unset the timer; the first nanosecond after the boot is past anyway.
        let nanos = if at == Instant::NEVER { 0 } else { at.since_boot().max(1) };
        let it_value = Timespec {
            tv_sec: i64::try_from(nanos / 1_000_000_000).unwrap_or(i64::MAX),
            tv_nsec: i64::try_from(nanos % 1_000_000_000).unwrap_or(0),
        };
        let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
        let value = Itimerspec { it_interval, it_value };
        timerfd_settime(self.fd.get_ref(), TimerfdTimerFlags::ABSTIME, &value)?;
        self.set = Some(at);
        Ok(())
    }

    /// Waits until it fires. It is not set any more then.
    ///
    /// # Errors
    /// If the machine refuses.
    pub async fn fired(&mut self) -> io::Result<()> {
        loop {
            let mut ready = self.fd.readable().await?;
            let mut count = [0; 8];
            match ready.try_io(|fd| read(fd.get_ref(), &mut count).map_err(io::Error::from)) {
                Ok(outcome) => {
                    outcome?;
                    self.set = None;
                    return Ok(());
                }
                Err(_not_yet) => continue,
            }
        }
    }
}
