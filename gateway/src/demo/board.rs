//! A simulated relay board, and the wires from its contacts to units and from buttons to its inputs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clinic::{InputUse, UnitId};
use simulated_units::{
    Button, Device,
    relay::{RelayBoard, RelayFault, RelayPlan},
};

use super::stand::Stand;
use crate::{
    clock,
    config::{BoardConfig, UnitConfig, Wire},
};

/// A board that everything at its wires can reach.
#[derive(Clone)]
pub(super) struct Wires(Arc<Mutex<RelayBoard>>);

impl Wires {
    /// A board as the configuration describes it: nobody is at its inputs, and all of them permit
    /// but the footswitches.
    pub(super) fn new(config: &BoardConfig) -> Self {
        let plan = RelayPlan { address: config.plate.address, ..RelayPlan::default() };
        let mut board = RelayBoard::new(plan, clock::now().since_boot());
        for input in &config.inputs {
            let permits = !matches!(input.is, InputUse::Footswitch(_) | InputUse::Supply(_));
            board.put_input(usize::from(input.input), permits == input.closed_permits);
        }
        Self(Arc::new(Mutex::new(board)))
    }

    /// Where the buttons of a unit lead that its file says are wired to a board, as far as that is this
    /// one, and how an input has to be for the button to be pressed, on or closed.
    pub(super) fn buttons(&self, config: &BoardConfig, unit: &UnitConfig) -> Vec<(Button, Input)> {
        let (room, wiring) = (unit.room, unit.wiring);
        let (door, stop) = (wiring.door == Wire::Board, wiring.e_stop == Wire::Board);
        let wired = config.inputs.iter().filter_map(|input| {
            let (button, permits) = match input.is {
                InputUse::Door(of) if door && of == room => (Button::Interlock, true),
                InputUse::EmergencyStop(of) if stop && of == room => (Button::EStop, false),
                InputUse::Reset(of) if stop && of == room => (Button::Key, true),
                InputUse::Footswitch(of) if of == unit.id => (Button::Footswitch, true),
                InputUse::Door(_)
                | InputUse::EmergencyStop(_)
                | InputUse::Reset(_)
                | InputUse::Footswitch(_)
                | InputUse::Supply(_) => return None,
            };
            let (wires, input_number) = (self.clone(), usize::from(input.input));
            let closed_if = permits == input.closed_permits;
            Some((button, Input { wires, input: input_number, closed_if }))
        });
        wired.collect()
    }

    /// The board on a stand of its own. Its contacts are in the interlocks of those `units` that are
    /// there.
    pub(super) fn stand(
        &self,
        config: &BoardConfig,
        units: &[(UnitId, Stand)],
        folder: &std::path::Path,
    ) -> Stand {
        let channels = config.channels.iter().filter_map(|(channel, unit)| {
            let (_, stand) = units.iter().find(|(id, _)| id == unit)?;
            let supply = config.inputs.iter().find(|input| input.is == InputUse::Supply(*unit));
            let supply = supply.map(|input| Input {
                wires: self.clone(),
                input: usize::from(input.input),
                closed_if: input.closed_permits,
            });
            let stand = stand.clone();
            Some(Interlock { channel: usize::from(*channel), stand, supply, last: None })
        });
        let mut wired = Wired { wires: self.clone(), channels: channels.collect() };
        wired.conduct(clock::now().since_boot());
        Stand::foreign(&config.name, None, Box::new(wired), folder)
    }

    fn lock(&self) -> MutexGuard<'_, RelayBoard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One input of a board, as a button is wired to it.
#[derive(Clone)]
pub(super) struct Input {
    wires: Wires,
    input: usize,
    /// The input is closed if the button is this.
    closed_if: bool,
}

impl Input {
    /// The button moved.
    pub(super) fn put(&self, on: bool) {
        self.wires.lock().put_input(self.input, on == self.closed_if);
    }
}

/// A board with its contacts in the interlocks of units.
struct Wired {
    wires: Wires,
    channels: Vec<Interlock>,
}

/// One contact in the interlock, or the supply, of a unit.
struct Interlock {
    channel: usize,
    stand: Stand,
    /// What is at its auxiliary contact, if something is.
    supply: Option<Input>,
    /// How it was last put.
    last: Option<bool>,
}

impl Wired {
    /// Puts every interlock as its contact is.
    fn conduct(&mut self, now_ns: u64) {
        let contacts = self.wires.lock().contacts(now_ns);
        for Interlock { channel, stand, supply, last } in &mut self.channels {
            let closed = contacts.get(*channel).copied().unwrap_or(false);
            if last.replace(closed) != Some(closed) {
                stand.conduct(closed);
                if let Some(supply) = supply {
                    supply.put(closed);
                }
            }
        }
    }
}

impl Device for Wired {
    fn receive(&mut self, now_ns: u64, bytes: &[u8]) {
        self.wires.lock().receive(now_ns, bytes);
        self.conduct(now_ns);
    }

    fn transmit(&mut self, now_ns: u64, wire: &mut Vec<u8>) {
        self.wires.lock().transmit(now_ns, wire);
        self.conduct(now_ns);
    }

    fn wake(&self, now_ns: u64) -> Option<u64> {
        self.wires.lock().wake(now_ns)
    }

    fn advance(&mut self, now_ns: u64) {
        self.wires.lock().advance(now_ns);
        self.conduct(now_ns);
    }

    /// It has no buttons: what is pressed at a unit reaches it over its inputs.
    fn press(&mut self, _: u64, _: Button, _: bool) {}

    fn power(&mut self, now_ns: u64, on: bool) {
        self.wires.lock().power(now_ns, on);
        self.conduct(now_ns);
    }

    fn meter(&self) -> u128 {
        0
    }

    fn output_now(&self) -> u64 {
        0
    }

    fn breaks(&self) -> &'static [(&'static str, &'static str)] {
        &RelayFault::NAMES
    }

    fn break_as(&mut self, now_ns: u64, words: &str) -> bool {
        let fault = RelayFault::named(words);
        fault.is_some_and(|fault| {
            self.wires.lock().fault(fault);
            self.conduct(now_ns);
            true
        })
    }

    fn mend(&mut self, now_ns: u64) {
        self.wires.lock().heal();
        self.conduct(now_ns);
    }
}
