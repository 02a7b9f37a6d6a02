//! Units: what each is, beside how it stands.

use clinic::{AnyStatus, Shown, UnitId};
use proto::v1;
use safety::{Cause, Instant, State};

use super::{Control, clocks::midnight, facts::UnitFacts, status};
use crate::{
    config::ReadBack,
    directory::{Modality, UnitCard},
};

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
    let reading = match facts.read_back {
        ReadBack::Measured => v1::OutputReading::Sensor,
        ReadBack::Derived => v1::OutputReading::Derived,
        ReadBack::None => v1::OutputReading::Assumed,
    };
    v1::Unit {
        unit_id: card.name.clone(),
        room_id: control.directory().room_name(card.room).to_owned(),
        modality: modality(card.modality).into(),
        mark: status::mark(card.real).into(),
        identity: newest.filter(|shown| is_proven(shown)).map(|shown| identity(card, facts, shown)),
        dialect: card.dialect.clone(),
        profile: facts.profile.clone(),
        output_reading: reading.into(),
        status: Some(match newest {
            Some(newest) => status::shown(control, unit, newest),
            None => unheard(card),
        }),
        hazard: facts.hazard(),
        unverified_facts: facts.unverified(),
    }
}

/// Whether the unit has said who it is, and nothing since speaks against it.
pub(crate) fn is_proven(shown: &Shown) -> bool {
    let (proven, causes) = match &shown.status {
        AnyStatus::Laser(status) => (status.identity.is_some(), status.causes),
        AnyStatus::Pemf(status) => (status.identity.is_some(), status.causes),
        AnyStatus::Stimulator(status) => (status.identity.is_some(), status.causes),
    };
    let (.., state) = status::marks(shown);
    let doubted = causes.holds(Cause::Identity) || causes.holds(Cause::LinkSilence);
    proven && state != State::Offline && !doubted
}

/// The plate, which the unit has proven to be its own.
fn identity(card: &UnitCard, facts: &UnitFacts, shown: &Shown) -> v1::UnitIdentity {
    let plate = &card.plate;
    let proven = match &shown.status {
        AnyStatus::Laser(status) => status.identity,
        AnyStatus::Pemf(status) => status.identity,
        AnyStatus::Stimulator(status) => status.identity,
    };
    v1::UnitIdentity {
        maker: plate.maker.clone(),
        model: plate.model.clone(),
        serial: plate.serial.clone(),
        allowed_firmware: plate.firmware.clone(),
        calibrated_time: facts.calibration.and_then(|calibration| midnight(calibration.on)),
        calibration_due_time: facts.calibration.and_then(|calibration| midnight(calibration.due)),
        proof: v1::IdentityProof::Challenged.into(),
        proven_boottime_nanoseconds: proven.map_or(0, Instant::since_boot),
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
        Modality::Stimulator => v1::Modality::Stimulator,
    }
}
