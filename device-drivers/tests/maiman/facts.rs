//! What a driver says, and what nobody may believe (COM-03, COM-06).

use safety::{Emission, Fact, Laser, Order, Power, State};
use simulated_units::{
    Device,
    maiman::{Fault, Maiman},
};
use test_bench::{
    maiman::{ALL, Kind},
    world::World,
};

use crate::session::{begin, emitting};

fn outputs(world: &World<Laser, Maiman>, since: u64) -> Vec<Power> {
    world.facts_since(since, |fact| match fact {
        Fact::Emission(Emission { output, .. }) => Some(*output),
        _ => None,
    })
}

/// What is charged is never below what truly comes out, and not much above.
#[test]
fn the_output_is_charged_at_the_upper_bound() {
    for kind in ALL {
        let mut desk = kind.desk();
        let mut world = kind.warned(&mut desk);
        world.emit(&mut desk, 1_000);
        let since = world.now;
        world.emit(&mut desk, 1_000);
        let truly = world.device.output_now() / 1_000;
        for output in outputs(&world, since) {
            let output = u64::from(output.milliwatts());
            assert!(
                truly <= output && output * 100 <= truly * 112,
                "{kind:?}: {output} of {truly}"
            );
        }
    }
}

#[test]
fn a_driver_at_rest_gives_no_output() {
    for kind in ALL {
        let mut world = kind.world(1);
        world.pass(3_000);
        let found = outputs(&world, 0);
        assert!(found.len() > 20, "{kind:?}");
        assert!(found.iter().all(|output| *output == Power::ZERO), "{kind:?}");
        assert_eq!(world.garbled_since(0), 0, "{kind:?}");
    }
}

/// Answers that come later than the plate permits are given up, and nothing that they say is
/// believed, whichever question they meet.
#[test]
fn a_late_answer_is_never_believed() {
    for kind in ALL {
        for late in [45, 60, 75, 90] {
            let mut world = kind.world(1);
            world.device.fault(world.now, Fault::Late(late));
            world.pass(5_000);
            let said = world.facts_since(0, |fact| match fact {
                Fact::Garbled => None,
                other => Some(*other),
            });
            assert!(said.is_empty(), "{kind:?} {late} ms: {:?}", said[0]);
            assert!(world.garbled_since(0) > 10, "{kind:?} {late} ms");
        }
    }
}

/// An answer in Modbus names no register, so a unit that is later than its plate says is outwaited
/// before one of its answers meets another question: beyond the 500 ms after which the vendor's own
/// software gives up on it.
#[test]
fn no_lateness_up_to_the_vendors_limit_passes_for_an_emission() {
    for kind in ALL {
        for late in (31..700).step_by(3) {
            let mut world = kind.world(1);
            world.device.fault(world.now, Fault::Late(late));
            world.pass(8_000);
            assert_eq!(outputs(&world, 0), [], "{kind:?} {late} ms");
        }
    }
}

#[test]
fn answers_that_come_twice_are_heard_once_and_the_second_counted() {
    for kind in ALL {
        let mut world = kind.world(1);
        world.pass(1_000);
        world.device.fault(world.now, Fault::Duplicate);
        let since = world.now;
        world.pass(2_000);
        assert!(world.garbled_since(since) > 10, "{kind:?}");
        assert!(outputs(&world, since).iter().all(|output| *output == Power::ZERO), "{kind:?}");
    }
}

/// Every answer meets the question behind its own.
#[test]
fn answers_out_of_order_are_never_believed() {
    for kind in ALL {
        let mut room = emitting(kind, 1);
        room.world.device.fault(room.world.now, Fault::Reorder);
        room.pass(3_000);
        room.is(State::Locked);
        assert_eq!(room.world.device.output_now(), 0, "{kind:?}");
    }
}

#[test]
fn a_damaged_answer_is_counted_and_lived_with() {
    for kind in [Kind::Sf6Rtu, Kind::Sf8Rtu] {
        let mut room = kind.room(5);
        room.world.device.fault(room.world.now, Fault::Corrupt(10));
        begin(&mut room);
        room.pass(4_000);
        assert!(room.world.garbled_since(0) > 0, "{kind:?}");
        let settings = room.causes();
        assert!(settings.is_empty(), "{kind:?} {settings:?}");
    }
}

#[test]
fn a_line_that_damages_half_of_all_answers_ends_the_session() {
    for kind in ALL {
        let mut room = emitting(kind, 1);
        room.world.device.fault(room.world.now, Fault::Corrupt(500));
        room.pass(4_000);
        room.is(State::Locked);
        room.world.device.heal(room.world.now);
        room.world.order(Order::off());
        room.pass(2_000);
        room.is_off();
    }
}

/// Another unit answers on the same wires.
#[test]
fn an_answer_of_another_unit_is_not_believed() {
    use simulated_units::maiman::{Framing, Maiman, Plan};
    for (kind, plan) in [
        (Kind::Sf6Rtu, Plan::sf6(Framing::Rtu(4))),
        (Kind::Sf8Rtu, Plan { framing: Framing::Rtu(5), ..Kind::Sf8Rtu.plan() }),
    ] {
        let mut world = kind.world(1);
        world.device = Maiman::new(plan, 1, 0);
        world.pass(3_000);
        let said = world.facts_since(0, |fact| (!matches!(fact, Fact::Garbled)).then_some(()));
        assert!(said.is_empty(), "{kind:?}");
    }
}

/// State and current are two answers. Whichever of them a start falls between, what was seen after
/// it is not reported as older than it, and one reading is not reported as two.
#[test]
fn a_start_between_two_answers_is_no_emission_of_before_it() {
    for kind in ALL {
        for millis in 0..100 {
            let mut room = kind.room(1);
            room.pass(millis);
            begin(&mut room);
            room.pass(400);
            room.is(State::Emitting);
            let since = room.world.now;
            room.pass(2_000);
            let told = outputs(&room.world, since).len();
            let asked = room.world.said.iter().filter(|(at, frame)| {
                let asks = [&[3, 3, 0, 0x40], &b"J0307"[..]];
                since <= *at && asks.iter().any(|begins| frame.bytes.starts_with(begins))
            });
            assert!(told <= asked.count() + 1, "{kind:?} after {millis} ms");
        }
    }
}
