//! The API's words as a person reads and types them.

use clap::ValueEnum;
use proto::v1::{
    Beam, BeamState, Dose, Finding, Hazard, LaserHazard, LineDirection, MonitorUnitResponse,
    Person, RelayContact, RelayFlaw, Role, SessionOutcome, SessionSummary, Unit, UnitState,
    UnitStatus, dose::Amount, hazard,
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

/// Where a gateway is, as `HOST:PORT`.
pub(super) fn address(text: &str) -> Result<String, String> {
    if text.starts_with("https://") {
        return Err("this version speaks no TLS; write HOST:PORT".to_owned());
    }
    let plain = text.strip_prefix("http://").unwrap_or(text).trim_end_matches('/');
    let example = "write HOST:PORT, for example 127.0.0.1:50051 or [::1]:50051";
    match plain.rsplit_once(':') {
        Some((host, port)) if host.contains(':') && !host.starts_with('[') => {
            Err(format!("an IPv6 address stands in brackets: [{host}]:{port}"))
        }
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => {
            Ok(plain.to_owned())
        }
        Some(_) | None => Err(example.to_owned()),
    }
}

/// Why the proof of a relay failed, and where to look.
pub(super) fn flaw(contact: &RelayContact) -> String {
    match contact.flaw() {
        RelayFlaw::Unspecified => "nobody knows why".to_owned(),
        RelayFlaw::StayedClosed => {
            "the interlock stayed closed: the contact is welded, bridged or wired elsewhere"
                .to_owned()
        }
        RelayFlaw::Held => {
            "the contact opened when it was told off, and not by itself when its time was over: \
             nothing would end what a gateway that is gone left on"
                .to_owned()
        }
        RelayFlaw::OtherOpened => format!(
            "the interlock of {} opened: the wires of the two contacts are exchanged or joined",
            contact.opened_unit_id
        ),
        RelayFlaw::Unseen => "the unit said nothing of its interlock".to_owned(),
        RelayFlaw::StayedOpen => "the interlock did not close again".to_owned(),
        RelayFlaw::Interrupted => "the unit or the board did something else meanwhile".to_owned(),
        RelayFlaw::Earlier => "it failed before the gateway started".to_owned(),
    }
}

/// One stretch of traffic: when, which way, its bytes and what they mean.
pub(super) fn stretch(stretch: &MonitorUnitResponse) -> String {
    let arrow = match stretch.direction() {
        LineDirection::ToUnit => '>',
        LineDirection::FromUnit => '<',
        LineDirection::Unspecified => '?',
    };
    let micros = stretch.boottime_nanoseconds / 1_000;
    let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
    format!("{seconds:>7}.{rest:06} {arrow} {}  {}", stretch.bytes_hexadecimal, stretch.meaning)
}

/// One line on how a unit stands and what people beside it have to know (PEM-10, CFG-04).
pub(super) fn unit(unit: &Unit) -> String {
    let mut line = unit.status.as_ref().map_or_else(|| unit.unit_id.clone(), status);
    if let Some(Hazard { hazard: Some(hazard) }) = &unit.hazard {
        line.push_str(&format!("  {}", beside(hazard)));
    }
    line
}

fn beside(hazard: &hazard::Hazard) -> String {
    match hazard {
        hazard::Hazard::Laser(laser) => beside_laser(laser),
        hazard::Hazard::Pemf(pemf) => {
            format!("implants {} away", metres(pemf.keep_out_distance_millimetres))
        }
        hazard::Hazard::Stimulator(stimulator) => {
            format!("implants {} away", metres(stimulator.keep_out_distance_millimetres))
        }
    }
}

fn beside_laser(laser: &LaserHazard) -> String {
    let eyewear = laser.eyewear.iter().map(|one| {
        let (whole, rest) = (
            one.least_optical_density_hundredths / 100,
            one.least_optical_density_hundredths % 100,
        );
        format!("OD {whole}.{rest:02} at {} nm", one.wavelength_nanometres)
    });
    let spots = laser.spot_areas_square_millimetres.iter().map(u32::to_string);
    format!(
        "eyewear within {} (reflected {}): {}; spots {} mm²",
        metres(laser.nominal_ocular_hazard_distance_millimetres),
        metres(laser.nominal_hazard_zone_millimetres),
        eyewear.collect::<Vec<_>>().join(", "),
        spots.collect::<Vec<_>>().join(", "),
    )
}

/// Millimetres as metres.
fn metres(millimetres: u32) -> String {
    format!("{}.{:03} m", millimetres / 1_000, millimetres % 1_000)
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
    for warning in status.warnings() {
        line.push_str(&format!("  (warning: {})", plain(warning.as_str_name())));
    }
    line
}

/// One line on a unit of which nothing is known, because its gateway is silent.
pub(super) fn silent(unit: &str) -> String {
    format!("{unit:10} {:9} beam UNKNOWN  (the gateway is silent)", "UNKNOWN")
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

/// How far a session is, or how the last one ended.
fn summary(session: &SessionSummary) -> String {
    let amount = |dose: &Option<Dose>| dose.as_ref().map_or_else(|| "-".to_owned(), dose_words);
    let which = match session.outcome() {
        SessionOutcome::Unspecified => format!("session {}", session.session_id),
        outcome @ (SessionOutcome::Complete
        | SessionOutcome::Partial
        | SessionOutcome::Under
        | SessionOutcome::Aborted) => {
            let outcome = outcome.as_str_name().trim_start_matches("SESSION_OUTCOME_");
            format!("last session {} {outcome}", session.session_id)
        }
    };
    let found: String =
        session.findings().map(|found| format!(", found: {}", finding(found))).collect();
    format!(
        "{which}: {} of {} charged, {} delivered{found}",
        amount(&session.charged),
        amount(&session.prescribed),
        amount(&session.delivered)
    )
}

/// What was found in the dose of a session.
pub(super) fn finding(found: Finding) -> String {
    let name = found.as_str_name().trim_start_matches("FINDING_");
    name.to_lowercase().replace('_', " ")
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
        Some(Amount::Stimulator(stimulator)) => {
            let (pulses, energy) = (stimulator.pulses, stimulator.energy_millijoules);
            format!("{pulses} pulses ({}.{:03} J)", energy / 1_000, energy % 1_000)
        }
        None => "-".to_owned(),
    }
}

/// `CAUSE_KIND_STUCK_ON` as `stuck on`, and `WARNING_COIL_WARM` as `coil warm`.
pub(super) fn plain(name: &str) -> String {
    let name = name.trim_start_matches("CAUSE_KIND_").trim_start_matches("WARNING_");
    name.to_lowercase().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use proto::v1::{
        EyewearDensity, Finding, PemfHazard, StimulatorDose, StimulatorHazard, Warning,
    };

    use super::*;

    fn unit_with(hazard: hazard::Hazard) -> Unit {
        let status = UnitStatus { unit_id: "one".to_owned(), ..UnitStatus::default() };
        let hazard = Some(Hazard { hazard: Some(hazard) });
        Unit { status: Some(status), hazard, ..Unit::default() }
    }

    /// A dose of stimulation is pulses first, and the energy beside them.
    #[test]
    fn a_dose_of_stimulation_is_pulses_and_joules() {
        let dose = StimulatorDose { pulses: 450, energy_millijoules: 34_303_005 };
        let dose = Dose { amount: Some(Amount::Stimulator(dose)) };
        assert_eq!(dose_words(&dose), "450 pulses (34303.005 J)");
    }

    /// PEM-10, CFG-04: one line says it all.
    #[test]
    fn a_unit_is_listed_with_what_people_beside_it_have_to_know() {
        let coil = PemfHazard { keep_out_distance_millimetres: 1_500 };
        let line = unit(&unit_with(hazard::Hazard::Pemf(coil)));
        assert!(line.ends_with("  implants 1.500 m away"), "{line}");
        let coil = StimulatorHazard { keep_out_distance_millimetres: 900 };
        let line = unit(&unit_with(hazard::Hazard::Stimulator(coil)));
        assert!(line.ends_with("  implants 0.900 m away"), "{line}");
        let laser = LaserHazard {
            nominal_ocular_hazard_distance_millimetres: 24_050,
            nominal_hazard_zone_millimetres: 9_000,
            eyewear: vec![EyewearDensity {
                wavelength_nanometres: 810,
                least_optical_density_hundredths: 505,
            }],
            spot_areas_square_millimetres: vec![500, 900],
        };
        let line = unit(&unit_with(hazard::Hazard::Laser(laser)));
        let wanted = "eyewear within 24.050 m (reflected 9.000 m): OD 5.05 at 810 nm; spots 500, \
                      900 mm²";
        assert!(line.ends_with(wanted), "{line}");
        assert!(!line.contains('\n'));
    }

    #[test]
    fn an_address_is_taken_or_what_is_wrong_with_it_is_said() {
        for (typed, meant) in [
            ("127.0.0.1:50051", "127.0.0.1:50051"),
            ("localhost:1", "localhost:1"),
            ("[::1]:50051", "[::1]:50051"),
            ("http://127.0.0.1:50051/", "127.0.0.1:50051"),
        ] {
            assert_eq!(address(typed).as_deref(), Ok(meant), "{typed}");
        }
        for (typed, wrong) in [
            ("::1:50061", "[::1]:50061"),
            ("https://gateway:50051", "no TLS"),
            ("127.0.0.1", "HOST:PORT"),
            (":50051", "HOST:PORT"),
            ("gateway:grpc", "HOST:PORT"),
        ] {
            let said = address(typed).unwrap_err();
            assert!(said.contains(wrong), "{typed}: {said}");
        }
    }

    #[test]
    fn a_session_that_is_over_is_not_listed_as_one_that_runs() {
        let line = |outcome: SessionOutcome| {
            let session_id = "1-1".to_owned();
            let session =
                SessionSummary { session_id, outcome: outcome.into(), ..Default::default() };
            status(&UnitStatus { session: Some(session), ..UnitStatus::default() })
        };
        let runs = line(SessionOutcome::Unspecified);
        assert!(runs.contains("  session 1-1: "), "{runs}");
        let over = line(SessionOutcome::Complete);
        assert!(over.contains("  last session 1-1 COMPLETE: "), "{over}");
    }

    #[test]
    fn a_session_that_is_over_says_what_was_found_in_it() {
        let findings = vec![Finding::CountsDiffer.into(), Finding::Debt.into()];
        let session = SessionSummary { findings, ..SessionSummary::default() };
        let line = status(&UnitStatus { session: Some(session), ..UnitStatus::default() });
        assert!(line.contains("delivered, found: counts differ, found: debt"), "{line}");
    }

    #[test]
    fn a_status_names_what_people_are_warned_of() {
        let warnings = vec![Warning::CoilWarm.into(), Warning::BadFrames.into()];
        let line = status(&UnitStatus { warnings, ..UnitStatus::default() });
        assert!(line.ends_with("(warning: coil warm)  (warning: bad frames)"), "{line}");
    }
}
