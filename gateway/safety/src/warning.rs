//! What people are warned of while nothing is stopped for it.

use crate::set::set;

set! {
    /// Something that people should act on before it becomes a cause.
    Warning,
    /// Some warnings, each at most once.
    Warnings,
    /// The measured output is more than 10 % off what was ordered (LAS-10).
    Deviation = 1,
    /// The coil is at its warning temperature, or warmer (PEM-04).
    CoilWarm = 2,
    /// More than one of the last hundred frames was bad while it emits (COM-06).
    BadFrames = 4,
    /// Move the handpiece: a beam that stands still is worse than one that moves (LAS-17).
    MoveHandpiece = 8,
    /// What the unit measured and what it counted have come apart (DOS-11).
    CountsDiffer = 16,
}
