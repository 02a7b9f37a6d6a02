//! Simulated therapy units that speak open-link: a laser and a PEMF unit to try a gateway against (TST-01).
//!
//! A [`Unit`] is a whole device in one value: a controller that obeys `docs/open-link.md`, an output stage with a ramp, a part that warms up,
//! a sensor with noise, buttons to press, faults to switch on, and a meter that tells the truth whatever the unit says. It does no I/O and has
//! no clock: time is an argument, chance comes from a seed, and the same calls give the same bytes.
//!
//! It knows nothing of the gateway. Its codec was written from the document alone (COM-11), so that a misreading on one side shows.
//!
//! ```
//! use simulated_units::{Button, Plan, Unit};
//!
//! let mut unit = Unit::new(Plan::laser("OL15-0001"), 7, 0);
//! unit.press(1_000_000_000, Button::Footswitch, true);
//! unit.receive(1_000_000_000, &[0, 1, 2, 3, 0]); // noise: counted, not answered
//!
//! let mut line = Vec::new();
//! unit.transmit(2_000_000_000, &mut line);
//! assert!(line.is_empty());
//! assert_eq!(unit.meter(), 0);
//! ```
#![forbid(unsafe_code)]

mod answer;
pub mod arroyo;
mod cable;
mod capability;
pub mod cobolt;
mod cobs;
mod contact;
mod controller;
mod device;
mod fault;
mod faults;
mod frame;
pub mod free_pemf;
mod identity;
mod kind;
mod line;
pub mod magstim;
pub mod magventure;
pub mod maiman;
mod outcome;
mod plan;
pub mod relay;
pub mod riden;
mod sensor;
mod setting;
mod slope;
mod stage;
mod state;
mod status;
mod temperature;
mod unit;
#[cfg(test)]
mod vectors;

pub use cable::Cable;
pub use capability::{Capability, Modality, Wavelength};
pub use contact::Button;
pub use device::Device;
pub use fault::{Fault, GAIN_MAX, Sensor, TRIPS, UnknownFault, Way};
pub use kind::Command;
pub use plan::Plan;
pub use state::State;
pub use unit::Unit;
