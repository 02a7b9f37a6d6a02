//! Every cell of the table of section 6, and every check of section 5.

use simulated_units::{Button, Fault};

use crate::host::{Bench, MS, SECOND, kind, laser_setting, result, state};

/// Brings a fresh laser into a state.
fn bench_in(wanted: u8) -> Bench {
    let mut bench = Bench::laser();
    match wanted {
        state::STANDBY => {}
        state::SET => assert_eq!(bench.set().state, state::SET),
        state::WARNING => {
            bench.warned();
            bench.warn();
        }
        state::EMITTING => {
            bench.emitting();
        }
        state::FAULT => bench.unit.fault(bench.now, Fault::Trip(5)),
        other => panic!("no state {other}"),
    }
    assert_eq!(bench.status().state, wanted);
    bench
}

#[test]
fn the_table_of_commands() {
    use result::{OK, WRONG_STATE as NO};
    use state::{EMITTING, FAULT, SET, STANDBY, WARNING};
    type Act = fn(&mut Bench) -> (u8, u8);
    let set: Act = |b| (b.set().result, b.status().state);
    let warn_on: Act = |b| (b.warn().result, b.status().state);
    let warn_off: Act = |b| (b.command(kind::WARN, &[0; 4]).result, b.status().state);
    let enable: Act = |b| (b.enable().result, b.status().state);
    let renew: Act = |b| (b.renew().result, b.status().state);
    let off: Act = |b| (b.off().result, b.status().state);
    let table: [(Act, [(u8, u8); 5]); 6] = [
        (set, [(OK, SET), (OK, SET), (OK, SET), (NO, EMITTING), (NO, FAULT)]),
        (warn_on, [(NO, STANDBY), (OK, WARNING), (OK, WARNING), (NO, EMITTING), (NO, FAULT)]),
        (warn_off, [(OK, STANDBY), (OK, SET), (OK, SET), (NO, EMITTING), (NO, FAULT)]),
        (enable, [(NO, STANDBY), (NO, SET), (OK, EMITTING), (NO, EMITTING), (NO, FAULT)]),
        (renew, [(NO, STANDBY), (NO, SET), (NO, WARNING), (OK, EMITTING), (NO, FAULT)]),
        (off, [(OK, STANDBY), (OK, STANDBY), (OK, STANDBY), (OK, STANDBY), (OK, FAULT)]),
    ];
    for (row, (act, cells)) in table.into_iter().enumerate() {
        for (from, cell) in (STANDBY..=FAULT).zip(cells) {
            assert_eq!(act(&mut bench_in(from)), cell, "row {row} from {from}");
        }
    }
}

/// (LAS-07, LAS-08, LAS-21, PEM-07)
#[test]
fn every_contact_ends_what_is_under_way_and_nothing_comes_back() {
    let contacts = [
        (Button::Key, false, 5),
        (Button::EStop, true, 6),
        (Button::Interlock, false, 7),
        (Button::Applicator, false, 8),
    ];
    for (button, opens, cause) in contacts {
        for from in [state::STANDBY, state::SET, state::WARNING, state::EMITTING, state::FAULT] {
            let mut bench = bench_in(from);
            bench.press(button, opens);
            assert_eq!(bench.output(), 0);
            let then = if from == state::FAULT { state::FAULT } else { state::STANDBY };
            let status = bench.status();
            assert_eq!(status.state, then, "{button:?} in {from}");
            if from == state::EMITTING {
                assert_eq!(status.stop_cause, cause);
            }
            bench.press(button, !opens);
            bench.wait(SECOND);
            assert_eq!((bench.output(), bench.status().state), (0, then));
        }
    }
}

