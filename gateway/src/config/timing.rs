//! Reads the times of the safety model: never slower than the time budget, in an order that works.

use safety::{BEACON, Nanos, Timing};
use toml::Spanned;

use super::{mistake::Kind, table::Table};

/// Reads a section of times. `most` is the time budget of the modality: nothing that guards may be
/// slower, and no warning shorter.
pub(super) fn read(table: Table<'_>, most: Timing) -> Timing {
    let millis = |key, least: u64, most: Nanos| whole(&table, key, least..=most.millis(), MILLI);
    let seconds = |key, most: Nanos| {
        whole(&table, key, 1..=most.millis().checked_div(1_000).unwrap_or(0), 1_000 * MILLI)
    };
    let poll = millis("poll_ms", 20, most.poll);
    let link = millis("link_ms", 50, most.link);
    let confirm = millis("confirm_ms", 50, most.confirm);
    let relay = millis("relay_ms", 100, most.relay);
    let hold = millis("hold_ms", BEACON.millis().saturating_mul(2), most.hold);
    let warning = whole(&table, "warning_ms", warning_least(&most)..=WARNING_MOST, MILLI);
    let ready = seconds("ready_seconds", most.ready);
    let confirmation = seconds("confirmation_seconds", most.confirmation);
    let pause = seconds("pause_seconds", most.pause);
    let _for_people = table.text("basis");

    let polls = poll.as_ref().map(|poll| poll.get_ref().times(2));
    ordered(
        &table,
        "link_ms",
        link.as_ref(),
        polls,
        "two polls, or one lost answer stops the unit",
    );
    let confirmed = confirm.as_ref().map(|confirm| *confirm.get_ref());
    ordered(&table, "relay_ms", relay.as_ref(), confirmed, "`confirm_ms`, which it waits for");
    table.finish();
    let or = |found: Option<Spanned<Nanos>>, most: Nanos| found.map_or(most, Spanned::into_inner);
    Timing {
        poll: or(poll, most.poll),
        link: or(link, most.link),
        confirm: or(confirm, most.confirm),
        relay: or(relay, most.relay),
        warning: or(warning, most.warning),
        ready: or(ready, most.ready),
        confirmation: or(confirmation, most.confirmation),
        pause: or(pause, most.pause),
        hold: or(hold, most.hold),
    }
}

fn whole(
    table: &Table<'_>,
    key: &'static str,
    range: std::ops::RangeInclusive<u64>,
    factor: u64,
) -> Option<Spanned<Nanos>> {
    let found = table.whole(key, range)?;
    Some(Spanned::new(found.span(), Nanos::new(found.get_ref().saturating_mul(factor))))
}

/// Notes that a time is shorter than another that it must not be shorter than.
fn ordered(
    table: &Table<'_>,
    key: &str,
    found: Option<&Spanned<Nanos>>,
    least: Option<Nanos>,
    than: &str,
) {
    if let (Some(found), Some(least)) = (found, least)
        && *found.get_ref() < least
    {
        let what = format!("`{}` is shorter than {than}", table.full(key));
        table.wrong(found, Kind::Contradiction, what, format!("give at least {}", least.millis()));
    }
}

/// A laser warns for 2 s at least (21 CFR 1040.10(f)(5), LAS-04), and a stimulator as long as one;
/// a field for half a second.
const fn warning_least(most: &Timing) -> u64 {
    if most.warning.get() == Timing::LASER.warning.get() { 2_000 } else { 500 }
}

/// The longest warning that the standard has as typical, in milliseconds.
const WARNING_MOST: u64 = 20_000;
/// Nanoseconds in a millisecond.
const MILLI: u64 = 1_000_000;
