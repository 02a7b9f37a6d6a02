//! Reads one table of a file and notes everything that is wrong with it.
//!
//! serde would stop at the first mistake of a file; a person who mends ten of them one by one
//! starts the gateway ten times. So the tables are read by hand, with the spans that `toml` keeps.
//! Every key that is asked for is remembered, so that what nobody asked for is an error with a
//! suggestion.

use std::{cell::RefCell, fmt::Display, ops::RangeInclusive};

use jiff::civil::Date;
use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

use super::{
    mistake::{Kind, Page},
    reason,
    suggestion::{self, Suggestion},
};

/// One table of a file.
pub(super) struct Table<'a> {
    page: Page,
    path: String,
    at: std::ops::Range<usize>,
    entries: &'a DeTable<'a>,
    asked: RefCell<Vec<Asked>>,
}

/// A key that was asked for.
pub(super) struct Asked {
    pub(super) key: &'static str,
    form: String,
    pub(super) is_missing: bool,
}

/// A key that must be there, or one that may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Must,
    May,
}

impl<'a> Table<'a> {
    pub(super) fn root(page: Page, entries: &'a DeTable<'a>) -> Self {
        Self { page, path: String::new(), at: 0..0, entries, asked: RefCell::default() }
    }

    pub(super) const fn page(&self) -> &Page {
        &self.page
    }

    /// Where the table begins.
    pub(super) fn at(&self) -> std::ops::Range<usize> {
        self.at.clone()
    }

