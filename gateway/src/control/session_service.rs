//! `SessionService`: check, operate, stop and watch.

use proto::v1::{self, session_service_server::SessionService};
use tonic::{Request, Response, Status, Streaming, async_trait, codegen::BoxStream};

use super::{
    Control, admission::Caller, checking, clocks::Clocks, denial::Denial, operate, prescription,
    stop, violations::Violations, watch, witness,
};
use crate::{audit::Deed, clock};

#[async_trait]
impl SessionService for Control {
    type OperateStream = BoxStream<v1::OperateResponse>;
    type WatchSessionStream = BoxStream<v1::WatchSessionResponse>;

    async fn check_prescription(
        &self,
        request: Request<v1::CheckPrescriptionRequest>,
    ) -> Result<Response<v1::CheckPrescriptionResponse>, Status> {
        let caller = Caller::of(&request)?;
        let v1::CheckPrescriptionRequest { unit_id, prescription: asked } = request.get_ref();
        let unit = self.unit_named(unit_id)?;
        let mut violations = Violations::default();
        let asked = violations.present("prescription", asked.as_ref());
        let now = Clocks::read().wall;
        let reading = asked.and_then(|asked| {
            violations.under("prescription", |found| prescription::read(found, asked, now))
        });
        violations.settle()?;
        let (Some(asked), Some(reading)) = (asked, reading) else {
            return Err(unread().into());
        };
        let opinion = checking::ask(self, &caller, unit, &reading).await?;
        Ok(Response::new(opinion.answer(self, unit, asked)))
    }

    async fn operate(
        &self,
        request: Request<Streaming<v1::OperateRequest>>,
    ) -> Result<Response<Self::OperateStream>, Status> {
        let caller = Caller::of(&request)?;
        caller.waits()?;
        Ok(Response::new(operate::run(self.clone(), caller, request.into_inner())))
    }

    /// No place is needed, no deadline looked at, and the task goes on without its caller (API-03).
    async fn stop(
        &self,
        request: Request<v1::StopRequest>,
    ) -> Result<Response<v1::StopResponse>, Status> {
        let caller = Caller::of_stop(&request);
        let unit = self.unit_named(&request.get_ref().unit_id)?;
        let stopping = stop::one(self, unit);
        let reason = witness::reason(&request.get_ref().reason);
        self.note(Deed { reason, ..self.deed("command.stop", &caller, unit) });
        match stopping.await {
            Ok(proof) => Ok(Response::new(v1::StopResponse { proof: Some(proof) })),
            Err(_ended) => Err(lost().into()),
        }
    }

    async fn stop_all(
        &self,
        request: Request<v1::StopAllRequest>,
    ) -> Result<Response<v1::StopAllResponse>, Status> {
        let caller = Caller::of_stop(&request);
        // A room that nobody knows stops all, for lack of a better guess.
        let room = self.directory().room(&request.get_ref().room_id);
        let stopping = stop::all(self, room);
        let deed = Deed::new(clock::now(), "command.stop_all");
        let room = room.map(|room| self.directory().room_name(room));
        let reason = witness::reason(&request.get_ref().reason);
        self.note(Deed { station: caller.station(), reason, ..deed }.with("room", room));
        stopping.await.map(Response::new).map_err(|_ended| lost().into())
    }

    async fn watch_session(
        &self,
        request: Request<v1::WatchSessionRequest>,
    ) -> Result<Response<Self::WatchSessionStream>, Status> {
        let caller = Caller::of(&request)?;
        let kept = self.sessions().named(&request.get_ref().session_id);
        let kept = kept.ok_or_else(session_unknown)?;
        Ok(Response::new(watch::session(self.clone(), caller, kept)))
    }
}

/// No session of this run has the id that was given.
pub(crate) fn session_unknown() -> Denial {
    let help = "No session of this run has this id. Use the id of an acceptance.";
    Denial::new(v1::RefusalReason::SessionUnknown, help)
}

/// A request could not be read although nothing is wrong with it: it is refused all the same.
pub(crate) fn unread() -> Denial {
    let help = "The request could not be read. Correct it and ask again.";
    Denial::new(v1::RefusalReason::Malformed, help)
}

/// A task that carries something out ended before it could say how it went.
pub(crate) fn lost() -> Denial {
    let help = "It may or may not have been done. Look at the unit's status.";
    Denial::new(v1::RefusalReason::OutcomeUnknown, help)
}
