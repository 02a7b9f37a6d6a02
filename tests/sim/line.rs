//! The gateway's end of a line: a port that takes frames, and the cable behind it.

use std::collections::VecDeque;

use clinic::{Happening, LineId};
use device_drivers::Frame;
use rand::{Rng, rngs::StdRng};

use crate::cable::{Quality, Wire};

const MS: u64 = 1_000_000;
/// A port that takes no byte for longer is given up.
const WRITE_MAX: u64 = 1_000 * MS;
/// Between two attempts to open a port.
const RETRY: u64 = 500 * MS;

/// One line.
#[derive(Debug)]
pub(crate) struct Line {
    id: LineId,
    /// The unit at the far end.
    pub(crate) device: usize,
    /// To the unit.
    pub(crate) down: Wire,
    /// From the unit.
    pub(crate) up: Wire,
    pub(crate) quality: Quality,
    /// The cable is in its socket.
    pub(crate) plugged: bool,
    /// The port takes no bytes.
    pub(crate) stuck: bool,
    port: Port,
    /// Until when it counts as disturbed.
    pub(crate) disturbed_until: u64,
}

#[derive(Debug)]
enum Port {
    Closed {
        retry: u64,
    },
    Open {
        /// Frames that were handed over, and when the port has taken the first.
        frames: VecDeque<Frame>,
        taken: u64,
        gives_up: u64,
    },
}

impl Line {
    pub(crate) fn new(place: usize, latency_ns: u64) -> Self {
        Self {
            id: LineId(u16::try_from(place).unwrap_or_default()),
            device: place,
            down: Wire::default(),
            up: Wire::new(latency_ns),
            quality: Quality::default(),
            plugged: true,
            stuck: false,
            port: Port::Closed { retry: u64::MAX },
            disturbed_until: 0,
        }
    }

    /// The gateway has started and tries to open its port.
    pub(crate) fn start(&mut self, at: u64) {
        self.port = Port::Closed { retry: at };
    }

    /// The gateway is gone; the bytes that the port had taken go out all the same.
    pub(crate) fn abandon(&mut self) {
        self.port = Port::Closed { retry: u64::MAX };
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self.port, Port::Open { .. })
    }

    /// Hands a frame to the port. One for a closed port is lost.
    pub(crate) fn write(&mut self, now: u64, frame: Frame, chance: &mut StdRng) {
        let Port::Open { frames, taken, gives_up } = &mut self.port else { return };
        if frames.is_empty() {
            *taken = now + chance.random_range(10_000..400_000);
            *gives_up = now + WRITE_MAX;
        }
        frames.push_back(frame);
    }

    /// The socket is empty: a port that is open hangs up.
    pub(crate) fn unplug(&mut self) {
        self.plugged = false;
        self.down.clear();
        self.up.clear();
    }

    /// When something happens at the port.
    pub(crate) fn due(&self) -> u64 {
        match &self.port {
            Port::Closed { retry } => *retry,
            Port::Open { .. } if !self.plugged => 0,
            Port::Open { frames, .. } if frames.is_empty() => u64::MAX,
            Port::Open { gives_up, .. } if self.stuck => *gives_up,
            Port::Open { taken, .. } => *taken,
        }
    }

    /// Lets happen at the port what is due.
    pub(crate) fn turn(&mut self, now: u64, chance: &mut StdRng) -> Option<Happening> {
        if now < self.due() {
            return None;
        }
        match &mut self.port {
            Port::Closed { .. } if self.plugged => {
                self.up.clear();
                self.port = Port::Open { frames: VecDeque::new(), taken: 0, gives_up: 0 };
                Some(Happening::Opened(self.id))
            }
            Port::Closed { retry } => {
                *retry = now + RETRY;
                None
            }
            Port::Open { .. } if !self.plugged || self.stuck => {
                self.port = Port::Closed { retry: now + RETRY };
                Some(Happening::Closed(self.id))
            }
            Port::Open { frames, taken, gives_up } => {
                let frame = frames.pop_front()?;
                *taken = now + chance.random_range(10_000..400_000);
                *gives_up = now + WRITE_MAX;
                self.down.put(now, &frame.bytes, self.quality, chance);
                Some(Happening::Written(self.id))
            }
        }
    }
}
