//! Doses in whole units: what counts against somebody is rounded up, what they got rounded down.

use clinic::AnyDose;
use proto::v1::{self, dose::Amount, prescription::Modality};
use safety::StimulatorDose;

/// Which way an amount is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Round {
    /// Charged, prescribed and owed.
    Up,
    /// Delivered and left.
    Down,
}

/// A dose of a session. Its prescription says over which area and for which waveform.
pub(crate) fn shown(dose: AnyDose, of: Option<&v1::Prescription>, round: Round) -> v1::Dose {
    let modality = of.and_then(|of| of.modality.as_ref());
    let amount = match (dose, modality) {
        (AnyDose::Laser(dose), Some(Modality::Laser(laser))) => {
            light(dose.quantity.picojoules(), Some(laser), round)
        }
        (AnyDose::Laser(dose), Some(Modality::Pemf(_) | Modality::Stimulator(_)) | None) => {
            light(dose.quantity.picojoules(), None, round)
        }
        (AnyDose::Pemf(dose), Some(Modality::Pemf(pemf))) => {
            field(dose.quantity.femtotesla_seconds(), Some(pemf), round)
        }
        (AnyDose::Pemf(dose), Some(Modality::Laser(_) | Modality::Stimulator(_)) | None) => {
            field(dose.quantity.femtotesla_seconds(), None, round)
        }
        (AnyDose::Stimulator(dose), _) => Amount::Stimulator(pulses(&dose, round)),
    };
    v1::Dose { amount: Some(amount) }
}

/// Whether there is nothing of it.
pub(crate) fn is_none(dose: AnyDose) -> bool {
    match dose {
        AnyDose::Laser(dose) => dose.quantity.picojoules() == 0,
        AnyDose::Pemf(dose) => dose.quantity.femtotesla_seconds() == 0,
        AnyDose::Stimulator(dose) => dose.pulses.picopulses() == 0 && dose.energy.picojoules() == 0,
    }
}

/// What `delivered` is of `prescribed`, in thousandths, rounded down.
pub(crate) fn permille(delivered: AnyDose, prescribed: AnyDose) -> u32 {
    let (part, whole) = match (delivered, prescribed) {
        (AnyDose::Laser(part), AnyDose::Laser(whole)) => {
            (part.quantity.picojoules(), whole.quantity.picojoules())
        }
        (AnyDose::Pemf(part), AnyDose::Pemf(whole)) => {
            (part.quantity.femtotesla_seconds(), whole.quantity.femtotesla_seconds())
        }
        (AnyDose::Stimulator(part), AnyDose::Stimulator(whole)) => {
            (part.pulses.picopulses(), whole.pulses.picopulses())
        }
        (AnyDose::Laser(_), AnyDose::Pemf(_) | AnyDose::Stimulator(_))
        | (AnyDose::Pemf(_), AnyDose::Laser(_) | AnyDose::Stimulator(_))
        | (AnyDose::Stimulator(_), AnyDose::Laser(_) | AnyDose::Pemf(_)) => (0, 0),
    };
    let share = (u128::from(part) * 1_000).checked_div(u128::from(whole)).unwrap_or(0);
    u32::try_from(share).unwrap_or(u32::MAX)
}

fn light(picojoules: u64, of: Option<&v1::LaserPrescription>, round: Round) -> Amount {
    let (area, kind) = match of {
        Some(laser) => lit(laser),
        None => (0, v1::AreaKind::Unspecified),
    };
    // 1 pJ/mm² is 10⁻⁷ mJ/cm².
    let fluence = divide(picojoules, area.saturating_mul(10_000_000), round);
    Amount::Laser(v1::LaserDose {
        energy_millijoules: divide(picojoules, 1_000_000_000, round),
        fluence_millijoules_per_square_centimetre: fluence,
        fluence_area: kind.into(),
    })
}

/// The area that the fluence of a prescription is over, in square millimetres.
fn lit(laser: &v1::LaserPrescription) -> (u64, v1::AreaKind) {
    let kind = laser.fluence_area();
    let area = match kind {
        v1::AreaKind::Unspecified => 0,
        v1::AreaKind::Spot => {
            let spot = u64::from(laser.spot_area_square_millimetres);
            spot.saturating_mul(u64::from(laser.stationary_points.max(1)))
        }
        v1::AreaKind::Field => u64::from(laser.field_area_square_millimetres),
    };
    (area, kind)
}

fn field(femtotesla_seconds: u64, of: Option<&v1::PemfPrescription>, round: Round) -> Amount {
    let peak = divide(femtotesla_seconds, 1_000_000_000, round);
    let permille = of.map_or(0, root_mean_square_permille);
    let mean = u128::from(peak) * u128::from(permille);
    let mean = u64::try_from(mean / 1_000).unwrap_or(u64::MAX);
    Amount::Pemf(v1::PemfDose {
        exposure_microtesla_seconds: peak,
        root_mean_square_exposure_microtesla_seconds: mean,
    })
}

