//! One dialect, one simulated unit, and a line with real byte times between them.

use std::{boxed::Box, collections::VecDeque, vec::Vec};

use safety::{Fact, Instant, Modality, Order, Output, Report};
use simulated_units::Device;

use super::{desk::Desk, limits::Permitted, told::Told};
use device_drivers::{Dialect, Event, Frame, Out, Rank};

/// The nanoseconds of a millisecond.
pub const MS: u64 = 1_000_000;

/// When a world begins: long enough after zero that nothing is due by accident.
const BEGIN: u64 = 5_000 * MS;
/// What came in is handed over this long after its first byte, as the driver of a port does.
const LATENCY: u64 = MS;
/// A dialect that is stepped more often than this within one instant spins.
const TURNS_MAX: u32 = 100;

/// What a bad cable makes of the bytes that a unit sent at one instant.
pub type Spoil = Box<dyn FnMut(u64, Vec<u8>) -> Vec<u8>>;

/// Both ends of a line.
pub struct World<M: Modality, D: Device> {
    /// Nanoseconds since the machine booted.
    pub now: u64,
    /// Who speaks on our end.
    pub dialect: Box<dyn Dialect<M> + Send>,
    /// Who speaks on the other.
    pub device: D,
    /// Every frame that was handed over, and when.
    pub said: Vec<(u64, Frame)>,
    /// Every report, and when it was made.
    pub heard: Vec<(u64, Report<M>)>,
    /// Everything that the dialect was told, and when.
    pub trace: Vec<(u64, Told<M>)>,
    /// The order that was told last.
    pub ordered: Order<M>,
    /// Nothing that the unit says arrives.
    pub deaf: bool,
    /// Nothing that is said to the unit arrives.
    pub dumb: bool,
    /// What the unit says arrives this much later, in nanoseconds.
    pub delay: u64,
    /// What becomes of what the unit says.
    pub spoil: Option<Spoil>,
    /// Both directions share one pair of wires: whoever speaks into an answer breaks it.
    pub shared: bool,
    /// How often a frame began while an answer was on the wires: an error on a shared pair.
    pub collisions: usize,
    byte: u64,
    /// The frame on its way to the unit: how many of its bytes are there, and when it began.
    sending: Option<(u64, Vec<u8>, usize)>,
    /// Bytes on their way to us, and when each is here.
    coming: VecDeque<(u64, u8)>,
    turns: (u64, u32),
}

impl<M: Modality, D: Device> World<M, D> {
    /// An open port, after some time. One byte takes `byte` nanoseconds.
    pub fn new(dialect: Box<dyn Dialect<M> + Send>, mut device: D, byte: u64) -> Self {
        device.advance(BEGIN);
        let mut world = Self {
            now: BEGIN,
            dialect,
            device,
            said: Vec::new(),
            heard: Vec::new(),
            trace: Vec::new(),
            ordered: Order::off(),
            deaf: false,
            dumb: false,
            delay: 0,
            spoil: None,
            shared: false,
            collisions: 0,
            byte,
            sending: None,
            coming: VecDeque::new(),
            turns: (0, 0),
        };
        world.tell(Event::Opened);
        world
    }

    /// Now, as the dialect is told it.
    pub fn instant(&self) -> Instant {
        Instant::from_boot(self.now)
    }

    /// Tells the dialect something that gives no frame.
    pub fn tell(&mut self, event: Event<'_, M>) {
        self.trace.push((self.now, Told::of(event)));
        let mut out = Out::default();
        self.dialect.step(self.instant(), event, &mut out);
        assert_eq!(out.frame, None, "a frame without a turn");
        self.heard.extend(out.reports.into_iter().map(|report| (self.now, report)));
    }

    /// Tells the dialect what the unit must be doing.
    pub fn order(&mut self, order: Order<M>) {
        self.ordered = order;
        self.tell(Event::Order(order));
    }

