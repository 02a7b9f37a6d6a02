//! The driver against a simulated board that shares no code with it, on a line with real byte times.

#[cfg(test)]
extern crate std;

use std::{format, string::String, vec, vec::Vec};

use proptest::prelude::*;
use simulated_units::relay::{RelayBoard, RelayFault, RelayPlan};

use super::{frame::Reading, *};

const MS: u64 = 1_000_000;
const TRANSCRIPT: &str = include_str!("../../../tests/transcripts/relay.v1.txt");

fn plate(channels: u8, baud: u32) -> Plate {
    Plate {
        address: 1,
        baud,
        channels: Channels::from_bits(channels),
        inputs: true,
        answer_within: Nanos::from_millis(10),
        lease: Nanos::from_secs(1),
    }
}

/// One board, one line, and somebody who allows channels.
struct World {
    now: u64,
    driver: Board,
    board: RelayBoard,
    allowed: Channels,
    left: Channels,
    sending: Option<(u64, Vec<u8>)>,
    /// Bytes on their way back, and when each is there.
    coming: Vec<(u64, u8)>,
    /// Every frame and when it was handed over.
    said: Vec<(u64, Vec<u8>)>,
    /// Answers come later than the plate says: nobody can keep out of their way.
    late: bool,
}

impl World {
    fn new(channels: u8) -> Self {
        Self::with(plate(channels, 9_600), RelayPlan::default())
    }

    fn with(plate: Plate, plan: RelayPlan) -> Self {
        let mut driver = Board::new(plate).unwrap();
        let now = 1_000 * MS;
        driver.step(Instant::from_boot(now), Event::Opened);
        Self {
            now,
            driver,
            board: RelayBoard::new(plan, now),
            allowed: Channels::NONE,
            left: Channels::NONE,
            sending: None,
            coming: Vec::new(),
            said: Vec::new(),
            late: false,
        }
    }

    fn online(channels: u8) -> Self {
        let mut world = Self::new(channels);
        world.pass(1_000);
        assert!(world.driver.is_online());
        world
    }

    fn at(&self) -> Instant {
        Instant::from_boot(self.now)
    }

    fn byte(&self) -> u64 {
        self.driver.plate().byte().get()
    }

    fn tell(&mut self, event: Event<'_>) {
        assert!(self.driver.step(self.at(), event).is_none(), "a frame without a turn");
    }

    /// Whether these open by themselves is seen.
    fn leave(&mut self, channels: u8) {
        self.left = Channels::from_bits(channels);
        self.allow(self.allowed.0 & !channels);
    }

    fn allow(&mut self, channels: u8) {
        self.allowed = Channels::from_bits(channels);
        self.tell(Event::Allow { closed: self.allowed, left: self.left });
        self.settle();
    }

    fn pass(&mut self, millis: u64) {
        let end = self.now + millis * MS;
        let mut left = 100_000;
        while self.now < end {
            left -= 1;
            assert!(left > 0, "spins");
            self.settle();
            let arrival = self.sending.as_ref().map(|(at, _)| *at);
            let coming = self.coming.first().map(|(at, _)| *at);
            let wake = Some(self.driver.wake().since_boot()).filter(|at| self.now < *at);
            let next = [arrival, coming, wake, self.board.wake(self.now)];
            let next = next.into_iter().flatten().min().unwrap_or(end);
            self.now = next.clamp(self.now + 1, end);
            self.settle();
        }
    }

    fn settle(&mut self) {
        if let Some((at, bytes)) = self.sending.take_if(|(at, _)| *at <= self.now) {
            self.board.receive(at, &bytes);
            self.tell(Event::Sent);
        }
        let mut wire = Vec::new();
        self.board.transmit(self.now, &mut wire);
        for byte in wire {
            let before = self.coming.last().map_or(self.now, |(at, _)| *at);
            self.coming.push((before.max(self.now) + self.byte(), byte));
        }
        while let Some((at, byte)) = self.coming.first().copied().filter(|(at, _)| *at <= self.now)
        {
            assert!(at <= self.now);
            self.coming.remove(0);
            self.tell(Event::Bytes(&[byte]));
        }
        self.tell(Event::Wake);
        if self.sending.is_none()
            && let Some(turn) = self.driver.step(self.at(), Event::Turn)
        {
            assert!(self.coming.is_empty() || self.late, "speaks into an answer");
            let takes = self.byte() * 8;
            self.said.push((self.now, turn.frame.bytes.clone()));
            self.sending = Some((self.now + takes, turn.frame.bytes));
        }
    }

