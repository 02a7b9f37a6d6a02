//! The target that is a relay board: what may be closed, a bad cable, and contacts that tell the truth.

use std::{collections::VecDeque, vec::Vec};

use device_drivers::relay::{Board, CHANNELS, Channels, Event, Plate};
use safety::{Instant, Nanos};
use simulated_units::relay::{RelayBoard, RelayPlan};

use super::{
    script::{Script, nanos},
    stranger,
};

/// How long a script may last.
const LASTS_MAX: u64 = nanos(20_000);
/// A hang is a failure.
const STEPS_MAX: u32 = 100_000;
/// After this nothing is on its way that was said before: an answer that is later than the plate says
/// may meet the question behind its own, and nothing in it tells.
const SETTLES: u64 = nanos(150);
/// From dropping every channel of a board that is well to the last open contact, and to spare.
const OPEN_WITHIN: u64 = 3_000;

/// What `bytes` make of a board whose channels and inputs are all wired: whether it closed a contact.
pub(super) fn relay(bytes: &[u8]) -> bool {
    let mut script = Script::new(bytes);
    let mut play = Play::new();
    let end = play.now + LASTS_MAX;
    while !script.is_over() && play.now < end {
        play.perform(&mut script);
        play.look();
    }
    play.finish();
    play.kicked
}

struct Play {
    now: u64,
    driver: Board,
    /// The same driver, which is told every byte alone.
    twin: Board,
    board: RelayBoard,
    allowed: Channels,
    /// When each channel was last allowed.
    allowed_at: [Option<u64>; CHANNELS],
    sending: Option<(u64, Vec<u8>)>,
    /// Pieces on their way back, and when the last byte of each is here.
    coming: VecDeque<(u64, Vec<u8>)>,
    /// The next answers arrive with these bits changed; none of them at all without one.
    spoils: VecDeque<(usize, u8)>,
    deaf: bool,
    late: u64,
    inputs: [bool; CHANNELS],
    /// When an input was moved, or something was said that the board did not say.
    changed: u64,
    /// A contact was closed.
    kicked: bool,
}

impl Play {
    fn new() -> Self {
        let plate = Plate {
            address: 1,
            baud: 9_600,
            channels: Channels::from_bits(0xFF),
            inputs: true,
            answer_within: Nanos::from_millis(10),
            lease: Nanos::from_secs(1),
        };
        let now = nanos(1_000);
        let mut play = Self {
            now,
            driver: Board::new(plate).unwrap(),
            twin: Board::new(plate).unwrap(),
            board: RelayBoard::new(RelayPlan::default(), now),
            allowed: Channels::NONE,
            allowed_at: [None; CHANNELS],
            sending: None,
            coming: VecDeque::new(),
            spoils: VecDeque::new(),
            deaf: false,
            late: 0,
            inputs: [false; CHANNELS],
            changed: now,
            kicked: false,
        };
        play.tell(Event::Opened);
        play
    }

    fn perform(&mut self, script: &mut Script<'_>) {
        let code = script.byte() % 12;
        if matches!(code, 5..=9) {
            self.changed = self.now;
        }
        match code {
            0 | 1 => self.pass(u64::from(script.byte()) + 1),
            2 => self.pass((u64::from(script.byte()) + 1) * 8),
            3 => self.allow(Channels::from_bits(script.byte()), Channels::NONE),
            4 => {
                let closed = Channels::from_bits(script.byte());
                self.allow(closed, Channels::from_bits(script.byte()));
            }
            5 => {
                let byte = script.small();
                self.inputs[byte % CHANNELS] = byte / CHANNELS % 2 == 1;
                self.board.put_input(byte % CHANNELS, self.inputs[byte % CHANNELS]);
            }
            6 => self.coming.push_back((self.now, script.bytes(20).to_vec())),
            7 => self.spoils.push_back((script.small(), script.byte())),
            8 => self.deaf = script.byte() % 2 == 1,
            9 => self.late = nanos(u64::from(script.byte() % 64)),
            10 => self.board.power(self.now, script.byte() % 2 == 1),
            _ => {
                self.tell(Event::Closed);
                self.allowed = Channels::NONE;
                self.pass(u64::from(script.byte()) + 1);
                self.tell(Event::Opened);
            }
        }
    }

    fn tell(&mut self, event: Event<'_>) {
        let now = Instant::from_boot(self.now);
        assert!(self.driver.step(now, event).is_none(), "a frame without a turn");
        if let Event::Bytes(bytes) = event {
            for byte in bytes {
                assert!(self.twin.step(now, Event::Bytes(&[*byte])).is_none());
            }
        } else {
            assert!(self.twin.step(now, event).is_none());
        }
    }

