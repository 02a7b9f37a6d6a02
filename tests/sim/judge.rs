//! Judges a story by what the units' own true meters show. It shares no code with what it judges.

use std::collections::{BTreeMap, BTreeSet};

use clinic::{
    Answer, Ask, CallId, Change, Entry, PatientKey, SessionId, StopProof, Summary, UnitId, Verb,
    What,
};
use safety::{Cause, State};

use crate::{
    device::{Device, any_fault_ns},
    disk::Book,
    glance::{Glance, quantity},
    prescriptions::Asked,
    ward::{self, Kind, UNITS},
};

const MS: u64 = 1_000_000;
/// Between two beacons of a session.
const BEACON: u64 = 250 * MS;

/// A stop is answered within this: the longest tail of all units, and a little.
const ANSWER_MAX: u64 = 2_800 * MS;
/// Output that no meter takes for noise, in thousandths of a level unit.
const SEEN_MILLI: u64 = 100_000;

/// What was promised and not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// When it showed.
    pub at: u64,
    /// What.
    pub what: String,
}

/// What the judge may know of the way between a unit and the gateway when it looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings {
    /// Nothing is wrong with the cable, the port, the unit's line or the gateway, and was not for
    /// some seconds.
    pub(crate) heard: bool,
    /// A relay is wired into the interlock.
    pub(crate) relay: bool,
}

/// Watches every unit.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) violation: Option<Violation>,
    seats: [Seat; UNITS],
    /// Patients under treatment in this run, and on which unit.
    treated: BTreeMap<PatientKey, SessionId>,
    /// Patients whose last session nobody knows the end of.
    marked: BTreeSet<(UnitId, PatientKey)>,
    settled: BTreeSet<SessionId>,
    entered: u64,
    /// Stops that wait to be answered, and until when.
    stops: BTreeMap<(CallId, usize), u64>,
}

/// What is known of one unit.
#[derive(Clone, Debug)]
struct Seat {
    place: usize,
    /// The core says that it emits.
    permitted: bool,
    /// Since when it emits without that.
    unasked_since: Option<u64>,
    /// Since when it is broken and emits, and nothing is latched.
    unlocked_since: Option<u64>,
    /// Somebody started or resumed, and nothing ended that since.
    licensed: bool,
    /// When the last licence ended.
    void_since: u64,
    /// A licence was used: the unit was turned on.
    used: bool,
    enabled: bool,
    lit: bool,
    /// The first stop after the last start.
    stopped: Option<u64>,
    meter: u128,
    /// What nobody could know: a broken unit that nobody hears.
    excused: u128,
    /// What it gave while it did not do what it was told.
    rogue: u128,
    /// Everything that sessions of this run were charged in the end.
    ended: u128,
    session: Option<Treatment>,
    shown: Option<Glance>,
    /// Nothing was wrong with the unit's own meter since the last proof of off.
    worst_permille: u32,
}

/// A session as the judge follows it.
#[derive(Clone, Debug)]
struct Treatment {
    id: SessionId,
    patient: PatientKey,
    asked: Asked,
    meter: u128,
    excused: u128,
    rogue: u128,
    /// The highest true output, in thousandths of a level unit.
    peak_milli: u64,
    /// When it was confirmed, and the instant of the newest beacon that was echoed.
    confirmed: u64,
    held: u64,
    /// What is durable of it.
    up_to: u64,
    opened: bool,
    over: bool,
}

impl Judge {
    pub(crate) fn new() -> Self {
        let seat = |place| Seat {
            place,
            permitted: false,
            unasked_since: None,
            unlocked_since: None,
            licensed: false,
            void_since: 0,
            used: false,
            enabled: false,
            lit: false,
            stopped: None,
            meter: 0,
            excused: 0,
            rogue: 0,
            ended: 0,
            session: None,
            shown: None,
            worst_permille: 1_000,
        };
        Self {
            violation: None,
            seats: core::array::from_fn(seat),
            treated: BTreeMap::new(),
            marked: BTreeSet::new(),
            settled: BTreeSet::new(),
            entered: 0,
            stops: BTreeMap::new(),
        }
    }

    /// When to look again if nothing happens.
    pub(crate) fn due(&self) -> u64 {
        let late = |seat: &Seat| {
            let since = seat.unasked_since.map_or(u64::MAX, |since| {
                since.saturating_add(any_fault_ns(seat.place)).saturating_add(MS)
            });
            if seat.lit { since } else { u64::MAX }
        };
        self.seats.iter().map(late).min().unwrap_or(u64::MAX)
    }

    pub(crate) fn fail(&mut self, at: u64, what: String) {
        self.violation.get_or_insert(Violation { at, what });
    }