    fn contacts(&self) -> [bool; CHANNELS] {
        self.board.contacts(self.now)
    }
}

/// The bytes of the maker's page, and answers of every kind.
#[test]
fn the_words_are_those_of_the_transcript() {
    let mut count = 0;
    for line in TRANSCRIPT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (word, bytes) = line.split_once(": ").unwrap();
        let (kind, rest) = word.split_once(' ').unwrap();
        let bytes: Vec<u8> =
            bytes.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
        let (spoken, means) = rest.split_once(" = ").unwrap_or((rest, ""));
        let word = match spoken.split(' ').collect::<Vec<_>>()[..] {
            ["kick", channel] => Word::Kick(channel.parse().unwrap()),
            ["off", channel] => Word::Off(channel.parse().unwrap()),
            ["outputs"] => Word::Outputs,
            ["inputs"] => Word::Inputs,
            _ => panic!("{spoken}"),
        };
        match kind {
            ">" => assert_eq!(word.encode(1, 7), bytes, "{line}"),
            _ => assert_eq!(said(word.decode(1, 7, &bytes)), means, "{line}"),
        }
        count += 1;
    }
    assert!(count >= 16, "{count} lines");
}

fn said(reading: Reading) -> String {
    match reading {
        Reading::More => "more".into(),
        Reading::Wrong => "wrong".into(),
        Reading::Echo => "echo".into(),
        Reading::Bits(bits) => format!("bits {bits:08b}"),
    }
}

/// Nothing that closes for ever, closes all at once, or changes the board, can be said.
#[test]
fn what_must_never_be_said_has_no_word() {
    let words = (0..=u8::MAX).flat_map(|channel| [Word::Kick(channel), Word::Off(channel)]);
    for word in words.chain([Word::Outputs, Word::Inputs]) {
        for steps in [1, 7, 255] {
            let frame = word.encode(1, steps);
            assert!(matches!(frame[1], 1 | 2 | 5), "{frame:02x?}");
            let value = [frame[4], frame[5]];
            let closes = frame[1] == 5 && value != [0, 0];
            assert!(!closes || (frame[2] == 2 && value != [0xFF, 0]), "{frame:02x?}");
        }
    }
}

/// What a profile promises follows from the speed of its line, and is refused if it is too slow.
#[test]
fn a_cycle_has_its_time_and_a_lease_its_limit() {
    let table =
        [(0x01, 115_200, 200), (0x0F, 9_600, 500), (0xFF, 9_600, 800), (0xFF, 115_200, 400)];
    for (channels, baud, on_time) in table {
        let plate = plate(channels, baud);
        let cycle = plate.exchange().times(plate.channels.count() + 2);
        assert_eq!(plate.cycle(), cycle);
        assert_eq!(plate.on_time(), Nanos::from_millis(on_time), "{channels:x} at {baud}");
        assert!(cycle.times(2) < plate.on_time() && plate.on_time() < plate.span());
        assert!(plate.validate().is_ok());
        let tight = Plate { lease: plate.span().minus(Nanos::new(1)), ..plate };
        let allowed = tight.lease;
        assert_eq!(tight.validate(), Err(PlateError::Lease { needs: plate.span(), allowed }));
    }
    let good = plate(1, 9_600);
    for (wrong, error) in [
        (Plate { address: 0, ..good }, PlateError::Address(0)),
        (Plate { baud: 300, ..good }, PlateError::Baud(300)),
        (Plate { channels: Channels::NONE, inputs: false, ..good }, PlateError::Unused),
        (Plate { answer_within: Nanos::ZERO, ..good }, PlateError::Answer(Nanos::ZERO)),
    ] {
        assert_eq!(Board::new(wrong).err(), Some(error));
    }
}

/// Before anything is closed, every channel was told Off and the board showed that all are.
#[test]
fn a_board_is_off_before_it_holds_anything() {
    let mut world = World::new(0xFF);
    world.allow(0xFF);
    world.pass(2_000);
    let kick = world.said.iter().position(|(_, frame)| frame[1] == 5 && frame[2] == 2).unwrap();
    let before: Vec<_> = world.said[..kick].iter().map(|(_, frame)| (frame[1], frame[3])).collect();
    let offs: Vec<_> = (0..8).map(|channel| (5, channel)).collect();
    assert_eq!(before[..8], offs);
    assert_eq!(before[8], (1, 0));
}

