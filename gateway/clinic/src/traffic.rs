//! What goes over the line of one unit, counted for people. Nothing decides by it.

use safety::{Fact, Instant, Modality, Nanos, Report};

/// Round trips are looked at over one such span and the one before it.
const SPAN: Nanos = Nanos::from_secs(10);

/// What went over the line of one unit since it was last opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Traffic {
    /// Whether the line is open.
    pub open: bool,
    /// When it was last opened or closed; before that, when the gateway began.
    pub since: Instant,
    /// Answers that came whole.
    pub good_frames: u64,
    /// Answers that were damaged, came late or did not come (COM-06).
    pub bad_frames: u64,
    /// When the last whole answer came.
    pub last_good: Option<Instant>,
    trips: Trips,
}

/// The greatest round trips of the span that runs and of the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Trips {
    begun: Instant,
    greatest: Option<Nanos>,
    before: Option<Nanos>,
}

impl Traffic {
    pub(crate) fn new(now: Instant) -> Self {
        Self { since: now, trips: Trips { begun: now, ..Trips::default() }, ..Self::default() }
    }

    /// Counts anew.
    pub(crate) fn open(&mut self, now: Instant) {
        *self = Self { open: true, ..Self::new(now) };
    }

    /// What was counted stays to be looked at.
    pub(crate) fn close(&mut self, now: Instant) {
        if self.open {
            (self.open, self.since) = (false, now);
        }
    }

    /// Counts a report that came `now`. Each whole answer brings one that names the unit's boot.
    pub(crate) fn hear<M: Modality>(&mut self, now: Instant, report: &Report<M>) {
        match report.fact {
            Fact::Boot(_) => {
                self.good_frames = self.good_frames.saturating_add(1);
                self.last_good = Some(now);
                self.trips.note(now, now.since(report.asked));
            }
            Fact::Garbled => self.bad_frames = self.bad_frames.saturating_add(1),
            Fact::Identity(_)
            | Fact::Emission(_)
            | Fact::Setting(_)
            | Fact::Temperature(_)
            | Fact::Contacts(_)
            | Fact::Faults(_)
            | Fact::Ran(_) => {}
        }
    }

    /// The greatest time from a question to the whole of its answer, of the last 10 to 20 s. `None`
    /// if none was answered.
    pub fn round_trip(&self, now: Instant) -> Option<Nanos> {
        let Trips { greatest, before, .. } = self.trips.at(now);
        greatest.max(before)
    }
}

impl Trips {
    fn note(&mut self, now: Instant, took: Nanos) {
        *self = self.at(now);
        self.greatest = self.greatest.max(Some(took));
    }

    /// As it is once what is too old is forgotten.
    fn at(self, now: Instant) -> Self {
        let lasted = now.since(self.begun);
        if lasted < SPAN {
            self
        } else if lasted < SPAN.times(2) {
            Self { begun: self.begun.after(SPAN), greatest: None, before: self.greatest }
        } else {
            Self { begun: now, ..Self::default() }
        }
    }
}

#[cfg(test)]
mod tests {
    use safety::{BootId, Laser};

    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::default().after(Nanos::from_millis(millis))
    }

    /// An answer that came whole, or not.
    fn heard(traffic: &mut Traffic, now: u64, asked: u64, good: bool) {
        let fact = if good { Fact::Boot(BootId(1)) } else { Fact::Garbled };
        traffic.hear::<Laser>(at(now), &Report { asked: at(asked), fact });
    }

    #[test]
    fn answers_are_counted_since_the_line_was_opened() {
        let mut traffic = Traffic::new(at(0));
        assert!(!traffic.open);
        traffic.open(at(5));
        heard(&mut traffic, 30, 10, true);
        heard(&mut traffic, 60, 40, false);
        heard(&mut traffic, 90, 70, true);
        assert_eq!((traffic.good_frames, traffic.bad_frames), (2, 1));
        assert_eq!((traffic.open, traffic.since), (true, at(5)));
        assert_eq!(traffic.last_good, Some(at(90)));

        traffic.close(at(200));
        traffic.close(at(300));
        assert_eq!((traffic.open, traffic.since, traffic.good_frames), (false, at(200), 2));
        traffic.open(at(400));
        assert_eq!((traffic.good_frames, traffic.bad_frames, traffic.last_good), (0, 0, None));
    }

    #[test]
    fn only_whole_answers_are_frames() {
        let mut traffic = Traffic::new(at(0));
        let faults = Report::<Laser> { asked: at(0), fact: Fact::Faults(0) };
        traffic.hear(at(10), &faults);
        assert_eq!(traffic, Traffic::new(at(0)));
    }

    /// A long round trip is shown for 10 s at least and for 20 s at most.
    #[test]
    fn the_greatest_round_trip_is_forgotten_in_time() {
        let mut traffic = Traffic::new(at(0));
        assert_eq!(traffic.round_trip(at(0)), None);
        heard(&mut traffic, 9_000, 8_900, true);
        heard(&mut traffic, 9_500, 9_480, true);
        let millis = |now| traffic.round_trip(at(now)).map(Nanos::millis);
        assert_eq!(millis(9_500), Some(100));
        assert_eq!(millis(19_000), Some(100));
        assert_eq!(millis(20_000), None);

        heard(&mut traffic, 15_000, 14_970, true);
        assert_eq!(traffic.round_trip(at(15_000)).map(Nanos::millis), Some(100));
        heard(&mut traffic, 26_000, 25_990, true);
        assert_eq!(traffic.round_trip(at(26_000)).map(Nanos::millis), Some(30));
        assert_eq!(traffic.round_trip(at(30_000)).map(Nanos::millis), Some(10));
    }
}
