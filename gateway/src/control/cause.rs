//! Causes as the API shows them: what each is called, what it blocks and who may release it.

use clinic::{AnyStatus, RoomId, Shown, UnitId};
use proto::v1::{self, CauseKind, Role};
use safety::{Cause, Contacts, Latched, Release, Scope};

use super::{Control, clocks::Clocks};
use crate::{directory::Directory, word};

/// The causes that are latched on a unit, oldest first.
pub(crate) fn of_unit(
    control: &Control,
    unit: UnitId,
    shown: &Shown,
    clocks: Clocks,
) -> Vec<v1::Cause> {
    let facts = facts(shown);
    let latched = facts.causes.iter().copied();
    latched.map(|latched| one(control, unit, latched, &facts, clocks)).collect()
}

/// The causes of a unit, and those of its readings that show whether one still stands.
struct Facts {
    causes: Vec<Latched>,
    contacts: Option<Contacts>,
    faults: u32,
    temperature: Option<Option<safety::Temperature>>,
}

/// Which latched cause of a unit has this id.
pub(crate) fn find(
    directory: &Directory,
    unit: UnitId,
    shown: &Shown,
    cause_id: &str,
) -> Option<Cause> {
    let mut latched = facts(shown).causes.into_iter();
    latched.find(|latched| id(directory, unit, *latched) == cause_id).map(|latched| latched.cause)
}

/// What ended a session or latched.
pub(crate) const fn kind(cause: Cause) -> CauseKind {
    match cause {
        Cause::LinkSilence => CauseKind::LinkSilence,
        Cause::Reboot => CauseKind::Reboot,
        Cause::Interlock => CauseKind::Interlock,
        Cause::KeyOff => CauseKind::KeyOff,
        Cause::Applicator => CauseKind::Applicator,
        Cause::UnexpectedOff => CauseKind::UnexpectedOff,
        Cause::ErrorRate => CauseKind::ErrorRate,
        Cause::StopAll => CauseKind::StopAll,
        Cause::UnitFault => CauseKind::UnitFault,
        Cause::SettingDiffers => CauseKind::SettingDiffers,
        Cause::StuckOn => CauseKind::StuckOn,
        Cause::StopUnconfirmed => CauseKind::StopUnconfirmed,
        Cause::Deviation => CauseKind::Deviation,
        Cause::FrozenReadBack => CauseKind::FrozenReadBack,
        Cause::Identity => CauseKind::Identity,
        Cause::EmergencyStop => CauseKind::EmergencyStop,
        Cause::RelayMismatch => CauseKind::RelayMismatch,
        Cause::RepeatedStops => CauseKind::RepeatedStops,
        Cause::OverTemperature => CauseKind::OverTemperature,
        Cause::SensorMissing => CauseKind::SensorMissing,
        Cause::Ledger => CauseKind::Ledger,
        Cause::Audit => CauseKind::Audit,
        Cause::Lateness => CauseKind::Lateness,
        Cause::LostRecord => CauseKind::LostRecord,
        Cause::Suspend => CauseKind::Suspend,
        Cause::ClockBack => CauseKind::ClockBack,
        Cause::OpenMark => CauseKind::OpenMark,
    }
}

/// The roles of which any may release a cause.
pub(crate) const fn released_by(cause: Cause) -> &'static [Role] {
    match cause.release() {
        Release::Operator => &[Role::Operator, Role::Clinician, Role::LaserSafetyOfficer],
        Release::Presence => &[Role::Clinician, Role::LaserSafetyOfficer],
        Release::Reconciliation => &[Role::Service, Role::Admin],
    }
}

/// Where a release of a cause takes effect. An open door is released on each unit by itself.
const fn reach(cause: Cause) -> Scope {
    match cause {
        Cause::Interlock => Scope::Unit,
        Cause::LinkSilence
        | Cause::Reboot
        | Cause::KeyOff
        | Cause::Applicator
        | Cause::UnexpectedOff
        | Cause::ErrorRate
        | Cause::StopAll
        | Cause::UnitFault
        | Cause::SettingDiffers
        | Cause::StuckOn
        | Cause::StopUnconfirmed
        | Cause::Deviation
        | Cause::FrozenReadBack
        | Cause::Identity
        | Cause::EmergencyStop
        | Cause::RelayMismatch
        | Cause::RepeatedStops
        | Cause::OverTemperature
        | Cause::SensorMissing
        | Cause::Ledger
        | Cause::Audit
        | Cause::Lateness
        | Cause::LostRecord
        | Cause::Suspend
        | Cause::ClockBack
        | Cause::OpenMark => cause.scope(),
    }
}

