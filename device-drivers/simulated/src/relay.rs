//! A simulated relay board with outputs that fall by themselves, written from the maker's wiki page of the Waveshare "Modbus RTU Relay (D)".
//!
//! It has eight outputs and eight inputs, speaks Modbus RTU with a codec of its own (COM-11), and tells the truth about its contacts whatever it
//! answers. Whoever joins it to other devices moves their interlocks by [`RelayBoard::contacts`].

mod fault;

use std::collections::VecDeque;

pub use fault::RelayFault;

/// How many outputs and inputs it has.
pub const CHANNELS: usize = 8;

/// One step of an on-time.
const STEP_NS: u64 = 100_000_000;

/// A frame is over when nothing came for so long.
const SILENCE_NS: u64 = 2_000_000;

/// Answers that wait before the oldest is forgotten.
const WAITING_MAX: usize = 64;

/// How a board is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayPlan {
    /// Its address on the line, 1..=247.
    pub address: u8,
    /// Time from the last byte of a request to the first byte of its answer, in microseconds.
    pub answer_us: u32,
    /// Whether a second on-time begins anew, or is ignored until the first is over.
    pub restarts: bool,
}

impl Default for RelayPlan {
    fn default() -> Self {
        Self { address: 1, answer_us: 4_000, restarts: true }
    }
}

/// A board at the end of a serial line.
#[derive(Clone, Debug)]
pub struct RelayBoard {
    plan: RelayPlan,
    now_ns: u64,
    /// Until when each output is on.
    until_ns: [u64; CHANNELS],
    inputs: [bool; CHANNELS],
    powered: bool,
    faults: Vec<RelayFault>,
    heard: Vec<u8>,
    heard_ns: u64,
    answers: VecDeque<(u64, Vec<u8>)>,
    requests: u64,
}

impl RelayBoard {
    /// A board with all outputs off and all inputs open.
    pub fn new(plan: RelayPlan, now_ns: u64) -> Self {
        Self {
            plan,
            now_ns,
            until_ns: [0; CHANNELS],
            inputs: [false; CHANNELS],
            powered: true,
            faults: Vec::new(),
            heard: Vec::new(),
            heard_ns: now_ns,
            answers: VecDeque::new(),
            requests: 0,
        }
    }

    /// Which contacts truly are closed at `now_ns`: those at the wires, not those that it believes in.
    pub fn contacts(&self, now_ns: u64) -> [bool; CHANNELS] {
        let mut closed = self.until_ns.map(|until_ns| self.powered && now_ns < until_ns);
        // What is wired wrongly first, then what is broken at the contacts themselves.
        for fault in &self.faults {
            if let RelayFault::Swapped(one, other) = *fault {
                closed.swap(one, other);
            }
            if let RelayFault::Joined(one, other) = *fault {
                closed[other] &= closed[one];
            }
        }
        for fault in &self.faults {
            if let RelayFault::Welded(channel) = *fault {
                closed[channel] = true;
            }
            if let RelayFault::Broken(channel) = *fault {
                closed[channel] = false;
            }
        }
        closed
    }

    /// Opens or closes what is wired to an input.
    pub fn put_input(&mut self, input: usize, closed: bool) {
        self.inputs[input] = closed;
    }

    /// Something breaks.
    pub fn fault(&mut self, fault: RelayFault) {
        self.faults.push(fault);
    }

    /// Everything is mended.
    pub fn heal(&mut self) {
        self.faults.clear();
    }

    /// Its controller starts anew: every output falls.
    pub fn reset(&mut self) {
        self.until_ns = [0; CHANNELS];
        self.heard.clear();
        self.answers.clear();
    }

    /// Switches the mains on or off.
    pub fn power(&mut self, now_ns: u64, on: bool) {
        self.advance(now_ns);
        self.reset();
        self.powered = on;
    }

    /// Lets time pass.
    pub fn advance(&mut self, now_ns: u64) {
        self.now_ns = self.now_ns.max(now_ns);
    }

