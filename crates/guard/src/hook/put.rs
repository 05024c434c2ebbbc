//! One hook's file: the block put into it and taken out of it, so that what was
//! there stays and runs. A script for another program, a program, a link or a
//! file that Git would not run is put aside and called from a script of ours.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    script::{self, Kind, LAYOUT, Wanted},
    site::Trouble,
    tell::Moment,
};

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Which hook; none for what stands for several.
    pub moment: Option<Moment>,
    /// Which file.
    pub path: PathBuf,
    /// What became of it.
    pub what: What,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It was made.
    Made,
    /// A block was added to it.
    Added,
    /// What was there was put aside, here, and is called.
    Aside(PathBuf),
    /// An older block was replaced.
    Renewed,
    /// Nothing was to be done.
    Already,
    /// Lines that the user has to add, and what to run afterwards.
    ByHand(String, Option<String>),
    /// The block was taken out of it.
    Cut,
    /// It was deleted.
    Removed,
    /// What was put aside is back.
    Restored,
}

/// What is added to the name of a hook that was there before. It stays in its
/// directory, where it finds what it looks for beside itself.
const ASIDE: &str = ".before-leeward";

/// Puts a hook in place. `is_shell` says that files there are run by a shell
/// whatever they begin with.
pub(super) fn put(
    dir: &Path,
    moment: Moment,
    wanted: &Wanted<'_>,
    is_shell: bool,
) -> Result<Deed, Trouble> {
    let path = dir.join(moment.hook());
    let done = |what| Ok(Deed { moment: Some(moment), path: path.clone(), what });
    let meta = match fs::symlink_metadata(&path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            write(&path, &script::whole(moment, wanted), None)?;
            return done(What::Made);
        }
        Err(error) => return Err(Trouble::File("look at", path, error)),
    };
    if meta.is_file() {
        let text = fs::read(&path).map_err(|error| Trouble::File("read", path.clone(), error))?;
        let text_of = || String::from_utf8_lossy(&text).into_owned();
        let renewed = match Kind::of(&text) {
            Kind::Own(_) => Some(script::whole(moment, wanted)),
            Kind::Chained(_) => Some(script::chained(moment, wanted)),
            Kind::Shared(_) => {
                Some(script::with_block(&script::without_block(&text_of()), moment, wanted))
            }
            Kind::Foreign => None,
        };
        if let Some(renewed) = renewed {
            if renewed.as_bytes() == text {
                return done(What::Already);
            }
            write(&path, &renewed, Some(&meta))?;
            return done(What::Renewed);
        }
        let runs = is_executable(&meta);
        if is_shell && std::str::from_utf8(&text).is_ok() || runs && script::is_shell(&text) {
            write(&path, &script::with_block(&text_of(), moment, wanted), Some(&meta))?;
            return done(What::Added);
        }
    }
    let aside = aside(dir, moment);
    if fs::symlink_metadata(&aside).is_ok() {
        return Err(Trouble::TooMuch(format!(
            "`{}` is in the way of what is to be put aside there; look which of the two is wanted",
            super::site::shown(&aside)
        )));
    }
    rename(&path, &aside)?;
    write(&path, &script::chained(moment, wanted), None)?;
    done(What::Aside(aside))
}

/// Takes a hook away again; nothing if it is not there.
pub(super) fn take(dir: &Path, moment: Moment) -> Result<Option<Deed>, Trouble> {
    let path = dir.join(moment.hook());
    let Ok(meta) = fs::symlink_metadata(&path) else { return Ok(None) };
    if !meta.is_file() {
        return Ok(None);
    }
    let text = fs::read(&path).map_err(|error| Trouble::File("read", path.clone(), error))?;
    let remove =
        || fs::remove_file(&path).map_err(|error| Trouble::File("delete", path.clone(), error));
    let what = match Kind::of(&text) {
        Kind::Foreign => return Ok(None),
        Kind::Own(_) => {
            remove()?;
            What::Removed
        }
        Kind::Chained(_) => {
            remove()?;
            rename(&aside(dir, moment), &path)?;
            What::Restored
        }
        Kind::Shared(_) => {
            let text = script::without_block(&String::from_utf8_lossy(&text));
            write(&path, &text, Some(&meta))?;
            What::Cut
        }
    };
    Ok(Some(Deed { moment: Some(moment), path, what }))
}

/// How a hook stands in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is in place.
    Guarded,
    /// It is of an older layout.
    Old,
    /// Git will not run it: it is not executable.
    Asleep,
    /// Somebody else's hook, without a block.
    Foreign,
    /// There is none.
    Absent,
}

/// How a hook stands in a directory.
pub(super) fn standing(dir: &Path, moment: Moment, is_shell: bool) -> Standing {
    let path = dir.join(moment.hook());
    let (Ok(meta), Ok(text)) = (fs::metadata(&path), fs::read(&path)) else {
        return Standing::Absent;
    };
    match Kind::of(&text) {
        Kind::Foreign => Standing::Foreign,
        _ if !is_shell && !is_executable(&meta) => Standing::Asleep,
        Kind::Own(layout) | Kind::Shared(layout) | Kind::Chained(layout) if layout < LAYOUT => {
            Standing::Old
        }
        _ => Standing::Guarded,
    }
}

fn aside(dir: &Path, moment: Moment) -> PathBuf {
    dir.join(format!("{}{ASIDE}", moment.hook()))
}

fn rename(from: &Path, to: &Path) -> Result<(), Trouble> {
    fs::rename(from, to).map_err(|error| Trouble::File("move", from.to_owned(), error))
}

/// Writes a script in one go, as runnable as it was.
pub(super) fn write(path: &Path, text: &str, before: Option<&fs::Metadata>) -> Result<(), Trouble> {
    let failed = |error| Trouble::File("write", path.to_owned(), error);
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(failed)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".leeward-new");
    let fresh = path.with_file_name(name);
    let done = fs::write(&fresh, text)
        .and_then(|()| permit(&fresh, before))
        .and_then(|()| fs::rename(&fresh, path));
    if done.is_err() {
        // Nothing half-made is left; why it failed is told.
        drop(fs::remove_file(&fresh));
    }
    done.map_err(failed)
}

#[cfg(unix)]
fn permit(path: &Path, before: Option<&fs::Metadata>) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = before.map_or(0o755, |meta| meta.permissions().mode());
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn permit(_: &Path, _: Option<&fs::Metadata>) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn is_executable(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    meta.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}
