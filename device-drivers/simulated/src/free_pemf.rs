//! A field unit that runs the bioZAP interpreter of freePEMF: it repeats every character, and a
//! `freq` runs to its end whatever it is told meanwhile.
//!
//! Written from the behaviour of its firmware: nothing is read from the line while a run goes on,
//! one dot goes out in each second of it, `OK` at its end, and a `>` behind every line that was done.
//! The contact of a relay may be in the supply of its coil: open, there is no field whatever it runs,
//! and it answers as ever.

use std::collections::VecDeque;

use crate::{Button, Device, slope::Slope};

const SECOND: u64 = 1_000_000_000;
/// What the interpreter takes for a line.
const THINKS_NS: u64 = 2_000_000;
/// The field of its coil, in nanotesla: it knows on and off.
const FIELD: u64 = 10_000_000;
/// What the serial port of its controller keeps.
const BUFFER: usize = 63;

/// A simulated freePEMF.
#[derive(Clone, Debug)]
pub struct FreePemf {
    slope: Slope,
    line: Vec<u8>,
    /// What came while a run went on.
    buffer: VecDeque<u8>,
    outbox: VecDeque<(u64, Vec<u8>)>,
    /// When the run ends, and when its next dot is due.
    run: Option<(u64, u64)>,
    coil: bool,
    powered: bool,
    /// The contact in the supply of its coil is closed.
    supplied: bool,
    /// The next character that comes arrives as this one.
    garble: Option<(u8, u8)>,
    /// The lengths of all runs, in seconds.
    runs: Vec<u64>,
    /// The next run is not answered.
    swallow: bool,
    /// It has no memory left for the next run.
    refuse: bool,
    /// Lines that begin so are neither taken nor answered.
    deaf: Option<&'static str>,
}

impl Default for FreePemf {
    fn default() -> Self {
        Self {
            slope: Slope::new(u64::MAX),
            line: Vec::new(),
            buffer: VecDeque::new(),
            outbox: VecDeque::new(),
            run: None,
            coil: false,
            powered: true,
            supplied: true,
            garble: None,
            runs: Vec::new(),
            swallow: false,
            refuse: false,
            deaf: None,
        }
    }
}

impl FreePemf {
    /// The lengths of all runs so far, in seconds.
    pub fn runs(&self) -> &[u64] {
        &self.runs
    }

    /// It says something by itself.
    pub fn say(&mut self, now_ns: u64, text: &str) {
        self.advance(now_ns);
        self.outbox.push_back((now_ns, format!("{text}\r\n").into_bytes()));
    }

    /// The first `from` in the next `freq` line arrives as `to`.
    pub const fn garble(&mut self, from: u8, to: u8) {
        self.garble = Some((from, to));
    }

    /// Its next run is not answered.
    pub const fn swallow(&mut self) {
        self.swallow = true;
    }

    /// It refuses its next run.
    pub const fn refuse(&mut self) {
        self.refuse = true;
    }

    /// It neither takes nor answers lines that begin so.
    pub const fn deafen(&mut self, begins: &'static str) {
        self.deaf = Some(begins);
    }

    /// The field of the coil as it is driven and supplied.
    fn drive(&mut self) {
        let on = self.supplied && (self.coil || self.run.is_some());
        self.slope.drop_to(if on { FIELD } else { 0 });
    }

    fn later(&mut self, at_ns: u64, text: &str) {
        self.outbox.push_back((at_ns, text.as_bytes().to_vec()));
    }

    fn hear(&mut self, mut byte: u8) {
        if let Some((from, to)) = self.garble
            && byte == from
            && self.line.starts_with(b"freq")
        {
            self.garble = None;
            byte = to;
        }
        let now_ns = self.slope.now_ns();
        self.outbox.push_back((now_ns, vec![byte]));
        if byte != b'\n' {
            if byte != b'\r' {
                self.line.push(byte);
            }
            return;
        }
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
        if self.deaf.is_some_and(|begins| line.starts_with(begins)) {
            return;
        }
        let at_ns = now_ns + THINKS_NS;
        let mut words = line.split(' ');
        let answer = match (words.next().unwrap_or_default(), words.next(), words.next()) {
            ("freq", _, _) if std::mem::take(&mut self.refuse) => "Error: freq\r\n".to_owned(),
            ("freq", _, seconds) => {
                let seconds = seconds.map_or(0, leading);
                self.runs.push(seconds);
                self.run = Some((now_ns + seconds * SECOND, now_ns + SECOND));
                self.drive();
                return;
            }
            ("out", Some("1"), _) => {
                self.coil = true;
                "OK\r\n".to_owned()
            }
            ("out", Some("0"), _) => {
                self.coil = false;
                "OK\r\n".to_owned()
            }
            ("pwm", Some(_), _) => "OK\r\n".to_owned(),
            ("bat", _, _) => "120\r\n121\r\n".to_owned(),
            ("print", _, _) => format!("{}\r\n", line.get(6..).unwrap_or_default()),
            ("", _, _) => String::new(),
            ("off", _, _) => {
                self.powered = false;
                self.coil = false;
                return;
            }
            (other, _, _) => format!("Unknown command: {other}\r\n"),
        };
        self.drive();
        self.later(at_ns, &answer);
        self.later(at_ns, ">");
    }

    fn drain(&mut self) {
        while self.run.is_none() {
            let Some(byte) = self.buffer.pop_front() else { return };
            self.hear(byte);
        }
    }
}

/// The number that a text begins with, as its controller reads one.
fn leading(text: &str) -> u64 {
    let digits: String = text.trim().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

impl Device for FreePemf {
    fn receive(&mut self, now_ns: u64, bytes: &[u8]) {
        self.advance(now_ns);
        for byte in bytes {
            if self.powered && self.buffer.len() < BUFFER {
                self.buffer.push_back(*byte);
            }
        }
        self.drain();
    }

    fn transmit(&mut self, now_ns: u64, wire: &mut Vec<u8>) {
        self.advance(now_ns);
        while let Some((_, bytes)) = self.outbox.pop_front_if(|(due, _)| *due <= now_ns) {
            wire.extend(bytes);
        }
    }

    fn wake(&self, now_ns: u64) -> Option<u64> {
        let reply = self.outbox.front().map(|(due, _)| *due);
        let run = self.run.map(|(end, dot)| end.min(dot));
        [reply, run].into_iter().flatten().min().map(|due| due.max(now_ns))
    }

    fn advance(&mut self, now_ns: u64) {
        while let Some((end, dot)) = self.run {
            let next = end.min(dot);
            if now_ns < next {
                break;
            }
            self.slope.advance(next);
            if dot <= end {
                self.later(dot, ".");
                self.run = Some((end, dot + SECOND));
                if dot < end {
                    continue;
                }
            }
            self.run = None;
            self.drive();
            if !std::mem::take(&mut self.swallow) {
                self.later(end, "OK\r\n>");
            }
            self.drain();
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
        let (slope, runs, supplied) = (self.slope, std::mem::take(&mut self.runs), self.supplied);
        *self = Self { slope, runs, supplied, powered: on, ..Self::default() };
        self.drive();
        if on {
            self.say(now_ns, "bioZAP interpreter");
            self.later(now_ns, ">");
        }
    }

    fn meter(&self) -> u128 {
        self.slope.meter()
    }

    fn output_now(&self) -> u64 {
        self.slope.level()
    }
}
