//! A simulated MagVenture MagPro: frames that carry their own length, and a unit that speaks unasked.
//!
//! It was written from what two clients of independent lineage do with real units (`nigelrogasch/MAGIC`, `xiangruili/MagventureTMS`) and from what
//! PyPI `magicpy` 0.1.6 expects. Nothing ends a train of it but its own count, a second start, a disable, or its mains: it has no watchdog. Its
//! meter counts true pulses and their energy.

mod bench;
mod language;

use std::collections::VecDeque;

use crate::{Button, Device};

use bench::OVER_TEMPERATURE;

pub use bench::Fault;

const MS: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MS;
/// It thinks this long about a frame.
const THINKS: u64 = 3 * MS;
/// What charging takes after it was enabled.
const CHARGES: u64 = 300 * MS;
/// Picojoules of one pulse for each percent squared: 250 J at most, a round figure for the class.
const PULSE_PICOJOULES: u64 = 25_000_000_000;
/// The room, in thousandths of a degree, and how the coil warms and cools.
const ROOM: u64 = 22_000;
const HOT: u64 = 43_000;
const JOULES_PER_MILLIDEGREE: u64 = 25;
const COOLS_PER_SECOND: u64 = 300;
/// The page of trains, and the one of single pulses.
const PAGE_MAIN: u8 = 1;
const PAGE_TIMING: u8 = 2;

/// Which box it is: the bits that it reports, and the rate it is bound by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Up to 30 Hz.
    R30,
    /// Up to 100 Hz; confirms a change by up to three frames.
    X100,
}

/// The train as it is set: rate and interval in tenths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Setup {
    rate: u16,
    pulses: u16,
    trains: u16,
    interval: u16,
    ramp: u8,
}

#[derive(Clone, Copy, Debug)]
struct Train {
    next: u64,
    left: u32,
    trains_left: u16,
    period: u64,
}

/// A simulated unit at the end of a line of 38400 baud.
#[derive(Clone, Debug)]
pub struct MagVenture {
    model: Model,
    serial: u32,
    now: u64,
    powered: bool,
    enabled: Option<u64>,
    amplitude: u8,
    mode: u8,
    page: u8,
    setup: Setup,
    train: Option<Train>,
    coil_type: u8,
    heat: (u64, u64),
    faults: Vec<Fault>,
    input: Vec<u8>,
    output: VecDeque<(u64, Vec<u8>)>,
    picojoules: u128,
    pulses: u64,
}

impl MagVenture {
    /// A unit that is switched on, with its coil in place. The serial number has 24 bits.
    pub fn new(model: Model, serial: u32, coil_type: u8) -> Self {
        Self {
            model,
            serial,
            now: 0,
            powered: true,
            enabled: None,
            amplitude: 0,
            mode: 0,
            page: PAGE_MAIN,
            setup: Setup { rate: 10, pulses: 1, trains: 1, interval: 10, ramp: 100 },
            train: None,
            coil_type,
            heat: (ROOM, 0),
            faults: Vec::new(),
            input: Vec::new(),
            output: VecDeque::new(),
            picojoules: 0,
            pulses: 0,
        }
    }

    /// How many pulses it truly gave.
    pub fn pulses(&self) -> u64 {
        self.pulses
    }

    /// Whether it would fire if it were told to.
    pub fn is_enabled(&self) -> bool {
        self.enabled.is_some()
    }

    /// Whether a train goes on.
    pub fn is_running(&self) -> bool {
        self.train.is_some()
    }

    /// What it is set to, in percent.
    pub fn amplitude(&self) -> u8 {
        self.amplitude
    }

    fn is_charged(&self) -> bool {
        self.enabled.is_some_and(|charged| charged <= self.now)
    }

    fn disable(&mut self) {
        self.enabled = None;
        self.train = None;
    }

    /// Starts a train, or ends the one that goes on: the same word does both.
    fn toggle(&mut self) {
        if self.train.take().is_some() {
            return;
        }
        if self.is_charged() && self.page == PAGE_TIMING {
            let period = 10 * SECOND / u64::from(self.setup.rate.max(1));
            let (left, trains_left) = (u32::from(self.setup.pulses), self.setup.trains.max(1));
            self.train = Some(Train { next: self.now, left, trains_left, period });
            self.step_train();
        }
    }

