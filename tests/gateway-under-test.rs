//! The gateway itself, built with its tests, so that they never run one that was built before.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::main()
}
