//! Laser prescriptions: what a unit is told, the geometry, the skin and the eyewear.

use proto::v1::{self, gate};
use safety::{
    Answer, Area, AreaFluence, Content, Energy, Eyewear, Fluence, Frequency, Gate, LaserDose,
    LaserPrescription, Nanos, OpticalDensity, Others, Permille, Power, Skin, SkinType, Technique,
    WAVELENGTHS_MAX, Wavelength,
};

use super::{
    prescription::{Common, answer},
    violations::Violations,
};

/// Reads what a laser is asked to do. `None` if anything is wrong with it.
pub(crate) fn read(
    violations: &mut Violations,
    asked: &v1::LaserPrescription,
    common: Common,
) -> Option<LaserPrescription> {
    let power = violations.number("power_milliwatts", asked.power_milliwatts, 1..=30_000, "mW");
    let mix = mix(violations, &asked.wavelengths);
    let gate = gate(violations, asked.gate.as_ref());
    let spot = area(violations, "spot_area_square_millimetres", asked.spot_area_square_millimetres);
    let technique = technique(violations, asked);
    let fluence = fluence(violations, asked);
    let dose = dose(violations, asked);
    let skin = skin(violations, asked.skin.as_ref(), common.now);
    let eyewear = eyewear(violations, asked.eyewear.as_ref());
    Some(LaserPrescription {
        site: common.site?,
        touched: common.touched?,
        power: Power::from_milliwatts(power?),
        mix: mix?,
        gate: gate?,
        spot: spot?,
        technique: technique?,
        fluence: fluence?,
        dose: dose?,
        course: common.course?,
        skin: skin?,
        epilepsy: common.screening.epilepsy,
        eyewear: eyewear?,
        overrides: common.overrides,
    })
}

fn mix(
    violations: &mut Violations,
    asked: &[v1::WavelengthShare],
) -> Option<[Option<Content>; WAVELENGTHS_MAX]> {
    let count = u32::try_from(asked.len()).unwrap_or(u32::MAX);
    violations.number("wavelengths", count, 1..=4, "wavelengths")?;
    let mut mix = [None; WAVELENGTHS_MAX];
    let mut whole = true;
    for (place, one) in asked.iter().enumerate() {
        let twice = asked
            .iter()
            .take(place)
            .any(|other| other.wavelength_nanometres == one.wavelength_nanometres);
        let read = violations.under(&format!("wavelengths[{place}]"), |violations| {
            if twice {
                violations.add("wavelength_nanometres", "Is listed twice.");
            }
            let nanometres = one.wavelength_nanometres;
            let nanometres =
                violations.number("wavelength_nanometres", nanometres, 400..=1_400, "nm");
            let share = permille(violations, "share_permille", one.share_permille);
            let wavelength = Wavelength::from_nanometres(u16::try_from(nanometres?).ok()?);
            Some(Content { wavelength, share: share? })
        });
        whole &= read.is_some();
        if let Some(free) = mix.get_mut(place) {
            *free = read;
        }
    }
    whole.then_some(mix)
}

fn gate(violations: &mut Violations, asked: Option<&v1::Gate>) -> Option<Gate> {
    match asked.and_then(|gate| gate.gate.as_ref()) {
        None => {
            violations.add("gate", "Is missing; continuous is said, never assumed.");
            None
        }
        Some(gate::Gate::Continuous(v1::ContinuousGate {})) => Some(Gate::Continuous),
        Some(gate::Gate::Pulsed(pulsed)) => violations.under("gate.pulsed", |violations| {
            let frequency = pulsed.frequency_millihertz;
            let frequency =
                violations.number("frequency_millihertz", frequency, 1..=u32::MAX, "mHz");
            let duty = permille(violations, "duty_permille", pulsed.duty_permille);
            Some(Gate::Pulsed { frequency: Frequency::from_millihertz(frequency?), duty: duty? })
        }),
    }
}

/// How the spot moves. What belongs to the other technique must not be there: it was meant.
fn technique(violations: &mut Violations, asked: &v1::LaserPrescription) -> Option<Technique> {
    let kind = violations.choice("technique", asked.technique, |kind| match kind {
        v1::Technique::Unspecified => None,
        v1::Technique::Scanning | v1::Technique::Stationary => Some(kind),
    });
    let field = asked.field_area_square_millimetres;
    let (points, dwell) = (asked.stationary_points, asked.dwell_time_milliseconds);
    match kind? {
        v1::Technique::Scanning => {
            if points != 0 {
                violations.add("stationary_points", "Is only for a stationary spot.");
            }
            if dwell != 0 {
                violations.add("dwell_time_milliseconds", "Is only for a stationary spot.");
            }
            let field = area(violations, "field_area_square_millimetres", field);
            Some(Technique::Scanning { field: field? })
        }
        v1::Technique::Stationary => {
            if field != 0 {
                violations.add("field_area_square_millimetres", "Is only for a scanned field.");
            }
            let points = violations.number("stationary_points", points, 1..=1_000, "points");
            let dwell = violations.number("dwell_time_milliseconds", dwell, 1..=u32::MAX, "ms");
            let dwell = Nanos::from_millis(u64::from(dwell?));
            Some(Technique::Stationary { points: points?, dwell })
        }
        v1::Technique::Unspecified => None,
    }
}

