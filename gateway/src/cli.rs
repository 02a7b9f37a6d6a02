//! The command line.

mod attest;
mod audit;
mod client;
mod probe;
mod replay;
mod simulate;
mod words;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::{daemon, demo};

pub(crate) use client::{connect, say};
pub(crate) use words::{dose_words, state};

/// Bridges therapy units on serial ports to clinic software, and decides ahead of every byte
/// whether a unit may emit.
#[derive(Debug, Parser)]
#[command(name = "therapy-gateway", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the whole gateway on simulated units, with nothing to install.
    Demo(DemoArguments),
    /// Run the gateway.
    Run(ConfigArguments),
    /// Check the configuration and print how fast each unit can be stopped. Opens nothing.
    Check(ConfigArguments),
    /// List the units of a running gateway.
    Units(ClientArguments),
    /// Watch the units of a running gateway until interrupted.
    Watch(ClientArguments),
    /// Stop a unit, or all of them, and say when off was proven.
    Stop(StopArguments),
    /// List the causes that lock a unit, or release one.
    Release(ReleaseArguments),
    /// Say that a session in whose dose something was found was judged by a clinician: its patient may
    /// be treated again.
    Review(ReviewArguments),
    /// Listen on a port of which nobody knows what is behind it, and name what is heard.
    Probe(probe::ProbeArguments),
    /// Prove that the relay in the interlock of a unit opens it, and no other: at commissioning and
    /// once a day.
    Prove(UnitArguments),
    /// Tell what a person measured at the output of a unit with a meter: once a day where the output
    /// is derived.
    Attest(attest::AttestArguments),
    /// Serve a simulated unit, as the file of a unit describes it, on a pty.
    Simulate(simulate::SimulateArguments),
    /// Verify the records of who did what, or export them.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Replay what a gateway recorded, and show the first difference if there is one.
    Replay(replay::ReplayArguments),
    /// Show what goes over the line of a unit, in words, until interrupted. Changes nothing.
    Monitor(UnitArguments),
}

/// What `demo` is told.
#[derive(Clone, Debug, Args)]
pub struct DemoArguments {
    /// Run one laser and one PEMF session to their end, and exit with 0 if both were complete.
    #[arg(long)]
    pub once: bool,
    /// With `--once`: print the summary as one line of JSON, last.
    #[arg(long, requires = "once")]
    pub json: bool,
    /// With `--once`: run one session on a unit of each of these dialects, such as `maiman,arroyo`.
    #[arg(long, value_name = "DIALECT", value_delimiter = ',', requires = "once")]
    pub units: Vec<String>,
    /// Where to keep the ledger and the record; otherwise they go with the demonstration.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Leave the footswitch to you: type `press laser-a footswitch`.
    #[arg(long)]
    pub manual: bool,
}

#[derive(Clone, Debug, Args)]
struct ConfigArguments {
    /// The folder with gateway.toml, rooms.toml, limits.toml and units/.
    #[arg(long, value_name = "DIR", default_value = "/etc/therapy-gateway")]
    config: PathBuf,
}

#[derive(Clone, Debug, Args)]
struct ClientArguments {
    /// The API of the gateway.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50051",
          value_parser = words::address)]
    address: String,
}

#[derive(Clone, Debug, Args)]
struct StopArguments {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    client: ClientArguments,
}

#[derive(Clone, Debug, Args)]
struct UnitArguments {
    /// The unit.
    unit: String,
    #[command(flatten)]
    client: ClientArguments,
}

/// What is stopped: nobody stops all by leaving something out.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
struct Target {
    /// The unit to stop.
    unit: Option<String>,
    /// Stop every unit, and lock them until each is released.
    #[arg(long)]
    all: bool,
}

