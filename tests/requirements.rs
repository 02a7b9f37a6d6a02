//! Joins docs/requirements.toml with the code and the tests that cite its requirements.
//!
//! It knows nothing of what a requirement means: only that each has an answer, and that whoever
//! claims to hold one says so where it is held and where it is proven.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::tree::{Source, files, root};

/// The families of the catalogue, with the number of requirements in each.
const FAMILIES: &[(&str, usize)] = &[
    ("LAS", 21),
    ("PEM", 10),
    ("DOS", 15),
    ("SES", 16),
    ("LCK", 8),
    ("ALM", 8),
    ("COM", 12),
    ("TIM", 6),
    ("JRN", 8),
    ("AUD", 7),
    ("SEC", 11),
    ("CFG", 9),
    ("API", 7),
    ("OPS", 3),
    ("DOC", 2),
    ("TST", 1),
];

/// What looks like the id of a requirement and is the name of something else.
const OTHER_NAMES: &[&str] = &["CRC-16", "CRC-32", "UTF-16", "UTF-32"];

/// The milestones that are behind us.
const PAST: &[Milestone] = &[Milestone::Spine];

const CATALOGUE: &str = "docs/requirements.toml";

/// One requirement: what it asks in our words, and what became of it.
#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case", deny_unknown_fields)]
enum Requirement {
    /// The files in `code` hold it and the tests prove it, each citing its id. A test is
    /// `path/of/file.rs::name_of_function`, or a whole file such as a transcript.
    Held { text: String, code: Vec<String>, tests: Vec<String> },
    /// It comes with a milestone.
    Planned { text: String, when: Milestone },
    /// It is no business of the gateway.
    LeftOut { text: String, reason: String },
}

#[derive(Debug, PartialEq, Deserialize)]
enum Milestone {
    #[serde(rename = "spine")]
    Spine,
    #[serde(rename = "real units")]
    RealUnits,
    #[serde(rename = "records")]
    Records,
    #[serde(rename = "clinic api")]
    ClinicApi,
    #[serde(rename = "dashboards")]
    Dashboards,
    #[serde(rename = "fault table")]
    FaultTable,
    #[serde(rename = "packaging")]
    Packaging,
}

#[test]
fn every_requirement_of_the_catalogue_is_listed() {
    let listed: BTreeSet<_> = catalogue().into_keys().collect();
    let all = FAMILIES.iter().flat_map(|(family, count)| {
        (1..=*count).map(move |number| format!("{family}-{number:02}"))
    });
    let all: BTreeSet<_> = all.collect();
    let missing: Vec<_> = all.difference(&listed).collect();
    let unknown: Vec<_> = listed.difference(&all).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing {missing:?}, unknown {unknown:?}");
}

#[test]
fn every_requirement_says_what_it_asks() {
    for (id, requirement) in catalogue() {
        let text = requirement.text();
        assert!(text.ends_with('.') && text.len() > 20, "{id}: not a sentence: {text:?}");
        if let Requirement::LeftOut { reason, .. } = &requirement {
            assert!(reason.ends_with('.') && reason.len() > 20, "{id}: no reason: {reason:?}");
        }
    }
}

#[test]
fn every_id_cited_in_the_sources_is_listed() {
    let catalogue = catalogue();
    let mut unknown = Vec::new();
    for file in files("").iter().filter(|file| file.is_rust()) {
        for (number, line) in file.lines() {
            let strange = ids(line).filter(|id| !catalogue.contains_key(id));
            unknown.extend(strange.map(|id| format!("{}:{number}: {id}", file.path)));
        }
    }
    assert!(unknown.is_empty(), "\n{}\n", unknown.join("\n"));
}

#[test]
fn what_is_held_is_cited_where_it_is_held_and_proven() {
    let mut gaps = Vec::new();
    for (id, requirement) in catalogue() {
        if let Requirement::Held { code, tests, .. } = requirement {
            gaps.extend(gaps_in("code", &id, &code, is_cited_by));
            gaps.extend(gaps_in("tests", &id, &tests, is_proven_by));
        }
    }
    assert!(gaps.is_empty(), "\n{}\n", gaps.join("\n"));
}

