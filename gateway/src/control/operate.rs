//! One operator's stream: asks in, answers and beacons out, from confirm or reattach to the outcome.
//!
//! Two tasks serve it. The listener reads: it carries out a stop or the client's end of the stream at
//! once, whatever else waits, and passes all other asks on. The worker asks the core, one ask after
//! the other, so answers come in the order of asking and at most [`ASKS_MAX`] wait. A stream that
//! breaks ends both, and nothing else: the hold lapses by itself (API-04, SES-10).

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use clinic::{Answer, Ask, Confirmation, Proposal, RequestId, SessionId, Verb};
use proto::v1::{self, RefusalReason as Reason, operate_request, operate_response::Message};
use safety::Fence;
use tokio::sync::mpsc::{self, error::TrySendError};
use tonic::{Status, Streaming, codegen::BoxStream};

use super::{
    Control,
    admission::Caller,
    asks::{self, Confirming, Spoken},
    checking,
    clocks::Clocks,
    denial::Denial,
    hash,
    outgoing::{self, ANSWERS_MAX, Say},
    person,
    session_service::{lost, session_unknown},
    sessions::{Claim, Confirmed, Kept},
    status, stop, witness,
};
use crate::{
    audit::{Deed, hexadecimal},
    clock,
    inbox::Unheard,
};

/// Asks that may wait for the core; more are refused. An operator has one or two under way.
const ASKS_MAX: usize = 16;
/// A reader that does not take an answer for so long is gone.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How long the outcome is waited for when the gateway shuts down.
const OUTCOME_WITHIN: Duration = Duration::from_secs(3);

/// Serves one stream.
pub(crate) fn run(
    control: Control,
    caller: Caller,
    inbound: Streaming<v1::OperateRequest>,
) -> BoxStream<v1::OperateResponse> {
    let (say, says) = mpsc::channel(ANSWERS_MAX);
    let (pass, works) = mpsc::channel(ASKS_MAX);
    let held = Arc::new(OnceLock::new());
    let caller = Arc::new(caller);
    let (to, with) = (control.clone(), Arc::clone(&held));
    let own = Arc::clone(&caller);
    let listener =
        Listener { control: to, caller: own, inbound, pass, say: say.clone(), held: with };
    tokio::spawn(listener.listen());
    let (to, with) = (control.clone(), Arc::clone(&caller));
    tokio::spawn(Worker { control: to, caller: with, say, held }.work(works));
    outgoing::stream(control, caller, says)
}

/// The session of a stream and the stream's claim on it, once there is one.
#[derive(Debug)]
struct Held {
    claim: Claim,
    confirmed_by: Option<RequestId>,
}

/// What the listener passes on.
enum Work {
    Ask(Box<v1::OperateRequest>),
    /// The client ended the stream: it will ask nothing more, and hears how the session ends.
    HalfClosed,
}

struct Listener {
    control: Control,
    caller: Arc<Caller>,
    inbound: Streaming<v1::OperateRequest>,
    pass: mpsc::Sender<Work>,
    say: mpsc::Sender<Say>,
    held: Arc<OnceLock<Held>>,
}

impl Listener {
    async fn listen(mut self) {
        loop {
            let message = tokio::select! {
                biased;
                () = self.pass.closed() => return,
                message = self.inbound.message() => message,
            };
            match message {
                Ok(Some(request)) => {
                    if self.hear(request).is_err() {
                        return;
                    }
                }
                Ok(None) => {
                    if let Some(held) = self.held.get() {
                        leave(&self.control, &held.claim);
                    }
                    let _worker_is_gone = self.pass.send(Work::HalfClosed).await;
                    return;
                }
                Err(_broken) => return,
            }
        }
    }

