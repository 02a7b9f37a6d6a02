//! Reads what only the profile of a MagVenture has.

use std::sync::Arc;

use device_drivers::{
    Dialect,
    magventure::{Model, Plate, TrainReadBack, Waveform},
    open_link::Secret,
};
use safety::{Nanos, Stimulator};

use super::{
    diode,
    library::Library,
    mistake::Kind,
    profile::Common,
    sign_off::Signable,
    speech::{self, Peer, Speech, SpeechError},
    stimulator::{self, Facts},
    table::Table,
    unit::Profile,
};

/// Reads a MagVenture.
pub(super) fn read(root: &Table<'_>, common: Option<Common>, library: &Library) -> Option<Profile> {
    let table = root.table("magventure");
    stimulator::read(root, common, library, |common, facts| plate(table?, common, facts))
}

fn plate(table: Table<'_>, common: &Common, facts: &Facts) -> Option<Arc<dyn Speech<Stimulator>>> {
    let model = table.word(
        "model",
        &[
            ("r30", Model::R30),
            ("x100", Model::X100),
            ("r30-option", Model::R30Option),
            ("x100-option", Model::X100Option),
            ("r30-option-mono", Model::R30OptionMono),
            ("mst", Model::Mst),
        ],
    );
    let serial = table.whole("serial_number", 1..=0x00FF_FFFF);
    let coil = table.whole("coil_type", 1..=255);
    let waveform = table.word(
        "waveform",
        &[
            ("monophasic", Waveform::Monophasic),
            ("biphasic", Waveform::Biphasic),
            ("half-sine", Waveform::HalfSine),
            ("biphasic-burst", Waveform::BiphasicBurst),
        ],
    );
    let trains = table.word(
        "trains_read_back",
        &[("read", TrainReadBack::Read), ("unverified", TrainReadBack::Unverified)],
    );
    let charge = diode::time(&table, "charge_ms", 10_000);
    let answer = diode::time(&table, "answer_ms", 500);
    let gap = diode::time(&table, "gap_ms", 500);
    let (at, page) = (table.at(), table.page().clone());
    table.finish();
    let plate = Plate {
        model: model?.into_inner(),
        serial: u32::try_from(serial?.into_inner()).ok()?,
        coil: u8::try_from(coil?.into_inner()).ok()?,
        waveform: waveform?.into_inner(),
        trains: trains?.into_inner(),
        most_rate: facts.most_rate,
        energy: facts.energy,
        charge: charge?,
        poll: facts.timing.poll,
        link: facts.timing.link,
        lease: Nanos::from_millis(*common.lease.get_ref()),
        answer_within: answer?,
        gap: gap?,
        off_below: facts.off_below,
    };
    match device_drivers::magventure::dialect(plate.clone()) {
        Ok(_dialect) => Some(speech::shared(plate)),
        Err(error) => {
            page.wrong(Kind::Range, at, format!("no stimulator can be this: {error}"), "mend it");
            None
        }
    }
}

impl Speech<Stimulator> for Plate {
    fn dialect(&self, _: Secret) -> Result<Box<dyn Dialect<Stimulator> + Send>, SpeechError> {
        device_drivers::magventure::dialect(self.clone()).map_err(SpeechError::new)
    }

    fn peer(&self) -> Peer {
        Peer::MagVenture(Box::new(self.clone()))
    }

    fn signable(&self) -> Signable {
        Signable::of(self.unverified())
    }
}
