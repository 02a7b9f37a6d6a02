//! A bench supply that speaks Modbus RTU as the Riden RD60xx do, with a coil at its output.
//!
//! Written from the register list of public drivers: 0 model, 1 and 2 serial, 3 firmware, 4 and 5
//! temperature as sign and magnitude, 8 and 9 what is set, 10 and 11 what comes out, 16 protection,
//! 18 output. The current counts in milliamperes in the RD6006 and in tens of them in the RD6012.

use std::collections::VecDeque;

use crate::{Button, Device, slope::Slope};

const MILLI: u64 = 1_000_000;
const THINKS_NS: u64 = 8 * MILLI;
/// The silence after which a frame is over.
const SILENCE_NS: u64 = 1_750_000;
/// Nanotesla at the surface of the coil for one milliampere.
const FIELD_PER_MILLIAMPERE: u64 = 5_000;
/// Amperes in a second times the field of one.
const RATE: u64 = 20 * 1_000 * FIELD_PER_MILLIAMPERE;

/// Which model it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RidenModel {
    /// Counts in milliamperes.
    Rd6006,
    /// Counts in tens of milliamperes.
    Rd6012,
}

/// What can be wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RidenFault {
    /// It says nothing.
    Mute,
    /// It answers this much later, in milliseconds.
    Late(u64),
    /// The checksums of its answers are wrong.
    Checksum,
    /// Another unit answers.
    Foreign,
    /// It refuses every write.
    Refuses,
    /// Its output stays on.
    StuckOn,
    /// Its over-current protection has tripped.
    Tripped,
    /// It takes what turns it on, and does not answer that.
    SwallowsOn,
}

/// A simulated Riden.
#[derive(Clone, Debug)]
pub struct Riden {
    model: RidenModel,
    address: u8,
    serial: u32,
    slope: Slope,
    frame: Vec<u8>,
    heard_ns: u64,
    outbox: VecDeque<(u64, Vec<u8>)>,
    set: u16,
    on: bool,
    powered: bool,
    /// The contact between it and its coil is closed.
    supplied: bool,
    fault: Option<RidenFault>,
    turned_on: usize,
}

impl Riden {
    /// A supply whose output is off.
    pub const fn new(model: RidenModel, serial: u32) -> Self {
        Self {
            model,
            address: 1,
            serial,
            slope: Slope::new(RATE),
            frame: Vec::new(),
            heard_ns: 0,
            outbox: VecDeque::new(),
            set: 0,
            on: false,
            powered: true,
            supplied: true,
            fault: None,
            turned_on: 0,
        }
    }

    /// The same at another address than the first, on a line with others.
    #[must_use]
    pub fn at(mut self, address: u8) -> Self {
        self.address = address;
        self
    }

    /// Something is wrong with it from now on, or nothing any more.
    pub const fn fail(&mut self, fault: Option<RidenFault>) {
        self.fault = fault;
    }

    /// How often its output was turned on.
    pub const fn turned_on(&self) -> usize {
        self.turned_on
    }

    const fn milliamperes(&self) -> u64 {
        match self.model {
            RidenModel::Rd6006 => 1,
            RidenModel::Rd6012 => 10,
        }
    }

    fn is(&self, fault: RidenFault) -> bool {
        self.fault == Some(fault)
    }

    fn drive(&mut self) {
        if self.on && self.powered && self.supplied {
            let field = u64::from(self.set) * self.milliamperes() * FIELD_PER_MILLIAMPERE;
            self.slope.aim(field);
        } else if !self.is(RidenFault::StuckOn) || !self.powered || !self.supplied {
            self.slope.drop_to(0);
        }
    }

    fn register(&self, at: u16) -> u16 {
        // The last digit of its meter is never still.
        let flicker =
            if self.slope.level() == 0 { 0 } else { self.slope.now_ns() / MILLI / 50 % 3 };
        let out = self.slope.level() / FIELD_PER_MILLIAMPERE / self.milliamperes() + flicker;
        let [high, low] = [self.serial >> 16, self.serial & 0xFFFF];
        let small = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
        match at {
            0 => match self.model {
                RidenModel::Rd6006 => 60_062,
                RidenModel::Rd6012 => 60_121,
            },
            1 => small(high),
            2 => small(low),
            3 => 141,
            5 => 27,
            9 => self.set,
            11 => u16::try_from(out).unwrap_or(u16::MAX),
            14 => 6_500,
            16 if self.is(RidenFault::Tripped) => 2,
            18 => u16::from(self.on),
            _ => 0,
        }
    }

