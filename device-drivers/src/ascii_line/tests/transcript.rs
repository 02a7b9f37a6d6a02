//! Lines, written down once: `ascii-line.v1.txt` and `.v2.txt` in `tests/transcripts`, a laser and a
//! field unit whose runs each have a grant. They are never edited.

use std::{boxed::Box, format, string::String, vec::Vec};

use safety::Modality;
use simulated_units::cobolt::Cobolt;

use crate::{
    Dialect,
    ascii_line::dialect,
    exchange::tests::{desk::Desk, room::Room, told::Told},
    profile::examples::*,
};

const LASER: &str = include_str!("../../../../tests/transcripts/ascii-line.v1.txt");
const FIELD: &str = include_str!("../../../../tests/transcripts/ascii-line.v2.txt");

#[test]
fn the_laser_of_the_transcript() {
    let mut room = Room::new(
        dialect(cobolt_plate()).unwrap(),
        Cobolt::new("C-1234"),
        86_806,
        cobolt_treatment(),
    );
    room.emit();
    room.pass(400);
    room.must(safety::Input::Stop);
    room.pass(400);
    hold("laser", LASER, &written(dialect(cobolt_plate()).unwrap(), &room.world.trace));
}

#[test]
fn the_field_of_the_transcript() {
    let (mut world, mut desk) = (super::free_pemf::world(), Desk::new());
    super::free_pemf::warned(&mut world, &mut desk);
    super::free_pemf::emit(&mut world, &mut desk, 500);
    let _ = world.stop();
    hold("pemf", FIELD, &written(dialect(free_pemf_plate()).unwrap(), &world.trace));
}

/// What a dialect is told by the line, what it says and what it reports.
pub(crate) fn written<M: Modality>(
    mut dialect: Box<dyn Dialect<M> + Send>,
    trace: &[(u64, Told<M>)],
) -> String {
    let mut text = String::new();
    for (at, told) in trace {
        let mut out = crate::Out::default();
        dialect.step(safety::Instant::from_boot(*at), told.event(), &mut out);
        if let Told::Bytes(bytes) = told {
            text.push_str(&format!("{at} < {}\n", shown(bytes)));
        }
        if let Some(frame) = out.frame {
            text.push_str(&format!("{at} > {:?} {}\n", frame.rank, shown(&frame.bytes)));
        }
        for report in out.reports {
            text.push_str(&format!("{at} = {} {:?}\n", report.asked.since_boot(), report.fact));
        }
    }
    text
}

/// Bytes in hexadecimal, and as text where they are.
fn shown(bytes: &[u8]) -> String {
    let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii());
    format!("{} {:?}", hex.join(" "), text.unwrap_or_default())
}

fn hold(name: &str, transcript: &str, found: &str) {
    let heading = format!("\nunit {name}\n");
    same("ascii-line", transcript.split_once(&heading).map_or("", |(_, rest)| rest), found);
}

/// Holds a text against what was found, which is kept if it differs.
pub(crate) fn same(name: &str, golden: &str, found: &str) {
    if golden.trim() != found.trim() {
        let path = std::env::temp_dir().join(format!("{name}.found.txt"));
        std::fs::write(&path, found).unwrap();
        panic!("{name} differs, see {}", path.display());
    }
}
