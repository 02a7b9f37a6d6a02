//! Turns one entry into rows. Everything here happens inside a transaction of the writer.

use clinic::{
    AnyDose, AnyMetered, AnyPrescription, Attestation, Attested, Entry, PatientKey, SessionId,
    Summary, UnitId,
};
use rusqlite::{Connection, OptionalExtension, named_params};
use safety::{
    Cause, End, Energy, Permille, Site, Sites, SliceId, StimulatorDose, StimulatorLevel,
    StimulatorPrescription,
};

use super::{amount::Amount, prescription, stamp::Stamp, word::Word};
use crate::{audit::hexadecimal, directory::Modality};

/// Why an entry could not be written. No patient is named in any of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum EntryError {
    #[error("a count of {count} does not fit into a record")]
    TooLarge { count: u64 },
    #[error("unit {} has no name", unit.0)]
    UnknownUnit { unit: UnitId },
    #[error("the doses of one entry are of different modalities")]
    MixedModalities,
    #[error("a record of the audit cannot be written as text: {0}")]
    Line(#[from] serde_json::Error),
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// Writes one entry.
pub(super) fn enter(
    connection: &Connection,
    units: &[String],
    stamp: &Stamp<'_>,
    entry: &Entry,
) -> Result<(), EntryError> {
    match entry {
        Entry::Open { session, unit, patient, prescription, hash, up_to } => {
            let mark = Mark { session: *session, unit: name(units, *unit)?, patient, prescription };
            open(connection, &mark, hash, stamp)?;
            slice(connection, *session, FIRST_SLICE, *up_to, stamp)
        }
        Entry::Slice { session, slice: SliceId(id), up_to } => {
            slice(connection, *session, *id, *up_to, stamp)
        }
        Entry::Settle { session, summary } => settle(connection, *session, summary, stamp),
        Entry::Stray { unit, patient, dose } => {
            stray(connection, name(units, *unit)?, patient.as_ref(), *dose, stamp)
        }
        Entry::Proof(unit, passed) => proof(connection, name(units, *unit)?, *passed, stamp),
        Entry::Meter { unit, calibration, passed, attested } => {
            let unit = name(units, *unit)?;
            meter(connection, unit, calibration, *passed, attested, stamp)
        }
        Entry::Review(session) => review(connection, *session, stamp),
        Entry::Latch(unit, cause) => latch(connection, name(units, *unit)?, *cause, stamp),
        Entry::Release(unit, cause) => {
            let unit = name(units, *unit)?;
            release(connection, unit, *cause, stamp)?;
            if *cause == Cause::OpenMark { reconcile(connection, unit, stamp) } else { Ok(()) }
        }
    }
}

/// Latches a cause. One that is latched already keeps its instant (LCK-04).
pub(super) fn latch(
    connection: &Connection,
    unit: &str,
    cause: Cause,
    stamp: &Stamp<'_>,
) -> Result<(), EntryError> {
    let mut insert = connection.prepare_cached(LATCH)?;
    insert.execute((unit, cause.word(), stamp.run, stamp.utc, stamp.boot_ns))?;
    Ok(())
}

/// What an open mark binds together.
struct Mark<'a> {
    session: SessionId,
    unit: &'a str,
    patient: &'a PatientKey,
    prescription: &'a AnyPrescription,
}

fn name(units: &[String], unit: UnitId) -> Result<&str, EntryError> {
    let name = units.get(usize::from(unit.0));
    name.map(String::as_str).ok_or(EntryError::UnknownUnit { unit })
}

