//! The sessions of this run as callers know them: what was confirmed, who holds it, how it ended.
//!
//! Nothing decides by it. The core knows a session as long as it is open; this remembers it for those
//! who watch, reattach or ask afterwards. It is bounded: the oldest that ended gives way.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use clinic::{SessionId, UnitId};
use proto::{Timestamp, v1};
use safety::Instant;
use tokio::sync::watch;

/// Sessions that are remembered: several weeks of a clinic, and a few megabytes.
const SESSIONS_MAX: usize = 1_024;
/// Ends that may come before their session is known here: the acceptance is on its way.
const EARLY_MAX: usize = 64;

/// One session. What was confirmed never changes. It names a patient, so it shows only its id.
pub(crate) struct Kept {
    pub(crate) id: SessionId,
    pub(crate) unit: UnitId,
    pub(crate) prescription: v1::Prescription,
    pub(crate) hash: [u8; 32],
    pub(crate) decisions: Vec<v1::Decision>,
    pub(crate) operator: v1::Person,
    pub(crate) confirmed: (Instant, Timestamp),
    started: OnceLock<Timestamp>,
    /// The stream that held it was ended by its client.
    left: AtomicBool,
    end: watch::Sender<Option<v1::SessionEnd>>,
    /// Counts the streams that held it. Only the last one does.
    holder: watch::Sender<u64>,
}

/// What is confirmed, before it is kept.
pub(crate) struct Confirmed {
    pub(crate) id: SessionId,
    pub(crate) unit: UnitId,
    pub(crate) prescription: v1::Prescription,
    pub(crate) hash: [u8; 32],
    pub(crate) decisions: Vec<v1::Decision>,
    pub(crate) operator: v1::Person,
    pub(crate) at: (Instant, Timestamp),
}

/// All sessions of this run.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<Book>);

#[derive(Default)]
struct Book {
    kept: VecDeque<Arc<Kept>>,
    early: VecDeque<(SessionId, v1::SessionEnd)>,
}

/// One stream's claim on a session: it stands until another stream takes the session over.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) kept: Arc<Kept>,
    number: u64,
}

impl Sessions {
    /// Keeps a session that was confirmed. One that is kept already stays as it is: the same
    /// request came again.
    pub(crate) fn keep(&self, confirmed: Confirmed) -> Arc<Kept> {
        let mut book = self.lock();
        if let Some(kept) = book.kept.iter().find(|kept| kept.id == confirmed.id) {
            return Arc::clone(kept);
        }
        let early = book.early.iter().position(|(id, _)| *id == confirmed.id);
        let end = early.and_then(|place| book.early.remove(place)).map(|(_, end)| end);
        let kept = Arc::new(Kept {
            id: confirmed.id,
            unit: confirmed.unit,
            prescription: confirmed.prescription,
            hash: confirmed.hash,
            decisions: confirmed.decisions,
            operator: confirmed.operator,
            confirmed: confirmed.at,
            started: OnceLock::new(),
            left: AtomicBool::new(false),
            end: watch::Sender::new(end),
            holder: watch::Sender::new(0),
        });
        if book.kept.len() >= SESSIONS_MAX
            && let Some(oldest) = book.kept.iter().position(|kept| kept.end.borrow().is_some())
        {
            book.kept.remove(oldest);
        }
        book.kept.push_back(Arc::clone(&kept));
        kept
    }

    pub(crate) fn find(&self, id: SessionId) -> Option<Arc<Kept>> {
        self.lock().kept.iter().find(|kept| kept.id == id).cloned()
    }

    /// The session of this id, as the API writes it.
    pub(crate) fn named(&self, id: &str) -> Option<Arc<Kept>> {
        self.find(read(id)?)
    }

    /// What is shown of the last session on a unit that ended.
    pub(crate) fn last_on(&self, unit: UnitId) -> Option<v1::SessionSummary> {
        let book = self.lock();
        let mut latest = book.kept.iter().rev().filter(|kept| kept.unit == unit);
        latest.find_map(|kept| kept.end.borrow().as_ref()?.summary.clone())
    }

    /// The sessions that have not ended as far as is known here.
    pub(crate) fn open(&self) -> Vec<Arc<Kept>> {
        let book = self.lock();
        book.kept.iter().filter(|kept| kept.end.borrow().is_none()).cloned().collect()
    }

