//! Every fact in one reply (open-link, section 7.3).

use crate::{fault::Sensor, outcome::Outcome, setting::Setting, state::StopCause};

/// What the temperature reads while its sensor is not ok.
const NO_TEMPERATURE: i16 = i16::MAX;

/// What follows the head of a Status reply.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) last_sequence: u32,
    pub(crate) enable_nonce: u64,
    pub(crate) last_enable: Option<(u64, Outcome)>,
    pub(crate) stop_cause: StopCause,
    pub(crate) contacts: u8,
    pub(crate) sensor: Sensor,
    pub(crate) sample: u32,
    pub(crate) output: u32,
    pub(crate) dose_counter: u64,
    pub(crate) emission_ms: u32,
    pub(crate) temperature_centi: i16,
    pub(crate) applicator: u16,
    pub(crate) faults: u32,
    pub(crate) lease_remaining_ms: u16,
    pub(crate) bad_frames: u16,
    pub(crate) remaining: Remaining,
    pub(crate) held: Option<Setting>,
}

/// What is left of the preset; nothing if no setting is held.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Remaining {
    pub(crate) dose: u32,
    pub(crate) time_ms: u32,
}

impl Status {
    /// The bytes after the head; `level_bytes` is how long a level is for this modality.
    pub(crate) fn encode(&self, level_bytes: usize) -> Vec<u8> {
        let (last_nonce, last_outcome) = self.last_enable.unwrap_or((0, Outcome::Ok));
        let mut bytes = self.last_sequence.to_le_bytes().to_vec();
        bytes.extend(self.enable_nonce.to_le_bytes());
        bytes.extend(last_nonce.to_le_bytes());
        bytes.extend([last_outcome.code(), self.stop_cause.code()]);
        bytes.extend([self.contacts, self.sensor.code()]);
        bytes.extend(self.sample.to_le_bytes());
        bytes.extend(self.output.to_le_bytes());
        bytes.extend(self.dose_counter.to_le_bytes());
        bytes.extend(self.emission_ms.to_le_bytes());
        bytes.extend(self.shown_temperature().to_le_bytes());
        bytes.extend(self.applicator.to_le_bytes());
        bytes.extend(self.faults.to_le_bytes());
        bytes.extend(self.lease_remaining_ms.to_le_bytes());
        bytes.extend(self.bad_frames.to_le_bytes());
        bytes.extend(self.remaining.dose.to_le_bytes());
        bytes.extend(self.remaining.time_ms.to_le_bytes());
        match &self.held {
            Some(held) => bytes.extend(held.encode_level()),
            None => bytes.resize(bytes.len() + level_bytes, 0),
        }
        bytes
    }

    fn shown_temperature(&self) -> i16 {
        match self.sensor {
            Sensor::Ok => self.temperature_centi,
            Sensor::Open | Sensor::Short | Sensor::Absent => NO_TEMPERATURE,
        }
    }
}
