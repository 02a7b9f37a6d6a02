//! A relay board whose outputs stay on only for a time: contacts in the interlocks of units.
//!
//! It is no unit and has no dialect: it emits nothing and is asked for no dose. Which contact may be
//! closed is decided elsewhere, at every turn anew; the board is told so for a moment only, so that
//! whatever falls silent opens it (LCK-01). Off goes ahead of everything else.
//!
//! Written for the "Modbus RTU Relay (D)" of Waveshare, from the maker's wiki page of that name:
//! eight outputs, eight inputs, 9600 baud, 8N1, address 1 as delivered. The words, with the bytes for
//! address 1 and channel 0:
//!
//! | word | bytes | answer |
//! |---|---|---|
//! | close for a time: function 5, register 0x0200 + channel, steps of 100 ms | `01 05 02 00 00 07 8D B0` | the same |
//! | open: function 5, register 0x0000 + channel | `01 05 00 00 00 00 CD CA` | the same |
//! | read outputs: function 1 | `01 01 00 00 00 08 3D CC` | `01 01 01 bits crc` |
//! | read inputs: function 2 | `01 02 00 00 00 08 79 CC` | `01 02 01 bits crc` |
//!
//! There is no word that closes for ever (`01 05 00 00 FF 00 ..`), none for all outputs at once, and
//! none that sets an address, a speed or a mode.
//!
//! One step of 100 ms is added to what is promised. If a second "close for a time" does not begin the
//! time anew, a contact opens for a moment once per on-time, the unit notices, and locks: a failure
//! that everybody sees and that stops. What nobody has seen at a board is in `unverified`.
//!
//! Each channel must be in the mode in which its inputs move no outputs, as delivered; the other modes
//! are not read. An output that an input closes is found by the unit: its interlock is closed while
//! its contact was dropped.

mod frame;
mod plate;
#[cfg(test)]
mod tests;
pub(crate) mod unverified;

use alloc::vec::Vec;

use safety::{Instant, Nanos};

use crate::{Frame, Rank};

use self::frame::{Reading, Word};

pub use plate::{CHANNELS, Plate, PlateError};

/// Between two questions for the inputs, while nothing more urgent is to be said: what a door that
/// opens waits to be asked for. Shorter than the kicks that may come before makes little difference.
const INPUTS_EVERY: Nanos = Nanos::from_millis(20);
/// An Off that was not answered is said again after this.
const OFF_REPEAT: Nanos = Nanos::from_millis(50);
/// A board that misses so many answers in a row is lost, and has to begin anew.
const MISSED_MAX: u8 = 3;

/// Some of the eight channels of a board, or of its inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Channels(u8);

impl Channels {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// These, with the lowest bit for channel 0.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// These and `channel`, counted from zero. A channel that does not exist is not added.
    #[must_use]
    pub fn with(self, channel: u8) -> Self {
        Self(self.0 | bit(channel))
    }

    /// Whether `channel` is one of these.
    pub fn has(self, channel: u8) -> bool {
        self.0 & bit(channel) != 0
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    fn count(self) -> u64 {
        u64::from(self.0.count_ones())
    }
}

fn bit(channel: u8) -> u8 {
    1_u8.checked_shl(u32::from(channel)).unwrap_or(0)
}

/// What can happen to a board.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The port opened.
    Opened,
    /// The port closed or hung up.
    Closed,
    /// What may become of the channels from now on. Told after every step of the core.
    Allow {
        /// Those that may be closed.
        closed: Channels,
        /// Those that are neither closed nor told off: whether they open by themselves is seen.
        left: Channels,
    },
    /// The line is free: one frame may go out.
    Turn,
    /// The last frame left the line.
    Sent,
    /// Bytes came in, in pieces of any size.
    Bytes(&'a [u8]),
    /// Time passed, nothing else.
    Wake,
}

/// What goes out next, and which channel it keeps closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// What goes out.
    pub frame: Frame,
    /// The channel that it kicks.
    pub kicked: Option<u8>,
}

/// How well a board is heard: for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Answers that came whole.
    pub good: u32,
    /// Answers that were damaged, wrong or missing.
    pub bad: u32,
}

/// One board.
#[derive(Clone, Debug)]
pub struct Board {
    plate: Plate,
    open: bool,
    /// It was told Off on every channel, answered, and showed that it is.
    introduced: bool,
    allowed: Channels,
    left: Channels,
    input: Vec<u8>,
    waiting: Option<Waiting>,
    rest_until: Instant,
    /// When Off is due on each channel, if it is.
    off: [Instant; CHANNELS],
    kicked: [Option<Instant>; CHANNELS],
    asked: Option<Instant>,
    inputs: Option<(Instant, Channels)>,
    missed: u8,
    tally: Tally,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    word: Word,
    asked: Instant,
    deadline: Instant,
}

