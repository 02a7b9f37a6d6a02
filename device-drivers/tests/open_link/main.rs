//! The open-link dialect against simulated units, in virtual time.
//!
//! Orders come from real supervisors, units from a package that shares no code with the dialect.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the facts it is about")]

mod capabilities;
mod desk;
mod limits;
mod plates;
mod wire;
mod world;

mod facts;
mod noise;
mod once;
mod session;
mod stop;

use device_drivers::open_link;
