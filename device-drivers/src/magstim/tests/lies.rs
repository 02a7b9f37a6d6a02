//! Noise, and everything bad that can come in.

use std::vec::Vec;

use proptest::prelude::*;
use safety::{Instant, State, Stimulator};
use simulated_units::magstim as simulated;

use super::{CODE, models, plate, rapid, room};
use crate::{
    Event, Out,
    test_bench::{
        magstim::{ARM, FIRE, PROOF},
        proof::{CABLES, Cable},
    },
};

/// A unit of another kind, of other software, or of another code never gets ready (COM-07).
#[test]
fn another_unit_is_never_armed() {
    let of = |version| simulated::Model::Rapid { version, unlock: CODE.to_vec() };
    let other =
        simulated::Model::Rapid { version: [9, 0, 0], unlock: Vec::from(*b"4321-12345678-ab") };
    let cases = [
        (rapid("9.0.0"), other),
        (rapid("9.0.0"), of([9, 1, 0])),
        (rapid("9.0.0"), of([7, 2, 1])),
        (rapid("7.2.1"), of([9, 0, 0])),
        (rapid("7.2.1"), simulated::Model::TwoHundred),
        (super::Model::BiStim, simulated::Model::TwoHundred),
        (super::Model::TwoHundred, of([7, 2, 1])),
    ];
    for (model, unit) in cases {
        let name = std::format!("{model:?} {unit:?}");
        let mut room = room(model, unit);
        room.pass(5_000);
        let admitted = room.admitted();
        let now = room.world.instant();
        let fence = room.fence();
        let _ = room.supervisor.step(now, safety::Input::Confirm(admitted, fence));
        let _ = room.supervisor.step(now, safety::Input::Command(safety::Command::Arm, fence));
        room.pass(3_000);
        let now = room.world.instant();
        let _ = room.supervisor.step(now, safety::Input::Command(safety::Command::Start, fence));
        room.pass(6_000);
        assert!(room.world.said_since(0, ARM).is_empty(), "{name}");
        assert!(room.world.said_since(0, FIRE).is_empty(), "{name}");
    }
}

/// A unit that sets itself to something else is not fired (SES-05).
#[test]
fn an_intensity_that_differs_is_not_fired() {
    for (model, unit) in models() {
        let mut room = room(model, unit);
        room.world.device.suffer(simulated::Fault::WrongIntensity, true);
        assert!(room.reaches(10_000, State::Standby));
        room.arm();
        room.pass(2_000);
        let (now, fence) = (room.world.instant(), room.fence());
        let _ = room.supervisor.step(now, safety::Input::Command(safety::Command::Start, fence));
        room.pass(6_000);
        assert_eq!(room.world.device.pulses(), 0);
        assert!(room.world.said_since(0, ARM).is_empty());
    }
}

#[test]
fn a_bad_cable_gives_no_pulse_for_nothing() {
    let own: [(&str, Cable); 2] = [
        ("twice", |_, mut bytes| {
            bytes.extend(bytes.clone());
            bytes
        }),
        ("digit", |at, mut bytes| {
            if (at / 100_000_000).is_multiple_of(5) && bytes.len() > 4 {
                bytes[3] = 0xFF;
            }
            bytes
        }),
    ];
    PROOF.a_bad_cable_gives_no_pulse_for_nothing(&CABLES);
    PROOF.a_bad_cable_gives_no_pulse_for_nothing(&own);
}

#[test]
fn a_late_answer_is_not_believed() {
    PROOF.a_late_answer_is_not_believed(80);
}

fn noise() -> impl Strategy<Value = Vec<u8>> {
    let letters = prop::sample::select(b"QJNXE\\xF@B?S0123456789".to_vec());
    prop::collection::vec(prop_oneof![any::<u8>(), letters], 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a unit says that is none: no panic, and nothing but off, questions and settings.
    #[test]
    fn noise_arms_nothing(pieces in prop::collection::vec(noise(), 1..30)) {
        let mut dialect = super::dialect(plate(rapid("9.0.0"))).unwrap();
        let mut now = Instant::from_boot(1);
        dialect.step(now, Event::Opened, &mut Out::default());
        for piece in pieces {
            for event in [Event::Turn, Event::Sent, Event::Bytes(&piece)] {
                now = now.after(safety::Nanos::from_millis(30));
                let mut out = Out::<Stimulator>::default();
                dialect.step(now, event, &mut out);
                let said = out.frame.map(|frame| frame.bytes).unwrap_or_default();
                prop_assert!(said != FIRE && said != ARM);
            }
        }
    }

    #[test]
    fn noise_in_a_session_fires_nothing(bytes in noise(), at in 0_u64..4_000) {
        PROOF.noise_in_a_session_begins_nothing(&bytes, at);
    }
}
