//! The tests of the gateway whole, in one binary, so that its dependencies are linked once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test that sees anything else has failed")]

mod daemon;
mod foreign;
mod peers;
mod pump;
mod requirements;
mod swarm;
mod telemetry;
mod tidy;
mod tree;
