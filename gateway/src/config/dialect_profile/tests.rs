//! The shipped profiles, and what is said of one that is wrong.

use std::path::Path;

use device_drivers::profile::{Profile, Reason};

use super::read_profile;
use crate::config::{ConfigErrors, Disk, Memory, Style, render};

fn shipped() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/profiles");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

fn read(name: &str) -> Result<Profile, ConfigErrors> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/profiles");
    read_profile(&Disk::new(folder), name)
}

fn wrong(name: &str, from: &str, to: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/profiles").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from}");
    let mut memory = Memory::default();
    memory.put(name, text.replacen(from, to, 1));
    match read_profile(&memory, name) {
        Ok(_) => panic!("{to} is no mistake"),
        Err(errors) => render(&errors, Style::Plain),
    }
}

#[test]
fn every_shipped_profile_has_no_mistake() {
    let names = shipped();
    assert_eq!(names.len(), 9, "{names:?}");
    for name in names {
        let found = read(&name);
        if let Err(errors) = &found {
            panic!("{}", render(errors, Style::Plain));
        }
        assert_eq!(format!("{}.toml", found.unwrap().name), name);
    }
}

/// None of them was tried at a real unit: none starts without a signature.
#[test]
fn no_shipped_profile_starts_by_itself() {
    for name in shipped() {
        let profile = read(&name).unwrap();
        let variant = profile.variants.first().map_or("", |own| own.name.as_str());
        assert!(!profile.unverified(variant).is_empty(), "{name}");
    }
    let blind = read("freepemf.toml").unwrap().reasons(false);
    assert!(blind.contains(&Reason::Blind) && blind.contains(&Reason::Unstoppable), "{blind:?}");
    let ambiguous = read("maiman-modbus.toml").unwrap().unverified("sf6-v1");
    assert!(ambiguous.iter().any(|fact| fact.id == "sf6-v1"), "{ambiguous:?}");
}

/// Every mistake is shown with its file, its line, its cause and its fix.
#[test]
fn a_mistake_is_shown_where_it_stands() {
    for (name, from, to, said) in [
        ("cobolt.toml", "baud = ", "bauds = ", "did you mean `baud`?"),
        ("cobolt.toml", "within_ms = 30", "within_s = 1", "within_ms"),
        ("cobolt.toml", "{level:decimal(4,1/1000)}", "{power}", "`power` is not level"),
        ("cobolt.toml", "say = \"l1\"", "say = \"@cobas 1\"", "fire[0].say: it is forbidden"),
        ("cobolt.toml", "scale = \"1000/1\"", "scale = \"1000/0\"", "is no scale"),
        ("cobolt.toml", "sign = \"emission\"", "sign = \"emissions\"", "did you mean `emission`?"),
        ("riden-rd60xx.toml", "word = 1", "word = 1, coil = true", "coil"),
        ("maiman-modbus.toml", "word = 0x0008", "word = 0x2008", "fire[0].say: it is forbidden"),
        ("maiman-modbus.toml", "ambiguous = true", "ambiguous = false", "two say the same"),
        ("obis.toml", "schema = 1", "schema = 2", "schema"),
        ("freepemf.toml", "within_ms = 1100", "within_ms = 900", "its answer comes after the run"),
    ] {
        let shown = wrong(name, from, to);
        assert!(shown.contains(said) && shown.contains(name), "{from} -> {to}:\n{shown}");
        assert!(shown.contains(&format!("[{name}:")), "no line:\n{shown}");
    }
}