    /// Looks at a unit: promises 1, 3, 4, 5 and 6.
    pub(crate) fn look(&mut self, now: u64, place: usize, device: &Device, around: Surroundings) {
        let seat = &mut self.seats[place];
        let found = seat.look(now, device, around);
        if let Some(what) = found {
            self.fail(now, format!("unit {place}: {what}"));
        }
    }

    /// The core shows how a unit stands.
    pub(crate) fn shown(&mut self, now: u64, place: usize, glance: Glance, before: u128) {
        let seat = &mut self.seats[place];
        seat.shown = Some(glance);
        let permitted = glance.state == State::Emitting;
        if !permitted && seat.permitted && seat.lit {
            seat.unasked_since = Some(now);
        }
        seat.permitted = permitted;
        if permitted {
            seat.unasked_since = None;
        }
        if !matches!(glance.state, State::Warning | State::Emitting) {
            seat.revoke(now);
        }
        if let Some(what) = seat.dose_lost(&glance, before) {
            self.fail(now, format!("unit {place}: {what}"));
        }
    }

    /// Somebody was answered. `first` says that the request was not answered before.
    pub(crate) fn answered(&mut self, now: u64, ask: &Ask, answer: &Answer, first: bool) {
        match (ask, answer) {
            (Ask::Confirm(proposal, _), Answer::Confirmed(session, _)) if first => {
                if let Some(other) = self.treated.insert(proposal.patient.clone(), *session) {
                    self.fail(now, format!("a patient has two sessions: {other} and {session}"));
                }
                if self.marked.iter().any(|(_, patient)| *patient == proposal.patient) {
                    self.fail(now, format!("{session} treats a patient with an open mark"));
                }
                let seat = &mut self.seats[usize::from(proposal.unit.0)];
                seat.session = Some(Treatment {
                    id: *session,
                    patient: proposal.patient.clone(),
                    asked: Asked::of(&proposal.prescription),
                    meter: seat.meter,
                    excused: seat.excused,
                    rogue: seat.rogue,
                    peak_milli: 0,
                    confirmed: now,
                    held: 0,
                    up_to: 0,
                    opened: false,
                    over: false,
                });
            }
            (Ask::Command(unit, Verb::Start | Verb::Resume, _), Answer::Accepted(_)) if first => {
                let seat = &mut self.seats[usize::from(unit.0)];
                (seat.licensed, seat.used, seat.stopped) = (true, false, None);
            }
            (Ask::Hold(unit, _, beacon, _), Answer::Accepted(_)) => {
                if let Some(own) = &mut self.seats[usize::from(unit.0)].session {
                    own.held = own.held.max(own.confirmed + beacon.0 * BEACON);
                }
            }
            (Ask::Release(unit, Cause::OpenMark), Answer::Accepted(_)) if first => {
                self.marked.retain(|(marked, _)| marked != unit);
            }
            _ => {}
        }
    }

    /// Somebody asked for a unit to be stopped.
    pub(crate) fn stopping(&mut self, now: u64, place: usize, call: Option<CallId>) {
        if let Some(call) = call {
            self.stops.insert((call, place), now + ANSWER_MAX);
        }
        let seat = &mut self.seats[place];
        seat.stopped.get_or_insert(now);
        seat.revoke(now);
    }

    /// The control thread stands still: answers come later by as much.
    pub(crate) fn stalled(&mut self, until: u64) {
        self.stops.values_mut().for_each(|at| *at = (*at).max(until + ANSWER_MAX));
    }

    /// Whether every stop was answered in time.
    pub(crate) fn expect_answers(&mut self, now: u64) {
        if let Some(((call, place), _)) = self.stops.iter().find(|(_, at)| **at < now) {
            let what = format!("unit {place}: stop {} was never answered", call.0);
            self.fail(now, what);
        }
    }

    /// A stop was answered.
    pub(crate) fn stopped(
        &mut self,
        now: u64,
        call: CallId,
        place: usize,
        proof: &StopProof,
        device: &Device,
    ) {
        if self.stops.remove(&(call, place)).is_none() {
            self.fail(now, format!("unit {place}: stop {} was answered unasked", call.0));
        }
        let (output, _) = device.emits();
        let believable = !device.is_blind() && !device.is_rogue();
        if proof.confirmed.is_some() && output > 0 && believable {
            self.fail(now, format!("unit {place}: a stop was proven and it emits {output}"));
        }
    }

    /// The ledger was given an entry.
    pub(crate) fn entered(&mut self, now: u64, id: u64, entry: &Entry) {
        if id <= self.entered {
            self.fail(now, format!("entry {id} after entry {}", self.entered));
        }
        self.entered = id;
        match entry {
            Entry::Open { session, .. } => self.open(*session),
            Entry::Settle { session, .. } if !self.settled.insert(*session) => {
                self.fail(now, format!("{session} was entered as settled twice"));
            }
            _ => {}
        }
    }

