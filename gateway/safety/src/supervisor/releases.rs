//! Clearing causes: each needs its own proof that the reason is gone (LCK-03).

use crate::{
    cause::{Cause, Latched, Release, Scope},
    command::Refusal,
    modality::Modality,
    report::Contacts,
};

use super::{KeyTurn, Supervisor};

impl<M: Modality> Supervisor<M> {
    /// Clears `cause` if what it demands was seen since it was latched.
    pub(super) fn release(&mut self, cause: Cause) -> Result<(), Refusal> {
        let latched = self.causes.iter().find(|latched| latched.cause == cause);
        let latched = latched.ok_or(Refusal::NotLatched)?;
        if self.session.is_some() {
            return Err(Refusal::ConditionStands);
        }
        // What locks the gateway is judged by the clinic, not by what one unit says.
        if cause.scope() != Scope::Gateway {
            self.may_release(latched)?;
        }
        self.causes.release(cause);
        Ok(())
    }

    fn may_release(&self, latched: Latched) -> Result<(), Refusal> {
        let off = self.heard.off.is_some_and(|asked| latched.at < asked);
        let identity = self.heard.identity.is_some_and(|asked| latched.at < asked);
        if latched.cause == Cause::OpenMark {
            return Ok(());
        }
        if !off || !identity {
            return Err(Refusal::Offline);
        }
        if !self.is_mended(latched.cause) {
            return Err(Refusal::ConditionStands);
        }
        if latched.cause.release() == Release::Presence && self.key_turn != KeyTurn::Done {
            return Err(Refusal::PresenceNeeded);
        }
        Ok(())
    }

    /// Whether what the unit says now no longer shows the cause.
    fn is_mended(&self, cause: Cause) -> bool {
        let contact = |closed: fn(Contacts) -> bool| {
            self.heard.contacts.is_some_and(|(_, contacts)| closed(contacts))
        };
        let temperature = self.heard.temperature.and_then(|(_, temperature)| temperature);
        match cause {
            Cause::Interlock => contact(|contacts| contacts.interlock),
            Cause::KeyOff => contact(|contacts| contacts.key),
            Cause::Applicator => contact(|contacts| contacts.applicator),
            Cause::EmergencyStop => contact(|contacts| contacts.emergency_stop_released),
            Cause::UnitFault => self.heard.faults.is_some_and(|(_, faults)| faults == 0),
            Cause::SensorMissing => temperature.is_some(),
            Cause::OverTemperature => self
                .terms
                .coil
                .is_none_or(|limits| temperature.is_some_and(|now| now < limits.warn)),
            Cause::LinkSilence
            | Cause::Reboot
            | Cause::UnexpectedOff
            | Cause::ErrorRate
            | Cause::StopAll
            | Cause::SettingDiffers
            | Cause::StuckOn
            | Cause::StopUnconfirmed
            | Cause::Deviation
            | Cause::FrozenReadBack
            | Cause::Identity
            | Cause::RelayMismatch
            | Cause::RepeatedStops
            | Cause::Ledger
            | Cause::Audit
            | Cause::Lateness
            | Cause::LostRecord
            | Cause::Suspend
            | Cause::ClockBack
            | Cause::OpenMark => true,
        }
    }
}
