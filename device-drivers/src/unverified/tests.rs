//! The list and the document for service engineers say the same.

use alloc::{collections::BTreeSet, format, string::String};

use crate::{arroyo, magstim, magventure, maiman, relay};

use super::{OfPlate, Unverified};

const DOCUMENT: &str = include_str!("../../../docs/units.md");

/// Every fact of every dialect, as a row of the document.
fn rows() -> BTreeSet<String> {
    let mut rows = BTreeSet::new();
    put(&mut rows, "maiman", maiman::unverified::UNVERIFIED);
    put(&mut rows, "arroyo", arroyo::unverified::UNVERIFIED);
    put(&mut rows, "magstim", magstim::unverified::UNVERIFIED);
    put(&mut rows, "magventure", magventure::unverified::UNVERIFIED);
    put(&mut rows, "modbus-relay", relay::unverified::UNVERIFIED);
    rows
}

/// Whatever names a fact names one, and what it says can be read.
fn put<P>(rows: &mut BTreeSet<String>, dialect: &str, facts: &[OfPlate<P>]) {
    let mut ids = BTreeSet::new();
    for (Unverified { id, says, source }, _) in facts {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(id.bytes().all(plain), "{id}");
        assert!(ids.insert(id), "{dialect} has two facts `{id}`");
        assert!(says.ends_with('.') && !source.is_empty(), "{id} is no sentence");
        assert!(rows.insert(format!("| `{dialect}` | `{id}` | {says} | {source} |")));
    }
    assert!(!facts.is_empty(), "{dialect} lists nothing");
}

#[test]
fn the_document_lists_what_is_unverified_and_nothing_else() {
    let begin = DOCUMENT.find("**Unverified on hardware.**").unwrap();
    let table = DOCUMENT[begin..].split("\n## ").next().unwrap();
    let told = table.lines().filter(|line| line.starts_with("| `")).map(String::from);
    let (told, known): (BTreeSet<_>, _) = (told.collect(), rows());
    let missing: String = known.difference(&told).map(|row| format!("{row}\n")).collect();
    let foreign: String = told.difference(&known).map(|row| format!("{row}\n")).collect();
    assert!(missing.is_empty() && foreign.is_empty(), "missing:\n{missing}\nforeign:\n{foreign}");
}