    fn open(&mut self, session: SessionId) {
        let seats = self.seats.iter_mut().filter_map(|seat| seat.session.as_mut());
        seats.filter(|own| own.id == session).for_each(|own| own.opened = true);
    }

    /// Something became durable.
    pub(crate) fn durable(&mut self, now: u64, book: &mut Book) {
        for seat in &mut self.seats {
            let Some(own) = &mut seat.session else { continue };
            if let Some(kept) = book.find(own.id) {
                own.up_to = quantity(kept.up_to);
            }
        }
        if let Some(what) = book.contradiction.take() {
            self.fail(now, format!("the ledger: {what}"));
        }
    }

    /// Something changed.
    pub(crate) fn told(&mut self, now: u64, change: &Change) {
        let place = usize::from(change.unit.0);
        if let What::Ended(summary) = &change.what {
            let found = self.seats[place].ends(change.session, summary);
            if let Some(own) = &self.seats[place].session {
                self.treated.remove(&own.patient);
            }
            if let Some(what) = found {
                self.fail(now, format!("unit {place}: {what}"));
            }
        }
    }

    /// The gateway is gone.
    pub(crate) fn crashed(&mut self, now: u64) {
        self.treated.clear();
        self.stops.clear();
        self.settled.clear();
        self.entered = 0;
        for seat in &mut self.seats {
            if seat.permitted && seat.lit {
                seat.unasked_since = Some(now);
            }
            (seat.permitted, seat.shown) = (false, None);
            seat.revoke(now);
            // What a broken unit gave is known only once it was durable.
            seat.excused += std::mem::take(&mut seat.rogue);
            seat.ended = 0;
            if let Some(own) = &mut seat.session {
                own.over = true;
            }
        }
    }

    /// A gateway has started and was told of the past: promise 7.
    pub(crate) fn restarted(&mut self, now: u64, book: &Book, shown: &[Option<Glance>; UNITS]) {
        self.marked = book.marked();
        for (unit, causes) in &book.causes {
            let Some(glance) = shown[usize::from(unit.0)] else {
                self.fail(now, format!("unit {} is not shown after a start", unit.0));
                return;
            };
            let lost = causes.iter().find(|cause| !glance.causes.holds(**cause));
            if let Some(lost) = lost {
                self.fail(now, format!("unit {}: {lost:?} did not survive", unit.0));
            }
        }
        for (unit, _) in self.marked.clone() {
            let held = shown[usize::from(unit.0)]
                .is_some_and(|glance| glance.causes.holds(Cause::OpenMark));
            if !held {
                self.fail(now, format!("unit {} is not locked by its open mark", unit.0));
            }
        }
    }
}

impl Seat {
    fn revoke(&mut self, now: u64) {
        if self.licensed {
            (self.licensed, self.void_since) = (false, now);
        }
    }

    fn look(&mut self, now: u64, device: &Device, around: Surroundings) -> Option<String> {
        let (output, enabled) = device.emits();
        let meter = device.unit.meter();
        let more = meter - self.meter;
        self.meter = meter;
        let rogue = device.is_rogue();
        let hidden = device.is_blind() || !around.heard;
        if (rogue || device.is_strong()) && hidden {
            self.excused += more;
        } else if rogue || device.is_strong() {
            self.rogue += more;
        }
        self.worst_permille = self.worst_permille.min(device.meter_permille());
        let before = (self.lit, self.enabled);
        (self.lit, self.enabled) = (output > 0, enabled);
        if let Some(own) = &mut self.session {
            own.peak_milli = own.peak_milli.max(output);
        }
        let forgiven = rogue && (hidden || !around.relay || device.faults.len() > 1);
        self.emits_unasked(now, forgiven)
            .or_else(|| self.goes_on_after_stop(now, device, around, forgiven))
            .or_else(|| self.goes_on_unheld(now, rogue))
            .or_else(|| self.is_silent_about(now, output, rogue && !hidden))
            .or_else(|| self.turns_on(now, before, rogue))
            .or_else(|| self.is_uncovered(more, rogue || device.is_strong()))
    }

    /// Promise 1: no emission that the core did not permit.
    fn emits_unasked(&mut self, now: u64, forgiven: bool) -> Option<String> {
        if !self.lit || self.permitted || forgiven {
            self.unasked_since = None;
            return None;
        }
        let since = *self.unasked_since.get_or_insert(now);
        let state = self.shown.map(|glance| glance.state);
        (any_fault_ns(self.place) < now - since)
            .then(|| format!("emits unasked for {} ms; it is shown {state:?}", (now - since) / MS))
    }

