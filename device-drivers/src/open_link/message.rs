//! What the frames of open-link mean: kinds, results, states and replies (sections 4 to 7).

use alloc::vec::Vec;

use safety::{Contacts, Nanos, Output, Temperature};

use super::{fields::Fields, identity::Introduction, spoken::Spoken};

/// What a host can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Identify,
    Capabilities,
    Status,
    Set,
    Warn,
    Enable,
    Renew,
    Off,
}

/// Set in the kind of every reply.
const REPLY: u8 = 0x80;
/// The bytes that begin every reply payload: result, state and detail.
const HEAD_BYTES: usize = 4;
/// Status beside its level (open-link, section 7.3).
const STATUS_BYTES: usize = 68;
/// Set beside its level: preset dose, preset time and lease (open-link, section 7.4).
const PRESET_BYTES: usize = 10;
/// The longest reply to Identify (open-link, section 4).
const IDENTITY_BYTES_MAX: usize = 146;
/// From the end of a request to the first byte of its reply (open-link, section 8).
const ANSWER: Nanos = Nanos::from_millis(10);
/// The same for Identify, which computes an HMAC (open-link, section 8).
const ANSWER_IDENTIFY: Nanos = Nanos::from_millis(50);

impl Kind {
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Identify => 0x01,
            Self::Capabilities => 0x02,
            Self::Status => 0x03,
            Self::Set => 0x04,
            Self::Warn => 0x05,
            Self::Enable => 0x06,
            Self::Renew => 0x07,
            Self::Off => 0x08,
        }
    }

    /// The kind on the wire in words.
    pub(super) const fn name_of(code: u8) -> &'static str {
        match code {
            0x01 => "Identify",
            0x02 => "Capabilities",
            0x03 => "Status",
            0x04 => "Set",
            0x05 => "Warn",
            0x06 => "Enable",
            0x07 => "Renew",
            0x08 => "Off",
            0x81 => "reply to Identify",
            0x82 => "reply to Capabilities",
            0x83 => "reply to Status",
            0x84 => "reply to Set",
            0x85 => "reply to Warn",
            0x86 => "reply to Enable",
            0x87 => "reply to Renew",
            0x88 => "reply to Off",
            _ => "unknown kind",
        }
    }

    /// The kind of the reply to this.
    pub(super) const fn reply_code(self) -> u8 {
        self.code() | REPLY
    }

    /// The length of the payload of a request.
    pub(super) const fn request_bytes<M: Spoken>(self) -> usize {
        match self {
            Self::Identify => 16,
            Self::Capabilities | Self::Status | Self::Off => 0,
            Self::Set => M::LEVEL_BYTES + PRESET_BYTES,
            Self::Warn => 4,
            Self::Enable => 12,
            Self::Renew => 8,
        }
    }

    /// The longest payload of a reply.
    pub(super) const fn reply_bytes<M: Spoken>(self) -> usize {
        match self {
            Self::Identify => IDENTITY_BYTES_MAX,
            Self::Capabilities => HEAD_BYTES + M::RECORD_BYTES,
            Self::Status => STATUS_BYTES + M::LEVEL_BYTES,
            Self::Set => HEAD_BYTES + M::LEVEL_BYTES + PRESET_BYTES,
            Self::Warn | Self::Enable | Self::Renew => HEAD_BYTES,
            Self::Off => HEAD_BYTES + 4,
        }
    }

    /// How long a unit may think before it answers.
    pub(super) const fn answer(self) -> Nanos {
        match self {
            Self::Identify => ANSWER_IDENTIFY,
            Self::Capabilities
            | Self::Status
            | Self::Set
            | Self::Warn
            | Self::Enable
            | Self::Renew
            | Self::Off => ANSWER,
        }
    }
}

/// The states of a unit (open-link, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Standby,
    Set,
    Warning,
    Emitting,
    Fault,
}

impl State {
    const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Standby),
            2 => Some(Self::Set),
            3 => Some(Self::Warning),
            4 => Some(Self::Emitting),
            5 => Some(Self::Fault),
            _ => None,
        }
    }

    /// Whether a unit in this state holds a setting.
    pub(super) const fn holds(self) -> bool {
        match self {
            Self::Set | Self::Warning | Self::Emitting => true,
            Self::Standby | Self::Fault => false,
        }
    }
}

/// What a unit answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply<M: Spoken> {
    /// Not done. A code that is not known is a refusal as well.
    Refused,
    /// Done, and nothing else to say.
    Done,
    /// Who it says it is.
    Introduced(Introduction),
    /// Its capability record.
    Capable(Vec<u8>),
    /// Everything there is to know of it.
    Status(Status<M>),
    /// The setting as it holds it.
    Held(Vec<u8>),
    /// Off; no sample up to this one was taken after it.
    Off { sample: u32 },
}

