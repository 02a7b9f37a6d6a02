//! Reads the file of one unit, and everything in it that must agree (CFG-04, CFG-09).

use std::ops::Range as Span;

use clinic::{LineId, RoomId, UnitId};
use device_drivers::{
    Company,
    open_link::{Plate, Secret, Spoken},
};
use safety::{CoilLimits, FROZEN, Limits, Nanos, Output, Pace, Terms, Timing};
use toml::Spanned;

use super::{
    arroyo,
    capability::Read,
    dialect,
    dialect::Dialect,
    families::Families,
    files::Files,
    laser, lease,
    lease::Lease,
    library::Library,
    link,
    link::Link,
    magstim, magventure, maiman, member,
    mistake::{Kind, Page},
    pemf, plate,
    plate::{Contacts, Wire},
    sign_off, speech,
    table::Table,
    unit::{Profile, ReadBack, UnitConfig, Watched},
};
use crate::directory::Modality;

/// A unit that was read, and where the values stand that other files are compared with.
pub(super) struct Draft {
    pub(super) page: Page,
    pub(super) unit: UnitConfig,
    pub(super) room: Spanned<String>,
    pub(super) name: Span<usize>,
    pub(super) place: Span<usize>,
    pub(super) mark: Span<usize>,
    pub(super) baud: Span<usize>,
    pub(super) address: Span<usize>,
}

/// What a unit of any modality has.
pub(super) struct Common {
    pub(super) link: Link,
    pub(super) plate: plate::Plate,
    pub(super) contacts: Contacts,
    pub(super) lease: Spanned<u64>,
    pub(super) lease_by: Spanned<Lease>,
    pub(super) rise: Spanned<u64>,
    pub(super) read_back: Spanned<ReadBack>,
}

/// Reads the file of one unit. `None` if something is missing; what, was noted.
pub(super) fn read(
    root: Table<'_>,
    files: &dyn Files,
    library: &Library,
    families: &Families,
) -> Option<Draft> {
    let page = root.page().clone();
    let name = root.name("name");
    let room = root.name("room");
    let mark = root.word("mark", &[("real", true), ("simulated", false)]);
    let modality = root.word("modality", &MODALITIES);
    let dialect = dialect::read(&root);
    // A unit without a mark is a mistake already, and is not held to what a real one needs as well.
    let real = mark.as_ref().is_some_and(|mark| *mark.get_ref());
    // Nor is one without a dialect that is known held to what one of ours needs.
    let (modality, dialect) = (*modality?.get_ref(), dialect?);
    let line = root.table("link").and_then(|table| link::read(table, dialect.get_ref().lines()));
    let keyed = dialect.get_ref().is_keyed();
    let plate = root.table("plate").and_then(|table| plate::plate(table, files, real, keyed));
    let contacts = root.table("wiring").and_then(plate::wiring);
    let lease = root.whole("lease_ms", 1..=lease_most(modality));
    let lease_by = lease::read(&root);
    let rise = root.whole("rise_ms", 1..=RISE_MOST);
    let by_relay = lease_by.as_ref().is_some_and(|by| *by.get_ref() == Lease::Relay);
    let blind = dialect.get_ref().is_of_profiles() && by_relay;
    let read_back = read_back(&root, modality, blind);
    let common = (|| {
        Some(Common {
            link: line.as_ref()?.link.clone(),
            plate: plate?,
            contacts: contacts?,
            lease: lease?,
            lease_by: lease_by?,
            rise: rise?,
            read_back: read_back?,
        })
    })();
    let shared = common.as_ref().map(|common| {
        let of = &common.plate;
        let lease = *common.lease_by.get_ref();
        (of.calibration, *common.read_back.get_ref(), common.contacts.wiring, lease)
    });
    speaks(&root, &dialect, modality)?;
    let spoken = (*dialect.get_ref(), modality);
    let profile = profile(&root, common, (library, families, files), spoken);
    let signed = sign_off::read(&root, files.today());
    root.finish();
    let (calibration, read_back, wiring, lease) = shared?;
    let (line, name, profile) = (line?, name?, profile?);
    let facts = signed?.settle(&page, profile.signable());
    Some(Draft {
        room: room?,
        name: name.span(),
        place: line.place,
        mark: mark?.span(),
        baud: line.baud,
        address: line.address,
        unit: UnitConfig {
            id: UnitId(u16::MAX),
            line: LineId(u16::MAX),
            company: Company::default(),
            room: RoomId(u16::MAX),
            name: name.into_inner(),
            file: page.text.name.clone(),
            real,
            link: line.link,
            calibration,
            read_back,
            dialect: dialect.get_ref().word(),
            lease,
            wiring,
            profile,
            facts,
        },
        page,
    })
}

