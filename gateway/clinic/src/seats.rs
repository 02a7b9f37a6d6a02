//! Whose turn it is on each line.
//!
//! A line carries one unit, or several PEMF units that share one pair of wires and answer when they
//! are spoken to. One that is shared is *held* by the unit whose word went out, until that was
//! answered or its answer is late: nothing is said into an answer (COM-03). Then whoever waited longest is
//! next; a stop that was not said yet goes ahead of that (COM-10), once, so that no unit is left
//! waiting for ever. A unit that does not answer is given the line less and less often, and all of it again after
//! its first whole answer.

use alloc::{collections::BTreeMap, vec::Vec};

use device_drivers::{Company, Frame, Rank, Share};
use safety::{Instant, Nanos};

use crate::{
    AnyPlan,
    kind::Kind,
    line::Line,
    name::{LineId, UnitId},
    unit::Plan,
};

/// For how long a unit that shares its line is not spoken to after one answer that did not come, after
/// two in a row, and so on. Two lost answers lose no session; three end one anyway (COM-06).
const BACK_OFF: [Nanos; 4] =
    [Nanos::from_millis(125), Nanos::from_millis(250), Nanos::from_secs(2), Nanos::from_secs(8)];

/// The lines of all units.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    all: BTreeMap<LineId, Seats>,
    /// Those that several units share.
    shared: Vec<LineId>,
}

/// One line with its units.
#[derive(Debug, Default)]
pub(crate) struct Seats {
    line: Line,
    seats: Vec<Seat>,
    /// Whose word went out last: it knows what it asked.
    speaker: usize,
    /// Counts the turns.
    turns: u64,
    /// What rests between the words of two units.
    gap: Nanos,
    /// The longest word of any unit with its answer.
    word: Nanos,
    /// Since when, and until when, something that nobody awaited came in.
    noise: Option<(Instant, Instant)>,
    /// One of several units cannot share a line. Nobody is spoken to on such a line.
    unfit: bool,
}

/// One unit at its line.
#[derive(Debug)]
struct Seat {
    unit: UnitId,
    wants: Wants,
    /// A whole answer came since its last word.
    answered: bool,
    /// How many answers in a row did not come.
    missed: usize,
    /// It is not spoken to before this, but to stop it.
    back: Instant,
    /// Which turn was its last, and which was the last that it had ahead of others.
    served: u64,
    jumped: u64,
}

/// What a unit wants of its line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wants {
    /// When it wants a turn.
    pub(crate) turn: Instant,
    /// When it wants one for a stop that was not said yet.
    pub(crate) stop: Instant,
    /// Its answer may be on the way.
    pub(crate) awaits: bool,
}

impl Wants {
    const NOTHING: Self = Self { turn: Instant::NEVER, stop: Instant::NEVER, awaits: false };
}

impl Lines {
    /// The lines that these units are on. Each unit is told what company it has.
    pub(crate) fn of(plans: &mut [AnyPlan]) -> Self {
        let mut lines = Self::default();
        let placed: Vec<_> = plans.iter().map(placed).collect();
        for (place, (id, line, byte, share)) in placed.iter().enumerate() {
            let others = placed.iter().enumerate();
            let others = others.filter(|(other, (_, on, ..))| *other != place && on == line);
            let others = others.map(|(_, (.., share))| share.unwrap_or_default());
            if let Some(plan) = plans.get_mut(place) {
                join(plan, Company::of(others));
            }
            lines.on(*line).sit(*id, *byte, *share);
        }
        let shared = lines.all.iter().filter(|(_, line)| !line.is_alone());
        lines.shared = shared.map(|(id, _)| *id).collect();
        lines
    }

    /// One line. One that no unit is on is never open.
    pub(crate) fn on(&mut self, line: LineId) -> &mut Seats {
        self.all.entry(line).or_default()
    }

    fn shared(&self) -> impl Iterator<Item = &Seats> {
        self.shared.iter().filter_map(|id| self.all.get(id))
    }

    /// The unit whose turn it is on any shared line.
    pub(crate) fn next(&self, now: Instant) -> Option<UnitId> {
        self.shared().find_map(|line| line.next(now))
    }

