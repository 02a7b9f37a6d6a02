//! `SafetyService`: what blocks emission, and who releases it.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use clinic::{Answer, Ask, Refused, RequestId, UnitId};
use proto::v1::{self, Role, safety_service_server::SafetyService};
use safety::{Cause, Instant};
use tonic::{Request, Response, Status, async_trait};

use super::{
    Control,
    admission::Caller,
    cause,
    clocks::Clocks,
    denial::Denial,
    person, recent, review,
    session_service::{lost, unread},
    status,
    violations::Violations,
    witness,
};
use crate::{audit::Deed, clock, word};

/// Releases that are remembered, so that one asked for again gets its first answer.
const RELEASES_MAX: usize = 256;
/// How long a status without the cause is waited for: the control thread shows it at once.
const SHOWN_WITHIN: Duration = Duration::from_millis(250);

/// Releases of the last ten minutes and how they were answered (API-02). The core cannot tell these
/// apart: the id of a cause that was released names nothing any more.
#[derive(Default)]
pub(crate) struct Releases(Mutex<VecDeque<Released>>);

struct Released {
    at: Instant,
    request: v1::ReleaseRequest,
    answer: v1::ReleaseResponse,
}

/// What is to be released, once everything about the request is known to be right.
struct Order {
    request: RequestId,
    unit: UnitId,
    cause: Cause,
    /// The cause as it was before.
    shown: v1::Cause,
}

#[async_trait]
impl SafetyService for Control {
    async fn list_causes(
        &self,
        request: Request<v1::ListCausesRequest>,
    ) -> Result<Response<v1::ListCausesResponse>, Status> {
        let _caller = Caller::of(&request)?;
        let v1::ListCausesRequest { unit_id, room_id } = request.get_ref();
        let mut units = self.units_in(room_id)?;
        if !unit_id.is_empty() {
            let named = self.unit_named(unit_id)?;
            units.retain(|unit| *unit == named);
        }
        let mut causes: Vec<v1::Cause> = Vec::new();
        for cause in units.into_iter().flat_map(|unit| self.causes(unit)) {
            // What blocks a room stands on each of its units, and is one cause.
            if !causes.iter().any(|known| known.cause_id == cause.cause_id) {
                causes.push(cause);
            }
        }
        causes.sort_by_key(|cause| cause.latched_boottime_nanoseconds);
        Ok(Response::new(v1::ListCausesResponse { causes }))
    }

    async fn release(
        &self,
        request: Request<v1::ReleaseRequest>,
    ) -> Result<Response<v1::ReleaseResponse>, Status> {
        let caller = Caller::of(&request)?;
        let asked = request.into_inner();
        let id = read(&asked)?;
        if let Some(answer) = self.0.releases.recall(clock::now(), &asked)? {
            return Ok(Response::new(answer));
        }
        let order = self.order(&asked, id)?;
        caller.waits()?;
        // A release that was begun is finished and remembered, whether or not its caller waits.
        let control = self.clone();
        let task = tokio::spawn(async move { control.carry_out(caller, asked, order).await });
        match task.await {
            Ok(answer) => Ok(Response::new(answer?)),
            Err(_ended) => Err(lost().into()),
        }
    }

    async fn review(
        &self,
        request: Request<v1::ReviewRequest>,
    ) -> Result<Response<v1::ReviewResponse>, Status> {
        let caller = Caller::of(&request)?;
        let answer = review::close(self, &caller, request.get_ref()).await?;
        Ok(Response::new(answer))
    }
}

impl Control {
    /// Finds the cause and judges the role. Without TLS the role is what the caller claims.
    fn order(&self, asked: &v1::ReleaseRequest, request: RequestId) -> Result<Order, Denial> {
        let units: Vec<_> = match asked.unit_id.as_str() {
            "" => self.units_in("")?,
            name => vec![self.unit_named(name)?],
        };
        let found = units.into_iter().find_map(|unit| {
            let shown = self.herald().shown(unit)?;
            let cause = cause::find(self.directory(), unit, &shown, &asked.cause_id)?;
            let of_unit = self.causes(unit);
            let shown = of_unit.into_iter().find(|one| one.cause_id == asked.cause_id)?;
            Some((unit, cause, shown))
        });
        let (unit, cause, shown) = found.ok_or_else(|| {
            let help = "No such cause is latched there. List the causes and use one of their ids.";
            Denial::new(v1::RefusalReason::CauseUnknown, help)
        })?;
        let role = asked.released_by.as_ref().map_or(Role::Unspecified, v1::Person::role);
        let roles = cause::released_by(cause);
        if !roles.contains(&role) {
            let names: Vec<_> = roles.iter().map(|role| person::name(*role)).collect();
            let names = names.join(" or ");
            let why = format!("The role claimed may not release this cause; ask the {names}.");
            let denial = Denial::new(v1::RefusalReason::RoleNeeded, why);
            return Err(self.about(unit, denial.with("role", person::name(role))));
        }
        Ok(Order { request, unit, cause, shown })
    }

