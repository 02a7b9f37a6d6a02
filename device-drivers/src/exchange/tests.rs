//! The bench that every dialect of a real unit is proven on, and the proof of the machine itself.
//!
//! A [`World`](world::World) joins a dialect and a simulated unit by a line with real byte times both
//! ways. A [`Room`](room::Room) puts a real supervisor on top, so that whole sessions run. A
//! [`Desk`](desk::Desk) gives orders without listening to the unit.

pub(crate) mod desk;
pub(crate) mod limits;
pub(crate) mod room;
pub(crate) mod stimulator;
pub(crate) mod told;
pub(crate) mod transcript;
pub(crate) mod world;

mod rules;
mod runs;
mod session;
mod toy;
