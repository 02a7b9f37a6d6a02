//! The open-link dialect against simulated units, in virtual time.
//!
//! Orders come from real supervisors, units from a package that shares no code with the dialect.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the facts it is about")]

mod facts;
mod noise;
mod once;
mod session;
mod stop;

use simulated_units::Unit;

/// One dialect, one unit, and a line with real byte times between them.
type World<M> = test_bench::world::World<M, Unit>;
