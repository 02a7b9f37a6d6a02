//! One dialect, one simulated unit, and a line with real byte times between them.

use device_drivers::{
    Dialect, Event, Out, Rank,
    open_link::{OpenLink, Plate},
};
use safety::{Fact, Instant, Order, Report};
use simulated_units::{Plan, Unit};

use crate::{
    desk::Desk,
    limits::Permitted,
    plates::Simulated,
    wire::{Frame, OFF, STATUS},
};

/// Ten bits at 115200 per second, in nanoseconds.
const BYTE_NS: u64 = 86_806;
pub(crate) const MS: u64 = 1_000_000;

/// An event that can be kept.
#[derive(Clone, Debug)]
pub(crate) enum Told<M: Simulated> {
    Opened,
    Closed,
    Order(Order<M>),
    Stop,
    Turn,
    Sent,
    Bytes(Vec<u8>),
    Wake,
}

impl<M: Simulated> Told<M> {
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

pub(crate) struct World<M: Simulated> {
    pub(crate) now: u64,
    pub(crate) dialect: OpenLink<M>,
    pub(crate) unit: Unit,
    /// Every frame that was handed over, and when.
    pub(crate) said: Vec<(u64, Frame)>,
    /// Every report, and when it was made.
    pub(crate) heard: Vec<(u64, Report<M>)>,
    /// Everything that the dialect was told, and when.
    pub(crate) trace: Vec<(u64, Told<M>)>,
    /// The frame on its way to the unit, and when its last byte is there.
    sending: Option<(u64, Vec<u8>)>,
    /// Nothing that the unit says arrives.
    pub(crate) deaf: bool,
    /// The order that was told last.
    pub(crate) ordered: Order<M>,
}

impl<M: Simulated> World<M> {
    pub(crate) fn new() -> Self {
        Self::with(M::plan(), M::plate(&M::plan()), 1)
    }

    /// A unit that was switched on five seconds ago, and an open port.
    pub(crate) fn with(plan: Plan, plate: Plate<M>, seed: u64) -> Self {
        let mut unit = Unit::new(plan, seed, 0);
        unit.advance(5_000 * MS);
        let mut world = Self {
            now: 5_000 * MS,
            dialect: OpenLink::new(plate).unwrap(),
            unit,
            said: Vec::new(),
            heard: Vec::new(),
            trace: Vec::new(),
            sending: None,
            deaf: false,
            ordered: Order::off(),
        };
        world.tell(Event::Opened);
        world
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

    /// Brings the unit to the end of its warning.
    pub(crate) fn warned(desk: &mut Desk<M>) -> Self
    where
        M: Permitted,
    {
        let mut world = Self::new();
        world.warn(desk);
        world
    }

    pub(crate) fn warn(&mut self, desk: &mut Desk<M>)
    where
        M: Permitted,
    {
        self.pass(300);
        self.order(desk.prepare(self.instant()));
        self.pass(200);
        self.order(desk.warn(self.instant()));
        self.pass(M::WARNING_MILLIS);
    }

    /// Emits for `millis`, the order told anew every 50 ms.
    pub(crate) fn emit(&mut self, desk: &mut Desk<M>, millis: u64)
    where
        M: Permitted,
    {
        for _ in 0..millis.div_ceil(50) {
            self.order(desk.emit(self.instant()));
            self.pass(50);
        }
    }

    /// The unit's boot id and its uptime in about a millisecond, whatever is wrong with its line.
    pub(crate) fn clock(&self) -> Option<(u32, u64)> {
        let mut twin = self.unit.clone();
        twin.heal(self.now);
        let sequence = u32::MAX;
        let ask = Frame {
            kind: STATUS,
            address: 1,
            boot: 0,
            sequence,
            uptime_millis: 0,
            payload: Vec::new(),
        };
        twin.receive(self.now + 100 * MS, &ask.encode());
        let mut bytes = Vec::new();
        twin.transmit(self.now + 200 * MS, &mut bytes);
        let reply = Frame::all(&bytes).into_iter().find(|reply| reply.sequence == sequence)?;
        Some((reply.boot, reply.uptime_millis.saturating_sub(100)))
    }

    /// Lets `millis` pass, from one happening to the next.
    pub(crate) fn pass(&mut self, millis: u64) {
        self.pass_until(self.now + millis * MS);
    }

    pub(crate) fn pass_until(&mut self, end: u64) {
        while self.advance(end) {}
    }

    /// Goes to the next happening before `end`. Gives whether there was one.
    pub(crate) fn advance(&mut self, end: u64) -> bool {
        self.settle();
        let arrival = self.sending.as_ref().map(|(at, _)| *at);
        // What is due while a frame is under way has to wait for its end.
        let turn = Some(self.dialect.wake().since_boot()).filter(|at| self.now < *at);
        let next = [arrival, self.unit.wake(self.now), turn].into_iter().flatten().min();
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
        if !bytes.is_empty() && !self.deaf {
            self.tell(Event::Bytes(&bytes));
        }
        if self.sending.is_none() && self.dialect.wake() <= self.instant() {
            self.turn();
        }
    }

    /// The line is free.
    pub(crate) fn turn(&mut self) {
        self.trace.push((self.now, Told::Turn));
        let mut out = Out::default();
        self.dialect.step(self.instant(), Event::Turn, &mut out);
        self.heard.extend(out.reports.into_iter().map(|report| (self.now, report)));
        let Some(frame) = out.frame else {
            let later = self.instant() < self.dialect.wake();
            return assert!(later, "a turn without a frame, and a wake that spins");
        };
        let said = Frame::decode(&frame.bytes);
        assert_eq!(frame.rank == Rank::Stop, said.kind == OFF);
        let takes = BYTE_NS * u64::try_from(frame.bytes.len()).unwrap();
        self.sending = Some((self.now + takes, frame.bytes));
        self.said.push((self.now, said));
    }

    /// The frames of `kind` that were handed over from `since` on.
    pub(crate) fn said_since(&self, since: u64, kind: u8) -> Vec<(u64, Frame)> {
        let wanted = |(at, frame): &&(u64, Frame)| since <= *at && frame.kind == kind;
        self.said.iter().filter(wanted).cloned().collect()
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
}
