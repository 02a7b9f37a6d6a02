//! Whole sessions, stops out of them, and runs whose answers are lost.

use safety::{Cause, Fact, State};
use simulated_units::{
    Device,
    magstim::{Fault, Magstim as Unit},
};

use super::{models, newest, room};
use crate::exchange::tests::{told::replay, world::MS};
use crate::test_bench::magstim::{ARM, DISARM, FIRE, PROOF};

/// One fire for each train, and what was charged is what came out (COM-05, DOS-01).
#[test]
fn a_session_of_each_model_gives_what_was_prescribed() {
    for (model, unit) in models() {
        let name = std::format!("{model:?}");
        let mut room = room(model, unit);
        room.emit();
        assert!(room.reaches(40_000, State::Standby), "{name}: {}", room.state());
        let ended = room.supervisor.ended().expect("over");
        let prescribed = u64::from(room.treatment.prescription.trains)
            * u64::from(room.treatment.prescription.train_pulses);
        assert_eq!(room.world.device.pulses(), prescribed, "{name}");
        let joules = u128::from(ended.charged.energy.picojoules());
        assert_eq!(joules, room.world.device.meter(), "{name}");
        assert_eq!(ended.delivered, ended.charged, "{name}");
        assert_eq!(room.world.said_since(0, FIRE).len(), 4, "{name}");
        assert_eq!(room.world.said_since(0, ARM).len(), 1, "{name}");
        assert!(!room.world.device.is_armed(), "{name}");
        assert_eq!(room.world.garbled_since(0), 0, "{name}");
        room.finish();
    }
}

#[test]
fn a_stop_outruns_everything() {
    PROOF.a_stop_outruns_everything(5);
}

#[test]
fn a_disarm_is_repeated_until_it_is_seen() {
    PROOF.an_off_is_repeated_until_it_is_seen(|unit| unit.suffer(Fault::IgnoresDisarm, true));
}

/// Golden rule of this unit: the answer to a disarm shows the state of before, the one to an arm
/// too. Neither is a fact.
#[test]
fn an_answer_that_shows_the_state_of_before_proves_nothing() {
    let mut room = newest();
    room.emit();
    room.pass(3_000);
    let heard = |asked: u64| {
        room.world.heard.iter().any(|(_, report)| {
            matches!(report.fact, Fact::Emission(_)) && report.asked.since_boot() == asked
        })
    };
    for (at, frame) in &room.world.said {
        if [FIRE, ARM, DISARM].contains(&frame.bytes.as_slice()) {
            assert!(!heard(*at), "{frame:?}");
        }
    }
}

#[test]
fn a_lost_answer_to_a_fire_is_charged_and_not_said_again() {
    let nothing = |_: &mut Unit| {};
    PROOF.a_lost_answer_to_a_start_is_charged_and_not_said_again(
        nothing,
        |unit| unit.suffer(Fault::MuteFire, true),
        |unit| unit.suffer(Fault::MuteFire, false),
    );
    PROOF.a_lost_answer_to_a_start_is_charged_and_not_said_again(
        nothing,
        |unit| unit.suffer(Fault::Mute, true),
        |unit| unit.suffer(Fault::Mute, false),
    );
}

/// Somebody takes it at its panel behind a fire: it is not said again (COM-08).
#[test]
fn a_unit_that_somebody_takes_over_locks() {
    let mut room = newest();
    room.warn();
    let fires = |room: &super::Ward| room.world.said_since(0, FIRE).len();
    while fires(&room) == 0 {
        room.pass(1);
    }
    room.world.device.take_over();
    room.pass(6_000);
    room.is(State::Locked);
    assert_eq!(fires(&room), 1);
}

/// A gateway that dies leaves a unit that disarms itself; one that lives keeps it armed through a
/// wait that is longer than its watchdog.
#[test]
fn polls_keep_it_armed_and_silence_does_not() {
    let mut room = newest();
    room.emit();
    room.pass(3_000);
    assert!(room.world.device.is_armed());
    room.world.dumb = true;
    room.pass(1_100);
    assert!(!room.world.device.is_armed());
    room.is(State::Locked);
}

/// Past its validity an order is as good as off: disarm goes first, and nothing that keeps the unit
/// armed goes before it.
#[test]
fn an_order_that_runs_out_disarms() {
    let mut room = newest();
    room.emit();
    room.pass(3_000);
    let since = room.world.now;
    room.world.pass(1_000);
    let lapsed = room.world.said_since(since, DISARM);
    assert!(lapsed.first().is_some_and(|at| at - since < 400 * MS), "{lapsed:?}");
    assert!(!room.world.device.is_armed());
}

/// The coil is pulled out, gets hot, or wants to be replaced.
#[test]
fn a_coil_that_is_not_well_ends_a_session() {
    type Do = fn(&mut super::Ward);
    let cases: [(Do, Cause); 4] = [
        (|room| room.press(simulated_units::Button::Applicator, false), Cause::UnexpectedOff),
        (|room| room.world.device.suffer(Fault::ReplaceCoil, true), Cause::UnitFault),
        (|room| room.world.device.suffer(Fault::SpecialTrigger, true), Cause::UnitFault),
        (|room| room.world.device.warm_to(43_500), Cause::OverTemperature),
    ];
    for (act, cause) in cases {
        let mut room = newest();
        room.emit();
        room.pass(3_000);
        act(&mut room);
        room.pass(2_000);
        room.is(State::Locked);
        assert!(
            room.supervisor.causes().iter().any(|found| found.cause == cause),
            "{}",
            room.state()
        );
        assert!(!room.world.device.is_armed());
    }
}

/// The same bytes in any pieces are the same reports and the same frames.
#[test]
fn pieces_do_not_matter() {
    for (model, unit) in models() {
        let mut room = room(model.clone(), unit);
        room.emit();
        room.pass(5_000);
        let fresh = || super::dialect(super::plate(model.clone())).unwrap();
        let whole = replay(fresh(), &room.world.trace, usize::MAX);
        for piece in [1, 2, 3, 7] {
            assert_eq!(replay(fresh(), &room.world.trace, piece), whole);
        }
        assert!(whole.1.len() > 100);
    }
}
