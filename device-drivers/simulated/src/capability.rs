//! What a unit can do, and how it says so (open-link, section 7.2).

/// The facts of a unit that do not change within a boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    /// What kind of output it has, and what only that kind has.
    pub modality: Modality,
    /// A footswitch gates the output (LAS-06).
    pub footswitch_fitted: bool,
    /// A door or relay contact is wired in (LAS-21).
    pub interlock_fitted: bool,
    /// The output is measured where it leaves, not derived from the drive.
    pub output_measured: bool,
    /// Shortest lease, in milliseconds.
    pub lease_min_ms: u16,
    /// Longest lease, in milliseconds; laser 1000, PEMF 3000 at most.
    pub lease_max_ms: u16,
    /// How long WARNING lasts before Enable is taken, in milliseconds (LAS-04).
    pub warning_min_ms: u16,
    /// Time between samples of the output sensor, in milliseconds.
    pub sample_period_ms: u16,
    /// Smallest level; milliwatts of average power, or microtesla of peak flux density.
    pub level_min: u32,
    /// Largest level, same unit.
    pub level_max: u32,
    /// Levels are multiples of this.
    pub level_step: u32,
    /// How fast the output rises, in level units per second (LAS-20).
    pub ramp_per_second: u32,
    /// Lowest frequency of gate or field, in millihertz.
    pub frequency_min_mhz: u32,
    /// Highest frequency, in millihertz.
    pub frequency_max_mhz: u32,
    /// Frequencies are multiples of this, in millihertz.
    pub frequency_step_mhz: u32,
    /// Smallest duty, in permille.
    pub duty_min_permille: u16,
    /// Largest duty, in permille.
    pub duty_max_permille: u16,
}

/// Laser or PEMF, with what only one of them has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Modality {
    /// Light.
    Laser {
        /// Emission without a gate is allowed.
        continuous: bool,
        /// One to four wavelengths, rising; unused places are zero.
        wavelengths: [Wavelength; 4],
    },
    /// A pulsed magnetic field.
    Pemf {
        /// Bit 0 sine, bit 1 rectangular, bit 2 triangular.
        waveforms: u8,
        /// Shortest time from zero to peak, in microseconds (PEM-01).
        slew_min_us: u32,
        /// Longest time from zero to peak, in microseconds.
        slew_max_us: u32,
    },
}

/// One of the wavelengths of a laser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wavelength {
    /// Wavelength in nanometres; 0 = none.
    pub nanometres: u16,
    /// Power while on, in milliwatts.
    pub max_milliwatts: u32,
}

impl Capability {
    /// The capability record: what follows the head of the reply, and what the proof of identity covers.
    pub(crate) fn record(&self) -> Vec<u8> {
        let mut bytes = vec![self.modality.code(), self.flags()];
        for word in
            [self.lease_min_ms, self.lease_max_ms, self.warning_min_ms, self.sample_period_ms]
        {
            bytes.extend(word.to_le_bytes());
        }
        for word in [
            self.level_min,
            self.level_max,
            self.level_step,
            self.ramp_per_second,
            self.frequency_min_mhz,
            self.frequency_max_mhz,
            self.frequency_step_mhz,
        ] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(self.duty_min_permille.to_le_bytes());
        bytes.extend(self.duty_max_permille.to_le_bytes());
        self.modality.record(&mut bytes);
        bytes
    }

    fn flags(&self) -> u8 {
        let continuous = match self.modality {
            Modality::Laser { continuous, .. } => continuous,
            Modality::Pemf { .. } => false,
        };
        u8::from(continuous)
            | u8::from(self.footswitch_fitted) << 1
            | u8::from(self.interlock_fitted) << 2
            | u8::from(self.output_measured) << 3
    }
}

impl Modality {
    fn code(&self) -> u8 {
        match self {
            Self::Laser { .. } => 1,
            Self::Pemf { .. } => 2,
        }
    }

    fn record(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Laser { wavelengths, .. } => {
                let used = wavelengths.iter().filter(|w| w.nanometres != 0).count();
                bytes.extend([u8::try_from(used).unwrap_or(0), 0]);
                for wavelength in wavelengths {
                    bytes.extend(wavelength.nanometres.to_le_bytes());
                    bytes.extend(wavelength.max_milliwatts.to_le_bytes());
                }
            }
            Self::Pemf { waveforms, slew_min_us, slew_max_us } => {
                bytes.extend([*waveforms, 0]);
                bytes.extend(slew_min_us.to_le_bytes());
                bytes.extend(slew_max_us.to_le_bytes());
            }
        }
    }
}
