//! Where everybody outside the control thread asks for something.
//!
//! A stop has a way of its own: a flag per unit that nothing can fill up, so that it outruns every
//! queue and no flood of calls delays or loses it (COM-04, SEC-06). Once asked, it is carried out
//! whether or not the caller stays to hear of it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
};

use clinic::{Answer, Ask, RequestId, RoomId, StopProof, UnitId};
use safety::{Instant, Nanos};
use tokio::sync::{Notify, mpsc, oneshot};

/// Calls that may wait for the control thread. It takes one in some ten microseconds.
const CALLS_MAX: usize = 1_024;
/// Stops whose callers may wait for their proof. Beyond these a stop is still carried out.
const STOPS_MAX: usize = 1_024;

/// Whoever was roused within this is still awake.
const ROUSED: Nanos = Nanos::from_millis(1);

/// The way in, for any number of callers.
#[derive(Clone, Debug)]
pub struct Inbox {
    calls: mpsc::Sender<Waiting>,
    stops: mpsc::Sender<StopCall>,
    flags: Arc<Flags>,
}

/// The other end, on the control thread.
#[derive(Debug)]
pub struct Outlet {
    pub(crate) calls: mpsc::Receiver<Waiting>,
    pub(crate) stops: mpsc::Receiver<StopCall>,
    pub(crate) flags: Arc<Flags>,
}

/// A call and where its answer goes.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) request: Option<RequestId>,
    pub(crate) ask: Ask,
    pub(crate) reply: oneshot::Sender<Answer>,
}

/// A stop and where its proofs go.
#[derive(Debug)]
pub(crate) struct StopCall {
    pub(crate) what: StopWhat,
    pub(crate) reply: mpsc::Sender<(UnitId, StopProof)>,
}

/// What is to be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopWhat {
    Unit(UnitId),
    Room(RoomId),
    All,
}

/// Stops that nothing can crowd out.
#[derive(Debug)]
pub(crate) struct Flags {
    units: Box<[AtomicBool]>,
    all: AtomicBool,
    impaired: AtomicBool,
    /// The audit was found not to hold.
    audit_broken: AtomicBool,
    low_space: AtomicBool,
    days: AtomicU32,
    raised: Notify,
    roused: Notify,
    /// When the control thread was last roused, in nanoseconds of the boot clock.
    roused_at: AtomicU64,
}

/// How many wait for the control thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depths {
    /// Calls.
    pub calls: Depth,
    /// Stops whose callers wait for their proof.
    pub stops: Depth,
}

/// How full a queue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// How many wait in it.
    pub depth: usize,
    /// How many may.
    pub most: usize,
}

/// Why a call was not heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unheard {
    /// Too many calls wait. Nothing was done; try again.
    #[error("too many calls are waiting; try again")]
    Full,
    /// The control thread is gone. Nothing more will be done.
    #[error("the gateway is shutting down")]
    Gone,
}

impl Inbox {
    /// A way in and its other end, for a gateway of so many units.
    pub fn new(units: usize) -> (Self, Outlet) {
        let (call, calls) = mpsc::channel(CALLS_MAX);
        let (stop, stops) = mpsc::channel(STOPS_MAX);
        let flags = Arc::new(Flags {
            units: (0..units).map(|_| AtomicBool::new(false)).collect(),
            all: AtomicBool::new(false),
            impaired: AtomicBool::new(false),
            audit_broken: AtomicBool::new(false),
            low_space: AtomicBool::new(false),
            days: AtomicU32::new(0),
            raised: Notify::new(),
            roused: Notify::new(),
            roused_at: AtomicU64::new(0),
        });
        let inbox = Self { calls: call, stops: stop, flags: Arc::clone(&flags) };
        (inbox, Outlet { calls, stops, flags })
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// [`Unheard`] if the call was not taken: then nothing was done.
    pub async fn call(&self, request: Option<RequestId>, ask: Ask) -> Result<Answer, Unheard> {
        let (reply, answer) = oneshot::channel();
        self.calls.try_send(Waiting { request, ask, reply }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Unheard::Full,
            mpsc::error::TrySendError::Closed(_) => Unheard::Gone,
        })?;
        answer.await.map_err(|_dropped| Unheard::Gone)
    }

    /// Stops a unit. What is returned waits until off is proven or it is clear that it was not; the
    /// stop itself is on its way when this returns, ahead of whatever is asked next (API-03).
    ///
    /// # Errors
    /// [`Unheard::Full`] if so many wait that this proof cannot be waited for: the unit is stopped
    /// all the same.
    pub fn stop(
        &self,
        unit: UnitId,
    ) -> impl Future<Output = Result<StopProof, Unheard>> + Send + use<> {
        let (reply, mut proofs) = mpsc::channel(1);
        let sent = self.stops.try_send(StopCall { what: StopWhat::Unit(unit), reply });
        if sent.is_err() {
            self.flags.raise(unit);
        }
        async move {
            sent.map_err(|_too_many| Unheard::Full)?;
            proofs.recv().await.map(|(_, proof)| proof).ok_or(Unheard::Gone)
        }
    }

