//! What is known after a start, whatever the run before came to.

use std::fs;

use clinic::{AnyDose, AnyPrescription, Course, Entry, Given, Receipt, Review};
use jiff::Timestamp;
use safety::{Cause, End, Finding, Nanos, Outcome, Region, Side, Site, Sites};

use super::{
    DAY, LASER, NOON, OTHER_LASER, PEMF, Place, STIMULATOR, When, anna, bert, exposure, forearm,
    given, joules, neck, open, pulses, settle, slice, temple,
};

/// A session crashed after each of its entries: until it is settled its patient and unit are marked,
/// and the charge is exactly the largest bound that was durable (DOS-10, SES-08, SES-14).
#[test]
fn every_prefix_of_a_session_survives_a_crash() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let session = running.session(1);
    let bounds = [40, 56, 72, 64, 88];
    let mut entries = vec![open(session, LASER, anna(), joules(bounds[0], 5))];
    entries.extend(
        (1_u32..).zip(&bounds[1..]).map(|(id, up_to)| slice(session, id, joules(*up_to, 5))),
    );
    let empty = place.crash().open(When::FIRST.rebooted(60));
    assert!(empty.opened.past.open_marks.is_empty() && empty.opened.past.given.is_empty());
    for (last, entry) in entries.iter().enumerate() {
        running.enter_durably(std::slice::from_ref(entry));
        let when = When::FIRST.rebooted(60);
        let past = place.crash().open(when).opened.past;
        let largest = *bounds[..=last].iter().max().unwrap();
        assert_eq!(past.open_marks, [(Some(LASER), anna())], "after entry {last}");
        assert_eq!(past.given, [(anna(), given(neck(), joules(largest, 5), when, 60))]);
        assert_eq!(past.course, [(anna(), Course { laser: 1, ..Course::default() })]);
    }
    running.enter_durably(&[settle(session, joules(70, 9), Outcome::Complete)]);
    let when = When::FIRST.rebooted(60);
    let past = place.crash().open(when).opened.past;
    assert!(past.open_marks.is_empty());
    assert_eq!(past.given, [(anna(), given(neck(), joules(70, 9), when, 60))]);
    assert_eq!(past.course, [(anna(), Course { laser: 1, ..Course::default() })]);
}

/// The log cut off at any length: it opens, and gives what some prefix of the entries gave (JRN-05).
#[test]
fn a_torn_log_gives_a_prefix() {
    let place = Place::new();
    place.open(When::FIRST).close();
    let mut running = place.open(When::FIRST);
    let session = running.session(1);
    running.enter_durably(&[open(session, PEMF, anna(), exposure(1, 1))]);
    for id in 1..8 {
        running.enter_durably(&[slice(session, id, exposure(u64::from(id) + 1, 1))]);
    }
    let log = |place: &Place| place.0.path().join("ledger.db-wal");
    let whole = fs::metadata(log(&place)).unwrap().len();
    let mut seen = Vec::new();
    for length in (0..=whole).step_by(1_531).chain([whole]) {
        let torn = place.crash();
        fs::OpenOptions::new().write(true).open(log(&torn)).unwrap().set_len(length).unwrap();
        let past = torn.open(When::FIRST).opened.past;
        let charged = past.given.first().map_or(0, |(_, given)| match given.charged {
            AnyDose::Laser(_) | AnyDose::Stimulator(_) => panic!("no other unit was used"),
            AnyDose::Pemf(dose) => dose.quantity.microtesla_seconds(),
        });
        assert_eq!(past.open_marks.is_empty(), charged == 0);
        seen.push(charged);
    }
    assert!(seen.is_sorted(), "more of the log never gives less: {seen:?}");
    assert_eq!((seen.first(), seen.last()), (Some(&0), Some(&8)));
}

