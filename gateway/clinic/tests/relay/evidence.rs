//! What a site owes before a real unit is started: signatures, and a meter check every day.

use clinic::{
    Age, Answer, AnyMetered, Ask, Attestation, Attested, Call, CallId, Entry, Evidence, Happening,
    Past, PastCheck, ReadBack, Receipt, Refused, RequestId, Verb, What,
};
use safety::{Cause, Flux, MeterProof, Nanos, Permille, Power, State};
use simulated_units::Button;

use crate::world::{House, World, id};

const CALIBRATION: [u8; 32] = [0x5a; 32];
const MINUTE: Nanos = Nanos::from_secs(60);
const DAY: Nanos = Nanos::from_secs(24 * 3_600);

/// Units that treat people, as well known as this says.
fn real(evidence: Evidence) -> World {
    World::of(House { real: true, evidence, ..House::default() })
}

/// What comes out of them is derived, and may be 3 % more than they were told.
fn derived() -> Evidence {
    let above = Permille::new(30).unwrap();
    Evidence {
        read_back: ReadBack::Derived { above },
        calibration: CALIBRATION,
        ..Evidence::default()
    }
}

fn watts(told: u32, shown: u32) -> Attested {
    attested(AnyMetered::Laser(milliwatts(told)), AnyMetered::Laser(milliwatts(shown)))
}

const fn milliwatts(count: u32) -> Power {
    Power::from_milliwatts(count)
}

fn attested(told: AnyMetered, shown: AnyMetered) -> Attested {
    let record = Attestation {
        by: "A. Operator".into(),
        role: "operator".into(),
        measured: "2026-11-23T08:00:00Z".into(),
        meter: "PM-1".into(),
        meter_due: "2027-01-01".into(),
    };
    Attested { told, shown, age: Age(Nanos::ZERO), record }
}

fn attest(world: &mut World, attested: Attested) -> Answer {
    world.ask(Ask::AttestMeter(id(0), attested))
}

/// A check of the laser that was measured so long ago, as the ledger remembers it.
fn recall(world: &mut World, checks: &[(Nanos, bool)]) {
    recall_of(world, CALIBRATION, checks);
}

fn recall_of(world: &mut World, calibration: [u8; 32], checks: &[(Nanos, bool)]) {
    let meters = checks.iter().map(|(age, passed)| PastCheck {
        unit: id(0),
        calibration,
        age: *age,
        passed: *passed,
    });
    let meters = meters.collect();
    world.tell(Happening::Past(Past { meters, ..Past::default() }));
}

fn kept(passed: bool, attested: Attested) -> Entry {
    Entry::Meter { unit: id(0), calibration: CALIBRATION, passed, attested }
}

fn proof(world: &World) -> MeterProof {
    world.shown(0).meter.proof
}

const UNCHECKED: Answer = Answer::Refused(Refused::MeterUnchecked);

/// CFG-09: a unit that nobody signed for is opened, proves who it is, can be asked and stopped, and does not
/// start.
#[test]
fn a_real_unit_is_not_started_until_every_fact_is_signed() {
    let evidence = Evidence { unsigned: 1, ..Evidence::default() };
    let mut world = real(evidence);
    world.is(0, State::Standby);
    assert_eq!(world.confirm_if_it_may(0), Some(Answer::Refused(Refused::Unverified)));
    for verb in [Verb::Arm, Verb::Start, Verb::Resume] {
        let refused = world.command(0, verb);
        assert_eq!(refused, Answer::Refused(Refused::Unverified), "{verb:?}");
    }
    world.tell(Happening::Stop(CallId(77), id(0)));
    world.pass(1_000);
    let stopped = |(call, answer): &(CallId, Answer)| {
        *call == CallId(77)
            && matches!(answer, Answer::Stopped(_, proof) if proof.confirmed.is_some())
    };
    assert!(world.answers.iter().any(stopped));
    real(Evidence::default()).emit(0);
    World::of(House { evidence, ..House::default() }).emit(0);
}

/// Nobody is told to fetch a meter for a unit that has to be signed for first.
#[test]
fn a_signature_is_asked_for_before_meter_and_relay() {
    let evidence = Evidence { unsigned: 9, ..derived() };
    let mut world = World::of(House { real: true, proven: false, evidence, ..House::default() });
    assert_eq!(world.command(0, Verb::Arm), Answer::Refused(Refused::Unverified));
    let mut world =
        World::of(House { real: true, proven: false, evidence: derived(), ..House::default() });
    assert_eq!(world.command(0, Verb::Arm), UNCHECKED);
    attest(&mut world, watts(1_500, 1_500));
    assert_eq!(world.command(0, Verb::Arm), Answer::Refused(Refused::RelayUnproven));
}

