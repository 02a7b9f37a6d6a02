//! Bytes from a bad world: nothing panics, nothing begins, and the next whole frame is answered.

use proptest::prelude::*;
use simulated_units::{Button, Plan, Unit};

use crate::host::{Bench, MS, kind, result};

#[test]
fn a_frame_cut_anywhere_is_nothing_and_the_next_is_answered() {
    let mut bench = Bench::laser();
    let line = bench.request(kind::STATUS, 0, 1, 0, &[]);
    for cut in 1..line.len() {
        let mut bytes = line[..cut].to_vec();
        bytes.extend(&line);
        let replies = bench.put(&bytes);
        assert_eq!(replies.len(), if cut + 1 == line.len() { 2 } else { 1 }, "cut at {cut}");
    }
}

#[test]
fn frames_may_come_byte_by_byte_or_all_at_once() {
    let mut bench = Bench::laser();
    let line = bench.request(kind::STATUS, 0, 1, 0, &[]);
    for byte in &line {
        bench.now += MS;
        bench.unit.receive(bench.now, &[*byte]);
    }
    bench.now += 5 * MS;
    assert_eq!(bench.hear().len(), 1);
    let both = [line.clone(), line].concat();
    assert_eq!(bench.put(&both).len(), 2);
}

#[test]
fn other_addresses_and_replies_are_not_answered_and_not_counted() {
    let mut bench = Bench::laser();
    let mut other = Bench::new(Plan { address: 9, ..Plan::laser("B") });
    let foreign = other.request(kind::STATUS, 0, 1, 0, &[]);
    assert!(bench.put(&foreign).is_empty());
    let own_kind = bench.request(kind::STATUS | 0x80, 0, 1, 0, &[]);
    assert!(bench.put(&own_kind).is_empty());
    assert_eq!(bench.status().bad_frames, 0);
    assert_eq!(other.put(&foreign).len(), 1);
}

#[test]
fn noise_is_counted() {
    let mut bench = Bench::laser();
    bench.put(&[0, 9, 9, 0, 0, 0, 2, 1, 0]);
    bench.put(&[7; 1_000]);
    bench.put(&[0]);
    assert_eq!(bench.status().bad_frames, 3);
}

/// (COM-04)
#[test]
fn an_off_inside_a_flood_acts_at_once() {
    let mut bench = Bench::laser();
    bench.emitting();
    let mut flood = vec![0xFF; 10_000];
    flood.extend(bench.request(kind::OFF, 0, 0, 0, &[]));
    flood.extend([0xFF; 10_000]);
    bench.unit.receive(bench.now, &flood);
    assert_eq!(bench.unit.output_now(), 0);
}

/// Up to `most` bytes of anything.
fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..most)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_bytes_begin_nothing(
        chunks in prop::collection::vec((bytes(400), 0..2_000_000_000u64), 0..20),
    ) {
        for plan in [Plan::laser("A"), Plan::pemf("A")] {
            let mut unit = Unit::new(plan, 5, 0);
            unit.press(0, Button::Footswitch, true);
            let (mut now, mut wire) = (0, Vec::new());
            for (bytes, then_ns) in &chunks {
                unit.receive(now, bytes);
                now += then_ns;
                unit.transmit(now, &mut wire);
            }
            prop_assert_eq!(unit.meter(), 0);
        }
    }

    /// Whole frames with random contents: the CRC is right, so all of them reach the controller.
    #[test]
    fn random_frames_begin_nothing(
        frames in prop::collection::vec(
            (0..12u8, any::<bool>(), 0..40u32, 0..600u64, bytes(30)),
            0..60,
        ),
    ) {
        let mut bench = Bench::laser();
        bench.press(Button::Footswitch, true);
        for (kind, right_boot, sequence, ahead, body) in frames {
            let boot_id = if right_boot { bench.boot_id } else { 0 };
            let line = bench.request(kind, boot_id, sequence, bench.now / MS + ahead, &body);
            let replies = bench.put(&line);
            prop_assert_eq!(replies.len(), 1);
            prop_assert!(replies[0].result <= result::BAD_DIGEST);
        }
        prop_assert_eq!(bench.unit.meter(), 0);
    }

    #[test]
    fn any_chunks_give_the_same_replies(cuts in prop::collection::vec(1..40usize, 1..10)) {
        let (mut whole, mut parts) = (Bench::laser(), Bench::laser());
        let line: Vec<u8> =
            (1..5).flat_map(|n| whole.request(kind::STATUS, 0, n, 0, &[])).collect();
        let mut rest = &line[..];
        for cut in cuts {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            parts.unit.receive(parts.now, now);
            rest = later;
        }
        prop_assert_eq!(whole.put(&line), parts.put(rest));
    }
}
