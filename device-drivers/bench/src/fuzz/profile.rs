//! The target that is a profile: what a service engineer writes is refused, or it is spoken as written.

use std::{borrow::ToOwned, string::String};

use device_drivers::{
    ascii_line,
    profile::{First, Forbidden, Plate, Say, Template, Wire},
};
use safety::{Gate, Laser, LaserLevel, Order, Permille, Power};
use simulated_units::cobolt::Cobolt;

use super::super::{desk::Desk, profiles, world::World};
use super::script::Script;

/// Ten bits at 115200 per second, in nanoseconds.
const BYTE: u64 = 86_806;
/// The longest text that is put into a profile.
const TEXT_MAX: usize = 48;

/// Puts texts out of `bytes` into the profile of a laser that is otherwise as it should be:
/// whether anybody speaks with it.
pub(super) fn profile(bytes: &[u8]) -> bool {
    let mut script = Script::new(bytes);
    let mut plate = profiles::cobolt_plate();
    while !script.is_over() {
        let place = script.byte() % 12;
        let text = String::from_utf8_lossy(script.bytes(TEXT_MAX)).into_owned();
        put(&mut plate, place, &text);
    }
    let valid = plate.validate();
    let spoken = ascii_line::dialect(plate.clone());
    assert_eq!(spoken.is_ok(), valid.is_ok(), "{valid:?}");
    let Ok(dialect) = spoken else { return false };
    let Wire::Lines(lines) = &plate.profile.wire else { panic!("a unit that speaks in lines") };
    let ends = lines.ours.clone();
    let mut world = World::new(dialect, Cobolt::new("C-1234"), BYTE);
    world.pass(400);
    // A desk has one prescription: a unit that was told other words for it is another unit.
    if world.dialect.exact(level(5_000)) == Some(level(5_000)) {
        let treatment = profiles::cobolt_treatment();
        let mut desk = Desk::with(treatment.prescription, treatment.limits);
        world.order(desk.prepare(world.instant()));
        world.pass(400);
        world.order(Order::off());
        world.pass(200);
    }
    for (_, frame) in &world.said {
        let line = frame.bytes.strip_suffix(ends.as_slice()).expect("a whole line");
        assert!(!ends.iter().any(|end| line.contains(end)), "two lines: {frame:02x?}");
        assert!(line.iter().all(|byte| (0x20..0x7F).contains(byte)), "no text: {frame:02x?}");
        let denied = |forbidden: &Forbidden| match forbidden {
            Forbidden::Line(text) => text.trim_end().as_bytes() == line.trim_ascii_end(),
            Forbidden::Register(..) | Forbidden::Coil(_) => false,
        };
        assert!(!plate.profile.forbidden.iter().any(denied), "forbidden: {frame:02x?}");
    }
    true
}

/// Puts `text` in the place of this number.
fn put(plate: &mut Plate<Laser>, place: u8, text: &str) {
    let profile = &mut plate.profile;
    let say = |say: &mut Say| match Template::parse(text) {
        Ok(template) => {
            assert_eq!(Template::parse(text).as_ref(), Ok(&template));
            *say = Say::Line(template);
        }
        Err(error) => assert!(!std::format!("{error}").is_empty()),
    };
    match place {
        0 => say(&mut profile.tell[0].say),
        1 => say(&mut profile.off[0].say),
        2 => say(&mut profile.fire[0].say),
        3 => say(&mut profile.polls[0].command.say),
        4 => say(&mut profile.introduction[0].command.say),
        5 => profile.tell[0].reply.first = First::Text(text.to_owned()),
        6 => profile.forbidden.push(Forbidden::Line(text.to_owned())),
        7 => plate.serial = text.to_owned(),
        8 => {
            if let Wire::Lines(lines) = &mut profile.wire {
                lines.theirs = text.as_bytes().to_vec();
            }
        }
        9 => {
            if let Wire::Lines(lines) = &mut profile.wire {
                lines.prompt = text.as_bytes().to_vec();
            }
        }
        10 => {
            if let Wire::Lines(lines) = &mut profile.wire {
                lines.ours = text.as_bytes().to_vec();
            }
        }
        _ => plate.variant = text.to_owned(),
    }
}

fn level(milliwatts: u32) -> LaserLevel {
    let mix = [Permille::WHOLE, Permille::ZERO, Permille::ZERO, Permille::ZERO];
    LaserLevel { power: Power::from_milliwatts(milliwatts), mix, gate: Gate::Continuous }
}
