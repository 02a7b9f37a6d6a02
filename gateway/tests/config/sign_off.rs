//! Who answers for what nobody has seen at the hardware: read, held against the list, and shown.

use clinic::{AnyPlan, Evidence, ReadBack};
use device_drivers::open_link::Secret;
use gateway::config::{Config, Fact, Memory, Signature, Style, UnitConfig, render, report};
use jiff::civil::date;
use safety::Permille;

use crate::{
    real::{open_to_real, read},
    shelf::{change, errors, text},
};

const MAIMAN: &str = "units/maiman-a.toml";
const MAGVENTURE: &str = "units/magventure-a.toml";
const LASER: &str = "units/laser-a.toml";
const BOARD: &str = "boards/board-1.toml";

/// One signature, as a file has it.
fn sign_off(facts: &str) -> String {
    format!(
        "\n[[sign_off]]\nfacts = [{facts}]\nby = \"E. Engineer\"\non = 2026-11-20\n\
         how = \"a meter beside it at five currents\"\n"
    )
}

const OF_MAIMAN: &str = "\"current-rounding\", \"text-line-quiet\"";
const OF_BOARD: &str = "\"close-begins-anew\", \"board-answer-time\", \"step-of-100-ms\"";

fn add(files: &mut Memory, path: &str, more: &str) {
    let text = format!("{}{more}", text(files, path));
    files.put(path, text);
}

/// All shipped files with more in one of them.
fn with(path: &str, more: &str) -> Memory {
    let mut files = Memory::whole();
    add(&mut files, path, more);
    files
}

fn load(files: &Memory) -> Config {
    Config::read(files).unwrap_or_else(|errors| panic!("{}", render(&errors, Style::Plain)))
}

fn unit<'a>(config: &'a Config, name: &str) -> &'a UnitConfig {
    config.units.iter().find(|unit| unit.name == name).unwrap()
}

fn ids(facts: &[Fact]) -> Vec<&str> {
    facts.iter().map(|fact| fact.unverified.id.as_ref()).collect()
}

fn evidence(unit: &UnitConfig) -> Evidence {
    match unit.plan(date(2026, 11, 23), Secret::new([7; 32])).unwrap() {
        AnyPlan::Laser(plan) => plan.evidence,
        AnyPlan::Pemf(plan) => plan.evidence,
        AnyPlan::Stimulator(plan) => plan.evidence,
    }
}

/// What matters to a unit follows from its file, and what its board builds on matters to it too.
#[test]
fn a_unit_has_the_facts_of_its_dialect_and_of_its_board() {
    let config = load(&Memory::whole());
    let maiman = unit(&config, "maiman-a");
    let of_text = ["current-rounding", "text-line-quiet"];
    let of_board = ["close-begins-anew", "board-answer-time", "step-of-100-ms"];
    assert_eq!(ids(&maiman.facts), [&of_text[..], &of_board].concat());
    let files: Vec<_> = maiman.facts.iter().map(|fact| &*fact.file).collect();
    assert_eq!(files, [MAIMAN, MAIMAN, BOARD, BOARD, BOARD]);
    assert!(ids(&unit(&config, "arroyo-a").facts).starts_with(&["identity-text"]));
    assert!(!ids(&unit(&config, "arroyo-a").facts).contains(&"cooler-bits"), "it has no cooler");
    assert_eq!(unit(&config, "laser-a").facts, [], "our own protocol is what it is written to be");

    let mut files = Memory::whole();
    let rtu = "framing = \"rtu\"\naddress = 1\nhalf_duplex = false\n#";
    change(&mut files, MAIMAN, "framing = \"text\"", rtu);
    let of_rtu = ["current-rounding", "two-registers", "register-0002", "rs485-parity"];
    assert_eq!(ids(&unit(&load(&files), "maiman-a").facts), [&of_rtu[..], &of_board].concat());

    let trains = |config: &Config| {
        let facts = ids(&unit(config, "magventure-a").facts).join(" ");
        (facts.contains("trains-read-back"), facts.contains("trains-as-told"))
    };
    assert_eq!(trains(&config), (true, false));
    let mut files = Memory::whole();
    change(
        &mut files,
        MAGVENTURE,
        "trains_read_back = \"read\"",
        "trains_read_back = \"unverified\"",
    );
    assert_eq!(trains(&load(&files)), (false, true));
}

