//! The daily proof of a contact (OPS-01).

use clinic::{Answer, Ask, Entry, LeaseBy, Refused, Verb, What};
use safety::{Cause, Flaw, Nanos, Proof, State};
use simulated_units::relay::RelayFault;

use crate::world::{BOARD, House, SOUNDER, SUPPLY, World, id};

fn unproven() -> World {
    World::of(House { proven: false, ..House::default() })
}

fn prove(world: &mut World, place: usize) -> Option<Proof> {
    let answer = world.ask(Ask::ProveRelay(id(place)));
    assert!(matches!(answer, Answer::Accepted(_)), "{answer:?}");
    world.pass(6_000);
    let proven = world.changes.iter().rev().find_map(|change| match change.what {
        What::Proven(proof) if change.unit == id(place) => Some(proof),
        _ => None,
    });
    let passed = matches!(proven, Some(Proof::Passed(_)));
    assert!(world.entries.contains(&Entry::Proof(id(place), passed)));
    proven
}

fn arm(world: &mut World, place: usize) -> Answer {
    world.confirm(place);
    world.command(place, Verb::Arm)
}

#[test]
fn a_unit_that_leans_on_its_relay_is_proven_first() {
    let mut world = unproven();
    assert_eq!(world.shown(0).contact.unwrap().proof, Proof::Never);
    assert_eq!(arm(&mut world, 0), Answer::Refused(Refused::RelayUnproven));
    let mut world = unproven();
    let proven = prove(&mut world, 0);
    assert!(matches!(proven, Some(Proof::Passed(_))), "{proven:?}");
    assert_eq!(world.causes(0), []);
    assert_eq!(arm(&mut world, 1), Answer::Refused(Refused::RelayUnproven), "proven is the other");
    let armed = arm(&mut world, 0);
    assert!(matches!(armed, Answer::Accepted(_)), "{armed:?}");
}

#[test]
fn a_unit_with_a_lease_of_its_own_needs_no_proof_but_fails_by_one() {
    let own = House { lease: LeaseBy::Unit, proven: false, ..House::default() };
    let mut world = World::of(own);
    assert!(matches!(arm(&mut world, 0), Answer::Accepted(_)));
    let mut world = World::of(own);
    world.sound = false;
    world.board.fault(RelayFault::Swapped(0, 1));
    assert!(matches!(prove(&mut world, 0), Some(Proof::Failed(_))));
    world.board.heal();
    world.pass(3_000);
    assert_ne!(world.shown(0).contact.unwrap().proof, Proof::Never);
}

/// While one is proven its contact is open and the others are closed; the sounder is heard too.
#[test]
fn a_proof_drops_one_contact_and_closes_it_again() {
    let mut world = unproven();
    assert!(matches!(world.ask(Ask::ProveRelay(id(1))), Answer::Accepted(_)));
    world.pass(900);
    assert_eq!(world.contacts[..3], [true, false, true]);
    assert!(world.contacts[SOUNDER]);
    let refused = Answer::Refused(Refused::CannotProve);
    assert_eq!(world.ask(Ask::ProveRelay(id(0))), refused, "one at a time");
    assert_eq!(arm(&mut world, 1), Answer::Refused(Refused::RelayUnproven));
    let mut world = unproven();
    prove(&mut world, 1);
    assert_eq!(world.contacts[..3], [true; 3]);
}

#[test]
fn a_contact_that_is_welded_broken_or_of_another_unit_fails() {
    for (fault, expected) in [
        (RelayFault::Welded(0), Flaw::StayedClosed),
        (RelayFault::Swapped(0, 1), Flaw::OtherOpened),
        (RelayFault::Joined(0, 1), Flaw::OtherOpened),
        (RelayFault::IgnoresOff, Flaw::StayedClosed),
        (RelayFault::IgnoresTiming, Flaw::Held),
    ] {
        let mut world = unproven();
        world.sound = false;
        world.board.fault(fault);
        world.pass(500);
        match prove(&mut world, 0) {
            Some(Proof::Failed(flaw)) => assert_eq!(flaw, expected, "{fault:?}"),
            other => panic!("{fault:?}: {other:?}"),
        }
    }
}

#[test]
fn only_a_unit_at_rest_is_proven() {
    let refused = Answer::Refused(Refused::CannotProve);
    let mut busy = World::ready();
    busy.confirm(0);
    assert_eq!(busy.ask(Ask::ProveRelay(id(0))), refused);
    let mut open = World::ready();
    open.unplug();
    open.pass(2_000);
    assert_eq!(open.ask(Ask::ProveRelay(id(0))), refused);
    assert_eq!(open.ask(Ask::ProveRelay(clinic::UnitId(9))), Answer::Refused(Refused::UnknownUnit));
}

/// Somebody confirms a session meanwhile: the proof ends, and does not count.
#[test]
fn a_proof_that_is_interrupted_failed() {
    let mut world = unproven();
    world.ask(Ask::ProveRelay(id(0)));
    world.pass(300);
    world.confirm(0);
    world.pass(100);
    let proof = world.shown(0).contact.unwrap().proof;
    assert_eq!(proof, Proof::Failed(Flaw::Interrupted));
    assert_eq!(world.command(0, Verb::Arm), Answer::Refused(Refused::RelayUnproven));
}

#[test]
fn a_proof_is_due_after_a_day() {
    let world = World::ready();
    match world.shown(0).contact.unwrap().proof {
        Proof::Passed(age) => assert!(Nanos::from_secs(60) <= age && age < Nanos::from_secs(70)),
        other => panic!("{other:?}"),
    }
}

/// OPS-01: where an input tells of a contact, the proof looks at that and not at what the unit says.
#[test]
fn a_proof_looks_at_the_auxiliary_contact_if_there_is_one() {
    for (opens, closes, expected) in [
        (true, true, None),
        (false, true, Some(Flaw::StayedClosed)),
        // An open one that was to close again locks its unit, which ends the proof.
        (true, false, Some(Flaw::Interrupted)),
    ] {
        let mut world = World::closed(House { proven: false, supply: true, ..House::default() });
        world.put_input(SUPPLY, false);
        world.open(0..=BOARD);
        while world.state(0) != State::Standby {
            world.pass(10);
        }
        world.put_input(SUPPLY, true);
        world.pass(500);
        let answer = world.ask(Ask::ProveRelay(id(0)));
        assert!(matches!(answer, Answer::Accepted(_)), "{answer:?}");
        // It goes where the contact goes, as far as it does.
        let mut opened = false;
        for _ in 0..800 {
            let kicked = world.shown(0).contact.unwrap().closed;
            opened |= opens && !kicked;
            world.put_input(SUPPLY, !opened || (closes && kicked));
            world.pass(10);
        }
        let proof = world.shown(0).contact.unwrap().proof;
        match expected {
            None => assert!(matches!(proof, Proof::Passed(_)), "{proof:?}"),
            Some(flaw) => assert_eq!(proof, Proof::Failed(flaw)),
        }
    }
}

/// LCK-02: a contact that is open and seen closed is one that nothing opens any more.
#[test]
fn a_supply_that_stays_closed_locks_its_unit() {
    let mut world = World::closed(House { proven: false, supply: true, ..House::default() });
    world.put_input(SUPPLY, true);
    world.open(BOARD..=BOARD);
    world.pass(3_000);
    assert_eq!(world.causes(0), [Cause::RelayMismatch]);
    assert_eq!(world.causes(1), []);
}
