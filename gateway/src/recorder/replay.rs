//! Replays a record: makes the clinic again, tells it the same, and compares every effect (JRN-06).

use std::{fmt, io, io::Read, path::Path, path::PathBuf};

use clinic::{Clinic, Effect, Happening};
use jiff::civil::Date;
use safety::Instant;

use super::{
    field::Bytes,
    reel::{Head, Place, Record, RecordError},
    strip::Step,
    trace::{self, Dialects, Trace},
};
use crate::{
    config::{ClinicError, Config, ConfigErrors, Contents, Disk, Files, Memory, Serves},
    place,
};

/// A clinic cannot be made again from what its record begins with.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The configuration is not read. What is missing is a secret, which no record holds.
    #[error("its configuration cannot be read again:\n{0}")]
    Config(ConfigErrors),
    /// The configuration reads, and is another.
    #[error("its configuration hashes to {found}, not to {recorded}")]
    Revision {
        /// What it was.
        recorded: String,
        /// What it is.
        found: String,
    },
    /// The day on which it began is none.
    #[error("it began on {0}, which is no day")]
    Day(String),
    /// The configuration makes no clinic.
    #[error(transparent)]
    Clinic(#[from] ClinicError),
}

/// What came of a replay that found no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// How many steps were told.
    pub steps: u64,
    /// How many effects were compared.
    pub effects: u64,
    /// The instant of the last step.
    pub ended: Instant,
}

/// A replay came to no good end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The record cannot be read on.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// What follows from a step is not what followed from it.
    #[error("{0}")]
    Differs(Box<Difference>),
    /// Whoever looks on wants no more.
    #[error("it cannot be shown: {0}")]
    Shown(#[from] io::Error),
}

/// The first difference between what is recorded and what follows now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where it stands.
    pub place: Place,
    /// The instant of the step.
    pub at: Instant,
    /// What happened.
    pub happening: String,
    /// Which effect of the step, from one.
    pub effect: usize,
    /// What is recorded of it; `None` if nothing followed.
    pub recorded: Option<String>,
    /// What follows now; `None` if nothing does.
    pub replayed: Option<String>,
}

/// One step of a replay, for whoever looks on.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// Where it stands.
    pub place: Place,
    /// Its instant.
    pub at: Instant,
    /// What happened.
    pub happening: &'a Happening,
    /// What follows.
    pub effects: &'a [Effect],
    /// The clinic as the step left it.
    pub clinic: &'a Clinic,
}

/// Makes the configuration and the clinic that a record begins with. `secrets` is the folder of the
/// configuration, for the keys that a record does not hold.
///
/// # Errors
/// [`RebuildError`] if it cannot be made the same.
pub fn rebuild(head: &Head, secrets: Option<&Path>) -> Result<(Config, Clinic), RebuildError> {
    let mut files = Memory::default();
    for (name, bytes) in &head.files {
        files.put(name, bytes.clone());
    }
    let files = Recorded { files, secrets: secrets.map(Disk::new) };
    let config = Config::read_for(&files, Serves::Tls).map_err(RebuildError::Config)?;
    if *config.hash != *head.revision {
        let (recorded, found) = (head.revision.to_string(), config.hash);
        return Err(RebuildError::Revision { recorded, found });
    }
    let day = head.day.parse::<Date>();
    let day = day.map_err(|_no_day| RebuildError::Day(head.day.to_string()))?;
    let clinic = config.clinic(head.run, day, &head.seed, head.began)?;
    Ok((config, clinic))
}

