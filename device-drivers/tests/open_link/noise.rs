//! Bytes from outside: in any pieces, in any number, of any kind (COM-06, COM-10).

use device_drivers::Event;
use proptest::prelude::*;
use safety::{Fact, Laser, Order};
use simulated_units::{Fault, Way};
use test_bench::{
    desk::Desk,
    open_link::Simulated,
    told::replay_in,
    wire::{ENABLE, OFF},
    world::MS,
};

use crate::World;

/// A session on a cable that garbles one frame in ten.
fn session(seed: u64) -> World<Laser> {
    let plan = Laser::plan();
    let plate = Laser::plate(&plan);
    let mut world = World::linked_with(plan, plate, seed);
    let mut desk = Desk::<Laser>::new();
    world.device.fault(world.now, Fault::Corrupt(Way::Both, 100));
    world.warn(&mut desk);
    world.emit(&mut desk, 1_000);
    world.order(Order::off());
    world.pass(500);
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_split_of_the_bytes_gives_the_same(
        seed in any::<u64>(),
        sizes in prop::collection::vec(1..200_usize, 1..20),
    ) {
        let world = session(seed);
        let fresh = Laser::speaker(Laser::plate(&Laser::plan()));
        let (frames, heard) = replay_in(fresh, &world.trace, &sizes);
        let said: Vec<_> = world.said.iter().map(|(_, frame)| frame.clone()).collect();
        prop_assert!(frames == said);
        let before: Vec<_> = world.heard.iter().map(|(_, report)| *report).collect();
        prop_assert!(heard == before);
    }

    #[test]
    fn noise_is_counted_and_the_next_answer_is_heard(
        noise in prop::collection::vec(prop_oneof![3 => any::<u8>(), 1 => Just(0)], 0..3_000),
    ) {
        let mut world = World::<Laser>::linked();
        world.pass(130);
        let noisy = world.now;
        world.tell(Event::Bytes(&noise));
        let believed = world.facts_since(noisy, |fact| {
            (!matches!(fact, Fact::Garbled)).then_some(())
        });
        prop_assert!(believed.is_empty());
        world.pass(150);
        let boots = world.facts_since(noisy, |fact| matches!(fact, Fact::Boot(_)).then_some(()));
        prop_assert!(!boots.is_empty(), "in step again with the first zero");
    }

    /// COM-10: noise delays no stop.
    #[test]
    fn noise_turns_nothing_on_and_keeps_no_stop_from_the_wire(
        noise in prop::collection::vec(any::<u8>(), 1..400),
        seed in any::<u64>(),
    ) {
        let plan = Laser::plan();
        let plate = Laser::plate(&plan);
        let mut world = World::<Laser>::linked_with(plan, plate, seed);
        world.pass(300);
        for byte in noise.chunks(3) {
            world.tell(Event::Bytes(byte));
            world.pass(1);
        }
        prop_assert_eq!(world.frames_since(0, ENABLE).len(), 0);
        let stop = world.now;
        world.tell(Event::Stop);
        world.tell(Event::Bytes(&noise));
        world.pass(6);
        prop_assert_eq!(world.frames_since(stop, OFF).len(), 1);
    }
}

#[test]
fn a_flood_costs_a_report_and_no_memory() {
    let mut world = World::<Laser>::linked();
    world.pass(130);
    let flood = vec![0xFF; 100_000];
    let before = world.now;
    world.tell(Event::Bytes(&flood));
    assert_eq!(world.garbled_since(before), 1);
    world.pass(200);
    assert!(world.now - before == 200 * MS && world.garbled_since(before) <= 2);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let (one, other) = (session(7), session(7));
    assert_eq!(one.said, other.said);
    assert!(one.heard == other.heard);
}
