//! Shows that the simulated units do what `docs/open-link.md` says, from the outside, with a host written for these tests alone.

mod faults;
mod host;
mod noise;
mod permissions;
mod physics;
mod states;
