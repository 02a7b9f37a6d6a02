//! Where a challenge stands: two questions, one verdict (COM-07).

use safety::{Instant, Nanos};

use super::{identity, identity::Introduction, message::Kind};

/// Between two challenges while a unit is off: a release needs one that is newer than its cause.
pub(super) const CHALLENGE_REPEAT: Nanos = Nanos::from_secs(5);

/// Where a challenge stands.
///
/// ```text
///   Due, Again --Identify--> Asked --answer--> Introduced --Capabilities, answer--> Again
///      ^                       |                   |
///      +------- no answer -----+-------------------+
/// ```
#[derive(Clone, Debug)]
pub(super) enum Challenge {
    /// It has to be met, from this instant on.
    Due(Instant),
    /// It was met not long ago; while the unit is off it is repeated at this instant.
    Again(Instant),
    /// The unit was asked who it is.
    Asked { asked: Instant, challenge: identity::Challenge },
    /// It said who it is, but not yet what it can do, which its proof covers.
    Introduced { asked: Instant, challenge: identity::Challenge, introduction: Introduction },
}

impl Challenge {
    /// The half that is next.
    pub(super) fn half(&self) -> Kind {
        match self {
            Self::Due(_) | Self::Again(_) | Self::Asked { .. } => Kind::Identify,
            Self::Introduced { .. } => Kind::Capabilities,
        }
    }
}