    /// Acts on a stop, passes on what is none. An error ends the stream.
    fn hear(&self, request: v1::OperateRequest) -> Result<(), ()> {
        let id = request.request_id.clone();
        let stop = match &request.ask {
            Some(operate_request::Ask::Stop(stop)) => Some(stop),
            _ => None,
        };
        let answer = match (stop, self.held.get()) {
            (Some(stop), Some(held)) => self.stop(id, stop, held),
            (Some(_), None) => refused(id, not_confirmed()),
            (None, _) => match self.pass.try_send(Work::Ask(Box::new(request))) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(_)) => {
                    refused(id, Denial::crowded("This stream has too many asks under way."))
                }
                Err(TrySendError::Closed(_)) => return Err(()),
            },
        };
        self.say.try_send(Say::Answer(Box::new(answer))).map_err(|_full_or_gone| ())
    }

    /// The stop has a way of its own to the core, so nothing that waits delays it (API-03).
    fn stop(&self, request_id: String, asked: &v1::Stop, held: &Held) -> Message {
        let kept = &held.claim.kept;
        let _goes_on_alone = stop::one(&self.control, kept.unit);
        let deed = self.control.deed("command.stop", &self.caller, kept.unit);
        let reason = witness::reason(&asked.reason);
        let deed = witness::by(deed, &kept.operator, Some(kept.id));
        self.control.note(Deed { reason, ..deed });
        let newest = self.control.herald().shown(kept.unit);
        let epoch = newest.map_or(0, |shown| status::marks(&shown).0);
        let fence = Fence { token: kept.id.token, epoch };
        Message::Accepted(accepted(request_id, kept.id, fence))
    }
}

struct Worker {
    control: Control,
    caller: Arc<Caller>,
    say: mpsc::Sender<Say>,
    held: Arc<OnceLock<Held>>,
}

impl Worker {
    async fn work(self, mut works: mpsc::Receiver<Work>) {
        let mut half_closed = false;
        loop {
            let claim = self.held.get().map(|held| held.claim.clone());
            let say = tokio::select! {
                biased;
                end = over(claim.as_ref()) => Some(Say::Last(Box::new(end))),
                () = superseded(claim.as_ref()) => Some(Say::Fail(taken_over())),
                () = self.say.closed() => return,
                () = closing(&self.control) => Some(Say::Fail(shutting_down())),
                work = works.recv(), if !half_closed => match work {
                    Some(Work::Ask(request)) => {
                        if self.answer(&request).await.is_err() {
                            return;
                        }
                        None
                    }
                    Some(Work::HalfClosed) => {
                        // The confirmation may have come between the listener's look and now.
                        let Some(held) = self.held.get() else { return };
                        leave(&self.control, &held.claim);
                        half_closed = true;
                        None
                    }
                    None => return,
                },
            };
            if let Some(say) = say {
                let _reader_is_gone = self.say.send_timeout(say, ANSWER_WITHIN).await;
                return;
            }
        }
    }

    /// Answers one ask. An error means that the reader is gone.
    async fn answer(&self, request: &v1::OperateRequest) -> Result<(), ()> {
        let id = request.request_id.clone();
        let answer = match asks::read(request) {
            Ok(Spoken::Confirm(confirming)) => self.confirm(*confirming).await.map(Some),
            Ok(Spoken::Reattach { request, fence, session_id, operator }) => {
                self.reattach(request, fence, &session_id, &operator).await.map(Some)
            }
            Ok(Spoken::Command { request, fence, verb, hash }) => {
                self.command(request, fence, verb, hash).await.map(Some)
            }
            Ok(Spoken::Hold { fence, beacon, source }) => {
                self.hold(fence, beacon, source).await.map(|()| None)
            }
            Err(denial) => Err(denial),
        };
        let message = match answer {
            Ok(Some(accepted)) => Message::Accepted(accepted),
            Ok(None) => return Ok(()),
            Err(denial) => {
                self.note_refusal(request, &denial);
                refused(id, denial)
            }
        };
        self.say
            .send_timeout(Say::Answer(Box::new(message)), ANSWER_WITHIN)
            .await
            .map_err(|_reader_is_gone| ())
    }

