//! Reads what the clinic must know before anything else.
//!
//! What was durable and not settled counts as given, whole (DOS-10). Ages are taken by both clocks where the
//! machine was not booted since, and the lesser age counts: a dose stays in its windows for the
//! longer of both. Wall clocks are in UTC, which knows no daylight saving; by a leap second an age is a
//! second short, which keeps a dose for a second more (TIM-06).

use std::path::Path;

use clinic::{Course, Given, Past, PastCheck, PatientKey, Review, SessionId, UnitId};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Row};
use safety::{Cause, Finding, Instant, Nanos, Region, Side, Site, Sites};

use super::{amount::Amount, error::LedgerError, file, run::Start, stamp, word::Word};
use crate::directory::Modality;

/// Everything that earlier runs left behind.
pub(super) fn load(
    connection: &Connection,
    path: &Path,
    start: &Start<'_>,
) -> Result<Past, LedgerError> {
    let reader = Reader { connection, path, start };
    let mut past = Past {
        causes: reader.causes()?,
        course: reader.courses()?,
        trips: reader.trips()?,
        proofs: reader.proofs()?,
        meters: reader.meters()?,
        reviews: reader.reviews()?,
        ..Past::default()
    };
    for session in reader.sessions()? {
        if session.open {
            past.open_marks.push((reader.unit(&session.unit), session.patient.clone()));
        }
        past.given.push((session.patient, session.given));
    }
    past.given.extend(reader.strays()?);
    Ok(past)
}

struct Reader<'a> {
    connection: &'a Connection,
    path: &'a Path,
    start: &'a Start<'a>,
}

/// A session that is open, or that is within the longest window.
struct Session {
    unit: String,
    patient: PatientKey,
    given: Given,
    open: bool,
}

