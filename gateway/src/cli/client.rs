//! Commands that speak with a running gateway.

use std::{io::Write as _, process::ExitCode};

use anyhow::Context as _;
use proto::v1::{
    Beam, ListCausesRequest, ListUnitsRequest, Person, ReleaseRequest, StopAllRequest, StopProof,
    StopRequest, WatchUnitsRequest, safety_service_client::SafetyServiceClient,
    session_service_client::SessionServiceClient, unit_service_client::UnitServiceClient,
    watch_units_response::Change,
};
use tonic::transport::{Channel, Endpoint};

use super::words;
use crate::clock;

/// What a person who stops something is recorded with.
const REASON: &str = "stopped from the command line";

pub(super) fn block_on(
    command: impl Future<Output = anyhow::Result<ExitCode>>,
) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(command)
}

/// Prints a line. Whoever reads may have seen enough: that is no reason to panic.
fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}

/// A channel to the API.
pub(crate) async fn connect(address: &str) -> anyhow::Result<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))
        .with_context(|| format!("{address} is not HOST:PORT"))?;
    let hint = || format!("no gateway answers at {address}; is one running there?");
    endpoint.connect().await.with_context(hint)
}

pub(super) async fn units(address: &str) -> anyhow::Result<ExitCode> {
    let mut client = UnitServiceClient::new(connect(address).await?);
    let units = client.list_units(ListUnitsRequest::default()).await?.into_inner().units;
    for unit in units {
        say(&words::unit(&unit))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn watch(address: &str) -> anyhow::Result<ExitCode> {
    let mut client = UnitServiceClient::new(connect(address).await?);
    let mut changes = client.watch_units(WatchUnitsRequest::default()).await?.into_inner();
    let mut last = std::collections::HashMap::new();
    while let Some(response) = changes.message().await? {
        let statuses = match response.change {
            Some(Change::Snapshot(snapshot)) => {
                snapshot.units.into_iter().filter_map(|unit| unit.status).collect()
            }
            Some(Change::Unit(unit)) => unit.status.into_iter().collect(),
            Some(Change::Status(status)) => vec![status],
            Some(Change::RemovedUnitId(_) | Change::KeepAlive(_)) | None => Vec::new(),
        };
        for status in statuses {
            let line = words::status(&status);
            if last.insert(status.unit_id, line.clone()).as_ref() != Some(&line) {
                say(&line)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Stops one unit, or all if none is named. Succeeds only if every one was proven off.
pub(super) async fn stop(address: &str, unit: Option<&str>) -> anyhow::Result<ExitCode> {
    let mut client = SessionServiceClient::new(connect(address).await?);
    let reason = REASON.to_owned();
    let proofs = match unit {
        Some(unit) => {
            let request = StopRequest { unit_id: unit.to_owned(), reason };
            client.stop(request).await?.into_inner().proof.into_iter().collect()
        }
        None => {
            let request = StopAllRequest { room_id: String::new(), reason };
            client.stop_all(request).await?.into_inner().proofs
        }
    };
    let mut proven = !proofs.is_empty();
    for proof in proofs {
        proven &= proof.off_confirmed_boottime_nanoseconds.is_some();
        say(&proof_words(&proof))?;
    }
    Ok(if proven { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
    let causes = client.list_causes(request).await?.into_inner().causes;
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

pub(super) async fn release(
    address: &str,
    unit: String,
    cause: String,
    person: Person,
    reason: String,
) -> anyhow::Result<ExitCode> {
    let mut client = SafetyServiceClient::new(connect(address).await?);
    let request = ReleaseRequest {
        request_id: format!("cli-{}", clock::now().since_boot()),
        unit_id: unit,
        cause_id: cause,
        released_by: Some(person),
        reason,
    };
    let released = client.release(request).await?.into_inner();
    say(&words::status(&released.status.unwrap_or_default()))?;
    for still in released.still_latched {
        let why = still.refusal.unwrap_or_default().sentence;
        say(&format!("{} still holds it: {why}", still.unit_id))?;
    }
    Ok(ExitCode::SUCCESS)
}