    /// Promise 3: stop always works.
    fn goes_on_after_stop(
        &self,
        now: u64,
        device: &Device,
        around: Surroundings,
        forgiven: bool,
    ) -> Option<String> {
        let since = self.stopped?;
        let sound = around.heard && device.faults.is_empty();
        let bound = match ward::kind(self.place) {
            Kind::Laser if sound => 250 * MS,
            Kind::Pemf if sound => 500 * MS,
            Kind::Laser | Kind::Pemf => any_fault_ns(self.place),
        };
        let late = self.lit && !forgiven && !device.is_rogue() && bound < now - since;
        late.then(|| format!("emits {} ms after it was stopped", (now - since) / MS))
    }

    /// Somebody who sees a fresh state holds on, or it ends.
    fn goes_on_unheld(&self, now: u64, rogue: bool) -> Option<String> {
        let own = self.session.as_ref().filter(|_| self.lit && !rogue)?;
        let lease = match ward::kind(self.place) {
            Kind::Laser => 2_000 * MS,
            Kind::Pemf => 5_000 * MS,
        };
        let unheld = now.saturating_sub(own.held);
        (lease + any_fault_ns(self.place) < unheld)
            .then(|| format!("emits, and nobody holds since {} ms", unheld / MS))
    }

    /// A broken unit that emits unasked, and is heard, locks itself out.
    fn is_silent_about(&mut self, now: u64, output: u64, broken: bool) -> Option<String> {
        let seen = SEEN_MILLI < output;
        let locked = self.shown.is_some_and(|glance| glance.state == State::Locked);
        if !broken || !seen || self.permitted || locked {
            self.unlocked_since = None;
            return None;
        }
        let since = *self.unlocked_since.get_or_insert(now);
        (any_fault_ns(self.place) < now - since)
            .then(|| "is broken and emits, and no cause is latched".to_owned())
    }

    /// Nothing resumes by itself: a person's start turns a unit on, and only once.
    fn turns_on(&mut self, now: u64, before: (bool, bool), rogue: bool) -> Option<String> {
        let (was_lit, was_enabled) = before;
        if self.enabled && !was_enabled {
            let late = !self.licensed && any_fault_ns(self.place) < now - self.void_since;
            let again = self.licensed && self.used;
            self.used = true;
            if (late || again) && !rogue {
                return Some(format!("was turned on without a start (again: {again})"));
            }
        }
        let late = !self.licensed && any_fault_ns(self.place) < now - self.void_since;
        (self.lit && !was_lit && late && !rogue)
            .then(|| "began to emit with nobody having started it".to_owned())
    }

    /// Promise 2, ahead of time: what is emitted was durable before.
    fn is_uncovered(&self, more: u128, broken: bool) -> Option<String> {
        if more == 0 || broken {
            return None;
        }
        let Some(own) = &self.session else {
            return Some("emits with no session".to_owned());
        };
        let apart = (self.rogue - own.rogue.min(self.rogue)) + (self.excused - own.excused);
        let given = (self.meter - own.meter).saturating_sub(apart);
        let durable = u128::from(own.up_to);
        (durable < given).then(|| format!("gave {given}, durable are {durable}, in {}", own.id))
    }

    /// Promise 2: no dose is lost.
    fn dose_lost(&self, glance: &Glance, before: u128) -> Option<String> {
        if self.lit || glance.off_asked.is_none() || glance.in_session {
            return None;
        }
        let booked = self.session.as_ref().filter(|own| !own.over && glance.session.is_some());
        if booked.is_some() {
            // It ended, and is told once it is settled.
            return None;
        }
        let charged = before + self.ended + u128::from(glance.stray);
        let true_dose = self.meter - self.excused.min(self.meter);
        let least = true_dose * u128::from(self.worst_permille.min(1_000)) / 1_000;
        (charged < least).then(|| {
            let (ended, stray) = (self.ended, glance.stray);
            format!("gave {true_dose}, charged {charged} ({before} before, {ended}, stray {stray})")
        })
    }

    /// A session ended: it gave no more than was prescribed, and was charged no less than it gave.
    fn ends(&mut self, session: Option<SessionId>, summary: &Summary) -> Option<String> {
        let charged = u128::from(quantity(summary.charged));
        self.ended += charged;
        let own = self.session.as_mut().filter(|own| Some(own.id) == session)?;
        own.over = true;
        if 0 < charged && !own.opened {
            return Some(format!("{} charges {charged} and was never entered", own.id));
        }
        let excused = self.excused - own.excused;
        let given = (self.meter - own.meter).saturating_sub(excused);
        let tail = u128::from(own.peak_milli.max(own.asked.level * 1_000))
            * u128::from(any_fault_ns(self.place))
            / 1_000;
        let rogue = self.rogue - own.rogue.min(self.rogue);
        if u128::from(own.asked.quantity) + tail < given - rogue.min(given) {
            return Some(format!("{} gave {given} of {}", own.id, own.asked.quantity));
        }
        None
    }
}
