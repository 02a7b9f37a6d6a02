//! The cable between a device and its host, and what can be wrong with it, whatever the device is.

use std::collections::VecDeque;

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::device::numbered;

const MS: u64 = 1_000_000;
/// What hits every message.
const ALWAYS: u16 = 1_000;

/// A cable. What the device says at once is one message, and so is what reaches it at once.
#[derive(Clone, Debug)]
pub struct Cable {
    mute: bool,
    deaf: bool,
    drop_permille: u16,
    corrupt_permille: u16,
    delay_ns: u64,
    chance: StdRng,
    /// What is on its way to the host, and when it is there.
    late: VecDeque<(u64, Vec<u8>)>,
}

impl Cable {
    /// How a person types what is wrong with a cable, and what it does.
    pub const NAMES: [(&'static str, &'static str); 5] = [
        ("mute", "nothing that it says arrives"),
        ("deaf", "nothing that it is told arrives"),
        ("drop[:permille]", "messages are lost, either way"),
        ("corrupt[:permille]", "messages have one bit flipped, either way"),
        ("delay:milliseconds", "what it says comes late"),
    ];

    /// A cable that is whole.
    pub fn new(seed: u64) -> Self {
        Self {
            mute: false,
            deaf: false,
            drop_permille: 0,
            corrupt_permille: 0,
            delay_ns: 0,
            chance: StdRng::seed_from_u64(seed),
            late: VecDeque::new(),
        }
    }

    /// Something is wrong with it from now on, as a person types it. Returns whether a cable can
    /// break like this.
    pub fn break_as(&mut self, words: &str) -> bool {
        let permille = |word| match words {
            _ if words == word => Some(ALWAYS),
            _ => numbered(words, word).filter(|permille| *permille <= ALWAYS),
        };
        match words {
            "mute" => self.mute = true,
            "deaf" => self.deaf = true,
            _ => {
                let (lost, flipped) = (permille("drop"), permille("corrupt"));
                let late: Option<u32> = numbered(words, "delay");
                self.drop_permille = lost.unwrap_or(self.drop_permille);
                self.corrupt_permille = flipped.unwrap_or(self.corrupt_permille);
                self.delay_ns = late.map_or(self.delay_ns, |millis| u64::from(millis) * MS);
                return lost.is_some() || flipped.is_some() || late.is_some();
            }
        }
        true
    }

    /// It is whole again. What was on its way arrives.
    pub fn mend(&mut self) {
        (self.mute, self.deaf) = (false, false);
        (self.drop_permille, self.corrupt_permille, self.delay_ns) = (0, 0, 0);
    }

    /// What of `bytes` reaches the device.
    pub fn forth(&mut self, bytes: &[u8]) -> Vec<u8> {
        if self.deaf { Vec::new() } else { self.carry(bytes.to_vec()) }
    }

    /// The device says something.
    pub fn back(&mut self, now_ns: u64, bytes: Vec<u8>) {
        let carried = if self.mute { Vec::new() } else { self.carry(bytes) };
        if !carried.is_empty() {
            self.late.push_back((now_ns.saturating_add(self.delay_ns), carried));
        }
    }

    /// Appends what is there for the host by now.
    pub fn arrive(&mut self, now_ns: u64, wire: &mut Vec<u8>) {
        while let Some((_, bytes)) = self.late.pop_front_if(|(due, _)| *due <= now_ns) {
            wire.extend(bytes);
        }
    }

    /// When something arrives at the host.
    pub fn wake(&self) -> Option<u64> {
        self.late.front().map(|(due, _)| *due)
    }

    fn carry(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        if self.strikes(self.drop_permille) {
            return Vec::new();
        }
        if self.strikes(self.corrupt_permille) && !bytes.is_empty() {
            let place = self.chance.random_range(0..bytes.len());
            bytes[place] ^= 1 << self.chance.random_range(0..8);
        }
        bytes
    }

    fn strikes(&mut self, permille: u16) -> bool {
        self.chance.random_range(0..ALWAYS) < permille
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(cable: &mut Cable, at_ms: u64) -> Vec<u8> {
        let mut wire = Vec::new();
        cable.arrive(at_ms * MS, &mut wire);
        wire
    }

    fn broken(words: &str) -> Cable {
        let mut cable = Cable::new(7);
        assert!(cable.break_as(words), "{words}");
        cable
    }

    #[test]
    fn a_whole_cable_carries_what_it_is_given() {
        let mut cable = Cable::new(7);
        for _ in 0..100 {
            cable.back(MS, vec![1, 2, 3]);
            assert_eq!(said(&mut cable, 1), [1, 2, 3]);
            assert_eq!(cable.forth(&[4, 5]), [4, 5]);
        }
    }

    #[test]
    fn what_is_wrong_with_it_is_wrong_until_it_is_mended() {
        let mut mute = broken("mute");
        mute.back(0, vec![1]);
        assert_eq!((said(&mut mute, 9), mute.forth(&[2])), (vec![], vec![2]));
        let mut deaf = broken("deaf");
        deaf.back(0, vec![1]);
        assert_eq!((said(&mut deaf, 9), deaf.forth(&[2])), (vec![1], vec![]));
        let mut lost = broken("drop");
        lost.back(0, vec![1]);
        assert_eq!((said(&mut lost, 9), lost.forth(&[2])), (vec![], vec![]));
        let mut flipped = broken("corrupt");
        let damaged = flipped.forth(&[0, 0, 0]);
        assert_eq!(damaged.iter().map(|byte| byte.count_ones()).sum::<u32>(), 1, "{damaged:?}");
        let mut late = broken("delay:30");
        late.back(0, vec![1]);
        assert_eq!((said(&mut late, 29), late.wake()), (vec![], Some(30 * MS)));
        assert_eq!(said(&mut late, 30), [1]);
        for mut cable in [mute, deaf, lost, flipped, late] {
            cable.mend();
            cable.back(60 * MS, vec![0, 0]);
            assert_eq!((said(&mut cable, 60), cable.forth(&[0])), (vec![0, 0], vec![0]));
        }
    }

    #[test]
    fn some_are_lost_and_some_are_not() {
        let mut some = broken("drop:300");
        let carried = (0..1_000).filter(|_| !some.forth(&[1]).is_empty()).count();
        assert!((600..800).contains(&carried), "{carried}");
    }

    #[test]
    fn what_no_cable_has_is_refused() {
        for words in ["", "drop:1001", "drop:x", "delay", "delay:-1", "stuck-on", "mute:1"] {
            assert!(!Cable::new(7).break_as(words), "{words}");
        }
    }
}
