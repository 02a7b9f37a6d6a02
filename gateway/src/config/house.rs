//! Reads all files, and finds what contradicts across them.

use std::{collections::BTreeMap, sync::Arc};

use clinic::{LineId, RoomId, UnitId};
use device_drivers::{Budget, Company};
use safety::Nanos;
use sha2::{Digest, Sha256};
use toml::de::DeTable;

use super::{
    Config, boards, dialect_profile,
    families::{self, Families},
    files::Files,
    library::{Library, LibraryCard},
    lines,
    mistake::{ConfigErrors, Kind, Mistakes, Page},
    profile::{self, Draft},
    rooms, settings,
    settings::{Security, Serves, Settings},
    suggestion,
    table::Table,
    text::Text,
};
use crate::directory::Directory;

/// Reads everything. What is wrong in one file does not keep the others from being read.
pub(super) fn read(files: &dyn Files, serves: Serves) -> Result<Config, ConfigErrors> {
    let mut house =
        House { files, mistakes: Mistakes::default(), hash: Sha256::new(), read: BTreeMap::new() };
    let settings = house.file(SETTINGS, |root| settings::read(root, files, serves)).flatten();
    let rooms = house.file(ROOMS, rooms::read);
    let library = house.file(LIMITS, Library::read).unwrap_or_default();
    let mut families = Families::default();
    for name in house.files_in(families::FOLDER) {
        families.put(&name, house.file(&name, dialect_profile::profile).flatten());
    }
    let mut drafts: Vec<Draft> = Vec::new();
    let units = house.unit_files();
    for name in &units {
        drafts.extend(house.unit(name, &library, &families));
    }
    // A unit that was not understood is a mistake already; that a board names it is none.
    let are_all_known = drafts.len() == units.len();
    for (index, draft) in drafts.iter_mut().enumerate() {
        place(draft, index, rooms.as_deref());
    }
    let before = house.mistakes.count();
    let lines = lines::place(&mut drafts);
    if house.mistakes.count() == before {
        lines::seat(&mut drafts);
    }
    for (index, draft) in drafts.iter().enumerate() {
        let (before, _) = drafts.split_at(index);
        shares_no_name(draft, before);
        may_be_real(draft, settings.as_ref(), &library.card);
        stops_in_time(draft);
    }
    let mut boards = Vec::new();
    for (index, name) in house.files_in(BOARDS).iter().enumerate() {
        let line = LineId(u16::try_from(lines.saturating_add(index)).unwrap_or(u16::MAX));
        let draft = house.file(name, |root| boards::read(root, files.today())).flatten();
        let draft = draft.filter(|_| are_all_known);
        let rooms = rooms.as_deref().unwrap_or_default();
        let placed = draft.and_then(|draft| draft.place(line, &drafts, rooms, &boards));
        boards.extend(placed);
    }
    // A board that was not understood is a mistake already; what it would serve is none.
    if house.mistakes.count() == 0 {
        drafts.iter().for_each(|draft| boards::serve(draft, &boards));
    }
    house.mistakes.clone().into_result()?;
    let hash = house.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut units: Vec<_> = drafts.into_iter().map(|draft| draft.unit).collect();
    units.iter_mut().for_each(|unit| boards::vouch(unit, &boards));
    let Some(settings) = settings else { return Err(ConfigErrors::unexplained()) };
    let directory = Directory {
        site: settings.site.clone(),
        gateway: settings.gateway.clone(),
        run: 0,
        rooms: rooms.unwrap_or_default(),
        units: units.iter().map(super::UnitConfig::card).collect(),
        sources: library.sources,
    };
    let families = families.into_whole();
    let (library, files) = (library.card, house.read);
    Ok(Config { settings, directory, units, boards, families, library, hash, files })
}

/// What is being read.
struct House<'a> {
    files: &'a dyn Files,
    mistakes: Mistakes,
    hash: Sha256,
    /// Every file that was read, as it was.
    read: BTreeMap<Arc<str>, Arc<[u8]>>,
}

