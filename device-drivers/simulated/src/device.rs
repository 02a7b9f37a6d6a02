//! What every simulated device has in common, whatever it speaks.

use std::str::FromStr;

use crate::{Button, Fault, Unit};

/// A device at the end of a serial line.
///
/// It does no I/O and has no clock. Every call that takes `now_ns` first lets time pass up to then; an instant before the latest one counts as
/// the latest one.
pub trait Device: Send {
    /// Bytes have come from the host.
    fn receive(&mut self, now_ns: u64, bytes: &[u8]);

    /// Appends the bytes that have left for the host by now.
    fn transmit(&mut self, now_ns: u64, wire: &mut Vec<u8>);

    /// The next instant at which something happens by itself.
    fn wake(&self, now_ns: u64) -> Option<u64>;

    /// Lets time pass.
    fn advance(&mut self, now_ns: u64);

    /// A hand, a foot, a door or a relay moves something. What the device does not have does not move.
    fn press(&mut self, now_ns: u64, button: Button, on: bool);

    /// Switches the mains on or off.
    fn power(&mut self, now_ns: u64, on: bool);

    /// What truly came out since it was built, whatever it says: picojoules of light or of pulses, or femtotesla seconds of peak flux density.
    fn meter(&self) -> u128;

    /// What truly comes out at the latest instant: microwatts, or nanotesla.
    fn output_now(&self) -> u64;

    /// What of it moves when it is pressed.
    fn buttons(&self) -> &'static [Button] {
        &[]
    }

    /// What can break in it, beside its line: how a person types it, and what it does.
    fn breaks(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Something in it breaks, as a person types it. Returns whether it can break like this.
    fn break_as(&mut self, now_ns: u64, words: &str) -> bool {
        self.advance(now_ns);
        let _nothing_breaks = words;
        false
    }

    /// Everything in it is mended.
    fn mend(&mut self, now_ns: u64) {
        self.advance(now_ns);
    }
}

/// A number that a person typed behind a word and a colon.
pub(crate) fn numbered<N: FromStr>(words: &str, word: &str) -> Option<N> {
    words.strip_prefix(word)?.strip_prefix(':')?.parse().ok()
}

impl Device for Unit {
    fn receive(&mut self, now_ns: u64, bytes: &[u8]) {
        Self::receive(self, now_ns, bytes);
    }

    fn transmit(&mut self, now_ns: u64, wire: &mut Vec<u8>) {
        Self::transmit(self, now_ns, wire);
    }

    fn wake(&self, now_ns: u64) -> Option<u64> {
        Self::wake(self, now_ns)
    }

    fn advance(&mut self, now_ns: u64) {
        Self::advance(self, now_ns);
    }

    fn press(&mut self, now_ns: u64, button: Button, on: bool) {
        Self::press(self, now_ns, button, on);
    }

    fn power(&mut self, now_ns: u64, on: bool) {
        Self::power(self, now_ns, on);
    }

    fn meter(&self) -> u128 {
        Self::meter(self)
    }

    fn output_now(&self) -> u64 {
        Self::output_now(self)
    }

    fn buttons(&self) -> &'static [Button] {
        &[Button::Key, Button::Footswitch, Button::Interlock, Button::EStop, Button::Applicator]
    }

    fn breaks(&self) -> &'static [(&'static str, &'static str)] {
        &Fault::NAMES
    }

    fn break_as(&mut self, now_ns: u64, words: &str) -> bool {
        let fault = words.parse();
        fault.is_ok_and(|fault| {
            self.fault(now_ns, fault);
            true
        })
    }

    fn mend(&mut self, now_ns: u64) {
        self.heal(now_ns);
    }
}