/// Reads what only units of a dialect and a modality have.
fn profile(
    root: &Table<'_>,
    common: Option<Common>,
    (library, families, files): (&Library, &Families, &dyn Files),
    spoken: (Dialect, Modality),
) -> Option<Profile> {
    let member = |dialect| member::of(root, families, dialect == Dialect::ModbusRtu);
    match spoken {
        (Dialect::OpenLink, Modality::Laser) => laser::read(root, common, library),
        (Dialect::OpenLink, Modality::Pemf) => pemf::read(root, common, library),
        (Dialect::Maiman, _) => maiman::read(root, common, library),
        (Dialect::Arroyo, _) => arroyo::read(root, common, library),
        (dialect @ (Dialect::AsciiLine | Dialect::ModbusRtu), Modality::Laser) => {
            member::laser(root, common, library, member(dialect))
        }
        (dialect @ (Dialect::AsciiLine | Dialect::ModbusRtu), Modality::Pemf) => {
            member::pemf(root, common, library, member(dialect))
        }
        (Dialect::Magstim, _) => magstim::read(root, common, library, files),
        (Dialect::MagVenture, _) => magventure::read(root, common, library),
        // No dialect of ours is one of stimulators.
        (Dialect::OpenLink | Dialect::AsciiLine | Dialect::ModbusRtu, Modality::Stimulator) => None,
    }
}

/// Notes a dialect that no unit of the modality speaks.
fn speaks(root: &Table<'_>, dialect: &Spanned<Dialect>, modality: Modality) -> Option<()> {
    if dialect.get_ref().speaks(modality) {
        return Some(());
    }
    let what = format!("no unit of this modality speaks {}", dialect.get_ref().word());
    root.wrong(dialect, Kind::Contradiction, what, "correct `modality` or `dialect`");
    None
}

/// The longest lease that any unit may have, in milliseconds: within it emission ends by itself.
const fn lease_most(modality: Modality) -> u64 {
    match modality {
        Modality::Laser | Modality::Stimulator => 1_000,
        Modality::Pemf => 3_000,
    }
}

/// How the output is known. A unit whose output nobody reads back cannot be made ready unless a
/// relay in its supply is the barrier that its answers are not (`blind`).
fn read_back(root: &Table<'_>, modality: Modality, blind: bool) -> Option<Spanned<ReadBack>> {
    let measured = match modality {
        Modality::Laser => "optical",
        Modality::Pemf => "field",
        Modality::Stimulator => "discharge",
    };
    let words =
        [(measured, ReadBack::Measured), ("derived", ReadBack::Derived), ("none", ReadBack::None)];
    let found = root.word("read_back", &words)?;
    match *found.get_ref() {
        ReadBack::None if !blind => {
            let what =
                "`read_back` is `none`: a unit whose output nobody reads back is never ready";
            let fix = format!(
                "a unit that measures its output has `{measured}`; one of a profile that does not \
                 needs a relay in its supply, and `lease_by = \"relay\"`"
            );
            root.wrong(&found, Kind::Range, what, fix);
            None
        }
        ReadBack::Measured | ReadBack::Derived | ReadBack::None => Some(found),
    }
}