impl House<'_> {
    /// Reads one file. `None` if it is no table of a schema that is known here; why, was noted.
    fn file<T>(&mut self, name: &str, read: impl FnOnce(Table<'_>) -> T) -> Option<T> {
        let page = self.page(name)?;
        let source = Arc::clone(&page.text);
        let (document, errors) = DeTable::parse_recoverable(&source.source);
        for error in &errors {
            let span = error.span().unwrap_or(0..0);
            page.wrong(Kind::Syntax, span, error.message(), "see https://toml.io for the syntax");
        }
        if !errors.is_empty() {
            return None;
        }
        let root = Table::root(page, document.get_ref());
        is_known_schema(&root).then(|| read(root))
    }

    /// Reads the file of one unit. A unit that is not understood is a mistake, whatever else: it
    /// never goes missing without a word.
    fn unit(&mut self, name: &str, library: &Library, families: &Families) -> Option<Draft> {
        let before = self.mistakes.count();
        let files = self.files;
        let draft = self.file(name, |root| profile::read(root, files, library, families)).flatten();
        if draft.is_none() && self.mistakes.count() == before {
            let what = format!("{name} does not describe a whole unit");
            self.empty_page(name).wrong(Kind::File, 0..0, what, "compare it with another unit's");
        }
        draft
    }

    /// Stands in for what cannot be shown.
    fn empty_page(&self, name: &str) -> Page {
        let text = Text::new(name, String::new()).into();
        Page { text, mistakes: self.mistakes.clone() }
    }

    fn page(&mut self, name: &str) -> Option<Page> {
        let read = self.files.read(name);
        let (bytes, error) = match read {
            Ok(contents) => (contents.bytes, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        // The name as well, so that no two folders have one hash (CFG-07).
        self.hash.update(format!("{name}\0{}\0", bytes.len()));
        self.hash.update(&bytes);
        self.read.insert(name.into(), bytes.as_slice().into());
        let broken = std::str::from_utf8(&bytes).err().map(|error| error.valid_up_to());
        let text = Text::new(name, String::from_utf8_lossy(&bytes).into_owned());
        let page = Page { text: text.into(), mistakes: self.mistakes.clone() };
        match (error, broken) {
            (Some(error), _) => {
                let what = format!("{name} cannot be read: {error}");
                page.wrong(Kind::File, 0..0, what, "the folder holds it, readable by the gateway");
                None
            }
            (None, Some(at)) => {
                let what = "this is no text in UTF-8";
                page.wrong(Kind::Syntax, at..at.saturating_add(1), what, "save it as UTF-8");
                None
            }
            (None, None) => Some(page),
        }
    }

    /// The files in a folder that may not be there, in the order of their names.
    fn files_in(&self, folder: &str) -> Vec<String> {
        let mut names = self.files.names(folder).unwrap_or_default();
        names.retain(|name| name.ends_with(".toml"));
        names.sort();
        names.into_iter().map(|name| format!("{folder}/{name}")).collect()
    }

    /// The files of the units, in the order of their names.
    fn unit_files(&self) -> Vec<String> {
        let listed = self.files.names(UNITS);
        let error = listed.as_ref().err().map(ToString::to_string);
        let mut names = self.files_in(UNITS);
        let what = match (error, names.len()) {
            (Some(error), _) => format!("the folder {UNITS} cannot be read: {error}"),
            (None, 0) => format!("the folder {UNITS} holds no unit"),
            (None, count) if count > UNITS_MAX => {
                format!("the folder {UNITS} holds {count} units, more than {UNITS_MAX}")
            }
            (None, _) => String::new(),
        };
        if !what.is_empty() {
            let fix = "put one file there for each unit";
            self.empty_page(UNITS).wrong(Kind::File, 0..0, what, fix);
        }
        names.truncate(UNITS_MAX);
        names
    }
}

/// A file of another version may mean something else by the same words.
fn is_known_schema(root: &Table<'_>) -> bool {
    let Some(schema) = root.whole("schema", 0..=u64::MAX) else {
        // Noted at once: what else the file has is not looked at.
        let what = "there is no `schema`";
        let fix = "begin the file with `schema = 1`";
        if !root.has("schema") {
            root.page().wrong(Kind::Schema, 0..0, what, fix);
        }
        return false;
    };
    let known = *schema.get_ref() == SCHEMA;
    if !known {
        let what = format!("schema {} is not known: this gateway reads {SCHEMA}", schema.get_ref());
        root.wrong(&schema, Kind::Schema, what, "use the gateway that the file was written for");
    }
    known
}

/// Gives a unit its places: its own and its room's.
fn place(draft: &mut Draft, index: usize, rooms: Option<&[String]>) {
    let id = u16::try_from(index).unwrap_or(u16::MAX);
    draft.unit.id = UnitId(id);
    // Without rooms there is a mistake already.
    let Some(rooms) = rooms else { return };
    let name = draft.room.get_ref();
    match rooms.iter().position(|room| room == name) {
        Some(room) => draft.unit.room = RoomId(u16::try_from(room).unwrap_or(u16::MAX)),
        None => {
            let what = format!("there is no room `{name}` in {ROOMS}");
            let near = suggestion::nearest(name, rooms.iter().map(String::as_str));
            let fix = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", rooms.join(", ")),
            };
            draft.page.wrong(Kind::Contradiction, draft.room.span(), what, fix);
        }
    }
}

/// A name is one unit's.
fn shares_no_name(draft: &Draft, before: &[Draft]) {
    if let Some(other) = before.iter().find(|other| other.unit.name == draft.unit.name) {
        let what = format!("`{}` is the name of {} as well", draft.unit.name, other.unit.file);
        let fix = "give each unit a name of its own";
        draft.page.wrong(Kind::Contradiction, draft.name.clone(), what, fix);
    }
}

/// A real unit needs callers who prove who they are, and limits that two persons signed.
fn may_be_real(draft: &Draft, settings: Option<&Settings>, library: &LibraryCard) {
    if !draft.unit.real {
        return;
    }
    let wrong = |what: &str, fix: &str| {
        draft.page.wrong(Kind::Contradiction, draft.mark.clone(), what, fix);
    };
    let is_open = settings.is_some_and(|settings| match settings.grpc.security {
        Security::Loopback => true,
        Security::Mutual(_) => false,
    });
    if is_open {
        let what = "a real unit is not opened while nobody has to prove who calls: no TLS";
        wrong(what, "add [grpc.tls] to gateway.toml, or mark the unit `simulated` if it is");
    }
    if library.approvers.is_empty() {
        let what = "a real unit is not opened under limits that nobody approved";
        wrong(what, "two persons read limits.toml and put their names into `approvers`");
    }
}

/// Emission ends within T_any after any single fault, and a stop is proven before the relay has to
/// open, or the unit is not opened (PEM-08).
fn stops_in_time(draft: &Draft) {
    let Ok(budget) = draft.unit.budget() else { return };
    let ms = |time: Nanos| time.get().div_ceil(1_000_000);
    let Budget { detect, turn, confirm, lease } = budget;
    // Off is proven from the end of a run on that nothing interrupts.
    let (bound, proven) = (draft.unit.bound(), draft.unit.timing().confirm.plus(draft.unit.run()));
    let parts = format!(
        "detect {}, turn {}, confirm {}, lease {}",
        ms(detect),
        ms(turn),
        ms(confirm),
        ms(lease)
    );
    let what = if budget.worst() > bound {
        let (worst, bound) = (ms(budget.worst()), ms(bound));
        format!("the unit may emit for {worst} ms after a fault, longer than {bound} ms: {parts}")
    } else if turn.plus(confirm) > proven {
        let (after, proven) = (ms(turn.plus(confirm)), ms(proven));
        format!(
            "a stop is proven after {after} ms, later than `confirm_ms` permits, {proven} ms: {parts}"
        )
    } else {
        return;
    };
    let fix = match draft.unit.company == Company::default() {
        true => {
            "raise the speed of the line, or shorten the times in limits.toml that leave no room"
        }
        false => {
            "raise the speed of the line, shorten `within_ms` of the profile to what the units keep, \
             or give it a line of its own: what the others say stands in its way"
        }
    };
    draft.page.wrong(Kind::Budget, draft.baud.clone(), what, fix);
}

/// The only version of the files so far.
const SCHEMA: u64 = 1;
/// The settings of the gateway.
pub(super) const SETTINGS: &str = "gateway.toml";
/// The rooms.
pub(super) const ROOMS: &str = "rooms.toml";
/// The clinic's limits.
pub(super) const LIMITS: &str = "limits.toml";
/// The folder of the relay boards, which a clinic may do without.
const BOARDS: &str = "boards";
/// The folder of the units.
const UNITS: &str = "units";
/// More units than one gateway can serve.
const UNITS_MAX: usize = 256;
