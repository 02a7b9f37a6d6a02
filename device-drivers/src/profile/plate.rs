//! One unit of a profile: what stands on its plate and in its calibration.

use alloc::{string::String, vec::Vec};
use core::fmt;

use safety::Nanos;

use crate::Unverified;

use super::{Expect, Format, Means, Piece, Say};
use super::{Lease, Mistake, Profile, Reason, Scale, Told, Written, template};

/// What is known of one unit.
#[derive(Clone, Debug)]
pub struct Plate<M: Told> {
    /// What is known of its family.
    pub profile: Profile,
    /// Which model of the profile it is; empty if the profile has one.
    pub variant: String,
    /// Its serial number, as it says it.
    pub serial: String,
    /// The firmware versions that are allowed, as it says them.
    pub firmware: Vec<String>,
    /// What it can be told, with its calibration.
    pub levels: M::Levels,
    /// Between two questions for the same fact.
    pub poll: Nanos,
    /// Without an answer for longer, the link is lost.
    pub link: Nanos,
    /// Output below this counts as none.
    pub off_below: M::Output,
    /// A relay is in its supply that opens without our heartbeat.
    pub relay: bool,
}

/// Why a unit is not spoken with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlateError {
    /// The profile is wrong.
    Profile(Vec<Mistake>),
    /// The profile is of another dialect.
    Dialect,
    /// The profile has no such model.
    Variant(String),
    /// What it can be told contradicts itself.
    Levels,
    /// Its calibration is of something else than what the profile counts.
    Counts,
    /// A step of the unit is finer than this says it.
    Coarse(String),
    /// It may emit for longer after our last byte than its modality may.
    Lease,
    /// What keeps it alive is asked too seldom.
    KeepAlive,
    /// This time is zero.
    Time(&'static str),
    /// This is asked, and does not stand on the plate.
    Empty(&'static str),
}

impl fmt::Display for PlateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile(mistakes) => match mistakes.first() {
                Some(first) => write!(f, "the profile is wrong: {first}"),
                None => f.write_str("the profile is wrong"),
            },
            Self::Dialect => f.write_str("the profile is of another dialect"),
            Self::Variant(name) => write!(f, "the profile has no model `{name}`"),
            Self::Levels => f.write_str("what the unit can be told contradicts itself"),
            Self::Counts => f.write_str("its calibration is not of what the profile counts"),
            Self::Coarse(path) => write!(f, "{path}: a step of the unit cannot be said exactly"),
            Self::Lease => f.write_str("its lease is longer than its modality may have"),
            Self::KeepAlive => f.write_str("what keeps it alive is asked too seldom"),
            Self::Time(field) => write!(f, "{field} is zero"),
            Self::Empty(field) => write!(f, "{field} is asked for, and the plate has none"),
        }
    }
}

impl core::error::Error for PlateError {}

impl<M: Told> Plate<M> {
    /// Why the unit may be looked at and not started, whoever signs; empty if it may.
    pub fn reasons(&self) -> Vec<Reason> {
        self.profile.reasons(self.relay)
    }

    /// What its maker does not say.
    pub fn unverified(&self) -> Vec<Unverified> {
        self.profile.unverified(&self.variant)
    }

    /// Whether the unit may be started once somebody signed for what its maker does not say.
    pub fn is_startable(&self) -> bool {
        self.reasons().is_empty()
    }

    /// Whether a unit can be what this says.
    ///
    /// # Errors
    /// The first thing that is wrong; all mistakes of its profile.
    pub fn validate(&self) -> Result<(), PlateError> {
        let mistakes = self.profile.validate();
        if !mistakes.is_empty() {
            return Err(PlateError::Profile(mistakes));
        }
        let known = self.profile.variants.iter().any(|own| own.name == self.variant);
        if known == self.profile.variants.is_empty() {
            return Err(PlateError::Variant(self.variant.clone()));
        }
        if !M::is_sound(&self.levels) {
            return Err(PlateError::Levels);
        }
        if !M::is_counted(&self.levels, self.profile.counts) {
            return Err(PlateError::Counts);
        }
        for (time, field) in [(self.poll, "poll"), (self.link, "link")] {
            if time == Nanos::ZERO {
                return Err(PlateError::Time(field));
            }
        }
        if M::LEASE_MOST < self.lease() {
            return Err(PlateError::Lease);
        }
        // All polls are asked once in each poll time, in every state.
        if self.profile.keep_alive.iter().any(|keep| keep.every < self.poll) {
            return Err(PlateError::KeepAlive);
        }
        let asks =
            |wanted: &Expect| self.profile.introduction.iter().any(|asked| asked.expect == *wanted);
        if asks(&Expect::Serial) && self.serial.is_empty() {
            return Err(PlateError::Empty("serial"));
        }
        if asks(&Expect::Firmware) && self.firmware.is_empty() {
            return Err(PlateError::Empty("firmware"));
        }
        self.tells_exactly()
    }

