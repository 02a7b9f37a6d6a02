//! Decides for all units of a clinic, in one total order.
//!
//! One function changes a [`Clinic`]: [`step`](Clinic::step). Everything that the gateway decides
//! happens in there, so that the same code is run, simulated, recorded and replayed. What it knows
//! of the world is what it is told; what it wants done it says as [`Effect`]s. It knows no sockets,
//! files, tasks or clocks.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod board;
mod booking;
mod calls;
mod desk;
mod effect;
mod evidence;
mod happening;
mod kind;
mod line;
mod name;
mod patient;
mod relays;
mod requests;
mod review;
mod room;
mod seats;
mod stops;
#[cfg(test)]
mod tests;
mod traffic;
mod unit;

use alloc::{boxed::Box, vec::Vec};

use safety::{Cause, Input, Instant, Laser, Outcome, Pemf, Scope, Stimulator};

use crate::{
    board::Board,
    booking::Booking,
    desk::{Desk, Entries},
    patient::Patients,
    requests::Requests,
    review::Reviews,
    seats::Lines,
    unit::Unit,
};

pub use board::{BoardError, BoardInput, BoardPlan, InputUse};
pub use effect::{
    Answer, Change, Effect, Entry, Refused, Shown, ShownContact, ShownMeter, StopProof, Summary,
    What,
};
pub use evidence::{Age, Attestation, Attested, Evidence, PastCheck, ReadBack};
pub use happening::{
    Ask, Call, Confirmation, Happening, HoldSource, Past, Proposal, Receipt, Verb,
};
pub use kind::{AnyChecked, AnyDose, AnyMetered, AnyPrescription, AnyStatus, Kind};
pub use name::{CallId, EntryId, LineId, PatientKey, RequestId, RoomId, SessionId, UnitId};
pub use patient::{Course, Given};
pub use review::Review;
pub use room::{DoorAt, FootswitchAt, KeyAt, LeaseBy, Wiring};
pub use traffic::Traffic;
pub use unit::Plan;

/// All units of a gateway and the people they treat.
pub struct Clinic {
    run: u32,
    token: u32,
    units: Vec<AnyUnit>,
    lines: Lines,
    boards: Vec<Board>,
    patients: Patients,
    reviews: Reviews,
    requests: Requests,
    entries: Entries,
    /// An entry could not be made durable.
    ledger_failed: bool,
    low_space: bool,
    /// A part of the gateway has ended that should not have.
    impaired: bool,
    closing: bool,
}

/// A unit of any modality, as the configuration describes it.
pub enum AnyPlan {
    /// A laser.
    Laser(Box<Plan<Laser>>),
    /// A PEMF unit.
    Pemf(Box<Plan<Pemf>>),
    /// A stimulator.
    Stimulator(Box<Plan<Stimulator>>),
}

/// A unit of any modality, at work.
enum AnyUnit {
    Laser(Box<Unit<Laser>>),
    Pemf(Box<Unit<Pemf>>),
    Stimulator(Box<Unit<Stimulator>>),
}

/// What a port did.
#[derive(Clone, Copy)]
pub(crate) enum Port<'a> {
    Opened,
    Closed,
    Bytes(&'a [u8]),
    Written,
}

/// Does the same for a unit of any modality.
macro_rules! with {
    ($any:expr, $unit:ident => $body:expr) => {
        match $any {
            $crate::AnyUnit::Laser($unit) => $body,
            $crate::AnyUnit::Pemf($unit) => $body,
            $crate::AnyUnit::Stimulator($unit) => $body,
        }
    };
}
pub(crate) use with;

impl Clinic {
    /// A clinic whose ports are closed. `run` counts the starts of the gateway.
    pub fn new(run: u32, mut plans: Vec<AnyPlan>, boards: Vec<BoardPlan>, now: Instant) -> Self {
        let lines = Lines::of(&mut plans);
        let units = plans.into_iter().map(|plan| match plan {
            AnyPlan::Laser(plan) => AnyUnit::Laser(Box::new(Unit::new(*plan, now))),
            AnyPlan::Pemf(plan) => AnyUnit::Pemf(Box::new(Unit::new(*plan, now))),
            AnyPlan::Stimulator(plan) => AnyUnit::Stimulator(Box::new(Unit::new(*plan, now))),
        });
        let units: Vec<_> = units.collect();
        let poll = |id| {
            let found = units.iter().find(|any| with!(any, unit => unit.id == id));
            found.map(|any| with!(any, unit => unit.supervisor.terms().timing.poll))
        };
        let boards = boards.into_iter().map(|plan| Board::new(plan, poll, now)).collect();
        Self {
            run,
            token: 0,
            units,
            lines,
            boards,
            patients: Patients::default(),
            reviews: Reviews::default(),
            requests: Requests::default(),
            entries: Entries::default(),
            ledger_failed: false,
            low_space: false,
            impaired: false,
            closing: false,
        }
    }

