//! Reads the profile of a unit family, whose keys `docs/profile.md` explains.
//!
//! What a key is, is found here; what does not fit together, `device-drivers` finds, and it is shown
//! at the section where it stands.

mod command;
mod meaning;
#[cfg(test)]
mod tests;

use std::{ops::Range, sync::Arc};

use device_drivers::profile::{
    Chunk, Counts, Echo, ErrorLine, Forbidden, Introduction, KeepAlive, Lease, Lines, Link, Parity,
    Profile, Question, ReadBack, Registers, Says, Severity, Source, Unasked, Variant, Wire,
};
use safety::Nanos;
use toml::{Spanned, de::DeTable};

use super::{
    files::Files,
    mistake::{ConfigErrors, Kind, Mistakes, Page},
    table::Table,
    text::Text,
};

/// Reads the profile in the file `name`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_profile(files: &dyn Files, name: &str) -> Result<Profile, ConfigErrors> {
    let mistakes = Mistakes::default();
    let contents = files.read(name);
    let bytes = contents.as_ref().map(|contents| contents.bytes.clone()).unwrap_or_default();
    let text = Arc::new(Text::new(name, String::from_utf8_lossy(&bytes).into_owned()));
    let page = Page { text: Arc::clone(&text), mistakes: mistakes.clone() };
    if let Err(error) = contents {
        let what = format!("{name} cannot be read: {error}");
        page.wrong(Kind::File, 0..0, what, "the folder holds it, readable by the gateway");
    }
    let (document, errors) = DeTable::parse_recoverable(&text.source);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        page.wrong(Kind::Syntax, span, error.message(), "see https://toml.io for the syntax");
    }
    let profile =
        if mistakes.count() == 0 { profile(Table::root(page, document.get_ref())) } else { None };
    mistakes.into_result()?;
    profile.ok_or(ConfigErrors::unexplained())
}

/// Where the sections of a profile stand, by the paths of its mistakes.
#[derive(Default)]
pub(super) struct Places(Vec<(String, Range<usize>)>);

impl Places {
    fn put(&mut self, path: impl Into<String>, table: &Table<'_>) {
        self.0.push((path.into(), table.at()));
    }

    /// The section that is nearest to a path.
    fn find(&self, path: &str) -> Range<usize> {
        let near = self.0.iter().filter(|(own, _)| path.starts_with(own.as_str()));
        near.max_by_key(|(own, _)| own.len()).map_or(0..0, |(_, at)| at.clone())
    }
}

/// Reads a profile, and notes everything that is wrong with it.
pub(super) fn profile(root: Table<'_>) -> Option<Profile> {
    let page = root.page().clone();
    let mut places = Places::default();
    let before = page.mistakes.count();
    let _schema = root.whole("schema", 1..=1);
    let name = root.name("profile");
    let revision = root.text("revision");
    let dialect = root.word("dialect", &[("ascii-line", false), ("modbus-rtu", true)]);
    let registers = *dialect?.get_ref();
    let read_back = root.word("read_back", &READ_BACKS);
    let counts = root.word("level_in", &COUNTS);
    let fall = millis(&root, "fall_ms");
    let link = root.table("link").and_then(|table| link(table, &mut places));
    let wire = root.table("framing").and_then(|table| {
        places.put("framing", &table);
        if registers { address(table) } else { lines(table) }
    });
    let lease = root.table("lease").and_then(|table| lease(table, &mut places));
    let mut commands = |key: &'static str| {
        sections(&root, key, &mut places).into_iter().map(command::read).collect::<Option<Vec<_>>>()
    };
    let (init, off, tell) = (commands("init"), commands("off"), commands("tell"));
    let (enable, fire) = (commands("enable"), commands("fire"));
    let introduction = sections(&root, "introduction", &mut places).into_iter();
    let introduction: Option<Vec<_>> = introduction.map(introduced).collect();
    let polls = sections(&root, "poll", &mut places).into_iter();
    let polls: Option<Vec<_>> = polls.map(question).collect();
    let chunk = maybe(&root, "chunk", |table| {
        places.put("chunk", &table);
        chunk(table, &mut places)
    });
    let variants = sections(&root, "variant", &mut places).into_iter();
    let variants: Option<Vec<_>> = variants.map(variant).collect();
    let keep_alive = sections(&root, "keep_alive", &mut places).into_iter();
    let keep_alive: Option<Vec<_>> = keep_alive.map(kept).collect();
    let forbidden = sections(&root, "forbidden", &mut places).into_iter();
    let forbidden: Option<Vec<_>> = forbidden.map(never).collect();
    root.finish();
    let profile = Profile {
        name: name?.into_inner(),
        revision: revision?.into_inner(),
        link: link?,
        wire: wire?,
        init: init?,
        introduction: introduction?,
        variants: variants?,
        off: off?,
        tell: tell?,
        enable: enable?,
        fire: fire?,
        chunk: chunk?,
        polls: polls?,
        keep_alive: keep_alive?,
        forbidden: forbidden?,
        lease: lease?,
        read_back: read_back?.into_inner(),
        counts: counts?.into_inner(),
        fall: fall?,
    };
    for mistake in profile.validate() {
        let fix = "see docs/profile.md for what a profile has to say";
        page.wrong(Kind::Contradiction, places.find(&mistake.path), mistake.to_string(), fix);
    }
    (page.mistakes.count() == before).then_some(profile)
}

