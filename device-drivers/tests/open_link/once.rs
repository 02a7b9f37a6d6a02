//! What turns on goes out once, in time, and what renews never after its time (COM-02, COM-05,
//! LAS-04).

use std::collections::BTreeSet;

use device_drivers::Event;
use proptest::prelude::*;
use safety::{Demand, Fact, Grant, Laser, Order};
use simulated_units::{Command, Fault, Way};
use test_bench::{
    desk::Desk,
    open_link::Simulated,
    wire::{ENABLE, Frame, OFF, RENEW, SET, STATUS, WARN, crc32},
    world::MS,
};

use crate::World;

#[derive(Clone, Copy, Debug)]
enum Act {
    Pass(u64),
    Emit(u64),
    Session,
    Off,
    Stop,
    Reopen,
    Reboot,
    Break(Fault),
    Heal,
}

fn act() -> impl Strategy<Value = Act> {
    let way = prop_oneof![Just(Way::Both), Just(Way::Request), Just(Way::Reply)];
    let line = (way, 50..700_u16, 0..4).prop_map(|(way, share, kind)| match kind {
        0 => Fault::Drop(way, share),
        1 => Fault::Corrupt(way, share),
        2 => Fault::Duplicate(way, share),
        _ => Fault::Delay(way, u32::from(share) / 5),
    });
    let command = prop_oneof![Just(Command::Enable), Just(Command::Renew), Just(Command::Warn)];
    prop_oneof![
        4 => (1..400_u64).prop_map(Act::Pass),
        4 => (50..600_u64).prop_map(Act::Emit),
        3 => Just(Act::Session),
        1 => Just(Act::Off),
        1 => Just(Act::Stop),
        1 => Just(Act::Reopen),
        1 => Just(Act::Reboot),
        2 => line.prop_map(Act::Break),
        1 => Just(Act::Break(Fault::Reorder)),
        1 => Just(Act::Break(Fault::Replay)),
        1 => Just(Act::Break(Fault::Mute)),
        1 => command.clone().prop_map(|command| Act::Break(Fault::Ignore(command))),
        1 => command.prop_map(|command| Act::Break(Fault::Acknowledge(command))),
        3 => Just(Act::Heal),
    ]
}

/// Judges each frame against the order under which it went out.
struct Judge {
    seen: usize,
    granted: BTreeSet<Grant>,
}

impl Judge {
    fn look(&mut self, world: &World<Laser>) -> Result<(), TestCaseError> {
        for (at, frame) in &world.said[self.seen..] {
            let frame = Frame::decode(&frame.bytes);
            if [SET, WARN, ENABLE, RENEW].contains(&frame.kind)
                && let Some((boot, uptime)) = world.clock()
                && (world.now, boot) == (*at, frame.boot)
            {
                let until = frame.uptime_millis;
                let validity = match world.ordered.demand() {
                    Demand::Emit { valid_until, .. } => {
                        valid_until.since(world.instant()).millis().min(300)
                    }
                    Demand::Off | Demand::Prepare(_) | Demand::Warn(_) => 300,
                };
                prop_assert!(until <= uptime + validity, "valid until {until}, it is {uptime}");
            }
            if ![ENABLE, RENEW].contains(&frame.kind) {
                continue;
            }
            match world.ordered.demand() {
                Demand::Emit { grant, valid_until, .. } => {
                    prop_assert!(*at < valid_until.since_boot(), "past its time");
                    let first = frame.kind == RENEW || self.granted.insert(grant);
                    prop_assert!(first, "a second Enable for {grant:?}");
                }
                Demand::Off | Demand::Prepare(_) | Demand::Warn(_) => {
                    prop_assert!(false, "{frame:?} under {:?}", world.ordered);
                }
            }
        }
        self.seen = world.said.len();
        Ok(())
    }

    fn pass(&mut self, world: &mut World<Laser>, millis: u64) -> Result<(), TestCaseError> {
        let end = world.now + millis * MS;
        loop {
            let more = world.advance(end);
            self.look(world)?;
            if !more {
                return Ok(());
            }
        }
    }

