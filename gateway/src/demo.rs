//! The whole gateway with nothing to install: simulated units on real ptys, a broker, the API.

mod board;
pub mod confirmation;
pub(crate) mod console;
mod once;
mod operator;
mod peer;
pub mod prescriptions;
pub mod stand;
mod treatment;

use std::{
    future::pending,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
};

use anyhow::Context as _;
use simulated_units::Plan;
use tempfile::TempDir;
use tokio::runtime::{Builder, Handle};

use crate::{
    cli::{self, DemoArguments},
    config::{BoardConfig, Config, Mqtt, UnitConfig},
    daemon::{self, Daemon},
    directory::Modality,
    realtime,
};
use board::Wires;
use stand::Stand;

/// Runs the demonstration.
///
/// # Errors
/// Whatever could not be had: a pty, a port, a folder.
pub fn run(arguments: &DemoArguments) -> anyhow::Result<ExitCode> {
    let folder = TempDir::with_prefix("therapy-gateway-")?;
    let mut config = configure(folder.path(), arguments)?;
    if arguments.once {
        any_port(&mut config);
    }
    let filter = config.settings.log.filter.clone();
    daemon::start_log(&config, if arguments.once { "warn" } else { &filter })?;
    let treatments = treatment::of(&config, &arguments.units)?;
    let bench = bench()?;
    daemon::block_on(async {
        let end = daemon::told_to_end()?;
        let (units, boards): (Vec<_>, Vec<_>) =
            (config.units.iter().collect(), config.boards.iter().collect());
        let stands = put_up(&units, &boards, folder.path());
        for stand in &stands {
            bench.spawn(plug_in(stand.clone()));
        }
        let daemon = Daemon::start(config).await?;
        if arguments.once || !arguments.manual {
            step_on_them(&daemon, &stands, &bench);
        }
        if arguments.once {
            return once::run(daemon, &stands, treatments, arguments.json, end).await;
        }
        cli::say(&directions(&daemon, folder.path()))?;
        console::listen(stands);
        daemon.run(end).await;
        Ok(ExitCode::SUCCESS)
    })
}

fn configure(folder: &Path, arguments: &DemoArguments) -> anyhow::Result<Config> {
    let config = Config::demo(|name| folder.join(name));
    let mut config = config.map_err(|errors| anyhow::anyhow!("{errors}"))?;
    config.settings.data = arguments.data.clone().unwrap_or_else(|| folder.join("data"));
    Ok(config)
}

/// Listens wherever there is room, so that two demonstrations do not meet.
fn any_port(config: &mut Config) {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.settings.grpc.listen = any;
    config.settings.metrics = any;
    config.settings.mqtt = Mqtt::Embedded { listen: any };
}

/// One stand per unit, as its file describes it, and one per board, its contacts in the interlocks of
/// those units and their buttons at its inputs. Their ports appear as links in `folder`.
pub fn put_up(units: &[&UnitConfig], boards: &[&BoardConfig], folder: &Path) -> Vec<Stand> {
    let boards: Vec<_> = boards.iter().map(|board| (Wires::new(board), *board)).collect();
    let mut stands = Vec::new();
    for unit in units {
        let mut stand = peer::put_up(unit, folder);
        for (wires, board) in &boards {
            stand.wire(wires.buttons(board, unit));
        }
        stands.push((unit.id, stand));
    }
    let boards: Vec<_> =
        boards.iter().map(|(wires, board)| wires.stand(board, &stands, folder)).collect();
    stands.into_iter().map(|(_, stand)| stand).chain(boards).collect()
}

/// How the simulated unit is built that a shipped profile describes, with this serial number.
pub fn built(modality: Modality, serial: &str) -> Plan {
    match modality {
        Modality::Laser => Plan::laser(serial),
        // No stimulator is simulated yet. A coil in its place proves to be another unit, and stays
        // locked.
        Modality::Pemf | Modality::Stimulator => Plan::pemf(serial),
    }
}

/// Where the simulated units are at work: on a thread of their own, as prompt as the control thread
/// if the machine permits. A unit is a device with a processor of its own, so work of this machine
/// must not make it late.
///
/// # Errors
/// If the machine has no thread left.
pub fn bench() -> anyhow::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new().name("units".into()).spawn(move || {
        let _granted = realtime::ask_to_be_prompt();
        runtime.block_on(pending::<()>());
    })?;
    Ok(handle)
}

async fn plug_in(stand: Stand) {
    if let Err(error) = stand.plug_in().await {
        tracing::error!(unit = stand.name(), %error, "the simulated unit is unplugged");
    }
}

fn step_on_them(daemon: &Daemon, stands: &[Stand], bench: &Handle) {
    for stand in stands {
        let unit = daemon.herald.directory().unit(stand.name());
        if let Some(shown) = unit.and_then(|(id, _)| daemon.herald.watch(id)) {
            let stand = stand.clone();
            bench.spawn(async move { stand.step_on_it(shown).await });
        }
    }
}

/// What to connect where.
fn directions(daemon: &Daemon, folder: &Path) -> String {
    let broker = daemon.broker.map_or_else(|| "none".to_owned(), |address| address.to_string());
    let port = daemon.broker.map_or(0, |address| address.port());
    let units: Vec<_> =
        daemon.herald.directory().units.iter().map(|unit| unit.name.as_str()).collect();
    let ports: PathBuf = folder.join("UNIT");
    let site = &daemon.herald.directory().site;
    format!(
        "\
The gateway is up, on simulated units: {units}

  API      {grpc}    therapy-gateway units | watch | stop UNIT | stop --all | release UNIT
                              python3 docs/examples/session.py --unit pemf-a
  MQTT     {broker}    mosquitto_sub -p {port} -v -t 'therapy/v1/{site}/#'
  Metrics  http://{metrics}/metrics
  Ports    {ports}

A unit with a relay in its interlock is used after `therapy-gateway prove maiman-a`.
A foot steps on the switch of a laser when it is armed; `--manual` leaves that to you.
Type `help` for the buttons and the faults of the units, Ctrl-C to leave.",
        units = units.join(", "),
        grpc = daemon.grpc,
        metrics = daemon.metrics,
        ports = ports.display(),
    )
}

/// Says which unit a demonstration lacks.
fn missing(unit: &str) -> anyhow::Error {
    anyhow::anyhow!("the demonstration has no unit {unit}").context("its configuration changed")
}

/// The meter of a unit.
fn meter(stands: &[Stand], unit: &str) -> anyhow::Result<u128> {
    let stand = stands.iter().find(|stand| stand.name() == unit);
    Ok(stand.with_context(|| missing(unit).to_string())?.meter())
}
