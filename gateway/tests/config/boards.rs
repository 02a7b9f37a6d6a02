//! Relay boards and units of other makers: what is refused, and where that is said.

use gateway::config::{Config, Memory, Style, render};

use crate::shelf::{change, errors};

const BOARD: &str = "boards/board-1.toml";
const MAIMAN: &str = "units/maiman-a.toml";
const ARROYO: &str = "units/arroyo-a.toml";
const MAGSTIM: &str = "units/magstim-a.toml";

/// What is changed in which file, where the mistake is, and what is said of it.
const CASES: &[(&str, [&str; 2], &str, &str)] = &[
    // Whatever falls silent has to open in time, and nothing else may delay a kick (LCK-01).
    (BOARD, ["baud = 115_200", "baud = 1_200"], BOARD, "no board can do this"),
    (BOARD, ["simulated/board-1\"", "simulated/laser-a\""], BOARD, "the port is that of `laser-a`"),
    (BOARD, ["unit = \"arroyo-a\"", "unit = \"arroyo-b\""], BOARD, "there is no unit `arroyo-b`"),
    (BOARD, ["room = \"room-1\"", "room = \"room-9\""], BOARD, "there is no room `room-9`"),
    (BOARD, ["number = 2", "number = 1"], BOARD, "two things are said of output 1"),
    (BOARD, ["number = 2", "number = 9"], BOARD, "must be a whole number from 1 to 8"),
    (BOARD, ["is = \"door\"", "is = \"dor\""], BOARD, "did you mean `door`?"),
    // What a unit needs of a board.
    (
        BOARD,
        ["unit = \"arroyo-a\"", "unit = \"pemf-a\""],
        ARROYO,
        "no board has a channel for this unit",
    ),
    (
        BOARD,
        ["is = \"door\"", "is = \"reset\""],
        MAIMAN,
        "`wiring.door` is `board`, and no board has such",
    ),
    (
        BOARD,
        ["is = \"reset\"", "is = \"door\""],
        MAIMAN,
        "`wiring.e_stop` is `board`, and no board has such",
    ),
    // A wrong scale is ten or a thousand times the current.
    (MAIMAN, ["\"sf6-hundredths\"", "\"sf6-hundreds\""], MAIMAN, "did you mean `sf6-hundredths`?"),
    (MAIMAN, ["model_id = 0x0130", "model_id = 0x0115"], MAIMAN, "no driver can be this: id 0115h"),
    (
        MAIMAN,
        ["highest_milliamperes = 12_000", "highest_milliamperes = 6_000"],
        MAIMAN,
        "no driver can be this",
    ),
    (
        ARROYO,
        ["limit_milliamperes = 15_000", "limit_milliamperes = 12_000"],
        ARROYO,
        "no driver can be this",
    ),
    // A curve that nobody can have measured, or that does not reach.
    (
        MAIMAN,
        ["milliwatts = 4_000", "milliwatts = 9_000"],
        MAIMAN,
        "this point is not above the one before",
    ),
    (
        MAIMAN,
        ["power_max_milliwatts = 8_800", "power_max_milliwatts = 8_900"],
        MAIMAN,
        "the calibration goes from 200 to 8800 mW",
    ),
    (MAIMAN, ["uncertainty_permille = 20", "uncertainty_permille = 100"], MAIMAN, "from 0 to 80"),
    (MAIMAN, ["link_ms = 500", "link_ms = 100"], MAIMAN, "from 300 to 600"),
    (
        MAIMAN,
        ["modality = \"laser\"", "modality = \"pemf\""],
        MAIMAN,
        "no unit of this modality speaks maiman",
    ),
    (MAGSTIM, ["version = \"7.0.0\"", "version = \"9.0.0\""], MAGSTIM, "no stimulator can be this"),
    (MAGSTIM, ["lease_ms = 1_000", "lease_ms = 1_500"], MAGSTIM, "from 1 to 1000"),
];

#[test]
fn each_mistake_is_told_where_it_is() {
    for (path, [out, put], at, said) in CASES {
        let mut files = Memory::whole();
        change(&mut files, path, out, put);
        let shown = render(&errors(&files), Style::Plain);
        assert!(shown.contains(said), "{path}: {put}: `{said}` is not in\n{shown}");
        assert!(shown.contains(&format!("[{at}:")), "{path}: {put}: {at} is not in\n{shown}");
    }
}

#[test]
fn a_clinic_may_have_no_board() {
    let config = Config::read(&Memory::shipped()).unwrap();
    assert!(config.boards.is_empty());
    let whole = Config::read(&Memory::whole()).unwrap();
    assert_eq!(whole.boards.len(), 1);
    assert!(whole.boards.iter().all(|board| board.plan().is_ok()));
}