    fn order(&mut self, world: &mut World<Laser>, order: Order<Laser>) {
        self.seen = world.said.len();
        world.order(order);
    }
}

fn perform(acts: &[Act], seed: u64) -> Result<usize, TestCaseError> {
    let plan = Laser::plan();
    let plate = Laser::plate(&plan);
    let mut world = World::<Laser>::linked_with(plan, plate, seed);
    let mut desk = Desk::new();
    let mut judge = Judge { seen: 0, granted: BTreeSet::new() };
    let mut warned = false;
    for act in acts {
        match *act {
            Act::Pass(millis) => judge.pass(&mut world, millis)?,
            Act::Emit(millis) => {
                for _ in 0..if warned { millis.div_ceil(50) } else { 0 } {
                    let order = desk.emit(world.instant());
                    judge.order(&mut world, order);
                    judge.pass(&mut world, 50)?;
                }
            }
            Act::Session => {
                let order = desk.prepare(world.instant());
                judge.order(&mut world, Order::off());
                judge.pass(&mut world, 150)?;
                judge.order(&mut world, order);
                judge.pass(&mut world, 200)?;
                let order = desk.warn(world.instant());
                judge.order(&mut world, order);
                judge.pass(&mut world, 2_300)?;
                warned = true;
            }
            Act::Off => judge.order(&mut world, Order::off()),
            Act::Stop => world.tell(Event::Stop),
            Act::Reopen => {
                world.tell(Event::Closed);
                judge.pass(&mut world, 20)?;
                world.tell(Event::Opened);
            }
            Act::Reboot => world.device.fault(world.now, Fault::Reboot),
            Act::Break(fault) => world.device.fault(world.now, fault),
            Act::Heal => world.device.heal(world.now),
        }
    }
    Ok(judge.granted.len())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_happens_a_grant_turns_on_once(
        acts in prop::collection::vec(act(), 1..30),
        seed in any::<u64>(),
    ) {
        perform(&acts, seed)?;
    }
}

#[test]
fn a_session_that_nothing_happens_to_turns_on() {
    let acts = [Act::Session, Act::Emit(500), Act::Off, Act::Pass(300), Act::Session];
    let acts: Vec<_> = acts.into_iter().chain([Act::Emit(500)]).collect();
    assert_eq!(perform(&acts, 1).unwrap(), 2);
}

/// The grant that was warned for, with `fault` from before the order to emit.
fn one_attempt(fault: Fault) -> World<Laser> {
    let mut desk = Desk::<Laser>::new();
    let mut world = World::warned(&mut desk);
    world.device.fault(world.now, fault);
    world.emit(&mut desk, 600);
    world.device.heal(world.now);
    world.emit(&mut desk, 600);
    world
}

/// COM-05: what may have turned on is never sent again.
#[test]
fn an_enable_that_is_lost_is_not_said_again() {
    let world = one_attempt(Fault::Ignore(Command::Enable));
    assert_eq!(world.frames_since(0, ENABLE).len(), 1);
}

#[test]
fn an_enable_that_is_acknowledged_and_not_done_is_not_said_again() {
    let world = one_attempt(Fault::Acknowledge(Command::Enable));
    assert_eq!(world.frames_since(0, ENABLE).len(), 1);
    let (enabled, _) = world.frames_since(0, ENABLE)[0];
    let renewed = world.frames_since(enabled, RENEW).len();
    assert_eq!(renewed, 0, "Status told that there is nothing to renew");
}

#[test]
fn an_enable_whose_reply_is_lost_is_asked_about_and_renewed() {
    let mut desk = Desk::<Laser>::new();
    let mut world = World::warned(&mut desk);
    world.order(desk.emit(world.instant()));
    world.deaf = true;
    world.pass(20);
    let (enabled, _) = world.frames_since(0, ENABLE)[0];
    world.deaf = false;
    world.pass(30);
    assert!(!world.frames_since(enabled, STATUS).is_empty());
    world.emit(&mut desk, 1_000);
    assert_eq!(world.frames_since(0, ENABLE).len(), 1);
    assert!(world.frames_since(enabled, RENEW).len() >= 5);
    assert_eq!(world.device.state(), Some(simulated_units::State::Emitting));
}

