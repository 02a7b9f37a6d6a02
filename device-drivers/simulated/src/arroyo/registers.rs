//! Conditions as they are, events as they were since somebody looked, and what trips the output.

/// The mask of trips as delivered (Computer Interfacing Manual, `LAS:ENAB:OUTOFF`).
const TRIPS: u16 = 40_350;
/// Bits whose event says that they changed: the interlock and the output.
const CHANGES: u16 = 1 << 4 | 1 << 10;
/// The output changed.
const OUTPUT: u16 = 1 << 10;
/// A new measurement is there.
const NEW: u16 = 1 << 11;

/// The registers of the laser.
#[derive(Clone, Copy, Debug)]
pub(super) struct Registers {
    pub(super) trips: u16,
    seen: u16,
    events: u16,
}

impl Default for Registers {
    fn default() -> Self {
        Self { trips: TRIPS, seen: 0, events: 0 }
    }
}

impl Registers {
    /// What the conditions are now.
    pub(super) fn see(&mut self, conditions: u16) {
        let begun = conditions & !self.seen & !CHANGES;
        let changed = (conditions ^ self.seen) & CHANGES & !OUTPUT;
        self.events |= begun | changed;
        self.seen = conditions;
    }

    pub(super) fn output_changed(&mut self) {
        self.events |= OUTPUT;
    }

    /// The events, which are gone by that.
    pub(super) fn take_events(&mut self) -> u16 {
        std::mem::take(&mut self.events) | NEW
    }
}