impl Reader<'_> {
    /// Where a unit stands in the configuration of today, if it is still in there.
    fn unit(&self, name: &str) -> Option<UnitId> {
        let place = self.start.units.iter().position(|unit| unit == name)?;
        u16::try_from(place).ok().map(UnitId)
    }

    /// The sessions, oldest first (SES-14).
    fn sessions(&self) -> Result<Vec<Session>, LedgerError> {
        let known = |error| file::known(self.path, error);
        let mut select = self.connection.prepare(SESSIONS).map_err(known)?;
        let mut rows = select.query((self.cutoff(), self.start.boot)).map_err(known)?;
        let mut sessions = Vec::new();
        while let Some(row) = rows.next().map_err(known)? {
            sessions.push(self.session(row)?);
        }
        Ok(sessions)
    }

    fn session(&self, row: &Row<'_>) -> Result<Session, LedgerError> {
        Ok(Session {
            unit: self.get(row, "unit")?,
            patient: self.patient(row)?,
            given: self.given(row, Some(self.sites(row)?))?,
            open: self.get(row, "open")?,
        })
    }

    /// What was given without a session within the longest window, to whom it was charged. What was
    /// charged to nobody counts for nobody.
    fn strays(&self) -> Result<Vec<(PatientKey, Given)>, LedgerError> {
        let known = |error| file::known(self.path, error);
        let mut select = self.connection.prepare(STRAYS).map_err(known)?;
        let mut rows = select.query((self.cutoff(), self.start.boot)).map_err(known)?;
        let mut strays = Vec::new();
        while let Some(row) = rows.next().map_err(known)? {
            strays.push((self.patient(row)?, self.given(row, None)?));
        }
        Ok(strays)
    }

    /// On whom something got too hot within the last day, oldest first.
    fn trips(&self) -> Result<Vec<(PatientKey, Sites, Instant)>, LedgerError> {
        let known = |error| file::known(self.path, error);
        let mut select = self.connection.prepare(TRIPS).map_err(known)?;
        let mut rows = select.query((Cause::OverTemperature.word(),)).map_err(known)?;
        let mut trips = Vec::new();
        while let Some(row) = rows.next().map_err(known)? {
            let age = self.age(row)?;
            if age < DAY {
                // One of before the boot counts as of the boot: later than it was.
                let at = self.start.now.since_boot().saturating_sub(age.get());
                trips.push((self.patient(row)?, self.sites(row)?, Instant::from_boot(at)));
            }
        }
        Ok(trips)
    }

    /// How long ago the relay of each unit passed its last proof, or that it failed it (OPS-01). A
    /// proof grows old by the clock that says that it is older.
    fn proofs(&self) -> Result<Vec<(UnitId, Option<Nanos>)>, LedgerError> {
        let known = |error| file::known(self.path, error);
        let mut select = self.connection.prepare(PROOFS).map_err(known)?;
        let mut rows = select.query(()).map_err(known)?;
        let mut proofs = Vec::new();
        while let Some(row) = rows.next().map_err(known)? {
            let unit: String = self.get(row, "unit")?;
            let (by_wall, by_boot) = self.ages(row)?;
            let age = by_boot.map_or(by_wall, |by_boot| by_boot.max(by_wall));
            let passed: bool = self.get(row, "passed")?;
            proofs.extend(self.unit(&unit).map(|unit| (unit, passed.then_some(age))));
        }
        Ok(proofs)
    }

    /// The meter checks of the last week, in the order in which they were told (LAS-10). They grow
    /// old like proofs.
    fn meters(&self) -> Result<Vec<PastCheck>, LedgerError> {
        let known = |error| file::known(self.path, error);
        let mut select = self.connection.prepare(METERS).map_err(known)?;
        let mut rows = select.query((self.cutoff(), self.start.boot)).map_err(known)?;
        let mut meters = Vec::new();
        while let Some(row) = rows.next().map_err(known)? {
            let unit: String = self.get(row, "unit")?;
            let (by_wall, by_boot) = self.ages(row)?;
            let since = by_boot.map_or(by_wall, |by_boot| by_boot.max(by_wall));
            let before: i64 = self.get(row, "age_ns")?;
            let before = u64::try_from(before).map_err(|_negative| self.unreadable("age_ns"))?;
            let hash: String = self.get(row, "calibration")?;
            let calibration = bytes(&hash).ok_or_else(|| self.unreadable("calibration"))?;
            let (age, passed) = (since.plus(Nanos::new(before)), self.get(row, "passed")?);
            let check = |unit| PastCheck { unit, calibration, age, passed };
            meters.extend(self.unit(&unit).map(check));
        }
        Ok(meters)
    }

    /// The sessions that nobody has reviewed yet, oldest first, whenever they were (DOS-12).
    fn reviews(&self) -> Result<Vec<Review>, LedgerError> {
        let known = |error| file::known(self.path, error);
        let mut select = self.connection.prepare(UNREVIEWED).map_err(known)?;
        let mut rows = select.query(()).map_err(known)?;
        let mut reviews: Vec<Review> = Vec::new();
        while let Some(row) = rows.next().map_err(known)? {
            let session = SessionId { run: self.get(row, "run")?, token: self.get(row, "token")? };
            let finding: Finding = self.word(row, "finding")?;
            match reviews.last_mut().filter(|last| last.session == session) {
                Some(last) => {
                    last.findings = last.findings.iter().chain([finding]).collect();
                }
                None => reviews.push(Review {
                    session,
                    unit: self.unit(&self.get::<String>(row, "unit")?),
                    patient: self.patient(row)?,
                    findings: [finding].into_iter().collect(),
                }),
            }
        }
        Ok(reviews)
    }

    /// Where the field of a session lay: its own site, and those that it touched (DOS-14).
    fn sites(&self, row: &Row<'_>) -> Result<Sites, LedgerError> {
        let known = |error| file::known(self.path, error);
        let mut sites = Sites::NONE.with(self.site(row)?);
        let (run, token): (u32, u32) = (self.get(row, "run")?, self.get(row, "token")?);
        let mut select = self.connection.prepare_cached(TOUCHED).map_err(known)?;
        let mut rows = select.query((run, token)).map_err(known)?;
        while let Some(row) = rows.next().map_err(known)? {
            sites = sites.with(self.site(row)?);
        }
        Ok(sites)
    }

    fn site(&self, row: &Row<'_>) -> Result<Site, LedgerError> {
        let region: Region = self.word(row, "region")?;
        let side: Side = self.word(row, "side")?;
        Site::new(region, side).ok_or_else(|| self.unreadable("side"))
    }

    fn given(&self, row: &Row<'_>, sites: Option<Sites>) -> Result<Given, LedgerError> {
        let amount = Amount {
            modality: self.word(row, "modality")?,
            quantity: self.get(row, "quantity")?,
            energy_pj: self.get(row, "energy_pj")?,
            time_ns: self.get(row, "time_ns")?,
        };
        let age = self.age(row)?;
        let leaves = |window: Nanos| self.start.now.after(window.minus(age));
        Ok(Given {
            sites,
            charged: amount.dose().ok_or_else(|| self.unreadable("quantity"))?,
            leaves_day: leaves(DAY),
            leaves_week: leaves(WEEK),
        })
    }

    /// By the wall clock, what ended before this has left the longest window.
    fn cutoff(&self) -> String {
        let cutoff = self.start.wall.checked_sub(SignedDuration::from_secs(WEEK_SECS));
        stamp::utc(cutoff.unwrap_or(Timestamp::MIN))
    }

    /// How long ago a session ended, at the least.
    fn age(&self, row: &Row<'_>) -> Result<Nanos, LedgerError> {
        let (by_wall, by_boot) = self.ages(row)?;
        Ok(by_boot.map_or(by_wall, |by_boot| by_boot.min(by_wall)))
    }

    /// How long ago something was by the wall clock, and by the boot clock if the machine was not
    /// booted since.
    fn ages(&self, row: &Row<'_>) -> Result<(Nanos, Option<Nanos>), LedgerError> {
        let utc: String = self.get(row, "utc")?;
        let utc: Timestamp = utc.parse().map_err(|_bad| self.unreadable("utc"))?;
        let by_wall = self.start.wall.duration_since(utc).as_nanos().max(0);
        let by_wall = Nanos::new(u64::try_from(by_wall).unwrap_or(u64::MAX));
        let boot: String = self.get(row, "boot_id")?;
        if boot != self.start.boot {
            return Ok((by_wall, None));
        }
        let at: i64 = self.get(row, "boot_ns")?;
        let at = u64::try_from(at).map_err(|_negative| self.unreadable("boot_ns"))?;
        Ok((by_wall, Some(self.start.now.since(Instant::from_boot(at)))))
    }

    /// How many sessions each patient had that gave something (DOS-15). One that is open counts: it
    /// is taken for given.
    fn courses(&self) -> Result<Vec<(PatientKey, Course)>, LedgerError> {
        let known = |error| file::known(self.path, error);
        let mut select = self.connection.prepare(COURSES).map_err(known)?;
        let mut rows = select.query(()).map_err(known)?;
        let mut courses: Vec<(PatientKey, Course)> = Vec::new();
        while let Some(row) = rows.next().map_err(known)? {
            let patient = self.patient(row)?;
            if courses.last().is_none_or(|(last, _)| *last != patient) {
                courses.push((patient, Course::default()));
            }
            let Some((_, course)) = courses.last_mut() else { continue };
            let own = match self.word(row, "modality")? {
                Modality::Laser => &mut course.laser,
                Modality::Pemf => &mut course.pemf,
                Modality::Stimulator => &mut course.stimulator,
            };
            let sessions: i64 = self.get(row, "sessions")?;
            *own = u32::try_from(sessions).unwrap_or(u32::MAX);
        }
        Ok(courses)
    }

    /// The causes that nobody released, oldest first (LCK-04).
    fn causes(&self) -> Result<Vec<(UnitId, Cause)>, LedgerError> {
        let known = |error| file::known(self.path, error);
        let mut select = self.connection.prepare(CAUSES).map_err(known)?;
        let mut rows = select.query(()).map_err(known)?;
        let mut causes = Vec::new();
        while let Some(row) = rows.next().map_err(known)? {
            let cause = self.word(row, "cause")?;
            let unit: String = self.get(row, "unit")?;
            causes.extend(self.unit(&unit).map(|unit| (unit, cause)));
        }
        Ok(causes)
    }

    fn patient(&self, row: &Row<'_>) -> Result<PatientKey, LedgerError> {
        let issuer: String = self.get(row, "patient_issuer")?;
        let id: String = self.get(row, "patient_id")?;
        PatientKey::new(&issuer, &id).ok_or_else(|| self.unreadable("patient_id"))
    }

    fn word<W: Word>(&self, row: &Row<'_>, column: &'static str) -> Result<W, LedgerError> {
        let word: String = self.get(row, column)?;
        W::from_word(&word).ok_or_else(|| self.unreadable(column))
    }

    fn get<T: rusqlite::types::FromSql>(
        &self,
        row: &Row<'_>,
        column: &'static str,
    ) -> Result<T, LedgerError> {
        row.get(column).map_err(|_other_type| self.unreadable(column))
    }

    fn unreadable(&self, column: &'static str) -> LedgerError {
        LedgerError::Unreadable { path: self.path.to_path_buf(), column }
    }
}

