//! How contacts go with their units: kicked, dropped, compared and proven.

use safety::{Cause, ContactInput, Flaw, Instant, Nanos, Proof, STEPPED_WITHIN};

use crate::{
    AnyUnit, Clinic,
    board::Channel,
    desk::{Desk, Purpose},
    effect::{Answer, Entry, Refused, ShownContact, What},
    kind::Kind,
    name::{RoomId, UnitId},
    room::{Inputs, LeaseBy},
    unit::Unit,
    with,
};

/// A sounder sounds for so long after a cause was latched. Needs the clinic's sign-off.
const SOUNDS: Nanos = Nanos::from_secs(10);

impl Clinic {
    /// Notes which units with a contact should have been looked at long ago (LCK-02): before they
    /// are, so that being late is not forgotten by it.
    pub(crate) fn note_late(&mut self, now: Instant) {
        let Self { units, boards, .. } = self;
        for own in boards.iter_mut().flat_map(|board| &mut board.channels) {
            if let Some(any) = unit(units, own.unit) {
                let due = with!(any, unit => unit.due());
                own.late = STEPPED_WITHIN < now.since(due);
            }
        }
    }

    /// Has units with a contact decide anew whose decision is old but not late.
    pub(crate) fn refresh(&mut self, desk: &mut Desk<'_>) {
        let Self { units, boards, .. } = self;
        for own in boards.iter().flat_map(|board| &board.channels).filter(|own| !own.late) {
            if let Some(any) = unit(units, own.unit) {
                with!(any, unit => {
                    if STEPPED_WITHIN < desk.now.since(unit.grounds().stepped) {
                        unit.wake(desk);
                    }
                });
            }
        }
    }

    /// Tells every unit what the inputs of its room say.
    pub(crate) fn sense(&mut self, desk: &mut Desk<'_>) {
        let Self { units, boards, .. } = self;
        let mut news = false;
        for board in &mut *boards {
            news |= board.wake(desk.now);
        }
        if !news {
            return;
        }
        for any in units {
            with!(any, unit => {
                let (room, id) = (unit.room, unit.id);
                let inputs = boards.iter().map(|board| board.inputs(desk.now, room, id));
                unit.sense(desk, inputs.fold(Inputs::default(), both));
            });
        }
    }

    /// Puts every contact where its unit lets it be, and gives every board its turn.
    pub(crate) fn turn_boards(&mut self, desk: &mut Desk<'_>) {
        if self.boards.is_empty() {
            return;
        }
        self.place_contacts(desk);
        self.compare_neighbours(desk.now);
        self.end_proofs(desk);
        for place in 0..self.boards.len() {
            let room = self.boards.get(place).and_then(|board| board.sounder);
            let sounds = room.is_some_and(|(_, room)| self.sounds(desk.now, room));
            if let Some(board) = self.boards.get_mut(place) {
                board.turn(desk, sounds);
            }
        }
    }

    fn place_contacts(&mut self, desk: &mut Desk<'_>) {
        let Self { units, boards, closing, .. } = self;
        for board in boards {
            let online = board.is_online();
            for own in &mut board.channels {
                match unit(units, own.unit) {
                    Some(any) => with!(any, unit => unit.place(desk, own, online && !*closing)),
                    None => own.take(desk.now, ContactInput::Board(false)),
                }
            }
        }
    }

    /// The interlock of a unit that opens while the contact of another is proven is that of the
    /// other: two channels are exchanged. It has to say so twice: some units remember once more that
    /// it was open before.
    fn compare_neighbours(&mut self, now: Instant) {
        let mut opened = None;
        let Self { units, boards, .. } = self;
        for own in boards.iter_mut().flat_map(|board| &mut board.channels) {
            let seen = unit(units, own.unit).and_then(|any| with!(any, unit => unit.interlock()));
            let before = core::mem::replace(&mut own.seen, seen);
            if before == seen {
                continue;
            }
            let open = seen.filter(|(_, closed)| !closed && own.contact.is_closed());
            own.opening = match (open, own.opening) {
                (Some((asked, _)), None) if before.is_some_and(|(_, closed)| closed) => Some(asked),
                (Some(_), Some(first)) => {
                    opened = Some((own.unit, first));
                    None
                }
                (Some(_) | None, _) => None,
            };
        }
        let Some((opened, asked)) = opened else { return };
        for own in boards.iter_mut().flat_map(|board| &mut board.channels) {
            if own.unit != opened && own.proving {
                own.take(now, ContactInput::OtherOpen(asked));
                let other = own.proof() == Proof::Failed(Flaw::OtherOpened);
                own.opened = other.then_some(opened);
            }
        }
    }

    /// Tells and keeps what came of a proof.
    fn end_proofs(&mut self, desk: &mut Desk<'_>) {
        for own in self.boards.iter_mut().flat_map(|board| &mut board.channels) {
            let proof = own.contact.proof(desk.now);
            if proof != Proof::Running && core::mem::take(&mut own.proving) {
                desk.tell(own.unit, None, What::Proven(proof));
                let passed = matches!(proof, Proof::Passed(_));
                desk.enter(own.unit, Purpose::Record, Entry::Proof(own.unit, passed));
            }
        }
    }

    /// Whether a room is to be warned. A proof sounds too, so that a person hears that it can.
    fn sounds(&self, now: Instant, room: RoomId) -> bool {
        self.units.iter().any(|any| {
            with!(any, unit => {
                unit.room == room && (unit.alarms(now, SOUNDS) || self.is_proving(unit.id))
            })
        })
    }

