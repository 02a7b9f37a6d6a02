//! The rules that the machine keeps for every family, one test each.

use std::{vec, vec::Vec};

use safety::{Fact, Identity, Instant, Laser, Nanos};

use super::{
    desk::Desk,
    toy::{SECOND, Toy, ToyTongue, Word},
    world::{MS, World},
};
use crate::{
    Event, Out, Rank,
    exchange::{Contact, Sense, known::Known},
};

fn desk() -> Desk<Laser> {
    Desk::new()
}

/// Every kind of toy that the rules hold for.
fn tongues() -> [ToyTongue; 3] {
    [ToyTongue::default(), ToyTongue::shared(), ToyTongue::stepped()]
}

/// A toy that emits.
fn emitting(tongue: ToyTongue) -> (World<Laser, Toy>, Desk<Laser>) {
    let (mut world, mut desk) = (tongue.world(), desk());
    world.warn(&mut desk);
    world.emit(&mut desk, 800);
    assert!(world.device.on);
    (world, desk)
}

#[test]
fn off_is_repeated_until_it_is_proven_and_then_rests() {
    for tongue in tongues() {
        let mut world = tongue.world();
        world.device.on = true;
        world.device.level = 10;
        world.device.stuck = true;
        world.pass(2_000);
        let offs = world.got(b'o');
        assert!((15..=42).contains(&offs), "{offs} in two seconds");
        world.device.stuck = false;
        world.pass(200);
        let offs = world.got(b'o');
        world.pass(1_500);
        assert_eq!(world.got(b'o'), offs, "a proof ends it");
        world.pass(1_000);
        assert_eq!(world.got(b'o'), offs + 1, "and it is said again all the same");
    }
}

/// A stop asks for a new proof, even of a unit that is known to be off.
#[test]
fn every_stop_is_said_anew() {
    let mut world = ToyTongue::default().world();
    world.pass(1_000);
    for _ in 0..5 {
        let offs = world.got(b'o');
        let stopped = world.stop();
        assert_eq!(world.got(b'o'), offs + 1);
        assert!(stopped.proven.is_some());
        world.pass(100);
    }
}

#[test]
fn a_grant_turns_on_once_whatever_becomes_of_its_answer() {
    for tongue in tongues() {
        for letter in [b'a', b'f'] {
            for (mute, refuses, ignores) in [
                (None, None, None),
                (Some(letter), None, None),
                (None, Some(letter), None),
                (None, None, Some(letter)),
            ] {
                let (mut world, mut desk) = (tongue.clone().world(), desk());
                world.warn(&mut desk);
                (world.device.mute, world.device.refuses) = (mute, refuses);
                world.device.ignores = ignores;
                world.emit(&mut desk, 3_000);
                assert_eq!(world.got(b'a'), 1, "{letter} {mute:?} {refuses:?}");
                assert!(world.got(b'f') <= 1);
                (world.device.mute, world.device.refuses, world.device.ignores) =
                    (None, None, None);
                world.emit(&mut desk, 1_000);
                assert_eq!(world.got(b'a'), 1, "not even once it is well");
            }
        }
    }
}

/// A port that is opened anew voids the grant.
#[test]
fn a_grant_does_not_outlive_its_port() {
    let (mut world, mut desk) = emitting(ToyTongue::default());
    world.tell(Event::Closed);
    world.tell(Event::Opened);
    world.device.on = false;
    world.emit(&mut desk, 2_000);
    assert_eq!(world.got(b'f'), 1);
    assert!(!world.device.on);
}

#[test]
fn an_order_that_lapses_is_off_and_nothing_renews_it() {
    for tongue in tongues() {
        let (mut world, mut desk) = (tongue.world(), desk());
        world.warn(&mut desk);
        world.order(desk.emit(world.instant()));
        assert!(world.turns_on(290));
        assert!(world.pass_till(400, |world| !world.device.on), "300 ms and a little");
        let lapsed = world.now;
        world.pass(2_000);
        assert!(!world.device.on);
        assert_eq!(world.got(b'f'), 1);
        // The same grant with a new validity does not turn it on again.
        world.emit(&mut desk, 1_000);
        assert_eq!(world.got(b'f'), 1);
        assert!(world.is_off_since(lapsed));
    }
}

