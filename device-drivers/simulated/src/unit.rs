//! A whole unit: it joins controller, stage, sensors, contacts and line, and lets time pass between them.
//!
//! Whatever happens by itself is worked off in the order and at the instant at which it happens, however far a caller jumps.

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{
    contact::{Button, Contacts},
    controller::Controller,
    fault::{Fault, Sensor},
    faults::Faults,
    frame::{Cutter, Run},
    line::Line,
    plan::Plan,
    sensor::Sampler,
    setting::Setting,
    stage::{OWN_PER_MILLI, Stage},
    state::{State, StopCause},
    temperature::{self, Temperature},
};

const NANOS_PER_MILLI: u64 = 1_000_000;

/// Fault bit 0: too hot.
const OVER_TEMPERATURE: u32 = 1;

/// Fault bit 1: the temperature sensor is not ok.
const TEMPERATURE_SENSOR: u32 = 1 << 1;

/// A simulated therapy unit.
///
/// Every call that takes `now_ns` first lets time pass up to then; an instant before the latest one counts as the latest one.
#[derive(Clone, Debug)]
pub struct Unit {
    pub(crate) plan: Plan,
    pub(crate) power: Power,
    pub(crate) controller: Controller,
    pub(crate) stage: Stage,
    pub(crate) temperature: Temperature,
    pub(crate) sampler: Sampler,
    pub(crate) contacts: Contacts,
    pub(crate) faults: Faults,
    pub(crate) frozen: Option<Reading>,
    /// Faults that were found and not cleared by the key; they outlive a power cut.
    pub(crate) latched: u32,
    pub(crate) bad_frames: u16,
    pub(crate) line: Line,
    pub(crate) last_emitted: Option<Setting>,
    /// Nothing has changed since a step of the heat balance found nothing to do, so the next ones can be spared.
    resting: bool,
    /// What the stage put out when it stopped listening.
    stuck_level: u32,
    cutter: Cutter,
    chance: StdRng,
}

/// Whether the controller runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    Off,
    Starting { since_ns: u64 },
    On { since_ns: u64 },
}

/// What the sensors show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) output: u32,
    pub(crate) temperature_centi: i16,
}

/// What happens by itself; of two at one instant the first in this list comes first, so that a fault wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    Tick,
    Started,
    LeaseEnd,
    DoseReached,
    TimeReached,
    WarningOver,
    Request,
}

impl Unit {
    /// A unit that is switched on now, with the key on, the door closed, the applicator attached and the footswitch released.
    pub fn new(plan: Plan, seed: u64, now_ns: u64) -> Self {
        let mut chance = StdRng::seed_from_u64(seed);
        let mut fork = || StdRng::seed_from_u64(chance.random());
        let (line, nonces) = (Line::new(fork()), fork());
        Self {
            power: Power::Starting { since_ns: now_ns },
            controller: Controller::new(nonces, true),
            stage: Stage::new(now_ns, plan.capability.ramp_per_second),
            temperature: Temperature::new(&plan),
            sampler: Sampler::new(seed, now_ns, plan.capability.sample_period_ms),
            contacts: Contacts::REST,
            faults: Faults::default(),
            frozen: None,
            latched: 0,
            bad_frames: 0,
            line,
            last_emitted: None,
            resting: false,
            stuck_level: 0,
            cutter: Cutter::default(),
            chance,
            plan,
        }
    }

    /// How it is built.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The serial number on its plate.
    pub fn serial(&self) -> &str {
        &self.plan.serial
    }

    /// The secret that proves its identity.
    pub fn key(&self) -> [u8; 32] {
        self.plan.key
    }

    /// Bytes have come from the host. A unit without power hears nothing.
    pub fn receive(&mut self, now_ns: u64, bytes: &[u8]) {
        self.advance(now_ns);
        match self.power {
            Power::Off | Power::Starting { .. } => {}
            Power::On { .. } => {
                bytes.iter().for_each(|byte| self.hear(*byte));
                self.advance(now_ns);
            }
        }
    }

    /// Appends the bytes that have left for the host by now.
    pub fn transmit(&mut self, now_ns: u64, wire: &mut Vec<u8>) {
        self.advance(now_ns);
        while let Some(reply) = self.line.next_reply(self.now_ns()) {
            wire.extend(reply);
        }
    }

