//! The gateway whole, in this process, on a runtime of its own.

use std::{net::SocketAddr, path::Path, time::Duration};

use clinic::{AnyStatus, UnitId};
use gateway::{
    config::Config,
    daemon::{self, Daemon},
    herald::Herald,
};
use safety::State;
use tokio::{runtime::Runtime, sync::oneshot, task::JoinHandle, time::timeout};

/// How long simulated units may take to start and to prove who they are.
const START: Duration = Duration::from_secs(30);

/// A gateway at work.
pub(crate) struct Bridge {
    pub(crate) grpc: SocketAddr,
    pub(crate) herald: Herald,
    runtime: Runtime,
    leave: oneshot::Sender<()>,
    left: JoinHandle<()>,
}

impl Bridge {
    /// Starts a gateway on the configuration in a folder, and waits until its units stand by; those
    /// from `stuck` on never will.
    pub(crate) fn start(folder: &Path, stuck: usize) -> anyhow::Result<Self> {
        let config = Config::load(folder).map_err(|errors| anyhow::anyhow!("{errors}"))?;
        let runtime = daemon::ordinary()?;
        let (leave, leaving) = oneshot::channel();
        let daemon = runtime.block_on(Daemon::start(config))?;
        let (grpc, herald) = (daemon.grpc, daemon.herald.clone());
        let left = runtime.spawn(daemon.run(async {
            let _either_way = leaving.await;
        }));
        runtime.block_on(stand_by(&herald, stuck))?;
        Ok(Self { grpc, herald, runtime, leave, left })
    }

    /// Ends it as SIGTERM would.
    pub(crate) fn leave(self) -> anyhow::Result<()> {
        let Self { runtime, leave, left, .. } = self;
        let _ended_already = leave.send(());
        Ok(runtime.block_on(left)?)
    }
}

/// Waits until the first so many units stand by.
pub(crate) async fn stand_by(herald: &Herald, units: usize) -> anyhow::Result<()> {
    for place in 0..units {
        let unit = UnitId(u16::try_from(place)?);
        let Some(mut watch) = herald.watch(unit) else { anyhow::bail!("no unit {place}") };
        let ready = watch
            .wait_for(|shown| shown.is_some_and(|shown| state(&shown.status) == State::Standby));
        anyhow::ensure!(matches!(timeout(START, ready).await, Ok(Ok(_))), "unit {place} is not up");
    }
    Ok(())
}

fn state(status: &AnyStatus) -> State {
    match status {
        AnyStatus::Laser(status) => status.state,
        AnyStatus::Pemf(status) => status.state,
        AnyStatus::Stimulator(status) => status.state,
    }
}
