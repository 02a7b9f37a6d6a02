//! Serves `therapy.gateway.v1` over gRPC: proto becomes typed asks, answers become proto.
//!
//! It decides nothing about emission. It validates whole requests, asks the core through the inbox,
//! and shows what the herald carries. Proto types stop here. Without TLS it serves on loopback only.

mod admission;
mod asks;
mod breaks;
mod cause;
mod checking;
mod clocks;
pub(crate) mod decision;
mod denial;
mod dose;
mod ending;
mod facts;
mod hash;
mod health;
mod interrupted;
mod laser;
mod level;
mod limit;
mod meter;
mod monitor;
mod operate;
mod outgoing;
mod pemf;
mod person;
mod prescription;
mod quantised;
mod recent;
mod refusal;
mod review;
mod safety_service;
#[cfg(test)]
mod sample;
mod session_service;
mod sessions;
mod site;
#[cfg(test)]
mod stage;
mod status;
mod stimulator;
mod stop;
mod unit;
mod unit_service;
mod violations;
mod watch;
mod witness;

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use clinic::{Answer, Ask, Refused, RequestId, UnitId};
use proto::v1::{
    self, maintenance_service_server::MaintenanceServiceServer,
    safety_service_server::SafetyServiceServer, session_service_server::SessionServiceServer,
    unit_service_server::UnitServiceServer,
};
use tokio::{net::TcpListener, task::JoinSet};
use tonic::transport::Server;

pub use self::facts::{Facts, Hazard, UnitFacts};
use self::{
    admission::Caller, breaks::Breaks, denial::Denial, interrupted::Interrupted, recent::Recent,
    safety_service::Releases, sessions::Sessions,
};
use crate::{directory::Directory, herald::Herald, inbox::Inbox, ledger::Ledger};

/// The API of one gateway. Cloning it is cheap.
#[derive(Clone)]
pub struct Control(Arc<Shared>);

/// Why the API is not served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener can be reached from other machines, and there is no TLS.
    #[error(
        "{address} can be reached from other machines and there is no TLS; listen on 127.0.0.1 or \
         [::1] instead"
    )]
    NotLoopback {
        /// Where the listener listens.
        address: SocketAddr,
    },
    /// The listener does not say where it listens.
    #[error("the listener does not say where it listens")]
    Address(#[source] io::Error),
    /// The description of the API cannot be served.
    #[error("the description of the API cannot be served")]
    Reflection(#[source] tonic_reflection::server::Error),
    /// Serving failed.
    #[error("serving failed")]
    Transport(#[source] tonic::transport::Error),
}

struct Shared {
    inbox: Inbox,
    herald: Herald,
    /// What people ask is recorded here.
    ledger: Ledger,
    facts: Facts,
    limits_revision: String,
    sessions: Sessions,
    interrupted: Interrupted,
    releases: Releases,
    recent: Recent,
    /// Whether the gateway is shutting down.
    closing: tokio::sync::watch::Sender<bool>,
}

/// Shows nothing: sessions name patients.
impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Control(..)")
    }
}

impl Control {
    /// The API in front of a control thread. What is asked of it is recorded in `ledger`.
    pub fn new(inbox: Inbox, herald: Herald, ledger: Ledger, facts: Facts) -> Self {
        let limits_revision = limits_revision(herald.directory());
        Self(Arc::new(Shared {
            inbox,
            herald,
            ledger,
            facts,
            limits_revision,
            sessions: Sessions::default(),
            interrupted: Interrupted::default(),
            releases: Releases::default(),
            recent: Recent::default(),
            closing: tokio::sync::watch::Sender::new(false),
        }))
    }

    /// Asks the core and waits for its answer.
    async fn ask(
        &self,
        caller: &Caller,
        unit: UnitId,
        request: Option<RequestId>,
        ask: Ask,
    ) -> Result<Answer, Denial> {
        caller.waits()?;
        match self.0.inbox.call(request, ask).await {
            Ok(Answer::Refused(refused)) => Err(self.denied(unit, &refused)),
            Ok(
                answer @ (Answer::Checked(_)
                | Answer::Confirmed(..)
                | Answer::Accepted(_)
                | Answer::Released(_)
                | Answer::Reviewed(_)
                | Answer::Stopped(..)),
            ) => Ok(answer),
            Err(unheard) => Err(self.about(unit, Denial::unheard(unheard))),
        }
    }

    /// What a caller is told of a refusal: with decisions, causes and epoch where they are the reason.
    fn denied(&self, unit: UnitId, refused: &Refused) -> Denial {
        let denial = Denial::of(refused);
        let decisions = match refused {
            Refused::Prescription(checked) | Refused::NotQuantised(checked) => {
                checking::decisions(self.directory(), checked)
            }
            Refused::WrongModality => vec![checking::wrong_modality()],
            Refused::Unit(_)
            | Refused::PatientBusy
            | Refused::PatientLocked
            | Refused::ReviewOpen(_)
            | Refused::UnknownReview
            | Refused::UnknownUnit
            | Refused::ScriptHold
            | Refused::TooMany
            | Refused::RequestReused
            | Refused::LowSpace
            | Refused::RelayUnproven
            | Refused::NoDoor
            | Refused::CannotProve
            | Refused::Unverified
            | Refused::MeterUnchecked
            | Refused::NotMetered
            | Refused::Impaired
            | Refused::ShuttingDown => Vec::new(),
        };
        let causes = match denial.reason() == v1::RefusalReason::Locked {
            true => self.causes(unit),
            false => Vec::new(),
        };
        let facts = match refused == &Refused::Unverified {
            true => self.facts(unit).unsigned(),
            false => Vec::new(),
        };
        let denial = denial.with_decisions(decisions).with_causes(causes).with_facts(facts);
        self.about(unit, denial)
    }