#[test]
fn nothing_waits_for_a_milestone_that_is_past() {
    let mut late = Vec::new();
    for (id, requirement) in catalogue() {
        if let Requirement::Planned { when, .. } = requirement
            && PAST.contains(&when)
        {
            late.push(format!("{id}: planned for {when:?}, which is past"));
        }
    }
    assert!(late.is_empty(), "\n{}\n", late.join("\n"));
}

impl Requirement {
    fn text(&self) -> &str {
        match self {
            Self::Held { text, .. } | Self::Planned { text, .. } | Self::LeftOut { text, .. } => {
                text
            }
        }
    }
}

fn catalogue() -> BTreeMap<String, Requirement> {
    let text = std::fs::read_to_string(root().join(CATALOGUE)).unwrap();
    toml::from_str(&text).unwrap_or_else(|error| panic!("{CATALOGUE}: {error}"))
}

/// What is wrong with a list of places that hold or prove a requirement.
fn gaps_in(
    list: &str,
    id: &str,
    places: &[String],
    cites: fn(&str, &str) -> Result<(), String>,
) -> Vec<String> {
    if places.is_empty() {
        return vec![format!("{id}: held, but `{list}` is empty")];
    }
    let wrong = places.iter().filter_map(|place| cites(place, id).err());
    wrong.map(|gap| format!("{id}: {list}: {gap}")).collect()
}

fn is_cited_by(path: &str, id: &str) -> Result<(), String> {
    let source = source(path)?;
    cited(&source.text, id).then_some(()).ok_or_else(|| format!("{path} does not cite it"))
}

fn is_proven_by(place: &str, id: &str) -> Result<(), String> {
    let Some((path, name)) = place.split_once("::") else { return is_cited_by(place, id) };
    let source = source(path)?;
    let test = test(&source.text, name).ok_or_else(|| format!("{path} has no test `{name}`"))?;
    cited(&test, id).then_some(()).ok_or_else(|| format!("{place} does not cite it"))
}

fn source(path: &str) -> Result<Source, String> {
    let text = std::fs::read_to_string(root().join(path));
    let text = text.map_err(|error| format!("{path}: {error}"))?;
    Ok(Source { path: path.to_string(), text })
}

/// The text of a test from its comment to its closing brace, if `name` is one.
fn test(text: &str, name: &str) -> Option<String> {
    let lines: Vec<_> = text.lines().collect();
    let is_named = |line: &&str| has_function(line, name);
    let at = lines.iter().position(|line| is_named(&line.trim_start()))?;
    let indent = &lines[at][..lines[at].len() - lines[at].trim_start().len()];
    let is_above = |line: &&&str| ["//", "#["].iter().any(|mark| line.trim().starts_with(mark));
    let above = lines[..at].iter().rev().take_while(is_above).count();
    let below = lines[at..].iter().position(|line| *line == format!("{indent}}}"))?;
    let whole = &lines[at - above..=at + below];
    let is_test = whole[..above].iter().any(|line| line.contains("test") && line.contains("#["));
    is_test.then(|| whole.join("\n"))
}

fn has_function(line: &str, name: &str) -> bool {
    let after = line.trim_start_matches("async ").strip_prefix("fn ");
    let after = after.and_then(|rest| rest.strip_prefix(name));
    after.is_some_and(|rest| rest.starts_with(['(', '<']))
}

fn cited(text: &str, id: &str) -> bool {
    ids(text).any(|cited| cited == id)
}

/// Every id of a requirement in a text: three capitals, a dash and two digits, and no more.
fn ids(text: &str) -> impl Iterator<Item = String> {
    let shape = |id: &[u8]| {
        id[..3].iter().all(u8::is_ascii_uppercase)
            && id[3] == b'-'
            && id[4..].iter().all(u8::is_ascii_digit)
    };
    let bytes = text.as_bytes();
    let ends = |index: usize| !bytes.get(index).is_some_and(u8::is_ascii_alphanumeric);
    let starts = move |index: usize| index.checked_sub(1).is_none_or(ends);
    let found = (0..bytes.len().saturating_sub(5))
        .filter(move |&index| shape(&bytes[index..index + 6]) && starts(index) && ends(index + 6));
    let named = found.map(|index| String::from_utf8_lossy(&bytes[index..index + 6]).into_owned());
    named.filter(|id| !OTHER_NAMES.contains(&id.as_str()))
}
