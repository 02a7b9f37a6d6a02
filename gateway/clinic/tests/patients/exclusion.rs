//! One session per patient, whatever the unit, the modality and the time (SES-07).

use clinic::{Answer, Ask, Past, Refused, Verb};
use safety::{Cause, Nanos, State};

use crate::house::{COIL, HOUR, House, LASER, OTHER_COIL, id, patient};

const SECOND: Nanos = Nanos::from_secs(1);

fn busy(house: &mut House, elsewhere: &[usize]) {
    for place in elsewhere {
        let answer = house.confirm(*place, &patient("anna"));
        assert_eq!(answer, Err(Refused::PatientBusy), "on unit {place}");
    }
}

/// SES-07: from the confirmation to the settlement nobody else gets the patient, in no state of the session
/// and with no modality; who is not treated can be.
#[test]
fn a_patient_has_one_session_in_every_state() {
    let mut house = House::new();
    let elsewhere = [COIL, OTHER_COIL];
    let session = house.confirm(LASER, &patient("anna")).unwrap();
    busy(&mut house, &elsewhere);
    house.must(LASER, Verb::Arm);
    assert_eq!(house.state(LASER), State::Ready);
    busy(&mut house, &elsewhere);
    house.pass(SECOND);
    house.must(LASER, Verb::Start);
    assert_eq!(house.state(LASER), State::Warning);
    busy(&mut house, &elsewhere);
    house.pass(SECOND.times(4));
    assert_eq!(house.state(LASER), State::Emitting);
    busy(&mut house, &elsewhere);
    house.must(LASER, Verb::Pause);
    assert_eq!(house.state(LASER), State::Stopping);
    busy(&mut house, &elsewhere);
    house.pass(SECOND);
    assert_eq!(house.state(LASER), State::Paused);
    busy(&mut house, &elsewhere);
    assert!(house.confirm(COIL, &patient("bert")).is_ok());
    house.writes = false;
    house.leave(LASER);
    assert_eq!(house.state(LASER), State::Standby, "it stands by");
    busy(&mut house, &[OTHER_COIL]);
    assert_eq!(house.ended(session), None, "and the end is not durable");
    house.write();
    assert!(house.ended(session).is_some());
    assert!(house.confirm(OTHER_COIL, &patient("anna")).is_ok());
}

/// The other way round: a coil keeps the laser and the other coil.
#[test]
fn a_field_keeps_the_light_away() {
    let mut house = House::new();
    house.emit(COIL, &patient("anna"));
    busy(&mut house, &[LASER, OTHER_COIL]);
    house.leave(COIL);
    assert!(house.confirm(LASER, &patient("anna")).is_ok());
}

/// SES-07: a reservation ends by its settlement, and by no time: a ledger that answers after nine days still
/// finds the patient taken.
#[test]
fn a_reservation_never_expires_by_time() {
    let mut house = House::new();
    let session = house.emit(LASER, &patient("anna"));
    house.writes = false;
    house.leave(LASER);
    for _ in 0..9 {
        house.sleep(24);
        busy(&mut house, &[COIL, OTHER_COIL]);
    }
    assert_eq!(house.ended(session), None);
    house.write();
    assert!(house.ended(session).is_some());
    assert!(house.confirm(COIL, &patient("anna")).is_ok());
}

/// SES-14: an open mark keeps its patient from every unit after any restart and any time, until a
/// person has reconciled the unit. One of a unit that is gone goes on.
#[test]
fn an_open_mark_never_expires_by_time() {
    let marks = vec![(Some(id(LASER)), patient("anna")), (None, patient("bert"))];
    let mut house = House::after(Past { open_marks: marks, ..Past::default() });
    for (days, whose) in [(0, "anna"), (1, "bert"), (8, "anna"), (30, "bert")] {
        // Time passes without anybody to release anything.
        house.now = house.now.after(HOUR.times(24 * days));
        for place in [COIL, OTHER_COIL] {
            let answer = house.confirm(place, &patient(whose));
            assert_eq!(answer, Err(Refused::PatientLocked), "{whose} after {days} days");
        }
    }
    house.pass(SECOND.times(2));
    assert!(house.causes(LASER).contains(&Cause::OpenMark));
    for place in [LASER, COIL, OTHER_COIL] {
        for cause in house.causes(place) {
            let answer = house.ask(Ask::Release(id(place), cause));
            assert!(matches!(answer, Answer::Released(_)), "{cause:?}: {answer:?}");
        }
    }
    assert!(house.confirm(COIL, &patient("anna")).is_ok());
    assert_eq!(house.confirm(OTHER_COIL, &patient("bert")), Err(Refused::PatientLocked));
}
