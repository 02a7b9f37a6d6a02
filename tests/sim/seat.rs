//! One unit as the judge sees it: its true meter, who started it, and what it was charged.

use clinic::{PatientKey, SessionId, Summary};
use safety::State;

use crate::{
    device::{Device, any_fault_ns},
    glance::{Glance, quantity},
    prescriptions::Asked,
    ward::{self, Kind},
};

const MS: u64 = 1_000_000;
/// Output that no meter takes for noise, in thousandths of a level unit.
const SEEN_MILLI: u64 = 100_000;

/// What the judge may know of the way between a unit and the gateway when it looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings {
    /// Nothing is wrong with the cable, the port, the unit's line or the gateway, and was not for
    /// some seconds.
    pub(crate) heard: bool,
    /// A relay is wired into the interlock.
    pub(crate) relay: bool,
}

/// What is known of one unit.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub(crate) place: usize,
    /// The core says that it emits.
    pub(crate) permitted: bool,
    /// Since when it emits without that.
    pub(crate) unasked_since: Option<u64>,
    /// Since when it is broken and emits, and nothing is latched.
    pub(crate) unlocked_since: Option<u64>,
    /// Somebody started or resumed, and nothing ended that since.
    pub(crate) licensed: bool,
    /// When the last licence ended.
    pub(crate) void_since: u64,
    /// A licence was used: the unit was turned on.
    pub(crate) used: bool,
    /// What turns it on was written for this licence.
    pub(crate) enable_written: bool,
    pub(crate) enabled: bool,
    pub(crate) lit: bool,
    /// The first stop after the last start.
    pub(crate) stopped: Option<u64>,
    pub(crate) meter: u128,
    /// What nobody could know: a broken unit that nobody hears.
    pub(crate) excused: u128,
    /// What it gave while it did not do what it was told.
    pub(crate) rogue: u128,
    /// Everything that sessions of this run were charged in the end.
    pub(crate) ended: u128,
    /// What was entered of emission that belongs to no session, in this run.
    pub(crate) stray_entered: u64,
    pub(crate) session: Option<Treatment>,
    pub(crate) shown: Option<Glance>,
    /// Nothing was wrong with the unit's own meter since the last proof of off.
    pub(crate) worst_permille: u32,
}

/// A session as the judge follows it.
#[derive(Clone, Debug)]
pub(crate) struct Treatment {
    pub(crate) id: SessionId,
    pub(crate) patient: PatientKey,
    pub(crate) asked: Asked,
    pub(crate) meter: u128,
    pub(crate) excused: u128,
    pub(crate) rogue: u128,
    /// The highest true output, in thousandths of a level unit.
    pub(crate) peak_milli: u64,
    /// When it was confirmed, and the instant of the newest beacon that was echoed.
    pub(crate) confirmed: u64,
    pub(crate) held: u64,
    /// What is durable of it.
    pub(crate) up_to: u64,
    pub(crate) opened: bool,
    pub(crate) over: bool,
}

impl Seat {
    pub(crate) fn new(place: usize) -> Self {
        Self {
            place,
            permitted: false,
            unasked_since: None,
            unlocked_since: None,
            licensed: false,
            void_since: 0,
            used: false,
            enable_written: false,
            enabled: false,
            lit: false,
            stopped: None,
            meter: 0,
            excused: 0,
            rogue: 0,
            ended: 0,
            stray_entered: 0,
            session: None,
            shown: None,
            worst_permille: 1_000,
        }
    }

    pub(crate) fn revoke(&mut self, now: u64) {
        if self.licensed {
            (self.licensed, self.void_since) = (false, now);
        }
    }

    pub(crate) fn look(
        &mut self,
        now: u64,
        device: &Device,
        around: Surroundings,
    ) -> Option<String> {
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
            Kind::Pemf | Kind::Stimulator if sound => 500 * MS,
            Kind::Laser | Kind::Pemf | Kind::Stimulator => any_fault_ns(self.place),
        };
        let late = self.lit && !forgiven && !device.is_rogue() && bound < now - since;
        late.then(|| format!("emits {} ms after it was stopped", (now - since) / MS))
    }

    /// Somebody who sees a fresh state holds on, or it ends.
    fn goes_on_unheld(&self, now: u64, rogue: bool) -> Option<String> {
        let own = self.session.as_ref().filter(|_| self.lit && !rogue)?;
        let lease = match ward::kind(self.place) {
            Kind::Laser | Kind::Stimulator => 2_000 * MS,
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
    pub(crate) fn dose_lost(&self, glance: &Glance, before: u128) -> Option<String> {
        if self.lit || glance.off_asked.is_none() || glance.in_session {
            return None;
        }
        if self.stray_entered != glance.stray {
            return Some(format!("stray {} is not entered", glance.stray));
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
    pub(crate) fn ends(&mut self, session: Option<SessionId>, summary: &Summary) -> Option<String> {
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
