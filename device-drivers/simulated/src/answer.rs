//! From a request to its reply: the controller judges, the unit gathers what the reply says.

use crate::{
    controller::{Spent, Surroundings},
    fault::Fault,
    frame::Frame,
    identity,
    kind::{Command, Kind, REPLY},
    outcome::{Outcome, Refusal},
    plan::Plan,
    setting::Setting,
    stage::{OWN_PER_MICRO, OWN_PER_MILLI},
    state::State,
    status::{Remaining, Status},
    unit::{Power, Unit},
};

const NANOS_PER_MILLI: u64 = 1_000_000;

/// Bytes of preset and lease, which a setting has and a level has not.
const PRESET_BYTES: usize = 10;

/// The blocker that stands for an applicator that is not there or not known.
const BLOCKER_APPLICATOR: u16 = 1 << 3;

/// The blocker that stands for a unit that is not ready yet.
const BLOCKER_WARMING_UP: u16 = 1 << 5;

impl Unit {
    /// Acts on a frame from the line and queues the reply, if it gets one.
    pub(crate) fn answer(&mut self, stuffed: &[u8]) {
        let Power::On { since_ns } = self.power else { return };
        let Some(frame) = Frame::decode(stuffed) else {
            self.bad_frames = self.bad_frames.wrapping_add(1);
            return;
        };
        let for_us = frame.address == self.plan.address && frame.kind & REPLY == 0;
        if !for_us || command(&frame).is_some_and(|command| self.faults.ignores(command)) {
            return;
        }
        let around = self.surroundings(since_ns);
        let payload = self.act(&frame, &around);
        let reply = Frame {
            kind: frame.kind | REPLY,
            boot_id: self.controller.boot_id,
            uptime_ms: around.uptime_ms,
            payload,
            ..frame
        };
        let due_ns = self.now_ns() + u64::from(self.plan.answer_us) * 1_000;
        self.line.send(due_ns, reply.line(), &self.faults);
    }

    /// Does what is asked, or only says so, and gives the payload of the reply.
    fn act(&mut self, frame: &Frame, around: &Surroundings) -> Vec<u8> {
        let command = command(frame);
        let memory = command
            .filter(|command| self.faults.acknowledges(*command))
            .map(|_| self.controller.clone());
        let judged = self.controller.judge(frame, around, &self.plan.capability);
        let payload = self.reply(frame, judged, around);
        match memory {
            Some(memory) => self.controller = memory,
            None if command == Some(Command::Enable) && judged.is_ok() => {
                self.last_emitted.clone_from(&self.controller.held);
            }
            None => {}
        }
        payload
    }

    fn reply(
        &self,
        frame: &Frame,
        judged: Result<Kind, Refusal>,
        around: &Surroundings,
    ) -> Vec<u8> {
        let state = self.controller.state;
        match judged {
            Err(refusal) => head(refusal.outcome, state, refusal.detail),
            Ok(Kind::Status) => {
                let blockers = self.controller.blockers(around, &self.plan.capability);
                let mut payload = head(Outcome::Ok, state, blockers);
                let level_bytes = Setting::bytes(&self.plan.capability.modality) - PRESET_BYTES;
                payload.extend(self.status(around).encode(level_bytes));
                payload
            }
            Ok(kind) => {
                let mut payload = head(Outcome::Ok, state, 0);
                self.extend(&mut payload, kind, frame);
                payload
            }
        }
    }

    fn extend(&self, payload: &mut Vec<u8>, kind: Kind, frame: &Frame) {
        match kind {
            Kind::Identify => {
                let (plan, applicator) = (self.shown_plan(), self.applicator());
                payload.extend(identity::fields(&plan, applicator));
                let boot_id = self.controller.boot_id;
                payload.extend(identity::proof(&plan, &frame.payload, boot_id, applicator));
            }
            Kind::Capabilities => payload.extend(self.plan.capability.record()),
            Kind::Do(Command::Set) => {
                payload.extend(self.controller.held.iter().flat_map(Setting::encode));
            }
            Kind::Do(Command::Off) => payload.extend(self.sampler.number().to_le_bytes()),
            Kind::Status | Kind::Do(Command::Warn | Command::Enable | Command::Renew) => {}
        }
    }

