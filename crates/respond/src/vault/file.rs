//! A file that holds secrets: where it really lies, and how it is replaced in
//! one go, so that there is the old content or the new and never a part.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use leeward_model::Tracking;
use leeward_source::git::Repository;
use zeroize::Zeroizing;

use super::Trouble;

/// The most bytes of a file of secrets.
const LARGEST: u64 = 4 << 20;

/// A file, resolved: where it really lies, and what Git makes of it.
#[derive(Debug)]
pub struct Place {
    /// As the user wrote it.
    shown: String,
    /// Where it is, links followed; it may not exist.
    path: PathBuf,
    repository: Option<Repository>,
}

impl Place {
    /// Finds the file. A link may lead anywhere within the work tree that it
    /// lies in, or within its own directory if there is none.
    ///
    /// # Errors
    /// If it is none, leads out of the work tree, or cannot be reached.
    pub fn find(file: &Path) -> Result<Self, Trouble> {
        let shown = file.display().to_string();
        let failed = |error: io::Error| system(&shown, "cannot be reached", &error);
        let name = file.file_name().ok_or_else(|| {
            Trouble::Refused(format!("`{shown}` names no file: write the path of one"))
        })?;
        let parent = file.parent().filter(|dir| !dir.as_os_str().is_empty());
        let dir = fs::canonicalize(parent.unwrap_or(Path::new("."))).map_err(failed)?;
        let repository = Repository::discover(&dir).map_err(|error| {
            Trouble::Refused(format!(
                "the repository that `{shown}` lies in cannot be read, so it is not known how Git \
                 treats the file: {error}"
            ))
        })?;
        let root = repository
            .as_ref()
            .and_then(Repository::work_tree)
            .and_then(|root| fs::canonicalize(root).ok())
            .unwrap_or_else(|| dir.clone());
        let path = dir.join(name);
        let path = match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => fs::canonicalize(&path).map_err(|_| {
                Trouble::Refused(format!("`{shown}` is a link that leads nowhere: name the file"))
            })?,
            Ok(_) => path,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path,
            Err(error) => return Err(failed(error)),
        };
        if !path.starts_with(&root) {
            return Err(Trouble::Refused(format!(
                "`{shown}` is a link that leads out of `{}`: name the file itself",
                root.display()
            )));
        }
        match fs::metadata(&path) {
            Ok(found) if !found.is_file() => {
                Err(Trouble::Refused(format!("`{shown}` is no regular file: name one")))
            }
            _ => Ok(Self { shown, path, repository }),
        }
    }

    /// As the user wrote it.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A copy beside it for its owner alone, which goes away by itself.
    pub(super) fn beside(
        &self,
        end: &str,
        content: Option<&Vec<u8>>,
    ) -> Result<tempfile::NamedTempFile, Trouble> {
        let failed = |error: io::Error| system(&self.shown, "cannot be copied", &error);
        let dir = self.path.parent().unwrap_or(Path::new("."));
        let mut copy = tempfile::Builder::new()
            .prefix(".leeward-")
            .suffix(end)
            .tempfile_in(dir)
            .map_err(failed)?;
        copy.write_all(content.map_or(&[], Vec::as_slice)).map_err(failed)?;
        copy.as_file().sync_all().map_err(failed)?;
        Ok(copy)
    }

    /// The root of the work tree that it lies in, links followed.
    pub fn root(&self) -> Option<PathBuf> {
        fs::canonicalize(self.repository.as_ref()?.work_tree()?).ok()
    }

    /// The repository that it lies in.
    pub fn repository(&self) -> Option<&Repository> {
        self.repository.as_ref()
    }

    /// How the file stands with Git, there or not.
    pub fn tracking(&self, user_ignores: Option<&Path>) -> Tracking {
        match &self.repository {
            Some(repository) => repository.tracker(user_ignores).tracking(&self.path),
            None => Tracking::NoRepository,
        }
    }

    /// Its content; `None` if there is no such file.
    ///
    /// # Errors
    /// If it cannot be read, or is larger than any file that is edited here.
    pub fn read(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        let failed = |error: io::Error| system(&self.shown, "cannot be read", &error);
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let size = file.metadata().map_or(0, |found| found.len().min(LARGEST));
        let mut bytes =
            Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1));
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > LARGEST {
            return Err(Trouble::Refused(format!(
                "`{}` has more than {} MB, which is more than is edited here",
                self.shown,
                LARGEST >> 20
            )));
        }
        Ok(Some(bytes))
    }

    /// Replaces the content, if it still is what was read. Permissions and
    /// owner stay; a new file is for its owner alone.
    ///
    /// # Errors
    /// If it is not what was read, or cannot be written; then it is as it was.
    pub fn replace(&self, read: Option<&[u8]>, new: &[u8]) -> Result<(), Trouble> {
        let failed = |error: io::Error| system(&self.shown, "cannot be written", &error);
        let dir = self.path.parent().unwrap_or(Path::new("."));
        // Named after the file: should this end in the middle, what is left is
        // most likely ignored by Git as the file is.
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let prefix = format!("{name}.leeward-");
        let mut file = tempfile::Builder::new().prefix(&prefix).tempfile_in(dir).map_err(failed)?;
        file.write_all(new).map_err(failed)?;
        if let Ok(found) = fs::metadata(&self.path) {
            keep_owner(&found, file.path());
            file.as_file().set_permissions(found.permissions()).map_err(failed)?;
        }
        file.as_file().sync_all().map_err(failed)?;
        let now = self.read()?;
        if now.as_ref().map(|bytes| bytes.as_slice()) != read {
            return Err(Trouble::Conflict(format!(
                "somebody else wrote `{}` just now: nothing was written; run the step again",
                self.shown
            )));
        }
        match read {
            Some(_) => file.persist(&self.path),
            None => file.persist_noclobber(&self.path),
        }
        .map_err(|error| failed(error.error))?;
        // So that the new name is on the disk too. Not all systems can.
        if let Ok(dir) = File::open(dir) {
            let _ = dir.sync_all();
        }
        Ok(())
    }
}

/// Best effort: only the superuser may give files away, and to others they are
/// their own already.
#[cfg(unix)]
fn keep_owner(found: &fs::Metadata, path: &Path) {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let _ = chown(path, Some(found.uid()), Some(found.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &fs::Metadata, _: &Path) {}

pub(super) fn system(shown: &str, what: &str, error: &io::Error) -> Trouble {
    Trouble::System(format!("`{shown}` {what} ({}): check path and permissions", error.kind()))
}
