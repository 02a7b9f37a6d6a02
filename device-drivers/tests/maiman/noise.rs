//! Bytes from outside: in any pieces, in any number, of any kind (COM-06, COM-10).

use device_drivers::Event;
use proptest::prelude::*;
use safety::{Fact, Laser, Order};
use simulated_units::maiman::{Fault, Maiman};
use test_bench::{
    maiman::{ALL, Kind},
    told::replay_in,
    world::{MS, World},
};

/// A session on a cable that garbles one answer in ten.
fn session(kind: Kind, seed: u64) -> World<Laser, Maiman> {
    let mut desk = kind.desk();
    let mut world = kind.world(seed);
    world.device.fault(world.now, Fault::Corrupt(100));
    world.device.fault(world.now, Fault::Duplicate);
    world.pass(1_500);
    let order = desk.prepare(world.instant());
    world.order(order);
    world.pass(1_000);
    let order = desk.warn(world.instant());
    world.order(order);
    world.pass(500);
    world.emit(&mut desk, 1_000);
    world.order(Order::off());
    world.pass(1_000);
    world
}

/// What a fresh dialect makes of the same bytes in pieces of these sizes is the same.
fn same_in_pieces(
    kind: Kind,
    world: &World<Laser, Maiman>,
    sizes: &[usize],
) -> Result<(), TestCaseError> {
    let (frames, heard) = replay_in(kind.speaker(), &world.trace, sizes);
    let said: Vec<_> = world.said.iter().map(|(_, frame)| frame.clone()).collect();
    prop_assert!(frames == said);
    let before: Vec<_> = world.heard.iter().map(|(_, report)| *report).collect();
    prop_assert!(heard == before);
    Ok(())
}

/// Noise that looks like what a driver says.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => any::<u8>(),
        4 => prop::sample::select(b"KKE0123456789ABCDEF \r\r".to_vec()),
        4 => prop::sample::select(vec![3, 3, 6, 0x83, 2, 4, 0]),
    ];
    prop::collection::vec(byte, 1..400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_split_of_the_bytes_gives_the_same(
        seed in any::<u64>(),
        sizes in prop::collection::vec(1..30_usize, 1..20),
    ) {
        for kind in ALL {
            let world = session(kind, seed);
            same_in_pieces(kind, &world, &sizes)?;
        }
    }

    #[test]
    fn any_split_of_noise_gives_the_same(
        noise in noise(),
        at in 0..100_000_u64,
        sizes in prop::collection::vec(1..30_usize, 1..20),
    ) {
        for kind in ALL {
            let mut world = kind.world(1);
            world.pass_until(world.now + 400 * MS + at * 1_000);
            world.tell(Event::Bytes(&noise));
            world.pass(300);
            same_in_pieces(kind, &world, &sizes)?;
        }
    }

    #[test]
    fn noise_turns_nothing_on_and_keeps_no_stop_from_the_wire(
        noise in noise(),
        seed in any::<u64>(),
    ) {
        for kind in ALL {
            let mut world = kind.world(seed);
            world.pass(300);
            for bytes in noise.chunks(3) {
                world.tell(Event::Bytes(bytes));
                world.pass(1);
            }
            prop_assert_eq!(world.said_since(0, &kind.start()).len(), 0);
            let stop = world.now;
            world.tell(Event::Stop);
            world.tell(Event::Bytes(&noise));
            world.pass(100);
            let said = world.first_stop(stop);
            prop_assert!(said.is_some_and(|at| at - stop <= world.dialect.budget().turn.get()));
        }
    }
}

/// What comes behind noise is not believed until the next question, whole as it may be.
#[test]
fn an_answer_behind_noise_is_not_believed() {
    for kind in ALL {
        let mut world = kind.world(1);
        world.pass(700);
        let asked = world.said.len();
        while world.said.len() == asked {
            world.pass_until(world.now + MS / 4);
        }
        let noisy = world.now;
        world.tell(Event::Bytes(&[0x55]));
        world.pass(8);
        assert_eq!(world.garbled_since(noisy), 1, "{kind:?}");
        let believed =
            world.facts_since(noisy, |fact| (!matches!(fact, Fact::Garbled)).then_some(()));
        assert!(believed.is_empty(), "{kind:?}");
        world.pass(200);
        let heard = world.facts_since(noisy, |fact| matches!(fact, Fact::Boot(_)).then_some(()));
        assert!(!heard.is_empty(), "{kind:?}: the next answers are");
    }
}

#[test]
fn a_flood_costs_a_report_and_no_memory() {
    for kind in ALL {
        let mut world = kind.world(1);
        world.pass(700);
        let before = world.now;
        world.tell(Event::Bytes(&vec![0xFF; 100_000]));
        assert!(world.garbled_since(before) <= 1, "{kind:?}");
        world.pass(500);
        let heard = world.facts_since(before, |fact| matches!(fact, Fact::Boot(_)).then_some(()));
        assert!(!heard.is_empty(), "{kind:?}: in step again with the next question");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for kind in ALL {
        let (one, other) = (session(kind, 7), session(kind, 7));
        assert_eq!(one.said, other.said);
        assert!(one.heard == other.heard);
    }
}
