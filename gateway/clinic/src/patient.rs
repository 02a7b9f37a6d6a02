//! What patients were given, as far back as the longest window goes.

#[cfg(test)]
mod tests;

use alloc::{collections::BTreeMap, vec::Vec};

use safety::{Instant, Nanos, Remaining, Since, Site, Sites};

use crate::{
    kind::{AnyDose, Kind},
    name::{PatientKey, UnitId},
};

/// The window of 24 hours.
pub(crate) const DAY: Nanos = Nanos::from_secs(24 * 3_600);
/// The window of 7 days.
pub(crate) const WEEK: Nanos = Nanos::from_secs(7 * 24 * 3_600);
/// How many patients are remembered: everybody who was ever treated, for the count of their course.
const PATIENTS_MAX: usize = 65_536;
/// How many sessions of one patient are remembered: twice what the ceilings allow in a week. A
/// patient who had as many gets no other: what is forgotten would be given again.
const GIVEN_MAX: usize = 64;

/// What a patient was given in one session, or without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Given {
    /// Where its field lay. `None` is emission that belongs to no session: nobody knows where, so it
    /// counts whole at every site until a person decides.
    pub sites: Option<Sites>,
    /// What was charged.
    pub charged: AnyDose,
    /// When it ended, in terms of windows: when it leaves the one of 24 hours.
    pub leaves_day: Instant,
    /// When it leaves the one of 7 days.
    pub leaves_week: Instant,
}

impl Given {
    /// Whether its field may have touched this site.
    fn is_at(&self, site: Site) -> bool {
        self.sites.is_none_or(|own| own.holds(site))
    }

    /// Whether its field was beside this site, and did not touch it.
    fn is_beside(&self, site: Site) -> bool {
        self.sites.is_some_and(|own| own.border(site))
    }

    /// One for a session, nothing for emission that belongs to none.
    fn sessions(&self) -> u32 {
        u32::from(self.sites.is_some())
    }

    /// How long ago it ended.
    fn since(&self, now: Instant) -> Nanos {
        WEEK.minus(self.leaves_week.since(now))
    }
}

/// How many sessions a patient ever had that gave something (DOS-15).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Course {
    /// With a laser.
    pub laser: u32,
    /// With a field.
    pub pemf: u32,
    /// With a stimulator.
    pub stimulator: u32,
}

impl Course {
    fn count(&mut self, charged: AnyDose) {
        let own = match charged {
            AnyDose::Laser(_) => &mut self.laser,
            AnyDose::Pemf(_) => &mut self.pemf,
            AnyDose::Stimulator(_) => &mut self.stimulator,
        };
        *own = own.saturating_add(1);
    }
}

/// Emission of one unit that belongs to no session, while its last patient was the same.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    pub(crate) unit: UnitId,
    /// Counts the stretches of the unit.
    pub(crate) number: u32,
    pub(crate) patient: PatientKey,
    /// All of it so far.
    pub(crate) charged: AnyDose,
}

/// What counts at one site, or the most of several.
#[derive(Clone, Copy, Debug)]
struct AtSite<M: Kind> {
    charged: M::Dose,
    sessions: u32,
    last: Option<Nanos>,
    trip: Option<Nanos>,
}

impl<M: Kind> Default for AtSite<M> {
    fn default() -> Self {
        Self { charged: M::Dose::default(), sessions: 0, last: None, trip: None }
    }
}

impl<M: Kind> AtSite<M> {
    /// The stricter of both, in each respect.
    fn greater(self, other: Self) -> Self {
        Self {
            charged: M::greater(self.charged, other.charged),
            sessions: self.sessions.max(other.sessions),
            last: sooner(self.last, other.last),
            trip: sooner(self.trip, other.trip),
        }
    }
}

/// The shorter of two spans since something that may never have been.
fn sooner(one: Option<Nanos>, other: Option<Nanos>) -> Option<Nanos> {
    one.into_iter().chain(other).min()
}

/// All patients that were treated or are.
#[derive(Debug, Default)]
pub(crate) struct Patients {
    given: BTreeMap<PatientKey, Vec<Given>>,
    /// What patients got without a session, with when it leaves the windows.
    strays: Vec<(Stretch, Given)>,
    course: BTreeMap<PatientKey, Course>,
    /// When a coil or a patient last got too hot, and where, whatever the modality.
    trips: BTreeMap<(PatientKey, Site), Instant>,
    /// Sessions that were open when the gateway started. They lock the patient too.
    open_marks: Vec<(Option<UnitId>, PatientKey)>,
}

impl Patients {
    /// Whether another session of this patient can be remembered.
    pub(crate) fn has_room_for(&self, now: Instant, patient: &PatientKey) -> bool {
        let known = self.course.contains_key(patient) || self.course.len() < PATIENTS_MAX;
        known && self.sessions(now, patient).count() < GIVEN_MAX
    }

    /// Counts a session that was settled now.
    pub(crate) fn settle(&mut self, now: Instant, patient: PatientKey, given: Given) {
        self.course.entry(patient.clone()).or_default().count(given.charged);
        self.add(now, patient, given);
    }

    /// How many sessions a patient had before the gateway started.
    pub(crate) fn set_course(&mut self, patient: PatientKey, course: Course) {
        self.course.insert(patient, course);
    }

    /// How many sessions a patient ever had.
    pub(crate) fn course(&self, patient: &PatientKey) -> Course {
        self.course.get(patient).copied().unwrap_or_default()
    }

