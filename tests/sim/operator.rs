//! A person at a unit: does a treatment from check to end, and is as careful as people are.

use clinic::{
    Answer, Ask, Confirmation, HoldSource, Proposal, Refused, RoomId, SessionId, UnitId, Verb,
};
use rand::{Rng, rngs::StdRng};
use safety::{Beacon, Cause, Fence, Refusal, State};
use simulated_units::Button;

use crate::{
    glance::Glance,
    prescriptions,
    ward::{self, Kind, UNITS},
};

const MS: u64 = 1_000_000;
/// How long a key stays off when somebody turns it to release a cause.
const KEY_OFF: u64 = 900 * MS;

/// Something that a person does.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// Asks the gateway.
    Ask(Ask),
    /// Asks the same thing twice under one request id, as a client does whose answer was lost.
    AskTwice(Ask),
    /// Stops this unit.
    Stop,
    /// Stops a room, or all.
    StopAll(Option<RoomId>),
    /// Moves something at the unit.
    Press(Button, bool),
    /// Calls service, which mends everything.
    Mend,
}

/// A person at a unit.
#[derive(Debug)]
pub(crate) struct Operator {
    place: usize,
    pub(crate) due: u64,
    /// What they hold.
    fence: Option<Fence>,
    foot: bool,
    /// Since when the foot is where it is.
    foot_since: u64,
    key_off_since: Option<u64>,
    presence_needed: bool,
    /// A session that a clinician has to look at.
    review: Option<SessionId>,
    away_until: u64,
    /// They let a weight hold the switch: the same beacon again and again.
    stuck: Option<u64>,
    /// How often in a thousand they do something silly.
    silly: u32,
    before: Option<State>,
}

impl Operator {
    pub(crate) fn new(place: usize, due: u64, silly: u32) -> Self {
        Self {
            place,
            due,
            fence: None,
            foot: false,
            foot_since: 0,
            key_off_since: None,
            presence_needed: false,
            review: None,
            away_until: 0,
            stuck: None,
            silly,
            before: None,
        }
    }

    /// Walks away without a word.
    pub(crate) fn vanish(&mut self, until: u64) {
        self.away_until = until;
    }

    /// Hears what became of something that they asked.
    pub(crate) fn hear(&mut self, ask: &Ask, answer: &Answer) {
        match (ask, answer) {
            (Ask::Confirm(..), Answer::Confirmed(_, fence)) => self.fence = Some(*fence),
            (Ask::Confirm(..), Answer::Refused(Refused::ReviewOpen(session))) => {
                self.review = Some(*session);
            }
            (Ask::Release(..), Answer::Refused(Refused::Unit(Refusal::PresenceNeeded))) => {
                self.presence_needed = true;
            }
            _ => {}
        }
    }

    /// Does what comes next, and says when they look again.
    pub(crate) fn act(
        &mut self,
        now: u64,
        glance: Option<&Glance>,
        chance: &mut StdRng,
        deeds: &mut Vec<Deed>,
    ) {
        self.due = now + chance.random_range(120..420) * MS;
        if now < self.away_until {
            return;
        }
        if self.turn_key_back(now, deeds) {
            return;
        }
        let Some(glance) = glance else { return };
        if chance.random_range(0..1_000) < self.silly {
            deeds.push(self.silliness(glance, chance));
        }
        if self.before != Some(glance.state) {
            self.before = Some(glance.state);
            self.stuck = None;
            if matches!(glance.state, State::Ready | State::Paused) {
                self.press(false, now, deeds);
            }
        }
        match glance.state {
            State::Offline | State::Stopping => {}
            State::Standby => self.on_standby(glance, chance, deeds),
            State::Ready => self.on_ready(now, glance, chance, deeds),
            State::Warning | State::Emitting => self.on_emitting(now, glance, chance, deeds),
            State::Paused => self.on_paused(now, glance, chance, deeds),
            State::Locked => self.on_locked(now, glance, chance, deeds),
        }
    }

