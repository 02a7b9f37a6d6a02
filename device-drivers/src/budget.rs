//! How long the stop path of one unit may take at worst.

use safety::Nanos;

/// The parts of the stop path of one unit, each at its worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// From a fault to its being noticed: the silence deadline, or two polls of a deviation.
    pub detect: Nanos,
    /// From the decision to the first byte: a frame in flight, its rest, and 2 ms of the pump. On a
    /// shared line that frame may be another unit's, with its answer, and all others may be stopped
    /// first.
    pub turn: Nanos,
    /// From the first byte of a stop to the answer that proves off; on a shared line with one turn of
    /// each other unit ahead of every question.
    pub confirm: Nanos,
    /// The unit's own lease: what ends emission if no byte arrives any more.
    pub lease: Nanos,
}

impl Budget {
    /// From any single fault to no emission: the chain that works, or the lease if it is broken.
    pub fn worst(&self) -> Nanos {
        self.detect.plus(self.turn).plus(self.confirm).max(self.lease)
    }
}