    /// A thermal trip ended the session of a patient.
    pub(crate) fn trip(&mut self, now: Instant, patient: &PatientKey, sites: Sites) {
        self.trips.retain(|_, at| now.since(*at) < DAY);
        self.trips.extend(sites.iter().map(|site| ((patient.clone(), site), now)));
    }

    /// How long ago a thermal trip ended a session of a patient at this site, if one did.
    fn since_trip(&self, now: Instant, patient: &PatientKey, site: Site) -> Option<Nanos> {
        let at = self.trips.get(&(patient.clone(), site));
        at.map(|at| now.since(*at))
    }

    /// Remembers a session until it has left the longest window.
    pub(crate) fn add(&mut self, now: Instant, patient: PatientKey, given: Given) {
        let sessions = self.given.entry(patient).or_default();
        sessions.retain(|session| now < session.leaves_week);
        sessions.push(given);
        self.given.retain(|_, sessions| sessions.iter().any(|session| now < session.leaves_week));
    }

    /// Counts what the last patient of a unit got without a session: it grows as long as the unit
    /// emits, and stays in the windows from its end on.
    pub(crate) fn stray(&mut self, now: Instant, stretch: Stretch) {
        self.strays.retain(|(other, given)| {
            let newer = (other.unit, other.number) == (stretch.unit, stretch.number);
            now < given.leaves_week && !newer
        });
        let (leaves_day, leaves_week) = (now.after(DAY), now.after(WEEK));
        let given = Given { sites: None, charged: stretch.charged, leaves_day, leaves_week };
        self.strays.push((stretch, given));
    }

    /// The sessions of a patient within the week before `now`, and what was given without one before
    /// the gateway started.
    fn sessions(&self, now: Instant, patient: &PatientKey) -> impl Iterator<Item = &Given> {
        let sessions = self.given.get(patient).into_iter().flatten();
        sessions.filter(move |session| now < session.leaves_week)
    }

    /// What a patient was given within the week before `now`.
    fn given(&self, now: Instant, patient: &PatientKey) -> impl Iterator<Item = &Given> {
        let strays = self
            .strays
            .iter()
            .filter(move |(stretch, given)| stretch.patient == *patient && now < given.leaves_week);
        self.sessions(now, patient).chain(strays.map(|(_, given)| given))
    }

    /// What counts against the windows of a patient where a field lies (DOS-09, DOS-14, SES-15).
    ///
    /// Of several sites the one counts at which most was given, in each respect. What is not known
    /// here yet, because nobody attests it, is taken as never.
    pub(crate) fn remaining<M: Kind>(
        &self,
        now: Instant,
        patient: &PatientKey,
        sites: Sites,
    ) -> Remaining<M> {
        let (mut day, mut week_sessions) = (M::Dose::default(), 0_u32);
        for (given, charged) in self.charged::<M>(now, patient) {
            week_sessions = week_sessions.saturating_add(given.sessions());
            if now < given.leaves_day {
                day = M::plus(day, charged);
            }
        }
        let mut most = AtSite::<M>::default();
        for site in sites.iter() {
            most = most.greater(self.at_site(now, patient, site));
        }
        Remaining {
            site: Some(most.charged),
            visit: Some(day),
            day: Some(day),
            site_sessions: Some(most.sessions),
            site_last: Some(most.last.map_or(Since::Never, Since::Ago)),
            week_sessions: Some(week_sessions),
            course_sessions: Some(M::course(self.course(patient))),
            needling: Some(Since::Never),
            trip: Some(most.trip.map_or(Since::Never, Since::Ago)),
        }
    }

    /// What counts at one site: a session whose field touched it whole, one beside it by half.
    fn at_site<M: Kind>(&self, now: Instant, patient: &PatientKey, site: Site) -> AtSite<M> {
        let mut here =
            AtSite::<M> { trip: self.since_trip(now, patient, site), ..AtSite::default() };
        for (given, charged) in self.charged::<M>(now, patient) {
            let (touched, ago) = (given.is_at(site), given.since(now));
            if touched {
                here.last = sooner(here.last, Some(ago));
            }
            if given.leaves_day <= now {
                continue;
            }
            if touched {
                here.charged = M::plus(here.charged, charged);
                here.sessions = here.sessions.saturating_add(given.sessions());
            } else if given.is_beside(site) {
                here.charged = M::plus(here.charged, M::half(charged));
            }
        }
        here
    }

    /// What a patient was charged in one modality within the week before `now`.
    fn charged<M: Kind>(
        &self,
        now: Instant,
        patient: &PatientKey,
    ) -> impl Iterator<Item = (&Given, M::Dose)> {
        let all = self.given(now, patient);
        all.filter_map(|given| Some((given, M::own_dose(given.charged)?)))
    }

    pub(crate) fn mark(&mut self, unit: Option<UnitId>, patient: PatientKey) {
        self.open_marks.push((unit, patient));
    }

    pub(crate) fn is_marked(&self, patient: &PatientKey) -> bool {
        self.open_marks.iter().any(|(_, marked)| marked == patient)
    }

    /// Somebody reconciled what happened on a unit before the gateway started.
    pub(crate) fn reconcile(&mut self, unit: UnitId) {
        self.open_marks.retain(|(marked, _)| *marked != Some(unit));
    }
}
