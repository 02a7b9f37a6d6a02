//! Whatever a person is told that can break, breaks; and nothing else does.

use simulated_units::{
    Button, Device, Plan, Unit,
    arroyo::{self, Arroyo},
    cobolt::Cobolt,
    free_pemf::FreePemf,
    magstim::{self, Magstim},
    magventure::{self, MagVenture},
    maiman::{self, Framing, Maiman},
    riden::{Riden, RidenModel},
};

const SECOND: u64 = 1_000_000_000;

fn devices() -> Vec<(&'static str, Box<dyn Device>)> {
    vec![
        ("laser", Box::new(Unit::new(Plan::laser("OL15-0001"), 7, 0))),
        ("pemf", Box::new(Unit::new(Plan::pemf("RING-0001"), 7, 0))),
        ("maiman", Box::new(Maiman::new(maiman::Plan::sf6(Framing::Text), 7, 0))),
        ("arroyo", Box::new(Arroyo::new(driver(), 7, 0))),
        ("cobolt", Box::new(Cobolt::new("1234"))),
        ("riden", Box::new(Riden::new(RidenModel::Rd6006, 1))),
        ("magstim", Box::new(Magstim::new(magstim::Model::TwoHundred))),
        ("magventure", Box::new(MagVenture::new(magventure::Model::X100, 7_001, 60))),
        ("freepemf", Box::new(FreePemf::default())),
    ]
}

fn driver() -> arroyo::Plan {
    arroyo::Plan::new(arroyo::Model::Source4320, "4320-0007")
}

/// What a person types who was shown `usage`.
fn typed(usage: &str) -> Vec<String> {
    usage
        .split(" | ")
        .map(|one| {
            let (word, number) = one.split_once(':').unwrap_or((one, ""));
            let word = word.replace("[request-|reply-]", "");
            let number = match number {
                "" => return word,
                "command" => "off",
                "name" => "supply",
                "open|short|absent" => "open",
                _ => "500",
            };
            format!("{}:{number}", word.trim_end_matches('['))
        })
        .collect()
}

#[test]
fn everything_that_is_listed_breaks() {
    for place in 0..devices().len() {
        let (name, listing) = devices().swap_remove(place);
        for (usage, effect) in listing.breaks() {
            assert!(!effect.is_empty(), "{name}: {usage}");
            for words in typed(usage) {
                let (_, mut device) = devices().swap_remove(place);
                assert!(device.break_as(SECOND, &words), "{name}: {usage} as {words}");
                device.mend(2 * SECOND);
            }
        }
        let (_, mut device) = devices().swap_remove(place);
        for words in ["", "nothing", "gain", "gain:x", "stuck-on:1"] {
            assert!(!device.break_as(SECOND, words), "{name}: `{words}`");
        }
    }
}

/// A driver that is told to emit, and then to stop, with something broken meanwhile.
fn emits_after_stop(broken: &str) -> [u64; 3] {
    let mut unit = Arroyo::new(driver(), 7, 0);
    let mut at = 3 * SECOND;
    let mut tell = |unit: &mut Arroyo, words: &str| {
        unit.receive(at, words.as_bytes());
        at += SECOND;
        unit.advance(at);
        (at, unit.output_now())
    };
    tell(&mut unit, "LAS:LDI 5000\r\n");
    let (now, on) = tell(&mut unit, "LAS:OUT 1\r\n");
    assert!(unit.break_as(now, broken));
    let (now, stopped) = tell(&mut unit, "LAS:OUT 0\r\n");
    unit.press(now, Button::Interlock, false);
    unit.advance(now + SECOND);
    [on, stopped, unit.output_now()]
}

/// What is stuck on is ended by the wire of the interlock alone.
#[test]
fn a_stuck_driver_is_ended_by_its_interlock() {
    let [on, stopped, open] = emits_after_stop("stuck-on");
    assert!(0 < on && 0 < stopped, "{on} {stopped}");
    assert_eq!(open, 0);
    let [on, stopped, _] = emits_after_stop("stubborn");
    assert!(0 < on && stopped == 0, "{on} {stopped}");
}
