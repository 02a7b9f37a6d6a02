//! A simulated Magstim 200², BiStim² or Rapid²: a box that charges, arms, and discharges into a coil.
//!
//! It was written from the facts of the vendor's TDb 086 (200², BiStim²) and TDb 087 (Rapid²), and from what clients used with real units expect
//! (PyPI `magpy-tms` 1.4). It disarms itself without a word for a second, without a pulse for a minute, and above 40 °C at its coil. What it says
//! of its state in the answer to a command that changes the state is the state of before. Its meter counts true pulses and their energy.

mod bench;
mod language;

use std::collections::VecDeque;

use crate::{Button, Device};

use bench::OVER_TEMPERATURE;

pub use bench::Fault;

const MS: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MS;
/// It thinks this long about a word.
const THINKS: u64 = 2 * MS;
/// How long the line is silent before it reads again what follows noise.
const SKIPS: u64 = 10 * MS;
/// Without a word for this long it disarms itself (TDb 086 and 087).
const SILENCE_ARMED: u64 = SECOND;
/// Without a word for this long it is under remote control no longer (TDb 086 and 087).
const SILENCE_STANDBY: u64 = 10 * SECOND;
/// Without a pulse for this long it disarms itself.
const IDLE_ARMED: u64 = 60 * SECOND;
/// What arming takes beside the charge, and what each percent of charge takes.
const ARM_DELAY: u64 = 200 * MS;
const CHARGE_PER_PERCENT: u64 = 8 * MS;
/// After a train nothing is changed for this long.
const AFTER_TRAIN: u64 = 500 * MS;
/// The room, and what the coil may reach before it is disarmed, in thousandths of a degree.
const ROOM: u64 = 22_000;
const HOT: u64 = 40_000;
/// Picojoules of one pulse for each percent squared: 0.0252 J, the vendor's table of a Rapid².
const PULSE_PICOJOULES: u64 = 25_200_000_000;
/// So many joules warm the coil by a thousandth of a degree, and it cools by this part in a second.
const JOULES_PER_MILLIDEGREE: u64 = 25;
const COOLS_PER_SECOND: u64 = 300;

/// Which box it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Model {
    /// Single pulses from one box.
    TwoHundred,
    /// Two boxes at one coil.
    BiStim,
    /// Trains. Its major version decides the lengths of its words; from 9 on it wants its unlock code.
    Rapid {
        /// Major, minor and patch version of its software.
        version: [u8; 3],
        /// The code that enables remote control from version 9 on, without the check byte.
        unlock: Vec<u8>,
    },
}

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Standby,
    /// Armed since an instant, and ready from another on.
    Armed(u64, u64),
}

/// A train under way.
#[derive(Clone, Copy, Debug)]
struct Train {
    next: u64,
    left: u32,
    period: u64,
}

/// A simulated unit at the end of a line of 9600 baud.
#[derive(Clone, Debug)]
pub struct Magstim {
    model: Model,
    now: u64,
    powered: bool,
    remote: bool,
    mode: Mode,
    power: u16,
    power_b: u16,
    interval: u16,
    high_resolution: bool,
    enhanced: bool,
    /// In tenths of a hertz.
    rate: u32,
    train_pulses: u32,
    /// In tenths of a second; none is single-pulse mode.
    duration: u32,
    train: Option<Train>,
    train_over: u64,
    heard: u64,
    pulsed: u64,
    coil: bool,
    /// Thousandths of a degree, and when it was last computed.
    heat: (u64, u64),
    faults: Vec<Fault>,
    input: Vec<u8>,
    /// What follows a byte that it does not know is skipped until the line was silent for a while.
    skips: Option<u64>,
    output: VecDeque<(u64, Vec<u8>)>,
    picojoules: u128,
    pulses: u64,
}