    /// Takes what happened, and appends what follows from it to `effects`.
    pub fn step(&mut self, now: Instant, happening: Happening, effects: &mut Vec<Effect>) {
        let mut entries = core::mem::take(&mut self.entries);
        let mut lines = core::mem::take(&mut self.lines);
        let mut desk = Desk::new(now, effects, &mut entries, &mut lines);
        self.note_late(now);
        self.take(&mut desk, happening);
        self.refresh(&mut desk);
        self.sense(&mut desk);
        self.turn_lines(&mut desk);
        self.spread(&mut desk);
        self.turn_boards(&mut desk);
        if desk.is_full && !core::mem::replace(&mut self.ledger_failed, true) {
            self.lock_all(&mut desk, Cause::Ledger);
        }
        for (patient, sites) in desk.trips {
            self.patients.trip(now, &patient, sites);
        }
        for stretch in desk.strays {
            self.patients.stray(now, stretch);
        }
        self.entries = entries;
        self.lines = lines;
    }

    /// When to step next if nothing happens before.
    pub fn wake(&self) -> Instant {
        let units = self.units.iter().map(|unit| with!(unit, unit => unit.due()));
        let boards = self.boards.iter().map(Board::due);
        units.chain(boards).min().unwrap_or(Instant::NEVER).min(self.lines.wake())
    }

    /// How a unit stands.
    pub fn shown(&self, id: UnitId) -> Option<Shown> {
        let unit = self.units.iter().find(|any| with!(any, unit => unit.id == id))?;
        let contact = self.shown_contact(id);
        Some(Shown { contact, ..with!(unit, unit => unit.shown()) })
    }

    /// How many units there are in a room, or in all.
    pub fn units_in(&self, room: Option<RoomId>) -> usize {
        let concerned =
            |unit: &&AnyUnit| room.is_none_or(|room| with!(unit, unit => unit.room == room));
        self.units.iter().filter(concerned).count()
    }

    /// Whether nothing emits, nothing is being stopped and nothing has yet to be settled.
    pub fn is_at_rest(&self) -> bool {
        self.units.iter().all(|unit| with!(unit, unit => unit.is_at_rest()))
    }

    fn take(&mut self, desk: &mut Desk<'_>, happening: Happening) {
        match happening {
            Happening::Opened(line) => self.port(desk, line, Port::Opened),
            Happening::Closed(line) => self.port(desk, line, Port::Closed),
            Happening::Bytes(line, bytes) => self.port(desk, line, Port::Bytes(&bytes)),
            Happening::Written(line) => self.port(desk, line, Port::Written),
            Happening::Call(call) => self.call(desk, call),
            Happening::Stop(call, unit) => self.stop(desk, call, unit),
            Happening::StopAll(call, room) => self.stop_all(desk, call, room),
            Happening::Receipt(entry, receipt) => self.receipt(desk, entry, receipt),
            // A late deadline harms nobody while no unit may emit. It is published all the same.
            Happening::Fault(Cause::Lateness) if !self.may_emit() => {}
            Happening::Fault(cause) => self.lock_all(desk, cause),
            Happening::Past(past) => self.remember(desk, past),
            Happening::Impaired => self.impaired = true,
            Happening::LowSpace(low) => self.low_space = low,
            Happening::Days(days) => self.each(|any| {
                with!(any, unit => Kind::age(&mut unit.limits, days));
            }),
            Happening::ShutDown => self.shut_down(desk),
            Happening::Wake => self.each(|unit| {
                with!(unit, u => if u.due() <= desk.now { u.wake(desk) });
            }),
        }
    }

    /// Tells whoever has that line: a board, the units on it, or the one that spoke last.
    fn port(&mut self, desk: &mut Desk<'_>, id: LineId, port: Port<'_>) {
        let now = desk.now;
        if let Some(board) = self.boards.iter_mut().find(|board| board.line_id == id) {
            return board.hear(now, port);
        }
        let line = desk.lines.on(id);
        match port {
            Port::Opened => line.open(now),
            Port::Closed => line.close(),
            Port::Bytes(bytes) => {
                if let Some(any) = line.hear(now).and_then(|unit| self.unit(unit)) {
                    with!(any, unit => unit.bytes(desk, bytes));
                }
                return;
            }
            Port::Written => {
                let rank = line.written(now);
                if let Some(any) = line.speaker().and_then(|unit| self.unit(unit)) {
                    with!(any, unit => unit.written(desk, rank));
                }
                return;
            }
        }
        let open = matches!(port, Port::Opened);
        self.each(|any| {
            with!(any, unit => if unit.line_id == id {
                if open { unit.opened(desk) } else { unit.closed(desk) }
            });
        });
    }

    /// Gives whoever waits for a shared line its turn, once that is free.
    fn turn_lines(&mut self, desk: &mut Desk<'_>) {
        for _each in 0..desk.lines.sharers() {
            let Some(any) = desk.lines.next(desk.now).and_then(|unit| self.unit(unit)) else {
                return;
            };
            with!(any, unit => unit.wake(desk));
        }
    }

