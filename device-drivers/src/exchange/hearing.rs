//! What an answer, or its absence, means: the reports.

use alloc::vec::Vec;

use safety::{BootId, Demand, Fact, Grant, Identity, Instant, Modality, Nanos, Report};

use crate::{Out, Rank};

use super::{
    Exchange, Heard, Hearing, Introduced, Sense, Tongue, agenda::TELL_REPEAT, known::Held,
};

/// More than this without an answer in it is noise.
const INPUT_MAX: usize = 1_024;

/// How often the silence after an answer that did not come is doubled at most.
const DOUBLINGS_MAX: u32 = 4;

/// Something that was said and not yet answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<W> {
    pub(super) word: W,
    pub(super) turn: u32,
    /// When it was handed to the port.
    pub(super) asked: Instant,
    pub(super) rank: Rank,
    /// The grant of the run that is over when its answer comes.
    pub(super) run: Option<Grant>,
    /// From its last byte to the last byte of its answer, at worst; `None` if none comes.
    pub(super) answer: Option<Nanos>,
    pub(super) quiet: Nanos,
    /// Its answer is late from here on.
    pub(super) deadline: Instant,
    /// It counts as a bad frame already (COM-06).
    pub(super) counted: bool,
}

impl<M: Modality, T: Tongue<M>> Exchange<M, T> {
    /// When the first answer will be late.
    pub(super) fn deadline(&self) -> Instant {
        self.waiting.iter().map(|asked| asked.deadline).min().unwrap_or(Instant::NEVER)
    }

    /// From here on the unit hears what is said: what is said during a run is answered behind it.
    pub(super) fn heard_again(&self) -> Instant {
        let running = self.waiting.iter().filter(|asked| asked.run.is_some());
        running.map(|asked| asked.deadline).max().unwrap_or_default()
    }

    /// The newest frame left the line. What has no answer is over by that.
    pub(super) fn sent(&mut self, now: Instant) {
        let gap = self.tongue.manner().gap;
        let Some(asked) = self.waiting.back_mut() else { return };
        self.gap_until = self.gap_until.max(now.after(gap));
        self.rest_until = self.rest_until.max(now.after(asked.quiet)).max(self.gap_until);
        match asked.answer {
            Some(answer) => asked.deadline = asked.deadline.max(now.after(answer)),
            None => {
                let rank = asked.rank;
                self.waiting.pop_back();
                if rank == Rank::Order {
                    self.advance(now);
                }
            }
        }
    }

    /// Takes what came in.
    pub(super) fn receive(&mut self, now: Instant, bytes: &[u8], out: &mut Out<M>) {
        if !self.open {
            return;
        }
        self.input.extend_from_slice(bytes);
        while !self.input.is_empty() {
            let mut senses = Vec::new();
            let heard = self.tongue.hear(self.heard(), &mut senses);
            let taken = match heard {
                Hearing::More if self.input.len() <= INPUT_MAX => return,
                Hearing::More => INPUT_MAX,
                Hearing::Answer(taken)
                | Hearing::Unasked(taken)
                | Hearing::Passing(taken)
                | Hearing::Bad(taken) => taken,
            };
            let taken = taken.clamp(1, self.input.len());
            self.input.drain(..taken);
            self.stale = false;
            match heard {
                Hearing::Answer(_) => self.answered(now, &senses, out),
                Hearing::Unasked(_) => self.unasked(now, &senses),
                // It came too late for who was asked before, and says nothing of this unit.
                Hearing::Passing(_) if self.has_company() => {}
                Hearing::Passing(_) | Hearing::Bad(_) | Hearing::More => self.garbled(now, out),
            }
        }
    }

