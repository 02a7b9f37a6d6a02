//! Reads what only the profile of an Arroyo driver has.

use std::sync::Arc;

use device_drivers::{
    Dialect,
    arroyo::{Ending, Plate, Scale},
    open_link::Secret,
};
use safety::{Laser, Nanos, Permille};

use super::{
    diode::{self, Diode},
    library::Library,
    mistake::Kind,
    profile::Common,
    sign_off::Signable,
    speech::{self, Peer, Speech, SpeechError},
    table::Table,
    unit::Profile,
};

/// Reads a laser behind an Arroyo driver.
pub(super) fn read(root: &Table<'_>, common: Option<Common>, library: &Library) -> Option<Profile> {
    let table = root.table("arroyo");
    diode::read(root, common, library, |common, diode| plate(table?, common, diode))
}

fn plate(table: Table<'_>, common: &Common, diode: &Diode) -> Option<Arc<dyn Speech<Laser>>> {
    let identity = table.text("identity");
    let ending =
        table.word("ending", &[("crlf", Ending::CrLf), ("cr", Ending::Cr), ("lf", Ending::Lf)]);
    let scale = table
        .word("currents_in", &[("milliamperes", Scale::Milliamperes), ("amperes", Scale::Amperes)]);
    let decimals = table.whole("decimals", 1..=6);
    let limit = diode::current(&table, "limit_milliamperes");
    let dark = diode::current(&table, "dark_milliamperes");
    let on_delay = diode::time(&table, "on_delay_ms", 30_000);
    let key = table.flag("key");
    let cooler = table.flag("cooler");
    let answer = diode::time(&table, "answer_ms", 1_000);
    let gap = diode::time(&table, "gap_ms", 1_000);
    let fall = diode::time(&table, "fall_ms", 500);
    let (at, page) = (table.at(), table.page().clone());
    table.finish();
    let plate = Plate {
        identity: identity?.into_inner(),
        serial: common.plate.serial.clone(),
        firmware: common.plate.firmware.clone(),
        baud: common.link.baud,
        ending: ending?.into_inner(),
        scale: scale?.into_inner(),
        decimals: u32::try_from(decimals?.into_inner()).ok()?,
        limit: limit?,
        dark: dark?,
        on_delay: on_delay?,
        curve: diode.curve,
        key: key?.into_inner(),
        cooler: cooler?.into_inner(),
        poll: diode.timing.poll,
        link: diode.timing.link,
        lease: Nanos::from_millis(*common.lease.get_ref()),
        answer_within: answer?,
        gap: gap?,
        fall: fall?,
        off_below: diode.off_below,
    };
    match device_drivers::arroyo::dialect(plate.clone()) {
        Ok(_dialect) => Some(speech::shared(plate)),
        Err(error) => {
            page.wrong(Kind::Range, at, format!("no driver can be this: {error}"), "mend it");
            None
        }
    }
}

impl Speech<Laser> for Plate {
    fn dialect(&self, _: Secret) -> Result<Box<dyn Dialect<Laser> + Send>, SpeechError> {
        device_drivers::arroyo::dialect(self.clone()).map_err(SpeechError::new)
    }

    fn peer(&self) -> Peer {
        Peer::Arroyo(Box::new(self.clone()))
    }

    fn signable(&self) -> Signable {
        Signable::of(self.unverified())
    }

    fn above(&self) -> Option<Permille> {
        Some(self.curve.uncertainty())
    }
}
