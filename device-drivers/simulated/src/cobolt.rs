//! A laser that speaks lines as the Cobolt 05-01 and 06-01 do: CR from the host, CRLF to it.
//!
//! Written from the command list of the maker's manuals (`l0`, `l1`, `p`, `p?`, `pa?`, `ilk?`, `f?`,
//! `sn?`); the power is in watts. It knows nothing of who speaks with it.

use std::collections::VecDeque;

use crate::{Button, Device, slope::Slope};

const MILLI: u64 = 1_000_000;
/// How long it thinks about a line.
const THINKS_NS: u64 = 5 * MILLI;
/// Four watts in a second, in microwatts.
const RATE: u64 = 4_000_000;
/// The most that it takes, in microwatts.
const MOST: u64 = 15_000_000;

/// What can be wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoboltFault {
    /// It says nothing.
    Mute,
    /// It goes on whatever it is told.
    IgnoresOff,
    /// It takes what turns it on, and does not answer that.
    SwallowsOn,
    /// It says no to being turned on.
    RefusesOn,
    /// It takes another power than it was told: a tenth of it.
    TakesTenth,
    /// It answers this much later, in milliseconds.
    Late(u64),
    /// It says each answer twice.
    Twice,
    /// It has a fault of its own, as `f?` tells it.
    Broken(u8),
}

/// A simulated Cobolt-like laser.
#[derive(Clone, Debug)]
pub struct Cobolt {
    serial: String,
    slope: Slope,
    line: Vec<u8>,
    outbox: VecDeque<(u64, Vec<u8>)>,
    told: u64,
    on: bool,
    closed: bool,
    powered: bool,
    fault: Option<CoboltFault>,
    /// How often it was told to turn on.
    turned_on: usize,
}

impl Cobolt {
    /// A laser that is switched on and off at once, its interlock closed.
    pub fn new(serial: &str) -> Self {
        Self {
            serial: serial.to_owned(),
            slope: Slope::new(RATE),
            line: Vec::new(),
            outbox: VecDeque::new(),
            told: 0,
            on: false,
            closed: true,
            powered: true,
            fault: None,
            turned_on: 0,
        }
    }

    /// Something is wrong with it from now on, or nothing any more.
    pub fn fail(&mut self, fault: Option<CoboltFault>) {
        self.fault = fault;
    }

    /// How often it was told to turn on.
    pub const fn turned_on(&self) -> usize {
        self.turned_on
    }

    fn is(&self, fault: CoboltFault) -> bool {
        self.fault == Some(fault)
    }

    /// What its meter shows: light flickers by a few milliwatts.
    const fn shown(&self) -> u64 {
        let level = self.slope.level();
        let flicker = self.slope.now_ns() / MILLI % 9 * 1_000;
        if level == 0 { 0 } else { level + flicker }
    }

    fn drive(&mut self) {
        if !self.closed || !self.powered {
            self.on = false;
        }
        if self.on {
            self.slope.aim(self.told);
        } else {
            self.slope.drop_to(0);
        }
    }

    fn obey(&mut self, line: &str) -> Option<String> {
        let watts = |microwatts: u64| {
            format!("{}.{:04}", microwatts / 1_000_000, microwatts % 1_000_000 / 100)
        };
        let answer = match line {
            "l0" => {
                if !self.is(CoboltFault::IgnoresOff) {
                    self.on = false;
                }
                "OK".to_owned()
            }
            "l1" if self.is(CoboltFault::RefusesOn) => "Syntax error: illegal command".to_owned(),
            "l1" => {
                self.turned_on += 1;
                self.on = true;
                if self.is(CoboltFault::SwallowsOn) {
                    self.drive();
                    return None;
                }
                "OK".to_owned()
            }
            "l?" => u8::from(self.on).to_string(),
            "p?" => watts(self.told),
            "pa?" => watts(self.shown()),
            "ilk?" => u8::from(!self.closed).to_string(),
            "f?" => match self.fault {
                Some(CoboltFault::Broken(kind)) => kind.to_string(),
                Some(_) | None => "0".to_owned(),
            },
            "sn?" | "gsn?" => self.serial.clone(),
            _ => match line.strip_prefix("p ").and_then(|text| text.parse::<f64>().ok()) {
                Some(watts) if (0.0..=15.0).contains(&watts) => {
                    let share = if self.is(CoboltFault::TakesTenth) { 0.1 } else { 1.0 };
                    self.told = whole(watts * share * 1e6).min(MOST);
                    "OK".to_owned()
                }
                Some(_) => "Syntax error: value out of range".to_owned(),
                None => "Syntax error: illegal command".to_owned(),
            },
        };
        self.drive();
        Some(answer)
    }

