//! `audit`: whether the records of who did what hold, and a copy of them for others to verify.

use std::{
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use proto::v1::{VerifyAuditRequest, maintenance_service_client::MaintenanceServiceClient};
use serde_json::Value;

use super::{ClientArguments, client};
use crate::{
    audit::{Break, Chain, Head},
    ledger::{AuditFile, Kept},
};

#[derive(Clone, Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Verify the hash chain from its first record to its newest, and print the newest.
    Verify(VerifyArguments),
    /// Print the records, one line of JSON each, as they are hashed.
    Export(ExportArguments),
}

#[derive(Clone, Debug, Args)]
pub(super) struct VerifyArguments {
    /// The data folder of a gateway that does not run. Without it a running gateway is asked.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A newest record as it was published in the log or over MQTT: it must be there, and the same.
    #[arg(long, value_name = "NUMBER:SHA256", value_parser = Head::parse, requires = "data")]
    head: Vec<Head>,
    #[command(flatten)]
    client: ClientArguments,
}

#[derive(Clone, Debug, Args)]
pub(super) struct ExportArguments {
    /// The data folder of a gateway that does not run.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Only what comes after the record of this number.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    after: u64,
    /// Only records about this unit. They no longer make a chain.
    #[arg(long)]
    unit: Option<String>,
}

pub(super) fn run(command: AuditCommand) -> anyhow::Result<ExitCode> {
    match command {
        AuditCommand::Verify(VerifyArguments { data: Some(data), head, .. }) => {
            verify(&data, &head)
        }
        AuditCommand::Verify(VerifyArguments { data: None, client: at, .. }) => {
            client::block_on(ask(&at.address))
        }
        AuditCommand::Export(arguments) => export(&arguments),
    }
}

fn open(data: &Path) -> anyhow::Result<AuditFile> {
    Ok(AuditFile::open(&data.join("ledger.sqlite3"))?)
}

fn verify(data: &Path, told: &[Head]) -> anyhow::Result<ExitCode> {
    let file = open(data)?;
    let (mut chain, mut breaks) = (Chain::default(), Vec::new());
    each(&file, 0, |Kept { line, hash, .. }| {
        breaks.extend(chain.take_kept(&line, &hash).err());
        breaks.extend(told.iter().filter_map(|head| chain.meets(head).err()));
        Ok(())
    })?;
    breaks.extend(told.iter().filter_map(|head| chain.reaches(head).err()));
    report(chain.head(), &breaks)
}

fn report(head: &Head, breaks: &[Break]) -> anyhow::Result<ExitCode> {
    for broken in breaks.iter().take(BREAKS_SHOWN) {
        client::say(&format!("{broken}"))?;
    }
    if let Some(more) = breaks.len().checked_sub(BREAKS_SHOWN).filter(|more| 0 < *more) {
        client::say(&format!("and {more} more"))?;
    }
    Ok(if breaks.is_empty() {
        client::say(&format!("the audit holds: {} records, newest {head}", head.sequence))?;
        ExitCode::SUCCESS
    } else {
        client::say("THE AUDIT DOES NOT HOLD; keep the file as it is and look into it")?;
        ExitCode::FAILURE
    })
}

async fn ask(address: &str) -> anyhow::Result<ExitCode> {
    let mut client = MaintenanceServiceClient::new(client::connect(address).await?);
    let answer = client.verify_audit(VerifyAuditRequest {}).await.map_err(client::told)?;
    let answer = answer.into_inner();
    let head = answer.head.unwrap_or_default();
    let newest = Head { sequence: head.sequence, hash: head.sha256_hexadecimal };
    match answer.flaw {
        None if answer.holds => report(&newest, &[]),
        flaw => {
            client::say(&flaw.unwrap_or_default())?;
            client::say("THE AUDIT DOES NOT HOLD; the gateway is to be stopped and looked into")?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn export(arguments: &ExportArguments) -> anyhow::Result<ExitCode> {
    let file = open(&arguments.data)?;
    let mut out = BufWriter::new(io::stdout().lock());
    each(&file, arguments.after, |Kept { line, .. }| {
        if is_about(&line, arguments.unit.as_deref()) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    })?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Whether a record is about this unit, or any is wanted. One that cannot be read is shown: it is
/// what somebody who looks for something must see.
fn is_about(line: &str, unit: Option<&str>) -> bool {
    let Some(unit) = unit else { return true };
    match serde_json::from_str::<Value>(line) {
        Ok(record) => record.get("unit").and_then(Value::as_str) == Some(unit),
        Err(_) => true,
    }
}

/// Takes every record after this one, in their order.
fn each(
    file: &AuditFile,
    mut after: u64,
    mut take: impl FnMut(Kept) -> io::Result<()>,
) -> anyhow::Result<()> {
    loop {
        let page = file.records(after).context("the audit cannot be read")?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.sequence;
        page.into_iter().try_for_each(&mut take)?;
    }
}

/// Of many breaks the first few tell what happened.
const BREAKS_SHOWN: usize = 10;
