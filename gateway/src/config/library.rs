//! Reads the clinic's limits: every value with its line, its basis and its revision (CFG-01).

use std::{collections::BTreeSet, sync::Arc};

use safety::{Direction, LaserLibrary, PemfLibrary, SourceId, StimulatorLibrary, Tier, Timing};
use toml::Spanned;

use super::{
    book::{Book, Value},
    contradiction,
    mistake::{Kind, Page},
    shape::{Entry, SECTIONS, Section, Tiers},
    table::Table,
    timing,
};
use crate::directory::{Modality, Source, Sources};

/// What people have to know of the limits in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LibraryCard {
    /// The revision that the file states.
    pub revision: String,
    /// Who signed it: two persons, or nobody yet.
    pub approvers: Vec<String>,
    /// How many values it has.
    pub values: usize,
    /// How many of them are proposals that need the clinic's sign-off.
    pub proposals: usize,
    /// The limits for stimulators.
    pub stimulator: StimulatorLibrary,
}

/// The limits of a clinic.
pub(super) struct Library {
    pub(super) laser: LaserLibrary,
    pub(super) pemf: PemfLibrary,
    pub(super) stimulator: StimulatorLibrary,
    pub(super) laser_timing: Timing,
    pub(super) pemf_timing: Timing,
    pub(super) stimulator_timing: Timing,
    pub(super) sources: Sources,
    pub(super) card: LibraryCard,
}

impl Default for Library {
    /// No limit at all, which refuses everything: what stands in for a file that cannot be read.
    fn default() -> Self {
        Self {
            laser: LaserLibrary::default(),
            pemf: PemfLibrary::default(),
            stimulator: StimulatorLibrary::default(),
            laser_timing: Timing::LASER,
            pemf_timing: Timing::PEMF,
            stimulator_timing: Timing::STIMULATOR,
            sources: Sources::default(),
            card: LibraryCard::default(),
        }
    }
}

impl Library {
    /// Reads the limits file.
    pub(super) fn read(root: Table<'_>) -> Self {
        let mut shelf = Shelf::default();
        let revision = root.text("revision").map(Spanned::into_inner).unwrap_or_default();
        let approvers = approvers(&root);
        let (laser, pemf) = (root.table("laser"), root.table("pemf"));
        let stimulator = root.table("stimulator");
        for section in SECTIONS {
            let above = match section.modality {
                Modality::Laser => laser.as_ref(),
                Modality::Pemf => pemf.as_ref(),
                Modality::Stimulator => stimulator.as_ref(),
            };
            if let Some(table) = above.and_then(|above| above.table(section.name)) {
                shelf.section(table, section);
            }
        }
        let timing = |above: Option<&Table<'_>>, most| {
            let table = above.and_then(|above| above.table("timing"));
            table.map_or(most, |table| timing::read(table, most))
        };
        let laser_timing = timing(laser.as_ref(), Timing::LASER);
        let pemf_timing = timing(pemf.as_ref(), Timing::PEMF);
        let stimulator_timing = timing(stimulator.as_ref(), Timing::STIMULATOR);
        let page = root.page().clone();
        [laser, pemf, stimulator, Some(root)].into_iter().flatten().for_each(Table::finish);
        contradiction::find(&page, &shelf.book);
        let (values, proposals) = (shelf.book.0.len(), shelf.proposals);
        let stimulator = shelf.book.stimulator();
        Self {
            laser: shelf.book.laser(),
            pemf: shelf.book.pemf(),
            stimulator,
            laser_timing,
            pemf_timing,
            stimulator_timing,
            sources: sources(&page, &shelf.book, &revision),
            card: LibraryCard { revision, approvers, values, proposals, stimulator },
        }
    }
}

/// What was read so far.
#[derive(Default)]
struct Shelf {
    book: Book,
    proposals: usize,
}

impl Shelf {
    fn section(&mut self, table: Table<'_>, section: &Section) {
        for entry in section.entries {
            let form = match entry.tiers {
                Tiers::Both => "{ soft = …, hard = …, basis = \"…\" }",
                Tiers::Soft => "{ soft = …, basis = \"…\" }",
                Tiers::Hard => "{ hard = …, basis = \"…\" }",
            };
            if let Some(limit) = table.line(entry.key, form) {
                self.entry(limit, section, entry);
            }
        }
        table.finish();
    }

    fn entry(&mut self, table: Table<'_>, section: &Section, entry: &Entry) {
        let before = self.book.0.len();
        let tiers: &[(&'static str, Tier)] = match entry.tiers {
            Tiers::Both => &[("soft", Tier::LibrarySoft), ("hard", Tier::Library)],
            Tiers::Soft => &[("soft", Tier::LibrarySoft)],
            Tiers::Hard => &[("hard", Tier::Library)],
        };
        for (key, tier) in tiers {
            self.value(&table, section, entry, (key, *tier));
        }
        let basis = table.text("basis");
        if basis.is_some_and(|basis| basis.get_ref().starts_with(PROPOSAL)) {
            let added = self.book.0.len().saturating_sub(before);
            self.proposals = self.proposals.saturating_add(added);
        }
        table.finish();
    }

    fn value(
        &mut self,
        table: &Table<'_>,
        section: &Section,
        entry: &Entry,
        (key, tier): (&'static str, Tier),
    ) {
        // A lower bound of nothing is no bound; an upper one forbids, which a clinic may.
        let least = match entry.limit.direction() {
            Direction::Lower => 1,
            Direction::Upper | Direction::Member => 0,
        };
        let Some(found) = table.whole(key, least..=entry.scale.most()) else { return };
        let index = u16::try_from(self.book.0.len()).ok();
        let Some(source) = index.and_then(SourceId::library) else { return };
        self.book.0.push(Value {
            modality: section.modality,
            place: section.place,
            limit: entry.limit,
            tier,
            count: found.get_ref().saturating_mul(entry.scale.factor()),
            scale: entry.scale,
            source,
            name: table.full(key),
            span: found.span(),
        });
    }
}

/// Where each value stands, in the order of the source ids.
fn sources(page: &Page, book: &Book, revision: &str) -> Sources {
    let revision: Arc<str> = revision.into();
    let source = |value: &Value| Source {
        file: Arc::clone(&page.text.name),
        line: u32::try_from(page.text.line_and_column(value.span.start).0).unwrap_or(u32::MAX),
        revision: Arc::clone(&revision),
    };
    Sources(book.0.iter().map(source).collect())
}

/// Two persons, or nobody: one signature is none (CFG-01).
fn approvers(root: &Table<'_>) -> Vec<String> {
    let Some(list) = root.texts("approvers") else { return Vec::new() };
    let distinct: BTreeSet<String> =
        list.get_ref().iter().map(|name| name.get_ref().trim().to_lowercase()).collect();
    if distinct.len() != list.get_ref().len() || distinct.len() == 1 {
        let what = "limits are approved by two different persons, or by nobody yet";
        let fix = "name the medical lead and the laser safety officer, or leave the list empty";
        root.wrong(&list, Kind::Range, what, fix);
    }
    list.into_inner().into_iter().map(Spanned::into_inner).collect()
}

/// How the basis of a value begins that needs the clinic's sign-off.
const PROPOSAL: &str = "proposal";
