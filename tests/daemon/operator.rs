//! An operator with software of their own: asks, echoes every beacon, and remembers what came back.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use ::gateway::demo::{
    confirmation::{self, objections},
    stand::Stand,
};
use proto::v1::{
    Accepted, Arm, Beacon, CheckPrescriptionResponse, Fence, Hold, HoldSource, OperateRequest,
    OperateResponse, Prescription, PrescriptionCheck, Reattach, Refusal, RefusalReason, Resume,
    Role, SessionEnd, Start, UnitState, operate_request::Ask, operate_response::Message,
    session_service_client::SessionServiceClient,
};
use simulated_units::Button;
use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        watch,
    },
    task::JoinHandle,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming, transport::Channel};

use super::{
    prescriptions::person,
    time::{until, within},
};

/// One session on one unit, as its operator sees it.
pub(super) struct Operator {
    unit: String,
    /// What was confirmed.
    pub(super) prescription: Prescription,
    hash: Vec<u8>,
    name: u64,
    asked: AtomicU64,
    asks: Option<mpsc::Sender<OperateRequest>>,
    /// What the last acceptance said.
    pub(super) fence: Fence,
    /// The session.
    pub(super) session: String,
    heard: Arc<Heard>,
    hearing: JoinHandle<()>,
}

/// What came back on the stream.
#[derive(Default)]
struct Heard {
    answers: Mutex<HashMap<String, Result<Accepted, Refusal>>>,
    beacon: watch::Sender<Option<Beacon>>,
    end: Mutex<Option<Result<SessionEnd, Status>>>,
    /// The operator no longer echoes what is shown.
    let_go: AtomicBool,
}

impl Operator {
    /// Has a prescription checked, gives a reason for every soft limit, and confirms it.
    pub(super) async fn confirm(
        channel: Channel,
        unit: &str,
        prescription: Prescription,
    ) -> Result<Self, Refusal> {
        let checked = check(channel.clone(), unit, prescription).await;
        Self::confirm_checked(channel, unit, &checked, checked.epoch).await
    }

    /// Confirms what was checked, with an epoch that may be old.
    pub(super) async fn confirm_checked(
        channel: Channel,
        unit: &str,
        checked: &CheckPrescriptionResponse,
        epoch: u64,
    ) -> Result<Self, Refusal> {
        let confirm = confirmation::confirm(unit, checked, person(Role::Operator));
        let fence = Fence { token: 0, epoch };
        let confirmed = checked.quantised_prescription.clone().unwrap_or_default();
        let confirmed = (confirmed, checked.prescription_hash.clone());
        Self::attach(channel, unit, confirmed, fence, Ask::Confirm(confirm)).await
    }

    /// Takes the session of another stream back, as the same person.
    pub(super) async fn reattach(channel: Channel, lost: &Self) -> Result<Self, Refusal> {
        let reattach = Ask::Reattach(Reattach {
            session_id: lost.session.clone(),
            operator: Some(person(Role::Operator)),
        });
        let confirmed = (lost.prescription.clone(), lost.hash.clone());
        Self::attach(channel, &lost.unit, confirmed, lost.fence, reattach).await
    }

    async fn attach(
        channel: Channel,
        unit: &str,
        (prescription, hash): (Prescription, Vec<u8>),
        fence: Fence,
        first: Ask,
    ) -> Result<Self, Refusal> {
        static NAMES: AtomicU64 = AtomicU64::new(1);
        let (asks, outgoing) = mpsc::channel(64);
        let heard = Arc::new(Heard::default());
        let mut operator = Self {
            unit: unit.to_owned(),
            prescription,
            hash,
            name: NAMES.fetch_add(1, Ordering::Relaxed),
            asked: AtomicU64::new(0),
            asks: Some(asks.clone()),
            fence,
            session: String::new(),
            heard: Arc::clone(&heard),
            hearing: tokio::spawn(async {}),
        };
        // The first ask goes ahead of the answer to the call: the stream may be silent until then.
        let request = operator.send(first);
        let mut client = SessionServiceClient::new(channel);
        let stream = within("a stream", client.operate(ReceiverStream::new(outgoing))).await;
        // Holds carry the token that the acceptance brings.
        let stream = stream.unwrap().into_inner();
        let echo = asks.downgrade();
        drop(asks);
        operator.hearing = tokio::spawn(async move { heard.listen(stream, echo).await });
        let accepted = operator.answer(&request).await?;
        operator.session = accepted.session_id;
        operator.fence = accepted.fence.unwrap();
        Ok(operator)
    }