/// LAS-10: a unit without a sensor is used after a person measured it, and needs no meter if it is
/// simulated.
#[test]
fn a_unit_without_a_sensor_needs_a_meter_check() {
    let mut world = real(derived());
    let meter = world.shown(0).meter;
    assert!(meter.needed && !meter.pending && meter.proof == MeterProof::Never);
    assert_eq!(world.confirm_if_it_may(0), Some(UNCHECKED));
    assert!(matches!(attest(&mut world, watts(1_500, 1_545)), Answer::Accepted(_)));
    assert!(matches!(proof(&world), MeterProof::Passed(_)));
    let own = watts(1_500, 1_545);
    assert!(world.entries.contains(&kept(true, own)), "{:?}", world.entries);
    assert!(world.changes.iter().any(|change| change.what == What::Metered(true)));
    world.emit(0);
    assert_eq!(world.confirm_if_it_may(1), Some(UNCHECKED), "the other was not measured");
    let simulated = House { evidence: derived(), ..House::default() };
    let mut world = World::of(simulated);
    assert!(!world.shown(0).meter.needed);
    world.emit(0);
}

/// LAS-10: it holds for a day from when it was measured, at each step toward emission.
#[test]
fn a_meter_check_holds_for_a_day() {
    let mut world = real(derived());
    recall(&mut world, &[(DAY, true)]);
    assert_eq!(proof(&world), MeterProof::Due);
    assert_eq!(world.confirm_if_it_may(0), Some(UNCHECKED));

    let mut world = real(derived());
    recall(&mut world, &[(DAY.minus(MINUTE), true)]);
    world.confirm(0);
    world.pass(61_000);
    assert_eq!(proof(&world), MeterProof::Due);
    assert_eq!(world.command(0, Verb::Arm), UNCHECKED);

    let mut world = real(derived());
    recall(&mut world, &[(DAY.minus(MINUTE), true)]);
    world.confirm(0);
    assert!(matches!(world.command(0, Verb::Arm), Answer::Accepted(_)));
    world.pass(500);
    world.units[0].press(world.now, Button::Footswitch, true);
    world.pass(59_900);
    assert_eq!(world.command(0, Verb::Start), UNCHECKED);

    let mut world = real(derived());
    recall(&mut world, &[(DAY.minus(MINUTE), true)]);
    world.emit(0);
    assert!(matches!(world.command(0, Verb::Pause), Answer::Accepted(_)));
    world.pass(62_000);
    world.is(0, State::Paused);
    assert_eq!(world.command(0, Verb::Resume), UNCHECKED);
    attest(&mut world, watts(1_500, 1_500));
    assert_ne!(world.command(0, Verb::Resume), UNCHECKED);
}

/// LAS-10: what speaks against a unit acts at once, and stands until another check passes.
#[test]
fn a_meter_that_disagrees_locks_and_refuses_until_another_agrees() {
    for shown in [1_546, 1_199] {
        let mut world = real(derived());
        recall(&mut world, &[(MINUTE, true)]);
        world.emit(0);
        attest(&mut world, watts(1_500, shown));
        assert_eq!(world.causes(0), [Cause::Deviation], "{shown}");
        world.pass(1_000);
        assert_eq!(world.units[0].output_now(), 0);
        assert_eq!(proof(&world), MeterProof::Failed);
        assert!(world.entries.contains(&kept(false, watts(1_500, shown))));
        world.units[0].press(world.now, Button::Footswitch, false);
        world.units[0].press(world.now, Button::Key, false);
        world.pass(500);
        world.units[0].press(world.now, Button::Key, true);
        world.pass(7_000);
        while let Some(cause) = world.causes(0).first().copied() {
            let released = world.release(0, cause);
            assert!(matches!(released, Answer::Released(_)), "{cause:?}: {released:?}");
        }
        assert_eq!(world.confirm_if_it_may(0), Some(UNCHECKED), "released, and still not right");
        attest(&mut world, watts(1_500, 1_480));
        assert_eq!(world.confirm_if_it_may(0), None);
    }
}

