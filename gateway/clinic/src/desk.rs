//! Where the effects of one step are gathered.

use alloc::{collections::BTreeMap, vec::Vec};

use safety::{Cause, Instant, MeterCheck, Sites, SliceId};

use crate::{
    effect::{Change, Effect, Entry, What},
    name::{EntryId, PatientKey, RoomId, SessionId, UnitId},
    patient::Stretch,
    seats::Lines,
};

/// How many entries may wait for their receipts. A ledger that is further behind counts as failed.
const ENTRIES_MAX: usize = 1_024;

/// What one step works with.
pub(crate) struct Desk<'a> {
    pub(crate) now: Instant,
    pub(crate) effects: &'a mut Vec<Effect>,
    pub(crate) entries: &'a mut Entries,
    pub(crate) lines: &'a mut Lines,
    /// Causes that lock more than the unit they arose on.
    pub(crate) spread: Vec<(RoomId, Cause)>,
    /// Patients on whom something got too hot, and where.
    pub(crate) trips: Vec<(PatientKey, Sites)>,
    /// What patients got without a session.
    pub(crate) strays: Vec<Stretch>,
    /// An entry found no place: it will never be durable.
    pub(crate) is_full: bool,
}

/// The entries that wait for their receipts.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    last: u64,
    open: BTreeMap<EntryId, (UnitId, Purpose)>,
}

/// What an entry is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Emission waits for it.
    Slice(SliceId),
    /// The end of a session waits for it.
    Settlement,
    /// A meter check counts once it is durable.
    Meter(MeterCheck),
    /// Nothing waits for it.
    Record,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(
        now: Instant,
        effects: &'a mut Vec<Effect>,
        entries: &'a mut Entries,
        lines: &'a mut Lines,
    ) -> Self {
        let (spread, trips, strays) = (Vec::new(), Vec::new(), Vec::new());
        Self { now, effects, entries, lines, spread, trips, strays, is_full: false }
    }

    /// Has an entry made durable. When too many wait, the ledger has failed.
    pub(crate) fn enter(&mut self, unit: UnitId, purpose: Purpose, entry: Entry) {
        if self.entries.open.len() >= ENTRIES_MAX {
            self.is_full = true;
            return;
        }
        self.entries.last = self.entries.last.saturating_add(1);
        let id = EntryId(self.entries.last);
        self.entries.open.insert(id, (unit, purpose));
        self.effects.push(Effect::Enter(id, entry));
    }

    pub(crate) fn tell(&mut self, unit: UnitId, session: Option<SessionId>, what: What) {
        self.effects.push(Effect::Tell(Change { at: self.now, unit, session, what }));
    }
}

impl Entries {
    /// What the receipt is for. A receipt that nobody waits for is none.
    pub(crate) fn take(&mut self, id: EntryId) -> Option<(UnitId, Purpose)> {
        self.open.remove(&id)
    }
}
