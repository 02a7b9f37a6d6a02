//! A Magstim of each model, with a simulated one at the other end of the line.

mod lies;
mod session;
mod transcript;
mod words;

use crate::test_bench::magstim::{CODE, Ward, models, newest, plate, rapid, room};

use super::{Model, dialect};