#[test]
fn what_is_open_refuses_a_setting_by_name() {
    let table = [
        (Button::Key, false, 1 << 0),
        (Button::EStop, true, 1 << 1),
        (Button::Interlock, false, 1 << 2),
        (Button::Applicator, false, 1 << 3),
    ];
    for (button, opens, blocker) in table {
        let mut bench = Bench::laser();
        bench.press(button, opens);
        let reply = bench.set();
        assert_eq!((reply.result, reply.detail), (result::NOT_READY, blocker), "{button:?}");
        assert_eq!(bench.status().blockers, blocker);
    }
}

#[test]
fn a_cold_unit_takes_no_setting() {
    let mut bench = Bench::laser();
    bench.unit.power_cycle(bench.now);
    bench.wait(SECOND);
    bench.meet();
    let setting = bench.setting.clone();
    let line = bench.request(kind::SET, bench.boot_id, 1, 1_100, &setting);
    let reply = bench.put(&line).pop().expect("a reply");
    assert_eq!((reply.result, reply.detail), (result::NOT_READY, 1 << 5));
}

/// (LAS-04)
#[test]
fn a_warning_that_is_too_short_or_ran_out_enables_nothing() {
    let mut bench = Bench::laser();
    bench.set();
    bench.warn();
    bench.wait(900 * MS);
    bench.warn();
    bench.wait(900 * MS);
    let early = bench.enable();
    assert_eq!((early.result, early.detail), (result::NOT_READY, 1 << 6));
    bench.wait(200 * MS);
    assert_eq!(bench.status().state, state::SET, "the second Warn ran out");
    assert_eq!(bench.enable().result, result::WRONG_STATE);
    bench.warn();
    assert_eq!(bench.status().blockers, 1 << 6, "the warning begins anew");
    bench.warned();
    assert_eq!(bench.enable().result, result::OK);
}

#[test]
fn a_warning_runs_out_at_its_instant() {
    let mut bench = Bench::laser();
    bench.set();
    bench.warn();
    let end = bench.now - 5 * MS + SECOND;
    assert_eq!(bench.unit.wake(bench.now), Some(end));
    bench.unit.advance(end - 1);
    assert_eq!(bench.unit.state(), Some(simulated_units::State::Warning));
    bench.unit.advance(end);
    assert_eq!(bench.unit.state(), Some(simulated_units::State::Set));
}

/// (COM-02)
#[test]
fn each_check_fails_alone_with_its_own_result() {
    let mut bench = Bench::laser();
    let (boot, now_ms) = (bench.boot_id, bench.now / MS);
    let warn = [0, 0, 0, 0];
    type Row<'a> = (u8, u32, u32, u64, &'a [u8], u8);
    let table: [Row<'_>; 11] = [
        (0x09, boot, 1, now_ms, &warn, result::UNSUPPORTED),
        (0x00, boot, 1, now_ms, &warn, result::UNSUPPORTED),
        (kind::WARN, boot, 1, now_ms, &warn[..3], result::BAD_LENGTH),
        (kind::STATUS, boot, 1, 0, &warn, result::BAD_LENGTH),
        (kind::WARN, boot ^ 1, 1, now_ms, &warn, result::BOOT_MISMATCH),
        (kind::WARN, 0, 1, now_ms, &warn, result::BOOT_MISMATCH),
        (kind::STATUS, boot ^ 1, 1, 0, &[], result::BOOT_MISMATCH),
        (kind::WARN, boot, 0, now_ms, &warn, result::STALE_SEQUENCE),
        (kind::WARN, boot, 1, now_ms - 1, &warn, result::EXPIRED),
        (kind::WARN, boot, 2, now_ms + 600, &warn, result::TOO_FAR_AHEAD),
        (kind::WARN, boot, 3, now_ms + 300, &warn, result::OK),
    ];
    for (kind, boot, sequence, until, body, wanted) in table {
        let line = bench.request(kind, boot, sequence, until, body);
        let reply = bench.put(&line).pop().expect("a reply");
        assert_eq!((reply.result, reply.sequence), (wanted, sequence), "{kind} until {until}");
        assert_eq!(reply.kind, kind | 0x80);
    }
    let far = laser_setting(15_001, 1, 1, 500);
    let refused = bench.command_after(3, kind::SET, &far);
    assert_eq!((refused.result, refused.detail), (result::OUT_OF_RANGE, 1));
}