/// LCK-01: while they are allowed, eight contacts on a slow line stay closed without a gap.
#[test]
fn what_is_allowed_stays_closed() {
    let mut world = World::online(0xFF);
    world.allow(0b1011_0101);
    world.pass(700);
    let expected = core::array::from_fn(|place| 0b1011_0101 >> place & 1 == 1);
    for _ in 0..2_000 {
        world.pass(5);
        assert_eq!(world.contacts(), expected, "at {}", world.now);
    }
    assert_eq!(world.driver.tally().bad, 0);
}

/// A drop needs no answer: an Off goes out ahead of everything, at whatever moment.
#[test]
fn a_drop_opens_at_once_from_every_moment() {
    let bound = World::new(0xFF).driver.plate().off_within(1).get();
    for moment in 0..120 {
        let mut world = World::online(0xFF);
        world.allow(0xFF);
        world.pass(1_000);
        world.pass(moment);
        let dropped = world.now;
        world.allow(0xFF ^ 4);
        while world.contacts()[2] {
            world.pass(1);
            assert!(world.now - dropped <= bound, "{} ms", (world.now - dropped) / MS);
        }
        world.pass(1_000);
        assert!(!world.contacts()[2] && world.contacts()[3]);
    }
}

/// LAS-21: a door that opens at whatever moment opens every contact within what the plate promises.
#[test]
fn a_door_opens_everything_within_its_time() {
    let bound = World::new(0x07).driver.plate().door_within().unwrap().get();
    let mut worst = 0;
    for moment in 0..150 {
        let mut world = World::online(0x07);
        world.board.put_input(0, true);
        world.allow(0x07);
        world.pass(1_000 + moment);
        let opened = world.now;
        world.board.put_input(0, false);
        while world.contacts()[..3] != [false; 3] {
            world.pass(1);
            let read = world.driver.inputs(world.at());
            if read.is_some_and(|(_, closed)| !closed.has(0)) {
                world.allow(0);
            }
            assert!(world.now - opened <= bound, "{} ms", (world.now - opened) / MS);
        }
        worst = worst.max(world.now - opened);
    }
    assert!(bound / 4 < worst, "promised are {bound} ns, taken at most {worst}");
}

/// LCK-01: what is left is neither kicked nor told off, and falls by itself; what was left is told off
/// as soon as it is not to be closed any more.
#[test]
fn what_is_left_falls_by_itself() {
    let offs = |world: &World, since: usize| {
        let said = world.said[since..].iter();
        said.filter(|(_, frame)| frame[1] == 5 && frame[2] == 0 && frame[3] == 2).count()
    };
    let mut world = World::online(0xFF);
    world.allow(0xFF);
    world.pass(1_000);
    let left = world.said.len();
    world.leave(4);
    assert!(world.contacts()[2]);
    world.pass(world.driver.plate().span().get() / MS);
    assert_eq!((world.contacts()[2], world.contacts()[3], offs(&world, left)), (false, true, 0));
    let mut world = World::online(0xFF);
    world.allow(0xFF);
    world.pass(1_000);
    world.board.fault(RelayFault::IgnoresTiming);
    world.pass(1_000);
    world.leave(4);
    world.pass(5_000);
    assert!(world.contacts()[2], "it stays closed by itself");
    let told = world.said.len();
    world.leave(0);
    world.pass(300);
    assert_eq!((world.contacts()[2], offs(&world, told)), (false, 1));
}

/// A board that hears nothing any more opens by itself, within what its plate promises.
#[test]
fn silence_opens_within_the_span() {
    for moment in 0..40 {
        let mut world = World::online(0xFF);
        world.allow(0xFF);
        world.pass(1_000 + 7 * moment);
        world.board.fault(RelayFault::Deaf);
        let span = world.driver.plate().span().get();
        world.pass(span / MS);
        assert_eq!(world.contacts(), [false; CHANNELS], "after {moment}");
    }
}

#[test]
fn a_lost_board_begins_anew_with_off() {
    let mut world = World::online(0x03);
    world.allow(0x03);
    world.pass(500);
    world.board.fault(RelayFault::Mute);
    world.pass(400);
    assert!(!world.driver.is_online());
    let lost = world.said.len();
    world.pass(2_000);
    let kicks = world.said[lost..].iter().filter(|(_, frame)| frame[2] == 2).count();
    assert_eq!(kicks, 0, "nothing is closed on a board that does not answer");
    assert_eq!(world.contacts(), [false; CHANNELS]);
    world.board.heal();
    world.pass(1_500);
    assert!(world.driver.is_online() && world.contacts()[1]);
}

