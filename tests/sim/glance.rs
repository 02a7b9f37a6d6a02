//! What somebody sees who looks at a unit on a screen: the modalities are all alike to them.

use clinic::{AnyDose, AnyStatus, SessionId, Shown};
use safety::{Beam, Causes, Modality, State, Status};

/// How a unit stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Glance {
    /// The state that people are shown.
    pub(crate) state: State,
    /// The question to which the answer was off, if nothing newer contradicts it.
    pub(crate) off_asked: Option<u64>,
    /// Latched causes.
    pub(crate) causes: Causes,
    /// What a command has to carry.
    pub(crate) epoch: u32,
    /// The session, if one is booked.
    pub(crate) session: Option<SessionId>,
    /// Who holds it.
    pub(crate) token: u32,
    /// The newest beacon.
    pub(crate) beacon: u64,
    /// Whether a session is in progress.
    pub(crate) in_session: bool,
    /// Emission without a session: pJ, fT·s or millionths of a millionth of a pulse.
    pub(crate) stray: u64,
}

impl Glance {
    /// What is seen of `shown`.
    pub(crate) fn of(shown: &Shown) -> Self {
        match &shown.status {
            AnyStatus::Laser(status) => {
                Self::from(status, shown, |dose| dose.quantity.picojoules())
            }
            AnyStatus::Pemf(status) => {
                Self::from(status, shown, |dose| dose.quantity.femtotesla_seconds())
            }
            AnyStatus::Stimulator(status) => {
                Self::from(status, shown, |dose| dose.pulses.picopulses())
            }
        }
    }

    fn from<M: Modality>(status: &Status<M>, shown: &Shown, count: fn(M::Dose) -> u64) -> Self {
        let session = status.session.as_ref();
        Self {
            state: status.state,
            off_asked: match status.beam {
                Beam::OffProven(asked) => Some(asked.since_boot()),
                Beam::On(_) | Beam::Unknown(_) => None,
            },
            causes: status.causes,
            epoch: status.epoch,
            session: shown.session,
            token: session.map_or(0, |session| session.token),
            beacon: session.map_or(0, |session| session.beacon.0),
            in_session: session.is_some(),
            stray: count(status.stray),
        }
    }
}

/// The count of a dose: pJ, fT·s or millionths of a millionth of a pulse.
pub(crate) fn quantity(dose: AnyDose) -> u64 {
    match dose {
        AnyDose::Laser(dose) => dose.quantity.picojoules(),
        AnyDose::Pemf(dose) => dose.quantity.femtotesla_seconds(),
        AnyDose::Stimulator(dose) => dose.pulses.picopulses(),
    }
}
