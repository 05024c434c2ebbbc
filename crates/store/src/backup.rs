//! A copy of a database of SQLite while it is in use: one moment of it, whole, on the
//! disk, and looked at before it gets its name. A server's database is copied by the
//! server's own programs.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{check::LogCheck, db::Db, place::Place, store::Store, trouble::Trouble};

/// Why there is no copy.
#[derive(Debug)]
pub enum NoBackup {
    /// There is a file of that name already.
    Exists,
    /// The database is a server's.
    Server,
    /// The file cannot be written; why.
    File(io::Error),
    /// What the database says.
    Store(Trouble),
    /// The copy is not what it should be; what was seen.
    Unsound(String),
}

impl std::fmt::Display for NoBackup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exists => {
                f.write_str("there is such a file already: name one that does not exist")
            }
            Self::Server => f.write_str(
                "the database is a PostgreSQL server's, which its own program copies: \
                 `pg_dump --format=custom --file=FILE DATABASE`",
            ),
            Self::File(error) => write!(f, "the copy cannot be written: {error}"),
            Self::Store(trouble) => trouble.fmt(f),
            Self::Unsound(what) => write!(
                f,
                "the copy is damaged ({what}), and was removed: the disk or the database is; \
                 `leeward incident verify-log` says more of the database"
            ),
        }
    }
}

impl std::error::Error for NoBackup {}

impl From<Trouble> for NoBackup {
    fn from(trouble: Trouble) -> Self {
        Self::Store(trouble)
    }
}

impl Store {
    /// Writes a copy of the database to a file that does not exist; what its log came to.
    pub fn backup(&mut self, to: &Path) -> Result<LogCheck, NoBackup> {
        if !matches!(self.db, Db::Lite(_)) {
            return Err(NoBackup::Server);
        }
        let to = std::path::absolute(to).map_err(NoBackup::File)?;
        if fs::symlink_metadata(&to).is_ok() {
            return Err(NoBackup::Exists);
        }
        let part = beside(&to, ".part");
        let done = self.copy(&part).and_then(|check| {
            // A link of a name that is taken fails, where renaming would replace it. Some
            // file systems have no links.
            match fs::hard_link(&part, &to) {
                Ok(()) => Ok(check),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(NoBackup::Exists),
                Err(_) if fs::symlink_metadata(&to).is_err() => {
                    fs::rename(&part, &to).map(|()| check).map_err(NoBackup::File)
                }
                Err(error) => Err(NoBackup::File(error)),
            }
        });
        for ending in ["", "-wal", "-shm", "-journal"] {
            // It is the copy's other name, or nothing.
            let _ = fs::remove_file(beside(&part, ending));
        }
        let check = done?;
        #[cfg(unix)]
        if let Some(directory) = to.parent() {
            fs::File::open(directory).and_then(|it| it.sync_all()).map_err(NoBackup::File)?;
        }
        Ok(check)
    }

    fn copy(&mut self, part: &Path) -> Result<LogCheck, NoBackup> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        drop(options.open(part).map_err(NoBackup::File)?);
        let name = part.to_str().ok_or_else(|| {
            NoBackup::File(io::Error::new(
                io::ErrorKind::InvalidInput,
                "its name is not in UTF-8: name another",
            ))
        })?;
        self.db.execute("VACUUM INTO ?1", &[name.into()])?;
        let file = fs::OpenOptions::new().read(true).write(true).open(part);
        file.and_then(|file| file.sync_all()).map_err(NoBackup::File)?;
        let place = Place::File(part.to_owned());
        let unsound = |trouble: Trouble| NoBackup::Unsound(trouble.to_string());
        let mut copy = Self::open_existing(&place)
            .map_err(unsound)?
            .ok_or_else(|| NoBackup::Unsound("it is empty".to_owned()))?;
        let read = |row: &crate::db::Row<'_>| Ok(row.text(0)?.to_owned());
        let said = copy.db.one("PRAGMA integrity_check(1)", &[], read).map_err(unsound)?;
        if said.as_deref() != Some("ok") {
            return Err(NoBackup::Unsound(said.unwrap_or_default()));
        }
        // A log that was altered is copied as it is: the copy is evidence too.
        let check = copy.verify_log().map_err(unsound)?;
        // Back to one file: what a restore expects.
        copy.db.batch("PRAGMA journal_mode = DELETE").map_err(unsound)?;
        Ok(check)
    }
}

/// A name with an ending more.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
