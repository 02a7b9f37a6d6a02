//! The shipped files in memory, and how a test changes them.

use gateway::config::{Config, ConfigErrors, Memory};

/// The shipped configuration with `out` replaced by `put` in one file, once.
pub(crate) fn changed(path: &str, out: &str, put: &str) -> Memory {
    let mut files = Memory::shipped();
    change(&mut files, path, out, put);
    files
}

/// Replaces `out` by `put` in one file, once.
pub(crate) fn change(files: &mut Memory, path: &str, out: &str, put: &str) {
    let text = text(files, path);
    assert!(text.contains(out), "{path} has no {out:?} to change");
    files.put(path, text.replacen(out, put, 1));
}

/// What a file says.
pub(crate) fn text(files: &Memory, path: &str) -> String {
    String::from_utf8(files.0[path].bytes.clone()).unwrap()
}

/// The mistakes of a configuration that has some.
pub(crate) fn errors(files: &Memory) -> ConfigErrors {
    match Config::read(files) {
        Ok(_) => panic!("this should not load"),
        Err(errors) => errors,
    }
}

/// The template of a real laser.
pub(crate) const TEMPLATE: &str = include_str!("../../../config/templates/open-link-laser.toml");
