//! Lines that several units share: who may, what is refused, and what company does to a stop.

use clinic::LineId;
use gateway::config::{Config, Memory, Style, render, report};
use jiff::civil::date;
use safety::Nanos;

use crate::shelf::{change, errors, text};

const DOCUMENT: &str = include_str!("../../../docs/profile.md");
const PROFILE: &str = "profiles/riden-rd60xx.toml";
const FIRST: &str = "units/riden-a.toml";
const SECOND: &str = "units/riden-b.toml";
const BOARD: &str = "boards/board-1.toml";
const PORT: &str = "simulated/riden-a\"";

/// The shipped configuration with so many coils on one line, which think for 15 ms at most.
fn sharing(count: u8) -> Memory {
    let mut files = Memory::whole();
    let quick = text(&files, PROFILE).replace("within_ms = 50", "within_ms = 15");
    files.put(PROFILE, quick);
    let coil = DOCUMENT.split("```toml\n").find(|block| block.contains("name = \"riden-a\""));
    let coil = coil.unwrap().split("```").next().unwrap();
    let mut board = text(&files, BOARD);
    for (place, letter) in (1..=count).zip('a'..) {
        let own = coil.replace("name = \"riden-a\"", &format!("name = \"riden-{letter}\""));
        let own = own.replace("baud = 115_200", &format!("baud = 115_200\naddress = {place}"));
        files.put(&format!("units/riden-{letter}.toml"), own);
        board += &format!("\n[[channel]]\nnumber = {}\nunit = \"riden-{letter}\"\n", place + 2);
        // A supply says nothing of its interlock, so an auxiliary contact of its relay does.
        let supply =
            format!("is = \"supply\"\nunit = \"riden-{letter}\"\npermits_when = \"closed\"");
        board += &format!("\n[[input]]\nnumber = {}\n{supply}\n", place + 5);
    }
    files.put(BOARD, board);
    files
}

fn read(files: &Memory) -> Config {
    Config::read(files).unwrap_or_else(|errors| panic!("{}", render(&errors, Style::Plain)))
}

/// Each line has a number of its own, and the boards have the next ones.
#[test]
fn coils_of_one_port_are_on_one_line() {
    let config = read(&sharing(3));
    let coils = config.units.iter().filter(|unit| unit.name.starts_with("riden"));
    let found: Vec<_> = coils.map(|unit| (unit.line, unit.address())).collect();
    let line = found[0].0;
    assert_eq!(found, [(line, Some(1)), (line, Some(2)), (line, Some(3))]);
    let others = config.units.iter().filter(|unit| !unit.name.starts_with("riden"));
    let mut lines: Vec<_> = others.map(|unit| unit.line).chain([line]).collect();
    lines.extend(config.boards.iter().map(|board| board.line));
    lines.sort();
    let expected: Vec<_> = (0..u16::try_from(lines.len()).unwrap()).map(LineId).collect();
    assert_eq!(lines, expected);
    assert_eq!(config.directory.lines(), lines.len() - config.boards.len());
    let sharers: Vec<_> =
        config.directory.sharers(line).iter().map(|unit| unit.name.clone()).collect();
    assert_eq!(sharers, ["riden-a", "riden-b", "riden-c"]);
    assert_eq!(config.directory.sharers(config.units[0].line).len(), 0);
}

/// Without an address in its file, a unit has the one of its profile.
#[test]
fn the_address_is_the_profiles_unless_the_file_says_another() {
    let mut files = sharing(1);
    assert_eq!(address(&files), Some(1));
    change(&mut files, FIRST, "address = 1", "address = 77");
    assert_eq!(address(&files), Some(77));
    change(&mut files, FIRST, "address = 77\n", "");
    change(&mut files, PROFILE, "address = 1", "address = 9");
    assert_eq!(address(&files), Some(9));
}

