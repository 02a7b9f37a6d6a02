//! What is wrong with a configuration: where, what, against which limit, and how to mend it.

use std::{
    cell::RefCell,
    fmt::{self, Display},
    ops::Range,
    rc::Rc,
    sync::Arc,
};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode,
};

use super::text::Text;

/// One mistake of a configuration.
pub struct Mistake {
    text: Arc<Text>,
    span: Range<usize>,
    also: Option<(Range<usize>, String)>,
    kind: Kind,
    what: String,
    fix: String,
}

/// The kinds of mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file is not there or cannot be read.
    File,
    /// It is no TOML.
    Syntax,
    /// It is of a version that this gateway does not know.
    Schema,
    /// A key or a section is not there.
    Missing,
    /// A key or a section that means nothing.
    Unknown,
    /// A key with another unit of measure than the one that is meant.
    Measure,
    /// A value of another type.
    Type,
    /// A value that cannot be.
    Range,
    /// Two values that cannot both be, or one beyond a ceiling (CFG-02, CFG-05).
    Contradiction,
    /// A secret that is not kept.
    Secret,
    /// The unit would take too long to stop.
    Budget,
}

/// Everything that is wrong with a configuration, in the order of its files and lines.
pub struct ConfigErrors(Vec<Mistake>);

/// For whom a text is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For a terminal, with colours.
    Terminal,
    /// For a file or a pipe.
    Plain,
}

/// Shows every mistake with its file, its line, a mark below the text, the cause and the fix.
pub fn render(errors: &ConfigErrors, style: Style) -> String {
    let theme = match style {
        Style::Terminal => GraphicalTheme::unicode(),
        Style::Plain => GraphicalTheme::unicode_nocolor(),
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(WIDTH).with_links(false);
    let mut out = String::new();
    for mistake in &errors.0 {
        let shown = Shown::new(mistake);
        let mut one = String::new();
        if handler.render_report(&mut one, &shown).is_err() {
            one = format!("{mistake}\n  {}\n", mistake.fix);
        }
        one.lines().for_each(|line| {
            out.push_str(line.trim_end());
            out.push('\n');
        });
        out.push('\n');
    }
    out.push_str(&errors.to_string());
    out.push('\n');
    out
}

impl Mistake {
    /// The file, relative to the folder of the configuration.
    pub fn file(&self) -> &str {
        &self.text.name
    }

    /// The line and the column, both from one.
    pub fn line_and_column(&self) -> (usize, usize) {
        self.text.line_and_column(self.span.start)
    }

    /// Its kind.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// What is wrong, with the limit and its source.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// How to mend it.
    pub fn fix(&self) -> &str {
        &self.fix
    }

    /// Marks a second place in the same file.
    pub(super) fn beside(mut self, span: Range<usize>, what: impl Into<String>) -> Self {
        self.also = Some((self.text.fit(&span), what.into()));
        self
    }
}

impl Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_and_column();
        write!(f, "{}:{line}:{column}: {}", self.file(), self.what)
    }
}

impl fmt::Debug for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mistake({:?}, {self})", self.kind)
    }
}

impl ConfigErrors {
    /// What cannot happen: nothing was read and nothing was noted. It is refused all the same.
    pub(super) const fn unexplained() -> Self {
        Self(Vec::new())
    }

    /// The mistakes, in the order of their files and lines.
    pub fn mistakes(&self) -> &[Mistake] {
        &self.0
    }
}

impl Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        let noun = if count == 1 { "mistake" } else { "mistakes" };
        write!(f, "{count} {noun} in the configuration: no port was opened")
    }
}

impl fmt::Debug for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

impl std::error::Error for ConfigErrors {}

/// Collects mistakes while files are read, so that a person sees all of them at once.
#[derive(Clone, Default)]
pub(super) struct Mistakes(Rc<RefCell<Vec<Mistake>>>);

impl Mistakes {
    pub(super) fn push(&self, mistake: Mistake) {
        let mut list = self.0.borrow_mut();
        if list.len() < MISTAKES_MAX {
            list.push(mistake);
        }
    }

    pub(super) fn count(&self) -> usize {
        self.0.borrow().len()
    }

    /// The errors, if there is one.
    pub(super) fn into_result(self) -> Result<(), ConfigErrors> {
        let mut list = self.0.take();
        list.sort_by(|one, other| {
            let key = |mistake: &Mistake| (Arc::clone(&mistake.text.name), mistake.span.start);
            key(one).cmp(&key(other))
        });
        if list.is_empty() { Ok(()) } else { Err(ConfigErrors(list)) }
    }
}

/// One file that is being read, and where its mistakes go.
#[derive(Clone)]
pub(super) struct Page {
    pub(super) text: Arc<Text>,
    pub(super) mistakes: Mistakes,
}

