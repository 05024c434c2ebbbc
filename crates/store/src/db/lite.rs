//! SQLite: a file that only its owner reads, made on first use, written so that
//! what was acknowledged is there after a power cut, and read also where nothing
//! may be written.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags, params_from_iter, types::ToSqlOutput};

use super::{Row, Value};
use crate::trouble::Trouble;

/// How long a writer waits for another.
const PATIENCE: Duration = Duration::from_secs(10);

/// Marks a file as ours: `Leew`.
const APPLICATION: i64 = 0x4c65_6577;

/// A file.
pub(crate) struct Lite {
    connection: Connection,
}

impl Lite {
    pub(super) fn open(path: &Path, make: bool) -> Result<Option<Self>, Trouble> {
        // A relative path may be a word that SQLite takes for something else.
        let path = std::path::absolute(path).map_err(|error| Trouble::Open(error.to_string()))?;
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => {
                return Err(Trouble::Open(format!("{} is a directory", path.display())));
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if !make {
                    return Ok(None);
                }
                create(&path).map_err(|error| {
                    Trouble::Open(format!("{} cannot be made: {error}", path.display()))
                })?;
            }
            Err(error) => return Err(Trouble::Open(format!("{}: {error}", path.display()))),
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(&path, flags).map_err(Trouble::from);
        let opened = opened.and_then(|connection| Self::prepare(connection, true));
        match opened {
            // Where nothing may be written there may be no room for the files that readers
            // and writers agree by; nobody writes, so they are not needed.
            Err(Trouble::Open(_) | Trouble::ReadOnly) if !make => Self::still(&path).map(Some),
            opened => opened.map(Some),
        }
    }

    /// Opens a file that nobody can be writing to.
    fn still(path: &Path) -> Result<Self, Trouble> {
        let beside = |ending: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        if fs::metadata(beside("-wal")).is_ok_and(|wal| wal.len() > 0) {
            return Err(Trouble::Open(format!(
                "{} was not closed when it was last written to, and its directory may not be \
                 written: copy it and the file beside it that ends in -wal to a directory that may",
                path.display()
            )));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(address(path), flags)?;
        Self::prepare(connection, false)
    }

    fn prepare(connection: Connection, may_write: bool) -> Result<Self, Trouble> {
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(128);
        let number = |pragma: &str| -> Result<i64, rusqlite::Error> {
            connection.query_row(pragma, [], |row| row.get(0))
        };
        // In this order: a process that makes the database at this moment says so first, and
        // makes its tables then.
        let tables = number("SELECT count(*) FROM sqlite_master")?;
        let application = number("PRAGMA application_id")?;
        if application != APPLICATION && (application != 0 || tables > 0) {
            return Err(Trouble::NotADatabase("another program made it".to_owned()));
        }
        connection.execute_batch(
            "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
             PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; PRAGMA mmap_size = 0;",
        )?;
        let read_only = connection.is_readonly("main")?;
        if may_write && !read_only {
            // FULL: with a write-ahead log, each commit reaches the disk before it is
            // acknowledged.
            write_ahead(&connection)?;
            connection.execute_batch(
                "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
                 PRAGMA checkpoint_fullfsync = ON;",
            )?;
            if application != APPLICATION {
                connection.execute_batch(&format!("PRAGMA application_id = {APPLICATION}"))?;
            }
        }
        Ok(Self { connection })
    }

    pub(super) fn batch(&self, sql: &str) -> Result<(), Trouble> {
        Ok(self.connection.execute_batch(sql)?)
    }

    pub(super) fn execute(&self, sql: &str, bound: &[Value<'_>]) -> Result<u64, Trouble> {
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.execute(params_from_iter(bound))? as u64)
    }

    pub(super) fn each(
        &self,
        sql: &str,
        bound: &[Value<'_>],
        show: &mut dyn FnMut(&Row<'_>) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(bound))?;
        while let Some(row) = rows.next()? {
            show(&Row::Lite(row))?;
        }
        Ok(())
    }

    pub(super) fn begin(&self, how: &str) -> Result<(), Trouble> {
        // Left open by a caller that panicked.
        if !self.connection.is_autocommit() {
            self.rollback();
        }
        self.batch(how)
    }

    pub(super) fn commit(&self) -> Result<(), Trouble> {
        let done = self.batch("COMMIT");
        if done.is_err() {
            self.rollback();
        }
        done
    }

    pub(super) fn rollback(&self) {
        // Some errors have rolled back already; then this one says so.
        let _ = self.batch("ROLLBACK");
    }
}

/// Has the database keep a write-ahead log. That needs the file for itself for a moment,
/// and SQLite does not wait for it where two that open a new file at once stand in each
/// other's way.
fn write_ahead(connection: &Connection) -> Result<(), Trouble> {
    const AGAIN: Duration = Duration::from_millis(10);

    let begun = Instant::now();
    loop {
        match connection.execute_batch("PRAGMA journal_mode = WAL").map_err(Trouble::from) {
            Err(Trouble::Locked) if begun.elapsed() < PATIENCE => thread::sleep(AGAIN),
            done => return done,
        }
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(rusqlite::types::Value::Null),
            Self::Int(number) => ToSqlOutput::from(*number),
            Self::Text(text) => ToSqlOutput::from(&**text),
            Self::Bytes(bytes) => ToSqlOutput::from(&**bytes),
        })
    }
}

/// Makes the file, and the directories above it, for its owner alone.
fn create(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    if let Some(directory) = directory {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        // Another process was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        opened => drop(opened?),
    }
    // The name, too, must be there after a power cut.
    #[cfg(unix)]
    if let Some(directory) = directory {
        fs::File::open(directory)?.sync_all()?;
    }
    Ok(())
}

/// A path as an address that says that nobody writes.
fn address(path: &Path) -> String {
    let mut address = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            address.push(char::from(*byte));
        } else {
            address.push('%');
            address.push(char::from(b"0123456789ABCDEF"[usize::from(byte >> 4)]));
            address.push(char::from(b"0123456789ABCDEF"[usize::from(byte & 15)]));
        }
    }
    address.push_str("?immutable=1");
    address
}
