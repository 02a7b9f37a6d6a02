//! What people and the ledger ask, and what they are refused.

use crate::{
    admitted::Admitted,
    cause::Cause,
    command::{Beacon, Command, Fence, Refusal},
    modality::Modality,
    report::Contacts,
    session::{Footswitch, Session, Slice, SliceId, Slices},
};

use super::{After, Phase, Supervisor};

impl<M: Modality> Supervisor<M> {
    /// Takes the unit for one session, and none beside it (SES-06).
    pub(super) fn confirm(&mut self, admitted: Admitted<M>, fence: Fence) -> Result<(), Refusal> {
        self.may_proceed(fence)?;
        if self.session.is_some() || self.ended.is_some() {
            return Err(Refusal::Busy);
        }
        let pace = self.terms.pace;
        self.session = Some(Session::new(self.now, admitted, fence.token, pace));
        Ok(())
    }

    pub(super) fn command(&mut self, command: Command<M>, fence: Fence) -> Result<(), Refusal> {
        let session = self.session.as_ref().ok_or(Refusal::WrongState)?;
        if session.token != fence.token {
            return Err(Refusal::NotHolder);
        }
        self.may_proceed(fence)?;
        match (command, self.phase) {
            (Command::Arm, Phase::Standby) => self.arm(),
            (Command::Start, Phase::Ready { .. }) => self.start(),
            (Command::Pause, Phase::Warning { .. } | Phase::Emitting { .. }) => {
                self.stop(After::Paused, None);
                Ok(())
            }
            (Command::Resume(admitted), Phase::Paused { .. }) => self.resume(admitted),
            (Command::Arm | Command::Start | Command::Pause | Command::Resume(_), _) => {
                Err(Refusal::WrongState)
            }
        }
    }

    /// Notes that the operator saw a beacon. Late ones renew nothing that newer ones did not.
    pub(super) fn hold(&mut self, fence: Fence, beacon: Beacon) -> Result<(), Refusal> {
        let now = self.now;
        let session = self.session.as_mut().ok_or(Refusal::WrongState)?;
        if session.token != fence.token {
            return Err(Refusal::NotHolder);
        }
        if session.beacon(now) < beacon {
            return Err(Refusal::UnknownBeacon);
        }
        session.held = session.held.max(Some(session.instant_of(beacon)));
        Ok(())
    }

    pub(super) fn durable(&mut self, id: SliceId) -> Result<(), Refusal> {
        let session = self.session.as_mut().ok_or(Refusal::UnknownSlice)?;
        match session.slices.asked {
            Some((slice, window)) if slice.id == id => {
                session.slices = Slices { asked: None, covered: Some(window) };
                Ok(())
            }
            Some(_) | None => Err(Refusal::UnknownSlice),
        }
    }

    pub(super) fn slice_refused(&mut self, id: SliceId) -> Result<(), Refusal> {
        match self.reserve() {
            Some(slice) if slice.id == id => {
                self.lock(Cause::Ledger);
                Ok(())
            }
            Some(_) | None => Err(Refusal::UnknownSlice),
        }
    }

    /// Asks for the next slice when half of the last is used.
    pub(super) fn ask_for_slice(&mut self) {
        if !matches!(self.phase, Phase::Warning { .. } | Phase::Emitting { .. }) {
            return;
        }
        let Some(session) = &mut self.session else { return };
        let Some(window) = session.next_window(self.now) else { return };
        self.slice = SliceId(self.slice.0.saturating_add(1));
        let up_to = session.up_to(window, &self.terms);
        session.slices.asked = Some((Slice { id: self.slice, up_to }, window));
    }

    /// What every request to go on has to pass, in the order in which a person would look.
    fn may_proceed(&self, fence: Fence) -> Result<(), Refusal> {
        if fence.epoch != self.epoch {
            return Err(Refusal::StoppedSince);
        }
        if !self.causes.is_empty() {
            return Err(Refusal::Locked);
        }
        match self.phase {
            Phase::Offline => Err(Refusal::Offline),
            Phase::Stopping { .. } => Err(Refusal::WrongState),
            Phase::Standby
            | Phase::Ready { .. }
            | Phase::Warning { .. }
            | Phase::Emitting { .. }
            | Phase::Paused { .. } => Ok(()),
        }
    }

