//! A prescription as text that a person can read in ten years: every value with its unit.
//!
//! It is written and never read back: what a prescription permits is decided from what was confirmed,
//! not from what was recorded.

use clinic::AnyPrescription;
use safety::{
    AreaFluence, Content, Eyewear, Gate, LaserPrescription, Limit, OpticalDensity, Others,
    Overrides, PemfPrescription, Screening, Site, Skin, StimulatorPrescription, Technique,
};
use serde_json::{Value, json};

use super::word::Word;

/// The text of a prescription, as JSON.
pub(super) fn text(prescription: &AnyPrescription) -> String {
    match prescription {
        AnyPrescription::Laser(prescription) => laser(prescription),
        AnyPrescription::Pemf(prescription) => pemf(prescription),
        AnyPrescription::Stimulator(prescription) => stimulator(prescription),
    }
    .to_string()
}

fn laser(prescription: &LaserPrescription) -> Value {
    let LaserPrescription {
        site: place,
        touched,
        power,
        mix,
        gate: gating,
        spot,
        technique: movement,
        fluence: most,
        dose,
        course,
        skin: field,
        epilepsy,
        eyewear: worn,
        overrides: overridden,
    } = prescription;
    json!({
        "site": site(*place),
        "touched_sites": touched.iter().map(site).collect::<Vec<_>>(),
        "power_milliwatts": power.milliwatts(),
        "mix": mix.iter().flatten().map(content).collect::<Vec<_>>(),
        "gate": gate(gating),
        "spot_square_millimetres": spot.square_millimetres(),
        "technique": technique(movement),
        "fluence": fluence(most),
        "dose_picojoules": dose.quantity.picojoules(),
        "time_nanos": dose.time.get(),
        "course_sessions": course,
        "skin": skin(field),
        "epilepsy": epilepsy.word(),
        "eyewear": eyewear(worn),
        "overrides": overrides(*overridden),
    })
}

fn pemf(prescription: &PemfPrescription) -> Value {
    let PemfPrescription {
        site: place,
        touched,
        flux,
        frequency,
        waveform,
        slew,
        duty,
        dose,
        course,
        applicator,
        screening: asked,
        overrides: overridden,
    } = prescription;
    json!({
        "site": site(*place),
        "touched_sites": touched.iter().map(site).collect::<Vec<_>>(),
        "flux_microteslas": flux.microteslas(),
        "frequency_millihertz": frequency.millihertz(),
        "waveform": waveform.word(),
        "slew_micros": slew.micros(),
        "duty_permille": duty.get(),
        "dose_femtotesla_seconds": dose.quantity.femtotesla_seconds(),
        "time_nanos": dose.time.get(),
        "course_sessions": course,
        "applicator": applicator.0,
        "screening": screening(asked),
        "overrides": overrides(*overridden),
    })
}

fn stimulator(prescription: &StimulatorPrescription) -> Value {
    let StimulatorPrescription {
        site: place,
        touched,
        motor_threshold,
        intensity,
        rate,
        train_pulses,
        trains,
        wait,
        course,
        coil,
        screening: asked,
        overrides: overridden,
    } = prescription;
    json!({
        "site": site(*place),
        "touched_sites": touched.iter().map(site).collect::<Vec<_>>(),
        "motor_threshold_permille": motor_threshold.get(),
        "threshold_multiple_permille": intensity.thousandths(),
        "rate_millihertz": rate.millihertz(),
        "pulses_per_train": train_pulses,
        "trains": trains,
        "wait_nanos": wait.get(),
        "course_sessions": course,
        "coil": coil.0,
        "screening": screening(asked),
        "overrides": overrides(*overridden),
    })
}

fn site(site: Site) -> Value {
    json!({ "region": site.region().word(), "side": site.side().word() })
}

fn content(content: &Content) -> Value {
    let Content { wavelength, share } = content;
    json!({ "wavelength_nanometres": wavelength.nanometres(), "share_permille": share.get() })
}

fn gate(gate: &Gate) -> Value {
    match gate {
        Gate::Continuous => json!("continuous"),
        Gate::Pulsed { frequency, duty } => json!({
            "frequency_millihertz": frequency.millihertz(),
            "duty_permille": duty.get(),
        }),
    }
}

fn technique(technique: &Technique) -> Value {
    match technique {
        Technique::Scanning { field } => {
            json!({ "scanning_field_square_millimetres": field.square_millimetres() })
        }
        Technique::Stationary { dwell, points } => {
            json!({ "stationary_dwell_nanos": dwell.get(), "points": points })
        }
    }
}

fn fluence(fluence: &AreaFluence) -> Value {
    match fluence {
        AreaFluence::Spot(most) => {
            json!({ "spot_microjoules_per_cm2": most.microjoules_per_cm2() })
        }
        AreaFluence::Field(most) => {
            json!({ "field_microjoules_per_cm2": most.microjoules_per_cm2() })
        }
    }
}

fn skin(skin: &Skin) -> Value {
    let Skin { kind, dark_field, test_spot } = skin;
    json!({
        "type": kind.map(Word::word),
        "dark_field": dark_field.word(),
        "test_spot": test_spot,
    })
}

fn eyewear(eyewear: &Eyewear) -> Value {
    let Eyewear { patient, operator, others } = eyewear;
    let others = match others {
        Others::Unanswered => json!("unanswered"),
        Others::Nobody => json!("nobody"),
        Others::Weakest(density) => json!(density.tenths()),
    };
    json!({
        "patient_density_tenths": patient.map(OpticalDensity::tenths),
        "operator_density_tenths": operator.map(OpticalDensity::tenths),
        "others_density_tenths": others,
    })
}

fn screening(screening: &Screening) -> Value {
    let Screening { implant, pregnancy, epilepsy, metal, bystander_implant, age_days } = screening;
    json!({
        "implant": implant.word(),
        "pregnancy": pregnancy.word(),
        "epilepsy": epilepsy.word(),
        "metal": metal.word(),
        "bystander_implant": bystander_implant.word(),
        "age_days": age_days,
    })
}

fn overrides(overrides: Overrides) -> Value {
    let overridden = Limit::ALL.iter().filter(|limit| overrides.holds(**limit));
    overridden.map(|limit| limit.name()).collect()
}