    async fn carry_out(
        &self,
        caller: Caller,
        asked: v1::ReleaseRequest,
        order: Order,
    ) -> Result<v1::ReleaseResponse, Denial> {
        let Order { request, unit, cause, shown } = order;
        self.keep_release(&caller, &asked, unit, cause).await?;
        let ask = Ask::Release(unit, cause);
        let answer = self.ask(&caller, unit, Some(request), ask).await?;
        let Answer::Released(kept) = answer else { return Err(lost()) };
        let status = match kept.iter().any(|(of, _)| *of == unit) {
            true => self.herald().shown(unit).map(|shown| status::shown(self, unit, &shown)),
            false => self.status_without(unit, &shown.cause_id).await,
        };
        let still = |(of, refusal): &(UnitId, safety::Refusal)| v1::StillLatched {
            unit_id: self.directory().name(*of).to_owned(),
            refusal: Some(self.denied(*of, &Refused::Unit(*refusal)).into_refusal()),
        };
        let record = v1::ReleaseRecord {
            released_by: asked.released_by.clone(),
            reason: asked.reason.clone(),
            released_time: Some(Clocks::read().now()),
            presence_proven: shown.presence_needed,
        };
        let answer = v1::ReleaseResponse {
            released: Some(v1::Cause { release: Some(record), ..shown }),
            status: if asked.unit_id.is_empty() { None } else { status },
            still_latched: kept.iter().map(still).collect(),
        };
        let role = asked.released_by.as_ref().map_or(Role::Unspecified, v1::Person::role);
        let role = person::name(role);
        let (cause, still) = (word::cause(cause), kept.len());
        tracing::info!(cause, role, still, "a cause was released, role as claimed");
        self.0.releases.keep(clock::now(), asked, answer.clone());
        Ok(answer)
    }

    async fn keep_release(
        &self,
        caller: &Caller,
        asked: &v1::ReleaseRequest,
        unit: UnitId,
        cause: Cause,
    ) -> Result<(), Denial> {
        let deed = self.deed("command.release", caller, unit).with("cause", word::cause(cause));
        let actor = asked.released_by.as_ref().map(witness::actor);
        let deed = Deed { actor, reason: Some(asked.reason.clone()), ..deed };
        self.keep(deed).await
    }

    /// How the unit stands once the release shows, or how it stands anyway.
    async fn status_without(&self, unit: UnitId, cause_id: &str) -> Option<v1::UnitStatus> {
        let mut newest = self.herald().watch(unit)?;
        let directory = self.directory();
        let released = newest.wait_for(|shown| {
            shown.is_some_and(|shown| cause::find(directory, unit, &shown, cause_id).is_none())
        });
        let _it_shows_or_not = tokio::time::timeout(SHOWN_WITHIN, released).await;
        self.herald().shown(unit).map(|shown| status::shown(self, unit, &shown))
    }
}

impl Releases {
    fn recall(
        &self,
        now: Instant,
        request: &v1::ReleaseRequest,
    ) -> Result<Option<v1::ReleaseResponse>, Denial> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while kept.front().is_some_and(|kept| recent::WINDOW <= now.since(kept.at)) {
            kept.pop_front();
        }
        let known = kept.iter().find(|kept| kept.request.request_id == request.request_id);
        match known {
            None => Ok(None),
            Some(known) if known.request == *request => Ok(Some(known.answer.clone())),
            Some(_) => Err(Denial::of(&Refused::RequestReused)),
        }
    }

    fn keep(&self, at: Instant, request: v1::ReleaseRequest, answer: v1::ReleaseResponse) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= RELEASES_MAX {
            kept.pop_front();
        }
        kept.push_back(Released { at, request, answer });
    }
}

fn read(asked: &v1::ReleaseRequest) -> Result<RequestId, Denial> {
    let mut violations = Violations::default();
    let id = violations.name("request_id", &asked.request_id, 36);
    violations.name("cause_id", &asked.cause_id, 256);
    person::read(&mut violations, "released_by", asked.released_by.as_ref());
    violations.reason("reason", &asked.reason);
    violations.settle()?;
    id.and_then(RequestId::new).ok_or_else(unread)
}
