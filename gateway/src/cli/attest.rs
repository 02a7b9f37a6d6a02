//! `attest`: tells a running gateway what a person measured at the output of a unit.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use proto::{
    Timestamp as Time,
    v1::{
        AttestMeterCheckRequest, MeterCheck, MeterProof, MeterReading,
        maintenance_service_client::MaintenanceServiceClient, meter_reading::Quantity,
    },
};

use super::{ClientArguments, client, words};
use crate::clock;

/// What a person measured, and who answers for it.
#[derive(Clone, Debug, Args)]
pub(super) struct AttestArguments {
    /// The unit.
    unit: String,
    /// What it was told: 1500mW, 5000uT or 500permille.
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    told: Quantity,
    /// What the meter showed, alike.
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    shown: Quantity,
    /// When, such as 2026-11-23T08:15:00+01:00. Without it: now.
    #[arg(long, value_name = "TIME")]
    measured: Option<Timestamp>,
    /// The serial number of the meter.
    #[arg(long, value_name = "SERIAL")]
    meter: String,
    /// The first day on which the calibration of the meter is overdue, such as 2027-06-30.
    #[arg(long, value_name = "DAY")]
    meter_due: Date,
    /// Who measured.
    #[arg(long)]
    name: String,
    /// In which role.
    #[arg(long, value_enum, default_value = "operator")]
    role: words::ReleaseRole,
    #[command(flatten)]
    client: ClientArguments,
}

/// Tells it, and says what it is worth. Succeeds only if the meter agreed.
pub(super) async fn run(arguments: AttestArguments) -> anyhow::Result<ExitCode> {
    let AttestArguments { unit, told, shown, measured, meter, meter_due, name, role, client } =
        arguments;
    let due = meter_due.to_zoned(TimeZone::UTC).context("no gateway knows that day")?.timestamp();
    let reading = |quantity| Some(MeterReading { quantity: Some(quantity) });
    let time = |at: Timestamp| Time { seconds: at.as_second(), nanos: at.subsec_nanosecond() };
    let request = AttestMeterCheckRequest {
        request_id: client::request_id(),
        unit_id: unit.clone(),
        told: reading(told),
        shown: reading(shown),
        measured_time: Some(time(measured.unwrap_or_else(clock::wall))),
        meter_serial: meter,
        meter_calibration_due_time: Some(time(due)),
        attested_by: Some(words::person(name, role)),
    };
    let mut gateway = MaintenanceServiceClient::new(client::connect(&client.address).await?);
    let answer = gateway.attest_meter_check(request).await.map_err(client::told)?.into_inner();
    let check = answer.check.unwrap_or_default();
    client::say(&format!("{unit}: {}", worth(&check)))?;
    Ok(match check.proof() {
        MeterProof::Passed => ExitCode::SUCCESS,
        MeterProof::Unspecified | MeterProof::Never | MeterProof::Due | MeterProof::Failed => {
            ExitCode::FAILURE
        }
    })
}

fn worth(check: &MeterCheck) -> &'static str {
    match check.proof() {
        MeterProof::Passed => "the meter agrees; the check holds for 24 hours",
        MeterProof::Failed => {
            "the meter DISAGREES: have service look at the unit, and measure again"
        }
        MeterProof::Due => "the last check is older than 24 hours: measure again",
        MeterProof::Never | MeterProof::Unspecified => {
            "the check was not kept: have service look at the ledger"
        }
    }
}

/// A whole number with the unit of its quantity behind it.
fn amount(text: &str) -> Result<Quantity, String> {
    let count = |unit| text.strip_suffix(unit)?.trim().parse().ok();
    let power = count("mW").map(Quantity::PowerMilliwatts);
    let flux = || count("uT").map(Quantity::FluxMicroteslas);
    let share = || count("permille").map(Quantity::IntensityPermille);
    power
        .or_else(flux)
        .or_else(share)
        .ok_or_else(|| "a whole number with mW, uT or permille behind it, such as 1500mW".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_its_unit() {
        assert_eq!(amount("1500mW"), Ok(Quantity::PowerMilliwatts(1_500)));
        assert_eq!(amount("5000 uT"), Ok(Quantity::FluxMicroteslas(5_000)));
        assert_eq!(amount("500permille"), Ok(Quantity::IntensityPermille(500)));
        for wrong in ["1500", "1.5W", "-1mW", "mW", "1500 mw", "4294967296mW"] {
            assert!(amount(wrong).unwrap_err().contains("such as 1500mW"), "{wrong}");
        }
    }
}
