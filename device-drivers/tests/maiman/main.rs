//! The Maiman dialect against simulated drivers, in virtual time: both series, in both framings.
//!
//! Orders come from real supervisors, units from a package that shares no code with the dialect.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the facts it is about")]

mod facts;
mod noise;
mod once;
mod session;
mod stop;
