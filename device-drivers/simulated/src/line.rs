//! The unit's end of the serial line: frames that have come, replies that wait for their instant, and what a bad cable does to both.
//!
//! It knows frames, not bytes in time: how long a byte takes is the business of whoever joins the two ends.

use std::collections::VecDeque;

use rand::{Rng, rngs::StdRng};

use crate::{
    fault::{Fault, Way},
    faults::Faults,
};

/// Frames that wait each way before the oldest is forgotten. A real unit keeps two; a delay of a minute at 10 Hz needs these.
const WAITING_MAX: usize = 1_024;

/// Frames on their way in and out.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    chance: StdRng,
    inbox: VecDeque<(u64, Vec<u8>)>,
    outbox: VecDeque<(u64, Vec<u8>)>,
    /// The reply that waits for a later one to overtake it.
    overtaken: Option<Vec<u8>>,
    /// The reply that is sent again and again.
    recorded: Option<Vec<u8>>,
}

impl Line {
    pub(crate) fn new(chance: StdRng) -> Self {
        Self {
            chance,
            inbox: VecDeque::new(),
            outbox: VecDeque::new(),
            overtaken: None,
            recorded: None,
        }
    }

    /// A start of the controller: nothing that was under way is left.
    pub(crate) fn clear(&mut self) {
        self.inbox.clear();
        self.outbox.clear();
        self.overtaken = None;
    }

    /// A stuffed frame has come from the host.
    pub(crate) fn arrive(&mut self, now_ns: u64, stuffed: Vec<u8>, faults: &Faults) {
        for frame in self.suffer(stuffed, Way::Request, faults) {
            insert(&mut self.inbox, now_ns.saturating_add(faults.delay_ns(Way::Request)), frame);
        }
    }

    /// When the next request is to be read.
    pub(crate) fn next_request_ns(&self) -> Option<u64> {
        self.inbox.front().map(|(due_ns, _)| *due_ns)
    }

    /// The next request.
    pub(crate) fn next_request(&mut self) -> Option<Vec<u8>> {
        self.inbox.pop_front().map(|(_, frame)| frame)
    }

    /// A reply is to go to the host, delimiters and all, at this instant.
    pub(crate) fn send(&mut self, due_ns: u64, reply: Vec<u8>, faults: &Faults) {
        if faults.has(Fault::Mute) {
            return;
        }
        let due_ns = due_ns.saturating_add(faults.delay_ns(Way::Reply));
        for reply in self.disorder(reply, faults) {
            for copy in self.suffer(reply, Way::Reply, faults) {
                insert(&mut self.outbox, due_ns, copy);
            }
        }
    }

    /// When the next reply leaves.
    pub(crate) fn next_reply_ns(&self) -> Option<u64> {
        self.outbox.front().map(|(due_ns, _)| *due_ns)
    }

    /// The next reply, if it is due.
    pub(crate) fn next_reply(&mut self, now_ns: u64) -> Option<Vec<u8>> {
        self.outbox.pop_front_if(|(due_ns, _)| *due_ns <= now_ns).map(|(_, reply)| reply)
    }

    /// Replies in the order in which a line with a memory gives them.
    fn disorder(&mut self, reply: Vec<u8>, faults: &Faults) -> Vec<Vec<u8>> {
        let mut replies = vec![reply];
        if faults.has(Fault::Reorder) {
            match self.overtaken.take() {
                Some(earlier) => replies.push(earlier),
                None => self.overtaken = replies.pop(),
            }
        }
        if faults.has(Fault::Replay) {
            match &self.recorded {
                Some(old) => replies.insert(0, old.clone()),
                None => self.recorded = replies.first().cloned(),
            }
        }
        replies
    }

    /// The copies of a frame that get through, whole or not.
    fn suffer(&mut self, mut frame: Vec<u8>, way: Way, faults: &Faults) -> Vec<Vec<u8>> {
        if self.strikes(faults.drop_permille(way)) {
            return Vec::new();
        }
        if self.strikes(faults.corrupt_permille(way)) {
            self.flip(&mut frame);
        }
        let copies = if self.strikes(faults.duplicate_permille(way)) { 2 } else { 1 };
        vec![frame; copies]
    }

    fn strikes(&mut self, permille: u16) -> bool {
        permille > 0 && self.chance.random_range(0..1_000) < permille
    }

    fn flip(&mut self, frame: &mut [u8]) {
        let place = self.chance.random_range(0..frame.len().max(1));
        if let Some(byte) = frame.get_mut(place) {
            *byte ^= 1 << self.chance.random_range(0..8);
        }
    }
}

/// Keeps a queue in order of its instants, first come first within one.
fn insert(queue: &mut VecDeque<(u64, Vec<u8>)>, due_ns: u64, frame: Vec<u8>) {
    if queue.len() == WAITING_MAX {
        queue.pop_front();
    }
    let place = queue.partition_point(|(other_ns, _)| *other_ns <= due_ns);
    queue.insert(place, (due_ns, frame));
}
