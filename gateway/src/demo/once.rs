//! Some sessions to their end, one after another, and what came of them.

use std::{future::ready, process::ExitCode, time::Duration};

use anyhow::bail;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use proto::v1::{Dose, SessionEnd, SessionOutcome, UnitStatus, dose::Amount};
use serde::Serialize;
use tokio::time::{sleep, timeout};
use tonic::transport::Channel;

use super::{
    meter, operator,
    stand::{Stand, state_of},
    treatment::Treatment,
};
use crate::{cli, daemon::Daemon, directory::Modality, word};

/// How long the simulated units may take to start and to prove who they are.
const START: Duration = Duration::from_secs(30);

/// What came of one session, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Row {
    unit: String,
    modality: &'static str,
    outcome: String,
    /// What the four amounts count.
    dose_unit: &'static str,
    prescribed: u64,
    delivered: u64,
    charged: u64,
    /// What the simulated unit really emitted, by its own true meter.
    meter: f64,
    /// What ended it, as `CauseKind` of the API has it.
    reason: String,
    /// The same in a sentence, with what to do next.
    sentence: String,
}

#[derive(Debug, Serialize)]
struct Summary {
    sessions: Vec<Row>,
}

/// Runs the sessions, takes the gateway down, and says whether all were complete. They are not if
/// somebody wants it to end before.
pub(super) async fn run(
    daemon: Daemon,
    stands: &[Stand],
    treatments: Vec<Treatment>,
    json: bool,
    end: impl Future<Output = ()>,
) -> anyhow::Result<ExitCode> {
    let outcome = tokio::select! {
        outcome = sessions(&daemon, stands, treatments, json) => Some(outcome),
        () = end => None,
    };
    daemon.run(ready(())).await;
    let Some(outcome) = outcome else { return Ok(ExitCode::FAILURE) };
    let sessions = outcome?;
    let complete = sessions.iter().all(|row| row.outcome == "COMPLETE");
    for row in &sessions {
        cli::say(&format!(
            "{:8} {:5} {:9} prescribed {} delivered {} charged {} by its own meter {:.3} ({}); {}: {}",
            row.unit,
            row.modality,
            row.outcome,
            row.prescribed,
            row.delivered,
            row.charged,
            row.meter,
            row.dose_unit,
            row.reason,
            row.sentence
        ))?;
    }
    if json {
        cli::say(&serde_json::to_string(&Summary { sessions })?)?;
    }
    Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn sessions(
    daemon: &Daemon,
    stands: &[Stand],
    treatments: Vec<Treatment>,
    json: bool,
) -> anyhow::Result<Vec<Row>> {
    let channel = cli::connect(&daemon.grpc.to_string()).await?;
    let mut rows = Vec::new();
    for treatment in treatments {
        rows.push(session(daemon, channel.clone(), stands, treatment, json).await?);
    }
    Ok(rows)
}

async fn session(
    daemon: &Daemon,
    channel: Channel,
    stands: &[Stand],
    treatment: Treatment,
    json: bool,
) -> anyhow::Result<Row> {
    let Treatment { unit, modality, prescription } = treatment;
    standby(daemon, &unit).await?;
    if has_relay(daemon, &unit) {
        operator::commission(channel.clone(), &unit).await?;
        sleep(CLOSED).await;
    }
    let before = meter(stands, &unit)?;
    let bar = bar(unit.clone(), json);
    let end = operator::treat(channel, &unit, prescription, |status| draw(&bar, status)).await?;
    bar.finish_and_clear();
    let emitted = meter(stands, &unit)?.saturating_sub(before);
    row(unit, modality, &end, emitted)
}

/// Whether the unit has a relay in its interlock.
fn has_relay(daemon: &Daemon, unit: &str) -> bool {
    let found = daemon.herald.directory().unit(unit);
    let shown = found.and_then(|(id, _)| daemon.herald.shown(id));
    shown.is_some_and(|shown| shown.contact.is_some())
}

/// Waits until a unit has proven who it is and that it is off.
async fn standby(daemon: &Daemon, unit: &str) -> anyhow::Result<()> {
    let found = daemon.herald.directory().unit(unit);
    let Some(mut shown) = found.and_then(|(id, _)| daemon.herald.watch(id)) else {
        return Err(super::missing(unit));
    };
    let ready = shown
        .wait_for(|shown| shown.is_some_and(|shown| state_of(&shown) == safety::State::Standby));
    match timeout(START, ready).await {
        // A unit warms up before it takes a setting.
        Ok(Ok(_)) => {}
        Ok(Err(_)) | Err(_) => bail!("{unit} did not come up"),
    }
    sleep(WARM_UP).await;
    Ok(())
}

/// After a proof a unit has to see its interlock closed again, in its own time.
const CLOSED: Duration = Duration::from_secs(1);
/// A simulated laser is warm three seconds after its start.
const WARM_UP: Duration = Duration::from_secs(3);

fn bar(unit: String, json: bool) -> ProgressBar {
    // Drawn on a terminal alone, and never into a summary that a program reads.
    let target = if json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(1_000), target);
    if let Ok(style) = ProgressStyle::with_template("{prefix:8} {bar:40} {msg}") {
        bar.set_style(style);
    }
    bar.with_prefix(unit)
}