/// Writes the open mark: from here on a crash leaves a trace of what may have been emitted (SES-08).
fn open(
    connection: &Connection,
    mark: &Mark<'_>,
    hash: &[u8; 32],
    stamp: &Stamp<'_>,
) -> Result<(), EntryError> {
    let (site, touched, dose): (Site, Sites, AnyDose) = match mark.prescription {
        AnyPrescription::Laser(laser) => (laser.site, laser.touched, AnyDose::Laser(laser.dose)),
        AnyPrescription::Pemf(pemf) => (pemf.site, pemf.touched, AnyDose::Pemf(pemf.dose)),
        AnyPrescription::Stimulator(stimulator) => {
            let dose = AnyDose::Stimulator(trains(stimulator));
            (stimulator.site, stimulator.touched, dose)
        }
    };
    let prescribed = Amount::of(dose)?;
    connection.prepare_cached(OPEN)?.execute(named_params! {
        ":run": mark.session.run,
        ":token": mark.session.token,
        ":modality": prescribed.modality.word(),
        ":unit": mark.unit,
        ":issuer": mark.patient.issuer(),
        ":patient": mark.patient.id(),
        ":region": site.region().word(),
        ":side": site.side().word(),
        ":quantity": prescribed.quantity,
        ":time": prescribed.time_ns,
        ":prescription": prescription::text(mark.prescription),
        ":hash": hexadecimal(hash),
        ":utc": stamp.utc,
        ":boot": stamp.boot_ns,
    })?;
    let mut touch = connection.prepare_cached(TOUCH)?;
    for site in touched.iter() {
        let place = (site.region().word(), site.side().word());
        touch.execute((mark.session.run, mark.session.token, place.0, place.1))?;
    }
    Ok(())
}

/// The pulses that were prescribed and the time of their trains, rounded up. Their energy follows from
/// the unit: the settlement has it.
fn trains(prescription: &StimulatorPrescription) -> StimulatorDose {
    let train = StimulatorLevel {
        intensity: Permille::ZERO,
        rate: prescription.rate,
        pulses: prescription.train_pulses,
        wait: prescription.wait,
        pulse_energy: Energy::ZERO,
    };
    train.train().times(u64::from(prescription.trains))
}

/// Raises what a session may charge. The same slice again, or an older one after a newer, changes
/// nothing: up to which dose is cumulative.
fn slice(
    connection: &Connection,
    session: SessionId,
    slice: u32,
    up_to: AnyDose,
    stamp: &Stamp<'_>,
) -> Result<(), EntryError> {
    let up_to = Amount::of(up_to)?;
    connection.prepare_cached(SLICE)?.execute(named_params! {
        ":run": session.run,
        ":token": session.token,
        ":modality": up_to.modality.word(),
        ":slice": slice,
        ":quantity": up_to.quantity,
        ":energy": up_to.energy_pj,
        ":time": up_to.time_ns,
        ":utc": stamp.utc,
        ":boot": stamp.boot_ns,
    })?;
    Ok(())
}

fn settle(
    connection: &Connection,
    session: SessionId,
    summary: &Summary,
    stamp: &Stamp<'_>,
) -> Result<(), EntryError> {
    let prescribed = Amount::of(summary.prescribed)?;
    let charged = Amount::of(summary.charged)?;
    let delivered = Amount::of(summary.delivered)?;
    let debt = Amount::of(summary.debt)?;
    let all = [prescribed, charged, delivered, debt];
    if all.iter().any(|amount| amount.modality != charged.modality) {
        return Err(EntryError::MixedModalities);
    }
    let (end, cause) = end(summary.end);
    connection.prepare_cached(SETTLE)?.execute(named_params! {
        ":run": session.run,
        ":token": session.token,
        ":modality": charged.modality.word(),
        ":prescribed_quantity": prescribed.quantity,
        ":prescribed_energy": prescribed.energy_pj,
        ":prescribed_time": prescribed.time_ns,
        ":charged_quantity": charged.quantity,
        ":charged_energy": charged.energy_pj,
        ":charged_time": charged.time_ns,
        ":delivered_quantity": delivered.quantity,
        ":delivered_energy": delivered.energy_pj,
        ":delivered_time": delivered.time_ns,
        ":debt_quantity": debt.quantity,
        ":debt_energy": debt.energy_pj,
        ":debt_time": debt.time_ns,
        ":end": end,
        ":cause": cause.map(Cause::word),
        ":outcome": summary.outcome.word(),
        ":uncertain": summary.uncertain,
        ":settled_run": stamp.run,
        ":utc": stamp.utc,
        ":boot": stamp.boot_ns,
    })?;
    let mut find = connection.prepare_cached(FIND)?;
    for finding in summary.findings.iter() {
        find.execute((session.run, session.token, finding.word()))?;
    }
    Ok(())
}

