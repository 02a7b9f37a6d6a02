//! What is prescribed here: short, low, and for a patient of its own each time.

use std::sync::atomic::{AtomicU32, Ordering};

use ::gateway::clock;
use proto::{
    Timestamp,
    v1::{
        Answer, AreaKind, ContinuousGate, Eyewear, EyewearConfirmation, FitzpatrickType, Gate,
        LaserPrescription, PatientKey, PemfPrescription, Person, Prescription, Role,
        ScreeningAnswer, ScreeningQuestion, Side, Site, Skin, Technique, Waveform, WavelengthShare,
        gate, prescription::Modality,
    },
};

/// Longer than any scenario waits.
pub(super) const LONG: u32 = 120;

/// So many seconds of light at one watt.
pub(super) fn laser(seconds: u32) -> Prescription {
    laser_of(u64::from(seconds) * 1_000, LONG)
}

/// So many millijoules at one watt, and at most so many seconds.
pub(super) fn laser_of(energy_millijoules: u64, seconds: u32) -> Prescription {
    let share =
        |wavelength_nanometres| WavelengthShare { wavelength_nanometres, share_permille: 500 };
    let worn = Some(Eyewear { worn: Answer::Yes.into(), optical_density_hundredths: 600 });
    let laser = LaserPrescription {
        power_milliwatts: 1_000,
        wavelengths: vec![share(810), share(980)],
        gate: Some(Gate { gate: Some(gate::Gate::Continuous(ContinuousGate {})) }),
        spot_area_square_millimetres: 1_960,
        field_area_square_millimetres: 10_000,
        fluence_area: AreaKind::Field.into(),
        technique: Technique::Scanning.into(),
        energy_millijoules,
        fluence_millijoules_per_square_centimetre: 2_000,
        time_limit_milliseconds: seconds * 1_000,
        skin: Some(Skin {
            fitzpatrick_type: FitzpatrickType::Ii.into(),
            tattoo: Answer::No.into(),
            dense_hair: Answer::No.into(),
            tan: Answer::No.into(),
            ..Skin::default()
        }),
        eyewear: Some(EyewearConfirmation {
            patient: worn,
            operator: worn,
            others_present: Answer::No.into(),
            others: Vec::new(),
        }),
        ..LaserPrescription::default()
    };
    prescription(Site::Trapezius, Modality::Laser(laser), &[ScreeningQuestion::Epilepsy])
}

/// So many seconds of field at two millitesla.
pub(super) fn pemf(seconds: u32) -> Prescription {
    pemf_of(u64::from(seconds) * 2_000, LONG)
}

/// So many microtesla-seconds at two millitesla, and at most so many seconds.
pub(super) fn pemf_of(exposure_microtesla_seconds: u64, seconds: u32) -> Prescription {
    let pemf = PemfPrescription {
        peak_flux_density_microteslas: 2_000,
        frequency_millihertz: 10_000,
        waveform: Waveform::Sine.into(),
        ramp_time_microseconds: 0,
        duty_permille: 1_000,
        exposure_microtesla_seconds,
        time_limit_milliseconds: seconds * 1_000,
        applicator_code: "0x0201".to_owned(),
    };
    let asked = [
        ScreeningQuestion::Implant,
        ScreeningQuestion::Pregnancy,
        ScreeningQuestion::Epilepsy,
        ScreeningQuestion::MetalInHeadOrNeck,
        ScreeningQuestion::BystanderImplant,
    ];
    prescription(Site::InnerThigh, Modality::Pemf(pemf), &asked)
}

/// What suits a unit by its name.
pub(super) fn for_unit(unit: &str, seconds: u32) -> Prescription {
    if unit.starts_with("laser") { laser(seconds) } else { pemf(seconds) }
}

pub(super) fn person(role: Role) -> Person {
    Person { name: "Test Operator".to_owned(), role: role.into() }
}

fn prescription(site: Site, modality: Modality, asked: &[ScreeningQuestion]) -> Prescription {
    static PATIENTS: AtomicU32 = AtomicU32::new(1);
    let number = PATIENTS.fetch_add(1, Ordering::Relaxed);
    let now = clock::wall();
    let at = |seconds: i64| Timestamp { seconds: now.as_second() + seconds, nanos: 0 };
    let answered = |question: &ScreeningQuestion| ScreeningAnswer {
        question: (*question).into(),
        answer: Answer::No.into(),
        answered_time: Some(at(0)),
    };
    Prescription {
        patient: Some(PatientKey {
            issuer: "test-clinic".to_owned(),
            patient_id: format!("{PATIENT}{number}"),
        }),
        prescription_id: "test".to_owned(),
        revision: 1,
        author: Some(person(Role::Clinician)),
        issued_time: Some(at(0)),
        expire_time: Some(at(3_600)),
        course_id: "test".to_owned(),
        course_sessions: 1,
        site: site.into(),
        side: Side::Left.into(),
        screening: asked.iter().map(answered).collect(),
        overrides: Vec::new(),
        modality: Some(modality),
    }
}

/// What every patient here is called; it is looked for where it must not be.
pub(super) const PATIENT: &str = "canary-patient-";
