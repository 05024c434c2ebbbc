//! Files that somebody drops for us: exports of chats, mail. It finds what is new in
//! a folder and reads it in turn; what a file means is its [`Reader`]'s.
//!
//! A file is new by when its entry last changed, which neither `cp -p` nor unpacking
//! sets back, and by its name and size. One that changed is read from its beginning,
//! or from where it ended before if it only grew and its reader can go on there; what
//! was in it before is told by its keys.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use leeward_model::RemotePlace;
use serde::{Deserialize, Serialize};

use crate::{
    client::Client,
    item::{Cursor, Gap, Item, Next, Page, Service, Text},
    known::{Known, print_of},
    trouble::Trouble,
    words::fitting,
};

/// The most files of one folder.
const MOST_FILES: usize = 500_000;

/// How deep folders lie in one another.
const DEEPEST: usize = 12;

/// Where a page of ours ends: files, texts and bytes.
const FILES_A_PAGE: usize = 200;
pub(crate) const TEXTS_A_PAGE: usize = 500;
const BYTES_A_PAGE: usize = 16 << 20;

/// Clocks of file systems differ by less.
const MARGIN: i64 = 3600;

/// Files that only grow and were read to their end: so many are remembered.
const MOST_ENDS: usize = 500;

/// A file that lies there.
#[derive(Clone, Debug)]
pub(crate) struct Dropped {
    /// Relative to the folder, with `/` between the parts; not UTF-8 is replaced.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    changed: i64,
}

/// What one reading of a file brought.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) texts: Vec<Text>,
    pub(crate) gaps: Vec<Gap>,
    /// From where it goes on; `None` at the end.
    pub(crate) next: Option<u64>,
    /// Where it ended, for a file that is read on when it has grown.
    pub(crate) end: Option<u64>,
}

/// What a file means.
pub(crate) trait Reader: Send {
    /// Whether a file is one of its own.
    fn is_mine(&self, name: &str) -> bool;

    /// Reads about a page from an offset of the reader's own on. Each text's place has
    /// the address [`address`] makes of the offset from which it is read first.
    ///
    /// # Errors
    /// What the disk says.
    fn read(&self, file: &Dropped, from: u64, now: i64) -> io::Result<Reading>;
}

/// The address of a text in a file.
pub(crate) fn address(name: &str, offset: u64) -> String {
    format!("{name}#{offset}")
}

/// A folder, or one file, that is read.
pub(crate) struct Folder<R> {
    pub(crate) path: PathBuf,
    pub(crate) reader: R,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Position {
    #[serde(default)]
    known: Known,
    /// The newest change that was seen when a look ended.
    #[serde(default)]
    since: i64,
    /// The file of this look that is read, and from where on.
    at: Option<String>,
    #[serde(default)]
    from: u64,
    /// Ends of files that grow.
    #[serde(default)]
    ends: BTreeMap<String, u64>,
}

impl<R: Reader> Service for Folder<R> {
    fn page(&mut self, client: &mut Client, from: Option<&Cursor>) -> Result<Page, Trouble> {
        let mut position: Position =
            from.and_then(|cursor| serde_json::from_str(&cursor.0).ok()).unwrap_or_default();
        let mut page =
            Page { items: vec![], gaps: vec![], next: Next::Later(Cursor(String::new())) };
        let files = self.files(&mut page.gaps)?;
        let now = client.clock().now();
        let (mut read, mut bytes) = (0, 0);
        let begin = position.at.clone();
        for file in &files {
            // What sorts before the file in work was dealt with in this look.
            if begin.as_ref().is_some_and(|at| file.name < *at) {
                continue;
            }
            let is_begun = begin.as_ref() == Some(&file.name) && position.from > 0;
            let print = print_of(&[
                file.name.as_bytes(),
                &file.size.to_le_bytes(),
                &file.changed.to_le_bytes(),
            ]);
            let is_old = file.changed < position.since - MARGIN || position.known.has(print);
            if !is_begun && (is_old || !self.reader.is_mine(&file.name)) {
                continue;
            }
            if client.is_stopped() {
                return Err(Trouble::Stopped);
            }
            let end = position.ends.get(&file.name).copied().filter(|end| *end <= file.size);
            let mut offset = if is_begun { position.from } else { end.unwrap_or(0) };
            loop {
                if read >= FILES_A_PAGE || page.items.len() >= TEXTS_A_PAGE || bytes > BYTES_A_PAGE
                {
                    (position.at, position.from) = (Some(file.name.clone()), offset);
                    page.next = Next::More(cursor(&position));
                    return Ok(page);
                }
                read += 1;
                match self.reader.read(file, offset, now) {
                    Ok(reading) => {
                        bytes += reading.texts.iter().map(|text| text.bytes.len()).sum::<usize>();
                        page.items.extend(reading.texts.into_iter().map(Item::Text));
                        page.gaps.extend(reading.gaps);
                        if let Some(end) = reading.end
                            && position.ends.len() < MOST_ENDS
                        {
                            position.ends.insert(file.name.clone(), end);
                        }
                        match reading.next {
                            Some(next) if next != offset => offset = next,
                            _ => break,
                        }
                    }
                    Err(error) => {
                        page.gaps.push(Gap { what: fitting(&file.name), why: error.to_string() });
                        break;
                    }
                }
            }
            position.known.add(print);
        }
        let newest = files.iter().map(|file| file.changed).max().unwrap_or(0);
        position.since = newest.min(now).max(position.since);
        position.ends.retain(|name, _| files.iter().any(|file| file.name == *name));
        (position.at, position.from) = (None, 0);
        page.next = Next::Later(cursor(&position));
        Ok(page)
    }

