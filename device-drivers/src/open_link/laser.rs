//! Light: what a laser unit is told and what it says.

use alloc::{boxed::Box, vec::Vec};

use safety::{
    Dose, Energy, Frequency, Gate, Laser, LaserLevel, Nanos, Permille, Power, WAVELENGTHS_MAX,
    Wavelength,
};

use super::{
    OpenLink,
    capability::Capability,
    fields::Fields,
    plate::{Plate, PlateError},
    spoken::{self, Spoken},
};
use crate::Dialect;

/// What only a laser unit says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Optics {
    /// It may emit without a gate.
    pub continuous: bool,
    /// Its wavelengths, rising; the unused ones last.
    pub sources: [Option<Source>; WAVELENGTHS_MAX],
}

/// One wavelength of a laser unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where in the spectrum.
    pub wavelength: Wavelength,
    /// Its power while on.
    pub peak: Power,
}

impl Spoken for Laser {
    type Own = Optics;

    const CODE: u8 = 1;
    const LEVEL_BYTES: usize = 18;
    const RECORD_BYTES: usize = 68;
    const LEASE_MAX: Nanos = Nanos::from_millis(1_000);
    const FALL: Nanos = Nanos::from_millis(20);

    fn dialect(plate: Plate<Self>) -> Result<Box<dyn Dialect<Self> + Send>, PlateError> {
        Ok(Box::new(OpenLink::new(plate)?))
    }

    fn continuous(own: &Optics) -> bool {
        own.continuous
    }

    fn validate(own: &Optics) -> Result<(), &'static str> {
        let used = own.sources.iter().flatten();
        let rising = used.clone().is_sorted_by(|one, next| one.wavelength < next.wavelength);
        let gap = own.sources.iter().is_sorted_by_key(|source| source.is_none());
        let zero = used.clone().any(|source| source.wavelength == Wavelength::ZERO);
        let possible = used.count() != 0 && rising && gap && !zero;
        if possible { Ok(()) } else { Err("wavelengths") }
    }

    fn encode_own(own: &Optics, out: &mut Vec<u8>) {
        let used = own.sources.iter().flatten().count();
        out.extend([u8::try_from(used).unwrap_or(u8::MAX), 0]);
        for source in own.sources {
            let (wavelength, peak) =
                source.map_or((0, 0), |s| (s.wavelength.nanometres(), s.peak.milliwatts()));
            out.extend(wavelength.to_le_bytes());
            out.extend(peak.to_le_bytes());
        }
    }

    fn exact(level: LaserLevel, capability: &Capability<Self>) -> Option<LaserLevel> {
        let power = capability.level(level.power)?;
        let gate = exact_gate(level.gate, capability)?;
        let exact = LaserLevel { power, gate, ..level };
        can_mix(&exact, &capability.own).then_some(exact)
    }

    fn encode_level(level: LaserLevel, out: &mut Vec<u8>) {
        out.extend(level.power.milliwatts().to_le_bytes());
        for share in level.mix {
            out.extend(share.get().to_le_bytes());
        }
        let (frequency, duty) = match level.gate {
            Gate::Continuous => (Frequency::ZERO, Permille::WHOLE),
            Gate::Pulsed { frequency, duty } => (frequency, duty),
        };
        out.extend(frequency.millihertz().to_le_bytes());
        out.extend(duty.get().to_le_bytes());
    }

    fn decode_level(bytes: &[u8]) -> Option<LaserLevel> {
        let mut fields = Fields::new(bytes);
        let power = Power::from_milliwatts(fields.u32()?);
        let mut mix = [Permille::ZERO; WAVELENGTHS_MAX];
        for share in &mut mix {
            *share = Permille::new(fields.u16()?)?;
        }
        let frequency = Frequency::from_millihertz(fields.u32()?);
        let duty = Permille::new(fields.u16()?)?;
        let gate = match (frequency, duty) {
            (Frequency::ZERO, Permille::WHOLE) => Gate::Continuous,
            (Frequency::ZERO, _) => return None,
            (frequency, duty) => Gate::Pulsed { frequency, duty },
        };
        fields.is_empty().then_some(LaserLevel { power, mix, gate })
    }

    fn encode_preset(dose: Dose<Energy>) -> Option<(u32, u32)> {
        spoken::encode_preset(dose)
    }

    fn decode_preset(quantity: u32, millis: u32) -> Dose<Energy> {
        spoken::decode_preset(quantity, millis)
    }
}

fn exact_gate(gate: Gate, capability: &Capability<Laser>) -> Option<Gate> {
    match gate {
        Gate::Continuous => capability.own.continuous.then_some(gate),
        Gate::Pulsed { frequency, duty } => {
            let frequency = capability.frequency(frequency)?;
            let gated = frequency != Frequency::ZERO && duty < Permille::WHOLE;
            let within = gated && capability.duty.holds(duty) && duty != Permille::ZERO;
            within.then_some(Gate::Pulsed { frequency, duty })
        }
    }
}

/// Whether the shares are a whole, of wavelengths that the unit has, none above its peak (LAS-15).
fn can_mix(level: &LaserLevel, optics: &Optics) -> bool {
    let duty = match level.gate {
        Gate::Continuous => Permille::WHOLE,
        Gate::Pulsed { duty, .. } => duty,
    };
    let whole: u32 = level.mix.iter().map(|share| u32::from(share.get())).sum();
    let can = |(share, source): (&Permille, &Option<Source>)| {
        let asked = u64::from(level.power.milliwatts()) * u64::from(share.get());
        let peak = source.map_or(Power::ZERO, |source| source.peak);
        asked <= u64::from(peak.milliwatts()) * u64::from(duty.get())
    };
    whole == u32::from(Permille::WHOLE.get()) && level.mix.iter().zip(&optics.sources).all(can)
}