/// Makes what is watched out of what was read, and notes where it does not agree.
pub(super) fn watched<M: clinic::Kind + Spoken>(
    root: &Table<'_>,
    common: Common,
    read: &Read<M>,
    off_below: &Spanned<u64>,
    library: (M::Library, Timing),
    rest: (M::Unit, Option<CoilLimits>),
) -> Option<Watched<M>>
where
    M::Own: Send + Sync,
    M::Output: Send + Sync,
{
    let (library, timing) = library;
    let (unit, coil) = rest;
    agree(root, &common, read, off_below, &timing);
    let off_below = M::Output::from_count(u32::try_from(*off_below.get_ref()).ok()?);
    let lease = Nanos::from_millis(*common.lease.get_ref());
    let terms = Terms {
        timing,
        lease,
        rise: Nanos::from_millis(*common.rise.get_ref()),
        off_below,
        second_enable: common.contacts.wiring.footswitch == Wire::Unit,
        coil,
        pace: Pace::Continuous,
        frozen: Some(FROZEN),
    };
    let shown = common.plate.shown();
    let key = common.plate.key.unwrap_or_else(|| known_key(&common.plate.serial));
    let plate = Plate {
        address: common.link.address.unwrap_or_default(),
        maker: common.plate.maker,
        model: common.plate.model,
        serial: common.plate.serial,
        firmware: common.plate.firmware,
        key,
        applicator: common.plate.applicator,
        capability: read.record,
        lease,
        baud: common.link.baud,
        poll: timing.poll,
        link: timing.link,
        off_below,
        challenge_seed: Secret::new([0; 32]),
    };
    let limits = Limits { library, unit, tail: terms.tail() };
    let watched = Watched { terms, limits, plate: shown, speech: speech::shared(plate) };
    // What is noted above with its line is not found again here; what is new has the plate's line.
    let noted = root.page().mistakes.count();
    if let Err(error) = watched.budget(Company::default())
        && noted == 0
    {
        root.page().wrong(
            Kind::Range,
            root.at(),
            format!("no unit can be this: {error}"),
            "mend it",
        );
    }
    Some(watched)
}

/// The key of a simulated unit, which everybody can know.
fn known_key(serial: &str) -> Secret {
    Secret::new(simulated_units::Plan::laser(serial).key)
}

/// Notes what the record, the wiring and the times do not agree on.
fn agree<M: Spoken>(
    root: &Table<'_>,
    common: &Common,
    read: &Read<M>,
    off_below: &Spanned<u64>,
    timing: &Timing,
) {
    let wrong = |value: &Spanned<u64>, what: String, fix: String| {
        root.wrong(value, Kind::Contradiction, what, fix);
    };
    let record = &read.record;
    let (min, max) = (record.lease.min.millis(), record.lease.max.millis());
    if !(min..=max).contains(common.lease.get_ref()) {
        let what = format!("`lease_ms` is none that the unit takes: {min} to {max}");
        wrong(&common.lease, what, format!("give a value from {min} to {max}"));
    }
    if timing.warning < record.warning {
        let (unit, ours) = (record.warning.millis(), timing.warning.millis());
        let what = format!("the unit warns for {unit} ms at least, and limits.toml has {ours} ms");
        wrong(&read.warning, what, "raise `warning_ms` in limits.toml".into());
    }
    if timing.poll < record.sample {
        let what =
            format!("the unit measures less often than it is asked, {} ms", timing.poll.millis());
        wrong(&read.sample, what, "raise `poll_ms` in limits.toml, or use another unit".into());
    }
    let most = u64::from(record.level.max.count()).saturating_mul(1_000);
    let rises = most.div_ceil(u64::from(record.ramp_per_second.count()).max(1));
    if *common.rise.get_ref() < rises {
        let what = format!("`rise_ms` is shorter than the ramp of the unit takes, {rises} ms");
        wrong(&common.rise, what, format!("give at least {rises}"));
    }
    let least = u64::from(record.level.min.count());
    if *off_below.get_ref() > least {
        let what = format!("what counts as off is above the least output of the unit, {least}");
        wrong(off_below, what, format!("give at most {least}"));
    }
    let measures = *common.read_back.get_ref() == ReadBack::Measured;
    if measures != *read.measured.get_ref() {
        let what = "`capability.measured` and `read_back` contradict each other";
        let fix = "measured at the output is `true`, derived from the drive is `false`";
        root.wrong(&read.measured, Kind::Contradiction, what, fix);
    }
    wired(root, &common.contacts.door, record.interlock, "door", "interlock");
    wired(root, &common.contacts.footswitch, record.footswitch, "footswitch", "footswitch");
}

/// Notes a contact that is wired to a unit that has no input for it, or the other way round.
fn wired(root: &Table<'_>, wire: &Spanned<Wire>, fitted: bool, contact: &str, input: &str) {
    if (*wire.get_ref() == Wire::Unit) != fitted && !root.page().is_noted(&wire.span()) {
        let what = format!("`wiring.{contact}` and `capability.{input}` contradict each other");
        let fix = "a contact is wired to the unit if and only if the unit has the input for it";
        root.wrong(wire, Kind::Contradiction, what, fix);
    }
}

/// The longest rise: within it a deviation upwards alone is seen.
const RISE_MOST: u64 = 10_000;
/// What a unit can emit, as a profile names it.
const MODALITIES: [(&str, Modality); 3] =
    [("laser", Modality::Laser), ("pemf", Modality::Pemf), ("stimulator", Modality::Stimulator)];
