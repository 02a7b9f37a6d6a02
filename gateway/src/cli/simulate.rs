//! Serves a simulated unit, as a profile describes it, on a pty: for whoever writes another program.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use clap::Args;
use tempfile::TempDir;

use super::client::say;
use crate::{config::Config, daemon, demo};

/// What to simulate.
#[derive(Clone, Debug, Args)]
pub(super) struct SimulateArguments {
    /// The file of a unit in a folder of configuration, such as config/units/maiman-a.toml.
    #[arg(value_name = "PROFILE")]
    profile: PathBuf,
    /// Where a link to the port appears; otherwise in a folder that goes with the unit.
    #[arg(long, value_name = "PATH")]
    link: Option<PathBuf>,
}

/// Serves the unit until somebody wants it to end.
///
/// # Errors
/// If the configuration has a mistake, the file is none of its units, or the machine has no pty left.
pub(super) async fn run(arguments: SimulateArguments) -> anyhow::Result<ExitCode> {
    let SimulateArguments { profile, link } = arguments;
    let folder = folder_of(&profile)?;
    let config = Config::load(folder).map_err(|errors| anyhow::anyhow!("{errors}"))?;
    let name = profile.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let file = format!("units/{name}");
    let unit = config.units.iter().find(|unit| *unit.file == file);
    let unit = unit.with_context(|| format!("{} is no unit of its folder", profile.display()))?;
    let own = TempDir::with_prefix("therapy-unit-")?;
    let stand = demo::peer(unit, own.path());
    let stand = link.as_deref().map_or_else(|| stand.clone(), |link| stand.at(link));
    let end = daemon::told_to_end()?;
    say(&format!("{} speaks {} at {}", unit.name, unit.dialect, stand.port().display()))?;
    tokio::select! {
        served = stand.plug_in() => served.context("the unit was unplugged")?,
        () = end => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// The folder of configuration in whose `units` a file is.
fn folder_of(profile: &Path) -> anyhow::Result<&Path> {
    let units = profile.parent().filter(|folder| folder.file_name() == Some(OsStr::new("units")));
    let Some(units) = units else {
        bail!("{} is not in the folder units/ of a configuration", profile.display());
    };
    let folder = units.parent().filter(|folder| *folder != Path::new(""));
    Ok(folder.unwrap_or(Path::new(".")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_belongs_to_a_folder_of_configuration() {
        let folder = |path: &str| folder_of(Path::new(path)).ok().map(Path::to_owned);
        assert_eq!(folder("config/units/laser-a.toml"), Some("config".into()));
        assert_eq!(folder("units/laser-a.toml"), Some(".".into()));
        assert_eq!(folder("/etc/units/laser-a.toml"), Some("/etc".into()));
        assert_eq!(folder("laser-a.toml"), None);
        assert_eq!(folder("config/profiles/laser-a.toml"), None);
    }
}
