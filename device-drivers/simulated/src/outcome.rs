//! The result codes of section 5, and the refusal that carries one.

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ok,
    Unsupported,
    BadLength,
    BootMismatch,
    StaleSequence,
    Expired,
    TooFarAhead,
    WrongState,
    OutOfRange,
    NotReady,
    BadNonce,
    BadDigest,
}

impl Outcome {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Unsupported => 1,
            Self::BadLength => 2,
            Self::BootMismatch => 3,
            Self::StaleSequence => 4,
            Self::Expired => 5,
            Self::TooFarAhead => 6,
            Self::WrongState => 7,
            Self::OutOfRange => 8,
            Self::NotReady => 9,
            Self::BadNonce => 10,
            Self::BadDigest => 11,
        }
    }

    /// Whether a command with this outcome passed the check of its sequence, so that it cannot be a copy of an older one.
    pub(crate) const fn is_of_a_first_copy(self) -> bool {
        match self {
            Self::Unsupported | Self::BadLength | Self::BootMismatch | Self::StaleSequence => false,
            Self::Ok
            | Self::Expired
            | Self::TooFarAhead
            | Self::WrongState
            | Self::OutOfRange
            | Self::NotReady
            | Self::BadNonce
            | Self::BadDigest => true,
        }
    }
}

/// A request that was not followed, and the word of detail that goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) outcome: Outcome,
    pub(crate) detail: u16,
}

impl From<Outcome> for Refusal {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, detail: 0 }
    }
}