    /// Notes how a session ended. An end that is known is not changed.
    pub(crate) fn end(&self, id: SessionId, end: v1::SessionEnd) {
        let mut book = self.lock();
        if let Some(kept) = book.kept.iter().find(|kept| kept.id == id) {
            kept.finish(end);
            return;
        }
        if book.early.len() >= EARLY_MAX {
            book.early.pop_front();
        }
        book.early.push_back((id, end));
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({})", self.id)
    }
}

impl Kept {
    pub(crate) fn started(&self) -> Option<Timestamp> {
        self.started.get().copied()
    }

    /// Emission began. Only the first beginning counts.
    pub(crate) fn start(&self, at: Timestamp) {
        let _began_before = self.started.set(at);
    }

    pub(crate) fn ended(&self) -> Option<v1::SessionEnd> {
        self.end.borrow().clone()
    }

    /// Waits until the session is over.
    pub(crate) async fn over(&self) -> v1::SessionEnd {
        let mut end = self.end.subscribe();
        loop {
            if let Some(end) = end.borrow_and_update().clone() {
                return end;
            }
            if end.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// The stream that holds it was ended by its client.
    pub(crate) fn leave(&self) {
        self.left.store(true, Ordering::Relaxed);
    }

    pub(crate) fn was_left(&self) -> bool {
        self.left.load(Ordering::Relaxed)
    }

    fn finish(&self, end: v1::SessionEnd) {
        self.end.send_if_modified(|known| {
            let first = known.is_none();
            if first {
                *known = Some(end);
            }
            first
        });
    }
}

impl Claim {
    /// Claims a session. A stream that claimed it before has lost it (API-05).
    pub(crate) fn new(kept: Arc<Kept>) -> Self {
        let mut number = 0;
        kept.holder.send_modify(|holder| {
            *holder = holder.saturating_add(1);
            number = *holder;
        });
        Self { kept, number }
    }

    /// Whether no other stream has taken the session over.
    pub(crate) fn stands(&self) -> bool {
        *self.kept.holder.borrow() == self.number
    }

    /// Waits until another stream takes the session over.
    pub(crate) async fn lost(&self) {
        let mut holder = self.kept.holder.subscribe();
        let lost = holder.wait_for(|holder| *holder != self.number).await.is_ok();
        if !lost {
            std::future::pending::<()>().await;
        }
    }
}

/// The id of a session, as the API writes it.
pub(crate) fn read(id: &str) -> Option<SessionId> {
    let (run, token) = id.split_once('-')?;
    Some(SessionId { run: run.parse().ok()?, token: token.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confirmed(token: u32) -> Confirmed {
        Confirmed {
            id: SessionId { run: 3, token },
            unit: UnitId(0),
            prescription: v1::Prescription::default(),
            hash: [0; 32],
            decisions: Vec::new(),
            operator: v1::Person::default(),
            at: (Instant::default(), Timestamp::default()),
        }
    }

    #[test]
    fn an_end_that_comes_first_is_not_lost() {
        let sessions = Sessions::default();
        let end = v1::SessionEnd { sentence: "over".to_owned(), ..v1::SessionEnd::default() };
        sessions.end(SessionId { run: 3, token: 9 }, end.clone());
        assert_eq!(sessions.keep(confirmed(9)).ended(), Some(end));
    }

    #[test]
    fn the_oldest_that_ended_gives_way() {
        let sessions = Sessions::default();
        let count = u32::try_from(SESSIONS_MAX).unwrap();
        for token in 0..count {
            sessions.keep(confirmed(token));
        }
        sessions.end(SessionId { run: 3, token: 5 }, v1::SessionEnd::default());
        sessions.keep(confirmed(count));
        assert!(sessions.named("3-5").is_none());
        assert!(sessions.named("3-0").is_some());
        assert!(sessions.named("3-").is_none() && sessions.named("x").is_none());
    }

    /// API-05: one stream holds a session, and the newest claim is the one that stands.
    #[tokio::test]
    async fn a_second_claim_ends_the_first() {
        let kept = Sessions::default().keep(confirmed(1));
        let first = Claim::new(Arc::clone(&kept));
        assert!(first.stands());
        let second = Claim::new(kept);
        assert!(!first.stands() && second.stands());
        first.lost().await;
    }
}
