//! Reads what only the profile of a Magstim has.

use std::sync::Arc;

use device_drivers::{
    Dialect,
    magstim::{Model, Plate, Unlock},
    open_link::Secret,
};
use safety::{Nanos, Stimulator};

use super::{
    diode,
    files::Files,
    library::Library,
    mistake::Kind,
    profile::Common,
    secret::{self, Privacy},
    sign_off::Signable,
    speech::{self, Peer, Speech, SpeechError},
    stimulator::{self, Facts},
    table::Table,
    unit::Profile,
};

/// Reads a Magstim.
pub(super) fn read(
    root: &Table<'_>,
    common: Option<Common>,
    library: &Library,
    files: &dyn Files,
) -> Option<Profile> {
    let table = root.table("magstim");
    stimulator::read(root, common, library, |common, facts| plate(table?, common, facts, files))
}

fn plate(
    table: Table<'_>,
    common: &Common,
    facts: &Facts,
    files: &dyn Files,
) -> Option<Arc<dyn Speech<Stimulator>>> {
    let model = model(&table, files);
    let answer = diode::time(&table, "answer_ms", 500);
    let gap = diode::time(&table, "gap_ms", 500);
    let (at, page) = (table.at(), table.page().clone());
    table.finish();
    let plate = Plate {
        model: model?,
        energy: facts.energy,
        coil_sensor: facts.coil_sensor,
        poll: facts.timing.poll,
        link: facts.timing.link,
        lease: Nanos::from_millis(*common.lease.get_ref()),
        answer_within: answer?,
        gap: gap?,
        off_below: facts.off_below,
    };
    match device_drivers::magstim::dialect(plate.clone()) {
        Ok(_dialect) => Some(speech::shared(plate)),
        Err(error) => {
            page.wrong(Kind::Range, at, format!("no stimulator can be this: {error}"), "mend it");
            None
        }
    }
}

fn model(table: &Table<'_>, files: &dyn Files) -> Option<Model> {
    let words = [("200", 0_u8), ("bistim", 1), ("rapid", 2)];
    match *table.word("model", &words)?.get_ref() {
        0 => Some(Model::TwoHundred),
        1 => Some(Model::BiStim),
        _ => {
            let version = table.text("version")?.into_inner();
            let unlock = match table.maybe_text("unlock_file") {
                None => None,
                Some(path) => Some(unlock(table, &path, files)?),
            };
            Some(Model::Rapid { version, unlock })
        }
    }
}

/// The code that unlocks the unit is a secret: it stands in a file of its own.
fn unlock(table: &Table<'_>, path: &toml::Spanned<String>, files: &dyn Files) -> Option<Unlock> {
    let mut code = secret::read(table, path, files, Privacy::Required)?;
    // An editor ends a file with a line end that is no part of the code.
    if code.len() > UNLOCK_BYTES && code.last() == Some(&b'\n') {
        code.pop();
    }
    Some(Unlock::new(code))
}

impl Speech<Stimulator> for Plate {
    fn dialect(&self, _: Secret) -> Result<Box<dyn Dialect<Stimulator> + Send>, SpeechError> {
        device_drivers::magstim::dialect(self.clone()).map_err(SpeechError::new)
    }

    fn peer(&self) -> Peer {
        Peer::Magstim(Box::new(self.clone()))
    }

    fn signable(&self) -> Signable {
        Signable::of(self.unverified())
    }
}

/// Fourteen characters and two bytes (TDb 087).
const UNLOCK_BYTES: usize = 16;
