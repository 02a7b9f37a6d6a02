//! The house rules, held by tests: who may import whom, and what no file may say.
//!
//! A rule is a function from the files to what it found wrong. When a rule and clarity disagree,
//! the rule is changed in the same commit.

use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::tree::{Source, files, has_word};

/// One package of the house and whom it may import.
struct Member {
    name: &'static str,
    directory: &'static str,
    /// What the package itself may import, ours and foreign.
    imports: &'static [&'static str],
    /// What its own tests may import besides.
    in_tests: &'static [&'static str],
    /// Whether any foreign crate will do.
    foreign: Foreign,
}

#[derive(PartialEq)]
enum Foreign {
    AsListed,
    Any,
}

/// The architecture. Changing it is changing this table.
const HOUSE: &[Member] = &[
    Member {
        name: "safety",
        directory: "gateway/safety",
        imports: &[],
        in_tests: &["proptest"],
        foreign: Foreign::AsListed,
    },
    Member {
        name: "clinic",
        directory: "gateway/clinic",
        imports: &["safety", "device-drivers"],
        in_tests: &["simulated-units", "test-bench", "proptest", "rand"],
        foreign: Foreign::AsListed,
    },
    Member {
        name: "device-drivers",
        directory: "device-drivers",
        imports: &["safety", "cobs", "crc", "hmac", "serde", "sha2"],
        in_tests: &["simulated-units", "test-bench", "proptest"],
        foreign: Foreign::AsListed,
    },
    Member {
        name: "test-bench",
        directory: "device-drivers/bench",
        imports: &["safety", "device-drivers", "simulated-units"],
        in_tests: &["proptest"],
        foreign: Foreign::AsListed,
    },
    Member {
        name: "simulated-units",
        directory: "device-drivers/simulated",
        imports: &["crc", "hmac", "rand", "sha2"],
        in_tests: &["proptest"],
        foreign: Foreign::AsListed,
    },
    Member {
        name: "proto",
        directory: "proto",
        imports: &["prost", "prost-types", "protox", "tonic", "tonic-prost", "tonic-prost-build"],
        in_tests: &[],
        foreign: Foreign::AsListed,
    },
    Member {
        name: "gateway",
        directory: "gateway",
        imports: &["safety", "clinic", "device-drivers", "simulated-units", "proto"],
        in_tests: &[],
        foreign: Foreign::Any,
    },
    Member {
        name: "gateway-tests",
        directory: "tests",
        imports: &["safety", "clinic", "device-drivers", "simulated-units", "proto", "gateway"],
        in_tests: &[],
        foreign: Foreign::Any,
    },
];

/// Packages that the compiler keeps from files, sockets, threads and clocks.
const PURE: &[&str] = &["gateway/safety", "gateway/clinic", "device-drivers"];

/// The only file that reads a clock.
const CLOCK: &str = "gateway/src/clock.rs";

/// The only files that may switch the compiler's memory checks off.
const UNCHECKED: &[&str] =
    &["gateway/src/realtime.rs", "gateway/src/timer.rs", "tests/benches/step/allocator.rs"];

const LINES_PER_FILE: usize = 700;

/// COM-11: simulated units share no code with what speaks to them.
#[test]
fn packages_import_only_whom_the_table_allows() {
    none(forbidden_edges());
}

#[test]
fn the_table_lists_every_package() {
    let workspace = manifest("");
    let members = workspace["workspace"]["members"].as_array().unwrap();
    let members: BTreeSet<_> = members.iter().map(|member| member.as_str().unwrap()).collect();
    let listed: BTreeSet<_> = HOUSE.iter().map(|member| member.directory).collect();
    assert_eq!(members, listed);
}

#[test]
fn pure_packages_have_no_std() {
    none(PURE.iter().flat_map(|package| std_in(package)).collect());
}

#[test]
fn every_rust_file_begins_with_what_it_is() {
    none(rust_files().iter().filter(|file| !file.text.starts_with("//! ")).map(path).collect());
}

#[test]
fn nothing_is_left_for_later() {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    none(lines_where(&files(""), |line| words.iter().any(|word| has_word(line, word))));
    let unfinished = ["dbg", "todo", "unimplemented"].map(|name| format!("{name}!"));
    let unfinished = |code: &str| unfinished.iter().any(|text| code.contains(text));
    let skipped = |code: &str| code.contains(concat!("#[ig", "nore"));
    none(code_where(&rust_files(), |code| unfinished(code) || skipped(code)));
}

#[test]
fn types_have_names_that_say_something() {
    let sources = files("");
    let typed: Vec<_> = sources.into_iter().filter(declares_types).collect();
    // What a library's trait calls its type is not ours to name.
    let foreign = |code: &str| code.contains("type ConnectInfo =");
    let empty = |code: &str| declared_type(code).is_some_and(says_nothing) && !foreign(code);
    none(code_where(&typed, empty));
}

