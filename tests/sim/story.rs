//! What goes wrong, and for how long: one story for each seed.

use rand::{Rng, SeedableRng, rngs::StdRng};
use safety::Cause;
use simulated_units::{Command, Fault, Sensor, TRIPS, Way};

use crate::{cable::Quality, disk::Mood, ward::UNITS};

const MS: u64 = 1_000_000;

/// A kind of thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A cable loses, damages, doubles or delays bytes.
    Cable,
    /// A cable is cut, and nobody is told.
    Cut,
    /// A cable is pulled out, and put in again.
    Unplug,
    /// A port takes no bytes.
    StuckPort,
    /// The cables of two units are exchanged.
    Swap,
    /// Bytes come in that nobody sent.
    Noise,
    /// Something is broken in a unit.
    Broken,
    /// The mains of a unit fail.
    Mains,
    /// A door opens.
    Door,
    /// Somebody presses the e-stop.
    EStop,
    /// Somebody turns the key.
    Key,
    /// The applicator comes off.
    Applicator,
    /// The disk is slow, stalls or fails.
    Disk,
    /// The control thread is late.
    Stall,
    /// The gateway is gone.
    Crash,
    /// Something outside every unit forbids emission.
    Outside,
    /// The gateway is asked to leave.
    Leave,
    /// Somebody who passes by stops a unit, or everything.
    Passerby,
    /// The operator leaves without a word.
    Vanish,
}

/// Every kind.
pub const KINDS: [Kind; 19] = [
    Kind::Cable,
    Kind::Cut,
    Kind::Unplug,
    Kind::StuckPort,
    Kind::Swap,
    Kind::Noise,
    Kind::Broken,
    Kind::Mains,
    Kind::Door,
    Kind::EStop,
    Kind::Key,
    Kind::Applicator,
    Kind::Disk,
    Kind::Stall,
    Kind::Crash,
    Kind::Outside,
    Kind::Leave,
    Kind::Passerby,
    Kind::Vanish,
];

/// What may go wrong in one world, and how often.
#[derive(Clone, Debug)]
pub struct Story {
    /// What may go wrong. Nothing in a calm world.
    pub kinds: Vec<Kind>,
    /// The mean time between two things.
    gap_ns: u64,
    /// How often in a thousand an operator does something silly.
    pub(crate) silly: u32,
    /// Whether relays are wired into the interlocks.
    pub(crate) relays: bool,
    /// Whether those relays fall when the control thread stands still.
    pub(crate) heartbeat: bool,
    /// What the adapters of the lines add.
    pub(crate) latency_ns: u64,
    /// How many units are there.
    pub(crate) units: usize,
}

