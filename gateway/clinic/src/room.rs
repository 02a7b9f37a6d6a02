//! What stands between a unit and its room: door, emergency stop, key and lease.

use safety::{Contacts, Instant};

/// Where a unit finds what it needs of its room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wiring {
    /// Where the door switch is wired to.
    pub door: DoorAt,
    /// Where the key is.
    pub key: KeyAt,
    /// Where its footswitch is.
    pub footswitch: FootswitchAt,
    /// What ends its emission when the gateway falls silent.
    pub lease: LeaseBy,
}

/// Where the footswitch of a unit is (LAS-06).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FootswitchAt {
    /// At the unit, if it needs one.
    #[default]
    Unit,
    /// At an input of a board. One that is not heard of is not pressed.
    Board,
}

/// Where the door switch of a unit is wired to (LCK-05).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DoorAt {
    /// Its own interlock connector, perhaps in a row with a contact.
    #[default]
    Unit,
    /// An input of a board. Without one in its room it counts as none.
    Board,
    /// Nowhere.
    None,
}

/// Where the key of a unit is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyAt {
    /// It has one of its own.
    #[default]
    Unit,
    /// The reset inputs of its room stand for it.
    Board,
}

/// What ends the emission of a unit when the gateway falls silent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LeaseBy {
    /// Something that the unit itself does.
    #[default]
    Unit,
    /// The contact in its interlock: it has to be proven every day (OPS-01).
    Relay,
}

/// What the inputs of one room say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inputs {
    pub(crate) door: Sensed,
    pub(crate) emergency_stop: Sensed,
    pub(crate) key: Sensed,
    /// Of this unit alone.
    pub(crate) footswitch: Sensed,
    /// Of this unit alone.
    pub(crate) supply: Sensed,
}

/// What one input, or several in a row, say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sensed {
    /// There is none.
    #[default]
    Absent,
    /// It was not heard of since the gateway started.
    Unheard,
    /// It was heard of, and is no more.
    Silent,
    /// Whether it permits, and when it was asked for.
    Read(Instant, bool),
}

impl Sensed {
    /// Both in a row: what is worse counts.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Absent, one) | (one, Self::Absent) => one,
            (Self::Silent, _) | (_, Self::Silent) => Self::Silent,
            (Self::Read(asked, false), _) | (_, Self::Read(asked, false)) => {
                Self::Read(asked, false)
            }
            (Self::Unheard, _) | (_, Self::Unheard) => Self::Unheard,
            (Self::Read(one, true), Self::Read(other, true)) => Self::Read(one.min(other), true),
        }
    }

    const fn is_known(self) -> bool {
        matches!(self, Self::Absent | Self::Read(..))
    }

    const fn permits(self) -> bool {
        matches!(self, Self::Absent | Self::Read(_, true))
    }

    /// Whether it says the same, whenever it was asked.
    fn is_as(self, other: Self) -> bool {
        match (self, other) {
            (Self::Read(_, one), Self::Read(_, other)) => one == other,
            (one, other) => one == other,
        }
    }
}

impl Inputs {
    pub(crate) fn is_as(self, other: Self) -> bool {
        self.door.is_as(other.door)
            && self.emergency_stop.is_as(other.emergency_stop)
            && self.key.is_as(other.key)
            && self.footswitch.is_as(other.footswitch)
            && self.supply.is_as(other.supply)
    }

    /// What an input says of the contact of a unit; what the unit says, if there is no such input.
    /// One that is not heard says nothing.
    pub(crate) const fn supplied(self, own: Option<(Instant, bool)>) -> Option<(Instant, bool)> {
        match self.supply {
            Sensed::Absent => own,
            Sensed::Unheard | Sensed::Silent => None,
            Sensed::Read(asked, closed) => Some((asked, closed)),
        }
    }

    /// Whether the emergency stop is pressed. One that fell silent counts as pressed; one that was
    /// never heard of only keeps units from being armed, or each start of a gateway would latch it.
    pub(crate) const fn stops(self) -> bool {
        matches!(self.emergency_stop, Sensed::Silent | Sensed::Read(_, false))
    }

