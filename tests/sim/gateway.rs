//! The gateway while it runs: the real core, and what waits for it.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
};

use clinic::{Answer, Ask, CallId, Clinic, Effect, Happening, RequestId};
use safety::Instant;

use crate::{glance::Glance, ward};

/// One run of the gateway.
pub(crate) struct Gateway {
    pub(crate) clinic: Clinic,
    pub(crate) run: u32,
    /// What happened while the control thread stood still.
    pub(crate) inbox: VecDeque<Happening>,
    /// Until when it stands still, and the deadline that it misses.
    pub(crate) stalled: Option<(u64, u64)>,
    /// What waits for an answer: who asked, what, and under which request.
    pub(crate) calls: HashMap<CallId, Asked>,
    /// Requests that were answered.
    pub(crate) requests: BTreeMap<RequestId, Answer>,
    /// What earlier runs charged to each unit, as the ledger had it at the start.
    pub(crate) charged_before: [u128; ward::UNITS],
    /// What the screens show.
    pub(crate) board: [Option<Glance>; ward::UNITS],
    last_call: u64,
    last_request: u64,
}

/// Something that was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) ask: Ask,
    pub(crate) request: Option<RequestId>,
}

impl Gateway {
    pub(crate) fn new(run: u32, units: usize, now: u64) -> Self {
        let plans = ward::plans(run).into_iter().take(units).collect();
        Self {
            clinic: Clinic::new(run, plans, Vec::new(), Instant::from_boot(now)),
            run,
            inbox: VecDeque::new(),
            stalled: None,
            calls: HashMap::new(),
            requests: BTreeMap::new(),
            charged_before: [0; ward::UNITS],
            board: [None; ward::UNITS],
            last_call: 0,
            last_request: 0,
        }
    }

    pub(crate) fn next_call(&mut self) -> CallId {
        self.last_call += 1;
        CallId(self.last_call)
    }

    pub(crate) fn next_request(&mut self) -> Option<RequestId> {
        self.last_request += 1;
        RequestId::new(&format!("{}-{}", self.run, self.last_request))
    }

    /// When the control thread wants to run next.
    pub(crate) fn due(&self) -> u64 {
        match self.stalled {
            Some((until, _)) => until,
            None => self.clinic.wake().since_boot(),
        }
    }

    /// What the thread would take first of all that waits: stops, what ports say, receipts, calls.
    pub(crate) fn sort_inbox(&mut self) {
        let class = |happening: &Happening| match happening {
            Happening::Stop(..) | Happening::StopAll(..) => 0,
            Happening::Opened(_)
            | Happening::Closed(_)
            | Happening::Bytes(..)
            | Happening::Written(_) => 1,
            Happening::Receipt(..) => 2,
            Happening::Fault(_)
            | Happening::Impaired
            | Happening::LowSpace(_)
            | Happening::Days(_)
            | Happening::Past(_)
            | Happening::Wake => 3,
            Happening::Call(_) | Happening::ShutDown => 4,
        };
        self.inbox.make_contiguous().sort_by_key(class);
    }
}

/// A hash over everything that the core wanted done, in order: the same for the same story.
#[derive(Debug)]
pub(crate) struct Digest(DefaultHasher);

impl Digest {
    pub(crate) fn new() -> Self {
        Self(DefaultHasher::new())
    }

    pub(crate) fn take(&mut self, now: u64, effect: &Effect) {
        now.hash(&mut self.0);
        match effect {
            Effect::Write(line, frame) => (line, &frame.bytes).hash(&mut self.0),
            Effect::Answer(call, Answer::Accepted(fence)) => (call, fence).hash(&mut self.0),
            Effect::Show(unit) => unit.hash(&mut self.0),
            other => format!("{other:?}").hash(&mut self.0),
        }
    }

    pub(crate) fn value(&self) -> u64 {
        self.0.finish()
    }
}
