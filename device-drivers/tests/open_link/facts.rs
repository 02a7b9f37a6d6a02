//! What is reported, when, and of whom (COM-03, COM-06, COM-07, COM-08, LAS-10, LAS-18, PEM-07).

use device_drivers::{
    Dialect, Event, Out,
    open_link::{Capability, OpenLink, Plate, PlateError, Secret},
};
use safety::{BootId, Fact, Identity, Instant, Laser, Nanos, Pemf, Power};
use simulated_units::{Fault, Sensor, Way};
use test_bench::{
    desk::Desk,
    open_link::Simulated,
    wire::{CAPABILITIES, Frame, IDENTIFY, OFF, STATUS},
    world::MS,
};

use crate::World;

fn identities<M: Simulated>(world: &World<M>, since: u64) -> Vec<Identity> {
    world.facts_since(since, |fact| match fact {
        Fact::Identity(identity) => Some(*identity),
        _ => None,
    })
}

fn verdict(plate: Plate<Laser>) -> Vec<Identity> {
    let mut world = World::linked_with(Laser::plan(), plate, 1);
    world.pass(200);
    identities(&world, 0)
}

/// COM-07: one thing that differs from the plate is another unit.
#[test]
fn only_the_unit_of_the_plate_is_proven() {
    let plate = || Laser::plate(&Laser::plan());
    assert_eq!(verdict(plate()), [Identity::Proven]);
    let faster = Power::from_milliwatts(5_001);
    let capability = Capability { ramp_per_second: faster, ..plate().capability };
    let others = [
        Plate { maker: "Other Works".into(), ..plate() },
        Plate { model: "Lumen 16".into(), ..plate() },
        Plate { serial: "OL15-0002".into(), ..plate() },
        Plate { firmware: vec!["1.4.1".into(), "1.5".into()], ..plate() },
        Plate { key: Secret::new([1; 32]), ..plate() },
        Plate { applicator: 0x0102, ..plate() },
        Plate { capability, ..plate() },
    ];
    for other in others {
        assert_eq!(verdict(other.clone()), [Identity::Differs], "{other:?}");
    }
}

#[test]
fn a_unit_that_is_exchanged_is_found_out() {
    for fault in [Fault::Identity, Fault::Impostor, Fault::Firmware, Fault::Applicator(0x0909)] {
        let mut world = World::<Laser>::linked();
        world.pass(300);
        world.device.fault(world.now, fault);
        let exchanged = world.now;
        world.pass(6_000);
        let last = identities(&world, exchanged).pop();
        assert_eq!(last, Some(Identity::Differs), "{fault:?}");
    }
}

/// LAS-18, PEM-07: another applicator is another unit.
#[test]
fn another_applicator_is_challenged_at_once_and_opens_its_contact() {
    let mut world = World::<Pemf>::linked();
    world.pass(1_000);
    let changed = world.now;
    world.device.fault(changed, Fault::Applicator(0x0909));
    world.pass(350);
    assert_eq!(identities(&world, changed), [Identity::Differs]);
    let contact = world.facts_since(changed, |fact| match fact {
        Fact::Contacts(contacts) => Some(contacts.applicator),
        _ => None,
    });
    assert_eq!(contact.last(), Some(&false));
}

#[test]
fn identity_is_challenged_every_five_seconds_and_by_another_challenge_each_time() {
    let mut world = World::<Laser>::linked();
    world.pass(21_000);
    assert_eq!(identities(&world, 0), [Identity::Proven; 5]);
    let mut challenges: Vec<_> =
        world.frames_since(0, IDENTIFY).into_iter().map(|(_, frame)| frame.payload).collect();
    challenges.sort();
    challenges.dedup();
    assert_eq!(challenges.len(), 5);
    let mut dialect = OpenLink::new(Laser::plate(&Laser::plan())).unwrap();
    for (at, told) in &world.trace {
        dialect.step(Instant::from_boot(*at), told.event(), &mut Out::default());
    }
    let claim = dialect.identity().expect("said");
    assert_eq!((claim.serial.as_str(), claim.outcome), ("OL15-0001", Some(Identity::Proven)));
    assert_eq!(claim.calibration_due_days, Laser::plan().calibration_due);
}

#[test]
fn a_verdict_is_as_old_as_the_older_of_its_questions() {
    let mut world = World::<Laser>::linked();
    world.pass(300);
    let (asked, _) = world.frames_since(0, IDENTIFY)[0];
    let (then, _) = world.frames_since(0, CAPABILITIES)[0];
    assert!(asked < then);
    let is = |fact: &Fact<Laser>| matches!(fact, Fact::Identity(_));
    let (_, report) = world.heard.iter().find(|(_, report)| is(&report.fact)).unwrap();
    assert_eq!(report.asked.since_boot(), asked);
}