/// A board whose outputs stay on is never trusted with another.
#[test]
fn a_board_that_stays_on_is_not_used() {
    let mut world = World::new(0x03);
    let on = [0x01, 0x05, 0x00, 0x01, 0xFF, 0x00, 0xDD, 0xFA];
    world.board.receive(world.now, &on);
    world.board.transmit(world.now + 10 * MS, &mut Vec::new());
    assert!(world.contacts()[1], "the stage is set");
    world.board.fault(RelayFault::IgnoresOff);
    world.allow(0x03);
    world.pass(3_000);
    assert!(!world.driver.is_online() && !world.contacts()[0]);
    world.board.heal();
    world.pass(1_000);
    assert!(world.driver.is_online() && world.contacts()[0]);
}

/// Inputs that are not heard of are not known, each after its own deadline.
#[test]
fn inputs_are_known_for_a_while() {
    let mut world = World::online(0x01);
    world.board.put_input(5, true);
    world.pass(200);
    let closed = |world: &World| world.driver.inputs(world.at()).map(|(_, closed)| closed);
    assert_eq!(closed(&world), Some(Channels::NONE.with(5)));
    world.board.put_input(5, false);
    world.pass(200);
    assert_eq!(closed(&world), Some(Channels::NONE));
    world.board.fault(RelayFault::Mute);
    // What was answered before may still be on its way.
    world.pass(10);
    let (asked, _) = world.driver.inputs(world.at()).unwrap();
    let silent = asked.after(world.driver.plate().silence()).since_boot();
    world.pass((silent - world.now) / MS);
    assert!(closed(&world).is_some());
    world.pass(2);
    assert_eq!(closed(&world), None);
}

#[test]
fn damaged_and_late_answers_count_and_are_not_believed() {
    for fault in [RelayFault::Corrupt, RelayFault::Late(35), RelayFault::Late(300)] {
        let mut world = World::online(0x01);
        world.board.fault(fault);
        world.late = true;
        world.board.put_input(0, true);
        world.allow(0x01);
        world.pass(3_000);
        let believed = world.driver.inputs(world.at());
        assert!(believed.is_none() && !world.driver.is_online(), "{fault:?}: {believed:?}");
        assert!(world.driver.tally().bad >= 3, "{fault:?}");
        assert_eq!(world.contacts(), [false; CHANNELS], "{fault:?}");
    }
}

/// The plate says what happens on a board that does not begin the time anew: it opens, visibly.
#[test]
fn a_board_that_does_not_prolong_is_seen_to_open() {
    let plan = RelayPlan { restarts: false, ..RelayPlan::default() };
    let mut world = World::with(plate(0x01, 9_600), plan);
    world.pass(500);
    world.allow(0x01);
    world.pass(100);
    let mut open = 0;
    for _ in 0..2_000 {
        world.pass(1);
        open += u32::from(!world.contacts()[0]);
    }
    assert!(open > 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Noise closes nothing, and ends nothing: the board is heard again.
    #[test]
    fn noise_is_not_believed(noise in prop::collection::vec(any::<u8>(), 1..60), pause in 0..50_u64) {
        let mut world = World::online(0x0F);
        world.allow(0x05);
        world.pass(400 + pause);
        world.tell(Event::Bytes(&noise));
        world.pass(900);
        prop_assert_eq!(world.contacts()[..4].to_vec(), vec![true, false, true, false]);
        prop_assert!(world.driver.is_online());
    }

    /// The same bytes mean the same in whatever pieces they come.
    #[test]
    fn pieces_do_not_matter(
        bytes in prop::collection::vec(any::<u8>(), 0..20),
        good in any::<bool>(),
        cut in 0..30_usize,
    ) {
        let mut one = Board::new(plate(0x01, 9_600)).unwrap();
        let now = Instant::from_boot(1_000 * MS);
        one.step(now, Event::Opened);
        let now = now.after(Nanos::from_millis(10));
        let turn = one.step(now, Event::Turn).unwrap();
        let mut answer = if good { turn.frame.bytes } else { Vec::new() };
        answer.extend(bytes);
        let mut other = one.clone();
        one.step(now, Event::Bytes(&answer));
        let (head, tail) = answer.split_at(cut.min(answer.len()));
        other.step(now, Event::Bytes(head));
        other.step(now, Event::Bytes(tail));
        prop_assert_eq!(format!("{one:?}"), format!("{other:?}"));
    }
}
