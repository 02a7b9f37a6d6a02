//! How the gateway of a world starts, and how it is gone.

use clinic::{Happening, UnitId};
use rand::Rng;

use crate::{
    gateway::Gateway, line::Line, mishap::Mending, recording::Recording, ward::UNITS, world::World,
};

const MS: u64 = 1_000_000;
/// A relay falls when its heartbeat stays away for this long.
pub(crate) const HEARTBEAT_NS: u64 = 200 * MS;

impl World {
    /// A gateway starts, and is told of the past before any port opens.
    pub(crate) fn start(&mut self) {
        self.restart_due = u64::MAX;
        self.run += 1;
        self.write(|| "the gateway starts".to_owned());
        self.end_recording();
        self.gateway = Some(Gateway::new(self.run, self.story.units, self.now));
        let recording = || Recording::new(self.run, self.story.units, self.now);
        self.recording = self.records.is_some().then(recording);
        if let Some(gateway) = &mut self.gateway {
            let book = &self.disk.book;
            gateway.charged_before = core::array::from_fn(|place| {
                book.charged_before(UnitId(u16::try_from(place).unwrap_or_default()), self.run)
            });
        }
        self.fuse = None;
        let past = self.disk.book.past();
        let told = !past.open_marks.is_empty();
        self.tell(Happening::Past(past));
        if told {
            self.marks.hit("open mark found");
        }
        for place in 0..self.story.units {
            self.show(UnitId(u16::try_from(place).unwrap_or_default()));
            let at = self.now + self.chance.random_range(1..200) * MS;
            self.lines[place].start(at);
        }
        if let Some(gateway) = &self.gateway {
            self.judge.restarted(self.now, &self.disk.book, &gateway.board);
        }
        self.shaken_until = self.now + 3_000 * MS;
    }

    /// What the last run recorded is kept.
    pub(crate) fn end_recording(&mut self) {
        let ended = self.recording.take().map(Recording::end);
        if let Some(records) = &mut self.records {
            records.extend(ended);
        }
    }

    /// The gateway is gone, in the middle of what it was doing.
    pub(crate) fn crash(&mut self, before: &str) {
        let doing = self.gateway.as_ref().map(|gateway| gateway.board);
        let emitting = doing.is_some_and(|board| {
            board.iter().flatten().any(|glance| glance.state == safety::State::Emitting)
        });
        self.marks.hit(&format!("crash before {before}"));
        if emitting {
            self.marks.hit("crash while emitting");
        }
        self.write(|| format!("the gateway crashes before {before}"));
        let (kept, waiting) = self.disk.crash(self.now, self.run, &mut self.chance);
        if kept < waiting {
            self.marks.hit("entries lost in a crash");
        }
        self.judge.durable(self.now, &mut self.disk.book);
        (0..UNITS).for_each(|place| self.look(place));
        self.judge.crashed(self.now);
        self.gateway = None;
        self.fuse = None;
        self.lines.iter_mut().for_each(Line::abandon);
        self.restart_due = self.now + self.chance.random_range(50..5_000) * MS;
        for place in 0..UNITS {
            let unit = UnitId(u16::try_from(place).unwrap_or_default());
            self.mendings.push((self.now + HEARTBEAT_NS, Mending::Relay(self.run, unit, false)));
        }
    }
}