fn link(table: Table<'_>, places: &mut Places) -> Option<Link> {
    places.put("link", &table);
    let parities = [("none", Parity::None), ("even", Parity::Even), ("odd", Parity::Odd)];
    let baud = table.whole("baud", 1..=u64::from(u32::MAX));
    let (data, stop) = (table.whole("data_bits", 7..=8), table.whole("stop_bits", 1..=2));
    let parity = table.word("parity", &parities);
    let (gap, source) = (millis(&table, "gap_ms"), source(&table));
    table.finish();
    Some(Link {
        baud: u32::try_from(baud?.into_inner()).ok()?,
        data_bits: u8::try_from(data?.into_inner()).ok()?,
        parity: parity?.into_inner(),
        stop_bits: u8::try_from(stop?.into_inner()).ok()?,
        gap: gap?,
        source: source?,
    })
}

fn address(table: Table<'_>) -> Option<Wire> {
    let (address, source) = (table.whole("address", 1..=247), source(&table));
    table.finish();
    let address = u8::try_from(address?.into_inner()).ok()?;
    Some(Wire::Registers(Registers { address, source: source? }))
}

fn lines(table: Table<'_>) -> Option<Wire> {
    let echoes = [("none", Echo::None), ("line", Echo::Line), ("character", Echo::Character)];
    let ours = table.word("ours", &ENDS);
    let theirs = table.word("theirs", &ENDS);
    let echo = table.word("echo", &echoes);
    let capitals = if table.has("capitals") { table.flag("capitals") } else { None };
    let prompt = table.maybe_text("prompt");
    let cancels: [(&str, &[u8]); 3] = [("none", b""), ("escape", b"\x1b"), ("control-c", b"\x03")];
    let cancel = table.word("cancel", &cancels);
    let longest = table.whole("longest", 1..=256);
    let source = source(&table);
    let severities =
        [("refused", Severity::Refused), ("garbled", Severity::Garbled), ("lost", Severity::Lost)];
    let errors = plain_sections(&table, "error").into_iter().map(|table| {
        let (begins, severity) = (table.text("begins"), table.word("severity", &severities));
        table.finish();
        Some(ErrorLine { begins: begins?.into_inner(), severity: severity?.into_inner() })
    });
    let errors: Option<Vec<_>> = errors.collect();
    let unasked = plain_sections(&table, "unasked").into_iter().map(|table| {
        let (begins, restarted) = (table.text("begins"), table.flag("restarted"));
        table.finish();
        Some(Unasked { begins: begins?.into_inner(), restarted: restarted?.into_inner() })
    });
    let unasked: Option<Vec<_>> = unasked.collect();
    table.finish();
    Some(Wire::Lines(Lines {
        ours: ours?.into_inner().to_vec(),
        theirs: theirs?.into_inner().to_vec(),
        echo: echo?.into_inner(),
        capitals: capitals.is_some_and(Spanned::into_inner),
        prompt: prompt.map(|text| text.into_inner().into_bytes()).unwrap_or_default(),
        cancel: cancel?.into_inner().to_vec(),
        longest: usize::try_from(longest?.into_inner()).ok()?,
        errors: errors?,
        unasked: unasked?,
        source: source?,
    }))
}

/// Makes a lease of its length and of who says so.
type Made = fn(Nanos, Source) -> Lease;

fn lease(table: Table<'_>, places: &mut Places) -> Option<Lease> {
    places.put("lease", &table);
    let kinds: [(&str, Made); 4] = [
        ("watchdog", Lease::Watchdog),
        ("preset", Lease::Preset),
        ("chunk", Lease::Chunk),
        ("relay", Lease::Relay),
    ];
    let (kind, time) = (table.word("kind", &kinds), table.whole("ms", 1..=3_000));
    let source = source(&table);
    table.finish();
    Some(kind?.into_inner()(Nanos::from_millis(time?.into_inner()), source?))
}

fn introduced(table: Table<'_>) -> Option<Introduction> {
    let (command, value) = (command::of(&table), meaning::value(&table));
    let expect = meaning::expect(&table);
    table.finish();
    Some(Introduction { command: command?, value: value?, expect: expect? })
}

