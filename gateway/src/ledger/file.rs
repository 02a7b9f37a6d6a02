//! Opens the file whole and alone: its mode, its settings, its schema, its soundness.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::{
    error::LedgerError,
    schema::{APPLICATION_ID, STEPS},
};

/// Opens the file at `path`, or makes it, and brings its schema up to date.
pub(super) fn open(path: &Path) -> Result<Connection, LedgerError> {
    if rusqlite::version_number() < LIBRARY_LEAST {
        return Err(LedgerError::Library { found: rusqlite::version() });
    }
    make_private(path).map_err(|source| LedgerError::File { path: path.to_path_buf(), source })?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let known = |error| known(path, error);
    let mut connection = Connection::open_with_flags(path, flags).map_err(known)?;
    claim(&connection, path)?;
    recognise(&connection, path)?;
    settle(&connection, path)?;
    migrate(&mut connection, path)?;
    inspect(&connection, path)?;
    Ok(connection)
}

/// What an error of SQLite means for whoever wants to open the ledger.
pub(super) fn known(path: &Path, source: rusqlite::Error) -> LedgerError {
    let path = path.to_path_buf();
    let code = source.sqlite_error_code();
    if matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)) {
        LedgerError::InUse { path }
    } else if matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)) {
        LedgerError::Damaged { path, finding: source.to_string() }
    } else {
        LedgerError::Sqlite { path, source }
    }
}

/// Has the file there, readable for its owner only: it names patients. The log beside it takes its
/// mode from it.
///
/// A file that exists is not opened here: closing it again would drop the locks that another
/// connection of this process holds on it.
fn make_private(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(MODE).open(path) {
        Ok(file) => {
            file.sync_all()?;
            sync_directory(path)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let mode = fs::metadata(path)?.permissions().mode();
            if mode & 0o777 == MODE {
                return Ok(());
            }
            fs::set_permissions(path, Permissions::from_mode(MODE))
        }
        Err(error) => Err(error),
    }
}

/// Makes the name of a new file as durable as what will be in it.
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    File::open(directory)?.sync_all()
}

/// Has every lock that is taken from here on kept: no other process can write, and no other version
/// of SQLite can work on the log while it is in use.
fn claim(connection: &Connection, path: &Path) -> Result<(), LedgerError> {
    let known = |error| known(path, error);
    connection.busy_timeout(Duration::ZERO).map_err(known)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(known)?;
    connection.pragma_update(None, "trusted_schema", false).map_err(known)?;
    connection.pragma_update(None, "cell_size_check", true).map_err(known)
}

/// Sets what durability depends on, and checks that it was taken.
fn settle(connection: &Connection, path: &Path) -> Result<(), LedgerError> {
    let known = |error| known(path, error);
    let journal = connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
    let journal = journal.map_err(known)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(known)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(known)?;
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let refused = |setting| Err(LedgerError::Setting { path: path.to_path_buf(), setting });
    if journal != "wal" {
        return refused("journal_mode=WAL");
    }
    if number("synchronous").map_err(known)? != SYNCHRONOUS_FULL {
        return refused("synchronous=FULL");
    }
    if number("foreign_keys").map_err(known)? != 1 {
        return refused("foreign_keys=ON");
    }
    Ok(())
}

/// Refuses a file of something else and a ledger of a newer gateway, before anything is changed.
pub(super) fn recognise(connection: &Connection, path: &Path) -> Result<(), LedgerError> {
    let known = |error| known(path, error);
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let found = number("application_id").map_err(known)?;
    let tables = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = connection.query_row(tables, (), |row| row.get(0)).map_err(known)?;
    if found != APPLICATION_ID && (found != 0 || tables != 0) {
        return Err(LedgerError::Foreign { path: path.to_path_buf(), found });
    }
    let found = number("user_version").map_err(known)?;
    let newest = i32::try_from(STEPS.len()).unwrap_or(i32::MAX);
    if found > newest {
        return Err(LedgerError::Newer { path: path.to_path_buf(), found, known: newest });
    }
    Ok(())
}

/// Takes every step that the file has not taken, each whole or not at all.
fn migrate(connection: &mut Connection, path: &Path) -> Result<(), LedgerError> {
    let known = |error| known(path, error);
    let taken = connection.pragma_query_value(None, "user_version", |row| row.get::<_, i32>(0));
    let taken = taken.map_err(known)?;
    for (step, after) in STEPS.iter().zip(1_i32..).filter(|(_, after)| *after > taken) {
        let step_ = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = step_.map_err(known)?;
        transaction.execute_batch(step).map_err(known)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(known)?;
        transaction.pragma_update(None, "user_version", after).map_err(known)?;
        transaction.commit().map_err(known)?;
    }
    Ok(())
}

/// Looks at every page, record and constraint once. A torn end of the log is no damage: it was never
/// reported durable, and SQLite cuts it off (JRN-05). A digit that changed inside a value is not
/// found: only the log carries checksums.
fn inspect(connection: &Connection, path: &Path) -> Result<(), LedgerError> {
    let known = |error| known(path, error);
    let finding = connection.pragma_query_value(None, "integrity_check", |row| row.get(0));
    let finding: String = finding.map_err(known)?;
    if finding != "ok" {
        return Err(LedgerError::Damaged { path: path.to_path_buf(), finding });
    }
    let mut orphans = connection.prepare("PRAGMA foreign_key_check").map_err(known)?;
    if orphans.exists(()).map_err(known)? {
        let finding = "a record refers to one that is not there".to_owned();
        return Err(LedgerError::Damaged { path: path.to_path_buf(), finding });
    }
    Ok(())
}

/// Read and write for the owner, nothing for others.
const MODE: u32 = 0o600;
/// 3.51.3 is the first version whose log reset cannot damage a file.
const LIBRARY_LEAST: i32 = 3_051_003;
/// What `PRAGMA synchronous` answers when every commit is synced.
const SYNCHRONOUS_FULL: i32 = 2;