impl Board {
    /// A board whose port is closed.
    ///
    /// # Errors
    /// What is wrong with the plate.
    pub fn new(plate: Plate) -> Result<Self, PlateError> {
        plate.validate()?;
        Ok(Self {
            plate,
            open: false,
            introduced: false,
            allowed: Channels::NONE,
            left: Channels::NONE,
            input: Vec::new(),
            waiting: None,
            rest_until: Instant::default(),
            off: [Instant::NEVER; CHANNELS],
            kicked: [None; CHANNELS],
            asked: None,
            inputs: None,
            missed: 0,
            tally: Tally::default(),
        })
    }

    /// What its profile says, and what follows from it.
    pub const fn plate(&self) -> &Plate {
        &self.plate
    }

    /// Whether it answers, and was seen off since its port opened.
    pub const fn is_online(&self) -> bool {
        self.open && self.introduced
    }

    /// The inputs that are closed, and when they were asked for. `None` if that is too long ago:
    /// then nobody knows.
    pub fn inputs(&self, now: Instant) -> Option<(Instant, Channels)> {
        self.inputs.filter(|(asked, _)| now.since(*asked) < self.plate.silence())
    }

    /// How well it is heard.
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// Takes what happened. Only [`Event::Turn`] gives something to say.
    pub fn step(&mut self, now: Instant, event: Event<'_>) -> Option<Turn> {
        self.expire(now);
        match event {
            Event::Opened => self.opened(now),
            Event::Closed => self.closed(),
            Event::Allow { closed, left } => self.allow(now, closed, left),
            Event::Turn => return self.turn(now),
            Event::Sent => self.sent(now),
            Event::Bytes(bytes) => self.receive(now, bytes),
            Event::Wake => {}
        }
        None
    }

    /// When it wants to be stepped next: with [`Event::Turn`] if the line is free by then.
    pub fn wake(&self) -> Instant {
        if !self.open {
            return Instant::NEVER;
        }
        let silent = match self.inputs {
            Some((asked, _)) => asked.after(self.plate.silence()),
            None => Instant::NEVER,
        };
        match self.waiting {
            Some(waiting) => waiting.deadline.min(silent),
            None => self.next().max(self.rest_until).min(silent),
        }
    }

    fn opened(&mut self, now: Instant) {
        self.open = true;
        (self.allowed, self.left) = (Channels::NONE, Channels::NONE);
        self.input.clear();
        self.waiting = None;
        self.rest_until = now.after(self.plate.gap());
        self.inputs = None;
        self.asked = None;
        self.begin(now);
    }

    fn closed(&mut self) {
        (self.open, self.introduced, self.waiting, self.inputs) = (false, false, None, None);
    }

    /// Nobody knows what it holds: it has to be off, and to show it, before it holds anything.
    fn begin(&mut self, now: Instant) {
        self.introduced = false;
        self.missed = 0;
        self.say_off(now, self.plate.channels);
    }

    fn say_off(&mut self, now: Instant, channels: Channels) {
        for (channel, off) in (0..).zip(&mut self.off) {
            if channels.has(channel) {
                *off = (*off).min(now);
            }
        }
    }

    fn allow(&mut self, now: Instant, allowed: Channels, left: Channels) {
        let allowed = allowed.and(self.plate.channels);
        let left = left.and(self.plate.channels).without(allowed);
        let dropped = self.allowed.or(self.left).without(allowed.or(left));
        (self.allowed, self.left) = (allowed, left);
        self.say_off(now, dropped);
    }

    /// When something is to be said.
    fn next(&self) -> Instant {
        let off = self.off.iter().min().copied().unwrap_or(Instant::NEVER);
        if !self.introduced {
            let told = self.off.iter().all(|due| *due == Instant::NEVER);
            return if told { Instant::default() } else { off };
        }
        let kick = self.kicks().map(|(due, _)| due).min().unwrap_or(Instant::NEVER);
        off.min(kick).min(self.inputs_due())
    }

    /// The channels that may be kicked, and when each is due.
    fn kicks(&self) -> impl Iterator<Item = (Instant, u8)> {
        let cycle = self.plate.cycle();
        (0..).zip(self.kicked).zip(self.off).filter_map(move |((channel, kicked), off)| {
            let may = self.introduced && self.allowed.has(channel) && off == Instant::NEVER;
            let due = kicked.map_or(Instant::default(), |kicked| kicked.after(cycle));
            may.then_some((due, channel))
        })
    }

    fn inputs_due(&self) -> Instant {
        match self.asked {
            _ if !self.plate.inputs => Instant::NEVER,
            Some(asked) => asked.after(INPUTS_EVERY),
            None => Instant::default(),
        }
    }

    /// Off first, then what would open first, then what is asked.
    fn turn(&mut self, now: Instant) -> Option<Turn> {
        if !self.open || self.waiting.is_some() || now < self.rest_until {
            return None;
        }
        let word = self.off_due(now).or_else(|| self.introduction());
        if let Some(word) = word {
            return Some(self.say(now, word));
        }
        if !self.introduced {
            return None;
        }
        let kick = self.kicks().filter(|(due, _)| *due <= now).min();
        if let Some((_, channel)) = kick {
            return Some(self.say(now, Word::Kick(channel)));
        }
        (self.inputs_due() <= now).then(|| self.say(now, Word::Inputs))
    }

