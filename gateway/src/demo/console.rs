//! What a person may type beside simulated units and boards: the hands at them, and what breaks.

use std::io::{BufRead as _, Write as _};

use simulated_units::Button;

use super::stand::Stand;

/// What can be typed, for `help`.
const HELP: &str = "\
press UNIT BUTTON     press, turn on, close or attach
let-go UNIT BUTTON    the opposite: `let-go UNIT door` opens the door
fault UNIT FAULT      break something
heal UNIT             mend everything
cut UNIT              pull the cable out of its port
plug UNIT             put it in again
power UNIT            turn the mains off and on
meters                what each unit really emitted, by its own true meter
faults UNIT           what each of its faults does";

/// One thing that was typed.
#[derive(Clone, Debug, PartialEq)]
enum Deed {
    /// Something is done at one unit or board.
    At(String, Act),
    Meters,
    Help,
}

/// What is done at one unit or board.
#[derive(Clone, Debug, PartialEq)]
enum Act {
    Press(Button, bool),
    Break(String),
    Heal,
    Connect(bool),
    Power,
    Faults,
}

/// Reads what is typed until the input ends, on a thread of its own: nothing waits for a person.
pub(crate) fn listen(stands: Vec<Stand>) {
    let listening = std::thread::Builder::new().name("console".into()).spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if let Some(answer) = answer(&line, &stands) {
                let _closed = writeln!(std::io::stdout(), "{answer}");
            }
        }
    });
    // Without the thread everything runs on, with nobody at the buttons.
    let _deaf = listening;
}

/// What comes of a line that was typed, unless nothing was.
fn answer(line: &str, stands: &[Stand]) -> Option<String> {
    match parse(line) {
        Ok(None) => None,
        Ok(Some(Deed::Help)) => Some(help(stands)),
        Ok(Some(Deed::Meters)) => Some(meters(stands)),
        Ok(Some(Deed::At(name, act))) => {
            Some(match stands.iter().find(|stand| stand.name() == name) {
                Some(stand) => act.at(stand),
                None => format!("no unit `{name}`; there are {}", names(stands)),
            })
        }
        Err(mistake) => Some(format!("{mistake}; `help` lists what can be typed")),
    }
}

fn parse(line: &str) -> Result<Option<Deed>, String> {
    let words: Vec<_> = line.split_whitespace().collect();
    let button = |name: &str| name.parse::<Button>().map_err(|name| format!("no button `{name}`"));
    let (unit, act) = match words.as_slice() {
        [] => return Ok(None),
        ["meters"] => return Ok(Some(Deed::Meters)),
        ["help"] => return Ok(Some(Deed::Help)),
        ["press", unit, name] => (unit, Act::Press(button(name)?, true)),
        ["let-go", unit, name] => (unit, Act::Press(button(name)?, false)),
        ["fault", unit, fault] => (unit, Act::Break((*fault).to_owned())),
        ["heal", unit] => (unit, Act::Heal),
        ["cut", unit] => (unit, Act::Connect(false)),
        ["plug", unit] => (unit, Act::Connect(true)),
        ["power", unit] => (unit, Act::Power),
        ["faults", unit] => (unit, Act::Faults),
        _ => return Err(format!("not understood: {line}")),
    };
    Ok(Some(Deed::At((*unit).to_owned(), act)))
}

impl Act {
    /// Does it, and says what came of it.
    fn at(&self, stand: &Stand) -> String {
        match self {
            Self::Press(button, _) if !stand.buttons().contains(button) => {
                return format!("{} has no such button: it has {}", stand.name(), buttons(stand));
            }
            Self::Press(button, on) => stand.press(*button, *on),
            Self::Break(fault) => {
                if !stand.break_as(fault) {
                    let (name, can) = (stand.name(), faults(stand));
                    return format!("{name} cannot be broken by `{fault}`; it can by {can}");
                }
            }
            Self::Heal => stand.heal(),
            Self::Connect(plugged) => stand.connect(*plugged),
            Self::Power => stand.power_cycle(),
            Self::Faults => {
                let effect = |(usage, effect): &(&str, &str)| format!("{usage:40} {effect}");
                return stand.breaks().iter().map(effect).collect::<Vec<_>>().join("\n");
            }
        }
        "done".to_owned()
    }
}

fn help(stands: &[Stand]) -> String {
    let can = stands.iter().map(|stand| {
        let (buttons, faults) = (buttons(stand), faults(stand));
        format!("\n{}\n  buttons: {buttons}\n  faults: {faults}", stand.name())
    });
    std::iter::once(HELP.to_owned()).chain(can).collect()
}

