//! Latched reasons not to emit, and what clears each (LCK-03).

use crate::time::Instant;

macro_rules! causes {
    ($($(#[$doc:meta])* $name:ident: $scope:ident, $release:ident;)*) => {
        /// A latched reason not to emit.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Cause {
            $($(#[$doc])* $name,)*
        }

        impl Cause {
            /// Every cause there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What a cause of this kind locks.
            pub const fn scope(self) -> Scope {
                match self { $(Self::$name => Scope::$scope,)* }
            }

            /// What clears it.
            pub const fn release(self) -> Release {
                match self { $(Self::$name => Release::$release,)* }
            }
        }
    };
}

causes! {
    /// No valid answer came for longer than the profile allows.
    LinkSilence: Unit, Operator;
    /// The unit started anew (LAS-07).
    Reboot: Unit, Operator;
    /// The door or remote interlock opened (LAS-21).
    Interlock: Room, Operator;
    /// The key was turned off during a session.
    KeyOff: Unit, Operator;
    /// The applicator was removed or exchanged during a session (LAS-18, PEM-07).
    Applicator: Unit, Operator;
    /// The unit was off while it was ordered on.
    UnexpectedOff: Unit, Operator;
    /// Too many answers were damaged or missing (COM-06).
    ErrorRate: Unit, Operator;
    /// Somebody stopped everything.
    StopAll: Room, Operator;
    /// The unit reports a fault of its own.
    UnitFault: Unit, Operator;
    /// The setting that was read back is not the one that was confirmed (SES-05).
    SettingDiffers: Unit, Operator;
    /// The unit emitted when it must not (LAS-12).
    StuckOn: Unit, Presence;
    /// Off was not proven in time.
    StopUnconfirmed: Unit, Presence;
    /// The measured output left its band (LAS-10, LAS-11).
    Deviation: Unit, Presence;
    /// The measured output stayed the same to the last bit (LAS-11).
    FrozenReadBack: Unit, Presence;
    /// Another unit answered, or its facts are not those of its profile (COM-07).
    Identity: Unit, Presence;
    /// An emergency stop was pressed (LAS-08).
    EmergencyStop: Unit, Presence;
    /// The relay contact is not where it was put.
    RelayMismatch: Unit, Presence;
    /// Three sessions in ten minutes ended by an alarm (SES-12).
    RepeatedStops: Unit, Presence;
    /// The coil reached its trip temperature (PEM-04).
    OverTemperature: Unit, Presence;
    /// The temperature sensor is open, shorted or absent (PEM-04).
    SensorMissing: Unit, Presence;
    /// The ledger failed or was late.
    Ledger: Gateway, Reconciliation;
    /// The audit trail failed or was late.
    Audit: Gateway, Reconciliation;
    /// The control thread was later than 50 ms.
    Lateness: Gateway, Reconciliation;
    /// A record of a change was lost.
    LostRecord: Gateway, Reconciliation;
    /// The machine was suspended.
    Suspend: Gateway, Reconciliation;
    /// The wall clock stands before the last record.
    ClockBack: Gateway, Reconciliation;
    /// A session was open when the gateway started: nobody knows how it ended.
    OpenMark: Unit, Reconciliation;
}

/// How many kinds of cause there are.
pub const CAUSES: usize = Cause::ALL.len();

/// What a cause locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The unit it arose on.
    Unit,
    /// Every unit in the room.
    Room,
    /// Every unit of the gateway.
    Gateway,
}

/// What clears a cause. A later one demands no less than an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// An operator, after the unit proved its identity anew.
    Operator,
    /// A laser safety officer or clinician at the unit: the key was turned off and on (LCK-07).
    Presence,
    /// Service or an administrator, after the records were reconciled.
    Reconciliation,
}

impl Cause {
    /// Whether a cause of this kind opens the relay at once (LCK-02).
    pub const fn opens_relay(self) -> bool {
        matches!(self.release(), Release::Presence | Release::Reconciliation)
    }
}

/// A cause and when it was latched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Latched {
    /// The kind.
    pub cause: Cause,
    /// When it was first seen since its last release.
    pub at: Instant,
}

/// All causes latched on one unit, in the order in which they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Causes([Option<Latched>; CAUSES]);

impl Default for Causes {
    fn default() -> Self {
        Self([None; CAUSES])
    }
}

impl Causes {
    /// Latches `cause`. One that is latched already keeps its place and its instant.
    pub(crate) fn latch(&mut self, cause: Cause, at: Instant) {
        if self.holds(cause) {
            return;
        }
        if let Some(free) = self.0.iter_mut().find(|place| place.is_none()) {
            *free = Some(Latched { cause, at });
        }
    }

    /// Clears `cause` and closes the gap.
    pub(crate) fn release(&mut self, cause: Cause) {
        let kept = *self;
        let mut places = kept.iter().filter(|latched| latched.cause != cause);
        for place in &mut self.0 {
            *place = places.next();
        }
    }

    /// Whether `cause` is latched.
    pub fn holds(&self, cause: Cause) -> bool {
        self.iter().any(|latched| latched.cause == cause)
    }

    /// Whether none is latched.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The latched causes, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = Latched> {
        self.0.into_iter().flatten()
    }
}