/// Keeps that a person reviewed a session (DOS-12). Once is enough.
fn review(
    connection: &Connection,
    session: SessionId,
    stamp: &Stamp<'_>,
) -> Result<(), EntryError> {
    let mut insert = connection.prepare_cached(REVIEW)?;
    insert.execute((session.run, session.token, stamp.run, stamp.utc, stamp.boot_ns))?;
    Ok(())
}

fn end(end: End) -> (&'static str, Option<Cause>) {
    match end {
        End::Dose => ("dose", None),
        End::Time => ("time", None),
        End::Stopped => ("stopped", None),
        End::Expired => ("expired", None),
        End::PauseOver => ("pause_over", None),
        End::Alarm(cause) => ("alarm", Some(cause)),
    }
}

/// What a unit had emitted without a session before.
#[derive(Default)]
struct Before {
    quantity: i64,
    energy_pj: i64,
    time_ns: i64,
}

/// Raises what a unit emitted without a session in this run. While the last patient stays the same,
/// so does the record; another patient begins another, from where the one before it ended.
fn stray(
    connection: &Connection,
    unit: &str,
    patient: Option<&PatientKey>,
    dose: AnyDose,
    stamp: &Stamp<'_>,
) -> Result<(), EntryError> {
    let dose = Amount::of(dose)?;
    let patient = patient.map(|patient| (patient.issuer(), patient.id())).unzip();
    let last = connection
        .prepare_cached(LAST_STRAY)?
        .query_row((stamp.run, unit), |row| {
            let patient: (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
            let before =
                Before { quantity: row.get(3)?, energy_pj: row.get(4)?, time_ns: row.get(5)? };
            Ok((row.get::<_, i64>(0)?, patient, before))
        })
        .optional()?;
    let (stretch, before) = match last {
        None => (0, Before::default()),
        Some((stretch, (issuer, id), before)) => {
            let same = (issuer.as_deref(), id.as_deref()) == patient;
            (if same { stretch } else { stretch.saturating_add(1) }, before)
        }
    };
    connection.prepare_cached(STRAY)?.execute(named_params! {
        ":run": stamp.run,
        ":unit": unit,
        ":stretch": stretch,
        ":modality": dose.modality.word(),
        ":issuer": patient.0,
        ":patient": patient.1,
        ":from_quantity": before.quantity,
        ":from_energy": before.energy_pj,
        ":from_time": before.time_ns,
        ":quantity": dose.quantity.max(before.quantity),
        ":energy": dose.energy_pj.max(before.energy_pj),
        ":time": dose.time_ns.max(before.time_ns),
        ":utc": stamp.utc,
        ":boot": stamp.boot_ns,
    })?;
    Ok(())
}

fn release(
    connection: &Connection,
    unit: &str,
    cause: Cause,
    stamp: &Stamp<'_>,
) -> Result<(), EntryError> {
    let mut update = connection.prepare_cached(RELEASE)?;
    update.execute((unit, cause.word(), stamp.run, stamp.utc, stamp.boot_ns))?;
    Ok(())
}

/// Keeps what came of the proof of a relay (OPS-01).
fn proof(
    connection: &Connection,
    unit: &str,
    passed: bool,
    stamp: &Stamp<'_>,
) -> Result<(), EntryError> {
    let mut insert = connection.prepare_cached(PROOF)?;
    insert.execute((unit, passed, stamp.run, stamp.utc, stamp.boot_ns))?;
    Ok(())
}

/// Keeps what a person measured at the output of a unit, and who answers for it (LAS-10).
fn meter(
    connection: &Connection,
    unit: &str,
    calibration: &[u8; 32],
    passed: bool,
    attested: &Attested,
    stamp: &Stamp<'_>,
) -> Result<(), EntryError> {
    let (modality, told) = metered(attested.told);
    let (of_meter, shown) = metered(attested.shown);
    if modality != of_meter {
        return Err(EntryError::MixedModalities);
    }
    let Attestation { by, role, measured, meter, meter_due } = &attested.record;
    let age = attested.age.0.get();
    let age = i64::try_from(age).map_err(|_large| EntryError::TooLarge { count: age })?;
    connection.prepare_cached(METER)?.execute(named_params! {
        ":unit": unit,
        ":calibration": hexadecimal(calibration),
        ":modality": modality.word(),
        ":told": told,
        ":shown": shown,
        ":passed": passed,
        ":measured": measured,
        ":age": age,
        ":meter": meter,
        ":due": meter_due,
        ":by": by,
        ":role": role,
        ":run": stamp.run,
        ":utc": stamp.utc,
        ":boot": stamp.boot_ns,
    })?;
    Ok(())
}

fn metered(amount: AnyMetered) -> (Modality, u32) {
    match amount {
        AnyMetered::Laser(power) => (Modality::Laser, power.milliwatts()),
        AnyMetered::Pemf(flux) => (Modality::Pemf, flux.microteslas()),
        AnyMetered::Stimulator(share) => (Modality::Stimulator, share.get().into()),
    }
}

/// Settles what earlier runs left open on a unit: everything that was durable counts as given, and
/// for ever as uncertain (SES-14).
fn reconcile(connection: &Connection, unit: &str, stamp: &Stamp<'_>) -> Result<(), EntryError> {
    let mut insert = connection.prepare_cached(RECONCILE)?;
    insert.execute((unit, stamp.run, stamp.utc, stamp.boot_ns))?;
    Ok(())
}

/// The slice that is part of the open mark. Slices of a unit count from one.
const FIRST_SLICE: u32 = 0;

const OPEN: &str = "
    INSERT INTO sessions (
        run, token, modality, unit, patient_issuer, patient_id, region, side,
        prescribed_quantity, prescribed_time_ns, prescription, hash, opened_utc, opened_boot_ns
    ) VALUES (
        :run, :token, :modality, :unit, :issuer, :patient, :region, :side,
        :quantity, :time, :prescription, :hash, :utc, :boot
    )";

const TOUCH: &str = "
    INSERT INTO touched_sites (run, token, region, side) VALUES (?1, ?2, ?3, ?4)";

const SLICE: &str = "
    INSERT INTO slices (
        run, token, modality, slice, quantity, energy_pj, time_ns, written_utc, written_boot_ns
    ) VALUES (:run, :token, :modality, :slice, :quantity, :energy, :time, :utc, :boot)
    ON CONFLICT (run, token) DO UPDATE SET
        modality = excluded.modality,
        slice = max(slice, excluded.slice),
        quantity = max(quantity, excluded.quantity),
        energy_pj = max(energy_pj, excluded.energy_pj),
        time_ns = max(time_ns, excluded.time_ns),
        written_utc = excluded.written_utc,
        written_boot_ns = excluded.written_boot_ns
    WHERE excluded.modality <> modality OR excluded.slice > slice
        OR excluded.quantity > quantity OR excluded.energy_pj > energy_pj
        OR excluded.time_ns > time_ns";

const SETTLE: &str = "
    INSERT INTO settlements (
        run, token, modality, prescribed_quantity, prescribed_energy_pj, prescribed_time_ns,
        charged_quantity, charged_energy_pj, charged_time_ns, delivered_quantity,
        delivered_energy_pj, delivered_time_ns, debt_quantity, debt_energy_pj, debt_time_ns,
        end, cause, outcome, uncertain, reconciled, settled_run, settled_utc, settled_boot_ns
    ) VALUES (
        :run, :token, :modality, :prescribed_quantity, :prescribed_energy, :prescribed_time,
        :charged_quantity, :charged_energy, :charged_time, :delivered_quantity,
        :delivered_energy, :delivered_time, :debt_quantity, :debt_energy, :debt_time,
        :end, :cause, :outcome, :uncertain, 0, :settled_run, :utc, :boot
    )";

const FIND: &str = "INSERT INTO findings (run, token, finding) VALUES (?1, ?2, ?3)";

const REVIEW: &str = "
    INSERT INTO reviews (run, token, reviewed_run, reviewed_utc, reviewed_boot_ns)
    VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (run, token) DO NOTHING";

const LAST_STRAY: &str = "
    SELECT stretch, patient_issuer, patient_id, quantity, energy_pj, time_ns FROM strays
    WHERE run = ?1 AND unit = ?2 ORDER BY stretch DESC LIMIT 1";

const STRAY: &str = "
    INSERT INTO strays (
        run, unit, stretch, modality, patient_issuer, patient_id, from_quantity, from_energy_pj,
        from_time_ns, quantity, energy_pj, time_ns, written_utc, written_boot_ns
    ) VALUES (
        :run, :unit, :stretch, :modality, :issuer, :patient, :from_quantity, :from_energy,
        :from_time, :quantity, :energy, :time, :utc, :boot
    )
    ON CONFLICT (run, unit, stretch) DO UPDATE SET
        quantity = excluded.quantity,
        energy_pj = excluded.energy_pj,
        time_ns = excluded.time_ns,
        written_utc = excluded.written_utc,
        written_boot_ns = excluded.written_boot_ns";

const LATCH: &str = "
    INSERT INTO causes (unit, cause, latched_run, latched_utc, latched_boot_ns)
    VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (unit, cause) WHERE released_run IS NULL DO NOTHING";

const RELEASE: &str = "
    UPDATE causes SET released_run = ?3, released_utc = ?4, released_boot_ns = ?5
    WHERE unit = ?1 AND cause = ?2 AND released_run IS NULL";

const PROOF: &str = "
    INSERT INTO proofs (unit, passed, run, utc, boot_ns) VALUES (?1, ?2, ?3, ?4, ?5)";

const METER: &str = "
    INSERT INTO meter_checks (
        unit, calibration, modality, told, shown, passed, measured_utc, age_ns, meter_serial, meter_due,
        attested_by, attested_role, run, utc, boot_ns
    ) VALUES (
        :unit, :calibration, :modality, :told, :shown, :passed, :measured, :age, :meter, :due,
        :by, :role, :run, :utc, :boot
    )";

const RECONCILE: &str = "
    INSERT INTO settlements (
        run, token, modality, prescribed_quantity, prescribed_energy_pj, prescribed_time_ns,
        charged_quantity, charged_energy_pj, charged_time_ns, delivered_quantity,
        delivered_energy_pj, delivered_time_ns, debt_quantity, debt_energy_pj, debt_time_ns,
        end, cause, outcome, uncertain, reconciled, settled_run, settled_utc, settled_boot_ns
    )
    SELECT
        s.run, s.token, s.modality, s.prescribed_quantity, iif(s.modality = 'stimulator', NULL, 0),
        s.prescribed_time_ns, d.quantity, d.energy_pj, d.time_ns, d.quantity, d.energy_pj,
        d.time_ns, 0, 0, 0,
        'interrupted_by_gateway', NULL, 'partial', 1, 1, ?2, ?3, ?4
    FROM sessions AS s JOIN slices AS d USING (run, token)
    WHERE s.unit = ?1 AND s.run < ?2
        AND NOT EXISTS (SELECT 1 FROM settlements AS t WHERE (t.run, t.token) = (s.run, s.token))";
