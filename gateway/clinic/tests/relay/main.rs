//! A clinic with a relay board: contacts in the interlocks, doors and emergency stops on its inputs.
//!
//! The clinic and its drivers are the real ones; the board and the units are simulated and share no
//! code with them, and the contacts of the board are wired to the interlocks of the units.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails may panic"
)]

mod world;

mod contacts;
mod evidence;
mod inputs;
mod proofs;
mod swarm;
