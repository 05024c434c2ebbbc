//! Files and directories: everything below the targets, hidden and ignored
//! files too, each handed out as the bytes it holds. What is not handed out is
//! counted, with the reason.
//!
//! Nothing read here decides what is read: there are no ignore files, no
//! links are followed except those that the user named, and nothing that could
//! block is opened for longer than it takes to see what it is. Files are read,
//! never mapped, since a mapped file that shrinks kills the program.

mod exclude;
mod judged;
mod large;
mod measure;
mod os;
mod queue;
mod read;
mod walk;

use std::{path::PathBuf, thread};

use leeward_model::{Coverage, Inspect};

pub use self::exclude::{BadPattern, DEFAULT_EXCLUDES, ExcludeList};
use crate::{Progress, piece::Cut};

/// What to read and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Directories to leave out. The targets themselves never are.
    pub exclude: ExcludeList,
    /// Leaves out files above this size; none, unless set.
    pub max_file_size: Option<u64>,
    /// The most threads to use, the calling one included. They are started
    /// only when there is work for them.
    pub threads: usize,
    /// How files above the size of a piece are cut.
    pub cut: Cut,
    /// Whether the Git source reads the repositories at the top of the
    /// targets in the same scan. Their `objects` directories are then not
    /// reported as left out. They are never scanned here: what they hold is
    /// compressed.
    pub skip_git_objects: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            exclude: ExcludeList::default(),
            max_file_size: None,
            threads: thread::available_parallelism().map_or(1, usize::from),
            cut: Cut::DEFAULT,
            skip_git_objects: false,
        }
    }
}

/// Hands out every file in and below the targets.
///
/// Paths are as the user would write them: the target as given, then the way
/// down; without `./` for the target `.`. A directory that is inside another
/// target is scanned once, under its own name as a target, and so is a file
/// that is named the same way as target and below one.
///
/// A file that changes while it is read is handed out as it was read, and
/// reported as changed with the bytes that were not seen. Holes of sparse files
/// are known to be zeros; they count as scanned without being read or handed
/// out, if they are as long as a piece and the file is cut into pieces.
pub fn scan<I: Inspect>(
    targets: &[PathBuf],
    options: &Options,
    inspect: &I,
    progress: &Progress,
) -> Coverage {
    let scan = walk::Scan::new(targets, options, inspect, progress);
    thread::scope(|scope| walk::Walker::new(&scan, scope).first());
    scan.into_coverage()
}