    /// The next instant at which something happens by itself: bytes leave, a permission or a preset runs out, the unit is up, the heat trips it.
    ///
    /// A trip is seen one step of the heat balance (100 ms) ahead. To jump past any of them is harmless.
    pub fn wake(&self, now_ns: u64) -> Option<u64> {
        let visible = self
            .happenings(u64::MAX)
            .filter(|(_, what)| *what != Happening::Tick || self.next_tick_trips());
        let earliest = visible.map(|(at_ns, _)| at_ns).chain(self.line.next_reply_ns()).min()?;
        Some(earliest.max(now_ns))
    }

    /// Lets time pass and works off what happens in it.
    pub fn advance(&mut self, now_ns: u64) {
        let now_ns = now_ns.max(self.now_ns());
        while let Some((at_ns, what)) = self.happenings(now_ns).min() {
            self.flow(at_ns);
            self.happen(what);
            self.drive();
        }
        self.flow(now_ns);
    }

    /// A hand, a foot, a door or a relay moves something (LAS-06, LAS-08, LAS-21).
    pub fn press(&mut self, now_ns: u64, button: Button, on: bool) {
        self.advance(now_ns);
        if !self.is_fitted(button) {
            return;
        }
        let was_off = !self.contacts.key;
        self.contacts.press(button, on);
        if was_off && self.contacts.key {
            self.latched &= self.present();
        }
        if let Some(cause) = self.contacts.opened() {
            self.controller.end(cause);
        }
        self.drive();
    }

    /// Switches the mains on or off. Power that comes back starts the controller anew (LAS-07).
    pub fn power(&mut self, now_ns: u64, on: bool) {
        self.advance(now_ns);
        match (on, self.power) {
            (false, _) => self.stop_controller(Power::Off),
            (true, Power::Off) => self.stop_controller(Power::Starting { since_ns: self.now_ns() }),
            (true, Power::Starting { .. } | Power::On { .. }) => {}
        }
        self.drive();
    }

    /// Mains off and on again.
    pub fn power_cycle(&mut self, now_ns: u64) {
        self.power(now_ns, false);
        self.power(now_ns, true);
    }

    /// Makes something go wrong from now on.
    pub fn fault(&mut self, now_ns: u64, fault: Fault) {
        self.advance(now_ns);
        if fault == Fault::Reboot {
            self.reboot();
            return;
        }
        if fault == Fault::StuckOn {
            self.stuck_level = self.stage.target_level().max(self.plan.capability.level_min);
        }
        self.refit(|faults| faults.set(fault));
    }

    /// Mends one thing; its number does not matter.
    pub fn clear(&mut self, now_ns: u64, fault: Fault) {
        self.advance(now_ns);
        self.refit(|faults| faults.clear(fault));
    }

    /// Mends everything. What the unit has latched stays latched.
    pub fn heal(&mut self, now_ns: u64) {
        self.advance(now_ns);
        self.refit(Faults::heal);
    }

    /// What truly came out since the unit was built, whatever it says: picojoules, or femtotesla seconds of peak flux density (TST-01).
    pub fn meter(&self) -> u128 {
        self.stage.truth_pico()
    }

    /// What truly comes out at the latest instant: microwatts of average power, or nanotesla of peak flux density.
    pub fn output_now(&self) -> u64 {
        self.stage.output_milli(self.now_ns())
    }

    /// True temperature of the part that touches the patient, in hundredths of a degree Celsius.
    pub fn temperature_now(&self) -> i16 {
        self.temperature.centi()
    }

    /// What the controller is doing; `None` while it does not run.
    pub fn state(&self) -> Option<State> {
        match self.power {
            Power::Off | Power::Starting { .. } => None,
            Power::On { .. } => Some(self.controller.state),
        }
    }

    /// The latest instant that the unit was told.
    pub fn now_ns(&self) -> u64 {
        self.stage.at_ns()
    }

    /// What the sensors show, the broken ones too.
    pub(crate) fn reading(&self) -> Reading {
        self.frozen.unwrap_or_else(|| {
            let noise = self.sampler.noise();
            Reading {
                output: self.sampler.reading(self.faults.meter_gain_permille(), &noise),
                temperature_centi: self.temperature.centi().saturating_add(noise.centidegrees),
            }
        })
    }