    /// Says that a part of the gateway has ended that should not have: no session begins any more,
    /// and one that runs goes on.
    pub fn impair(&self) {
        self.flags.impaired.store(true, Ordering::Release);
        self.flags.raised.notify_one();
    }

    /// Says that the audit does not hold: the gateway is locked until that was looked into (AUD-04).
    pub fn audit_broke(&self) {
        self.flags.audit_broken.store(true, Ordering::Release);
        self.flags.raised.notify_one();
    }

    /// Has the control thread awake by the time a caller's words are understood: they may be a stop,
    /// and a processor that sleeps takes longer to wake up than a request takes to be read. At most
    /// once a millisecond, so that a flood of words is no flood here.
    pub fn rouse(&self, now: Instant) {
        let (at, now) = (&self.flags.roused_at, now.since_boot());
        let before = at.load(Ordering::Relaxed);
        if ROUSED.get() <= now.saturating_sub(before) {
            at.store(now, Ordering::Relaxed);
            self.flags.roused.notify_one();
        }
    }

    /// Says whether the space that is kept for the ledger has run low: while it has, no session
    /// begins, and one that runs goes on (JRN-02).
    pub fn low_space(&self, low: bool) {
        if self.flags.low_space.swap(low, Ordering::AcqRel) != low {
            self.flags.raised.notify_one();
        }
    }

    /// Says that so many days of the calendar began.
    pub fn days(&self, days: u32) {
        if 0 < days {
            self.flags.days.fetch_add(days, Ordering::AcqRel);
            self.flags.raised.notify_one();
        }
    }

    /// How many calls and stops wait for the control thread.
    pub fn depths(&self) -> Depths {
        let depth = |most: usize, room: usize| Depth { depth: most.saturating_sub(room), most };
        Depths {
            calls: depth(self.calls.max_capacity(), self.calls.capacity()),
            stops: depth(self.stops.max_capacity(), self.stops.capacity()),
        }
    }

    /// Stops every unit of a room, or of all rooms, and latches that. What is returned waits for the
    /// proofs; the stop itself is on its way when this returns.
    pub fn stop_all(
        &self,
        room: Option<RoomId>,
    ) -> impl Future<Output = Vec<(UnitId, StopProof)>> + Send + use<> {
        let (reply, mut proofs) = mpsc::channel(self.flags.units.len().max(1));
        let what = room.map_or(StopWhat::All, StopWhat::Room);
        if self.stops.try_send(StopCall { what, reply }).is_err() {
            self.flags.raise_all();
        }
        async move {
            let mut all = Vec::new();
            while let Some(proof) = proofs.recv().await {
                all.push(proof);
            }
            all
        }
    }
}

impl Flags {
    fn raise(&self, unit: UnitId) {
        if let Some(flag) = self.units.get(usize::from(unit.0)) {
            flag.store(true, Ordering::Release);
        }
        self.raised.notify_one();
    }

    fn raise_all(&self) {
        self.all.store(true, Ordering::Release);
        self.raised.notify_one();
    }

    /// Whether a part of the gateway has ended that should not have.
    pub(crate) fn is_impaired(&self) -> bool {
        self.impaired.load(Ordering::Acquire)
    }

    /// Whether the audit was found not to hold since this was last asked.
    pub(crate) fn take_audit_break(&self) -> bool {
        self.audit_broken.swap(false, Ordering::AcqRel)
    }

    /// Whether the space that is kept for the ledger has run low.
    pub(crate) fn is_low_on_space(&self) -> bool {
        self.low_space.load(Ordering::Acquire)
    }

    /// How many days began since this was last asked.
    pub(crate) fn take_days(&self) -> u32 {
        self.days.swap(0, Ordering::AcqRel)
    }

    /// Waits until somebody may be about to ask for something.
    pub(crate) async fn roused(&self) {
        self.roused.notified().await;
    }

    /// Waits until a flag is raised.
    pub(crate) async fn raised(&self) {
        self.raised.notified().await;
    }

    /// Takes all flags down: which units are to be stopped, and whether all are.
    pub(crate) fn take(&self) -> (Vec<UnitId>, bool) {
        let raised = self.units.iter().enumerate().filter_map(|(place, flag)| {
            let unit = UnitId(u16::try_from(place).ok()?);
            flag.swap(false, Ordering::AcqRel).then_some(unit)
        });
        (raised.collect(), self.all.swap(false, Ordering::AcqRel))
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    /// SEC-06: a flood of words rouses the control thread a thousand times a second and no more.
    #[test]
    fn whoever_was_roused_is_left_alone_for_a_while() {
        let (inbox, outlet) = Inbox::new(1);
        let at = |micros| Instant::from_boot(1_000_000_000).after(Nanos::from_micros(micros));
        for (micros, roused) in [(0, true), (1, false), (999, false), (1_000, true), (1_001, false)]
        {
            inbox.rouse(at(micros));
            assert_eq!(outlet.flags.roused().now_or_never().is_some(), roused, "{micros}");
        }
    }
}
