//! What was asked and not yet answered.

use alloc::vec::Vec;

use safety::{Instant, Nanos};

use super::{codec::Telegram, message::Kind};

/// How many answers may be outstanding: one question, and the Offs that outran it. A third Off
/// within the time of an answer takes the place of the oldest.
const OUTSTANDING_MAX: usize = 3;

/// One question without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) kind: Kind,
    pub(super) sequence: u32,
    /// When it was handed to the port.
    pub(super) asked: Instant,
    /// From its last byte to the last byte of its answer, at worst.
    pub(super) answer: Nanos,
    /// Its answer is late from here on.
    pub(super) deadline: Instant,
}

/// The questions without an answer, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Questions(Vec<Question>);

impl Questions {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds a question. Gives back the oldest if there are too many: nobody waits for it any more.
    pub(super) fn put(&mut self, question: Question) -> Option<Question> {
        let oldest = (self.0.len() >= OUTSTANDING_MAX).then(|| self.0.remove(0));
        self.0.push(question);
        oldest
    }

    /// The newest question left the line: only now does its unit begin to think.
    pub(super) fn sent(&mut self, now: Instant) {
        if let Some(question) = self.0.last_mut() {
            question.deadline = question.deadline.max(now.after(question.answer));
        }
    }

    /// Takes the question that `telegram` answers, by kind and sequence, if it waits (COM-03).
    pub(super) fn answered(&mut self, telegram: &Telegram) -> Option<Question> {
        let index = self.0.iter().position(|question| {
            question.sequence == telegram.sequence && question.kind.reply_code() == telegram.kind
        })?;
        Some(self.0.remove(index))
    }

    /// Takes a question whose answer is late.
    pub(super) fn late(&mut self, now: Instant) -> Option<Question> {
        let index = self.0.iter().position(|question| question.deadline <= now)?;
        Some(self.0.remove(index))
    }

    /// When the first answer will be late.
    pub(super) fn deadline(&self) -> Instant {
        let deadlines = self.0.iter().map(|question| question.deadline);
        deadlines.min().unwrap_or(Instant::NEVER)
    }
}
