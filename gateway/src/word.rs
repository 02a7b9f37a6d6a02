//! The words for what the core says in types: those of telemetry, metrics and logs. For causes,
//! warnings, states and outcomes the names of the API are the same words, and a test holds them to it.
//!
//! Written out by hand, so that a name in the code can change without a dashboard noticing, and so
//! that nothing new reaches a dashboard before somebody chose its word.

use clinic::Refused;
use safety::{
    Beam, Cause, End, Finding, Findings, Flaw, Gate, Outcome, Proof, Refusal, Release, Scope,
    State, Warning, Waveform,
};

use crate::directory::{Modality, UnitCard};

pub(crate) const fn state(state: State) -> &'static str {
    match state {
        State::Offline => "offline",
        State::Standby => "standby",
        State::Ready => "ready",
        State::Warning => "warning",
        State::Emitting => "emitting",
        State::Paused => "paused",
        State::Stopping => "stopping",
        State::Locked => "locked",
    }
}

/// Every state there is.
pub(crate) const STATES: &[State] = &[
    State::Offline,
    State::Standby,
    State::Ready,
    State::Warning,
    State::Emitting,
    State::Paused,
    State::Stopping,
    State::Locked,
];

pub(crate) const fn beam(beam: Beam) -> &'static str {
    match beam {
        Beam::OffProven(_) => "off_proven",
        Beam::On(_) => "on",
        Beam::Unknown(_) => "unknown",
    }
}

pub(crate) const fn modality(modality: Modality) -> &'static str {
    match modality {
        Modality::Laser => "laser",
        Modality::Pemf => "pemf",
        Modality::Stimulator => "stimulator",
    }
}

pub(crate) const fn mark(card: &UnitCard) -> &'static str {
    if card.real { "real" } else { "simulated" }
}

pub(crate) const fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::LinkSilence => "link_silence",
        Cause::Reboot => "reboot",
        Cause::Interlock => "interlock",
        Cause::KeyOff => "key_off",
        Cause::Applicator => "applicator",
        Cause::UnexpectedOff => "unexpected_off",
        Cause::ErrorRate => "error_rate",
        Cause::StopAll => "stop_all",
        Cause::UnitFault => "unit_fault",
        Cause::SettingDiffers => "setting_differs",
        Cause::StuckOn => "stuck_on",
        Cause::StopUnconfirmed => "stop_unconfirmed",
        Cause::Deviation => "deviation",
        Cause::FrozenReadBack => "frozen_read_back",
        Cause::Identity => "identity",
        Cause::EmergencyStop => "emergency_stop",
        Cause::RelayMismatch => "relay_mismatch",
        Cause::RepeatedStops => "repeated_stops",
        Cause::OverTemperature => "over_temperature",
        Cause::SensorMissing => "sensor_missing",
        Cause::Ledger => "ledger",
        Cause::Audit => "audit",
        Cause::Lateness => "lateness",
        Cause::LostRecord => "lost_record",
        Cause::Suspend => "suspend",
        Cause::ClockBack => "clock_back",
        Cause::OpenMark => "open_mark",
    }
}

pub(crate) const fn warning(warning: Warning) -> &'static str {
    match warning {
        Warning::Deviation => "deviation",
        Warning::CoilWarm => "coil_warm",
        Warning::BadFrames => "bad_frames",
        Warning::MoveHandpiece => "move_handpiece",
        Warning::CountsDiffer => "counts_differ",
    }
}

/// What was found in the dose of a session.
pub(crate) const fn finding(finding: Finding) -> &'static str {
    match finding {
        Finding::CountsDiffer => "counts_differ",
        Finding::Unseen => "unseen",
        Finding::Debt => "debt",
    }
}

pub(crate) const fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Unit => "unit",
        Scope::Room => "room",
        Scope::Gateway => "gateway",
    }
}

pub(crate) const fn release(release: Release) -> &'static str {
    match release {
        Release::Operator => "operator",
        Release::Presence => "presence",
        Release::Reconciliation => "reconciliation",
    }
}

