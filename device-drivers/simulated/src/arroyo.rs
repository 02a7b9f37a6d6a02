//! A simulated laser driver of the Arroyo family with a diode behind it, written from the maker's Computer Interfacing Manual.
//!
//! A setting is not answered: it works, or it leaves a number in the error queue. A question is answered by a bare value. The current rises
//! at the rate of the driver's soft start, the light follows it above the threshold, and a diode that gets warm gives less of it.

mod fault;
mod language;
mod plan;
mod registers;

use std::collections::VecDeque;

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{Button, Device};

use self::{
    language::{Order, Said, parse},
    registers::Registers,
};

pub use self::{
    fault::Fault,
    plan::{Model, Plan},
};

const MS: u64 = 1_000_000;
/// The state goes on in steps of this.
const TICK_NS: u64 = MS;
/// From mains on to the first answer.
const BOOT_NS: u64 = 2_000 * MS;
/// What the unit keeps of a line. A longer one is thrown away, with an error.
const BUFFER_BYTES: usize = 128;
/// Errors that are kept.
const ERRORS_MAX: usize = 10;
/// The noise of the current meter, in millionths of what it shows, and in microamperes.
const NOISE_MILLIONTHS: i64 = 1_000;
const NOISE_MICROAMPS: i64 = 60;

/// One driver and its diode.
#[derive(Clone, Debug)]
pub struct Arroyo {
    plan: Plan,
    now_ns: u64,
    powered: bool,
    awake_ns: u64,
    chance: StdRng,
    faults: Vec<Fault>,
    input: Vec<u8>,
    overrun: bool,
    outbox: VecDeque<(u64, Vec<u8>)>,
    registers: Registers,
    errors: VecDeque<u16>,
    interlock: bool,
    key: bool,
    set_microamps: u32,
    limit_microamps: u32,
    constant_current: bool,
    /// Since when the output is wanted, delay included.
    on_since_ns: Option<u64>,
    microamps: u32,
    /// How warm the diode is, in thousandths of as warm as it gets.
    warmth: u32,
    meter_femtojoules: u128,
}

impl Arroyo {
    /// A unit whose mains were switched on at `now_ns`.
    pub fn new(plan: Plan, seed: u64, now_ns: u64) -> Self {
        Self {
            now_ns,
            powered: true,
            awake_ns: now_ns.saturating_add(BOOT_NS),
            chance: StdRng::seed_from_u64(seed),
            faults: Vec::new(),
            input: Vec::new(),
            overrun: false,
            outbox: VecDeque::new(),
            registers: Registers::default(),
            errors: VecDeque::new(),
            interlock: true,
            key: true,
            set_microamps: 0,
            limit_microamps: plan.limit_microamps,
            constant_current: true,
            on_since_ns: None,
            microamps: 0,
            warmth: 0,
            meter_femtojoules: 0,
            plan,
        }
    }

    /// Something goes wrong from now on.
    pub fn fault(&mut self, fault: Fault) {
        match fault {
            Fault::Error(number) => self.error(number),
            Fault::Intermittent => self.loosen(),
            Fault::PowerMode => self.constant_current = false,
            Fault::Mute
            | Fault::Late(_)
            | Fault::Corrupt(_)
            | Fault::Twice
            | Fault::Amperes
            | Fault::StuckOn
            | Fault::OpenCircuit
            | Fault::Hot
            | Fault::CoolerOff
            | Fault::Stubborn
            | Fault::Trips(_)
            | Fault::UnknownBit => {}
        }
        self.faults.push(fault);
        self.watch();
    }

    /// Nothing is wrong any more.
    pub fn heal(&mut self) {
        self.faults.clear();
        self.constant_current = true;
        self.watch();
    }

    /// Whether the output is on, or will be after its delay.
    pub fn is_on(&self) -> bool {
        self.on_since_ns.is_some()
    }

    /// The set point, in microamperes.
    pub fn set_microamps(&self) -> u32 {
        self.set_microamps
    }

    /// The limit of the current, in microamperes.
    pub fn limit_microamps(&self) -> u32 {
        self.limit_microamps
    }

    fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }

    fn error(&mut self, number: u16) {
        if self.errors.len() < ERRORS_MAX {
            self.errors.push_back(number);
        }
    }

    fn loosen(&mut self) {
        if self.on_since_ns.is_some() {
            self.error(536);
            self.off();
        }
    }

    fn off(&mut self) {
        if self.on_since_ns.take().is_some() {
            self.registers.output_changed();
        }
    }

    /// Holds the conditions against the trips that are always there.
    fn watch(&mut self) {
        let conditions = self.conditions();
        self.registers.see(conditions);
        if self.on_since_ns.is_none() {
            return;
        }
        let trips = [
            (!self.interlock, 501),
            (self.has(Fault::OpenCircuit), 505),
            (self.has(Fault::Hot), 537),
            (self.plan.model.has_key() && !self.key, 501),
            (self.plan.model.has_cooler() && self.has(Fault::CoolerOff), 508),
        ];
        if let Some((_, number)) = trips.into_iter().find(|(trips, _)| *trips) {
            self.error(number);
            self.off();
        }
    }

    fn conditions(&self) -> u16 {
        let on = self.microamps > 0 || self.has(Fault::StuckOn) && self.on_since_ns.is_some();
        let wanted = if self.on_since_ns.is_some() { self.set_microamps } else { 0 };
        let bits = [
            (!self.interlock, 4),
            (self.has(Fault::OpenCircuit), 7),
            (self.on_since_ns.is_some() && self.microamps.abs_diff(wanted) > wanted / 100, 9),
            (on || self.on_since_ns.is_some(), 10),
            (self.has(Fault::UnknownBit), 12),
            (self.has(Fault::Hot), 15),
        ];
        bits.into_iter().filter(|(set, _)| *set).fold(0, |word, (_, bit)| word | 1 << bit)
    }

    fn tick(&mut self) {
        let live = self.on_since_ns.is_some_and(|since| since <= self.now_ns) && self.powered;
        let wanted = if live { self.set_microamps } else { 0 };
        let step = self.plan.rise_microamps_per_ms;
        self.microamps = match self.microamps < wanted {
            true => self.microamps.saturating_add(step).min(wanted),
            // What turns off shorts the diode: the current is gone within a tick.
            false => wanted,
        };
        self.meter_femtojoules += u128::from(self.light()) * u128::from(TICK_NS);
        let aim = if self.microamps > 0 { 1_000_u32 } else { 0 };
        // A time constant of four seconds.
        if self.now_ns.is_multiple_of(4 * MS) {
            self.warmth = if self.warmth < aim { self.warmth + 1 } else { self.warmth.max(1) - 1 };
        }
    }

    /// True light in microwatts.
    fn light(&self) -> u64 {
        let above = u64::from(self.microamps.saturating_sub(self.plan.threshold_microamps));
        let cold = above * u64::from(self.plan.slope_milliwatts_per_ampere) / 1_000;
        // Three percent less once it is warm.
        cold - cold * u64::from(self.warmth) * 3 / 100_000
    }

    fn listen(&mut self, byte: u8) {
        if byte != b'\r' && byte != b'\n' {
            if self.input.len() < BUFFER_BYTES {
                self.input.push(byte);
            } else {
                self.overrun = true;
            }
            return;
        }
        let line = std::mem::take(&mut self.input);
        if std::mem::take(&mut self.overrun) {
            return self.error(102);
        }
        for piece in line.split(|letter| *letter == b';') {
            if piece.iter().all(|letter| *letter == b' ') {
                continue;
            }
            match parse(piece, self.plan.amperes || self.has(Fault::Amperes)) {
                Ok(said) => self.obey(said),
                Err(number) => self.error(number),
            }
        }
    }

    fn obey(&mut self, said: Said) {
        match said {
            Said::Ask(question) => {
                let answer = self.answer(question);
                match answer {
                    Some(text) => self.reply(text),
                    None => self.error(123),
                }
            }
            Said::Do(order) => self.act(order),
        }
        self.watch();
    }

    fn act(&mut self, order: Order) {
        match order {
            Order::Output(false) => {
                if !self.has(Fault::StuckOn) {
                    self.off();
                }
            }
            Order::Output(true) => self.turn_on(),
            Order::Current(microamps) if self.limit_microamps < microamps => self.error(201),
            Order::Current(microamps) => {
                if !self.has(Fault::Stubborn) {
                    self.set_microamps = microamps;
                }
            }
            Order::Limit(microamps) if self.plan.most_microamps < microamps => self.error(201),
            Order::Limit(microamps) => {
                self.limit_microamps = microamps;
                self.set_microamps = self.set_microamps.min(microamps);
            }
            Order::Mode(constant) => {
                if constant != self.constant_current {
                    self.off();
                }
                self.constant_current = constant;
            }
            Order::Trips(word) => self.registers.trips = word,
            Order::Delay(millis) => self.plan.on_delay_millis = millis,
            Order::Nothing => {}
        }
    }

    fn turn_on(&mut self) {
        if self.on_since_ns.is_some() {
            return;
        }
        if self.has(Fault::Intermittent) {
            return self.error(536);
        }
        let delay = u64::from(self.plan.on_delay_millis) * MS;
        self.on_since_ns = Some(self.now_ns + delay);
        self.registers.output_changed();
    }

    /// What `question` is answered, if this model knows it.
    fn answer(&mut self, question: language::Question) -> Option<String> {
        use language::Question;
        let amperes = self.plan.amperes || self.has(Fault::Amperes);
        let decimals = self.plan.decimals;
        let current = |microamps| language::current(microamps, amperes, decimals);
        let forced = self.faults.iter().find_map(|fault| fault.trips());
        Some(match question {
            Question::Identity => self.plan.identity.clone(),
            Question::Serial => self.plan.serial.clone(),
            Question::Version => self.plan.firmware.clone(),
            Question::Output => u8::from(self.on_since_ns.is_some()).to_string(),
            Question::Set => current(self.set_microamps),
            Question::Measured => {
                let shown = self.shown();
                current(shown)
            }
            Question::Limit => current(self.limit_microamps),
            Question::Mode => if self.constant_current { "ILBW" } else { "MDP" }.to_owned(),
            Question::Trips => forced.unwrap_or(self.registers.trips).to_string(),
            Question::Delay => self.plan.on_delay_millis.to_string(),
            Question::Condition => self.conditions().to_string(),
            Question::Events => self.registers.take_events().to_string(),
            Question::Errors => self.take_errors(),
            Question::StatusByte => (u8::from(!self.errors.is_empty()) << 7).to_string(),
            Question::Key if self.plan.model.has_key() => u8::from(self.key).to_string(),
            Question::Cooler if self.plan.model.has_cooler() => {
                u8::from(!self.has(Fault::CoolerOff)).to_string()
            }
            Question::CoolerCondition if self.plan.model.has_cooler() => {
                if self.has(Fault::CoolerOff) { "0" } else { "1024" }.to_owned()
            }
            Question::Key | Question::Cooler | Question::CoolerCondition => return None,
        })
    }

    fn take_errors(&mut self) -> String {
        let numbers: Vec<String> = self.errors.drain(..).map(|number| number.to_string()).collect();
        if numbers.is_empty() { "0".to_owned() } else { numbers.join(",") }
    }

    /// What the current meter shows. A dark one shows nothing but its noise.
    fn shown(&mut self) -> u32 {
        let true_value = i64::from(self.microamps);
        let noise = self.chance.random_range(-NOISE_MILLIONTHS..=NOISE_MILLIONTHS);
        let hum = self.chance.random_range(0..=NOISE_MICROAMPS);
        let shown = true_value + true_value * noise / 1_000_000 + hum;
        u32::try_from(shown.max(0)).unwrap_or(u32::MAX)
    }

    fn reply(&mut self, text: String) {
        if self.has(Fault::Mute) {
            return;
        }
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(self.plan.ending.as_bytes());
        let corrupt: u16 = self.faults.iter().map(|fault| fault.corrupts()).sum();
        if self.chance.random_range(0..1_000) < corrupt {
            let place = self.chance.random_range(0..bytes.len());
            let bit = 1 << self.chance.random_range(0..8);
            bytes.get_mut(place).into_iter().for_each(|byte| *byte ^= bit);
        }
        if self.has(Fault::Twice) {
            bytes = [bytes.clone(), bytes].concat();
        }
        let late: u64 = self.faults.iter().map(|fault| fault.late_ns()).sum();
        let due = self.now_ns + self.plan.think_ns + late;
        self.outbox.push_back((due, bytes));
    }
}

