//! What patients were given, as far back as the longest window goes.

#[cfg(test)]
mod tests;

use alloc::{collections::BTreeMap, vec::Vec};

use safety::{Instant, Nanos, Remaining, Since, Site};

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

/// One settled session of a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// Where.
    pub site: Site,
    /// What was charged.
    pub charged: AnyDose,
    /// When it ended, in terms of windows: when it leaves the one of 24 hours.
    pub leaves_day: Instant,
    /// When it leaves the one of 7 days.
    pub leaves_week: Instant,
}

impl Given {
    /// How long ago it ended.
    fn since(&self, now: Instant) -> Nanos {
        WEEK.minus(self.leaves_week.since(now))
    }
}

/// How many sessions a patient ever had that gave something (DOS-15).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// With a laser.
    pub laser: u32,
    /// With a field.
    pub pemf: u32,
}

impl Course {
    fn count(&mut self, charged: AnyDose) {
        let own = match charged {
            AnyDose::Laser(_) => &mut self.laser,
            AnyDose::Pemf(_) => &mut self.pemf,
        };
        *own = own.saturating_add(1);
    }
}

/// All patients that were treated or are.
#[derive(Debug, Default)]
pub(crate) struct Patients {
    given: BTreeMap<PatientKey, Vec<Given>>,
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
        known && self.given(now, patient).count() < GIVEN_MAX
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
    pub(crate) fn trip(&mut self, now: Instant, patient: PatientKey, site: Site) {
        self.trips.retain(|_, at| now.since(*at) < DAY);
        self.trips.insert((patient, site), now);
    }

    /// How long ago a thermal trip ended a session of a patient at this site.
    pub(crate) fn since_trip(&self, now: Instant, patient: &PatientKey, site: Site) -> Since {
        let at = self.trips.get(&(patient.clone(), site));
        at.map_or(Since::Never, |at| Since::Ago(now.since(*at)))
    }

    /// Remembers a session until it has left the longest window.
    pub(crate) fn add(&mut self, now: Instant, patient: PatientKey, given: Given) {
        let sessions = self.given.entry(patient).or_default();
        sessions.retain(|session| now < session.leaves_week);
        sessions.push(given);
        self.given.retain(|_, sessions| sessions.iter().any(|session| now < session.leaves_week));
    }

    /// What a patient was given within the week before `now`.
    pub(crate) fn given(&self, now: Instant, patient: &PatientKey) -> impl Iterator<Item = &Given> {
        let sessions = self.given.get(patient).into_iter().flatten();
        sessions.filter(move |session| now < session.leaves_week)
    }

    /// What counts against the windows of a patient at a site (DOS-09, SES-15).
    ///
    /// A session at the site counts whole, one at a neighbouring site by half: its field did not
    /// touch this one. What is not known here yet, because nobody attests it, is taken as never.
    pub(crate) fn remaining<M: Kind>(
        &self,
        now: Instant,
        patient: &PatientKey,
        site: Site,
    ) -> Remaining<M> {
        let (mut here, mut day) = (M::Dose::default(), M::Dose::default());
        let (mut site_sessions, mut week_sessions) = (0_u32, 0_u32);
        let mut site_last: Option<Nanos> = None;
        for given in self.given(now, patient) {
            let Some(charged) = M::own_dose(given.charged) else { continue };
            week_sessions = week_sessions.saturating_add(1);
            if given.site == site {
                let ago = given.since(now);
                site_last = Some(site_last.map_or(ago, |last| last.min(ago)));
            }
            if given.leaves_day <= now {
                continue;
            }
            day = M::plus(day, charged);
            if given.site == site {
                here = M::plus(here, charged);
                site_sessions = site_sessions.saturating_add(1);
            } else if site.borders(given.site) {
                here = M::plus(here, M::half(charged));
            }
        }
        Remaining {
            site: Some(here),
            visit: Some(day),
            day: Some(day),
            site_sessions: Some(site_sessions),
            site_last: Some(site_last.map_or(Since::Never, Since::Ago)),
            week_sessions: Some(week_sessions),
            course_sessions: Some(M::course(self.course(patient))),
            needling: Some(Since::Never),
            trip: Some(self.since_trip(now, patient, site)),
        }
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
