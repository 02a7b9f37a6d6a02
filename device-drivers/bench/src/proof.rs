//! What every stimulator is held to, whoever made it and however it is spoken with.

use std::{boxed::Box, vec::Vec};

use safety::{Input, State, Stimulator};
use simulated_units::Device;

use super::{room::Room, world::MS};

/// What a cable makes of what a unit said at an instant.
pub type Cable = fn(u64, Vec<u8>) -> Vec<u8>;

/// A family of stimulators.
#[derive(Clone, Copy, Debug)]
pub struct Proof<D: Device> {
    /// A supervisor, a line and a unit that was just switched on.
    pub room: fn() -> Room<Stimulator, D>,
    /// What begins a train.
    pub start: &'static [u8],
    /// What takes the unit from being ready.
    pub off: &'static [u8],
    /// Whether the unit is ready to begin a train, or in one.
    pub is_ready: fn(&D) -> bool,
    /// How many pulses it gave.
    pub pulses: fn(&D) -> u64,
}

impl<D: Device> Proof<D> {
    fn starts(&self, room: &Room<Stimulator, D>, since: u64) -> usize {
        room.world.said_since(since, self.start).len()
    }

    /// From any state: the first byte of off behind the frame under way and this gap, and the proof
    /// within the budget (COM-04).
    ///
    /// # Panics
    /// If it is later, or if anything begins after it.
    pub fn a_stop_outruns_everything(&self, gap_millis: u64) {
        for at in (0..14_000).step_by(97) {
            let mut room = (self.room)();
            let budget = room.world.dialect.budget();
            if at < 4_000 {
                room.pass(at);
            } else {
                room.emit();
                room.pass(at - 4_000);
            }
            let pulses = (self.pulses)(&room.world.device);
            let since = room.world.now;
            let stopped = room.world.stop();
            let first = stopped.in_flight + (gap_millis + 2) * MS;
            assert!(stopped.first <= first, "{at}: {stopped:?}");
            let proven = stopped.proven.expect("proven");
            assert!(proven <= budget.confirm.get() + 60 * MS, "{at}: {stopped:?} {budget:?}");
            room.world.pass(3_000);
            let given = (self.pulses)(&room.world.device);
            assert!(given <= pulses + 1, "{at}: {given} pulses after {pulses}");
            assert!(!(self.is_ready)(&room.world.device), "{at}");
            assert!(!room.world.said_since(since, self.off).is_empty(), "{at}");
            assert_eq!(self.starts(&room, since), 0, "{at}");
        }
    }

    /// An off that does nothing is said again and again, and never believed (COM-04).
    ///
    /// # Panics
    /// If it is believed, or given up.
    pub fn an_off_is_repeated_until_it_is_seen(&self, ignores: fn(&mut D)) {
        let mut room = (self.room)();
        room.emit();
        room.pass(3_000);
        ignores(&mut room.world.device);
        let since = room.world.now;
        room.must(Input::Stop);
        room.pass(2_000);
        assert!(room.world.said_since(since, self.off).len() > 5);
        room.is(State::Locked);
        assert!(!room.world.is_off_since(since));
    }

    /// Whatever comes of a bad cable is a bad frame or a lock, and never a pulse that was not charged
    /// (COM-06, DOS-01).
    ///
    /// # Panics
    /// If more was given than charged, or something begun more often than ordered.
    pub fn a_bad_cable_gives_no_pulse_for_nothing(&self, cables: &[(&str, Cable)]) {
        for (name, cable) in cables {
            let mut room = (self.room)();
            room.emit();
            room.world.spoil = Some(Box::new(*cable));
            let since = room.world.now;
            room.pass(8_000);
            assert!(room.world.garbled_since(since) > 0, "{name}");
            room.world.spoil = None;
            let _ = room.supervisor.step(room.world.instant(), Input::Stop);
            room.pass(3_000);
            let charged = room.supervisor.ended().expect("over").charged;
            let given = room.world.device.meter();
            assert!(given <= u128::from(charged.energy.picojoules()), "{name}");
            assert!(self.starts(&room, 0) <= 4, "{name}");
        }
    }

    /// An answer that is later than it may be is lost, and not taken for the answer to the next
    /// (COM-03).
    ///
    /// # Panics
    /// If it is believed.
    pub fn a_late_answer_is_not_believed(&self, millis: u64) {
        let mut room = (self.room)();
        room.emit();
        room.world.delay = millis * MS;
        let since = room.world.now;
        room.pass(3_000);
        assert!(room.world.garbled_since(since) > 0);
        room.is(State::Locked);
    }

    /// Noise on the wires of a session never begins more than was ordered.
    ///
    /// # Panics
    /// If it does.
    pub fn noise_in_a_session_begins_nothing(&self, noise: &[u8], at_millis: u64) {
        let mut room = (self.room)();
        room.emit();
        room.pass(at_millis);
        room.world.inject(noise);
        room.pass(3_000);
        assert!(self.starts(&room, 0) <= 4);
        let _ = room.supervisor.step(room.world.instant(), Input::Stop);
        room.pass(2_000);
        let charged = room.supervisor.ended().map(|ended| ended.charged.energy.picojoules());
        assert!(room.world.device.meter() <= u128::from(charged.unwrap_or(u64::MAX)));
    }

    /// A start whose answer is lost is charged, and never said again: said twice it would end the
    /// train, or begin another (COM-05). The unit is as `before` until it got the start, and as
    /// `after` from then on.
    ///
    /// # Panics
    /// If it is said again, or not charged.
    pub fn a_lost_answer_to_a_start_is_charged_and_not_said_again(
        &self,
        before: fn(&mut D),
        after: fn(&mut D),
        heal: fn(&mut D),
    ) {
        let mut room = (self.room)();
        room.warn();
        let mut ready = false;
        while self.starts(&room, 0) == 0 {
            ready = ready || (self.is_ready)(&room.world.device);
            before(&mut room.world.device);
            room.pass(1);
        }
        assert!(ready);
        after(&mut room.world.device);
        room.pass(6_000);
        room.is(State::Locked);
        assert_eq!(self.starts(&room, 0), 1);
        heal(&mut room.world.device);
        room.pass(3_000);
        assert_eq!(self.starts(&room, 0), 1);
        let ended = room.supervisor.ended().expect("over");
        let given = room.world.device.meter();
        assert!(given <= u128::from(ended.charged.energy.picojoules()));
        room.finish();
    }
}

/// What any cable may do: a check byte that is wrong, an answer that is lost, or comes backwards.
pub const CABLES: [(&str, Cable); 3] = [
    ("check byte", |at, mut bytes| {
        if (at / 100_000_000).is_multiple_of(3) {
            *bytes.last_mut().unwrap() ^= 0x10;
        }
        bytes
    }),
    ("lost", |at, bytes| if (at / 100_000_000).is_multiple_of(4) { Vec::new() } else { bytes }),
    ("backwards", |at, mut bytes| {
        if (at / 100_000_000).is_multiple_of(7) {
            bytes.reverse();
        }
        bytes
    }),
];
