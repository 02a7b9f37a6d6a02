//! The proof of the supervisor: rules at their boundaries, every story, and a swarm.
//!
//! What judges here shares no code with what is judged: the swarm has a unit and a meter of its own.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

mod bench;
mod dose;
mod explore;
mod findings;
mod flight;
mod golden;
mod grounds;
mod integral;
mod invariants;
mod locks;
mod model;
mod off;
mod runs;
mod sessions;
mod slices;
mod swarm;
mod warnings;
mod watch;
mod world;
