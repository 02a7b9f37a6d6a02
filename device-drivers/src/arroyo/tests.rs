//! The dialect against simulated units, in virtual time, with a real supervisor on top.

mod lies;
mod noise;
mod session;
mod stop;
mod transcript;
mod words;

use crate::test_bench::arroyo as bench;
