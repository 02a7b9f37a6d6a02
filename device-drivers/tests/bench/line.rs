//! Both ends of a line and the time that bytes take on it, each way.

use std::collections::VecDeque;

use device_drivers::{Dialect, Event, Out, Rank};
use safety::{Fact, Instant, Modality, Order, Report};
use simulated_units::Device;

pub(crate) const MS: u64 = 1_000_000;
/// A hang is a failure.
const STEPS_MAX: u32 = 2_000_000;

/// What the line is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wire {
    /// Ten or eleven bits.
    pub(crate) byte_ns: u64,
    /// One pair of wires for both directions: who speaks into somebody else's frame breaks both.
    pub(crate) half_duplex: bool,
}

/// An event that can be kept.
#[derive(Clone, Debug)]
pub(crate) enum Told<M: Modality> {
    Opened,
    Closed,
    Order(Order<M>),
    Stop,
    Turn,
    Sent,
    Bytes(Vec<u8>),
    Wake,
}

impl<M: Modality> Told<M> {
    fn of(event: Event<'_, M>) -> Self {
        match event {
            Event::Opened => Self::Opened,
            Event::Closed => Self::Closed,
            Event::Order(order) => Self::Order(order),
            Event::Stop => Self::Stop,
            Event::Turn => Self::Turn,
            Event::Sent => Self::Sent,
            Event::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
            Event::Wake => Self::Wake,
        }
    }

    pub(crate) fn event(&self) -> Event<'_, M> {
        match self {
            Self::Opened => Event::Opened,
            Self::Closed => Event::Closed,
            Self::Order(order) => Event::Order(*order),
            Self::Stop => Event::Stop,
            Self::Turn => Event::Turn,
            Self::Sent => Event::Sent,
            Self::Bytes(bytes) => Event::Bytes(bytes),
            Self::Wake => Event::Wake,
        }
    }
}

pub(crate) struct Line<M: Modality, U> {
    pub(crate) now: u64,
    pub(crate) dialect: Box<dyn Dialect<M> + Send>,
    pub(crate) unit: U,
    wire: Wire,
    /// Every frame that was handed over, and when.
    pub(crate) said: Vec<(u64, Rank, Vec<u8>)>,
    /// Every report, and when it was made.
    pub(crate) heard: Vec<(u64, Report<M>)>,
    /// Everything that the dialect was told, and when.
    pub(crate) trace: Vec<(u64, Told<M>)>,
    /// The frame on its way to the unit, and when its last byte is there.
    sending: Option<(u64, Vec<u8>)>,
    /// What is on its way from the unit, and when the last byte of each piece is here.
    coming: VecDeque<(u64, Vec<u8>)>,
    /// Nothing that the unit says arrives.
    pub(crate) deaf: bool,
    /// The order that was told last.
    pub(crate) ordered: Order<M>,
}

impl<M: Modality, U: Device> Line<M, U> {
    /// An open port, and a unit that is on since the beginning of time.
    pub(crate) fn new(dialect: Box<dyn Dialect<M> + Send>, unit: U, wire: Wire) -> Self {
        let mut line = Self {
            now: 5_000 * MS,
            dialect,
            unit,
            wire,
            said: Vec::new(),
            heard: Vec::new(),
            trace: Vec::new(),
            sending: None,
            coming: VecDeque::new(),
            deaf: false,
            ordered: Order::off(),
        };
        line.unit.advance(line.now);
        line.tell(Event::Opened);
        line
    }

    pub(crate) fn instant(&self) -> Instant {
        Instant::from_boot(self.now)
    }

    /// Tells the dialect something that gives no frame.
    pub(crate) fn tell(&mut self, event: Event<'_, M>) {
        self.trace.push((self.now, Told::of(event)));
        let mut out = Out::default();
        self.dialect.step(self.instant(), event, &mut out);
        assert_eq!(out.frame, None, "a frame without a turn");
        self.heard.extend(out.reports.into_iter().map(|report| (self.now, report)));
    }

    pub(crate) fn order(&mut self, order: Order<M>) {
        self.ordered = order;
        self.tell(Event::Order(order));
    }

    /// Lets `millis` pass, from one happening to the next.
    pub(crate) fn pass(&mut self, millis: u64) {
        self.pass_until(self.now + millis * MS);
    }

    pub(crate) fn pass_until(&mut self, end: u64) {
        let mut left = STEPS_MAX;
        while self.advance(end) {
            left -= 1;
            assert!(left > 0, "spins at {}", self.now);
        }
    }

    /// Goes to the next happening before `end`. Gives whether there was one.
    pub(crate) fn advance(&mut self, end: u64) -> bool {
        self.settle();
        let left = self.sending.as_ref().map(|(at, _)| *at);
        let here = self.coming.front().map(|(at, _)| *at);
        // What is due while a frame is under way has to wait for its end.
        let turn = Some(self.dialect.wake().since_boot()).filter(|at| self.now < *at);
        let next = [left, here, self.unit.wake(self.now), turn].into_iter().flatten().min();
        let next = next.unwrap_or(u64::MAX).max(self.now + 1);
        self.now = next.min(end);
        self.settle();
        self.now < end
    }

