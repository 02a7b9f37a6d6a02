//! Runs what a fuzzer runs, on the stable compiler: every target over its seeds and over chance.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

use std::{collections::BTreeSet, fs, path::Path};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use test_bench::fuzz::{TARGETS, Target, seeds};

/// How often each target runs with bytes that are seeds with something changed.
const CASES: u32 = 400;

/// The files of the fuzz targets, each of which calls the function of its name and nothing else.
#[test]
fn every_target_has_its_file_and_every_file_its_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/fuzz_targets");
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let calls =
            format!("fuzz_target!(|bytes: &[u8]| test_bench::fuzz::run(\"{name}\", bytes));");
        assert!(text.contains(&calls), "{} does not say `{calls}`", path.display());
        found.insert(name);
    }
    let named: BTreeSet<_> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(found, named);
}

fn over_seeds_and_chance(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let seeds = seeds(name);
    assert!(!seeds.is_empty());
    let reached = seeds.iter().filter(|seed| (target.run)(seed)).count();
    assert!(seeds.len() < reached * 10, "{reached} of {} seeds reach anything", seeds.len());
    let seed = prop::sample::select(seeds);
    let edit = (any::<prop::sample::Index>(), any::<u8>(), 0..4_u8);
    let bytes = (seed, prop::collection::vec(edit, 0..12)).prop_map(|(mut bytes, edits)| {
        for (place, byte, kind) in edits {
            let place = place.index(bytes.len());
            match kind {
                0 => bytes.insert(place, byte),
                1 if bytes.len() > 1 => drop(bytes.remove(place)),
                _ => bytes[place] = byte,
            }
        }
        bytes
    });
    let noise = prop::collection::vec(any::<u8>(), 0..80);
    let mut runner = TestRunner::new(Config::with_cases(CASES));
    let Target { run, .. } = *target;
    runner
        .run(&prop_oneof![3 => bytes, 1 => noise], |bytes| {
            run(&bytes);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

macro_rules! targets {
    ($($name:ident),* $(,)?) => {$(
        #[test]
        fn $name() {
            over_seeds_and_chance(stringify!($name));
        }
    )*

        /// Nothing is left out above.
        #[test]
        fn every_target_is_run() {
            let run = [$(stringify!($name)),*];
            assert_eq!(run.to_vec(), TARGETS.map(|target| target.name).to_vec());
        }
    };
}

targets! {
    arroyo, ascii_line, magstim, magventure, maiman_rtu, maiman_text, modbus_rtu, open_link, probe,
    profile, relay, rtu,
}