    fn may_emit(&self) -> bool {
        self.units.iter().any(|unit| with!(unit, unit => unit.may_emit()))
    }

    fn each(&mut self, act: impl FnMut(&mut AnyUnit)) {
        self.units.iter_mut().for_each(act);
    }

    fn unit(&mut self, id: UnitId) -> Option<&mut AnyUnit> {
        self.units.iter_mut().find(|any| with!(any, unit => unit.id == id))
    }

    /// Carries causes that lock more than one unit to the others. What they lock in turn locks no
    /// more than the first did, so one round is enough.
    fn spread(&mut self, desk: &mut Desk<'_>) {
        for (room, cause) in core::mem::take(&mut desk.spread) {
            for any in &mut self.units {
                with!(any, unit => {
                    let concerned = cause.scope() == Scope::Gateway || unit.room == room;
                    if concerned && !unit.supervisor.causes().holds(cause) {
                        let _never_refused = unit.input(desk, Input::Lock(cause));
                    }
                });
            }
        }
        desk.spread.clear();
    }

    fn stop(&mut self, desk: &mut Desk<'_>, call: CallId, id: UnitId) {
        match self.unit(id) {
            Some(any) => with!(any, unit => unit.stop(desk, Some(call))),
            None => {
                let answer = Answer::Refused(Refused::UnknownUnit);
                desk.effects.push(Effect::Answer(call, answer));
            }
        }
    }

    /// Stops every unit of a room or all of them, and latches. Each is answered under the same call.
    fn stop_all(&mut self, desk: &mut Desk<'_>, call: CallId, room: Option<RoomId>) {
        for any in &mut self.units {
            with!(any, unit => if room.is_none_or(|room| unit.room == room) {
                unit.stop(desk, Some(call));
            });
        }
        for any in &mut self.units {
            with!(any, unit => if room.is_none_or(|room| unit.room == room) {
                let _never_refused = unit.input(desk, Input::Lock(Cause::StopAll));
            });
        }
        // Every unit that was asked is locked: the cause has nowhere else to go.
        desk.spread.clear();
    }

    fn lock_all(&mut self, desk: &mut Desk<'_>, cause: Cause) {
        self.each(|any| {
            with!(any, unit => {
                let _never_refused = unit.input(desk, Input::Lock(cause));
            });
        });
        desk.spread.clear();
    }

    /// No new start, everything off (OPS; SIGTERM).
    fn shut_down(&mut self, desk: &mut Desk<'_>) {
        self.closing = true;
        self.each(|any| with!(any, unit => unit.stop(desk, None)));
    }

    fn receipt(&mut self, desk: &mut Desk<'_>, entry: EntryId, receipt: Receipt) {
        let Some((id, purpose)) = desk.entries.take(entry) else { return };
        self.ledger_failed |= receipt == Receipt::Failed;
        let Some(any) = self.unit(id) else { return };
        let given = with!(any, unit => {
            let booking = unit.booking.clone();
            let summary = unit.receipt(desk, purpose, receipt);
            booking.zip(summary)
        });
        if let Some((booking, summary)) = given {
            self.count(desk.now, id, booking, summary);
        }
    }

    /// Counts a settled session against the windows of its patient, in full, debt and all. What was
    /// found in it opens a review.
    fn count(&mut self, now: Instant, unit: UnitId, booking: Booking, summary: Summary) {
        self.reviews.open(Review {
            session: booking.session,
            unit: Some(unit),
            patient: booking.patient.clone(),
            findings: summary.findings,
        });
        let given = Given {
            sites: Some(booking.sites),
            charged: summary.charged,
            leaves_day: now.after(patient::DAY),
            leaves_week: now.after(patient::WEEK),
        };
        if summary.outcome != Outcome::Aborted {
            self.patients.settle(now, booking.patient, given);
        }
    }

    fn remember(&mut self, desk: &mut Desk<'_>, past: Past) {
        self.recall_proofs(desk.now, &past.proofs);
        self.recall_meters(desk.now, &past.meters);
        for (patient, given) in past.given {
            self.patients.add(desk.now, patient, given);
        }
        past.reviews.into_iter().for_each(|review| self.reviews.open(review));
        for (patient, course) in past.course {
            self.patients.set_course(patient, course);
        }
        for (patient, sites, at) in past.trips {
            self.patients.trip(at, &patient, sites);
        }
        for (id, patient) in past.open_marks {
            self.patients.mark(id, patient.clone());
            if let Some(any) = id.and_then(|id| self.unit(id)) {
                with!(any, unit => {
                    unit.treats(patient);
                    let _never_refused = unit.input(desk, Input::Lock(Cause::OpenMark));
                });
            }
        }
        for (id, cause) in past.causes {
            if let Some(any) = self.unit(id) {
                with!(any, unit => {
                    let _never_refused = unit.input(desk, Input::Lock(cause));
                });
            }
        }
    }
}