#[test]
fn files_are_short() {
    let long = |file: &&Source| file.text.lines().count() > LINES_PER_FILE;
    let size = |file: &Source| format!("{}: {} lines", file.path, file.text.lines().count());
    let sources = files("");
    none(sources.iter().filter(|file| is_source(file)).filter(long).map(size).collect());
}

/// TIM-01: whatever decides is told the time.
#[test]
fn only_the_clock_reads_a_clock() {
    let clocks = [
        concat!("Instant", "::now"),
        concat!("SystemTime", "::now"),
        concat!("Timestamp", "::now"),
        concat!("Zoned", "::now"),
        concat!("clock_get", "time"),
    ];
    let others: Vec<_> = rust_files().into_iter().filter(|file| file.path != CLOCK).collect();
    none(code_where(&others, |code| clocks.iter().any(|clock| code.contains(clock))));
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    none(lines_where(&files(""), names_a_home));
}

#[test]
fn every_dialect_has_a_profile_and_a_transcript() {
    let mut profiles = files("config/units");
    profiles.extend(files("config/profiles"));
    let transcripts = files("tests/transcripts");
    let proved = |dialect: &str| {
        let first = format!("tests/transcripts/{dialect}.v");
        transcripts.iter().any(|file| file.path.starts_with(&first))
    };
    let mut missing = Vec::new();
    for dialect in dialects() {
        if !profiles.iter().any(|profile| speaks(profile, &dialect)) {
            missing.push(format!("{dialect}: no profile in config/units has it as its dialect"));
        }
        if !proved(&dialect) {
            missing.push(format!("{dialect}: no tests/transcripts/{dialect}.v1.txt"));
        }
    }
    none(missing);
}

#[test]
fn the_readme_has_the_two_commands() {
    let readme = files("").into_iter().find(|file| file.path == "README.md");
    let readme = readme.expect("there is no README.md");
    for command in ["cargo run -- demo", "tests/run"] {
        assert!(readme.text.contains(command), "README.md does not say `{command}`");
    }
}

#[test]
fn only_listed_files_switch_memory_checks_off() {
    let word = concat!("un", "safe");
    let uses = |file: &Source| file.code().any(|(_, code)| has_word(code, word));
    let found: BTreeSet<_> = rust_files().iter().filter(|file| uses(file)).map(path).collect();
    let listed: BTreeSet<_> = UNCHECKED.iter().map(|path| path.to_string()).collect();
    assert_eq!(found, listed, "left: the files that do; right: the files that may");
}

fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

fn forbidden_edges() -> Vec<String> {
    let mut edges = Vec::new();
    for member in HOUSE {
        for (section, name) in dependencies(&manifest(member.directory)) {
            if !may_import(member, &section, &name) {
                let Member { name: from, directory, .. } = member;
                edges.push(format!("{from} -> {name}, in [{section}] of {directory}/Cargo.toml"));
            }
        }
    }
    edges
}

fn may_import(member: &Member, section: &str, name: &str) -> bool {
    let ours = HOUSE.iter().any(|other| other.name == name);
    member.imports.contains(&name)
        || (section.ends_with("dev-dependencies") && member.in_tests.contains(&name))
        || (!ours && member.foreign == Foreign::Any)
}

fn manifest(directory: &str) -> Table {
    let path = format!("{directory}/Cargo.toml");
    let text = std::fs::read_to_string(crate::tree::root().join(path.trim_start_matches('/')));
    text.unwrap_or_else(|error| panic!("{path}: {error}")).parse().unwrap()
}

/// Every dependency of a manifest with its section, those of single platforms as well.
fn dependencies(manifest: &Table) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (key, value) in manifest {
        let Some(table) = value.as_table() else { continue };
        if key.ends_with("dependencies") {
            found.extend(table.iter().map(|(name, fact)| (key.clone(), package(name, fact))));
        } else if key == "target" {
            for (platform, sections) in table {
                let sections = dependencies(sections.as_table().unwrap());
                let named = |(section, name)| (format!("target.{platform}.{section}"), name);
                found.extend(sections.into_iter().map(named));
            }
        }
    }
    found
}

/// The real name of a dependency, which may go by another.
fn package(name: &str, fact: &Value) -> String {
    fact.get("package").and_then(Value::as_str).unwrap_or(name).to_string()
}

fn std_in(package: &str) -> Vec<String> {
    let crate_root = format!("{package}/src/lib.rs");
    let sources: Vec<_> =
        files(&format!("{package}/src")).into_iter().filter(Source::is_rust).collect();
    let mut wrong = Vec::new();
    let declared = |file: &&Source| file.path == crate_root && file.text.contains("#![no_std]");
    if !sources.iter().any(|file| declared(&file)) {
        wrong.push(format!("{crate_root}: no #![no_std]"));
    }
    for file in &sources {
        let mut before = "";
        for (number, code) in file.code() {
            if has_word(code, "extern crate std") && before.trim() != "#[cfg(test)]" {
                wrong.push(format!("{}:{number}: {code}", file.path));
            }
            before = code;
        }
    }
    wrong
}

