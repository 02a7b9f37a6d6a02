//! One file of configuration as text: its lines, and how it may be shown.

use std::{ops::Range, sync::Arc};

/// A file that was read.
pub(super) struct Text {
    /// Its path, relative to the folder.
    pub(super) name: Arc<str>,
    /// What it says.
    pub(super) source: String,
    /// What of it may be shown: nothing that looks like a secret.
    shown: String,
}

impl Text {
    pub(super) fn new(name: &str, source: String) -> Self {
        let shown = without_secrets(&source);
        Self { name: name.into(), source, shown }
    }

    /// The text for a diagnostic, byte for byte as long as the file.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// The line and the column of a place in the text, both from one.
    pub(super) fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let before = self.source.get(..offset).unwrap_or(&self.source);
        let line = before.matches('\n').count().saturating_add(1);
        let start = before.rfind('\n').map_or(0, |end| end.saturating_add(1));
        let column = before.get(start..).unwrap_or_default().chars().count().saturating_add(1);
        (line, column)
    }

    /// The span, pulled back onto the text and onto whole characters.
    pub(super) fn fit(&self, span: &Range<usize>) -> Range<usize> {
        let end = floor(&self.source, span.end);
        let start = floor(&self.source, span.start).min(end);
        start..end
    }
}

fn floor(text: &str, offset: usize) -> usize {
    let most = offset.min(text.len());
    (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Covers what stands behind the name of a secret. A secret belongs in a file of its own, but a
/// person who put it here by mistake must not find it in a terminal or a log (SEC-08).
fn without_secrets(source: &str) -> String {
    let lower = source.to_ascii_lowercase();
    let mut covered = vec![false; source.len()];
    for word in SECRETS {
        for (at, _) in lower.match_indices(word) {
            for place in value_behind(&lower, at.saturating_add(word.len())) {
                if let Some(place) = covered.get_mut(place) {
                    *place = true;
                }
            }
        }
    }
    let cover = |(at, letter): (usize, char)| -> String {
        let hide = covered.get(at).copied().unwrap_or(false) || is_unprintable(letter);
        if hide && letter != '\n' { "*".repeat(letter.len_utf8()) } else { letter.into() }
    };
    source.char_indices().map(cover).collect()
}

/// Where the value stands that is given to a name which ends at `at`.
fn value_behind(text: &str, at: usize) -> Range<usize> {
    let rest = text.get(at..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    let is_name = line.starts_with("_file") || line.starts_with("_folder");
    let Some(equals) = line.find('=').filter(|_| !is_name) else { return at..at };
    let start = at.saturating_add(equals).saturating_add(1);
    let value = text.get(start..).unwrap_or_default();
    let trimmed = value.trim_start();
    let margin = value.len().saturating_sub(trimmed.len());
    let long = ["\"\"\"", "'''"].into_iter().find(|quotes| trimmed.starts_with(quotes));
    let length = match long {
        Some(quotes) => {
            let inner = trimmed.get(3..).unwrap_or_default();
            let close = inner.find(quotes).map_or(trimmed.len(), |end| end.saturating_add(6));
            margin.saturating_add(close)
        }
        None => value.lines().next().unwrap_or_default().len(),
    };
    start..start.saturating_add(length)
}

fn is_unprintable(letter: char) -> bool {
    letter.is_control() && letter != '\n' && letter != '\t'
}

/// What the name of a secret ends with.
const SECRETS: [&str; 6] = ["password", "passphrase", "secret", "token", "key", "credential"];