#[test]
fn nothing_fires_before_identity_off_and_read_back() {
    for tongue in tongues() {
        let tries: [fn(&mut Toy); 4] = [
            |toy| toy.who = 8,
            |toy| toy.ignores = Some(b'w'),
            |toy| toy.stubborn = Some(49),
            |toy| toy.ignores = Some(b'l'),
        ];
        for spoil in tries {
            let (mut world, mut desk) = (tongue.clone().world(), desk());
            spoil(&mut world.device);
            world.warn(&mut desk);
            world.emit(&mut desk, 2_000);
            assert_eq!(world.got(b'f') + world.got(b'a'), 0);
        }
        // Found on, and never off.
        let (mut world, mut desk) = (tongue.world(), desk());
        (world.device.on, world.device.level, world.device.stuck) = (true, 10, true);
        world.warn(&mut desk);
        world.emit(&mut desk, 2_000);
        assert_eq!(world.got(b'f') + world.got(b'a'), 0);
        assert_eq!(world.got(b't'), 0, "it is not even told");
    }
}

#[test]
fn a_unit_that_says_when_it_is_ready_is_waited_for() {
    let (mut world, mut desk) = (ToyTongue::stepped().world(), desk());
    world.warn(&mut desk);
    world.device.ignores = Some(b'e');
    world.emit(&mut desk, 1_000);
    assert_eq!(world.got(b'f') + world.got(b'a'), 0);
}

/// What comes after its time may be the answer to anything: it is thrown away, and the line has to be
/// silent before something else is asked.
#[test]
fn a_late_answer_is_never_believed() {
    for delay in [60, 90, 150, 400] {
        for tongue in tongues() {
            let mut world = tongue.world();
            world.pass(1_000);
            world.delay = delay * MS;
            let then = world.now;
            world.pass(3_000);
            let late = world.heard.iter().filter(|(at, report)| {
                let asked = report.asked.since_boot();
                let answers = !matches!(report.fact, Fact::Garbled);
                then + delay * MS <= asked && answers && *at < asked + delay * MS
            });
            assert_eq!(late.count(), 0, "believed before it can have come");
            assert!(world.garbled_since(then) >= 3, "{delay}");
            let wrong = world.facts_since(then, |fact| {
                matches!(fact, Fact::Identity(Identity::Differs)).then_some(())
            });
            assert!(wrong.is_empty());
        }
    }
}

/// After a lost answer the line rests as long as an answer may take, and longer after each that is
/// lost in a row: sixteen times as long at most.
#[test]
fn silence_follows_a_lost_answer() {
    let mut world = ToyTongue::default().world();
    world.pass(1_000);
    world.deaf = true;
    world.pass(50);
    let asks: Vec<u64> = {
        let from = world.now;
        world.pass(9_000);
        let asks = world.said.iter().filter(|(at, frame)| from <= *at && frame.rank == Rank::Ask);
        asks.map(|(at, _)| *at).collect()
    };
    // 20 ms of thought, 4 bytes and 20 ms of the host; twice.
    let least = 2 * (20 + 4 + 20) * MS;
    for pair in asks.windows(2) {
        assert!(least <= pair[1] - pair[0], "{} ms", (pair[1] - pair[0]) / MS);
    }
    assert!(asks.len() > 10, "it goes on asking: {}", asks.len());
}

