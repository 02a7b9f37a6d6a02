//! Watches: a snapshot, then the newest of what changed, and a sign of life at least every second.
//!
//! A slow reader gets the latest status of each unit and misses those in between; nothing waits for
//! it (API-06).

use std::{pin::Pin, sync::Arc, time::Duration};

use clinic::{Shown, UnitId};
use futures::{Stream, StreamExt, stream, stream::SelectAll};
use proto::v1::{
    self, watch_session_response::Change as SessionChange, watch_units_response::Change,
};
use tokio::{sync::watch, time::timeout};
use tokio_stream::wrappers::WatchStream;
use tonic::{Status, codegen::BoxStream};

use super::{Control, admission::Caller, denial::Denial, sessions::Kept, status, unit};
use crate::clock;

/// After so much silence a watcher is told that nothing changed.
const KEEP_ALIVE: Duration = Duration::from_millis(800);

/// Watches units.
pub(crate) fn units(
    control: Control,
    caller: Caller,
    units: Vec<UnitId>,
) -> BoxStream<v1::WatchUnitsResponse> {
    let watch = UnitsWatch {
        control,
        _caller: caller,
        changes: SelectAll::new(),
        proven: Vec::new(),
        units,
        revision: 0,
        begun: false,
    };
    until_closed(watch.control.clone(), stream::unfold(watch, UnitsWatch::next))
}

/// Watches one session to its end.
pub(crate) fn session(
    control: Control,
    caller: Caller,
    kept: Arc<Kept>,
) -> BoxStream<v1::WatchSessionResponse> {
    let newest = control.herald().watch(kept.unit);
    let watch = SessionWatch {
        control,
        _caller: caller,
        kept,
        newest,
        revision: 0,
        begun: false,
        over: false,
    };
    until_closed(watch.control.clone(), stream::unfold(watch, SessionWatch::next))
}

/// The newest of one unit, whenever it changed.
type Changes = Pin<Box<dyn Stream<Item = (UnitId, Shown)> + Send>>;

struct UnitsWatch {
    control: Control,
    _caller: Caller,
    units: Vec<UnitId>,
    changes: SelectAll<Changes>,
    /// The units that were shown with an identity.
    proven: Vec<UnitId>,
    revision: u64,
    begun: bool,
}

impl UnitsWatch {
    async fn next(mut self) -> Option<(v1::WatchUnitsResponse, Self)> {
        let change = if self.begun {
            self.change().await
        } else {
            self.begun = true;
            self.snapshot()
        };
        let message = v1::WatchUnitsResponse {
            revision: self.revision,
            made_boottime_nanoseconds: clock::now().since_boot(),
            change: Some(change),
        };
        Some((message, self))
    }

    /// All units at once. What each shows from here on is a change.
    fn snapshot(&mut self) -> Change {
        let mut units = Vec::with_capacity(self.units.len());
        for unit in self.units.clone() {
            let Some(card) = self.control.directory().card(unit) else { continue };
            let Some(mut newest) = self.control.herald().watch(unit) else { continue };
            let shown = *newest.borrow_and_update();
            units.push(unit::as_of(&self.control, unit, card, shown.as_ref()));
            self.changes.push(
                WatchStream::from_changes(newest)
                    .filter_map(move |shown| async move { shown.map(|shown| (unit, shown)) })
                    .boxed(),
            );
            if let Some(shown) = shown {
                self.note(unit, &shown);
            }
        }
        let gateway_boot_id = self.control.directory().run.to_string();
        Change::Snapshot(v1::UnitsSnapshot { units, gateway_boot_id })
    }

    async fn change(&mut self) -> Change {
        if self.changes.is_empty() {
            tokio::time::sleep(KEEP_ALIVE).await;
            return Change::KeepAlive(v1::UnitsKeepAlive {});
        }
        let Ok(Some((unit, shown))) = timeout(KEEP_ALIVE, self.changes.next()).await else {
            return Change::KeepAlive(v1::UnitsKeepAlive {});
        };
        let facts_changed = self.note(unit, &shown);
        match self.control.directory().card(unit) {
            Some(card) if facts_changed => {
                Change::Unit(unit::as_of(&self.control, unit, card, Some(&shown)))
            }
            Some(_) | None => Change::Status(status::shown(&self.control, unit, &shown)),
        }
    }

