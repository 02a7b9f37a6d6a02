//! What a fuzzer runs: for each decoder a function of bytes, which panics on what must never be.
//!
//! The bytes are a script: what is ordered, what happens to the cable, what is
//! heard that nobody said. It is played on a line in virtual time with a simulated unit at its end, so
//! that well-formed answers are the rule and every state is reached; a judge reads
//! every frame as a stranger would and holds it against the order of that instant.
//!
//! `tests/fuzz` runs each target under a fuzzer; the tests of this package run each over its seeds and
//! over random bytes, on the stable compiler.

mod cable;
mod codec;
mod judge;
mod line;
mod profile;
mod relay;
mod script;
mod seeds;
mod stranger;
mod unit;

pub use seeds::seeds;

/// One target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of its file in `tests/fuzz/fuzz_targets`.
    pub name: &'static str,
    /// What it does with the bytes that a fuzzer found. It says whether they reached what the target
    /// is about: a unit that is turned on, an answer that is believed.
    pub run: fn(&[u8]) -> bool,
}

/// Every target there is.
pub const TARGETS: [Target; 12] = [
    Target { name: "arroyo", run: unit::arroyo },
    Target { name: "ascii_line", run: unit::ascii_line },
    Target { name: "magstim", run: unit::magstim },
    Target { name: "magventure", run: unit::magventure },
    Target { name: "maiman_rtu", run: unit::maiman_rtu },
    Target { name: "maiman_text", run: unit::maiman_text },
    Target { name: "modbus_rtu", run: unit::modbus_rtu },
    Target { name: "open_link", run: unit::open_link },
    Target { name: "probe", run: codec::probe },
    Target { name: "profile", run: profile::profile },
    Target { name: "relay", run: relay::relay },
    Target { name: "rtu", run: codec::rtu },
];

/// Runs the target of this name.
///
/// # Panics
/// If there is none, or if what it found must never be.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    let Target { run, .. } = target.unwrap_or_else(|| panic!("no target is called {name}"));
    run(bytes);
}
