//! What `check` admits and what it refuses, against tables, floats and arbitrary input.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    clippy::type_complexity,
    clippy::unwrap_used,
    reason = "tests compare with floats, fail by panicking, and keep a table in one piece"
)]

mod draw;
mod laser;
mod library;
mod missing;
mod nerve;
mod pemf;
mod property;
mod site;
mod skin;
mod stationary;
mod stimulator;
mod supply;
mod table;
mod touched;
