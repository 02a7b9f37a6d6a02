//! Serves simulated units and relay boards, as their files describe them, on ptys: for whoever writes
//! another program.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use futures::future::try_join_all;
use tempfile::TempDir;

use super::client::say;
use crate::{
    config::{BoardConfig, Config, UnitConfig},
    daemon,
    demo::{self, console, stand::Stand},
};

/// What to simulate.
#[derive(Clone, Debug, Args)]
pub(super) struct SimulateArguments {
    /// Files of units and boards in one folder of configuration, such as config/units/maiman-a.toml
    /// and config/boards/board-1.toml. What is named is wired together: the contacts of a board are
    /// in the interlocks of those units, and their buttons at its inputs.
    #[arg(value_name = "PROFILE", required = true)]
    profiles: Vec<PathBuf>,
    /// Where a link to the port of a single unit or board appears.
    #[arg(long, value_name = "PATH", conflicts_with = "folder")]
    link: Option<PathBuf>,
    /// The folder in which a link to each port appears, by name; otherwise one that goes with them.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Serves them until somebody wants it to end. What is typed meanwhile moves and breaks them.
///
/// # Errors
/// If the configuration has a mistake, a file is of no unit or board in it, or the machine has no pty
/// left.
pub(super) async fn run(arguments: SimulateArguments) -> anyhow::Result<ExitCode> {
    let SimulateArguments { profiles, link, folder } = arguments;
    let shown = Shown::find(&profiles)?;
    let config = Config::load(shown.folder).map_err(|errors| anyhow::anyhow!("{errors}"))?;
    let (units, boards) = shown.of(&config)?;
    let own = TempDir::with_prefix("therapy-unit-")?;
    let mut stands = demo::put_up(&units, &boards, folder.as_deref().unwrap_or(own.path()));
    if let Some(link) = link {
        ensure!(stands.len() == 1, "--link is for one port; name a --folder for several");
        stands = stands.iter().map(|stand| stand.at(&link)).collect();
    }
    let end = daemon::told_to_end()?;
    say(&directions(&units, &boards, &stands))?;
    console::listen(stands.clone());
    tokio::select! {
        served = try_join_all(stands.iter().map(Stand::plug_in)) => {
            served.context("a unit was unplugged")?;
        }
        () = end => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// What speaks what, where, and how it is wired.
fn directions(units: &[&UnitConfig], boards: &[&BoardConfig], stands: &[Stand]) -> String {
    let units_speak = units.iter().map(|unit| unit.dialect);
    let dialects = units_speak.chain(boards.iter().map(|_| "modbus-relay"));
    let ports = stands.iter().zip(dialects).map(|(stand, dialect)| {
        format!("{} speaks {dialect} at {}", stand.name(), stand.port().display())
    });
    let wires = boards.iter().flat_map(|board| {
        board.channels.iter().filter_map(|(channel, of)| {
            let unit = units.iter().find(|unit| unit.id == *of)?;
            let (number, board) = (u16::from(*channel) + 1, &board.name);
            Some(format!("contact {number} of {board} is in the interlock of {}", unit.name))
        })
    });
    let hint = "`help` lists what can be pressed and broken; Ctrl-C ends it.".to_owned();
    ports.chain(wires).chain([hint]).collect::<Vec<_>>().join("\n")
}

/// The files that were named, in the folder of configuration to which all of them belong.
#[derive(Debug, PartialEq)]
struct Shown<'a> {
    folder: &'a Path,
    /// Their paths in the folder.
    files: Vec<String>,
}

impl<'a> Shown<'a> {
    fn find(profiles: &'a [PathBuf]) -> anyhow::Result<Self> {
        let mut found: Option<Self> = None;
        for profile in profiles {
            let (folder, file) = place_of(profile)?;
            let shown = found.get_or_insert(Self { folder, files: Vec::new() });
            ensure!(
                shown.folder == folder,
                "{} is in another folder of configuration than {}",
                profile.display(),
                shown.folder.display()
            );
            ensure!(!shown.files.contains(&file), "{} is named twice", profile.display());
            shown.files.push(file);
        }
        found.context("no file is named")
    }

    /// The units and boards that they describe.
    fn of<'c>(
        &self,
        config: &'c Config,
    ) -> anyhow::Result<(Vec<&'c UnitConfig>, Vec<&'c BoardConfig>)> {
        let (mut units, mut boards) = (Vec::new(), Vec::new());
        for file in &self.files {
            let unit = config.units.iter().find(|unit| *unit.file == **file);
            let board = config.boards.iter().find(|board| *board.file == **file);
            units.extend(unit);
            boards.extend(board);
            if unit.is_none() && board.is_none() {
                bail!("{file} is no unit and no board of {}", self.folder.display());
            }
        }
        Ok((units, boards))
    }
}

/// The folder of configuration in whose `units` or `boards` a file is, and its path there.
fn place_of(profile: &Path) -> anyhow::Result<(&Path, String)> {
    let within = profile.parent().filter(|folder| !folder.as_os_str().is_empty());
    let kind = within.and_then(Path::file_name).and_then(OsStr::to_str);
    let name = profile.file_name().and_then(OsStr::to_str);
    let (Some(within), Some(kind @ ("units" | "boards")), Some(name)) = (within, kind, name) else {
        bail!("{} is not in the folder units/ or boards/ of a configuration", profile.display());
    };
    let folder = within.parent().filter(|folder| *folder != Path::new(""));
    Ok((folder.unwrap_or(Path::new(".")), format!("{kind}/{name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_belongs_to_a_folder_of_configuration() {
        let place = |path: &str| {
            let (folder, file) = place_of(Path::new(path)).ok()?;
            Some((folder.to_str()?.to_owned(), file))
        };
        let found = |folder: &str, file: &str| Some((folder.to_owned(), file.to_owned()));
        assert_eq!(place("config/units/laser-a.toml"), found("config", "units/laser-a.toml"));
        assert_eq!(place("config/boards/board-1.toml"), found("config", "boards/board-1.toml"));
        assert_eq!(place("units/laser-a.toml"), found(".", "units/laser-a.toml"));
        assert_eq!(place("/etc/units/laser-a.toml"), found("/etc", "units/laser-a.toml"));
        assert_eq!(place("laser-a.toml"), None);
        assert_eq!(place("config/profiles/laser-a.toml"), None);
    }

    #[test]
    fn files_are_named_once_and_of_one_folder() {
        let find = |paths: &[&str]| {
            let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
            Shown::find(&paths).map(|shown| shown.files).map_err(|error| error.to_string())
        };
        let both = ["config/units/maiman-a.toml", "config/boards/board-1.toml"];
        let files = ["units/maiman-a.toml", "boards/board-1.toml"].map(str::to_owned);
        assert_eq!(find(&both), Ok(files.to_vec()));
        let twice = find(&[both[0], both[0]]).unwrap_err();
        assert!(twice.contains("named twice"), "{twice}");
        let apart = find(&[both[0], "other/boards/board-1.toml"]).unwrap_err();
        assert!(apart.contains("another folder"), "{apart}");
    }
}