fn draw(bar: &ProgressBar, status: &UnitStatus) {
    let Some(session) = &status.session else { return };
    let count = |dose: &Option<Dose>| dose.as_ref().map_or(0, amount);
    let prescribed = count(&session.prescribed).max(1);
    bar.set_position(count(&session.charged).saturating_mul(1_000) / prescribed);
    let charged = session.charged.as_ref().map_or_else(String::new, cli::dose_words);
    bar.set_message(format!("{} {charged}", cli::state(status.state())));
}

fn row(unit: String, modality: Modality, end: &SessionEnd, emitted: u128) -> anyhow::Result<Row> {
    let Some(summary) = &end.summary else { bail!("{unit} ended without a summary") };
    let count = |dose: &Option<Dose>| dose.as_ref().map_or(0, amount);
    let outcome = match summary.outcome() {
        SessionOutcome::Complete => "COMPLETE",
        SessionOutcome::Partial => "PARTIAL",
        SessionOutcome::Under => "UNDER",
        SessionOutcome::Aborted => "ABORTED",
        SessionOutcome::Unspecified => "UNKNOWN",
    };
    Ok(Row {
        unit,
        modality: word::modality(modality),
        outcome: outcome.to_owned(),
        dose_unit: match modality {
            Modality::Laser | Modality::Stimulator => "millijoules",
            Modality::Pemf => "microtesla_seconds",
        },
        prescribed: count(&summary.prescribed),
        delivered: count(&summary.delivered),
        charged: count(&summary.charged),
        meter: thousandth(emitted),
        reason: end.reason().as_str_name().trim_start_matches("CAUSE_KIND_").to_owned(),
        sentence: end.sentence.clone(),
    })
}

/// Millijoules or microtesla-seconds of a dose.
fn amount(dose: &Dose) -> u64 {
    match &dose.amount {
        Some(Amount::Laser(laser)) => laser.energy_millijoules,
        Some(Amount::Pemf(pemf)) => pemf.exposure_microtesla_seconds,
        Some(Amount::Stimulator(stimulator)) => stimulator.energy_millijoules,
        None => 0,
    }
}

/// Picojoules as millijoules, femtotesla-seconds as microtesla-seconds, to the microjoule.
fn thousandth(emitted: u128) -> f64 {
    let thousandths = u32::try_from(emitted / 1_000_000).unwrap_or(u32::MAX);
    f64::from(thousandths) / 1_000.0
}

#[cfg(test)]
mod tests {
    use proto::v1::{CauseKind, SessionSummary};

    use super::*;

    #[test]
    fn a_row_says_why_its_session_ended() {
        let end = SessionEnd {
            summary: Some(SessionSummary::default()),
            reason: CauseKind::TimeReached.into(),
            sentence: "The time was up.".to_owned(),
            ..SessionEnd::default()
        };
        let row =
            serde_json::to_value(row("laser-a".to_owned(), Modality::Laser, &end, 0).unwrap())
                .unwrap();
        assert_eq!(
            (&row["reason"], &row["sentence"]),
            (&"TIME_REACHED".into(), &"The time was up.".into())
        );
    }
}
