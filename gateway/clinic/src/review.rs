//! Sessions whose dose a person has to judge before their patients are treated again (DOS-12, JRN-08).

use alloc::vec::Vec;

use safety::Findings;

use crate::name::{PatientKey, SessionId, UnitId};

/// A session that waits to be reviewed. Its patient gets no other until it was.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Review {
    /// The session.
    pub session: SessionId,
    /// Its unit, if that is still configured.
    pub unit: Option<UnitId>,
    /// Its patient.
    pub patient: PatientKey,
    /// What was found.
    pub findings: Findings,
}

/// All reviews that are open. A patient with one gets no further session, so nobody has many, and
/// none is ever dropped to make room: only a person ends one, no time and no restart.
#[derive(Debug, Default)]
pub(crate) struct Reviews(Vec<Review>);

impl Reviews {
    /// Opens a review, if anything was found.
    pub(crate) fn open(&mut self, review: Review) {
        if !review.findings.is_empty() {
            self.0.push(review);
        }
    }

    /// The oldest session of a patient that waits to be reviewed.
    pub(crate) fn of(&self, patient: &PatientKey) -> Option<SessionId> {
        let found = self.0.iter().find(|review| review.patient == *patient);
        found.map(|review| review.session)
    }

    /// A person judged a session: its patient may be treated again. `None` if it waits for nobody.
    pub(crate) fn close(&mut self, session: SessionId) -> Option<Review> {
        let place = self.0.iter().position(|review| review.session == session)?;
        Some(self.0.remove(place))
    }
}
