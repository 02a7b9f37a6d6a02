//! Whole sessions, stops out of them, and runs whose answers are lost.

use safety::{Cause, State};
use simulated_units::{Button, Device, magventure::Fault};

use super::{MODELS, TrainReadBack, plate, room_of, talkative};
use crate::exchange::tests::{room::Treatment, told::replay, world::MS};

const START: &[u8] = &[0xFE, 1, 4, 0x61, 0xFF];
const PULSE: &[u8] = &[0xFE, 2, 3, 1, 0x0B, 0xFF];
const ENABLE: &[u8] = &[0xFE, 2, 2, 1, 0xCF, 0xFF];
const DISABLE: &[u8] = &[0xFE, 2, 2, 0, 0x91, 0xFF];

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

/// Off is disable, from any state, and never the toggle (COM-04).
#[test]
fn a_stop_outruns_everything() {
    for at in (0..14_000).step_by(97) {
        let mut room = talkative();
        let budget = room.world.dialect.budget();
        if at < 4_000 {
            room.pass(at);
        } else {
            room.emit();
            room.pass(at - 4_000);
        }
        let starts = room.world.said_since(0, START).len();
        let since = room.world.now;
        let stopped = room.world.stop();
        assert!(stopped.first <= stopped.in_flight + 2 * MS + 2 * MS, "{at}: {stopped:?}");
        let proven = stopped.proven.expect("proven");
        assert!(proven <= budget.confirm.get() + 60 * MS, "{at}: {stopped:?} {budget:?}");
        room.world.pass(3_000);
        assert!(!room.world.device.is_enabled(), "{at}");
        assert!(!room.world.device.is_running(), "{at}");
        assert!(!room.world.said_since(since, DISABLE).is_empty());
        assert_eq!(room.world.said_since(0, START).len(), starts, "{at}");
    }
}

#[test]
fn a_disable_is_repeated_until_it_is_seen() {
    let mut room = talkative();
    room.emit();
    room.pass(3_000);
    room.world.device.suffer(Fault::IgnoresDisable, true);
    let since = room.world.now;
    room.must(safety::Input::Stop);
    room.pass(2_000);
    assert!(room.world.said_since(since, DISABLE).len() > 5);
    room.is(State::Locked);
    assert!(!room.world.is_off_since(since));
}

/// A start whose answer is lost is charged, and never said again: said twice it would end the train
/// or begin another (COM-05).
#[test]
fn a_lost_answer_to_a_start_is_charged_and_not_said_again() {
    for fault in [Fault::MuteStart, Fault::Deaf] {
        let mut room = talkative();
        room.warn();
        // A dead unit is missed by its link, so it goes deaf at the last moment.
        while room.world.said_since(0, START).is_empty() {
            if fault == Fault::MuteStart {
                room.world.device.suffer(fault, true);
            }
            room.pass(1);
        }
        room.world.device.suffer(fault, true);
        room.pass(6_000);
        room.is(State::Locked);
        assert_eq!(room.world.said_since(0, START).len(), 1);
        room.world.device.suffer(fault, false);
        room.pass(3_000);
        assert_eq!(room.world.said_since(0, START).len(), 1);
        let ended = room.supervisor.ended().expect("over");
        let given = room.world.device.meter();
        assert!(given <= u128::from(ended.charged.energy.picojoules()));
        room.finish();
    }
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
