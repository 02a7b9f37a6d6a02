//! What a Magstim understands, and what it answers.

use super::{AFTER_TRAIN, Fault, HOT, Magstim, Mode, Model, SKIPS, THINKS};

/// What becomes of a word.
enum Verdict {
    /// It is obeyed, or was a question.
    Done,
    /// Its value is not one.
    Value,
    /// It is not allowed now.
    State,
}

impl Magstim {
    /// Reads as many whole words as have come.
    pub(super) fn read(&mut self) {
        while let Some(command) = self.input.first().copied() {
            let Some(length) = self.length(command) else {
                self.input.clear();
                self.skips = Some(self.now.saturating_add(SKIPS));
                return self.say(vec![b'?']);
            };
            if self.input.len() < length {
                return;
            }
            let word: Vec<u8> = self.input.drain(..length).collect();
            self.take(&word);
        }
    }

    fn version(&self) -> u8 {
        match &self.model {
            Model::TwoHundred | Model::BiStim => 0,
            Model::Rapid { version, .. } => version[0],
        }
    }

    /// How long the word is that begins with `command`, its check byte included, if it knows it.
    fn length(&self, command: u8) -> Option<usize> {
        let newest = self.version() >= 9;
        match (command, &self.model) {
            (b'Q', Model::Rapid { unlock, .. }) if newest => Some(2 + unlock.len()),
            (b'Q' | b'R' | b'E' | b'F', _) => Some(3),
            (b'@', _) => Some(5),
            (b'J', Model::TwoHundred | Model::BiStim) => Some(3),
            (b'A' | b'C', Model::BiStim) => Some(5),
            (b'X' | b'Y' | b'Z', Model::BiStim) => Some(3),
            (b'N' | b'I' | b'\\' | b'^' | b'_' | b'b', Model::Rapid { .. }) => Some(3),
            (b'x' | b'o', Model::Rapid { .. }) if newest => Some(3),
            (b'B', Model::Rapid { .. }) => Some(6),
            (b'D', Model::Rapid { .. }) => Some(if newest { 7 } else { 6 }),
            (b'[', Model::Rapid { .. }) => Some(if newest { 6 } else { 5 }),
            _ => None,
        }
    }

    fn take(&mut self, word: &[u8]) {
        let (Some((check, body)), Some(command)) = (word.split_last(), word.first().copied())
        else {
            return;
        };
        if checksum(body) != *check {
            return self.say(vec![b'?']);
        }
        let data = body.get(1..).unwrap_or_default();
        if self.is_locked_out(command, data) {
            return;
        }
        // A change of remote control is answered with the state after it, all others before.
        let before = self.state(command);
        let verdict = self.obey(command, data);
        match verdict {
            Verdict::Value => self.say_checked(vec![command, b'?']),
            Verdict::State => self.say_checked(vec![command, b'S']),
            Verdict::Done => {
                self.heard = self.now;
                let state =
                    if matches!(command, b'Q' | b'R') { self.state(command) } else { before };
                let mut reply = vec![command];
                reply.extend(state);
                reply.extend(self.facts(command));
                let mute = command == b'E' && data == b"H" && self.has(Fault::MuteFire);
                if command == b'N' {
                    reply = self.version_text();
                }
                if !mute {
                    self.say_checked(reply);
                }
            }
        }
    }

    /// A wrong unlock code is not answered at all.
    fn is_locked_out(&self, command: u8, data: &[u8]) -> bool {
        match &self.model {
            Model::Rapid { unlock, .. } => {
                command == b'Q' && self.version() >= 9 && data != unlock.as_slice()
            }
            Model::TwoHundred | Model::BiStim => false,
        }
    }

    fn obey(&mut self, command: u8, data: &[u8]) -> Verdict {
        let free =
            matches!(command, b'Q' | b'R' | b'J' | b'F' | b'N' | b'I' | b'\\' | b'x' | b'X' | b'o')
                || (command, data) == (b'E', b"A");
        if !free && !self.remote {
            return Verdict::State;
        }
        match command {
            b'Q' => self.remote = true,
            b'R' => (self.remote, self.mode, self.train) = (false, Mode::Standby, None),
            b'E' => return self.trigger(data),
            b'@' | b'A' | b'C' | b'B' | b'D' | b'[' => return self.set(command, data),
            b'Y' | b'Z' if self.is_armed() => return Verdict::State,
            b'Y' | b'Z' => self.high_resolution = command == b'Y',
            b'^' | b'_' if self.is_armed() => return Verdict::State,
            b'^' | b'_' => self.enhanced = command == b'^',
            _ => {}
        }
        Verdict::Done
    }