    /// Emits for `millis`, the order told anew every 50 ms.
    pub fn emit(&mut self, desk: &mut Desk<M>, millis: u64)
    where
        M: Permitted,
    {
        for _ in 0..millis.div_ceil(50) {
            self.order(desk.emit(self.instant()));
            self.pass(50);
        }
    }

    /// Puts bytes on the wires that the unit did not send.
    pub fn inject(&mut self, bytes: &[u8]) {
        self.come(bytes);
    }

    /// Lets `millis` pass, from one happening to the next.
    pub fn pass(&mut self, millis: u64) {
        self.pass_until(self.now + millis * MS);
    }

    /// The same, until this instant.
    pub fn pass_until(&mut self, end: u64) {
        while self.advance(end) {}
    }

    /// Lets time pass until `done`, and says whether that was before `millis` were over.
    pub fn pass_till(&mut self, millis: u64, done: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + millis * MS;
        while !done(self) {
            if !self.advance(end) {
                return done(self);
            }
        }
        true
    }

    /// Goes to the next happening before `end`. Gives whether there was one.
    pub fn advance(&mut self, end: u64) -> bool {
        self.settle();
        let leaves = self.sending.as_ref().map(|sending| self.next_byte(sending));
        let comes = self.coming.front().map(|(at, _)| at + LATENCY);
        // What is due while a frame is under way has to wait for its end.
        let turn = Some(self.dialect.wake().since_boot()).filter(|at| self.now < *at);
        let next = [leaves, comes, self.device.wake(self.now), turn].into_iter().flatten().min();
        let next = next.unwrap_or(u64::MAX).max(self.now + 1);
        self.now = next.min(end);
        self.settle();
        self.now < end
    }

    /// Everything that happens at this instant.
    fn settle(&mut self) {
        self.device.advance(self.now);
        self.leave();
        let mut bytes = Vec::new();
        self.device.transmit(self.now, &mut bytes);
        if !bytes.is_empty() && !self.deaf {
            if let Some(spoil) = &mut self.spoil {
                bytes = spoil(self.now, bytes);
            }
            self.come(&bytes);
        }
        if self.coming.front().is_some_and(|(at, _)| at + LATENCY <= self.now) {
            let here = self.coming.partition_point(|(at, _)| *at <= self.now);
            let bytes: Vec<u8> = self.coming.drain(..here).map(|(_, byte)| byte).collect();
            self.tell(Event::Bytes(&bytes));
        }
        if self.sending.is_none() && self.dialect.wake() <= self.instant() {
            self.turn();
        }
    }

    /// The bytes of the frame under way that are there by now; the last ends it.
    fn leave(&mut self) {
        while let Some(mut sending) = self.sending.take() {
            let at = self.next_byte(&sending);
            if self.now < at {
                self.sending = Some(sending);
                return;
            }
            if !self.dumb {
                self.device.receive(at, &sending.1[sending.2..=sending.2]);
            }
            sending.2 += 1;
            if sending.2 < sending.1.len() {
                self.sending = Some(sending);
            } else {
                self.tell(Event::Sent);
            }
        }
    }

    fn next_byte(&self, (began, _, there): &(u64, Vec<u8>, usize)) -> u64 {
        began + self.byte * (u64::try_from(*there).unwrap() + 1)
    }

    fn come(&mut self, bytes: &[u8]) {
        let mut at = self.coming.back().map_or(self.now, |(at, _)| *at);
        at = at.max(self.now + self.delay);
        for byte in bytes {
            at += self.byte;
            self.coming.push_back((at, *byte));
        }
    }

