//! Which session was open when a cause was latched, as long as the cause stands.
//!
//! Nothing decides by it. It is bounded: one session for each kind of cause on each unit.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use clinic::{SessionId, UnitId};
use safety::{Cause, Instant, Latched};

/// The sessions that latched causes interrupted.
#[derive(Default)]
pub(crate) struct Interrupted(Mutex<BTreeMap<(UnitId, Cause), (Instant, SessionId)>>);

impl Interrupted {
    /// A cause was latched while a session was open, or while none was.
    pub(crate) fn latched(&self, unit: UnitId, latched: Latched, session: Option<SessionId>) {
        let mut known = self.lock();
        match session {
            Some(session) => known.insert((unit, latched.cause), (latched.at, session)),
            None => known.remove(&(unit, latched.cause)),
        };
    }

    /// A cause was released.
    pub(crate) fn released(&self, unit: UnitId, cause: Cause) {
        self.lock().remove(&(unit, cause));
    }

    /// The session that was open at this very latching, if it is known.
    pub(crate) fn by(&self, unit: UnitId, latched: Latched) -> Option<SessionId> {
        let known = self.lock();
        let (at, session) = known.get(&(unit, latched.cause))?;
        (*at == latched.at).then_some(*session)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(UnitId, Cause), (Instant, SessionId)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: UnitId = UnitId(1);
    const SESSION: SessionId = SessionId { run: 7, token: 3 };

    fn latched(nanos: u64) -> Latched {
        Latched { cause: Cause::Reboot, at: Instant::from_boot(nanos) }
    }

    #[test]
    fn a_session_is_known_for_its_own_latching_only() {
        let interrupted = Interrupted::default();
        interrupted.latched(UNIT, latched(5), Some(SESSION));
        assert_eq!(interrupted.by(UNIT, latched(5)), Some(SESSION));
        assert_eq!(interrupted.by(UNIT, latched(6)), None);
        assert_eq!(interrupted.by(UnitId(2), latched(5)), None);
        interrupted.released(UNIT, Cause::Reboot);
        assert_eq!(interrupted.by(UNIT, latched(5)), None);
    }

    #[test]
    fn a_latching_without_a_session_forgets_the_one_before() {
        let interrupted = Interrupted::default();
        interrupted.latched(UNIT, latched(5), Some(SESSION));
        interrupted.latched(UNIT, latched(9), None);
        assert_eq!(interrupted.by(UNIT, latched(5)), None);
    }
}