fn address(files: &Memory) -> Option<u8> {
    let config = read(files);
    config.units.iter().find(|unit| unit.name == "riden-a").unwrap().address()
}

/// A stop waits for what others say; where nobody else is it does not.
#[test]
fn company_makes_a_stop_slower_and_check_says_how_much() {
    let budget = |count| {
        let config = read(&sharing(count));
        let unit = config.units.iter().find(|unit| unit.name == "riden-a").unwrap().clone();
        assert!(unit.budget().unwrap().worst() <= unit.bound());
        unit.budget().unwrap()
    };
    let (one, two, three) = (budget(1), budget(2), budget(3));
    let word = two.turn.minus(one.turn);
    assert!(Nanos::from_millis(36) < word && word < Nanos::from_millis(41), "{word:?}");
    assert_eq!(three.turn.minus(two.turn), word);
    assert_eq!(two.confirm.minus(one.confirm), three.confirm.minus(two.confirm));
    assert!(one.confirm < two.confirm);
    // Two rounds of questions, which show a deviation, take no longer than `link_ms` here.
    assert_eq!([two.detect, three.detect], [one.detect; 2]);

    let shown = report(&read(&sharing(3)), &sharing(3), date(2026, 11, 23)).to_string();
    let said = "line /run/therapy-gateway/simulated/riden-a: riden-a (1), riden-b (2), riden-c (3)";
    assert!(shown.contains(said), "{shown}");
    let alone = report(&read(&sharing(1)), &sharing(1), date(2026, 11, 23)).to_string();
    assert!(!alone.contains("\nline "), "{alone}");
}

/// What is changed in which file, in which file and at which text that is a mistake, and what is said
/// of it: the mistake, and the way out.
type Case = (&'static str, [&'static str; 2], [&'static str; 2], [&'static str; 2]);

const CASES: &[Case] = &[
    // A Class IV laser and a stimulator never share a line.
    (
        "units/laser-b.toml",
        ["simulated/laser-b\"", "simulated/laser-a\""],
        ["units/laser-b.toml", "\"/run"],
        [
            "the port is that of `laser-a` in units/laser-a.toml as well",
            "a laser such as `laser-b` never shares one",
        ],
    ),
    (
        FIRST,
        [PORT, "simulated/magstim-a\""],
        [FIRST, "\"/run"],
        [
            "the port is that of `magstim-a` in units/magstim-a.toml as well",
            "a stimulator such as `magstim-a` never shares one",
        ],
    ),
    // Nor does a coil whose answers do not say whose they are.
    (
        FIRST,
        [PORT, "simulated/pemf-b\""],
        [FIRST, "\"/run"],
        [
            "the port is that of `pemf-b` in units/pemf-b.toml as well",
            "only coils of modbus-rtu share one",
        ],
    ),
    // Nor does a board: nothing else may delay a kick (LCK-01).
    (
        BOARD,
        ["simulated/board-1\"", PORT],
        [BOARD, "\"/run"],
        ["the port is that of `riden-a` as well", "give the board its own"],
    ),
    (
        SECOND,
        ["address = 2", "address = 1"],
        [SECOND, "1"],
        [
            "address 1 of this line is that of `riden-a` in units/riden-a.toml as well",
            "set another address at one of the units",
        ],
    ),
    (
        SECOND,
        ["address = 2", "address = 248"],
        [SECOND, "248"],
        ["`link.address` is 248", "from 1 to 247"],
    ),
];

#[test]
fn what_cannot_share_a_line_is_told() {
    for (path, [out, put], [at, mark], [what, fix]) in CASES {
        let mut files = sharing(2);
        change(&mut files, path, out, put);
        let found = errors(&files);
        let shown = render(&found, Style::Plain);
        let mistake = found.mistakes().iter().find(|mistake| mistake.file() == *at);
        let mistake = mistake.unwrap_or_else(|| panic!("none in {at}\n{shown}"));
        assert!(mistake.what().contains(what), "{shown}");
        assert!(mistake.fix().contains(fix), "{shown}");
        let (line, column) = mistake.line_and_column();
        let text = text(&files, at);
        let marked: String = text.lines().nth(line - 1).unwrap().chars().skip(column - 1).collect();
        assert!(marked.starts_with(mark), "{marked}");
    }
}

