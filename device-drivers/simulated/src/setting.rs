//! A setting: level, preset and lease, as asked, as rounded, as held (open-link, section 7.4; PEM-01, COM-09).

use crate::{
    capability::{Capability, Modality, Wavelength},
    frame::{Reader, crc32},
};

/// The longest preset time, in milliseconds: 90 minutes (open-link, section 7.4).
const PRESET_TIME_MS_MAX: u32 = 5_400_000;

/// Permille in one.
const WHOLE: u16 = 1_000;

/// The waveform code of a sine, whose slew its frequency fixes.
const SINE: u8 = 1;

/// The number of the first field that is out of range.
pub(crate) type Field = u16;

/// What a unit holds between Set and off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) shape: Shape,
    /// Milliwatts of average power, or microtesla of peak flux density.
    pub(crate) level: u32,
    /// Millijoules, or microtesla seconds.
    pub(crate) preset_dose: u32,
    pub(crate) preset_time_ms: u32,
    pub(crate) lease_ms: u16,
}

/// How the level is put out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Laser { share_permille: [u16; 4], frequency_mhz: u32, duty_permille: u16 },
    Pemf { frequency_mhz: u32, waveform: u8, slew_us: u32, duty_permille: u16 },
}

impl Setting {
    /// Bytes of a setting of this modality on the line.
    pub(crate) const fn bytes(modality: &Modality) -> usize {
        match modality {
            Modality::Laser { .. } => 28,
            Modality::Pemf { .. } => 25,
        }
    }

    /// Reads what is asked and rounds it to what the unit can do. Nothing is clamped.
    pub(crate) fn parse(payload: &[u8], can: &Capability) -> Result<Self, Field> {
        let mut fields = Reader::new(payload);
        let level =
            quantise(fields.u32(), can.level_min, can.level_max, can.level_step).ok_or(1u16)?;
        let (shape, first_preset): (Shape, Field) = match &can.modality {
            Modality::Laser { continuous, wavelengths } => {
                (laser_shape(&mut fields, can, *continuous, wavelengths)?, 5)
            }
            Modality::Pemf { waveforms, slew_min_us, slew_max_us } => {
                (pemf_shape(&mut fields, can, *waveforms, *slew_min_us..=*slew_max_us)?, 6)
            }
        };
        let preset_dose = fields.u32().filter(|dose| *dose > 0).ok_or(first_preset)?;
        let time = fields.u32().filter(|ms| (1..=PRESET_TIME_MS_MAX).contains(ms));
        let lease = fields.u16().filter(|ms| (can.lease_min_ms..=can.lease_max_ms).contains(ms));
        let preset_time_ms = time.ok_or(first_preset + 1)?;
        let lease_ms = lease.ok_or(first_preset + 2)?;
        let setting = Self { shape, level, preset_dose, preset_time_ms, lease_ms };
        setting.joins(can)?;
        Ok(setting)
    }

    /// The conditions that join two fields.
    fn joins(&self, can: &Capability) -> Result<(), Field> {
        let fits = match (&self.shape, &can.modality) {
            (
                Shape::Laser { share_permille, duty_permille, .. },
                Modality::Laser { wavelengths, .. },
            ) => share_permille.iter().zip(wavelengths).all(|(share, wavelength)| {
                let peak_asked = u64::from(self.level) * u64::from(*share);
                peak_asked <= u64::from(wavelength.max_milliwatts) * u64::from(*duty_permille)
            }),
            (Shape::Pemf { frequency_mhz, slew_us, duty_permille, .. }, Modality::Pemf { .. }) => {
                let edges = 2 * u64::from(*slew_us) * u64::from(*frequency_mhz);
                edges <= u64::from(*duty_permille) * 1_000_000
            }
            (Shape::Laser { .. }, Modality::Pemf { .. })
            | (Shape::Pemf { .. }, Modality::Laser { .. }) => false,
        };
        if fits { Ok(()) } else { Err(self.joined_field()) }
    }

    fn joined_field(&self) -> Field {
        match self.shape {
            Shape::Laser { .. } => 2,
            Shape::Pemf { .. } => 4,
        }
    }

