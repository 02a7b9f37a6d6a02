//! A simulated Maiman laser diode driver with a diode behind it: SF6xxx or SF8xxx, in text or Modbus RTU.
//!
//! Its registers, command word, status bits and pauses are those of the vendor's manuals of SF6030, SF6040, SF6100 and SF8025 to SF8300, and of the
//! parameter tables of the vendor's own software; its codec was written from these alone (COM-11). It is stricter than a real one may be: what
//! comes sooner than 10 ms after the command before it, or within 300 ms of a stop, is not obeyed.

mod diode;
mod fault;
mod plan;
mod rtu;
mod text;

use std::collections::VecDeque;

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{Button, Device};

use self::diode::Diode;

pub use fault::Fault;
pub use plan::{Framing, Plan, Series};

const MS: u64 = 1_000_000;
/// From the last byte of a command to the first of its answer.
const THINKS_NS: u64 = 3 * MS;
/// The least rest between two commands, from last byte to last byte.
const REST_NS: u64 = 10 * MS;
/// Nothing is obeyed for this long after a stop.
const STOP_REST_NS: u64 = 300 * MS;
/// The board trips above this, in tenths of a degree Celsius.
const TRIP_TENTHS: i64 = 750;

/// Bits of the status word.
const POWERED: u16 = 1;
const STARTED: u16 = 1 << 1;
const SET_HERE: u16 = 1 << 2;
const ENABLED_HERE: u16 = 1 << 4;
const SENSOR_DENIED: u16 = 1 << 6;
const INTERLOCK_DENIED: u16 = 1 << 7;
/// Bits of the lock word.
const INTERLOCK_OPEN: u16 = 1 << 1;
const OVER_TEMPERATURE: u16 = 0b1_1000;

/// A whole driver in one value.
#[derive(Clone, Debug)]
pub struct Maiman {
    plan: Plan,
    chance: StdRng,
    now_ns: u64,
    faults: Vec<Fault>,
    powered: bool,
    interlock_closed: bool,
    /// Bits 1 to 7 of the status word.
    flags: u16,
    set_counts: u16,
    diode: Diode,
    /// What came in and is no whole command yet, and when the last of it came.
    input: Vec<u8>,
    input_ns: u64,
    /// When the last command was complete, and before when nothing is obeyed.
    command_ns: Option<u64>,
    deaf_until_ns: u64,
    replies: VecDeque<(u64, Vec<u8>)>,
    /// The reply that waits for a later one to overtake it.
    overtaken: Option<Vec<u8>>,
    /// How often it was told to start.
    starts: u32,
}

/// What a command asks of the registers, whatever its framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    /// There is no such register.
    Absent,
    /// It cannot be written, or not like this.
    Value,
}

impl Maiman {
    /// A driver that was switched on at `now_ns`, with its interlock closed.
    pub fn new(plan: Plan, seed: u64, now_ns: u64) -> Self {
        Self {
            diode: Diode::new(&plan, now_ns),
            plan,
            chance: StdRng::seed_from_u64(seed),
            now_ns,
            faults: Vec::new(),
            powered: true,
            interlock_closed: true,
            flags: 0,
            set_counts: 0,
            input: Vec::new(),
            input_ns: now_ns,
            command_ns: None,
            deaf_until_ns: now_ns,
            replies: VecDeque::new(),
            overtaken: None,
            starts: 0,
        }
    }

    /// Switches a fault on.
    pub fn fault(&mut self, now_ns: u64, fault: Fault) {
        self.advance(now_ns);
        self.faults.push(fault);
        self.obey_world();
    }

    /// Ends all faults.
    pub fn heal(&mut self, now_ns: u64) {
        self.advance(now_ns);
        self.faults.clear();
        self.obey_world();
    }

    /// Whether it holds itself on.
    pub fn started(&self) -> bool {
        self.flags & STARTED != 0
    }

    /// How often it was told to start since it was built, obeyed or not.
    pub fn starts(&self) -> u32 {
        self.starts
    }

    /// A command is complete. Whether it is obeyed and answered at all.
    fn is_heard(&mut self) -> bool {
        let rested = self.command_ns.is_none_or(|at| at + REST_NS <= self.now_ns);
        self.command_ns = Some(self.now_ns);
        rested && self.deaf_until_ns <= self.now_ns
    }

