//! Where configuration is read from: a folder on disk, or texts in memory.
//!
//! Nothing here knows what a file means. That a file lies open to others is a fact that it reports,
//! not a fault: who reads it decides.

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io::{self, Read},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::PathBuf,
};

use jiff::civil::Date;

use crate::{
    clock,
    place::{Place, Roots},
};

/// A folder of configuration.
pub trait Files {
    /// The file at `path`, which is relative to the folder or absolute.
    ///
    /// # Errors
    /// That it is not there, cannot be read, or is longer than any configuration.
    fn read(&self, path: &str) -> io::Result<Contents>;

    /// The names of the files in a folder below, in any order.
    ///
    /// # Errors
    /// That it is not there or cannot be read.
    fn names(&self, folder: &str) -> io::Result<Vec<String>>;

    /// Whether a port is where it is looked for.
    fn has_port(&self, place: &Place) -> bool;

    /// The path as it has to be opened.
    fn resolve(&self, path: &str) -> PathBuf;

    /// The day on which it is read: nobody signs on a later one.
    fn today(&self) -> Date {
        clock::today()
    }
}

/// A file as it was read, and what was known of it while it was open.
#[derive(Clone, PartialEq, Eq)]
pub struct Contents {
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Whether its group or everybody may read or change it.
    pub is_open_to_others: bool,
}

/// A folder on disk.
#[derive(Clone, Debug)]
pub struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// The folder at this path.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

impl Files for Disk {
    fn read(&self, path: &str) -> io::Result<Contents> {
        // Opening a pipe would wait for somebody to write.
        let mut open = OpenOptions::new();
        let file = open.read(true).custom_flags(libc::O_NONBLOCK).open(self.resolve(path))?;
        let facts = file.metadata()?;
        if !facts.is_file() {
            return Err(io::Error::other("is no file"));
        }
        let mut bytes = Vec::new();
        file.take(BYTES_MAX.saturating_add(1)).read_to_end(&mut bytes)?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > BYTES_MAX {
            return Err(io::Error::other("is longer than one megabyte"));
        }
        let is_open_to_others = facts.permissions().mode() & OTHERS != 0;
        Ok(Contents { bytes, is_open_to_others })
    }

    fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.folder.join(folder))? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        Ok(names)
    }

    fn has_port(&self, place: &Place) -> bool {
        place.find(&Roots::default()).is_ok()
    }

    fn resolve(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }
}

/// Files in memory, by their path relative to the folder.
#[derive(Clone, Default)]
pub struct Memory(pub BTreeMap<String, Contents>);

impl Memory {
    /// Puts a file there, instead of the one that was.
    pub fn put(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        let contents = Contents { bytes: bytes.into(), is_open_to_others: false };
        self.0.insert(path.to_owned(), contents);
    }
}

impl Files for Memory {
    fn read(&self, path: &str) -> io::Result<Contents> {
        self.0.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        let within = |path: &String| {
            let name = path.strip_prefix(folder)?.strip_prefix('/')?;
            (!name.contains('/')).then(|| name.to_owned())
        };
        Ok(self.0.keys().filter_map(within).collect())
    }

    fn has_port(&self, _: &Place) -> bool {
        true
    }

    fn resolve(&self, path: &str) -> PathBuf {
        path.into()
    }
}

/// No configuration is longer than this.
const BYTES_MAX: u64 = 1 << 20;
/// The permissions of a group and of everybody.
const OTHERS: u32 = 0o077;