/// A signature is for the facts that it names, in the file that it stands in.
#[test]
fn what_is_signed_is_no_longer_open() {
    let mut files = with(MAIMAN, &sign_off("\"current-rounding\""));
    let config = load(&files);
    let facts = &unit(&config, "maiman-a").facts;
    let signature = Signature {
        by: "E. Engineer".to_owned(),
        on: date(2026, 11, 20),
        how: "a meter beside it at five currents".to_owned(),
    };
    assert_eq!(facts[0].signature, Some(signature));
    assert!(facts[1..].iter().all(|fact| fact.signature.is_none()));
    assert_eq!(evidence(unit(&config, "maiman-a")).unsigned, 4);
    let before = config.hash;

    add(&mut files, MAIMAN, &sign_off("\"text-line-quiet\""));
    add(&mut files, BOARD, &sign_off(OF_BOARD));
    let config = load(&files);
    let open = |name| evidence(unit(&config, name)).unsigned;
    assert_eq!((open("maiman-a"), open("arroyo-a")), (0, 4), "each unit has its own");
    assert_ne!(config.hash, before, "CFG-07: a session records who had signed");
}

/// What is charged is the upper bound of the calibration, so a meter may show that much more.
#[test]
fn a_derived_output_may_be_as_much_more_as_is_charged() {
    let config = load(&Memory::whole());
    let of = |name| evidence(unit(&config, name)).read_back;
    let derived = |above| ReadBack::Derived { above: Permille::new(above).unwrap() };
    assert!(text(&Memory::whole(), MAIMAN).contains("uncertainty_permille = 20"));
    assert_eq!(of("maiman-a"), derived(20));
    assert_eq!((of("magstim-a"), of("magventure-a")), (derived(200), derived(200)));
    assert_eq!(of("laser-a"), ReadBack::Measured);
}

/// A real unit that nobody signed for loads: a service engineer has to look at it somehow.
#[test]
fn a_real_unit_that_nobody_signed_for_is_loaded() {
    let mut files = open_to_real(Memory::whole());
    change(&mut files, MAIMAN, "mark = \"simulated\"", "mark = \"real\"");
    change(&mut files, MAIMAN, "calibration_due = 2036-01-01", "calibration_due = 2027-01-01");
    let config = read(&files).unwrap_or_else(|e| panic!("{}", render(&e, Style::Plain)));
    assert!(unit(&config, "maiman-a").real);
    let shown = report(&config, &files, date(2026, 11, 23)).to_string();
    for line in [
        "maiman-a             5 of 5 are not signed: NOT STARTED until they are\n",
        "arroyo-a             7 of 7 are not signed: not held up, as it is simulated\n",
        "- text-line-quiet (units/maiman-a.toml): No digit of an answer flips on the line",
        "- close-begins-anew (boards/board-1.toml): A second *close for a time* begins",
    ] {
        assert!(shown.contains(line), "{line} is not in\n{shown}");
    }
    add(&mut files, MAIMAN, &sign_off(OF_MAIMAN));
    add(&mut files, BOARD, &sign_off(OF_BOARD));
    let shown = report(&read(&files).unwrap(), &files, date(2026, 11, 23)).to_string();
    assert!(shown.contains("maiman-a             0 of 5 are not signed\n"), "{shown}");
    assert!(shown.contains("- current-rounding: signed by E. Engineer on 2026-11-20\n"), "{shown}");
}

