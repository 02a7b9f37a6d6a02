//! Somebody who watches all units of a gateway, and remembers everything that was shown.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use proto::v1::{
    BeamState, CauseKind, UnitState, UnitStatus, WatchUnitsRequest,
    unit_service_client::UnitServiceClient, watch_units_response::Change,
};
use tokio::{sync::watch, time::timeout};
use tonic::transport::Channel;

use super::time::{PATIENCE, within};

/// How the units of a gateway stand, and how they stood. The end of the gateway ends it.
pub(super) struct Watcher {
    newest: watch::Receiver<HashMap<String, UnitStatus>>,
    history: Arc<Mutex<Vec<UnitStatus>>>,
}

impl Watcher {
    pub(super) async fn new(channel: Channel) -> Self {
        let mut client = UnitServiceClient::new(channel);
        let watching = client.watch_units(WatchUnitsRequest::default());
        let mut changes = within("a watch", watching).await.unwrap().into_inner();
        let (show, newest) = watch::channel(HashMap::new());
        let history = Arc::new(Mutex::new(Vec::new()));
        let remembered = Arc::clone(&history);
        tokio::spawn(async move {
            while let Ok(Some(response)) = changes.message().await {
                let statuses: Vec<UnitStatus> = match response.change {
                    Some(Change::Snapshot(all)) => {
                        all.units.into_iter().filter_map(|unit| unit.status).collect()
                    }
                    Some(Change::Unit(unit)) => unit.status.into_iter().collect(),
                    Some(Change::Status(status)) => vec![status],
                    Some(Change::RemovedUnitId(_) | Change::KeepAlive(_)) | None => Vec::new(),
                };
                remembered.lock().unwrap().extend(statuses.iter().cloned());
                show.send_modify(|newest: &mut HashMap<_, _>| {
                    for status in statuses {
                        newest.insert(status.unit_id.clone(), status);
                    }
                });
            }
        });
        Self { newest, history }
    }

    /// How a unit stands now.
    pub(super) fn status(&self, unit: &str) -> UnitStatus {
        self.newest.borrow().get(unit).cloned().unwrap_or_default()
    }

    /// Waits until a unit stands so.
    pub(super) async fn until(
        &self,
        unit: &str,
        what: &str,
        mut holds: impl FnMut(&UnitStatus) -> bool,
    ) -> UnitStatus {
        let mut newest = self.newest.clone();
        let waiting = newest.wait_for(|newest| newest.get(unit).is_some_and(&mut holds));
        match timeout(PATIENCE, waiting).await {
            Ok(Ok(newest)) => newest[unit].clone(),
            Ok(Err(_)) => panic!("the gateway is gone; waited for {unit}: {what}"),
            Err(_) => panic!("waited too long for {unit}: {what}; {:#?}", self.status(unit)),
        }
    }

    /// Waits until a unit is in a state.
    pub(super) async fn until_state(&self, unit: &str, state: UnitState) -> UnitStatus {
        self.until(unit, state.as_str_name(), |status| status.state() == state).await
    }

    /// Waits until a cause is latched on a unit.
    pub(super) async fn until_latched(&self, unit: &str, cause: CauseKind) -> UnitStatus {
        self.until(unit, cause.as_str_name(), |status| has(status, cause)).await
    }

    /// Waits until a unit is proven to emit nothing.
    pub(super) async fn until_off(&self, unit: &str) -> UnitStatus {
        let off = |status: &UnitStatus| {
            status.beam.is_some_and(|beam| beam.state() == BeamState::OffProven)
        };
        self.until(unit, "off proven", off).await
    }

    /// The states of a unit that were shown since an instant of the gateway's clock.
    pub(super) fn states_since(&self, unit: &str, boottime: u64) -> Vec<UnitState> {
        let history = self.history.lock().unwrap();
        let since = history
            .iter()
            .filter(|status| status.unit_id == unit && boottime < status.made_boottime_nanoseconds);
        let mut states: Vec<_> = since.map(UnitStatus::state).collect();
        states.dedup();
        states
    }
}

/// Whether a cause is latched.
pub(super) fn has(status: &UnitStatus, cause: CauseKind) -> bool {
    status.causes.iter().any(|latched| latched.kind() == cause)
}
