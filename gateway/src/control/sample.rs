//! Prescriptions that are whole, for tests to break.

use proto::{Timestamp, v1, v1::prescription::Modality};

/// A laser prescription in which every field is there.
pub(crate) fn laser() -> v1::Prescription {
    let worn = v1::Eyewear { worn: v1::Answer::Yes.into(), optical_density_hundredths: 520 };
    let laser = v1::LaserPrescription {
        power_milliwatts: 4_000,
        wavelengths: vec![
            v1::WavelengthShare { wavelength_nanometres: 810, share_permille: 400 },
            v1::WavelengthShare { wavelength_nanometres: 980, share_permille: 600 },
        ],
        gate: Some(v1::Gate {
            gate: Some(v1::gate::Gate::Pulsed(v1::PulsedGate {
                frequency_millihertz: 10_000,
                duty_permille: 500,
            })),
        }),
        spot_area_square_millimetres: 500,
        field_area_square_millimetres: 0,
        fluence_area: v1::AreaKind::Spot.into(),
        technique: v1::Technique::Stationary.into(),
        energy_millijoules: 60_000,
        time_limit_milliseconds: 120_000,
        skin: Some(v1::Skin {
            fitzpatrick_type: v1::FitzpatrickType::Iii.into(),
            tattoo: v1::Answer::No.into(),
            dense_hair: v1::Answer::No.into(),
            tan: v1::Answer::No.into(),
            test_spot_time: None,
        }),
        eyewear: Some(v1::EyewearConfirmation {
            patient: Some(worn),
            operator: Some(worn),
            others_present: v1::Answer::Yes.into(),
            others: vec![worn],
        }),
        fluence_millijoules_per_square_centimetre: 12_000,
        stationary_points: 4,
        dwell_time_milliseconds: 5_000,
    };
    common(Modality::Laser(laser))
}

/// A field prescription in which every field is there.
pub(crate) fn pemf() -> v1::Prescription {
    common(Modality::Pemf(v1::PemfPrescription {
        peak_flux_density_microteslas: 5_000,
        frequency_millihertz: 10_000,
        waveform: v1::Waveform::Sine.into(),
        ramp_time_microseconds: 0,
        duty_permille: 1_000,
        exposure_microtesla_seconds: 6_000_000,
        time_limit_milliseconds: 1_800_000,
        applicator_code: "0x0101".to_owned(),
    }))
}

/// The laser part of a prescription that has one.
pub(crate) fn laser_of(prescription: &mut v1::Prescription) -> &mut v1::LaserPrescription {
    match prescription.modality.as_mut() {
        Some(Modality::Laser(laser)) => laser,
        Some(Modality::Pemf(_) | Modality::Stimulator(_)) | None => panic!("no laser"),
    }
}

/// A prescription of stimulation in which every field is there: 51 % of what the unit discharges.
pub(crate) fn stimulator() -> v1::Prescription {
    common(Modality::Stimulator(v1::StimulatorPrescription {
        motor_threshold_permille: 470,
        threshold_multiple_permille: 1_090,
        rate_millihertz: 10_000,
        pulses_per_train: 9,
        trains: 50,
        wait_milliseconds: 10_000,
        coil_code: "0x0201".to_owned(),
    }))
}

/// The stimulator part of a prescription that has one.
pub(crate) fn stimulator_of(
    prescription: &mut v1::Prescription,
) -> &mut v1::StimulatorPrescription {
    match prescription.modality.as_mut() {
        Some(Modality::Stimulator(stimulator)) => stimulator,
        Some(Modality::Pemf(_) | Modality::Laser(_)) | None => panic!("no stimulator"),
    }
}

/// When the samples are read.
pub(crate) fn now() -> jiff::Timestamp {
    jiff::Timestamp::from_second(NOW).unwrap()
}

fn common(modality: Modality) -> v1::Prescription {
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let questions = [
        v1::ScreeningQuestion::Implant,
        v1::ScreeningQuestion::Pregnancy,
        v1::ScreeningQuestion::Epilepsy,
        v1::ScreeningQuestion::MetalInHeadOrNeck,
        v1::ScreeningQuestion::BystanderImplant,
    ];
    let screening = questions.map(|question| v1::ScreeningAnswer {
        question: question.into(),
        answer: v1::Answer::No.into(),
        answered_time: at(NOW - 600),
    });
    let role = v1::Role::Clinician.into();
    v1::Prescription {
        patient: Some(v1::PatientKey {
            issuer: "clinic-emr".to_owned(),
            patient_id: "4711".to_owned(),
        }),
        prescription_id: "rx-1".to_owned(),
        revision: 1,
        author: Some(v1::Person { name: "A. Clinician".to_owned(), role }),
        issued_time: at(NOW - 3_600),
        expire_time: at(NOW + 3_600),
        course_id: "course-1".to_owned(),
        site: v1::Site::Trapezius.into(),
        side: v1::Side::Right.into(),
        touched_sites: Vec::new(),
        screening: screening.into(),
        overrides: Vec::new(),
        course_sessions: 8,
        modality: Some(modality),
    }
}

/// A laser prescription that the unit of the stage may deliver, of this day: 1 W for about 2 s.
pub(crate) fn short() -> v1::Prescription {
    let now = crate::clock::wall().as_second();
    let mut short = laser();
    let moved = |time: &mut Option<Timestamp>| {
        let time = time.as_mut().unwrap();
        time.seconds = time.seconds - NOW + now;
    };
    moved(&mut short.issued_time);
    moved(&mut short.expire_time);
    for answer in &mut short.screening {
        moved(&mut answer.answered_time);
    }
    let laser = laser_of(&mut short);
    laser.power_milliwatts = 1_000;
    laser.wavelengths[0].share_permille = 500;
    laser.wavelengths[1].share_permille = 500;
    laser.gate = Some(v1::Gate { gate: Some(v1::gate::Gate::Continuous(v1::ContinuousGate {})) });
    laser.technique = v1::Technique::Scanning.into();
    laser.stationary_points = 0;
    laser.dwell_time_milliseconds = 0;
    laser.spot_area_square_millimetres = 1_960;
    laser.field_area_square_millimetres = 40_000;
    laser.fluence_area = v1::AreaKind::Field.into();
    laser.fluence_millijoules_per_square_centimetre = 9_000;
    laser.energy_millijoules = 2_000;
    laser.time_limit_milliseconds = 20_000;
    short
}

/// A second patient.
pub(crate) fn other_patient(mut prescription: v1::Prescription) -> v1::Prescription {
    prescription.patient.as_mut().unwrap().patient_id = "4712".to_owned();
    prescription
}

/// A field prescription for the ring of the stage, of this day.
pub(crate) fn field() -> v1::Prescription {
    let Some(Modality::Pemf(pemf)) = pemf().modality else { panic!("no field") };
    v1::Prescription { modality: Some(Modality::Pemf(pemf)), ..short() }
}

const NOW: i64 = 1_800_000_000;