    /// The plate that it shows, which need not be its own (COM-07).
    fn shown_plan(&self) -> Plan {
        let mut plan = self.plan.clone();
        if self.faults.has(Fault::Identity) {
            plan.serial = format!("X{}", plan.serial);
            plan.key = identity::key_of(&plan.serial);
        }
        if self.faults.has(Fault::Impostor) {
            plan.key = identity::key_of("impostor");
        }
        if self.faults.has(Fault::Firmware) {
            plan.firmware = "9.9.9".into();
        }
        plan
    }

    fn surroundings(&self, since_ns: u64) -> Surroundings {
        let now_ns = self.now_ns();
        let unknown = if self.applicator() == 0 { BLOCKER_APPLICATOR } else { 0 };
        let cold = if now_ns < self.warm_ns(since_ns) { BLOCKER_WARMING_UP } else { 0 };
        Surroundings {
            now_ns,
            uptime_ms: now_ns.saturating_sub(since_ns) / NANOS_PER_MILLI,
            blockers: self.contacts.blockers() | unknown | cold,
            healthy: self.latched == 0,
            spent: Spent { own: self.stage.own(), driven_ns: self.stage.driven_ns() },
        }
    }

    fn status(&self, around: &Surroundings) -> Status {
        let reading = self.reading();
        let lease_ns = self.controller.lease_until_ns().unwrap_or(0);
        Status {
            last_sequence: self.controller.last_sequence,
            enable_nonce: self.controller.enable_nonce,
            last_enable: self.controller.last_enable,
            stop_cause: self.controller.stop_cause,
            contacts: self.contacts.bits(),
            sensor: self.faults.sensor(),
            sample: self.sampler.number(),
            output: reading.output,
            dose_counter: u64::try_from(self.stage.own().div_ceil(OWN_PER_MICRO))
                .unwrap_or(u64::MAX),
            emission_ms: low_word(millis_up(self.stage.driven_ns())),
            temperature_centi: reading.temperature_centi,
            applicator: self.applicator(),
            faults: self.latched,
            lease_remaining_ms: u16::try_from(millis_up(lease_ns.saturating_sub(around.now_ns)))
                .unwrap_or(u16::MAX),
            bad_frames: self.bad_frames,
            remaining: self.remaining(around.spent),
            held: self.controller.held.clone(),
        }
    }

    /// What is left of the preset, rounded up.
    fn remaining(&self, now: Spent) -> Remaining {
        let Some(held) = &self.controller.held else { return Remaining::default() };
        let from = self.controller.grant.as_ref().map_or(Some(now), |grant| grant.preset_from);
        let Some(from) = from else { return Remaining::default() };
        let preset = u128::from(held.preset_dose) * OWN_PER_MILLI;
        let dose = preset.saturating_sub(now.own - from.own).div_ceil(OWN_PER_MILLI);
        let preset_ns = u64::from(held.preset_time_ms) * NANOS_PER_MILLI;
        let time_ns = preset_ns.saturating_sub(now.driven_ns - from.driven_ns);
        Remaining {
            dose: u32::try_from(dose).unwrap_or(u32::MAX),
            time_ms: low_word(millis_up(time_ns)),
        }
    }
}

/// The four bytes that begin every reply.
pub(crate) fn head(outcome: Outcome, state: State, detail: u16) -> Vec<u8> {
    let [low, high] = detail.to_le_bytes();
    vec![outcome.code(), state.code(), low, high]
}

fn command(frame: &Frame) -> Option<Command> {
    match Kind::from_code(frame.kind)? {
        Kind::Do(command) => Some(command),
        Kind::Identify | Kind::Capabilities | Kind::Status => None,
    }
}

fn millis_up(ns: u64) -> u64 {
    ns.div_ceil(NANOS_PER_MILLI)
}

/// Counters in Status wrap.
fn low_word(count: u64) -> u32 {
    u32::try_from(count & u64::from(u32::MAX)).unwrap_or(0)
}
