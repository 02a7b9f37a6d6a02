//! Nothing can be changed, left out, doubled or moved without showing.

use proptest::prelude::*;
use safety::Instant;

use super::{Break, Chain, Flaw, Head};
use crate::audit::{Deed, Place, line};

/// So many records that were written one after the other, and the head that they left.
fn written(count: u64) -> (Vec<String>, Head) {
    let (mut head, mut lines) = (Head::default(), Vec::new());
    for number in 0..count {
        let deed = Deed::new(Instant::from_boot(number), "unit.state").with("number", number);
        let place = Place { after: &head, run: 1, utc: "2026-11-22T12:00:00.000000000Z" };
        let text = line(&deed, place).unwrap();
        head = head.followed_by(&text);
        lines.push(text);
    }
    (lines, head)
}

fn broken(lines: &[String], told: &Head) -> Vec<Break> {
    let mut chain = Chain::default();
    let mut found = Vec::new();
    for line in lines {
        found.extend(chain.take(line).and(chain.meets(told)).err());
    }
    found.extend(chain.reaches(told).err());
    found
}

#[test]
fn records_as_they_were_written_hold() {
    let (lines, head) = written(20);
    assert_eq!(broken(&lines, &head), []);
    assert_eq!(head.sequence, 20);
}

/// The line and its hash, made by other hands: `printf %s '…' | sha256sum`.
#[test]
fn a_line_is_these_bytes() {
    let (lines, head) = written(1);
    let zeros = "0".repeat(64);
    let expected = format!(
        r#"{{"schema":1,"sequence":1,"previous":"{zeros}","utc":"2026-11-22T12:00:00.000000000Z","run":1,"boottime_nanoseconds":0,"kind":"unit.state","details":{{"number":0}}}}"#
    );
    assert_eq!(lines, [expected]);
    assert_eq!(head.hash, FIRST_HASH);
    assert_eq!(Head::parse(&head.to_string()), Ok(head));
}

#[test]
fn an_end_that_was_cut_off_shows_to_whoever_was_told_of_it() {
    let (mut lines, head) = written(5);
    lines.pop();
    assert_eq!(broken(&lines, &head), [Break { sequence: 5, flaw: Flaw::CutOff }]);
}

/// Whoever writes everything anew from some record on has a chain that holds, and not the head that
/// was published.
#[test]
fn a_chain_that_was_written_anew_shows_to_whoever_was_told_of_the_old() {
    let (lines, head) = written(5);
    let place = Place { after: &head, run: 2, utc: "2026-11-22T12:00:00.000000000Z" };
    let mut forged = lines[..4].to_vec();
    let before = lines[..4].iter().fold(Head::default(), |head, line| head.followed_by(line));
    let deed = Deed::new(Instant::from_boot(9), "unit.state");
    forged.push(line(&deed, Place { after: &before, ..place }).unwrap());
    assert_eq!(broken(&forged, &head), [Break { sequence: 5, flaw: Flaw::NotTheHead }]);
}

#[test]
fn what_is_no_head_is_refused_in_words() {
    for text in ["", "12", "12:", "x:00", "1:zz", &format!("1:{}", "A".repeat(64))] {
        assert!(Head::parse(text).unwrap_err().contains("no head"), "{text}");
    }
}

proptest! {
    /// AUD-02, AUD-04: whichever byte is changed, the chain does not hold any more.
    #[test]
    fn a_byte_that_was_changed_shows(record in 0_usize..6, byte in any::<prop::sample::Index>(), by in 1_u8..128) {
        let (mut lines, head) = written(6);
        let mut bytes = lines[record].clone().into_bytes();
        let place = byte.index(bytes.len());
        bytes[place] ^= by;
        let Ok(changed) = String::from_utf8(bytes) else { return Ok(()) };
        lines[record] = changed;
        prop_assert!(!broken(&lines, &head).is_empty());
    }

    /// A record that is missing, doubled or in another's place shows, and so does everything else that
    /// is not the chain.
    #[test]
    fn records_in_any_other_order_show(order in prop::collection::vec(0_usize..6, 0..8)) {
        let (lines, head) = written(6);
        let other: Vec<_> = order.iter().map(|place| lines[*place].clone()).collect();
        prop_assert_eq!(broken(&other, &head).is_empty(), other == lines);
    }

    #[test]
    fn no_line_panics(lines in prop::collection::vec(".{0,80}", 0..6)) {
        let mut chain = Chain::default();
        for line in &lines {
            prop_assert!(chain.take(line).is_err());
        }
    }
}

const FIRST_HASH: &str = "7fa3c2ce93030448a6f163e6f91f533564461fa32e16235ac32ff5331bba9a12";
