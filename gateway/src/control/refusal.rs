//! Why an ask changed nothing, in the words of the API: one total table from the core's reasons.
//!
//! It knows no caller and no message. Every refusal of the core has a reason, what happened and what
//! to do now; every reason has the gRPC code that its comment in `refusal.proto` names.

use clinic::{AnyChecked, Refused};
use proto::v1::RefusalReason as Reason;
use safety::{Checkable, Checked, Refusal, Verdict};
use tonic::Code;

use crate::inbox::Unheard;

/// A reason, why it is so, and what a person does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wording {
    pub(crate) reason: Reason,
    pub(crate) why: &'static str,
    pub(crate) help: &'static str,
}

/// What a refusal of the clinic is called.
pub(crate) fn of_clinic(refused: &Refused) -> Wording {
    match refused {
        Refused::Unit(refusal) => of_unit(*refusal),
        Refused::Prescription(checked) if only_soft(checked) => say(
            Reason::OverrideNeeded,
            "Soft limits are exceeded.",
            "A clinician or the laser safety officer overrides them with a reason, or the \
             prescription is changed.",
        ),
        Refused::Prescription(_) => say(
            Reason::PrescriptionRefused,
            "The prescription does not pass its limits.",
            "Change what the decisions object to and check again.",
        ),
        Refused::NotQuantised(_) => say(
            Reason::HashDiffers,
            "The unit cannot do these values exactly.",
            "Check the prescription and confirm the quantised one.",
        ),
        Refused::WrongModality => say(
            Reason::PrescriptionRefused,
            "The prescription is of another modality than the unit.",
            "Choose a unit of the prescribed modality.",
        ),
        Refused::PatientBusy => say(
            Reason::PatientBusy,
            "The patient has a session on another unit.",
            "End that session first.",
        ),
        Refused::PatientLocked => say(
            Reason::Locked,
            "An earlier session of this patient is not settled.",
            "Have service reconcile the record before this patient is treated.",
        ),
        Refused::ReviewOpen(_) => review_open(),
        Refused::UnknownReview => review_unknown(),
        Refused::UnknownUnit => say(
            Reason::UnitUnknown,
            "No unit has this id.",
            "List the units and use one of their ids.",
        ),
        Refused::ScriptHold => say(
            Reason::ScriptHoldOnRealUnit,
            "A script may not hold a real unit.",
            "Hold with a switch or a key.",
        ),
        Refused::TooMany => say(Reason::TooMany, "Too much is under way.", "Try again shortly."),
        Refused::RequestReused => say(
            Reason::RequestIdReused,
            "The request id was used for another ask.",
            "Choose a new UUID for each ask.",
        ),
        Refused::LowSpace => say(
            Reason::LedgerUnavailable,
            "The space that is kept for the ledger has run low.",
            "Have service free space on the disk of the gateway; a session that runs goes on.",
        ),
        Refused::RelayUnproven => relay_unproven(),
        Refused::NoDoor => no_door(),
        Refused::CannotProve => cannot_prove(),
        Refused::Unverified => unverified(),
        Refused::MeterUnchecked => meter_unchecked(),
        Refused::NotMetered => not_metered(),
        Refused::Impaired => say(
            Reason::GatewayImpaired,
            "A part of the gateway has ended that should not have.",
            "Have service look at the log and restart the gateway; a session that runs goes on.",
        ),
        Refused::ShuttingDown => shutting_down(),
    }
}

/// What a refusal of one unit is called.
pub(crate) const fn of_unit(refusal: Refusal) -> Wording {
    match refusal {
        Refusal::WrongState => WRONG_STATE,
        Refusal::StoppedSince => STOPPED_SINCE,
        Refusal::NotHolder => NOT_HOLDER,
        Refusal::Busy => BUSY,
        Refusal::Locked => LOCKED,
        Refusal::Offline => OFFLINE,
        Refusal::ConfirmationExpired => CONFIRMATION_EXPIRED,
        Refusal::FootswitchNotPressed => FOOTSWITCH_NOT_PRESSED,
        Refusal::FootswitchHeld => FOOTSWITCH_HELD,
        Refusal::InterlockOpen => INTERLOCK_OPEN,
        Refusal::KeyOff => KEY_OFF,
        Refusal::EmergencyStop => EMERGENCY_STOP,
        Refusal::Applicator => APPLICATOR,
        Refusal::CoilHot => COIL_HOT,
        Refusal::HoldStale => HOLD_STALE,
        Refusal::UnknownBeacon => UNKNOWN_BEACON,
        Refusal::ReadBackPending => READ_BACK_PENDING,
        Refusal::Changed => CHANGED,
        Refusal::ConditionStands => CONDITION_STANDS,
        Refusal::PresenceNeeded => PRESENCE_NEEDED,
        Refusal::NotLatched => NOT_LATCHED,
        Refusal::UnknownSlice => UNKNOWN_SLICE,
    }
}