    /// The setting as it stands in Set and in its reply.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.encode_level();
        bytes.extend(self.preset_dose.to_le_bytes());
        bytes.extend(self.preset_time_ms.to_le_bytes());
        bytes.extend(self.lease_ms.to_le_bytes());
        bytes
    }

    /// The part of it that Status shows.
    pub(crate) fn encode_level(&self) -> Vec<u8> {
        let mut bytes = self.level.to_le_bytes().to_vec();
        match &self.shape {
            Shape::Laser { share_permille, frequency_mhz, duty_permille } => {
                bytes.extend(share_permille.iter().flat_map(|share| share.to_le_bytes()));
                bytes.extend(frequency_mhz.to_le_bytes());
                bytes.extend(duty_permille.to_le_bytes());
            }
            Shape::Pemf { frequency_mhz, waveform, slew_us, duty_permille } => {
                bytes.extend(frequency_mhz.to_le_bytes());
                bytes.push(*waveform);
                bytes.extend(slew_us.to_le_bytes());
                bytes.extend(duty_permille.to_le_bytes());
            }
        }
        bytes
    }

    /// What Enable must name.
    pub(crate) fn digest(&self) -> u32 {
        crc32(&self.encode())
    }
}

fn laser_shape(
    fields: &mut Reader<'_>,
    can: &Capability,
    continuous: bool,
    wavelengths: &[Wavelength; 4],
) -> Result<Shape, Field> {
    let mut share_permille = [0; 4];
    for share in &mut share_permille {
        *share = fields.u16().ok_or(2u16)?;
    }
    let sum: u32 = share_permille.iter().map(|share| u32::from(*share)).sum();
    let stray = share_permille.iter().zip(wavelengths).any(|(s, w)| *s > 0 && w.nanometres == 0);
    if sum != u32::from(WHOLE) || stray {
        return Err(2);
    }
    let asked = fields.u32();
    let frequency_mhz = match asked {
        Some(0) if continuous => 0,
        Some(_) | None => quantise_frequency(asked, can).ok_or(3u16)?,
    };
    let duty = fields.u16().filter(|duty| in_duty(*duty, can, frequency_mhz == 0));
    Ok(Shape::Laser { share_permille, frequency_mhz, duty_permille: duty.ok_or(4u16)? })
}

fn pemf_shape(
    fields: &mut Reader<'_>,
    can: &Capability,
    waveforms: u8,
    slews: std::ops::RangeInclusive<u32>,
) -> Result<Shape, Field> {
    let frequency_mhz = quantise_frequency(fields.u32(), can).ok_or(2u16)?;
    let offered = |code: &u8| (1..=3).contains(code) && waveforms >> (code - 1) & 1 == 1;
    let waveform = fields.u8().filter(offered).ok_or(3u16)?;
    let sine = waveform == SINE;
    let slew = fields.u32().filter(|us| if sine { *us == 0 } else { slews.contains(us) });
    let slew_us = slew.ok_or(4u16)?;
    let duty = fields.u16().filter(|duty| in_duty(*duty, can, sine));
    Ok(Shape::Pemf { frequency_mhz, waveform, slew_us, duty_permille: duty.ok_or(5u16)? })
}

fn in_duty(duty: u16, can: &Capability, whole_only: bool) -> bool {
    if whole_only {
        return duty == WHOLE;
    }
    (can.duty_min_permille..=can.duty_max_permille).contains(&duty)
}

fn quantise_frequency(asked: Option<u32>, can: &Capability) -> Option<u32> {
    quantise(asked, can.frequency_min_mhz, can.frequency_max_mhz, can.frequency_step_mhz)
}

