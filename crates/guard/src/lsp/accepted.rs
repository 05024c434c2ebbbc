//! What the user accepted: the ignore file at the root of each open folder, as
//! it lies on disk. It is looked at again whenever it may have changed.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use jiff::{Timestamp, tz::TimeZone};
use leeward_detect::Sighting;
use leeward_pipeline::IgnoreFile;

/// The ignore file's name.
pub(super) const NAME: &str = ".leeward-ignore.toml";

/// The most bytes of one.
const LARGEST: u64 = 4 << 20;

/// What tells one state of a file from the next.
type Stamp = Option<(SystemTime, u64)>;

/// The ignore files of the open folders.
#[derive(Debug, Default)]
pub(super) struct Accepted {
    by_root: BTreeMap<PathBuf, (Stamp, Option<IgnoreFile>)>,
}

impl Accepted {
    /// Reads what has changed. Whether anything has, and what is wrong with it.
    pub(super) fn refresh(&mut self, roots: &[PathBuf]) -> (bool, Vec<String>) {
        let (mut has_changed, mut wrong) = (false, Vec::new());
        self.by_root.retain(|root, _| roots.contains(root));
        for root in roots {
            let file = root.join(NAME);
            let stamp = stamp(&file);
            let known = self.by_root.get(root).map(|(known, _)| *known);
            if known == Some(stamp) || known.is_none() && stamp.is_none() {
                continue;
            }
            has_changed = true;
            let read = match stamp {
                Some(_) => read(&file).map(Some),
                None => Ok(None),
            };
            let ignore = read.unwrap_or_else(|why| {
                wrong.push(format!("`{NAME}` accepts nothing: {why}"));
                None
            });
            self.by_root.insert(root.clone(), (stamp, ignore));
        }
        (has_changed, wrong)
    }

    /// Whether a sighting in a file below a root is accepted.
    pub(super) fn covers(&self, root: &Path, sighting: &Sighting, below: &Path) -> bool {
        let Some((_, Some(ignore))) = self.by_root.get(root) else { return false };
        let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
        let path = Some(below.as_os_str().as_encoded_bytes());
        ignore.covers(&sighting.dossier, sighting.fingerprint, path, today)
    }
}

fn stamp(file: &Path) -> Stamp {
    let found = fs::metadata(file).ok().filter(fs::Metadata::is_file)?;
    Some((found.modified().ok()?, found.len()))
}

fn read(file: &Path) -> Result<IgnoreFile, String> {
    use io::Read as _;
    let mut text = String::new();
    let file = fs::File::open(file).map_err(|error| error.kind().to_string())?;
    file.take(LARGEST).read_to_string(&mut text).map_err(|error| error.kind().to_string())?;
    IgnoreFile::parse(&text).map_err(|error| error.to_string())
}