/// An earlier session of the patient waits for a review (DOS-12).
const fn review_open() -> Wording {
    say(
        Reason::ReviewOpen,
        "Something was found in the dose of an earlier session of this patient.",
        "Have a clinician look at that session and review it, then confirm anew.",
    )
}

/// No session of this name waits for a review.
const fn review_unknown() -> Wording {
    say(
        Reason::ReviewUnknown,
        "No session with this id waits to be reviewed.",
        "Use the session id of the refusal; it may have been reviewed already.",
    )
}

/// The relay of the unit was not proven (OPS-01).
const fn relay_unproven() -> Wording {
    say(
        Reason::RelayUnproven,
        "The relay in the unit's interlock failed its proof, or has none of the last 24 hours.",
        "Prove it at the unit (therapy-gateway prove UNIT); one that fails is for service.",
    )
}

/// The unit has no door switch (LCK-05).
const fn no_door() -> Wording {
    say(
        Reason::NoDoor,
        "A laser without a door switch does not start.",
        "Have service wire the door to the unit or to a relay board, and say so in the \
             configuration.",
    )
}

/// The relay of the unit cannot be proven now.
const fn cannot_prove() -> Wording {
    say(
        Reason::CannotProve,
        "The relay of this unit cannot be proven now.",
        "It must have one, the unit be in STANDBY without a session, and no other proof go on.",
    )
}

/// Nobody answers for what no document proves.
const fn unverified() -> Wording {
    say(
        Reason::Unverified,
        "The gateway builds on facts of this unit that nobody has seen at the hardware.",
        "Have service look at the unit, sign for each in [[sign_off]] of the file, and restart.",
    )
}

/// No meter says that its output is right.
const fn meter_unchecked() -> Wording {
    say(
        Reason::MeterCheckDue,
        "The last meter check of the unit failed, or none of the last 24 hours passed.",
        "Measure its output and attest it (therapy-gateway attest UNIT); one that fails is for \
             service.",
    )
}

/// The check is of another unit, or of no level of this one.
const fn not_metered() -> Wording {
    say(
        Reason::NotMetered,
        "The meter check is of something that this unit cannot be told.",
        "Measure at a level between the least and the most of the unit, in its own quantity.",
    )
}

/// The code of the status, as the comment of the reason names it.
pub(crate) const fn code(reason: Reason) -> Code {
    match reason {
        Reason::Malformed
        | Reason::RequestIdReused
        | Reason::ReasonLength
        | Reason::BeaconUnknown
        | Reason::NotMetered => Code::InvalidArgument,
        Reason::UnitUnknown
        | Reason::RoomUnknown
        | Reason::SessionUnknown
        | Reason::CauseUnknown
        | Reason::ReviewUnknown => Code::NotFound,
        Reason::RoleNeeded | Reason::NotHolder | Reason::ScriptHoldOnRealUnit => {
            Code::PermissionDenied
        }
        Reason::PresenceNeeded
        | Reason::NoTlsRealUnit
        | Reason::WrongState
        | Reason::UnitBusy
        | Reason::PatientBusy
        | Reason::Locked
        | Reason::RelayUnproven
        | Reason::NoDoor
        | Reason::CannotProve
        | Reason::Unverified
        | Reason::MeterCheckDue
        | Reason::ReviewOpen
        | Reason::InterlockOpen
        | Reason::KeyOff
        | Reason::FootswitchNotPressed
        | Reason::FootswitchHeld
        | Reason::ConditionStands
        | Reason::CoilWarm
        | Reason::ReadBackPending
        | Reason::NotConfirmed
        | Reason::ConfirmationExpired
        | Reason::HashDiffers
        | Reason::PrescriptionRefused
        | Reason::OverrideNeeded
        | Reason::PatientUnchecked
        | Reason::HoldStale
        | Reason::PauseOver => Code::FailedPrecondition,
        Reason::StoppedSince | Reason::OutcomeUnknown => Code::Aborted,
        Reason::Offline
        | Reason::LedgerUnavailable
        | Reason::ShuttingDown
        | Reason::GatewayImpaired => Code::Unavailable,
        Reason::TooMany => Code::ResourceExhausted,
        Reason::Deadline => Code::DeadlineExceeded,
        Reason::Unspecified => Code::Internal,
    }
}