/// Names one latching of a cause: the run, what it blocks, the kind and the instant. What blocks a
/// room has the same id on all of its units, because one release clears it on all of them.
fn id(directory: &Directory, unit: UnitId, latched: Latched) -> String {
    let blocked = match reach(latched.cause) {
        Scope::Unit => directory.name(unit).to_owned(),
        Scope::Room => format!("room.{}", directory.room_name(room(directory, unit))),
        Scope::Gateway => "gateway".to_owned(),
    };
    let (run, kind) = (directory.run, word::cause(latched.cause).replace('_', "-"));
    format!("{run}.{blocked}.{kind}.{}", latched.at.since_boot())
}

fn one(
    control: &Control,
    unit: UnitId,
    latched: Latched,
    facts: &Facts,
    clocks: Clocks,
) -> v1::Cause {
    let Latched { cause, at } = latched;
    let directory = control.directory();
    let room = directory.room_name(room(directory, unit)).to_owned();
    let (scope, unit_id, room_id) = match reach(cause) {
        Scope::Unit => (v1::CauseScope::Unit, directory.name(unit).to_owned(), String::new()),
        Scope::Room => (v1::CauseScope::Room, String::new(), room),
        Scope::Gateway => (v1::CauseScope::Gateway, String::new(), String::new()),
    };
    // What blocks more than a unit may have interrupted several sessions, and is one cause.
    let session = match reach(cause) {
        Scope::Unit => control.interrupted().by(unit, latched),
        Scope::Room | Scope::Gateway => None,
    };
    v1::Cause {
        cause_id: id(directory, unit, latched),
        kind: kind(cause).into(),
        scope: scope.into(),
        unit_id,
        room_id,
        session_id: session.map_or_else(String::new, |session| session.to_string()),
        latched_boottime_nanoseconds: at.since_boot(),
        latched_time: Some(clocks.wall_of(at)),
        gateway_boot_id: directory.run.to_string(),
        evidence: evidence(cause).to_owned(),
        condition_stands: stands(cause, facts),
        released_by_roles: released_by(cause).iter().map(|role| i32::from(*role)).collect(),
        presence_needed: cause.release() == Release::Presence,
        relay_open: cause.opens_relay(),
        release: None,
    }
}

fn room(directory: &Directory, unit: UnitId) -> RoomId {
    directory.card(unit).map_or(RoomId(u16::MAX), |card| card.room)
}

fn facts(shown: &Shown) -> Facts {
    macro_rules! facts {
        ($status:expr) => {
            Facts {
                causes: $status.causes.iter().collect(),
                contacts: $status.contacts.map(|(_, contacts)| contacts),
                faults: $status.faults,
                temperature: $status.temperature.map(|(_, temperature)| temperature),
            }
        };
    }
    match &shown.status {
        AnyStatus::Laser(status) => facts!(status),
        AnyStatus::Pemf(status) => facts!(status),
        AnyStatus::Stimulator(status) => facts!(status),
    }
}

