//! Lines against simulated units that were written from the documents alone.

mod chunks;
mod cobolt;
mod free_pemf;
pub(crate) mod transcript;