    /// An Off that was not answered rests a while before it is said again, so that it keeps no other
    /// from being said.
    fn off_due(&self, now: Instant) -> Option<Word> {
        let (due, channel) = self.off.iter().copied().zip(0..).min()?;
        (due <= now).then_some(Word::Off(channel))
    }

    /// Once every channel was told Off, the board shows that it is.
    fn introduction(&self) -> Option<Word> {
        let told = self.off.iter().all(|due| *due == Instant::NEVER);
        (!self.introduced && told).then_some(Word::Outputs)
    }

    fn say(&mut self, now: Instant, word: Word) -> Turn {
        let bytes = word.encode(self.plate.address, self.plate.steps());
        let left = now.after(self.plate.bytes_time(bytes.len()));
        let answer = self.plate.answer_time();
        self.input.clear();
        self.waiting = Some(Waiting { word, asked: now, deadline: left.after(answer) });
        self.rest_until = left.after(self.plate.gap());
        let mut kicked = None;
        let rank = match word {
            Word::Off(channel) => {
                self.put_off(channel, now.after(self.plate.exchange()).after(OFF_REPEAT));
                Rank::Stop
            }
            Word::Kick(channel) => {
                kicked = Some(channel);
                if let Some(at) = self.kicked.get_mut(usize::from(channel)) {
                    *at = Some(now);
                }
                Rank::Order
            }
            Word::Inputs => {
                self.asked = Some(now);
                Rank::Ask
            }
            Word::Outputs => Rank::Ask,
        };
        let frame = Frame {
            bytes,
            rank,
            purge_first: true,
            answer_within: answer,
            quiet_after: self.plate.gap(),
        };
        Turn { frame, kicked }
    }

    fn put_off(&mut self, channel: u8, due: Instant) {
        if let Some(off) = self.off.get_mut(usize::from(channel)) {
            *off = due;
        }
    }

    fn sent(&mut self, now: Instant) {
        if let Some(waiting) = &mut self.waiting {
            waiting.deadline = waiting.deadline.max(now.after(self.plate.answer_time()));
            self.rest_until = self.rest_until.max(now.after(self.plate.gap()));
        }
    }

    /// Byte by byte, so that it does not matter in which pieces they come.
    fn receive(&mut self, now: Instant, bytes: &[u8]) {
        if self.open {
            bytes.iter().for_each(|byte| self.take(now, *byte));
        }
    }

    /// What comes unasked is of before, and believed by nobody: the line has to be silent anew.
    fn take(&mut self, now: Instant, byte: u8) {
        let Some(waiting) = self.waiting else { return self.be_silent(now) };
        self.input.push(byte);
        match waiting.word.decode(self.plate.address, self.plate.steps(), &self.input) {
            Reading::More => {}
            Reading::Wrong => self.lost(now),
            Reading::Echo => self.answered(now, waiting, None),
            Reading::Bits(bits) => self.answered(now, waiting, Some(Channels(bits))),
        }
    }

    fn answered(&mut self, now: Instant, waiting: Waiting, bits: Option<Channels>) {
        self.waiting = None;
        self.missed = 0;
        self.tally.good = self.tally.good.saturating_add(1);
        self.rest_until = self.rest_until.max(now.after(self.plate.gap()));
        match (waiting.word, bits) {
            (Word::Off(channel), _) => self.put_off(channel, Instant::NEVER),
            (Word::Outputs, Some(on)) => {
                let held = on.and(self.plate.channels);
                self.introduced = held == Channels::NONE;
                self.say_off(now, held);
            }
            (Word::Inputs, Some(closed)) => self.inputs = Some((waiting.asked, closed)),
            (Word::Kick(_) | Word::Outputs | Word::Inputs, _) => {}
        }
    }

    fn expire(&mut self, now: Instant) {
        if self.inputs(now).is_none() {
            self.inputs = None;
        }
        if self.waiting.is_some_and(|waiting| waiting.deadline <= now) {
            self.lost(now);
        }
    }

    /// An answer did not come, or is none. What comes late is not believed (COM-03): what was noise may
    /// be followed by the answer itself, and that must not meet the question behind its own.
    fn lost(&mut self, now: Instant) {
        let due = self.waiting.take().map_or(now, |waiting| waiting.deadline);
        self.rest_until = self.rest_until.max(due);
        self.input.clear();
        self.tally.bad = self.tally.bad.saturating_add(1);
        self.missed = self.missed.saturating_add(1);
        self.be_silent(now);
        if MISSED_MAX <= self.missed {
            self.begin(now);
        }
    }

    fn be_silent(&mut self, now: Instant) {
        self.rest_until = self.rest_until.max(now.after(self.plate.answer_time()));
    }
}