    fn obey(&mut self) {
        let frame = std::mem::take(&mut self.frame);
        let Some((body, sum)) = frame.split_last_chunk::<2>() else { return };
        let [address, function, rest @ ..] = body else { return };
        if *address != self.address {
            return;
        }
        if crc(body) != u16::from_le_bytes(*sum) || rest.len() < 4 {
            return;
        }
        let word = |at: usize| u16::from_be_bytes([rest[at], rest[at + 1]]);
        let (first, second) = (word(0), word(2));
        let mut answer = vec![self.address, *function];
        match function {
            3 if (1..=64).contains(&second) => {
                answer.push(u8::try_from(second * 2).unwrap_or(0));
                for at in first..first.saturating_add(second) {
                    answer.extend(self.register(at).to_be_bytes());
                }
            }
            6 if self.is(RidenFault::Refuses) => answer = vec![self.address, 0x86, 4],
            6 if first == 9 || first == 18 => {
                answer.extend(&rest[..4]);
                if first == 9 {
                    self.set = second;
                } else {
                    self.on = second != 0;
                    self.turned_on += usize::from(self.on);
                }
                self.drive();
                if self.on && first == 18 && self.is(RidenFault::SwallowsOn) {
                    return;
                }
            }
            _ => answer = vec![self.address, function | 0x80, 2],
        }
        self.answer(answer);
    }

    fn answer(&mut self, mut answer: Vec<u8>) {
        let late = match self.fault {
            Some(RidenFault::Mute) => return,
            Some(RidenFault::Late(millis)) => millis * MILLI,
            Some(RidenFault::Foreign) => {
                answer[0] = self.address.wrapping_add(1);
                0
            }
            Some(_) | None => 0,
        };
        let mut sum = crc(&answer);
        if self.is(RidenFault::Checksum) {
            sum ^= 1;
        }
        answer.extend(sum.to_le_bytes());
        self.outbox.push_back((self.slope.now_ns() + THINKS_NS + late, answer));
    }
}

/// The checksum of Modbus: polynomial 8005 turned round, from all ones.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xA001 } else { crc >> 1 }
        })
    })
}

impl Device for Riden {
    fn receive(&mut self, now_ns: u64, bytes: &[u8]) {
        self.advance(now_ns);
        if !self.powered {
            return;
        }
        self.frame.extend(bytes);
        self.heard_ns = now_ns;
    }

    fn transmit(&mut self, now_ns: u64, wire: &mut Vec<u8>) {
        self.advance(now_ns);
        while let Some((_, bytes)) = self.outbox.pop_front_if(|(due, _)| *due <= now_ns) {
            wire.extend(bytes);
        }
    }

    fn wake(&self, now_ns: u64) -> Option<u64> {
        let reply = self.outbox.front().map(|(due, _)| *due);
        let silence = (!self.frame.is_empty()).then_some(self.heard_ns + SILENCE_NS);
        [reply, silence].into_iter().flatten().min().map(|due| due.max(now_ns))
    }

    fn advance(&mut self, now_ns: u64) {
        if !self.frame.is_empty() && self.heard_ns + SILENCE_NS <= now_ns {
            self.slope.advance(self.heard_ns + SILENCE_NS);
            self.obey();
        }
        self.slope.advance(now_ns);
    }

    fn press(&mut self, now_ns: u64, button: Button, on: bool) {
        self.advance(now_ns);
        match button {
            Button::Interlock => self.supplied = on,
            Button::Key | Button::Footswitch | Button::EStop | Button::Applicator => {}
        }
        self.drive();
    }

    fn power(&mut self, now_ns: u64, on: bool) {
        self.advance(now_ns);
        self.powered = on;
        self.on = false;
        self.set = 0;
        self.frame.clear();
        self.outbox.clear();
        self.drive();
    }

    fn meter(&self) -> u128 {
        self.slope.meter()
    }

    fn output_now(&self) -> u64 {
        self.slope.level()
    }

    fn breaks(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("stuck-on", "its output stays on"),
            ("refuse", "it refuses every write"),
            ("swallow-on", "it takes what turns it on, and does not answer that"),
            ("tripped", "its over-current protection has tripped"),
            ("foreign", "another unit answers"),
        ]
    }

    /// One thing at a time: what broke before is whole again.
    fn break_as(&mut self, now_ns: u64, words: &str) -> bool {
        self.advance(now_ns);
        let fault = match words {
            "stuck-on" => RidenFault::StuckOn,
            "refuse" => RidenFault::Refuses,
            "swallow-on" => RidenFault::SwallowsOn,
            "tripped" => RidenFault::Tripped,
            "foreign" => RidenFault::Foreign,
            _ => return false,
        };
        self.fail(Some(fault));
        true
    }

    fn mend(&mut self, now_ns: u64) {
        self.advance(now_ns);
        self.fail(None);
        self.drive();
    }
}