    /// What ends emission after our last byte.
    pub(super) fn lease(&self) -> Nanos {
        match self.profile.lease {
            Lease::Watchdog(time, _)
            | Lease::Preset(time, _)
            | Lease::Chunk(time, _)
            | Lease::Relay(time, _) => time,
        }
    }

    /// The profile with the scales of its variant.
    pub(super) fn resolved(&self) -> Profile {
        let mut profile = self.profile.clone();
        let variant = self.profile.variants.iter().find(|own| own.name == self.variant);
        let divide = variant.map_or(1, |variant| variant.divide);
        profile.scales(&mut |scale| {
            if scale.variant {
                scale.per = scale.per.saturating_mul(divide);
                scale.variant = false;
            }
        });
        profile
    }

    /// A level that is rounded on its way to the unit would not be the one that was confirmed.
    fn tells_exactly(&self) -> Result<(), PlateError> {
        let profile = self.resolved();
        for (path, command) in profile.commands() {
            let exact = match &command.say {
                Say::Read(_) => true,
                Say::Write(write) => match write.value {
                    Written::Slot(template::Slot::Level, scale)
                    | Written::Wide(template::Slot::Level, scale, _) => self.is_exact(&scale, 0),
                    Written::Word(_) | Written::Coil(_) | Written::Slot(..) | Written::Wide(..) => {
                        true
                    }
                },
                Say::Line(line) => line.pieces().iter().all(|piece| match piece {
                    Piece::Hole(template::Slot::Level, format) => match format {
                        Format::Decimal(places, scale) => self.is_exact(scale, *places),
                        Format::Digits(_, scale) | Format::Hex(_, scale) => self.is_exact(scale, 0),
                        Format::Words(..) => true,
                    },
                    Piece::Hole(..) | Piece::Text(_) => true,
                }),
            };
            if !exact {
                return Err(PlateError::Coarse(path));
            }
        }
        Ok(())
    }

    /// Whether the least step and the most can both be said.
    fn is_exact(&self, scale: &Scale, places: u8) -> bool {
        let (step, most) = (M::step(&self.levels), M::most(&self.levels));
        let whole = most.checked_rem(step).map(|rest| most.saturating_sub(rest));
        let next = whole.map(|whole| whole.saturating_sub(step));
        [whole, next].into_iter().all(|at| at.is_some_and(|at| scale.is_exact(at, places)))
    }
}

impl Profile {
    /// Every scale in it.
    pub(super) fn scales(&mut self, change: &mut dyn FnMut(&mut Scale)) {
        let lists = [&mut self.init, &mut self.off, &mut self.tell, &mut self.enable];
        let lists = lists.into_iter().chain([&mut self.fire]).flatten();
        let asked = self.introduction.iter_mut().map(|asked| &mut asked.command);
        let chunk = self.chunk.iter_mut().map(|chunk| &mut chunk.command);
        let polls = self.polls.iter_mut().map(|poll| &mut poll.command);
        for command in lists.chain(asked).chain(chunk).chain(polls) {
            match &mut command.say {
                Say::Read(_) => {}
                Say::Write(write) => match &mut write.value {
                    Written::Slot(_, scale) | Written::Wide(_, scale, _) => change(scale),
                    Written::Word(_) | Written::Coil(_) => {}
                },
                Say::Line(line) => line.pieces_mut().iter_mut().for_each(|piece| match piece {
                    Piece::Hole(_, Format::Decimal(_, scale))
                    | Piece::Hole(_, Format::Digits(_, scale))
                    | Piece::Hole(_, Format::Hex(_, scale)) => change(scale),
                    Piece::Hole(_, Format::Words(..)) | Piece::Text(_) => {}
                }),
            }
        }
        for poll in &mut self.polls {
            match &mut poll.means {
                Means::Output(scale) | Means::Temperature(scale) => change(scale),
                Means::Level(read) | Means::Frequency(read) => change(&mut read.scale),
                Means::Status(_) | Means::Errors(_) | Means::Idle | Means::Nothing => {}
            }
        }
        for asked in &mut self.introduction {
            match &mut asked.expect {
                Expect::Limit(scale) => change(scale),
                Expect::Text(_)
                | Expect::Begins(_)
                | Expect::Number(_)
                | Expect::Serial
                | Expect::Firmware
                | Expect::Variant => {}
            }
        }
    }
}
