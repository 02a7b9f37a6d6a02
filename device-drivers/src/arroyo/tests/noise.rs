//! Noise: it never turns on, never panics, and pieces of any size mean the same.

use proptest::prelude::*;
use simulated_units::arroyo::Model;
use std::vec::Vec;

use super::bench::{ON, desk, speaker, world};
use crate::exchange::tests::told::replay;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn noise_never_turns_on_and_never_panics(
        bytes in proptest::collection::vec(any::<u8>(), 1..400),
        digits in "[0-9.,\r\n]{0,80}",
        deaf in any::<bool>(),
    ) {
        let mut world = world(Model::Newport);
        world.deaf = deaf;
        for piece in bytes.chunks(16) {
            world.inject(piece);
            world.inject(digits.as_bytes());
            world.pass(20);
        }
        prop_assert!(!world.device.is_on());
        prop_assert_eq!(world.said_since(0, ON).len(), 0);
    }

    /// A warned unit that hears noise in place of answers is not fired.
    #[test]
    fn noise_proves_nothing(bytes in proptest::collection::vec(any::<u8>(), 1..300)) {
        let (mut world, mut desk) = (world(Model::Source4320), desk());
        world.deaf = true;
        world.order(desk.prepare(world.instant()));
        world.pass(100);
        world.order(desk.warn(world.instant()));
        for piece in bytes.chunks(16) {
            world.inject(piece);
            world.inject(b"\r\n");
            world.order(desk.emit(world.instant()));
            world.pass(30);
        }
        prop_assert_eq!(world.said_since(0, ON).len(), 0);
    }
}

/// The same bytes in any pieces give the same frames and the same reports.
#[test]
fn pieces_of_any_size_mean_the_same() {
    let (mut world, mut desk) = (world(Model::Combo6310), desk());
    world.pass(500);
    world.order(desk.prepare(world.instant()));
    world.pass(700);
    world.inject(b"noise\r\n\r\n12");
    world.order(desk.warn(world.instant()));
    world.pass(700);
    for _ in 0..20 {
        world.order(desk.emit(world.instant()));
        world.pass(50);
    }
    world.stop();
    let said: Vec<_> = world.said.iter().map(|(_, frame)| frame.clone()).collect();
    let heard: Vec<_> = world.heard.iter().map(|(_, report)| *report).collect();
    assert_eq!(world.said_since(0, ON).len(), 1);
    for piece in [1, 2, 3, 5, 7, 1_000] {
        let (frames, reports) = replay(speaker(Model::Combo6310), &world.trace, piece);
        assert!(frames == said && reports == heard, "pieces of {piece}");
    }
}
