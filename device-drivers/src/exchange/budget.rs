//! How long the stop path of a unit takes at worst, from the bytes of its own words.

use safety::{Modality, Nanos};

use crate::Budget;

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
    pub(super) fn stop_path(&self) -> Budget {
        let manner = self.tongue.manner();
        let longest = self.tongue.polls().iter().chain(self.tongue.introduction());
        let in_flight = longest.map(|word| match manner.half_duplex {
            true => self.exchange_time(word),
            false => self.frame_time(word),
        });
        let off = self.tongue.off().iter().map(|word| {
            let saying = self.tongue.say(*word, 0);
            self.frame_time(word).plus(saying.quiet.max(manner.gap))
        });
        let off = off.fold(Nanos::ZERO, Nanos::plus);
        Budget {
            detect: manner.link,
            turn: in_flight.max().unwrap_or_default().plus(manner.gap).plus(PUMP),
            confirm: off.plus(manner.fall).plus(self.proof_time()),
            lease: manner.lease,
        }
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
}
