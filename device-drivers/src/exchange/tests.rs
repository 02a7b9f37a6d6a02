//! The proof of the machine itself, with a made-up unit.

mod rules;
mod runs;
mod session;
mod toy;

/// The parts of the bench by the names of their files.
pub(crate) use crate::test_bench::{desk, room, told, world};
