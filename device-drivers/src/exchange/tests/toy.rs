//! A made-up unit and its tongue: a letter each way, and a value where there is one.

use alloc::vec;
use std::{boxed::Box, vec::Vec};

use safety::{Laser, LaserLevel, Nanos, Power, Setting};
use simulated_units::{Button, Device};

use super::{
    desk::Desk,
    world::{MS, World},
};
use crate::exchange::{Brings, Exchange, Heard, Hearing, Manner, Saying, Sense, Tongue};

/// Ten bits at 9600 per second, in nanoseconds.
pub(super) const BYTE: u64 = 1_041_667;
/// How long a toy may think.
const WITHIN: Nanos = Nanos::from_millis(20);

/// What can be said to a toy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Word {
    Who,
    /// The second half of who it is.
    Name,
    State,
    Level,
    Tell(u8),
    Enable,
    /// What turns on takes two words.
    Aim,
    Fire,
    Off,
}

impl Word {
    fn letter(self) -> u8 {
        match self {
            Self::Who => b'w',
            Self::Name => b'n',
            Self::State => b's',
            Self::Level => b'l',
            Self::Tell(_) => b't',
            Self::Enable => b'e',
            Self::Aim => b'a',
            Self::Fire => b'f',
            Self::Off => b'o',
        }
    }
}

/// How a toy is spoken with, and what it can do.
#[derive(Clone, Debug)]
pub(super) struct ToyTongue {
    pub(super) manner: Manner<Laser>,
    /// It has to be enabled before it is turned on.
    pub(super) steps: bool,
    pub(super) run: Option<Nanos>,
    /// What it is asked again and again.
    pub(super) polls: Vec<Word>,
}

impl Default for ToyTongue {
    fn default() -> Self {
        Self {
            manner: Manner {
                byte: Nanos::new(BYTE),
                poll: Nanos::from_millis(100),
                link: Nanos::from_millis(300),
                lease: Nanos::from_millis(500),
                gap: Nanos::from_millis(5),
                half_duplex: false,
                fall: Nanos::ZERO,
                off_below: Power::from_milliwatts(50),
                brings: Brings { faults: 1, parts: 1, ..Brings::default() },
            },
            steps: false,
            run: None,
            polls: vec![Word::State, Word::Level],
        }
    }
}

impl ToyTongue {
    /// Both sides share one pair of wires.
    pub(super) fn shared() -> Self {
        let mut tongue = Self::default();
        tongue.manner.half_duplex = true;
        tongue
    }

    /// It says when it may be turned on, after it was told to get ready.
    pub(super) fn stepped() -> Self {
        let mut tongue = Self { steps: true, ..Self::default() };
        tongue.manner.brings.ready = true;
        tongue
    }

    pub(super) fn world(self) -> World<Laser, Toy> {
        World::new(Box::new(Exchange::new(self)), Toy::default(), BYTE)
    }
}

fn value(setting: &Setting<Laser>) -> Option<u8> {
    u8::try_from(setting.level.power.milliwatts() / 100).ok()
}

impl Tongue<Laser> for ToyTongue {
    type Word = Word;

    fn exact(&self, level: LaserLevel) -> Option<LaserLevel> {
        Some(level)
    }

    fn manner(&self) -> &Manner<Laser> {
        &self.manner
    }

    fn introduction(&self) -> &[Word] {
        &[Word::Who, Word::Name]
    }

    fn polls(&self) -> &[Word] {
        &self.polls
    }

    fn off(&self) -> &[Word] {
        &[Word::Off]
    }

    fn tell(&self, setting: &Setting<Laser>) -> Option<Vec<Word>> {
        Some(vec![Word::Tell(value(setting)?)])
    }

    fn enable(&self) -> &[Word] {
        if self.steps { &[Word::Enable] } else { &[] }
    }

    fn fire(&self, _setting: &Setting<Laser>) -> Vec<Word> {
        vec![Word::Aim, Word::Fire]
    }

    fn run(&self, _setting: &Setting<Laser>) -> Option<Nanos> {
        self.run
    }

    fn say(&self, word: Word, _turn: u32) -> Saying {
        let mut bytes = vec![word.letter()];
        if let Word::Tell(level) = word {
            bytes.push(level);
        }
        Saying { bytes, answer: Some((WITHIN, 4)), quiet: Nanos::ZERO }
    }

    fn hear(&self, heard: Heard<'_, Laser, Word>, senses: &mut Vec<Sense<Laser>>) -> Hearing {
        let Some((word, _)) = heard.asked else { return Hearing::Bad(1) };
        let first = heard.bytes.first().copied().unwrap_or(0);
        if first != word.letter().to_ascii_uppercase() {
            return Hearing::Bad(1);
        }
        let Some(body) = heard.bytes.get(1..4) else { return Hearing::More };
        match word {
            Word::Who => senses.push(Sense::Plated(body[0] == 7)),
            Word::Name => senses.push(Sense::Plated(body[0] == 9)),
            Word::State => {
                senses.push(Sense::Enabled(body[0] & 1 == 1));
                let output = u32::from(body[1]) * 100 + u32::from(body[2]);
                senses.push(Sense::Output(Power::from_milliwatts(output)));
                senses.push(Sense::Ready(body[0] & 2 == 2));
                senses.push(Sense::Faults(0, u32::from(body[0] >> 4)));
            }
            Word::Level => {
                let wanted = heard.wanted.and_then(value);
                senses.push(Sense::Held(0, wanted == Some(body[0])));
            }
            Word::Tell(_) | Word::Enable | Word::Aim | Word::Fire | Word::Off => {
                if body[0] == b'!' {
                    senses.push(Sense::Refused);
                }
            }
        }
        Hearing::Answer(4)
    }
}

