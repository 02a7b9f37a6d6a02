//! What `check` tells of a relay contact: how fast it opens, by itself and for a door.

use std::fmt;

use safety::Nanos;

use super::{Config, Wire};

/// What a person has to know of one contact of a board.
#[derive(Clone, Debug)]
pub struct ContactReport {
    /// Its board.
    pub board: String,
    /// Its number on the board, from one.
    pub number: u16,
    /// The unit in whose interlock it is.
    pub unit: String,
    /// Between two kicks, at most.
    pub kicked_every: Nanos,
    /// From the last kick to an open contact, whatever becomes of the gateway (LCK-01).
    pub opens_after: Nanos,
    /// What the file of the unit allows for that.
    pub lease: Nanos,
    /// From its door at the board to an open contact (LAS-21). `None` if its door is not at a board.
    pub door: Option<Nanos>,
}

/// The contacts of a configuration, board by board.
pub(super) fn contacts(config: &Config) -> Vec<ContactReport> {
    let boards = config.boards.iter();
    let contacts = boards.flat_map(|board| board.channels.iter().map(move |own| (board, own)));
    let reports = contacts.filter_map(|(board, (channel, of))| {
        let unit = config.units.iter().find(|unit| unit.id == *of)?;
        let plate = &board.plate;
        Some(ContactReport {
            board: board.name.clone(),
            number: u16::from(*channel).saturating_add(1),
            unit: unit.name.clone(),
            kicked_every: plate.cycle(),
            opens_after: plate.span(),
            lease: unit.lease_time(),
            door: plate.door_within().filter(|_| unit.wiring.door == Wire::Board),
        })
    });
    reports.collect()
}

/// The line above the contacts.
pub(super) fn head(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "\n{:<22} {:<9}", "contact (times in ms)", "of")?;
    ["kicked", "opens", "lease", "door"].iter().try_for_each(|word| write!(f, " {word:>7}"))?;
    writeln!(f)
}

impl fmt::Display for ContactReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = |time: Nanos| time.get().div_ceil(1_000_000);
        write!(f, "{:<22} {:<9}", format!("{} {}", self.board, self.number), self.unit)?;
        for time in [self.kicked_every, self.opens_after, self.lease] {
            write!(f, " {:>7}", millis(time))?;
        }
        match self.door {
            Some(door) => write!(f, " {:>7}", millis(door)),
            None => write!(f, " {:>7}", "unit"),
        }
    }
}
