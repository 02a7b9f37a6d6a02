//! What is prescribed here: short, low, and for a patient of its own each time.

use std::sync::atomic::{AtomicU32, Ordering};

use ::gateway::{clock, demo::prescriptions};
use proto::v1::{PatientKey, Person, Prescription, Role};

/// Longer than any scenario waits.
pub(super) const LONG: u32 = 120;

/// So many seconds of light at one watt.
pub(super) fn laser(seconds: u32) -> Prescription {
    laser_of(u64::from(seconds) * 1_000, LONG)
}

/// So many millijoules at one watt, and at most so many seconds.
pub(super) fn laser_of(energy_millijoules: u64, seconds: u32) -> Prescription {
    of_somebody(prescriptions::laser(clock::wall(), 1_000, energy_millijoules, seconds * 1_000))
}

/// So many seconds of field at two millitesla.
pub(super) fn pemf(seconds: u32) -> Prescription {
    pemf_of(u64::from(seconds) * u64::from(prescriptions::MICROTESLAS), LONG)
}

/// So many microtesla-seconds at two millitesla, and at most so many seconds.
pub(super) fn pemf_of(exposure_microtesla_seconds: u64, seconds: u32) -> Prescription {
    of_somebody(prescriptions::pemf(clock::wall(), exposure_microtesla_seconds, seconds * 1_000))
}

/// What suits a unit by its name.
pub(super) fn for_unit(unit: &str, seconds: u32) -> Prescription {
    if unit.starts_with("laser") { laser(seconds) } else { pemf(seconds) }
}

pub(super) fn person(role: Role) -> Person {
    Person { name: "Test Operator".to_owned(), role: role.into() }
}

fn of_somebody(prescription: Prescription) -> Prescription {
    static PATIENTS: AtomicU32 = AtomicU32::new(1);
    let number = PATIENTS.fetch_add(1, Ordering::Relaxed);
    let patient_id = format!("{PATIENT}{number}");
    Prescription {
        patient: Some(PatientKey { issuer: "test-clinic".to_owned(), patient_id }),
        author: Some(person(Role::Clinician)),
        ..prescription
    }
}

/// What every patient here is called; it is looked for where it must not be.
pub(super) const PATIENT: &str = "canary-patient-";