    /// How many units share their lines: no more have a turn at one instant.
    pub(crate) fn sharers(&self) -> usize {
        self.shared().map(|line| line.seats.len()).fold(0, usize::saturating_add)
    }

    /// When a shared line is free for somebody who waits.
    pub(crate) fn wake(&self) -> Instant {
        self.shared().map(Seats::wake).min().unwrap_or(Instant::NEVER)
    }
}

/// A unit, its line, the time of a byte on it, and what it takes of it if it may share it.
type Placed = (UnitId, LineId, Nanos, Option<Share>);

fn placed(plan: &AnyPlan) -> Placed {
    fn of<M: Kind>(plan: &Plan<M>) -> Placed {
        let share = plan.dialect.share().filter(|_| M::SHARES);
        (plan.id, plan.line, plan.byte, share)
    }
    match plan {
        AnyPlan::Laser(plan) => of(plan),
        AnyPlan::Pemf(plan) => of(plan),
        AnyPlan::Stimulator(plan) => of(plan),
    }
}

fn join(plan: &mut AnyPlan, company: Company) {
    match plan {
        AnyPlan::Laser(plan) => plan.dialect.join(company),
        AnyPlan::Pemf(plan) => plan.dialect.join(company),
        AnyPlan::Stimulator(plan) => plan.dialect.join(company),
    }
}

impl Seats {
    fn sit(&mut self, unit: UnitId, byte: Nanos, share: Option<Share>) {
        if self.seats.is_empty() {
            self.line = Line::new(byte);
        }
        self.seats.push(Seat::new(unit));
        let Share { gap, word, .. } = share.unwrap_or_default();
        (self.gap, self.word) = (self.gap.max(gap), self.word.max(word));
        self.unfit |= share.is_none();
    }

    /// Whether it is a line of one unit, which is spoken to whenever the line is at rest.
    pub(crate) fn is_alone(&self) -> bool {
        self.seats.len() <= 1
    }

    pub(crate) fn open(&mut self, now: Instant) {
        self.line.open(now);
        self.forget();
    }

    pub(crate) fn close(&mut self) {
        self.line.close();
        self.forget();
    }

    fn forget(&mut self) {
        for seat in &mut self.seats {
            *seat = Seat::new(seat.unit);
        }
        (self.speaker, self.turns, self.noise) = (0, 0, None);
    }

    /// Something came in: whom it is told. What nobody awaits is most likely an answer that was given
    /// up, of whoever gave none for longest; nobody is asked anything into it.
    pub(crate) fn hear(&mut self, now: Instant) -> Option<UnitId> {
        if self.is_held() {
            return self.speaker();
        }
        let since = self.noise.map_or(now, |(since, _)| since);
        self.noise = Some((since, now.after(self.gap)));
        let late = self.seats.iter().filter(|seat| 0 < seat.missed);
        late.max_by_key(|seat| seat.missed).map(|seat| seat.unit).or(self.speaker())
    }

    /// Whose word went out last.
    pub(crate) fn speaker(&self) -> Option<UnitId> {
        self.seats.get(self.speaker).map(|seat| seat.unit)
    }

    /// The port took the frame: how urgent that one was.
    pub(crate) fn written(&mut self, now: Instant) -> Option<Rank> {
        self.line.written(now)
    }

    /// Takes the frame of a turn: gives it back if it may go out now.
    pub(crate) fn take(&mut self, now: Instant, unit: UnitId, frame: Frame) -> Option<Frame> {
        if let Some(place) = self.seats.iter().position(|seat| seat.unit == unit) {
            let jumps = self.jumps(now, place);
            self.turns = self.turns.saturating_add(1);
            self.speaker = place;
            self.noise = None;
            if let Some(seat) = self.seats.get_mut(place) {
                seat.served = self.turns;
                seat.jumped = if jumps { self.turns } else { seat.jumped };
            }
        }
        self.line.take(now, frame)
    }

    /// The frame that waited, if its time has come.
    pub(crate) fn due(&mut self, now: Instant) -> Option<Frame> {
        self.line.due(now)
    }