/// The hash that 64 hexadecimal digits are.
fn bytes(digits: &str) -> Option<[u8; 32]> {
    let pairs = (0..digits.len()).step_by(2).map(|at| digits.get(at..at.checked_add(2)?));
    let bytes: Option<Vec<u8>> = pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect();
    bytes?.try_into().ok()
}

/// The window of 24 hours.
const DAY: Nanos = Nanos::from_secs(24 * 3_600);
/// The longest window: 7 days.
const WEEK: Nanos = Nanos::from_secs(7 * 24 * 3_600);
/// The same for the wall clock.
const WEEK_SECS: i64 = 7 * 24 * 3_600;

/// A session that was reconciled ended with its last slice, whenever a person came to it. The last
/// slice is joined from the left: an open mark without one must not go unseen.
const SESSIONS: &str = "
    SELECT
        s.run, s.token, s.unit, s.patient_issuer, s.patient_id, s.region, s.side, s.modality,
        t.run IS NULL AS open,
        coalesce(t.charged_quantity, d.quantity) AS quantity,
        coalesce(t.charged_energy_pj, d.energy_pj) AS energy_pj,
        coalesce(t.charged_time_ns, d.time_ns) AS time_ns,
        iif(t.reconciled = 0, t.settled_utc, d.written_utc) AS utc,
        iif(t.reconciled = 0, t.settled_boot_ns, d.written_boot_ns) AS boot_ns,
        r.boot_id
    FROM sessions AS s
    LEFT JOIN slices AS d USING (run, token)
    LEFT JOIN settlements AS t USING (run, token)
    LEFT JOIN runs AS r ON r.run = iif(t.reconciled = 0, t.settled_run, s.run)
    WHERE t.run IS NULL
        OR (t.outcome <> 'aborted' AND (utc >= ?1 OR r.boot_id = ?2))
    ORDER BY s.run, s.token";

