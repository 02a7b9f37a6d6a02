//! How prescriptions, doses and sites stand in a record.
//!
//! Numbers that were given stay as they are; what is new gets the next. A region, a cause or a limit
//! has the number of its place in the list that its package publishes: a record is read by the build
//! that wrote it, or by one that is told to try.

use clinic::{AnyDose, AnyMetered, AnyPrescription};
use safety::{
    Answer, ApplicatorCode, Area, AreaFluence, Cause, Content, Dose, Energy, Exposure, Eyewear,
    Finding, Findings, Fluence, Flux, Frequency, Gate, Integral, LaserPrescription, Limit,
    Multiple, Nanos, OpticalDensity, Others, Overrides, PemfPrescription, Permille, Power, Pulses,
    Region, Screening, Side, Site, Sites, Skin, SkinType, Slew, StimulatorDose,
    StimulatorPrescription, Technique, Waveform, Wavelength,
};

use super::field::{
    Bytes, Field, Malformed, choices, names, parts, put_count, quantities, take_count,
};

quantities! {
    Power: from_milliwatts, milliwatts;
    Energy: from_picojoules, picojoules;
    Flux: from_microteslas, microteslas;
    Exposure: from_femtotesla_seconds, femtotesla_seconds;
    Pulses: from_picopulses, picopulses;
    Frequency: from_millihertz, millihertz;
    Area: from_square_millimetres, square_millimetres;
    Wavelength: from_nanometres, nanometres;
    Slew: from_micros, micros;
    Fluence: from_microjoules_per_cm2, microjoules_per_cm2;
    Multiple: from_thousandths, thousandths;
    OpticalDensity: from_tenths, tenths;
    Nanos: new, get;
}

names!(ApplicatorCode);

choices! {
    AnyPrescription { 0 Laser(own), 1 Pemf(own), 2 Stimulator(own) }
    AnyDose { 0 Laser(own), 1 Pemf(own), 2 Stimulator(own) }
    AnyMetered { 0 Laser(own), 1 Pemf(own), 2 Stimulator(own) }
    Gate { 0 Continuous, 1 Pulsed { frequency, duty } }
    Technique { 0 Scanning { field }, 1 Stationary { points, dwell } }
    AreaFluence { 0 Spot(most), 1 Field(most) }
    Answer { 0 Unanswered, 1 No, 2 Yes }
    SkinType { 1 One, 2 Two, 3 Three, 4 Four, 5 Five, 6 Six }
    Others { 0 Unanswered, 1 Nobody, 2 Weakest(density) }
    Waveform { 0 Sine, 1 Rectangular, 2 Triangular }
    Side { 0 Left, 1 Midline, 2 Right }
}

parts! {
    LaserPrescription {
        site, touched, power, mix, gate, spot, technique, fluence, dose, course, skin, epilepsy, eyewear,
        overrides,
    }
    PemfPrescription {
        site, touched, flux, frequency, waveform, slew, duty, dose, course, applicator, screening, overrides,
    }
    StimulatorPrescription {
        site, touched, motor_threshold, intensity, rate, train_pulses, trains, wait, course, coil, screening,
        overrides,
    }
    StimulatorDose { pulses, energy, time }
    Content { wavelength, share }
    Skin { kind, dark_field, test_spot }
    Eyewear { patient, operator, others }
    Screening { implant, pregnancy, epilepsy, metal, bystander_implant, age_days }
}

impl<Q: Integral + Field> Field for Dose<Q> {
    fn put(&self, out: &mut Vec<u8>) {
        let Self { quantity, time } = self;
        quantity.put(out);
        time.put(out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        Ok(Self { quantity: Q::take(from)?, time: Nanos::take(from)? })
    }
}

impl<const N: usize> Field for [Option<Content>; N] {
    fn put(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|place| place.put(out));
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        let mut places = [None; N];
        for place in &mut places {
            *place = Field::take(from)?;
        }
        Ok(places)
    }
}

impl Field for Permille {
    fn put(&self, out: &mut Vec<u8>) {
        self.get().put(out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        Self::new(u16::take(from)?).ok_or(Malformed::Value("share of a whole"))
    }
}

impl Field for Site {
    fn put(&self, out: &mut Vec<u8>) {
        self.region().put(out);
        self.side().put(out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        let (region, side) = Field::take(from)?;
        Self::new(region, side).ok_or(Malformed::Value("site"))
    }
}

/// A set: its members in their order, each once, so that it has one form.
fn put_set<T: Field>(members: impl Iterator<Item = T>, out: &mut Vec<u8>) {
    let members: Vec<T> = members.collect();
    members.put(out);
}

/// Reads a set.
fn take_set<T: Field + PartialOrd>(from: &mut Bytes<'_>) -> Result<Vec<T>, Malformed> {
    let members = Vec::<T>::take(from)?;
    match members.is_sorted_by(|one, next| one < next) {
        true => Ok(members),
        false => Err(Malformed::Value("set")),
    }
}

impl Field for Overrides {
    fn put(&self, out: &mut Vec<u8>) {
        put_set(Limit::ALL.iter().copied().filter(|limit| self.holds(*limit)), out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        Ok(take_set(from)?.into_iter().fold(Self::NONE, Self::with))
    }
}

impl Field for Sites {
    fn put(&self, out: &mut Vec<u8>) {
        put_set(self.iter(), out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        Ok(take_set::<Site>(from)?.into_iter().collect())
    }
}

impl Field for Findings {
    fn put(&self, out: &mut Vec<u8>) {
        put_set(self.iter(), out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        Ok(take_set::<Finding>(from)?.into_iter().collect())
    }
}

/// What stands in a list that its package publishes: the number of its place.
macro_rules! listed {
    ($($name:ident),*) => {
        $(impl Field for $name {
            fn put(&self, out: &mut Vec<u8>) {
                let place = Self::ALL.iter().position(|each| each == self);
                // Each list holds every value of its type.
                put_count(place.unwrap_or(usize::MAX), out);
            }

            fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
                let place = take_count(from)?;
                Self::ALL.get(place).copied().ok_or(Malformed::Value(stringify!($name)))
            }
        })*
    };
}

listed!(Region, Cause, Limit, Finding);
