//! What a unit says of itself, and when it was asked.

use crate::{
    modality::Modality,
    order::{Grant, Setting},
    quantity::{Output, Temperature},
    time::Instant,
};

/// One fact and the question that it answers.
///
/// A serial line keeps its order, so a fact proves something of everything that was written before
/// its question, and nothing of what was written after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Report<M: Modality> {
    /// When the question was handed to the port.
    pub asked: Instant,
    /// The answer.
    pub fact: Fact<M>,
}

/// Something that a unit said, in the closed vocabulary of this package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact<M: Modality> {
    /// A frame was well formed and came from this start of the unit.
    Boot(BootId),
    /// A frame was damaged, or an answer did not come (COM-06).
    Garbled,
    /// The outcome of an identity challenge.
    Identity(Identity),
    /// Whether the unit emits, and how much.
    Emission(Emission<M::Output>),
    /// The setting that the unit holds, if any.
    Setting(Option<Setting<M>>),
    /// The temperature at the applicator; `None` if its sensor is open, shorted or absent.
    Temperature(Option<Temperature>),
    /// Switches at the unit.
    Contacts(Contacts),
    /// The unit's own faults, as the bits of its protocol. Zero is none.
    Faults(u32),
    /// The unit took the run of this grant, and the run is over.
    Ran(Grant),
}

/// Distinguishes one start of a unit from the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BootId(pub u32);

/// The outcome of an identity challenge (COM-07).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// The unit proved to be the one that its profile names.
    Proven,
    /// Something in its identity or capability differs from the profile, or the proof is wrong.
    Differs,
}

/// What a unit says of its emission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Emission<O: Output> {
    /// Whether the unit holds itself enabled. A footswitch may still gate its output.
    pub enabled: bool,
    /// The measured output.
    pub output: O,
    /// What the unit counted since it started, if it counts.
    pub counter: Option<O::Integral>,
}

/// Switches at a unit, each in the sense in which it permits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Contacts {
    /// The key is turned on.
    pub key: bool,
    /// The footswitch or hand switch is pressed.
    pub footswitch: bool,
    /// The door or remote interlock is closed.
    pub interlock: bool,
    /// The emergency stop is not pressed.
    pub emergency_stop_released: bool,
    /// The applicator that the profile names is in place.
    pub applicator: bool,
}
