//! An operator's client: it asks, it hears, and it holds while it is told to.

use std::time::Duration;

use proto::v1::{
    self, operate_request::Ask, operate_response::Message,
    session_service_client::SessionServiceClient,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming, transport::Channel};

use super::{LASER, Stage};
use crate::control::sample;

/// One stream and what was heard on it.
pub(super) struct Client {
    asks: Option<mpsc::Sender<v1::OperateRequest>>,
    answers: Streaming<v1::OperateResponse>,
    asked: u32,
    pub(super) fence: v1::Fence,
    pub(super) session: String,
    pub(super) holds: bool,
    /// The newest beacon.
    pub(super) beacon: v1::Beacon,
}

impl Client {
    pub(super) async fn open(stage: &Stage) -> Self {
        let (asks, outgoing) = mpsc::channel(64);
        let mut sessions = stage.sessions().await;
        let answers = sessions.operate(ReceiverStream::new(outgoing)).await.unwrap().into_inner();
        Self {
            asks: Some(asks),
            answers,
            asked: 0,
            fence: v1::Fence::default(),
            session: String::new(),
            holds: false,
            beacon: v1::Beacon::default(),
        }
    }

    /// A stream that holds a session of the sample prescription, and its hash.
    pub(super) async fn confirmed(stage: &Stage) -> (Self, Vec<u8>) {
        Self::confirmed_for(stage, sample::short()).await
    }

    /// A stream that holds a session of `prescription` on the laser, and its hash.
    pub(super) async fn confirmed_for(
        stage: &Stage,
        prescription: v1::Prescription,
    ) -> (Self, Vec<u8>) {
        let mut client = Self::open(stage).await;
        let (confirm, epoch) = confirm(stage, LASER, prescription).await;
        let hash = confirm.prescription_hash.clone();
        client.fence.epoch = epoch;
        let accepted = client.accepted(Ask::Confirm(confirm)).await;
        assert!(accepted.confirmation_expires_boottime_nanoseconds.is_some());
        (client, hash)
    }

    /// Asks, and hears the answer.
    pub(super) async fn ask(&mut self, ask: Ask) -> Result<v1::Accepted, v1::Refusal> {
        let id = self.send(ask).await;
        self.answer(&id).await
    }

    pub(super) async fn accepted(&mut self, ask: Ask) -> v1::Accepted {
        self.ask(ask).await.unwrap_or_else(|refusal| panic!("refused: {refusal:#?}"))
    }

    pub(super) async fn refused(&mut self, ask: Ask) -> v1::Refusal {
        self.ask(ask).await.unwrap_err()
    }

    pub(super) async fn send(&mut self, ask: Ask) -> String {
        self.asked += 1;
        let request_id = format!("{:p}-{}", &raw const self.answers, self.asked);
        self.repeat(&request_id, ask).await;
        request_id
    }

    /// Asks under an id that was chosen before.
    pub(super) async fn repeat(&mut self, request_id: &str, ask: Ask) {
        let (request_id, fence) = (request_id.to_owned(), Some(self.fence));
        let request = v1::OperateRequest { request_id, fence, ask: Some(ask) };
        self.asks.as_ref().unwrap().send(request).await.unwrap();
    }

    pub(super) async fn answer(&mut self, id: &str) -> Result<v1::Accepted, v1::Refusal> {
        loop {
            match self.hear().await.unwrap() {
                Some(Message::Accepted(accepted)) if accepted.request_id == id => {
                    self.fence = accepted.fence.unwrap();
                    self.session.clone_from(&accepted.session_id);
                    return Ok(accepted);
                }
                Some(Message::Refused(refused)) if refused.request_id == id => {
                    return Err(refused.refusal.unwrap());
                }
                Some(Message::Beacon(_)) => {}
                other => panic!("instead of an answer to {id}: {other:#?}"),
            }
        }
    }

    /// Hears the next message; holds for a beacon if it is to hold.
    pub(super) async fn hear(&mut self) -> Result<Option<Message>, Status> {
        let message = tokio::time::timeout(Duration::from_secs(15), self.answers.message());
        let message = message.await.expect("nothing was heard for 15 s")?;
        let message = message.and_then(|message| message.message);
        if let Some(Message::Beacon(beacon)) = &message {
            assert!(self.beacon.sequence <= beacon.sequence, "beacons go back");
            self.beacon = beacon.clone();
            self.fence.epoch = beacon.status.as_ref().unwrap().epoch;
            if self.holds {
                let source = v1::HoldSource::Script.into();
                let hold = v1::Hold { beacon_sequence: beacon.sequence, source };
                let ask = Some(Ask::Hold(hold));
                let request =
                    v1::OperateRequest { request_id: String::new(), fence: Some(self.fence), ask };
                // The stream may be over before its client knows.
                let _late = self.asks.as_ref().unwrap().send(request).await;
            }
        }
        Ok(message)
    }

    /// Hears beacons until one shows what is wanted.
    pub(super) async fn until(&mut self, wanted: impl Fn(&v1::UnitStatus) -> bool) {
        while !wanted(self.beacon.status.as_ref().unwrap_or(&v1::UnitStatus::default())) {
            match self.hear().await.unwrap() {
                Some(Message::Beacon(_)) => {}
                other => panic!("instead of a beacon: {other:#?}"),
            }
        }
    }

    /// Hears everything up to the outcome, which is the last message.
    pub(super) async fn outcome(&mut self) -> v1::SessionEnd {
        loop {
            match self.hear().await.unwrap() {
                Some(Message::Outcome(end)) => {
                    assert_eq!(self.hear().await.unwrap(), None, "after the outcome");
                    return end;
                }
                Some(Message::Beacon(_) | Message::Accepted(_)) => {}
                other => panic!("instead of the outcome: {other:#?}"),
            }
        }
    }

    /// Breaks the stream. What it would have asked ends only later: an end first would be a half-close.
    pub(super) async fn break_off(self) {
        let Self { asks, answers, .. } = self;
        drop(answers);
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(asks);
    }

    /// Ends the asks and goes on hearing.
    pub(super) fn half_close(&mut self) {
        self.asks = None;
        self.holds = false;
    }
}

/// Checks a prescription, and confirms what the unit can do of it.
pub(super) async fn confirm(
    stage: &Stage,
    unit: &str,
    prescription: v1::Prescription,
) -> (v1::Confirm, u64) {
    let checked = check(&mut stage.sessions().await, unit, prescription).await.unwrap();
    let confirm = v1::Confirm {
        unit_id: unit.to_owned(),
        prescription: checked.quantised_prescription,
        prescription_hash: checked.prescription_hash,
        operator: Some(operator()),
        patient_identifiers_checked: vec![
            v1::PatientIdentifier::Name.into(),
            v1::PatientIdentifier::BirthDate.into(),
        ],
    };
    (confirm, checked.epoch)
}

pub(super) async fn check(
    sessions: &mut SessionServiceClient<Channel>,
    unit: &str,
    prescription: v1::Prescription,
) -> Result<v1::CheckPrescriptionResponse, Status> {
    let request =
        v1::CheckPrescriptionRequest { unit_id: unit.to_owned(), prescription: Some(prescription) };
    Ok(sessions.check_prescription(request).await?.into_inner())
}

pub(super) fn operator() -> v1::Person {
    person("O. Operator", v1::Role::Operator)
}

pub(super) fn person(name: &str, role: v1::Role) -> v1::Person {
    v1::Person { name: name.to_owned(), role: role.into() }
}
