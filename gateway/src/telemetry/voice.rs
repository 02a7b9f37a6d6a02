//! What is due to be said of one unit, and how often: newest wins, and nothing is said twice while
//! the first is still on its way.

use clinic::Shown;
use safety::{Instant, Nanos};

use super::{status::Standing, unit::Face};

/// Between two values of a unit that emits: ten a second at most.
const EMITTING: Nanos = Nanos::from_millis(100);
/// Between two values of a unit that does not.
const IDLE: Nanos = Nanos::from_millis(1_000);

/// What was said of one unit.
#[derive(Debug, Default)]
pub(crate) struct Voice {
    /// How the unit stands, as last seen.
    seen: Option<Standing>,
    /// How the broker was told that it stands.
    told: Option<Standing>,
    /// A status that is on its way.
    telling: Option<Standing>,
    values_at: Option<Instant>,
    is_speaking: bool,
}

/// Whether values are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Not yet.
    NotYet,
    /// Now.
    Now,
    /// Now, but those before are still on their way: these are dropped, the next will be newer.
    Dropped,
}

impl Voice {
    /// Looks at a unit.
    pub(crate) fn look(&mut self, shown: &Shown, now: Instant) {
        self.seen = Some(Standing::next(self.seen.as_ref(), shown, now));
    }

    /// The status that has to be told, if one has to be and none is on its way.
    pub(crate) fn status(&self) -> Option<Standing> {
        let differs = self.seen != self.told && self.telling.is_none();
        self.seen.filter(|_| differs)
    }

    /// A status is on its way.
    pub(crate) fn tell(&mut self, standing: Standing) {
        self.telling = Some(standing);
    }

    /// The broker took the status.
    pub(crate) fn told(&mut self) {
        self.told = self.telling.take();
    }

    /// Whether everything is told and nothing is on its way.
    pub(crate) fn is_quiet(&self) -> bool {
        self.telling.is_none() && self.seen == self.told
    }

    /// Whether values are due, and notes that they were looked for.
    pub(crate) fn values(&mut self, shown: &Shown, now: Instant) -> Due {
        let pace = if Face::of(shown).is_emitting() { EMITTING } else { IDLE };
        if self.values_at.is_some_and(|at| now.since(at) < pace) {
            return Due::NotYet;
        }
        self.values_at = Some(now);
        if self.is_speaking { Due::Dropped } else { Due::Now }
    }

    /// Values are on their way.
    pub(crate) fn speak(&mut self) {
        self.is_speaking = true;
    }

    /// The values went out.
    pub(crate) fn spoken(&mut self) {
        self.is_speaking = false;
    }

    /// The connection is another: nothing is on its way, and nothing was told.
    pub(crate) fn begin_anew(&mut self) {
        *self = Self { seen: self.seen, values_at: self.values_at, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use clinic::AnyStatus;
    use safety::{Beam, State};

    use super::*;
    use crate::telemetry::samples::{at, laser, pemf};

    /// How often values are due within ten seconds of looks, 20 ms apart.
    fn within_ten_seconds(shown: &Shown, mut after: impl FnMut(&mut Voice, Due)) -> usize {
        let mut voice = Voice::default();
        let looks = (0..10_000).step_by(20);
        let due = looks.filter(|millis| {
            let due = voice.values(shown, at(*millis));
            after(&mut voice, due);
            due == Due::Now
        });
        due.count()
    }

    #[test]
    fn a_unit_that_emits_speaks_ten_times_a_second_and_one_that_does_not_once() {
        assert_eq!(within_ten_seconds(&laser(), |_, _| {}), 100);
        assert_eq!(within_ten_seconds(&pemf(), |_, _| {}), 10);
    }

    #[test]
    fn values_are_dropped_while_those_before_are_on_their_way() {
        let said = within_ten_seconds(&laser(), |voice, due| {
            if due == Due::Now {
                voice.speak();
            }
        });
        assert_eq!(said, 1);
    }

    #[test]
    fn a_status_is_told_once_until_it_differs() {
        let mut voice = Voice::default();
        let shown = laser();
        voice.look(&shown, at(100_000));
        let first = voice.status().unwrap();
        voice.tell(first);
        assert_eq!(voice.status(), None, "one is on its way");
        voice.told();
        assert_eq!(voice.status(), None, "nothing changed");
        assert!(voice.is_quiet());
        voice.look(&Shown { relay_closed: false, ..shown }, at(100_010));
        assert_ne!(voice.status(), None);
    }

    #[test]
    fn a_status_that_changes_on_its_way_is_told_again() {
        let mut voice = Voice::default();
        voice.look(&laser(), at(100_000));
        voice.tell(voice.status().unwrap());
        voice.look(&Shown { relay_closed: false, ..laser() }, at(100_010));
        voice.told();
        assert_ne!(voice.status(), None);
    }

    #[test]
    fn a_new_connection_is_told_everything() {
        let mut voice = Voice::default();
        voice.look(&laser(), at(100_000));
        voice.tell(voice.status().unwrap());
        voice.told();
        voice.begin_anew();
        assert_ne!(voice.status(), None);
    }

    #[test]
    fn a_proof_of_off_that_is_renewed_is_no_change() {
        let off = |proven| {
            let AnyStatus::Laser(status) = laser().status else { unreachable!() };
            let beam = Beam::OffProven(at(proven));
            let status = safety::Status { state: State::Standby, beam, session: None, ..status };
            Shown {
                status: AnyStatus::Laser(status),
                session: None,
                relay_closed: true,
                contact: None,
                meter: clinic::ShownMeter::NONE,
                link: Default::default(),
            }
        };
        let mut voice = Voice::default();
        voice.look(&off(99_000), at(100_000));
        voice.tell(voice.status().unwrap());
        voice.told();
        voice.look(&off(99_900), at(100_010));
        assert_eq!(voice.status(), None);
    }

    /// API-06: the reading of the sample is of 99.957 s.
    #[test]
    fn a_reading_is_stale_after_500_ms_and_bad_after_a_second() {
        for (millis, quality) in
            [(100_457, "good"), (100_458, "stale"), (100_957, "stale"), (100_958, "bad")]
        {
            let found = crate::telemetry::unit::Quality::of(&laser(), at(millis));
            assert_eq!(found.word(), quality, "{millis}");
        }
    }
}