fn fluence(violations: &mut Violations, asked: &v1::LaserPrescription) -> Option<AreaFluence> {
    let kind = violations.choice("fluence_area", asked.fluence_area, |kind| match kind {
        v1::AreaKind::Unspecified => None,
        v1::AreaKind::Spot => Some(AreaFluence::Spot as fn(Fluence) -> AreaFluence),
        v1::AreaKind::Field => Some(AreaFluence::Field as fn(Fluence) -> AreaFluence),
    });
    let count = violations.amount(
        "fluence_millijoules_per_square_centimetre",
        asked.fluence_millijoules_per_square_centimetre,
        1..=u64::MAX / 1_000,
        "mJ/cm²",
    );
    Some(kind?(Fluence::from_microjoules_per_cm2(count?.checked_mul(1_000)?)))
}

fn dose(violations: &mut Violations, asked: &v1::LaserPrescription) -> Option<LaserDose> {
    let most = u64::MAX / PICOJOULES_PER_MILLIJOULE;
    let energy = violations.amount("energy_millijoules", asked.energy_millijoules, 1..=most, "mJ");
    let time = time_limit(violations, asked.time_limit_milliseconds);
    Some(LaserDose { quantity: Energy::from_millijoules(energy?), time: time? })
}

fn skin(
    violations: &mut Violations,
    asked: Option<&v1::Skin>,
    now: jiff::Timestamp,
) -> Option<Skin> {
    let asked = violations.present("skin", asked)?;
    violations.under("skin", |violations| {
        let kind = violations.choice("fitzpatrick_type", asked.fitzpatrick_type, skin_type);
        let dark = [
            answer(violations, "tattoo", asked.tattoo),
            answer(violations, "dense_hair", asked.dense_hair),
            answer(violations, "tan", asked.tan),
        ];
        let made = asked.test_spot_time.as_ref();
        let made = made.map(|made| violations.time("test_spot_time", Some(made)));
        if made.flatten().is_some_and(|made| now < made) {
            violations.add("test_spot_time", "Is in the future.");
        }
        Some(Skin { kind: Some(kind?), dark_field: any_of(dark), test_spot: made.is_some() })
    })
}

/// Yes if one is yes, no if all are no; otherwise nobody knows.
fn any_of(answers: [Answer; 3]) -> Answer {
    if answers.contains(&Answer::Yes) {
        Answer::Yes
    } else if answers.contains(&Answer::Unanswered) {
        Answer::Unanswered
    } else {
        Answer::No
    }
}

fn skin_type(kind: v1::FitzpatrickType) -> Option<SkinType> {
    match kind {
        v1::FitzpatrickType::Unspecified => None,
        v1::FitzpatrickType::I => Some(SkinType::One),
        v1::FitzpatrickType::Ii => Some(SkinType::Two),
        v1::FitzpatrickType::Iii => Some(SkinType::Three),
        v1::FitzpatrickType::Iv => Some(SkinType::Four),
        v1::FitzpatrickType::V => Some(SkinType::Five),
        v1::FitzpatrickType::Vi => Some(SkinType::Six),
    }
}

/// What everybody wears (LAS-13). Eyewear that is not worn counts as none.
fn eyewear(
    violations: &mut Violations,
    asked: Option<&v1::EyewearConfirmation>,
) -> Option<Eyewear> {
    let asked = violations.present("eyewear", asked)?;
    violations.under("eyewear", |violations| {
        let patient = worn(violations, "patient", asked.patient.as_ref());
        let operator = worn(violations, "operator", asked.operator.as_ref());
        let present = answer(violations, "others_present", asked.others_present);
        let mut weakest = None;
        for (place, other) in asked.others.iter().enumerate() {
            let worn = worn(violations, &format!("others[{place}]"), Some(other));
            let worn = worn.unwrap_or(OpticalDensity::ZERO);
            weakest = Some(weakest.map_or(worn, |weakest: OpticalDensity| weakest.min(worn)));
        }
        let others = match (present, weakest) {
            (Answer::Yes, Some(weakest)) => Others::Weakest(weakest),
            (Answer::No, None) => Others::Nobody,
            (Answer::Unanswered, None) => Others::Unanswered,
            (Answer::Yes, None) => {
                violations.add("others", "Is empty, although others are in the room.");
                return None;
            }
            (Answer::No | Answer::Unanswered, Some(_)) => {
                violations.add("others", "Is not empty, although nobody said that others are.");
                return None;
            }
        };
        Some(Eyewear { patient, operator, others })
    })
}

fn worn(
    violations: &mut Violations,
    field: &str,
    asked: Option<&v1::Eyewear>,
) -> Option<OpticalDensity> {
    let asked = asked?;
    violations.under(field, |violations| {
        let density = asked.optical_density_hundredths;
        let unit = "hundredths of optical density";
        let density = violations.number("optical_density_hundredths", density, 0..=2_550, unit)?;
        match answer(violations, "worn", asked.worn) {
            // Rounded down: eyewear is never taken for denser than it is.
            Answer::Yes => u8::try_from(density / 10).ok().map(OpticalDensity::from_tenths),
            Answer::No | Answer::Unanswered => None,
        }
    })
}

fn area(violations: &mut Violations, field: &str, value: u32) -> Option<Area> {
    let read = violations.number(field, value, 1..=1_000_000, "mm²");
    read.map(Area::from_square_millimetres)
}

/// A part of a whole that is not nothing.
pub(crate) fn permille(violations: &mut Violations, field: &str, value: u32) -> Option<Permille> {
    let read = violations.number(field, value, 1..=1_000, "‰")?;
    Permille::new(u16::try_from(read).ok()?)
}

/// The longest time of emission.
pub(crate) fn time_limit(violations: &mut Violations, value: u32) -> Option<Nanos> {
    let read = violations.number("time_limit_milliseconds", value, 1..=u32::MAX, "ms")?;
    Some(Nanos::from_millis(u64::from(read)))
}

const PICOJOULES_PER_MILLIJOULE: u64 = 1_000_000_000;