    fn allow(&mut self, allowed: Channels, left: Channels) {
        self.note();
        self.allowed = allowed;
        self.note();
        self.tell(Event::Allow { closed: allowed, left });
    }

    /// Which channels may be closed now.
    fn note(&mut self) {
        for (channel, at) in (0..).zip(&mut self.allowed_at) {
            if self.allowed.has(channel) {
                *at = Some(self.now);
            }
        }
    }

    fn pass(&mut self, millis: u64) {
        let end = self.now + nanos(millis);
        for _ in 0..STEPS_MAX {
            self.settle();
            self.look();
            if end <= self.now {
                return;
            }
            let leaves = self.sending.as_ref().map(|(at, _)| *at);
            let comes = self.coming.front().map(|(at, _)| *at);
            let wake = Some(self.driver.wake().since_boot()).filter(|at| self.now < *at);
            let next = [leaves, comes, wake, self.board.wake(self.now)];
            let next = next.into_iter().flatten().min().unwrap_or(end);
            self.now = next.max(self.now + 1).min(end);
        }
        panic!("spins at {}", self.now);
    }

    fn settle(&mut self) {
        if let Some((at, bytes)) = self.sending.take_if(|(at, _)| *at <= self.now) {
            self.board.receive(at, &bytes);
            self.tell(Event::Sent);
        }
        let mut bytes = Vec::new();
        self.board.transmit(self.now, &mut bytes);
        if !bytes.is_empty() && !self.deaf {
            if let Some((place, bits)) = self.spoils.pop_front() {
                let length = bytes.len();
                bytes[place % length] ^= bits;
            }
            let takes = self.driver.plate().byte().get() * u64::try_from(bytes.len()).unwrap();
            self.coming.push_back((self.now + self.late + takes, bytes));
        }
        while let Some((_, bytes)) = self.coming.pop_front_if(|(at, _)| *at <= self.now) {
            self.tell(Event::Bytes(&bytes));
        }
        self.tell(Event::Wake);
        if self.sending.is_none() {
            self.turn();
        }
    }

    fn turn(&mut self) {
        let now = Instant::from_boot(self.now);
        let turn = self.driver.step(now, Event::Turn);
        assert_eq!(turn, self.twin.step(now, Event::Turn), "another frame, told byte by byte");
        let Some(turn) = turn else { return };
        let bytes = turn.frame.bytes;
        match stranger::modbus(1, &bytes) {
            Some([5, 0, 0..=7, 0, 0] | [1 | 2, 0, 0, 0, 8]) => assert_eq!(turn.kicked, None),
            // Closes for so many tenths of a second, and never for ever.
            Some([5, 2, channel @ 0..=7, 0, 1..=10]) => {
                self.kicked = true;
                assert_eq!(turn.kicked, Some(*channel));
                assert!(self.allowed.has(*channel), "{channel} of {:?}", self.allowed);
            }
            other => panic!("nobody may say {bytes:x?}: {other:x?}"),
        }
        let takes = self.driver.plate().byte().get() * u64::try_from(bytes.len()).unwrap();
        self.sending = Some((self.now + takes, bytes));
    }

    /// LCK-01: a contact that is closed was allowed within the lease, whatever the cable does.
    fn look(&mut self) {
        self.note();
        let lease = self.driver.plate().lease.get();
        for (channel, closed) in self.board.contacts(self.now).into_iter().enumerate() {
            let since = self.allowed_at[channel].map(|at| self.now - at);
            assert!(!closed || since.is_some_and(|since| since <= lease), "{channel}: {since:?}");
        }
        let at = Instant::from_boot(self.now);
        let inputs = self.driver.inputs(at);
        assert_eq!(inputs, self.twin.inputs(at), "other inputs, told byte by byte");
        if let Some((asked, read)) = inputs
            && self.late == 0
            && self.changed + SETTLES < asked.since_boot()
        {
            let read = [0, 1, 2, 3, 4, 5, 6, 7].map(|input| read.has(input));
            assert_eq!(read, self.inputs, "asked at {asked:?}");
        }
    }

    /// Once nothing is broken any more every contact opens, and the board is known.
    fn finish(&mut self) {
        (self.deaf, self.late) = (false, 0);
        self.spoils.clear();
        self.board.power(self.now, true);
        self.allow(Channels::NONE, Channels::NONE);
        self.pass(OPEN_WITHIN);
        assert_eq!(self.board.contacts(self.now), [false; CHANNELS]);
        assert!(self.driver.is_online(), "it answers, and is not known");
    }
}