    fn step_train(&mut self) {
        let Some(mut train) = self.train.take() else { return };
        if self.now < train.next {
            self.train = Some(train);
            return;
        }
        if train.left > 0 {
            self.pulse();
            train.left -= 1;
            train.next = train.next.saturating_add(train.period);
            self.train = Some(train);
            return;
        }
        train.trains_left = train.trains_left.saturating_sub(1);
        if train.trains_left > 0 {
            train.left = u32::from(self.setup.pulses);
            train.next = self.now.saturating_add(u64::from(self.setup.interval) * 100 * MS);
            self.train = Some(train);
        } else {
            self.push_page();
        }
    }

    fn pulse(&mut self) {
        let percent = u64::from(self.amplitude);
        let energy = PULSE_PICOJOULES.saturating_mul(percent).saturating_mul(percent);
        self.picojoules = self.picojoules.saturating_add(u128::from(energy));
        self.pulses = self.pulses.saturating_add(1);
        self.heat.0 =
            self.heat.0.saturating_add(energy / 1_000_000_000_000 / JOULES_PER_MILLIDEGREE);
        self.push_pulse();
    }

    fn settle(&mut self) {
        self.step_train();
        let (heat, since) = self.heat;
        let seconds = self.now.saturating_sub(since) / SECOND;
        if seconds > 0 {
            let warm = heat.saturating_sub(ROOM);
            let cooler =
                (0..seconds.min(3_600)).fold(warm, |warm, _| warm - warm / COOLS_PER_SECOND);
            self.heat = (ROOM.saturating_add(cooler), since + seconds * SECOND);
        }
        if self.heat.0 >= HOT && self.enabled.is_some() {
            self.disable();
            self.push_coil();
        }
    }
}

impl Device for MagVenture {
    fn receive(&mut self, now_ns: u64, bytes: &[u8]) {
        self.advance(now_ns);
        if self.powered && !self.has(Fault::Deaf) {
            self.input.extend_from_slice(bytes);
            self.read();
        }
    }

    fn transmit(&mut self, now_ns: u64, wire: &mut Vec<u8>) {
        self.advance(now_ns);
        while let Some((_, mut frame)) = self.output.pop_front_if(|(at, _)| *at <= now_ns) {
            wire.append(&mut frame);
        }
    }

    fn wake(&self, now_ns: u64) -> Option<u64> {
        let train = self.train.map(|train| train.next);
        let frame = self.output.front().map(|(at, _)| *at);
        [train, frame].into_iter().flatten().min().map(|at| at.max(now_ns))
    }

    fn advance(&mut self, now_ns: u64) {
        while self.now < now_ns {
            let event = self.train.map_or(u64::MAX, |train| train.next).min(now_ns);
            let event = event.min(self.now.saturating_add(SECOND));
            self.now = event.max(self.now.saturating_add(1)).min(now_ns);
            self.settle();
        }
    }

    fn press(&mut self, now_ns: u64, button: Button, on: bool) {
        self.advance(now_ns);
        match button {
            Button::Applicator => {
                self.coil_type = if on { 60 } else { 0 };
                self.push_coil();
            }
            Button::EStop if on => self.disable(),
            Button::Key | Button::Footswitch | Button::Interlock | Button::EStop => {}
        }
    }

    fn power(&mut self, now_ns: u64, on: bool) {
        self.advance(now_ns);
        if !on || !self.powered {
            let kept = (self.picojoules, self.pulses, self.heat, self.faults.clone());
            *self = Self { now: self.now, ..Self::new(self.model, self.serial, self.coil_type) };
            (self.picojoules, self.pulses, self.heat, self.faults) = kept;
        }
        self.powered = on;
    }

    fn meter(&self) -> u128 {
        self.picojoules
    }

    fn output_now(&self) -> u64 {
        let percent = u64::from(self.amplitude);
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
