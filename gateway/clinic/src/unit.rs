//! One unit: its supervisor and its dialect, and the session that is booked on it.

use alloc::boxed::Box;

use device_drivers::{Dialect, Event, Out, Rank};
use safety::{
    Beam, Cause, Causes, Contacts, Ended, Fact, Fence, Grounds, Input, Instant, Limits, Nanos,
    Order, Refusal, Report, Scope, SliceId, State, Supervisor, Terms,
};

use crate::{
    booking::Booking,
    desk::{Desk, Purpose},
    effect::{Answer, Effect, Entry, Shown, Summary, What},
    evidence::{Evidence, Standing},
    happening::Receipt,
    kind::Kind,
    name::{CallId, LineId, PatientKey, RoomId, SessionId, UnitId},
    patient::Stretch,
    room::{Inputs, Wiring},
    seats::Wants,
    stops::Stops,
    traffic::Traffic,
};

/// A unit is shown at least this often while anything moves.
const SHOW: Nanos = Nanos::from_millis(100);
/// Emission that belongs to no session is entered this often while it goes on.
const STRAY: Nanos = Nanos::from_secs(1);
/// A dialect that wants a turn and has nothing to say is asked again after this.
const TURN: Nanos = Nanos::from_millis(1);

/// What the configuration says of one unit.
pub struct Plan<M: Kind> {
    /// Its place in the configuration.
    pub id: UnitId,
    /// Its line.
    pub line: LineId,
    /// Its room.
    pub room: RoomId,
    /// Whether it treats people. A simulated one never does.
    pub real: bool,
    /// How strictly it is watched.
    pub terms: Terms<M>,
    /// What it may be asked to do.
    pub limits: Limits<M>,
    /// The time that one byte takes on its line.
    pub byte: Nanos,
    /// What stands between it and its room.
    pub wiring: Wiring,
    /// What is known of it beside what it says.
    pub evidence: Evidence,
    /// How it is spoken to.
    pub dialect: Box<dyn Dialect<M> + Send>,
}

/// One unit at work.
pub(crate) struct Unit<M: Kind> {
    pub(crate) id: UnitId,
    pub(crate) line_id: LineId,
    pub(crate) room: RoomId,
    pub(crate) real: bool,
    pub(crate) limits: Limits<M>,
    pub(crate) supervisor: Supervisor<M>,
    pub(crate) booking: Option<Booking>,
    pub(crate) wiring: Wiring,
    pub(crate) standing: Standing,
    /// The inputs of its room.
    pub(crate) inputs: Inputs,
    /// What it last said of its own switches.
    own: Option<(Instant, Contacts)>,
    last_patient: Option<PatientKey>,
    dialect: Box<dyn Dialect<M> + Send>,
    traffic: Traffic,
    stops: Stops,
    known: Known<M>,
}

/// What was already told, so that it is told once.
struct Known<M: Kind> {
    causes: Causes,
    state: State,
    slice: SliceId,
    settling: bool,
    stray: (M::Dose, Instant),
    /// Which stretch of stray emission this is, and all there was before it.
    stretch: (u32, M::Dose),
    relay: Option<bool>,
    shown: Option<(Instant, Key)>,
    turned: Instant,
    due: Instant,
}

/// What a unit is shown for at once when it differs.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    state: State,
    causes: Causes,
    epoch: u32,
    beacon: Option<u64>,
    off: bool,
}

impl<M: Kind> Unit<M> {
    pub(crate) fn new(plan: Plan<M>, now: Instant) -> Self {
        let supervisor = Supervisor::new(plan.terms, now);
        let known = Known {
            causes: Causes::default(),
            state: supervisor.state(),
            slice: SliceId::default(),
            settling: false,
            stray: (M::Dose::default(), now),
            stretch: (0, M::Dose::default()),
            relay: None,
            shown: None,
            turned: now,
            due: now,
        };
        Self {
            id: plan.id,
            line_id: plan.line,
            room: plan.room,
            real: plan.real,
            limits: plan.limits,
            supervisor,
            booking: None,
            wiring: plan.wiring,
            standing: Standing::new(plan.real, plan.evidence),
            inputs: Inputs::default(),
            own: None,
            last_patient: None,
            dialect: plan.dialect,
            traffic: Traffic::new(now),
            stops: Stops::default(),
            known,
        }
    }

