//! Patients across units, modalities, restarts and days: one session at a time, and a review before the
//! next where something was found.
//!
//! The clinic is the real one. Its units do as they are told, at once, until a test says otherwise.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails may panic"
)]

mod exclusion;
mod house;
mod obedient;
mod reviews;
mod stories;