/// What it is called that the core did not hear a call.
pub(crate) fn of_unheard(unheard: Unheard) -> Wording {
    match unheard {
        Unheard::Full => {
            say(Reason::TooMany, "Too many calls are waiting; nothing was done.", "Try again.")
        }
        Unheard::Gone => shutting_down(),
    }
}

fn shutting_down() -> Wording {
    say(
        Reason::ShuttingDown,
        "The gateway is shutting down.",
        "Wait until it is back; nothing resumes by itself.",
    )
}

fn only_soft(checked: &AnyChecked) -> bool {
    match checked {
        AnyChecked::Laser(checked) => soft(checked),
        AnyChecked::Pemf(checked) => soft(checked),
        AnyChecked::Stimulator(checked) => soft(checked),
    }
}

fn soft<M: Checkable>(checked: &Checked<M>) -> bool {
    let mut objections = checked.objections().peekable();
    objections.peek().is_some()
        && objections.all(|decision| decision.verdict == Verdict::SoftExceeded)
}

const fn say(reason: Reason, why: &'static str, help: &'static str) -> Wording {
    Wording { reason, why, help }
}

const WRONG_STATE: Wording = say(
    Reason::WrongState,
    "The state of the unit does not allow it.",
    "Look at the unit's state and take the step that it allows.",
);
const STOPPED_SINCE: Wording = say(
    Reason::StoppedSince,
    "The unit was stopped after the sender last looked.",
    "Look at the unit's newest status and decide anew.",
);
const NOT_HOLDER: Wording = say(
    Reason::NotHolder,
    "The sender does not hold the session.",
    "Use the token of the acceptance that opened the session.",
);
const BUSY: Wording = say(
    Reason::UnitBusy,
    "Another session is open on the unit.",
    "Wait for its end, or stop the unit.",
);
const LOCKED: Wording =
    say(Reason::Locked, "A latched cause blocks the unit.", "Have each cause released by who may.");
const OFFLINE: Wording = say(
    Reason::Offline,
    "The unit does not answer, or has not proven what it is and that it is off.",
    "Check its power and its cable, and wait until it is in STANDBY.",
);
const CONFIRMATION_EXPIRED: Wording = say(
    Reason::ConfirmationExpired,
    "The confirmation is older than 3 min.",
    "Confirm the prescription anew.",
);
const FOOTSWITCH_NOT_PRESSED: Wording = say(
    Reason::FootswitchNotPressed,
    "The footswitch was not pressed since the unit was armed.",
    "Press and hold it, then start.",
);
const FOOTSWITCH_HELD: Wording = say(
    Reason::FootswitchHeld,
    "The footswitch was not seen released since the unit was armed.",
    "Release it, press it again, then start.",
);
const INTERLOCK_OPEN: Wording =
    say(Reason::InterlockOpen, "The door or remote interlock is open.", "Close the door.");
const KEY_OFF: Wording = say(Reason::KeyOff, "The key is off.", "Turn the key on.");
const EMERGENCY_STOP: Wording =
    say(Reason::InterlockOpen, "The emergency stop is pressed.", "Find out why, then pull it out.");
