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

#[allow(dead_code, reason = "it is shared with tests that use more of it")]
#[path = "../../../../device-drivers/tests/open_link/capabilities.rs"]
mod capabilities;
#[allow(dead_code, reason = "it is shared with tests that use more of it")]
#[path = "../../../../device-drivers/tests/open_link/limits.rs"]
mod limits;
#[allow(dead_code, reason = "it is shared with tests that use more of it")]
#[path = "../../../../device-drivers/tests/open_link/plates.rs"]
mod plates;

mod exclusion;
mod house;
mod obedient;
mod reviews;
mod stories;

use device_drivers::open_link;
