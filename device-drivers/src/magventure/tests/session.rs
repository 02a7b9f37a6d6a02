//! Whole sessions, stops out of them, and runs whose answers are lost.

use safety::{Cause, State};
use simulated_units::{Button, Device, magventure::Fault};

use super::{MODELS, TrainReadBack, plate, room_of, talkative};
use crate::test_bench::{
    magventure::{ENABLE, PROOF, PULSE, START},
    room::Treatment,
    told::replay,
};

/// One start for each train (COM-05, DOS-01).
#[test]
fn a_session_of_each_model_gives_what_was_prescribed() {
    for (model, unit) in MODELS {
        for single in [false, true] {
            for trains in [TrainReadBack::Read, TrainReadBack::Unverified] {
                let treatment =
                    if single { Treatment::single_pulses() } else { Treatment::stimulator() };
                let mut plate = plate(model);
                plate.trains = trains;
                let mut room = room_of(plate, unit, treatment);
                room.emit();
                assert!(room.reaches(40_000, State::Standby), "{}", room.state());
                let ended = room.supervisor.ended().expect("over");
                let asked = u64::from(room.treatment.prescription.trains)
                    * u64::from(room.treatment.prescription.train_pulses);
                assert_eq!(room.world.device.pulses(), asked);
                let given = room.world.device.meter();
                assert!(given <= u128::from(ended.charged.energy.picojoules()));
                assert_eq!(ended.delivered, ended.charged);
                let (starts, pulses) = if single { (0, 4) } else { (4, 0) };
                assert_eq!(room.world.said_since(0, START).len(), starts);
                assert_eq!(room.world.said_since(0, PULSE).len(), pulses);
                assert_eq!(room.world.said_since(0, ENABLE).len(), 1);
                assert!(!room.world.device.is_enabled());
                assert_eq!(room.world.garbled_since(0), 0);
                room.finish();
            }
        }
    }
}

/// Start is a toggle: it is only ever said to a unit whose train is over.
#[test]
fn start_is_never_said_during_a_train() {
    let mut room = talkative();
    room.warn();
    let mut starts = 0;
    for _ in 0..20_000 {
        let running = room.world.device.is_running();
        room.pass(1);
        let said = room.world.said_since(0, START).len();
        assert!(said == starts || !running);
        starts = said;
    }
    assert_eq!(starts, 4);
}

/// Off is disable, and never the toggle.
#[test]
fn a_stop_outruns_everything() {
    PROOF.a_stop_outruns_everything(2);
}

#[test]
fn a_disable_is_repeated_until_it_is_seen() {
    PROOF.an_off_is_repeated_until_it_is_seen(|unit| unit.suffer(Fault::IgnoresDisable, true));
}

/// A dead unit is missed by its link, so it goes deaf at the last moment.
#[test]
fn a_lost_answer_to_a_start_is_charged_and_not_said_again() {
    PROOF.a_lost_answer_to_a_start_is_charged_and_not_said_again(
        |unit| unit.suffer(Fault::MuteStart, true),
        |_| {},
        |unit| unit.suffer(Fault::MuteStart, false),
    );
    PROOF.a_lost_answer_to_a_start_is_charged_and_not_said_again(
        |_| {},
        |unit| unit.suffer(Fault::Deaf, true),
        |unit| unit.suffer(Fault::Deaf, false),
    );
}

/// A wheel, a mode, a coil, heat: each ends the session by its own cause.
#[test]
fn what_a_hand_changes_ends_a_session() {
    type Do = fn(&mut super::Ward);
    let cases: [(Do, Cause); 5] = [
        (|room| room.world.device.turn_wheel(60), Cause::SettingDiffers),
        (|room| room.world.device.change_page(7), Cause::SettingDiffers),
        (|room| room.world.device.change_mode(1), Cause::UnitFault),
        (|room| room.press(Button::Applicator, false), Cause::Applicator),
        (|room| room.world.device.warm_to(44_000), Cause::OverTemperature),
    ];
    for (act, cause) in cases {
        let mut room = talkative();
        room.emit();
        room.pass(3_000);
        act(&mut room);
        room.pass(2_000);
        room.is(State::Locked);
        let found = room.supervisor.causes().iter().any(|found| found.cause == cause);
        assert!(found, "{cause:?}: {}", room.state());
        assert!(!room.world.device.is_enabled());
    }
}

/// The same bytes in any pieces are the same reports and the same frames.
#[test]
fn pieces_do_not_matter() {
    let mut room = talkative();
    room.emit();
    room.pass(5_000);
    let fresh = || super::dialect(plate(super::Model::X100)).unwrap();
    let whole = replay(fresh(), &room.world.trace, usize::MAX);
    for piece in [1, 2, 3, 7] {
        assert_eq!(replay(fresh(), &room.world.trace, piece), whole);
    }
    assert!(whole.1.len() > 100);
}
