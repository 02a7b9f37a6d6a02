//! The records of a world: every step of every run of its gateway, and their replay.

use clinic::{Clinic, Effect, Happening};
use gateway::config::Seed;
use gateway::recorder::{BUILD, Dialects, End, Head, Record, Reel, Strip, replay};
use safety::Instant;

use crate::ward;

/// So many steps make a block.
const BLOCK: u64 = 500;
/// A world has no wall clock.
const WALL: i64 = 0;

/// The record of one run, while it is made.
pub(crate) struct Recording {
    units: usize,
    reel: Reel<Vec<u8>>,
    strip: Strip,
    steps: u64,
}

/// The record of one run of a gateway.
#[derive(Clone, Debug)]
pub struct Recorded {
    units: usize,
    file: Vec<u8>,
}

/// What a replay compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Compared {
    /// How many steps.
    pub steps: u64,
    /// How many effects.
    pub effects: u64,
    /// How long they took in the story, in nanoseconds.
    pub lasted: u64,
}

impl Recording {
    pub(crate) fn new(run: u32, units: usize, now: u64) -> Self {
        let head = Head {
            build: BUILD.into(),
            revision: "".into(),
            files: Vec::new(),
            run,
            seed: Seed::new([0; 32]),
            day: "".into(),
            began: Instant::from_boot(now),
        };
        let reel = Reel::begin(Vec::new(), &head, WALL);
        let reel = reel.unwrap_or_else(|error| panic!("memory takes bytes: {error}"));
        Self { units, reel, strip: Strip::default(), steps: 0 }
    }

    /// A step was taken, and these are its effects.
    pub(crate) fn take(
        &mut self,
        now: u64,
        happening: &Happening,
        effects: &[Effect],
        clinic: &Clinic,
    ) {
        self.strip.happens(Instant::from_boot(now), happening);
        for effect in effects {
            self.strip.follows(effect, clinic, &Dialects::default());
        }
        self.strip.done();
        self.steps += 1;
        if self.steps.is_multiple_of(BLOCK) {
            self.turn();
        }
    }

    pub(crate) fn end(mut self) -> Recorded {
        self.turn();
        let file = self.reel.end(WALL, End::Left);
        let file = file.unwrap_or_else(|error| panic!("memory takes bytes: {error}"));
        Recorded { units: self.units, file }
    }

    fn turn(&mut self) {
        let written = self.reel.steps(WALL, self.strip.bytes());
        written.unwrap_or_else(|error| panic!("memory takes bytes: {error}"));
        self.strip = Strip::new(std::mem::take(&mut self.strip).into_bytes());
    }
}

impl Recorded {
    /// Tells a clinic that is made anew what is recorded, and compares everything that follows.
    ///
    /// # Errors
    /// Where the record cannot be read, or the first difference.
    pub fn replay(&self) -> Result<Compared, String> {
        let mut record = Record::open(&*self.file).map_err(|error| error.to_string())?;
        let (run, began) = (record.head().run, record.head().began);
        let plans = ward::plans(run).into_iter().take(self.units).collect();
        let mut clinic = Clinic::new(run, plans, Vec::new(), began);
        let replayed = replay(&mut record, &mut clinic, &Dialects::default(), |_| Ok(()));
        let replayed = replayed.map_err(|error| error.to_string())?;
        let lasted = replayed.ended.since(began).get();
        Ok(Compared { steps: replayed.steps, effects: replayed.effects, lasted })
    }

    /// How long it is, in bytes.
    pub fn bytes(&self) -> usize {
        self.file.len()
    }
}
