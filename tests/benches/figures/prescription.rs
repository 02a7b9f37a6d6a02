//! What is prescribed: a weak field at the thigh, for as long as is measured.

use gateway::clock;
use jiff::{Timestamp, ToSpan as _};
use prost_types::Timestamp as ProtoTime;
use proto::v1::{
    Answer, PatientKey, PemfPrescription, Person, Prescription, Role, ScreeningAnswer,
    ScreeningQuestion, Side, Site, Waveform, prescription::Modality,
};

const MICROTESLAS: u32 = 2_000;
const ASKED: [ScreeningQuestion; 5] = [
    ScreeningQuestion::Implant,
    ScreeningQuestion::Pregnancy,
    ScreeningQuestion::Epilepsy,
    ScreeningQuestion::MetalInHeadOrNeck,
    ScreeningQuestion::BystanderImplant,
];

/// A field for `millis`, for a patient of this name.
pub(crate) fn pemf(patient: &str, millis: u32) -> Prescription {
    let now = clock::wall();
    let answered = |question: ScreeningQuestion| ScreeningAnswer {
        question: question.into(),
        answer: Answer::No.into(),
        answered_time: Some(time(now)),
    };
    Prescription {
        patient: Some(PatientKey { issuer: "figures".into(), patient_id: patient.into() }),
        prescription_id: "figures".into(),
        revision: 1,
        author: Some(person(Role::Clinician)),
        issued_time: Some(time(now)),
        expire_time: now.checked_add(24.hours()).ok().map(time),
        course_id: "figures".into(),
        course_sessions: 1,
        site: Site::InnerThigh.into(),
        side: Side::Left.into(),
        screening: ASKED.into_iter().map(answered).collect(),
        overrides: Vec::new(),
        modality: Some(Modality::Pemf(PemfPrescription {
            peak_flux_density_microteslas: MICROTESLAS,
            frequency_millihertz: 10_000,
            waveform: Waveform::Sine.into(),
            ramp_time_microseconds: 0,
            duty_permille: 1_000,
            exposure_microtesla_seconds: exposure(millis),
            time_limit_milliseconds: millis,
            applicator_code: "0x0201".into(),
        })),
    }
}

/// As much more than the time allows as is permitted: it is the time that ends the session.
fn exposure(millis: u32) -> u64 {
    u64::from(MICROTESLAS) * u64::from(millis) / 990
}

/// Who measures.
pub(crate) fn person(role: Role) -> Person {
    Person { name: "figures".into(), role: role.into() }
}

fn time(at: Timestamp) -> ProtoTime {
    ProtoTime { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}
