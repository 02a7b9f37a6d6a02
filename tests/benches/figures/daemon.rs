//! Memory and CPU of the daemon alone, in a process of its own, sixteen units at 10 Hz.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    process::{Child, Command},
    sync::Arc,
};

use anyhow::Context as _;
use gateway::{clock, directory::Modality};
use rustix::{
    param::clock_ticks_per_second,
    process::{Pid, Signal, kill_process},
};
use serde_json::json;
use tempfile::TempDir;
use tokio::time::{Duration, sleep};

use crate::{
    Scale,
    far::{self, End, Line},
    figure, folder,
    pty::Pty,
};

const UNITS: usize = 16;
/// How long the units take to start and to prove who they are.
const START: Duration = Duration::from_secs(5);
/// What is to be reached.
const MEBIBYTES_GOAL: f64 = 32.0;
const CORE_PERCENT_GOAL: f64 = 5.0;

/// Measures a daemon whose units stand by.
pub(crate) fn measure(scale: &Scale) -> anyhow::Result<()> {
    let folder = TempDir::with_prefix("figures-")?;
    let ptys: anyhow::Result<Vec<_>> = (0..UNITS).map(|_| Pty::new()).collect();
    let ptys = ptys?;
    let ports: Vec<_> = ptys.iter().map(|pty| pty.path.clone()).collect();
    folder::write(folder.path(), Modality::Laser, &ports)?;
    let line = |(place, pty)| Line {
        pty,
        end: End::Unit(Box::new(folder::unit(Modality::Laser, place, |plan| plan))),
        seen: Arc::default(),
        asked: None,
    };
    let _far = far::serve(ptys.into_iter().enumerate().map(line).collect())?;
    let mut daemon = Command::new(std::env::current_exe()?);
    daemon.args(["run", "--config"]).arg(folder.path()).arg0("therapy-gateway");
    let mut daemon = Alone(daemon.spawn()?);
    watch(daemon.0.id(), scale.seconds)?;
    daemon.end()
}

/// The daemon, which does not outlive the interest in it.
struct Alone(Child);

impl Alone {
    fn end(&mut self) -> anyhow::Result<()> {
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw).context("no process")?;
        kill_process(pid, Signal::TERM)?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _not_a_child_any_more = self.0.wait();
    }
}

fn watch(pid: u32, seconds: u32) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let rest = |time| runtime.block_on(async { sleep(time).await });
    rest(START);
    let before = (ticks(pid)?, clock::now());
    rest(Duration::from_secs(u64::from(seconds)));
    let after = (ticks(pid)?, clock::now());
    let spent = f64::from(u32::try_from(after.0.saturating_sub(before.0))?);
    let spent = spent / f64::from(u32::try_from(clock_ticks_per_second())?);
    let took = Duration::from_nanos(after.1.since(before.1).get()).as_secs_f64();
    let mebibytes = |what| anyhow::Ok(figure::rounded(kibibytes(pid, what)? / 1_024.0));
    figure::print(&json!({
        "name": "daemon",
        "units": "MiB, % of a core",
        "therapy_units": UNITS,
        "polls_per_second": 10,
        "memory_peak_mebibytes": mebibytes("VmHWM:")?,
        "memory_mebibytes": mebibytes("VmRSS:")?,
        "memory_anonymous_mebibytes": mebibytes("RssAnon:")?,
        "memory_goal_mebibytes": MEBIBYTES_GOAL,
        "core_percent": figure::rounded(100.0 * spent / took),
        "core_percent_goal": CORE_PERCENT_GOAL,
        "seconds": seconds,
    }));
    Ok(())
}

/// The time in user and kernel mode, all threads together.
fn ticks(pid: u32) -> anyhow::Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name of the program may hold anything, and ends with the last parenthesis.
    let (_, rest) = text.rsplit_once(')').context("no name")?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut next = || anyhow::Ok(fields.next().context("no field")?.parse::<u64>()?);
    Ok(next()? + next()?)
}

fn kibibytes(pid: u32, what: &str) -> anyhow::Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(what)).context("no such line")?;
    let count: u32 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(f64::from(count))
}
