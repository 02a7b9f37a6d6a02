//! An operator who runs one session over the API: checks, confirms, arms, starts and holds.

use std::time::Duration;

use anyhow::{Context as _, bail};
use gateway::{clock, demo::confirmation};
use proto::v1::{
    Arm, Fence, Hold, HoldSource, OperateRequest, OperateResponse, Prescription, PrescriptionCheck,
    Role, SessionEnd, Start, Stop, UnitState, operate_request::Ask, operate_response::Message,
    session_service_client::SessionServiceClient,
};
use safety::Instant;
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Streaming, transport::Channel};

use crate::prescription::person;

/// Why the figures go beyond soft limits.
const REASON: &str = "figures on a simulated unit: shorter than a session that has an effect";
/// The server speaks at least four times a second.
const SILENCE: Duration = Duration::from_secs(5);
/// How often a start is tried before something must be wrong.
const TRIES: u32 = 40;

/// One session on its way.
pub(crate) struct Session {
    name: String,
    asks: mpsc::Sender<OperateRequest>,
    answers: Streaming<OperateResponse>,
    fence: Fence,
    hash: Vec<u8>,
    request: u32,
}

impl Session {
    /// Checks, confirms and arms.
    pub(crate) async fn open(
        channel: Channel,
        unit: &str,
        prescription: Prescription,
    ) -> anyhow::Result<Self> {
        let mut client = SessionServiceClient::new(channel);
        let checked = confirmation::check(&mut client, unit, prescription, REASON).await?;
        let against = confirmation::objections(&checked.decisions).join("; ");
        anyhow::ensure!(
            checked.check() == PrescriptionCheck::Admissible,
            "{unit} refuses: {against}"
        );
        let (asks, outgoing) = mpsc::channel(16);
        let confirm = confirmation::confirm(unit, &checked, person(Role::Operator));
        let name = format!("{unit}-{}", clock::now().since_boot());
        let fence = Fence { token: 0, epoch: checked.epoch };
        asks.send(request(&name, 0, fence, Ask::Confirm(confirm)))
            .await
            .context("the stream is closed")?;
        let answers = client.operate(ReceiverStream::new(outgoing)).await?.into_inner();
        let mut session =
            Self { name, asks, answers, fence, hash: checked.prescription_hash, request: 0 };
        session.arm().await?;
        Ok(session)
    }

    /// Starts as soon as the unit is ready. Tells when the start was asked that was taken.
    pub(crate) async fn start(&mut self) -> anyhow::Result<Instant> {
        let mut asked = None;
        let mut tries = 0;
        loop {
            match self.next().await? {
                Message::Beacon(beacon) => {
                    let state = beacon.status.as_ref().map(|status| status.state());
                    self.hold(beacon.sequence).await;
                    if state == Some(UnitState::Ready) && asked.is_none() {
                        let start = Start { prescription_hash: self.hash.clone() };
                        let now = clock::now();
                        self.ask(Ask::Start(start)).await;
                        asked = Some((now, request_name(&self.name, self.request)));
                    }
                }
                Message::Accepted(accepted) => {
                    self.fence = accepted.fence.unwrap_or(self.fence);
                    if let Some((at, request)) = &asked
                        && *request == accepted.request_id
                    {
                        return Ok(*at);
                    }
                }
                // A setting that is not read back yet, a hold that is on its way.
                Message::Refused(refused) => {
                    tries += 1;
                    if TRIES < tries {
                        bail!("refused: {:?}", refused.refusal);
                    }
                    asked = None;
                }
                Message::Outcome(end) => bail!("it ended before it began: {:?}", end.summary),
            }
        }
    }

    /// Holds until the session ends, or stops it.
    pub(crate) async fn end(mut self, stop: bool) -> anyhow::Result<SessionEnd> {
        if stop {
            self.ask(Ask::Stop(Stop::default())).await;
        }
        loop {
            match self.next().await? {
                Message::Beacon(beacon) => self.hold(beacon.sequence).await,
                Message::Outcome(end) => return Ok(end),
                Message::Accepted(_) | Message::Refused(_) => {}
            }
        }
    }

    async fn arm(&mut self) -> anyhow::Result<()> {
        loop {
            match self.next().await? {
                Message::Accepted(accepted) => {
                    self.fence = accepted.fence.unwrap_or_default();
                    self.ask(Ask::Arm(Arm { prescription_hash: self.hash.clone() })).await;
                    return Ok(());
                }
                Message::Beacon(_) => {}
                Message::Refused(refused) => bail!("refused: {:?}", refused.refusal),
                Message::Outcome(end) => bail!("it ended before it began: {:?}", end.summary),
            }
        }
    }

    async fn next(&mut self) -> anyhow::Result<Message> {
        let answer = timeout(SILENCE, self.answers.message()).await;
        let answer = answer.context("the gateway is silent")??;
        answer.and_then(|answer| answer.message).context("the stream ended without an outcome")
    }

    async fn hold(&mut self, beacon_sequence: u64) {
        let source = HoldSource::Script.into();
        self.ask(Ask::Hold(Hold { beacon_sequence, source })).await;
    }

    async fn ask(&mut self, ask: Ask) {
        self.request += 1;
        let request = request(&self.name, self.request, self.fence, ask);
        // A session that has ended takes nothing more, and says so itself.
        let _ended = self.asks.send(request).await;
    }
}

fn request(session: &str, number: u32, fence: Fence, ask: Ask) -> OperateRequest {
    let request_id = request_name(session, number);
    OperateRequest { request_id, fence: Some(fence), ask: Some(ask) }
}

fn request_name(session: &str, number: u32) -> String {
    format!("{session}-{number}")
}
