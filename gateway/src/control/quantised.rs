//! The prescription with the values that the unit can be told: what an operator confirms (COM-09).

use clinic::AnyChecked;
use proto::v1::{self, QuantisedValue, Quantity, prescription::Modality};
use safety::{Gate, LaserLevel, PemfLevel};

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
        (AnyChecked::Laser(_), Modality::Pemf(_)) | (AnyChecked::Pemf(_), Modality::Laser(_)) => {
            return None;
        }
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

fn value(quantity: Quantity, requested: u32, quantised: u32) -> QuantisedValue {
    QuantisedValue {
        quantity: quantity.into(),
        requested: requested.into(),
        quantised: quantised.into(),
    }
}