#[test]
fn on_one_pair_of_wires_nothing_is_said_into_an_answer() {
    let (mut world, mut desk) = emitting(ToyTongue::shared());
    world.delay = 10 * MS;
    for offset in 0..40 {
        world.pass_until(world.now + offset * 1_300_000);
        world.order(desk.emit(world.instant()));
        world.tell(Event::Stop);
        world.pass(100);
    }
    assert_eq!(world.collisions, 0);
    // With wires of its own, an Off does not wait for an answer.
    let own = (0..20).filter(|offset| {
        let (mut world, _) = emitting(ToyTongue::default());
        world.delay = 10 * MS;
        world.pass_until(world.now + 100 * MS + offset * 4_100_000);
        world.stop();
        world.collisions > 0
    });
    assert!(own.count() > 0);
}

#[test]
fn what_was_begun_and_not_finished_is_taken_back() {
    for (letter, tongue) in [(b'a', ToyTongue::default()), (b'e', ToyTongue::stepped())] {
        let (mut world, mut desk) = (tongue.world(), desk());
        world.warn(&mut desk);
        world.device.refuses = Some(letter);
        let offs = world.got(b'o');
        world.emit(&mut desk, 500);
        assert!(world.got(b'o') > offs, "off follows");
        assert_eq!(world.got(b'f'), 0);
        assert!(!world.device.ready);
    }
}

#[test]
fn a_unit_that_is_found_on_is_told_off() {
    let mut world = ToyTongue::default().world();
    world.pass(1_000);
    (world.device.on, world.device.level) = (true, 20);
    let offs = world.got(b'o');
    assert!(world.pass_till(300, |world| !world.device.on));
    assert!(world.got(b'o') > offs);
}

/// What is reported of an emission right after a unit was turned on was asked after that.
#[test]
fn a_fire_is_not_older_than_its_proof() {
    let (world, _) = emitting(ToyTongue::default());
    let fired = world.said_since(0, b"f")[0];
    let on = world.heard.iter().filter_map(|(_, report)| match report.fact {
        Fact::Emission(emission) if emission.enabled => Some(report.asked.since_boot()),
        Fact::Emission(_)
        | Fact::Boot(_)
        | Fact::Garbled
        | Fact::Identity(_)
        | Fact::Setting(_)
        | Fact::Temperature(_)
        | Fact::Contacts(_)
        | Fact::Faults(_)
        | Fact::Ran(_) => None,
    });
    assert!(on.min().unwrap() > fired);
}

/// A wake is never missed and never spins: at each a frame goes out, or something expires.
#[test]
fn a_wake_is_never_in_the_past_for_long() {
    for tongue in tongues() {
        let (mut world, mut desk) = (tongue.world(), desk());
        for round in 0..400_u64 {
            match round % 50 {
                5 => world.order(desk.prepare(world.instant())),
                15 => world.order(desk.warn(world.instant())),
                20..40 => world.order(desk.emit(world.instant())),
                45 => world.tell(Event::Stop),
                _ => {}
            }
            world.deaf = round % 7 == 3;
            if round % 11 == 0 {
                world.inject(b"S??");
            }
            // The world itself fails on a turn without a frame whose wake is not later.
            world.pass(33);
            let mut out = Out::default();
            world.dialect.step(world.instant(), Event::Wake, &mut out);
            assert!(out.frame.is_none());
        }
    }
}

#[test]
fn a_stop_goes_out_at_once_and_is_proven_within_the_budget() {
    for tongue in tongues() {
        let budget = emitting(tongue.clone()).0.dialect.budget();
        let shared = tongue.manner.half_duplex;
        for offset in 0..60 {
            let (mut world, _) = emitting(tongue.clone());
            world.pass_until(world.now + offset * 2_300_000);
            let stopped = world.stop();
            // A frame, the gap of 5 ms, and 2 ms of the pump; where wires are shared, the answer too.
            let own = stopped.in_flight + 7 * MS;
            let most = if shared { budget.turn.get() } else { own };
            assert!(stopped.first <= most, "{offset}: {stopped:?}");
            assert!(stopped.first <= budget.turn.get());
            assert!(
                stopped.proven.expect("proven") <= budget.confirm.get(),
                "{offset}: {stopped:?}"
            );
        }
    }
}