    /// The next instant at which something happens by itself: an answer leaves, or a contact falls.
    pub fn wake(&self, now_ns: u64) -> Option<u64> {
        let answer = self.answers.front().map(|(due_ns, _)| *due_ns);
        let falls =
            self.until_ns.iter().copied().filter(|until| now_ns < *until && *until != u64::MAX);
        answer.into_iter().chain(falls).min()
    }

    /// How many requests it understood.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Bytes have come from the host.
    pub fn receive(&mut self, now_ns: u64, bytes: &[u8]) {
        self.advance(now_ns);
        if !self.powered || self.has(RelayFault::Deaf) {
            return;
        }
        if SILENCE_NS < self.now_ns - self.heard_ns {
            self.heard.clear();
        }
        self.heard_ns = self.now_ns;
        self.heard.extend_from_slice(bytes);
        if self.heard.len() >= 8 {
            let request: Vec<u8> = self.heard.drain(..).collect();
            self.obey(&request);
        }
    }

    /// Appends the bytes that have left for the host by now.
    pub fn transmit(&mut self, now_ns: u64, wire: &mut Vec<u8>) {
        self.advance(now_ns);
        while let Some((_, answer)) = self.answers.pop_front_if(|(due_ns, _)| *due_ns <= now_ns) {
            wire.extend(answer);
        }
    }

    fn has(&self, fault: RelayFault) -> bool {
        self.faults.contains(&fault)
    }

    fn obey(&mut self, request: &[u8]) {
        let [address, function, high, low, value_high, value_low, check_low, check_high] = *request
        else {
            return;
        };
        let body = [address, function, high, low, value_high, value_low];
        if address != self.plan.address || checksum(&body) != [check_low, check_high] {
            return;
        }
        self.requests += 1;
        let register = u16::from_be_bytes([high, low]);
        let value = u16::from_be_bytes([value_high, value_low]);
        let answer = match function {
            1 if register == 0 && value == 8 => {
                let on = self.until_ns.map(|until_ns| self.now_ns < until_ns);
                vec![address, 1, 1, bits(on)]
            }
            2 if register == 0 && value == 8 => vec![address, 2, 1, bits(self.inputs)],
            5 => match self.write(register, value) {
                Some(()) => body.to_vec(),
                None => vec![address, 0x85, 2],
            },
            _ => vec![address, function | 0x80, 1],
        };
        self.answer(answer);
    }

    fn write(&mut self, register: u16, value: u16) -> Option<()> {
        let [table, channel] = register.to_be_bytes();
        let channel = usize::from(channel);
        let on = self.now_ns < *self.until_ns.get(channel)?;
        let until_ns = match (table, value) {
            (0, 0xFF00) => u64::MAX,
            (0, 0) if self.has(RelayFault::IgnoresOff) => self.until_ns[channel],
            (0, 0) => 0,
            (2, _) if self.has(RelayFault::IgnoresTiming) => u64::MAX,
            (2, _) if on && !self.plan.restarts => self.until_ns[channel],
            (2, steps) => self.now_ns + u64::from(steps) * STEP_NS,
            _ => return None,
        };
        self.until_ns[channel] = until_ns;
        Some(())
    }

    fn answer(&mut self, mut answer: Vec<u8>) {
        answer.extend(checksum(&answer));
        if self.has(RelayFault::Mute) {
            return;
        }
        if self.has(RelayFault::Corrupt) {
            answer[2] ^= 0x10;
        }
        let late = self.faults.iter().find_map(|fault| match fault {
            RelayFault::Late(millis) => Some(u64::from(*millis) * 1_000_000),
            RelayFault::Welded(_)
            | RelayFault::Broken(_)
            | RelayFault::Swapped(..)
            | RelayFault::Joined(..)
            | RelayFault::Mute
            | RelayFault::Deaf
            | RelayFault::IgnoresTiming
            | RelayFault::IgnoresOff
            | RelayFault::Corrupt => None,
        });
        let due_ns = self.now_ns + u64::from(self.plan.answer_us) * 1_000 + late.unwrap_or(0);
        if self.answers.len() == WAITING_MAX {
            self.answers.pop_front();
        }
        self.answers.push_back((due_ns, answer));
    }
}