    /// The line is free.
    pub fn turn(&mut self) {
        let (at, turns) = self.turns;
        self.turns = (self.now, if at == self.now { turns + 1 } else { 0 });
        assert!(turns < TURNS_MAX, "spins at {}", self.now);
        self.trace.push((self.now, Told::Turn));
        let mut out = Out::default();
        self.dialect.step(self.instant(), Event::Turn, &mut out);
        self.heard.extend(out.reports.into_iter().map(|report| (self.now, report)));
        let Some(frame) = out.frame else {
            let later = self.instant() < self.dialect.wake();
            return assert!(later, "a turn without a frame, and a wake that spins");
        };
        assert!(!frame.bytes.is_empty(), "a frame of nothing");
        self.collisions += usize::from(self.coming.iter().any(|(at, _)| self.now < *at));
        if self.shared {
            let broken = self.coming.iter_mut().filter(|(at, _)| self.now < *at);
            broken.for_each(|(_, byte)| *byte = 0xFF);
        }
        if frame.purge_first {
            self.coming.retain(|(at, _)| self.now < *at);
        }
        self.sending = Some((self.now, frame.bytes.clone(), 0));
        self.said.push((self.now, frame));
    }

    /// When the frames were handed over, from `since` on, whose bytes are `bytes`.
    pub fn said_since(&self, since: u64, bytes: &[u8]) -> Vec<u64> {
        let wanted = |(at, frame): &&(u64, Frame)| since <= *at && frame.bytes == bytes;
        self.said.iter().filter(wanted).map(|(at, _)| *at).collect()
    }

    /// What `pick` finds in the facts that were reported from `since` on.
    pub fn facts_since<T>(&self, since: u64, pick: impl Fn(&Fact<M>) -> Option<T>) -> Vec<T> {
        let late = self.heard.iter().filter(|(at, _)| since <= *at);
        late.filter_map(|(_, report)| pick(&report.fact)).collect()
    }

    /// How many exchanges were bad from `since` on.
    pub fn garbled_since(&self, since: u64) -> usize {
        self.facts_since(since, |fact| matches!(fact, Fact::Garbled).then_some(())).len()
    }

    /// When the first frame toward off was handed over, from `since` on.
    pub fn first_stop(&self, since: u64) -> Option<u64> {
        let stops = |(at, frame): &&(u64, Frame)| since <= *at && frame.rank == Rank::Stop;
        self.said.iter().find(stops).map(|(at, _)| *at)
    }

    /// When output below this was first reported, to a question of after `since`.
    pub fn off_reported(&self, since: u64, off_below: M::Output) -> Option<u64> {
        let off = |(_, report): &&(u64, Report<M>)| match report.fact {
            Fact::Emission(emission) => {
                let dark = emission.output.count() < off_below.count();
                since < report.asked.since_boot() && !emission.enabled && dark
            }
            _ => false,
        };
        self.heard.iter().find(off).map(|(at, _)| *at)
    }

    /// Whether off was reported to a question of after `since`.
    pub fn is_off_since(&self, since: u64) -> bool {
        self.heard.iter().any(|(_, report)| {
            let off = matches!(&report.fact, Fact::Emission(emission) if !emission.enabled);
            off && since < report.asked.since_boot()
        })
    }

    /// Stops now, and waits for the proof of it. The world goes on from there.
    pub fn stop(&mut self) -> Stopped {
        let began = self.now;
        let in_flight = self.sending.as_ref().map_or(0, |(at, bytes, _)| {
            at + self.byte * u64::try_from(bytes.len()).unwrap() - began
        });
        self.tell(Event::Order(Order::off()));
        self.tell(Event::Stop);
        let stops = |world: &Self| world.first_stop(began).is_some();
        assert!(self.pass_till(60_000, stops), "no stop was said");
        let said = self.first_stop(began).unwrap();
        let proven = self.pass_till(60_000, |world| world.is_off_since(said));
        Stopped { in_flight, first: said - began, proven: proven.then(|| self.now - said) }
    }
}

/// How a stop went, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Stopped {
    /// What was left of the frame that was under way.
    pub in_flight: u64,
    /// From the stop to its first byte.
    pub first: u64,
    /// From that byte to the proof of off, if there was one.
    pub proven: Option<u64>,
}
