//! The API's words as a person reads and types them.

use clap::ValueEnum;
use proto::v1::{
    Beam, BeamState, Dose, Person, Role, SessionSummary, UnitState, UnitStatus, dose::Amount,
};

/// A role that may release something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReleaseRole {
    /// Operator.
    Operator,
    /// Clinician.
    Clinician,
    /// Laser safety officer.
    LaserSafetyOfficer,
    /// Service.
    Service,
    /// Administrator.
    Admin,
}

pub(super) fn person(name: String, role: ReleaseRole) -> Person {
    let role = match role {
        ReleaseRole::Operator => Role::Operator,
        ReleaseRole::Clinician => Role::Clinician,
        ReleaseRole::LaserSafetyOfficer => Role::LaserSafetyOfficer,
        ReleaseRole::Service => Role::Service,
        ReleaseRole::Admin => Role::Admin,
    };
    Person { name, role: role.into() }
}

/// One line on how a unit stands.
pub(crate) fn status(status: &UnitStatus) -> String {
    let beam = status.beam.as_ref().map_or_else(|| "beam unknown".to_owned(), beam);
    let mut line = format!("{:10} {:9} {beam}", status.unit_id, state(status.state()));
    if let Some(session) = &status.session {
        line.push_str(&format!("  {}", summary(session)));
    }
    for cause in &status.causes {
        line.push_str(&format!("  [{} {}]", cause.cause_id, plain(cause.kind().as_str_name())));
    }
    line
}

/// The state in the words of the clinic.
pub(crate) fn state(state: UnitState) -> &'static str {
    match state {
        UnitState::Unspecified => "?",
        UnitState::Offline => "OFFLINE",
        UnitState::Standby => "STANDBY",
        UnitState::Ready => "READY",
        UnitState::Warning => "WARNING",
        UnitState::Emitting => "EMITTING",
        UnitState::Paused => "PAUSED",
        UnitState::Stopping => "STOPPING",
        UnitState::Locked => "LOCKED",
    }
}

fn beam(beam: &Beam) -> String {
    let word = match beam.state() {
        BeamState::OffProven => "off proven",
        BeamState::On => "ON",
        BeamState::Unknown | BeamState::Unspecified => "UNKNOWN",
    };
    format!("beam {word}")
}

/// How far a session is.
fn summary(session: &SessionSummary) -> String {
    let amount = |dose: &Option<Dose>| dose.as_ref().map_or_else(|| "-".to_owned(), dose_words);
    format!(
        "session {}: {} of {} charged, {} delivered",
        session.session_id,
        amount(&session.charged),
        amount(&session.prescribed),
        amount(&session.delivered)
    )
}

/// A dose with its unit.
pub(crate) fn dose_words(dose: &Dose) -> String {
    match &dose.amount {
        Some(Amount::Laser(laser)) => {
            format!(
                "{}.{:03} J",
                laser.energy_millijoules / 1_000,
                laser.energy_millijoules % 1_000
            )
        }
        Some(Amount::Pemf(pemf)) => {
            let exposure = pemf.exposure_microtesla_seconds;
            format!("{}.{:03} mT·s", exposure / 1_000, exposure % 1_000)
        }
        None => "-".to_owned(),
    }
}

/// `CAUSE_KIND_STUCK_ON` as `stuck on`.
pub(super) fn plain(name: &str) -> String {
    name.trim_start_matches("CAUSE_KIND_").to_lowercase().replace('_', " ")
}