#[test]
fn a_reboot_voids_the_grant() {
    let mut desk = Desk::<Laser>::new();
    let mut world = World::warned(&mut desk);
    world.emit(&mut desk, 500);
    world.device.fault(world.now, Fault::Reboot);
    let reboot = world.now;
    world.emit(&mut desk, 5_000);
    for kind in [ENABLE, SET, WARN] {
        assert_eq!(world.frames_since(reboot, kind).len(), 0);
    }
    let first = world.frames().find(|(at, _)| reboot + 400 * MS <= *at).unwrap();
    assert!(!world.frames_since(reboot, OFF).is_empty(), "{first:?}");
}

#[test]
fn a_grant_that_was_ordered_when_the_port_opened_is_void() {
    let mut desk = Desk::<Laser>::new();
    let mut world = World::<Laser>::linked();
    world.pass(300);
    let prepare = desk.prepare(world.instant());
    let warn = desk.warn(world.instant());
    world.order(desk.emit(world.instant()));
    world.tell(Event::Closed);
    world.tell(Event::Opened);
    world.order(Order::off());
    world.pass(300);
    world.order(prepare);
    world.pass(200);
    world.order(warn);
    world.pass(2_300);
    world.emit(&mut desk, 500);
    assert_eq!(world.device.state(), Some(simulated_units::State::Warning));
    assert_eq!(world.frames_since(0, ENABLE).len(), 0);
}

/// COM-02: a nonce is fresh, and only it enables.
#[test]
fn the_nonce_is_that_of_a_status_asked_after_the_last_warn() {
    // The order to emit comes while a Warn is under way: what was offered before is not used.
    for micros in (0..10_000).step_by(250) {
        let mut desk = Desk::<Laser>::new();
        let mut world = World::warned(&mut desk);
        let (warned, _) = *world.frames_since(0, WARN).last().unwrap();
        world.pass_until(warned + 250 * MS + micros * 1_000);
        let order = desk.emit(world.instant());
        world.order(order);
        world.pass(60);
        let (enabled, enable) = world.frames_since(0, ENABLE).pop().expect("an Enable");
        let (warned, _) = *world.frames_since(0, WARN).last().unwrap();
        let (asked, _) =
            *world.frames_since(0, STATUS).iter().rfind(|(at, _)| *at < enabled).unwrap();
        assert!(warned < asked && asked < enabled, "{micros} µs");
        assert_eq!(world.device.state(), Some(simulated_units::State::Emitting));
        // The digest is that of the setting that was told in Set: that of the order.
        let (_, set) = world.frames_since(0, SET).pop().unwrap();
        assert_eq!(enable.payload[8..], crc32(&set.payload).to_le_bytes());
        let (_, renew) = {
            world.emit(&mut desk, 300);
            world.frames_since(0, RENEW).pop().unwrap()
        };
        assert_eq!(renew.nonce(), enable.nonce());
    }
}

#[test]
fn a_setting_that_is_refused_is_reported_and_told_again() {
    let mut desk = Desk::<Laser>::new();
    let mut world = World::<Laser>::linked();
    world.pass(300);
    world.device.press(world.now, simulated_units::Button::Interlock, false);
    let asked = world.now;
    world.order(desk.prepare(world.instant()));
    world.pass(900);
    let settings = world.facts_since(asked, |fact| match fact {
        Fact::Setting(setting) => Some(*setting),
        _ => None,
    });
    assert!(settings.iter().all(Option::is_none));
    assert!((2..=5).contains(&world.frames_since(asked, SET).len()));
    world.device.press(world.now, simulated_units::Button::Interlock, true);
    world.pass(500);
    let Demand::Prepare(wanted) = world.ordered.demand() else { panic!() };
    let last = world.facts_since(asked, |fact| match fact {
        Fact::Setting(setting) => Some(*setting),
        _ => None,
    });
    assert_eq!(last.last(), Some(&Some(wanted)), "level and preset as confirmed (DOS-06)");
}