    /// Asks, and waits for the answer.
    pub(super) async fn ask(&mut self, ask: Ask) -> Result<Accepted, Refusal> {
        let request = self.send(ask);
        let answer = self.answer(&request).await;
        if let Ok(accepted) = &answer {
            self.fence = accepted.fence.unwrap_or(self.fence);
        }
        answer
    }

    /// Asks, and waits for nothing. Returns the id of the request.
    pub(super) fn send(&self, ask: Ask) -> String {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let request_id = format!("{}-{}-{number}", self.unit, self.name);
        let fence = Some(self.fence);
        let request = OperateRequest { request_id: request_id.clone(), fence, ask: Some(ask) };
        let sent = self.asks.as_ref().unwrap().try_send(request);
        // A stream that ended meanwhile refuses what comes after; one that is full is a defect.
        assert!(!matches!(sent, Err(TrySendError::Full(_))), "{request_id} found no room");
        request_id
    }

    /// Echoes a beacon, whatever it is worth by now.
    pub(super) fn echo(&self, beacon_sequence: u64) {
        let asks = self.asks.as_ref().unwrap();
        asks.try_send(hold(beacon_sequence, Some(self.fence))).unwrap();
    }

    /// What was answered to a request. One to which the stream ended first was refused by that.
    pub(super) async fn answer(&self, request: &str) -> Result<Accepted, Refusal> {
        until(request, async || {
            let answer = self.heard.answers.lock().unwrap().get(request).cloned();
            let ended = self.heard.end.lock().unwrap().is_some();
            match answer {
                None if ended => Some(Err(Refusal::default())),
                answer => answer,
            }
        })
        .await
    }

    pub(super) fn arm_ask(&self) -> Ask {
        Ask::Arm(Arm { prescription_hash: self.hash.clone() })
    }

    pub(super) fn start_ask(&self) -> Ask {
        Ask::Start(Start { prescription_hash: self.hash.clone() })
    }

    pub(super) fn resume_ask(&self) -> Ask {
        Ask::Resume(Resume { prescription_hash: self.hash.clone() })
    }

    pub(super) async fn arm(&mut self) {
        let arm = self.arm_ask();
        self.ask(arm).await.unwrap();
        self.until(UnitState::Ready).await;
    }

    /// Starts, with a foot on the switch of the unit if it has one.
    pub(super) async fn start(&mut self, stand: &Stand) {
        let start = self.start_ask();
        self.with_a_foot(stand, start).await;
        self.until(UnitState::Warning).await;
    }

    /// Goes on after a pause, with a foot on the switch of the unit if it has one.
    pub(super) async fn resume(&mut self, stand: &Stand) {
        let resume = self.resume_ask();
        self.with_a_foot(stand, resume).await;
        self.until(UnitState::Warning).await;
    }

    /// Arms, starts, and waits for the emission.
    pub(super) async fn emit(&mut self, stand: &Stand) {
        self.arm().await;
        self.start(stand).await;
        self.until(UnitState::Emitting).await;
    }

    /// Asks until nothing stands against it any more: the foot finds its switch, the setting is
    /// read back, a beacon is echoed.
    async fn with_a_foot(&mut self, stand: &Stand, ask: Ask) {
        stand.press(Button::Footswitch, false);
        let operator = &*self;
        let accepted = until("the unit starts", async || {
            let refused = match operator.answer(&operator.send(ask.clone())).await {
                Ok(accepted) => return Some(accepted),
                Err(refused) => refused,
            };
            match refused.reason() {
                RefusalReason::FootswitchNotPressed => stand.press(Button::Footswitch, true),
                RefusalReason::FootswitchHeld
                | RefusalReason::ReadBackPending
                | RefusalReason::HoldStale => {}
                other => panic!("{other:?}: {}", words(&refused)),
            }
            None
        })
        .await;
        self.fence = accepted.fence.unwrap();
    }

