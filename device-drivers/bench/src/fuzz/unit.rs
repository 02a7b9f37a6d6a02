//! The targets that are dialects, each with the units that it speaks with.

use std::boxed::Box;

use device_drivers::{ascii_line, modbus_rtu};
use safety::{Flux, Laser, Pemf, Power, Stimulator};
use simulated_units::{
    Unit, arroyo as simulated_arroyo,
    cobolt::Cobolt,
    free_pemf::FreePemf,
    magstim as simulated_magstim, magventure as simulated_magventure,
    maiman::Maiman,
    riden::{Riden, RidenModel},
};

use super::super::{
    arroyo as arroyo_plates, desk::Desk, limits::Permitted, magstim as magstim_plates,
    magventure as magventure_plates, maiman::Kind, open_link::Simulated, profiles, room::Treatment,
    stimulator,
};
use super::{
    judge::Rules,
    line::{Case, play},
    script::Script,
    stranger::{self, Means},
};

/// Ten bits at 115200 per second, in nanoseconds.
const FAST: u64 = 86_806;
/// Ten bits at 9600 per second, in nanoseconds.
const SLOW: u64 = 1_041_667;
/// What all simulated units are made of.
const SEED: u64 = 7;

pub(super) fn arroyo(bytes: &[u8]) -> bool {
    let mut script = Script::new(bytes);
    let models = [
        simulated_arroyo::Model::Source4320,
        simulated_arroyo::Model::Combo6310,
        simulated_arroyo::Model::Newport,
    ];
    let model = models[script.small() % models.len()];
    let case = Case {
        speaker: Box::new(move || arroyo_plates::speaker(model)),
        unit: arroyo_plates::unit(model),
        byte: arroyo_plates::BYTE,
        shared: false,
        desk: arroyo_plates::desk(),
        rules: laser(stranger::arroyo),
    };
    play(case, script)
}

pub(super) fn magstim(bytes: &[u8]) -> bool {
    let mut script = Script::new(bytes);
    let models = magstim_plates::models();
    let (model, unit) = models[script.small() % models.len()].clone();
    let desk = match unit {
        simulated_magstim::Model::TwoHundred | simulated_magstim::Model::BiStim => {
            let Treatment { prescription, limits, .. } = Treatment::single_pulses();
            Desk::with(prescription, limits)
        }
        simulated_magstim::Model::Rapid { .. } => Desk::new(),
    };
    let case = Case {
        speaker: Box::new(move || magstim_plates::speaker(model.clone())),
        unit: simulated_magstim::Magstim::new(unit),
        byte: magstim_plates::BYTE,
        shared: false,
        desk,
        rules: pulses(stranger::magstim),
    };
    play(case, script)
}

pub(super) fn magventure(bytes: &[u8]) -> bool {
    let mut script = Script::new(bytes);
    let choice = script.small();
    let (model, unit) = magventure_plates::MODELS[choice % 2];
    let single = choice / 2 % 2 == 1;
    let treatment = if single { Treatment::single_pulses() } else { Treatment::stimulator() };
    let (serial, coil) = (magventure_plates::SERIAL, magventure_plates::COIL);
    let case = Case {
        speaker: Box::new(move || magventure_plates::speaker(model)),
        unit: simulated_magventure::MagVenture::new(unit, serial, coil),
        byte: magventure_plates::BYTE,
        shared: false,
        desk: Desk::with(treatment.prescription, treatment.limits),
        rules: pulses(stranger::magventure),
    };
    play(case, script)
}

pub(super) fn maiman_text(bytes: &[u8]) -> bool {
    maiman(bytes, [Kind::Sf6Text, Kind::Sf8Text], stranger::maiman_text)
}

pub(super) fn maiman_rtu(bytes: &[u8]) -> bool {
    maiman(bytes, [Kind::Sf6Rtu, Kind::Sf8Rtu], stranger::maiman_rtu)
}

fn maiman(bytes: &[u8], kinds: [Kind; 2], means: fn(&[u8]) -> Means) -> bool {
    let mut script = Script::new(bytes);
    let kind = kinds[script.small() % 2];
    let case = Case {
        speaker: Box::new(move || kind.speaker()),
        unit: Maiman::new(kind.plan(), SEED, 0),
        byte: kind.byte(),
        shared: kind.is_shared(),
        desk: kind.desk(),
        rules: laser(means),
    };
    play(case, script)
}

/// A laser that is told watts, and a field unit that repeats every character and runs to the end.
pub(super) fn ascii_line(bytes: &[u8]) -> bool {
    let mut script = Script::new(bytes);
    if script.byte().is_multiple_of(2) {
        let Treatment { prescription, limits, .. } = profiles::cobolt_treatment();
        let case = Case {
            speaker: Box::new(|| ascii_line::dialect(profiles::cobolt_plate()).unwrap()),
            unit: Cobolt::new("C-1234"),
            byte: FAST,
            shared: false,
            desk: Desk::with(prescription, limits),
            rules: laser(stranger::cobolt),
        };
        play(case, script)
    } else {
        let case = Case {
            speaker: Box::new(|| ascii_line::dialect(profiles::free_pemf_plate()).unwrap()),
            unit: FreePemf::default(),
            byte: SLOW,
            shared: false,
            desk: Desk::new(),
            rules: Rules { runs: true, ..field(stranger::free_pemf) },
        };
        play(case, script)
    }
}

pub(super) fn modbus_rtu(bytes: &[u8]) -> bool {
    let mut script = Script::new(bytes);
    let models = [("rd6006", RidenModel::Rd6006), ("rd6012", RidenModel::Rd6012)];
    let (variant, model) = models[script.small() % models.len()];
    let case = Case {
        speaker: Box::new(move || modbus_rtu::dialect(profiles::riden_plate(variant)).unwrap()),
        unit: Riden::new(model, 4711),
        byte: FAST,
        shared: false,
        desk: Desk::new(),
        rules: field(stranger::riden),
    };
    play(case, script)
}

pub(super) fn open_link(bytes: &[u8]) -> bool {
    let mut script = Script::new(bytes);
    if script.byte().is_multiple_of(2) {
        play(linked::<Laser>(laser(stranger::open_link)), script)
    } else {
        play(linked::<Pemf>(field(stranger::open_link)), script)
    }
}

fn linked<M: Simulated + Permitted>(rules: Rules<M>) -> Case<M, Unit> {
    Case {
        speaker: Box::new(|| M::speaker(M::plate(&M::plan()))),
        unit: Unit::new(M::plan(), SEED, 0),
        byte: FAST,
        shared: false,
        desk: Desk::new(),
        rules,
    }
}

fn laser(means: fn(&[u8]) -> Means) -> Rules<Laser> {
    Rules { means, off_below: Power::from_milliwatts(50), runs: false }
}

fn field(means: fn(&[u8]) -> Means) -> Rules<Pemf> {
    Rules { means, off_below: Flux::from_microteslas(100), runs: false }
}

fn pulses(means: fn(&[u8]) -> Means) -> Rules<Stimulator> {
    Rules { means, off_below: stimulator::off_below(), runs: false }
}