const TOUCHED: &str = "SELECT region, side FROM touched_sites WHERE run = ?1 AND token = ?2";

const STRAYS: &str = "
    SELECT
        s.patient_issuer, s.patient_id, s.modality,
        s.quantity - s.from_quantity AS quantity,
        s.energy_pj - s.from_energy_pj AS energy_pj,
        s.time_ns - s.from_time_ns AS time_ns,
        s.written_utc AS utc, s.written_boot_ns AS boot_ns, r.boot_id
    FROM strays AS s JOIN runs AS r USING (run)
    WHERE s.patient_id IS NOT NULL AND (s.written_utc >= ?1 OR r.boot_id = ?2)
    ORDER BY s.run, s.unit, s.stretch";

/// A trip ended the session that its unit had at the time.
const TRIPS: &str = "
    SELECT
        s.run, s.token, s.patient_issuer, s.patient_id, s.region, s.side,
        c.latched_utc AS utc, c.latched_boot_ns AS boot_ns, r.boot_id
    FROM causes AS c
    JOIN runs AS r ON r.run = c.latched_run
    JOIN sessions AS s ON s.unit = c.unit AND s.run = c.latched_run
        AND s.opened_boot_ns <= c.latched_boot_ns
    LEFT JOIN settlements AS t USING (run, token)
    WHERE c.cause = ?1
        AND (t.run IS NULL OR t.settled_run <> s.run OR t.settled_boot_ns >= c.latched_boot_ns)
    ORDER BY c.id";

const UNREVIEWED: &str = "
    SELECT s.run, s.token, s.unit, s.patient_issuer, s.patient_id, f.finding
    FROM findings AS f JOIN sessions AS s USING (run, token)
    LEFT JOIN reviews AS r USING (run, token)
    WHERE r.run IS NULL
    ORDER BY s.run, s.token, f.finding";

const COURSES: &str = "
    SELECT s.patient_issuer, s.patient_id, s.modality, count(*) AS sessions
    FROM sessions AS s LEFT JOIN settlements AS t USING (run, token)
    WHERE t.run IS NULL OR t.outcome <> 'aborted'
    GROUP BY s.patient_issuer, s.patient_id, s.modality
    ORDER BY s.patient_issuer, s.patient_id";

/// The last proof of each unit.
const PROOFS: &str = "
    SELECT p.unit, p.passed, p.utc, p.boot_ns, r.boot_id
    FROM proofs AS p JOIN runs AS r USING (run)
    WHERE p.id = (SELECT max(id) FROM proofs WHERE unit = p.unit)
    ORDER BY p.unit";

const METERS: &str = "
    SELECT m.unit, m.calibration, m.passed, m.age_ns, m.utc, m.boot_ns, r.boot_id
    FROM meter_checks AS m JOIN runs AS r USING (run)
    WHERE m.utc >= ?1 OR r.boot_id = ?2
    ORDER BY m.id";

const CAUSES: &str = "SELECT unit, cause FROM causes WHERE released_run IS NULL ORDER BY id";
