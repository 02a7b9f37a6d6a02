//! What goes out on an operator's stream: answers in their order, between them the newest beacon.
//!
//! Answers wait in a bounded queue. A beacon waits nowhere: it is made when the stream has room for
//! it, from how the unit stands then. So a slow reader sees fewer beacons and never older ones, and
//! the core notices nothing of it.

use std::sync::Arc;

use clinic::{AnyStatus, Shown};
use futures::stream;
use proto::v1::{self, operate_response::Message};
use safety::{Beam, Causes, State};
use tokio::sync::{mpsc, watch};
use tonic::{Status, codegen::BoxStream};

use super::{Control, admission::Caller, level::milliseconds, sessions::Claim, status};

/// Answers that may wait for a slow reader.
pub(crate) const ANSWERS_MAX: usize = 32;

/// Something for the stream.
#[derive(Debug)]
pub(crate) enum Say {
    /// From here on the beacons of this session go out.
    Hold(Claim),
    /// An answer.
    Answer(Box<Message>),
    /// The last message.
    Last(Box<v1::SessionEnd>),
    /// The stream ends with a status.
    Fail(Status),
}

/// The stream of everything that is said, until a last word or until nobody is left who speaks.
pub(crate) fn stream(
    control: Control,
    caller: Arc<Caller>,
    says: mpsc::Receiver<Say>,
) -> BoxStream<v1::OperateResponse> {
    let outgoing = Outgoing {
        control,
        _caller: caller,
        says,
        claim: None,
        newest: None,
        sent: None,
        over: false,
    };
    Box::pin(stream::unfold(outgoing, Outgoing::next))
}

struct Outgoing {
    control: Control,
    _caller: Arc<Caller>,
    says: mpsc::Receiver<Say>,
    claim: Option<Claim>,
    newest: Option<watch::Receiver<Option<Shown>>>,
    sent: Option<Key>,
    over: bool,
}

/// What a beacon goes out for when it differs.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    beacon: u64,
    state: State,
    beam: u8,
    causes: Causes,
    epoch: u32,
}

impl Outgoing {
    async fn next(mut self) -> Option<(Result<v1::OperateResponse, Status>, Self)> {
        while !self.over {
            let message = tokio::select! {
                biased;
                say = self.says.recv() => match say? {
                    Say::Hold(claim) => {
                        self.newest = self.control.herald().watch(claim.kept.unit);
                        if let Some(newest) = &mut self.newest {
                            newest.mark_changed();
                        }
                        self.claim = Some(claim);
                        continue;
                    }
                    Say::Answer(message) => *message,
                    Say::Last(end) => {
                        self.over = true;
                        Message::Outcome(*end)
                    }
                    Say::Fail(status) => {
                        self.over = true;
                        return Some((Err(status), self));
                    }
                },
                shown = newest(&mut self.newest) => match self.beacon(shown) {
                    Some(beacon) => Message::Beacon(beacon),
                    None => continue,
                },
            };
            return Some((Ok(v1::OperateResponse { message: Some(message) }), self));
        }
        None
    }

    /// The beacon to send for what is shown, if it says anything new of this session.
    fn beacon(&mut self, shown: Option<Shown>) -> Option<v1::Beacon> {
        let (claim, shown) = (self.claim.as_ref()?, shown?);
        if shown.session != Some(claim.kept.id) {
            return None;
        }
        let timing = &self.control.facts(claim.kept.unit).timing;
        let (sequence, remaining) = status::beacon(&shown, timing)?;
        let key = key(&shown, sequence);
        if self.sent == Some(key) {
            return None;
        }
        self.sent = Some(key);
        let (_, at, _) = status::marks(&shown);
        Some(v1::Beacon {
            sequence: sequence.saturating_add(1),
            sent_boottime_nanoseconds: at.since_boot(),
            status: Some(status::shown(&self.control, claim.kept.unit, &shown)),
            hold_remaining_milliseconds: milliseconds(remaining),
        })
    }
}

/// The newest status, when there is one that was not looked at.
async fn newest(watch: &mut Option<watch::Receiver<Option<Shown>>>) -> Option<Shown> {
    if let Some(watch) = watch
        && watch.changed().await.is_ok()
    {
        return *watch.borrow_and_update();
    }
    std::future::pending().await
}

fn key(shown: &Shown, beacon: u64) -> Key {
    let (beam, causes) = match &shown.status {
        AnyStatus::Laser(status) => (status.beam, status.causes),
        AnyStatus::Pemf(status) => (status.beam, status.causes),
        AnyStatus::Stimulator(status) => (status.beam, status.causes),
    };
    let beam = match beam {
        Beam::OffProven(_) => 0,
        Beam::On(_) => 1,
        Beam::Unknown(_) => 2,
    };
    let (epoch, _, state) = status::marks(shown);
    Key { beacon, state, beam, causes, epoch }
}