    fn heard(&self) -> Heard<'_, M, T::Word> {
        Heard {
            asked: self.answerable().filter(|_| !self.stale).map(|asked| (asked.word, asked.turn)),
            bytes: &self.input,
            spoiled: self.answerable().is_some_and(|asked| asked.counted),
            wanted: self.told.as_ref().map(|(setting, _)| setting),
        }
    }

    /// Whether others are on its line.
    pub(super) fn has_company(&self) -> bool {
        self.company.turns != Nanos::ZERO
    }

    /// The oldest that waits for an answer. What only waits to leave the line has none.
    fn answerable(&self) -> Option<&Asked<T::Word>> {
        self.waiting.iter().find(|asked| asked.answer.is_some())
    }

    /// Gives up waiting for the answers that are late.
    pub(super) fn expire(&mut self, now: Instant, out: &mut Out<M>) {
        while let Some(place) = self.waiting.iter().position(|asked| asked.deadline <= now) {
            let Some(asked) = self.waiting.remove(place) else { return };
            if !asked.counted {
                report(out, asked.asked, Fact::Garbled);
            }
            self.lost(now, asked.rank);
        }
    }

    /// An answer did not come. Nothing is asked until the line was silent for as long as an answer
    /// may take, so that it is not believed if it comes after all (COM-03).
    fn lost(&mut self, now: Instant, rank: Rank) {
        self.input.clear();
        self.missed = self.missed.saturating_add(1);
        self.stale = false;
        self.be_silent(now);
        match rank {
            Rank::Stop => {}
            Rank::Order => self.abandon(now),
            Rank::Ask => self.ask_anew(now),
        }
    }

    /// Who does not answer a unit's own questions may be another unit by the next.
    fn ask_anew(&mut self, now: Instant) {
        if matches!(self.introduced, Introduced::Asking(..)) || matches!(self.order, Demand::Off) {
            self.introduced = Introduced::Due(now);
        }
    }

    /// Twice as long for each answer in a row that did not come: a unit that is later than its plate
    /// says is outwaited, and does not meet the question behind its own for ever.
    fn be_silent(&mut self, now: Instant) {
        let doublings = self.missed.saturating_sub(1).min(DOUBLINGS_MAX);
        let silence = self.longest_answer().times(1 << doublings);
        self.rest_until = self.rest_until.max(now.after(silence));
    }

    /// Noise: counted once for each exchange, and once between two. While nothing waits it may be
    /// the answer to what was given up, so the line has to be silent anew.
    fn garbled(&mut self, now: Instant, out: &mut Out<M>) {
        let counts = match self.waiting.iter_mut().find(|asked| asked.answer.is_some()) {
            Some(asked) => !core::mem::replace(&mut asked.counted, true),
            None => !core::mem::replace(&mut self.noted, true),
        };
        if counts {
            report(out, now, Fact::Garbled);
        }
        if self.answerable().is_none() {
            self.be_silent(now);
        }
    }

    /// What a unit says unasked may be of before the last command, so it proves nothing. It is a
    /// reason to ask.
    fn unasked(&mut self, now: Instant, senses: &[Sense<M>]) {
        self.polled.fill(Instant::default());
        if senses.contains(&Sense::Restarted) {
            self.restarted(now);
        }
    }

    fn answered(&mut self, now: Instant, senses: &[Sense<M>], out: &mut Out<M>) {
        let place = self.waiting.iter().position(|asked| asked.answer.is_some());
        let Some(asked) = place.and_then(|place| self.waiting.remove(place)) else {
            return self.garbled(now, out);
        };
        self.missed = 0;
        if senses.contains(&Sense::Restarted) {
            self.restarted(now);
        }
        report(out, asked.asked, Fact::Boot(BootId(self.boot)));
        for sense in senses {
            self.known.take(asked.asked, *sense);
        }
        if asked.rank == Rank::Order {
            if senses.contains(&Sense::Refused) { self.abandon(now) } else { self.advance(now) }
        }
        self.note_introduction(now, asked.word, asked.asked, senses, out);
        self.note_off(now);
        self.note_setting(now, out);
        self.known.news(|asked, fact| report(out, asked, fact));
        if let (Some(grant), false) = (asked.run, senses.contains(&Sense::Refused)) {
            report(out, asked.asked, Fact::Ran(grant));
            self.ran = now;
            self.polled.fill(Instant::default());
        }
        self.note_run(out);
    }

    /// It forgot what it was told, or somebody else took it. Whoever answers has to prove anew what
    /// it is (COM-08).
    fn restarted(&mut self, now: Instant) {
        self.boot = self.boot.saturating_add(1);
        self.start_over(now);
    }

    /// One answer that differs from the plate is enough, whenever it comes (COM-07). One that does not
    /// answers its own question only: what is polled as well leaves no other question unasked.
    fn note_introduction(
        &mut self,
        now: Instant,
        word: T::Word,
        asked: Instant,
        senses: &[Sense<M>],
        out: &mut Out<M>,
    ) {
        let differs = senses.contains(&Sense::Plated(false));
        if differs {
            let since = match self.introduced {
                Introduced::Asking(_, since) => since,
                Introduced::Due(_) | Introduced::Proven(_) => asked,
            };
            self.judged = true;
            self.introduced = Introduced::Due(now.after(TELL_REPEAT));
            return report(out, since, Fact::Identity(Identity::Differs));
        }
        let Introduced::Asking(at, since) = self.introduced else { return };
        let own = self.tongue.introduction().get(at) == Some(&word);
        if !own || !senses.contains(&Sense::Plated(true)) {
            return;
        }
        if at.saturating_add(1) < self.tongue.introduction().len() {
            self.introduced = Introduced::Asking(at.saturating_add(1), since);
        } else {
            self.judged = true;
            self.introduced = Introduced::Proven(now);
            report(out, since, Fact::Identity(Identity::Proven));
        }
    }

    /// A unit that is found on by a question of after the last Off is told off at once, unless it
    /// was turned on since.
    fn note_off(&mut self, now: Instant) {
        let Some(said) = self.stop.said else { return };
        if !self.stop.proven {
            if self.known.off_since().is_some_and(|asked| said < asked) {
                self.prove_off(now);
            }
            return;
        }
        let turned_on = match self.order {
            Demand::Emit { grant, .. } => self.used >= Some(grant) || self.enabled,
            Demand::Off | Demand::Prepare(_) | Demand::Warn(_) => false,
        };
        let found_on = self.known.on_since().is_some_and(|asked| said < asked);
        if found_on && (!turned_on || self.lapsed) {
            self.begin_stop(now);
        }
    }

    /// Reports what was read back. A unit that does not hold what it was told is told again, until
    /// it is turned on.
    fn note_setting(&mut self, now: Instant, out: &mut Out<M>) {
        let since = self.told.map_or(Instant::default(), |(_, since)| since);
        let Some((asked, held)) = self.known.news_of_setting(since) else { return };
        let told = self.told.map(|(setting, _)| setting);
        let setting = told.filter(|_| held == Held::All);
        report(out, asked, Fact::Setting(setting));
        let may_tell = match self.order {
            Demand::Prepare(_) | Demand::Warn(_) => true,
            Demand::Off | Demand::Emit { .. } => false,
        };
        if held == Held::Differs && told.is_some() && may_tell {
            self.told = None;
            self.tell_due = self.tell_due.max(now);
        }
    }

    /// A run that was taken is over once the unit says so to a question of after its end.
    fn note_run(&mut self, out: &mut Out<M>) {
        let Some(run) = self.run else { return };
        let over = match (self.tongue.manner().brings.running, self.known.running) {
            (true, Some((asked, running))) => (run.over <= asked && !running).then_some(asked),
            (true, None) => None,
            (false, _) => self.known.emission_since().filter(|asked| run.over <= *asked),
        };
        if let Some(asked) = over {
            self.run = None;
            report(out, asked, Fact::Ran(run.grant));
        }
    }
}

fn report<M: Modality>(out: &mut Out<M>, asked: Instant, fact: Fact<M>) {
    out.reports.push(Report { asked, fact });
}
