//! Noise, and everything bad that can come in.

use std::vec::Vec;

use proptest::prelude::*;
use safety::{Instant, State, Stimulator};
use simulated_units::magventure as simulated;

use super::{BYTE, COIL, Model, SERIAL, plate, talkative};
use crate::{
    Event, Out,
    test_bench::{
        magventure::{ENABLE, PROOF, PULSE, START},
        proof::CABLES,
        room::{Room, Treatment},
    },
};

/// Tries everything that a person can to get a unit to fire.
fn insist(room: &mut super::Ward) {
    room.pass(3_000);
    let (admitted, fence) = (room.admitted(), room.fence());
    for input in [
        safety::Input::Confirm(admitted, fence),
        safety::Input::Command(safety::Command::Arm, fence),
        safety::Input::Command(safety::Command::Start, fence),
    ] {
        let _ = room.supervisor.step(room.world.instant(), input);
        room.pass(3_000);
    }
    room.pass(3_000);
}

/// Another model, or another unit of it, never gets ready (COM-07).
#[test]
fn another_unit_is_never_enabled() {
    for (model, unit, serial) in [
        (Model::R30, simulated::Model::X100, SERIAL),
        (Model::X100, simulated::Model::R30, SERIAL),
        (Model::X100, simulated::Model::X100, SERIAL + 1),
    ] {
        let device = simulated::MagVenture::new(unit, serial, COIL);
        let dialect = super::dialect(plate(model)).unwrap();
        let mut room = Room::new(dialect, device, BYTE, Treatment::stimulator());
        insist(&mut room);
        assert!(room.world.said_since(0, ENABLE).is_empty());
        assert!(room.world.said_since(0, START).is_empty());
    }
}

/// A unit that sets itself to something else is not started (SES-05).
#[test]
fn a_setting_that_differs_is_not_started() {
    use simulated::Fault::{Ramp, WrongAmplitude, WrongTrains};
    for fault in [WrongAmplitude, WrongTrains, Ramp] {
        let mut room = talkative();
        room.world.device.suffer(fault, true);
        insist(&mut room);
        assert_eq!(room.world.device.pulses(), 0, "{fault:?}");
        assert!(room.world.said_since(0, ENABLE).is_empty(), "{fault:?}");
    }
}

/// What is said unasked is a reason to ask, and proves nothing: even the whole status of a unit
/// that is off.
#[test]
fn what_is_said_unasked_is_not_believed() {
    let mut room = talkative();
    room.emit();
    room.pass(3_000);
    room.world.device.suffer(simulated::Fault::IgnoresDisable, true);
    room.must(safety::Input::Stop);
    let since = room.world.now;
    for _ in 0..100 {
        // A push that says disabled.
        room.world.inject(&[0xFE, 4, 3, 25, COIL, 0x24, crc(&[3, 25, COIL, 0x24]), 0xFF]);
        room.pass(20);
    }
    assert!(!room.world.is_off_since(since));
    room.is(State::Locked);
}

fn crc(payload: &[u8]) -> u8 {
    super::super::word::crc8(payload)
}

/// Pushes between question and answer are no bad frames, and cost no poll.
#[test]
fn a_unit_that_talks_all_the_time_is_heard() {
    let mut room = talkative();
    room.emit();
    let since = room.world.now;
    for _ in 0..200 {
        room.world.inject(&[0xFE, 4, 3, 25, COIL, 0x34, crc(&[3, 25, COIL, 0x34]), 0xFF]);
        room.pass(17);
    }
    room.is(State::Emitting);
    assert_eq!(room.world.garbled_since(since), 0);
}

/// A length that cannot be, besides what any cable does.
#[test]
fn a_bad_cable_gives_no_pulse_for_nothing() {
    PROOF.a_bad_cable_gives_no_pulse_for_nothing(&CABLES);
    PROOF.a_bad_cable_gives_no_pulse_for_nothing(&[("length", |at, mut bytes| {
        if (at / 100_000_000).is_multiple_of(5) {
            bytes[1] = 200;
        }
        bytes
    })]);
}

#[test]
fn a_late_answer_is_not_believed() {
    PROOF.a_late_answer_is_not_believed(90);
}

fn noise() -> impl Strategy<Value = Vec<u8>> {
    let some = prop::sample::select(Vec::from([0xFE_u8, 0xFF, 1, 4, 5, 8, 11, 15]));
    prop::collection::vec(prop_oneof![any::<u8>(), some], 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a unit says that is none: no panic, and nothing that enables or fires.
    #[test]
    fn noise_enables_nothing(pieces in prop::collection::vec(noise(), 1..30)) {
        let mut dialect = super::dialect(plate(Model::X100)).unwrap();
        let mut now = Instant::from_boot(1);
        dialect.step(now, Event::Opened, &mut Out::default());
        for piece in pieces {
            for event in [Event::Turn, Event::Sent, Event::Bytes(&piece)] {
                now = now.after(safety::Nanos::from_millis(30));
                let mut out = Out::<Stimulator>::default();
                dialect.step(now, event, &mut out);
                let said = out.frame.map(|frame| frame.bytes).unwrap_or_default();
                prop_assert!(![START, PULSE, ENABLE].contains(&said.as_slice()));
            }
        }
    }

    #[test]
    fn noise_in_a_session_starts_nothing(bytes in noise(), at in 0_u64..4_000) {
        PROOF.noise_in_a_session_begins_nothing(&bytes, at);
    }
}

/// The whole status of a unit of `serial` that is off.
fn status_of(serial: u32) -> Vec<u8> {
    let [_, high, middle, low] = serial.to_be_bytes();
    let flags = 1 << 5 | 1 << 2;
    let payload = [5, flags, high, middle, low, 25, COIL, 30, 0, 30, 0, 100, 100, 1, 0];
    let mut frame = Vec::from([0xFE, 15]);
    frame.extend(payload);
    frame.extend([crc(&payload), 0xFF]);
    frame
}

/// Whether a unit is reported off that says `before` ahead of the first question for its status and
/// `after` behind it.
fn is_off(before: &[u8], after: &[u8]) -> bool {
    let mut dialect = super::dialect(plate(Model::X100)).unwrap();
    let (mut now, mut out) = (Instant::from_boot(5_000_000_000), Out::default());
    let mut tell = |event: Event<'_, Stimulator>| {
        now = now.after(safety::Nanos::from_millis(10));
        dialect.step(now, event, &mut out);
    };
    for event in [Event::Opened, Event::Turn, Event::Sent, Event::Bytes(before), Event::Turn] {
        tell(event);
    }
    tell(Event::Bytes(after));
    let said = out.frame.map(|frame| frame.bytes);
    assert_eq!(said.as_deref(), Some([0xFE, 1, 5, 0x3F, 0xFF].as_slice()));
    out.reports.iter().any(|report| matches!(report.fact, safety::Fact::Emission(_)))
}

/// An answer that began before its question is none, and that of another unit is none.
#[test]
fn a_status_is_believed_only_from_its_unit_and_after_its_question() {
    let status = status_of(SERIAL);
    assert!(is_off(&[], &status));
    assert!(is_off(&status[..7], &[&status[7..], &status[..]].concat()));
    for cut in 1..status.len() {
        assert!(!is_off(&status[..cut], &status[cut..]), "{cut}");
    }
    assert!(!is_off(&status, &[]));
    assert!(!is_off(&[], &status_of(SERIAL ^ 1)));
}
