//! The configuration: what loads, what is refused and how that is said.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod boards;
mod cases;
mod families;
mod lines;
mod mistakes;
mod noise;
mod real;
mod shelf;
mod shipped;
mod sign_off;
mod unit_cases;
