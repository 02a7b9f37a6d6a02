//! Request ids of the last ten minutes, so that an answer can say that it was given before (API-02).

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use clinic::RequestId;
use safety::{Instant, Nanos};

/// For as long as the core gives a first answer again.
pub(crate) const WINDOW: Nanos = Nanos::from_secs(600);
/// As many as the core keeps answers.
const IDS_MAX: usize = 1_024;

/// The latest request ids that were accepted.
#[derive(Default)]
pub(crate) struct Recent(Mutex<VecDeque<(Instant, RequestId)>>);

impl Recent {
    /// Notes a request that was accepted at `now`. Whether it had been before.
    pub(crate) fn note(&self, now: Instant, request: &RequestId) -> bool {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while ids.front().is_some_and(|(at, _)| WINDOW <= now.since(*at)) {
            ids.pop_front();
        }
        if ids.iter().any(|(_, id)| id == request) {
            return true;
        }
        if ids.len() >= IDS_MAX {
            ids.pop_front();
        }
        ids.push_back((now, request.clone()));
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// API-02: as long as the core gives a first answer again.
    #[test]
    fn a_request_is_known_for_ten_minutes() {
        let recent = Recent::default();
        let at = |seconds| Instant::default().after(Nanos::from_secs(seconds));
        let id = RequestId::new("one").unwrap();
        assert!(!recent.note(at(0), &id));
        assert!(recent.note(at(599), &id));
        assert!(!recent.note(at(600), &id));
    }
}
