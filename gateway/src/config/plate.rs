//! Reads who a unit is and what is wired to it (CFG-04).

use clinic::{DoorAt, FootswitchAt, KeyAt, LeaseBy};
use device_drivers::open_link::Secret;
use jiff::{ToSpan, civil::Date};
use toml::Spanned;

use super::{files::Files, lease::Lease, mistake::Kind, secret, secret::Privacy, table::Table};
use crate::directory;

/// When a unit was calibrated, and the first day on which it must not be used (LAS-19, CFG-08).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calibration {
    /// The day of the last calibration.
    pub on: Date,
    /// The first day on which it is overdue.
    pub due: Date,
}

impl Calibration {
    /// Whole days until it is due: none on the day itself and ever after. `None` is unknown.
    pub fn days(&self, today: Date) -> Option<u32> {
        let days = today.until(self.due).ok()?.get_days();
        Some(u32::try_from(days).unwrap_or(0))
    }
}

/// What is wired to a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wiring {
    /// The contact of the door (LCK-05).
    pub door: Wire,
    /// The emergency stop (LAS-08).
    pub e_stop: Wire,
    /// The footswitch (LAS-06).
    pub footswitch: Wire,
}

impl Wiring {
    /// What the clinic has to know of it.
    pub(super) fn of_unit(self, lease: Lease) -> clinic::Wiring {
        clinic::Wiring {
            door: match self.door {
                Wire::Unit => DoorAt::Unit,
                Wire::Board => DoorAt::Board,
                Wire::None => DoorAt::None,
            },
            // A unit whose contacts are at a board has no key that it could report.
            key: if self.e_stop == Wire::Board { KeyAt::Board } else { KeyAt::Unit },
            footswitch: match self.footswitch {
                Wire::Unit | Wire::None => FootswitchAt::Unit,
                Wire::Board => FootswitchAt::Board,
            },
            lease: match lease {
                Lease::Watchdog | Lease::Preset | Lease::Chunk => LeaseBy::Unit,
                Lease::Relay => LeaseBy::Relay,
            },
        }
    }
}

/// Where a contact is wired to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// To the unit, which acts on it by itself and reports it.
    Unit,
    /// To an input of a relay board, whose relay is in the unit's interlock.
    Board,
    /// There is none.
    None,
}

/// The plate of a unit as it was read.
pub(super) struct Plate {
    pub(super) maker: String,
    pub(super) model: String,
    pub(super) serial: String,
    pub(super) firmware: Vec<String>,
    pub(super) applicator: u16,
    pub(super) calibration: Calibration,
    /// The key, if its file was named.
    pub(super) key: Option<Secret>,
}

impl Plate {
    /// As people are shown it.
    pub(super) fn shown(&self) -> directory::Plate {
        directory::Plate {
            maker: self.maker.clone(),
            model: self.model.clone(),
            serial: self.serial.clone(),
            firmware: self.firmware.clone(),
            applicator: self.applicator,
        }
    }
}

/// The contacts as they were read.
pub(super) struct Contacts {
    pub(super) wiring: Wiring,
    pub(super) door: Spanned<Wire>,
    pub(super) e_stop: Spanned<Wire>,
    pub(super) footswitch: Spanned<Wire>,
}

/// Reads `[wiring]`.
pub(super) fn wiring(table: Table<'_>) -> Option<Contacts> {
    let words = [("unit", Wire::Unit), ("board", Wire::Board), ("none", Wire::None)];
    let door = table.word("door", &words);
    let e_stop = table.word("e_stop", &words);
    let footswitch = table.word("footswitch", &words);
    table.finish();
    let (door, e_stop, footswitch) = (door?, e_stop?, footswitch?);
    let wiring = Wiring {
        door: *door.get_ref(),
        e_stop: *e_stop.get_ref(),
        footswitch: *footswitch.get_ref(),
    };
    Some(Contacts { wiring, door, e_stop, footswitch })
}

/// Reads `[plate]`.
pub(super) fn plate(table: Table<'_>, files: &dyn Files, real: bool, keyed: bool) -> Option<Plate> {
    let maker = sayable(&table, "maker");
    let model = sayable(&table, "model");
    let serial = sayable(&table, "serial");
    let firmware = firmware(&table);
    let applicator = table.whole("applicator", 1..=u64::from(u16::MAX));
    let calibration = calibration(&table, real);
    let key = if keyed { key(&table, files, real) } else { Some(None) };
    table.finish();
    Some(Plate {
        maker: maker?,
        model: model?,
        serial: serial?,
        firmware: firmware?,
        applicator: u16::try_from(applicator?.into_inner()).ok()?,
        calibration: calibration?,
        key: key?,
    })
}

/// A text that a unit can say of itself.
fn sayable(table: &Table<'_>, key: &'static str) -> Option<String> {
    let text = table.text(key)?;
    is_sayable(table, key, &text).then(|| text.into_inner())
}

fn is_sayable(table: &Table<'_>, key: &str, text: &Spanned<String>) -> bool {
    let printable = text.get_ref().bytes().all(|letter| (0x20..=0x7E).contains(&letter));
    let fits = printable && text.get_ref().len() <= SAYABLE_MAX;
    if !fits {
        let what = format!("`{}` is nothing that a unit can say of itself", table.full(key));
        let fix = format!("give 1 to {SAYABLE_MAX} printable ASCII characters, as on the plate");
        table.wrong(text, Kind::Range, what, fix);
    }
    fits
}

fn firmware(table: &Table<'_>) -> Option<Vec<String>> {
    let list = table.texts("firmware")?;
    if list.get_ref().is_empty() {
        let what = "`plate.firmware` allows no version";
        table.wrong(&list, Kind::Range, what, "list the versions that were approved");
        return None;
    }
    let version = |version: &Spanned<String>| {
        is_sayable(table, "firmware", version).then(|| version.get_ref().clone())
    };
    list.get_ref().iter().map(version).collect()
}

/// The days of calibration. A real unit is calibrated once a year, or as its maker says (CFG-08).
fn calibration(table: &Table<'_>, real: bool) -> Option<Calibration> {
    let on = table.day("calibrated_on");
    let due = table.day("calibration_due");
    let basis = table.maybe_text("calibration_basis");
    let (on, due) = (*on?.get_ref(), due?);
    if *due.get_ref() <= on {
        let what = format!("`plate.calibration_due` is not after `calibrated_on`, {on}");
        table.wrong(&due, Kind::Contradiction, what, "give the first day on which it is overdue");
        return None;
    }
    let year = on.checked_add(1.year()).ok()?;
    if real && *due.get_ref() > year && basis.is_none() {
        let what = format!("`plate.calibration_due` is later than 12 months after {on}");
        let fix = format!("give {year}, or say in `calibration_basis` where the maker says so");
        table.wrong(&due, Kind::Range, what, fix);
        return None;
    }
    Some(Calibration { on, due: due.into_inner() })
}

/// The key of the unit, if a file is named. A simulated unit may go without: it has a key that
/// everybody knows, because it proves nothing to anybody.
fn key(table: &Table<'_>, files: &dyn Files, real: bool) -> Option<Option<Secret>> {
    if !real && !table.has("key_file") {
        let _asked = table.maybe_text("key_file");
        return Some(None);
    }
    let path = table.text("key_file")?;
    let privacy = if real { Privacy::Required } else { Privacy::Waived };
    secret::key(table, &path, files, privacy).map(Some)
}

/// The longest text in an identity (open-link, section 7.1).
const SAYABLE_MAX: usize = 24;