    /// What is in the register of this parameter.
    fn read(&mut self, parameter: u16) -> Option<u16> {
        Some(match parameter {
            0x0702 => self.plan.model,
            0x0701 => self.plan.serial,
            0x0700 => self.status(),
            0x0800 => self.lock(),
            0x0300 => self.set_counts,
            0x0301 => 0,
            0x0302 => self.limit(self.plan.highest_microamperes),
            0x0306 => self.limit(self.plan.hardware_microamperes),
            0x0307 => self.measured(),
            0x0308 => self.limit(self.plan.hardware_microamperes).saturating_add(10),
            0x0407 => 18,
            0x0100 | 0x0200 => 0,
            0x0AE4 => 250,
            0x0AF4 => u16::from_ne_bytes(tenths(self.board_tenths()).to_ne_bytes()),
            _ => return None,
        })
    }

    /// Writes a register: one action, or the current.
    fn write(&mut self, parameter: u16, value: u16) -> Result<(), Refused> {
        match parameter {
            0x0300 if value <= self.limit(self.plan.highest_microamperes) => {
                self.set_counts = value;
            }
            0x0700 => self.act(value)?,
            0x0300 => return Err(Refused::Value),
            _ => return Err(Refused::Absent),
        }
        self.obey_world();
        Ok(())
    }

    fn act(&mut self, action: u16) -> Result<(), Refused> {
        match action {
            0x0008 => self.start(),
            0x0010 => {
                self.deaf_until_ns = self.now_ns + STOP_REST_NS;
                if !self.has(Fault::IgnoreStop) {
                    self.flags &= !STARTED;
                }
            }
            0x0020 => self.flags |= SET_HERE,
            0x0040 => self.flags &= !SET_HERE,
            0x0400 => self.flags |= ENABLED_HERE,
            0x0200 => self.flags &= !ENABLED_HERE,
            0x1000 => self.flags &= !INTERLOCK_DENIED,
            0x2000 => self.flags |= INTERLOCK_DENIED,
            0x8000 => self.flags &= !SENSOR_DENIED,
            0x4000 => self.flags |= SENSOR_DENIED,
            _ => return Err(Refused::Value),
        }
        Ok(())
    }

    fn start(&mut self) {
        self.starts = self.starts.saturating_add(1);
        let ours = SET_HERE | ENABLED_HERE;
        if self.flags & ours == ours {
            self.flags |= STARTED;
        }
    }

    fn status(&self) -> u16 {
        let denied = |fault, bit| if self.has(fault) { bit } else { 0 };
        let mut bits = POWERED | self.flags;
        bits |= denied(Fault::BypassedInterlock, INTERLOCK_DENIED);
        bits |= denied(Fault::BypassedSensor, SENSOR_DENIED);
        for fault in &self.faults {
            if let Fault::StateBits(own) = fault {
                bits |= own;
            }
        }
        bits
    }

    fn lock(&self) -> u16 {
        let mut bits = if self.interlock_closed { 0 } else { INTERLOCK_OPEN };
        bits |= if self.is_hot() { OVER_TEMPERATURE } else { 0 };
        for fault in &self.faults {
            if let Fault::LockBits(own) = fault {
                bits |= own;
            }
        }
        bits
    }

    fn is_hot(&self) -> bool {
        TRIP_TENTHS < self.board_tenths()
    }

    fn board_tenths(&self) -> i64 {
        let hot = if self.has(Fault::OverTemperature) { 600 } else { 0 };
        self.diode.board_tenths() + hot
    }

    /// The current that flows as the meter of the driver shows it, with a ripple.
    fn measured(&mut self) -> u16 {
        let true_current = self.diode.microamperes();
        if true_current == 0 {
            return 0;
        }
        let ripple = self.plan.ripple_microamperes;
        let shown = true_current.saturating_add_signed(self.chance.random_range(-ripple..=ripple));
        let count = self.plan.series.measured_microamperes();
        counts(self.scaled((shown + count / 2) / count))
    }

    fn limit(&self, microamperes: u64) -> u16 {
        counts(self.scaled(microamperes / self.plan.series.set_microamperes()))
    }

    fn scaled(&self, count: u64) -> u64 {
        if self.has(Fault::WrongDivider) { count * 10 } else { count }
    }

    fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }

    /// Contacts, heat and mains end the emission, and the current goes where it is told.
    fn obey_world(&mut self) {
        let status = self.status();
        let open = !self.interlock_closed && status & INTERLOCK_DENIED == 0;
        if !self.powered || open || self.is_hot() {
            self.flags &= !STARTED;
        }
        let set = u64::from(self.set_counts) * self.plan.series.set_microamperes();
        let stuck = self.has(Fault::StuckOn) && self.diode.microamperes() > 0;
        let mut gain = 1_000;
        for fault in &self.faults {
            if let Fault::Gain(permille) = fault {
                gain = u64::from(*permille);
            }
        }
        // A stuck output stage is ended by nothing but the wire of the interlock and the mains.
        let wire = self.powered && !open;
        let target = if self.started() { set } else { self.diode.microamperes() };
        let on = wire && (self.started() || stuck);
        self.diode.aim(if on { target } else { 0 }, gain);
    }

    /// A reply is to go out.
    fn reply(&mut self, bytes: Vec<u8>) {
        let mut delay_ns = THINKS_NS;
        let mut replies = vec![bytes];
        for fault in self.faults.clone() {
            match fault {
                Fault::Mute => return,
                Fault::MuteFor(count) => {
                    self.faults.retain(|other| *other != fault);
                    self.faults.extend((1 < count).then(|| Fault::MuteFor(count - 1)));
                    return;
                }
                Fault::Late(millis) => delay_ns += u64::from(millis) * MS,
                Fault::Drop(permille) if self.strikes(permille) => return,
                Fault::Corrupt(permille) if self.strikes(permille) => self.flip(&mut replies),
                Fault::Duplicate => replies.extend(replies.clone()),
                Fault::Reorder => match self.overtaken.take() {
                    Some(earlier) => replies.push(earlier),
                    None => self.overtaken = replies.pop(),
                },
                Fault::Drop(_)
                | Fault::Corrupt(_)
                | Fault::WrongDivider
                | Fault::StuckOn
                | Fault::IgnoreStop
                | Fault::BypassedInterlock
                | Fault::BypassedSensor
                | Fault::OverTemperature
                | Fault::StateBits(_)
                | Fault::LockBits(_)
                | Fault::Gain(_) => {}
            }
        }
        let due_ns = self.now_ns + delay_ns;
        self.replies.extend(replies.into_iter().map(|reply| (due_ns, reply)));
    }

    fn strikes(&mut self, permille: u16) -> bool {
        self.chance.random_range(0..1_000) < permille
    }

    fn flip(&mut self, replies: &mut [Vec<u8>]) {
        for reply in replies {
            let place = self.chance.random_range(0..reply.len().max(1));
            if let Some(byte) = reply.get_mut(place) {
                *byte ^= 1 << self.chance.random_range(0..8);
            }
        }
    }
}

impl Device for Maiman {
    fn receive(&mut self, now_ns: u64, bytes: &[u8]) {
        self.advance(now_ns);
        if !self.powered {
            return;
        }
        match self.plan.framing {
            Framing::Text => self.receive_text(bytes),
            Framing::Rtu(address) => self.receive_rtu(address, bytes),
        }
        self.input_ns = self.now_ns;
    }

    fn transmit(&mut self, now_ns: u64, wire: &mut Vec<u8>) {
        self.advance(now_ns);
        while let Some((_, reply)) = self.replies.pop_front_if(|(due, _)| *due <= self.now_ns) {
            wire.extend(reply);
        }
    }

    fn wake(&self, now_ns: u64) -> Option<u64> {
        let reply = self.replies.front().map(|(due_ns, _)| *due_ns);
        [reply, self.diode.arrives_ns()].into_iter().flatten().min().map(|at| at.max(now_ns))
    }

    fn advance(&mut self, now_ns: u64) {
        let end = self.now_ns.max(now_ns);
        while let Some(tick) = self.diode.next_tick_ns().filter(|tick| *tick <= end) {
            self.now_ns = tick;
            self.diode.advance(tick);
            self.obey_world();
        }
        self.now_ns = end;
        self.diode.advance(end);
    }

    /// It has nothing but an interlock.
    fn press(&mut self, now_ns: u64, button: Button, on: bool) {
        self.advance(now_ns);
        match button {
            Button::Interlock => self.interlock_closed = on,
            Button::Key | Button::Footswitch | Button::EStop | Button::Applicator => {}
        }
        self.obey_world();
    }

    fn power(&mut self, now_ns: u64, on: bool) {
        self.advance(now_ns);
        self.powered = on;
        self.flags = 0;
        self.input.clear();
        self.replies.clear();
        self.command_ns = None;
        self.obey_world();
    }

    fn meter(&self) -> u128 {
        self.diode.picojoules()
    }

    fn output_now(&self) -> u64 {
        self.diode.microwatts()
    }

    fn buttons(&self) -> &'static [Button] {
        &[Button::Interlock]
    }

    fn breaks(&self) -> &'static [(&'static str, &'static str)] {
        &Fault::NAMES
    }

    fn break_as(&mut self, now_ns: u64, words: &str) -> bool {
        let fault = Fault::named(words);
        fault.is_some_and(|fault| {
            self.fault(now_ns, fault);
            true
        })
    }

    fn mend(&mut self, now_ns: u64) {
        self.heal(now_ns);
    }
}

fn counts(count: u64) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

fn tenths(tenths: i64) -> i16 {
    i16::try_from(tenths).unwrap_or(i16::MAX)
}