impl Magstim {
    /// A unit that is switched on, with its coil in place.
    pub fn new(model: Model) -> Self {
        Self {
            model,
            now: 0,
            powered: true,
            remote: false,
            mode: Mode::Standby,
            power: 30,
            power_b: 0,
            interval: 0,
            high_resolution: false,
            enhanced: false,
            rate: 10,
            train_pulses: 1,
            duration: 0,
            train: None,
            train_over: 0,
            heard: 0,
            pulsed: 0,
            coil: true,
            heat: (ROOM, 0),
            faults: Vec::new(),
            input: Vec::new(),
            skips: None,
            output: VecDeque::new(),
            picojoules: 0,
            pulses: 0,
        }
    }

    /// How many pulses it truly gave.
    pub fn pulses(&self) -> u64 {
        self.pulses
    }

    /// Whether it is armed, be it ready or not.
    pub fn is_armed(&self) -> bool {
        self.mode != Mode::Standby
    }

    /// What it is set to, in percent.
    pub fn intensity(&self) -> u16 {
        self.power
    }

    fn is_ready(&self) -> bool {
        let recharged =
            self.train.is_none() && self.pulsed.saturating_add(self.recharge()) <= self.now;
        matches!(self.mode, Mode::Armed(_, ready) if ready <= self.now)
            && (recharged || self.pulses == 0)
    }

    /// What single pulses are apart: by the table of a 200², 4 s for a BiStim², 1 s for a Rapid².
    fn recharge(&self) -> u64 {
        match (&self.model, self.power) {
            (Model::TwoHundred, ..50) => 2 * SECOND,
            (Model::TwoHundred, 50..80) => 3 * SECOND,
            (Model::TwoHundred | Model::BiStim, _) => 4 * SECOND,
            (Model::Rapid { .. }, _) => 500 * MS,
        }
    }

    fn arm(&mut self) {
        let takes = ARM_DELAY + CHARGE_PER_PERCENT * u64::from(self.power);
        self.mode = Mode::Armed(self.now, self.now.saturating_add(takes));
    }

    fn disarm(&mut self) {
        if !self.has(Fault::IgnoresDisarm) {
            self.mode = Mode::Standby;
            self.train = None;
        }
    }

    fn fire(&mut self) {
        let train = matches!(self.model, Model::Rapid { .. }) && self.duration > 0;
        let left = if train { self.train_pulses } else { 1 };
        let period = if train { 10 * SECOND / u64::from(self.rate.max(1)) } else { SECOND };
        self.train = Some(Train { next: self.now, left, period });
        self.step_train();
    }

    /// Gives the pulse that is due.
    fn step_train(&mut self) {
        let Some(mut train) = self.train.take() else { return };
        if self.now < train.next {
            self.train = Some(train);
            return;
        }
        if train.left == 0 {
            self.train_over = self.now;
            return;
        }
        self.pulse();
        train.left -= 1;
        train.next = train.next.saturating_add(train.period);
        let single = self.duration == 0 || !matches!(self.model, Model::Rapid { .. });
        if !(single && train.left == 0) {
            self.train = Some(train);
        }
    }

    fn pulse(&mut self) {
        let percent = u64::from(self.power);
        let energy = PULSE_PICOJOULES.saturating_mul(percent).saturating_mul(percent);
        self.picojoules = self.picojoules.saturating_add(u128::from(energy));
        self.pulses = self.pulses.saturating_add(1);
        self.pulsed = self.now;
        self.heat.0 =
            self.heat.0.saturating_add(energy / 1_000_000_000_000 / JOULES_PER_MILLIDEGREE);
    }

    /// Whatever happens by itself at the instant to which it has come.
    fn settle(&mut self) {
        self.step_train();
        self.cool();
        let (since, armed) = match self.mode {
            Mode::Standby => (0, false),
            Mode::Armed(since, _) => (since, true),
        };
        let silent = self.now.saturating_sub(self.heard);
        let idle = self.now.saturating_sub(self.pulsed.max(since));
        let unheard = silent >= SILENCE_ARMED && !self.has(Fault::NoWatchdog);
        if armed && (unheard || idle >= IDLE_ARMED || self.heat.0 >= HOT || !self.coil) {
            self.disarm();
        }
        if silent >= SILENCE_STANDBY {
            self.remote = false;
        }
    }

