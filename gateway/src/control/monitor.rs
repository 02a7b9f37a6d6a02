//! `MaintenanceService`: what goes over the line of one unit, in words.

use std::{sync::Arc, time::Duration};

use clinic::LineId;
use device_drivers::{Explained, explain};
use futures::stream;
use proto::v1::{self, maintenance_service_server::MaintenanceService};
use tokio::time::timeout;
use tonic::{Request, Response, Status, async_trait, codegen::BoxStream};

use super::{Control, admission::Caller, watch::until_closed};
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
}

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
