//! Why a value may not go further: the source of a bound that no file of the clinic sets.

/// The source of the bounds of a key, if it is not the nature of the value itself.
pub(super) fn of(key: &str) -> Option<&'static str> {
    REASONS.iter().find(|(keys, _)| keys.contains(&key)).map(|(_, reason)| *reason)
}

const REASONS: &[(&[&str], &str)] = &[
    (
        &["warning_ms", "warning_min_ms"],
        "21 CFR 1040.10(f)(5): a laser warns for 2 to 20 s, LAS-04",
    ),
    (
        &["poll_ms", "link_ms", "confirm_ms", "relay_ms", "hold_ms"],
        "the time budget: emission ends within 1 s (field: 3 s) of any single fault",
    ),
    (
        &["ready_seconds", "confirmation_seconds", "pause_seconds"],
        "the time budget: what was confirmed grows stale",
    ),
    (&["lease_ms"], "the time budget: a laser ends by itself within 1 s, a field within 3 s"),
    (&["ramp_milliwatts_per_second"], "power rises by 5 W/s at most, LAS-20"),
    (
        &["warn_centicelsius", "pause_centicelsius", "trip_centicelsius"],
        "IEC 60601-1: 41 °C for what touches the patient, PEM-04",
    ),
    (&["address"], "open-link, section 2"),
    (&["applicator"], "open-link, section 7.1: 0 is none or unknown, PEM-07"),
    (
        &["lease_min_ms", "lease_max_ms", "sample_ms", "duty_min_permille", "duty_max_permille"],
        "open-link, section 7.2",
    ),
    (&["nanometres"], "2006/25/EC has skin exposure limits from 400 to 1400 nm"),
    (&["spots_square_millimetres"], "the compiled ceiling of every library"),
];