    fn arm(&mut self) -> Result<(), Refusal> {
        self.contacts_permit()?;
        self.coil_permits()?;
        let (now, terms) = (self.now, self.terms);
        let session = self.session.as_mut().ok_or(Refusal::WrongState)?;
        session.setting = Some((now, session.setting(now, &terms)));
        session.read_back = false;
        self.told = M::output(session.admitted.level());
        self.phase = Phase::Ready { since: now };
        Ok(())
    }

    fn start(&mut self) -> Result<(), Refusal> {
        self.contacts_permit()?;
        self.coil_permits()?;
        self.footswitch_permits()?;
        self.hold_permits()?;
        if !self.setting_is_proven() {
            return Err(Refusal::ReadBackPending);
        }
        self.phase = Phase::Warning { since: self.now };
        Ok(())
    }

    /// Goes on with what is left, after a check of what is left: the same level, warned of anew
    /// (SES-11).
    fn resume(&mut self, admitted: Admitted<M>) -> Result<(), Refusal> {
        self.contacts_permit()?;
        self.coil_permits()?;
        self.footswitch_permits()?;
        self.hold_permits()?;
        let (now, terms) = (self.now, self.terms);
        let session = self.session.as_mut().ok_or(Refusal::WrongState)?;
        if session.admitted.level() != admitted.level()
            || session.admitted.dose() != admitted.dose()
        {
            return Err(Refusal::Changed);
        }
        session.admitted = admitted;
        session.setting = Some((now, session.setting(now, &terms)));
        session.read_back = false;
        self.phase = Phase::Warning { since: now };
        Ok(())
    }

    pub(super) fn contacts_permit(&self) -> Result<(), Refusal> {
        let (_, contacts) = self.heard.contacts.ok_or(Refusal::Offline)?;
        let Contacts { key, footswitch: _, interlock, emergency_stop_released, applicator } =
            contacts;
        match (emergency_stop_released, interlock, key, applicator) {
            (false, _, _, _) => Err(Refusal::EmergencyStop),
            (_, false, _, _) => Err(Refusal::InterlockOpen),
            (_, _, false, _) => Err(Refusal::KeyOff),
            (_, _, _, false) => Err(Refusal::Applicator),
            (true, true, true, true) => Ok(()),
        }
    }

    fn coil_permits(&self) -> Result<(), Refusal> {
        let Some(limits) = self.terms.coil else { return Ok(()) };
        match self.heard.temperature {
            Some((_, Some(temperature))) if temperature < limits.warn => Ok(()),
            Some(_) | None => Err(Refusal::CoilHot),
        }
    }

    fn footswitch_permits(&self) -> Result<(), Refusal> {
        let session = self.session.as_ref().ok_or(Refusal::WrongState)?;
        match session.footswitch {
            _ if !self.terms.second_enable => Ok(()),
            Footswitch::Unknown => Err(Refusal::FootswitchHeld),
            Footswitch::Released => Err(Refusal::FootswitchNotPressed),
            Footswitch::Pressed => Ok(()),
        }
    }

    fn hold_permits(&self) -> Result<(), Refusal> {
        let session = self.session.as_ref().ok_or(Refusal::WrongState)?;
        match session.held {
            Some(held) if self.now.since(held) < self.terms.timing.hold => Ok(()),
            Some(_) | None => Err(Refusal::HoldStale),
        }
    }

    /// Whether the unit proved who it is and holds what was confirmed, both since it was asked to.
    pub(super) fn setting_is_proven(&self) -> bool {
        let Some(session) = &self.session else { return false };
        let Some((asked, _)) = session.setting else { return false };
        session.read_back && self.heard.identity.is_some_and(|at| asked <= at)
    }
}
