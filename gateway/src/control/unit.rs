//! Units: what each is, beside how it stands.

use clinic::{AnyStatus, Shown, UnitId};
use proto::v1;
use safety::{Cause, State};

use super::{Control, status};
use crate::directory::{Modality, UnitCard};

/// What a unit is and how it stands. `None` if there is no such unit.
pub(crate) fn shown(control: &Control, unit: UnitId) -> Option<v1::Unit> {
    let card = control.directory().card(unit)?;
    let newest = control.herald().shown(unit);
    Some(as_of(control, unit, card, newest.as_ref()))
}

/// What a unit is, and how it stood in `newest`.
pub(crate) fn as_of(
    control: &Control,
    unit: UnitId,
    card: &UnitCard,
    newest: Option<&Shown>,
) -> v1::Unit {
    let facts = control.facts(unit);
    let reading = match facts.derived {
        true => v1::OutputReading::Derived,
        false => v1::OutputReading::Sensor,
    };
    v1::Unit {
        unit_id: card.name.clone(),
        room_id: control.directory().room_name(card.room).to_owned(),
        modality: modality(card.modality).into(),
        mark: status::mark(card.real).into(),
        identity: newest.filter(|shown| is_proven(shown)).map(|_| identity(card)),
        dialect: card.dialect.clone(),
        profile: facts.profile.clone(),
        output_reading: reading.into(),
        status: Some(match newest {
            Some(newest) => status::shown(control, unit, newest),
            None => unheard(card),
        }),
    }
}

/// Whether the unit has said who it is, and nothing since speaks against it.
pub(crate) fn is_proven(shown: &Shown) -> bool {
    let (booted, causes) = match &shown.status {
        AnyStatus::Laser(status) => (status.boot.is_some(), status.causes),
        AnyStatus::Pemf(status) => (status.boot.is_some(), status.causes),
    };
    let (.., state) = status::marks(shown);
    let doubted = causes.holds(Cause::Identity) || causes.holds(Cause::LinkSilence);
    booted && state != State::Offline && !doubted
}

/// The plate, which the unit has proven to be its own.
fn identity(card: &UnitCard) -> v1::UnitIdentity {
    let plate = &card.plate;
    v1::UnitIdentity {
        maker: plate.maker.clone(),
        model: plate.model.clone(),
        serial: plate.serial.clone(),
        firmware: plate.firmware.join(" or "),
        calibrated_time: None,
        calibration_due_time: None,
        proof: v1::IdentityProof::Challenged.into(),
        proven_boottime_nanoseconds: 0,
    }
}

/// A unit of which nothing was ever shown: nothing is proven.
fn unheard(card: &UnitCard) -> v1::UnitStatus {
    let unknown = v1::Beam { state: v1::BeamState::Unknown.into(), ..v1::Beam::default() };
    v1::UnitStatus {
        unit_id: card.name.clone(),
        mark: status::mark(card.real).into(),
        state: v1::UnitState::Offline.into(),
        beam: Some(unknown),
        ..v1::UnitStatus::default()
    }
}

const fn modality(modality: Modality) -> v1::Modality {
    match modality {
        Modality::Laser => v1::Modality::Laser,
        Modality::Pemf => v1::Modality::Pemf,
    }
}
