//! What a unit must be doing now: the one thing that a dialect can be asked to bring about.

use crate::{modality::Modality, time::Instant};

/// What a unit must be doing now.
///
/// Anyone may make [`Order::off`]. Only this package can make another, so nothing that emits reaches
/// a unit without having passed a [`Supervisor`](crate::Supervisor).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Order<M: Modality>(Demand<M>);

/// The content of an [`Order`].
///
/// Off is a level: a dialect says it again and again. Turning on is an edge: it goes out at most
/// once per [`Grant`] and boot of the unit. What repeats is validity, and that turns nothing on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Demand<M: Modality> {
    /// Emit nothing.
    Off,
    /// Hold this setting, so that it can be read back before anything emits (SES-05).
    Prepare(Setting<M>),
    /// Hold this setting and warn people (LAS-04).
    Warn(Setting<M>),
    /// Emit.
    Emit {
        /// What entitles to turn on, once.
        grant: Grant,
        /// What to emit.
        setting: Setting<M>,
        /// When this order lapses. Past it a dialect acts as for off.
        valid_until: Instant,
    },
}

/// What a unit is told before it emits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Setting<M: Modality> {
    /// What to emit.
    pub level: M::Level,
    /// The dose and the time after which the unit turns itself off: a second barrier (DOS-06).
    pub preset: M::Dose,
}

/// One permission to turn on. Never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant(u32);

impl Grant {
    pub(crate) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

#[cfg(test)]
impl Grant {
    pub(crate) const fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl<M: Modality> Order<M> {
    /// Emit nothing.
    pub const fn off() -> Self {
        Self(Demand::Off)
    }

    pub(crate) const fn new(demand: Demand<M>) -> Self {
        Self(demand)
    }

    /// What is demanded.
    pub const fn demand(&self) -> Demand<M> {
        self.0
    }
}