/// Nobody vouches for a unit whose sensor a meter contradicts, real or not.
#[test]
fn a_meter_that_contradicts_a_sensor_is_believed() {
    let mut world = World::ready();
    attest(&mut world, watts(1_500, 1_801));
    assert_eq!((proof(&world), world.causes(0)), (MeterProof::Failed, vec![Cause::Deviation]));
    let mut world = World::ready();
    attest(&mut world, watts(1_500, 1_800));
    world.emit(0);
}

/// What the unit cannot be told proves nothing of it, and nothing is recorded.
#[test]
fn a_check_is_of_what_the_unit_can_be_told() {
    let milliteslas = AnyMetered::Pemf(Flux::from_microteslas(1_500));
    let laser = AnyMetered::Laser(milliwatts(1_500));
    for wrong in [
        watts(1, 1),
        watts(u32::MAX, u32::MAX),
        attested(milliteslas, milliteslas),
        attested(laser, milliteslas),
    ] {
        let mut world = real(derived());
        let before = world.entries.len();
        let answer = attest(&mut world, wrong.clone());
        assert_eq!(answer, Answer::Refused(Refused::NotMetered), "{wrong:?}");
        assert_eq!((world.entries.len(), proof(&world)), (before, MeterProof::Never));
    }
}

/// A check that passed counts once it cannot be lost any more; one that failed counts at once.
#[test]
fn a_check_counts_once_it_is_durable() {
    let mut world = real(derived());
    world.receipt = None;
    attest(&mut world, watts(1_500, 1_500));
    assert!(world.shown(0).meter.pending);
    assert_eq!(world.confirm_if_it_may(0), Some(UNCHECKED));
    attest(&mut world, watts(1_500, 9_000));
    assert_eq!(proof(&world), MeterProof::Failed);

    let mut world = real(derived());
    world.receipt = Some(Receipt::Failed);
    attest(&mut world, watts(1_500, 1_500));
    assert!(!world.shown(0).meter.pending);
    assert_eq!(proof(&world), MeterProof::Never);
    assert!(world.causes(0).contains(&Cause::Ledger));
}

/// API-02: a request that is repeated has grown older meanwhile, and is the same request.
#[test]
fn a_check_that_is_told_again_is_kept_once() {
    let mut world = real(derived());
    let ask = |world: &mut World, call, attested| {
        let request = RequestId::new("8c5e");
        let ask = Ask::AttestMeter(id(0), attested);
        world.tell(Happening::Call(Call { id: CallId(call), request, ask }));
        world.answers.last().unwrap().1.clone()
    };
    let count = |world: &World| {
        world.entries.iter().filter(|entry| matches!(entry, Entry::Meter { .. })).count()
    };
    let first = ask(&mut world, 901, watts(1_500, 1_500));
    let older = Attested { age: Age(MINUTE), ..watts(1_500, 1_500) };
    assert_eq!(ask(&mut world, 902, older), first);
    assert_eq!(count(&world), 1);
    let other = ask(&mut world, 903, watts(1_500, 1_501));
    assert_eq!(other, Answer::Refused(Refused::RequestReused));
}

/// After a restart the checks of the last days count as they did before it.
#[test]
fn what_the_ledger_remembers_counts_in_its_order() {
    let passed = MeterProof::Passed;
    for (checks, expected) in [
        (&[(DAY.times(2), true), (MINUTE, true)][..], passed(MINUTE)),
        (&[(MINUTE, true), (MINUTE.times(2), true)], passed(MINUTE)),
        (&[(MINUTE, true), (MINUTE.times(2), false)], MeterProof::Failed),
        (&[(DAY.times(2), false), (MINUTE, true)], passed(MINUTE)),
        (&[(DAY, true)], MeterProof::Due),
    ] {
        let mut world =
            World::closed(House { real: true, evidence: derived(), ..House::default() });
        recall(&mut world, checks);
        let found = proof(&world);
        assert_eq!(found, expected, "{checks:?}");
    }
}

/// Another unit behind the same name, or the same one with another curve, was not measured.
#[test]
fn a_check_is_of_one_unit_as_it_is_calibrated() {
    let mut world = real(derived());
    recall_of(&mut world, [0x5b; 32], &[(MINUTE, true)]);
    assert_eq!(proof(&world), MeterProof::Never);
    recall_of(&mut world, [0x5b; 32], &[(MINUTE, false)]);
    assert_eq!(proof(&world), MeterProof::Never);
    recall(&mut world, &[(MINUTE.times(2), true)]);
    assert_ne!(proof(&world), MeterProof::Never);
}
