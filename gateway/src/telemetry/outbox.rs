//! Keeps events until the broker has taken them, in their order, and no more than fit.
//!
//! When it is full the oldest event goes, because what happened last says more of how a unit stands;
//! the next event of the same unit says how many went. It lives in memory: a restart of the gateway
//! forgets it, and no other record has every event.

use std::collections::VecDeque;

use clinic::{Change, UnitId};

/// Events that wait, oldest first. At most one is on its way to the broker.
#[derive(Debug)]
pub(crate) struct Outbox {
    entries: VecDeque<Entry>,
    most: usize,
    is_sending: bool,
    units: Vec<Tally>,
    lost: u64,
}

/// An event that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its place among the events of its unit in this run, from one. A gap is a loss.
    pub(crate) sequence: u64,
    /// How many events of its unit were lost right before it.
    pub(crate) lost: u64,
    /// When it happened, as the wall clock showed it then.
    pub(crate) wall: String,
    /// What happened.
    pub(crate) change: Change,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    sequence: u64,
    owed: u64,
}

impl Outbox {
    /// An empty outbox for the events of so many units. It keeps two at least.
    pub(crate) fn new(units: usize, most: usize) -> Self {
        let units = vec![Tally::default(); units];
        Self { entries: VecDeque::new(), most: most.max(2), is_sending: false, units, lost: 0 }
    }

    /// Takes an event. If there is no room the oldest goes that is not on its way.
    pub(crate) fn push(&mut self, change: Change, wall: String) {
        let Some(tally) = self.units.get_mut(usize::from(change.unit.0)) else { return };
        tally.sequence = tally.sequence.saturating_add(1);
        let (sequence, lost) = (tally.sequence, std::mem::take(&mut tally.owed));
        self.entries.push_back(Entry { sequence, lost, wall, change });
        if self.most < self.entries.len() {
            self.drop_oldest();
        }
    }

    /// Up to `count` events were missed before they came here, of whatever unit: each unit's next
    /// one says so, since one too many costs a look at the unit, and one too few is never noticed.
    pub(crate) fn miss(&mut self, count: u64) {
        self.lost = self.lost.saturating_add(count);
        for tally in &mut self.units {
            tally.sequence = tally.sequence.saturating_add(count);
            tally.owed = tally.owed.saturating_add(count);
        }
    }

    /// The oldest event, if none is on its way. It is from now on.
    pub(crate) fn send(&mut self) -> Option<&Entry> {
        if self.is_sending {
            return None;
        }
        self.is_sending = !self.entries.is_empty();
        self.entries.front()
    }

    /// The broker took the event that was on its way.
    pub(crate) fn taken(&mut self) {
        if std::mem::take(&mut self.is_sending) {
            self.entries.pop_front();
        }
    }

    /// Nobody knows whether the broker took the event that was on its way: it is sent again.
    pub(crate) fn recall(&mut self) {
        self.is_sending = false;
    }

    /// How many events wait.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many events were lost in all.
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.entries.remove(usize::from(self.is_sending)) else { return };
        self.lost = self.lost.saturating_add(1);
        let missing = oldest.lost.saturating_add(1);
        let unit = oldest.change.unit;
        let first = usize::from(self.is_sending);
        let mut rest = self.entries.iter_mut().skip(first);
        if let Some(next) = rest.find(|entry| entry.change.unit == unit) {
            next.lost = next.lost.saturating_add(missing);
        } else {
            self.owe(unit, missing);
        }
    }

    /// Keeps what no event in the outbox can say for the next that comes.
    fn owe(&mut self, unit: UnitId, count: u64) {
        if let Some(tally) = self.units.get_mut(usize::from(unit.0)) {
            tally.owed = tally.owed.saturating_add(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinic::What;
    use safety::Instant;

    fn change(unit: u16) -> Change {
        let (unit, at) = (UnitId(unit), Instant::default());
        Change { at, unit, session: None, what: What::Stopped }
    }

    fn outbox(most: usize, units: &[u16]) -> Outbox {
        let mut outbox = Outbox::new(2, most);
        for unit in units {
            outbox.push(change(*unit), String::new());
        }
        outbox
    }

    /// Unit, sequence and what was lost before, of everything that waits.
    fn drain(outbox: &mut Outbox) -> Vec<(u16, u64, u64)> {
        let mut all = Vec::new();
        while let Some(entry) = outbox.send() {
            all.push((entry.change.unit.0, entry.sequence, entry.lost));
            outbox.taken();
        }
        all
    }

    #[test]
    fn events_leave_in_the_order_in_which_they_came() {
        let mut outbox = outbox(9, &[0, 1, 0]);
        assert_eq!(drain(&mut outbox), [(0, 1, 0), (1, 1, 0), (0, 2, 0)]);
        assert!(outbox.is_empty());
    }

    #[test]
    fn one_event_is_on_its_way_at_a_time_and_is_sent_again_if_it_may_not_have_arrived() {
        let mut outbox = outbox(9, &[0, 0]);
        assert_eq!(outbox.send().map(|entry| entry.sequence), Some(1));
        assert_eq!(outbox.send(), None);
        outbox.recall();
        assert_eq!(outbox.send().map(|entry| entry.sequence), Some(1));
        outbox.taken();
        assert_eq!(outbox.send().map(|entry| entry.sequence), Some(2));
    }

    #[test]
    fn a_full_outbox_drops_the_oldest_and_the_next_of_that_unit_says_so() {
        let mut outbox = outbox(2, &[0, 0, 1, 0, 0]);
        assert_eq!(outbox.len(), 2);
        assert_eq!(outbox.lost(), 3);
        assert_eq!(drain(&mut outbox), [(0, 3, 2), (0, 4, 0)]);
        outbox.push(change(1), String::new());
        assert_eq!(drain(&mut outbox), [(1, 2, 1)]);
    }

    #[test]
    fn the_event_that_is_on_its_way_is_never_dropped() {
        let mut outbox = outbox(2, &[0, 0]);
        assert!(outbox.send().is_some());
        outbox.push(change(0), String::new());
        outbox.push(change(0), String::new());
        outbox.taken();
        assert_eq!(drain(&mut outbox), [(0, 4, 2)]);
    }

    #[test]
    fn what_was_missed_before_it_came_here_is_a_gap_in_every_unit() {
        let mut outbox = outbox(9, &[0]);
        outbox.miss(3);
        outbox.push(change(0), String::new());
        outbox.push(change(1), String::new());
        assert_eq!(drain(&mut outbox), [(0, 1, 0), (0, 5, 3), (1, 4, 3)]);
    }
}
