//! Plays a script on a line: a dialect at one end, a simulated unit at the other, a judge between.

use std::{boxed::Box, vec::Vec};

use device_drivers::{Dialect, Event};
use safety::{Emission, Fact, Order, Output};
use simulated_units::{Button, Device};

use super::super::{desk::Desk, limits::Permitted, told::replay, world::World};
use super::{
    cable::Cable,
    judge::{Judge, Rules},
    script::{Act, Script, nanos},
};

/// How long a script may last.
const LASTS_MAX: u64 = nanos(8_000);
/// Within this a healed unit is off, and is known to be.
const PROVEN_WITHIN: u64 = 6_000;
/// A hang is a failure.
const STEPS_MAX: u32 = 200_000;

/// A dialect and the unit that it speaks with.
pub(super) struct Case<M: Permitted, D> {
    pub(super) speaker: Box<dyn Fn() -> Box<dyn Dialect<M> + Send>>,
    pub(super) unit: D,
    /// How long one byte takes, in nanoseconds.
    pub(super) byte: u64,
    /// Both directions share one pair of wires.
    pub(super) shared: bool,
    pub(super) desk: Desk<M>,
    pub(super) rules: Rules<M>,
}

/// How far the session of before has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    None,
    Prepared,
    Warned,
}

struct Play<M: Permitted, D: Device> {
    world: World<M, Cable<D>>,
    desk: Desk<M>,
    stage: Stage,
    judge: Judge<M>,
    off_below: M::Output,
    /// How many frames and reports were judged.
    said: usize,
    heard: usize,
    /// What arrives is what the unit said, when it said it.
    honest: bool,
    /// When nothing came out, last.
    dark: u64,
}

/// Plays a script, whose first byte says in which pieces the same bytes are told once more, and says
/// whether anything was turned on.
pub(super) fn play<M: Permitted, D: Device>(case: Case<M, D>, mut script: Script<'_>) -> bool {
    let piece = usize::from(script.byte() % 16) + 1;
    let mut world = World::new((case.speaker)(), Cable::new(case.unit), case.byte);
    world.shared = case.shared;
    let end = world.now + LASTS_MAX;
    let mut play = Play {
        dark: world.now,
        world,
        desk: case.desk,
        stage: Stage::None,
        off_below: case.rules.off_below,
        judge: Judge::new(case.rules),
        said: 0,
        heard: 0,
        honest: true,
    };
    for act in script {
        if end < play.world.now {
            break;
        }
        play.perform(act);
        play.look();
    }
    play.finish();
    let turned_on = !play.judge.is_unused();
    play.tell_again((case.speaker)(), piece);
    turned_on
}

impl<M: Permitted, D: Device> Play<M, D> {
    fn perform(&mut self, act: Act) {
        let now = self.world.now;
        self.honest &= is_honest(&act);
        match act {
            Act::Pass(millis) => self.pass(millis),
            Act::Prepare => {
                let order = self.desk.prepare(self.world.instant());
                self.order(order);
                self.stage = Stage::Prepared;
            }
            Act::Warn if self.stage == Stage::Prepared => {
                let order = self.desk.warn(self.world.instant());
                self.order(order);
                self.stage = Stage::Warned;
            }
            Act::Emit(times) if self.stage == Stage::Warned => self.emit(times),
            Act::Warn | Act::Emit(_) => {}
            Act::Off => self.order(Order::off()),
            Act::Stop => self.stop(),
            Act::Reopen(millis) => {
                self.judge.closed();
                self.world.tell(Event::Closed);
                self.pass(millis);
                self.judge.opened();
                self.world.tell(Event::Opened);
            }
            Act::Noise(noise) => self.world.inject(&noise),
            Act::Spoil(spoil) => self.world.device.spoils.push_back(spoil),
            Act::Again(place) => {
                let answer = self.world.device.earlier(place);
                self.world.inject(&answer);
            }
            Act::Deaf(deaf) => self.world.deaf = deaf,
            Act::Dumb(dumb) => self.world.dumb = dumb,
            Act::Late(millis) => self.world.delay = nanos(millis),
            Act::Press(button, on) => self.world.device.press(now, button, on),
            Act::Power(on) => self.world.device.power(now, on),
            Act::Wake => self.world.tell(Event::Wake),
        }
    }

    fn order(&mut self, order: Order<M>) {
        self.judge.ordered(self.world.instant(), order);
        self.world.order(order);
    }

