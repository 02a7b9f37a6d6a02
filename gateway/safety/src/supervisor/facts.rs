//! What a unit says, and what follows from it.

use crate::{
    cause::Cause,
    modality::Modality,
    order::Setting,
    quantity::Temperature,
    report::{BootId, Contacts, Fact, Identity, Report},
    session::Footswitch,
    time::Instant,
};

use super::{After, KeyTurn, Phase, Supervisor};

/// How many of the last hundred frames may be bad while emitting (COM-06).
const GARBLED_MAX: u32 = 5;
/// The last hundred frames.
const HUNDRED: u128 = (1 << 100) - 1;
/// Three bad frames in a row (COM-06).
const THREE: u128 = 0b111;

impl<M: Modality> Supervisor<M> {
    pub(super) fn report(&mut self, report: Report<M>) {
        // Nothing was asked in the future, whatever a dialect says.
        let asked = report.asked.min(self.now);
        // An answer to a question of before the port opened is an echo of another connection.
        if self.heard.opened.is_none_or(|opened| asked < opened) {
            return;
        }
        match report.fact {
            Fact::Boot(boot) => self.boot(boot),
            Fact::Garbled => self.garbled(),
            Fact::Identity(identity) => self.identity(asked, identity),
            Fact::Emission(emission) => self.emission(asked, emission),
            Fact::Setting(setting) => self.setting(asked, setting),
            Fact::Temperature(temperature) => self.temperature(asked, temperature),
            Fact::Contacts(contacts) => self.contacts(asked, contacts),
            Fact::Faults(faults) => self.faults(asked, faults),
            Fact::Ran(grant) => self.ran(asked, grant),
        }
        self.come_online();
    }

    fn boot(&mut self, boot: BootId) {
        self.heard.garbled = (self.heard.garbled << 1) & HUNDRED;
        let before = self.heard.boot.replace(boot);
        if before.is_none_or(|before| before == boot) {
            return;
        }
        self.meter.restart();
        if let Some(runs) = self.session.as_mut().and_then(|session| session.runs.as_mut()) {
            runs.uncounted = M::Dose::default();
        }
        self.forget();
        match self.phase {
            Phase::Offline => {}
            Phase::Standby => self.go_offline(),
            Phase::Ready { .. }
            | Phase::Warning { .. }
            | Phase::Emitting { .. }
            | Phase::Stopping { .. }
            | Phase::Paused { .. } => self.lock(Cause::Reboot),
        }
    }

    fn garbled(&mut self) {
        self.heard.garbled = ((self.heard.garbled << 1) | 1) & HUNDRED;
        let often = self.heard.garbled.count_ones() > GARBLED_MAX;
        let thrice = self.heard.garbled & THREE == THREE;
        if matches!(self.phase, Phase::Emitting { .. }) && (often || thrice) {
            self.lock(Cause::ErrorRate);
        }
    }

    fn identity(&mut self, asked: Instant, identity: Identity) {
        match identity {
            Identity::Proven => self.heard.identity = self.heard.identity.max(Some(asked)),
            Identity::Differs => {
                self.heard.identity = None;
                self.lock(Cause::Identity);
                if self.phase == Phase::Standby {
                    self.go_offline();
                }
            }
        }
    }

    fn setting(&mut self, asked: Instant, setting: Option<Setting<M>>) {
        if Some(asked) < self.heard.setting {
            return;
        }
        self.heard.setting = Some(asked);
        let Some(session) = &mut self.session else { return };
        let Some((since, confirmed)) = session.setting else { return };
        if asked < since {
            return;
        }
        let same = setting == Some(confirmed);
        // Before it was seen once, the question may have overtaken the command to hold it.
        let emitting = matches!(self.phase, Phase::Emitting { .. });
        let held = session.read_back && matches!(self.phase, Phase::Warning { .. });
        session.read_back = same;
        if !same && (emitting || held) {
            self.lock(Cause::SettingDiffers);
        }
    }