impl Story {
    /// The story of `seed`: an eighth calm, most with one to three things that go wrong, the rest
    /// with all of them.
    pub fn new(seed: u64) -> Self {
        let mut chance = StdRng::seed_from_u64(seed ^ 0x0570_71E5);
        let count = match chance.random_range(0..8) {
            0 => 0,
            1..4 => 1,
            4..7 => chance.random_range(2..4),
            _ => KINDS.len(),
        };
        let mut kinds = Vec::new();
        while kinds.len() < count {
            let kind = KINDS[chance.random_range(0..KINDS.len())];
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        // The crate of the units has more that can break than all the rest together.
        if count > 0 && chance.random_bool(0.4) && !kinds.contains(&Kind::Broken) {
            kinds.push(Kind::Broken);
        }
        kinds.sort_unstable();
        Self {
            kinds,
            gap_ns: chance.random_range(1_500..12_000) * MS,
            silly: if chance.random_bool(0.5) { chance.random_range(0..60) } else { 0 },
            relays: chance.random_bool(0.6),
            heartbeat: chance.random_bool(0.5),
            latency_ns: [0, 0, MS, 16 * MS][chance.random_range(0..4)],
            units: UNITS,
        }
    }

    /// One laser on a cable that goes bad again and again: what the speed is measured with.
    pub fn solo() -> Self {
        Self {
            kinds: vec![Kind::Cable, Kind::Noise],
            gap_ns: 30_000 * MS,
            silly: 0,
            relays: true,
            heartbeat: false,
            latency_ns: MS,
            units: 1,
        }
    }

    /// Everything goes wrong that can.
    pub fn of_everything() -> Self {
        Self { kinds: KINDS.to_vec(), units: UNITS, silly: 20, ..Self::solo() }
    }

    /// When something goes wrong next.
    pub(crate) fn next(&self, now: u64, chance: &mut StdRng) -> u64 {
        if self.kinds.is_empty() {
            return u64::MAX;
        }
        now + chance.random_range(self.gap_ns / 4..self.gap_ns * 2)
    }

    /// What goes wrong then.
    pub(crate) fn kind(&self, chance: &mut StdRng) -> Kind {
        self.kinds[chance.random_range(0..self.kinds.len())]
    }
}

/// For how long something lasts: mostly short, sometimes long.
pub(crate) fn lasting(chance: &mut StdRng) -> u64 {
    match chance.random_range(0..4) {
        0 => chance.random_range(10..300) * MS,
        1 | 2 => chance.random_range(300..3_000) * MS,
        _ => chance.random_range(3_000..15_000) * MS,
    }
}

/// How bad a bad cable is.
pub(crate) fn quality(chance: &mut StdRng) -> Quality {
    let mut some =
        |most: u32| if chance.random_bool(0.5) { chance.random_range(0..most) } else { 0 };
    let (loss, corruption, duplication) = (some(300), some(300), some(300));
    let delay_ns = u64::from(some(150)) * MS;
    Quality { loss, corruption, duplication, delay_ns, cut: false }
}

/// What a disk is from now on.
pub(crate) fn mood(chance: &mut StdRng) -> Mood {
    [Mood::Slow, Mood::Stalled, Mood::Failing][chance.random_range(0..3)]
}

/// What the gateway is told from outside.
pub(crate) fn outside(chance: &mut StdRng) -> Cause {
    [Cause::Audit, Cause::LostRecord, Cause::Suspend, Cause::ClockBack][chance.random_range(0..4)]
}

/// Something that breaks in a unit.
pub(crate) fn fault(chance: &mut StdRng) -> Fault {
    let way = [Way::Request, Way::Reply, Way::Both][chance.random_range(0..3)];
    let often = [30, 200, 600, 1_000][chance.random_range(0..4)];
    let command = Command::ALL[chance.random_range(0..Command::ALL.len())];
    match chance.random_range(0..24) {
        0 => Fault::Drop(way, often),
        1 => Fault::Corrupt(way, often),
        2 => Fault::Duplicate(way, often),
        3 => Fault::Delay(way, [5, 40, 250, 400, 2_000, 20_000][chance.random_range(0..6)]),
        4 => Fault::Reorder,
        5 => Fault::Replay,
        6 => Fault::Mute,
        7 => Fault::Freeze,
        8 => Fault::Gain(chance.random_range(300..2_000)),
        9 => Fault::MeterGain(chance.random_range(300..1_600)),
        10 => Fault::Clamp(chance.random_range(500..8_000)),
        11 => Fault::StuckOn,
        12 => Fault::IgnoreLease,
        13 => Fault::Reboot,
        14 => Fault::AutoResume,
        15 => Fault::Acknowledge(command),
        16 => Fault::Ignore(command),
        17 => {
            let sensors = [Sensor::Open, Sensor::Short, Sensor::Absent];
            Fault::Sensor(sensors[chance.random_range(0..sensors.len())])
        }
        18 => Fault::Ambient([3_700, 4_000, 4_400, 7_000][chance.random_range(0..4)]),
        19 => {
            let bit = chance.random_range(0..TRIPS.len());
            Fault::Trip(u8::try_from(bit).unwrap_or_default())
        }
        20 => Fault::Applicator(chance.random_range(0..600)),
        21 => Fault::Identity,
        22 => Fault::Impostor,
        _ => Fault::Firmware,
    }
}

/// A name for a fault, for the marks.
pub(crate) fn fault_name(fault: Fault) -> String {
    let text = format!("{fault:?}");
    text.split(['(', ' ']).next().unwrap_or_default().to_owned()
}