    fn stop(&mut self) {
        self.judge.stopped();
        self.world.tell(Event::Stop);
    }

    fn emit(&mut self, times: u64) {
        for _ in 0..times {
            let order = self.desk.emit(self.world.instant());
            self.order(order);
            self.pass(50);
        }
    }

    fn pass(&mut self, millis: u64) {
        self.look();
        let end = self.world.now + nanos(millis);
        for _ in 0..STEPS_MAX {
            let more = self.world.advance(end);
            self.look();
            if !more {
                return;
            }
        }
        panic!("spins at {}", self.world.now);
    }

    /// Judges what was heard and said since the last look, in its order.
    fn look(&mut self) {
        if self.world.device.output_now() == 0 {
            self.dark = self.world.now;
        }
        let (mut said, mut heard) = (self.said, self.heard);
        loop {
            let (frame, report) = (self.world.said.get(said), self.world.heard.get(heard));
            match (frame, report) {
                // What came in at the same instant came ahead of the turn.
                (frame, Some((at, report))) if frame.is_none_or(|(later, _)| at <= later) => {
                    self.judge.heard(safety::Instant::from_boot(*at), report);
                    if let Fact::Emission(emission) = report.fact {
                        self.hold_against_the_truth(report.asked.since_boot(), emission);
                    }
                    heard += 1;
                }
                (Some((at, frame)), _) => {
                    self.judge.said(safety::Instant::from_boot(*at), frame);
                    said += 1;
                }
                (None, _) => break,
            }
        }
        (self.said, self.heard) = (said, heard);
    }

    /// A unit that is off by an answer that arrived as it was sent was dark when it was asked or later,
    /// and what was never turned on gave nothing.
    fn hold_against_the_truth(&self, asked: u64, emission: Emission<M::Output>) {
        let off = !emission.enabled && emission.output.count() < self.off_below.count();
        assert!(!off || !self.honest || asked <= self.dark, "off, and gives light since {asked}");
    }

    /// Whatever it was: once nothing is broken any more the unit is off, and known to be.
    fn finish(&mut self) {
        self.look();
        let world = &mut self.world;
        (world.deaf, world.dumb, world.delay) = (false, false, 0);
        world.device.spoils.clear();
        world.device.power(world.now, true);
        for (_, button) in Button::NAMES {
            world.device.press(world.now, button, button != Button::EStop);
        }
        self.order(Order::off());
        self.stop();
        let since = self.world.now;
        let end = since + nanos(PROVEN_WITHIN);
        while !self.world.is_off_since(since) && self.world.now < end {
            self.pass(10);
        }
        assert_eq!(self.world.device.output_now(), 0, "it is still on");
        assert!(self.world.is_off_since(since), "nobody knows whether it is off");
        let given = self.world.device.meter();
        assert!(given == 0 || !self.judge.is_unused(), "{given} was given, and nothing turned on");
    }

    /// COM-06: the same bytes in other pieces are the same facts and give the same frames.
    fn tell_again(self, dialect: Box<dyn Dialect<M> + Send>, piece: usize) {
        let (frames, reports) = replay(dialect, &self.world.trace, piece);
        let said: Vec<_> = self.world.said.into_iter().map(|(_, frame)| frame).collect();
        let heard: Vec<_> = self.world.heard.into_iter().map(|(_, report)| report).collect();
        same(&reports, &heard, piece);
        same(&frames, &said, piece);
    }
}

fn same<T: PartialEq + core::fmt::Debug>(pieces: &[T], whole: &[T], piece: usize) {
    let differs = (0..pieces.len().max(whole.len())).find(|at| pieces.get(*at) != whole.get(*at));
    if let Some(at) = differs {
        let (found, wanted) = (pieces.get(at), whole.get(at));
        panic!("in pieces of {piece} the {at}th is {found:02x?}, and was {wanted:02x?}");
    }
}

/// Whether what arrives after this is still what the unit says.
fn is_honest(act: &Act) -> bool {
    match act {
        Act::Noise(_) | Act::Spoil(_) | Act::Again(_) | Act::Deaf(_) | Act::Late(_) => false,
        Act::Pass(_)
        | Act::Prepare
        | Act::Warn
        | Act::Emit(_)
        | Act::Off
        | Act::Stop
        | Act::Reopen(_)
        | Act::Dumb(_)
        | Act::Press(..)
        | Act::Power(_)
        | Act::Wake => true,
    }
}