    /// Records that an ask was refused, whoever refused it. Holds come four times a second and are
    /// not recorded.
    fn note_refusal(&self, request: &v1::OperateRequest, denial: &Denial) {
        let command = match &request.ask {
            Some(operate_request::Ask::Confirm(_)) => "command.confirm",
            Some(operate_request::Ask::Reattach(_)) => "command.reattach",
            Some(operate_request::Ask::Arm(_)) => command_kind(Verb::Arm),
            Some(operate_request::Ask::Start(_)) => command_kind(Verb::Start),
            Some(operate_request::Ask::Resume(_)) => command_kind(Verb::Resume),
            Some(operate_request::Ask::Pause(_)) => command_kind(Verb::Pause),
            Some(operate_request::Ask::Hold(_) | operate_request::Ask::Stop(_)) | None => return,
        };
        let held = self.held.get().map(|held| &held.claim.kept);
        let deed =
            Deed { station: self.caller.station(), ..Deed::new(clock::now(), "command.refused") };
        let deed = Deed {
            actor: held.map(|kept| witness::actor(&kept.operator)),
            unit: held.map(|kept| self.control.directory().name(kept.unit).to_owned()),
            session: held.map(|kept| kept.id),
            ..deed
        };
        let refusal = denial.reason().error_reason();
        self.control.note(deed.with("command", command).with("refusal", refusal));
    }

    /// Takes a unit for a session. What is confirmed is what was checked, value by value: the hash
    /// over it is made again here and must be the one that the operator was shown (SES-05, LAS-14).
    async fn confirm(&self, confirming: Confirming) -> Result<v1::Accepted, Denial> {
        let Confirming { request, asked, reading, hash, operator, .. } = confirming;
        self.may_confirm(&request)?;
        let unit = self.control.unit_named(&confirming.unit_id)?;
        let directory = self.control.directory();
        if !person::treats(confirming.role) {
            let why = "Only an operator or a clinician confirms. Let one of them confirm.";
            let denial = Denial::new(Reason::RoleNeeded, why);
            return Err(denial.with("role", person::name(confirming.role)));
        }
        if directory.card(unit).is_none_or(|card| card.real) {
            let why = "The unit is real and the gateway has no TLS. Configure TLS.";
            return Err(self.control.about(unit, Denial::new(Reason::NoTlsRealUnit, why)));
        }
        asks::patient_was_checked(confirming.identifiers)?;
        if hash::of(directory.name(unit), &asked, &self.control.0.limits_revision) != hash {
            return Err(self.control.about(unit, hash_differs()));
        }
        let opinion = checking::ask(&self.control, &self.caller, unit, &reading).await?;
        if !opinion.holds() {
            let why = "The prescription does not hold now. Have it issued anew.";
            let denial = Denial::new(Reason::PrescriptionRefused, why);
            return Err(self.control.about(unit, denial.with_decisions(opinion.decisions)));
        }
        let proposal =
            Proposal { unit, patient: reading.patient, prescription: reading.prescription };
        let confirmation = Confirmation { hash, epoch: confirming.epoch };
        self.keep_confirmation(&proposal, &confirmation, &operator, &asked.overrides).await?;
        let ask = Ask::Confirm(proposal, confirmation);
        let answer = self.control.ask(&self.caller, unit, Some(request.clone()), ask).await?;
        let Answer::Confirmed(id, fence) = answer else { return Err(lost()) };
        let clocks = Clocks::read();
        let at = (clocks.boot, clocks.now());
        let decisions = opinion.decisions;
        let confirmed = Confirmed {
            id,
            unit,
            prescription: asked,
            hash,
            decisions,
            operator: operator.clone(),
            at,
        };
        let kept = self.control.sessions().keep(confirmed);
        if kept.operator != operator {
            return Err(not_holder());
        }
        let expires = kept.confirmed.0.after(self.control.facts(unit).timing.confirmation);
        self.attach(kept, Some(request.clone())).await;
        let mut accepted = self.accepted(&request, id, fence);
        accepted.confirmation_expires_boottime_nanoseconds = Some(expires.since_boot());
        Ok(accepted)
    }

