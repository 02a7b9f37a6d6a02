//! Moves bytes and time between clinic software, supervisors and therapy units.
//!
//! What may be emitted is decided in `safety` and `clinic`, on the control thread, by code that does
//! no I/O. This package owns what they must not know: sockets, files, ports, tasks and clocks.

mod abort;
pub mod audit;
pub mod broker;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
pub mod daemon;
pub mod demo;
pub mod directory;
pub mod herald;
pub mod inbox;
pub mod ledger;
pub mod link;
pub mod log;
pub mod metrics;
pub mod overhear;
mod panics;
pub mod place;
pub mod port;
pub mod realtime;
pub mod recorder;
pub mod scheduler;
pub mod telemetry;
pub mod timer;
mod word;

use std::{io::Write as _, process::ExitCode};

/// What the binary does: reads the command line, and says in one sentence what went wrong.
pub fn main() -> ExitCode {
    match cli::run() {
        Ok(code) => code,
        Err(error) => {
            // If nobody reads it, the exit code says it.
            let _nobody_reads = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