fn question(table: Table<'_>) -> Option<Question> {
    let name = table.name("name");
    let (command, value) = (command::of(&table), meaning::value(&table));
    let means = meaning::means(&table);
    table.finish();
    Some(Question { name: name?.into_inner(), command: command?, value: value?, means: means? })
}

fn chunk(table: Table<'_>, places: &mut Places) -> Option<Chunk> {
    let most = table.whole("most_seconds", 1..=3);
    if let Some(most) = &most {
        places.0.push(("chunk.most_seconds".to_owned(), most.span()));
    }
    let command = command::of(&table);
    table.finish();
    Some(Chunk { most_seconds: u32::try_from(most?.into_inner()).ok()?, command: command? })
}

fn variant(table: Table<'_>) -> Option<Variant> {
    let name = table.name("name");
    let begins = table.maybe_text("begins");
    let says = match begins {
        Some(text) => Some(Says::Begins(text.into_inner())),
        None => {
            let range = 0..=u64::from(u32::MAX);
            let (first, last) = (table.whole("first", range.clone()), table.whole("last", range));
            first.zip(last).and_then(|(first, last)| {
                let [first, last] = [first, last].map(|own| i64::try_from(own.into_inner()).ok());
                Some(Says::Between(first?, last?))
            })
        }
    };
    let divide = table.whole("divide", 1..=1_000_000_000);
    let (ambiguous, source) = (table.flag("ambiguous"), source(&table));
    table.finish();
    Some(Variant {
        name: name?.into_inner(),
        says: says?,
        divide: i64::try_from(divide?.into_inner()).ok()?,
        ambiguous: ambiguous?.into_inner(),
        source: source?,
    })
}

fn kept(table: Table<'_>) -> Option<KeepAlive> {
    let (poll, every) = (table.name("poll"), millis(&table, "every_ms"));
    table.finish();
    Some(KeepAlive { poll: poll?.into_inner(), every: every? })
}

fn never(table: Table<'_>) -> Option<Forbidden> {
    let word = 0..=u64::from(u16::MAX);
    let small = |value: Option<Spanned<u64>>| u16::try_from(value?.into_inner()).ok();
    let forbidden = if table.has("line") {
        table.text("line").map(|line| Forbidden::Line(line.into_inner()))
    } else if table.has("coil") {
        small(table.whole("coil", word)).map(Forbidden::Coil)
    } else {
        let register = small(table.whole("register", word.clone()));
        register
            .zip(small(table.whole("bits", word)))
            .map(|(at, bits)| Forbidden::Register(at, bits))
    };
    table.finish();
    forbidden
}

/// Who says so.
fn source(table: &Table<'_>) -> Option<Source> {
    let sources = [
        ("vendor", Source::Vendor),
        ("vendor-software", Source::VendorSoftware),
        ("third-party", Source::ThirdParty),
        ("measured", Source::Measured),
        ("unknown", Source::Unknown),
    ];
    let _note = table.maybe_text("note");
    table.word("source", &sources).map(Spanned::into_inner)
}

fn millis(table: &Table<'_>, key: &'static str) -> Option<Nanos> {
    table.whole(key, 0..=60_000).map(|time| Nanos::from_millis(time.into_inner()))
}

/// Sections in double brackets, none if there are none.
fn plain_sections<'a>(table: &Table<'a>, key: &'static str) -> Vec<Table<'a>> {
    if table.has(key) { table.tables(key) } else { Vec::new() }
}

fn sections<'a>(table: &Table<'a>, key: &'static str, places: &mut Places) -> Vec<Table<'a>> {
    let found = plain_sections(table, key);
    for (at, section) in found.iter().enumerate() {
        places.put(format!("{key}[{at}]"), section);
    }
    if found.is_empty() {
        places.put(key, table);
    }
    found
}

/// A section that may be there. `None` if it is, and is wrong.
fn maybe<T>(
    table: &Table<'_>,
    key: &'static str,
    read: impl FnOnce(Table<'_>) -> Option<T>,
) -> Option<Option<T>> {
    match table.maybe_table(key) {
        Some(table) => read(table).map(Some),
        None => Some(None),
    }
}

const ENDS: [(&str, &[u8]); 5] =
    [("none", b""), ("cr", b"\r"), ("lf", b"\n"), ("crlf", b"\r\n"), ("lfcr", b"\n\r")];
const READ_BACKS: [(&str, ReadBack); 3] =
    [("none", ReadBack::None), ("derived", ReadBack::Derived), ("measured", ReadBack::Measured)];
const COUNTS: [(&str, Counts); 3] = [
    ("milliwatts", Counts::Milliwatts),
    ("microamperes", Counts::Microamperes),
    ("own", Counts::Own),
];
