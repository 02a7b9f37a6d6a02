//! Plates and units of the Magstim models, and what is given with each.

use std::{boxed::Box, string::ToString, vec::Vec};

use device_drivers::{
    Dialect,
    magstim::{Model, Plate, Unlock, dialect},
};
use safety::{Nanos, Stimulator};
use simulated_units::magstim as simulated;

use super::{
    proof::Proof,
    room::{Room, Treatment},
    stimulator::{ENERGY, off_below},
};

/// Ten bits at 9600 per second, in nanoseconds.
pub const BYTE: u64 = 1_041_667;

/// A code of the length that the vendor hands out.
pub const CODE: &[u8] = b"1234-12345678-\x9c\x31";

/// Begins a train, or gives a pulse.
pub const FIRE: &[u8] = b"EHr";
/// Makes ready to fire.
pub const ARM: &[u8] = b"EBx";
/// Takes that back.
pub const DISARM: &[u8] = b"EAy";

/// What a Rapid² of the newest software is held to.
pub const PROOF: Proof<simulated::Magstim> = Proof {
    room: newest,
    start: FIRE,
    off: DISARM,
    is_ready: simulated::Magstim::is_armed,
    pulses: simulated::Magstim::pulses,
};

/// A supervisor, a line and a stimulator.
pub type Ward = Room<Stimulator, simulated::Magstim>;

/// What is known of a unit of `model`.
pub fn plate(model: Model) -> Plate {
    Plate {
        model,
        energy: ENERGY,
        coil_sensor: true,
        poll: Nanos::from_millis(250),
        link: Nanos::from_millis(500),
        lease: Nanos::from_millis(1_000),
        answer_within: Nanos::from_millis(20),
        gap: Nanos::from_millis(5),
        off_below: off_below(),
    }
}

/// A Rapid² of this software; from version 9 on it has to be unlocked.
pub fn rapid(version: &str) -> Model {
    let unlock = (version.starts_with('9')).then(|| Unlock::new(CODE.to_vec()));
    Model::Rapid { version: version.to_string(), unlock }
}

/// Every model, and the simulated unit of it.
pub fn models() -> Vec<(Model, simulated::Model)> {
    let of = |version| simulated::Model::Rapid { version, unlock: CODE.to_vec() };
    std::vec![
        (Model::TwoHundred, simulated::Model::TwoHundred),
        (Model::BiStim, simulated::Model::BiStim),
        (rapid("5.1.0"), of([5, 1, 0])),
        (rapid("7.2.1"), of([7, 2, 1])),
        (rapid("9.0.0"), of([9, 0, 0])),
    ]
}

/// Whoever speaks with a unit of `model`.
pub fn speaker(model: Model) -> Box<dyn Dialect<Stimulator> + Send> {
    dialect(plate(model)).unwrap()
}

/// Single pulses where a model has no trains.
pub fn room(model: Model, unit: simulated::Model) -> Ward {
    let treatment = match model {
        Model::TwoHundred | Model::BiStim => Treatment::single_pulses(),
        Model::Rapid { .. } => Treatment::stimulator(),
    };
    Room::new(speaker(model), simulated::Magstim::new(unit), BYTE, treatment)
}

/// A Rapid² of the newest software.
pub fn newest() -> Ward {
    let (model, unit) = models().pop().unwrap();
    room(model, unit)
}