const APPLICATOR: Wording = say(
    Reason::InterlockOpen,
    "The applicator is absent or another one.",
    "Attach the applicator that the prescription names.",
);
const COIL_HOT: Wording = say(
    Reason::CoilWarm,
    "The coil is too warm, or its temperature is not known.",
    "Let it cool below 39 °C.",
);
const HOLD_STALE: Wording = say(
    Reason::HoldStale,
    "No beacon was echoed within the hold lease.",
    "Hold the switch or key while the beacons are shown.",
);
const UNKNOWN_BEACON: Wording = say(
    Reason::BeaconUnknown,
    "The hold names a beacon that was never sent.",
    "Echo the sequence of the newest beacon that was shown.",
);
const READ_BACK_PENDING: Wording = say(
    Reason::ReadBackPending,
    "The unit has not yet shown that it holds the confirmed values.",
    "Wait a moment and start again.",
);
const CHANGED: Wording = say(
    Reason::HashDiffers,
    "What is to be resumed is not what was confirmed.",
    "End the session and confirm anew.",
);
const CONDITION_STANDS: Wording = say(
    Reason::ConditionStands,
    "What latched the cause still stands, or its session is not settled.",
    "Remove the condition first.",
);
const PRESENCE_NEEDED: Wording = say(
    Reason::PresenceNeeded,
    "Presence at the unit is not proven.",
    "Turn the key off and on at the unit, then release.",
);
const NOT_LATCHED: Wording = say(
    Reason::CauseUnknown,
    "No such cause is latched.",
    "List the causes; it may have been released already.",
);
const UNKNOWN_SLICE: Wording = say(
    Reason::LedgerUnavailable,
    "The dose could not be reserved.",
    "Wait for the ledger and try again.",
);

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use clinic::SessionId;

    use super::*;

    /// The code that the comment of each reason ends with, as the API publishes it.
    fn published() -> BTreeMap<String, String> {
        let text = include_str!("../../../proto/therapy/gateway/v1/refusal.proto");
        let (mut codes, mut word) = (BTreeMap::new(), String::new());
        for line in text.lines().map(str::trim) {
            if let Some(comment) = line.strip_prefix("// ") {
                let last = comment.split_whitespace().next_back().unwrap();
                word = last.trim_end_matches('.').to_owned();
            } else if let Some((name, _)) = line.split_once(" = ")
                && let Some(reason) = name.strip_prefix("REFUSAL_REASON_")
            {
                codes.insert(reason.to_owned(), word.clone());
            }
        }
        codes
    }

    fn name(code: Code) -> String {
        let words = format!("{code:?}");
        let mut name = String::new();
        for (place, letter) in words.char_indices() {
            if place > 0 && letter.is_uppercase() {
                name.push('_');
            }
            name.extend(letter.to_uppercase());
        }
        name
    }

    const UNIT: [Refusal; 22] = [
        Refusal::WrongState,
        Refusal::StoppedSince,
        Refusal::NotHolder,
        Refusal::Busy,
        Refusal::Locked,
        Refusal::Offline,
        Refusal::ConfirmationExpired,
        Refusal::FootswitchNotPressed,
        Refusal::FootswitchHeld,
        Refusal::InterlockOpen,
        Refusal::KeyOff,
        Refusal::EmergencyStop,
        Refusal::Applicator,
        Refusal::CoilHot,
        Refusal::HoldStale,
        Refusal::UnknownBeacon,
        Refusal::ReadBackPending,
        Refusal::Changed,
        Refusal::ConditionStands,
        Refusal::PresenceNeeded,
        Refusal::NotLatched,
        Refusal::UnknownSlice,
    ];

    #[test]
    fn every_refusal_has_a_reason_whose_comment_names_its_code() {
        let published = published();
        let others = [
            Refused::WrongModality,
            Refused::PatientBusy,
            Refused::PatientLocked,
            Refused::ReviewOpen(SessionId { run: 7, token: 1 }),
            Refused::UnknownReview,
            Refused::UnknownUnit,
            Refused::ScriptHold,
            Refused::TooMany,
            Refused::RequestReused,
            Refused::LowSpace,
            Refused::RelayUnproven,
            Refused::NoDoor,
            Refused::CannotProve,
            Refused::Unverified,
            Refused::MeterUnchecked,
            Refused::NotMetered,
            Refused::Impaired,
            Refused::ShuttingDown,
        ];
        let all = UNIT.into_iter().map(Refused::Unit).chain(others);
        for refused in all {
            let Wording { reason, why, help } = of_clinic(&refused);
            let code = name(code(reason));
            let comment = &published[reason.error_reason()];
            assert_eq!(&code, comment, "{refused:?} as {reason:?}");
            assert!(why.ends_with('.') && help.ends_with('.'), "{refused:?} is told no sentence");
        }
    }

    #[test]
    fn every_reason_has_the_code_that_its_comment_names() {
        for (reason, comment) in published() {
            let reason = Reason::from_str_name(&format!("REFUSAL_REASON_{reason}")).unwrap();
            if reason != Reason::Unspecified {
                assert_eq!(name(code(reason)), comment, "{reason:?}");
            }
        }
    }
}
