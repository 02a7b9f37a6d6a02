//! What was asked and not yet answered, and whether it counts as bad already.

use alloc::{collections::VecDeque, vec::Vec};

use safety::{Instant, Nanos};

use super::{codec::Telegram, message::Kind};

/// How many answers may be outstanding: one question, and the Offs that outran it. A third Off
/// within the time of an answer takes the place of the oldest.
const OUTSTANDING_MAX: usize = 3;
/// How many questions are remembered whose answer did not come in time. A unit that answers one a
/// second late was asked some forty others since.
const OVERDUE_MAX: usize = 64;

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

impl Question {
    fn is_answered_by(&self, telegram: &Telegram) -> bool {
        self.sequence == telegram.sequence && self.kind.reply_code() == telegram.kind
    }
}

/// The questions without an answer, oldest first.
///
/// An exchange that goes wrong is one bad frame, whichever way it shows (COM-06): that its answer
/// is garbled, comes late or does not come.
#[derive(Clone, Debug, Default)]
pub(super) struct Questions {
    waiting: Vec<Question>,
    /// How many of those that wait count as bad already, for what was garbled meanwhile. Which of
    /// them was answered by it cannot be known. If none waits: noise was counted since the last.
    garbled: usize,
    /// Those that nobody waits for any more, and that were counted for it.
    overdue: VecDeque<Question>,
}

impl Questions {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Adds a question. Gives back the oldest if there are too many: nobody waits for it any more.
    pub(super) fn put(&mut self, question: Question) -> Option<Question> {
        let oldest = (self.waiting.len() >= OUTSTANDING_MAX).then(|| self.waiting.remove(0));
        self.forget_noise();
        self.waiting.push(question);
        oldest
    }

    /// The newest question left the line: only now does its unit begin to think.
    pub(super) fn sent(&mut self, now: Instant) {
        if let Some(question) = self.waiting.last_mut() {
            question.deadline = question.deadline.max(now.after(question.answer));
        }
    }

    /// Takes the question that `telegram` answers, by kind and sequence, if it waits (COM-03).
    pub(super) fn answered(&mut self, telegram: &Telegram) -> Option<Question> {
        let index = self.waiting.iter().position(|question| question.is_answered_by(telegram))?;
        let question = self.waiting.remove(index);
        self.forget_noise();
        Some(question)
    }

    /// Whether `telegram` answers a question that was counted when its time was over. That is true
    /// once: a second copy is another bad frame.
    pub(super) fn was_overdue(&mut self, telegram: &Telegram) -> bool {
        let index = self.overdue.iter().position(|question| question.is_answered_by(telegram));
        index.and_then(|index| self.overdue.remove(index)).is_some()
    }

    /// Something garbled came in. Whether it counts: not if every question that waits counts
    /// already, and noise between two questions counts once.
    pub(super) fn garble(&mut self) -> bool {
        let counts = self.garbled < self.waiting.len().max(1);
        if counts {
            self.garbled += 1;
        }
        counts
    }

    /// Takes a question whose answer is late, and whether that counts: not if the answer was
    /// counted when it came garbled.
    pub(super) fn late(&mut self, now: Instant) -> Option<(Question, bool)> {
        let index = self.waiting.iter().position(|question| question.deadline <= now)?;
        let question = self.waiting.remove(index);
        let counts = self.garbled == 0;
        self.garbled = self.garbled.saturating_sub(1);
        if self.overdue.len() >= OVERDUE_MAX {
            self.overdue.pop_front();
        }
        self.overdue.push_back(question);
        Some((question, counts))
    }

    /// When the first answer will be late.
    pub(super) fn deadline(&self) -> Instant {
        let deadlines = self.waiting.iter().map(|question| question.deadline);
        deadlines.min().unwrap_or(Instant::NEVER)
    }

    /// What was counted excuses no more questions than wait.
    fn forget_noise(&mut self) {
        self.garbled = self.garbled.min(self.waiting.len());
    }
}
