//! A relay board beside the units: its line, its channels and its inputs.

use alloc::vec::Vec;
use core::fmt;

use device_drivers::relay::{self, CHANNELS, Channels, Event};
use safety::{Contact, ContactInput, ContactTerms, Instant, Nanos};

use crate::{
    Port,
    desk::Desk,
    effect::Effect,
    line::Line,
    name::{LineId, RoomId, UnitId},
    room::{Inputs, Sensed},
};

/// A driver that wants a turn and has nothing to say is asked again after this.
const TURN: Nanos = Nanos::from_millis(1);

/// What the configuration says of one board.
#[derive(Clone, Debug)]
pub struct BoardPlan {
    /// Its line.
    pub line: LineId,
    /// Which channel is in the interlock of which unit: at most one per unit.
    pub channels: Vec<(u8, UnitId)>,
    /// What is wired to its inputs.
    pub inputs: Vec<BoardInput>,
    /// The channel of a sounder, and the room that hears it (ALM-02).
    pub sounder: Option<(u8, RoomId)>,
    /// How it is spoken to. Its plate says how fast, and for how long a kick closes.
    pub driver: relay::Board,
}

/// What is wired to one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoardInput {
    /// Its number, from zero.
    pub input: u8,
    /// What it is.
    pub is: InputUse,
    /// Whether it permits when it is closed. Anything else is for a service engineer to defend: a
    /// broken wire reads as open.
    pub closed_permits: bool,
}

/// What an input is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputUse {
    /// A door switch of this room (LAS-21, LCK-05).
    Door(RoomId),
    /// An emergency stop of this room (LAS-08).
    EmergencyStop(RoomId),
    /// A key or reset of this room, for units that have no key: it permits, is turned, and permits
    /// again (LCK-07).
    Reset(RoomId),
    /// The footswitch of this unit: it permits while it is pressed (LAS-06).
    Footswitch(UnitId),
    /// What is behind the contact of this unit, such as an auxiliary contact of its relay: it permits
    /// while the unit is supplied. It stands for the interlock of a unit that reports none, so that
    /// its relay can be proven (OPS-01).
    Supply(UnitId),
}

/// Why a board cannot be wired like this. Each is an error of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoardError {
    /// The plate of the board does not have this channel.
    Channel(u8),
    /// This channel is in two places: two units, or a unit and the sounder.
    ChannelTwice(u8),
    /// Two channels are in the interlock of this unit.
    UnitTwice(UnitId),
    /// There is no such input, or the plate says that none is wired.
    Input(u8),
    /// This input is two things.
    InputTwice(u8),
}

impl fmt::Display for BoardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel(channel) => write!(f, "channel {channel} is not wired on this board"),
            Self::ChannelTwice(channel) => write!(f, "channel {channel} is used twice"),
            Self::UnitTwice(UnitId(unit)) => write!(f, "unit {unit} has two channels"),
            Self::Input(input) => write!(f, "input {input} is not wired on this board"),
            Self::InputTwice(input) => write!(f, "input {input} is used twice"),
        }
    }
}

impl core::error::Error for BoardError {}

impl BoardPlan {
    /// Whether a board can be wired like this. A configuration is refused otherwise.
    ///
    /// # Errors
    /// The first contradiction.
    pub fn validate(&self) -> Result<(), BoardError> {
        let plate = self.driver.plate();
        let (mut channels, mut units, mut inputs) = (Vec::new(), Vec::new(), Vec::new());
        let sounder = self.sounder.map(|(channel, _)| channel);
        for channel in self.channels.iter().map(|(channel, _)| *channel).chain(sounder) {
            if !plate.channels.has(channel) {
                return Err(BoardError::Channel(channel));
            }
            once(&mut channels, channel).map_err(BoardError::ChannelTwice)?;
        }
        for (_, unit) in &self.channels {
            once(&mut units, *unit).map_err(BoardError::UnitTwice)?;
        }
        for BoardInput { input, .. } in &self.inputs {
            if !plate.inputs || usize::from(*input) >= CHANNELS {
                return Err(BoardError::Input(*input));
            }
            once(&mut inputs, *input).map_err(BoardError::InputTwice)?;
        }
        Ok(())
    }
}

