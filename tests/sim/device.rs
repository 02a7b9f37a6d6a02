//! One simulated unit with its buttons, and what is known to be broken in it.

use simulated_units::{Button, Command, Fault, State, Unit};

use crate::ward::{self, Kind};

/// A unit, the contacts in its interlock, and the faults that it has.
#[derive(Debug)]
pub(crate) struct Device {
    /// The unit itself.
    pub(crate) unit: Unit,
    /// When something happens in it by itself.
    pub(crate) due: u64,
    /// The faults that were switched on and not mended.
    pub(crate) faults: Vec<Fault>,
    /// The door of its room is closed.
    pub(crate) door: bool,
    /// The relay in its interlock is closed.
    pub(crate) relay: bool,
}

impl Device {
    pub(crate) fn new(place: usize, seed: u64, now: u64) -> Self {
        let unit = Unit::new(ward::built(place), seed, now);
        Self { unit, due: now, faults: Vec::new(), door: true, relay: true }
    }

    pub(crate) fn advance(&mut self, now: u64) {
        self.unit.advance(now);
        self.touched(now);
    }

    pub(crate) fn receive(&mut self, now: u64, bytes: &[u8]) {
        self.unit.receive(now, bytes);
        self.touched(now);
    }

    pub(crate) fn transmit(&mut self, now: u64, wire: &mut Vec<u8>) {
        self.unit.transmit(now, wire);
        self.touched(now);
    }

    pub(crate) fn press(&mut self, now: u64, button: Button, on: bool) {
        self.unit.press(now, button, on);
        self.touched(now);
    }

    pub(crate) fn power(&mut self, now: u64, on: bool) {
        self.unit.power(now, on);
        self.touched(now);
    }

    pub(crate) fn fault(&mut self, now: u64, fault: Fault) {
        self.unit.fault(now, fault);
        if fault != Fault::Reboot {
            self.faults.push(fault);
        }
        self.touched(now);
    }

    pub(crate) fn clear(&mut self, now: u64, fault: Fault) {
        self.unit.clear(now, fault);
        self.faults.retain(|other| *other != fault);
        self.touched(now);
    }

    pub(crate) fn heal(&mut self, now: u64) {
        self.unit.heal(now);
        self.faults.clear();
        self.touched(now);
    }

    /// Door and relay are wired in a row.
    pub(crate) fn wire_interlock(&mut self, now: u64) {
        let closed = self.door && self.relay;
        self.press(now, Button::Interlock, closed);
    }

    /// The output, and whether the unit holds itself enabled.
    pub(crate) fn emits(&self) -> (u64, bool) {
        (self.unit.output_now(), self.unit.state() == Some(State::Emitting))
    }

    /// It may emit although it is told not to, or without being told.
    pub(crate) fn is_rogue(&self) -> bool {
        let rogue = |fault: &Fault| {
            matches!(fault, Fault::StuckOn | Fault::IgnoreLease | Fault::AutoResume)
        };
        self.faults.iter().any(rogue)
    }

    /// Its own meter cannot be believed.
    pub(crate) fn is_blind(&self) -> bool {
        let blind = |fault: &Fault| match fault {
            Fault::Freeze => true,
            Fault::MeterGain(gain) => !(800..=1_200).contains(gain),
            _ => false,
        };
        self.faults.iter().any(blind)
    }

    /// It puts out more than it is told.
    pub(crate) fn is_strong(&self) -> bool {
        self.faults.iter().any(|fault| matches!(fault, Fault::Gain(gain) if *gain > 1_000))
    }

    /// What it says, or what it is told, may not arrive or not be done.
    pub(crate) fn is_deaf(&self) -> bool {
        self.faults.iter().any(|fault| match fault {
            Fault::Drop(..)
            | Fault::Corrupt(..)
            | Fault::Duplicate(..)
            | Fault::Delay(..)
            | Fault::Reorder
            | Fault::Replay
            | Fault::Mute
            | Fault::Ignore(_)
            | Fault::Acknowledge(Command::Off)
            | Fault::Identity
            | Fault::Impostor
            | Fault::Firmware => true,
            Fault::Freeze
            | Fault::Gain(_)
            | Fault::MeterGain(_)
            | Fault::Clamp(_)
            | Fault::StuckOn
            | Fault::IgnoreLease
            | Fault::Reboot
            | Fault::AutoResume
            | Fault::Acknowledge(_)
            | Fault::Sensor(_)
            | Fault::Ambient(_)
            | Fault::Trip(_)
            | Fault::Applicator(_) => false,
        })
    }

    /// The most that it was seen to overdo, in thousandths, and the least that its meter shows.
    pub(crate) fn meter_permille(&self) -> u32 {
        let shown = |fault: &Fault| match fault {
            Fault::MeterGain(gain) => Some(*gain),
            _ => None,
        };
        self.faults.iter().find_map(shown).unwrap_or(1_000)
    }

    fn touched(&mut self, now: u64) {
        self.due = self.unit.wake(now).unwrap_or(u64::MAX);
    }
}

/// The longest that any single fault may let a unit emit unasked (the time budget).
pub(crate) fn any_fault_ns(place: usize) -> u64 {
    match ward::kind(place) {
        Kind::Laser | Kind::Stimulator => 1_000_000_000,
        Kind::Pemf => 3_000_000_000,
    }
}
