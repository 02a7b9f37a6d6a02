//! What the demonstration and the tests prescribe: short, low, and within every hard limit.

use jiff::{Timestamp, ToSpan as _};
use prost_types::Timestamp as ProtoTime;
use proto::v1::{
    Answer, AreaKind, ContinuousGate, Eyewear, EyewearConfirmation, FitzpatrickType, Gate,
    LaserPrescription, PatientKey, PemfPrescription, Prescription, Role, ScreeningAnswer,
    ScreeningQuestion, Side, Site, Skin, StimulatorPrescription, Technique, Waveform,
    WavelengthShare, gate, prescription::Modality,
};

use safety::{Permille, Wavelength};

use super::operator::person;

/// The field that is prescribed.
pub const MICROTESLAS: u32 = 2_000;

/// A scanned field of 100 cm² at the trapezius.
pub fn laser(
    now: Timestamp,
    power_milliwatts: u32,
    energy_millijoules: u64,
    time_limit_milliseconds: u32,
) -> Prescription {
    let laser = LaserPrescription {
        power_milliwatts,
        wavelengths: vec![share(810, 500), share(980, 500)],
        gate: Some(Gate { gate: Some(gate::Gate::Continuous(ContinuousGate {})) }),
        spot_area_square_millimetres: 1_960,
        field_area_square_millimetres: 10_000,
        fluence_area: AreaKind::Field.into(),
        technique: Technique::Scanning.into(),
        energy_millijoules,
        fluence_millijoules_per_square_centimetre: 2_000,
        stationary_points: 0,
        dwell_time_milliseconds: 0,
        time_limit_milliseconds,
        skin: Some(Skin {
            fitzpatrick_type: FitzpatrickType::Ii.into(),
            tattoo: Answer::No.into(),
            dense_hair: Answer::No.into(),
            tan: Answer::No.into(),
            test_spot_time: None,
        }),
        eyewear: Some(EyewearConfirmation {
            patient: Some(worn()),
            operator: Some(worn()),
            others_present: Answer::No.into(),
            others: Vec::new(),
        }),
    };
    let asked = [ScreeningQuestion::Epilepsy];
    prescription(now, Site::Trapezius, Side::Left, Modality::Laser(laser), &asked)
}

/// Has a prescription of light shine with these wavelengths, each with its share of the power.
pub fn shine(prescription: &mut Prescription, mix: &[(Wavelength, Permille)]) {
    if let Some(Modality::Laser(laser)) = &mut prescription.modality {
        let wavelengths = mix.iter().map(|(wavelength, part)| {
            share(u32::from(wavelength.nanometres()), u32::from(part.get()))
        });
        laser.wavelengths = wavelengths.collect();
    }
}

/// 2 mT at 10 Hz at the thigh.
pub fn pemf(
    now: Timestamp,
    exposure_microtesla_seconds: u64,
    time_limit_milliseconds: u32,
) -> Prescription {
    let pemf = PemfPrescription {
        peak_flux_density_microteslas: MICROTESLAS,
        frequency_millihertz: 10_000,
        waveform: Waveform::Sine.into(),
        ramp_time_microseconds: 0,
        duty_permille: 1_000,
        exposure_microtesla_seconds,
        time_limit_milliseconds,
        applicator_code: "0x0201".to_owned(),
    };
    let asked = [
        ScreeningQuestion::Implant,
        ScreeningQuestion::Pregnancy,
        ScreeningQuestion::Epilepsy,
        ScreeningQuestion::MetalInHeadOrNeck,
        ScreeningQuestion::BystanderImplant,
    ];
    prescription(now, Site::InnerThigh, Side::Left, Modality::Pemf(pemf), &asked)
}

/// Four trains of five pulses at 10 Hz and 40 % of what the unit can, over the thigh.
pub fn stimulator(now: Timestamp, coil: u32) -> Prescription {
    let stimulator = StimulatorPrescription {
        motor_threshold_permille: 400,
        threshold_multiple_permille: 1_000,
        rate_millihertz: 10_000,
        pulses_per_train: 5,
        trains: 4,
        wait_milliseconds: 6_000,
        coil_code: format!("0x{coil:04x}"),
    };
    let asked = [
        ScreeningQuestion::Implant,
        ScreeningQuestion::Pregnancy,
        ScreeningQuestion::Epilepsy,
        ScreeningQuestion::MetalInHeadOrNeck,
        ScreeningQuestion::BystanderImplant,
    ];
    prescription(now, Site::InnerThigh, Side::Left, Modality::Stimulator(stimulator), &asked)
}

fn prescription(
    now: Timestamp,
    site: Site,
    side: Side,
    modality: Modality,
    asked: &[ScreeningQuestion],
) -> Prescription {
    let answered = |question: &ScreeningQuestion| ScreeningAnswer {
        question: (*question).into(),
        answer: Answer::No.into(),
        answered_time: Some(time(now)),
    };
    Prescription {
        patient: Some(PatientKey {
            issuer: "demonstration".to_owned(),
            patient_id: "0001".to_owned(),
        }),
        prescription_id: "demonstration".to_owned(),
        revision: 1,
        author: Some(person(Role::Clinician)),
        issued_time: Some(time(now)),
        expire_time: now.checked_add(24.hours()).ok().map(time),
        course_id: "demonstration".to_owned(),
        course_sessions: 1,
        site: site.into(),
        side: side.into(),
        touched_sites: Vec::new(),
        screening: asked.iter().map(answered).collect(),
        overrides: Vec::new(),
        modality: Some(modality),
    }
}

fn share(wavelength_nanometres: u32, share_permille: u32) -> WavelengthShare {
    WavelengthShare { wavelength_nanometres, share_permille }
}

/// An optical density of 6: above what 15 W ask for.
fn worn() -> Eyewear {
    Eyewear { worn: Answer::Yes.into(), optical_density_hundredths: 600 }
}

fn time(at: Timestamp) -> ProtoTime {
    ProtoTime { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}
