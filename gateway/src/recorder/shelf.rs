//! The folder of the records: their names, who may read them, and which go first.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;

/// The folder of the records.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    pub(super) folder: PathBuf,
    /// How many bytes all records together may have.
    pub(super) keep_bytes: u64,
    /// For how long a record is kept that is no longer written.
    pub(super) keep: Duration,
}

/// One record in the folder.
struct Kept {
    path: PathBuf,
    bytes: u64,
    written: io::Result<Timestamp>,
}

impl Shelf {
    /// A file for the record of the start number `run`, that only its owner may read: it names
    /// patients, as the ledger does.
    pub(super) fn create(&self, run: u32, wall: Timestamp) -> io::Result<(PathBuf, File)> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        // The start number first, so that names stand in the order of starts; the time beside it,
        // because a ledger that was restored counts some starts again.
        let stamp = wall.strftime("%Y%m%dT%H%M%SZ");
        let path = self.folder.join(format!("{run:010}-{stamp}.{EXTENSION}"));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok((path, file))
    }

    /// Drops whole records, oldest first, until the others have their age and all have their size.
    /// The one at `own` is never dropped.
    pub(super) fn make_room(&self, own: &Path, wall: Timestamp) -> io::Result<()> {
        let kept = self.others(own)?;
        let mut total = kept.iter().fold(length(own), |sum, kept| sum.saturating_add(kept.bytes));
        for record in kept {
            if self.is_too_old(&record, wall) || self.keep_bytes < total {
                fs::remove_file(&record.path)?;
                total = total.saturating_sub(record.bytes);
            }
        }
        Ok(())
    }

    /// Drops the oldest record but the one at `own`; whether there was one.
    pub(super) fn drop_oldest(&self, own: &Path) -> io::Result<bool> {
        let kept = self.others(own)?;
        let Some(oldest) = kept.first() else { return Ok(false) };
        fs::remove_file(&oldest.path)?;
        Ok(true)
    }

    fn is_too_old(&self, record: &Kept, wall: Timestamp) -> bool {
        let Ok(written) = &record.written else { return false };
        // One of the future is not old: the wall clock went back.
        let age = Duration::try_from(wall.duration_since(*written));
        age.is_ok_and(|age| self.keep < age)
    }

    /// All records but the one at `own`, oldest first.
    fn others(&self, own: &Path) -> io::Result<Vec<Kept>> {
        let paths = records_in(&self.folder)?;
        let others = paths.into_iter().filter(|path| path != own);
        Ok(others
            .map(|path| {
                let written = fs::metadata(&path).and_then(|facts| facts.modified());
                let written = written
                    .and_then(|at| Timestamp::try_from(at).map_err(|_| io::Error::other("time")));
                Kept { bytes: length(&path), path, written }
            })
            .collect())
    }
}

/// The records in a folder, in the order of the starts of the gateway.
///
/// # Errors
/// If the folder cannot be read.
pub fn records_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// How long a file is; nothing if it is gone.
fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |facts| facts.len())
}

/// What the names of records end in.
const EXTENSION: &str = "record";

#[cfg(test)]
mod tests {
    use std::{io::Write as _, os::unix::fs::PermissionsExt as _};

    use super::*;

    fn wall() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn shelf(folder: &Path, keep_bytes: u64, keep_days: u64) -> Shelf {
        let keep = Duration::from_secs(keep_days * 86_400);
        Shelf { folder: folder.join("records"), keep_bytes, keep }
    }

    /// So many records of a hundred bytes, each written a day after the one before.
    fn fill(shelf: &Shelf, count: u32) -> Vec<PathBuf> {
        let days = |count: u32| Duration::from_secs(u64::from(count) * 86_400);
        let one = |run: u32| {
            let (path, mut file) = shelf.create(run, wall()).unwrap();
            file.write_all(&[0; 100]).unwrap();
            file.set_modified((wall() - days(count - run)).into()).unwrap();
            path
        };
        (1..=count).map(one).collect()
    }

    #[test]
    fn a_record_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(folder.path(), 1_000, 10);
        let path = &fill(&shelf, 1)[0];
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(path), mode(&shelf.folder)), (0o600, 0o700));
        assert!(path.ends_with("0000000001-20260301T120000Z.record"), "{}", path.display());
        assert!(shelf.create(1, wall()).is_err(), "no record is written over");
    }

    #[test]
    fn the_oldest_go_first_and_the_present_one_stays() {
        for (keep_bytes, keep_days, left) in
            [(1_000, 10, 0..5), (300, 10, 2..5), (299, 10, 3..5), (1_000, 2, 2..5), (0, 0, 4..5)]
        {
            let folder = tempfile::tempdir().unwrap();
            let shelf = shelf(folder.path(), keep_bytes, keep_days);
            let paths = fill(&shelf, 5);
            shelf.make_room(&paths[4], wall()).unwrap();
            let found = records_in(&shelf.folder).unwrap();
            assert_eq!(found, paths[left], "{keep_bytes} bytes, {keep_days} days");
        }
    }

    #[test]
    fn for_want_of_space_one_goes_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(folder.path(), 1_000, 10);
        let paths = fill(&shelf, 2);
        assert!(shelf.drop_oldest(&paths[1]).unwrap());
        assert_eq!(records_in(&shelf.folder).unwrap(), paths[1..]);
        assert!(!shelf.drop_oldest(&paths[1]).unwrap());
    }
}
