//! `MaintenanceService`: what goes over the line of one unit, in words, and what people prove at it.

use std::{sync::Arc, time::Duration};

use clinic::{Ask, LineId, RequestId, Shown, UnitId};
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
    clock,
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
        self.ask(&caller, unit, id, Ask::ProveRelay(unit)).await?;
        let over = |shown: &Shown| shown.contact.filter(|contact| contact.proof != Proof::Running);
        match self.shown_after(unit, PROOF, over).await? {
            Some(contact) => {
                let contact = Some(status::relay_contact(&contact));
                Ok(Response::new(v1::ProveRelayResponse { contact }))
            }
            None => Err(Status::deadline_exceeded("the proof did not end")),
        }
    }

    async fn attest_meter_check(
        &self,
        request: Request<v1::AttestMeterCheckRequest>,
    ) -> Result<Response<v1::AttestMeterCheckResponse>, Status> {
        let caller = Caller::of(&request)?;
        let asked = meter::read(request.get_ref(), clock::wall())?;
        let unit = self.unit_named(&request.get_ref().unit_id)?;
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

/// A proof is over after two polls and 250 ms; this is for a unit that is slow to close again.
const PROOF: Duration = Duration::from_secs(5);
/// A disk that takes longer to make a check durable stops every session.
const DURABLE: Duration = Duration::from_secs(5);

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
