//! A serial cable: it takes as long as real bytes do, and everything can happen to them on the way.

use std::collections::VecDeque;

use rand::{Rng, rngs::StdRng};

use crate::ward::byte_ns;

/// How bad a cable is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quality {
    /// So many pieces in a thousand are lost.
    pub(crate) loss: u32,
    /// So many pieces in a thousand have a bit flipped.
    pub(crate) corruption: u32,
    /// So many pieces in a thousand come twice.
    pub(crate) duplication: u32,
    /// Everything takes up to so much longer.
    pub(crate) delay_ns: u64,
    /// Nothing gets through, and nobody is told.
    pub(crate) cut: bool,
}

impl Quality {
    /// Whether nothing is wrong with it.
    pub(crate) fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

/// One direction of a cable.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    /// What an adapter adds, however good the cable is.
    latency_ns: u64,
    /// When the last byte that was put on it has left.
    free_ns: u64,
    /// Pieces and when the last byte of each arrives, in order.
    pieces: VecDeque<(u64, Vec<u8>)>,
}

impl Wire {
    /// A wire behind an adapter that adds `latency_ns`.
    pub(crate) fn new(latency_ns: u64) -> Self {
        Self { latency_ns, ..Self::default() }
    }

    /// Puts bytes on the wire. They arrive in one piece or in two.
    pub(crate) fn put(&mut self, now: u64, bytes: &[u8], quality: Quality, chance: &mut StdRng) {
        let start = self.free_ns.max(now);
        self.free_ns = start + length(bytes.len());
        if quality.cut {
            return;
        }
        let split = match chance.random_range(0..4) {
            0 => chance.random_range(0..=bytes.len()),
            _ => bytes.len(),
        };
        let (first, second) = bytes.split_at(split);
        let late = start + self.latency_ns;
        self.send(late + length(split), first, quality, chance);
        self.send(late + length(bytes.len()), second, quality, chance);
    }

    /// When the next piece arrives.
    pub(crate) fn due(&self) -> u64 {
        self.pieces.front().map_or(u64::MAX, |(at, _)| *at)
    }

    /// The next piece, if it has arrived.
    pub(crate) fn arrived(&mut self, now: u64) -> Option<Vec<u8>> {
        self.pieces.pop_front_if(|(at, _)| *at <= now).map(|(_, bytes)| bytes)
    }

    /// What is on the wire is gone.
    pub(crate) fn clear(&mut self) {
        self.pieces.clear();
    }

    fn send(&mut self, at: u64, bytes: &[u8], quality: Quality, chance: &mut StdRng) {
        if bytes.is_empty() {
            return;
        }
        if quality.is_clean() {
            self.arrive(at, bytes.to_vec());
            return;
        }
        let mut strikes = |permille: u32| permille > 0 && chance.random_range(0..1_000) < permille;
        if strikes(quality.loss) {
            return;
        }
        let (corrupt, twice) = (strikes(quality.corruption), strikes(quality.duplication));
        let mut bytes = bytes.to_vec();
        if corrupt {
            let place = chance.random_range(0..bytes.len());
            bytes[place] ^= 1 << chance.random_range(0..8);
        }
        let at = at + chance.random_range(0..=quality.delay_ns);
        if twice {
            self.arrive(at, bytes.clone());
        }
        self.arrive(at, bytes);
    }

    /// A line keeps its order.
    fn arrive(&mut self, at: u64, bytes: Vec<u8>) {
        let at = at.max(self.pieces.back().map_or(0, |(before, _)| *before));
        self.pieces.push_back((at, bytes));
    }
}

fn length(bytes: usize) -> u64 {
    byte_ns() * bytes as u64
}
