//! The records of who did what, in the file.

use clinic::{Entry, PatientKey, Receipt};
use futures::executor::block_on;
use rusqlite::Connection;
use safety::Cause;
use serde_json::Value;

use super::{LASER, Place, When, anna, joules, open};
use crate::{
    audit::{Actor, Break, Chain, Deed, Flaw, Head},
    ledger::{AuditFile, NotKept, NotTaken},
};

fn arm(at: When) -> Deed {
    let actor = Actor { name: "A. Operator".to_owned(), role: "operator", proven: false };
    Deed { actor: Some(actor), ..Deed::new(at.now(), "command.arm").about("laser-1") }
}

fn lines(place: &Place) -> Vec<String> {
    place.look("SELECT record FROM audit ORDER BY sequence")
}

fn records(place: &Place) -> Vec<Value> {
    lines(place).iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A ledger with so many records, closed.
fn closed(count: usize) -> Place {
    let place = Place::new();
    let running = place.open(When::FIRST);
    for _ in 0..count {
        block_on(running.opened.ledger.keep(arm(When::FIRST))).unwrap();
    }
    running.close();
    place
}

/// Changes the file with nothing but SQL, as somebody who wants to hide something would.
fn forge(place: &Place, sql: &str) {
    let connection = Connection::open(place.path()).unwrap();
    let triggers = "DROP TRIGGER audit_records_stay; DROP TRIGGER audit_records_stay_as_they_are";
    connection.execute_batch(triggers).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// AUD-01, AUD-03: when `keep` returns a crash takes the record no more.
#[test]
fn a_deed_is_durable_when_it_is_kept() {
    let place = Place::new();
    let when = When::FIRST;
    let running = place.open(when);
    let deed = arm(when).with("epoch", 3);
    let deed = Deed { reason: Some("a \"reason\"\nof two lines".to_owned()), ..deed };
    block_on(running.opened.ledger.keep(deed)).unwrap();
    let [record] = records(&place.crash()).try_into().unwrap();
    let expected = serde_json::json!({
        "schema": 1,
        "sequence": 1,
        "previous": "0".repeat(64),
        "utc": "2026-11-22T12:00:00.000000000Z",
        "run": 1,
        "boottime_nanoseconds": 100_000_000_000_u64,
        "kind": "command.arm",
        "actor": { "name": "A. Operator", "role": "operator", "proven": false },
        "unit": "laser-1",
        "reason": "a \"reason\"\nof two lines",
        "details": { "epoch": 3 },
    });
    assert_eq!(record, expected);
    assert!(!lines(&place)[0].contains('\n'), "a record is one line");
}

/// AUD-01: what was noted before an entry is durable when the entry is. What a session is about to
/// emit is a record of its own.
#[test]
fn records_and_entries_keep_their_order() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    running.opened.ledger.note(arm(When::FIRST)).unwrap();
    running.opened.ledger.note(Deed::new(When::FIRST.now(), "command.start")).unwrap();
    let session = running.session(1);
    running.enter_durably(&[open(session, LASER, anna(), joules(3, 2))]);
    let found = records(&place);
    let kinds: Vec<_> = found.iter().map(|record| record["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["command.arm", "command.start", "session.opened"]);
    let opened = &found[2];
    assert_eq!(opened["session"], "1-1");
    assert_eq!(opened["patient"], serde_json::json!({ "issuer": "clinic-a", "id": "anna-4711" }));
    assert_eq!(opened["details"]["energy_picojoules"], 3_000_000_000_000_u64);
    assert_eq!(opened["details"]["prescription"]["site"]["region"], "posterior_neck");
}

/// AUD-02: the chain goes on over restarts and crashes; nothing in the file can be changed by accident.
#[test]
fn the_chain_goes_on_after_a_restart() {
    let place = Place::new();
    let running = place.open(When::FIRST);
    block_on(running.opened.ledger.keep(arm(When::FIRST))).unwrap();
    let copy = place.crash();
    let again = copy.open(When::FIRST.rebooted(60));
    assert_eq!(again.opened.audit_break, None);
    block_on(again.opened.ledger.keep(arm(When::FIRST))).unwrap();
    let head = again.opened.ledger.head().borrow().clone();
    assert_eq!(head.sequence, 2);
    assert_eq!(block_on(again.opened.ledger.verify_audit()), Ok((head.clone(), None)));
    again.close();
    let mut chain = Chain::default();
    for line in lines(&copy) {
        chain.take(&line).unwrap();
    }
    assert_eq!(*chain.head(), head);
    let connection = Connection::open(copy.path()).unwrap();
    for sql in ["UPDATE audit SET record = '{}'", "DELETE FROM audit"] {
        let refused = connection.execute_batch(sql).unwrap_err().to_string();
        assert!(refused.contains("a record of the audit is never"), "{refused}");
    }
}

/// AUD-04: a start finds what was changed, taken away or put in, and says where.
#[test]
fn a_start_finds_a_chain_that_does_not_hold() {
    let cases = [
        (
            "UPDATE audit SET record = replace(record, 'A. Operator', 'B. Operator') \
             WHERE sequence = 2",
            Break { sequence: 2, flaw: Flaw::HashDiffers },
        ),
        ("DELETE FROM audit WHERE sequence = 1", Break { sequence: 1, flaw: Flaw::OutOfOrder }),
        ("DELETE FROM audit WHERE sequence = 2", Break { sequence: 2, flaw: Flaw::OutOfOrder }),
        (
            "UPDATE audit SET sequence = 9 WHERE sequence = 2",
            Break { sequence: 2, flaw: Flaw::OutOfOrder },
        ),
        (
            "UPDATE audit SET hash = (SELECT hash FROM audit WHERE sequence = 1) \
             WHERE sequence = 3",
            Break { sequence: 3, flaw: Flaw::HashDiffers },
        ),
    ];
    for (sql, expected) in cases {
        let place = closed(3);
        forge(&place, sql);
        let running = place.open(When::FIRST.rebooted(60));
        assert_eq!(running.opened.audit_break, Some(expected.clone()), "{sql}");
        let (_, found) = block_on(running.opened.ledger.verify_audit()).unwrap();
        assert_eq!(found, Some(expected), "{sql}");
    }
}

/// An end that was cut off holds by itself, and shows to whoever was told of the head.
#[test]
fn an_end_that_was_cut_off_shows_beside_the_head_that_was_published() {
    let place = closed(3);
    let [_, _, third] = place.look::<String>("SELECT hash FROM audit").try_into().unwrap();
    forge(&place, "DELETE FROM audit WHERE sequence = 3");
    let file = AuditFile::open(&place.path()).unwrap();
    let mut chain = Chain::default();
    for kept in file.records(0).unwrap() {
        chain.take_kept(&kept.line, &kept.hash).unwrap();
    }
    let told = Head { sequence: 3, hash: third };
    assert_eq!(chain.reaches(&told), Err(Break { sequence: 3, flaw: Flaw::CutOff }));
}

/// More records than a page holds are all verified, while entries come between the pages.
#[test]
fn many_records_are_verified_in_pages() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    for number in 1..=1_100 {
        if number % 500 == 0 {
            block_on(running.opened.ledger.keep(arm(When::FIRST))).unwrap();
        } else {
            running.opened.ledger.note(arm(When::FIRST)).unwrap();
        }
    }
    running.enter_durably(&[Entry::Latch(LASER, Cause::Reboot)]);
    let (head, found) = block_on(running.opened.ledger.verify_audit()).unwrap();
    assert_eq!((head.sequence, found), (1_100, None));
}

/// JRN-03: what cannot be recorded is not done, and is not tried again.
#[test]
fn a_deed_that_cannot_be_recorded_is_told() {
    let place = Place::new();
    let running = place.open(When::FIRST);
    let too_late = safety::Instant::from_boot(u64::MAX);
    let stray = Entry::Stray { unit: LASER, patient: None::<PatientKey>, dose: joules(1, 1) };
    running.opened.ledger.try_enter(too_late, clinic::EntryId(1), stray).unwrap();
    assert_eq!(running.receipts.recv().unwrap().1, Receipt::Failed);
    assert_eq!(block_on(running.opened.ledger.keep(arm(When::FIRST))), Err(NotKept::Failed));
    running.opened.ledger.close();
    let opened = running.opened;
    opened.thread.join();
    assert_eq!(opened.ledger.note(arm(When::FIRST)), Err(NotTaken::Closed));
}