/// Doses of both modalities stand side by side, and age by the wall clock across a boot.
#[test]
fn settled_sessions_stay_for_seven_days() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let (one, two) = (running.session(1), running.session(2));
    running.enter_durably(&[
        open(one, LASER, anna(), joules(50, 4)),
        open(two, PEMF, bert(), exposure(9, 60)),
        settle(one, joules(48, 4), Outcome::Complete),
        settle(two, exposure(8, 59), Outcome::Under),
    ]);
    running.close();
    for (age, count) in [(0, 2), (DAY + 1, 2), (7 * DAY - 1, 2), (7 * DAY + 1, 0)] {
        let when = When::FIRST.rebooted(i64::try_from(age).unwrap());
        let past = place.crash().open(when).opened.past;
        let expected = [
            (anna(), given(neck(), joules(48, 4), when, age)),
            (bert(), given(temple(), exposure(8, 59), when, age)),
        ];
        assert_eq!(past.given, &expected[..count], "{age} s later");
        let course = [
            (anna(), Course { laser: 1, ..Course::default() }),
            (bert(), Course { pemf: 1, ..Course::default() }),
        ];
        assert_eq!(past.course, course, "a course has no end");
    }
}

/// Stimulation is given back in pulses, joules and time: an open mark by its last slice, a settled
/// session by its charge, a stray by the part of its patient; and the mark locks its own unit.
#[test]
fn stimulation_survives_a_crash() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let (one, two) = (running.session(1), running.session(2));
    running.enter_durably(&[
        open(one, STIMULATOR, anna(), pulses(9, 90, 1)),
        settle(one, pulses(8, 81, 1), Outcome::Under),
        Entry::Stray { unit: STIMULATOR, patient: None, dose: pulses(1, 10, 1) },
        Entry::Stray { unit: STIMULATOR, patient: Some(anna()), dose: pulses(3, 32, 2) },
        open(two, STIMULATOR, bert(), pulses(9, 90, 1)),
        slice(two, 1, pulses(18, 180, 2)),
    ]);
    let when = When::FIRST.rebooted(60);
    let crashed = place.crash();
    let mut restarted = crashed.open(when);
    let past = &restarted.opened.past;
    let stray = Given { sites: None, ..given(forearm(), pulses(2, 22, 1), when, 60) };
    let wanted = [
        (anna(), given(forearm(), pulses(8, 81, 1), when, 60)),
        (bert(), given(forearm(), pulses(18, 180, 2), when, 60)),
        (anna(), stray),
    ];
    assert_eq!(past.given, wanted);
    assert_eq!(past.open_marks, [(Some(STIMULATOR), bert())]);
    let course = Course { stimulator: 1, ..Course::default() };
    assert_eq!(past.course, [(anna(), course), (bert(), course)]);

    // What a person reconciled counts as given, with its energy; what was prescribed has none.
    restarted.enter_durably(&[Entry::Release(STIMULATOR, Cause::OpenMark)]);
    let reconciled = "SELECT concat_ws(' ', prescribed_quantity / 1000000000000,
        coalesce(prescribed_energy_pj, 'unknown'), charged_quantity / 1000000000000,
        charged_energy_pj / 1000000000, delivered_energy_pj / 1000000000, debt_energy_pj)
        FROM settlements WHERE reconciled = 1";
    assert_eq!(crashed.look::<String>(reconciled), ["450 unknown 18 180 180 0"]);
}

/// Where both clocks can tell the age, the lesser counts: a wall clock that was put forward takes no
/// dose out of its window.
#[test]
fn the_lesser_age_counts() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let session = running.session(1);
    running.enter_durably(&[open(session, LASER, anna(), joules(5, 4))]);
    running.enter_durably(&[settle(session, joules(4, 4), Outcome::Complete)]);
    running.close();
    let forward = When { wall: NOON + 30 * 86_400, boot_secs: 400, ..When::FIRST };
    let past = place.crash().open(forward).opened.past;
    assert_eq!(past.given, [(anna(), given(neck(), joules(4, 4), forward, 300))]);
    let back = When { wall: NOON - 3_600, ..When::FIRST.rebooted(0) };
    let past = place.crash().open(back).opened.past;
    assert_eq!(past.given, [(anna(), given(neck(), joules(4, 4), back, 0))]);
}

