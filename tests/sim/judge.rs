//! Judges a story by what the units' own true meters show. It shares no code with what it judges.

use std::collections::{BTreeMap, BTreeSet};

use clinic::{
    Answer, Ask, CallId, Change, Entry, PatientKey, SessionId, StopProof, UnitId, Verb, What,
};
use safety::{Cause, State};

use crate::{
    device::{Device, any_fault_ns},
    disk::Book,
    glance::{Glance, quantity},
    prescriptions::Asked,
    seat::{Seat, Surroundings, Treatment},
    ward::UNITS,
};

const MS: u64 = 1_000_000;
/// Between two beacons of a session.
const BEACON: u64 = 250 * MS;

/// Version and kind of an Enable, as they stand in every such frame (open-link, sections 2 to 4).
const ENABLE: [u8; 2] = [1, 6];
/// A stop is answered within this: the longest tail of all units, and a little.
const ANSWER_MAX: u64 = 2_800 * MS;

/// What was promised and not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// When it showed.
    pub at: u64,
    /// What.
    pub what: String,
}

/// A stop that waits to be answered.
#[derive(Clone, Copy, Debug)]
struct Pending {
    until: u64,
    /// The epoch that was shown when it was asked for.
    epoch: Option<u32>,
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
    /// Sessions that a person has to review, and whose they were.
    reviews: BTreeMap<SessionId, PatientKey>,
    settled: BTreeSet<SessionId>,
    entered: u64,
    /// Stops that wait to be answered, and until when.
    stops: BTreeMap<(CallId, usize), Pending>,
}

impl Judge {
    pub(crate) fn new() -> Self {
        Self {
            violation: None,
            seats: core::array::from_fn(Seat::new),
            treated: BTreeMap::new(),
            marked: BTreeSet::new(),
            reviews: BTreeMap::new(),
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
                if self.reviews.values().any(|patient| *patient == proposal.patient) {
                    self.fail(now, format!("{session} treats a patient who waits for a review"));
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
                seat.enable_written = false;
            }
            (Ask::Hold(unit, _, beacon, _), Answer::Accepted(_)) => {
                if let Some(own) = &mut self.seats[usize::from(unit.0)].session {
                    own.held = own.held.max(own.confirmed + beacon.0 * BEACON);
                }
            }
            (Ask::Release(unit, Cause::OpenMark), Answer::Released(_)) if first => {
                self.marked.retain(|(marked, _)| marked != unit);
            }
            (Ask::Review(session), Answer::Reviewed(_)) if first => {
                self.reviewed(now, *session);
            }
            _ => {}
        }
    }

    /// Somebody reviewed a session.
    fn reviewed(&mut self, now: u64, session: SessionId) {
        if self.reviews.remove(&session).is_none() {
            self.fail(now, format!("{session} was reviewed, and nothing found in it"));
        }
    }

    /// A frame goes out: what turns a unit on goes out once for each start of a person.
    pub(crate) fn written(&mut self, now: u64, place: usize, bytes: &[u8]) {
        if bytes.get(2..4) != Some(&ENABLE) {
            return;
        }
        let seat = &mut self.seats[place];
        let again = std::mem::replace(&mut seat.enable_written, true);
        if again || !seat.licensed {
            self.fail(now, format!("unit {place}: Enable is written (again: {again})"));
        }
    }

    /// Somebody asked for a unit to be stopped.
    pub(crate) fn stopping(&mut self, now: u64, place: usize, call: Option<CallId>) {
        if let Some(call) = call {
            let epoch = self.seats[place].shown.map(|glance| glance.epoch);
            self.stops.insert((call, place), Pending { until: now + ANSWER_MAX, epoch });
        }
        let seat = &mut self.seats[place];
        seat.stopped.get_or_insert(now);
        seat.revoke(now);
    }

    /// The control thread stands still: answers come later by as much.
    pub(crate) fn stalled(&mut self, until: u64) {
        let later = |stop: &mut Pending| stop.until = stop.until.max(until + ANSWER_MAX);
        self.stops.values_mut().for_each(later);
    }

    /// Whether every stop was answered in time.
    pub(crate) fn expect_answers(&mut self, now: u64) {
        if let Some(((call, place), _)) = self.stops.iter().find(|(_, stop)| stop.until < now) {
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
        let Some(stop) = self.stops.remove(&(call, place)) else {
            let what = format!("unit {place}: stop {} was answered unasked", call.0);
            return self.fail(now, what);
        };
        let epoch = self.seats[place].shown.map(|glance| glance.epoch);
        if epoch.is_some() && epoch <= stop.epoch {
            self.fail(now, format!("unit {place}: stop {} fences nothing", call.0));
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
            Entry::Stray { unit, dose, .. } => {
                self.seats[usize::from(unit.0)].stray_entered = quantity(*dose);
            }
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
                if !summary.findings.is_empty() {
                    self.reviews.insert(own.id, own.patient.clone());
                }
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
            (seat.ended, seat.stray_entered) = (0, 0);
            if let Some(own) = &mut seat.session {
                own.over = true;
            }
        }
    }

    /// A gateway has started and was told of the past: promise 7.
    pub(crate) fn restarted(&mut self, now: u64, book: &Book, shown: &[Option<Glance>; UNITS]) {
        self.marked = book.marked();
        let reviews = book.reviews().into_iter();
        self.reviews = reviews.map(|review| (review.session, review.patient)).collect();
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