/// Tells `clinic` everything that `record` holds, and compares what follows. `see` is shown each step
/// that is the same.
///
/// # Errors
/// [`ReplayError`] with the first difference, or where the record cannot be read on.
pub fn replay(
    record: &mut Record<impl Read>,
    clinic: &mut Clinic,
    dialects: &Dialects,
    mut see: impl FnMut(Seen<'_>) -> io::Result<()>,
) -> Result<Replayed, ReplayError> {
    let mut replayed = Replayed { steps: 0, effects: 0, ended: record.head().began };
    let (mut effects, mut traced) = (Vec::new(), Vec::new());
    while let Some(step) = record.step()? {
        clinic.step(step.at, step.happening.clone(), &mut effects);
        traced.clear();
        for effect in &effects {
            trace::put(effect, clinic, dialects, &mut traced);
        }
        trace::put_end(&mut traced);
        if traced != step.effects {
            let difference = differ(record.place(), &step, &traced, &effects, clinic);
            return Err(ReplayError::Differs(Box::new(difference)));
        }
        let Step { at, happening, .. } = &step;
        let (at, effects_seen) = (*at, effects.as_slice());
        see(Seen { place: record.place(), at, happening, effects: effects_seen, clinic })?;
        replayed.steps = replayed.steps.saturating_add(1);
        let count = u64::try_from(effects.len()).unwrap_or(u64::MAX);
        replayed.effects = replayed.effects.saturating_add(count);
        replayed.ended = at;
        effects.clear();
    }
    Ok(replayed)
}

/// Where what was recorded of a step and what follows from it part.
fn differ(
    place: Place,
    step: &Step,
    traced: &[u8],
    effects: &[Effect],
    clinic: &Clinic,
) -> Difference {
    // Both were read or written a moment ago, so both are whole.
    let read = |bytes: &[u8]| trace::take(&mut Bytes::new(bytes)).unwrap_or_default();
    let (recorded, replayed) = (read(&step.effects), read(traced));
    let same = recorded.iter().zip(&replayed).take_while(|(one, other)| one == other).count();
    let words = |trace: &Trace| match effects.get(same) {
        Some(effect) => effect_words(trace, effect, clinic),
        None => trace.to_string(),
    };
    Difference {
        place,
        at: step.at,
        happening: happening_words(&step.happening),
        effect: same.saturating_add(1),
        recorded: recorded.get(same).map(Trace::to_string),
        replayed: replayed.get(same).map(words),
    }
}

/// An effect in words. A frame is told by its trace, which leaves secrets out.
fn effect_words(trace: &Trace, effect: &Effect, clinic: &Clinic) -> String {
    match effect {
        Effect::Write(..) => trace.to_string(),
        Effect::Show(unit) => format!("{trace}: {:?}", clinic.shown(*unit)),
        Effect::Enter(..) | Effect::Answer(..) | Effect::Tell(_) | Effect::Relay(..) => {
            format!("{trace}: {effect:?}")
        }
    }
}

/// What happened, in words.
pub(super) fn happening_words(happening: &Happening) -> String {
    match happening {
        Happening::Bytes(line, bytes) => {
            let codes: String = bytes.iter().map(|byte| format!(" {byte:02x}")).collect();
            format!("line {} brought{codes}", line.0)
        }
        Happening::Past(past) => format!(
            "the ledger told its past: {} open marks, {} causes, {} doses",
            past.open_marks.len(),
            past.causes.len(),
            past.given.len()
        ),
        Happening::Opened(_)
        | Happening::Closed(_)
        | Happening::Written(_)
        | Happening::Call(_)
        | Happening::Stop(..)
        | Happening::StopAll(..)
        | Happening::Receipt(..)
        | Happening::Fault(_)
        | Happening::Impaired
        | Happening::LowSpace(_)
        | Happening::Days(_)
        | Happening::ShutDown
        | Happening::Wake => format!("{happening:?}"),
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, at, happening, effect, recorded, replayed } = self;
        let (step, block) = (place.step, place.block);
        let seconds = at.since_boot() / 1_000_000_000;
        let nanos = at.since_boot() % 1_000_000_000;
        let nothing = || "nothing";
        writeln!(f, "step {step}, {seconds}.{nanos:09} s after boot, block at byte {block}:")?;
        writeln!(f, "  happened  {happening}")?;
        writeln!(f, "  effect    {effect} is the first that differs")?;
        writeln!(f, "  recorded  {}", recorded.as_deref().unwrap_or_else(nothing))?;
        write!(f, "  replayed  {}", replayed.as_deref().unwrap_or_else(nothing))
    }
}

/// The files of a configuration as a record has them, and the secrets from a folder.
struct Recorded {
    files: Memory,
    secrets: Option<Disk>,
}

impl Files for Recorded {
    fn read(&self, path: &str) -> io::Result<Contents> {
        match (self.files.read(path), &self.secrets) {
            (Ok(contents), _) => Ok(contents),
            (Err(_), Some(folder)) => folder.read(path),
            (Err(_), None) => {
                Err(io::Error::other("no record holds secrets: name their folder with --config"))
            }
        }
    }

    fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        self.files.names(folder)
    }

    fn has_port(&self, _: &place::Place) -> bool {
        true
    }

    fn resolve(&self, path: &str) -> PathBuf {
        path.into()
    }
}