    /// Waits until a beacon shows the unit in a state.
    pub(super) async fn until(&self, state: UnitState) -> Beacon {
        let mut beacon = self.heard.beacon.subscribe();
        let shows = |beacon: &Option<Beacon>| {
            let status = beacon.as_ref().and_then(|beacon| beacon.status.as_ref());
            status.is_some_and(|status| status.state() == state)
        };
        let shown = within(state.as_str_name(), beacon.wait_for(shows)).await.unwrap();
        shown.clone().unwrap()
    }

    /// The newest beacon.
    pub(super) fn beacon(&self) -> Beacon {
        self.heard.beacon.borrow().clone().unwrap()
    }

    /// How the session ended.
    pub(super) async fn end(&self) -> SessionEnd {
        let end = until("the session ends", async || self.heard.end.lock().unwrap().clone()).await;
        end.unwrap()
    }

    /// From now on no beacon is echoed.
    pub(super) fn let_go(&self) {
        self.heard.let_go.store(true, Ordering::Relaxed);
    }

    /// Ends the stream in good order.
    pub(super) fn half_close(&mut self) {
        self.asks = None;
        self.let_go();
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.hearing.abort();
    }
}

impl Heard {
    async fn listen(
        &self,
        mut stream: Streaming<OperateResponse>,
        asks: mpsc::WeakSender<OperateRequest>,
    ) {
        let mut fence = None;
        loop {
            let message = match stream.message().await {
                Ok(Some(OperateResponse { message: Some(message) })) => message,
                Ok(Some(OperateResponse { message: None })) => continue,
                Ok(None) => return self.over(Err(Status::cancelled("no outcome"))),
                Err(status) => return self.over(Err(status)),
            };
            match message {
                Message::Accepted(accepted) => {
                    fence = accepted.fence.or(fence);
                    self.answers.lock().unwrap().insert(accepted.request_id.clone(), Ok(accepted));
                }
                Message::Refused(refused) => {
                    let refusal = refused.refusal.unwrap_or_default();
                    self.answers.lock().unwrap().insert(refused.request_id, Err(refusal));
                }
                Message::Beacon(beacon) => {
                    let beacon_sequence = beacon.sequence;
                    self.beacon.send_replace(Some(beacon));
                    if let Some(asks) = asks.upgrade()
                        && !self.let_go.load(Ordering::Relaxed)
                    {
                        let _stalled = asks.try_send(hold(beacon_sequence, fence));
                    }
                }
                Message::Outcome(end) => return self.over(Ok(end)),
            }
        }
    }

    fn over(&self, end: Result<SessionEnd, Status>) {
        *self.end.lock().unwrap() = Some(end);
    }
}

/// An echo of a beacon.
fn hold(beacon_sequence: u64, fence: Option<Fence>) -> OperateRequest {
    let source = HoldSource::Script.into();
    let ask = Some(Ask::Hold(Hold { beacon_sequence, source }));
    OperateRequest { request_id: String::new(), fence, ask }
}

/// Why something was refused, in all its sentences.
pub(super) fn words(refusal: &Refusal) -> String {
    let against = objections(&refusal.decisions).join(" ");
    format!("{:?}: {} {against}", refusal.reason(), refusal.sentence)
}

/// Has a prescription checked, with a reason for every soft limit that it exceeds.
pub(super) async fn check(
    channel: Channel,
    unit: &str,
    prescription: Prescription,
) -> CheckPrescriptionResponse {
    let mut client = SessionServiceClient::new(channel);
    let reason = "a test on a simulated unit";
    let checked = confirmation::check(&mut client, unit, prescription, reason);
    let checked = within("a check", checked).await.unwrap();
    assert_ne!(checked.check(), PrescriptionCheck::OverrideNeeded, "the overrides were not taken");
    checked
}