    /// Whether the door switch on a board and the emergency stop are known to be closed.
    pub(crate) fn chain(self, wiring: Wiring) -> bool {
        let door = match wiring.door {
            // A door in the unit's own chain is seen through the contact alone.
            DoorAt::Unit => false,
            DoorAt::Board => matches!(self.door, Sensed::Read(_, true)),
            DoorAt::None => true,
        };
        door && self.emergency_stop.permits()
    }

    /// Whether a unit with such a wiring has a door switch.
    pub(crate) fn has_door(self, wiring: Wiring) -> bool {
        match wiring.door {
            DoorAt::Unit => true,
            DoorAt::Board => self.door != Sensed::Absent,
            DoorAt::None => false,
        }
    }

    /// The switches of a unit in this room, joined with the inputs. `latched` is when its newest
    /// cause came: a key that was read before then tells nothing of what a person did since, and one
    /// that is not read was not turned.
    pub(crate) fn join(self, own: Contacts, wiring: Wiring, latched: Option<Instant>) -> Contacts {
        let known = self.door.is_known()
            && self.emergency_stop.is_known()
            && self.key.is_known()
            && self.supply.is_known();
        let key = match (wiring.key, self.key) {
            (KeyAt::Unit, _) => own.key,
            (KeyAt::Board, Sensed::Read(asked, false)) => Some(asked) <= latched,
            (KeyAt::Board, Sensed::Absent | Sensed::Unheard | Sensed::Silent) => true,
            (KeyAt::Board, Sensed::Read(_, true)) => true,
        };
        let footswitch = match wiring.footswitch {
            FootswitchAt::Unit => own.footswitch,
            FootswitchAt::Board => matches!(self.footswitch, Sensed::Read(_, true)),
        };
        Contacts {
            key,
            footswitch,
            interlock: own.interlock && known && self.door.permits() && self.supply.permits(),
            emergency_stop_released: own.emergency_stop_released && !self.stops(),
            ..own
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Contacts = Contacts {
        key: true,
        footswitch: false,
        interlock: true,
        emergency_stop_released: true,
        applicator: true,
    };

    fn at(millis: u64) -> Instant {
        Instant::from_boot(1_000_000_000).after(safety::Nanos::from_millis(millis))
    }

    fn joined(inputs: Inputs) -> (bool, bool) {
        let joined = inputs.join(OWN, Wiring::default(), None);
        (joined.interlock, joined.emergency_stop_released)
    }

    /// Fail-safe: what is open, silent or was never heard of does not permit.
    #[test]
    fn only_what_is_known_to_be_closed_permits() {
        use Sensed::{Absent, Read, Silent, Unheard};
        let closed = Read(at(0), true);
        let open = Read(at(0), false);
        for (door, interlock) in
            [(Absent, true), (closed, true), (open, false), (Silent, false), (Unheard, false)]
        {
            let inputs = Inputs { door, ..Inputs::default() };
            assert_eq!(joined(inputs), (interlock, true), "{door:?}");
            let inputs = Inputs { supply: door, ..Inputs::default() };
            assert_eq!(joined(inputs), (interlock, true), "a supply that is {door:?}");
        }
        for (emergency_stop, interlock, released) in [
            (Absent, true, true),
            (closed, true, true),
            (open, true, false),
            (Silent, false, false),
            (Unheard, false, true),
        ] {
            let inputs = Inputs { emergency_stop, ..Inputs::default() };
            assert_eq!(joined(inputs), (interlock, released), "{emergency_stop:?}");
            assert_eq!(inputs.stops(), !released);
        }
        let opened = Contacts { interlock: false, emergency_stop_released: false, ..OWN };
        let all = Inputs {
            door: closed,
            emergency_stop: closed,
            key: closed,
            footswitch: closed,
            supply: closed,
        };
        let joined = all.join(opened, Wiring::default(), None);
        assert!(
            !joined.interlock && !joined.emergency_stop_released,
            "nor does it close the unit's"
        );
    }

    /// OPS-01: where an input tells of a contact, the unit is not believed in its place.
    #[test]
    fn a_supply_is_as_its_input_says() {
        use Sensed::{Absent, Read, Silent, Unheard};
        let own = Some((at(1), true));
        for (supply, said) in [
            (Absent, own),
            (Unheard, None),
            (Silent, None),
            (Read(at(2), false), Some((at(2), false))),
            (Read(at(2), true), Some((at(2), true))),
        ] {
            let inputs = Inputs { supply, ..Inputs::default() };
            assert_eq!(inputs.supplied(own), said, "{supply:?}");
            assert_eq!(inputs.is_as(Inputs::default()), supply == Absent);
        }
    }

    /// LCK-07: a key that was off before the cause, or is not heard, was not turned after it.
    #[test]
    fn a_key_counts_from_the_cause_on() {
        use Sensed::{Absent, Read, Silent, Unheard};
        let board = Wiring { key: KeyAt::Board, ..Wiring::default() };
        for (key, latched, on) in [
            (Absent, None, true),
            (Unheard, None, true),
            (Silent, Some(at(5)), true),
            (Read(at(5), true), Some(at(5)), true),
            (Read(at(5), false), None, false),
            (Read(at(5), false), Some(at(4)), false),
            (Read(at(5), false), Some(at(5)), true),
            (Read(at(5), false), Some(at(6)), true),
        ] {
            let inputs = Inputs { key, ..Inputs::default() };
            assert_eq!(inputs.join(OWN, board, latched).key, on, "{key:?} {latched:?}");
            let off = Contacts { key: false, ..OWN };
            assert!(!inputs.join(off, Wiring::default(), latched).key, "its own key is its own");
        }
    }

    /// LAS-06: a footswitch on a board is pressed only if it is heard to be.
    #[test]
    fn a_footswitch_on_a_board_is_pressed_only_if_it_says_so() {
        use Sensed::{Absent, Read, Silent, Unheard};
        let board = Wiring { footswitch: FootswitchAt::Board, ..Wiring::default() };
        for (footswitch, pressed) in [
            (Absent, false),
            (Unheard, false),
            (Silent, false),
            (Read(at(1), false), false),
            (Read(at(1), true), true),
        ] {
            let inputs = Inputs { footswitch, ..Inputs::default() };
            let unit = Contacts { footswitch: !pressed, ..OWN };
            assert_eq!(inputs.join(unit, board, None).footswitch, pressed, "{footswitch:?}");
            assert_eq!(inputs.join(unit, Wiring::default(), None).footswitch, !pressed);
        }
    }

    /// Of several in a row the worst counts, in any order.
    #[test]
    fn several_in_a_row_are_as_good_as_the_worst() {
        use Sensed::{Absent, Read, Silent, Unheard};
        let rank = |sensed: Sensed| match sensed {
            Absent => 0,
            Read(_, true) => 1,
            Unheard => 2,
            Read(_, false) => 3,
            Silent => 4,
        };
        let all =
            [Absent, Read(at(1), true), Read(at(2), true), Unheard, Read(at(1), false), Silent];
        for one in all {
            for other in all {
                let both = one.and(other);
                assert_eq!(rank(both), rank(one).max(rank(other)), "{one:?} and {other:?}");
            }
        }
        assert_eq!(Read(at(1), true).and(Read(at(2), true)), Read(at(1), true), "the older");
    }

    #[test]
    fn a_chain_is_known_or_not() {
        let closed = Sensed::Read(at(0), true);
        let open = Sensed::Read(at(0), false);
        let wiring = |door| Wiring { door, ..Wiring::default() };
        for (door, inputs, chain, has) in [
            (DoorAt::Unit, closed, false, true),
            (DoorAt::Board, closed, true, true),
            (DoorAt::Board, open, false, true),
            (DoorAt::Board, Sensed::Silent, false, true),
            (DoorAt::Board, Sensed::Absent, false, false),
            (DoorAt::None, Sensed::Absent, true, false),
        ] {
            let inputs = Inputs { door: inputs, ..Inputs::default() };
            let found = (inputs.chain(wiring(door)), inputs.has_door(wiring(door)));
            assert_eq!(found, (chain, has), "{door:?} {inputs:?}");
            let pressed = Inputs { emergency_stop: open, ..inputs };
            assert!(!pressed.chain(wiring(door)));
        }
    }
}
