//! How a unit is built: its plate, its key, its capabilities, and the physics of its output.

use crate::{
    capability::{Capability, Modality, Wavelength},
    identity,
};

/// Everything about a unit that is decided before it is switched on.
///
/// Change what you like with struct update: `Plan { address: 2, ..Plan::pemf("RING-0001") }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Maker on the plate; 1 to 24 printable ASCII characters, as are the next three.
    pub maker: String,
    /// Model on the plate.
    pub model: String,
    /// Serial number on the plate.
    pub serial: String,
    /// Firmware version.
    pub firmware: String,
    /// The secret that proves the identity; [`Plan::laser`] and [`Plan::pemf`] derive it from the serial.
    pub key: [u8; 32],
    /// Address on the line, 1..=247.
    pub address: u8,
    /// Day of the last calibration, in days since 1970-01-01.
    pub calibrated_on: u32,
    /// First day on which it must not be used any more, in days since 1970-01-01.
    pub calibration_due: u32,
    /// Code of the applicator that hangs on it.
    pub applicator: u16,
    /// What it can do.
    pub capability: Capability,
    /// Time from start to the first answer, in milliseconds.
    pub boot_ms: u32,
    /// Time from the first answer until it takes a setting, in milliseconds.
    pub warm_up_ms: u32,
    /// Time from a request to the first byte of its reply, in microseconds.
    pub answer_us: u32,
    /// Temperature of the room, in hundredths of a degree Celsius.
    pub ambient_centidegrees: i16,
    /// How far the applicator would rise above the room at the largest level for ever, in hundredths of a degree.
    pub rise_centidegrees: i16,
    /// How slowly it does so: the thermal time constant, in seconds.
    pub thermal_seconds: u32,
}

/// 2026-01-01, in days since 1970-01-01.
const CALIBRATED_ON: u32 = 20_454;

/// 2036-01-01, in days since 1970-01-01: a simulated meter does not age, and a demonstration must not stop on a date.
const CALIBRATION_DUE: u32 = 24_106;

impl Plan {
    /// A Class IV laser: 650, 810, 915 and 980 nm, 15 W, 5 W/s up, footswitch and door contact.
    pub fn laser(serial: &str) -> Self {
        Self {
            model: "Lumen 15".into(),
            applicator: 0x0101,
            capability: laser_capability(),
            warm_up_ms: 3_000,
            rise_centidegrees: 1_200,
            thermal_seconds: 120,
            ..Self::common(serial)
        }
    }

    /// A PEMF unit with a 30 mT trunk ring. At full field the ring trips at 43 °C within minutes; at 10 mT it never does.
    pub fn pemf(serial: &str) -> Self {
        Self {
            model: "Ring 30".into(),
            applicator: 0x0201,
            capability: pemf_capability(),
            rise_centidegrees: 4_000,
            thermal_seconds: 300,
            ..Self::common(serial)
        }
    }

    fn common(serial: &str) -> Self {
        Self {
            maker: "Open Therapy Works".into(),
            model: String::new(),
            serial: serial.into(),
            firmware: "1.4.0".into(),
            key: identity::key_of(serial),
            address: 1,
            calibrated_on: CALIBRATED_ON,
            calibration_due: CALIBRATION_DUE,
            applicator: 0,
            capability: laser_capability(),
            boot_ms: 200,
            warm_up_ms: 1_000,
            answer_us: 1_000,
            ambient_centidegrees: 2_300,
            rise_centidegrees: 0,
            thermal_seconds: 1,
        }
    }
}

fn laser_capability() -> Capability {
    let of = |nanometres, max_milliwatts| Wavelength { nanometres, max_milliwatts };
    Capability {
        modality: Modality::Laser {
            continuous: true,
            wavelengths: [of(650, 500), of(810, 5_000), of(915, 5_000), of(980, 10_000)],
        },
        footswitch_fitted: true,
        interlock_fitted: true,
        output_measured: true,
        lease_min_ms: 200,
        lease_max_ms: 1_000,
        warning_min_ms: 2_000,
        sample_period_ms: 20,
        level_min: 100,
        level_max: 15_000,
        level_step: 50,
        ramp_per_second: 5_000,
        frequency_min_mhz: 1_000,
        frequency_max_mhz: 20_000_000,
        frequency_step_mhz: 1_000,
        duty_min_permille: 100,
        duty_max_permille: 1_000,
    }
}

fn pemf_capability() -> Capability {
    Capability {
        modality: Modality::Pemf { waveforms: 0b111, slew_min_us: 500, slew_max_us: 20_000 },
        footswitch_fitted: false,
        interlock_fitted: true,
        output_measured: true,
        lease_min_ms: 500,
        lease_max_ms: 3_000,
        warning_min_ms: 500,
        sample_period_ms: 50,
        level_min: 100,
        level_max: 30_000,
        level_step: 10,
        ramp_per_second: 20_000,
        frequency_min_mhz: 500,
        frequency_max_mhz: 100_000,
        frequency_step_mhz: 100,
        duty_min_permille: 10,
        duty_max_permille: 1_000,
    }
}