fn meters(stands: &[Stand]) -> String {
    let shown = stands
        .iter()
        .filter_map(|stand| Some(format!("{}: {}", stand.name(), stand.measured()?)))
        .collect::<Vec<_>>();
    shown.join("\n")
}

fn names(stands: &[Stand]) -> String {
    stands.iter().map(Stand::name).collect::<Vec<_>>().join(", ")
}

/// The buttons of a stand, as they are typed.
fn buttons(stand: &Stand) -> String {
    let has = stand.buttons();
    let words = Button::NAMES.iter().filter(|(_, button)| has.contains(button));
    let words: Vec<_> = words.map(|(word, _)| *word).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// The faults of a stand, as they are typed.
fn faults(stand: &Stand) -> String {
    stand.breaks().iter().map(|(usage, _)| *usage).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::{config::Config, demo::put_up};

    /// The stands of the demonstration, with their cables in no port.
    fn stands() -> (TempDir, Vec<Stand>) {
        let folder = TempDir::with_prefix("console-").unwrap();
        let config = Config::demo(|name| folder.path().join(name)).unwrap();
        let units: Vec<_> = config.units.iter().collect();
        let boards: Vec<_> = config.boards.iter().collect();
        let stands = put_up(&units, &boards, folder.path());
        (folder, stands)
    }

    #[test]
    fn what_is_typed_is_understood_or_named() {
        let at = |unit: &str, act| Ok(Some(Deed::At(unit.to_owned(), act)));
        let press = Act::Press(Button::Footswitch, true);
        assert_eq!(parse("press laser-a footswitch"), at("laser-a", press));
        let open = Act::Press(Button::Interlock, false);
        assert_eq!(parse("let-go laser-a door"), at("laser-a", open));
        let stuck = Act::Break("stuck-on".to_owned());
        assert_eq!(parse(" fault  laser-a stuck-on "), at("laser-a", stuck));
        assert_eq!(parse("  "), Ok(None));
        assert_eq!(parse("press laser-a nose"), Err("no button `nose`".into()));
        assert!(parse("jump").is_err());
    }

    /// Every unit of the demonstration can be broken, whatever it speaks, and so can its line.
    #[test]
    fn every_unit_and_board_breaks_and_is_mended() {
        let (_folder, stands) = stands();
        let said = |line: &str| answer(line, &stands).unwrap();
        let help = said("help");
        for stand in &stands {
            let name = stand.name();
            assert!(help.contains(&format!("\n{name}\n")), "{help}");
            for fault in ["mute", "drop:300", "corrupt:300", "delay:50"] {
                assert_eq!(said(&format!("fault {name} {fault}")), "done", "{name}: {fault}");
            }
            let of_its_own: Vec<_> = stand
                .breaks()
                .into_iter()
                .map(|(usage, _)| usage)
                .filter(|usage| !usage.contains([':', '[', '|']))
                .collect();
            assert!(3 <= of_its_own.len(), "{name}: {of_its_own:?}");
            for fault in of_its_own {
                assert_eq!(said(&format!("fault {name} {fault}")), "done", "{name}: {fault}");
                assert!(help.contains(fault) && said(&format!("faults {name}")).contains(fault));
            }
            assert_eq!(said(&format!("heal {name}")), "done");
            let cold = said(&format!("fault {name} cold"));
            assert!(cold.starts_with(&format!("{name} cannot be broken by `cold`")), "{cold}");
        }
        for fault in ["weld:1", "swap:1,2", "join:1,2", "break:2"] {
            assert_eq!(said(&format!("fault board-1 {fault}")), "done", "{fault}");
        }
        assert!(said("fault board-1 weld:9").contains("weld:contact"));
    }

    #[test]
    fn what_is_not_there_is_neither_pressed_nor_broken() {
        let (_folder, stands) = stands();
        let said = |line: &str| answer(line, &stands).unwrap();
        assert!(said("press nobody key").starts_with("no unit `nobody`; there are arroyo-a, "));
        assert!(said("press magstim-a footswitch").contains("it has e-stop, applicator"));
        assert!(said("press board-1 key").contains("it has none"));
        // The door, the stop, the key and the foot of a driver are at its board.
        for button in ["door", "e-stop", "key", "footswitch"] {
            assert_eq!(said(&format!("press maiman-a {button}")), "done", "{button}");
        }
        assert!(said("jump").contains("`help`"));
        assert_eq!(answer(" ", &stands), None);
    }

    #[test]
    fn meters_are_of_units_alone() {
        let (_folder, stands) = stands();
        let meters = answer("meters", &stands).unwrap();
        assert!(meters.contains("maiman-a: 0.000 J") && !meters.contains("board-1"), "{meters}");
    }
}
