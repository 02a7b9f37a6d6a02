//! `MaintenanceService`: what goes over the line of one unit, in words, what people prove at it, and
//! whether the audit holds.

use std::{sync::Arc, time::Duration};

use clinic::{Ask, RequestId, Shown, UnitId};
use device_drivers::{Explained, explain};
use futures::stream;
use proto::v1::{self, maintenance_service_server::MaintenanceService};
use safety::Proof;
use tokio::time::timeout;
use tonic::{Request, Response, Status, async_trait, codegen::BoxStream};

use super::{
    Control, admission::Caller, meter, status, violations::Violations, watch::until_closed,
};
use crate::{
    audit, clock,
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
        let card = self.directory().card(unit);
        let monitored = card.and_then(|card| Some((card, self.herald().monitor(card.line)?)));
        let Some((card, monitor)) = monitored else {
            return Err(Status::internal("the unit has no line"));
        };
        let sharers = self.directory().sharers(card.line).into_iter();
        let stretches = Stretches {
            monitor,
            _caller: caller,
            dialect: card.dialect.clone(),
            sharers: sharers.filter_map(|unit| Some((unit.address?, unit.name.clone()))).collect(),
            next: None,
            over: false,
        };
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
        self.keep(self.deed("command.prove_relay", &caller, unit)).await?;
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

    async fn attest_meter_check(
        &self,
        request: Request<v1::AttestMeterCheckRequest>,
    ) -> Result<Response<v1::AttestMeterCheckResponse>, Status> {
        let caller = Caller::of(&request)?;
        let asked = meter::read(request.get_ref(), clock::wall())?;
        let unit = self.unit_named(&request.get_ref().unit_id)?;
        let deed = self.deed("command.attest_meter_check", &caller, unit);
        self.keep(asked.recorded(deed, request.get_ref())).await?;
        let ask = Ask::AttestMeter(unit, asked.attested);
        self.ask(&caller, unit, Some(asked.request), ask).await?;
        let over = |shown: &Shown| Some(shown.meter).filter(|meter| !meter.pending);
        match self.shown_after(unit, DURABLE, over).await? {
            Some(shown) => {
                let check = Some(meter::check(&shown));
                Ok(Response::new(v1::AttestMeterCheckResponse { check }))
            }
            None => Err(Status::deadline_exceeded("the check is not durable yet")),
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

impl Control {
    /// Waits until a unit shows what is waited for. What it showed before does not count: it may be
    /// of before the question.
    async fn shown_after<T>(
        &self,
        unit: UnitId,
        within: Duration,
        wanted: impl Fn(&Shown) -> Option<T>,
    ) -> Result<Option<T>, Status> {
        let newest = self.herald().watch(unit);
        let Some(mut newest) = newest else {
            return Err(Status::internal("nobody shows the unit"));
        };
        newest.mark_unchanged();
        let shown = async {
            loop {
                newest.changed().await.ok()?;
                let found = newest.borrow_and_update().as_ref().and_then(&wanted);
                if found.is_some() {
                    return found;
                }
            }
        };
        Ok(timeout(within, shown).await.ok().flatten())
    }
}

/// A contact is dropped twice for a second each, and may take two seconds to close again each time;
/// and the first time it falls by itself, three seconds after its last kick at the latest.
const PROOF: Duration = Duration::from_secs(10);
/// A disk that takes longer to make a check durable stops every session.
const DURABLE: Duration = Duration::from_secs(5);

/// Puts the pieces of one direction together.
struct Stretches {
    monitor: Monitor,
    _caller: Caller,
    dialect: String,
    /// The units that share the line, by their addresses. Whatever is said begins with one.
    sharers: Vec<(u8, String)>,
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
        let sharer = self.sharers.iter().find(|(address, _)| bytes.first() == Some(address));
        let Explained { bytes, meaning } = explain(&self.dialect, &bytes);
        let meaning =
            sharer.map_or_else(|| meaning.clone(), |(_, name)| format!("{name}: {meaning}"));
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
