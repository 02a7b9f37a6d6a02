//! The project as its own tests read it: every file, by its path from the root.
//!
//! It knows no version control: what lies in the folder is judged, committed or not.

use std::fs;
use std::path::{Path, PathBuf};

/// One file of the project.
pub(crate) struct Source {
    /// The path from the root of the project, with `/` between its parts.
    pub(crate) path: String,
    /// What it says; bytes that are no text are replaced.
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Numbers the lines and cuts each where a comment begins.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().map(|(number, line)| (number, line.split("//").next().unwrap_or_default()))
    }

    /// Numbers the lines, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().zip(1..).map(|(line, number)| (number, line))
    }
}

/// The root of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Reads every file below `directory`, in the order of their paths.
pub(crate) fn files(directory: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&root().join(directory), &mut paths);
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

/// Whether `word` stands in `text` with nothing of a name on either side.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, found)| {
        let before = text[..start].chars().next_back();
        let after = text[start + found.len()..].chars().next();
        !before.is_some_and(is_of_a_name) && !after.is_some_and(is_of_a_name)
    })
}

fn is_of_a_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_file() {
            paths.push(path);
        } else if path.is_dir() && !NOT_OURS.contains(&name.as_str()) {
            collect(&path, paths);
        }
    }
}

fn read(path: &Path) -> Source {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let path = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
    Source { path, text: String::from_utf8_lossy(&bytes).into_owned() }
}

/// Folders that tools fill.
const NOT_OURS: &[&str] =
    &[".git", ".venv", "__pycache__", "artifacts", "corpus", "mutants.out", "target"];
