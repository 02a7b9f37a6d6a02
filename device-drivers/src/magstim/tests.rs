//! A Magstim of each model, with a simulated one at the other end of the line.

mod lies;
mod session;
mod transcript;
mod words;

use std::{string::ToString, vec::Vec};

use safety::{Nanos, Stimulator};
use simulated_units::magstim as simulated;

use super::{Model, Plate, Unlock, dialect};
use crate::exchange::tests::{
    room::{Room, Treatment},
    stimulator::{ENERGY, off_below},
};

/// Ten bits at 9600 per second, in nanoseconds.
const BYTE: u64 = 1_041_667;

/// A code of the length that the vendor hands out.
const CODE: &[u8] = b"1234-12345678-\x9c\x31";

fn plate(model: Model) -> Plate {
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

fn rapid(version: &str) -> Model {
    let unlock = (version.starts_with('9')).then(|| Unlock::new(CODE.to_vec()));
    Model::Rapid { version: version.to_string(), unlock }
}

/// Every model, and the simulated unit of it.
fn models() -> Vec<(Model, simulated::Model)> {
    let of = |version| simulated::Model::Rapid { version, unlock: CODE.to_vec() };
    std::vec![
        (Model::TwoHundred, simulated::Model::TwoHundred),
        (Model::BiStim, simulated::Model::BiStim),
        (rapid("5.1.0"), of([5, 1, 0])),
        (rapid("7.2.1"), of([7, 2, 1])),
        (rapid("9.0.0"), of([9, 0, 0])),
    ]
}

type Ward = Room<Stimulator, simulated::Magstim>;

fn room(model: Model, unit: simulated::Model) -> Ward {
    let treatment = match model {
        Model::TwoHundred | Model::BiStim => Treatment::single_pulses(),
        Model::Rapid { .. } => Treatment::stimulator(),
    };
    let dialect = dialect(plate(model)).unwrap();
    Room::new(dialect, simulated::Magstim::new(unit), BYTE, treatment)
}

/// A Rapid² of the newest software.
fn newest() -> Ward {
    let (model, unit) = models().pop().unwrap();
    room(model, unit)
}
