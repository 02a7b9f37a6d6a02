//! What people measure at the output of a unit: read whole, and shown with what it is worth.

use std::time::Duration;

use clinic::{Age, AnyMetered, Attestation, Attested, RequestId, ShownMeter};
use jiff::{Timestamp, tz::TimeZone};
use proto::v1::{self, Role, meter_reading::Quantity};
use safety::{Flux, MeterProof, Nanos, Permille, Power};
use serde_json::json;

use super::{denial::Denial, person, session_service::unread, violations::Violations, witness};
use crate::audit::Deed;

/// A check, and what its request is called.
pub(crate) struct Asked {
    pub(crate) request: RequestId,
    pub(crate) attested: Attested,
}

/// Reads a check as of `now`, by the wall clock.
///
/// # Errors
/// Every field that is wrong, or that the role may not answer for it.
pub(crate) fn read(asked: &v1::AttestMeterCheckRequest, now: Timestamp) -> Result<Asked, Denial> {
    let mut violations = Violations::default();
    let request = violations.name("request_id", &asked.request_id, 36);
    let told = reading(&mut violations, "told", asked.told.as_ref());
    let shown = reading(&mut violations, "shown", asked.shown.as_ref());
    let measured = measured(&mut violations, asked, now);
    let meter = violations.name("meter_serial", &asked.meter_serial, 64);
    let due = due(&mut violations, asked, measured.map(|(at, _)| at));
    let role = person::read(&mut violations, "attested_by", asked.attested_by.as_ref());
    violations.settle()?;
    let role = role.ok_or_else(unread)?;
    if !answers(role) {
        let why = "The role claimed may not answer for a meter check; ask an operator, clinician, \
                   laser safety officer or service.";
        let denial = Denial::new(v1::RefusalReason::RoleNeeded, why);
        return Err(denial.with("role", person::name(role)));
    }
    let name = asked.attested_by.as_ref().map(|person| person.name.as_str());
    let whole = || {
        let (at, age) = measured?;
        Some(Asked {
            request: RequestId::new(request?)?,
            attested: Attested {
                told: told?,
                shown: shown?,
                age: Age(age),
                record: Attestation {
                    by: name?.into(),
                    role: person::name(role).into(),
                    measured: at.to_string().into(),
                    meter: meter?.into(),
                    meter_due: due?.to_zoned(TimeZone::UTC).date().to_string().into(),
                },
            },
        })
    };
    whole().ok_or_else(unread)
}

impl Asked {
    /// A record of the check: who answers for what.
    pub(crate) fn recorded(&self, deed: Deed, asked: &v1::AttestMeterCheckRequest) -> Deed {
        let Attested { told, shown, age: _, record } = &self.attested;
        let deed = Deed { actor: asked.attested_by.as_ref().map(witness::actor), ..deed };
        deed.with("told", counted(told))
            .with("shown", counted(shown))
            .with("measured_utc", &*record.measured)
            .with("meter_serial", &*record.meter)
            .with("meter_calibration_due", &*record.meter_due)
    }
}

/// An output with its unit.
fn counted(amount: &AnyMetered) -> serde_json::Value {
    match amount {
        AnyMetered::Laser(power) => json!({ "power_milliwatts": power.milliwatts() }),
        AnyMetered::Pemf(flux) => json!({ "flux_microteslas": flux.microteslas() }),
        AnyMetered::Stimulator(share) => json!({ "intensity_permille": share.get() }),
    }
}

/// What the meter checks of a unit are worth.
pub(crate) fn check(meter: &ShownMeter) -> v1::MeterCheck {
    let (proof, age) = match meter.proof {
        MeterProof::Never => (v1::MeterProof::Never, None),
        MeterProof::Due => (v1::MeterProof::Due, None),
        MeterProof::Passed(age) => (v1::MeterProof::Passed, Some(age.millis())),
        MeterProof::Failed => (v1::MeterProof::Failed, None),
    };
    v1::MeterCheck { needed: meter.needed, proof: proof.into(), passed_age_milliseconds: age }
}

fn reading(
    violations: &mut Violations,
    field: &str,
    reading: Option<&v1::MeterReading>,
) -> Option<AnyMetered> {
    let reading = violations.present(field, reading)?;
    violations.under(field, |violations| {
        let quantity = violations.present("quantity", reading.quantity.as_ref())?;
        Some(match *quantity {
            Quantity::PowerMilliwatts(count) => AnyMetered::Laser(Power::from_milliwatts(count)),
            Quantity::FluxMicroteslas(count) => AnyMetered::Pemf(Flux::from_microteslas(count)),
            Quantity::IntensityPermille(count) => {
                let share = u16::try_from(count).ok().and_then(Permille::new);
                if share.is_none() {
                    let most = Permille::WHOLE.get();
                    let what = format!("Is {count} permille; it must be 0 to {most} permille.");
                    violations.add("intensity_permille", what);
                }
                AnyMetered::Stimulator(share?)
            }
        })
    })
}

/// When it was measured, and how long ago that was. What is a day old proves nothing any more.
fn measured(
    violations: &mut Violations,
    asked: &v1::AttestMeterCheckRequest,
    now: Timestamp,
) -> Option<(Timestamp, Nanos)> {
    let at = violations.time("measured_time", asked.measured_time.as_ref())?;
    let age = Duration::try_from(now.duration_since(at)).ok();
    let age = age.and_then(|age| u64::try_from(age.as_nanos()).ok()).map(Nanos::new);
    let why = match age {
        None => "Lies in the future, by the clock of the gateway; give when it was measured.",
        Some(age) if safety::CHECK_HOLDS <= age => {
            "Is 24 hours ago or more: such a check proves nothing any more; measure again."
        }
        Some(age) => return Some((at, age)),
    };
    violations.add("measured_time", why);
    None
}

/// A meter that was overdue proves nothing.
fn due(
    violations: &mut Violations,
    asked: &v1::AttestMeterCheckRequest,
    measured: Option<Timestamp>,
) -> Option<Timestamp> {
    let field = "meter_calibration_due_time";
    let due = violations.time(field, asked.meter_calibration_due_time.as_ref())?;
    if measured.is_some_and(|measured| due <= measured) {
        let why =
            "Is not after the measurement: the meter was overdue; use one that is calibrated.";
        violations.add(field, why);
        return None;
    }
    Some(due)
}

/// Whether a person in this role may answer for a measurement.
const fn answers(role: Role) -> bool {
    match role {
        Role::Operator | Role::Clinician | Role::LaserSafetyOfficer | Role::Service => true,
        Role::Unspecified | Role::Viewer | Role::Admin => false,
    }
}