impl Device for Arroyo {
    fn receive(&mut self, now_ns: u64, bytes: &[u8]) {
        self.advance(now_ns);
        if self.powered && self.awake_ns <= self.now_ns {
            bytes.iter().for_each(|byte| self.listen(*byte));
        }
    }

    fn transmit(&mut self, now_ns: u64, wire: &mut Vec<u8>) {
        self.advance(now_ns);
        while let Some((_, mut bytes)) = self.outbox.pop_front_if(|(due, _)| *due <= self.now_ns) {
            wire.append(&mut bytes);
        }
    }

    fn wake(&self, _now_ns: u64) -> Option<u64> {
        self.outbox.front().map(|(due, _)| *due)
    }

    fn advance(&mut self, now_ns: u64) {
        let first = self.now_ns / TICK_NS;
        for tick in first..now_ns / TICK_NS {
            self.now_ns = (tick + 1) * TICK_NS;
            self.tick();
        }
        self.now_ns = self.now_ns.max(now_ns);
    }

    fn press(&mut self, now_ns: u64, button: Button, on: bool) {
        self.advance(now_ns);
        match button {
            Button::Interlock => self.interlock = on,
            Button::Key => self.key = on,
            Button::Footswitch | Button::EStop | Button::Applicator => {}
        }
        self.watch();
    }

    fn power(&mut self, now_ns: u64, on: bool) {
        self.advance(now_ns);
        self.powered = on;
        self.awake_ns = now_ns.saturating_add(BOOT_NS);
        self.off();
        self.input.clear();
        self.outbox.clear();
        self.errors.clear();
        self.registers = Registers::default();
    }

    fn meter(&self) -> u128 {
        self.meter_femtojoules / 1_000
    }

    fn output_now(&self) -> u64 {
        self.light()
    }

    fn buttons(&self) -> &'static [Button] {
        if self.plan.model.has_key() {
            &[Button::Interlock, Button::Key]
        } else {
            &[Button::Interlock]
        }
    }

    fn breaks(&self) -> &'static [(&'static str, &'static str)] {
        &Fault::NAMES
    }

    fn break_as(&mut self, now_ns: u64, words: &str) -> bool {
        self.advance(now_ns);
        let fault = Fault::named(words);
        fault.is_some_and(|fault| {
            self.fault(fault);
            true
        })
    }

    fn mend(&mut self, now_ns: u64) {
        self.advance(now_ns);
        self.heal();
    }
}
