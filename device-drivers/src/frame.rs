//! What goes out on a line in one piece.

use alloc::vec::Vec;

use safety::Nanos;

/// Bytes for a line, and what the line has to know to send them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    /// What goes out.
    pub bytes: Vec<u8>,
    /// How urgent it is.
    pub rank: Rank,
    /// Whether what came in before must be thrown away first, so that a late answer to an older
    /// question is not taken for the answer to this one.
    pub purge_first: bool,
    /// How long the unit may take to answer after the last byte left.
    pub answer_within: Nanos,
    /// How long the line has to rest after the last byte left.
    pub quiet_after: Nanos,
}

/// How urgent a frame is: a smaller rank goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// Toward off.
    Stop,
    /// Sets, warns, turns on, renews.
    Order,
    /// Asks.
    Ask,
}
