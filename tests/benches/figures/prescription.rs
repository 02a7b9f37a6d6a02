//! What is prescribed: a weak field at the thigh, for as long as is measured.

use gateway::{
    clock,
    demo::prescriptions::{self, MICROTESLAS},
};
use proto::v1::{PatientKey, Person, Prescription, Role};

/// A field for `millis`, for a patient of this name.
pub(crate) fn pemf(patient: &str, millis: u32) -> Prescription {
    Prescription {
        patient: Some(PatientKey { issuer: "figures".into(), patient_id: patient.into() }),
        author: Some(person(Role::Clinician)),
        ..prescriptions::pemf(clock::wall(), exposure(millis), millis)
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
