//! What a record tells a person: how its units stood at one time, and what changed on them.

use std::collections::BTreeMap;

use clinic::{Change, Effect, Summary, UnitId, What};
use jiff::{SignedDuration, Timestamp};
use safety::{End, Instant, Nanos};

use super::{Seen, glance::Glance, reel::Head};
use crate::{directory::Directory, word};

/// Changes so close to the time that is asked for are told with it.
const BESIDE: SignedDuration = SignedDuration::from_secs(5);

/// The clocks of a record: the wall clock as it stood when the record began, and ran on since.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    began: Instant,
    wall: Timestamp,
}

/// What is wanted of a record.
#[derive(Clone, Debug)]
pub struct Story {
    clocks: Clocks,
    /// The only unit that is told of, or all.
    unit: Option<UnitId>,
    /// The time that is asked for.
    at: Option<Timestamp>,
    /// How each unit stood until then.
    stood: BTreeMap<UnitId, Glance>,
    /// What is told of changes, in order.
    lines: Vec<String>,
    /// The wall clock at the last step.
    last: Timestamp,
}

impl Clocks {
    /// The clocks of a record that begins with `head` and whose first block was written so many
    /// microseconds after 1970.
    pub fn new(head: &Head, wall_micros: i64) -> Self {
        Self::at(head.began, Timestamp::from_microsecond(wall_micros).unwrap_or_default())
    }

    /// The clocks of a record that began at this instant, which was this time.
    pub(super) const fn at(began: Instant, wall: Timestamp) -> Self {
        Self { began, wall }
    }

    /// What an instant was by the wall clock.
    pub fn wall(&self, at: Instant) -> Timestamp {
        let since = i64::try_from(at.since(self.began).get()).unwrap_or(i64::MAX);
        let wall = self.wall.checked_add(SignedDuration::from_nanos(since));
        wall.unwrap_or(Timestamp::MAX)
    }

    /// The instant of a time of the wall clock; the beginning for one before.
    pub fn instant(&self, wall: Timestamp) -> Instant {
        let since = u64::try_from(wall.duration_since(self.wall).as_nanos()).unwrap_or(0);
        self.began.after(Nanos::new(since))
    }
}

impl Story {
    /// The story of one unit or of all, or how they stood at one time.
    pub fn new(clocks: Clocks, unit: Option<UnitId>, at: Option<Timestamp>) -> Self {
        let (stood, lines, last) = (BTreeMap::new(), Vec::new(), clocks.wall);
        Self { clocks, unit, at, stood, lines, last }
    }

    /// Looks at a step.
    pub fn see(&mut self, seen: &Seen<'_>, directory: &Directory) {
        let wall = self.clocks.wall(seen.at);
        self.last = wall;
        for effect in seen.effects {
            match effect {
                Effect::Show(unit) if self.is_told(*unit) && self.is_before(wall) => {
                    let shown = seen.clinic.shown(*unit);
                    self.stood.extend(shown.map(|shown| (*unit, Glance::of(&shown))));
                }
                Effect::Tell(change) if self.is_told(change.unit) && self.is_beside(wall) => {
                    self.lines.push(line(wall, change, directory));
                }
                Effect::Show(_)
                | Effect::Tell(_)
                | Effect::Write(..)
                | Effect::Enter(..)
                | Effect::Answer(..)
                | Effect::Relay(..) => {}
            }
        }
    }

    /// Whether the time that is asked for lies within what was seen.
    pub fn covers(&self) -> bool {
        self.at.is_none_or(|at| self.clocks.wall <= at && at <= self.last)
    }

    /// What was asked for, line by line.
    pub fn lines(self, directory: &Directory) -> Vec<String> {
        let Some(at) = self.at else { return self.lines };
        let stood = self
            .stood
            .iter()
            .map(|(unit, glance)| format!("{at:.3}  {:12} {glance}", directory.name(*unit)));
        stood.chain(self.lines).collect()
    }

    fn is_told(&self, unit: UnitId) -> bool {
        self.unit.is_none_or(|only| only == unit)
    }

    fn is_before(&self, wall: Timestamp) -> bool {
        self.at.is_none_or(|at| wall <= at)
    }

    fn is_beside(&self, wall: Timestamp) -> bool {
        self.at.is_none_or(|at| wall.duration_since(at).abs() <= BESIDE)
    }
}

fn line(wall: Timestamp, change: &Change, directory: &Directory) -> String {
    let session = change.session.map_or_else(String::new, |session| format!(" session {session}"));
    let (unit, what) = (directory.name(change.unit), what(&change.what));
    format!("{wall:.3}  {unit:12}{session} {what}")
}

fn what(what: &What) -> String {
    match what {
        What::State { from, to } => format!("{} to {}", word::state(*from), word::state(*to)),
        What::Confirmed => "was confirmed".to_owned(),
        What::Ended(summary) => ended(summary),
        What::Latched(cause) => format!("latched {}", word::cause(*cause)),
        What::Released(cause) => format!("released {}", word::cause(*cause)),
        What::Stopped => "was told to stop".to_owned(),
        What::Refused(refused) => format!("refused a call: {}", word::refused(refused)),
        What::Proven(proof) => format!("proof of the relay: {}", word::proof(*proof)),
        What::Metered(passed) => {
            format!("meter check: {}", if *passed { "passed" } else { "failed" })
        }
        What::Reviewed(found) => format!("was reviewed: {}", word::findings(*found)),
    }
}

fn ended(summary: &Summary) -> String {
    let end = match summary.end {
        End::Alarm(cause) => word::cause(cause),
        End::Dose | End::Time | End::Stopped | End::Expired | End::PauseOver => {
            word::end(summary.end)
        }
    };
    let uncertain = if summary.uncertain { ", off never proven" } else { "" };
    format!("ended {} by {end}{uncertain}", word::outcome(summary.outcome))
}