/// PEM-08: a unit that company makes too slow to stop is refused, and told what stands in its way.
#[test]
fn a_unit_that_company_makes_too_slow_to_stop_is_refused() {
    let mut files = sharing(2);
    let slow = text(&files, PROFILE).replace("within_ms = 15\n", "within_ms = 60\n");
    files.put(PROFILE, slow);
    let found = errors(&files);
    let mistakes = found.mistakes().iter();
    let late: Vec<_> =
        mistakes.filter(|mistake| mistake.what().contains("a stop is proven after")).collect();
    let told: Vec<_> = late.iter().map(|mistake| mistake.file()).collect();
    assert_eq!(told, [FIRST, SECOND], "{}", render(&found, Style::Plain));
    for mistake in late {
        assert!(mistake.fix().contains("give it a line of its own"), "{mistake}");
    }
}

/// Two units of one line that are set differently cannot both be understood.
#[test]
fn a_line_has_one_speed() {
    let mut files = sharing(2);
    let other = text(&files, PROFILE).replace("baud = 115200", "baud = 57600");
    let other = other.replace("profile = \"riden-rd60xx\"", "profile = \"riden-slow\"");
    files.put("profiles/riden-slow.toml", other);
    change(&mut files, SECOND, "\"riden-rd60xx\"", "\"riden-slow\"");
    change(&mut files, SECOND, "baud = 115_200", "baud = 57_600");
    let found = errors(&files);
    let [mistake] = found.mistakes() else { panic!("{}", render(&found, Style::Plain)) };
    assert_eq!((mistake.file(), mistake.line_and_column().1), (SECOND, 8));
    let said =
        "the line is that of `riden-a` in units/riden-a.toml as well, and it has 115200 bit/s";
    assert!(mistake.what().contains(said), "{mistake}");
}

/// A line on which the questions take more time than there is says so once, at its last unit.
#[test]
fn a_line_that_is_too_slow_for_its_units_is_refused() {
    let slow = |count: u8, baud: &str, within: &str| {
        let mut files = sharing(count);
        let profile = text(&files, PROFILE).replace("baud = 115200", &format!("baud = {baud}"));
        let profile = profile.replace("within_ms = 15\n", &format!("within_ms = {within}\n"));
        files.put(PROFILE, profile);
        for letter in ('a'..).take(count.into()) {
            let path = format!("units/riden-{letter}.toml");
            let unit = text(&files, &path).replace("baud = 115_200", &format!("baud = {baud}"));
            files.put(&path, unit);
        }
        let found = errors(&files);
        let shown = render(&found, Style::Plain);
        let all = found.mistakes().iter().filter(|mistake| mistake.what().contains("of the line"));
        let late = found.mistakes().iter().filter(|one| one.what().contains("are late"));
        let all: Vec<_> = all.chain(late).collect();
        assert_eq!(all.len(), 1, "{shown}");
        assert_eq!(
            all[0].file(),
            format!("units/riden-{}.toml", ('a'..).nth((count - 1).into()).unwrap())
        );
        format!("{} {}", all[0].what(), all[0].fix())
    };
    let said = slow(3, "9600", "15");
    assert!(said.contains("`riden-a`, `riden-b`, `riden-c` take"), "{said}");
    assert!(said.contains("raise the speed of the line, raise `poll_ms`"), "{said}");
    let said = slow(5, "115200", "50");
    assert!(
        said.contains("ready and to ask for the same thing again if answers are late"),
        "{said}"
    );
    assert!(said.contains("`link_ms` is 1000") && said.contains("another line"), "{said}");
}
