//! What a person may have meant by a key that nobody asked for.

use super::table::Asked;

/// What may have been meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Suggestion {
    /// The same quantity in another unit of measure.
    Measure(&'static str),
    /// A key that is written almost alike.
    Near(&'static str),
}

/// What `key` may have meant. The key that was meant is then no longer counted as missing: one
/// mistake is told once.
pub(super) fn for_key(key: &str, asked: &mut [Asked]) -> Option<Suggestion> {
    let of_another_measure = |asked: &&mut Asked| asked.is_missing && is_remeasured(key, asked.key);
    if let Some(asked) = asked.iter_mut().find(of_another_measure) {
        asked.is_missing = false;
        return Some(Suggestion::Measure(asked.key));
    }
    let missing = asked.iter().filter(|asked| asked.is_missing).map(|asked| asked.key);
    let near = nearest(key, missing).or_else(|| nearest(key, asked.iter().map(|a| a.key)))?;
    asked.iter_mut().filter(|asked| asked.key == near).for_each(|asked| asked.is_missing = false);
    Some(Suggestion::Near(near))
}

/// The word that is written almost like `text`, if there is one.
pub(super) fn nearest<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if text.len() > LENGTH_MAX {
        return None;
    }
    let within = |word: &str| distance(text, word) <= (word.len() / 4).clamp(1, 3);
    words.filter(|word| within(word)).min_by_key(|word| distance(text, word))
}

/// Whether a key looks like the name of a secret.
pub(super) fn is_secret(key: &str) -> bool {
    let names = ["password", "passphrase", "secret", "token", "key", "credential"];
    names.iter().any(|name| key.to_ascii_lowercase().ends_with(name))
}

/// Whether both keys name one quantity, and `key` has another unit of measure, or none.
fn is_remeasured(key: &str, right: &str) -> bool {
    let Some(stem) = stem(right) else { return false };
    let Some(rest) = key.strip_prefix(stem) else { return false };
    rest.is_empty() || rest.strip_prefix('_').is_some_and(|rest| MEASURES.contains(&rest))
}

/// A key without its unit of measure, if it has one.
fn stem(key: &str) -> Option<&str> {
    let stems = MEASURES.iter().filter_map(|measure| key.strip_suffix(measure)?.strip_suffix('_'));
    stems.min_by_key(|stem| stem.len())
}

/// How many letters have to be changed, put in or taken out.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line.saturating_add(1);
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (place, candidate) in row.iter_mut().skip(1).zip(&other) {
            let changed = diagonal.saturating_add(usize::from(letter != *candidate));
            diagonal = *place;
            left = changed.min(diagonal.saturating_add(1)).min(left.saturating_add(1));
            *place = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// No key is longer.
const LENGTH_MAX: usize = 64;

/// Units of measure as keys end with them.
const MEASURES: [&str; 64] = [
    "milliwatts",
    "microwatts",
    "watts",
    "kilowatts",
    "mw",
    "w",
    "milliwatts_per_cm2",
    "microwatts_per_cm2",
    "watts_per_cm2",
    "milliwatts_per_second",
    "watts_per_second",
    "millijoules_per_cm2",
    "microjoules_per_cm2",
    "joules_per_cm2",
    "joules",
    "millijoules",
    "kilojoules",
    "j",
    "microteslas",
    "milliteslas",
    "teslas",
    "gauss",
    "mt",
    "ut",
    "t",
    "microteslas_per_second",
    "milliteslas_per_second",
    "teslas_per_second",
    "millitesla_minutes",
    "microtesla_seconds",
    "tesla_minutes",
    "millihertz",
    "hertz",
    "kilohertz",
    "hz",
    "khz",
    "mhz",
    "ns",
    "us",
    "ms",
    "s",
    "micros",
    "millis",
    "seconds",
    "minutes",
    "hours",
    "days",
    "permille",
    "percent",
    "square_millimetres",
    "square_centimetres",
    "mm2",
    "cm2",
    "millimetres",
    "centimetres",
    "metres",
    "mm",
    "m",
    "nanometres",
    "centicelsius",
    "celsius",
    "tenths",
    "milliradians",
    "degrees",
];