    /// The code of the applicator that hangs on it; 0 = none or unknown (PEM-07).
    pub(crate) fn applicator(&self) -> u16 {
        if !self.contacts.applicator {
            return 0;
        }
        self.faults.applicator().unwrap_or(self.plan.applicator)
    }

    /// When the unit is ready after its start.
    pub(crate) fn warm_ns(&self, since_ns: u64) -> u64 {
        self.answering_ns(since_ns) + u64::from(self.plan.warm_up_ms) * NANOS_PER_MILLI
    }

    fn hear(&mut self, byte: u8) {
        match self.cutter.push(byte) {
            None => {}
            Some(Run::TooLong) => self.bad_frames = self.bad_frames.wrapping_add(1),
            Some(Run::Whole(stuffed)) => self.line.arrive(self.now_ns(), stuffed, &self.faults),
        }
    }

    /// What would happen next of each kind, up to `limit_ns`.
    fn happenings(&self, limit_ns: u64) -> impl Iterator<Item = (u64, Happening)> {
        let [dose, time] = self.preset_ends(limit_ns);
        let next = [
            (self.next_tick(), Happening::Tick),
            (self.next_start(), Happening::Started),
            (self.lease_end(), Happening::LeaseEnd),
            (dose, Happening::DoseReached),
            (time, Happening::TimeReached),
            (self.controller.warning_until_ns(), Happening::WarningOver),
            (self.line.next_request_ns(), Happening::Request),
        ];
        let now_ns = self.now_ns();
        let known =
            next.into_iter().filter_map(move |(at_ns, what)| Some((at_ns?.max(now_ns), what)));
        known.filter(move |(at_ns, _)| *at_ns <= limit_ns)
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Tick => {
                let moved = self.temperature.tick(self.output_now());
                self.resting = !moved && self.stage.settled();
                self.check();
            }
            Happening::Started => self.start(),
            Happening::LeaseEnd => self.controller.end(StopCause::Lease),
            Happening::DoseReached => self.controller.end(StopCause::Dose),
            Happening::TimeReached => self.controller.end(StopCause::Time),
            Happening::WarningOver => self.controller.warning_over(),
            Happening::Request => {
                if let Some(stuffed) = self.line.next_request() {
                    self.answer(&stuffed);
                }
            }
        }
    }

    /// Time without events: the stage puts out, the sensor takes its sample on the way.
    fn flow(&mut self, to_ns: u64) {
        if let (Power::On { .. }, Some(at_ns)) = (self.power, self.sampler.due_ns(to_ns)) {
            self.sampler.take(at_ns, self.stage.output_milli(at_ns));
        }
        self.stage.advance(to_ns);
    }

    fn next_start(&self) -> Option<u64> {
        match self.power {
            Power::Starting { since_ns } => Some(self.answering_ns(since_ns)),
            Power::Off | Power::On { .. } => None,
        }
    }

    fn lease_end(&self) -> Option<u64> {
        if self.faults.has(Fault::IgnoreLease) {
            return None;
        }
        self.controller.lease_until_ns()
    }

    /// When the own meter, and when the own clock, will have counted the preset.
    fn preset_ends(&self, limit_ns: u64) -> [Option<u64>; 2] {
        let (Some(held), Some(grant)) = (&self.controller.held, &self.controller.grant) else {
            return [None, None];
        };
        let Some(from) = grant.preset_from.filter(|_| self.stage.driven()) else {
            return [None, None];
        };
        let spent_ns = self.stage.driven_ns() - from.driven_ns;
        let preset_ns = u64::from(held.preset_time_ms) * NANOS_PER_MILLI;
        let time_ns = self.now_ns() + preset_ns.saturating_sub(spent_ns);
        let preset = u128::from(held.preset_dose) * OWN_PER_MILLI;
        let left = preset.saturating_sub(self.stage.own() - from.own);
        [self.stage.own_reaches(left, limit_ns.min(time_ns)), Some(time_ns)]
    }

    /// The next step of the heat balance, if there is any balance to find.
    fn next_tick(&self) -> Option<u64> {
        (!self.resting).then(|| Temperature::next_tick_ns(self.now_ns()))
    }

    fn next_tick_trips(&self) -> bool {
        let mut ahead = self.temperature.clone();
        let at_ns = Temperature::next_tick_ns(self.now_ns());
        ahead.tick(self.stage.output_milli(at_ns));
        temperature::too_hot(ahead.centi(), self.latched & OVER_TEMPERATURE != 0)
            && self.latched & OVER_TEMPERATURE == 0
    }

    /// Tells the stage what the controller wants, what the wires allow, and what is broken in between.
    fn drive(&mut self) {
        let asked = self.asked_level().min(self.faults.clamp());
        let wanted = if self.faults.has(Fault::StuckOn) {
            self.stuck_level = self.stuck_level.max(asked);
            self.stuck_level
        } else {
            asked
        };
        let wired = self.power != Power::Off && self.contacts.chain_closed();
        if self.stage.aim(if wired { wanted } else { 0 }) {
            self.resting = false;
        }
    }

    /// What the controller wants to come out (LAS-06).
    fn asked_level(&self) -> u32 {
        let gated = self.plan.capability.footswitch_fitted && !self.contacts.footswitch;
        match (self.state(), &self.controller.held) {
            (Some(State::Emitting), Some(held)) if !gated => held.level,
            (_, _) => 0,
        }
    }

    fn is_fitted(&self, button: Button) -> bool {
        match button {
            Button::Key | Button::EStop | Button::Applicator => true,
            Button::Footswitch => self.plan.capability.footswitch_fitted,
            Button::Interlock => self.plan.capability.interlock_fitted,
        }
    }

    /// The causes of faults that are there now.
    fn present(&self) -> u32 {
        let tripped = self.latched & OVER_TEMPERATURE != 0;
        let frozen = self.frozen.map(|reading| reading.temperature_centi);
        let shown = frozen.unwrap_or_else(|| self.temperature.centi());
        let hot = temperature::too_hot(shown, tripped);
        let sensor_broken = self.faults.sensor() != Sensor::Ok;
        let heat = if hot && !sensor_broken { OVER_TEMPERATURE } else { 0 };
        self.faults.trips() | heat | if sensor_broken { TEMPERATURE_SENSOR } else { 0 }
    }

    /// Latches what is wrong; a unit that does not run finds out when it starts.
    fn check(&mut self) {
        if self.state().is_none() {
            return;
        }
        let found = self.present() & !self.latched;
        self.latched |= found;
        if found != 0 {
            self.controller.trip();
        }
    }

    /// Changes what is broken and lets every part feel it.
    fn refit(&mut self, change: impl FnOnce(&mut Faults)) {
        let applicator = self.applicator();
        change(&mut self.faults);
        if self.applicator() != applicator {
            self.controller.end(StopCause::Applicator);
        }
        let ambient = self.faults.ambient_centi();
        self.temperature.surround(ambient.unwrap_or(self.plan.ambient_centidegrees));
        self.resting = false;
        self.frozen = self.faults.has(Fault::Freeze).then(|| self.reading());
        self.stage.frozen = self.frozen.map(|reading| reading.output);
        self.stage.gain_permille = self.faults.gain_permille();
        self.stage.meter_gain_permille = self.faults.meter_gain_permille();
        self.check();
        self.drive();
    }

    fn reboot(&mut self) {
        match self.power {
            Power::Off => {}
            Power::Starting { .. } | Power::On { .. } => {
                self.stop_controller(Power::Starting { since_ns: self.now_ns() });
                self.drive();
            }
        }
    }

    /// The controller loses its memory; what it had to say is lost too.
    fn stop_controller(&mut self, next: Power) {
        self.power = next;
        self.cutter = Cutter::default();
        self.line.clear();
        self.controller.end(StopCause::None);
    }

    fn answering_ns(&self, since_ns: u64) -> u64 {
        since_ns + u64::from(self.plan.boot_ms) * NANOS_PER_MILLI
    }

    /// The controller is up: a new boot id, all counters from zero, and no emission, unless that is what is broken.
    fn start(&mut self) {
        let Power::Starting { since_ns } = self.power else { return };
        self.power = Power::On { since_ns };
        self.stage.forget();
        self.bad_frames = 0;
        let period_ms = self.plan.capability.sample_period_ms;
        self.sampler = Sampler::new(self.chance.random(), self.now_ns(), period_ms);
        let nonces = StdRng::seed_from_u64(self.chance.random());
        self.controller = Controller::new(nonces, self.latched == 0);
        self.check();
        if self.faults.has(Fault::AutoResume)
            && self.latched == 0
            && let Some(setting) = self.last_emitted.clone()
        {
            self.controller.resume(setting);
        }
    }
}
