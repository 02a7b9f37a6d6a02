//! A ledger of an earlier gateway goes on: nothing of it is lost, and what is new finds room in it.

use clinic::{Course, Entry};
use rusqlite::Connection;
use safety::{Cause, Outcome};

use super::{
    LASER, PEMF, Place, STIMULATOR, When, anna, bert, exposure, given, joules, neck, open, pulses,
    settle, temple,
};
use crate::ledger::schema::{APPLICATION_ID, STEPS};

/// A session that was settled, one that was open, a stray and a cause, as the second schema had them.
const RECORDS: &str = "
INSERT INTO runs (run, started_utc, started_boot_ns, boot_id, version)
VALUES (1, '2026-11-22T11:59:00.000000000Z', 40000000000, 'before', '0.1.0');
INSERT INTO sessions VALUES
    (1, 1, 'laser', 'laser-1', 'clinic-a', 'anna-4711', 'posterior_neck', 'left', 60, 6, '{}',
        '0000000000000000000000000000000000000000000000000000000000000000',
        '2026-11-22T11:59:00.000000000Z', 40000000000),
    (1, 2, 'pemf', 'pemf-1', 'clinic-a', 'bert-0815', 'temple', 'right', 70, 7, '{}',
        '0000000000000000000000000000000000000000000000000000000000000000',
        '2026-11-22T11:59:00.000000000Z', 40000000000);
INSERT INTO slices VALUES
    (1, 1, 'laser', 3, 16000000000000, 5000000000, '2026-11-22T11:59:00.000000000Z', 40000000000),
    (1, 2, 'pemf', 1, 9000000000, 4000000000, '2026-11-22T11:59:00.000000000Z', 40000000000);
INSERT INTO settlements VALUES
    (1, 1, 'laser', 60, 6, 15000000000000, 4000000000, 14, 3, 1, 2, 'dose', NULL, 'complete', 0, 0,
        1, '2026-11-22T11:59:00.000000000Z', 40000000000);
INSERT INTO strays VALUES
    (1, 'pemf-1', 0, 'pemf', NULL, NULL, 0, 0, 5000000000, 6000000000,
        '2026-11-22T11:59:00.000000000Z', 40000000000);
INSERT INTO causes (unit, cause, latched_run, latched_utc, latched_boot_ns)
VALUES ('laser-1', 'stuck_on', 1, '2026-11-22T11:59:00.000000000Z', 40000000000);
";

#[test]
fn a_ledger_of_two_modalities_goes_on_with_three() {
    let place = Place::new();
    {
        let old = Connection::open(place.path()).unwrap();
        for step in &STEPS[..2] {
            old.execute_batch(step).unwrap();
        }
        old.execute_batch(RECORDS).unwrap();
        old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        old.pragma_update(None, "user_version", 2).unwrap();
    }
    let when = When::FIRST;
    let mut running = place.open(when);
    let past = &running.opened.past;
    let expected = [
        (anna(), given(neck(), joules(15, 4), when, 60)),
        (bert(), given(temple(), exposure(9, 4), when, 60)),
    ];
    assert_eq!((running.opened.run, &past.given[..]), (2, &expected[..]));
    assert_eq!(past.open_marks, [(Some(PEMF), bert())]);
    let (light, field) =
        (Course { laser: 1, ..Course::default() }, Course { pemf: 1, ..Course::default() });
    assert_eq!(past.course, [(anna(), light), (bert(), field)]);
    assert!(past.causes.contains(&(LASER, Cause::StuckOn)));

    let session = running.session(1);
    running.enter_durably(&[
        open(session, STIMULATOR, anna(), pulses(9, 90, 1)),
        settle(session, pulses(9, 90, 1), Outcome::Complete),
        Entry::Release(PEMF, Cause::OpenMark),
    ]);
    let rows: Vec<String> = place.look(
        "SELECT concat_ws(' ', run, token, modality, prescribed_quantity, prescribed_energy_pj,
            charged_quantity, charged_energy_pj, charged_time_ns, delivered_quantity, debt_quantity,
            debt_time_ns, reconciled) FROM settlements ORDER BY run, token",
    );
    assert_eq!(
        rows,
        [
            "1 1 laser 60 0 15000000000000 0 4000000000 14 1 2 0",
            "1 2 pemf 70 0 9000000000 0 4000000000 9000000000 0 0 1",
            "2 1 stimulator 9000000000000 90000000000 9000000000000 90000000000 1000000000 \
             9000000000000 0 0 0",
        ]
    );
    let strays = "SELECT concat_ws(' ', unit, quantity, energy_pj, time_ns) FROM strays";
    assert_eq!(place.look::<String>(strays), ["pemf-1 5000000000 0 6000000000"]);
    let left = "SELECT name FROM sqlite_schema WHERE name LIKE '%before%' OR sql LIKE '%@_before%' ESCAPE '@'";
    assert!(place.look::<String>(left).is_empty());
    assert_eq!(place.look::<i64>("PRAGMA user_version"), [i64::try_from(STEPS.len()).unwrap()]);
}