#[derive(Clone, Debug, Args)]
struct ReleaseArguments {
    /// The unit.
    unit: String,
    /// The cause to release, as the list names it. Without one, the causes are listed.
    #[arg(requires_all = ["name", "reason"])]
    cause: Option<String>,
    /// Who releases it.
    #[arg(long, requires = "cause")]
    name: Option<String>,
    /// In which role.
    #[arg(long, value_enum, default_value = "operator")]
    role: words::ReleaseRole,
    /// Why, in ten characters or more.
    #[arg(long, requires = "cause")]
    reason: Option<String>,
    #[command(flatten)]
    client: ClientArguments,
}

#[derive(Clone, Debug, Args)]
struct ReviewArguments {
    /// The session, as its summary and the refusal name it.
    session: String,
    /// The clinician.
    #[arg(long)]
    name: String,
    /// What was concluded, in ten characters or more.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    client: ClientArguments,
}

/// Reads the command line and does what it says.
///
/// # Errors
/// Whatever the command failed with, in words for the person who typed it.
pub fn run() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Run(arguments) => daemon::run(&arguments.config),
        Command::Check(arguments) => daemon::check(&arguments.config),
        Command::Units(arguments) => client::block_on(client::units(&arguments.address)),
        Command::Watch(arguments) => client::block_on(client::watch(&arguments.address)),
        Command::Stop(arguments) => {
            let unit = arguments.target.unit.as_deref();
            client::block_on(client::stop(&arguments.client.address, unit))
        }
        Command::Release(arguments) => client::block_on(release(arguments)),
        Command::Review(ReviewArguments { session, name, reason, client }) => {
            let clinician = words::person(name, words::ReleaseRole::Clinician);
            client::block_on(client::review(&client.address, session, clinician, reason))
        }
        Command::Probe(arguments) => client::block_on(probe::run(arguments)),
        Command::Simulate(arguments) => client::block_on(simulate::run(arguments)),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Prove(UnitArguments { unit, client }) => {
            client::block_on(client::prove(&client.address, unit))
        }
        Command::Attest(arguments) => client::block_on(attest::run(arguments)),
        Command::Audit(command) => audit::run(command),
        Command::Monitor(UnitArguments { unit, client }) => {
            client::block_on(client::monitor(&client.address, unit))
        }
    }
}

async fn release(arguments: ReleaseArguments) -> anyhow::Result<ExitCode> {
    let ReleaseArguments { unit, cause, name, role, reason, client } = arguments;
    match cause {
        None => client::causes(&client.address, &unit).await,
        Some(cause) => {
            let person = words::person(name.unwrap_or_default(), role);
            let reason = reason.unwrap_or_default();
            client::release(&client.address, unit, cause, person, reason).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(arguments: &[&str]) -> String {
        let typed = ["therapy-gateway"].iter().chain(arguments);
        Cli::try_parse_from(typed).unwrap_err().to_string()
    }

    #[test]
    fn what_is_missing_on_the_command_line_is_said() {
        let stop = refused(&["stop"]);
        assert!(stop.contains("UNIT") && stop.contains("--all"), "{stop}");
        assert!(refused(&["stop", "laser-a", "--all"]).contains("cannot be used"));
        let release = refused(&["release", "laser-a", "cause"]);
        assert!(release.contains("--name") && release.contains("--reason"), "{release}");
        let probe = refused(&["probe", "/dev/ttyUSB0", "--dialect", "maiman"]);
        assert!(probe.contains("--disconnected"), "{probe}");
        let attest = refused(&["attest", "maiman-a", "--told", "1500mW", "--shown", "1480mW"]);
        assert!(attest.contains("--meter") && attest.contains("--name"), "{attest}");
        let review = refused(&["review", "1-2"]);
        assert!(review.contains("--name") && review.contains("--reason"), "{review}");
        assert!(Cli::try_parse_from(["therapy-gateway", "stop", "--all"]).is_ok());
        assert!(Cli::try_parse_from(["therapy-gateway", "release", "laser-a"]).is_ok());
    }
}
