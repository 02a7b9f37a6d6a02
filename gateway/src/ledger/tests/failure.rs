//! Failures while it runs: real ones, of SQLite, of the operating system and of our own thread.

use std::{os::unix::process::ExitStatusExt, path::Path, process::Command};

use clinic::{AnyDose, Entry, EntryId, Receipt, UnitId};
use safety::{Cause, Energy, LaserDose, Nanos, Outcome};

use super::{
    LASER, Ledger, Place, Setting, UNITS, When, again, anna, bert, child, exposure, joules, open,
    own_path, pulses, setting, settle, slice, start,
};
use crate::ledger::NotTaken;

/// One entry that cannot be written fails whatever is in its group and everything after it, until a
/// restart finds what was durable before (JRN-03).
#[test]
fn after_a_failure_nothing_is_taken() {
    let too_much =
        AnyDose::Laser(LaserDose { quantity: Energy::from_picojoules(1 << 63), time: Nanos::ZERO });
    let ghost = super::SessionId { run: 1, token: 99 };
    let session = super::SessionId { run: 1, token: 1 };
    let mut mixed = settle(session, joules(1, 1), Outcome::Complete);
    if let Entry::Settle { summary, .. } = &mut mixed {
        summary.debt = exposure(0, 0);
    }
    let bad = [
        slice(ghost, 1, joules(1, 1)),
        slice(session, 1, too_much),
        slice(session, 1, exposure(900, 1)),
        slice(session, 1, pulses(900, 1, 1)),
        settle(ghost, joules(1, 1), Outcome::Complete),
        settle(session, exposure(1, 1), Outcome::Complete),
        mixed,
        open(session, LASER, bert(), joules(1, 1)),
        Entry::Latch(UnitId(4), Cause::Reboot),
    ];
    for entry in bad {
        let place = Place::new();
        let mut running = place.open(When::FIRST);
        running.enter_durably(&[open(session, LASER, anna(), joules(5, 4))]);
        assert!(!running.opened.ledger.health().failed);
        assert_eq!(running.enter(std::slice::from_ref(&entry)), [Receipt::Failed], "{entry:?}");
        assert!(running.opened.ledger.health().failed);
        let good = [slice(session, 1, joules(9, 6)), Entry::Latch(LASER, Cause::Reboot)];
        assert_eq!(running.enter(&good), [Receipt::Failed; 2], "after {entry:?}");
        assert_eq!(running.opened.ledger.health().entries, 1);
        running.close();
        let mut running = place.open(When::FIRST);
        let past = &running.opened.past;
        assert_eq!(past.open_marks, [(Some(LASER), anna())]);
        assert_eq!(past.given.len(), 1);
        assert_eq!(past.given[0].1.charged, joules(5, 4), "after {entry:?}");
        assert!(past.causes.is_empty());
        running.enter_durably(&good);
        running.close();
    }
}

/// The operating system refuses to write: every entry after the last durable one fails, and none of
/// it is lost (JRN-03). The refusal is a real one, so it needs a process of its own.
#[test]
fn a_write_that_the_system_refuses_is_a_failure() {
    let place = Place::new();
    if let Some(path) = child() {
        return write_until_refused(&path);
    }
    place.open(When::FIRST).close();
    let limit = "trap '' XFSZ; ulimit -f 400; exec \"$0\" \"$@\"";
    let name = "failure::a_write_that_the_system_refuses_is_a_failure";
    let output = again(Command::new("sh").args(["-c", limit]).arg(own_path()), name, &place.path());
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let durable = said.split("durable: ").nth(1).unwrap().lines().next().unwrap();
    let durable: u64 = durable.parse().unwrap();
    assert!(durable > 1, "{said}");
    let past = place.open(When::FIRST).opened.past;
    assert_eq!(past.open_marks, [(Some(LASER), anna())]);
    let AnyDose::Laser(charged) = past.given[0].1.charged else { panic!("{past:?}") };
    let charged = charged.quantity.millijoules() / 1_000;
    // What failed may be there or not; what was receipted must be.
    assert!((durable..=durable + 1).contains(&charged), "{durable} {charged}");
}

