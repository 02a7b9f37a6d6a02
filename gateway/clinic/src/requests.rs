//! Answers to requests that may be asked again (API-02).

use alloc::collections::VecDeque;

use safety::{Instant, Nanos};

use crate::{
    effect::{Answer, Refused},
    happening::Ask,
    name::RequestId,
};

/// For how long the first answer is given again.
const WINDOW: Nanos = Nanos::from_secs(600);
/// How many answers are kept. A request that was asked before this many others is new again.
const KEPT_MAX: usize = 1_024;

/// The latest answers.
#[derive(Debug, Default)]
pub(crate) struct Requests(VecDeque<Kept>);

#[derive(Debug)]
struct Kept {
    at: Instant,
    request: RequestId,
    ask: Ask,
    answer: Answer,
}

impl Requests {
    /// The answer that this request was given before, if it was.
    pub(crate) fn recall(
        &mut self,
        now: Instant,
        request: &RequestId,
        ask: &Ask,
    ) -> Option<Answer> {
        while self.0.front().is_some_and(|kept| WINDOW <= now.since(kept.at)) {
            self.0.pop_front();
        }
        let kept = self.0.iter().find(|kept| kept.request == *request)?;
        Some(match kept.ask == *ask {
            true => kept.answer.clone(),
            false => Answer::Refused(Refused::RequestReused),
        })
    }

    pub(crate) fn keep(&mut self, now: Instant, request: RequestId, ask: Ask, answer: Answer) {
        if self.0.len() >= KEPT_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Kept { at: now, request, ask, answer });
    }
}
