//! Prescriptions of stimulation: the threshold, the trains, the coil and the screening.

use proto::v1;
use safety::{Frequency, Multiple, Nanos, StimulatorPrescription};

use super::{laser::permille, pemf::applicator, prescription::Common, violations::Violations};

/// Reads what a stimulator is asked to do. `None` if anything is wrong with it.
pub(crate) fn read(
    violations: &mut Violations,
    asked: &v1::StimulatorPrescription,
    common: Common,
) -> Option<StimulatorPrescription> {
    let threshold =
        permille(violations, "motor_threshold_permille", asked.motor_threshold_permille);
    let multiple = asked.threshold_multiple_permille;
    let multiple = violations.number("threshold_multiple_permille", multiple, 1..=10_000, "‰");
    let rate = violations.number("rate_millihertz", asked.rate_millihertz, 1..=1_000_000, "mHz");
    let pulses = asked.pulses_per_train;
    let pulses = violations.number("pulses_per_train", pulses, 1..=1_000_000, "pulses");
    let trains = violations.number("trains", asked.trains, 1..=1_000_000, "trains");
    let wait = asked.wait_milliseconds;
    let wait = violations.number("wait_milliseconds", wait, 1..=600_000, "ms");
    let coil = applicator(violations, "coil_code", &asked.coil_code);
    Some(StimulatorPrescription {
        site: common.site?,
        touched: common.touched?,
        motor_threshold: threshold?,
        intensity: Multiple::from_thousandths(multiple?),
        rate: Frequency::from_millihertz(rate?),
        train_pulses: pulses?,
        trains: trains?,
        wait: Nanos::from_millis(u64::from(wait?)),
        course: common.course?,
        coil: coil?,
        screening: common.screening,
        overrides: common.overrides,
    })
}
