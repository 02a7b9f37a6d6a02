//! Whole clinics under everything that can go wrong, judged by the meters of their units.
//!
//! `SWARM_SEEDS=2000` tells more stories, `SWARM_SEED=7` tells one again and writes it down.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use safety::Cause;
use sim::{Compared, KINDS, Marks, Outcome, World};

/// How many stories are told if nobody says otherwise.
const SEEDS: u64 = 300;
/// How many are recorded and replayed.
const REPLAYED: u64 = 8;
/// How long a story is, in virtual seconds.
const SECONDS: u64 = 180;
/// How much of a broken story is shown.
const LAST: usize = 60;
/// Seeds that once broke a promise: always told.
const ONCE_BROKEN: [u64; 8] = [8, 64, 90, 119, 141, 286, 300, 531];
/// Of these the world has no way to give rise: nothing reads a relay back.
const UNREACHED: [Cause; 1] = [Cause::RelayMismatch];

/// LAS-07, SES-07, API-02, API-04: whatever goes wrong, no promise is broken.
#[test]
fn no_story_breaks_a_promise() {
    if let Some(seed) = number("SWARM_SEED") {
        println!("{}", World::new(seed, true).run(SECONDS).log.join("\n"));
        return expect_kept(seed);
    }
    let count = number("SWARM_SEEDS").unwrap_or(SEEDS);
    let seeds: Vec<u64> = (0..count).chain(ONCE_BROKEN).collect();
    let (marks, broken) = tell(&seeds);
    for seed in broken {
        expect_kept(seed);
    }
    if SEEDS <= count {
        let missed: Vec<_> = expected().into_iter().filter(|what| marks.count(what) == 0).collect();
        assert!(missed.is_empty(), "the swarm has become blind to {missed:?}");
    }
}

/// TST-01: the clock is the test's own, and a story comes out the same each time.
#[test]
fn a_seed_tells_one_story() {
    for seed in [1, 7, 23] {
        let one = World::new(seed, false).run(SECONDS);
        let other = World::new(seed, true).run(SECONDS);
        assert_eq!((one.digest, one.steps), (other.digest, other.steps), "seed {seed}");
        assert_eq!(one.marks, other.marks, "seed {seed}");
    }
}

/// JRN-06: whatever went wrong, and however often the gateway was gone: what was recorded of each run comes
/// out again, effect by effect and dose by dose, from what the ledger knew and the record.
#[test]
fn every_story_replays_bit_for_bit() {
    let (mut all, mut bytes, mut runs) = (Compared::default(), 0, 0);
    let begun = gateway::clock::now();
    for seed in (0..REPLAYED).chain(ONCE_BROKEN) {
        let records = World::recorded(seed).run(SECONDS).records;
        assert!(!records.is_empty(), "seed {seed} records nothing");
        for (run, record) in records.iter().enumerate() {
            let compared = record.replay();
            let compared =
                compared.unwrap_or_else(|error| panic!("seed {seed}, run {run}: {error}"));
            all.steps += compared.steps;
            all.effects += compared.effects;
            all.lasted += compared.lasted;
            bytes += record.bytes();
        }
        runs += records.len();
    }
    let took = gateway::clock::now().since(begun).millis();
    println!(
        "{runs} runs of {} s: {} steps and {} effects in {bytes} bytes, told, recorded and \
         replayed in {took} ms",
        all.lasted / 1_000_000_000,
        all.steps,
        all.effects
    );
    assert!(all.steps > 100_000 && all.effects > 50_000, "{all:?}");
}

/// Tells the stories of `seeds` on two threads: what was reached, and which seeds broke a promise.
fn tell(seeds: &[u64]) -> (Marks, Vec<u64>) {
    let next = AtomicU64::new(0);
    let told = Mutex::new((Marks::default(), Vec::new()));
    let worker = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(seed) = usize::try_from(place).ok().and_then(|at| seeds.get(at)) else {
                break;
            };
            let Outcome { violation, marks, .. } = World::new(*seed, false).run(SECONDS);
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            told.0.add(&marks);
            told.1.extend(violation.map(|_| *seed));
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(worker);
        scope.spawn(worker);
    });
    let (marks, mut broken) = told.into_inner().unwrap_or_else(PoisonError::into_inner);
    broken.sort_unstable();
    (marks, broken)
}

fn expect_kept(seed: u64) {
    let outcome = World::new(seed, true).run(SECONDS);
    if let Some(violation) = outcome.violation {
        let last = &outcome.log[outcome.log.len().saturating_sub(LAST)..];
        panic!(
            "{}\nseed {seed} breaks a promise: {}\nSWARM_SEED={seed} tells all of it",
            last.join("\n"),
            violation.what
        );
    }
}

/// What a swarm that still sees something must have reached.
fn expected() -> Vec<String> {
    let causes = Cause::ALL.iter().filter(|cause| !UNREACHED.contains(cause));
    let causes = causes.map(|cause| format!("{cause:?}"));
    let kinds = KINDS.iter().map(|kind| format!("{kind:?}"));
    let named = NAMED.iter().map(|what| (*what).to_owned());
    let faults = FAULTS.iter().map(|fault| format!("fault {fault}"));
    let crashes = CRASHES.iter().map(|before| format!("crash before {before}"));
    causes.chain(kinds).chain(named).chain(faults).chain(crashes).collect()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Outcomes and ends of sessions, states, answers, and the ways of a disk.
const NAMED: [&str; 40] = [
    "Complete",
    "Partial",
    "Under",
    "Aborted",
    "Dose",
    "Time",
    "Stopped",
    "Expired",
    "Offline",
    "Standby",
    "Ready",
    "Warning",
    "Emitting",
    "Paused",
    "Stopping",
    "Locked",
    "stop proven",
    "stop unproven",
    "disk Slow",
    "disk Stalled",
    "disk Failing",
    "late",
    "crash while emitting",
    "entries lost in a crash",
    "open mark found",
    "Debt",
    "reviewed",
    "refused PatientBusy",
    "refused PatientLocked",
    "refused ReviewOpen",
    "refused Prescription",
    "refused WrongModality",
    "refused StoppedSince",
    "refused NotHolder",
    "refused Locked",
    "refused PresenceNeeded",
    "refused UnknownBeacon",
    "refused UnknownUnit",
    "refused ReadBackPending",
    "refused ShuttingDown",
];

/// Everything that can break in a unit.
const FAULTS: [&str; 24] = [
    "Drop",
    "Corrupt",
    "Duplicate",
    "Delay",
    "Reorder",
    "Replay",
    "Mute",
    "Freeze",
    "Gain",
    "MeterGain",
    "Clamp",
    "StuckOn",
    "IgnoreLease",
    "Reboot",
    "AutoResume",
    "Acknowledge",
    "Ignore",
    "Sensor",
    "Ambient",
    "Trip",
    "Applicator",
    "Identity",
    "Impostor",
    "Firmware",
];

/// The effects between which the gateway was gone.
const CRASHES: [&str; 9] =
    ["Write", "Open", "Slice", "Settle", "Enter", "Answer", "Show", "Tell", "Relay"];