    fn unit(&self) -> UnitId {
        UnitId(u16::try_from(self.place).unwrap_or_default())
    }

    fn fence(&self, glance: &Glance) -> Fence {
        let token = self.fence.map_or(glance.token, |fence| fence.token);
        Fence { token, epoch: glance.epoch }
    }

    fn command(&self, verb: Verb, glance: &Glance, chance: &mut StdRng) -> Deed {
        let ask = Ask::Command(self.unit(), verb, self.fence(glance));
        if chance.random_ratio(1, 6) { Deed::AskTwice(ask) } else { Deed::Ask(ask) }
    }

    fn turn_key_back(&mut self, now: u64, deeds: &mut Vec<Deed>) -> bool {
        match self.key_off_since {
            Some(since) if since + KEY_OFF <= now => {
                self.key_off_since = None;
                deeds.push(Deed::Press(Button::Key, true));
                true
            }
            Some(_) => true,
            None => false,
        }
    }

    fn on_standby(&mut self, glance: &Glance, chance: &mut StdRng, deeds: &mut Vec<Deed>) {
        self.step(false, deeds);
        if glance.in_session {
            self.fence.get_or_insert(Fence { token: glance.token, epoch: glance.epoch });
            deeds.push(self.command(Verb::Arm, glance, chance));
            return;
        }
        self.fence = None;
        if let Some(session) = self.review.take_if(|_| chance.random_ratio(1, 4)) {
            deeds.push(Deed::Ask(Ask::Review(session)));
        }
        if chance.random_ratio(1, 3) {
            let proposal = prescriptions::proposal(self.place, chance);
            if chance.random_ratio(1, 4) {
                deeds.push(Deed::Ask(Ask::Check(proposal.clone())));
            }
            let confirmation = Confirmation { hash: [7; 32], epoch: glance.epoch };
            deeds.push(Deed::Ask(Ask::Confirm(proposal, confirmation)));
        }
    }

    fn on_ready(&mut self, now: u64, glance: &Glance, chance: &mut StdRng, deeds: &mut Vec<Deed>) {
        self.hold(glance, chance, deeds);
        if self.has_enabled(now, deeds) && chance.random_ratio(2, 3) {
            deeds.push(self.command(Verb::Start, glance, chance));
        }
        self.wander(now, chance);
    }

    fn on_paused(&mut self, now: u64, glance: &Glance, chance: &mut StdRng, deeds: &mut Vec<Deed>) {
        self.hold(glance, chance, deeds);
        let enabled = self.has_enabled(now, deeds);
        match chance.random_range(0..40) {
            0 => deeds.push(Deed::Ask(Ask::Leave(self.unit(), self.fence(glance).token))),
            1 => deeds.push(Deed::Ask(Ask::Reattach(self.unit(), self.fence(glance)))),
            2..20 if enabled => deeds.push(self.command(Verb::Resume, glance, chance)),
            _ => {}
        }
    }

    fn on_emitting(
        &mut self,
        now: u64,
        glance: &Glance,
        chance: &mut StdRng,
        deeds: &mut Vec<Deed>,
    ) {
        self.hold(glance, chance, deeds);
        if ward::kind(self.place) == Kind::Laser && !self.foot {
            self.press(true, now, deeds);
        }
        match chance.random_range(0..400) {
            0..4 => deeds.push(self.command(Verb::Pause, glance, chance)),
            4..6 => deeds.push(Deed::Stop),
            6 => {
                let room = u16::try_from(ward::room(self.place)).ok().map(RoomId);
                deeds.push(Deed::StopAll(room.filter(|_| chance.random_bool(0.7))));
            }
            7..11 => self.press(false, now, deeds),
            11 => deeds.push(Deed::Ask(Ask::Leave(self.unit(), self.fence(glance).token))),
            12 => self.stuck = Some(glance.beacon),
            _ => {}
        }
        self.wander(now, chance);
    }