    /// Everything that happens at this instant.
    fn settle(&mut self) {
        self.unit.advance(self.now);
        if let Some((at, bytes)) = self.sending.take_if(|(at, _)| *at <= self.now) {
            self.unit.receive(at, &bytes);
            self.tell(Event::Sent);
        }
        let mut bytes = Vec::new();
        self.unit.transmit(self.now, &mut bytes);
        if !bytes.is_empty() {
            let begins = self.coming.back().map_or(self.now, |(at, _)| self.now.max(*at));
            self.coming.push_back((begins + self.takes(&bytes), bytes));
        }
        while let Some((_, bytes)) = self.coming.pop_front_if(|(at, _)| *at <= self.now) {
            if !self.deaf {
                self.tell(Event::Bytes(&bytes));
            }
        }
        if self.sending.is_none() && self.dialect.wake() <= self.instant() {
            self.turn();
        }
    }

    /// The line is free.
    fn turn(&mut self) {
        self.trace.push((self.now, Told::Turn));
        let mut out = Out::default();
        self.dialect.step(self.instant(), Event::Turn, &mut out);
        self.heard.extend(out.reports.into_iter().map(|report| (self.now, report)));
        let Some(frame) = out.frame else {
            let later = self.instant() < self.dialect.wake();
            return assert!(later, "a turn without a frame, and a wake that spins");
        };
        if self.wire.half_duplex && !self.coming.is_empty() {
            for (_, bytes) in &mut self.coming {
                bytes.fill(0xFF);
            }
        }
        self.sending = Some((self.now + self.takes(&frame.bytes), frame.bytes.clone()));
        self.said.push((self.now, frame.rank, frame.bytes));
    }

    pub(crate) fn takes(&self, bytes: &[u8]) -> u64 {
        self.wire.byte_ns * u64::try_from(bytes.len()).unwrap()
    }

    /// How often exactly these bytes were handed over from `since` on.
    pub(crate) fn times_said(&self, since: u64, bytes: &[u8]) -> usize {
        self.said.iter().filter(|(at, _, said)| since <= *at && said == bytes).count()
    }

    /// The first frame toward off from `since` on.
    pub(crate) fn first_stop(&self, since: u64) -> Option<u64> {
        let stop = |(at, rank, _): &&(u64, Rank, _)| since <= *at && *rank == Rank::Stop;
        self.said.iter().find(stop).map(|(at, _, _)| *at)
    }

    /// What `pick` finds in the facts that were reported from `since` on.
    pub(crate) fn facts_since<T>(
        &self,
        since: u64,
        pick: impl Fn(&Fact<M>) -> Option<T>,
    ) -> Vec<T> {
        let late = self.heard.iter().filter(|(at, _)| since <= *at);
        late.filter_map(|(_, report)| pick(&report.fact)).collect()
    }

    pub(crate) fn garbled_since(&self, since: u64) -> usize {
        self.facts_since(since, |fact| matches!(fact, Fact::Garbled).then_some(())).len()
    }

    /// When the emission was last reported off by a question of after `since`.
    pub(crate) fn off_reported(&self, since: u64, off_below: M::Output) -> Option<u64> {
        let off = |(_, report): &&(u64, Report<M>)| match report.fact {
            Fact::Emission(emission) => {
                let dark =
                    safety::Output::count(emission.output) < safety::Output::count(off_below);
                since < report.asked.since_boot() && !emission.enabled && dark
            }
            _ => false,
        };
        self.heard.iter().find(off).map(|(at, _)| *at)
    }
}

/// What a fresh dialect makes of `trace` if bytes come in pieces of these sizes.
pub(crate) fn replay<M: Modality>(
    mut dialect: Box<dyn Dialect<M> + Send>,
    trace: &[(u64, Told<M>)],
    sizes: &[usize],
) -> (Vec<Vec<u8>>, Vec<Report<M>>) {
    let mut sizes = sizes.iter().copied().cycle();
    let (mut frames, mut heard) = (Vec::new(), Vec::new());
    for (at, told) in trace {
        let now = Instant::from_boot(*at);
        let mut out = Out::default();
        match told.event() {
            Event::Bytes(mut bytes) => {
                while !bytes.is_empty() {
                    let size = sizes.next().unwrap_or(1).clamp(1, bytes.len());
                    let (piece, rest) = bytes.split_at(size);
                    dialect.step(now, Event::Bytes(piece), &mut out);
                    bytes = rest;
                }
            }
            event => dialect.step(now, event, &mut out),
        }
        frames.extend(out.frame.map(|frame| frame.bytes));
        heard.extend(out.reports);
    }
    (frames, heard)
}
