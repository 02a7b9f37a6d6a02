//! A MagVenture of two models, with a simulated one at the other end of the line.

mod lies;
mod session;
mod transcript;
mod words;

use crate::test_bench::magventure::{BYTE, COIL, MODELS, SERIAL, Ward, plate, room_of, talkative};

use super::{Model, TrainReadBack, dialect};