fn rust_files() -> Vec<Source> {
    files("").into_iter().filter(Source::is_rust).collect()
}

fn declares_types(file: &Source) -> bool {
    file.is_rust() || file.path.ends_with(".proto")
}

fn is_source(file: &Source) -> bool {
    let ends = [".rs", ".proto", ".py", ".sh", "/run", "/install"];
    ends.iter().any(|end| file.path.ends_with(end))
}

fn path(file: &Source) -> String {
    file.path.clone()
}

fn lines_where(sources: &[Source], is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
    found(sources, |file| file.lines().filter(|(_, line)| is_wrong(line)).collect())
}

fn code_where(sources: &[Source], is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
    found(sources, |file| file.code().filter(|(_, code)| is_wrong(code)).collect())
}

fn found<'a>(
    sources: &'a [Source],
    wrong: impl Fn(&'a Source) -> Vec<(usize, &'a str)>,
) -> Vec<String> {
    let shown = |file: &Source, (number, line): (usize, &str)| {
        format!("{}:{number}: {}", file.path, line.trim())
    };
    sources
        .iter()
        .flat_map(|file| wrong(file).into_iter().map(|place| shown(file, place)))
        .collect()
}

/// The name of the type that a line declares, in Rust or in a proto file.
fn declared_type(code: &str) -> Option<&str> {
    let keywords = ["struct", "enum", "trait", "type", "union", "message", "service"];
    let mut words = code.split_whitespace().skip_while(|word| !keywords.contains(word));
    let after_keyword = words.nth(1)?;
    let name = after_keyword.split(|letter: char| !letter.is_alphanumeric()).next()?;
    name.starts_with(|letter: char| letter.is_ascii_uppercase()).then_some(name)
}

/// Whether a part of a name stands for no noun of the clinic.
fn says_nothing(name: &str) -> bool {
    let empty = ["Manager", "Handler", "Helper", "Util", "Utils", "Info"];
    let mut rest = name;
    while !rest.is_empty() {
        let next = rest[1..].find(|letter: char| letter.is_ascii_uppercase());
        let (part, after) = rest.split_at(next.map_or(rest.len(), |index| index + 1));
        if empty.contains(&part) {
            return true;
        }
        rest = after;
    }
    false
}

fn names_a_home(line: &str) -> bool {
    let homes = [
        concat!("/wo", "rk/"),
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/Us", "ers/"),
    ];
    let begins = |start| {
        let before = line[..start].chars().next_back();
        !before.is_some_and(|letter: char| letter.is_alphanumeric() || letter == '.')
    };
    homes.iter().any(|home| line.match_indices(home).any(|(start, _)| begins(start)))
}

/// The dialects by name: modules of `device-drivers` that implement the trait declared elsewhere.
fn dialects() -> BTreeSet<String> {
    let implements = |file: &Source| {
        file.code().any(|(_, code)| code.trim().starts_with("impl") && is_dialect(code))
    };
    let declares = |file: &Source| file.code().any(|(_, code)| code.contains("trait Dialect"));
    files("device-drivers/src")
        .into_iter()
        .filter(|file| file.is_rust() && !file.path.ends_with("src/lib.rs"))
        // What dialects share is none, and nor is what its tests make up.
        .filter(|file| !["/exchange", "/profile"].iter().any(|part| file.path.contains(part)))
        .filter(|file| implements(file) && !declares(file))
        .map(|file| module(&file.path).replace('_', "-"))
        .collect()
}

/// Whether a line begins an implementation of the trait: `impl<M: Modality> Dialect<M> for ...`.
fn is_dialect(code: &str) -> bool {
    let Some((header, _)) = code.trim().split_once(" for ") else { return false };
    let implemented = past_generics(header.trim_start_matches("impl"));
    let path = implemented.split('<').next().unwrap_or_default();
    path.rsplit("::").next().is_some_and(|name| ["Dialect", "Tongue"].contains(&name.trim()))
}

fn past_generics(text: &str) -> &str {
    let mut depth = 0_i32;
    for (index, letter) in text.char_indices() {
        match letter {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ if depth == 0 => return &text[index..],
            _ => {}
        }
    }
    ""
}

/// The module of `device-drivers` that a file belongs to.
fn module(path: &str) -> String {
    let below = path.trim_start_matches("device-drivers/src/");
    below.split('/').next().unwrap().trim_end_matches(".rs").to_string()
}

fn speaks(profile: &Source, dialect: &str) -> bool {
    let text: Table =
        profile.text.parse().unwrap_or_else(|error| panic!("{}: {error}", profile.path));
    names_dialect(&Value::Table(text), dialect)
}

fn names_dialect(value: &Value, dialect: &str) -> bool {
    value.as_table().is_some_and(|table| {
        table.get("dialect").and_then(Value::as_str) == Some(dialect)
            || table.values().any(|inner| names_dialect(inner, dialect))
    })
}
