//! What an operator may ask of a unit, and why it may be refused.

use crate::{admitted::Admitted, modality::Modality};

/// Who commands, and what they last saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fence {
    /// Names the holder of the session. Never used twice (SEC-03).
    pub token: u32,
    /// The epoch of the unit that the sender last saw. A stop raises it.
    pub epoch: u32,
}

/// What the holder of a session may ask. There is no verb that changes power while it emits
/// (API-01).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command<M: Modality> {
    /// STANDBY to READY.
    Arm,
    /// READY to WARNING, and from there to EMITTING by itself.
    Start,
    /// Off, with the session kept.
    Pause,
    /// PAUSED to WARNING, with what is left after a fresh check.
    Resume(Admitted<M>),
}

/// Names a beacon by its place in the session, from zero. A hold echoes one (LAS-05).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Beacon(pub u64);

/// Why a command changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// Not possible in the present state.
    WrongState,
    /// The unit was stopped after the sender last looked.
    StoppedSince,
    /// The sender does not hold the session.
    NotHolder,
    /// A session is open on the unit.
    Busy,
    /// A cause is latched.
    Locked,
    /// The unit does not answer, or did not prove its identity.
    Offline,
    /// The confirmation is older than three minutes.
    ConfirmationExpired,
    /// The footswitch is not pressed, or was not seen to be.
    FootswitchNotPressed,
    /// The footswitch was held when the unit was armed: release it first.
    FootswitchHeld,
    /// The door or remote interlock is open.
    InterlockOpen,
    /// The key is off.
    KeyOff,
    /// The emergency stop is pressed.
    EmergencyStop,
    /// The applicator is absent or another one.
    Applicator,
    /// The coil is too hot.
    CoilHot,
    /// No beacon was echoed within the hold lease.
    HoldStale,
    /// The beacon is unknown.
    UnknownBeacon,
    /// The setting was not read back yet.
    ReadBackPending,
    /// What is to be resumed is not what was confirmed.
    Changed,
    /// What locks the unit still stands.
    ConditionStands,
    /// The key must be turned off and on at the unit first.
    PresenceNeeded,
    /// No such cause is latched.
    NotLatched,
    /// The slice is not the one that was asked for.
    UnknownSlice,
}