impl<M: Spoken> Reply<M> {
    /// Reads the payload of a reply to `kind`; `None` if it is none.
    pub(super) fn decode(kind: Kind, payload: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(payload);
        let (result, state) = (fields.u8()?, State::from_code(fields.u8()?)?);
        let detail = fields.u16()?;
        if result != 0 {
            return fields.is_empty().then_some(Self::Refused);
        }
        if payload.len() != kind.reply_bytes::<M>() && kind != Kind::Identify {
            return None;
        }
        match kind {
            Kind::Identify => Introduction::decode(fields.rest()).map(Self::Introduced),
            Kind::Capabilities => Some(Self::Capable(fields.rest().to_vec())),
            Kind::Status => Status::decode(state, detail, fields).map(Self::Status),
            Kind::Set => Some(Self::Held(fields.rest().to_vec())),
            Kind::Warn | Kind::Enable | Kind::Renew => Some(Self::Done),
            Kind::Off => Some(Self::Off { sample: fields.u32()? }),
        }
    }
}

/// Everything there is to know of a unit, of one instant (open-link, section 7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status<M: Spoken> {
    pub(super) state: State,
    /// What stands in the way of an Enable.
    pub(super) blockers: u16,
    pub(super) last_sequence: u32,
    /// What the next Enable has to carry.
    pub(super) nonce: u64,
    /// What the newest Enable carried.
    pub(super) last_enable_nonce: u64,
    /// The switches; its applicator contact says nothing of which applicator it is.
    pub(super) contacts: Contacts,
    pub(super) temperature: Option<Temperature>,
    pub(super) sample: u32,
    pub(super) output: M::Output,
    pub(super) counter: <M::Output as Output>::Integral,
    pub(super) applicator: u16,
    pub(super) faults: u32,
    /// What is left of the preset.
    pub(super) left: M::Dose,
    /// The level as held; `None` if none is held, or none that there can be.
    pub(super) level: Option<M::Level>,
}

impl<M: Spoken> Status<M> {
    fn decode(state: State, blockers: u16, mut fields: Fields<'_>) -> Option<Self> {
        let (last_sequence, nonce) = (fields.u32()?, fields.u64()?);
        let last_enable_nonce = fields.u64()?;
        let _last_enable_result = fields.u8()?;
        let _stop_cause = fields.u8()?;
        let (contacts, sensor) = (decode_contacts(fields.u8()?), fields.u8()?);
        let (sample, output) = (fields.u32()?, M::Output::from_count(fields.u32()?));
        let counter = M::counter(fields.u64()?);
        let _emission_time = fields.u32()?;
        let (temperature, applicator) = (decode_temperature(sensor, fields.i16()?), fields.u16()?);
        let faults = fields.u32()?;
        let _lease_remaining = fields.u16()?;
        let _bad_frames = fields.u16()?;
        let left = M::decode_preset(fields.u32()?, fields.u32()?);
        let level = M::decode_level(fields.rest()).filter(|_| state.holds());
        Some(Self {
            state,
            blockers,
            last_sequence,
            nonce,
            last_enable_nonce,
            contacts,
            temperature,
            sample,
            output,
            counter,
            applicator,
            faults,
            left,
            level,
        })
    }

    /// Whether its newest sample was taken after `other`. The numbers wrap.
    pub(super) fn is_newer_than(&self, other: u32) -> bool {
        let ahead = self.sample.wrapping_sub(other);
        ahead != 0 && ahead <= u32::MAX / 2
    }
}

fn decode_contacts(bits: u8) -> Contacts {
    let bit = |number: u8| bits >> number & 1 == 1;
    Contacts {
        key: bit(0),
        footswitch: bit(1),
        interlock: bit(2),
        emergency_stop_released: bit(3),
        applicator: bit(4),
    }
}

/// A sensor that is not ok says nothing, whatever number comes with it (PEM-04).
fn decode_temperature(sensor: u8, centicelsius: i16) -> Option<Temperature> {
    let known = sensor == 0 && centicelsius != i16::MAX;
    known.then(|| Temperature::from_centicelsius(i32::from(centicelsius)))
}

/// A setting as it stands in Set, in its reply and under its digest; `None` if it cannot be said.
pub(super) fn encode_setting<M: Spoken>(
    setting: &safety::Setting<M>,
    lease_millis: u16,
) -> Option<Vec<u8>> {
    let (quantity, millis) = M::encode_preset(setting.preset)?;
    let mut bytes = Vec::with_capacity(M::LEVEL_BYTES + PRESET_BYTES);
    M::encode_level(setting.level, &mut bytes);
    bytes.extend(quantity.to_le_bytes());
    bytes.extend(millis.to_le_bytes());
    bytes.extend(lease_millis.to_le_bytes());
    Some(bytes)
}

/// The setting in the reply to Set.
pub(super) fn decode_setting<M: Spoken>(bytes: &[u8]) -> Option<safety::Setting<M>> {
    let mut fields = Fields::new(bytes);
    let level = M::decode_level(fields.bytes(M::LEVEL_BYTES)?)?;
    let preset = M::decode_preset(fields.u32()?, fields.u32()?);
    Some(safety::Setting { level, preset })
}
