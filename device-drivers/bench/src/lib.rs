//! The bench that every dialect is proven on: a line with real byte times, in virtual time.
//!
//! A [`World`](world::World) joins a dialect and a simulated unit. A [`Room`](room::Room) puts a real supervisor on top, so that
//! whole sessions run. A [`Desk`](desk::Desk) gives orders without listening to the unit: only `safety` can make
//! one that emits, so tests get theirs from where everybody does.
//!
//! The tests inside `device-drivers` compile these files as a module of their own, because a test of a
//! package is another package to those that depend on it; everybody else depends on `test-bench`.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails here")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test picks what it is about")]

pub mod arroyo;
pub mod capabilities;
pub mod desk;
pub mod fuzz;
pub mod limits;
pub mod magstim;
pub mod magventure;
pub mod maiman;
pub mod open_link;
pub mod profiles;
pub mod proof;
pub mod room;
pub mod stimulator;
pub mod told;
pub mod transcript;
pub mod wire;
pub mod world;
