//! One run after another: what a unit must have said before the next, whatever the core believes.

use std::{boxed::Box, vec::Vec};

use safety::{Laser, LaserLevel, Nanos, Setting};

use super::{
    desk::Desk,
    toy::{BYTE, SECOND, Toy, ToyTongue, Word},
    world::{MS, World},
};
use crate::exchange::{Exchange, Heard, Hearing, Manner, Saying, Sense, Tongue};

/// How long the toy runs; the core takes its runs to be shorter.
const RUN: Nanos = Nanos::from_millis(400);

/// Emits for `millis` in flashes, and has the core believe after each that its run is over.
fn hurry(world: &mut World<Laser, Toy>, desk: &mut Desk<Laser>, millis: u64) {
    for _ in 0..millis.div_ceil(100) {
        world.order(desk.emit(world.instant()));
        for _ in 0..50 {
            world.pass(2);
            // What is seen on under the next order would be told off at once.
            world.device.on = false;
        }
        desk.ran();
    }
}

/// A run that the unit took is not met by another, even if one is ordered: its end is seen first.
#[test]
fn nothing_fires_during_a_run() {
    let tongue = ToyTongue { run: Some(RUN), ..ToyTongue::default() };
    let mut world = tongue.world();
    let mut desk = Desk::in_runs(Nanos::from_millis(10));
    world.warn(&mut desk);
    hurry(&mut world, &mut desk, 3_000);
    let fires = world.said_since(0, b"f");
    assert!((6..=8).contains(&fires.len()), "{fires:?}");
    for pair in fires.windows(2) {
        assert!(RUN.get() <= pair[1] - pair[0], "{} ms apart", (pair[1] - pair[0]) / MS);
    }
}

/// A toy that says whether it is ready to a question of its own: yes, unless it refuses that.
#[derive(Clone, Debug)]
struct Charged(ToyTongue);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Say {
    Toy(Word),
    Ready,
}

const INTRODUCTION: &[Say] = &[Say::Toy(Word::Who), Say::Toy(Word::Name)];
const POLLS: &[Say] = &[Say::Toy(Word::State), Say::Toy(Word::Level), Say::Ready];

impl Tongue<Laser> for Charged {
    type Word = Say;

    fn exact(&self, level: LaserLevel) -> Option<LaserLevel> {
        self.0.exact(level)
    }

    fn manner(&self) -> &Manner<Laser> {
        self.0.manner()
    }

    fn introduction(&self) -> &[Say] {
        INTRODUCTION
    }

    fn polls(&self) -> &[Say] {
        POLLS
    }

    fn off(&self) -> &[Say] {
        &[Say::Toy(Word::Off)]
    }

    fn tell(&self, setting: &Setting<Laser>) -> Option<Vec<Say>> {
        Some(self.0.tell(setting)?.into_iter().map(Say::Toy).collect())
    }

    fn enable(&self) -> &[Say] {
        &[Say::Toy(Word::Enable)]
    }

    fn fire(&self, setting: &Setting<Laser>) -> Vec<Say> {
        self.0.fire(setting).into_iter().map(Say::Toy).collect()
    }

    fn run(&self, setting: &Setting<Laser>) -> Option<Nanos> {
        self.0.run(setting)
    }

    fn say(&self, word: Say, turn: u32) -> Saying {
        match word {
            Say::Toy(word) => self.0.say(word, turn),
            Say::Ready => Saying { bytes: b"r".to_vec(), ..self.0.say(Word::State, turn) },
        }
    }

    fn hear(&self, heard: Heard<'_, Laser, Say>, senses: &mut Vec<Sense<Laser>>) -> Hearing {
        let Heard { asked, bytes, spoiled, wanted } = heard;
        match asked {
            Some((Say::Ready, _)) => match bytes {
                [b'R', said, _, _, ..] => {
                    senses.push(Sense::Ready(*said != b'!'));
                    Hearing::Answer(4)
                }
                [b'R', ..] => Hearing::More,
                _ => Hearing::Bad(1),
            },
            Some((Say::Toy(word), turn)) => {
                let heard = Heard { asked: Some((word, turn)), bytes, spoiled, wanted };
                let hearing = self.0.hear(heard, senses);
                senses.retain(|sense| !matches!(sense, Sense::Ready(_)));
                hearing
            }
            None => Hearing::Bad(1),
        }
    }
}

fn charged() -> World<Laser, Toy> {
    let mut toy = ToyTongue { run: Some(RUN), ..ToyTongue::default() };
    toy.manner.brings.ready = true;
    World::new(Box::new(Exchange::new(Charged(toy))), Toy::default(), BYTE)
}

/// That a unit was ready before the last run says nothing of the next.
#[test]
fn a_ready_of_before_the_last_run_is_not_believed() {
    let mut world = charged();
    let mut desk = Desk::in_runs(Nanos::from_millis(10));
    world.warn(&mut desk);
    world.order(desk.emit(world.instant()));
    assert!(world.pass_till(200, |world| world.device.got.contains(&b'f')));
    world.device.ignores = Some(b'r');
    hurry(&mut world, &mut desk, 3_000);
    assert_eq!(world.got(b'f'), 1, "it says nothing of being ready");
    assert!(world.is_off_since(0) && world.facts_since(world.now - SECOND, |_| Some(())).len() > 3);
    world.device.ignores = None;
    hurry(&mut world, &mut desk, 2_000);
    assert!(world.got(b'f') >= 2, "it was waited for");
}

/// That a unit was ready before it was told to get ready says nothing either.
#[test]
fn a_ready_of_before_it_was_enabled_is_not_believed() {
    let mut world = charged();
    let mut desk = Desk::in_runs(Nanos::from_millis(10));
    world.warn(&mut desk);
    assert!(world.got(b'r') > 3, "it said so all the time");
    world.order(desk.emit(world.instant()));
    assert!(world.pass_till(200, |world| world.device.got.contains(&b'e')));
    world.device.ignores = Some(b'r');
    hurry(&mut world, &mut desk, 2_000);
    assert_eq!(world.got(b'f') + world.got(b'a'), 0);
}
