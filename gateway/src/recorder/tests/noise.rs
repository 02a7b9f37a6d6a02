//! Records that were cut, changed, or never were any.

use std::collections::BTreeSet;

use super::*;

/// A record with little to begin with, so that every byte of it can be changed.
fn small() -> Vec<u8> {
    let head = Head { files: vec![("a.toml".into(), b"schema = 1".to_vec())], ..head(&config()) };
    record(&head, &mut made(&config(), &seed(5)), &short_life()[..8], 3)
}

fn read(file: &[u8]) -> Result<(u64, Option<End>, Option<u64>), RecordError> {
    let mut record = Record::open(file)?;
    while record.step()?.is_some() {}
    Ok((record.place().step, record.end(), record.torn()))
}

/// Whichever byte is changed, it is said where.
#[test]
fn a_changed_byte_is_named_wherever_it_is() {
    let file = small();
    for (at, flip) in (0..file.len()).zip([0x01, 0x40, 0xFF].into_iter().cycle()) {
        let mut changed = file.clone();
        changed[at] ^= flip;
        let error = read(&changed).expect_err("a changed byte went unseen").to_string();
        let is_named = error.contains("at byte ") || at < 8;
        assert!(is_named, "byte {at} ^ {flip:02x}: {error}");
    }
}

/// What was cut off is as good as it is long, and is told from what was changed.
#[test]
fn a_cut_record_is_read_up_to_the_cut() {
    let file = small();
    let (steps, end, torn) = read(&file).unwrap();
    assert_eq!((end, torn), (Some(End::Left), None));
    let mut before = 0;
    let mut reached = BTreeSet::new();
    for length in 0..file.len() {
        match read(&file[..length]) {
            Ok((steps, end, _)) => {
                assert!(before <= steps && end.is_none(), "cut to {length}");
                before = steps;
                if reached.insert(steps) {
                    let mut clinic = made(&config(), &seed(5));
                    assert_eq!(replayed(&file[..length], &mut clinic).unwrap().steps, steps);
                }
            }
            Err(error) => {
                let told = matches!(error, RecordError::Empty | RecordError::Block(_));
                assert!(told && reached.is_empty(), "cut to {length}: {error}");
            }
        }
    }
    assert_eq!(before, steps);
    assert!(reached.len() > 2, "{reached:?}");
}

/// Bytes whose checks are right and that mean nothing are refused, and never more.
#[test]
fn whoever_forges_the_checks_gets_an_error_and_no_panic() {
    let file = small();
    let (blocks, mut malformed) = (blocks(&file), 0);
    for (number, place) in (0..blocks.len())
        .flat_map(|number| (0..blocks[number].len()).map(move |place| (number, place)))
    {
        let mut forged = blocks.clone();
        forged[number][place] = forged[number][place].wrapping_add(0x55);
        if read(&written(&forged)).is_err() {
            malformed += 1;
        }
    }
    assert!(malformed > 50, "{malformed}");
    let mut more = blocks.clone();
    more.push(vec![1]);
    assert!(matches!(read(&written(&more)), Err(RecordError::AfterEnd { .. })));
}

/// A record as long as a step in it says is laid out for no more than there is.
#[test]
fn no_length_is_believed() {
    let mut blocks = blocks(&small());
    blocks.truncate(1);
    let mut steps = vec![1, 0, 2, 0];
    u64::MAX.put(&mut steps);
    blocks.push(steps);
    let error = read(&written(&blocks)).unwrap_err();
    assert!(matches!(error, RecordError::Malformed { .. }), "{error}");
}

fn blocks(file: &[u8]) -> Vec<Vec<u8>> {
    let mut blocks = super::super::block::Blocks::new(file).unwrap();
    let mut payloads = Vec::new();
    while let Some(block) = blocks.next().unwrap() {
        payloads.push(block.payload);
    }
    payloads
}

fn written(blocks: &[Vec<u8>]) -> Vec<u8> {
    let mut file = super::super::block::MAGIC.to_vec();
    for (number, payload) in (0..).zip(blocks) {
        super::super::block::put(number, 0, payload, &mut file);
    }
    file
}

/// A happening is written in one way: whatever bytes are one, it is written as those bytes. And each
/// kind of happening is found.
#[test]
fn a_happening_has_one_form() {
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    let (mut kinds, mut asks) = (BTreeSet::new(), BTreeSet::new());
    for trial in 0_u32..60_000 {
        let mut noise: Vec<u8> = (0..96).map(|_| chance.byte()).collect();
        // By chance alone hardly any begins like a prescription for somebody on a unit, or like what
        // a ledger knows.
        let proposal = [4, 9, 0, chance.byte() % 2, 0, 1, b'i', 1, b'p'];
        let told = chance.byte() % 3;
        // A unit, what it was told and what a meter showed, how long ago, and who says so.
        let attested =
            [4, 9, 0, 8, 1, told, 5, told, 6, 7, 1, b'b', 1, b'r', 1, b'd', 1, b'm', 1, b'u'];
        match trial % 8 {
            0..4 => drop(noise.splice(..proposal.len(), proposal)),
            4 => {
                noise[0] = 9;
                // Of most lists there is nothing.
                noise[1..10].iter_mut().for_each(|count| *count %= 2);
            }
            5 => drop(noise.splice(..4, [4, 9, 0, chance.byte() % 10])),
            6 => drop(noise.splice(..attested.len(), attested)),
            _ => {}
        }
        let mut from = Bytes::new(&noise);
        let Ok(happening) = Happening::take(&mut from) else { continue };
        let taken = noise.len() - from.len();
        assert_eq!(form(&happening), noise[..taken], "{happening:?}");
        kinds.insert(form(&happening)[0]);
        if let Happening::Call(call) = &happening {
            asks.insert(form(&call.ask)[0]);
        }
    }
    assert_eq!(kinds, (0..15).collect(), "some kind of happening was never met");
    assert_eq!(asks, (0..10).collect(), "some kind of ask was never met");
}

fn form(value: &impl Field) -> Vec<u8> {
    let mut out = Vec::new();
    value.put(&mut out);
    out
}

/// Small numbers and letters, because most of what a record holds is made of them.
struct Chance(u64);

impl Chance {
    fn byte(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let [kind, byte, ..] = self.0.to_be_bytes();
        match kind % 8 {
            0..=4 => byte % 3,
            5 => byte % 16,
            6 => b'A' + byte % 26,
            _ => byte,
        }
    }
}
