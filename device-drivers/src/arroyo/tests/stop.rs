//! The way of a stop, from every state of the dialect.

use simulated_units::arroyo::Model;

use super::bench::{desk, speaker, world};

const MS: u64 = 1_000_000;

/// How far a session has come before somebody stops it.
const PHASES: [&str; 4] = ["found", "prepared", "warned", "emitting"];

#[test]
fn a_stop_goes_out_at_once_and_is_proven_within_the_budget() {
    for model in [Model::Source4320, Model::Combo6310] {
        let budget = speaker(model).budget();
        assert!(budget.worst().millis() <= 1_000, "{budget:?}");
        for phase in PHASES {
            for offset in 0..25 {
                stop(model, phase, offset * 3_700_000, budget.confirm.get());
            }
        }
    }
}

fn stop(model: Model, phase: &str, offset: u64, confirm: u64) {
    let (mut world, mut desk) = (world(model), desk());
    world.pass(400);
    if phase != "found" {
        world.order(desk.prepare(world.instant()));
    }
    if phase == "warned" || phase == "emitting" {
        world.pass(700);
        world.order(desk.warn(world.instant()));
    }
    if phase == "emitting" {
        world.pass(500);
        for _ in 0..10 {
            world.order(desk.emit(world.instant()));
            world.pass(50);
        }
        assert!(world.device.is_on());
        world.order(desk.emit(world.instant()));
    }
    world.pass_until(world.now + offset);
    let stopped = world.stop();
    let most = stopped.in_flight + MS + 2 * MS;
    assert!(stopped.first <= most, "{phase} {offset}: {stopped:?}");
    let proven = stopped.proven.expect("off is proven");
    assert!(proven <= confirm, "{phase} {offset}: {stopped:?}, {confirm} allowed");
    assert!(!world.device.is_on());
}

/// An order that nobody renews ends, and nothing turns it on again.
#[test]
fn an_order_that_lapses_turns_off() {
    let (mut world, mut desk) = (world(Model::Source4320), desk());
    world.pass(400);
    world.order(desk.prepare(world.instant()));
    world.pass(700);
    world.order(desk.warn(world.instant()));
    world.pass(500);
    world.order(desk.emit(world.instant()));
    assert!(world.pass_till(200, |world| world.device.is_on()));
    let on = world.now;
    assert!(world.pass_till(400, |world| !world.device.is_on()), "300 ms and a frame");
    world.pass(2_000);
    assert_eq!(world.said_since(0, super::bench::ON).len(), 1);
    assert!(world.is_off_since(on));
}