/// Gives back what is there already.
fn once<T: Copy + PartialEq>(seen: &mut Vec<T>, new: T) -> Result<(), T> {
    if seen.contains(&new) {
        return Err(new);
    }
    seen.push(new);
    Ok(())
}

/// One board at work.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) line_id: LineId,
    pub(crate) channels: Vec<Channel>,
    pub(crate) sounder: Option<(u8, RoomId)>,
    inputs: Vec<BoardInput>,
    driver: relay::Board,
    line: Line,
    /// Its inputs were heard of since the gateway started.
    heard: bool,
    /// What its inputs last said, if anybody was told.
    told: Option<Option<(Instant, Channels)>>,
    turned: Instant,
    due: Instant,
}

/// One channel in the interlock of a unit.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) channel: u8,
    pub(crate) unit: UnitId,
    pub(crate) contact: Contact,
    /// The unit was looked at too late.
    pub(crate) late: bool,
    /// What the unit last said of its interlock.
    pub(crate) seen: Option<(Instant, bool)>,
    /// It said once that its interlock opened, while its contact was closed, and when it was asked.
    pub(crate) opening: Option<Instant>,
    pub(crate) proving: bool,
    /// How many proofs of it were begun.
    pub(crate) begun: u32,
    /// The unit whose interlock opened in its last proof, if that was another.
    pub(crate) opened: Option<UnitId>,
}

impl Board {
    /// `poll` says how often a unit is asked for its switches.
    pub(crate) fn new(
        plan: BoardPlan,
        poll: impl Fn(UnitId) -> Option<Nanos>,
        now: Instant,
    ) -> Self {
        let plate = *plan.driver.plate();
        let terms =
            |unit| ContactTerms { span: plate.span(), poll: poll(unit).unwrap_or_default() };
        let channels = plan.channels.into_iter().map(|(channel, unit)| Channel {
            channel,
            unit,
            contact: Contact::new(terms(unit), now),
            late: false,
            seen: None,
            opening: None,
            proving: false,
            begun: 0,
            opened: None,
        });
        Self {
            line_id: plan.line,
            channels: channels.collect(),
            sounder: plan.sounder,
            inputs: plan.inputs,
            driver: plan.driver,
            line: Line::new(plate.byte()),
            heard: false,
            told: None,
            turned: now,
            due: now,
        }
    }

    /// Its port did something.
    pub(crate) fn hear(&mut self, now: Instant, port: Port<'_>) {
        let event = match port {
            Port::Opened => {
                self.line.open(now);
                Event::Opened
            }
            Port::Closed => {
                self.line.close();
                Event::Closed
            }
            Port::Bytes(bytes) => Event::Bytes(bytes),
            Port::Written => {
                let _rank = self.line.written(now);
                Event::Sent
            }
        };
        let _never_a_turn = self.driver.step(now, event);
    }

    pub(crate) fn is_online(&self) -> bool {
        self.driver.is_online()
    }

    /// What its inputs say of a room and of a unit in it.
    pub(crate) fn inputs(&self, now: Instant, room: RoomId, unit: UnitId) -> Inputs {
        let read = self.driver.inputs(now);
        let mut inputs = Inputs::default();
        for wired in &self.inputs {
            let (concerned, place) = match wired.is {
                InputUse::Door(of) => (of == room, &mut inputs.door),
                InputUse::EmergencyStop(of) => (of == room, &mut inputs.emergency_stop),
                InputUse::Reset(of) => (of == room, &mut inputs.key),
                InputUse::Footswitch(of) => (of == unit, &mut inputs.footswitch),
                InputUse::Supply(of) => (of == unit, &mut inputs.supply),
            };
            if concerned {
                let sensed = match read {
                    Some((asked, closed)) => {
                        Sensed::Read(asked, closed.has(wired.input) == wired.closed_permits)
                    }
                    None if self.heard => Sensed::Silent,
                    None => Sensed::Unheard,
                };
                *place = place.and(sensed);
            }
        }
        inputs
    }

    /// Lets time pass at its end of the line. Gives whether there is news of its inputs.
    pub(crate) fn wake(&mut self, now: Instant) -> bool {
        let _never_a_turn = self.driver.step(now, Event::Wake);
        let read = self.driver.inputs(now);
        self.heard |= read.is_some();
        self.told.replace(read) != Some(read)
    }