    pub(crate) fn opened(&mut self, desk: &mut Desk<'_>) {
        self.traffic.open(desk.now);
        self.own = None;
        let _never_refused = self.supervisor.step(desk.now, Input::Opened);
        self.speak(desk, Event::Opened);
        self.settle(desk);
    }

    pub(crate) fn closed(&mut self, desk: &mut Desk<'_>) {
        self.traffic.close(desk.now);
        self.own = None;
        let _never_refused = self.supervisor.step(desk.now, Input::Closed);
        self.speak(desk, Event::Closed);
        self.settle(desk);
    }

    pub(crate) fn bytes(&mut self, desk: &mut Desk<'_>, bytes: &[u8]) {
        self.speak(desk, Event::Bytes(bytes));
        self.settle(desk);
    }

    pub(crate) fn written(&mut self, desk: &mut Desk<'_>, rank: Option<Rank>) {
        if rank == Some(Rank::Stop) {
            self.stops.written(desk.now);
        }
        self.speak(desk, Event::Sent);
        self.settle(desk);
    }

    pub(crate) fn wake(&mut self, desk: &mut Desk<'_>) {
        self.speak(desk, Event::Wake);
        self.settle(desk);
    }

    /// Takes an input for the supervisor. The caller settles what follows.
    pub(crate) fn take(&mut self, now: Instant, input: Input<M>) -> Result<(), Refusal> {
        self.supervisor.step(now, input)
    }

    /// Takes an input for the supervisor and lets everything follow that follows.
    pub(crate) fn input(&mut self, desk: &mut Desk<'_>, input: Input<M>) -> Result<(), Refusal> {
        let outcome = self.supervisor.step(desk.now, input);
        self.settle(desk);
        outcome
    }

    /// Off, ahead of everything else. The caller hears when off is proven, or that it was not.
    pub(crate) fn stop(&mut self, desk: &mut Desk<'_>, call: Option<CallId>) {
        let _never_refused = self.supervisor.step(desk.now, Input::Stop);
        let patience = self.supervisor.terms().tail();
        self.stops.begin(desk.now, call, patience);
        self.speak(desk, Event::Stop);
        self.settle(desk);
        desk.tell(self.id, self.session(), What::Stopped);
    }

    /// What the ledger says of an entry of this unit.
    pub(crate) fn receipt(
        &mut self,
        desk: &mut Desk<'_>,
        purpose: Purpose,
        receipt: Receipt,
    ) -> Option<Summary> {
        let mut settled = None;
        let input = match (purpose, receipt) {
            (Purpose::Slice(id), Receipt::Durable) => Input::Durable(id),
            (Purpose::Settlement, Receipt::Durable) => {
                settled = self.supervisor.ended().map(|ended| summary(&ended));
                Input::Settled
            }
            (Purpose::Record, Receipt::Durable) => return None,
            (Purpose::Meter(check), Receipt::Durable) => {
                self.standing.keep(check);
                desk.tell(self.id, self.session(), What::Metered(check.passed));
                return None;
            }
            (Purpose::Meter(_), Receipt::Failed) => {
                self.standing.lose();
                Input::Lock(Cause::Ledger)
            }
            (Purpose::Slice(_) | Purpose::Settlement | Purpose::Record, Receipt::Failed) => {
                Input::Lock(Cause::Ledger)
            }
        };
        // A slice that is durable after its session stopped is refused, and does no harm.
        let _late = self.supervisor.step(desk.now, input);
        if let Some(summary) = settled {
            self.known.settling = false;
            desk.tell(self.id, self.session(), What::Ended(summary));
            self.booking = None;
        }
        self.settle(desk);
        settled
    }

    /// When to look at this unit again, as of its last step.
    pub(crate) const fn due(&self) -> Instant {
        self.known.due
    }