    /// Notes what is shown. Whether what the unit is has changed with it.
    fn note(&mut self, unit: UnitId, shown: &Shown) -> bool {
        let (_, at, _) = status::marks(shown);
        self.revision = self.revision.max(at.since_boot());
        let (proven, was) = (unit::is_proven(shown), self.proven.contains(&unit));
        match (proven, was) {
            (true, false) => self.proven.push(unit),
            (false, true) => self.proven.retain(|other| *other != unit),
            (true, true) | (false, false) => {}
        }
        proven != was
    }
}

struct SessionWatch {
    control: Control,
    _caller: Caller,
    kept: Arc<Kept>,
    newest: Option<watch::Receiver<Option<Shown>>>,
    revision: u64,
    begun: bool,
    over: bool,
}

impl SessionWatch {
    async fn next(mut self) -> Option<(v1::WatchSessionResponse, Self)> {
        if self.over {
            return None;
        }
        let change = if self.begun {
            self.change().await
        } else {
            self.begun = true;
            self.snapshot()
        };
        self.over = matches!(change, SessionChange::End(_));
        let message = v1::WatchSessionResponse {
            revision: self.revision,
            made_boottime_nanoseconds: clock::now().since_boot(),
            change: Some(change),
        };
        Some((message, self))
    }

    fn snapshot(&mut self) -> SessionChange {
        let shown = self.newest.as_mut().and_then(|newest| *newest.borrow_and_update());
        let status = shown.map(|shown| self.status(&shown));
        let kept = &self.kept;
        let session = v1::Session {
            session_id: kept.id.to_string(),
            unit_id: self.control.directory().name(kept.unit).to_owned(),
            prescription: Some(kept.prescription.clone()),
            prescription_hash: kept.hash.to_vec(),
            decisions: kept.decisions.clone(),
            operator: Some(kept.operator.clone()),
            confirmed_time: Some(kept.confirmed.1),
            end: kept.ended(),
        };
        let gateway_boot_id = self.control.directory().run.to_string();
        let snapshot = v1::SessionSnapshot { session: Some(session), status, gateway_boot_id };
        SessionChange::Snapshot(snapshot)
    }

    /// The end comes before any status, so it is never skipped.
    async fn change(&mut self) -> SessionChange {
        let kept = Arc::clone(&self.kept);
        let changed = async {
            if let Some(newest) = &mut self.newest
                && newest.changed().await.is_ok()
            {
                return *newest.borrow_and_update();
            }
            std::future::pending().await
        };
        let shown = tokio::select! {
            biased;
            end = kept.over() => return SessionChange::End(end),
            shown = timeout(KEEP_ALIVE, changed) => shown,
        };
        match shown {
            Ok(Some(shown)) => SessionChange::Status(self.status(&shown)),
            Ok(None) | Err(_) => SessionChange::KeepAlive(v1::SessionKeepAlive {}),
        }
    }

    fn status(&mut self, shown: &Shown) -> v1::UnitStatus {
        let (_, at, _) = status::marks(shown);
        self.revision = self.revision.max(at.since_boot());
        status::shown(&self.control, self.kept.unit, shown)
    }
}

/// Ends a watch when the gateway shuts down, and says so.
pub(super) fn until_closed<T: Send + 'static>(
    control: Control,
    messages: impl Stream<Item = T> + Send + 'static,
) -> BoxStream<T> {
    let closes = Box::pin(async move { control.closes().await });
    let open = Some((Box::pin(messages), closes));
    Box::pin(stream::unfold(open, |open| async {
        let (mut messages, mut closes) = open?;
        tokio::select! {
            biased;
            () = &mut closes => {
                let closing = Denial::of(&clinic::Refused::ShuttingDown);
                Some((Err(Status::from(closing)), None))
            }
            message = messages.next() => Some((Ok(message?), Some((messages, closes)))),
        }
    }))
}
