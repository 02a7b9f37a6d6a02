//! The tests of the gateway whole, in one binary, so that its dependencies are linked once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod peers;
mod pump;
mod requirements;
mod swarm;
mod tidy;
mod tree;