    fn next(&self, desk: &mut Desk<'_>) -> Instant {
        let now = desk.now;
        let line = desk.lines.on(self.line_id);
        let dialect = if !line.is_alone() {
            // The line knows who is next, and when.
            Instant::NEVER
        } else if line.grants(now, self.id, self.is_stopping()) {
            self.dialect.wake().max(self.known.turned.after(TURN))
        } else {
            line.rested().max(now.after(Nanos::new(1)))
        };
        let own = self.dialect.wake();
        let own = if own <= now { Instant::NEVER } else { own };
        let shown = self.known.shown.map_or(now, |(at, _)| at).after(SHOW);
        dialect.min(own).min(self.supervisor.wake()).min(self.stops.wake()).min(shown)
    }

    pub(crate) fn shown(&self) -> Shown {
        let status = self.supervisor.status();
        Shown {
            status: M::status(status),
            session: self.session(),
            relay_closed: self.supervisor.relay_closed(),
            link: self.traffic,
            contact: None,
            meter: self.standing.shown(status.at),
        }
    }

    pub(crate) fn exact(&self, level: M::Level) -> Option<M::Level> {
        self.dialect.exact(level)
    }

    pub(crate) fn session(&self) -> Option<SessionId> {
        self.booking.as_ref().map(|booking| booking.session)
    }

    pub(crate) fn fence(&self) -> Fence {
        let token = self.booking.as_ref().map_or(0, |booking| booking.session.token);
        Fence { token, epoch: self.supervisor.epoch() }
    }

    /// Whether it is in a phase of a session in which a late stop would harm.
    pub(crate) fn may_emit(&self) -> bool {
        !matches!(self.supervisor.beam(), Beam::OffProven(_)) && self.booking.is_some()
    }

