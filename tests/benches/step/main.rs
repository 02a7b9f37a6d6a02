//! What one step of a supervisor costs: instructions and allocations.
//!
//! `cargo bench -p gateway-tests --bench step`. A step is `Supervisor::step`, `order` and `wake`, as
//! the clinic calls them for each report and each wake. Instructions are counted by callgrind, where
//! valgrind is installed: this program runs itself there for some steps and for twice as many, so
//! that everything but the steps drops out.

mod allocator;
mod story;

use std::process::{Command, ExitCode};

use anyhow::Context as _;
use gateway::config::{Config, Memory, Profile};
use safety::{Laser, Limits, Pemf, Terms};
use serde_json::json;

use allocator::Counting;
use story::{Share, Story, Treated};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What one step may take.
const INSTRUCTIONS_GOAL: f64 = 1_500.0;
/// Steps of one run; a second run has twice as many.
const STEPS: u32 = 20_000;
const STEPS_QUICK: u32 = 4_000;
/// What is measured, by its place: lasers first.
const CASES: [(&str, Share); 4] = [
    ("laser emitting, reports", Share::Reports),
    ("laser emitting, wakes", Share::Wakes),
    ("PEMF emitting, reports", Share::Reports),
    ("PEMF emitting, wakes", Share::Wakes),
];
const LASERS: usize = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [ask, case, steps] if ask == "--run" => run(case, steps).map(drop),
        _ => measure(arguments.iter().any(|given| given == "--quick")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("step: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(quick: bool) -> anyhow::Result<()> {
    let steps = if quick { STEPS_QUICK } else { STEPS };
    for (place, (case, _)) in CASES.iter().enumerate() {
        let allocations = run(&place.to_string(), &steps.to_string())?;
        let once = instructions(place, steps)?;
        let twice = instructions(place, 2 * steps)?;
        let each = once.zip(twice).map(|(once, twice)| {
            let more = u32::try_from(twice.saturating_sub(once)).unwrap_or(u32::MAX);
            (f64::from(more) / f64::from(steps)).round()
        });
        if each.is_none() {
            eprintln!("step: valgrind is not installed, so instructions are not counted");
        }
        let figure = json!({
            "name": "step",
            "units": "instructions and allocations of one step, order and wake",
            "case": case,
            "instructions": each,
            "instructions_goal": INSTRUCTIONS_GOAL,
            "allocations": f64::from(u32::try_from(allocations)?) / f64::from(steps),
            "allocations_goal": 0,
            "n": steps,
        });
        println!("{figure}");
    }
    Ok(())
}

/// Runs a case for so many steps. Returns how often memory was asked for meanwhile.
fn run(case: &str, steps: &str) -> anyhow::Result<u64> {
    let place: usize = case.parse()?;
    let (_, share) = CASES.get(place).context("no such case")?;
    let steps = steps.parse()?;
    let config = Config::read(&Memory::shipped());
    let config = config.map_err(|errors| anyhow::anyhow!("{errors}"))?;
    for unit in &config.units {
        match &unit.profile {
            Profile::Laser(watched, _) if place < LASERS => {
                let mut limits = watched.limits;
                limits.unit.calibration_days = Some(100);
                return count::<Laser>(watched.terms, &limits, *share, steps);
            }
            Profile::Pemf(watched, _) if place >= LASERS => {
                let mut limits = watched.limits;
                limits.unit.calibration_days = Some(100);
                return count::<Pemf>(watched.terms, &limits, *share, steps);
            }
            Profile::Laser(..) | Profile::Pemf(..) | Profile::Stimulator(..) => {}
        }
    }
    anyhow::bail!("the demonstration has no such unit")
}

fn count<M: Treated>(
    terms: Terms<M>,
    limits: &Limits<M>,
    share: Share,
    steps: u32,
) -> anyhow::Result<u64> {
    let mut story = Story::<M>::emitting(terms, limits)?;
    let before = allocator::count();
    for _ in 0..steps {
        story.step(share);
    }
    let allocations = allocator::count() - before;
    anyhow::ensure!(story.still_emits(), "the session ended before it was measured");
    Ok(allocations)
}

/// How many instructions a run takes, if somebody can count them.
fn instructions(place: usize, steps: u32) -> anyhow::Result<Option<u64>> {
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["--run", &place.to_string(), &steps.to_string()]);
    let Ok(ran) = valgrind.output() else { return Ok(None) };
    let said = String::from_utf8_lossy(&ran.stderr);
    anyhow::ensure!(ran.status.success(), "{said}");
    let line = said.lines().find_map(|line| line.split_once("Collected : "));
    let (_, count) = line.context("callgrind did not say what it counted")?;
    Ok(Some(count.trim().parse()?))
}
