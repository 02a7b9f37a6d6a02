//! Whole sessions in runs that nothing interrupts, with a real supervisor: each run has a grant of
//! its own, and is charged whole when it is ordered.

use std::vec::Vec;

use safety::{
    Beam, Cause, End, Ended, Exposure, Fact, Input, Instant, Nanos, Outcome, Pace, Pemf, State,
    Terms, Timing,
};
use simulated_units::{Device, free_pemf::FreePemf};

use crate::{
    ascii_line::dialect,
    exchange::tests::{
        desk::Desk,
        room::{Room, Treatment},
        world::MS,
    },
    profile::examples::free_pemf_plate,
};

const BYTE: u64 = 1_041_667;
const SECOND: u64 = 1_000 * MS;
/// One run: 10 mT for a second, in microtesla-seconds and in those of its meter.
const RUN: u64 = 10_000;
const METER: u128 = 10_000_000_000_000;
/// The end of the line that begins a run.
const END: &[u8] = b"\n";

/// A unit that is to give so many thousandths of a run.
fn room(thousandths: u64) -> Room<Pemf, FreePemf> {
    let plate = free_pemf_plate();
    let plain = Treatment::pemf();
    let terms = Terms {
        pace: Pace::Chunks { length: Nanos::from_secs(1) },
        timing: Timing { link: plate.link, ..Timing::PEMF },
        ..plain.terms
    };
    let mut treatment = Treatment { terms, ..plain };
    treatment.limits.tail = terms.tail();
    treatment.prescription.dose.quantity =
        Exposure::from_microtesla_seconds(RUN * thousandths / 1_000);
    Room::new(dialect(plate).unwrap(), FreePemf::default(), BYTE, treatment)
}

/// In the middle of its first run.
fn running(thousandths: u64) -> Room<Pemf, FreePemf> {
    let mut room = room(thousandths);
    room.emit();
    room.pass(500);
    assert_eq!(room.world.device.runs(), [1]);
    assert_ne!(room.world.device.output_now(), 0);
    room
}

fn ended(room: &Room<Pemf, FreePemf>) -> Ended<Pemf> {
    room.supervisor.ended().unwrap_or_else(|| panic!("{}", room.state()))
}

fn microtesla_seconds(dose: safety::PemfDose) -> u64 {
    dose.quantity.femtotesla_seconds() / 1_000_000_000
}

/// What the core was told of runs that are over, with the instants at which they were said.
fn ran(room: &Room<Pemf, FreePemf>) -> Vec<Instant> {
    let of =
        |report: &safety::Report<Pemf>| matches!(report.fact, Fact::Ran(_)).then_some(report.asked);
    room.world.heard.iter().filter_map(|(_, report)| of(report)).collect()
}

fn causes(room: &Room<Pemf, FreePemf>) -> Vec<Cause> {
    room.supervisor.causes().iter().map(|latched| latched.cause).collect()
}

/// Every run of the dose and no other; each counts at the upper bound of its calibration, 5 % above,
/// so that of eleven prescribed ten are given.
#[test]
fn a_session_is_a_whole_number_of_runs() {
    for (thousandths, given, outcome) in [
        (6_300, 6, Outcome::Complete),
        (11_000, 10, Outcome::Partial),
        (1_000, 1, Outcome::Complete),
    ] {
        let mut room = room(thousandths);
        room.emit();
        assert!(room.reaches(20_000, State::Standby), "{}", room.state());
        let ended = ended(&room);
        assert_eq!(room.world.device.runs().len(), given);
        assert_eq!((ended.end, ended.outcome), (End::Dose, outcome), "{thousandths}");
        let count = u64::try_from(given).unwrap();
        assert_eq!(microtesla_seconds(ended.delivered), count * RUN);
        assert_eq!(microtesla_seconds(ended.charged), count * RUN * 105 / 100);
        assert_eq!(room.world.device.meter(), METER * u128::from(count));
        assert_eq!(ran(&room).len(), given);
        assert!(matches!(room.supervisor.beam(), Beam::OffProven(_)));
        assert_eq!(room.world.garbled_since(0), 0);
    }
}

/// The next run goes out after the good answer to the one before, and at once.
#[test]
fn a_run_follows_the_answer_of_the_one_before() {
    let mut room = running(6_300);
    assert!(room.reaches(20_000, State::Standby), "{}", room.state());
    let begun = ran(&room);
    assert_eq!(begun.len(), 6);
    for pair in begun.windows(2) {
        let apart = pair[1].since(pair[0]).get();
        assert!((SECOND..SECOND + SECOND / 4).contains(&apart), "{apart}");
    }
}

