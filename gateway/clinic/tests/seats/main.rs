//! Several coils on one pair of wires: who speaks when, what a dead one costs, how stops go.
//!
//! The clinic and its dialects are the real ones. The units are simulated and share no code with
//! them; all of them hear every byte of the line, and what is said into an answer breaks both.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

mod world;

mod dead;
mod stops;
mod turns;
