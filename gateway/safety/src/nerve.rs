//! How close the slew of a field comes to stimulating nerves.
//!
//! The mean threshold of peripheral nerve stimulation is 20 T/s × (1 + 0.36 ms / t), where t is the
//! time of the rise (IEC 60601-2-33, with the rheobase and chronaxie that are used in practice). It
//! is the same law for a short ramp and a long one: a rise of B within t reaches B / (20 T/s (t +
//! 0.36 ms)) of it.

use crate::{
    pemf::{PemfLevel, Waveform},
    quantity::{FluxRate, Multiple, Slew},
    root::{quotient_down, quotient_up},
};

/// The mean threshold for a rise that takes `slew`, rounded down; `None` if that is unknown.
pub fn threshold(slew: Slew) -> Option<FluxRate> {
    let micros = u64::from(slew.micros());
    let rise = quotient_down(&[CHRONAXIE_MICROS, RHEOBASE_MILLITESLAS], &[micros]);
    let rate = u32::try_from(rise.saturating_add(RHEOBASE_MILLITESLAS)).unwrap_or(u32::MAX);
    (micros > 0).then(|| FluxRate::from_milliteslas_per_second(rate))
}

/// The fastest change of the field at `level`, rounded up; `None` if its slew is unknown (PEM-01).
pub fn flux_rate(level: &PemfLevel) -> Option<FluxRate> {
    let flux = u64::from(level.flux.microteslas());
    let ramp = ramp(level).map(|micros| quotient_up(&[flux, 1_000], &[micros]));
    let rate = match level.waveform {
        Waveform::Sine => Some(sine_rate(level).max(ramp.unwrap_or(0))),
        Waveform::Rectangular | Waveform::Triangular => ramp,
    }?;
    Some(FluxRate::from_milliteslas_per_second(u32::try_from(rate).unwrap_or(u32::MAX)))
}

/// How much of the threshold `level` reaches, rounded up; `None` if its slew is unknown (PEM-02).
pub fn stimulation(level: &PemfLevel) -> Option<Multiple> {
    let flux = u64::from(level.flux.microteslas());
    // A rise of one microtesla within 0.36 ms less nothing is 50 thousandths per microsecond.
    let ramp = ramp(level)
        .map(|micros| quotient_up(&[flux, 50], &[micros.saturating_add(CHRONAXIE_MICROS)]));
    let share = match level.waveform {
        Waveform::Sine => Some(sine_share(level).max(ramp.unwrap_or(0))),
        Waveform::Rectangular | Waveform::Triangular => ramp,
    }?;
    Some(Multiple::from_thousandths(u32::try_from(share).unwrap_or(u32::MAX)))
}

/// The time of the rise: what was declared, but no longer than fits twice into the time that the
/// field is on. A declared time of zero is unknown.
fn ramp(level: &PemfLevel) -> Option<u64> {
    let declared = u64::from(level.slew.micros());
    let on = [1_000_000, u64::from(level.duty.get())];
    let longest = quotient_down(&on, &[u64::from(level.frequency.millihertz()), 2]);
    (declared > 0).then(|| declared.min(longest))
}

/// 2π f B in millitesla per second, with 355/113 for π, which is above it.
fn sine_rate(level: &PemfLevel) -> u64 {
    let (flux, frequency) = (level.flux.microteslas(), level.frequency.millihertz());
    quotient_up(&[710, u64::from(flux), u64::from(frequency)], &[113, 1_000_000])
}

/// A sine by its steepest slope and the half period that its longest rise takes: both to the side
/// of refusal.
fn sine_share(level: &PemfLevel) -> u64 {
    let flux = u64::from(level.flux.microteslas());
    let frequency = u64::from(level.frequency.millihertz());
    // 0.36 ms in half periods is 720 thousand-millionths per millihertz.
    let curve = frequency.saturating_mul(720).saturating_add(1_000_000_000);
    quotient_up(&[50, 710, flux, frequency], &[113, curve])
}

/// 20 T/s (IEC 60601-2-33 practice).
const RHEOBASE_MILLITESLAS: u64 = 20_000;
/// 0.36 ms (IEC 60601-2-33 practice).
const CHRONAXIE_MICROS: u64 = 360;
