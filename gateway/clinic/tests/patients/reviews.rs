//! What is found in a dose keeps the patient from the next session until a person judged it.

use clinic::{Answer, Ask, Entry, Past, Refused, RequestId, Review, SessionId, What};
use safety::{Finding, Findings, Limit, Nanos, Tier};

use crate::house::{COIL, House, LASER, OTHER_COIL, UNITS, id, patient};

fn set(findings: &[Finding]) -> Findings {
    findings.iter().copied().collect()
}

/// A session of the laser whose count falls 80 % behind its readings, to its end.
fn miscounted(house: &mut House) -> SessionId {
    house.count(LASER, 100);
    let session = house.emit(LASER, &patient("anna"));
    house.pass(Nanos::from_secs(12));
    house.count(LASER, 1_000);
    let ended = house.ended(session).expect("an end");
    assert_eq!(ended.findings, set(&[Finding::CountsDiffer]));
    session
}

/// DOS-11, JRN-08: the larger is charged, and the patient waits on every unit, for days, until a
/// person has judged it, once. Others do not wait.
#[test]
fn counts_that_differ_keep_the_patient_waiting() {
    let mut house = House::new();
    let session = miscounted(&mut house);
    let waits = Err(Refused::ReviewOpen(session));
    for days in [0, 1, 8] {
        house.sleep(24 * days);
        for place in 0..UNITS {
            assert_eq!(house.confirm(place, &patient("anna")), waits, "after {days} days");
        }
    }
    assert!(house.confirm(COIL, &patient("bert")).is_ok());

    let other = SessionId { token: session.token + 1, ..session };
    assert_eq!(house.ask(Ask::Review(other)), Answer::Refused(Refused::UnknownReview));
    let request = RequestId::new("review-1");
    let reviewed = Answer::Reviewed(set(&[Finding::CountsDiffer]));
    assert_eq!(house.ask_as(request.clone(), Ask::Review(session)), reviewed);
    assert_eq!(house.ask_as(request, Ask::Review(session)), reviewed, "the first answer");
    assert_eq!(house.ask(Ask::Review(session)), Answer::Refused(Refused::UnknownReview));
    let entered = house.entries.iter().filter(|entry| **entry == Entry::Review(session)).count();
    assert_eq!(entered, 1);
    let told = house.changes.iter().filter(|change| matches!(change.what, What::Reviewed(_)));
    let told: Vec<_> = told.map(|change| (change.unit, change.session)).collect();
    assert_eq!(told, [(id(LASER), Some(session))]);
    assert!(house.confirm(OTHER_COIL, &patient("anna")).is_ok());
}

/// A review that is not durable yet is ahead of everything that the next session enters.
#[test]
fn a_review_is_entered_ahead_of_the_next_session() {
    let mut house = House::new();
    let session = miscounted(&mut house);
    house.writes = false;
    assert!(matches!(house.ask(Ask::Review(session)), Answer::Reviewed(_)));
    let next = house.confirm(COIL, &patient("anna")).unwrap();
    house.writes = true;
    house.must(COIL, clinic::Verb::Arm);
    house.pass(Nanos::from_secs(1));
    house.must(COIL, clinic::Verb::Start);
    let place = |wanted: &dyn Fn(&Entry) -> bool| house.entries.iter().position(wanted).unwrap();
    let review = place(&|entry| *entry == Entry::Review(session));
    let open = place(&|entry| matches!(entry, Entry::Open { session, .. } if *session == next));
    assert!(review < open);
}

/// DOS-12: a restart forgets none: what nobody reviewed is waited for, whether or not its unit is still
/// there, and a patient with two of them waits for both.
#[test]
fn a_restart_forgets_no_review() {
    let review = |token, unit| Review {
        session: SessionId { run: 6, token },
        unit,
        patient: patient("anna"),
        findings: set(&[Finding::Unseen]),
    };
    let (first, second) = (review(1, None), review(2, Some(id(COIL))));
    let past = Past { reviews: vec![first.clone(), second.clone()], ..Past::default() };
    let mut house = House::after(past);
    for waits in [&first, &second] {
        let refused = Err(Refused::ReviewOpen(waits.session));
        assert_eq!(house.confirm(LASER, &patient("anna")), refused);
        let reviewed = Answer::Reviewed(set(&[Finding::Unseen]));
        assert_eq!(house.ask(Ask::Review(waits.session)), reviewed);
        assert!(house.entries.contains(&Entry::Review(waits.session)));
    }
    assert!(house.confirm(LASER, &patient("anna")).is_ok());
}

/// A session without a finding opens no review.
#[test]
fn an_honest_session_is_not_reviewed() {
    let mut house = House::new();
    let session = house.emit(LASER, &patient("anna"));
    house.pass(Nanos::from_secs(12));
    let ended = house.ended(session).expect("an end");
    assert!(ended.findings.is_empty(), "{:?}", ended.findings);
    assert_eq!(house.ask(Ask::Review(session)), Answer::Refused(Refused::UnknownReview));
    assert!(house.confirm(COIL, &patient("anna")).is_ok());
}

/// Debt is dose: it is charged whole to every window of the patient, shown, and judged by a person.
#[test]
fn a_debt_counts_in_full() {
    let mut house = House::new();
    let session = house.emit(LASER, &patient("anna"));
    house.stick(LASER, true);
    // The limits permit 1000 J a day; 5 W give that in 200 s.
    house.pass(Nanos::from_secs(260));
    house.stick(LASER, false);
    house.pass(Nanos::from_secs(2));
    let ended = house.ended(session).expect("an end");
    assert!(ended.findings.holds(Finding::Debt));
    let joules = |dose| match dose {
        clinic::AnyDose::Laser(dose) => dose.quantity.picojoules() / 1_000_000_000_000,
        other => panic!("{other:?}"),
    };
    let (charged, debt) = (joules(ended.charged), joules(ended.debt));
    assert!(charged > 1_250, "{charged} J");
    assert!((charged - 1_000).abs_diff(debt) <= 1, "{charged} J and {debt} J of debt");

    let spent = |house: &mut House| {
        let decisions = house.decisions(&patient("anna"));
        let left = |limit| {
            let hard = |one: &&safety::Decision| one.limit == limit && one.tier == Tier::Remaining;
            decisions.iter().find(hard).expect("what is left").bound
        };
        [Limit::SiteEnergy, Limit::VisitEnergy, Limit::DayEnergy].map(left)
    };
    assert_eq!(spent(&mut house), [Some(0); 3], "no window holds anything for another session");
    assert!(matches!(house.ask(Ask::Review(session)), Answer::Reviewed(_)));
    assert_eq!(spent(&mut house), [Some(0); 3], "a review gives nothing back");
    house.sleep(25);
    let whole = Some(1_000_000_000_000_000);
    assert_eq!(spent(&mut house), [whole; 3], "only time does");
}
