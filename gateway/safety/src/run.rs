//! What is given in runs: trains of pulses, and chunks that a unit cannot break off.
//!
//! A run is an edge. It is charged whole when it is ordered, because once a unit has taken it
//! nobody can call the rest of it back.

use crate::{
    modality::Modality,
    quantity::Output,
    time::{Instant, Nanos},
};

/// One run: what it gives, and how it stands in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Run<M: Modality> {
    /// What the run gives, to the last pulse.
    pub dose: M::Dose,
    /// From its beginning to its end.
    pub length: Nanos,
    /// From its end to the beginning of the next.
    pub wait: Nanos,
}

/// Whether a unit emits for as long as it is ordered to, or a piece at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pace {
    /// It emits until it is told off. A stimulator gives trains all the same.
    #[default]
    Continuous,
    /// It emits in pieces of this length, and none of them can be broken off.
    Chunks {
        /// How long one piece is: no longer than the unit's lease.
        length: Nanos,
    },
}

/// How far a session that is given in runs has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Runs<M: Modality> {
    /// What each run is.
    pub(crate) run: Run<M>,
    /// When the last run was ordered.
    pub(crate) ordered: Instant,
    pub(crate) flight: Flight,
    /// No run is ordered before this.
    pub(crate) next: Instant,
    /// The most that a meter showed of the last run: it is charged for the whole of it.
    pub(crate) top: M::Output,
    /// What was charged and not yet counted by the unit.
    pub(crate) uncounted: M::Dose,
}

/// What is known of the run that was ordered last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Flight {
    /// There was none yet.
    Idle,
    /// It was ordered, and the unit has not said that it is over.
    Open,
    /// The unit was proven off since, and never said whether it had taken it.
    Unknown,
    /// The unit said that it is over, to a question of this instant.
    Over(Instant),
}

impl<M: Modality> Runs<M> {
    pub(crate) fn new(run: Run<M>, now: Instant) -> Self {
        Self {
            run,
            ordered: now,
            flight: Flight::Idle,
            next: now,
            top: M::Output::default(),
            uncounted: M::Dose::default(),
        }
    }

    /// A run of `output` is ordered.
    pub(crate) fn order(&mut self, now: Instant, output: M::Output) {
        self.ordered = now;
        self.flight = Flight::Open;
        self.top = output;
        self.uncounted = M::plus(self.uncounted, self.run.dose);
    }

    /// The unit said at `now`, to a question of `asked`, that the last run is over. Returns whether
    /// that is news. What was asked before the order is of another run.
    pub(crate) fn ran(&mut self, now: Instant, asked: Instant) -> bool {
        let news = match self.flight {
            Flight::Open | Flight::Unknown => self.ordered <= asked,
            Flight::Idle | Flight::Over(_) => false,
        };
        if news {
            self.flight = Flight::Over(asked);
            self.rest(now);
        }
        news
    }

    /// The unit is off, whatever became of the last run.
    pub(crate) fn settle(&mut self, now: Instant) {
        self.uncounted = M::Dose::default();
        match self.flight {
            Flight::Open => {
                self.flight = Flight::Unknown;
                self.rest(now);
            }
            Flight::Idle | Flight::Unknown | Flight::Over(_) => {}
        }
    }

    /// The wait begins: not before the run can be over, whatever the unit says.
    fn rest(&mut self, now: Instant) {
        let over = now.max(self.ordered.after(self.run.length));
        self.next = self.next.max(over.after(self.run.wait));
    }

    /// Whether a run was ordered of which nobody knows that it is over.
    pub(crate) fn is_open(&self) -> bool {
        self.flight == Flight::Open
    }

    /// Whether output at `asked` may be of the last run, which takes up to `late` to begin and to
    /// be seen.
    pub(crate) fn holds(&self, asked: Instant, late: Nanos) -> bool {
        let until = match self.flight {
            Flight::Idle => return false,
            Flight::Open | Flight::Unknown => self.ordered.after(self.run.length).after(late),
            Flight::Over(asked) => asked,
        };
        self.ordered <= asked && asked <= until
    }

    /// What a reading of `output` within the run adds to its charge: a run in which a meter showed
    /// more than was ordered is charged at that from its beginning to its end.
    pub(crate) fn raise(&mut self, output: M::Output) -> M::Dose {
        let whole = |output| M::accrue(M::Dose::default(), output, self.run.length);
        let top = self.top.greater(output);
        let more = M::minus(whole(top), whole(self.top));
        self.top = top;
        self.uncounted = M::plus(self.uncounted, more);
        more
    }

    /// What of `counted` was not charged yet. Once the run is over at `asked`, what it did not give
    /// is not given any more.
    pub(crate) fn uncharged(&mut self, asked: Instant, counted: M::Dose) -> M::Dose {
        let beyond = M::minus(counted, self.uncounted);
        self.uncounted = match self.flight {
            Flight::Over(over) if over <= asked => M::Dose::default(),
            Flight::Idle | Flight::Open | Flight::Unknown | Flight::Over(_) => {
                M::minus(self.uncounted, counted)
            }
        };
        beyond
    }

    /// Until when output may go on after a stop at `since`: a run that has begun ends by itself.
    pub(crate) fn spent(&self, since: Instant, rise: Nanos) -> Instant {
        let begun_last = self.ordered.after(rise).after(self.run.length);
        let bound = begun_last.min(since.after(self.run.length));
        match self.flight {
            Flight::Idle => since,
            Flight::Open | Flight::Unknown => since.max(bound),
            Flight::Over(asked) => since.max(bound.min(asked)),
        }
    }

    /// How many runs one slice holds.
    fn ahead(&self, slice: Nanos) -> u64 {
        let period = self.run.length.plus(self.run.wait);
        slice.get().checked_div(period.get()).unwrap_or(1).clamp(1, AHEAD_MAX)
    }

    /// What is charged after the runs that `slice` holds, as far as `prescribed` has room for whole
    /// ones; `None` if `covered` has more than half of them left, or if there is no other run.
    pub(crate) fn next_window(
        &self,
        charged: M::Dose,
        covered: Option<M::Dose>,
        prescribed: M::Dose,
        slice: Nanos,
    ) -> Option<M::Dose> {
        let ahead = self.ahead(slice);
        let (mut window, mut half) = (None, charged);
        let mut next = charged;
        for place in 0..ahead {
            next = M::plus(next, self.run.dose);
            if !M::covers(prescribed, next) {
                break;
            }
            window = Some(next);
            if place <= ahead / 2 {
                half = next;
            }
        }
        window.filter(|_| covered.is_none_or(|covered| !M::covers(covered, half)))
    }
}

/// A slice holds no more runs than this, so that looking ahead has an end.
const AHEAD_MAX: u64 = 8;
