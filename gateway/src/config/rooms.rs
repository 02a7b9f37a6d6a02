//! Reads the rooms: the places that a stop can be meant for.

use super::{mistake::Kind, table::Table};

/// The names of the rooms, in the order of the file.
pub(super) fn read(root: Table<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for table in root.tables("room") {
        if let Some(name) = table.name("name") {
            if names.contains(name.get_ref()) {
                let what = format!("there is a room `{}` already", name.get_ref());
                table.wrong(&name, Kind::Contradiction, what, "give each room a name of its own");
            }
            names.push(name.into_inner());
        }
        table.finish();
    }
    root.finish();
    names
}
