//! When the ledger does not open, and what it says.

use std::{
    fs,
    os::unix::fs::{FileExt, PermissionsExt},
    path::Path,
    process::Command,
    time::Duration,
};

use clinic::Entry;
use rusqlite::Connection;
use safety::{Cause, Outcome};

use super::{
    CONFIG, LASER, LedgerError, NOON, Place, UNITS, When, again, anna, child, joules, open,
    own_path, settle, slice, start,
};
use crate::ledger::schema::STEPS;

/// Why the ledger there does not open, as it is printed.
fn refusal(place: &Place) -> LedgerError {
    match start(&place.path(), When::FIRST, &UNITS) {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

/// Changes a closed ledger with nothing but SQL.
fn change(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// A closed ledger with something in every table but one.
fn used() -> Place {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    for token in 1..60 {
        let session = running.session(token);
        running.enter_durably(&[
            open(session, LASER, anna(), joules(5, 4)),
            slice(session, 1, joules(9, 6)),
            settle(session, joules(8, 6), Outcome::Complete),
            Entry::Latch(LASER, Cause::Reboot),
        ]);
    }
    running.close();
    place
}

/// A gateway in another process, and any other reader, has to wait until this one is done.
#[test]
fn a_second_gateway_is_refused() {
    if let Some(path) = child() {
        let error = start(&path, When::FIRST, &UNITS).err().unwrap();
        assert!(matches!(error, LedgerError::InUse { .. }), "{error}");
        assert!(error.to_string().contains("in use by another process"), "{error}");
        let other = Connection::open(path).unwrap();
        other.busy_timeout(Duration::ZERO).unwrap();
        let read = other.query_row("SELECT count(*) FROM runs", (), |row| row.get::<_, i64>(0));
        assert!(read.is_err(), "{read:?}");
        return;
    }
    let place = Place::new();
    let running = place.open(When::FIRST);
    let name = "refusal::a_second_gateway_is_refused";
    let output = again(&mut Command::new(own_path()), name, &place.path());
    assert!(output.status.success(), "{output:?}");
    let error = refusal(&place);
    assert!(matches!(error, LedgerError::InUse { .. }), "in the same process: {error}");
    running.close();
    place.open(When::FIRST).close();
}

#[test]
fn a_newer_schema_is_refused_and_left_as_it_is() {
    let place = used();
    change(&place.path(), "PRAGMA user_version = 99");
    let before = fs::read(place.path()).unwrap();
    let error = refusal(&place);
    let LedgerError::Newer { found: 99, known, .. } = error else { panic!("{error}") };
    assert_eq!(usize::try_from(known), Ok(STEPS.len()));
    assert_eq!(fs::read(place.path()).unwrap(), before);
}

#[test]
fn a_file_of_something_else_is_refused_and_left_as_it_is() {
    for sql in ["CREATE TABLE recipes (cake TEXT)", "PRAGMA application_id = 17"] {
        let place = Place::new();
        change(&place.path(), sql);
        let before = fs::read(place.path()).unwrap();
        let error = refusal(&place);
        assert!(matches!(error, LedgerError::Foreign { .. }), "{error}");
        assert_eq!(fs::read(place.path()).unwrap(), before);
    }
}

/// Damage anywhere in the file keeps the gateway from starting (JRN-05).
#[test]
fn damage_on_any_page_is_found() {
    let whole = used();
    let pages = fs::metadata(whole.path()).unwrap().len() / 4_096;
    assert!(pages > 10);
    for page in 0..pages {
        let place = whole.crash();
        let file = fs::OpenOptions::new().write(true).open(place.path()).unwrap();
        file.write_all_at(&[0xaa; 64], page * 4_096).unwrap();
        let error = refusal(&place);
        assert!(matches!(error, LedgerError::Damaged { .. }), "page {page}: {error}");
        assert!(error.to_string().contains("is damaged"), "{error}");
    }
}

#[test]
fn a_record_without_the_one_it_refers_to_is_found() {
    let place = used();
    change(&place.path(), "DELETE FROM sessions WHERE token = 7");
    let error = refusal(&place);
    assert!(matches!(error, LedgerError::Damaged { .. }), "{error}");
}

/// An open mark whose bound is gone is not taken for nothing, and no value is repeated in the error.
#[test]
fn what_cannot_be_understood_is_refused_without_a_patient() {
    let cases = [
        ("DELETE FROM settlements WHERE token = 7; DELETE FROM slices WHERE token = 7", "quantity"),
        ("UPDATE sessions SET patient_id = 'anna of 47 11'", "patient_id"),
        ("UPDATE sessions SET side = 'midline', region = 'knee'", "side"),
        ("UPDATE causes SET cause = 'gremlins'", "cause"),
        ("UPDATE settlements SET settled_utc = '3 o''clock'", "a wall clock"),
    ];
    for (sql, expected) in cases {
        let place = used();
        change(&place.path(), sql);
        let error = refusal(&place);
        let LedgerError::Unreadable { column, .. } = &error else { panic!("{sql}: {error}") };
        assert_eq!(*column, expected);
        assert!(!format!("{error} {error:?}").contains("anna"), "{error}");
    }
}

#[test]
fn no_run_is_counted_twice() {
    let place = used();
    let last =
        "INSERT INTO runs VALUES (4294967295, '2026-11-22T12:00:00.000000000Z', 1, 'b', '', NULL)";
    change(&place.path(), last);
    let error = refusal(&place);
    assert!(matches!(error, LedgerError::RunsUsedUp { .. }), "{error}");
}

#[test]
fn only_the_owner_may_read_it() {
    let place = Place::new();
    let mode =
        |name: &str| fs::metadata(place.0.path().join(name)).unwrap().permissions().mode() & 0o777;
    let running = place.open(When::FIRST);
    assert_eq!((mode("ledger.db"), mode("ledger.db-wal")), (0o600, 0o600));
    running.close();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let running = place.open(When { wall: NOON + 1, ..When::FIRST });
    assert_eq!((mode("ledger.db"), mode("ledger.db-wal")), (0o600, 0o600));
    running.close();
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let place = Place::new();
    let path = place.0.path().join("absent").join("ledger.db");
    let error = start(&path, When::FIRST, &UNITS).err().unwrap();
    assert!(matches!(error, LedgerError::File { .. }), "{error}");
    assert!(error.to_string().contains("absent"), "{error}");
}

/// A ledger of the version before is brought up to this one, with everything in it.
#[test]
fn a_ledger_of_the_first_schema_is_taken_over() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let session = running.session(1);
    running.enter_durably(&[open(session, LASER, anna(), joules(5, 4))]);
    running.close();
    change(
        &place.path(),
        "ALTER TABLE runs DROP COLUMN config; DROP TABLE proofs; DROP TABLE meter_checks;
         DROP TABLE touched_sites; DROP TABLE reviews; DROP TABLE findings; DROP TABLE audit;
         PRAGMA user_version = 1",
    );
    let running = place.open(When::FIRST.rebooted(60));
    assert_eq!(running.opened.past.open_marks.len(), 1);
    running.close();
    let configs: Vec<Option<String>> = place.look("SELECT config FROM runs ORDER BY run");
    assert_eq!(configs, [None, Some(CONFIG.to_owned())]);
}
