//! Whole days of mischief, judged at the wires: the world asserts at every instant that no contact
//! is closed longer than it may be, and that nothing emits through an open one.

use clinic::{Ask, CallId, Happening, RoomId, Verb};
use proptest::prelude::*;
use safety::Cause;
use simulated_units::{Button, Fault, relay::RelayFault};

use crate::world::{UNITS, World, id};

#[derive(Clone, Copy, Debug)]
enum Deed {
    Pass(u64),
    Stall(u64),
    Confirm(usize),
    /// Everything from the confirmation to the emission, as far as it comes.
    Treat(usize),
    Command(usize, Verb),
    Press(usize, bool),
    Input(usize, bool),
    Stop(usize),
    StopAll,
    Prove(usize),
    Release(usize),
    Unplug,
    Plug,
    Reset,
    Mute,
    Late(u32),
    Heal,
    Break(usize),
    Lock,
}

fn deed() -> impl Strategy<Value = Deed> {
    use Deed as D;
    let unit = 0..UNITS;
    prop_oneof![
        12 => (1..4_000_u64).prop_map(D::Pass),
        1 => (1..900_u64).prop_map(D::Stall),
        4 => unit.clone().prop_map(D::Confirm),
        8 => unit.clone().prop_map(D::Treat),
        8 => (unit.clone(), prop::sample::select(vec![Verb::Arm, Verb::Start, Verb::Pause, Verb::Resume]))
            .prop_map(|(unit, verb)| D::Command(unit, verb)),
        4 => (unit.clone(), any::<bool>()).prop_map(|(unit, on)| D::Press(unit, on)),
        2 => (0..3_usize, prop::bool::weighted(0.8)).prop_map(|(input, on)| D::Input(input, on)),
        1 => unit.clone().prop_map(D::Stop),
        1 => Just(D::StopAll),
        3 => unit.clone().prop_map(D::Prove),
        4 => unit.clone().prop_map(D::Release),
        1 => Just(D::Unplug),
        2 => Just(D::Plug),
        1 => Just(D::Reset),
        1 => Just(D::Mute),
        1 => (1..200_u32).prop_map(D::Late),
        3 => Just(D::Heal),
        1 => unit.prop_map(D::Break),
        1 => Just(D::Lock),
    ]
}

fn act(world: &mut World, deed: Deed) {
    match deed {
        Deed::Pass(millis) => world.pass(millis),
        Deed::Stall(millis) => {
            world.disturbed = true;
            world.stall(millis);
        }
        Deed::Confirm(place) => {
            if world.state(place) == safety::State::Standby && world.shown(place).session.is_none()
            {
                world.confirm_if_it_may(place);
            }
        }
        Deed::Treat(place) => {
            act(world, Deed::Confirm(place));
            world.units[place].press(world.now, Button::Footswitch, false);
            world.command(place, Verb::Arm);
            world.pass(500);
            world.units[place].press(world.now, Button::Footswitch, true);
            world.pass(600);
            world.command(place, Verb::Start);
            world.pass(4_000);
        }
        Deed::Command(place, verb) => drop(world.command(place, verb)),
        Deed::Press(place, on) => world.units[place].press(world.now, Button::Footswitch, on),
        Deed::Input(input, on) => world.put_input(input, on),
        Deed::Stop(place) => world.tell(Happening::Stop(CallId(0), id(place))),
        Deed::StopAll => world.tell(Happening::StopAll(CallId(0), Some(RoomId(0)))),
        Deed::Prove(place) => drop(world.ask(Ask::ProveRelay(id(place)))),
        Deed::Release(place) => {
            world.units[place].press(world.now, Button::Key, false);
            world.pass(300);
            world.units[place].press(world.now, Button::Key, true);
            world.pass(2_500);
            for cause in world.causes(place) {
                world.release(place, cause);
            }
        }
        Deed::Unplug if !world.unplugged => world.unplug(),
        Deed::Plug if world.unplugged => world.plug(),
        Deed::Unplug | Deed::Plug => {}
        Deed::Reset => world.board.reset(),
        Deed::Mute | Deed::Late(_) => {
            world.disturbed = true;
            world.board.fault(match deed {
                Deed::Late(millis) => RelayFault::Late(millis),
                _ => RelayFault::Mute,
            });
        }
        Deed::Heal => {
            world.board.heal();
            (0..UNITS).for_each(|place| world.units[place].heal(world.now));
        }
        Deed::Break(place) => world.units[place].fault(world.now, Fault::StuckOn),
        Deed::Lock => world.tell(Happening::Fault(Cause::Ledger)),
    }
}

/// What keeps an Off from being said or heard at once.
const fn disturbs(deed: Deed) -> bool {
    matches!(deed, Deed::Stall(_) | Deed::Unplug | Deed::Mute | Deed::Late(_))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// By time alone: within the span after the last kick.
    #[test]
    fn no_contact_is_closed_that_may_not_be(deeds in prop::collection::vec(deed(), 1..60)) {
        let mut world = World::ready();
        deeds.into_iter().for_each(|deed| act(&mut world, deed));
    }

    /// By an Off, where it is heard: within the time that Offs to all channels take.
    #[test]
    fn what_is_heard_opens_at_once(deeds in prop::collection::vec(deed(), 1..60)) {
        let mut world = World::ready();
        let calm = deeds.into_iter().filter(|deed| !disturbs(*deed));
        calm.for_each(|deed| act(&mut world, deed));
        prop_assert!(!world.disturbed);
    }
}