/// TIM-06: over the night in which clocks in Europe went back, and over the last leap second, a day
/// is a day. The second that is inserted is counted twice by the wall clock: by it alone a session is
/// a second younger, and by both clocks it stays for the longer.
#[test]
fn no_change_of_the_clocks_moves_a_window() {
    let autumn: Timestamp = "2026-10-25T00:30:00Z".parse().unwrap();
    let leap: Timestamp = "2016-12-31T12:00:00Z".parse().unwrap();
    for (wall, inserted) in [(autumn.as_second(), 0), (leap.as_second(), 1)] {
        let place = Place::new();
        let first = When { wall, ..When::FIRST };
        let mut running = place.open(first);
        let session = running.session(1);
        running.enter_durably(&[open(session, LASER, anna(), joules(5, 4))]);
        running.enter_durably(&[settle(session, joules(4, 4), Outcome::Complete)]);
        running.close();
        let day = i64::try_from(DAY).unwrap();
        // A day has passed by a clock that knows of nothing, and the wall shows so much less.
        let later = When { wall: wall + day - inserted, boot_secs: 100 + DAY, ..first };
        let past = place.crash().open(later).opened.past;
        let age = DAY - u64::try_from(inserted).unwrap();
        assert_eq!(past.given, [(anna(), given(neck(), joules(4, 4), later, age))]);
        let leaves = past.given[0].1.leaves_day.since(later.now());
        assert_eq!(leaves, Nanos::from_secs(u64::try_from(inserted).unwrap()));
    }
}

/// A session that emitted nothing is on record and counts as none (DOS-15).
#[test]
fn an_aborted_session_counts_as_none() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let session = running.session(1);
    running.enter_durably(&[open(session, LASER, anna(), joules(5, 4))]);
    running.enter_durably(&[settle(session, joules(0, 0), Outcome::Aborted)]);
    let past = place.crash().open(When::FIRST.rebooted(1)).opened.past;
    assert!(past.given.is_empty() && past.course.is_empty() && past.open_marks.is_empty());
    assert_eq!(place.look::<String>("SELECT outcome FROM settlements"), ["aborted"]);
}

/// A wall clock before the last record is found, and locks every unit even if nobody but the ledger
/// lived long enough to say so (TIM-03).
#[test]
fn a_clock_that_went_back_is_found() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    assert!(!running.opened.clock_back);
    running.enter_durably(&[Entry::Latch(LASER, Cause::Reboot)]);
    running.close();
    let back = When::FIRST.rebooted(-1);
    let running = place.open(back);
    assert!(running.opened.clock_back);
    let locked = |unit| (unit, Cause::ClockBack);
    let every = [LASER, PEMF, OTHER_LASER, STIMULATOR].map(locked);
    let causes = [&[(LASER, Cause::Reboot)], &every[..]].concat();
    assert_eq!(running.opened.past.causes, causes);
    running.close();
    let again = place.open(back);
    assert!(!again.opened.clock_back, "the record of the run before has the same time");
    assert_eq!(again.opened.past.causes, causes, "but nobody released it");
}

/// Each start has a number of its own, durable before it is known.
#[test]
fn runs_are_counted() {
    let place = Place::new();
    let first = place.open(When::FIRST);
    assert_eq!(first.opened.run, 1);
    let crashed = place.crash();
    first.close();
    assert_eq!(crashed.open(When::FIRST).opened.run, 2);
    for run in 2..5 {
        let running = place.open(When::FIRST);
        assert_eq!(running.opened.run, run);
        running.close();
    }
}

