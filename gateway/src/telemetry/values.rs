//! What a unit measures, is ordered and has given, as it goes (API-06).
//!
//! The newest is all that counts: nothing is kept, nothing is repeated, and each value says its age.

use clinic::{AnyDose, AnyStatus, Kind, Shown};
use safety::{Contacts, Instant, Modality, Output, State, Status, Temperature};
use serde::Serialize;

use super::{
    moment::Moment,
    quantity::{DoseJson, LevelJson, MeasuredJson, OutputJson, Rounded, Timed, remaining},
    unit::{Head, Quality},
};
use crate::{
    directory::{Directory, UnitCard},
    word,
};

/// The values of a unit as JSON.
pub(crate) fn payload(
    directory: &Directory,
    card: &UnitCard,
    shown: &Shown,
    moment: Moment,
) -> serde_json::Result<Vec<u8>> {
    let values = match &shown.status {
        AnyStatus::Laser(status) => values(directory, card, shown, status, moment),
        AnyStatus::Pemf(status) => values(directory, card, shown, status, moment),
        AnyStatus::Stimulator(status) => values(directory, card, shown, status, moment),
    };
    serde_json::to_vec(&values)
}

fn values<'a, M>(
    directory: &Directory,
    card: &'a UnitCard,
    shown: &Shown,
    status: &Status<M>,
    moment: Moment,
) -> ValuesJson<'a>
where
    M: Kind + Timed<Level: Into<LevelJson>, Output: Into<OutputJson>>,
{
    let age = |asked: Instant| moment.age_millis(asked);
    let session = status.session.as_ref();
    ValuesJson {
        head: Head::new(directory, card),
        at: moment.wall_at(moment.now),
        at_boottime_nanoseconds: moment.now.since_boot(),
        state: word::state(status.state),
        beam: word::beam(status.beam),
        quality: Quality::of(shown, moment.now).word(),
        session: shown.session.map(|session| session.to_string()),
        measured: status.emission.map(|(asked, reading)| MeasuredJson::new(reading, age(asked))),
        ordered: ordered(status).into(),
        confirmed: session.map(|session| session.level.into()),
        prescribed: session.map(|session| down::<M>(session.prescribed)),
        charged: session.map(|session| up::<M>(session.charged)),
        delivered: session.map(|session| down::<M>(session.delivered)),
        remaining: session.map(|session| down::<M>(remaining(session))),
        stray: up::<M>(status.stray),
        hold_age_milliseconds: session.and_then(|session| session.held).map(age),
        temperature: status.temperature.map(|(asked, reading)| TemperatureJson {
            temperature_millidegrees_celsius: reading.map(millidegrees),
            age_milliseconds: age(asked),
        }),
        contacts: status.contacts.map(|(asked, contacts)| ContactsJson::new(contacts, age(asked))),
        unit_faults: status.faults,
        warnings: status.warnings.iter().map(word::warning).collect(),
        garbled_percent: status.garbled_percent,
    }
}

/// The output that the unit is ordered to emit now.
pub(crate) fn ordered<M: Modality>(status: &Status<M>) -> M::Output {
    match (status.state, &status.session) {
        (State::Emitting, Some(session)) => M::output(session.level),
        (
            State::Emitting
            | State::Offline
            | State::Standby
            | State::Ready
            | State::Warning
            | State::Paused
            | State::Stopping
            | State::Locked,
            Some(_) | None,
        ) => M::Output::from_count(0),
    }
}

fn up<M: Kind>(dose: M::Dose) -> DoseJson {
    DoseJson::new(any::<M>(dose), Rounded::Up)
}

fn down<M: Kind>(dose: M::Dose) -> DoseJson {
    DoseJson::new(any::<M>(dose), Rounded::Down)
}

fn any<M: Kind>(dose: M::Dose) -> AnyDose {
    M::dose(dose)
}

fn millidegrees(temperature: Temperature) -> i32 {
    temperature.centicelsius().saturating_mul(10)
}

#[derive(Debug, Serialize)]
struct ValuesJson<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    at: String,
    at_boottime_nanoseconds: u64,
    state: &'static str,
    beam: &'static str,
    quality: &'static str,
    session: Option<String>,
    measured: Option<MeasuredJson>,
    ordered: OutputJson,
    confirmed: Option<LevelJson>,
    prescribed: Option<DoseJson>,
    charged: Option<DoseJson>,
    delivered: Option<DoseJson>,
    remaining: Option<DoseJson>,
    stray: DoseJson,
    hold_age_milliseconds: Option<u64>,
    temperature: Option<TemperatureJson>,
    contacts: Option<ContactsJson>,
    unit_faults: u32,
    warnings: Vec<&'static str>,
    garbled_percent: u32,
}

#[derive(Debug, Serialize)]
struct TemperatureJson {
    /// `null` if the sensor is open, shorted or absent.
    temperature_millidegrees_celsius: Option<i32>,
    age_milliseconds: u64,
}

/// Each in the sense in which it permits.
#[derive(Debug, Serialize)]
struct ContactsJson {
    key_on: bool,
    footswitch_pressed: bool,
    interlock_closed: bool,
    emergency_stop_released: bool,
    applicator_in_place: bool,
    age_milliseconds: u64,
}

impl ContactsJson {
    fn new(contacts: Contacts, age: u64) -> Self {
        Self {
            key_on: contacts.key,
            footswitch_pressed: contacts.footswitch,
            interlock_closed: contacts.interlock,
            emergency_stop_released: contacts.emergency_stop_released,
            applicator_in_place: contacts.applicator,
            age_milliseconds: age,
        }
    }
}
