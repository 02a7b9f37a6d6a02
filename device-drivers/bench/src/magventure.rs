//! Plates and units of the MagVenture models.

use std::boxed::Box;

use device_drivers::{
    Dialect,
    magventure::{Model, Plate, TrainReadBack, Waveform, dialect},
};
use safety::{Frequency, Nanos, Stimulator};
use simulated_units::magventure as simulated;

use super::{
    proof::Proof,
    room::{Room, Treatment},
    stimulator::{ENERGY, off_below},
};

/// Ten bits at 38400 per second, in nanoseconds.
pub const BYTE: u64 = 260_417;
/// A serial number whose bytes look like the ends of a frame.
pub const SERIAL: u32 = 0x00FE_FF01;
/// The type of its coil.
pub const COIL: u8 = 60;

/// Begins a train, or ends one.
pub const START: &[u8] = &[0xFE, 1, 4, 0x61, 0xFF];
/// One pulse.
pub const PULSE: &[u8] = &[0xFE, 2, 3, 1, 0x0B, 0xFF];
/// Makes ready.
pub const ENABLE: &[u8] = &[0xFE, 2, 2, 1, 0xCF, 0xFF];
/// Takes that back.
pub const DISABLE: &[u8] = &[0xFE, 2, 2, 0, 0x91, 0xFF];

/// What an X100 is held to.
pub const PROOF: Proof<simulated::MagVenture> = Proof {
    room: talkative,
    start: START,
    off: DISABLE,
    is_ready: |unit| unit.is_enabled() || unit.is_running(),
    pulses: simulated::MagVenture::pulses,
};

/// Every model, and the simulated unit of it.
pub const MODELS: [(Model, simulated::Model); 2] =
    [(Model::R30, simulated::Model::R30), (Model::X100, simulated::Model::X100)];

/// A supervisor, a line and a stimulator.
pub type Ward = Room<Stimulator, simulated::MagVenture>;

/// What is known of a unit of `model`.
pub fn plate(model: Model) -> Plate {
    Plate {
        model,
        serial: SERIAL,
        coil: COIL,
        waveform: Waveform::Biphasic,
        trains: TrainReadBack::Read,
        most_rate: Frequency::from_millihertz(30_000),
        energy: ENERGY,
        charge: Nanos::from_millis(400),
        poll: Nanos::from_millis(250),
        link: Nanos::from_millis(500),
        lease: Nanos::from_millis(1_000),
        answer_within: Nanos::from_millis(30),
        gap: Nanos::from_millis(2),
        off_below: off_below(),
    }
}

/// Whoever speaks with a unit of `model`.
pub fn speaker(model: Model) -> Box<dyn Dialect<Stimulator> + Send> {
    dialect(plate(model)).unwrap()
}

/// A unit with a plate, and what is given with it.
pub fn room_of(plate: Plate, unit: simulated::Model, treatment: Treatment<Stimulator>) -> Ward {
    let device = simulated::MagVenture::new(unit, SERIAL, COIL);
    Room::new(dialect(plate).unwrap(), device, BYTE, treatment)
}

/// An X100, which says most unasked.
pub fn talkative() -> Ward {
    room_of(plate(Model::X100), simulated::Model::X100, Treatment::stimulator())
}
