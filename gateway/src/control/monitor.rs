//! `MaintenanceService`: what goes over the line of one unit, in words.

use std::{sync::Arc, time::Duration};

use clinic::{Ask, LineId, RequestId, Shown};
use device_drivers::{Explained, explain};
use futures::stream;
use proto::v1::{self, maintenance_service_server::MaintenanceService};
use safety::Proof;
use tokio::time::timeout;
use tonic::{Request, Response, Status, async_trait, codegen::BoxStream};

use super::{Control, admission::Caller, status, violations::Violations, watch::until_closed};
use crate::overhear::{Direction, Monitor, Overheard};

/// A frame comes in pieces. What follows the piece before within this belongs to it.
const PAUSE: Duration = Duration::from_millis(20);
/// More than the longest frame is shown in parts.
const STRETCH_MAX: usize = 512;

#[async_trait]
impl MaintenanceService for Control {
    type MonitorUnitStream = BoxStream<v1::MonitorUnitResponse>;

    async fn monitor_unit(
        &self,
        request: Request<v1::MonitorUnitRequest>,
    ) -> Result<Response<Self::MonitorUnitStream>, Status> {
        let caller = Caller::of(&request)?;
        let unit = self.unit_named(&request.get_ref().unit_id)?;
        let line = LineId(unit.0);
        let dialect = self.directory().card(unit).map(|card| card.dialect.clone());
        let monitor = self.herald().monitor(line);
        let Some((monitor, dialect)) = monitor.zip(dialect) else {
            return Err(Status::internal("the unit has no line"));
        };
        let stretches = Stretches { monitor, _caller: caller, dialect, next: None, over: false };
        let told = stream::unfold(stretches, Stretches::next);
        Ok(Response::new(until_closed(self.clone(), told)))
    }

    async fn prove_relay(
        &self,
        request: Request<v1::ProveRelayRequest>,
    ) -> Result<Response<v1::ProveRelayResponse>, Status> {
        let caller = Caller::of(&request)?;
        let v1::ProveRelayRequest { request_id, unit_id } = request.get_ref();
        let mut violations = Violations::default();
        let id = violations.name("request_id", request_id, 36).and_then(RequestId::new);
        violations.settle()?;
        let unit = self.unit_named(unit_id)?;
        let Some(mut shown) = self.herald().watch(unit) else {
            return Err(Status::internal("nobody shows the unit"));
        };
        let contact = |shown: &Option<Shown>| shown.as_ref().and_then(|shown| shown.contact);
        let before = contact(&shown.borrow()).map_or(0, |contact| contact.begun);
        self.ask(&caller, unit, id, Ask::ProveRelay(unit)).await?;
        // What is shown at first may be of before this proof began.
        let over = |shown: &Option<Shown>| {
            let contact = contact(shown);
            contact.is_some_and(|one| before < one.begun && one.proof != Proof::Running)
        };
        let proven = async {
            let newest = shown.wait_for(over).await.ok()?;
            contact(&newest)
        };
        match timeout(PROOF, proven).await {
            Ok(Some(contact)) => {
                let contact = status::relay_contact(&contact, self.herald().directory());
                let contact = Some(contact);
                Ok(Response::new(v1::ProveRelayResponse { contact }))
            }
            Ok(None) | Err(_) => Err(Status::deadline_exceeded("the proof did not end")),
        }
    }
}

/// A contact is dropped twice for a second each, and may take two seconds to close again each time;
/// and the first time it falls by itself, three seconds after its last kick at the latest.
const PROOF: Duration = Duration::from_secs(10);

/// Puts the pieces of one direction together.
struct Stretches {
    monitor: Monitor,
    _caller: Caller,
    dialect: String,
    /// What ended the stretch before.
    next: Option<(Arc<Overheard>, u64)>,
    over: bool,
}

impl Stretches {
    async fn next(mut self) -> Option<(v1::MonitorUnitResponse, Self)> {
        let first = match self.next.take() {
            Some(first) => Some(first),
            None if self.over => None,
            None => self.monitor.next().await,
        };
        let (first, mut missed) = first?;
        let (direction, mut at) = (first.direction, first.at);
        let mut bytes = first.bytes.clone();
        while bytes.len() < STRETCH_MAX {
            match timeout(PAUSE, self.monitor.next()).await {
                Err(_paused) => break,
                Ok(None) => {
                    self.over = true;
                    break;
                }
                Ok(Some((piece, lost))) if piece.direction == direction => {
                    missed = missed.saturating_add(lost);
                    at = piece.at;
                    bytes.extend_from_slice(&piece.bytes);
                }
                Ok(Some(other)) => {
                    self.next = Some(other);
                    break;
                }
            }
        }
        let Explained { bytes, meaning } = explain(&self.dialect, &bytes);
        let direction = match direction {
            Direction::ToUnit => v1::LineDirection::ToUnit,
            Direction::FromUnit => v1::LineDirection::FromUnit,
        };
        let response = v1::MonitorUnitResponse {
            boottime_nanoseconds: at.since_boot(),
            direction: direction.into(),
            bytes_hexadecimal: bytes,
            meaning,
            missed,
        };
        Some((response, self))
    }
}
