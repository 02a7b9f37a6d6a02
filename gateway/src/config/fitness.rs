//! What the facts of a profile alone keep its units from, whoever signs: told by `check`, so that
//! nobody wires up a unit that cannot be used.

use device_drivers::{
    Budget,
    profile::{Counts, LaserLevels, PemfLevels, Plate, Profile, Steps, Told},
};
use safety::{
    Drive, Flux, Laser, Nanos, Pemf, Permille, Power, PowerCurve, Slew, Timing, Waveform,
};

use super::member;

/// What no unit of this profile can be used as, in sentences with what would change it. It is tried
/// with a unit that has every number right, at the times of the safety model.
pub(super) fn limits(profile: &Profile) -> Vec<String> {
    let laser = || as_laser(profile).err();
    let coil = || as_coil(profile).err();
    match profile.counts {
        Counts::Milliwatts => laser().into_iter().collect(),
        Counts::Microamperes | Counts::Own => laser().into_iter().chain(coil()).collect(),
    }
}

fn as_laser(profile: &Profile) -> Result<(), String> {
    if profile.chunk.is_some() {
        return Err(
            "as a laser: no, it says nothing during a run, and a laser that is silent for \
                    that long is lost"
                .to_owned(),
        );
    }
    let levels = match profile.counts {
        Counts::Milliwatts => {
            LaserLevels::Watts { power: WHOLE_WATTS, uncertainty: Permille::ZERO }
        }
        Counts::Microamperes => {
            let at = |amperes: u32| {
                (
                    Drive::from_count(amperes.saturating_mul(AMPERE)),
                    Power::from_milliwatts(amperes.saturating_mul(1_000)),
                )
            };
            let curve =
                PowerCurve::new(&[at(1), at(10)], Drive::from_count(AMPERE), Permille::ZERO);
            let curve = curve.map_err(|error| format!("as a laser: {error:?}"))?;
            LaserLevels::Driven { curve, dark: 0 }
        }
        Counts::Own => {
            return Err("as a laser: no, its level is a share of its own drive (`level_in` is \
                        `own`), and a laser is told watts or a current, so that what is read back \
                        can be held against it: a dialect of its own would change that"
                .to_owned());
        }
    };
    let off_below = Power::from_milliwatts(50);
    stops::<Laser>(profile, levels, off_below, Timing::LASER)
        .map_err(|why| format!("as a laser: {why}"))
}

fn as_coil(profile: &Profile) -> Result<(), String> {
    let levels = PemfLevels {
        amount: Steps { least: AMPERE, most: 10 * AMPERE, step: AMPERE },
        at: AMPERE,
        flux: Flux::from_microteslas(1_000),
        uncertainty: Permille::ZERO,
        dark: 1,
        frequency: Steps::only(10_000),
        duty: Steps::only(500),
        waveform: Waveform::Rectangular,
        slew: Slew::from_micros(1_000),
    };
    // A unit that is silent during a run is given the time for that in its own file.
    let silent = profile.chunk.as_ref().map(|chunk| chunk.command.within.plus(MARGIN));
    let link = Timing::PEMF.link.max(silent.unwrap_or_default());
    let timing = Timing { link, ..Timing::PEMF };
    let off_below = Flux::from_microteslas(100);
    stops::<Pemf>(profile, levels, off_below, timing).map_err(|why| format!("as a coil: {why}"))
}

/// Whether a unit of it would be off in time after any fault.
fn stops<M: Told>(
    profile: &Profile,
    levels: M::Levels,
    off_below: M::Output,
    timing: Timing,
) -> Result<(), String> {
    let unit = |profile: Profile| Plate::<M> {
        variant: profile.variants.first().map(|own| own.name.clone()).unwrap_or_default(),
        profile,
        serial: "0".to_owned(),
        firmware: vec!["0".to_owned()],
        levels: levels.clone(),
        poll: timing.poll,
        link: timing.link,
        off_below,
        relay: true,
    };
    let spoken = |profile| member::spoken(&unit(profile)).map(|dialect| dialect.budget());
    let budget = spoken(profile.clone()).map_err(|error| format!("no, {error}"))?;
    let most = M::LEASE_MOST;
    let run = profile.chunk.as_ref().map(|chunk| Nanos::from_secs(chunk.most_seconds.into()));
    let relay = timing.relay.plus(run.unwrap_or_default());
    let is_in_time =
        |budget: Budget| budget.worst() <= most && budget.turn.plus(budget.confirm) <= relay;
    if is_in_time(budget) {
        return Ok(());
    }
    let what = if most < budget.worst() {
        let (worst, most) = (budget.worst().millis(), most.millis());
        format!("it may emit for {worst} ms after a fault, longer than {most} ms")
    } else {
        let (stop, relay) = (budget.turn.plus(budget.confirm).millis(), relay.millis());
        format!("a stop is proven after {stop} ms, and its relay opens after {relay} ms")
    };
    let slowest = profile.polls.iter().map(|poll| poll.command.within).max().unwrap_or_default();
    let slowest = slowest.millis();
    let would_do = |within: &u64| spoken(answering(profile, *within)).is_ok_and(is_in_time);
    let change = match (1..slowest).rev().find(would_do) {
        None => {
            "no shorter answer time alone mends that: its line, its rests or its fall are too slow"
                .to_owned()
        }
        Some(within) => format!(
            "it would do if each of its questions were answered within {within} ms and not \
             {slowest} ms: measure that at the unit, write it to `within_ms`, and sign"
        ),
    };
    Err(format!(
        "no, {what}: detect {}, turn {}, confirm {}; {change}",
        budget.detect.millis(),
        budget.turn.millis(),
        budget.confirm.millis()
    ))
}

/// The same profile if each question were answered within so many milliseconds.
fn answering(profile: &Profile, within: u64) -> Profile {
    let mut quick = profile.clone();
    for poll in &mut quick.polls {
        poll.command.within = poll.command.within.min(Nanos::from_millis(within));
    }
    quick
}

/// One to ten watts, told in whole ones: any profile can say that.
const WHOLE_WATTS: Steps = Steps { least: 1_000, most: 10_000, step: 1_000 };
/// In microamperes, or the whole of what a unit can do in millionths.
const AMPERE: u32 = 1_000_000;
/// How much later than a run its answer may be heard without the link being lost.
const MARGIN: Nanos = Nanos::from_millis(300);
