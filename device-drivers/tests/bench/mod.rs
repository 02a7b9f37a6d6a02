//! A dialect, a simulated unit and a line with real byte times between them, in virtual time.
//!
//! It knows no family: what is said stays bytes. Orders come from a real supervisor, in a [`Room`]
//! with everything that a clinic does for one unit, or from a [`Desk`] that is told what it wants to
//! hear.

#![allow(dead_code, reason = "each family uses a part of it")]

mod desk;
mod laser;
mod line;
mod room;

pub(crate) use desk::Desk;
pub(crate) use laser::{Diode, admitted};
pub(crate) use line::{Line, MS, Wire, replay};
pub(crate) use room::Room;