/// Eight bits, the first of the lowest place.
fn bits(on: [bool; CHANNELS]) -> u8 {
    on.into_iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(bit))
}

/// The checksum of Modbus RTU as it goes out: reflected polynomial 0xA001, begun with ones, low byte first.
fn checksum(bytes: &[u8]) -> [u8; 2] {
    let mut sum = 0xFFFF_u16;
    for byte in bytes {
        sum ^= u16::from(*byte);
        for _ in 0..8 {
            let carry = sum & 1 == 1;
            sum >>= 1;
            if carry {
                sum ^= 0xA001;
            }
        }
    }
    sum.to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn ask(board: &mut RelayBoard, now_ns: u64, request: &[u8]) -> Vec<u8> {
        board.receive(now_ns, request);
        let mut wire = Vec::new();
        board.transmit(now_ns + 5 * MS, &mut wire);
        wire
    }

    /// The examples of the wiki page, bytes and checksums.
    #[test]
    fn it_does_what_the_page_says() {
        let mut board = RelayBoard::new(RelayPlan::default(), 0);
        let kick = [0x01, 0x05, 0x02, 0x00, 0x00, 0x07, 0x8D, 0xB0];
        assert_eq!(ask(&mut board, 10 * MS, &kick), kick);
        assert!(board.contacts(10 * MS)[0] && board.contacts(709 * MS)[0]);
        assert!(!board.contacts(710 * MS)[0]);
        let on = [0x01, 0x05, 0x00, 0x00, 0xFF, 0x00, 0x8C, 0x3A];
        assert_eq!(ask(&mut board, 1_000 * MS, &on), on);
        assert!(board.contacts(9_000 * MS)[0]);
        let read = [0x01, 0x01, 0x00, 0x00, 0x00, 0x08, 0x3D, 0xCC];
        assert_eq!(ask(&mut board, 1_100 * MS, &read)[..4], [1, 1, 1, 1]);
        let off = [0x01, 0x05, 0x00, 0x00, 0x00, 0x00, 0xCD, 0xCA];
        assert_eq!(ask(&mut board, 1_200 * MS, &off), off);
        assert_eq!(board.contacts(1_200 * MS), [false; CHANNELS]);
        board.put_input(3, true);
        let read = [0x01, 0x02, 0x00, 0x00, 0x00, 0x08, 0x79, 0xCC];
        assert_eq!(ask(&mut board, 1_300 * MS, &read)[..4], [1, 2, 1, 8]);
    }

    #[test]
    fn a_frame_that_is_damaged_or_of_another_moves_nothing() {
        let kick = [0x01, 0x05, 0x02, 0x00, 0x00, 0x07, 0x8D, 0xB0];
        for place in 0..kick.len() {
            let mut board = RelayBoard::new(RelayPlan::default(), 0);
            let mut damaged = kick;
            damaged[place] ^= 0x04;
            assert!(ask(&mut board, 10 * MS, &damaged).is_empty(), "byte {place}");
            assert_eq!(board.contacts(20 * MS), [false; CHANNELS]);
        }
    }

    #[test]
    fn its_faults_are_at_the_wires() {
        let mut board = RelayBoard::new(RelayPlan { restarts: false, ..RelayPlan::default() }, 0);
        let kick = [0x01, 0x05, 0x02, 0x00, 0x00, 0x07, 0x8D, 0xB0];
        ask(&mut board, 10 * MS, &kick);
        ask(&mut board, 600 * MS, &kick);
        assert!(!board.contacts(710 * MS)[0], "a second kick does not prolong the first");
        board.fault(RelayFault::Swapped(0, 5));
        board.fault(RelayFault::Welded(2));
        assert_eq!(
            board.contacts(600 * MS),
            [false, false, true, false, false, true, false, false]
        );
        board.reset();
        board.heal();
        assert_eq!(board.contacts(600 * MS), [false; CHANNELS]);
    }
}
