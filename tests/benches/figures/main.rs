//! The figures of the gateway whole: each is one line of JSON on stdout.
//!
//! `cargo bench -p gateway-tests --bench figures -- [--quick] [--calls=N] [FIGURE…]`; without a
//! figure, all.
//! What each means, and what was measured, stands in `docs/figures.md`. Nothing here is a test: a
//! machine that is slow makes no figure wrong, only larger, and most are ratios to a floor that is
//! measured in the same minute.

mod bridge;
mod caller;
mod daemon;
mod far;
mod figure;
mod floor;
mod folder;
mod operator;
mod prescription;
mod pty;
mod session_end;
mod start_to_warning;
mod stop_to_wire;

use std::process::ExitCode;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
struct Scale {
    /// Pairs of blocks, one of the floor and one of the gateway.
    blocks: usize,
    /// Calls of a block.
    calls: usize,
    /// Starts of a block: each takes a second of preparation.
    starts: usize,
    /// Sessions that run to their end, on each of sixteen units.
    ends: usize,
    /// Seconds for which the daemon is left alone and watched.
    seconds: u32,
    /// The numbers of units with which a stop is measured.
    units: &'static [usize],
}

const FULL: Scale =
    Scale { blocks: 10, calls: 200, starts: 20, ends: 25, seconds: 60, units: &[1, 4, 16] };
const QUICK: Scale = Scale { blocks: 2, calls: 20, starts: 2, ends: 1, seconds: 5, units: &[16] };

/// Measures one figure, or several of one name, and prints them.
type Measure = fn(&Scale) -> anyhow::Result<()>;

const FIGURES: [(&str, Measure); 4] = [
    ("daemon", daemon::measure),
    ("stop_to_wire", stop_to_wire::measure),
    ("start_to_warning", start_to_warning::measure),
    ("session_end", session_end::measure),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // The daemon that is measured alone is this very program: it is never a stale one.
    if arguments.first().is_some_and(|first| first == "run") {
        return gateway::main();
    }
    let mut scale = if arguments.iter().any(|given| given == "--quick") { QUICK } else { FULL };
    let calls = arguments.iter().find_map(|given| given.strip_prefix("--calls=")?.parse().ok());
    scale.calls = calls.unwrap_or(scale.calls);
    let named: Vec<_> = arguments.iter().filter(|given| !given.starts_with("--")).collect();
    for (name, measure) in FIGURES {
        if !named.is_empty() && !named.iter().any(|given| *given == name) {
            continue;
        }
        if let Err(error) = measure(&scale) {
            eprintln!("{name}: {error:#}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
