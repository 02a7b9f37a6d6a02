//! A MagVenture of two models, with a simulated one at the other end of the line.

mod lies;
mod session;
mod transcript;
mod words;

use safety::{Frequency, Nanos, Stimulator};
use simulated_units::magventure as simulated;

use super::{Model, Plate, TrainReadBack, Waveform, dialect};
use crate::exchange::tests::{
    room::{Room, Treatment},
    stimulator::{ENERGY, off_below},
};

/// Ten bits at 38400 per second, in nanoseconds.
const BYTE: u64 = 260_417;
/// A serial number whose bytes look like the ends of a frame.
const SERIAL: u32 = 0x00FE_FF01;
const COIL: u8 = 60;

fn plate(model: Model) -> Plate {
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

const MODELS: [(Model, simulated::Model); 2] =
    [(Model::R30, simulated::Model::R30), (Model::X100, simulated::Model::X100)];

type Ward = Room<Stimulator, simulated::MagVenture>;

fn room_of(plate: Plate, unit: simulated::Model, treatment: Treatment<Stimulator>) -> Ward {
    let device = simulated::MagVenture::new(unit, SERIAL, COIL);
    Room::new(dialect(plate).unwrap(), device, BYTE, treatment)
}

/// An X100, which says most unasked.
fn talkative() -> Ward {
    room_of(plate(Model::X100), simulated::Model::X100, Treatment::stimulator())
}