pub(crate) const fn end(end: End) -> &'static str {
    match end {
        End::Dose => "dose",
        End::Time => "time",
        End::Stopped => "stopped",
        End::Expired => "expired",
        End::PauseOver => "pause_over",
        End::Alarm(_) => "alarm",
    }
}

pub(crate) const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Complete => "complete",
        Outcome::Partial => "partial",
        Outcome::Under => "under",
        Outcome::Aborted => "aborted",
    }
}

/// Everything that was found in the dose of a session.
pub(crate) fn findings(findings: Findings) -> String {
    findings.iter().map(finding).collect::<Vec<_>>().join(", ")
}

/// Why a call was refused, and no more than that: the decisions behind a prescription's refusal say
/// what somebody suffers from, and are for those who asked (AUD-07).
pub(crate) const fn refused(refused: &Refused) -> &'static str {
    match refused {
        Refused::Unit(refusal) => self::refusal(*refusal),
        Refused::Prescription(_) => "prescription",
        Refused::NotQuantised(_) => "not_quantised",
        Refused::WrongModality => "wrong_modality",
        Refused::PatientBusy => "patient_busy",
        Refused::PatientLocked => "patient_locked",
        Refused::ReviewOpen(_) => "review_open",
        Refused::UnknownReview => "unknown_review",
        Refused::UnknownUnit => "unknown_unit",
        Refused::ScriptHold => "script_hold",
        Refused::TooMany => "too_many",
        Refused::RequestReused => "request_reused",
        Refused::LowSpace => "low_space",
        Refused::RelayUnproven => "relay_unproven",
        Refused::NoDoor => "no_door",
        Refused::CannotProve => "cannot_prove",
        Refused::Unverified => "unverified",
        Refused::MeterUnchecked => "meter_unchecked",
        Refused::NotMetered => "not_metered",
        Refused::Impaired => "impaired",
        Refused::ShuttingDown => "shutting_down",
    }
}

/// What is known of a relay contact by its last proof.
pub(crate) const fn proof(proof: Proof) -> &'static str {
    match proof {
        Proof::Never => "never",
        Proof::Due => "due",
        Proof::Running => "running",
        Proof::Passed(_) => "passed",
        Proof::Failed(_) => "failed",
    }
}

/// Why the proof of a relay failed.
pub(crate) const fn flaw(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::StayedClosed => "stayed_closed",
        Flaw::Held => "held",
        Flaw::OtherOpened => "other_opened",
        Flaw::Unseen => "unseen",
        Flaw::StayedOpen => "stayed_open",
        Flaw::Interrupted => "interrupted",
        Flaw::Earlier => "earlier",
    }
}

const fn refusal(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::WrongState => "wrong_state",
        Refusal::StoppedSince => "stopped_since",
        Refusal::NotHolder => "not_holder",
        Refusal::Busy => "busy",
        Refusal::Locked => "locked",
        Refusal::Offline => "offline",
        Refusal::ConfirmationExpired => "confirmation_expired",
        Refusal::FootswitchNotPressed => "footswitch_not_pressed",
        Refusal::FootswitchHeld => "footswitch_held",
        Refusal::InterlockOpen => "interlock_open",
        Refusal::KeyOff => "key_off",
        Refusal::EmergencyStop => "emergency_stop",
        Refusal::Applicator => "applicator",
        Refusal::CoilHot => "coil_hot",
        Refusal::HoldStale => "hold_stale",
        Refusal::UnknownBeacon => "unknown_beacon",
        Refusal::ReadBackPending => "read_back_pending",
        Refusal::Changed => "changed",
        Refusal::ConditionStands => "condition_stands",
        Refusal::PresenceNeeded => "presence_needed",
        Refusal::NotLatched => "not_latched",
        Refusal::UnknownSlice => "unknown_slice",
    }
}

pub(crate) const fn gate(gate: Gate) -> &'static str {
    match gate {
        Gate::Continuous => "continuous",
        Gate::Pulsed { .. } => "pulsed",
    }
}

pub(crate) const fn waveform(waveform: Waveform) -> &'static str {
    match waveform {
        Waveform::Sine => "sine",
        Waveform::Rectangular => "rectangular",
        Waveform::Triangular => "triangular",
    }
}
