//! What a clinic takes and refuses before any unit is asked. What its units do is told by the swarm.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

mod stimulator;

use alloc::vec::Vec;

use safety::{Cause, Fence, Instant};

use crate::{
    Answer, Ask, Call, CallId, Clinic, Effect, Entry, EntryId, Happening, Refused, RequestId,
    UnitId, Verb,
    desk::{Desk, Entries, Purpose},
    seats::Lines,
};

const NOW: Instant = Instant::from_boot(1_000_000_000);
const NOBODY: UnitId = UnitId(9);

/// What a clinic without units answers: that it does not know the unit is as far as it comes.
fn answer(clinic: &mut Clinic, verb: Verb) -> Answer {
    let ask = Ask::Command(NOBODY, verb, Fence { token: 1, epoch: 0 });
    asked(clinic, None, ask)
}

fn asked(clinic: &mut Clinic, request: Option<RequestId>, ask: Ask) -> Answer {
    let mut effects = Vec::new();
    clinic.step(NOW, Happening::Call(Call { id: CallId(1), request, ask }), &mut effects);
    match effects.as_slice() {
        [Effect::Answer(CallId(1), answer)] => answer.clone(),
        other => panic!("{other:?}"),
    }
}

fn clinic(after: &[Happening]) -> Clinic {
    let mut clinic = Clinic::new(1, Vec::new(), Vec::new(), NOW);
    for happening in after {
        clinic.step(NOW, happening.clone(), &mut Vec::new());
    }
    clinic
}

/// JRN-02: while space is low nothing begins, what runs may be paused and resumed, and once there is
/// space again everything is as before.
#[test]
fn nothing_begins_while_space_is_low() {
    use Happening::{Impaired, LowSpace, ShutDown};
    let unknown = Refused::UnknownUnit;
    let (low, broken, leaving) = (Refused::LowSpace, Refused::Impaired, Refused::ShuttingDown);
    let cases: [(&[Happening], _, _); 6] = [
        (&[], &unknown, &unknown),
        (&[LowSpace(true)], &low, &unknown),
        (&[LowSpace(true), LowSpace(false)], &unknown, &unknown),
        (&[Impaired], &broken, &unknown),
        (&[LowSpace(true), Impaired], &broken, &unknown),
        (&[LowSpace(true), ShutDown], &leaving, &leaving),
    ];
    for (after, begins, resumes) in cases {
        let mut clinic = clinic(after);
        for (verb, refused) in [
            (Verb::Arm, begins),
            (Verb::Start, begins),
            (Verb::Resume, resumes),
            (Verb::Pause, &unknown),
        ] {
            let answer = answer(&mut clinic, verb);
            assert_eq!(answer, Answer::Refused(refused.clone()), "{after:?} {verb:?}");
        }
    }
}

/// API-02: the first answer to a request is given again, and its name is taken.
#[test]
fn a_request_is_answered_once() {
    let mut clinic = clinic(&[Happening::LowSpace(true)]);
    let request = RequestId::new("8c5e");
    let arm = |epoch| Ask::Command(NOBODY, Verb::Arm, Fence { token: 1, epoch });
    let first = asked(&mut clinic, request.clone(), arm(0));
    clinic.step(NOW, Happening::LowSpace(false), &mut Vec::new());
    assert_eq!(asked(&mut clinic, request.clone(), arm(0)), first, "not asked again");
    let other = asked(&mut clinic, request, Ask::Release(NOBODY, Cause::Reboot));
    assert_eq!(other, Answer::Refused(Refused::RequestReused));
    assert_eq!(asked(&mut clinic, None, arm(0)), Answer::Refused(Refused::UnknownUnit));
}

/// A stop of a unit that is not there is answered, and harms nobody.
#[test]
fn a_stop_of_nobody_is_answered() {
    let mut clinic = clinic(&[]);
    let mut effects = Vec::new();
    clinic.step(NOW, Happening::Stop(CallId(4), NOBODY), &mut effects);
    let refused = Answer::Refused(Refused::UnknownUnit);
    assert!(matches!(&effects[..], [Effect::Answer(CallId(4), answer)] if *answer == refused));
}

/// An entry beyond what may wait is not swallowed: the desk says so, and the ledger counts as failed.
#[test]
fn an_entry_without_a_place_is_noticed() {
    let (mut effects, mut entries) = (Vec::new(), Entries::default());
    let mut lines = Lines::default();
    let mut desk = Desk::new(NOW, &mut effects, &mut entries, &mut lines);
    let enter = |desk: &mut Desk<'_>| {
        desk.enter(NOBODY, Purpose::Record, Entry::Latch(NOBODY, Cause::Reboot));
        desk.is_full
    };
    let places = (0..).take_while(|_| !enter(&mut desk)).count();
    assert_eq!((places, effects.len()), (1_024, 1_024));
    let _durable = entries.take(EntryId(1));
    let mut desk = Desk::new(NOW, &mut effects, &mut entries, &mut lines);
    assert!(!enter(&mut desk) && enter(&mut desk), "one place is free again");
}