/// Records go by the names of units; a unit that is gone still locks its patient.
#[test]
fn units_are_known_by_name() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let (one, two) = (running.session(1), running.session(2));
    running.enter_durably(&[
        open(one, LASER, anna(), joules(5, 4)),
        open(two, PEMF, bert(), exposure(5, 4)),
        Entry::Latch(LASER, Cause::StuckOn),
        Entry::Latch(PEMF, Cause::Reboot),
    ]);
    running.close();
    let past = place.open_with(When::FIRST, &["new", "laser-1"]).opened.past;
    assert_eq!(past.open_marks, [(Some(PEMF), anna()), (None, bert())], "laser-1 is second now");
    assert_eq!(past.causes, [(PEMF, Cause::StuckOn)]);
}

/// Causes survive in the order in which they came, until they are released (LCK-04).
#[test]
fn causes_survive_until_released() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    running.enter_durably(&[
        Entry::Latch(PEMF, Cause::OverTemperature),
        Entry::Latch(LASER, Cause::StuckOn),
        Entry::Latch(LASER, Cause::LinkSilence),
        Entry::Latch(PEMF, Cause::OverTemperature),
        Entry::Release(LASER, Cause::LinkSilence),
    ]);
    running.close();
    let mut running = place.open(When::FIRST);
    let kept = [(PEMF, Cause::OverTemperature), (LASER, Cause::StuckOn)];
    assert_eq!(running.opened.past.causes, kept);
    let told_again: Vec<_> = kept.iter().map(|(unit, cause)| Entry::Latch(*unit, *cause)).collect();
    running.enter_durably(&told_again);
    running.enter_durably(&[Entry::Release(PEMF, Cause::OverTemperature)]);
    running.enter_durably(&[Entry::Latch(LASER, Cause::LinkSilence)]);
    running.close();
    let causes = place.open(When::FIRST).opened.past.causes;
    assert_eq!(causes, [(LASER, Cause::StuckOn), (LASER, Cause::LinkSilence)]);
    assert_eq!(place.look::<i64>("SELECT count(*) FROM causes"), [4], "none is overwritten");
}

/// Releasing an open mark settles what earlier runs left on that unit, at the bound and uncertain;
/// what this run opened, and other units, stay as they are (SES-14).
#[test]
fn a_released_open_mark_is_settled_at_its_bound() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let (one, two) = (running.session(1), running.session(2));
    running.enter_durably(&[
        open(one, LASER, anna(), joules(5, 4)),
        slice(one, 1, joules(9, 6)),
        open(two, PEMF, bert(), exposure(7, 3)),
    ]);
    running.close();
    let later = When::FIRST.rebooted(3_600);
    let mut running = place.open(later);
    assert_eq!(running.opened.past.open_marks, [(Some(LASER), anna()), (Some(PEMF), bert())]);
    let own = running.session(1);
    running.enter_durably(&[
        Entry::Latch(LASER, Cause::OpenMark),
        open(own, LASER, anna(), joules(2, 2)),
        Entry::Release(LASER, Cause::OpenMark),
    ]);
    running.close();
    let when = When::FIRST.rebooted(7_200);
    let past = place.open(when).opened.past;
    assert_eq!(past.open_marks, [(Some(PEMF), bert()), (Some(LASER), anna())]);
    let reconciled = (anna(), given(neck(), joules(9, 6), when, 7_200));
    assert_eq!(past.given.first(), Some(&reconciled), "it ages from its last slice");
    assert!(past.causes.is_empty());
    let facts = "SELECT end || outcome || uncertain || reconciled || settled_run FROM settlements";
    assert_eq!(place.look::<String>(facts), ["interrupted_by_gatewaypartial112"]);
}

/// The clinic may tell the end of a session by an alarm: its cause is on record.
#[test]
fn an_alarm_is_kept_with_its_cause() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let session = running.session(1);
    let mut end = settle(session, joules(1, 1), Outcome::Partial);
    if let Entry::Settle { summary, .. } = &mut end {
        summary.end = End::Alarm(Cause::Deviation);
        summary.uncertain = true;
    }
    running.enter_durably(&[open(session, LASER, anna(), joules(5, 4)), end]);
    let facts = "SELECT end || ' ' || cause || ' ' || uncertain FROM settlements";
    assert_eq!(place.look::<String>(facts), ["alarm deviation 1"]);
}