    /// Records what is being confirmed, by whom and for whom, and who overrode which soft limits why.
    async fn keep_confirmation(
        &self,
        proposal: &Proposal,
        confirmation: &Confirmation,
        operator: &v1::Person,
        overrides: &[v1::SoftOverride],
    ) -> Result<(), Denial> {
        let unit = proposal.unit;
        let overrides: Vec<_> = overrides.iter().map(witness::overridden).collect();
        let deed = self.control.deed("command.confirm", &self.caller, unit);
        let deed = witness::by(deed, operator, None)
            .with("prescription_hash", hexadecimal(&confirmation.hash))
            .with("overrides", overrides)
            .with("limits_revision", self.control.0.limits_revision.as_str());
        let deed = Deed { patient: Some(proposal.patient.clone()), ..deed };
        self.control.keep(deed).await
    }

    /// A stream holds one session. The confirmation that opened it may be repeated.
    fn may_confirm(&self, request: &RequestId) -> Result<(), Denial> {
        match self.held.get() {
            Some(held) if held.confirmed_by.as_ref() != Some(request) => Err(one_session()),
            Some(_) | None => Ok(()),
        }
    }

    /// Takes a session back: the same person, with the token of the stream that broke (API-05).
    async fn reattach(
        &self,
        request: RequestId,
        fence: Fence,
        session_id: &str,
        operator: &v1::Person,
    ) -> Result<v1::Accepted, Denial> {
        if self.held.get().is_some() {
            return Err(one_session());
        }
        let kept = self.control.sessions().named(session_id).ok_or_else(session_unknown)?;
        if kept.operator != *operator {
            return Err(not_holder());
        }
        if let Some(end) = kept.ended() {
            return Err(is_over(&end));
        }
        let deed = self.control.deed("command.reattach", &self.caller, kept.unit);
        let deed = witness::by(deed, operator, Some(kept.id));
        self.control.keep(deed).await?;
        let ask = Ask::Reattach(kept.unit, fence);
        let answer = self.control.ask(&self.caller, kept.unit, Some(request.clone()), ask).await?;
        let Answer::Accepted(fence) = answer else { return Err(lost()) };
        let id = kept.id;
        self.attach(kept, None).await;
        Ok(self.accepted(&request, id, fence))
    }

    async fn command(
        &self,
        request: RequestId,
        fence: Fence,
        verb: Verb,
        hash: Option<[u8; 32]>,
    ) -> Result<v1::Accepted, Denial> {
        let kept = self.kept()?;
        if hash.is_some_and(|hash| hash != kept.hash) {
            return Err(self.control.about(kept.unit, hash_differs()));
        }
        let deed = self.control.deed(command_kind(verb), &self.caller, kept.unit);
        let deed = witness::by(deed, &kept.operator, Some(kept.id));
        match verb {
            Verb::Arm => self.control.keep(deed).await?,
            // No slice of theirs is durable before this is; and a pause leads to off.
            Verb::Start | Verb::Resume | Verb::Pause => self.control.note(deed),
        }
        let ask = Ask::Command(kept.unit, verb, fence);
        let answer = self.control.ask(&self.caller, kept.unit, Some(request.clone()), ask).await?;
        let Answer::Accepted(fence) = answer else { return Err(lost()) };
        Ok(self.accepted(&request, kept.id, fence))
    }

    /// Passes on that the operator saw a beacon (LAS-05).
    async fn hold(
        &self,
        fence: Fence,
        beacon: safety::Beacon,
        source: clinic::HoldSource,
    ) -> Result<(), Denial> {
        let kept = self.kept()?;
        let ask = Ask::Hold(kept.unit, fence, beacon, source);
        self.control.ask(&self.caller, kept.unit, None, ask).await.map(drop)
    }

    fn kept(&self) -> Result<&Kept, Denial> {
        let held = self.held.get().ok_or_else(not_confirmed)?;
        if held.claim.stands() { Ok(&held.claim.kept) } else { Err(not_holder()) }
    }

    /// From here on this stream holds the session, and no other does.
    async fn attach(&self, kept: Arc<Kept>, confirmed_by: Option<RequestId>) {
        if self.held.get().is_some() {
            return;
        }
        let claim = Claim::new(kept);
        let _only_this_task_sets_it = self.held.set(Held { claim: claim.clone(), confirmed_by });
        let _reader_is_gone = self.say.send_timeout(Say::Hold(claim), ANSWER_WITHIN).await;
    }