fn write_until_refused(path: &Path) {
    let mut running = start(path, When::FIRST, &UNITS).unwrap();
    let session = running.session(1);
    running.enter_durably(&[open(session, LASER, anna(), joules(1, 1))]);
    let refused = (1..2_000).find(|id| {
        let up_to = joules(u64::from(*id) + 1, 1);
        running.enter(&[slice(session, *id, up_to)]) == [Receipt::Failed]
    });
    println!("durable: {}", refused.unwrap());
    for id in 2_001..2_020 {
        assert_eq!(running.enter(&[Entry::Latch(LASER, Cause::Reboot)]), [Receipt::Failed], "{id}");
    }
    running.close();
}

/// A panic on the ledger's thread ends the process, so that the leases end the emission.
#[test]
fn a_panic_on_the_thread_ends_the_process() {
    let place = Place::new();
    if let Some(path) = child() {
        let setting = setting("first");
        let (now, wall) = (When::FIRST.now(), When::FIRST.wall());
        let panic = |_, _| panic!("as a test wants it");
        let opened = Ledger::open(&path, &[], setting, now, move || wall, panic).unwrap();
        let entry = Entry::Latch(UnitId(0), Cause::Reboot);
        opened.ledger.try_enter(now, EntryId(1), entry).unwrap();
        drop(opened.ledger);
        opened.thread.join();
        return;
    }
    let name = "failure::a_panic_on_the_thread_ends_the_process";
    let output = again(&mut Command::new(own_path()), name, &place.path());
    assert_eq!(output.status.signal(), Some(rustix::process::Signal::ABORT.as_raw()), "{output:?}");
}

/// Nobody waits for a ledger that is behind or gone.
#[test]
fn entering_never_waits() {
    let place = Place::new();
    let (open_gate, gate) = std::sync::mpsc::sync_channel::<()>(0);
    let gate = std::sync::Mutex::new(gate);
    let receive = move |_, _| {
        let _open = gate.lock().unwrap().recv();
    };
    let units = UNITS.map(str::to_owned);
    let setting = setting("first");
    let (now, wall) = (When::FIRST.now(), When::FIRST.wall());
    let opened = Ledger::open(&place.path(), &units, setting, now, move || wall, receive).unwrap();
    let entry = || Entry::Latch(LASER, Cause::Reboot);
    let full = (0..3_000).find_map(|id| opened.ledger.try_enter(now, EntryId(id), entry()).err());
    assert_eq!(full, Some(NotTaken::Full));
    drop(open_gate);
    drop(opened.ledger);
    opened.thread.join();
}

/// Low space is told, and refuses nothing that is under way (JRN-02).
#[test]
fn low_space_is_told_and_stops_nothing() {
    let place = Place::new();
    let roomy = place.open(When::FIRST);
    let health = roomy.opened.ledger.health();
    assert!(health.free_bytes > 0);
    assert_eq!(health.low_space, health.free_bytes < 100_000_000);
    roomy.close();
    let (send, receipts) = std::sync::mpsc::sync_channel(1);
    let receive = move |_, receipt| send.send(receipt).unwrap();
    let units = UNITS.map(str::to_owned);
    let setting = Setting { reserve_bytes: u64::MAX, ..setting("first") };
    let (now, wall) = (When::FIRST.now(), When::FIRST.wall());
    let opened = Ledger::open(&place.path(), &units, setting, now, move || wall, receive).unwrap();
    assert!(opened.ledger.health().low_space);
    let entry = Entry::Latch(LASER, Cause::Reboot);
    opened.ledger.try_enter(now, EntryId(1), entry).unwrap();
    assert_eq!(receipts.recv_timeout(super::PATIENCE), Ok(Receipt::Durable));
}
