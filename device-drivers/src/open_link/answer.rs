//! What an answer, or its absence, means: the reports.

use safety::{
    BootId, Contacts, Demand, Emission, Fact, Identity, Instant, Nanos, Output, Report, Setting,
};

use crate::Out;

use super::{
    OpenLink,
    agenda::FAST,
    challenge::{CHALLENGE_REPEAT, Challenge},
    codec::{Cut, Telegram},
    message::{Kind, Reply, State, Status, decode_setting},
    question::Question,
    spoken::Spoken,
    stop::Proof,
    unit::{Offer, Unit},
};

/// How long a line rests after an answer, for RS-485 (open-link, section 8).
const REST: Nanos = Nanos::from_micros(500);
/// A unit that took this sequence takes no more commands until its next start (section 5).
const SEQUENCE_MAX: u32 = u32::MAX;

impl<M: Spoken> OpenLink<M> {
    /// Takes what came in.
    pub(super) fn receive(&mut self, now: Instant, bytes: &[u8], out: &mut Out<M>) {
        if !self.open {
            return;
        }
        for byte in bytes {
            match self.cutter.push(*byte) {
                Some(Cut::Telegram(telegram)) => self.take(now, &telegram, out),
                Some(Cut::Garbled) if self.questions.garble() => report(out, now, Fact::Garbled),
                Some(Cut::Garbled) | None => {}
            }
        }
    }

    /// Gives up waiting for the answers that are late.
    pub(super) fn expire(&mut self, now: Instant, out: &mut Out<M>) {
        while let Some((question, counts)) = self.questions.late(now) {
            if counts {
                report(out, question.asked, Fact::Garbled);
            }
            self.lost(now, question);
        }
    }

    /// The answer to `question` will not be believed any more. What is harmless twice is asked
    /// again; an Enable is not, Status will tell (COM-05).
    pub(super) fn lost(&mut self, now: Instant, question: Question) {
        match question.kind {
            Kind::Identify | Kind::Capabilities => {
                self.challenge = Challenge::Due(now.after(self.plate.poll));
            }
            Kind::Enable => self.hurry = true,
            Kind::Status => self.again(|unit| unit.offer = None),
            Kind::Set => self.again(|unit| unit.set_due = now),
            // Not at once: what is asked again and again leaves no turn for Status.
            Kind::Warn => self.again(|unit| unit.warn_due = now.after(FAST)),
            Kind::Renew => self.again(|unit| {
                if let Some(run) = &mut unit.run {
                    run.renew_due = now.after(FAST);
                }
            }),
            Kind::Off => {}
        }
    }

    fn again(&mut self, due: impl FnOnce(&mut Unit)) {
        if let Some(unit) = &mut self.unit {
            due(unit);
        }
    }

    /// A frame that answers nothing is dropped and counted (COM-03), unless it answers what was
    /// counted when its time was over (COM-06).
    fn take(&mut self, now: Instant, telegram: &Telegram, out: &mut Out<M>) {
        let ours = telegram.address == self.plate.address && telegram.boot != 0;
        let question = if ours { self.questions.answered(telegram) } else { None };
        let Some(question) = question else {
            if !(ours && self.questions.was_overdue(telegram)) {
                report(out, now, Fact::Garbled);
            }
            return;
        };
        match Reply::decode(question.kind, &telegram.payload) {
            Some(reply) => {
                self.rest_until = now.after(REST);
                self.hear(now, telegram);
                report(out, question.asked, Fact::Boot(BootId(telegram.boot)));
                self.answer_to(now, question, reply, out);
            }
            None => {
                report(out, now, Fact::Garbled);
                self.lost(now, question);
            }
        }
    }

    /// Notes which start of the unit spoke. Of a new one nothing is known, nothing that was granted
    /// before it stands, and it is told off first (COM-08).
    fn hear(&mut self, now: Instant, telegram: &Telegram) {
        match &mut self.unit {
            Some(unit) if unit.boot == telegram.boot => unit.hear(telegram.uptime_millis, now),
            before => {
                let rebooted = before.is_some();
                *before = Some(Unit::new(telegram.boot, telegram.uptime_millis, now));
                if rebooted {
                    self.start_over(now);
                }
            }
        }
    }

    fn answer_to(&mut self, now: Instant, question: Question, reply: Reply<M>, out: &mut Out<M>) {
        match reply {
            Reply::Refused => self.refused(now, question, out),
            Reply::Done => self.done(question),
            Reply::Held(held) => {
                self.hurry = true;
                self.again(|unit| unit.held = Some(held));
            }
            Reply::Off { sample } => self.stop.answered(question.asked, sample),
            Reply::Introduced(introduction) => {
                if let Challenge::Asked { asked, challenge } = self.challenge {
                    self.claim = Some(introduction.claim.clone());
                    self.challenge = Challenge::Introduced { asked, challenge, introduction };
                }
            }
            Reply::Capable(record) => self.judge(now, &record, out),
            Reply::Status(status) => self.status(now, question.asked, &status, out),
        }
    }

    /// What was refused is a fact, not an error: the next Status tells the rest.
    fn refused(&mut self, now: Instant, question: Question, out: &mut Out<M>) {
        match question.kind {
            Kind::Set => report(out, question.asked, Fact::Setting(None)),
            Kind::Identify => self.conclude(now, question.asked, Identity::Differs, out),
            Kind::Capabilities => {
                let asked = match self.challenge {
                    Challenge::Introduced { asked, .. } => asked,
                    Challenge::Due(_) | Challenge::Again(_) | Challenge::Asked { .. } => return,
                };
                self.conclude(now, asked, Identity::Differs, out);
            }
            Kind::Enable => self.again(|unit| unit.run = None),
            Kind::Status | Kind::Warn | Kind::Renew | Kind::Off => {}
        }
        self.hurry = question.kind != Kind::Status;
    }