    fn is_proving(&self, id: UnitId) -> bool {
        self.channel(id).is_some_and(|own| own.proving)
    }

    fn channel(&self, id: UnitId) -> Option<&Channel> {
        self.boards.iter().flat_map(|board| &board.channels).find(|own| own.unit == id)
    }

    /// How the contact of a unit stands.
    pub(crate) fn shown_contact(&self, id: UnitId) -> Option<ShownContact> {
        let board =
            self.boards.iter().find(|board| board.channels.iter().any(|own| own.unit == id))?;
        let own = board.channels.iter().find(|own| own.unit == id)?;
        Some(ShownContact {
            online: board.is_online(),
            closed: own.contact.is_closed(),
            proof: own.proof(),
            opened: own.opened,
            begun: own.begun,
        })
    }

    /// Begins to prove the contact of a unit: one at a time, so that what opens is of this one.
    pub(crate) fn prove(&mut self, desk: &mut Desk<'_>, id: UnitId) -> Result<Answer, Refused> {
        let Self { units, boards, .. } = self;
        let any = unit(units, id).ok_or(Refused::UnknownUnit)?;
        let (provable, fence, grounds) = with!(any, unit => {
            unit.wake(desk);
            (unit.is_provable(), unit.fence(), unit.grounds())
        });
        let channels = || boards.iter().flat_map(|board| &board.channels);
        if !provable || channels().any(|own| own.proving) {
            return Err(Refused::CannotProve);
        }
        let mut channels = boards.iter_mut().flat_map(|board| &mut board.channels);
        let own = channels.find(|own| own.unit == id).ok_or(Refused::CannotProve)?;
        own.take(desk.now, ContactInput::Permit(grounds));
        let begun = own.contact.step(desk.now, ContactInput::Prove);
        begun.map_err(|_not_closed| Refused::CannotProve)?;
        (own.proving, own.opened) = (true, None);
        own.begun = own.begun.saturating_add(1);
        Ok(Answer::Accepted(fence))
    }

    /// What relay and door demand of a unit before it is started (OPS-01, LCK-05).
    pub(crate) fn relay_permits(&self, now: Instant, id: UnitId) -> Result<(), Refused> {
        let found = self.units.iter().find(|any| with!(any, unit => unit.id == id));
        let any = found.ok_or(Refused::UnknownUnit)?;
        let (lease, has_door) = with!(any, unit => (unit.wiring.lease, unit.has_door()));
        if !has_door {
            return Err(Refused::NoDoor);
        }
        let proof = self.channel(id).map(|own| own.contact.proof(now));
        match (lease, proof) {
            (_, Some(Proof::Failed(_) | Proof::Running)) => Err(Refused::RelayUnproven),
            (LeaseBy::Relay, None | Some(Proof::Never | Proof::Due)) => Err(Refused::RelayUnproven),
            (LeaseBy::Relay, Some(Proof::Passed(_)))
            | (LeaseBy::Unit, None | Some(Proof::Never | Proof::Due | Proof::Passed(_))) => Ok(()),
        }
    }

    pub(crate) fn recall_proofs(&mut self, now: Instant, proofs: &[(UnitId, Option<Nanos>)]) {
        for (id, passed) in proofs {
            let mut channels = self.boards.iter_mut().flat_map(|board| &mut board.channels);
            if let Some(own) = channels.find(|own| own.unit == *id) {
                own.take(now, ContactInput::Recall(*passed));
            }
        }
    }
}

impl Channel {
    fn take(&mut self, now: Instant, input: ContactInput) {
        let _only_proofs_are_refused = self.contact.step(now, input);
    }

    fn proof(&self) -> Proof {
        self.contact.proof(self.contact.now())
    }
}

impl<M: Kind> Unit<M> {
    /// Whether it has the door switch that it needs.
    fn has_door(&self) -> bool {
        !M::NEEDS_DOOR || self.inputs.has_door(self.wiring)
    }

    /// Puts its contact where it may be.
    fn place(&mut self, desk: &mut Desk<'_>, own: &mut Channel, online: bool) {
        let now = desk.now;
        own.take(now, ContactInput::Permit(self.grounds()));
        own.take(now, ContactInput::Board(online));
        if core::mem::take(&mut own.late) {
            own.take(now, ContactInput::Late);
        }
        if !self.is_provable() {
            own.take(now, ContactInput::Abandon);
        }
        if let Some((asked, closed)) = self.interlock() {
            let chain = self.inputs.chain(self.wiring);
            own.take(now, ContactInput::Seen { asked, closed, chain });
        }
        if own.contact.mismatch() && !self.supervisor.causes().holds(Cause::RelayMismatch) {
            let _never_refused = self.input(desk, safety::Input::Lock(Cause::RelayMismatch));
            own.take(now, ContactInput::Permit(self.grounds()));
        }
    }
}

fn both(one: Inputs, other: Inputs) -> Inputs {
    Inputs {
        door: one.door.and(other.door),
        emergency_stop: one.emergency_stop.and(other.emergency_stop),
        key: one.key.and(other.key),
        footswitch: one.footswitch.and(other.footswitch),
        supply: one.supply.and(other.supply),
    }
}

fn unit(units: &mut [AnyUnit], id: UnitId) -> Option<&mut AnyUnit> {
    units.iter_mut().find(|any| with!(any, unit => unit.id == id))
}
