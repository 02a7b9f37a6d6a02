//! What the registers of a driver mean, in the words of every family.

use alloc::vec::Vec;

use safety::{Drive, Laser, Power, Setting};

use crate::exchange::{Contact, Sense};

use super::{
    Maiman, Said,
    plate::Warmth,
    word::{Register, Word},
};

/// Answers that carry faults beside the temperatures: state and lock.
pub(super) const FAULT_PARTS: usize = 2;
/// A setting is read back in two: the current, and who may set and start it.
pub(super) const SETTING_PARTS: usize = 2;

/// Status bits (manuals, section of parameter 0700).
const POWERED: u16 = 1 << 0;
const STARTED: u16 = 1 << 1;
const SET_HERE: u16 = 1 << 2;
const ENABLED_HERE: u16 = 1 << 4;
/// A protection is ignored: bit 6 that of the sensor, bit 7 the interlock.
pub(super) const BYPASSED: u16 = 0b1100_0000;
/// Lock bits (manuals, section of parameter 0800).
const INTERLOCK_OPEN: u16 = 1 << 1;
/// Over-current, over-heat, sensor, TEC error, TEC self-heat. The first two together are the
/// driver's over-temperature protection.
pub(super) const LOCKS: u16 = 0b1111_1000;

/// Where the faults stand in a report: those of the state lowest, as in the status word. Its bits 1
/// and 2 are never faults, so the temperatures have them.
const LOCK_SHIFT: u32 = 16;
const BOARD_FAULT: u32 = 1 << 1;
const SENSOR_FAULT: u32 = 1 << 2;

impl Maiman {
    pub(super) fn understand(
        &self,
        word: Word,
        said: Said,
        wanted: Option<&Setting<Laser>>,
        senses: &mut Vec<Sense<Laser>>,
    ) {
        match (word, said) {
            (_, Said::Nothing | Said::Done) | (Word::Set(_) | Word::Act(_), Said::Value(_)) => {}
            (_, Said::Refused) | (Word::Set(_) | Word::Act(_), Said::Absent) => {
                senses.push(Sense::Refused);
            }
            (Word::Read(register), Said::Absent) => senses.push(match register {
                Register::Model
                | Register::Serial
                | Register::HighestCurrent
                | Register::HardwareCurrent => Sense::Plated(false),
                Register::State
                | Register::Lock
                | Register::Current
                | Register::Measured
                | Register::Board
                | Register::Sensor => Sense::Refused,
            }),
            (Word::Read(register), Said::Value(value)) => {
                self.read(register, value, wanted, senses);
            }
        }
    }

    fn read(
        &self,
        register: Register,
        value: u16,
        wanted: Option<&Setting<Laser>>,
        senses: &mut Vec<Sense<Laser>>,
    ) {
        let plate = &self.plate;
        let is_plated = |drive| plate.series.count_set(drive) == Some(value);
        match register {
            Register::Model => senses.push(Sense::Plated(value == plate.model)),
            Register::Serial => senses.push(Sense::Plated(value == plate.serial)),
            Register::HighestCurrent => senses.push(Sense::Plated(is_plated(plate.highest))),
            Register::HardwareCurrent => senses.push(Sense::Plated(is_plated(plate.hardware))),
            Register::State => self.state(value, senses),
            Register::Lock => self.lock(value, senses),
            Register::Current => {
                let told = wanted.and_then(|setting| self.count_for(setting.level));
                senses.push(Sense::Held(0, told == Some(value)));
            }
            Register::Measured => senses.push(Sense::Output(self.output(value))),
            Register::Board => senses.extend(warmth(plate.board, value, 2, BOARD_FAULT)),
            Register::Sensor => {
                let part = FAULT_PARTS.saturating_add(usize::from(plate.board.is_some()));
                senses.extend(warmth(plate.sensor, value, part, SENSOR_FAULT));
            }
        }
    }

    /// A bit that nobody knows is a fault, unless the plate tolerates it; and so is a driver that
    /// says that it has no power.
    fn state(&self, bits: u16, senses: &mut Vec<Sense<Laser>>) {
        let known = POWERED | STARTED | SET_HERE | ENABLED_HERE;
        let faults = (bits & !known & !self.plate.tolerated_state) | (!bits & POWERED);
        let ours = SET_HERE | ENABLED_HERE;
        senses.extend([
            Sense::Enabled(bits & STARTED != 0),
            Sense::Faults(0, u32::from(faults)),
            Sense::Held(1, bits & ours == ours && bits & BYPASSED == 0),
        ]);
    }

    fn lock(&self, bits: u16, senses: &mut Vec<Sense<Laser>>) {
        let faults = bits & !INTERLOCK_OPEN & !self.plate.tolerated_lock;
        senses.extend([
            Sense::Contact(Contact::Interlock, bits & INTERLOCK_OPEN == 0),
            Sense::Faults(1, u32::from(faults) << LOCK_SHIFT),
        ]);
    }

    /// What is charged for a current that was measured. Whether a driver rounds or cuts off is not
    /// written, so it is taken for one count more. Up to the dark current of the plate there is no
    /// light; above it, below the first point of the curve, as much as at the first point.
    fn output(&self, value: u16) -> Power {
        let count = self.plate.series.measured().count();
        let most = u32::from(value).saturating_add(1).saturating_mul(count);
        let drive = Drive::from_count(most);
        if drive <= self.plate.dark { Power::ZERO } else { self.plate.curve.charged_at(drive) }
    }
}

/// Whether a temperature, signed and in tenths of a degree, is where it can be.
fn warmth(warmth: Option<Warmth>, value: u16, part: usize, bit: u32) -> Option<Sense<Laser>> {
    let Warmth { least, most } = warmth?;
    let centicelsius = i32::from(value.cast_signed()).saturating_mul(10);
    let plausible = (least.centicelsius()..=most.centicelsius()).contains(&centicelsius);
    Some(Sense::Faults(part, if plausible { 0 } else { bit }))
}