    /// Whether the second enable is given: the foot comes off, is seen to be off, and goes down.
    fn has_enabled(&mut self, now: u64, deeds: &mut Vec<Deed>) -> bool {
        if ward::kind(self.place) == Kind::Pemf {
            return true;
        }
        if now < self.foot_since + 500 * MS {
            return false;
        }
        if !self.foot {
            self.press(true, now, deeds);
            return false;
        }
        true
    }

    fn step(&mut self, down: bool, deeds: &mut Vec<Deed>) {
        if self.foot != down && ward::kind(self.place) == Kind::Laser {
            self.foot = down;
            deeds.push(Deed::Press(Button::Footswitch, down));
        }
    }

    fn press(&mut self, down: bool, now: u64, deeds: &mut Vec<Deed>) {
        self.step(down, deeds);
        self.foot_since = now;
    }

    fn hold(&mut self, glance: &Glance, chance: &mut StdRng, deeds: &mut Vec<Deed>) {
        let beacon = Beacon(self.stuck.unwrap_or(glance.beacon));
        let sources = [HoldSource::Switch, HoldSource::Key, HoldSource::Script];
        let source = sources[chance.random_range(0..sources.len())];
        let fence = self.fence(glance);
        deeds.push(Deed::Ask(Ask::Hold(self.unit(), fence, beacon, source)));
    }

    /// Falls asleep, now and then.
    fn wander(&mut self, now: u64, chance: &mut StdRng) {
        if chance.random_ratio(1, 400) {
            self.away_until = now + chance.random_range(500..8_000) * MS;
        }
    }

    fn on_locked(&mut self, now: u64, glance: &Glance, chance: &mut StdRng, deeds: &mut Vec<Deed>) {
        self.fence = None;
        self.step(false, deeds);
        if chance.random_ratio(2, 3) {
            return;
        }
        let keyed = |cause: Cause| matches!(cause, Cause::UnitFault | Cause::OverTemperature);
        let needs_key = glance.causes.iter().any(|latched| keyed(latched.cause));
        if self.presence_needed || (needs_key && chance.random_ratio(1, 4)) {
            self.presence_needed = false;
            self.key_off_since = Some(now);
            deeds.push(Deed::Press(Button::Key, false));
            return;
        }
        if chance.random_ratio(1, 12) {
            deeds.push(Deed::Mend);
        }
        let count = glance.causes.iter().count();
        let chosen = glance.causes.iter().nth(chance.random_range(0..count.max(1)));
        if let Some(latched) = chosen {
            deeds.push(Deed::Ask(Ask::Release(self.unit(), latched.cause)));
        }
    }

    /// Something that nobody should do and somebody will.
    fn silliness(&self, glance: &Glance, chance: &mut StdRng) -> Deed {
        let verbs = [Verb::Arm, Verb::Start, Verb::Pause, Verb::Resume];
        let verb = verbs[chance.random_range(0..verbs.len())];
        let other = UnitId(chance.random_range(0..5));
        let fence = Fence {
            token: glance.token.wrapping_sub(chance.random_range(0..3)),
            epoch: glance.epoch.wrapping_sub(chance.random_range(0..2)),
        };
        let causes = Cause::ALL;
        let cause = causes[chance.random_range(0..causes.len())];
        match chance.random_range(0..8) {
            0..3 => Deed::Ask(Ask::Command(self.unit(), verb, fence)),
            3 => Deed::Ask(Ask::Command(other, verb, fence)),
            4 => {
                let beacon = Beacon(glance.beacon + chance.random_range(0..5));
                Deed::Ask(Ask::Hold(other, fence, beacon, HoldSource::Key))
            }
            5 => Deed::Ask(Ask::Release(other, cause)),
            6 => Deed::Ask(Ask::Leave(other, fence.token)),
            _ => {
                let place = chance.random_range(0..UNITS);
                let proposal = prescriptions::proposal(place, chance);
                let proposal = Proposal { unit: other, ..proposal };
                let confirmation = Confirmation { hash: [0; 32], epoch: fence.epoch };
                Deed::Ask(Ask::Confirm(proposal, confirmation))
            }
        }
    }
}