/// Rounds down to a multiple of `step`; `None` if that is, or was, out of range.
fn quantise(asked: Option<u32>, min: u32, max: u32, step: u32) -> Option<u32> {
    let asked = asked.filter(|asked| (min..=max).contains(asked))?;
    let held = asked - asked.checked_rem(step)?;
    (held >= min).then_some(held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plan;
    use proptest::prelude::*;

    fn laser(edit: impl Fn(&mut [u8])) -> Result<Setting, Field> {
        let mut payload = Vec::new();
        payload.extend(5_030u32.to_le_bytes());
        payload.extend([0u16, 500, 0, 500].iter().flat_map(|s| s.to_le_bytes()));
        payload.extend(0u32.to_le_bytes());
        payload.extend(1_000u16.to_le_bytes());
        payload.extend(300_000u32.to_le_bytes());
        payload.extend(60_000u32.to_le_bytes());
        payload.extend(500u16.to_le_bytes());
        edit(&mut payload);
        Setting::parse(&payload, &Plan::laser("A").capability)
    }

    fn pemf(edit: impl Fn(&mut [u8])) -> Result<Setting, Field> {
        let mut payload = Vec::new();
        payload.extend(10_000u32.to_le_bytes());
        payload.extend(10_000u32.to_le_bytes());
        payload.push(2);
        payload.extend(2_000u32.to_le_bytes());
        payload.extend(500u16.to_le_bytes());
        payload.extend(18_000_000u32.to_le_bytes());
        payload.extend(1_800_000u32.to_le_bytes());
        payload.extend(2_000u16.to_le_bytes());
        edit(&mut payload);
        Setting::parse(&payload, &Plan::pemf("A").capability)
    }

    fn put(offset: usize, bytes: &[u8]) -> impl Fn(&mut [u8]) {
        move |payload| payload[offset..offset + bytes.len()].copy_from_slice(bytes)
    }

    #[test]
    fn power_is_rounded_down_and_nothing_else_is() {
        let held = laser(|_| {}).expect("in range");
        assert_eq!(held.level, 5_000);
        assert_eq!(held.encode()[4..], laser(put(0, &[0x88, 0x13])).expect("same").encode()[4..]);
    }

    #[test]
    fn each_laser_field_is_refused_by_its_number() {
        let table: [(usize, &[u8], Field); 13] = [
            (0, &99u32.to_le_bytes(), 1),
            (0, &15_001u32.to_le_bytes(), 1),
            (6, &501u16.to_le_bytes(), 2),
            (12, &999u32.to_le_bytes(), 3),
            (12, &20_001_000u32.to_le_bytes(), 3),
            (16, &999u16.to_le_bytes(), 4),
            (18, &0u32.to_le_bytes(), 5),
            (22, &0u32.to_le_bytes(), 6),
            (22, &5_400_001u32.to_le_bytes(), 6),
            (26, &199u16.to_le_bytes(), 7),
            (26, &1_001u16.to_le_bytes(), 7),
            // 12 W, half of it at 810 nm, which gives 5 W at most.
            (0, &12_000u32.to_le_bytes(), 2),
            // 5 W on average at a duty of 100 permille is 25 W at 810 nm while on.
            (12, &[0x10, 0x27, 0, 0, 100, 0], 2),
        ];
        for (offset, bytes, field) in table {
            assert_eq!(laser(put(offset, bytes)), Err(field), "{bytes:?} at {offset}");
        }
    }

    #[test]
    fn each_pemf_field_is_refused_by_its_number() {
        let table: [(usize, &[u8], Field); 12] = [
            (0, &30_001u32.to_le_bytes(), 1),
            (4, &499u32.to_le_bytes(), 2),
            (8, &[0], 3),
            (8, &[4], 3),
            (8, &[255], 3),
            (8, &[1], 4),
            (9, &499u32.to_le_bytes(), 4),
            (13, &9u16.to_le_bytes(), 5),
            (15, &0u32.to_le_bytes(), 6),
            (19, &0u32.to_le_bytes(), 7),
            (23, &3_001u16.to_le_bytes(), 8),
            // Two edges of 20 ms do not fit into half of 100 ms with 30 % duty.
            (9, &[0x20, 0x4E, 0, 0, 0x2C, 0x01], 4),
        ];
        for (offset, bytes, field) in table {
            assert_eq!(pemf(put(offset, bytes)), Err(field), "{bytes:?} at {offset}");
        }
    }

    #[test]
    fn a_sine_has_no_slew_and_full_duty() {
        assert!(pemf(put(8, &[1, 0, 0, 0, 0, 0xE8, 3])).is_ok());
        assert_eq!(pemf(put(8, &[1, 0, 0, 0, 0, 0xE7, 3])), Err(5));
    }

    proptest! {
        #[test]
        fn any_payload_is_held_as_it_says_or_refused(
            payload in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            for can in [Plan::laser("A").capability, Plan::pemf("A").capability] {
                if let Ok(held) = Setting::parse(&payload, &can) {
                    prop_assert_eq!(Setting::parse(&held.encode(), &can), Ok(held));
                }
            }
        }
    }
}