/// A run that is ordered as soon as the one before is over waits until the unit was asked: it is seen
/// off between two.
#[test]
fn between_two_runs_the_unit_is_asked() {
    let (mut world, mut desk) = (super::free_pemf::world(), Desk::in_runs(Nanos::from_millis(10)));
    super::free_pemf::warned(&mut world, &mut desk);
    super::free_pemf::emit(&mut world, &mut desk, 200);
    world.deaf = true;
    super::free_pemf::emit(&mut world, &mut desk, 850);
    assert_eq!(world.device.runs(), [1]);
    world.deaf = false;
    let over = world.now;
    world.tell(crate::Event::Bytes(b".OK\r\n>"));
    desk.ran();
    super::free_pemf::emit(&mut world, &mut desk, 300);
    assert_eq!(world.device.runs(), [1, 1]);
    let asked = world.said_since(over, b"bat\n");
    let begun = world.said_since(over, b"freq 1000 1");
    assert!(asked.first().unwrap() < begun.first().unwrap(), "{asked:?} {begun:?}");
}

/// COM-05: a run whose answer is lost is charged whole, counts as not given, and is never said again.
#[test]
fn a_lost_answer_charges_the_run_and_ends_the_session() {
    let mut room = running(6_300);
    room.world.device.swallow();
    assert!(room.reaches(5_000, State::Locked), "{}", room.state());
    room.pass(5_000);
    assert_eq!(room.world.device.runs(), [1]);
    assert_eq!(causes(&room), [Cause::UnexpectedOff]);
    let ended = ended(&room);
    assert_eq!(ended.outcome, Outcome::Partial);
    assert_eq!((microtesla_seconds(ended.charged), microtesla_seconds(ended.delivered)), (RUN, 0));
    assert_eq!(room.world.device.meter(), METER, "it gave it all the same");
}

/// A run that the unit refuses is not said again: nobody knows whether it took it.
#[test]
fn a_refused_run_is_charged_and_not_said_again() {
    let mut room = room(6_300);
    assert!(room.reaches(30_000, State::Standby), "{}", room.state());
    room.world.device.refuse();
    room.arm();
    room.pass(2_500);
    room.start();
    assert!(room.reaches(10_000, State::Locked), "{}", room.state());
    room.pass(5_000);
    assert_eq!(room.world.device.runs(), [0_u64; 0]);
    assert_eq!(room.world.said.iter().filter(|(_, frame)| frame.bytes == END).count(), 1);
    assert_eq!((ran(&room).len(), causes(&room)), (0, std::vec![Cause::UnexpectedOff]));
    assert_eq!(microtesla_seconds(ended(&room).charged), RUN);
}

/// A stop during a run waits for its end, which nothing brings nearer, and no other follows.
#[test]
fn a_stop_during_a_run_is_followed_by_no_run() {
    for after in [0, 40, 200, 450, 480] {
        let mut room = running(6_300);
        room.pass(after);
        let since = room.world.now;
        room.must(Input::Stop);
        room.world.tell(crate::Event::Stop);
        assert!(room.world.device.output_now() != 0, "nothing interrupts it");
        assert!(room.reaches(2_000, State::Standby), "{}", room.state());
        assert!(room.world.now - since < SECOND + SECOND / 4, "{}", room.world.now - since);
        room.pass(5_000);
        assert_eq!((room.world.device.runs(), causes(&room)), (&[1][..], Vec::new()));
        let ended = ended(&room);
        assert_eq!((ended.end, ended.outcome), (End::Stopped, Outcome::Under));
        assert_eq!(microtesla_seconds(ended.charged), RUN * 105 / 100);
        assert_eq!(microtesla_seconds(ended.delivered), RUN, "it was heard to end");
    }
}

/// A stop between two runs: the second is neither ordered nor charged.
#[test]
fn a_stop_between_runs_charges_no_other() {
    let mut room = running(6_300);
    room.writes = false;
    room.pass(1_800);
    assert_eq!((room.world.device.runs(), room.world.device.output_now()), (&[1, 1][..], 0));
    room.must(Input::Stop);
    room.world.tell(crate::Event::Stop);
    room.pass(3_000);
    assert_eq!(room.world.device.runs(), [1, 1]);
    assert_eq!(microtesla_seconds(ended(&room).charged), 2 * RUN * 105 / 100);
}

/// DOS-06: without a durable slice that holds a whole run none is said; a ledger that is late locks.
#[test]
fn no_run_is_said_beyond_its_slice() {
    let mut room = running(6_300);
    room.writes = false;
    assert!(room.reaches(10_000, State::Locked), "{}", room.state());
    assert_eq!(causes(&room), [Cause::Ledger]);
    room.pass(3_000);
    let given = room.world.device.runs().len();
    assert!(given <= 3, "{given}");
    assert_eq!(room.world.device.meter(), METER * u128::try_from(given).unwrap());
}

/// Once it was told a setting, it has to go on saying that it holds it.
#[test]
fn a_setting_that_is_held_by_echo_is_told_again() {
    let mut room = room(6_300);
    assert!(room.reaches(30_000, State::Standby), "{}", room.state());
    room.arm();
    room.pass(10_000);
    room.is(State::Ready);
    assert!(room.world.said_since(0, b"pwm 50\n").len() > 30);
    room.world.device.deafen("pwm");
    assert!(room.reaches(5_000, State::Locked), "{}", room.state());
    assert_eq!(causes(&room), [Cause::LinkSilence]);
}
