//! A unit behind a cable that loses, repeats and changes what the unit says.

use std::{collections::VecDeque, vec::Vec};

use simulated_units::{Button, Device};

use super::script::Spoil;

/// How many answers are kept, to come once more.
const KEPT_MAX: usize = 16;

#[derive(Clone, Debug)]
pub(super) struct Cable<D> {
    pub(super) unit: D,
    /// What becomes of the next answers.
    pub(super) spoils: VecDeque<Spoil>,
    /// The latest answers, as the unit sent them.
    kept: VecDeque<Vec<u8>>,
}

impl<D> Cable<D> {
    pub(super) const fn new(unit: D) -> Self {
        Self { unit, spoils: VecDeque::new(), kept: VecDeque::new() }
    }

    /// An answer of before, if there was any.
    pub(super) fn earlier(&self, place: usize) -> Vec<u8> {
        let place = place.checked_rem(self.kept.len());
        place.and_then(|place| self.kept.get(place)).cloned().unwrap_or_default()
    }

    fn spoilt(&self, mut answer: Vec<u8>, spoil: Spoil) -> Vec<u8> {
        let length = answer.len();
        match spoil {
            Spoil::Flip(place, bits) => answer[place % length] ^= bits,
            Spoil::Drop => answer.clear(),
            Spoil::Twice => answer.extend_from_within(..),
            Spoil::Cut(place) => answer.truncate(place % length),
            Spoil::Backwards => answer.reverse(),
            Spoil::Behead(place) => drop(answer.drain(..place % length)),
            Spoil::Instead(place) => answer = self.earlier(place),
        }
        answer
    }
}

impl<D: Device> Device for Cable<D> {
    fn receive(&mut self, now_ns: u64, bytes: &[u8]) {
        self.unit.receive(now_ns, bytes);
    }

    fn transmit(&mut self, now_ns: u64, wire: &mut Vec<u8>) {
        let mut answer = Vec::new();
        self.unit.transmit(now_ns, &mut answer);
        if answer.is_empty() {
            return;
        }
        let spoil = self.spoils.pop_front();
        let said = spoil.map(|spoil| self.spoilt(answer.clone(), spoil));
        wire.extend(said.as_ref().unwrap_or(&answer));
        self.kept.push_back(answer);
        if KEPT_MAX < self.kept.len() {
            self.kept.pop_front();
        }
    }

    fn wake(&self, now_ns: u64) -> Option<u64> {
        self.unit.wake(now_ns)
    }

    fn advance(&mut self, now_ns: u64) {
        self.unit.advance(now_ns);
    }

    fn press(&mut self, now_ns: u64, button: Button, on: bool) {
        self.unit.press(now_ns, button, on);
    }

    fn power(&mut self, now_ns: u64, on: bool) {
        self.unit.power(now_ns, on);
    }

    fn meter(&self) -> u128 {
        self.unit.meter()
    }

    fn output_now(&self) -> u64 {
        self.unit.output_now()
    }
}
