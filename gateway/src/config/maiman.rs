//! Reads what only the profile of a Maiman driver has.

use std::sync::Arc;

use device_drivers::{
    Dialect,
    maiman::{Framing, Plate, Series, Warmth},
    open_link::Secret,
};
use safety::{Laser, Nanos, Permille, Temperature};
use toml::Spanned;

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

/// Reads a laser behind a Maiman driver.
pub(super) fn read(root: &Table<'_>, common: Option<Common>, library: &Library) -> Option<Profile> {
    let table = root.table("maiman");
    diode::read(root, common, library, |common, diode| plate(table?, common, diode))
}

fn plate(table: Table<'_>, common: &Common, diode: &Diode) -> Option<Arc<dyn Speech<Laser>>> {
    let framing = framing(&table);
    let model = table.whole("model_id", 0..=u64::from(u16::MAX));
    let signed = table.flag("id_is_ambiguous_but_signed");
    let serial = table.whole("serial_number", 0..=u64::from(u16::MAX));
    let series = table.word(
        "series",
        &[
            ("sf6-tenths", Series::Sf6Tenths),
            ("sf6-hundredths", Series::Sf6Hundredths),
            ("sf8", Series::Sf8),
        ],
    );
    let highest = diode::current(&table, "highest_milliamperes");
    let hardware = diode::current(&table, "hardware_milliamperes");
    let dark = diode::current(&table, "dark_milliamperes");
    let answer = diode::time(&table, "answer_ms", 1_000);
    let gap = diode::time(&table, "gap_ms", 1_000);
    let fall = diode::time(&table, "fall_ms", 500);
    let board = warmth(&table, "board");
    let sensor = warmth(&table, "sensor");
    let state = table.whole("tolerated_state_bits", 0..=u64::from(u16::MAX));
    let lock = table.whole("tolerated_lock_bits", 0..=u64::from(u16::MAX));
    let at = table.at();
    let page = table.page().clone();
    table.finish();
    let word = |count: Spanned<u64>| u16::try_from(count.into_inner()).ok();
    let plate = Plate {
        framing: framing?,
        baud: common.link.baud,
        model: word(model?)?,
        id_is_ambiguous_but_signed: signed?.into_inner(),
        serial: word(serial?)?,
        series: series?.into_inner(),
        highest: highest?,
        hardware: hardware?,
        curve: diode.curve,
        dark: dark?,
        off_below: diode.off_below,
        poll: diode.timing.poll,
        link: diode.timing.link,
        lease: Nanos::from_millis(*common.lease.get_ref()),
        answer_within: answer?,
        gap: gap?,
        fall: fall?,
        board: board?,
        sensor: sensor?,
        tolerated_state: word(state?)?,
        tolerated_lock: word(lock?)?,
    };
    match device_drivers::maiman::dialect(plate.clone()) {
        Ok(_dialect) => Some(speech::shared(plate)),
        Err(error) => {
            page.wrong(Kind::Range, at, format!("no driver can be this: {error}"), "mend it");
            None
        }
    }
}

/// How the line of the driver speaks.
fn framing(table: &Table<'_>) -> Option<Framing> {
    let is_rtu = *table.word("framing", &[("text", false), ("rtu", true)])?.get_ref();
    if !is_rtu {
        return Some(Framing::Text);
    }
    let address = table.whole("address", 1..=63);
    let half_duplex = table.flag("half_duplex");
    Some(Framing::Rtu {
        address: u8::try_from(address?.into_inner()).ok()?,
        half_duplex: half_duplex?.into_inner(),
    })
}

/// Where a temperature can be, if it is watched. `None` only if it is there and wrong.
#[expect(clippy::option_option, reason = "not there is no mistake, and wrong is one")]
fn warmth(table: &Table<'_>, key: &'static str) -> Option<Option<Warmth>> {
    let Some(below) = table.maybe_table(key) else { return Some(None) };
    let least = below.whole("least_centicelsius", 0..=10_000);
    let most = below.whole("most_centicelsius", 0..=10_000);
    below.finish();
    let degrees = |count: Spanned<u64>| {
        i32::try_from(count.into_inner()).ok().map(Temperature::from_centicelsius)
    };
    Some(Some(Warmth { least: degrees(least?)?, most: degrees(most?)? }))
}

impl Speech<Laser> for Plate {
    fn dialect(&self, _: Secret) -> Result<Box<dyn Dialect<Laser> + Send>, SpeechError> {
        device_drivers::maiman::dialect(self.clone()).map_err(SpeechError::new)
    }

    fn peer(&self) -> Peer {
        Peer::Maiman(Box::new(self.clone()))
    }

    fn signable(&self) -> Signable {
        Signable::of(self.unverified())
    }

    fn above(&self) -> Option<Permille> {
        Some(self.curve.uncertainty())
    }
}
