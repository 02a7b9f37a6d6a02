//! Whatever a file holds, it is read to its end, and what is shown of it holds no secret.

use gateway::config::{Config, Memory, Style, render};

/// Runs of the seeded loop. Each changes one shipped file a few times.
const RUNS: u64 = 300;

#[test]
fn no_noise_in_any_file_makes_the_reader_panic() {
    let mut loaded = 0;
    for seed in 0..RUNS {
        let mut chance = Chance(seed);
        let mut files = Memory::shipped();
        let place = chance.below(files.0.len());
        let bytes = &mut files.0.values_mut().nth(place).unwrap().bytes;
        for _ in 0..=chance.below(4) {
            change(bytes, &mut chance);
        }
        match Config::read(&files) {
            Ok(_) => loaded += 1,
            Err(errors) => {
                assert!(!errors.mistakes().is_empty(), "seed {seed}");
                assert!(!render(&errors, Style::Plain).is_empty(), "seed {seed}");
            }
        }
    }
    assert!(loaded > 0 && loaded < RUNS, "{loaded} of {RUNS} loaded: the changes change nothing");
}

#[test]
fn pure_noise_is_refused() {
    for seed in 0..20 {
        let mut chance = Chance(seed);
        let length = chance.below(2_000);
        let noise: Vec<u8> = (0..length).map(|_| chance.byte()).collect();
        for path in Memory::shipped().0.keys() {
            let mut files = Memory::shipped();
            files.put(path, noise.clone());
            let errors = Config::read(&files).unwrap_err();
            assert!(!render(&errors, Style::Terminal).is_empty(), "seed {seed}");
        }
    }
}

/// Takes something out, puts something in, or moves something.
fn change(bytes: &mut Vec<u8>, chance: &mut Chance) {
    if bytes.is_empty() {
        return;
    }
    let at = chance.below(bytes.len());
    match chance.below(7) {
        0 => bytes[at] = chance.byte(),
        1 => bytes.truncate(at),
        2 => drop(bytes.drain(at..bytes.len().min(at + 20))),
        3 => {
            let piece: Vec<u8> = bytes[at..bytes.len().min(at + 30)].to_vec();
            let to = chance.below(bytes.len());
            bytes.splice(to..to, piece);
        }
        4 => bytes[at] = b"=[]{}\"'#,.\n\r\t\0"[chance.below(14)],
        5 => {
            let digits = (at..bytes.len()).find(|place| bytes[*place].is_ascii_digit());
            if let Some(place) = digits {
                bytes[place] = b'0' + u8::try_from(chance.below(10)).unwrap();
            }
        }
        _ => {
            let word = ODD[chance.below(ODD.len())].bytes();
            bytes.splice(at..at, word);
        }
    }
}

/// What files seldom hold.
const ODD: [&str; 12] = [
    "nan",
    "-inf",
    "1e999",
    "0x",
    "\u{FEFF}",
    "\u{202E}",
    "ä",
    "🩺",
    "\"\"\"",
    "99999999999999999999",
    "[[[[[[",
    "\u{1b}[31m",
];

/// A seeded source of chance (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        let most = u64::try_from(most.max(1)).unwrap();
        usize::try_from(self.next() % most).unwrap()
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.next() & 0xFF).unwrap()
    }
}