/// Promise 2: what a unit emitted without a session counts for its last patient after a restart as
/// well, wherever it was, and for nobody else.
#[test]
fn a_stray_dose_counts_after_a_restart() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let stray = |patient, dose| Entry::Stray { unit: LASER, patient, dose };
    running.enter_durably(&[
        stray(None, joules(1, 1)),
        stray(Some(anna()), joules(3, 2)),
        stray(Some(bert()), joules(10, 4)),
    ]);
    running.close();
    let when = When::FIRST.rebooted(60);
    let past = place.crash().open(when).opened.past;
    let anywhere = |charged| Given { sites: None, ..given(neck(), charged, when, 60) };
    let expected = [(anna(), anywhere(joules(2, 1))), (bert(), anywhere(joules(7, 2)))];
    assert_eq!(past.given, expected);
    assert!(past.course.is_empty(), "it is no session");
    let week = i64::try_from(7 * DAY).unwrap();
    let past = place.crash().open(When::FIRST.rebooted(week + 1)).opened.past;
    assert!(past.given.is_empty());
}

/// A trip is remembered over a restart, for the patient and the site of the session that it ended,
/// whether or not its cause was released.
#[test]
fn a_trip_survives_a_restart() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let (before, hot) = (running.session(1), running.session(2));
    running.enter_durably(&[
        open(before, LASER, anna(), joules(5, 4)),
        settle(before, joules(5, 4), Outcome::Complete),
    ]);
    running.when.boot_secs += 10;
    running.enter_durably(&[open(hot, LASER, bert(), joules(5, 4))]);
    running.when.boot_secs += 10;
    running.enter_durably(&[
        Entry::Latch(PEMF, Cause::OverTemperature),
        Entry::Latch(LASER, Cause::OverTemperature),
        Entry::Release(LASER, Cause::OverTemperature),
    ]);
    let at = running.when.now();
    running.when.boot_secs += 10;
    let after = running.session(3);
    running.enter_durably(&[open(after, LASER, anna(), joules(5, 4))]);
    running.close();
    let later = When { boot_secs: 400, wall: NOON + 300, ..When::FIRST };
    let past = place.crash().open(later).opened.past;
    assert_eq!(past.trips, [(bert(), Sites::NONE.with(neck()), at)]);
    let day = i64::try_from(DAY).unwrap();
    let past = place.crash().open(When::FIRST.rebooted(day + 30)).opened.past;
    assert!(past.trips.is_empty());
}

/// DOS-14: the sites that a field touched are charged and were heated after a restart as before it,
/// of a session that was settled as of one that was open.
#[test]
fn touched_sites_survive_a_restart() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let beside = Site::new(Region::Trapezius, Side::Left).unwrap();
    let other = Site::new(Region::UpperBack, Side::Midline).unwrap();
    let wide = |session, unit, patient, touched: &[Site]| {
        let mut entry = open(session, unit, patient, joules(50, 4));
        let Entry::Open { prescription: AnyPrescription::Laser(laser), .. } = &mut entry else {
            panic!("it opens a laser")
        };
        laser.touched = touched.iter().copied().collect();
        entry
    };
    let (one, two) = (running.session(1), running.session(2));
    running.enter_durably(&[
        wide(one, LASER, anna(), &[beside, other]),
        wide(two, OTHER_LASER, bert(), &[other]),
        Entry::Latch(LASER, Cause::OverTemperature),
        settle(one, joules(48, 4), Outcome::Partial),
    ]);
    let when = When { boot_secs: 160, wall: NOON + 60, ..When::FIRST };
    let past = place.crash().open(when).opened.past;
    let sites = |touched: &[Site]| touched.iter().copied().chain([neck()]).collect::<Sites>();
    let lay = |charged, touched| Given {
        sites: Some(sites(touched)),
        ..given(neck(), charged, when, 60)
    };
    let expected =
        [(anna(), lay(joules(48, 4), &[beside, other])), (bert(), lay(joules(50, 4), &[other]))];
    assert_eq!(past.given, expected);
    let told = "SELECT prescription ->> '$.touched_sites' FROM sessions ORDER BY token";
    let told: Vec<String> = place.look(told);
    assert!(told[0].contains("trapezius") && told[1].contains("upper_back"), "{told:?}");
    let [(hot, heated, _)] = &past.trips[..] else { panic!("one trip: {:?}", past.trips) };
    assert_eq!((hot, *heated), (&anna(), sites(&[beside, other])));
}