    fn accepted(&self, request: &RequestId, id: SessionId, fence: Fence) -> v1::Accepted {
        let repeated_answer = self.control.0.recent.note(clock::now(), request);
        let accepted = accepted(request.as_str().to_owned(), id, fence);
        v1::Accepted { repeated_answer, ..accepted }
    }
}

/// The holder ends its session. It goes on alone, and if the queue is full it goes the way of a stop.
fn leave(control: &Control, claim: &Claim) {
    if !claim.stands() {
        return;
    }
    let (control, kept) = (control.clone(), Arc::clone(&claim.kept));
    kept.leave();
    tokio::spawn(async move {
        let deed = Deed::new(clock::now(), "command.leave");
        let deed = witness::by(deed, &kept.operator, Some(kept.id));
        control.note(deed.about(control.directory().name(kept.unit)));
        let ask = Ask::Leave(kept.unit, kept.id.token);
        match control.inbox().call(None, ask).await {
            // Refused means that the session is over already.
            Ok(_) | Err(Unheard::Gone) => {}
            Err(Unheard::Full) => {
                let _goes_on_alone = stop::one(&control, kept.unit);
            }
        }
    });
}

/// What a command is recorded as.
const fn command_kind(verb: Verb) -> &'static str {
    match verb {
        Verb::Arm => "command.arm",
        Verb::Start => "command.start",
        Verb::Pause => "command.pause",
        Verb::Resume => "command.resume",
    }
}

async fn over(claim: Option<&Claim>) -> v1::SessionEnd {
    match claim {
        Some(claim) => claim.kept.over().await,
        None => std::future::pending().await,
    }
}

async fn superseded(claim: Option<&Claim>) {
    match claim {
        Some(claim) => claim.lost().await,
        None => std::future::pending().await,
    }
}

/// Waits until the gateway shuts down and the outcome should have come.
async fn closing(control: &Control) {
    control.closes().await;
    tokio::time::sleep(OUTCOME_WITHIN).await;
}

fn accepted(request_id: String, id: SessionId, fence: Fence) -> v1::Accepted {
    v1::Accepted {
        request_id,
        fence: Some(v1::Fence { token: fence.token.into(), epoch: fence.epoch.into() }),
        session_id: id.to_string(),
        accepted_boottime_nanoseconds: clock::now().since_boot(),
        confirmation_expires_boottime_nanoseconds: None,
        repeated_answer: false,
    }
}

fn refused(request_id: String, denial: Denial) -> Message {
    Message::Refused(v1::Refused { request_id, refusal: Some(denial.into_refusal()) })
}

fn not_confirmed() -> Denial {
    let why = "No prescription was confirmed on this stream. Confirm or reattach first.";
    Denial::new(Reason::NotConfirmed, why)
}

fn one_session() -> Denial {
    let why = "This stream holds a session already. Open another stream for another session.";
    Denial::new(Reason::WrongState, why)
}

fn hash_differs() -> Denial {
    let why = "The hash is not the one of this prescription. Check it again and confirm what is \
               shown.";
    Denial::new(Reason::HashDiffers, why)
}

fn not_holder() -> Denial {
    let why = "The session is held by somebody else, or by another stream. Only the person who \
               confirmed takes it back.";
    Denial::new(Reason::NotHolder, why)
}

fn is_over(end: &v1::SessionEnd) -> Denial {
    match end.reason() == v1::CauseKind::PauseOver {
        true => Denial::new(Reason::PauseOver, "The pause lasted too long. Confirm anew."),
        false => {
            let why = "The session is over. Watch it to see how it ended.";
            Denial::new(Reason::SessionUnknown, why)
        }
    }
}

fn taken_over() -> Status {
    let why = "The session was taken back on another stream. Go on there.";
    Denial::new(Reason::NotHolder, why).into()
}

fn shutting_down() -> Status {
    Denial::of(&clinic::Refused::ShuttingDown).into()
}