    /// Whether no session is open and nothing may still be emitted.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.booking.is_none() && !self.supervisor.may_emit()
    }

    fn is_stopping(&self) -> bool {
        self.supervisor.order() == Order::off()
    }

    /// Tells the dialect something, and the supervisor what came of it.
    fn speak(&mut self, desk: &mut Desk<'_>, event: Event<'_, M>) {
        let mut out = Out::default();
        self.dialect.step(desk.now, event, &mut out);
        for report in out.reports {
            self.traffic.hear(desk.now, &report);
            if matches!(report.fact, Fact::Boot(_)) {
                desk.lines.on(self.line_id).answered(self.id);
            }
            let report = self.wire(report);
            let _never_refused = self.supervisor.step(desk.now, Input::Report(report));
        }
        if let Some(frame) = out.frame
            && let Some(frame) = desk.lines.on(self.line_id).take(desk.now, self.id, frame)
        {
            desk.effects.push(Effect::Write(self.line_id, frame));
        }
        let next = self.known.turned.after(TURN);
        let wants = Wants {
            turn: self.dialect.wake().max(next),
            stop: self.dialect.urgent().max(next),
            awaits: self.dialect.awaits(),
        };
        desk.lines.on(self.line_id).note(desk.now, self.id, wants);
    }

    /// Joins what the unit says of its switches with the inputs of its room.
    fn wire(&mut self, report: Report<M>) -> Report<M> {
        let Fact::Contacts(own) = report.fact else { return report };
        self.own = Some((report.asked, own));
        Report { fact: Fact::Contacts(self.joined(own)), ..report }
    }

    fn joined(&self, own: Contacts) -> Contacts {
        let causes = self.supervisor.causes().iter();
        self.inputs.join(own, self.wiring, causes.map(|latched| latched.at).max())
    }

    /// The inputs of its room are such. What changes takes effect at once; it makes the unit's own
    /// word no younger than it is.
    pub(crate) fn sense(&mut self, desk: &mut Desk<'_>, inputs: Inputs) {
        let before = core::mem::replace(&mut self.inputs, inputs);
        if before.is_as(inputs) {
            return;
        }
        if inputs.stops() && !before.stops() {
            let _never_refused = self.supervisor.step(desk.now, Input::Lock(Cause::EmergencyStop));
        }
        if let Some((asked, own)) = self.own {
            let fact = Fact::Contacts(self.joined(own));
            let report = Input::Report(Report { asked, fact });
            let _never_refused = self.supervisor.step(desk.now, report);
        }
        self.settle(desk);
    }

    /// Whether what its contact is in is closed, and when that was asked: as the unit says of its own
    /// interlock, or as an input says in its place.
    pub(crate) fn interlock(&self) -> Option<(Instant, bool)> {
        let own = self.own.map(|(asked, own)| (asked, own.interlock));
        self.inputs.supplied(own)
    }

    /// What its contact goes by.
    pub(crate) fn grounds(&self) -> Grounds {
        self.supervisor.grounds()
    }

    /// Whether its contact may be dropped for a proof: nothing is open or locked, and it is off.
    pub(crate) fn is_provable(&self) -> bool {
        self.booking.is_none() && self.supervisor.state() == State::Standby
    }

    /// Whether its room has to be warned: something is latched, and it is new or the unit may emit.
    pub(crate) fn alarms(&self, now: Instant, lasts: Nanos) -> bool {
        let off = matches!(self.supervisor.beam(), Beam::OffProven(_));
        let mut causes = self.supervisor.causes().iter();
        causes.any(|latched| now.since(latched.at) < lasts || !off)
    }

    /// Brings everything in line with what the supervisor decided.
    pub(crate) fn settle(&mut self, desk: &mut Desk<'_>) {
        let _never_refused = self.supervisor.step(desk.now, Input::Wake);
        self.speak_order(desk);
        let line = desk.lines.on(self.line_id);
        if let Some(frame) = line.due(desk.now) {
            desk.effects.push(Effect::Write(self.line_id, frame));
        }
        let has_turn = line.grants(desk.now, self.id, self.is_stopping());
        if has_turn && self.dialect.wake() <= desk.now {
            self.known.turned = desk.now;
            self.speak(desk, Event::Turn);
            self.speak_order(desk);
        }
        self.enter_slice(desk);
        // Before the session is let go: what was latched in it is told with it.
        self.tell_causes(desk);
        self.enter_settlement(desk);
        self.enter_stray(desk);
        self.move_relay(desk);
        self.answer_stops(desk);
        self.show(desk);
        self.known.due = self.next(desk);
    }

    fn speak_order(&mut self, desk: &mut Desk<'_>) {
        let order = self.supervisor.order();
        self.speak(desk, Event::Order(order));
    }

    fn enter_slice(&mut self, desk: &mut Desk<'_>) {
        let Some(slice) = self.supervisor.reserve() else { return };
        let Some(booking) = &mut self.booking else { return };
        if slice.id <= self.known.slice {
            return;
        }
        self.known.slice = slice.id;
        let up_to = M::dose(slice.up_to);
        let session = booking.session;
        let entry = if booking.opened {
            Entry::Slice { session, slice: slice.id, up_to }
        } else {
            booking.opened = true;
            booking.open_entry(self.id, up_to)
        };
        desk.enter(self.id, Purpose::Slice(slice.id), entry);
    }

    /// Has a session settled that ended. One that was charged nothing and never had a slice emitted
    /// nothing: there is nothing to settle. One that was charged all the same, because its unit
    /// emitted unasked, is opened first: no dose is lost.
    fn enter_settlement(&mut self, desk: &mut Desk<'_>) {
        let Some(ended) = self.supervisor.ended() else { return };
        if self.known.settling {
            return;
        }
        let summary = summary(&ended);
        let charged = ended.charged != M::Dose::default();
        match &mut self.booking {
            Some(booking) if booking.opened || charged => {
                self.known.settling = true;
                if !booking.opened {
                    booking.opened = true;
                    let open = booking.open_entry(self.id, summary.charged);
                    desk.enter(self.id, Purpose::Record, open);
                }
                let entry = Entry::Settle { session: booking.session, summary };
                desk.enter(self.id, Purpose::Settlement, entry);
            }
            Some(_) | None => {
                let _never_refused = self.supervisor.step(desk.now, Input::Settled);
                desk.tell(self.id, self.session(), What::Ended(summary));
                self.booking = None;
            }
        }
    }

    fn tell_causes(&mut self, desk: &mut Desk<'_>) {
        let (before, now) = (self.known.causes, *self.supervisor.causes());
        self.known.causes = now;
        for latched in now.iter().filter(|latched| !before.holds(latched.cause)) {
            desk.tell(self.id, self.session(), What::Latched(latched.cause));
            desk.enter(self.id, Purpose::Record, Entry::Latch(self.id, latched.cause));
            if latched.cause == Cause::OverTemperature
                && let Some(booking) = &self.booking
            {
                desk.trips.push((booking.patient.clone(), booking.sites));
            }
            if latched.cause.scope() != Scope::Unit {
                desk.spread.push((self.room, latched.cause));
            }
        }
        for latched in before.iter().filter(|latched| !now.holds(latched.cause)) {
            desk.tell(self.id, self.session(), What::Released(latched.cause));
            desk.enter(self.id, Purpose::Record, Entry::Release(self.id, latched.cause));
        }
    }

    /// Whose emission without a session is charged from now on.
    pub(crate) fn treats(&mut self, patient: PatientKey) {
        if self.last_patient.as_ref() != Some(&patient) {
            let (number, _) = self.known.stretch;
            self.known.stretch = (number.wrapping_add(1), self.supervisor.stray());
            self.last_patient = Some(patient);
        }
    }

    fn enter_stray(&mut self, desk: &mut Desk<'_>) {
        let stray = self.supervisor.stray();
        let (entered, at) = self.known.stray;
        let off = matches!(self.supervisor.beam(), Beam::OffProven(_));
        if stray == entered || (!off && desk.now.since(at) < STRAY) {
            return;
        }
        self.known.stray = (stray, desk.now);
        if let Some(patient) = &self.last_patient {
            let (number, before) = self.known.stretch;
            let charged = M::dose(M::minus(stray, before));
            desk.strays.push(Stretch { unit: self.id, number, patient: patient.clone(), charged });
        }
        let entry = Entry::Stray {
            unit: self.id,
            patient: self.last_patient.clone(),
            dose: M::dose(stray),
        };
        desk.enter(self.id, Purpose::Record, entry);
    }

    fn move_relay(&mut self, desk: &mut Desk<'_>) {
        let closed = self.supervisor.relay_closed();
        if self.known.relay != Some(closed) {
            self.known.relay = Some(closed);
            desk.effects.push(Effect::Relay(self.id, closed));
        }
    }

    fn answer_stops(&mut self, desk: &mut Desk<'_>) {
        let off = match self.supervisor.beam() {
            Beam::OffProven(asked) => Some(asked),
            Beam::On(_) | Beam::Unknown(_) => None,
        };
        let (id, effects) = (self.id, &mut desk.effects);
        self.stops.settle(desk.now, off, |call, proof| {
            effects.push(Effect::Answer(call, Answer::Stopped(id, proof)));
        });
    }

    fn show(&mut self, desk: &mut Desk<'_>) {
        let state = self.supervisor.state();
        if state != self.known.state {
            let what = What::State { from: self.known.state, to: state };
            desk.tell(self.id, self.session(), what);
            self.known.state = state;
        }
        let status = self.supervisor.status();
        let key = Key {
            state,
            causes: status.causes,
            epoch: status.epoch,
            beacon: status.session.map(|session| session.beacon.0),
            off: matches!(status.beam, Beam::OffProven(_)),
        };
        let due = match self.known.shown {
            Some((at, before)) => before != key || SHOW <= desk.now.since(at),
            None => true,
        };
        if due {
            self.known.shown = Some((desk.now, key));
            desk.effects.push(Effect::Show(self.id));
        }
    }
}

/// What is kept and told of a session that ended.
pub(crate) fn summary<M: Kind>(ended: &Ended<M>) -> Summary {
    Summary {
        prescribed: M::dose(ended.prescribed),
        charged: M::dose(ended.charged),
        delivered: M::dose(ended.delivered),
        debt: M::dose(ended.debt),
        end: ended.end,
        outcome: ended.outcome,
        uncertain: ended.uncertain,
        findings: ended.findings,
    }
}
