//! What a person may type while the demonstration runs: the hands at the simulated units.

use std::io::{BufRead as _, Write as _};

use simulated_units::{Button, Fault};

use super::stand::Stand;

/// What can be typed, for `help`.
const HELP: &str = "\
press UNIT BUTTON     press, turn on, close or attach: key, footswitch, interlock, e-stop, applicator
let-go UNIT BUTTON    the opposite
fault UNIT FAULT      break something: `faults` lists what
heal UNIT             mend everything
power UNIT            turn the mains off and on
meters                what each unit really emitted, by its own true meter
faults                what can be broken";

/// One thing that was typed.
#[derive(Clone, Debug, PartialEq)]
enum Deed {
    Press(String, Button, bool),
    Break(String, Fault),
    Heal(String),
    Power(String),
    Meters,
    Faults,
    Help,
}

/// Reads what is typed until the input ends, on a thread of its own: nothing waits for a person.
pub(super) fn listen(stands: Vec<Stand>) {
    let listening = std::thread::Builder::new().name("console".into()).spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let answer = match parse(&line) {
                Ok(Some(deed)) => act(&deed, &stands),
                Ok(None) => continue,
                Err(mistake) => format!("{mistake}; `help` lists what can be typed"),
            };
            let _closed = writeln!(std::io::stdout(), "{answer}");
        }
    });
    // Without the thread the demonstration runs on, with nobody at the buttons.
    let _deaf = listening;
}

fn parse(line: &str) -> Result<Option<Deed>, String> {
    let words: Vec<_> = line.split_whitespace().collect();
    let button = |name: &str| name.parse::<Button>().map_err(|name| format!("no button `{name}`"));
    Ok(Some(match words.as_slice() {
        [] => return Ok(None),
        ["press", unit, name] => Deed::Press((*unit).to_owned(), button(name)?, true),
        ["let-go", unit, name] => Deed::Press((*unit).to_owned(), button(name)?, false),
        ["fault", unit, fault] => {
            let fault = fault.parse().map_err(|_unknown| format!("no fault `{fault}`"))?;
            Deed::Break((*unit).to_owned(), fault)
        }
        ["heal", unit] => Deed::Heal((*unit).to_owned()),
        ["power", unit] => Deed::Power((*unit).to_owned()),
        ["meters"] => Deed::Meters,
        ["faults"] => Deed::Faults,
        ["help"] => Deed::Help,
        _ => return Err(format!("not understood: {line}")),
    }))
}

fn act(deed: &Deed, stands: &[Stand]) -> String {
    let on = |unit: &str, act: &dyn Fn(&Stand) -> bool| match stands
        .iter()
        .find(|stand| stand.name() == unit)
        .map(act)
    {
        Some(true) => "done".to_owned(),
        Some(false) => format!("{unit} cannot be broken like this: it speaks no open-link"),
        None => format!("no unit `{unit}`"),
    };
    match deed {
        Deed::Press(unit, button, down) => on(unit, &|stand| {
            stand.press(*button, *down);
            true
        }),
        Deed::Break(unit, fault) => on(unit, &|stand| stand.fault(*fault)),
        Deed::Heal(unit) => on(unit, &Stand::heal),
        Deed::Power(unit) => on(unit, &|stand| {
            stand.power_cycle();
            true
        }),
        Deed::Meters => stands
            .iter()
            .map(|stand| format!("{}: {}", stand.name(), stand.measured()))
            .collect::<Vec<_>>()
            .join("\n"),
        Deed::Faults => Fault::NAMES
            .iter()
            .map(|(usage, effect)| format!("{usage:40} {effect}"))
            .collect::<Vec<_>>()
            .join("\n"),
        Deed::Help => HELP.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Button, Deed, Fault, parse};

    #[test]
    fn what_is_typed_is_understood_or_named() {
        let press = Deed::Press("laser-a".into(), Button::Footswitch, true);
        assert_eq!(parse("press laser-a footswitch"), Ok(Some(press)));
        let fault = Deed::Break("laser-a".into(), "stuck-on".parse::<Fault>().unwrap());
        assert_eq!(parse(" fault  laser-a stuck-on "), Ok(Some(fault)));
        assert_eq!(parse("  "), Ok(None));
        assert_eq!(parse("press laser-a nose"), Err("no button `nose`".into()));
        assert_eq!(parse("fault laser-a cold"), Err("no fault `cold`".into()));
        assert!(parse("jump").is_err());
    }
}