/// A part of who it is that is polled as well stands for no other part.
#[test]
fn every_part_of_an_introduction_is_asked_for_itself() {
    let tongue = |poll| {
        let polls = vec![Word::State, Word::Level, Word::Who];
        let mut tongue = ToyTongue { polls, ..ToyTongue::default() };
        tongue.manner.poll = Nanos::from_millis(poll);
        tongue
    };
    let identities = |world: &World<Laser, Toy>, wanted: Identity| {
        let is = |fact: &Fact<Laser>| matches!(fact, Fact::Identity(found) if *found == wanted);
        world.facts_since(0, |fact| is(fact).then_some(())).len()
    };
    for poll in 15..45 {
        let mut world = tongue(poll).world();
        world.device.ignores = Some(b'n');
        world.pass(5_000);
        assert_eq!(identities(&world, Identity::Proven), 0, "half of it was never said");
    }
    let mut world = tongue(100).world();
    world.pass(1_000);
    assert_eq!(identities(&world, Identity::Differs), 0);
    assert!(identities(&world, Identity::Proven) > 0);
    world.device.who = 8;
    world.pass(100);
    assert!(identities(&world, Identity::Differs) > 0, "a poll shows it as well");
}

/// An interlock that opened is reported open once, even if it was seen closed before it could be.
#[test]
fn what_passes_between_two_reports_is_reported() {
    let mut manner = ToyTongue::default().manner;
    manner.brings.contacts = &[Contact::Key, Contact::Interlock];
    let mut known = Known::<Laser>::new(&manner);
    let mut at = 0;
    let mut take = |known: &mut Known<Laser>, sense| {
        at += 1;
        known.take(Instant::from_boot(at), sense);
        let mut told = Vec::new();
        known.news(|_, fact| told.push(fact));
        told
    };
    let interlocks =
        |facts: &[Fact<Laser>]| -> Vec<bool> { facts.iter().filter_map(contact).collect() };
    take(&mut known, Sense::Contact(Contact::Interlock, true));
    let told = take(&mut known, Sense::Contact(Contact::Key, true));
    assert_eq!(interlocks(&told), [true]);
    // The key is the older of both from here on, so the interlock is not reported by itself.
    take(&mut known, Sense::Contact(Contact::Interlock, true));
    assert!(take(&mut known, Sense::Contact(Contact::Interlock, false)).is_empty());
    assert!(take(&mut known, Sense::Contact(Contact::Interlock, true)).is_empty());
    let told = take(&mut known, Sense::Contact(Contact::Key, true));
    assert_eq!(interlocks(&told), [false]);
    let told = take(&mut known, Sense::Contact(Contact::Interlock, true));
    assert_eq!(interlocks(&told), [true], "and only once");
}

fn contact(fact: &Fact<Laser>) -> Option<bool> {
    if let Fact::Contacts(contacts) = fact { Some(contacts.interlock) } else { None }
}

/// A run that ends by itself is reported over once, and not before it can be.
#[test]
fn a_run_is_over_when_it_is_over() {
    let run = Nanos::from_millis(400);
    let tongue = ToyTongue { run: Some(run), ..ToyTongue::default() };
    let (mut world, mut desk) = (tongue.world(), desk());
    world.warn(&mut desk);
    world.emit(&mut desk, 1_500);
    let fired = world.said_since(0, b"f")[0];
    let ran: Vec<u64> = world
        .heard
        .iter()
        .filter(|(_, report)| matches!(report.fact, Fact::Ran(_)))
        .map(|(_, report)| report.asked.since_boot())
        .collect();
    assert_eq!(ran.len(), 1);
    assert!(fired + run.get() <= ran[0] && ran[0] < fired + SECOND);
}
