//! Replays the records of a gateway, and says where one differs.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use clap::Args;
use clinic::{Clinic, UnitId};
use jiff::{SignedDuration, Timestamp};
use safety::{Instant, Nanos};

use super::say;
use crate::{
    clock,
    config::{self, Config},
    directory::Directory,
    recorder::{
        self, BUILD, Clocks, Dialects, End, Head, Plot, RebuildError, Record, Replayed, Seen,
        Story, rebuild, records_in, replay,
    },
};

/// What `replay` is told.
#[derive(Clone, Debug, Args)]
pub(super) struct ReplayArguments {
    /// The data folder of the gateway.
    #[arg(long, value_name = "DIR", default_value = "/var/lib/therapy-gateway")]
    data: PathBuf,
    /// The folder of the configuration, for the keys that no record holds.
    #[arg(long, value_name = "DIR")]
    config: Option<PathBuf>,
    /// Replay the record of this start alone; otherwise all of them.
    #[arg(long, value_name = "NUMBER")]
    run: Option<u32>,
    /// Replay what another build recorded. It may decide otherwise.
    #[arg(long)]
    any_build: bool,
    /// Show how the units stood at this time, such as 2026-02-28T13:04:05Z, and what changed within
    /// five seconds.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Show what changed on this unit; with `--at`, this unit alone.
    #[arg(long, value_name = "NAME")]
    unit: Option<String>,
    /// Draw output, dose and state over time into this file; with `--at`, of the minute before and
    /// after.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// With `--at`, so much before and after is drawn.
const DRAWN: SignedDuration = SignedDuration::from_secs(60);

/// Replays what it is told to. Exits with 0 if everything was as recorded.
///
/// # Errors
/// If there is nothing to replay, or it cannot be said what came of it.
pub(super) fn run(arguments: &ReplayArguments) -> anyhow::Result<ExitCode> {
    let folder = arguments.data.join(recorder::FOLDER);
    let paths = records_in(&folder);
    let paths = paths.with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut tried = 0_u32;
    let (mut is_good, mut is_told) = (true, false);
    for path in paths {
        match one(arguments, &path) {
            Ok(Outcome::NotMeant) => continue,
            Ok(Outcome::Replayed) => {}
            Ok(Outcome::Told) => is_told = true,
            Err(error) => {
                is_good = false;
                say(&format!("{}: {error:#}", path.display()))?;
            }
        }
        tried = tried.saturating_add(1);
    }
    if tried == 0 {
        match arguments.run {
            Some(run) => bail!("{} holds no record of start {run}", folder.display()),
            None => bail!("{} holds no record", folder.display()),
        }
    }
    if let (Some(at), false, true) = (arguments.at, is_told, is_good) {
        bail!("no record covers {at}");
    }
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What came of one record.
enum Outcome {
    /// It is of another start than the one that is meant.
    NotMeant,
    /// It is as recorded.
    Replayed,
    /// The same, and what was asked for stands in it.
    Told,
}

fn one(arguments: &ReplayArguments, path: &Path) -> anyhow::Result<Outcome> {
    let mut record = Record::open(BufReader::new(File::open(path)?))?;
    if arguments.run.is_some_and(|run| run != record.head().run) {
        return Ok(Outcome::NotMeant);
    }
    may_replay(record.head(), arguments.any_build)?;
    let (config, mut clinic) = made(record.head(), arguments.config.as_deref())?;
    let directory = &config.directory;
    let unit = arguments.unit.as_deref().map(|name| named(directory, name)).transpose()?;
    let clocks = Clocks::new(record.head(), record.place().wall_micros);
    let mut story = Story::new(clocks, unit, arguments.at);
    let mut plot = drawn(&clocks, unit, arguments.at);
    let begun = clock::now();
    let dialects = Dialects(config.dialects());
    let replayed = replay(&mut record, &mut clinic, &dialects, |seen: Seen<'_>| {
        story.see(&seen, directory);
        if arguments.svg.is_some() {
            plot.see(&seen);
        }
        Ok(())
    })?;
    let took = clock::now().since(begun);
    say(&summary(&record, replayed, took))?;
    if !story.covers() {
        return Ok(Outcome::Replayed);
    }
    if let Some(file) = &arguments.svg {
        let written = std::fs::write(file, plot.svg(&clocks, directory));
        written.with_context(|| format!("{} cannot be written", file.display()))?;
    }
    if arguments.at.is_none() && arguments.unit.is_none() {
        return Ok(Outcome::Told);
    }
    for line in story.lines(directory) {
        say(&line)?;
    }
    Ok(Outcome::Told)
}

/// A picture of everything, or of what lies around a time.
fn drawn(clocks: &Clocks, unit: Option<UnitId>, at: Option<Timestamp>) -> Plot {
    let Some(at) = at else { return Plot::new(unit, Instant::from_boot(0), Instant::NEVER) };
    let until = at.checked_add(DRAWN).unwrap_or(at);
    let from = at.checked_sub(DRAWN).unwrap_or(at);
    Plot::new(unit, clocks.instant(from), clocks.instant(until))
}

/// Another build may decide otherwise, and what it shows is then no proof of what was.
fn may_replay(head: &Head, any_build: bool) -> anyhow::Result<()> {
    if *head.build == *BUILD || any_build {
        return Ok(());
    }
    bail!(
        "it was recorded by build {}, and this is {BUILD}: replay it with that one, or with \
         --any-build to see where this one differs",
        head.build
    )
}

fn made(head: &Head, secrets: Option<&Path>) -> anyhow::Result<(Config, Clinic)> {
    rebuild(head, secrets).map_err(|error| match error {
        RebuildError::Config(errors) => {
            let text = config::render(&errors, config::Style::Plain);
            anyhow::anyhow!("its configuration cannot be read again:\n{text}")
        }
        error
        @ (RebuildError::Revision { .. } | RebuildError::Day(_) | RebuildError::Clinic(_)) => {
            error.into()
        }
    })
}

fn named(directory: &Directory, name: &str) -> anyhow::Result<UnitId> {
    let found = directory.unit(name).map(|(id, _)| id);
    let names = || directory.units.iter().map(|unit| unit.name.as_str()).collect::<Vec<_>>();
    found.with_context(|| format!("it has no unit {name}; it has {}", names().join(", ")))
}

/// One line on a record that was replayed as it was recorded.
fn summary<R: std::io::Read>(record: &Record<R>, replayed: Replayed, took: Nanos) -> String {
    let Replayed { steps, effects, ended } = replayed;
    let lasted = ended.since(record.head().began);
    let times = lasted.get() / took.get().max(1);
    let end = match (record.end(), record.torn()) {
        (Some(End::Left), _) => "to its end".to_owned(),
        (Some(end), _) => format!("until {end}"),
        (None, Some(at)) => format!("until it was cut off at byte {at}"),
        (None, None) => "as far as it is written: the gateway runs, or was killed".to_owned(),
    };
    let seconds = |span: Nanos| format!("{}.{:03} s", span.millis() / 1_000, span.millis() % 1_000);
    format!(
        "start {}: {steps} steps and {effects} effects are as recorded, {end}; {} in {} ({times} \
         times as fast)",
        record.head().run,
        seconds(lasted),
        seconds(took)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Seed;

    fn head(build: &str) -> Head {
        Head {
            build: build.into(),
            revision: "".into(),
            files: Vec::new(),
            run: 1,
            seed: Seed::new([0; 32]),
            day: "2026-03-01".into(),
            began: Instant::from_boot(0),
        }
    }

    #[test]
    fn what_another_build_recorded_is_refused_unless_it_is_asked_for() {
        assert!(may_replay(&head(BUILD), false).is_ok());
        assert!(may_replay(&head("0.0.9+0123456789abcdef"), true).is_ok());
        let refused = may_replay(&head("0.0.9+0123456789abcdef"), false).unwrap_err().to_string();
        let said = ["0.0.9+0123456789abcdef", BUILD, "--any-build"];
        assert!(said.iter().all(|part| refused.contains(part)), "{refused}");
    }

    #[test]
    fn a_folder_without_a_record_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let arguments = |run| ReplayArguments {
            data: folder.path().to_owned(),
            config: None,
            run,
            any_build: false,
            at: None,
            unit: None,
            svg: None,
        };
        assert!(run(&arguments(None)).unwrap_err().to_string().contains("cannot be read"));
        std::fs::create_dir(folder.path().join(recorder::FOLDER)).unwrap();
        assert!(run(&arguments(None)).unwrap_err().to_string().contains("holds no record"));
        assert!(run(&arguments(Some(4))).unwrap_err().to_string().contains("of start 4"));
        let torn = folder.path().join(recorder::FOLDER).join("0000000001-x.record");
        std::fs::write(torn, b"TGREC").unwrap();
        assert_eq!(run(&arguments(None)).unwrap(), ExitCode::FAILURE);
    }
}