impl Bench {
    fn command_after(&mut self, sequence: u32, kind: u8, body: &[u8]) -> crate::host::Reply {
        self.sequence = sequence;
        self.command(kind, body)
    }
}

#[test]
fn validity_is_inclusive_at_both_ends() {
    for (ahead, wanted) in [(0, result::OK), (500, result::OK), (501, result::TOO_FAR_AHEAD)] {
        let mut bench = Bench::laser();
        let line = bench.request(kind::WARN, bench.boot_id, 1, bench.now / MS + ahead, &[0; 4]);
        assert_eq!(bench.put(&line)[0].result, wanted, "{ahead} ms ahead");
    }
}

#[test]
fn a_warn_says_which_field_is_wrong() {
    let mut bench = Bench::laser();
    bench.set();
    let table: [([u8; 4], u16); 5] = [
        ([2, 0, 100, 0], 1),
        ([1, 1, 100, 0], 2),
        ([1, 0, 99, 0], 3),
        ([1, 0, 0xE9, 3], 3),
        ([0, 0, 1, 0], 3),
    ];
    for (body, field) in table {
        let reply = bench.command(kind::WARN, &body);
        assert_eq!((reply.result, reply.detail), (result::OUT_OF_RANGE, field), "{body:?}");
    }
}

/// (COM-04)
#[test]
fn off_needs_nothing_and_may_be_said_for_ever() {
    for from in [state::STANDBY, state::SET, state::WARNING, state::EMITTING, state::FAULT] {
        let mut bench = bench_in(from);
        let wrong = bench.request(kind::OFF, 0xDEAD_BEEF, 0, 1, &[0xFF; 100]);
        for _ in 0..3 {
            let reply = bench.put(&wrong).pop().expect("a reply");
            assert_eq!(reply.result, result::OK);
            assert_eq!(bench.output(), 0);
        }
    }
}

/// (PEM-08, LAS-12)
#[test]
fn a_sample_after_that_of_an_off_is_proof() {
    let mut bench = Bench::laser();
    bench.emitting().run(2 * SECOND);
    let before = bench.status();
    assert!(before.output > 4_900);
    let reply = bench.off();
    let sample = u32::from_le_bytes(reply.body[..4].try_into().expect("four bytes"));
    bench.wait(20 * MS);
    let after = bench.status();
    assert!(after.sample > sample && sample >= before.sample);
    assert_eq!((after.output, after.stop_cause), (0, 1));
}

/// (PEM-04)
#[test]
fn a_fault_is_left_by_the_key_and_then_off_and_by_nothing_less() {
    let mut bench = bench_in(state::EMITTING);
    bench.unit.fault(bench.now, Fault::Trip(5));
    assert_eq!(bench.output(), 0);
    let status = bench.status();
    assert_eq!((status.state, status.faults, status.stop_cause), (state::FAULT, 1 << 5, 9));

    bench.unit.clear(bench.now, Fault::Trip(5));
    assert_eq!(bench.off().state, state::FAULT, "off alone");
    bench.unit.power_cycle(bench.now);
    bench.wait(4 * SECOND);
    bench.meet();
    assert_eq!(bench.status().state, state::FAULT, "a power cut");

    bench.press(Button::Key, false);
    bench.press(Button::Key, true);
    let status = bench.status();
    assert_eq!((status.state, status.faults), (state::FAULT, 0), "key alone");
    assert_eq!(bench.off().state, state::STANDBY);
}

#[test]
fn a_key_does_not_clear_what_is_still_there() {
    let mut bench = bench_in(state::FAULT);
    bench.press(Button::Key, false);
    bench.press(Button::Key, true);
    assert_eq!(bench.off().state, state::FAULT);
    assert_eq!(bench.status().faults, 1 << 5);
}
