//! The faults that a unit has at the moment, and what each part of it asks of them.

use crate::{
    fault::{Fault, GAIN_MAX, Sensor, Way},
    kind::Command,
};

/// Permille in one, the gain of a healthy part.
const WHOLE: u32 = 1_000;

/// A few faults at most: a list is quicker to read than a table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn set(&mut self, fault: Fault) {
        self.clear(fault);
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self, fault: Fault) {
        self.0.retain(|other| !other.is_like(&fault));
    }

    pub(crate) fn heal(&mut self) {
        self.0.clear();
    }

    /// Whether a fault without a number, or a command's, is there.
    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    pub(crate) fn acknowledges(&self, command: Command) -> bool {
        self.has(Fault::Acknowledge(command))
    }

    pub(crate) fn ignores(&self, command: Command) -> bool {
        self.has(Fault::Ignore(command))
    }

    pub(crate) fn gain_permille(&self) -> u32 {
        self.find(|fault| if let Fault::Gain(g) = fault { Some(g) } else { None })
            .unwrap_or(WHOLE)
            .min(GAIN_MAX)
    }

    pub(crate) fn meter_gain_permille(&self) -> u32 {
        self.find(|fault| if let Fault::MeterGain(g) = fault { Some(g) } else { None })
            .unwrap_or(WHOLE)
            .min(GAIN_MAX)
    }

    pub(crate) fn clamp(&self) -> u32 {
        self.find(|fault| if let Fault::Clamp(level) = fault { Some(level) } else { None })
            .unwrap_or(u32::MAX)
    }

    pub(crate) fn sensor(&self) -> Sensor {
        self.find(|fault| if let Fault::Sensor(sensor) = fault { Some(sensor) } else { None })
            .unwrap_or(Sensor::Ok)
    }

    pub(crate) fn ambient_centi(&self) -> Option<i16> {
        self.find(|fault| if let Fault::Ambient(centi) = fault { Some(centi) } else { None })
    }

    pub(crate) fn applicator(&self) -> Option<u16> {
        self.find(|fault| if let Fault::Applicator(code) = fault { Some(code) } else { None })
    }

    /// The bits of the faults that the unit finds in itself.
    pub(crate) fn trips(&self) -> u32 {
        let bits = self.0.iter().filter_map(|fault| {
            if let Fault::Trip(bit) = fault { 1u32.checked_shl(u32::from(*bit)) } else { None }
        });
        bits.fold(0, |all, bit| all | bit)
    }

    pub(crate) fn drop_permille(&self, way: Way) -> u16 {
        self.worst(|fault| if let Fault::Drop(of, n) = fault { Some((of, n)) } else { None }, way)
    }

    pub(crate) fn corrupt_permille(&self, way: Way) -> u16 {
        self.worst(
            |fault| if let Fault::Corrupt(of, n) = fault { Some((of, n)) } else { None },
            way,
        )
    }

    pub(crate) fn duplicate_permille(&self, way: Way) -> u16 {
        self.worst(
            |fault| if let Fault::Duplicate(of, n) = fault { Some((of, n)) } else { None },
            way,
        )
    }

    pub(crate) fn delay_ns(&self, way: Way) -> u64 {
        let ms = self
            .worst(|fault| if let Fault::Delay(of, n) = fault { Some((of, n)) } else { None }, way);
        u64::from(ms) * 1_000_000
    }

    fn find<T>(&self, pick: impl Fn(Fault) -> Option<T>) -> Option<T> {
        self.0.iter().copied().find_map(pick)
    }

    fn worst<T: Ord + Default>(&self, pick: impl Fn(Fault) -> Option<(Way, T)>, way: Way) -> T {
        let picked = self.0.iter().copied().filter_map(pick);
        picked.filter(|(of, _)| of.covers(way)).map(|(_, number)| number).max().unwrap_or_default()
    }
}