    /// The name of a key with the names of its tables.
    pub(super) fn full(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Whether the key is there. It still has to be asked for.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// A whole number in `range`.
    pub(super) fn whole(
        &self,
        key: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<Spanned<u64>> {
        let value = self.find(key, Need::Must, &whole_form(&range))?;
        self.to_whole(key, value, &range)
    }

    /// A whole number in `range`, if the key is there. `None` only if it is there and wrong.
    #[expect(clippy::option_option, reason = "not there is no mistake, and wrong is one")]
    pub(super) fn maybe_whole(
        &self,
        key: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<Option<Spanned<u64>>> {
        match self.find(key, Need::May, &whole_form(&range)) {
            Some(value) => self.to_whole(key, value, &range).map(Some),
            None => Some(None),
        }
    }

    /// A list of whole numbers, one at least.
    pub(super) fn wholes(
        &self,
        key: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<Vec<Spanned<u64>>> {
        let form = format!("a list, each {}", whole_form(&range));
        let list = self.list(key, &form)?;
        list.iter().map(|value| self.to_whole(key, value, &range)).collect()
    }

    /// A text of visible characters.
    pub(super) fn text(&self, key: &'static str) -> Option<Spanned<String>> {
        let value = self.find(key, Need::Must, TEXT)?;
        self.to_text(key, value)
    }

    /// A text, if the key is there.
    pub(super) fn maybe_text(&self, key: &'static str) -> Option<Spanned<String>> {
        let value = self.find(key, Need::May, TEXT)?;
        self.to_text(key, value)
    }

    /// A list of texts, which may be empty.
    pub(super) fn texts(&self, key: &'static str) -> Option<Spanned<Vec<Spanned<String>>>> {
        let form = "a list of texts in quotes";
        let value = self.find(key, Need::Must, form)?;
        let DeValue::Array(list) = value.get_ref() else {
            self.of_another_type(key, value, form);
            return None;
        };
        let texts: Option<_> = list.iter().map(|text| self.to_text(key, text)).collect();
        Some(Spanned::new(value.span(), texts?))
    }

    /// A name as topics and paths can carry it: 1 to 64 of `a`-`z`, `0`-`9` and `-`.
    pub(super) fn name(&self, key: &'static str) -> Option<Spanned<String>> {
        let form = "a name of 1 to 64 of a-z, 0-9 and -, in quotes";
        let value = self.find(key, Need::Must, form)?;
        let DeValue::String(text) = value.get_ref() else {
            self.of_another_type(key, value, form);
            return None;
        };
        if is_name(text) {
            return Some(Spanned::new(value.span(), text.to_string()));
        }
        let what = format!("`{}` is no name", self.full(key));
        let fix = "a name stands in topics and paths: 1 to 64 of a-z, 0-9 and -";
        self.page.wrong(Kind::Range, value.span(), what, fix);
        None
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &'static str) -> Option<Spanned<bool>> {
        let form = "true or false";
        let value = self.find(key, Need::Must, form)?;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(Spanned::new(value.span(), *flag)),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => {
                self.of_another_type(key, value, form);
                None
            }
        }
    }

    /// A day, as `2026-01-31` without quotes.
    pub(super) fn day(&self, key: &'static str) -> Option<Spanned<Date>> {
        let form = "a day such as 2026-01-31, without quotes";
        let value = self.find(key, Need::Must, form)?;
        let date = match value.get_ref() {
            DeValue::Datetime(at) if at.time.is_none() => at.date.and_then(|date| {
                let year = i16::try_from(date.year).ok()?;
                let (month, day) = (i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?);
                Date::new(year, month, day).ok()
            }),
            DeValue::Datetime(_)
            | DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => None,
        };
        if date.is_none() {
            self.of_another_type(key, value, form);
        }
        Some(Spanned::new(value.span(), date?))
    }

    /// One of a few words, and what it stands for.
    pub(super) fn word<T: Copy>(
        &self,
        key: &'static str,
        words: &[(&'static str, T)],
    ) -> Option<Spanned<T>> {
        let listed: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let form =
            format!("{}{}", if words.len() == 1 { "" } else { "one of " }, listed.join(", "));
        let value = self.find(key, Need::Must, &form)?;
        let DeValue::String(text) = value.get_ref() else {
            self.of_another_type(key, value, &form);
            return None;
        };
        if let Some((_, meaning)) = words.iter().find(|(word, _)| word == text) {
            return Some(Spanned::new(value.span(), *meaning));
        }
        let what = format!("`{}` is `{}`, and must be {form}", self.full(key), shorten(text));
        let near = suggestion::nearest(text, words.iter().map(|(word, _)| *word));
        let fix = near.map_or(format!("write {form}"), |near| format!("did you mean `{near}`?"));
        self.page.wrong(Kind::Range, value.span(), what, fix);
        None
    }

    /// A table below.
    pub(super) fn table(&self, key: &'static str) -> Option<Table<'a>> {
        self.below(key, Need::Must, SECTION)
    }

    /// A table below that stands on one line, in the form that is shown when it is not there.
    pub(super) fn line(&self, key: &'static str, form: &str) -> Option<Table<'a>> {
        self.below(key, Need::Must, form)
    }

    /// A table below, if it is there.
    pub(super) fn maybe_table(&self, key: &'static str) -> Option<Table<'a>> {
        self.below(key, Need::May, SECTION)
    }

    /// Tables below, one at least.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Table<'a>> {
        let Some(list) = self.list(key, "one section or more in double brackets") else {
            return Vec::new();
        };
        list.iter().filter_map(|value| self.to_table(key, value)).collect()
    }

    /// Tables below, if there are any.
    pub(super) fn maybe_tables(&self, key: &'static str) -> Vec<Table<'a>> {
        if self.has(key) {
            return self.tables(key);
        }
        let _asked = self.find(key, Need::May, SECTION);
        Vec::new()
    }

    /// Notes a mistake at a value of this table.
    pub(super) fn wrong<T>(
        &self,
        value: &Spanned<T>,
        kind: Kind,
        what: impl Display,
        fix: impl Into<String>,
    ) {
        self.page.wrong(kind, value.span(), what.to_string(), fix);
    }

    /// Notes which keys nobody asked for, and which are not there.
    pub(super) fn finish(self) {
        let mut asked = self.asked.take();
        for (key, value) in self.entries {
            if asked.iter().any(|asked| asked.key == key.get_ref()) {
                continue;
            }
            let name = self.full(&shorten(key.get_ref()));
            let noun = if is_table(value) { "section" } else { "key" };
            match suggestion::for_key(key.get_ref(), &mut asked) {
                Some(Suggestion::Measure(right)) => {
                    let what = format!("`{name}` does not have the unit of measure that is meant");
                    let fix = format!("give it as `{right}`: {}", form_of(&asked, right));
                    self.page.wrong(Kind::Measure, key.span(), what, fix);
                }
                Some(Suggestion::Near(right)) => {
                    let what = format!("`{name}` is not a {noun} that is known here");
                    self.page.wrong(Kind::Unknown, key.span(), what, did_you_mean(right));
                }
                None if suggestion::is_secret(key.get_ref()) => {
                    let what = format!("`{name}`: a secret does not stand in this file");
                    let fix = "put it into a file of its own, readable by the gateway alone, \
                               name that file here, and change the secret: it was seen";
                    self.page.wrong(Kind::Secret, key.span(), what, fix);
                }
                None => {
                    let what = format!("`{name}` is not a {noun} that is known here");
                    let fix = format!("delete it; known here: {}", known(&asked));
                    self.page.wrong(Kind::Unknown, key.span(), what, fix);
                }
            }
        }
        for asked in asked.iter().filter(|asked| asked.is_missing) {
            self.missing(asked);
        }
    }

    fn missing(&self, asked: &Asked) {
        let place = if self.path.is_empty() { "the file" } else { "the section" };
        let full = self.full(asked.key);
        let (what, fix) = match asked.form.as_str() {
            SECTION => {
                (format!("there is no section [{full}]"), format!("add the section `[{full}]`"))
            }
            form => (
                format!("there is no `{full}`"),
                format!("add to {place} `{} = …`, {form}; nothing has a default here", asked.key),
            ),
        };
        self.page.wrong(Kind::Missing, self.at.clone(), what, fix);
    }

    fn find(&self, key: &'static str, need: Need, form: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        let value = self.entries.get(key);
        let is_missing = value.is_none() && need == Need::Must;
        self.asked.borrow_mut().push(Asked { key, form: form.to_owned(), is_missing });
        value
    }

    fn below(&self, key: &'static str, need: Need, form: &str) -> Option<Table<'a>> {
        let value = self.find(key, need, form)?;
        self.to_table(key, value)
    }

    fn to_table(&self, key: &'static str, value: &'a Spanned<DeValue<'a>>) -> Option<Table<'a>> {
        let DeValue::Table(entries) = value.get_ref() else {
            self.of_another_type(key, value, SECTION);
            return None;
        };
        let (page, path) = (self.page.clone(), self.full(key));
        Some(Self { page, path, at: value.span(), entries, asked: RefCell::default() })
    }

    fn list(&self, key: &'static str, form: &str) -> Option<&'a DeArray<'a>> {
        let value = self.find(key, Need::Must, form)?;
        match value.get_ref() {
            DeValue::Array(list) if !list.is_empty() => Some(list),
            DeValue::Array(_)
            | DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Table(_) => {
                self.of_another_type(key, value, form);
                None
            }
        }
    }

    fn to_whole(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        range: &RangeInclusive<u64>,
    ) -> Option<Spanned<u64>> {
        let DeValue::Integer(digits) = value.get_ref() else {
            self.of_another_type(key, value, &whole_form(range));
            return None;
        };
        let count = i128::from_str_radix(digits.as_str(), digits.radix()).ok();
        let found = count.and_then(|count| u64::try_from(count).ok());
        if let Some(found) = found.filter(|found| range.contains(found)) {
            return Some(Spanned::new(value.span(), found));
        }
        let (full, form) = (self.full(key), whole_form(range));
        let what = match count {
            Some(count) if count < 0 => format!("`{full}` is negative, and must be {form}"),
            Some(_) | None => {
                format!("`{full}` is {}, and must be {form}", shorten(&digits.to_string()))
            }
        };
        let reason = reason::of(key).map(|reason| format!(" ({reason})")).unwrap_or_default();
        self.page.wrong(Kind::Range, value.span(), what, format!("give {form}{reason}"));
        None
    }

    fn to_text(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Spanned<String>> {
        let DeValue::String(text) = value.get_ref() else {
            self.of_another_type(key, value, TEXT);
            return None;
        };
        let length = text.chars().count();
        if (1..=TEXT_MAX).contains(&length) && !text.chars().any(char::is_control) {
            return Some(Spanned::new(value.span(), text.to_string()));
        }
        let what = format!("`{}` is empty, or too long, or holds odd characters", self.full(key));
        let fix = format!("give 1 to {TEXT_MAX} visible characters");
        self.page.wrong(Kind::Range, value.span(), what, fix);
        None
    }

    fn of_another_type(&self, key: &str, value: &Spanned<DeValue<'_>>, form: &str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(float) if float.as_str().contains("nan") => {
                "not a number, which no value can be compared with"
            }
            DeValue::Float(float) if float.as_str().contains("inf") => {
                "infinite, which is no limit"
            }
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a day or a time",
            DeValue::Array(list) if list.is_empty() => "an empty list",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a section",
        };
        let what = format!("`{}` is {found}, and must be {form}", self.full(key));
        self.page.wrong(Kind::Type, value.span(), what, format!("give {form}"));
    }
}

/// Whether a text is a name: 1 to 64 of `a`-`z`, `0`-`9` and `-`.
pub(super) fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

fn is_table(value: &Spanned<DeValue<'_>>) -> bool {
    matches!(value.get_ref(), DeValue::Table(_))
}

fn did_you_mean(right: &str) -> String {
    format!("did you mean `{right}`?")
}

fn form_of<'b>(asked: &'b [Asked], key: &str) -> &'b str {
    asked.iter().find(|asked| asked.key == key).map_or("", |asked| &asked.form)
}

fn known(asked: &[Asked]) -> String {
    let names: Vec<_> = asked.iter().map(|asked| format!("`{}`", asked.key)).collect();
    names.join(", ")
}

fn whole_form(range: &RangeInclusive<u64>) -> String {
    match (*range.start(), *range.end()) {
        (least, most) if least == most => format!("{least}"),
        (0, u64::MAX) => "a whole number".to_owned(),
        (least, u64::MAX) => format!("a whole number from {least}"),
        (least, most) => format!("a whole number from {least} to {most}"),
    }
}

/// The first letters of a text that somebody else wrote.
fn shorten(text: &str) -> String {
    let visible = text.chars().map(|letter| if letter.is_control() { '?' } else { letter });
    visible.take(SHOWN_MAX).collect()
}

const TEXT: &str = "a text in quotes";
const SECTION: &str = "a section";
/// The longest text, in characters.
const TEXT_MAX: usize = 300;
/// How much of a text is repeated in a message.
const SHOWN_MAX: usize = 64;
