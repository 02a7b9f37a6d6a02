//! A clinic in virtual time: the real core and the real dialects against simulated units, bad
//! cables, bad disks, people and crashes, judged by the units' own true meters.
//!
//! A [`World`] is one story and a seed is all that it depends on. It knows no clock, no file and no
//! socket, and the judge shares no code with what it judges.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a log, a judge and a person each look at a few of many"
)]

mod cable;
mod device;
mod disk;
mod gateway;
mod glance;
mod judge;
mod line;
mod log;
mod marks;
mod mishap;
mod operator;
mod people;
mod prescriptions;
mod recording;
mod seat;
mod starts;
mod story;
mod ward;
mod world;

pub use judge::Violation;
pub use marks::Marks;
pub use recording::{Compared, Recorded};
pub use story::{KINDS, Kind, Story};
pub use world::{Outcome, World};
