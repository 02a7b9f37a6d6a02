//! What a MagVenture understands, what it answers, and what it says unasked.

use super::{CHARGES, Fault, HOT, MagVenture, Model, PAGE_TIMING, THINKS};

const BEGINS: u8 = 0xFE;
const ENDS: u8 = 0xFF;

impl MagVenture {
    /// Reads as many whole frames as have come. What is no frame is skipped.
    pub(super) fn read(&mut self) {
        while let Some(first) = self.input.first().copied() {
            let length = self.input.get(1).map(|length| usize::from(*length));
            let whole = length.map_or(2, |length| length + 4);
            if first != BEGINS {
                self.input.remove(0);
            } else if self.input.len() < whole {
                return;
            } else if let Some(payload) = payload_of(self.input.get(..whole).unwrap_or_default()) {
                self.input.drain(..whole);
                self.obey(&payload);
            } else {
                self.input.remove(0);
            }
        }
    }

    fn obey(&mut self, payload: &[u8]) {
        match *payload {
            [0] => self.say(self.status(0)),
            [5] => self.say(self.status(5)),
            [1, percent] | [1, percent, _] if percent <= 100 => {
                self.amplitude = percent + u8::from(self.has(Fault::WrongAmplitude));
                self.push_amplitude();
            }
            [2, on] => self.enable(on == 1),
            [3] | [3, _] if self.is_charged() && self.train.is_none() => self.pulse(),
            [4] => {
                let ran = self.is_running();
                self.toggle();
                if ran != self.is_running() {
                    self.push_page();
                }
            }
            [6, a, b, c, d, e, f, g, h] => self.set_up([a, b, c, d, e, f, g, h]),
            [7, page] | [7, page, _] => {
                self.page = page;
                self.push_page();
            }
            [9, 0] => self.say(vec![9, 0, self.number(), self.mode, 0, 1, 3, 0, 0, 100, 0]),
            [11, 0] => self.say(self.trains()),
            _ => {}
        }
    }

    fn enable(&mut self, on: bool) {
        if on && self.heat.0 < HOT && self.coil_type != 0 {
            self.enabled = self.enabled.or(Some(self.now.saturating_add(CHARGES)));
        } else if !on && !self.has(Fault::IgnoresDisable) {
            self.disable();
        }
        self.push_coil();
        if self.model == Model::X100 {
            self.push_amplitude();
            self.push_page();
        }
    }

    fn set_up(&mut self, bytes: [u8; 8]) {
        let [a, b, c, d, e, f, g, h] = bytes;
        let rate = u16::from_be_bytes([a, b]);
        if rate > self.most_rate() || self.is_running() {
            return;
        }
        self.setup.rate = rate;
        self.setup.pulses = u16::from_be_bytes([c, d]);
        self.setup.trains = u16::from_be_bytes([e, f]) << u32::from(self.has(Fault::WrongTrains));
        self.setup.interval = u16::from_be_bytes([g, h]);
        self.setup.ramp = if self.has(Fault::Ramp) { 80 } else { 100 };
    }

    /// Tenths of a hertz.
    fn most_rate(&self) -> u16 {
        match self.model {
            Model::R30 => 300,
            Model::X100 => 1_000,
        }
    }

    fn number(&self) -> u8 {
        match self.model {
            Model::R30 => 0,
            Model::X100 => 1,
        }
    }

    fn flags(&self) -> u8 {
        let biphasic = 1 << 2;
        self.mode | biphasic | u8::from(self.enabled.is_some()) << 4 | self.number() << 5
    }

    fn degrees(&self) -> u8 {
        u8::try_from(self.heat.0 / 1_000).unwrap_or(u8::MAX)
    }

    fn status(&self, kind: u8) -> Vec<u8> {
        let [_, high, middle, low] = self.serial.to_be_bytes();
        let mut payload =
            vec![kind, self.flags(), high, middle, low, self.degrees(), self.coil_type];
        payload.extend([self.amplitude, 0]);
        if kind == 5 {
            payload.extend([self.amplitude, 0, 100, 100, self.page, u8::from(self.is_running())]);
        }
        payload
    }

    fn trains(&self) -> Vec<u8> {
        let mut payload = vec![11, 0, 0];
        for value in [self.setup.rate, self.setup.pulses, self.setup.trains, self.setup.interval] {
            payload.extend(value.to_be_bytes());
        }
        payload.extend([0, self.setup.ramp, 10]);
        payload
    }

    pub(super) fn push_amplitude(&mut self) {
        self.say(vec![1, self.amplitude, 0, self.flags()]);
    }

    pub(super) fn push_pulse(&mut self) {
        let slope = self.amplitude.saturating_add(self.amplitude / 2);
        if !self.has(Fault::MuteStart) {
            self.say(vec![2, slope, 0, self.flags()]);
        }
    }

    pub(super) fn push_coil(&mut self) {
        self.say(vec![3, self.degrees(), self.coil_type, self.flags()]);
    }

    pub(super) fn push_page(&mut self) {
        if !(self.has(Fault::MuteStart) && self.page == PAGE_TIMING && self.is_running()) {
            self.say(vec![8, self.page, u8::from(self.is_running()), self.flags()]);
        }
    }

    fn say(&mut self, payload: Vec<u8>) {
        let Ok(length) = u8::try_from(payload.len()) else { return };
        let mut frame = vec![BEGINS, length];
        frame.extend(&payload);
        frame.extend([crc8(&payload), ENDS]);
        if !self.has(Fault::Mute) {
            self.output.push_back((self.now.saturating_add(THINKS), frame));
        }
    }
}

/// What a whole frame carries, if its check byte and its end are right.
fn payload_of(frame: &[u8]) -> Option<Vec<u8>> {
    let (body, [check, ENDS]) = frame.split_last_chunk::<2>()? else { return None };
    let payload = body.get(2..)?;
    (crc8(payload) == *check).then(|| payload.to_vec())
}

/// The check byte of Dallas and Maxim: x⁸ + x⁵ + x⁴ + 1, lowest bit first, from zero.
fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0x8C } else { crc >> 1 })
    })
}