impl Page {
    /// A mistake at a place of this file, not yet counted.
    pub(super) fn mistake(
        &self,
        kind: Kind,
        span: Range<usize>,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Mistake {
        let span = self.text.fit(&span);
        let (what, fix) = (what.into(), fix.into());
        Mistake { text: Arc::clone(&self.text), span, also: None, kind, what, fix }
    }

    /// Whether a mistake was noted at a place of this file already.
    pub(super) fn is_noted(&self, span: &Range<usize>) -> bool {
        let here = |mistake: &Mistake| {
            Arc::ptr_eq(&mistake.text, &self.text) && mistake.span.start == span.start
        };
        self.mistakes.0.borrow().iter().any(here)
    }

    /// Counts a mistake at a place of this file.
    pub(super) fn wrong(
        &self,
        kind: Kind,
        span: Range<usize>,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.mistakes.push(self.mistake(kind, span, what, fix));
    }
}

/// A mistake as the renderer wants it.
struct Shown<'a> {
    mistake: &'a Mistake,
    source: NamedSource<String>,
    span: Range<usize>,
    also: Option<Range<usize>>,
}

impl<'a> Shown<'a> {
    fn new(mistake: &'a Mistake) -> Self {
        let text = mistake.text.shown();
        let out = left_out(text, &mistake.span);
        let moved = |at: usize| match at {
            _ if at <= out.start => at,
            _ if at < out.end => out.start,
            _ => at.saturating_sub(out.len()).saturating_add(if out.is_empty() {
                0
            } else {
                DOTS.len()
            }),
        };
        let moved = |span: &Range<usize>| moved(span.start)..moved(span.end);
        let mut shown = text.to_owned();
        if !out.is_empty() {
            shown.replace_range(out.clone(), DOTS);
        }
        Self {
            mistake,
            source: NamedSource::new(mistake.file(), shown),
            span: moved(&mistake.span),
            also: mistake.also.as_ref().map(|(span, _)| moved(span)),
        }
    }
}

/// What of a long value is not shown, so that the mark below it fits into a terminal: all but its
/// beginning and its last letter, which is a quote.
fn left_out(text: &str, marked: &Range<usize>) -> Range<usize> {
    let value = text.get(marked.clone()).unwrap_or_default();
    let mut letters = value.char_indices();
    let from = letters.nth(MARKED_MAX).map(|(at, _)| marked.start.saturating_add(at));
    let to = letters.next_back().map(|(at, _)| marked.start.saturating_add(at));
    match (from, to) {
        // Lines are numbered by counting them: none may be left out.
        (Some(from), Some(to)) if !value.contains('\n') => from..to,
        _ => marked.start..marked.start,
    }
}

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mistake.what)
    }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.mistake, f)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn Display + 'b>> {
        Some(Box::new(self.mistake.kind.code()))
    }

    fn help<'b>(&'b self) -> Option<Box<dyn Display + 'b>> {
        Some(Box::new(&self.mistake.fix))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (self.mistake.kind != Kind::File).then_some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.mistake.kind == Kind::File {
            return None;
        }
        let own = LabeledSpan::new_primary_with_span(
            Some(self.mistake.kind.label().to_owned()),
            self.span.clone(),
        );
        let what = self.mistake.also.as_ref().map(|(_, what)| what.clone());
        let also = self
            .also
            .iter()
            .map(move |span| LabeledSpan::new_with_span(what.clone(), span.clone()));
        Some(Box::new(std::iter::once(own).chain(also)))
    }
}

impl Kind {
    const fn code(self) -> &'static str {
        match self {
            Self::File => "config::file",
            Self::Syntax => "config::syntax",
            Self::Schema => "config::schema",
            Self::Missing => "config::missing",
            Self::Unknown => "config::unknown",
            Self::Measure => "config::measure",
            Self::Type => "config::type",
            Self::Range => "config::range",
            Self::Contradiction => "config::contradiction",
            Self::Secret => "config::secret",
            Self::Budget => "config::budget",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::File => "this file",
            Self::Syntax => "here",
            Self::Schema => "this version",
            Self::Missing => "missing here",
            Self::Unknown => "not known",
            Self::Measure => "another unit of measure",
            Self::Type => "another type",
            Self::Range => "not possible",
            Self::Contradiction => "contradicts",
            Self::Secret => "not kept secret",
            Self::Budget => "too slow to stop",
        }
    }
}

/// Diagnostics are as wide as our lines.
const WIDTH: usize = 100;
/// Letters of a marked value that are shown.
const MARKED_MAX: usize = 80;
/// What stands for the rest.
const DOTS: &str = "…";
/// Nobody reads more; and a file of noise must not fill the memory.
const MISTAKES_MAX: usize = 200;
