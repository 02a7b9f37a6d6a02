//! The five states of a unit, and why an emission ended.

/// What a unit is doing.
///
/// ```text
///                Set            Warn on            Enable
///   STANDBY ────────────► SET ────────────► WARNING ─────► EMITTING
///      ▲                   │ ▲  run out, off  │                │
///      │                   │ └────────────────┤                │
///      └─── Off, contact ──┴──────────────────┴── and lease, ──┘
///      │                                          preset end
///      │ Off, once the key was turned off and on and no fault is left
///    FAULT ◄── a fault, from anywhere
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing is held, nothing can be enabled.
    Standby,
    /// A setting is held.
    Set,
    /// A setting is held and the indicator is on; the only state that takes Enable.
    Warning,
    /// The setting is put out, a laser's while the footswitch is pressed.
    Emitting,
    /// Latched; left through the key and then Off.
    Fault,
}

impl State {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Standby => 1,
            Self::Set => 2,
            Self::Warning => 3,
            Self::Emitting => 4,
            Self::Fault => 5,
        }
    }
}

/// Why the last emission ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopCause {
    None,
    Off,
    Lease,
    Dose,
    Time,
    Key,
    EStop,
    Interlock,
    Applicator,
    Fault,
}

impl StopCause {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Off => 1,
            Self::Lease => 2,
            Self::Dose => 3,
            Self::Time => 4,
            Self::Key => 5,
            Self::EStop => 6,
            Self::Interlock => 7,
            Self::Applicator => 8,
            Self::Fault => 9,
        }
    }
}