/// The root mean square of a waveform of peak 1,000, by its shape and duty alone; for show.
fn root_mean_square_permille(pemf: &v1::PemfPrescription) -> u64 {
    let parts = match pemf.waveform() {
        v1::Waveform::Sine => 2,
        v1::Waveform::Rectangle | v1::Waveform::RectangleBipolar => 1,
        v1::Waveform::Triangle | v1::Waveform::Sawtooth => 3,
        v1::Waveform::Unspecified | v1::Waveform::Pulse => return 0,
    };
    (u64::from(pemf.duty_permille) * 1_000 / parts).isqrt()
}

fn pulses(dose: &StimulatorDose, round: Round) -> v1::StimulatorDose {
    v1::StimulatorDose {
        pulses: divide(dose.pulses.picopulses(), 1_000_000_000_000, round),
        energy_millijoules: divide(dose.energy.picojoules(), 1_000_000_000, round),
    }
}

fn divide(count: u64, by: u64, round: Round) -> u64 {
    match (by, round) {
        (0, _) => 0,
        (by, Round::Up) => count.div_ceil(by),
        (by, Round::Down) => count / by,
    }
}

#[cfg(test)]
mod tests {
    use safety::{Energy, LaserDose, Nanos, Pulses};

    use super::*;
    use crate::control::sample;

    fn laser(picojoules: u64) -> AnyDose {
        let quantity = Energy::from_picojoules(picojoules);
        AnyDose::Laser(LaserDose { quantity, time: Nanos::ZERO })
    }

    #[test]
    fn a_charge_is_never_rounded_down_and_a_delivery_never_up() {
        let of = sample::laser();
        for (count, up, down) in [(0, 0, 0), (1, 1, 0), (1_000_000_000, 1, 1)] {
            let energy = |round| match shown(laser(count), Some(&of), round).amount {
                Some(Amount::Laser(light)) => light.energy_millijoules,
                Some(Amount::Pemf(_) | Amount::Stimulator(_)) | None => panic!("no light"),
            };
            assert_eq!((energy(Round::Up), energy(Round::Down)), (up, down), "{count} pJ");
        }
    }

    #[test]
    fn fluence_is_over_the_area_that_is_named() {
        let mut of = sample::laser();
        sample::laser_of(&mut of).fluence_area = v1::AreaKind::Field.into();
        sample::laser_of(&mut of).field_area_square_millimetres = 2_000;
        // 100 J over 20 cm² are 5 J/cm².
        let amount = shown(laser(100_000_000_000_000), Some(&of), Round::Down).amount;
        let Some(Amount::Laser(light)) = amount else { panic!("no light") };
        assert_eq!(light.fluence_millijoules_per_square_centimetre, 5_000);
    }

    fn stimulation(picopulses: u64, picojoules: u64) -> AnyDose {
        AnyDose::Stimulator(StimulatorDose {
            pulses: Pulses::from_picopulses(picopulses),
            energy: Energy::from_picojoules(picojoules),
            time: Nanos::ZERO,
        })
    }

    /// Pulses are pulses and joules are joules, each rounded by itself, whatever was prescribed.
    #[test]
    fn a_part_of_a_pulse_is_charged_as_one_and_delivered_as_none() {
        const PULSE: u64 = 1_000_000_000_000;
        let amount =
            |dose, of: Option<&v1::Prescription>, round| match shown(dose, of, round).amount {
                Some(Amount::Stimulator(dose)) => (dose.pulses, dose.energy_millijoules),
                Some(Amount::Pemf(_) | Amount::Laser(_)) | None => panic!("no stimulation"),
            };
        let dose = stimulation(9 * PULSE + 1, 686_070_000_000_001);
        for of in [None, Some(sample::laser()), Some(sample::stimulator())] {
            assert_eq!(amount(dose, of.as_ref(), Round::Up), (10, 686_071));
            assert_eq!(amount(dose, of.as_ref(), Round::Down), (9, 686_070));
        }
        assert!(is_none(stimulation(0, 0)));
        assert!(!is_none(stimulation(1, 0)) && !is_none(stimulation(0, 1)));
        let (part, whole) = (stimulation(427 * PULSE, 0), stimulation(450 * PULSE, PULSE));
        assert_eq!(permille(part, whole), 948);
        assert_eq!(permille(laser(5), whole), 0, "a dose is no share of another kind");
    }

    #[test]
    fn a_share_of_nothing_is_nothing() {
        assert_eq!(permille(laser(5), laser(0)), 0);
        assert_eq!(permille(laser(949_999), laser(1_000_000)), 949);
    }
}