    /// A unit said something whole: it is there.
    pub(crate) fn answered(&mut self, unit: UnitId) {
        if let Some(seat) = self.seat(unit) {
            (seat.answered, seat.missed, seat.back) = (true, 0, Instant::default());
        }
    }

    /// What a unit wants from now on. What it waits for no more either came or is late.
    pub(crate) fn note(&mut self, now: Instant, unit: UnitId, wants: Wants) {
        let Some(seat) = self.seat(unit) else { return };
        let before = core::mem::replace(&mut seat.wants, wants);
        if wants.awaits && !before.awaits {
            seat.answered = false;
        }
        if before.awaits && !wants.awaits {
            if !seat.answered {
                seat.miss(now);
            }
            if !self.is_alone() {
                self.line.rest(now.after(self.gap));
            }
        }
    }

    /// Whether a unit that wants a turn may have it.
    pub(crate) fn grants(&self, now: Instant, unit: UnitId, stopping: bool) -> bool {
        match self.is_alone() {
            true => self.line.has_turn(now, stopping),
            false => self.next(now) == Some(unit),
        }
    }

    /// When a line of one unit will be at rest.
    pub(crate) fn rested(&self) -> Instant {
        self.line.wake()
    }

    /// Whose turn it is, if others share the line and it is free.
    fn next(&self, now: Instant) -> Option<UnitId> {
        let free = self.line.has_turn(now, false) && !self.is_held();
        if self.is_alone() || self.unfit || !free {
            return None;
        }
        let stops = self.seats.iter().filter(|seat| self.may_jump(now, seat));
        let waiting = self.seats.iter().filter(|seat| self.turn(seat) <= now);
        let first = stops.min_by_key(|seat| seat.served);
        first.or(waiting.min_by_key(|seat| seat.served)).map(|seat| seat.unit)
    }

    /// When somebody who waits may have the line. A unit that holds it knows itself until when.
    fn wake(&self) -> Instant {
        let none = self.is_alone() || self.unfit || self.is_held();
        let wanted = self.seats.iter().map(|seat| self.turn(seat)).min();
        wanted.filter(|_| !none).map_or(Instant::NEVER, |at| at.max(self.line.wake()))
    }

    /// When a unit is to have a turn. A stop that was not said yet does not wait until a unit that
    /// does not answer is tried again, nor for noise; and noise that goes on for longer than any
    /// answer holds nobody back.
    fn turn(&self, seat: &Seat) -> Instant {
        let quiet = self.noise.map(|(since, until)| until.min(since.after(self.word)));
        let turn = seat.wants.turn.max(seat.back).max(quiet.unwrap_or_default());
        turn.min(seat.wants.stop)
    }

    fn is_held(&self) -> bool {
        self.seats.iter().any(|seat| seat.wants.awaits)
    }

    /// Whether a stop goes ahead of whoever waited longer: not if one of those was passed by it
    /// before.
    fn may_jump(&self, now: Instant, own: &Seat) -> bool {
        let mut waiting = self.seats.iter().filter(|seat| self.turn(seat) <= now);
        own.wants.stop <= now && waiting.all(|seat| own.jumped <= seat.served)
    }

    /// Whether the turn of the unit at `place` is one ahead of somebody who waited longer.
    fn jumps(&self, now: Instant, place: usize) -> bool {
        let Some(own) = self.seats.get(place) else { return false };
        self.seats.iter().any(|seat| self.turn(seat) <= now && seat.served < own.served)
    }

    fn seat(&mut self, unit: UnitId) -> Option<&mut Seat> {
        self.seats.iter_mut().find(|seat| seat.unit == unit)
    }
}

impl Seat {
    fn new(unit: UnitId) -> Self {
        Self {
            unit,
            wants: Wants::NOTHING,
            answered: false,
            missed: 0,
            back: Instant::default(),
            served: 0,
            jumped: 0,
        }
    }

    /// Its answer did not come.
    fn miss(&mut self, now: Instant) {
        let [.., longest] = BACK_OFF;
        let wait = BACK_OFF.get(self.missed).copied().unwrap_or(longest);
        self.missed = self.missed.saturating_add(1);
        self.back = now.after(wait);
    }
}