/// Whether the newest readings still show what latched the cause. The core judges a release; this
/// is for people who look before they try.
fn stands(cause: Cause, facts: &Facts) -> bool {
    let open = |closed: fn(Contacts) -> bool| !facts.contacts.is_some_and(closed);
    match cause {
        Cause::Interlock => open(|contacts| contacts.interlock),
        Cause::KeyOff => open(|contacts| contacts.key),
        Cause::Applicator => open(|contacts| contacts.applicator),
        Cause::EmergencyStop => open(|contacts| contacts.emergency_stop_released),
        Cause::UnitFault => facts.faults != 0,
        Cause::SensorMissing => facts.temperature.flatten().is_none(),
        Cause::LinkSilence
        | Cause::Reboot
        | Cause::UnexpectedOff
        | Cause::ErrorRate
        | Cause::StopAll
        | Cause::SettingDiffers
        | Cause::StuckOn
        | Cause::StopUnconfirmed
        | Cause::Deviation
        | Cause::FrozenReadBack
        | Cause::Identity
        | Cause::RelayMismatch
        | Cause::RepeatedStops
        | Cause::OverTemperature
        | Cause::Ledger
        | Cause::Audit
        | Cause::Lateness
        | Cause::LostRecord
        | Cause::Suspend
        | Cause::ClockBack
        | Cause::OpenMark => false,
    }
}

/// What was seen, and what to do now.
pub(crate) const fn evidence(cause: Cause) -> &'static str {
    match cause {
        Cause::LinkSilence => "No valid answer came in time; check power and cable, then release.",
        Cause::Reboot => "The unit started anew; find out why, then release.",
        Cause::Interlock => "The door or remote interlock opened; close it, then release.",
        Cause::KeyOff => "The key was turned off in a session; turn it on, then release.",
        Cause::Applicator => "The applicator was removed or exchanged; attach the right one.",
        Cause::UnexpectedOff => "The unit was off while it was ordered on; look at its display.",
        Cause::ErrorRate => "Too many frames were damaged or missing; check the cable.",
        Cause::StopAll => "Somebody stopped everything; find out why, then release.",
        Cause::UnitFault => "The unit reports a fault of its own; look at its display.",
        Cause::SettingDiffers => "The set points read back are not the confirmed ones.",
        Cause::StuckOn => "The unit emitted without an order; keep it off and call service.",
        Cause::StopUnconfirmed => "Off was not proven in time; switch the unit off at its key.",
        Cause::Deviation => "The measured output left its band; have the output checked.",
        Cause::FrozenReadBack => "The measured output stayed the same to the last bit for 2 s.",
        Cause::Identity => "Another unit answered, or its facts are not those of its profile.",
        Cause::EmergencyStop => "An emergency stop was pressed; make sure that all is safe.",
        Cause::RelayMismatch => "The relay contact is not where it was put; call service.",
        Cause::RepeatedStops => "Three sessions within 10 min ended by an alarm; find out why.",
        Cause::OverTemperature => "The coil reached 43 °C; let it cool below 39 °C.",
        Cause::SensorMissing => "The temperature sensor is open, shorted or absent.",
        Cause::Ledger => "The ledger failed or was late; check the disk, then reconcile.",
        Cause::Audit => "The audit failed or was late; check the disk, then reconcile.",
        Cause::Lateness => "The gateway acted more than 50 ms late; check the machine's load.",
        Cause::LostRecord => "A record of a change was lost; reconcile before treating on.",
        Cause::Suspend => "The machine was suspended; units acted on their leases meanwhile.",
        Cause::ClockBack => "The wall clock stands before the last record; set it right.",
        Cause::OpenMark => "A session was open when the gateway started; reconcile its dose.",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A cause has one word, wherever people read it.
    #[test]
    fn the_api_names_causes_by_the_words_of_telemetry() {
        for cause in Cause::ALL {
            let name = kind(*cause).as_str_name().to_lowercase();
            assert_eq!(name.strip_prefix("cause_kind_"), Some(word::cause(*cause)));
        }
    }

    /// What can be sent and nothing else is in the API: the causes, and what ends a session without
    /// one.
    #[test]
    fn the_api_has_no_kind_that_is_never_sent() {
        let ends = [
            CauseKind::Stop,
            CauseKind::StreamEnded,
            CauseKind::PauseOver,
            CauseKind::DoseReached,
            CauseKind::TimeReached,
            CauseKind::ConfirmationExpired,
        ];
        let sent = Cause::ALL.iter().map(|cause| kind(*cause)).chain(ends);
        let sent: BTreeSet<_> = sent.map(i32::from).collect();
        let known: BTreeSet<_> =
            (1..1_000).filter(|number| CauseKind::try_from(*number).is_ok()).collect();
        assert_eq!(sent, known);
    }
}
