//! Stops that wait for their proof.

use alloc::vec::Vec;

use safety::{Instant, Nanos};

use crate::{effect::StopProof, name::CallId};

/// How many stops of one unit may wait to be answered. Every one of them is acted on; the answer to
/// one beyond these says only that it was taken.
const STOPS_MAX: usize = 64;

/// The stops of one unit that were not yet answered.
#[derive(Debug, Default)]
pub(crate) struct Stops(Vec<Waiting>);

#[derive(Debug)]
struct Waiting {
    call: CallId,
    proof: StopProof,
    until: Instant,
}

impl Stops {
    pub(crate) fn begin(&mut self, now: Instant, call: Option<CallId>, patience: Nanos) {
        let Some(call) = call else { return };
        if self.0.len() >= STOPS_MAX
            && let Some(oldest) = self.0.first_mut()
        {
            oldest.until = now;
        }
        let proof = StopProof { accepted: now, written: None, confirmed: None };
        self.0.push(Waiting { call, proof, until: now.after(patience) });
    }

    /// The port took a frame that stops.
    pub(crate) fn written(&mut self, now: Instant) {
        for waiting in &mut self.0 {
            waiting.proof.written = waiting.proof.written.or(Some(now));
        }
    }

    /// Answers the stops that are proven by an answer to a question of `off`, or that waited long
    /// enough.
    pub(crate) fn settle(
        &mut self,
        now: Instant,
        off: Option<Instant>,
        mut answer: impl FnMut(CallId, StopProof),
    ) {
        self.0.retain_mut(|waiting| {
            let proven = off.is_some_and(|asked| waiting.proof.accepted <= asked);
            if proven && waiting.proof.written.is_some() {
                waiting.proof.confirmed = Some(now);
            } else if now < waiting.until {
                return true;
            }
            answer(waiting.call, waiting.proof);
            false
        });
    }

    pub(crate) fn wake(&self) -> Instant {
        self.0.iter().map(|waiting| waiting.until).min().unwrap_or(Instant::NEVER)
    }
}
