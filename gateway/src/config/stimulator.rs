//! Reads what the profiles of stimulators have in common.

use std::sync::Arc;

use safety::{
    ApplicatorCode, Band, Bands, Energy, Frequency, Limits, Nanos, Output, Pace, Permille, Power,
    PulseEnergy, Pulsing, Recovery, Span, Stimulator, StimulatorUnit, Terms, Timing,
};
use toml::Spanned;

use super::{
    capability, diode,
    library::Library,
    mistake::Kind,
    pemf,
    profile::Common,
    speech::Speech,
    table::Table,
    unit::{Profile, Watched},
};

/// What a dialect needs to know of a stimulator.
pub(super) struct Facts {
    /// The times that the unit is watched by.
    pub(super) timing: Timing,
    /// Fewer pulses in a second are none.
    pub(super) off_below: Pulsing,
    /// What one of its pulses takes.
    pub(super) energy: PulseEnergy,
    /// The most pulses in a second.
    pub(super) most_rate: Frequency,
    /// Whether its coil says how warm it is.
    pub(super) coil_sensor: bool,
}

/// Reads a stimulator. What only its dialect has is read by `speech`.
pub(super) fn read(
    root: &Table<'_>,
    common: Option<Common>,
    library: &Library,
    speech: impl FnOnce(&Common, &Facts) -> Option<Arc<dyn Speech<Stimulator>>>,
) -> Option<Profile> {
    let off_below = root.whole("off_below_millihertz", 1..=1_000);
    let capability = root.table("capability").and_then(|table| capability(&table));
    let coil = root.maybe_table("coil").map(pemf::coil);
    let hazard = root.table("hazard").and_then(pemf::hazard);
    let timing = diode::times(root, library.stimulator_timing);
    let common = common?;
    let (capability, hazard, timing) = (capability?, hazard?, timing?);
    let coil = match coil {
        Some(read) => Some(read?),
        None => None,
    };
    let off_below = Pulsing::from_count(u32::try_from(*off_below?.get_ref()).ok()?);
    let most_rate = capability.rates.lines().map(|band| band.value.most).max()?;
    let facts = Facts {
        timing,
        off_below,
        energy: capability.energy,
        most_rate,
        coil_sensor: coil.is_some(),
    };
    let speech = speech(&common, &facts)?;
    let terms = Terms {
        timing,
        lease: Nanos::from_millis(*common.lease.get_ref()),
        // The time in which an armed unit becomes ready.
        rise: Nanos::from_millis(*common.rise.get_ref()),
        off_below,
        second_enable: false,
        coil,
        pace: Pace::Continuous,
        frozen: None,
    };
    let unit = StimulatorUnit {
        intensity: Some(capability.intensity),
        intensity_step: Some(capability.intensity_step),
        rates: capability.rates,
        rate_step: Some(capability.rate_step),
        train_pulses: Some(capability.pulses),
        least_wait: Some(capability.wait),
        pulse_energy: Some(capability.energy),
        recovery: Some(capability.recovery),
        applicator: Some(ApplicatorCode(u32::from(common.plate.applicator))),
        calibration_days: None,
    };
    let limits = Limits { library: library.stimulator, unit, tail: terms.tail() };
    let watched = Watched { terms, limits, plate: common.plate.shown(), speech };
    Some(Profile::Stimulator(Box::new(watched), hazard))
}

/// What the unit can be told, and what that takes.
struct Capability {
    intensity: Span<Permille>,
    intensity_step: Permille,
    rates: Bands<Span<Frequency>>,
    rate_step: Frequency,
    pulses: Span<u32>,
    wait: Nanos,
    energy: PulseEnergy,
    recovery: Recovery,
}

fn capability(table: &Table<'_>) -> Option<Capability> {
    let intensity =
        capability::span(table, "intensity_min_permille", "intensity_max_permille", 1..=1_000);
    let intensity_step = table.whole("intensity_step_permille", 1..=100);
    let rate_step = table.whole("rate_step_millihertz", 1..=1_000);
    let pulses = capability::span(table, "train_pulses_min", "train_pulses_max", 1..=100);
    let wait = table.whole("wait_min_ms", 1..=60_000);
    let energy = table.whole("energy_microjoules_per_percent_squared", 1..=1_000_000);
    let rates = rates(table);
    let recovery = recovery(table);
    let (low, high) = intensity?;
    let (fewest, most) = pulses?;
    let count = |count: &Spanned<u64>| u32::try_from(*count.get_ref()).ok();
    Some(Capability {
        intensity: Span { least: share(&low)?, most: share(&high)? },
        intensity_step: share(&intensity_step?)?,
        rates: rates?,
        rate_step: Frequency::from_millihertz(count(&rate_step?)?),
        pulses: Span { least: count(&fewest)?, most: count(&most)? },
        wait: Nanos::from_millis(wait?.into_inner()),
        energy: PulseEnergy::Square { microjoules: count(&energy?)? },
        recovery: recovery?,
    })
}

/// How fast it can be, which falls with intensity.
fn rates(table: &Table<'_>) -> Option<Bands<Span<Frequency>>> {
    let mut lines = Vec::new();
    for line in table.tables("rate") {
        let up_to = line.whole("up_to_permille", 1..=1_000);
        let rate = capability::span(&line, "min_millihertz", "max_millihertz", 1..=100_000);
        line.finish();
        let (least, most) = rate?;
        let hertz = |count: &Spanned<u64>| {
            u32::try_from(*count.get_ref()).ok().map(Frequency::from_millihertz)
        };
        let value = Span { least: hertz(&least)?, most: hertz(&most)? };
        lines.push(Band { up_to: share(&up_to?)?, value });
    }
    bands(table, &lines)
}

/// What it needs between two trains: a supply that restores, or a time to recharge by intensity.
fn recovery(table: &Table<'_>) -> Option<Recovery> {
    let supply = table.maybe_table("supply");
    let recharge = table.maybe_tables("recharge");
    if let Some(supply) = supply {
        let sustained = supply.whole("sustained_watts", 1..=10_000);
        let minute = supply.whole("joules_per_minute", 1..=10_000_000);
        supply.finish();
        let watts = u32::try_from(sustained?.into_inner().saturating_mul(1_000)).ok()?;
        let joules = minute?.into_inner().saturating_mul(1_000);
        return Some(Recovery::Supply {
            sustained: Power::from_milliwatts(watts),
            minute: Energy::from_millijoules(joules),
        });
    }
    let mut lines = Vec::new();
    for line in recharge {
        let up_to = line.whole("up_to_permille", 1..=1_000);
        let time = line.whole("time_ms", 1..=60_000);
        line.finish();
        let value = Nanos::from_millis(time?.into_inner());
        lines.push(Band { up_to: share(&up_to?)?, value });
    }
    if lines.is_empty() {
        let what = "nothing says how long the unit needs between two trains";
        let fix = "add [capability.supply], or [[capability.recharge]] for each range of intensity";
        table.page().wrong(Kind::Missing, table.at(), what, fix);
        return None;
    }
    bands(table, &lines).map(Recovery::Recharge)
}

fn bands<T: Copy>(table: &Table<'_>, lines: &[Band<T>]) -> Option<Bands<T>> {
    let found = Bands::new(lines);
    if found.is_none() {
        let what = format!("{} ranges of intensity are too many", lines.len());
        table.page().wrong(Kind::Range, table.at(), what, "join some: the strictest counts");
    }
    found
}

fn share(count: &Spanned<u64>) -> Option<Permille> {
    Permille::new(u16::try_from(*count.get_ref()).ok()?)
}
