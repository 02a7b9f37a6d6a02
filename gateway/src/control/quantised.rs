//! The prescription with the values that the unit can be told: what an operator confirms (COM-09).

use clinic::AnyChecked;
use proto::v1::{self, QuantisedValue, Quantity, prescription::Modality};
use safety::{Gate, LaserLevel, PemfLevel, StimulatorLevel};

use super::{
    level::{Wavelengths, gate, shares},
    pemf,
};

/// What was asked with the values of the check put in, and each value beside the one asked for.
/// `None` if the unit can be told nothing near.
pub(crate) fn of(
    asked: &v1::Prescription,
    checked: &AnyChecked,
    wavelengths: &Wavelengths,
) -> Option<(v1::Prescription, Vec<QuantisedValue>)> {
    let mut quantised = asked.clone();
    let values = match (checked, quantised.modality.as_mut()?) {
        (AnyChecked::Laser(checked), Modality::Laser(laser)) => {
            light(laser, checked.level()?, wavelengths)?
        }
        (AnyChecked::Pemf(checked), Modality::Pemf(pemf)) => field(pemf, checked.level()?),
        (AnyChecked::Stimulator(checked), Modality::Stimulator(stimulator)) => {
            trains(stimulator, checked.level()?)?
        }
        (AnyChecked::Laser(_), Modality::Pemf(_) | Modality::Stimulator(_))
        | (AnyChecked::Pemf(_), Modality::Laser(_) | Modality::Stimulator(_))
        | (AnyChecked::Stimulator(_), Modality::Laser(_) | Modality::Pemf(_)) => return None,
    };
    Some((quantised, values))
}

fn light(
    laser: &mut v1::LaserPrescription,
    level: LaserLevel,
    wavelengths: &Wavelengths,
) -> Option<Vec<QuantisedValue>> {
    let mut values = Vec::new();
    let power = level.power.milliwatts();
    values.push(value(Quantity::PowerMilliwatts, laser.power_milliwatts, power));
    laser.power_milliwatts = power;

    let mix = shares(level.mix, wavelengths)?;
    for asked in &mut laser.wavelengths {
        let same =
            |one: &&v1::WavelengthShare| one.wavelength_nanometres == asked.wavelength_nanometres;
        let share = mix.iter().find(same)?.share_permille;
        values.push(value(Quantity::SharePermille, asked.share_permille, share));
        asked.share_permille = share;
    }
    if laser.wavelengths.len() != mix.len() {
        return None;
    }

    let asked = laser.gate.as_ref().and_then(|gate| gate.gate.as_ref());
    if let (Some(v1::gate::Gate::Pulsed(asked)), Gate::Pulsed { frequency, duty }) =
        (asked, level.gate)
    {
        let frequency = frequency.millihertz();
        values.push(value(Quantity::FrequencyMillihertz, asked.frequency_millihertz, frequency));
        values.push(value(Quantity::DutyPermille, asked.duty_permille, duty.get().into()));
    }
    laser.gate = Some(gate(level.gate));
    Some(values)
}

fn field(pemf: &mut v1::PemfPrescription, level: PemfLevel) -> Vec<QuantisedValue> {
    let flux = level.flux.microteslas();
    let frequency = level.frequency.millihertz();
    let ramp = level.slew.micros();
    let duty = u32::from(level.duty.get());
    let values = vec![
        value(Quantity::FluxDensityMicroteslas, pemf.peak_flux_density_microteslas, flux),
        value(Quantity::FrequencyMillihertz, pemf.frequency_millihertz, frequency),
        value(Quantity::TimeMicroseconds, pemf.ramp_time_microseconds, ramp),
        value(Quantity::DutyPermille, pemf.duty_permille, duty),
    ];
    pemf.peak_flux_density_microteslas = flux;
    pemf.frequency_millihertz = frequency;
    pemf.ramp_time_microseconds = ramp;
    pemf.duty_permille = duty;
    pemf.waveform = pemf::shown(level.waveform).into();
    values
}

/// The intensity that the unit is set to falls between two multiples of the threshold: the least
/// multiple that leads to it stands for it. `None` without a threshold.
fn trains(
    stimulator: &mut v1::StimulatorPrescription,
    level: StimulatorLevel,
) -> Option<Vec<QuantisedValue>> {
    let threshold = stimulator.motor_threshold_permille;
    if threshold == 0 {
        return None;
    }
    let asked = stimulator.threshold_multiple_permille;
    let intensity = u32::from(level.intensity.get());
    let multiple = intensity.saturating_mul(1_000).div_ceil(threshold);
    let product = u64::from(threshold).saturating_mul(asked.into()).div_ceil(1_000);
    let product = u32::try_from(product).unwrap_or(u32::MAX);
    let rate = level.rate.millihertz();
    let values = vec![
        value(Quantity::IntensityPermille, product, intensity),
        value(Quantity::SharePermille, asked, multiple),
        value(Quantity::FrequencyMillihertz, stimulator.rate_millihertz, rate),
    ];
    stimulator.threshold_multiple_permille = multiple;
    stimulator.rate_millihertz = rate;
    Some(values)
}

fn value(quantity: Quantity, requested: u32, quantised: u32) -> QuantisedValue {
    QuantisedValue {
        quantity: quantity.into(),
        requested: requested.into(),
        quantised: quantised.into(),
    }
}

#[cfg(test)]
mod tests {
    use safety::{Energy, Frequency, Nanos, Permille};

    use super::*;
    use crate::control::sample;

    fn level(intensity: u16) -> StimulatorLevel {
        StimulatorLevel {
            intensity: Permille::new(intensity).unwrap(),
            rate: Frequency::from_millihertz(9_900),
            pulses: 9,
            wait: Nanos::from_secs(10),
            pulse_energy: Energy::from_millijoules(65_545),
        }
    }

    /// COM-09: a person sees what the unit is set to, and the least multiple that leads there: 47 %
    /// times 1.086 is 51.042 %, and times 1.085 it is 50.995 %.
    #[test]
    fn an_intensity_stands_for_its_least_multiple() {
        let mut asked = sample::stimulator();
        let asked = sample::stimulator_of(&mut asked);
        let values = trains(asked, level(510)).unwrap();
        let wanted = [
            value(Quantity::IntensityPermille, 513, 510),
            value(Quantity::SharePermille, 1_090, 1_086),
            value(Quantity::FrequencyMillihertz, 10_000, 9_900),
        ];
        assert_eq!(values, wanted);
        assert_eq!((asked.threshold_multiple_permille, asked.rate_millihertz), (1_086, 9_900));
    }

    /// What is quantised already stays as it is, or nobody could ever confirm it.
    #[test]
    fn what_is_quantised_stays() {
        for threshold in 1..=1_000 {
            for intensity in (10..=1_000).step_by(10) {
                let mut asked = sample::stimulator();
                let asked = sample::stimulator_of(&mut asked);
                asked.motor_threshold_permille = threshold;
                trains(asked, level(intensity)).unwrap();
                let (once, multiple) = (asked.clone(), asked.threshold_multiple_permille);
                let millionths = u32::from(intensity) * 1_000;
                assert!(millionths <= threshold * multiple, "{threshold} {intensity}");
                assert!(threshold * (multiple - 1) < millionths, "{threshold} {intensity}");
                trains(asked, level(intensity)).unwrap();
                assert_eq!(*asked, once);
            }
        }
    }
}
