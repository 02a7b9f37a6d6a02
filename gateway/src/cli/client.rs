//! Commands that speak with a running gateway.

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, bail};
use proto::v1::{
    Beam, ListCausesRequest, ListUnitsRequest, MonitorUnitRequest, Person, ProveRelayRequest,
    RelayProof, ReleaseRequest, ReviewRequest, StopAllRequest, StopProof, StopRequest,
    WatchUnitsRequest, WatchUnitsResponse, maintenance_service_client::MaintenanceServiceClient,
    safety_service_client::SafetyServiceClient, session_service_client::SessionServiceClient,
    unit_service_client::UnitServiceClient, watch_units_response::Change,
};
use tonic::{
    Status, Streaming,
    transport::{Channel, Endpoint},
};

use super::words;
use crate::clock;

/// What a stop is asked with. The gateway keeps no reason of a stop.
const REASON: &str = "stopped from the command line";
/// How long a gateway may take to be reached: it is on this machine, or beside it.
const CONNECT: Duration = Duration::from_secs(2);
/// How long somebody waits for the proof of a stop who could press the emergency stop instead.
const PROOF: Duration = Duration::from_secs(5);
/// After so much silence nothing is known of any unit: the gateway speaks every second.
const SILENCE: Duration = Duration::from_secs(3);
/// How often a gateway that is gone is looked for.
const AGAIN: Duration = Duration::from_secs(1);

pub(super) fn block_on(
    command: impl Future<Output = anyhow::Result<ExitCode>>,
) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(command)
}

/// Prints lines. Whoever reads may have seen enough, or the disk be full: that is no reason to panic.
///
/// # Errors
/// If they could not be written.
pub(crate) fn say(lines: &str) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{}", lines.trim_end())?;
    out.flush()
}

/// A channel to the API.
pub(crate) async fn connect(address: &str) -> anyhow::Result<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))
        .with_context(|| format!("{address} is not HOST:PORT"))?;
    let hint = || format!("no gateway answers at {address}; is one running there?");
    endpoint.connect_timeout(CONNECT).connect().await.with_context(hint)
}

/// What the gateway says of an error, and nothing of how it came here.
pub(super) fn told(status: Status) -> anyhow::Error {
    match status.message() {
        "" => anyhow::anyhow!("{}", status.code()),
        message => anyhow::anyhow!("{message}"),
    }
}