#[test]
fn every_fact_of_a_status_is_as_old_as_its_question_and_contacts_come_first() {
    let mut desk = Desk::<Laser>::new();
    let mut world = World::warned(&mut desk);
    world.emit(&mut desk, 500);
    let asked: Vec<u64> = world.frames_since(0, STATUS).into_iter().map(|(at, _)| at).collect();
    let mut contacts = None;
    for (at, report) in &world.heard {
        let question = report.asked.since_boot();
        assert!(question < *at);
        match report.fact {
            Fact::Contacts(_) => contacts = Some(question),
            Fact::Emission(_) => assert_eq!(contacts, Some(question)),
            Fact::Faults(_) | Fact::Temperature(_) | Fact::Setting(_) | Fact::Ran(_) => {}
            Fact::Boot(_) | Fact::Garbled | Fact::Identity(_) => continue,
        }
        assert!(asked.contains(&question));
    }
}

#[test]
fn a_broken_sensor_has_no_temperature() {
    for sensor in [Sensor::Open, Sensor::Short, Sensor::Absent] {
        let mut world = World::<Pemf>::linked();
        world.pass(500);
        let broken = world.now;
        world.device.fault(broken, Fault::Sensor(sensor));
        world.pass(600);
        let readings = world.facts_since(broken, |fact| match fact {
            Fact::Temperature(reading) => Some(*reading),
            _ => None,
        });
        assert_eq!(readings.last(), Some(&None), "{sensor:?}");
    }
}

/// COM-03: an answer that nobody waits for any more proves nothing. COM-06: it is one bad frame.
#[test]
fn a_late_answer_is_counted_once_and_not_believed() {
    let mut world = World::<Laser>::linked();
    world.pass(300);
    // Answers come 500 ms late: long after their time, and each while another is waited for.
    world.device.fault(world.now, Fault::Delay(Way::Reply, 500));
    let late = world.now + 50 * MS;
    world.pass(3_000);
    let believed =
        world.facts_since(late, |fact| (!matches!(fact, Fact::Garbled)).then_some(*fact));
    assert_eq!(believed, []);
    let asked = exchanges_since(&world, late);
    assert!(10 < asked && world.garbled_since(late).abs_diff(asked) <= 2, "{asked}");
}

/// COM-06: so is an answer that is damaged, and one that does not come.
#[test]
fn an_answer_that_is_damaged_or_missing_is_counted_once() {
    for fault in [Fault::Corrupt(Way::Reply, 1_000), Fault::Drop(Way::Reply, 1_000)] {
        let mut world = World::<Laser>::linked();
        world.pass(300);
        let broken = world.now;
        world.device.fault(broken, fault);
        world.pass(2_000);
        let asked = exchanges_since(&world, broken);
        assert!(10 < asked, "{fault:?}");
        assert!(world.garbled_since(broken).abs_diff(asked) <= 2, "{fault:?}: {asked}");
    }
}

/// COM-06: noise counts once between two questions, however many zeros are in it.
#[test]
fn noise_is_counted_once_between_two_questions() {
    let mut world = World::<Laser>::linked();
    world.pass(300);
    // Its answer is garbled, and what follows of it is no other answer.
    world.deaf = true;
    world.pass(30);
    let asked = world.said.len();
    let noisy = world.now;
    for noise in [&[1, 2, 0, 3, 0][..], &[0, 4, 0], &[5, 6, 0]] {
        world.tell(Event::Bytes(noise));
    }
    assert_eq!((world.garbled_since(noisy), world.said.len()), (1, asked));
    // On a port that was just opened nothing waits: what comes belongs to nothing.
    world.tell(Event::Closed);
    world.tell(Event::Opened);
    for noise in [&[1, 2, 0, 3, 0][..], &[0, 4, 0], &[5, 6, 0]] {
        world.tell(Event::Bytes(noise));
    }
    assert_eq!(world.garbled_since(noisy), 1 + 1);
}

/// How many questions were handed over from `since` on.
fn exchanges_since(world: &World<Laser>, since: u64) -> usize {
    world.frames().filter(|(at, _)| since <= *at).count()
}