/// DOS-12, JRN-08: a session in whose dose something was found waits for its review over any restart
/// and any time, until a person gave it; what was charged stays charged.
#[test]
fn a_review_is_waited_for_until_a_person_gives_it() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let sessions = [running.session(1), running.session(2), running.session(3)];
    let findings: [&[Finding]; 3] =
        [&[Finding::Debt, Finding::CountsDiffer], &[], &[Finding::Unseen]];
    let (units, patients) = ([LASER, OTHER_LASER, LASER], [anna(), anna(), bert()]);
    for (((session, findings), unit), patient) in
        sessions.into_iter().zip(findings).zip(units).zip(patients)
    {
        let mut end = settle(session, joules(5, 4), Outcome::Partial);
        let Entry::Settle { summary, .. } = &mut end else { panic!("it settles") };
        summary.findings = findings.iter().copied().collect();
        running.enter_durably(&[open(session, unit, patient, joules(9, 4)), end]);
    }
    running.close();
    let waits = |place: usize, unit| Review {
        session: sessions[place],
        unit,
        patient: [anna(), anna(), bert()][place].clone(),
        findings: findings[place].iter().copied().collect(),
    };
    let years = When::FIRST.rebooted(3 * 365 * i64::try_from(DAY).unwrap());
    let mut running = place.open(years);
    assert_eq!(running.opened.past.reviews, [waits(0, Some(LASER)), waits(2, Some(LASER))]);
    running.enter_durably(&[Entry::Review(sessions[0]), Entry::Review(sessions[0])]);
    running.close();
    let running = place.open_with(When::FIRST.rebooted(60), &["pemf-1"]);
    assert_eq!(running.opened.past.reviews, [waits(2, None)], "its unit is gone, its patient not");
    assert_eq!(running.opened.past.given.len(), 3, "a review takes nothing out of a window");
    running.close();
}

/// A review of a session that was never settled is not kept: nothing was found in it.
#[test]
fn a_review_of_nothing_is_a_failure() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let session = running.session(1);
    running.enter_durably(&[open(session, LASER, anna(), joules(9, 4))]);
    assert_eq!(running.enter(&[Entry::Review(session)]), [Receipt::Failed]);
    assert!(place.look::<i64>("SELECT token FROM reviews").is_empty());
}

/// OPS-01: the last proof of a relay counts, and grows old while the gateway is gone. One that failed
/// is not forgotten either.
#[test]
fn the_last_proof_of_a_relay_is_remembered() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    running.enter_durably(&[
        Entry::Proof(LASER, false),
        Entry::Proof(LASER, true),
        Entry::Proof(PEMF, true),
        Entry::Proof(PEMF, false),
    ]);
    running.close();
    let running = place.open(When::FIRST.rebooted(60));
    let mut proofs = running.opened.past.proofs.clone();
    proofs.sort_by_key(|(unit, _)| *unit != LASER);
    let [(LASER, Some(age)), (PEMF, None)] = proofs[..] else { panic!("{proofs:?}") };
    assert!(Nanos::from_secs(59) < age, "{age:?}");
    running.close();
}
