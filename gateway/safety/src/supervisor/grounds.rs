//! What the contact in the interlock of a unit goes by.

use crate::{cause::Cause, contact::Grounds, modality::Modality, time::Nanos};

use super::{Phase, Supervisor};

impl<M: Modality> Supervisor<M> {
    /// What the contact in the interlock of the unit goes by (LCK-01, LCK-02). An open interlock is
    /// seen through that contact alone, so once off is proven its cause does not open it too: nobody
    /// could ever see that the door is closed again.
    pub fn grounds(&self) -> Grounds {
        let settled = matches!(self.phase, Phase::Standby);
        let shows = |cause| settled && cause == Cause::Interlock;
        Grounds {
            stepped: self.now,
            relay: self.relay_closed(),
            free: self.causes.iter().all(|latched| shows(latched.cause)),
            covered: self.is_covered(),
        }
    }

    /// Whether what is emitted, or is about to be, has its slice.
    fn is_covered(&self) -> bool {
        let Some(session) = &self.session else { return true };
        match self.phase {
            Phase::Emitting { .. } if session.runs.is_some() => {
                session.covers_charged(self.now, &self.terms)
            }
            Phase::Emitting { .. } => session.lasts(self.now) != Nanos::ZERO,
            Phase::Warning { .. } => {
                session.slices.asked.is_some() || session.slices.covered.is_some()
            }
            Phase::Offline
            | Phase::Standby
            | Phase::Ready { .. }
            | Phase::Stopping { .. }
            | Phase::Paused { .. } => true,
        }
    }
}