#[test]
fn a_doubled_answer_is_counted_once_and_believed_once() {
    let mut world = World::<Laser>::linked();
    world.pass(300);
    world.device.fault(world.now, Fault::Duplicate(Way::Reply, 1_000));
    let doubled = world.now;
    world.pass(1_000);
    let asked = world.frames().filter(|(at, _)| doubled <= *at).count();
    let boots = world.facts_since(doubled, |fact| matches!(fact, Fact::Boot(_)).then_some(()));
    assert!(boots.len().abs_diff(asked) <= 1);
    assert!(world.garbled_since(doubled).abs_diff(asked) <= 1);
}

#[test]
fn what_nobody_asked_for_is_counted_and_not_believed() {
    let mut world = World::<Laser>::linked();
    world.pass(300);
    let boot = world.facts_since(0, |fact| match fact {
        Fact::Boot(BootId(id)) => Some(*id),
        _ => None,
    })[0];
    // Its answer is swallowed, so the last Status still waits for one.
    world.deaf = true;
    world.pass(30);
    let (_, asked) = world.frames().last().unwrap();
    let payload = vec![0, 1, 0, 0, 0, 0, 0, 0];
    let reply =
        Frame { kind: OFF | 0x80, address: 1, boot, sequence: 0, uptime_millis: 9, payload };
    let strange = [
        reply.clone(),
        Frame { sequence: asked.sequence, payload: vec![9, 1, 4, 0], ..reply.clone() },
        Frame { sequence: asked.sequence, ..reply.clone() },
        Frame { address: 2, ..reply.clone() },
        Frame { kind: STATUS, ..reply.clone() },
        Frame { boot: 0, ..reply },
    ];
    for frame in strange {
        let before = world.heard.len();
        world.tell(Event::Bytes(&frame.encode()));
        let facts: Vec<_> = world.heard[before..].iter().map(|(_, report)| report.fact).collect();
        assert_eq!(facts, [Fact::Garbled], "{frame:?}");
    }
}

/// COM-08: a new boot id voids what was known.
#[test]
fn a_new_boot_is_told_off_first_and_asked_who_it_is() {
    let mut world = World::<Laser>::linked();
    world.pass(1_000);
    let reboot = world.now;
    world.device.fault(reboot, Fault::Reboot);
    world.pass(1_500);
    let boots = world.facts_since(0, |fact| match fact {
        Fact::Boot(id) => Some(*id),
        _ => None,
    });
    assert_ne!(boots.first(), boots.last());
    let news =
        world.heard.iter().find(|(_, report)| report.fact == Fact::Boot(boots[boots.len() - 1]));
    let (known, _) = news.unwrap();
    let kinds: Vec<u8> =
        world.frames().filter(|(at, _)| known <= at).map(|(_, frame)| frame.kind).collect();
    assert_eq!(kinds[..4], [OFF, IDENTIFY, CAPABILITIES, STATUS]);
    assert_eq!(identities(&world, *known), [Identity::Proven]);
}

#[test]
fn plates_that_no_unit_can_have_are_refused() {
    let plate = || Laser::plate(&Laser::plan());
    let refused = |plate, error| {
        let found = OpenLink::new(plate).map(|_| ());
        assert_eq!(found, Err(error));
    };
    refused(Plate { address: 0, ..plate() }, PlateError::Address(0));
    refused(Plate { address: 248, ..plate() }, PlateError::Address(248));
    refused(Plate { serial: "x".repeat(25), ..plate() }, PlateError::Text("serial"));
    refused(Plate { maker: String::new(), ..plate() }, PlateError::Text("maker"));
    refused(Plate { firmware: vec![], ..plate() }, PlateError::Firmware);
    refused(Plate { applicator: 0, ..plate() }, PlateError::Applicator);
    refused(Plate { baud: 0, ..plate() }, PlateError::Baud);
    refused(Plate { poll: Nanos::ZERO, ..plate() }, PlateError::Time("poll"));
    for lease in [199, 1_001] {
        let lease = Nanos::from_millis(lease);
        refused(Plate { lease, ..plate() }, PlateError::Lease(lease));
    }
    let lease = Nanos::from_micros(500_500);
    refused(Plate { lease, ..plate() }, PlateError::Lease(lease));
    let none = Capability { level: safety_steps(), ..plate().capability };
    refused(Plate { capability: none, ..plate() }, PlateError::Capability("level"));
}

fn safety_steps() -> device_drivers::open_link::Steps<Power> {
    let zero = Power::ZERO;
    device_drivers::open_link::Steps { min: zero, max: zero, step: zero }
}

#[test]
fn secrets_are_not_shown() {
    let plate = Plate { key: Secret::new([0xA5; 32]), ..Laser::plate(&Laser::plan()) };
    let shown = format!("{plate:?}");
    assert!(!shown.contains("165") && !shown.to_lowercase().contains("a5, "), "{shown}");
}