    fn again(
        &mut self,
        client: &mut Client,
        place: &RemotePlace,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        let Some((name, offset)) = place.url.rsplit_once('#') else { return Ok(None) };
        let offset = offset.parse().unwrap_or(0);
        let files = self.files(&mut Vec::new())?;
        let Some(file) = files.iter().find(|file| file.name == name) else { return Ok(None) };
        let reading = self.reader.read(file, offset, client.clock().now()).map_err(refused)?;
        let found = reading.texts.into_iter().find(|text| text.place.item == place.item);
        Ok(found.map(|text| text.bytes))
    }
}

fn cursor(position: &Position) -> Cursor {
    Cursor(serde_json::to_string(position).unwrap_or_default())
}

fn refused(error: io::Error) -> Trouble {
    Trouble::Refused(format!("the files that were dropped: {error}; look at `path`"))
}

impl<R> Folder<R> {
    /// The files there are, by name. Links are not followed.
    fn files(&self, gaps: &mut Vec<Gap>) -> Result<Vec<Dropped>, Trouble> {
        let about = fs::metadata(&self.path).map_err(refused)?;
        let mut files = Vec::new();
        if about.is_file() {
            let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push(dropped(name, self.path.clone(), &about));
            return Ok(files);
        }
        let mut todo = vec![(self.path.clone(), String::new(), 0)];
        while let Some((folder, prefix, depth)) = todo.pop() {
            let entries = fs::read_dir(&folder).map_err(refused)?;
            for entry in entries {
                let entry = entry.map_err(refused)?;
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                // Gone between the two looks: so it is not there.
                let Ok(about) = entry.metadata() else { continue };
                if about.is_dir() && depth < DEEPEST {
                    todo.push((entry.path(), format!("{name}/"), depth + 1));
                } else if about.is_file() && files.len() < MOST_FILES {
                    files.push(dropped(name, entry.path(), &about));
                } else if !about.is_symlink() {
                    let why =
                        format!("folders lie too deep, or there are more than {MOST_FILES} files");
                    gaps.push(Gap { what: fitting(&name), why });
                    if gaps.len() > 100 {
                        return Ok(files);
                    }
                }
            }
        }
        files.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(files)
    }
}

fn dropped(name: String, path: PathBuf, about: &fs::Metadata) -> Dropped {
    Dropped { name, path, size: about.len(), changed: changed(about) }
}

#[cfg(unix)]
fn changed(about: &fs::Metadata) -> i64 {
    std::os::unix::fs::MetadataExt::ctime(about)
}

#[cfg(not(unix))]
fn changed(about: &fs::Metadata) -> i64 {
    let at = about.created().ok().max(about.modified().ok());
    let since = at.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    since.and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or(0)
}

/// The end of a name behind its last dot, in lower case.
pub(crate) fn extension(name: &str) -> String {
    let name = Path::new(name).extension().unwrap_or_default();
    name.to_string_lossy().to_ascii_lowercase()
}