    fn temperature(&mut self, asked: Instant, temperature: Option<Temperature>) {
        if self.heard.temperature.is_some_and(|(before, _)| asked < before) {
            return;
        }
        self.heard.temperature = Some((asked, temperature));
        let Some(limits) = self.terms.coil else { return };
        match temperature {
            None => self.lock(Cause::SensorMissing),
            Some(temperature) if limits.trip <= temperature => self.lock(Cause::OverTemperature),
            Some(temperature) if limits.pause <= temperature => {
                if matches!(self.phase, Phase::Warning { .. } | Phase::Emitting { .. }) {
                    self.stop(After::Paused, None);
                }
            }
            Some(_) => {}
        }
    }

    fn contacts(&mut self, asked: Instant, contacts: Contacts) {
        if self.heard.contacts.is_some_and(|(before, _)| asked < before) {
            return;
        }
        self.heard.contacts = Some((asked, contacts));
        self.turn_key(asked, contacts.key);
        self.press_footswitch(asked, contacts.footswitch);
        if !contacts.emergency_stop_released {
            self.lock(Cause::EmergencyStop);
        }
        let armed = matches!(
            self.phase,
            Phase::Ready { .. }
                | Phase::Warning { .. }
                | Phase::Emitting { .. }
                | Phase::Paused { .. }
        );
        if !armed {
            return;
        }
        for (permits, cause) in [
            (contacts.interlock, Cause::Interlock),
            (contacts.key, Cause::KeyOff),
            (contacts.applicator, Cause::Applicator),
        ] {
            if !permits {
                self.lock(cause);
            }
        }
    }

    /// A key that was off and is on again was turned by a person at the unit (LCK-07).
    fn turn_key(&mut self, asked: Instant, on: bool) {
        self.key_turn = match (self.key_turn, on) {
            (KeyTurn::Awaited(since), false) if since < asked => KeyTurn::Off,
            (KeyTurn::Awaited(since), _) => KeyTurn::Awaited(since),
            (KeyTurn::Off, false) => KeyTurn::Off,
            (KeyTurn::Off, true) | (KeyTurn::Done, _) => KeyTurn::Done,
        };
    }

    /// The second enable of a laser (LAS-06).
    fn press_footswitch(&mut self, asked: Instant, pressed: bool) {
        let Some(session) = &mut self.session else { return };
        let since = match &mut self.phase {
            Phase::Ready { since } | Phase::Paused { since } | Phase::Warning { since } => *since,
            Phase::Emitting { since, watch, .. } => {
                let open = self.terms.second_enable && !pressed && *since <= asked;
                watch.open_since = open.then(|| watch.open_since.unwrap_or(asked));
                return;
            }
            Phase::Offline | Phase::Standby | Phase::Stopping { .. } => return,
        };
        if asked < since || !self.terms.second_enable {
            return;
        }
        session.footswitch = match (session.footswitch, pressed) {
            (Footswitch::Unknown, true) => Footswitch::Unknown,
            (_, false) => Footswitch::Released,
            (Footswitch::Released | Footswitch::Pressed, true) => Footswitch::Pressed,
        };
        if !pressed && matches!(self.phase, Phase::Warning { .. }) {
            self.stop(After::Paused, None);
        }
    }

    fn faults(&mut self, asked: Instant, faults: u32) {
        if self.heard.faults.is_some_and(|(before, _)| asked < before) {
            return;
        }
        self.heard.faults = Some((asked, faults));
        if faults != 0 && !matches!(self.phase, Phase::Offline) {
            self.lock(Cause::UnitFault);
        }
    }

    /// A unit that proved who it is and that it is off may be used.
    fn come_online(&mut self) {
        if self.phase != Phase::Offline || self.heard.identity.is_none() {
            return;
        }
        let off = self.heard.off.is_some();
        let coil = self.terms.coil.is_none() || self.heard.temperature.is_some();
        let told = self.heard.contacts.is_some() && self.heard.faults.is_some() && coil;
        if off && told {
            self.phase = Phase::Standby;
            if self.heard.faults.is_some_and(|(_, faults)| faults != 0) {
                self.lock(Cause::UnitFault);
            }
        }
    }
}