/// Each mistake is told once, where it is, with what to do.
#[test]
fn a_signature_for_nothing_is_told() {
    let twice = format!("{}{}", sign_off(OF_MAIMAN), sign_off("\"text-line-quiet\""));
    let late = sign_off(OF_MAIMAN).replace("2026-11-20", "2126-11-20");
    let nobody = sign_off(OF_MAIMAN).replace("by = \"E. Engineer\"\n", "");
    let somehow = sign_off(OF_MAIMAN).replace("how = \"a meter", "how = 5 # ");
    let unseen = sign_off(OF_MAIMAN).replace("how = ", "# ");
    let revised = sign_off(OF_MAIMAN).replace("by = ", "revision = \"1\"\nby = ");
    for (path, more, what, fix) in [
        (
            MAIMAN,
            &*sign_off("\"current-roundin\""),
            "`current-roundin` is no fact",
            "did you mean `current-rounding`?",
        ),
        (
            MAIMAN,
            &sign_off("\"two-registers\""),
            "`two-registers` is no fact",
            "there are current-rounding, text-line-quiet",
        ),
        (
            MAIMAN,
            &sign_off("\"step-of-100-ms\""),
            "is no fact that is unverified here",
            "there are",
        ),
        (LASER, &sign_off("\"anything\""), "`anything` is no fact", "delete it: there is none"),
        (MAIMAN, &sign_off(""), "`sign_off.facts` names no fact", "by its id"),
        (MAIMAN, &twice, "`text-line-quiet` is signed by E. Engineer already", "delete the other"),
        (
            MAIMAN,
            &late,
            "`sign_off.on` is 2126-11-20, a day that has not come",
            "the unit was looked at",
        ),
        (MAIMAN, &nobody, "there is no `sign_off.by`", "a text in quotes"),
        (MAIMAN, &somehow, "`sign_off.how` is a whole number", "a text in quotes"),
        (MAIMAN, &unseen, "there is no `sign_off.how`", "a text in quotes"),
        (MAIMAN, &revised, "`sign_off.revision` is of profiles", "delete it"),
        (
            BOARD,
            &sign_off("\"current-rounding\""),
            "is no fact that is unverified here",
            "there are close-begins-anew",
        ),
        (MAIMAN, "\n[signed]\nby = \"E. Engineer\"\n", "`signed` is not a section", "known here"),
    ] {
        let found = errors(&with(path, more));
        let [mistake] = found.mistakes() else {
            panic!("{more}: not one mistake\n{}", render(&found, Style::Plain))
        };
        assert_eq!(mistake.file(), path, "{mistake}");
        assert!(mistake.what().contains(what), "{mistake}, not {what:?}");
        assert!(mistake.fix().contains(fix), "{}, not {fix:?}", mistake.fix());
    }
}

/// What of a profile is signed is one revision of it: who changes the profile has it signed anew.
#[test]
fn a_signature_is_for_one_revision_of_a_profile() {
    const UNIT: &str = "units/cobolt-a.toml";
    let document = include_str!("../../../docs/profile.md");
    let mut files = Memory::whole();
    files.put(UNIT, document.split("```toml\n").nth(1).unwrap().split("```").next().unwrap());
    let channel = "\n[[channel]]\nnumber = 3\nunit = \"cobolt-a\"\n\n[[input]]\nnumber = 6\n\
                   is = \"footswitch\"\nunit = \"cobolt-a\"\npermits_when = \"closed\"\n";
    add(&mut files, BOARD, channel);
    let config = load(&files);
    let lease: Vec<_> =
        unit(&config, "cobolt-a").facts.iter().filter(|fact| &*fact.file == UNIT).collect();
    assert_eq!(lease.len(), 1, "{lease:?}");
    assert_eq!(lease[0].unverified.id, "lease");

    let signed = sign_off("\"lease\"");
    let with = |revision: &str| {
        let mut files = files.clone();
        add(&mut files, UNIT, &signed.replace("by = ", &format!("{revision}by = ")));
        files
    };
    let open = evidence(unit(&load(&with("revision = \"1\"\n")), "cobolt-a")).unsigned;
    assert_eq!(open, 3, "those of the board");
    let shown = render(&errors(&with("")), Style::Plain);
    assert!(shown.contains("there is no `sign_off.revision`"), "{shown}");
    assert!(shown.contains("revision = \"1\""), "{shown}");
    let mut changed = with("revision = \"1\"\n");
    change(&mut changed, "profiles/cobolt.toml", "revision = \"1\"", "revision = \"2\"");
    let shown = render(&errors(&changed), Style::Plain);
    assert!(shown.contains("of revision `2`, and this signature is of another"), "{shown}");
}

/// A meter check is of the unit as it was calibrated: not of another one, nor of another curve.
#[test]
fn a_check_is_of_one_calibration() {
    let of = |files: &Memory| evidence(unit(&load(files), "maiman-a")).calibration;
    let before = of(&Memory::whole());
    assert_eq!(of(&with(MAIMAN, &sign_off(OF_MAIMAN))), before, "a signature changes no output");
    for (out, put) in [
        ("serial_number = ", "serial_number = 1 #"),
        ("calibrated_on = 2026-01-01", "calibrated_on = 2026-01-02"),
        ("milliwatts = 4_000", "milliwatts = 4_001"),
    ] {
        let mut files = Memory::whole();
        change(&mut files, MAIMAN, out, put);
        assert_ne!(of(&files), before, "{put}");
    }
}
