//! Every mistake is shown with its place, its cause and its fix, and all of them at once.

use gateway::config::{Config, ConfigErrors, Kind, Memory, Style, render};

use crate::{
    cases::{self, Case},
    shelf::{change, changed, errors, text},
    unit_cases,
};

/// The rendered diagnostics of every case. Written anew when `UPDATE_GOLDEN` is set.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/config/golden.txt");

/// CFG-01, CFG-02, CFG-03, CFG-04, CFG-05, CFG-09, COM-12, LAS-13, LAS-15, LAS-20, LCK-05, PEM-03,
/// PEM-07: what the cases say is what is said, at the place that the cases mark.
#[test]
fn every_mistake_is_told_once_where_it_is() {
    assert!(cases().count() >= 40);
    for case in cases() {
        let files = changed(case.file, case.out, case.put);
        let found = errors(&files);
        let [mistake] = found.mistakes() else { panic!("not one mistake: {found:?}") };
        assert_eq!(mistake.file(), case.file, "{mistake}");
        assert_eq!(mistake.line_and_column(), place(case, &text(&files, case.file)), "{mistake}");
        assert!(mistake.what().contains(case.what), "{mistake}, not {:?}", case.what);
        assert!(mistake.fix().contains(case.fix), "{}, not {:?}", mistake.fix(), case.fix);
    }
}

#[test]
fn the_diagnostics_are_those_of_the_golden_file() {
    let mut shown =
        String::from("# The diagnostics of the cases beside this file, as a pipe gets them.\n");
    for case in cases() {
        let rendered = render(&errors(&changed(case.file, case.out, case.put)), Style::Plain);
        shown.push_str(&format!("\n---- {:?} -> {:?}\n\n{rendered}", case.out, case.put));
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &shown).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    let differs = golden.lines().zip(shown.lines()).position(|(one, other)| one != other);
    assert!(
        golden == shown,
        "the diagnostics changed, first at line {differs:?} of {GOLDEN}; read them, and set \
         UPDATE_GOLDEN to take them"
    );
}

/// CFG-02: one look shows everything, and nothing of it was opened.
#[test]
fn the_mistakes_of_all_files_are_told_together() {
    let mut files = Memory::shipped();
    change(&mut files, "gateway.toml", "127.0.0.1:50051", "0.0.0.0:50051");
    change(&mut files, "rooms.toml", "name = \"room-2\"", "nam = \"room-2\"");
    change(&mut files, "limits.toml", "hard = 4_000", "hard = 6_000");
    change(&mut files, "limits.toml", "poll_ms = 100", "poll_ms = 5");
    change(&mut files, "units/laser-a.toml", "door = \"unit\"", "door = \"none\"");
    change(&mut files, "units/laser-a.toml", "baud = 115_200", "baud = \"fast\"");
    change(&mut files, "units/pemf-a.toml", "lease_ms = 2_000", "lease_ms = 4_000");
    let found = errors(&files);
    let kinds: Vec<_> = found.mistakes().iter().map(|one| (one.file(), one.kind())).collect();
    let expected = [
        ("gateway.toml", Kind::Range),
        ("limits.toml", Kind::Contradiction),
        ("limits.toml", Kind::Range),
        ("rooms.toml", Kind::Unknown),
        ("units/laser-a.toml", Kind::Type),
        ("units/laser-b.toml", Kind::Contradiction),
        ("units/pemf-a.toml", Kind::Range),
        ("units/pemf-b.toml", Kind::Contradiction),
    ];
    for each in expected {
        assert!(kinds.contains(&each), "{each:?} is not in {kinds:?}");
    }
    assert!(render(&found, Style::Plain).contains("no port was opened"));
}

/// Contradictions are found with the core's own rules, one after the other until none is left.
#[test]
fn every_contradiction_of_the_limits_is_told() {
    let mut files = Memory::shipped();
    change(&mut files, "limits.toml", "soft = 2_000, hard = 4_000", "soft = 9_000, hard = 8_000");
    change(&mut files, "limits.toml", "soft = 300, hard = 800", "soft = 900, hard = 800");
    change(
        &mut files,
        "limits.toml",
        "soft = 5_000, hard = 10_000, basis = \"proposal: migraine",
        "soft = 1_000, hard = 21_000, basis = \"proposal: migraine",
    );
    let found = errors(&files);
    let said: Vec<_> = found.mistakes().iter().map(|mistake| mistake.what().to_owned()).collect();
    let expected = [
        "`laser.cranial.power_milliwatts.hard` is 8000 mW, beyond the compiled ceiling of 5000 mW",
        "`laser.cranial.power_milliwatts.soft` is 9000 mW, beyond the compiled ceiling of 5000 mW",
        "`laser.cranial.energy_joules.soft` is 900 J, beyond the hard limit of 800 J",
        "`pemf.head_neck.flux_microteslas.hard` is 21000 µT, beyond the compiled ceiling of 20000 µT",
        "`pemf.head_neck.effective_flux_microteslas.soft` asks for 2000 µT at least; \
         `pemf.head_neck.flux_microteslas.soft` permits 1000 µT",
    ];
    for each in expected {
        assert!(said.iter().any(|said| said == each), "{each:?} is not in {said:#?}");
    }
    assert_eq!(said.len(), expected.len(), "{said:#?}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    for (path, what) in [
        ("limits.toml", "limits.toml cannot be read"),
        ("gateway.toml", "gateway.toml cannot be read"),
        ("rooms.toml", "rooms.toml cannot be read"),
    ] {
        let mut files = Memory::shipped();
        files.0.remove(path);
        let shown = render(&errors(&files), Style::Plain);
        assert!(shown.contains(what), "{shown}");
    }
    let mut files = Memory::shipped();
    files.0.retain(|path, _| !path.starts_with("units/"));
    assert!(render(&errors(&files), Style::Plain).contains("holds no unit"));
    let nowhere = Config::load(std::path::Path::new("/nowhere/at/all")).unwrap_err();
    assert_eq!(nowhere.mistakes().len(), 4, "{nowhere:?}");
}

#[test]
fn what_is_no_text_is_said_to_be_none() {
    let mut files = Memory::shipped();
    files.put("rooms.toml", b"schema = 1 # \xFF\xFE\n".to_vec());
    let found: ConfigErrors = errors(&files);
    let mistake = &found.mistakes()[0];
    assert_eq!((mistake.what(), mistake.line_and_column()), ("this is no text in UTF-8", (1, 14)));
}

/// Every mistake that a single change makes.
fn cases() -> impl Iterator<Item = &'static Case> {
    cases::CASES.iter().chain(unit_cases::CASES)
}

/// Where a case says that the mistake is, found without the code that is tested.
fn place(case: &Case, text: &str) -> (usize, usize) {
    let offset = text.find(case.at).unwrap_or_else(|| panic!("no {:?} in {text}", case.at));
    let before = &text[..offset];
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.split('\n').count(), before[start..].chars().count() + 1)
}

/// A name is one rule, and a value that is too long does not fill the terminal with its mark.
#[test]
fn a_name_is_told_in_one_way_however_it_is_wrong() {
    let long = "n".repeat(301);
    for name in ["", "Demo", "a\tb", &"n".repeat(65), &long] {
        let name = toml::Value::from(name).to_string();
        let found = errors(&changed("gateway.toml", "\"gateway-1\"", &name));
        let [mistake] = found.mistakes() else { panic!("not one mistake: {found:?}") };
        assert_eq!(mistake.what(), "`gateway` is no name", "{name}");
        let shown = render(&found, Style::Plain);
        assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
        assert!(shown.contains("6 │"), "{shown}");
    }
}
