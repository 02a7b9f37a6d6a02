//! Off, said until it is proven and then from time to time (COM-04; open-link, section 9, rule 5).

use safety::{Instant, Nanos};

/// Between two Offs until a unit answers one (open-link, section 9, rule 5; COM-04).
pub(super) const OFF_REPEAT: Nanos = Nanos::from_millis(50);
/// Between two Offs once off is proven: a unit that somebody else turned on is found by its Status,
/// this is for one whose Status lies.
const OFF_REST: Nanos = Nanos::from_secs(1);
/// What a sample needs beside its period, so that one fits between two Offs: each Off throws the
/// sample in progress away (open-link, section 7.3).
const SAMPLE_SLACK: Nanos = Nanos::from_millis(5);

/// How far a stop has come.
///
/// ```text
///             Off answered           a newer sample shows no output
///   Awaited ----------------> Since ------------------------------> Proven
///      ^                        |                                     |
///      +------------------------+--- ordered off, stopped, found on --+
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// No unit answered an Off yet.
    Awaited,
    /// An Off of this instant was answered; no sample up to this one was taken after it.
    Since { asked: Instant, sample: u32 },
    /// It was seen to be off.
    Proven,
}

/// The stop of one unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    pub(super) proof: Proof,
    /// When the last Off was handed to the port.
    said: Instant,
    /// Since when this stop is wanted: an answer to an older Off proves nothing of it.
    began: Instant,
    /// When the next Off is due.
    pub(super) due: Instant,
    /// From one Off to a sample that was taken after it, at worst.
    settle: Nanos,
}

impl Stop {
    /// Nothing to stop yet: the port is closed.
    pub(super) fn new(sample_period: Nanos) -> Self {
        Self {
            proof: Proof::Awaited,
            said: Instant::default(),
            began: Instant::default(),
            due: Instant::NEVER,
            settle: sample_period.times(2).plus(SAMPLE_SLACK).max(OFF_REPEAT),
        }
    }

    /// Off is wanted at once, whatever was proven before.
    pub(super) fn begin(&mut self, now: Instant) {
        self.proof = Proof::Awaited;
        self.began = now;
        self.due = now;
    }

    /// Off was handed to the port.
    pub(super) fn say(&mut self, now: Instant) {
        self.said = now;
        self.due = self.next();
    }

    /// An Off that was handed over at `asked` was answered. Of several the first counts: what was
    /// off after the first was not turned on by the second.
    pub(super) fn answered(&mut self, asked: Instant, sample: u32) {
        if self.proof == Proof::Awaited && self.began <= asked {
            self.proof = Proof::Since { asked, sample };
            self.due = self.next();
        }
    }

    /// Off was seen in a sample that was taken after it.
    pub(super) fn prove(&mut self) {
        self.proof = Proof::Proven;
        self.due = self.next();
    }

    /// The unit was found emitting by a question of `asked`. It is told off at once, unless it was
    /// since.
    pub(super) fn found_on(&mut self, asked: Instant, now: Instant) {
        if self.said <= asked {
            self.begin(now);
        }
    }

    fn next(&self) -> Instant {
        self.said.after(match self.proof {
            Proof::Awaited => OFF_REPEAT,
            Proof::Since { .. } => self.settle,
            Proof::Proven => OFF_REST,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Instant {
        Instant::from_boot(millis * 1_000_000)
    }

    #[test]
    fn an_answer_to_an_off_from_before_the_stop_proves_nothing_of_it() {
        let mut stop = Stop::new(Nanos::from_millis(20));
        stop.begin(at(0));
        stop.say(at(0));
        stop.begin(at(3));
        stop.answered(at(0), 7);
        assert_eq!(stop.proof, Proof::Awaited);
        stop.say(at(4));
        stop.answered(at(4), 8);
        assert_eq!(stop.proof, Proof::Since { asked: at(4), sample: 8 });
    }

    #[test]
    fn the_first_answer_counts_and_a_sample_fits_between_two_offs() {
        let mut stop = Stop::new(Nanos::from_millis(50));
        stop.begin(at(0));
        stop.say(at(0));
        assert_eq!(stop.due, at(50));
        stop.answered(at(0), 7);
        assert_eq!(stop.due, at(105), "two samples of 50 ms and a little (COM-04: settle time)");
        stop.say(at(105));
        stop.answered(at(105), 9);
        assert_eq!(stop.proof, Proof::Since { asked: at(0), sample: 7 });
    }
}
