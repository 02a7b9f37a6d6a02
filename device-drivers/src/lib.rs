//! Translates orders into bytes and bytes into reports, one module per unit family.
//!
//! A dialect does no I/O and reads no clock: the gateway moves its bytes and tells it the time. It
//! holds no rule of safety either: what it is ordered it brings about, what it hears it reports.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate self as device_drivers;
#[cfg(test)]
extern crate std;

mod budget;
mod exchange;
mod explain;
mod frame;
mod share;
mod unverified;

pub mod arroyo;
pub mod ascii_line;
pub mod magstim;
pub mod magventure;
pub mod maiman;
pub mod modbus_rtu;
pub mod open_link;
pub mod probe;
pub mod profile;
pub mod relay;
pub mod rtu;
#[cfg(test)]
#[path = "../bench/src/lib.rs"]
pub mod test_bench;

use alloc::vec::Vec;

use safety::{Instant, Modality, Order, Report};

pub use budget::Budget;
pub use explain::{Explained, covered, explain};
pub use frame::{Frame, Rank};
pub use share::{Company, Share};
pub use unverified::Unverified;

/// The dialect of one unit family, as spoken with one unit.
pub trait Dialect<M: Modality> {
    /// What the unit emits if it is told `level`: rounded down to the steps it can do.
    ///
    /// `None` if the unit cannot be told this level at all.
    fn exact(&self, level: M::Level) -> Option<M::Level>;

    /// Takes what happened, and puts what follows from it into `out`.
    ///
    /// A frame goes into `out` only on [`Event::Turn`]: nothing else says that the line is free.
    fn step(&mut self, now: Instant, event: Event<'_, M>, out: &mut Out<M>);

    /// When it wants to be stepped next: with [`Event::Turn`] if the line is free by then.
    fn wake(&self) -> Instant;

    /// The longest times that this dialect takes to notice and to stop, computed from the speed of
    /// the line, its frames and its gaps.
    fn budget(&self) -> Budget;

    /// What it takes of a line that it shares. `None`: it has to have a line of its own.
    fn share(&self) -> Option<Share> {
        None
    }

    /// Told once, before the port opens: others are on its line, and take so much.
    fn join(&mut self, company: Company) {
        let _has_its_own_line = company;
    }

    /// Whether a line that it shares has to be left to it: its answer may be on the way. It wakes
    /// when that is late.
    fn awaits(&self) -> bool {
        false
    }

    /// When it will have a word to say that stops and that was not said since the stop began.
    fn urgent(&self) -> Instant {
        Instant::NEVER
    }
}

/// What can happen to a dialect.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a, M: Modality> {
    /// The port opened. Whatever answers has yet to prove what it is.
    Opened,
    /// The port closed or hung up.
    Closed,
    /// What the unit must be doing from now on. Told after every step of the core, changed or not.
    Order(Order<M>),
    /// Somebody stopped the unit: off is said at the next turn, even if it was said and proven before.
    Stop,
    /// The line is free: one frame may go out.
    Turn,
    /// The last frame left the line.
    Sent,
    /// Bytes came in, in pieces of any size.
    Bytes(&'a [u8]),
    /// Time passed, nothing else.
    Wake,
}

/// What follows from an event.
#[derive(Clone, Debug)]
pub struct Out<M: Modality> {
    /// What goes out next, if anything.
    pub frame: Option<Frame>,
    /// What the unit said, in the order in which it said it.
    pub reports: Vec<Report<M>>,
}

impl<M: Modality> Default for Out<M> {
    fn default() -> Self {
        Self { frame: None, reports: Vec::new() }
    }
}
