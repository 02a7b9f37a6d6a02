//! What is prescribed: short sessions within the limits, and now and then one beyond them.

use clinic::{AnyPrescription, PatientKey, Proposal, UnitId};
use rand::{Rng, rngs::StdRng};
use safety::{
    Answer, ApplicatorCode, Area, AreaFluence, Content, Dose, Energy, Exposure, Eyewear, Fluence,
    Flux, Frequency, Gate, LaserPrescription, Limit, Nanos, OpticalDensity, Others, Overrides,
    PemfPrescription, Permille, Power, Region, Screening, Side, Site, Sites, Skin, SkinType, Slew,
    Technique, Waveform, Wavelength,
};

use crate::ward::{self, Kind};

/// How many patients the clinic knows.
const PATIENTS: u32 = 60;

/// A prescription for somebody on the unit at `place`.
pub(crate) fn proposal(place: usize, chance: &mut StdRng) -> Proposal {
    let unit = UnitId(u16::try_from(place).unwrap_or_default());
    let patient = patient(chance.random_range(0..PATIENTS));
    Proposal { unit, patient, prescription: prescription(ward::kind(place), chance) }
}

/// A patient by number.
pub(crate) fn patient(number: u32) -> PatientKey {
    PatientKey::new("clinic.example", &format!("p{number}")).expect("a key that can be")
}

/// A prescription of `kind`.
pub(crate) fn prescription(kind: Kind, chance: &mut StdRng) -> AnyPrescription {
    match kind {
        Kind::Laser => AnyPrescription::Laser(laser(chance)),
        Kind::Pemf => AnyPrescription::Pemf(pemf(chance)),
        Kind::Stimulator => unreachable!("no stimulator stands in a ward"),
    }
}

/// Five watts or so for five to forty seconds. One in thirty asks for too much.
fn laser(chance: &mut StdRng) -> LaserPrescription {
    let greedy = chance.random_ratio(1, 30);
    let milliwatts = if greedy { 20_000 } else { chance.random_range(20..160) * 50 };
    let seconds = chance.random_range(5..40_u64);
    let millijoules = u64::from(milliwatts) * seconds;
    let time = Nanos::from_millis(seconds * chance.random_range(991..1_600));
    let regions = [
        (Region::PosteriorNeck, Side::Midline),
        (Region::PosteriorNeck, Side::Left),
        (Region::Trapezius, Side::Left),
        (Region::Trapezius, Side::Right),
        (Region::UpperBack, Side::Midline),
        (Region::LowerBack, Side::Midline),
    ];
    let content = |nanometres, share| {
        let wavelength = Wavelength::from_nanometres(nanometres);
        Some(Content { wavelength, share: Permille::new(share).unwrap_or_default() })
    };
    let pulsed = chance.random_ratio(1, 3);
    let frequency = Frequency::from_millihertz(1_000_000);
    let duty = Permille::new(900).unwrap_or_default();
    let site = site(&regions, chance);
    LaserPrescription {
        site,
        touched: touched(site, chance),
        power: Power::from_milliwatts(milliwatts),
        mix: [content(810, 500), content(980, 500), None, None],
        gate: if pulsed { Gate::Pulsed { frequency, duty } } else { Gate::Continuous },
        spot: Area::from_square_millimetres(1_960),
        technique: Technique::Scanning { field: Area::from_square_millimetres(40_000) },
        fluence: AreaFluence::Field(Fluence::from_microjoules_per_cm2(
            millijoules * 1_000 * 12 / (400 * 10),
        )),
        dose: Dose { quantity: Energy::from_millijoules(millijoules), time },
        course: 20,
        skin: Skin { kind: Some(SkinType::Two), dark_field: Answer::No, test_spot: false },
        epilepsy: Answer::No,
        eyewear: Eyewear {
            patient: Some(OpticalDensity::from_tenths(50)),
            operator: Some(OpticalDensity::from_tenths(60)),
            others: Others::Nobody,
        },
        overrides: all_overridden(),
    }
}

/// A few millitesla for five to forty seconds.
fn pemf(chance: &mut StdRng) -> PemfPrescription {
    let microteslas = chance.random_range(100..2_900) * 10;
    let seconds = chance.random_range(5..40_u64);
    let time = Nanos::from_millis(seconds * chance.random_range(991..1_600));
    let regions = [
        (Region::LowerBack, Side::Midline),
        (Region::UpperBack, Side::Left),
        (Region::Knee, Side::Left),
        (Region::Knee, Side::Right),
        (Region::Shoulder, Side::Left),
        (Region::Foot, Side::Right),
    ];
    let site = site(&regions, chance);
    PemfPrescription {
        site,
        touched: touched(site, chance),
        flux: Flux::from_microteslas(microteslas),
        frequency: Frequency::from_millihertz(10_000),
        waveform: Waveform::Rectangular,
        slew: Slew::from_micros(2_000),
        duty: Permille::new(500).unwrap_or_default(),
        dose: Dose {
            quantity: Exposure::from_microtesla_seconds(u64::from(microteslas) * seconds),
            time,
        },
        course: 20,
        applicator: ApplicatorCode(u32::from(ward::built(ward::UNITS - 1).applicator)),
        screening: Screening {
            implant: if chance.random_ratio(1, 30) { Answer::Yes } else { Answer::No },
            pregnancy: Answer::No,
            epilepsy: Answer::No,
            metal: Answer::No,
            bystander_implant: Answer::No,
            age_days: Some(3),
        },
        overrides: all_overridden(),
    }
}

fn site(regions: &[(Region, Side)], chance: &mut StdRng) -> Site {
    let (region, side) = regions[chance.random_range(0..regions.len())];
    Site::new(region, side).expect("a site that is")
}

/// Every eighth field reaches into a neighbouring site.
fn touched(site: Site, chance: &mut StdRng) -> Sites {
    if !chance.random_ratio(1, 8) {
        return Sites::NONE;
    }
    let beside: Vec<Site> = site.neighbours().collect();
    Sites::NONE.with(beside[chance.random_range(0..beside.len())])
}

fn all_overridden() -> Overrides {
    Limit::ALL.iter().fold(Overrides::NONE, |set, limit| set.with(*limit))
}

/// What the judge has to know of a prescription: the level, the quantity and the time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// Milliwatts or microtesla.
    pub(crate) level: u64,
    /// pJ or fT·s.
    pub(crate) quantity: u64,
}

impl Asked {
    pub(crate) fn of(prescription: &AnyPrescription) -> Self {
        match prescription {
            AnyPrescription::Laser(laser) => Self {
                level: u64::from(laser.power.milliwatts()),
                quantity: laser.dose.quantity.picojoules(),
            },
            AnyPrescription::Pemf(pemf) => Self {
                level: u64::from(pemf.flux.microteslas()),
                quantity: pemf.dose.quantity.femtotesla_seconds(),
            },
            AnyPrescription::Stimulator(stimulator) => Self {
                level: u64::from(stimulator.rate.millihertz()),
                quantity: u64::from(stimulator.train_pulses)
                    * u64::from(stimulator.trains)
                    * 1_000_000_000_000,
            },
        }
    }
}
