//! What does not change while the gateway runs: its name, its rooms, its units, its limits' sources.

use std::sync::Arc;

use clinic::{LineId, RoomId, UnitId};
use safety::SourceId;

/// The fixed facts of one gateway.
#[derive(Clone, Debug)]
pub struct Directory {
    /// The site, as topics name it.
    pub site: String,
    /// The gateway, as topics name it.
    pub gateway: String,
    /// Distinguishes this run from others: instants and epochs compare only within one.
    pub run: u32,
    /// The rooms, by [`RoomId`].
    pub rooms: Vec<String>,
    /// The units, by [`UnitId`].
    pub units: Vec<UnitCard>,
    /// Where each limit of the library stands.
    pub sources: Sources,
}

/// The fixed facts of one unit.
#[derive(Clone, Debug)]
pub struct UnitCard {
    /// Its name: 1 to 64 of `a`-`z`, `0`-`9` and `-`.
    pub name: String,
    /// Its room.
    pub room: RoomId,
    /// What it emits.
    pub modality: Modality,
    /// Whether it treats people. A simulated one never does.
    pub real: bool,
    /// The dialect that it speaks.
    pub dialect: String,
    /// The path of its port.
    pub port: String,
    /// Its line, which several units may share.
    pub line: LineId,
    /// Its address on that line, if several may.
    pub address: Option<u8>,
    /// The plate, as the profile has it.
    pub plate: Plate,
}

/// The kinds of therapy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modality {
    /// A laser.
    Laser,
    /// A magnetic field.
    Pemf,
    /// Magnetic stimulation in trains of pulses.
    Stimulator,
}

/// The plate of a unit, as its profile has it.
#[derive(Clone, Debug, Default)]
pub struct Plate {
    /// The maker.
    pub maker: String,
    /// The model.
    pub model: String,
    /// The serial number.
    pub serial: String,
    /// The firmware versions that are allowed.
    pub firmware: Vec<String>,
    /// The code of its applicator or handpiece.
    pub applicator: u16,
}

/// Where each limit of the library stands, by its [`SourceId`].
#[derive(Clone, Debug, Default)]
pub struct Sources(pub Vec<Source>);

/// Where one limit stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file.
    pub file: Arc<str>,
    /// The line in the file, from one.
    pub line: u32,
    /// The revision that the file states.
    pub revision: Arc<str>,
}

impl Sources {
    /// Where a limit of the library stands; `None` for the sources that are no file.
    pub fn find(&self, id: SourceId) -> Option<&Source> {
        self.0.get(usize::from(id.library_index()?))
    }
}

impl Directory {
    /// The unit of this name.
    pub fn unit(&self, name: &str) -> Option<(UnitId, &UnitCard)> {
        let place = self.units.iter().position(|unit| unit.name == name)?;
        let id = UnitId(u16::try_from(place).ok()?);
        Some((id, self.units.get(place)?))
    }

    /// The card of a unit.
    pub fn card(&self, id: UnitId) -> Option<&UnitCard> {
        self.units.get(usize::from(id.0))
    }

    /// How many lines the units have.
    pub fn lines(&self) -> usize {
        let last = self.units.iter().map(|unit| usize::from(unit.line.0)).max();
        last.map_or(0, |last| last.saturating_add(1))
    }

    /// The units that share a line; none if it carries one.
    pub fn sharers(&self, line: LineId) -> Vec<&UnitCard> {
        let on: Vec<_> = self.units.iter().filter(|unit| unit.line == line).collect();
        if on.len() < 2 { Vec::new() } else { on }
    }

    /// The name of a unit, for people; of one that is not there, a question mark.
    pub fn name(&self, id: UnitId) -> &str {
        self.card(id).map_or("?", |card| &card.name)
    }

    /// The room of this name.
    pub fn room(&self, name: &str) -> Option<RoomId> {
        let place = self.rooms.iter().position(|room| room == name)?;
        u16::try_from(place).ok().map(RoomId)
    }

    /// The name of a room; of one that is not there, a question mark.
    pub fn room_name(&self, id: RoomId) -> &str {
        self.rooms.get(usize::from(id.0)).map_or("?", |room| room)
    }
}
