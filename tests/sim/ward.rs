//! The rooms and the units in them, as the shipped configuration has them.

use std::sync::LazyLock;

use clinic::AnyPlan;
use device_drivers::open_link::Secret;
use gateway::{
    config::{Config, Memory},
    demo,
};
use jiff::civil::{Date, date};
use simulated_units as built;

pub(crate) use gateway::directory::Modality as Kind;

/// How many units the clinic has.
pub(crate) const UNITS: usize = 4;
/// A day on which they are calibrated.
const TODAY: Date = date(2026, 3, 1);

static SHIPPED: LazyLock<Config> = LazyLock::new(|| {
    let shipped = Config::read(&Memory::shipped()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(shipped.units.len(), UNITS, "the shipped clinic is another one");
    shipped
});

/// The kind of unit at `place`.
pub(crate) fn kind(place: usize) -> Kind {
    SHIPPED.units[place].modality()
}

/// The room of `place`.
pub(crate) fn room(place: usize) -> usize {
    usize::from(SHIPPED.units[place].room.0)
}

/// How long a byte takes on every line, in nanoseconds.
pub(crate) fn byte_ns() -> u64 {
    SHIPPED.units[0].link.byte().get()
}

/// How the unit at `place` is built.
pub(crate) fn built(place: usize) -> built::Plan {
    let plan = demo::built(kind(place), &SHIPPED.directory.units[place].plate.serial);
    // The last one warms up quickly, so that a story is long enough for it to be too hot.
    if place + 1 == UNITS { built::Plan { thermal_seconds: 8, ..plan } } else { plan }
}

/// Every unit as the clinic takes it, for the start number `run` of the gateway.
///
/// # Panics
/// If the shipped configuration has a mistake.
pub(crate) fn plans(run: u32) -> Vec<AnyPlan> {
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&run.to_le_bytes());
    let plan = |unit: &gateway::config::UnitConfig| unit.plan(TODAY, Secret::new(seed));
    SHIPPED.units.iter().map(|unit| plan(unit).expect("a unit that can be")).collect()
}