    /// Lets the board hold what may be held, and no more.
    pub(crate) fn turn(&mut self, desk: &mut Desk<'_>, sounds: bool) {
        let now = desk.now;
        let may = self.channels.iter().filter(|own| own.contact.may_kick(now));
        let allowed = may.fold(Channels::NONE, |all, own| all.with(own.channel));
        // A sounder never closes what is in an interlock, whatever the configuration says.
        let free = |channel| self.channels.iter().all(|own| own.channel != channel);
        let sounder = self.sounder.filter(|(channel, _)| sounds && free(*channel));
        let allowed = sounder.map_or(allowed, |(channel, _)| allowed.with(channel));
        let left = self.channels.iter().filter(|own| own.contact.is_left(now));
        let left = left.fold(Channels::NONE, |all, own| all.with(own.channel));
        let _never_a_turn = self.driver.step(now, Event::Allow { closed: allowed, left });
        if self.line.has_turn(now, false) && self.driver.wake() <= now {
            self.turned = now;
            self.say(desk);
        }
        self.due = self.next(now);
    }

    fn say(&mut self, desk: &mut Desk<'_>) {
        let Some(turn) = self.driver.step(desk.now, Event::Turn) else { return };
        let kicked = self.channels.iter_mut().find(|own| Some(own.channel) == turn.kicked);
        if let Some(own) = kicked {
            let _never_refused = own.contact.step(desk.now, ContactInput::Kicked);
        }
        if let Some(frame) = self.line.take(desk.now, turn.frame) {
            desk.effects.push(Effect::Write(self.line_id, frame));
        }
    }

    /// When to look at it again, as of its last turn.
    pub(crate) const fn due(&self) -> Instant {
        self.due
    }

    fn next(&self, now: Instant) -> Instant {
        let line = match self.line.has_turn(now, false) {
            true => self.driver.wake().max(self.turned.after(TURN)),
            false => self.line.wake().max(now.after(Nanos::new(1))),
        };
        let own = self.driver.wake();
        let own = if own <= now { Instant::NEVER } else { own };
        let contacts = self.channels.iter().map(|own| own.contact.wake());
        line.min(own).min(contacts.min().unwrap_or(Instant::NEVER)).max(now.after(Nanos::new(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId(0);

    fn plan(channels: &[(u8, u16)], sounder: Option<u8>, inputs: &[u8]) -> BoardPlan {
        let plate = relay::Plate {
            address: 1,
            baud: 115_200,
            channels: Channels::from_bits(0b1000_0011),
            inputs: true,
            answer_within: Nanos::from_millis(10),
            lease: Nanos::from_secs(1),
        };
        let input = |input: &u8| BoardInput {
            input: *input,
            is: InputUse::Door(ROOM),
            closed_permits: true,
        };
        BoardPlan {
            line: LineId(0),
            channels: channels.iter().map(|(channel, unit)| (*channel, UnitId(*unit))).collect(),
            inputs: inputs.iter().map(input).collect(),
            sounder: sounder.map(|channel| (channel, ROOM)),
            driver: relay::Board::new(plate).unwrap(),
        }
    }

    #[test]
    fn a_board_that_contradicts_itself_is_refused() {
        use BoardError::{Channel, ChannelTwice, Input, InputTwice, UnitTwice};
        for (channels, sounder, inputs, expected) in [
            (&[(0, 0), (1, 1)][..], Some(7), &[0, 7][..], Ok(())),
            (&[(2, 0)], None, &[], Err(Channel(2))),
            (&[(200, 0)], None, &[], Err(Channel(200))),
            (&[(0, 0)], Some(5), &[], Err(Channel(5))),
            (&[(0, 0), (0, 1)], None, &[], Err(ChannelTwice(0))),
            (&[(0, 0)], Some(0), &[], Err(ChannelTwice(0))),
            (&[(0, 4), (1, 4)], None, &[], Err(UnitTwice(UnitId(4)))),
            (&[], None, &[8], Err(Input(8))),
            (&[], None, &[3, 3], Err(InputTwice(3))),
        ] {
            assert_eq!(plan(channels, sounder, inputs).validate(), expected);
        }
    }
}