    fn trigger(&mut self, data: &[u8]) -> Verdict {
        match data {
            b"A" => self.disarm(),
            b"B" if self.heat.0 >= HOT || !self.coil || self.has(Fault::FatalError) => {
                return Verdict::State;
            }
            b"B" if self.is_armed() => {}
            b"B" => self.arm(),
            b"H" if self.is_ready() => self.fire(),
            b"H" => return Verdict::State,
            _ => return Verdict::Value,
        }
        Verdict::Done
    }

    fn set(&mut self, command: u8, data: &[u8]) -> Verdict {
        let Some(value) = digits(data) else { return Verdict::Value };
        let resting = self.now < self.train_over.saturating_add(AFTER_TRAIN) && self.train_over > 0;
        if self.train.is_some() || resting {
            return Verdict::State;
        }
        let most = match command {
            b'@' if self.enhanced => 110,
            b'@' | b'A' => 100,
            b'B' => 1_000,
            b'D' => 6_000,
            _ => 999,
        };
        if value > most {
            return Verdict::Value;
        }
        let small = u16::try_from(value).unwrap_or(0);
        match command {
            b'@' => self.power = small + u16::from(self.has(Fault::WrongIntensity)),
            b'A' => self.power_b = small,
            b'C' => self.interval = small,
            b'B' => self.rate = value.max(1),
            b'D' => self.train_pulses = value,
            _ => self.duration = value,
        }
        Verdict::Done
    }

    /// The state bytes with which the answer to `command` begins.
    fn state(&self, command: u8) -> Vec<u8> {
        match command {
            b'N' => Vec::new(),
            b'B' | b'D' | b'[' | b'^' | b'_' | b'\\' | b'x' | b'o' => {
                vec![self.status(), self.rapid_status()]
            }
            _ => vec![self.status()],
        }
    }

    fn status(&self) -> u8 {
        let ready = self.is_ready();
        let bits = [
            self.mode == Mode::Standby,
            self.is_armed() && !ready,
            ready,
            self.coil,
            self.has(Fault::ReplaceCoil),
            self.has(Fault::Error) || self.has(Fault::FatalError),
            self.has(Fault::FatalError),
            self.remote,
        ];
        byte(bits)
    }

    fn rapid_status(&self) -> u8 {
        let wait = self.train_over > 0 && self.now < self.train_over.saturating_add(AFTER_TRAIN);
        let trains = self.duration > 0;
        byte([
            self.enhanced,
            self.train.is_some() && trains,
            wait,
            !trains,
            true,
            self.coil,
            false,
            false,
        ])
    }

    /// What an answer holds behind the state.
    fn facts(&self, command: u8) -> Vec<u8> {
        let text = match command {
            b'J' if self.model == Model::BiStim => {
                format!("{:03}{:03}{:03}", self.power, self.power_b, self.interval)
            }
            b'J' => format!("{:03}000000", self.power),
            b'F' => {
                let tenths = (self.heat.0 / 100).min(999);
                format!("{tenths:03}{:03}", tenths.saturating_sub(5))
            }
            b'I' => "S00".to_owned(),
            b'X' => if self.high_resolution { "4" } else { "0" }.to_owned(),
            b'o' if self.version() >= 10 => "00000".to_owned(),
            b'o' => "0000".to_owned(),
            b'\\' => self.trains_text(),
            b'x' => return vec![0, u8::from(self.has(Fault::SpecialTrigger)) << 1],
            _ => String::new(),
        };
        text.into_bytes()
    }

    fn trains_text(&self) -> String {
        let Self { power, rate, train_pulses: pulses, duration, .. } = self;
        match self.version() {
            9.. => format!("{power:03}{rate:04}{pulses:05}{duration:04}{:04}", 5),
            7 | 8 => format!("{power:03}{rate:04}{pulses:04}{duration:03}{:04}", 5),
            _ => format!("{power:03}{rate:04}{pulses:04}{duration:03}{:03}", 5),
        }
    }

    fn version_text(&self) -> Vec<u8> {
        let Model::Rapid { version: [major, minor, patch], .. } = &self.model else {
            return Vec::new();
        };
        let mut text = format!("N{major}.{minor}.{patch}").into_bytes();
        text.push(0);
        text
    }

    fn say_checked(&mut self, mut reply: Vec<u8>) {
        reply.push(checksum(&reply));
        self.say(reply);
    }

    fn say(&mut self, reply: Vec<u8>) {
        if !self.has(Fault::Mute) {
            self.output.push_back((self.now.saturating_add(THINKS), reply));
        }
    }
}

/// All bits of the sum, turned over.
fn checksum(bytes: &[u8]) -> u8 {
    !bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte))
}

fn digits(data: &[u8]) -> Option<u32> {
    data.iter().try_fold(0_u32, |value, digit| {
        digit.is_ascii_digit().then(|| value * 10 + u32::from(digit - b'0'))
    })
}

/// Eight bits, the lowest first.
fn byte(bits: [bool; 8]) -> u8 {
    bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit))
}
