//! How long the stop path of a unit takes at worst, from the bytes of its own words.

use safety::{Modality, Nanos};

use crate::{Budget, Share};

use super::{Exchange, Tongue, agenda::HOST};

/// What the pump of a line may add.
const PUMP: Nanos = Nanos::from_millis(2);

impl<M: Modality, T: Tongue<M>> Exchange<M, T> {
    /// The longest that an answer to any question of the polls may take.
    pub(super) fn longest_answer(&self) -> Nanos {
        let words = self.tongue.polls().iter().chain(self.tongue.introduction());
        let answers = words.filter_map(|word| self.tongue.say(*word, 0).answer);
        let times = answers.map(|(within, bytes)| self.answer_time(within, bytes));
        times.max().unwrap_or(HOST)
    }

    /// A frame in flight, with its answer where both share the wires, and the gap behind it; then
    /// every word of Off with its rest, the fall of the output, and the questions that prove it.
    ///
    /// In company, the frame in flight may be another's, all others may be stopped ahead of this one,
    /// and each of its own words but the first waits until they had a turn.
    pub(super) fn stop_path(&self) -> Budget {
        let (manner, company) = (self.tongue.manner(), &self.company);
        let longest = self.tongue.polls().iter().chain(self.tongue.introduction());
        let in_flight = longest.map(|word| match manner.half_duplex {
            true => self.exchange_time(word),
            false => self.frame_time(word),
        });
        let in_flight = in_flight.max().unwrap_or_default().plus(manner.gap);
        let off = self.tongue.off().iter().map(|word| {
            let saying = self.tongue.say(*word, 0);
            self.frame_time(word).plus(saying.quiet.max(manner.gap))
        });
        let off = off.fold(Nanos::ZERO, Nanos::plus);
        let more = count(self.tongue.off().len().saturating_sub(1));
        Budget {
            detect: manner.link.max(self.deviation_time()),
            turn: in_flight.max(company.word).plus(company.stops).plus(PUMP),
            confirm: off
                .plus(company.turns.times(more))
                .plus(manner.fall)
                .plus(self.proof_time())
                .plus(self.proof_wait()),
            lease: manner.lease,
        }
    }

    /// What this unit takes of its line.
    pub(super) fn taken(&self) -> Share {
        let manner = self.tongue.manner();
        let whole = |word: &T::Word| {
            let rest = self.tongue.say(*word, 0).quiet.max(manner.gap);
            self.exchange_time(word).plus(rest)
        };
        let (polls, commands) = (self.tongue.polls(), self.tongue.commands());
        let words = || polls.iter().chain(self.tongue.introduction());
        let stop = self.tongue.off().iter().map(whole).max().unwrap_or_default();
        let word = words().chain(&commands).map(whole).max().unwrap_or_default().max(stop);
        let ready = || words().chain(commands.iter().take(self.tongue.tells()));
        let bytes = polls.iter().map(|word| self.least_time(word).plus(manner.gap.times(2)));
        Share {
            gap: manner.gap,
            word,
            stop,
            words: count(ready().count()),
            round: ready().map(whole).fold(Nanos::ZERO, Nanos::plus),
            bytes: bytes.fold(Nanos::ZERO, Nanos::plus),
        }
    }

    /// How long the questions that prove off wait for their turns.
    pub(super) fn proof_wait(&self) -> Nanos {
        self.company.turns.times(count(self.tongue.proofs()))
    }

    /// Two answers in a row that deviate, where others hold the line between them.
    fn deviation_time(&self) -> Nanos {
        if !self.has_company() {
            return Nanos::ZERO;
        }
        let (polls, gap) = (self.tongue.polls(), self.tongue.manner().gap);
        let round = polls.iter().map(|word| self.exchange_time(word).plus(gap));
        let turns = self.company.turns.times(count(polls.len()));
        round.fold(turns, Nanos::plus).times(2)
    }

    /// How long the questions that prove off take with their answers.
    pub(super) fn proof_time(&self) -> Nanos {
        let words = self.tongue.polls().iter().take(self.tongue.proofs());
        let times = words.map(|word| self.exchange_time(word).plus(self.tongue.manner().gap));
        times.fold(Nanos::ZERO, Nanos::plus)
    }

    fn frame_time(&self, word: &T::Word) -> Nanos {
        self.bytes_time(self.tongue.say(*word, 0).bytes.len())
    }

    fn exchange_time(&self, word: &T::Word) -> Nanos {
        let answer = self.tongue.say(*word, 0).answer;
        let answer = answer.map(|(within, bytes)| self.answer_time(within, bytes));
        self.frame_time(word).plus(answer.unwrap_or_default())
    }

    /// A frame and its answer if the unit thought for no time.
    fn least_time(&self, word: &T::Word) -> Nanos {
        let bytes = self.tongue.say(*word, 0).answer.map_or(0, |(_, bytes)| bytes);
        self.frame_time(word).plus(self.bytes_time(bytes))
    }
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
