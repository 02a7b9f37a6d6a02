//! Makes the control thread prompt, as far as the machine permits, and says what it got.

#![allow(unsafe_code, reason = "no safe crate sets the scheduling class of a thread")]

use std::fmt;

use rustix::{
    mm::{MlockAllFlags, mlockall},
    process::{Resource, Rlimit, getrlimit, setrlimit},
};

/// The real-time priority of the control thread: above ordinary work, below the kernel's own
/// interrupt threads (50 by default).
const PRIORITY: libc::c_int = 40;
/// A control thread that computes for so long without a wait is stuck: the kernel ends the process,
/// and the leases end the emission.
const RUNAWAY_MICROS: u64 = 2_000_000;

/// What the control thread was granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    /// It runs ahead of everything ordinary (`SCHED_FIFO`).
    pub prompt: bool,
    /// Its memory is never swapped out (`mlockall`).
    pub locked: bool,
    /// The kernel ends it if it never waits (`RLIMIT_RTTIME`).
    pub bounded: bool,
}

/// Asks for everything, for the calling thread; what is refused is done without.
pub fn ask() -> Granted {
    let flags = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
    Granted { locked: mlockall(flags).is_ok(), ..ask_to_be_prompt() }
}

/// Asks for the calling thread to be as prompt as the control thread, and for nothing else.
pub fn ask_to_be_prompt() -> Granted {
    let bounded = bound();
    Granted { bounded, locked: false, prompt: bounded && prompt() }
}

fn bound() -> bool {
    let hard = getrlimit(Resource::Rttime).maximum;
    let wanted = hard.map_or(RUNAWAY_MICROS, |hard| hard.min(RUNAWAY_MICROS));
    let limit = Rlimit { current: Some(wanted), maximum: hard };
    setrlimit(Resource::Rttime, limit).is_ok()
}

fn prompt() -> bool {
    let parameters = libc::sched_param { sched_priority: PRIORITY };
    // SAFETY: the pointer is to a live value of the type that the call expects, and zero names the
    // calling thread.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const parameters) == 0 }
}

impl fmt::Display for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |granted: bool| if granted { "granted" } else { "refused" };
        write!(
            f,
            "real-time priority {}, locked memory {}, runaway bound {}",
            said(self.prompt),
            said(self.locked),
            said(self.bounded)
        )
    }
}
