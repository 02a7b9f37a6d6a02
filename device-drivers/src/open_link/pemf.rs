//! A magnetic field: what a PEMF unit is told and what it says.

use alloc::{boxed::Box, vec::Vec};

use safety::{Dose, Exposure, Flux, Frequency, Nanos, Pemf, PemfLevel, Permille, Slew, Waveform};

use super::{
    OpenLink,
    capability::{Capability, Range},
    fields::Fields,
    plate::{Plate, PlateError},
    spoken::{self, Spoken},
};
use crate::Dialect;

/// What only a PEMF unit says of itself (PEM-01).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coil {
    /// It can do a sine.
    pub sine: bool,
    /// It can do flat pulses with ramps.
    pub rectangular: bool,
    /// It can go straight up and straight down.
    pub triangular: bool,
    /// The times from zero to the peak that it can do.
    pub slew: Range<Slew>,
}

/// Twice a slew in µs times a frequency in mHz is in thousandths of 10^6 of a period.
const SLEW_SCALE: u128 = 1_000_000;

impl Spoken for Pemf {
    type Own = Coil;

    const CODE: u8 = 2;
    const LEVEL_BYTES: usize = 15;
    const RECORD_BYTES: usize = 52;
    const LEASE_MAX: Nanos = Nanos::from_millis(3_000);
    const FALL: Nanos = Nanos::from_millis(100);

    fn dialect(plate: Plate<Self>) -> Result<Box<dyn Dialect<Self> + Send>, PlateError> {
        Ok(Box::new(OpenLink::new(plate)?))
    }

    fn continuous(_: &Coil) -> bool {
        false
    }

    fn validate(own: &Coil) -> Result<(), &'static str> {
        let any = own.sine || own.rectangular || own.triangular;
        match (any, own.slew.min <= own.slew.max) {
            (true, true) => Ok(()),
            (false, _) => Err("waveforms"),
            (true, false) => Err("slew"),
        }
    }

    fn encode_own(own: &Coil, out: &mut Vec<u8>) {
        let bits = [own.sine, own.rectangular, own.triangular];
        let waveforms = bits.into_iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(bit));
        out.extend([waveforms, 0]);
        for slew in [own.slew.min, own.slew.max] {
            out.extend(slew.micros().to_le_bytes());
        }
    }

    fn exact(level: PemfLevel, capability: &Capability<Self>) -> Option<PemfLevel> {
        let flux = capability.level(level.flux)?;
        let frequency = capability.frequency(level.frequency)?;
        let exact = PemfLevel { flux, frequency, ..level };
        (frequency != Frequency::ZERO && can_shape(&exact, capability)).then_some(exact)
    }

    fn encode_level(level: PemfLevel, out: &mut Vec<u8>) {
        out.extend(level.flux.microteslas().to_le_bytes());
        out.extend(level.frequency.millihertz().to_le_bytes());
        out.push(match level.waveform {
            Waveform::Sine => 1,
            Waveform::Rectangular => 2,
            Waveform::Triangular => 3,
        });
        out.extend(level.slew.micros().to_le_bytes());
        out.extend(level.duty.get().to_le_bytes());
    }

    fn decode_level(bytes: &[u8]) -> Option<PemfLevel> {
        let mut fields = Fields::new(bytes);
        let level = PemfLevel {
            flux: Flux::from_microteslas(fields.u32()?),
            frequency: Frequency::from_millihertz(fields.u32()?),
            waveform: match fields.u8()? {
                1 => Waveform::Sine,
                2 => Waveform::Rectangular,
                3 => Waveform::Triangular,
                _ => return None,
            },
            slew: Slew::from_micros(fields.u32()?),
            duty: Permille::new(fields.u16()?)?,
        };
        fields.is_empty().then_some(level)
    }

    fn encode_preset(dose: Dose<Exposure>) -> Option<(u32, u32)> {
        spoken::encode_preset(dose)
    }

    fn decode_preset(quantity: u32, millis: u32) -> Dose<Exposure> {
        spoken::decode_preset(quantity, millis)
    }
}

/// Whether the unit can do this course of the field. A sine has no slew and no duty of its own; of
/// the others both edges have to fit into the pulse (PEM-01).
fn can_shape(level: &PemfLevel, capability: &Capability<Pemf>) -> bool {
    let Coil { sine, rectangular, triangular, slew } = capability.own;
    let offered = match level.waveform {
        Waveform::Sine => {
            return sine && level.slew == Slew::ZERO && level.duty == Permille::WHOLE;
        }
        Waveform::Rectangular => rectangular,
        Waveform::Triangular => triangular,
    };
    let frequency = u128::from(level.frequency.millihertz());
    let edges = 2 * u128::from(level.slew.micros()) * frequency;
    let fits = edges <= u128::from(level.duty.get()) * SLEW_SCALE;
    offered && slew.holds(level.slew) && capability.duty.holds(level.duty) && fits
}