    /// Adds which unit a refusal is about.
    fn about(&self, unit: UnitId, denial: Denial) -> Denial {
        let epoch = self.0.herald.shown(unit).map(|shown| status::marks(&shown).0.into());
        denial.with_unit(self.directory().name(unit), epoch)
    }

    fn unit_named(&self, name: &str) -> Result<UnitId, Denial> {
        let found = self.directory().unit(name).map(|(unit, _)| unit);
        found.ok_or_else(|| Denial::of(&Refused::UnknownUnit))
    }

    /// The causes that are latched on a unit, oldest first.
    fn causes(&self, unit: UnitId) -> Vec<v1::Cause> {
        let shown = self.0.herald.shown(unit);
        shown.map_or_else(Vec::new, |shown| {
            cause::of_unit(self, unit, &shown, clocks::Clocks::read())
        })
    }

    fn facts(&self, unit: UnitId) -> &UnitFacts {
        self.0.facts.units.get(usize::from(unit.0)).unwrap_or(&NO_FACTS)
    }

    fn directory(&self) -> &Directory {
        self.0.herald.directory()
    }

    fn inbox(&self) -> &Inbox {
        &self.0.inbox
    }

    fn herald(&self) -> &Herald {
        &self.0.herald
    }

    fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    fn interrupted(&self) -> &Interrupted {
        &self.0.interrupted
    }

    /// Waits until the gateway is shutting down.
    async fn closes(&self) {
        let mut closing = self.0.closing.subscribe();
        let _sender_lives_as_long_as_self = closing.wait_for(|closing| *closing).await;
    }
}

/// Serves the API until `shutdown`, and then for as long as it takes to tell everybody.
///
/// # Errors
/// [`ServeError`]; with [`NotLoopback`](ServeError::NotLoopback) nothing was ever served.
pub async fn serve(
    listener: TcpListener,
    control: Control,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let address = listener.local_addr().map_err(ServeError::Address)?;
    if !address.ip().to_canonical().is_loopback() {
        return Err(ServeError::NotLoopback { address });
    }
    let (reporter, health) = tonic_health::server::health_reporter();
    let described = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let reflection = described().build_v1().map_err(ServeError::Reflection)?;
    // Clients of PyPI and older tools know only this one.
    let older = described().build_v1alpha().map_err(ServeError::Reflection)?;

    // These end with this call, because the set does.
    let mut tasks = JoinSet::new();
    tasks.spawn(ending::follow(control.clone(), control.0.herald.changes()));
    tasks.spawn(health::report(control.clone(), reporter));

    let sessions =
        SessionServiceServer::new(control.clone()).max_decoding_message_size(MESSAGE_MAX);
    let units = UnitServiceServer::new(control.clone()).max_decoding_message_size(MESSAGE_MAX);
    let safety = SafetyServiceServer::new(control.clone()).max_decoding_message_size(MESSAGE_MAX);
    let maintenance =
        MaintenanceServiceServer::new(control.clone()).max_decoding_message_size(MESSAGE_MAX);
    let served = Server::builder()
        .trace_fn(|request| tracing::info_span!("call", method = request.uri().path()))
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE))
        .max_concurrent_streams(admission::STREAMS_MAX)
        .add_service(Breaks(sessions))
        .add_service(units)
        .add_service(safety)
        .add_service(maintenance)
        .add_service(health.max_decoding_message_size(MESSAGE_MAX))
        .add_service(reflection.max_decoding_message_size(MESSAGE_MAX))
        .add_service(older.max_decoding_message_size(MESSAGE_MAX))
        .serve_with_incoming_shutdown(
            admission::incoming(listener, control.0.inbox.clone()),
            control.closes(),
        );
    let told = async {
        shutdown.await;
        control.0.closing.send_replace(true);
        tokio::time::sleep(FAREWELL).await;
    };
    let watched = async {
        // Neither task ends by itself. Without them nobody hears of ends: no session begins any more.
        if tasks.join_next().await.is_some() {
            control.0.inbox.impair();
        }
        std::future::pending().await
    };
    tokio::select! {
        served = served => served.map_err(ServeError::Transport),
        () = told => Ok(()),
        () = watched => Ok(()),
    }
}

/// The revisions of the limits library, each once, in the order of their names.
fn limits_revision(directory: &Directory) -> String {
    let mut revisions: Vec<&str> =
        directory.sources.0.iter().map(|source| &*source.revision).collect();
    revisions.sort_unstable();
    revisions.dedup();
    revisions.join("+")
}

/// The largest request: several times a prescription with all its answers.
const MESSAGE_MAX: usize = 64 * 1_024;
/// A peer that is silent for this long is asked, and given up after as much again.
const KEEPALIVE: Duration = Duration::from_secs(10);
/// How long operators may take to hear of the end when the gateway shuts down (OPS).
const FAREWELL: Duration = Duration::from_secs(4);
static NO_FACTS: UnitFacts = UnitFacts::NONE;
