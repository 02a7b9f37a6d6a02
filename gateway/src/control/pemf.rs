//! Field prescriptions: what a coil is told, the applicator and the screening.

use proto::v1;
use safety::{
    ApplicatorCode, Exposure, Flux, Frequency, PemfDose, PemfPrescription, Slew, Waveform,
};

use super::{
    laser::{permille, time_limit},
    prescription::Common,
    violations::Violations,
};

/// Reads what a coil is asked to do. `None` if anything is wrong with it.
pub(crate) fn read(
    violations: &mut Violations,
    asked: &v1::PemfPrescription,
    common: Common,
) -> Option<PemfPrescription> {
    let flux = asked.peak_flux_density_microteslas;
    let flux = violations.number("peak_flux_density_microteslas", flux, 1..=100_000, "µT");
    let frequency = asked.frequency_millihertz;
    let frequency = violations.number("frequency_millihertz", frequency, 1..=1_000_000, "mHz");
    let waveform = violations.choice("waveform", asked.waveform, waveform);
    let ramp = asked.ramp_time_microseconds;
    // The frequency of a sine fixes how fast it rises; every other course has to say it.
    let ramps = match waveform {
        Some(Waveform::Sine) => 0..=0,
        Some(Waveform::Rectangular | Waveform::Triangular) | None => 1..=u32::MAX,
    };
    let ramp = violations.number("ramp_time_microseconds", ramp, ramps, "µs");
    let duty = permille(violations, "duty_permille", asked.duty_permille);
    let most = u64::MAX / FEMTO_PER_MICRO;
    let exposure = asked.exposure_microtesla_seconds;
    let exposure = violations.amount("exposure_microtesla_seconds", exposure, 1..=most, "µT·s");
    let time = time_limit(violations, asked.time_limit_milliseconds);
    let applicator = applicator(violations, "applicator_code", &asked.applicator_code);
    let quantity = Exposure::from_microtesla_seconds(exposure?);
    Some(PemfPrescription {
        site: common.site?,
        touched: common.touched?,
        flux: Flux::from_microteslas(flux?),
        frequency: Frequency::from_millihertz(frequency?),
        waveform: waveform?,
        slew: Slew::from_micros(ramp?),
        duty: duty?,
        dose: PemfDose { quantity, time: time? },
        course: common.course?,
        applicator: applicator?,
        screening: common.screening,
        overrides: common.overrides,
    })
}

/// The waveform as the API names it.
pub(crate) const fn shown(waveform: Waveform) -> v1::Waveform {
    match waveform {
        Waveform::Sine => v1::Waveform::Sine,
        Waveform::Rectangular => v1::Waveform::Rectangle,
        Waveform::Triangular => v1::Waveform::Triangle,
    }
}

fn waveform(waveform: v1::Waveform) -> Option<Waveform> {
    match waveform {
        v1::Waveform::Sine => Some(Waveform::Sine),
        v1::Waveform::Rectangle => Some(Waveform::Rectangular),
        v1::Waveform::Triangle => Some(Waveform::Triangular),
        // No limit is known for these yet, so they cannot be prescribed.
        v1::Waveform::Unspecified
        | v1::Waveform::RectangleBipolar
        | v1::Waveform::Sawtooth
        | v1::Waveform::Pulse => None,
    }
}

/// The code of an applicator.
pub(crate) fn applicator(
    violations: &mut Violations,
    field: &str,
    text: &str,
) -> Option<ApplicatorCode> {
    let code = code(text);
    if code.is_none() {
        let form = "decimal digits, or hexadecimal ones after `0x`, from 1 to 65535";
        violations.add(field, format!("Is no code of an applicator: {form}."));
    }
    code
}

/// The number on an applicator. Zero is no applicator.
fn code(text: &str) -> Option<ApplicatorCode> {
    let code = match text.strip_prefix("0x") {
        Some(digits) if digits.starts_with('+') => return None,
        Some(digits) => u16::from_str_radix(digits, 16).ok()?,
        None if text.starts_with('+') => return None,
        None => text.parse::<u16>().ok()?,
    };
    (code != 0).then(|| ApplicatorCode(u32::from(code)))
}

const FEMTO_PER_MICRO: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_number_in_one_of_two_ways() {
        assert_eq!(code("257"), Some(ApplicatorCode(257)));
        assert_eq!(code("0x0101"), Some(ApplicatorCode(257)));
        for wrong in ["", "0", "+1", "0x+1", "0x", "1 ", "65536", "x1", "0X01"] {
            assert_eq!(code(wrong), None, "{wrong}");
        }
    }
}
