//! Bytes from outside: in any pieces, in any number, of any kind (COM-06, COM-10).

use device_drivers::{Event, maiman::dialect};
use proptest::prelude::*;
use safety::{Fact, Laser, Order};
use simulated_units::maiman::{Fault, Maiman};

use crate::{
    bench::{Desk, Line, MS, replay},
    plates::{ALL, Kind, emit},
};

/// A session on a cable that garbles one answer in ten.
fn session(kind: Kind, seed: u64) -> Line<Laser, Maiman> {
    let mut desk = Desk::new();
    let mut line = kind.line(seed);
    line.unit.fault(line.now, Fault::Corrupt(100));
    line.unit.fault(line.now, Fault::Duplicate);
    line.pass(1_500);
    let order = desk.prepare(line.instant(), crate::bench::admitted(kind.diode(), &*line.dialect));
    line.order(order);
    line.pass(1_000);
    let order = desk.warn(line.instant());
    line.order(order);
    line.pass(500);
    emit(&mut line, &mut desk, 1_000);
    line.order(Order::off());
    line.pass(1_000);
    line
}

/// Noise that looks like what a driver says.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => any::<u8>(),
        4 => prop::sample::select(b"KKE0123456789ABCDEF \r\r".to_vec()),
        4 => prop::sample::select(vec![3, 3, 6, 0x83, 2, 4, 0]),
    ];
    prop::collection::vec(byte, 1..400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_split_of_the_bytes_gives_the_same(
        seed in any::<u64>(),
        sizes in prop::collection::vec(1..30_usize, 1..20),
    ) {
        for kind in ALL {
            let line = session(kind, seed);
            let (frames, heard) = replay(dialect(kind.plate()).unwrap(), &line.trace, &sizes);
            let said: Vec<_> = line.said.iter().map(|(_, _, bytes)| bytes.clone()).collect();
            prop_assert!(frames == said);
            let before: Vec<_> = line.heard.iter().map(|(_, report)| *report).collect();
            prop_assert!(heard == before);
        }
    }

    #[test]
    fn any_split_of_noise_gives_the_same(
        noise in noise(),
        at in 0..100_000_u64,
        sizes in prop::collection::vec(1..30_usize, 1..20),
    ) {
        for kind in ALL {
            let mut line = kind.line(1);
            line.pass_until(line.now + 400 * MS + at * 1_000);
            line.tell(Event::Bytes(&noise));
            line.pass(300);
            let (frames, heard) = replay(dialect(kind.plate()).unwrap(), &line.trace, &sizes);
            let said: Vec<_> = line.said.iter().map(|(_, _, bytes)| bytes.clone()).collect();
            prop_assert!(frames == said);
            let before: Vec<_> = line.heard.iter().map(|(_, report)| *report).collect();
            prop_assert!(heard == before);
        }
    }

    #[test]
    fn noise_turns_nothing_on_and_keeps_no_stop_from_the_wire(
        noise in noise(),
        seed in any::<u64>(),
    ) {
        for kind in ALL {
            let mut line = kind.line(seed);
            line.pass(300);
            for bytes in noise.chunks(3) {
                line.tell(Event::Bytes(bytes));
                line.pass(1);
            }
            prop_assert_eq!(line.times_said(0, &kind.start()), 0);
            let stop = line.now;
            line.tell(Event::Stop);
            line.tell(Event::Bytes(&noise));
            line.pass(100);
            let said = line.first_stop(stop);
            prop_assert!(said.is_some_and(|at| at - stop <= line.dialect.budget().turn.get()));
        }
    }
}

/// What comes behind noise is not believed until the next question, whole as it may be.
#[test]
fn an_answer_behind_noise_is_not_believed() {
    for kind in ALL {
        let mut line = kind.line(1);
        line.pass(700);
        let asked = line.said.len();
        while line.said.len() == asked {
            line.pass_until(line.now + MS / 4);
        }
        let noisy = line.now;
        line.tell(Event::Bytes(&[0x55]));
        line.pass(8);
        assert_eq!(line.garbled_since(noisy), 1, "{kind:?}");
        let believed =
            line.facts_since(noisy, |fact| (!matches!(fact, Fact::Garbled)).then_some(()));
        assert!(believed.is_empty(), "{kind:?}");
        line.pass(200);
        let heard = line.facts_since(noisy, |fact| matches!(fact, Fact::Boot(_)).then_some(()));
        assert!(!heard.is_empty(), "{kind:?}: the next answers are");
    }
}

#[test]
fn a_flood_costs_a_report_and_no_memory() {
    for kind in ALL {
        let mut line = kind.line(1);
        line.pass(700);
        let before = line.now;
        line.tell(Event::Bytes(&vec![0xFF; 100_000]));
        assert!(line.garbled_since(before) <= 1, "{kind:?}");
        line.pass(500);
        let heard = line.facts_since(before, |fact| matches!(fact, Fact::Boot(_)).then_some(()));
        assert!(!heard.is_empty(), "{kind:?}: in step again with the next question");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for kind in ALL {
        let (one, other) = (session(kind, 7), session(kind, 7));
        assert_eq!(one.said, other.said);
        assert!(one.heard == other.heard);
    }
}
