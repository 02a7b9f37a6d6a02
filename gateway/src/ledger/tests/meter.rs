//! What people measured at the outputs of units survives a restart, with who answers for it.

use clinic::{Age, AnyMetered, Attestation, Attested, Entry, PastCheck};
use rusqlite::Connection;
use safety::{Nanos, Power};

use super::{DAY, HASH, LASER, NOON, Place, When};
use crate::ledger::schema::{APPLICATION_ID, STEPS};

/// A meter check of the laser as it is calibrated, measured so many seconds before it was told.
fn metered(passed: bool, secs: u64) -> Entry {
    let watts = |count| AnyMetered::Laser(Power::from_milliwatts(count));
    let record = Attestation {
        by: "A. Operator".into(),
        role: "operator".into(),
        measured: "2026-11-22T11:59:00Z".into(),
        meter: "PM-1".into(),
        meter_due: "2027-01-01".into(),
    };
    let age = Age(Nanos::from_secs(secs));
    let attested = Attested { told: watts(1_500), shown: watts(1_480), age, record };
    Entry::Meter { unit: LASER, calibration: HASH, passed, attested }
}

/// LAS-10: what people measured is kept with who answers for it, and grows old by the clock that says
/// that it is older, from when it was measured. After a week nobody asks any more.
#[test]
fn meter_checks_are_remembered_for_a_week() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    running.enter_durably(&[metered(true, 600), metered(false, 60)]);
    running.close();
    let seconds = |past: &[PastCheck]| -> Vec<_> {
        past.iter().map(|check| (check.age.get() / 1_000_000_000, check.passed)).collect()
    };
    let later = When { boot_secs: 130, wall: NOON + 20, ..When::FIRST };
    let past = place.crash().open(later).opened.past.meters;
    assert_eq!(seconds(&past), [(630, true), (90, false)], "30 s by the boot clock");
    assert!(past.iter().all(|check| check.unit == LASER && check.calibration == HASH));
    let past = place.crash().open(When::FIRST.rebooted(40)).opened.past.meters;
    assert_eq!(seconds(&past), [(640, true), (100, false)], "40 s by the wall");
    let week = i64::try_from(7 * DAY).unwrap();
    let past = place.crash().open(When::FIRST.rebooted(week + 1)).opened.past.meters;
    assert_eq!(past, []);
    let names = ["another", "pemf-1"];
    let past = place.crash().open_with(When::FIRST.rebooted(40), &names).opened.past.meters;
    assert_eq!(past, [], "the unit is not configured any more");
    let kept: Vec<String> = place.look(
        "SELECT unit || ' ' || modality || ' ' || told || ' ' || shown || ' ' || meter_serial || ' '
             || meter_due || ' ' || attested_by || ' ' || attested_role || ' ' || measured_utc
         FROM meter_checks ORDER BY id",
    );
    let expected =
        "laser-1 laser 1500 1480 PM-1 2027-01-01 A. Operator operator 2026-11-22T11:59:00Z";
    assert_eq!(kept, [expected, expected]);
}

/// A ledger that knew no meter goes on: its proofs stand, and what is measured finds room in it.
#[test]
fn a_ledger_without_meter_checks_goes_on_with_them() {
    let place = Place::new();
    {
        let old = Connection::open(place.path()).unwrap();
        for step in &STEPS[..4] {
            old.execute_batch(step).unwrap();
        }
        old.execute_batch(PROOF).unwrap();
        old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        old.pragma_update(None, "user_version", 4).unwrap();
    }
    let mut running = place.open(When::FIRST);
    assert_eq!(running.opened.past.proofs.len(), 1);
    assert_eq!(running.opened.past.meters, []);
    running.enter_durably(&[metered(true, 0)]);
    running.close();
    assert_eq!(place.look::<i64>("PRAGMA user_version"), [i64::try_from(STEPS.len()).unwrap()]);
    assert_eq!(place.open(When::FIRST.rebooted(60)).opened.past.meters.len(), 1);
}

const PROOF: &str = "
INSERT INTO runs (run, started_utc, started_boot_ns, boot_id, version)
VALUES (1, '2026-11-22T11:59:00.000000000Z', 40000000000, 'before', '0.1.0');
INSERT INTO proofs (unit, passed, run, utc, boot_ns)
VALUES ('laser-1', 1, 1, '2026-11-22T11:59:00.000000000Z', 40000000000);
";