/// A laser of 5 W and less that believes everything.
#[derive(Clone, Debug)]
pub(super) struct Toy {
    pub(super) who: u8,
    pub(super) name: u8,
    pub(super) on: bool,
    pub(super) ready: bool,
    pub(super) level: u8,
    /// It holds this whatever it is told.
    pub(super) stubborn: Option<u8>,
    /// It obeys this letter, and does not say so.
    pub(super) mute: Option<u8>,
    /// It neither obeys nor answers this letter.
    pub(super) ignores: Option<u8>,
    /// It refuses this letter.
    pub(super) refuses: Option<u8>,
    noise: u8,
    /// It stays on.
    pub(super) stuck: bool,
    /// Every letter that it got.
    pub(super) got: Vec<u8>,
    input: Vec<u8>,
    output: Vec<u8>,
    now: u64,
    pub(super) meter: u128,
}

impl Default for Toy {
    fn default() -> Self {
        Self {
            who: 7,
            name: 9,
            on: false,
            ready: false,
            level: 0,
            stubborn: None,
            mute: None,
            ignores: None,
            refuses: None,
            noise: 0,
            stuck: false,
            got: Vec::new(),
            input: Vec::new(),
            output: Vec::new(),
            now: 0,
            meter: 0,
        }
    }
}

impl Toy {
    fn obey(&mut self, letter: u8, level: u8) {
        self.got.push(letter);
        if self.ignores == Some(letter) {
            return;
        }
        let mut body = [b'.', 0, 0];
        if self.refuses == Some(letter) {
            body[0] = b'!';
        } else {
            match letter {
                b'w' => body[0] = self.who,
                b'n' => body[0] = self.name,
                b's' => {
                    let light = if self.on { self.level } else { 0 };
                    // A meter that is not frozen does not show the same twice.
                    self.noise = if self.on { (self.noise + 1) % 5 } else { 0 };
                    body = [u8::from(self.on) | u8::from(self.ready) << 1, light, self.noise];
                }
                b'l' => body[0] = self.level,
                b't' => self.level = self.stubborn.unwrap_or(level),
                b'e' => self.ready = true,
                b'f' => self.on = true,
                b'o' => (self.on, self.ready) = (self.stuck, false),
                _ => {}
            }
        }
        if self.mute != Some(letter) {
            self.output.push(letter.to_ascii_uppercase());
            self.output.extend(body);
        }
    }
}

impl Device for Toy {
    fn receive(&mut self, now: u64, bytes: &[u8]) {
        self.advance(now);
        self.input.extend_from_slice(bytes);
        while let Some(letter) = self.input.first().copied() {
            let takes = if letter == b't' { 2 } else { 1 };
            if self.input.len() < takes {
                return;
            }
            let level = self.input.get(1).copied().unwrap_or(0);
            self.input.drain(..takes);
            self.obey(letter, level);
        }
    }

    fn transmit(&mut self, _now: u64, wire: &mut Vec<u8>) {
        wire.append(&mut self.output);
    }

    fn wake(&self, _now: u64) -> Option<u64> {
        None
    }

    fn advance(&mut self, now: u64) {
        let light = u128::from(self.output_now());
        self.meter += light * u128::from(now.saturating_sub(self.now)) / 1_000;
        self.now = self.now.max(now);
    }

    fn press(&mut self, _now: u64, _button: Button, _on: bool) {}

    fn power(&mut self, _now: u64, _on: bool) {}

    fn meter(&self) -> u128 {
        self.meter
    }

    fn output_now(&self) -> u64 {
        if self.on { u64::from(self.level) * 100_000 } else { 0 }
    }
}

/// What tests do with a toy.
impl World<Laser, Toy> {
    pub(super) fn got(&self, letter: u8) -> usize {
        self.device.got.iter().filter(|got| **got == letter).count()
    }

    /// From an open port to a setting that is held while people are warned.
    pub(super) fn warn(&mut self, desk: &mut Desk<Laser>) {
        self.pass(500);
        self.order(desk.prepare(self.instant()));
        self.pass(500);
        self.order(desk.warn(self.instant()));
        self.pass(500);
    }

    /// When the toy was first on from now on, if within `millis`.
    pub(super) fn turns_on(&mut self, millis: u64) -> bool {
        self.pass_till(millis, |world| world.device.on)
    }
}

/// A second in the time of a world.
pub(super) const SECOND: u64 = 1_000 * MS;
