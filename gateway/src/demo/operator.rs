//! An operator who runs one session over the API, as clinic software would: checks, confirms, arms,
//! starts, and holds until the outcome comes.

use std::time::Duration;

use anyhow::{Context as _, bail};
use proto::v1::{
    self, Arm, Fence, Hold, HoldSource, OperateRequest, Person, Prescription, PrescriptionCheck,
    ProveRelayRequest, RelayProof, Role, SessionEnd, Start, UnitState, UnitStatus,
    maintenance_service_client::MaintenanceServiceClient, operate_request::Ask,
    operate_response::Message, session_service_client::SessionServiceClient,
};
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Streaming, transport::Channel};

use super::confirmation;

/// Why the demonstration goes beyond soft limits: a clinic's session is minutes long.
const REASON: &str = "demonstration on a simulated unit: shorter than a session that has an effect";
/// The server speaks at least four times a second.
const SILENCE: Duration = Duration::from_secs(5);
/// How often a start is tried again while a foot looks for its switch.
const PATIENCE: u32 = 100;

/// Runs one session to its end and calls `show` with each status on the way.
///
/// # Errors
/// If the API refuses, falls silent or ends without an outcome.
pub(super) async fn treat(
    channel: Channel,
    unit: &str,
    prescription: Prescription,
    mut show: impl FnMut(&UnitStatus),
) -> anyhow::Result<SessionEnd> {
    let mut client = SessionServiceClient::new(channel);
    let checked = confirmation::check(&mut client, unit, prescription, REASON).await?;
    if checked.check() != PrescriptionCheck::Admissible {
        let against = confirmation::objections(&checked.decisions);
        bail!("{unit} refuses the prescription: {}", against.join("; "));
    }
    let (asks, outgoing) = mpsc::channel(16);
    let mut session = Session {
        name: format!("{unit}-{}", crate::clock::now().since_boot()),
        asks,
        fence: Fence::default(),
        hash: checked.prescription_hash.clone(),
        request: 0,
    };
    let confirm = confirmation::confirm(unit, &checked, person(Role::Operator));
    session.ask(Ask::Confirm(confirm)).await;
    let answers = client.operate(ReceiverStream::new(outgoing)).await?.into_inner();
    session.run(answers, &mut show).await
}

/// Proves the relay in the interlock of a unit, as a person does once a day (OPS-01).
///
/// # Errors
/// If it cannot be proven now, or failed.
pub(super) async fn commission(channel: Channel, unit: &str) -> anyhow::Result<()> {
    let request = ProveRelayRequest {
        request_id: format!("prove-{}", crate::clock::now().since_boot()),
        unit_id: unit.to_owned(),
    };
    let answer = MaintenanceServiceClient::new(channel).prove_relay(request).await?.into_inner();
    let proof = answer.contact.map_or(RelayProof::Unspecified, |contact| contact.proof());
    anyhow::ensure!(proof == RelayProof::Passed, "the relay of {unit} failed its proof: {proof:?}");
    Ok(())
}

/// Who the demonstration says it is.
pub(super) fn person(role: Role) -> Person {
    Person { name: "demonstration".to_owned(), role: role.into() }
}

struct Session {
    /// Unique among all sessions of this demonstration.
    name: String,
    asks: mpsc::Sender<OperateRequest>,
    fence: Fence,
    hash: Vec<u8>,
    request: u32,
}

impl Session {
    async fn run(
        &mut self,
        mut answers: Streaming<v1::OperateResponse>,
        show: &mut impl FnMut(&UnitStatus),
    ) -> anyhow::Result<SessionEnd> {
        let (mut armed, mut started, mut tries) = (false, false, 0);
        loop {
            let answer =
                timeout(SILENCE, answers.message()).await.context("the gateway is silent")?;
            let Some(message) = answer?.and_then(|answer| answer.message) else {
                bail!("the stream ended without an outcome");
            };
            match message {
                Message::Accepted(accepted) => {
                    self.fence = accepted.fence.unwrap_or(self.fence);
                    if !armed {
                        armed = true;
                        self.ask(Ask::Arm(Arm { prescription_hash: self.hash.clone() })).await;
                    }
                }
                Message::Refused(refused) => {
                    let refusal = refused.refusal.unwrap_or_default();
                    // A foot that has not found its switch yet, a setting not read back yet.
                    tries += 1;
                    if !started || PATIENCE < tries {
                        bail!("{:?}: {}", refusal.reason(), refusal.sentence);
                    }
                    started = false;
                }
                Message::Beacon(beacon) => {
                    let status = beacon.status.unwrap_or_default();
                    show(&status);
                    let source = HoldSource::Script.into();
                    let hold = Hold { beacon_sequence: beacon.sequence, source };
                    self.ask(Ask::Hold(hold)).await;
                    if status.state() == UnitState::Ready && !started {
                        started = true;
                        let start = Start { prescription_hash: self.hash.clone() };
                        self.ask(Ask::Start(start)).await;
                    }
                }
                Message::Outcome(end) => return Ok(end),
            }
        }
    }

    /// Asks, unless the gateway listens no more: it ended the session, and how, it has yet to be heard
    /// to say.
    async fn ask(&mut self, ask: Ask) {
        self.request += 1;
        let request = OperateRequest {
            request_id: format!("{}-{}", self.name, self.request),
            fence: Some(self.fence),
            ask: Some(ask),
        };
        let _ended = self.asks.send(request).await;
    }
}