    fn done(&mut self, question: Question) {
        self.hurry |= matches!(question.kind, Kind::Warn | Kind::Enable);
        if question.kind == Kind::Warn {
            self.again(|unit| unit.warned = Some(question.asked));
        }
    }

    /// Both answers are here. The verdict is as old as the older question.
    fn judge(&mut self, now: Instant, record: &[u8], out: &mut Out<M>) {
        let Some(boot) = self.unit.as_ref().map(|unit| unit.boot) else { return };
        if let Challenge::Introduced { asked, challenge, introduction } = &self.challenge {
            let (asked, verdict) =
                (*asked, introduction.judge(&self.plate, challenge, boot, record));
            self.conclude(now, asked, verdict, out);
        }
    }

    fn conclude(&mut self, now: Instant, asked: Instant, verdict: Identity, out: &mut Out<M>) {
        self.judged = true;
        self.challenge = Challenge::Again(now.after(CHALLENGE_REPEAT));
        if let Some(claim) = &mut self.claim {
            claim.outcome = Some(verdict);
        }
        report(out, asked, Fact::Identity(verdict));
    }

    /// Reports everything that a Status says, and takes from it what the machine goes by.
    fn status(&mut self, now: Instant, asked: Instant, status: &Status<M>, out: &mut Out<M>) {
        self.count_on(status.last_sequence);
        self.watch_applicator(now, status.applicator);
        self.note(asked, status);
        let fitting = status.contacts.applicator && status.applicator == self.plate.applicator;
        let contacts = Contacts { applicator: fitting, ..status.contacts };
        report(out, asked, Fact::Contacts(contacts));
        report(out, asked, Fact::Faults(status.faults));
        report(out, asked, Fact::Temperature(status.temperature));
        if self.is_telling(asked, status) {
            report(out, asked, Fact::Emission(emission(status)));
        }
        report(out, asked, Fact::Setting(self.setting(status)));
        self.prove(now, asked, status);
    }

    /// Commands go on above the last sequence that the unit took (open-link, section 5).
    fn count_on(&mut self, last: u32) {
        if self.sequence < last && last != SEQUENCE_MAX {
            self.sequence = last;
        }
        self.again(|unit| unit.counted = true);
    }

    /// Another applicator is another unit until it proves otherwise (LAS-18, PEM-07).
    fn watch_applicator(&mut self, now: Instant, applicator: u16) {
        let Some(unit) = &mut self.unit else { return };
        let before = unit.applicator.replace(applicator);
        if before.is_some_and(|before| before != applicator) {
            self.challenge = Challenge::Due(now);
        }
    }

    /// Takes from a Status what the unit holds and offers.
    fn note(&mut self, asked: Instant, status: &Status<M>) {
        let Some(unit) = &mut self.unit else { return };
        let ready = status.state == State::Warning && status.blockers == 0;
        unit.offer = Some(Offer { nonce: status.nonce, asked, ready });
        let held = unit.held.as_deref().and_then(decode_setting::<M>);
        if held.map(|setting| setting.level) != status.level {
            unit.held = None;
        }
        let on = status.state == State::Emitting;
        unit.run = unit
            .run
            .filter(|run| asked <= run.asked || (on && status.last_enable_nonce == run.nonce));
    }

    /// The setting as held. The level stands in every Status. Of the preset Status shows what is
    /// left: in SET and WARNING that is all of it, as nothing was emitted; in EMITTING it is what
    /// the answer to Set said, for no other Set is taken until the emission ends, and the Enable
    /// that began it carried the digest of exactly that (DOS-06).
    fn setting(&self, status: &Status<M>) -> Option<Setting<M>> {
        let level = status.level?;
        let held = self.unit.as_ref().and_then(|unit| unit.held.as_deref());
        let held = held.and_then(decode_setting::<M>);
        let preset = match (status.state, held) {
            (State::Emitting, Some(held)) if M::covers(held.preset, status.left) => held.preset,
            (
                State::Standby | State::Set | State::Warning | State::Emitting | State::Fault,
                Some(_) | None,
            ) => status.left,
        };
        Some(Setting { level, preset })
    }

    /// Whether a Status tells of emission after the stop: that it emits always does, that it is off
    /// only in a sample that was taken after an Off (LAS-12, PEM-08).
    fn is_telling(&self, asked: Instant, status: &Status<M>) -> bool {
        let fresh = match self.stop.proof {
            Proof::Awaited => false,
            Proof::Since { asked: off, sample } => off <= asked && status.is_newer_than(sample),
            Proof::Proven => true,
        };
        fresh || status.state == State::Emitting
    }

    fn prove(&mut self, now: Instant, asked: Instant, status: &Status<M>) {
        let on = status.state == State::Emitting;
        let off = matches!(self.order, Demand::Off) || self.lapsed;
        let pending = self.stop.proof != Proof::Proven;
        if on && (off || pending) {
            self.stop.found_on(asked, now);
        } else if pending
            && self.is_telling(asked, status)
            && status.output.count() < self.plate.off_below.count()
        {
            self.stop.prove();
        }
    }
}

fn emission<M: Spoken>(status: &Status<M>) -> Emission<M::Output> {
    Emission {
        enabled: status.state == State::Emitting,
        output: status.output,
        counter: Some(status.counter),
    }
}

fn report<M: Spoken>(out: &mut Out<M>, asked: Instant, fact: Fact<M>) {
    out.reports.push(Report { asked, fact });
}