pub(super) async fn units(address: &str) -> anyhow::Result<ExitCode> {
    let mut client = UnitServiceClient::new(connect(address).await?);
    let units = client.list_units(ListUnitsRequest::default()).await.map_err(told)?;
    for unit in units.into_inner().units {
        say(&words::unit(&unit))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints how units stand whenever that changes. Goes on when the gateway is silent or gone, and
/// says so: what was shown before is then worth nothing (API-06).
pub(super) async fn watch(address: &str) -> anyhow::Result<ExitCode> {
    let mut screen = Screen::default();
    loop {
        let why = screen.follow(address).await?;
        if screen.0.is_empty() {
            return Err(why);
        }
        screen.lose()?;
        tokio::time::sleep(AGAIN).await;
    }
}

/// A name that no other request has.
pub(super) fn request_id() -> String {
    format!("cli-{}", clock::now().since_boot())
}

/// Has the relay of a unit proven, and says what came of it.
pub(super) async fn prove(address: &str, unit: String) -> anyhow::Result<ExitCode> {
    let mut client = MaintenanceServiceClient::new(connect(address).await?);
    let request = ProveRelayRequest { request_id: request_id(), unit_id: unit.clone() };
    let answer = client.prove_relay(request).await.map_err(told)?.into_inner();
    let contact = answer.contact.unwrap_or_default();
    let passed = contact.proof() == RelayProof::Passed;
    say(&match passed {
        true => format!("{unit}: the relay opens its interlock, and no other"),
        false => {
            let why = words::flaw(&contact);
            format!("{unit}: the relay FAILED its proof: {why}; have service look at it")
        }
    })?;
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints what goes over the line of a unit until the gateway leaves.
pub(super) async fn monitor(address: &str, unit: String) -> anyhow::Result<ExitCode> {
    let mut client = MaintenanceServiceClient::new(connect(address).await?);
    let mut traffic =
        client.monitor_unit(MonitorUnitRequest { unit_id: unit }).await.map_err(told)?.into_inner();
    while let Some(stretch) = traffic.message().await.map_err(told)? {
        if stretch.missed > 0 {
            say(&format!("({} stretches were missed)", stretch.missed))?;
        }
        say(&words::stretch(&stretch))?;
    }
    bail!("the gateway has left")
}

/// The last line that was printed of each unit.
#[derive(Default)]
struct Screen(BTreeMap<String, String>);

impl Screen {
    /// Shows what comes until nothing comes any more, and returns why.
    async fn follow(&mut self, address: &str) -> io::Result<anyhow::Error> {
        let mut changes = match in_time(begin(address)).await {
            Ok(changes) => changes,
            Err(why) => return Ok(why),
        };
        loop {
            let next = async { changes.message().await.map_err(told) };
            match in_time(next).await {
                Ok(Some(response)) => self.show(response)?,
                Ok(None) => return Ok(anyhow::anyhow!("the gateway has left")),
                Err(why) => return Ok(why),
            }
        }
    }

    fn show(&mut self, response: WatchUnitsResponse) -> io::Result<()> {
        let statuses = match response.change {
            Some(Change::Snapshot(snapshot)) => {
                snapshot.units.into_iter().filter_map(|unit| unit.status).collect()
            }
            Some(Change::Unit(unit)) => unit.status.into_iter().collect(),
            Some(Change::Status(status)) => vec![status],
            Some(Change::RemovedUnitId(_) | Change::KeepAlive(_)) | None => Vec::new(),
        };
        statuses.into_iter().try_for_each(|status| {
            let line = words::status(&status);
            self.print(status.unit_id, line)
        })
    }

    /// Shows that nothing is known of any unit.
    fn lose(&mut self) -> io::Result<()> {
        let units: Vec<_> = self.0.keys().cloned().collect();
        units.into_iter().try_for_each(|unit| {
            let line = words::silent(&unit);
            self.print(unit, line)
        })
    }

    fn print(&mut self, unit: String, line: String) -> io::Result<()> {
        if self.0.get(&unit) != Some(&line) {
            say(&line)?;
            self.0.insert(unit, line);
        }
        Ok(())
    }
}

async fn begin(address: &str) -> anyhow::Result<Streaming<WatchUnitsResponse>> {
    let mut client = UnitServiceClient::new(connect(address).await?);
    Ok(client.watch_units(WatchUnitsRequest::default()).await.map_err(told)?.into_inner())
}

async fn in_time<T>(what: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let waited = tokio::time::timeout(SILENCE, what).await;
    waited.context("the gateway is silent")?
}

/// Stops one unit, or all if none is named. Succeeds only if every one was proven off, and waits no
/// longer than somebody would who has an emergency stop beside them.
pub(super) async fn stop(address: &str, unit: Option<&str>) -> anyhow::Result<ExitCode> {
    let proofs = match tokio::time::timeout(PROOF, proofs(address, unit)).await {
        Ok(Ok(proofs)) => proofs,
        Ok(Err(why)) => bail!("{NOT_CONFIRMED} ({why:#})"),
        Err(_elapsed) => {
            bail!("{NOT_CONFIRMED} (the gateway did not answer within {} s)", PROOF.as_secs())
        }
    };
    let mut proven = !proofs.is_empty();
    for proof in proofs {
        proven &= proof.off_confirmed_boottime_nanoseconds.is_some();
        say(&proof_words(&proof))?;
    }
    if !proven {
        bail!("{NOT_CONFIRMED}");
    }
    Ok(ExitCode::SUCCESS)
}

const NOT_CONFIRMED: &str = "NOT CONFIRMED: whether the beam is off is not known; use the \
                             emergency stop of the unit";

async fn proofs(address: &str, unit: Option<&str>) -> anyhow::Result<Vec<StopProof>> {
    let mut client = SessionServiceClient::new(connect(address).await?);
    let reason = REASON.to_owned();
    match unit {
        Some(unit) => {
            let request = StopRequest { unit_id: unit.to_owned(), reason };
            let stopped = client.stop(request).await.map_err(told)?;
            Ok(stopped.into_inner().proof.into_iter().collect())
        }
        None => {
            let request = StopAllRequest { room_id: String::new(), reason };
            Ok(client.stop_all(request).await.map_err(told)?.into_inner().proofs)
        }
    }
}

fn proof_words(proof: &StopProof) -> String {
    let after = |micros: Option<u64>| match micros {
        Some(micros) => format!("after {}.{:03} ms", micros / 1_000, micros % 1_000),
        None => "NOT YET".to_owned(),
    };
    let unknown = Beam::default();
    format!(
        "{}: stop byte written {}, off confirmed {} ({})",
        proof.unit_id,
        after(proof.first_stop_byte_after_microseconds),
        after(proof.off_confirmed_after_microseconds),
        proof
            .beam
            .as_ref()
            .unwrap_or(&unknown)
            .state()
            .as_str_name()
            .trim_start_matches("BEAM_STATE_"),
    )
}

pub(super) async fn causes(address: &str, unit: &str) -> anyhow::Result<ExitCode> {
    let mut client = SafetyServiceClient::new(connect(address).await?);
    let request = ListCausesRequest { unit_id: unit.to_owned(), room_id: String::new() };
    let causes = client.list_causes(request).await.map_err(told)?.into_inner().causes;
    if causes.is_empty() {
        say(&format!("{unit}: nothing is latched"))?;
    }
    for cause in causes {
        let presence =
            if cause.presence_needed { ", at the unit: turn its key off and on" } else { "" };
        let roles: Vec<_> = cause
            .released_by_roles()
            .map(|role| role.as_str_name().trim_start_matches("ROLE_").to_lowercase())
            .collect();
        let kind = words::plain(cause.kind().as_str_name());
        say(&format!("{}: {kind}. {}", cause.cause_id, cause.evidence))?;
        say(&format!("    released by {}{presence}", roles.join(" or ")))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Has the review of a session recorded, and says what had been found in it.
pub(super) async fn review(
    address: &str,
    session: String,
    clinician: Person,
    reason: String,
) -> anyhow::Result<ExitCode> {
    let mut client = SafetyServiceClient::new(connect(address).await?);
    let request = ReviewRequest {
        request_id: request_id(),
        session_id: session,
        reviewed_by: Some(clinician),
        reason,
    };
    let reviewed = client.review(request).await.map_err(told)?.into_inner();
    let found: Vec<_> = reviewed.findings().map(words::finding).collect();
    say(&format!("{}: reviewed; it had {}", reviewed.session_id, found.join(", ")))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn release(
    address: &str,
    unit: String,
    cause: String,
    person: Person,
    reason: String,
) -> anyhow::Result<ExitCode> {
    let mut client = SafetyServiceClient::new(connect(address).await?);
    let request = ReleaseRequest {
        request_id: request_id(),
        unit_id: unit,
        cause_id: cause,
        released_by: Some(person),
        reason,
    };
    let released = client.release(request).await.map_err(told)?.into_inner();
    say(&words::status(&released.status.unwrap_or_default()))?;
    for still in released.still_latched {
        let why = still.refusal.unwrap_or_default().sentence;
        say(&format!("{} still holds it: {why}", still.unit_id))?;
    }
    Ok(ExitCode::SUCCESS)
}
