//! Moves values out of files: into a dotenv file that Git ignores, with what
//! reads the variable where the literal stood. `home` is the dotenv file and
//! the names in it, `change` what would become of one file, `carry` does it,
//! `standing` how it stands with what is staged.
//!
//! It finds nothing itself and asks nobody: which values are meant is handed
//! in, and so is the word to go on. A value that was committed stays in
//! history, and one that was shown stays live: that is for a response.

mod carry;
mod change;
mod home;
mod standing;

use std::{
    borrow::Cow,
    path::{Component, Path, PathBuf},
};

use leeward_detect::Detector;
use leeward_dossier::Library;

pub use carry::Done;
pub use change::{Change, Left, Moved, Planner, Remedy};
pub use home::IgnoreLine;
pub use standing::{Standing, add, untrack};

/// What all fixes of a run stand on.
pub struct Ground<'a> {
    /// What finds values.
    pub detector: &'a Detector,
    /// What is known of them.
    pub library: &'a Library,
    /// The user's own list of files that Git ignores.
    pub user_rules: Option<&'a Path>,
    /// Paths are shown as seen from here: a directory, links followed.
    pub base: &'a Path,
    /// The dotenv file, if it is not the nearest above each file.
    pub env: Option<&'a Path>,
}

impl Ground<'_> {
    /// A path as it is shown: from where the user stands, if it is below that.
    fn shown<'p>(&self, path: &'p Path) -> Cow<'p, Path> {
        if let Ok(below) = path.strip_prefix(self.base) {
            return Cow::Borrowed(below);
        }
        // In a directory of the same repository, with as few steps as may be.
        for (steps, above) in self.base.ancestors().enumerate().skip(1).take(8) {
            let is_real = above.components().any(|part| matches!(part, Component::Normal(_)));
            if is_real && let Ok(below) = path.strip_prefix(above) {
                let up = std::iter::repeat_n("..", steps).collect::<PathBuf>();
                return Cow::Owned(up.join(below));
            }
        }
        Cow::Borrowed(path)
    }
}