    fn cool(&mut self) {
        let (heat, since) = self.heat;
        let seconds = self.now.saturating_sub(since) / SECOND;
        if seconds > 0 {
            let warm = heat.saturating_sub(ROOM);
            let cooler =
                (0..seconds.min(3_600)).fold(warm, |warm, _| warm - warm / COOLS_PER_SECOND);
            self.heat = (ROOM.saturating_add(cooler), since + seconds * SECOND);
        }
    }

    fn next(&self) -> u64 {
        let train = self.train.map_or(u64::MAX, |train| train.next);
        let silence = match self.mode {
            Mode::Standby => self.heard.saturating_add(SILENCE_STANDBY),
            Mode::Armed(..) => self.heard.saturating_add(SILENCE_ARMED),
        };
        let reply = self.output.front().map_or(u64::MAX, |(at, _)| *at);
        train.min(if silence <= self.now { u64::MAX } else { silence }).min(reply)
    }
}

impl Device for Magstim {
    fn receive(&mut self, now_ns: u64, bytes: &[u8]) {
        self.advance(now_ns);
        let skips = self.skips.is_some_and(|until| self.now < until);
        self.skips = self.skips.filter(|_| skips).map(|_| self.now.saturating_add(SKIPS));
        if self.powered && !self.has(Fault::Deaf) && !skips {
            self.input.extend_from_slice(bytes);
            self.read();
        }
    }

    fn transmit(&mut self, now_ns: u64, wire: &mut Vec<u8>) {
        self.advance(now_ns);
        while let Some((_, mut reply)) = self.output.pop_front_if(|(at, _)| *at <= now_ns) {
            wire.append(&mut reply);
        }
    }

    fn wake(&self, now_ns: u64) -> Option<u64> {
        Some(self.next().max(now_ns)).filter(|at| *at < u64::MAX)
    }

    fn advance(&mut self, now_ns: u64) {
        while self.now < now_ns {
            let event = self.train.map_or(u64::MAX, |train| train.next).min(now_ns);
            let event = event.min(self.now.saturating_add(100 * MS));
            self.now = event.max(self.now.saturating_add(1)).min(now_ns);
            self.settle();
        }
    }

    fn press(&mut self, now_ns: u64, button: Button, on: bool) {
        self.advance(now_ns);
        match button {
            Button::Applicator => self.coil = on,
            Button::EStop if on => self.disarm(),
            Button::Key | Button::Footswitch | Button::Interlock | Button::EStop => {}
        }
        self.settle();
    }

    fn power(&mut self, now_ns: u64, on: bool) {
        self.advance(now_ns);
        if !on || !self.powered {
            let kept = (self.picojoules, self.pulses, self.coil, self.heat, self.faults.clone());
            *self = Self { now: self.now, heard: self.now, ..Self::new(self.model.clone()) };
            (self.picojoules, self.pulses, self.coil, self.heat, self.faults) = kept;
        }
        self.powered = on;
    }

    fn meter(&self) -> u128 {
        self.picojoules
    }

    fn output_now(&self) -> u64 {
        let percent = u64::from(self.power);
        let energy = PULSE_PICOJOULES / 1_000_000 * percent * percent;
        self.train.map_or(0, |train| energy * 1_000 / (train.period / MS).max(1))
    }

    fn buttons(&self) -> &'static [Button] {
        &[Button::Applicator, Button::EStop]
    }

    fn breaks(&self) -> &'static [(&'static str, &'static str)] {
        &Fault::NAMES
    }

    fn break_as(&mut self, now_ns: u64, words: &str) -> bool {
        self.advance(now_ns);
        if words == OVER_TEMPERATURE {
            self.warm_to(HOT);
            self.settle();
            return true;
        }
        let fault = Fault::named(words);
        fault.is_some_and(|fault| {
            self.suffer(fault, true);
            true
        })
    }

    /// A coil that is too hot is cold again as well.
    fn mend(&mut self, now_ns: u64) {
        self.advance(now_ns);
        self.faults.clear();
        self.warm_to(self.heat.0.min(ROOM));
    }
}
