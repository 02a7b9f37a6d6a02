//! `MaintenanceService`: what goes over the line of one unit, in words, and whether the audit holds.

use std::{sync::Arc, time::Duration};

use clinic::{Ask, LineId, RequestId, Shown};
use device_drivers::{Explained, explain};
use futures::stream;
use proto::v1::{self, maintenance_service_server::MaintenanceService};
use safety::Proof;
use tokio::time::timeout;
use tonic::{Request, Response, Status, async_trait, codegen::BoxStream};

use super::{Control, admission::Caller, status, violations::Violations, watch::until_closed};
use crate::{
    audit,
    overhear::{Direction, Monitor, Overheard},
};

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
        let shown = self.herald().watch(unit);
        self.keep(unit, self.deed("command.prove_relay", &caller, unit)).await?;
        self.ask(&caller, unit, id, Ask::ProveRelay(unit)).await?;
        let Some(mut shown) = shown else { return Err(Status::internal("nobody shows the unit")) };
        let over = |shown: &Option<Shown>| {
            let contact = shown.as_ref().and_then(|shown| shown.contact);
            contact.is_some_and(|contact| contact.proof != Proof::Running)
        };
        // The first that is shown may be of before the proof began.
        shown.mark_unchanged();
        let proven = async {
            loop {
                shown.changed().await.ok()?;
                let newest = *shown.borrow_and_update();
                if over(&newest) {
                    return newest?.contact;
                }
            }
        };
        match timeout(PROOF, proven).await {
            Ok(Some(contact)) => {
                let contact = Some(status::relay_contact(&contact));
                Ok(Response::new(v1::ProveRelayResponse { contact }))
            }
            Ok(None) | Err(_) => Err(Status::deadline_exceeded("the proof did not end")),
        }
    }

    async fn verify_audit(
        &self,
        request: Request<v1::VerifyAuditRequest>,
    ) -> Result<Response<v1::VerifyAuditResponse>, Status> {
        let _caller = Caller::of(&request)?;
        let verified = self.0.ledger.verify_audit().await;
        let (head, flaw) = verified.map_err(|error| Status::unavailable(error.to_string()))?;
        let audit::Head { sequence, hash } = head;
        Ok(Response::new(v1::VerifyAuditResponse {
            holds: flaw.is_none(),
            head: Some(v1::AuditHead { sequence, sha256_hexadecimal: hash }),
            flaw: flaw.map(|flaw| flaw.to_string()),
        }))
    }
}

/// A proof is over after two polls and 250 ms; this is for a unit that is slow to close again.
const PROOF: Duration = Duration::from_secs(5);

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
