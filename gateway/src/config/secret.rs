//! Reads secrets from files of their own. What they hold is never part of a message (SEC-08).

use device_drivers::open_link::Secret;
use toml::Spanned;

use super::{files::Files, mistake::Kind, settings::RELATIVE, table::Table};

/// Whether a file may be open to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Privacy {
    /// Only the gateway may read it.
    Required,
    /// It guards nothing that is real.
    Waived,
}

/// The bytes of a secret file.
pub(super) fn read(
    table: &Table<'_>,
    path: &Spanned<String>,
    files: &dyn Files,
    privacy: Privacy,
) -> Option<Vec<u8>> {
    let contents = match files.read(path.get_ref()) {
        Ok(contents) => contents,
        Err(error) => {
            let what = format!("the secret file cannot be read: {error}");
            table.wrong(path, Kind::Secret, what, RELATIVE);
            return None;
        }
    };
    if contents.is_open_to_others && privacy == Privacy::Required {
        let what = "the secret file is open to its group or to everybody";
        let fix = format!("chmod 600 {}", path.get_ref());
        table.wrong(path, Kind::Secret, what, fix);
        return None;
    }
    Some(contents.bytes)
}

/// The key of a unit: 64 hexadecimal digits, as its maker gives it on paper (COM-07).
pub(super) fn key(
    table: &Table<'_>,
    path: &Spanned<String>,
    files: &dyn Files,
    privacy: Privacy,
) -> Option<Secret> {
    let bytes = read(table, path, files, privacy)?;
    let key = digits(bytes.trim_ascii());
    if key.is_none() {
        let what = "the key file does not hold a key";
        let fix = "put the 64 hexadecimal digits from the unit's papers on its only line";
        table.wrong(path, Kind::Secret, what, fix);
    }
    key.map(Secret::new)
}

fn digits(text: &[u8]) -> Option<[u8; 32]> {
    let (pairs, rest) = text.as_chunks::<2>();
    let mut key = [0; 32];
    if pairs.len() != key.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in key.iter_mut().zip(pairs) {
        let digit = |letter: &u8| char::from(*letter).to_digit(16);
        *byte = u8::try_from(digit(high)?.saturating_mul(16).saturating_add(digit(low)?)).ok()?;
    }
    Some(key)
}
