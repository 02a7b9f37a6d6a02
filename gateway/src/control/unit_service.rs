//! `UnitService`: what gateway this is, and how its units stand.

use clinic::UnitId;
use proto::v1::{self, unit_service_server::UnitService};
use tonic::{Request, Response, Status, async_trait, codegen::BoxStream};

use super::{Control, admission::Caller, clocks::Clocks, denial::Denial, status, unit, watch};

#[async_trait]
impl UnitService for Control {
    type WatchUnitsStream = BoxStream<v1::WatchUnitsResponse>;

    async fn get_version(
        &self,
        request: Request<v1::GetVersionRequest>,
    ) -> Result<Response<v1::GetVersionResponse>, Status> {
        let _caller = Caller::of(&request)?;
        let clocks = Clocks::read();
        let directory = self.directory();
        Ok(Response::new(v1::GetVersionResponse {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            build: self.0.facts.build.clone(),
            site_id: directory.site.clone(),
            gateway_id: directory.gateway.clone(),
            gateway_boot_id: directory.run.to_string(),
            config_revision: self.0.facts.config_revision.clone(),
            limits_revision: self.0.limits_revision.clone(),
            transport: v1::Transport::Loopback.into(),
            now_boottime_nanoseconds: clocks.boot.since_boot(),
            now_time: Some(clocks.now()),
        }))
    }

    async fn list_units(
        &self,
        request: Request<v1::ListUnitsRequest>,
    ) -> Result<Response<v1::ListUnitsResponse>, Status> {
        let _caller = Caller::of(&request)?;
        let units = self.units_in(&request.get_ref().room_id)?;
        let revision = units.iter().map(|unit| self.revision_of(*unit)).max();
        Ok(Response::new(v1::ListUnitsResponse {
            units: units.into_iter().filter_map(|unit| unit::shown(self, unit)).collect(),
            revision: revision.unwrap_or(0),
        }))
    }

    async fn get_unit(
        &self,
        request: Request<v1::GetUnitRequest>,
    ) -> Result<Response<v1::GetUnitResponse>, Status> {
        let _caller = Caller::of(&request)?;
        let unit = self.unit_named(&request.get_ref().unit_id)?;
        Ok(Response::new(v1::GetUnitResponse { unit: unit::shown(self, unit) }))
    }

    async fn watch_units(
        &self,
        request: Request<v1::WatchUnitsRequest>,
    ) -> Result<Response<Self::WatchUnitsStream>, Status> {
        let caller = Caller::of(&request)?;
        let v1::WatchUnitsRequest { unit_ids, room_id } = request.get_ref();
        let mut units = self.units_in(room_id)?;
        let mut named = Vec::with_capacity(unit_ids.len());
        for name in unit_ids {
            named.push(self.unit_named(name)?);
        }
        units.retain(|unit| named.is_empty() || named.contains(unit));
        Ok(Response::new(watch::units(self.clone(), caller, units)))
    }
}

impl Control {
    /// The units of a room, or of all rooms, in the order of the configuration.
    pub(super) fn units_in(&self, room: &str) -> Result<Vec<UnitId>, Denial> {
        let room = match room {
            "" => None,
            name => Some(self.directory().room(name).ok_or_else(|| {
                let help = "No room has this id. Use the room of one of the listed units.";
                Denial::new(v1::RefusalReason::RoomUnknown, help)
            })?),
        };
        let units = (0..).map(UnitId).zip(&self.directory().units);
        let inside = units.filter(|(_, card)| room.is_none_or(|room| card.room == room));
        Ok(inside.map(|(unit, _)| unit).collect())
    }

    /// What grows with each change of a unit.
    pub(super) fn revision_of(&self, unit: UnitId) -> u64 {
        let newest = self.herald().shown(unit);
        newest.map_or(0, |shown| status::marks(&shown).1.since_boot())
    }
}
