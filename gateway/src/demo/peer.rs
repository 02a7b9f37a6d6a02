//! The simulated unit that a profile describes.

use device_drivers::{
    arroyo as arroyo_driver,
    arroyo::{Ending, Scale},
    magstim as magstim_driver, magventure as magventure_driver, maiman as maiman_driver,
    maiman::{Framing, Series},
};
use safety::{Drive, Power, PowerCurve};
use simulated_units::{
    Device, arroyo, cobolt,
    free_pemf::FreePemf,
    magstim, magventure, maiman,
    riden::{Riden, RidenModel},
};

use super::{built, stand::Stand};
use crate::{
    clock,
    config::{Peer, UnitConfig},
};

/// Puts up the unit that a profile describes. Its port appears as a link in `folder`.
pub(crate) fn put_up(unit: &UnitConfig, folder: &std::path::Path) -> Stand {
    let now = clock::now().since_boot();
    let foreign =
        |device: Box<dyn Device>| Stand::foreign(&unit.name, Some(unit.modality()), device, folder);
    match unit.peer() {
        Peer::OpenLink(serial) => {
            let plan = built(unit.modality(), &serial);
            Stand::new(&unit.name, simulated_units::Unit::new(plan, now, now), folder)
        }
        Peer::Maiman(plate) => foreign(maiman(&plate, now)),
        Peer::Arroyo(plate) => foreign(arroyo(&plate, now)),
        Peer::Magstim(plate) => foreign(magstim(&plate)),
        Peer::MagVenture(plate) => foreign(magventure(&plate)),
        Peer::Cobolt(serial) => foreign(Box::new(cobolt::Cobolt::new(&serial))),
        Peer::FreePemf => foreign(Box::<FreePemf>::default()),
        Peer::Riden { variant, serial } => {
            let model = if variant == "rd6006" { RidenModel::Rd6006 } else { RidenModel::Rd6012 };
            foreign(Box::new(Riden::new(model, serial.parse().unwrap_or(0))))
        }
    }
}

/// A Maiman driver with a diode like that of the calibration.
fn maiman(plate: &maiman_driver::Plate, now: u64) -> Box<dyn Device> {
    let (threshold, slope) = line(&plate.curve);
    let plan = maiman::Plan {
        framing: match plate.framing {
            Framing::Text => maiman::Framing::Text,
            Framing::Rtu { address, .. } => maiman::Framing::Rtu(address),
        },
        series: match plate.series {
            Series::Sf6Tenths => maiman::Series::Sf6(10),
            Series::Sf6Hundredths => maiman::Series::Sf6(100),
            Series::Sf8 => maiman::Series::Sf8,
        },
        model: plate.model,
        serial: plate.serial,
        highest_microamperes: u64::from(plate.highest.count()),
        hardware_microamperes: u64::from(plate.hardware.count()),
        threshold_microamperes: threshold,
        milliwatts_per_ampere: slope,
        ripple_microamperes: i64::from(plate.series.measured().count()) * 4 / 5,
    };
    Box::new(maiman::Maiman::new(plan, now, now))
}

/// An Arroyo driver with a diode like that of the calibration.
fn arroyo(plate: &arroyo_driver::Plate, now: u64) -> Box<dyn Device> {
    let (threshold, slope) = line(&plate.curve);
    let own = arroyo::Plan::new(arroyo::Model::Source4320, &plate.serial);
    let plan = arroyo::Plan {
        identity: plate.identity.clone(),
        firmware: plate.firmware.first().cloned().unwrap_or_default(),
        ending: match plate.ending {
            Ending::CrLf => "\r\n",
            Ending::Cr => "\r",
            Ending::Lf => "\n",
        }
        .to_owned(),
        amperes: plate.scale == Scale::Amperes,
        decimals: plate.decimals,
        limit_microamps: plate.limit.count(),
        most_microamps: plate.limit.count(),
        threshold_microamps: u32::try_from(threshold).unwrap_or(u32::MAX),
        slope_milliwatts_per_ampere: u32::try_from(slope).unwrap_or(u32::MAX),
        ..own
    };
    Box::new(arroyo::Arroyo::new(plan, now, now))
}

/// A Magstim.
fn magstim(plate: &magstim_driver::Plate) -> Box<dyn Device> {
    let model = match &plate.model {
        magstim_driver::Model::TwoHundred => magstim::Model::TwoHundred,
        magstim_driver::Model::BiStim => magstim::Model::BiStim,
        magstim_driver::Model::Rapid { version, .. } => {
            let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
            let version = [(); 3].map(|()| numbers.next().unwrap_or(0));
            // A simulated one that wants a code takes none.
            magstim::Model::Rapid { version, unlock: Vec::new() }
        }
    };
    Box::new(magstim::Magstim::new(model))
}

/// A MagVenture.
fn magventure(plate: &magventure_driver::Plate) -> Box<dyn Device> {
    let model = match plate.model {
        magventure_driver::Model::R30
        | magventure_driver::Model::R30Option
        | magventure_driver::Model::R30OptionMono => magventure::Model::R30,
        magventure_driver::Model::X100
        | magventure_driver::Model::X100Option
        | magventure_driver::Model::Mst => magventure::Model::X100,
    };
    Box::new(magventure::MagVenture::new(model, plate.serial, plate.coil))
}

/// The straight line that is nearest to a calibration: where it begins, in microamperes, and how
/// steep it is, in milliwatts per ampere. A simulated diode knows no bend.
fn line(curve: &PowerCurve) -> (u64, u64) {
    let points = curve.points();
    let none = (Drive::from_count(0), Power::ZERO);
    let first = points.first().copied().unwrap_or(none);
    let last = points.last().copied().unwrap_or(none);
    let rise = u64::from(last.1.milliwatts().saturating_sub(first.1.milliwatts()));
    let run = u64::from(last.0.count().saturating_sub(first.0.count())).max(1);
    let slope = rise.saturating_mul(1_000_000) / run;
    let before = u64::from(first.1.milliwatts()).saturating_mul(1_000_000) / slope.max(1);
    (u64::from(first.0.count()).saturating_sub(before), slope)
}