    fn answer(&mut self, answer: &str) {
        let late = match self.fault {
            Some(CoboltFault::Mute) => return,
            Some(CoboltFault::Late(millis)) => millis * MILLI,
            Some(_) | None => 0,
        };
        let due = self.slope.now_ns() + THINKS_NS + late;
        let copies = if self.is(CoboltFault::Twice) { 2 } else { 1 };
        for _ in 0..copies {
            self.outbox.push_back((due, format!("{answer}\r\n").into_bytes()));
        }
    }
}

/// A whole number nearest to this one, which is not negative.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in range")]
fn whole(count: f64) -> u64 {
    count.round() as u64
}

impl Device for Cobolt {
    fn receive(&mut self, now_ns: u64, bytes: &[u8]) {
        self.advance(now_ns);
        for byte in bytes.iter().filter(|_| self.powered).copied().collect::<Vec<_>>() {
            if byte != b'\r' {
                self.line.push(byte);
                continue;
            }
            let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
            if let Some(answer) = self.obey(&line) {
                self.answer(&answer);
            }
        }
    }

    fn transmit(&mut self, now_ns: u64, wire: &mut Vec<u8>) {
        self.advance(now_ns);
        while let Some((_, bytes)) = self.outbox.pop_front_if(|(due, _)| *due <= now_ns) {
            wire.extend(bytes);
        }
    }

    fn wake(&self, now_ns: u64) -> Option<u64> {
        self.outbox.front().map(|(due, _)| (*due).max(now_ns))
    }

    fn advance(&mut self, now_ns: u64) {
        self.slope.advance(now_ns);
    }

    fn press(&mut self, now_ns: u64, button: Button, on: bool) {
        self.advance(now_ns);
        match button {
            Button::Interlock => self.closed = on,
            Button::Key | Button::Footswitch | Button::EStop | Button::Applicator => {}
        }
        self.drive();
    }

    fn power(&mut self, now_ns: u64, on: bool) {
        self.advance(now_ns);
        self.powered = on;
        self.on = false;
        self.told = 0;
        self.line.clear();
        self.outbox.clear();
        self.drive();
    }

    fn meter(&self) -> u128 {
        self.slope.meter()
    }

    fn output_now(&self) -> u64 {
        self.slope.level()
    }

    fn buttons(&self) -> &'static [Button] {
        &[Button::Interlock]
    }

    fn breaks(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("ignore-stop", "it goes on whatever it is told"),
            ("swallow-on", "it takes what turns it on, and does not answer that"),
            ("refuse-on", "it says no to being turned on"),
            ("takes-tenth", "it takes a tenth of the power that it is told"),
            ("over-temperature", "it says that it is too hot"),
        ]
    }

    /// One thing at a time: what broke before is whole again.
    fn break_as(&mut self, now_ns: u64, words: &str) -> bool {
        self.advance(now_ns);
        let fault = match words {
            "ignore-stop" => CoboltFault::IgnoresOff,
            "swallow-on" => CoboltFault::SwallowsOn,
            "refuse-on" => CoboltFault::RefusesOn,
            "takes-tenth" => CoboltFault::TakesTenth,
            // Number 1 of the answers to `f?` in the maker's manual.
            "over-temperature" => CoboltFault::Broken(1),
            _ => return false,
        };
        self.fail(Some(fault));
        true
    }

    fn mend(&mut self, now_ns: u64) {
        self.advance(now_ns);
        self.fail(None);
    }
}
